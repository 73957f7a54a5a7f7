/* SPDX-License-Identifier: Apache-2.0 */
#include "api/alert.h"

#include "api/beside.h"
#include "api/search.h"
#include "api/seen.h"
#include "event/show.h"
#include "feature/facts.h"
#include "pipeline/boxed.h"
#include "pipeline/guard.h"
#include "pipeline/recall.h"
#include "pipeline/rulebook.h"
#include "pipeline/workqueue.h"
#include "json/pull.h"

#define FIELD_MAX   ((size_t)64 << 10) /* shown of one field */
#define BESIDE_MAX  ((size_t)4 << 20)
#define SCRATCH_MAX ((size_t)16 << 20)

const struct yg_part_info yg_part_info[YG_PART_COUNT] = {
#define X(id, name, usual, help) { name, help, usual },
    YG_ALERT_PARTS(X)
#undef X
};

enum yg_status yg_alert_parts(struct yg_str names, unsigned *bits, struct yg_err *err)
{
    *bits = 0;
    for (unsigned k = 0; names.n == 0 && k < YG_PART_COUNT; k++)
        *bits |= yg_part_info[k].usual ? 1U << k : 0;
    while (names.p && names.n > 0) {
        struct yg_str name = yg_str_trim(yg_str_cut(&names, ','));
        unsigned k = 0;
        while (k < YG_PART_COUNT && !yg_str_eq(name, yg_str_of(yg_part_info[k].name)))
            k++;
        if (k == YG_PART_COUNT)
            return yg_err_set(err, YG_EINVAL, "parts: a name that is no part");
        *bits |= 1U << k;
    }
    return YG_OK;
}

struct gather {
    const struct yg_view_source *v;
    struct yg_arena *arena;
    struct yg_view_detail *out;
    struct yg_store_record whole; /* lives with `scratch` */
    struct yg_arena scratch;
    uint64_t key[YG_KEY_COUNT];
    struct yg_queue_run like; /* what a run would say that began with it */
};

static bool wants(const struct gather *g, enum yg_alert_part part)
{
    return g->out->parts >> part & 1;
}

/* ---- what people know of it ------------------------------------------------------- */

static struct yg_desk_by desk_by(const struct gather *g)
{
    const struct yg_view_who *who = g->v->who;

    return (struct yg_desk_by){ who && who->name.n > 0 ? who->name : YG_STR("local"),
                                &g->v->scope };
}

static enum yg_status read_desk(struct gather *g, const struct yg_batch *b,
                                const struct yg_event *e, struct yg_err *err)
{
    const struct yg_desk_by by = desk_by(g);
    const struct yg_desk_alert alert = {
        .tenant = g->out->tenant, .id = g->whole.id, .batch = b, .event = e
    };
    struct yg_desk_about *about;

    if (!g->v->desk || !wants(g, YG_PART_DESK))
        return YG_OK;
    about = yg_arena_alloc(g->arena, sizeof(*about));
    if (!about)
        return yg_err_set(err, YG_ENOMEM, "no memory for the record");
    enum yg_status st = yg_desk_about(g->v->desk, &by, &alert, g->arena, about, err);
    for (size_t i = 0; st == YG_OK && !g->v->raw && i < about->hits.count; i++)
        about->hits.row[i].seen = YG_STR_NONE; /* bytes of the record */
    g->out->desk = st == YG_OK ? about : NULL;
    return st;
}

/* What is known without the record, when that cannot be decoded any more; and the
 * questions about its run, when that is known. */
static enum yg_status read_desk_else(struct gather *g, struct yg_err *err)
{
    const struct yg_event nothing = { .time_ns = g->whole.time_ns };
    const struct yg_desk_by by = desk_by(g);
    const struct yg_inquiry_about about = { g->out->tenant, g->whole.id, g->out->run.id };

    if (!g->out->desk) {
        enum yg_status st = read_desk(g, NULL, &nothing, err);
        if (st != YG_OK)
            return st;
    }
    return g->out->desk && g->out->in_run
               ? yg_inquiry_at(g->v->desk, &by, &about, g->arena,
                               &g->out->desk->questions, err)
               : YG_OK;
}

/* ---- the record ------------------------------------------------------------------- */

static enum yg_status on_record(void *arg, size_t i, const struct yg_batch *b,
                                const struct yg_event *e, const struct yg_facts *facts,
                                struct yg_err *err)
{
    struct gather *g = arg;
    struct yg_view_detail *d = g->out;
    struct yg_buf text;
    bool room = true;

    (void)i;
    d->decoded = true;
    d->device = e->device;
    d->kind = e->kind == YG_KIND_SKIP ? d->kind : e->kind;
    d->reason = e->reason;
    memcpy(g->key, facts->key, sizeof(g->key));
    yg_workqueue_describe(g->arena, &g->like, d->tenant, b, e);
    yg_buf_init(&text, (size_t)4 << 20);
    for (int f = 0; f < YG_FIELD_COUNT && d->raw; f++) {
        d->has[f] = yg_event_has(e, (enum yg_field)f);
        if (!d->has[f] || !wants(g, YG_PART_FIELDS))
            continue;
        yg_buf_clear(&text);
        yg_event_show(&text, b, e, (enum yg_field)f);
        struct yg_str s = yg_buf_str(&text);
        s.n = s.n < FIELD_MAX ? s.n : FIELD_MAX;
        d->field[f] = yg_arena_str(g->arena, s);
        room = room && d->field[f].p;
    }
    yg_buf_fini(&text);
    return room ? read_desk(g, b, e, err)
                : yg_err_set(err, YG_ENOMEM, "no memory for the record");
}

static enum yg_status name_source(struct gather *g, struct yg_err *err)
{
    struct yg_source *source;
    size_t n = 0;
    enum yg_status st = yg_store_sources(g->v->store, &g->scratch, &source, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (source[i].store_id == g->whole.source)
            g->out->source = yg_arena_str(g->arena, source[i].name);
    return st;
}

/* What is not shown of it stays behind: a record may be a megabyte. */
static enum yg_status read_record(struct gather *g, struct yg_str hex_id,
                                  struct yg_err *err)
{
    struct yg_view_detail *d = g->out;
    struct yg_str tenant;
    enum yg_status st = yg_seen_alert(g->v, hex_id, &g->scratch, &g->whole, &tenant, err);

    if (st != YG_OK)
        return st;
    d->record = g->whole;
    d->tenant = yg_arena_str(g->arena, tenant);
    d->kind = g->whole.kind;
    d->raw_bytes = g->whole.raw.n;
    d->packet_bytes = g->whole.packets.n;
    d->record.packets = d->record.raw = YG_STR_NONE;
    if (d->raw && wants(g, YG_PART_RAW)) {
        struct yg_str raw = g->whole.raw;
        raw.n = raw.n < YG_VIEW_RAW_MAX ? raw.n : YG_VIEW_RAW_MAX;
        d->record.raw = yg_arena_str(g->arena, raw);
    }
    st = name_source(g, err);
    return st == YG_OK ? yg_recall_each(g->v->store, &g->whole, 1, on_record, g, err)
                       : st;
}

/* ---- whom it belongs to ----------------------------------------------------------- */

/* Nothing that the model said of it goes further than here. */
static enum yg_status ask_blind(struct gather *g, struct yg_err *err)
{
    struct yg_view_detail *d = g->out;
    unsigned char run[YG_ID_SIZE];
    char hex[2 * YG_ID_SIZE + 1];
    enum yg_status st =
        yg_guard_blind_alert(g->v->store, d->tenant, &d->record, &d->blind, run, err);

    if (st != YG_OK)
        return st;
    if (d->blind) {
        d->record.decision = YG_DECISION_NONE;
        d->record.predicted = YG_LEVEL_NONE;
        d->record.risk = d->record.gates = d->record.rule = 0;
    }
    if (!d->blind)
        return YG_OK;
    yg_hex(run, YG_ID_SIZE, hex);
    st = yg_seen_run(g->v, yg_str_of(hex), g->arena, &d->run, err);
    d->in_run = st == YG_OK;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

static enum yg_status find_run(struct gather *g, struct yg_err *err)
{
    struct yg_view_detail *d = g->out;
    const struct yg_store_run_ask ask = { .tenant = d->tenant,
                                          .signature = g->like.signature,
                                          .entity = g->like.entity,
                                          .time_ns = d->record.time_ns,
                                          .alert = d->record.id };

    if (!wants(g, YG_PART_RUN) || d->in_run || !d->decoded)
        return YG_OK;
    enum yg_status st = yg_store_run_of(g->v->store, &ask, g->arena, &d->run, err);
    d->in_run = st == YG_OK;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

/* ---- past cases ------------------------------------------------------------------- */

/* How much of what they are about the two share: the same ends, host, entity. */
static unsigned alike(const struct yg_queue_run *a, const struct yg_queue_run *b)
{
    return (a->entity.n > 0 && yg_str_eq(a->entity, b->entity) ? 4U : 0) +
           (a->destination_ip.n > 0 && yg_str_eq(a->destination_ip, b->destination_ip)
                ? 2U
                : 0) +
           (a->host.n > 0 && yg_str_eq(a->host, b->host) ? 1U : 0);
}

/* Judged runs of its signature: how they were judged, and those that share most with it,
 * the latest first among equals. */
static enum yg_status past_cases(struct gather *g, struct yg_err *err)
{
    struct yg_view_detail *d = g->out;
    const struct yg_store_alike ask = { d->tenant, g->like.signature,
                                        YG_ALERT_ALIKE_MOST };
    struct yg_queue_page page = { .count = 0 };

    if (!wants(g, YG_PART_ALIKE) || d->blind || !d->decoded)
        return YG_OK;
    enum yg_status st = yg_store_runs_alike(g->v->store, &ask, g->arena, &page, err);
    for (size_t i = 0; st == YG_OK && i < page.count; i++) {
        const struct yg_queue_run *r = &page.run[i];
        if (d->in_run && memcmp(r->id, d->run.id, YG_ID_SIZE) == 0)
            continue;
        d->judged_as[r->verdict < YG_LEVEL_COUNT ? r->verdict : 0]++;
        size_t at = d->cases < YG_ALERT_ALIKE ? d->cases++ : YG_ALERT_ALIKE;
        for (; at > 0 && alike(&g->like, r) > alike(&g->like, d->past[at - 1]); at--)
            if (at < YG_ALERT_ALIKE)
                d->past[at] = d->past[at - 1];
        if (at < YG_ALERT_ALIKE)
            d->past[at] = r;
    }
    d->judged_more = page.count == YG_ALERT_ALIKE_MOST;
    return st;
}

static enum yg_status read_verdicts(struct gather *g, struct yg_err *err)
{
    return wants(g, YG_PART_VERDICTS)
               ? yg_store_verdict_history(g->v->store, g->out->record.id, g->arena,
                                          &g->out->verdict, &g->out->verdicts, err)
               : YG_OK;
}

/* ---- what decides ----------------------------------------------------------------- */

static enum yg_status read_policy(struct gather *g, struct yg_err *err)
{
    const struct yg_view_source *v = g->v;
    struct yg_view_detail *d = g->out;
    struct yg_guard *guard = NULL;
    const struct yg_guard_options opt = { .store = v->store,
                                          .pack = v->pack ? v->pack(v->policy_arg) : NULL,
                                          .config = v->config,
                                          .clock = v->clock };

    if (!wants(g, YG_PART_DECISION) || d->blind)
        return YG_OK;
    enum yg_status st =
        yg_rulebook_says(v->store, d->record.rule, g->arena, &d->rule, err);
    if (st != YG_OK || !opt.pack)
        return st;
    st = yg_guard_new(&opt, &guard, err);
    if (st == YG_OK)
        st = yg_guard_policy(guard, d->tenant, &d->policy, err);
    d->policed = st == YG_OK;
    if (st == YG_OK)
        st = yg_guard_ground(guard, d->tenant, d->certificate, err);
    d->grounded = d->policed && st == YG_OK;
    yg_guard_free(guard);
    return st == YG_ENOTFOUND ? YG_OK : st;
}

/* ---- around it -------------------------------------------------------------------- */

static enum yg_status look_around(struct gather *g, struct yg_err *err)
{
    struct yg_view_detail *d = g->out;

    if (!wants(g, YG_PART_CONTEXT) || !d->decoded)
        return YG_OK;
    d->from_ns = d->record.time_ns - YG_ALERT_CONTEXT_BACK;
    d->until_ns = d->record.time_ns + YG_ALERT_CONTEXT_ON;
    d->looked = true;
    const struct yg_nearby_ask ask = { .tenant = d->tenant,
                                       .id = d->record.id,
                                       .time_ns = d->record.time_ns,
                                       .from_ns = d->from_ns,
                                       .until_ns = d->until_ns,
                                       .key = g->key,
                                       .seconds = YG_ALERT_CONTEXT_S,
                                       .field = yg_search_usual,
                                       .fields = d->raw ? YG_SEARCH_USUAL : 1 };
    return yg_nearby(g->v->store, &ask, g->arena, &d->nearby, err);
}

/* ---- beside ----------------------------------------------------------------------- */

/* What comes from a process that read hostile bytes is an object, or nothing. */
static enum yg_status keep_said(struct yg_arena *arena, enum yg_status st,
                                struct yg_buf *text, struct yg_beside_said *out,
                                struct yg_err *err)
{
    struct yg_str s = yg_str_trim(yg_buf_str(text));
    struct yg_json_pull *pull;

    out->later = st == YG_EBUSY;
    if (st == YG_EBUSY || st == YG_ENOTFOUND || st == YG_ECHILD)
        return YG_OK;
    if (st != YG_OK)
        return st;
    if (yg_json_pull_new(s.n + 1, &pull) != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "no memory for the answer");
    if (yg_json_pull_is_object(pull, s))
        out->json = yg_arena_str(arena, s);
    yg_json_pull_free(pull);
    return YG_OK;
}

static enum yg_status ask_packets(struct gather *g, struct yg_err *err)
{
    const struct yg_view_packets p = { .record = g->whole };
    struct yg_buf text;

    if (!wants(g, YG_PART_PACKETS))
        return YG_OK;
    yg_buf_init(&text, BESIDE_MAX);
    enum yg_status st = yg_view_packets_say(g->v, &p, true, &text, err);
    st = keep_said(g->arena, st, &text, &g->out->packets, err);
    yg_buf_fini(&text);
    return st;
}

struct explain {
    const struct yg_view_source *v;
    const unsigned char *id;
};

static enum yg_status explain_begin(void *arg, void **job, struct yg_err *err)
{
    const struct explain *x = arg;
    struct yg_boxed_job *j;
    enum yg_status st = x->v->explain(x->v->policy_arg, x->id, &j, err);

    if (st == YG_OK)
        *job = j;
    return st;
}

static enum yg_status explain_wait(void *job, int ms, struct yg_buf *out,
                                   struct yg_err *err)
{
    struct yg_str said;
    enum yg_status st = yg_boxed_wait(job, ms, &said, err);

    if (st == YG_OK)
        yg_buf_str_add(out, said);
    return st;
}

static void explain_end(void *job)
{
    yg_boxed_end(job);
}

static enum yg_status ask_reasons(struct gather *g, struct yg_err *err)
{
    static const struct yg_beside_kind kind = { "reasons", 2, explain_begin, explain_wait,
                                                explain_end };
    const struct yg_modelpack *pack = g->v->pack ? g->v->pack(g->v->policy_arg) : NULL;
    struct explain x = { g->v, g->out->record.id };
    unsigned char about[YG_ID_SIZE + YG_DIGEST_SIZE];
    struct yg_buf text;

    if (!wants(g, YG_PART_REASONS) || g->out->blind || !pack || !g->v->explain ||
        g->out->kind == YG_KIND_CONTEXT)
        return YG_OK;
    memcpy(about, g->out->record.id, YG_ID_SIZE);
    memcpy(about + YG_ID_SIZE, pack->model_digest, YG_DIGEST_SIZE);
    yg_buf_init(&text, BESIDE_MAX);
    enum yg_status st = yg_beside_ask(
        g->v->beside, &kind, (struct yg_str){ (const char *)about, sizeof(about) }, &x,
        &text, err);
    st = keep_said(g->arena, st, &text, &g->out->reasons, err);
    yg_buf_fini(&text);
    return st;
}

/* ----------------------------------------------------------------------------------- */

enum yg_status yg_view_detail(const struct yg_view_source *v, struct yg_str hex_id,
                              unsigned parts, struct yg_arena *arena,
                              struct yg_view_detail *out, struct yg_err *err)
{
    static enum yg_status (*const step[])(struct gather *, struct yg_err *) = {
        ask_blind,   find_run,    past_cases,  read_verdicts,  read_policy,
        look_around, ask_packets, ask_reasons, read_desk_else,
    };
    struct gather g = { .v = v, .arena = arena, .out = out };

    *out = (struct yg_view_detail){ .now_ns = yg_clock_now(v->clock),
                                    .raw = v->raw,
                                    .parts = parts };
    if (!v->raw) /* all of these show bytes of records */
        out->parts &= ~(1U << YG_PART_FIELDS | 1U << YG_PART_RAW | 1U << YG_PART_PACKETS);
    yg_arena_init(&g.scratch, SCRATCH_MAX);
    enum yg_status st = read_record(&g, hex_id, err);
    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(step); i++)
        st = step[i](&g, err);
    yg_arena_fini(&g.scratch);
    return st;
}
