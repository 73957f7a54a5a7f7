/* SPDX-License-Identifier: Apache-2.0 */
#include "api/view.h"

#include "api/beside.h"
#include "api/seen.h"
#include "base/risk.h"
#include "pipeline/guard.h"
#include "pipeline/rulebook.h"

#include <stdio.h>

#define SCRATCH_MAX ((size_t)16 << 20) /* one record and what the store adds */

const char *yg_view_risk(uint32_t risk, char out[YG_RISK_TEXT_MAX])
{
    double p = yg_risk_prob(risk);

    if (p >= 0.9995) {
        snprintf(out, YG_RISK_TEXT_MAX, ">0.999");
    } else if (p >= 0.001) {
        snprintf(out, YG_RISK_TEXT_MAX, "%#.3g", p);
    } else {
        /* the exponent without the zero that printf pads it with */
        int n = snprintf(out, YG_RISK_TEXT_MAX, "%.2e", p);
        if (n > 3 && out[n - 2] == '0') {
            out[n - 2] = out[n - 1];
            out[n - 1] = '\0';
        }
    }
    return out;
}

const char *yg_view_time(int64_t ns, char out[YG_TIME_TEXT_MAX])
{
    yg_time_text(ns, out);
    char *t = strchr(out, 'T'), *dot = strchr(out, '.');
    if (t)
        *t = ' ';
    if (dot)
        *dot = '\0';
    return out;
}

const char *yg_view_decision(unsigned decision)
{
    return decision == YG_DECISION_OPEN     ? "open"
           : decision == YG_DECISION_CLOSE  ? "close"
           : decision == YG_DECISION_CLOSED ? "closed"
                                            : NULL;
}

static enum yg_status read_state(const struct yg_params *p, bool *judged,
                                 struct yg_err *err)
{
    struct yg_str s = p->text[YG_P_STATE];

    *judged = yg_str_eq(s, YG_STR("judged"));
    if (*judged || s.n == 0 || yg_str_eq(s, YG_STR("waiting")))
        return YG_OK;
    return yg_err_set(err, YG_EINVAL, "state: write waiting or judged");
}

/* Rules behind the worst alerts of the runs shown. A store that has seen none costs one
 * look. */
static enum yg_status read_rules(const struct yg_view_source *v, struct yg_arena *arena,
                                 struct yg_view_queue *q, struct yg_err *err)
{
    struct yg_rulebook book;
    char hex[2 * YG_ID_SIZE + 1];
    enum yg_status st = yg_rulebook_open(v->store, NULL, &book, err);

    if (st == YG_OK && book.count > 0)
        q->rule = yg_arena_zalloc(arena, (q->page.count + 1) * sizeof(*q->rule));
    for (size_t i = 0; st == YG_OK && q->rule && i < q->page.count; i++) {
        struct yg_store_record rec = { .rule = 0 };
        struct yg_arena scratch;
        struct yg_str tenant;
        yg_hex(q->page.run[i].worst, YG_ID_SIZE, hex);
        yg_arena_init(&scratch, SCRATCH_MAX);
        enum yg_status one =
            yg_seen_alert(v, yg_str_of(hex), &scratch, &rec, &tenant, err);
        const struct yg_rulebook_entry *e =
            one == YG_OK ? yg_rulebook_get(&book, rec.rule) : NULL;
        if (e)
            q->rule[i] = yg_arena_str(arena, e->says);
        yg_arena_fini(&scratch);
        st = one == YG_ENOTFOUND || one == YG_ECORRUPT ? YG_OK : one;
    }
    yg_rulebook_close(&book);
    return st;
}

enum yg_status yg_view_queue(const struct yg_view_source *v, const struct yg_params *p,
                             struct yg_arena *arena, struct yg_view_queue *out,
                             struct yg_err *err)
{
    *out = (struct yg_view_queue){
        .now_ns = yg_clock_now(v->clock),
        .who = v->who,
        .paging = { .page = p->number[YG_P_PAGE], .limit = p->number[YG_P_LIMIT] },
        .chosen = p->text[YG_P_TENANT],
        .whole = v->scope.all,
    };
    enum yg_status st = read_state(p, &out->judged, err);
    struct yg_queue_filter filter = { .tenant = out->chosen,
                                      .judged = out->judged,
                                      .limit = out->paging.limit,
                                      .skip =
                                          (out->paging.page - 1) * out->paging.limit };

    if (st == YG_OK)
        st = yg_seen_stats(v, &out->stats, err);
    if (st == YG_OK)
        st = yg_seen_queue(v, &filter, arena, &out->page, err);
    if (st == YG_OK)
        st = read_rules(v, arena, out, err);
    filter.blind = true;
    filter.limit = 1;
    filter.skip = 0;
    struct yg_queue_page blind = { .total = 0 };
    if (st == YG_OK && !out->judged)
        st = yg_seen_queue(v, &filter, arena, &blind, err);
    out->blind = blind.total;
    if (st == YG_OK)
        st = yg_seen_tenants(v, arena, &out->tenant, &out->tenants, err);
    if (st != YG_OK)
        return st;
    out->paging.total = out->page.total;
    v->policy(v->policy_arg, &out->policy);
    return YG_OK;
}

/* One alert; what cannot be read of it must not hide the others. `scratch` takes what is
 * not shown: a record may be a megabyte. */
static enum yg_status read_alert(const struct yg_view_source *v,
                                 const unsigned char id[YG_ID_SIZE],
                                 struct yg_arena *arena, struct yg_view_alert *out,
                                 struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_arena scratch;
    struct yg_str tenant;

    *out = (struct yg_view_alert){ .verdict = { .level = YG_LEVEL_NONE } };
    yg_hex(id, YG_ID_SIZE, hex);
    yg_arena_init(&scratch, SCRATCH_MAX);
    enum yg_status st =
        yg_seen_alert(v, yg_str_of(hex), &scratch, &out->record, &tenant, err);
    out->found = st == YG_OK;
    if (st == YG_OK) {
        struct yg_str raw = out->record.raw;
        out->raw_bytes = raw.n;
        raw.n = raw.n < YG_VIEW_RAW_MAX ? raw.n : YG_VIEW_RAW_MAX;
        out->packet_bytes = out->record.packets.n;
        out->record.packets = YG_STR_NONE; /* shown on a page of their own */
        out->record.raw = raw.n && v->raw ? yg_arena_str(arena, raw) : YG_STR_NONE;
    } else if (st == YG_ECORRUPT || st == YG_ENOTFOUND) {
        out->record = (struct yg_store_record){ 0 };
        memcpy(out->record.id, id, YG_ID_SIZE);
        st = YG_OK;
    }
    yg_arena_fini(&scratch);
    if (st != YG_OK)
        return st;
    st = yg_rulebook_says(v->store, out->record.rule, arena, &out->rule, err);
    if (st != YG_OK)
        return st;
    st = yg_store_verdict_get(v->store, id, arena, &out->verdict, err);
    return st == YG_ENOTFOUND ? YG_OK : st;
}

enum yg_status yg_view_run(const struct yg_view_source *v, struct yg_str hex_id,
                           const struct yg_params *p, struct yg_arena *arena,
                           struct yg_view_run *out, struct yg_err *err)
{
    unsigned char(*ids)[YG_ID_SIZE];
    size_t total;

    *out = (struct yg_view_run){
        .now_ns = yg_clock_now(v->clock),
        .who = v->who,
        .paging = { .page = p->number[YG_P_PAGE], .limit = p->number[YG_P_LIMIT] },
    };
    enum yg_status st = yg_seen_run(v, hex_id, arena, &out->run, err);
    if (st == YG_OK)
        st = yg_guard_blind(v->store, out->run.id, &out->blind, err);
    if (st == YG_OK)
        st = yg_store_run_alerts(v->store, out->run.id, arena, &ids, &total, err);
    if (st != YG_OK)
        return st;
    size_t first, count = yg_view_slice(&out->paging, total, &first);
    out->alert = yg_arena_alloc(arena, (count + 1) * sizeof(*out->alert));
    if (!out->alert)
        return yg_err_set(err, YG_ENOMEM, "no memory for the alerts");
    for (; out->count < count && st == YG_OK; out->count++)
        st = read_alert(v, ids[first + out->count], arena, &out->alert[out->count], err);
    return st;
}

enum yg_status yg_view_packets(const struct yg_view_source *v, struct yg_str hex_id,
                               const struct yg_params *p, struct yg_arena *arena,
                               struct yg_view_packets *out, struct yg_err *err)
{
    struct yg_str view = p->text[YG_P_VIEW], way = p->text[YG_P_WAY], tenant;

    *out = (struct yg_view_packets){ .now_ns = yg_clock_now(v->clock),
                                     .who = v->who,
                                     .show = { .all = p->number[YG_P_ALL] == 1 } };
    if (view.n > 0 && !yg_lookat_view(view, &out->show.what))
        return yg_err_set(err, YG_EINVAL, "view: write summary, hex, ascii or stream");
    if (way.n > 0 && !yg_lookat_way(way, &out->show.way))
        return yg_err_set(err, YG_EINVAL, "way: write both, to-server or to-client");
    return yg_seen_alert(v, hex_id, arena, &out->record, &tenant, err);
}

struct look {
    const struct yg_view_source *v;
    const struct yg_view_packets *p;
    struct yg_lookat ask;
};

static enum yg_status look_begin(void *arg, void **job, struct yg_err *err)
{
    const struct look *l = arg;
    struct yg_lookat_job *j;
    enum yg_status st =
        yg_lookat_begin(l->v->store, &l->p->record, NULL, &l->ask, &j, err);

    if (st == YG_OK)
        *job = j;
    return st;
}

static enum yg_status look_wait(void *job, int ms, struct yg_buf *out, struct yg_err *err)
{
    return yg_lookat_wait(job, ms, out, err);
}

static void look_end(void *job)
{
    yg_lookat_end(job);
}

enum yg_status yg_view_packets_say(const struct yg_view_source *v,
                                   const struct yg_view_packets *p, bool json,
                                   struct yg_buf *out, struct yg_err *err)
{
    static const struct yg_beside_kind kind = { "packets", YG_BESIDE_MAX, look_begin,
                                                look_wait, look_end };
    struct look l = { v, p, { .show = p->show, .json = json } };
    unsigned char about[YG_ID_SIZE + 4] = { p->show.what, p->show.way, p->show.all,
                                            json };

    memcpy(about + 4, p->record.id, YG_ID_SIZE);
    return yg_beside_ask(v->beside, &kind,
                         (struct yg_str){ (const char *)about, sizeof(about) }, &l, out,
                         err);
}

enum yg_status yg_view_packets_pcap(const struct yg_view_source *v,
                                    const struct yg_view_packets *p, struct yg_buf *out,
                                    struct yg_err *err)
{
    enum yg_status st = yg_lookat_pcap(v->store, &p->record, NULL, out, err);

    return st == YG_OK && yg_buf_str(out).n == 0
               ? yg_err_set(err, YG_ENOTFOUND, "no packets are kept with this alert")
               : st;
}
