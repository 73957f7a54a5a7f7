/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ingest.h"

#include "pipeline/guard.h"
#include "pipeline/ingest_priv.h"
#include "pipeline/seen.h"

#include <stdlib.h>

#define LIVE_CLAIMS 65536 /* ids; far more than are on their way at once */

static enum yg_status on_begin(void *arg, uint32_t source, const struct yg_source *src,
                               struct yg_err *err)
{
    struct ingest *g = arg;
    struct lane *l = &g->lane[source];
    enum yg_status st = YG_OK;

    yg_identity_init(&l->identity);
    l->tenant = src->tenant;
    if (g->in->store) {
        struct yg_source named = *src;
        if (named.name.n == 0)
            named.name = named.format;
        st = yg_ingest_write_on(g, err);
        if (st == YG_OK)
            st = yg_store_source_put(g->in->store, &named, &l->store_id, err);
    }
    if (st == YG_OK && g->in->judge)
        st = yg_judge_tenant(g->in->judge, src->tenant, &l->judge_tenant, err);
    if (st == YG_OK && g->in->thin)
        st = yg_thinning_source(g->in->thin, source, src, err);
    return st;
}

static void count_event(struct ingest *g, const struct yg_slot *slot, uint32_t i)
{
    const struct yg_event *e = &slot->batch.event[i];

    yg_count(g->sum, YG_C_ALERTS, e->kind == YG_KIND_ALERT);
    yg_count(g->sum, YG_C_CONTEXT, e->kind == YG_KIND_CONTEXT);
    yg_count(g->sum, YG_C_UNDECODABLE, e->kind == YG_KIND_UNDECODABLE);
    yg_count(g->sum, YG_C_OVERSIZE, slot->batch.record[i].reason == YG_R_OVERSIZE);
    yg_count(g->sum, YG_C_WITH_PACKETS, yg_slot_pcap(slot, i).n > 0);
    if (e->reason != YG_R_NONE && g->reason)
        g->reason[e->reason]++;
}

/* Speed only (measured: identity -28 %, context -8 % at 10^5 alerts): a table of ten
 * million entries answers from memory, so the question is put a few events early. */
static void look_ahead(const struct ingest *g, const struct lane *l,
                       const struct yg_slot *slot, uint32_t i)
{
    const struct yg_batch *b = &slot->batch;

    if (i + 8 < b->count) {
        yg_identity_ahead(&l->identity, b->event[i + 8].id);
        if (g->in->store)
            yg_store_ahead(g->in->store, b->event[i + 8].id);
    }
    if (g->in->judge)
        yg_judge_ahead(g->in->judge, l->judge_tenant, slot->facts, i, b->count);
}

static enum yg_status put_verdict(struct ingest *g, struct lane *l, struct yg_slot *slot,
                                  uint32_t i, struct yg_err *err)
{
    struct yg_ingest_verdict v;

    if (!g->in->verdict_of || !yg_event_is_alert(&slot->batch.event[i]) ||
        !g->in->verdict_of(g->in->arg, slot->batch.source, slot->batch.record[i].line,
                           &v))
        return YG_OK;
    struct yg_verdict row = { .level = (uint8_t)v.level,
                              .source = YG_BY_IMPORT,
                              .at_ns = slot->batch.event[i].time_ns,
                              .tenant = l->tenant,
                              .reason = v.reason,
                              .incident = v.incident,
                              .who = v.who };
    memcpy(row.alert, slot->batch.event[i].id, YG_ID_SIZE);
    yg_count(g->sum, YG_C_VERDICTS, 1);
    return yg_store_verdict_put(g->in->store, &row, err);
}

/* Live, what was claimed long enough ago is in the store: two generations suffice. */
static void turn_claims(struct ingest *g)
{
    struct yg_claims old = g->before;

    if (g->claims.count < LIVE_CLAIMS)
        return;
    yg_claims_fini(&old);
    g->before = g->claims;
    yg_claims_init(&g->claims);
}

static enum yg_status claim(struct ingest *g, const unsigned char id[YG_ID_SIZE],
                            bool *fresh)
{
    *fresh = true;
    if (g->in->live) {
        turn_claims(g);
        if (yg_claims_has(&g->before, id)) {
            *fresh = false;
            return YG_OK;
        }
    } else if (g->in->count <= 1) {
        return YG_OK;
    }
    return yg_claims_add(&g->claims, id, fresh);
}

/* Stored before, or met in another input of this run? */
static enum yg_status known(struct ingest *g, const struct yg_event *e, bool *is,
                            struct yg_err *err)
{
    bool fresh = true;
    enum yg_status st = YG_OK;

    *is = g->in->store && yg_store_has(g->in->store, e->id);
    if (!*is)
        st = claim(g, e->id, &fresh);
    *is |= !fresh;
    return st == YG_OK
               ? YG_OK
               : yg_err_set(err, st, "too many records in one run; name fewer files");
}

/* A verdict given for what is stored already is taken, unless somebody judged it. */
static enum yg_status late_verdict(struct ingest *g, struct lane *l, struct yg_slot *slot,
                                   uint32_t i, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_verdict have;
    struct yg_err none = { 0 };

    if (!g->in->verdict_of || !g->in->store ||
        !yg_store_has(g->in->store, slot->batch.event[i].id))
        return YG_OK;
    yg_arena_init(&arena, 1 << 20);
    enum yg_status st =
        yg_store_verdict_get(g->in->store, slot->batch.event[i].id, &arena, &have, &none);
    yg_arena_fini(&arena);
    return st == YG_ENOTFOUND ? put_verdict(g, l, slot, i, err) : YG_OK;
}

/* Keep the packets of every alert of a decoded batch. What cannot be found or read is
 * counted: the alert goes on without. */
static enum yg_status on_packets(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct ingest *g = arg;
    struct yg_err why = { 0 };

    (void)err;
    for (uint32_t i = 0; i < slot->batch.count; i++) {
        const struct yg_event *e = &slot->batch.event[i];
        struct yg_spool_ask ask;
        if (e->kind != YG_KIND_ALERT ||
            !yg_seen_ask(&slot->batch, e, g->in->packets_after_ns, &ask))
            continue;
        yg_buf_clear(&g->pcap);
        enum yg_status st = yg_spool_find(g->in->spool, &ask, &g->pcap, &why);
        struct yg_str pcap = yg_buf_str(&g->pcap);
        if (st != YG_OK || yg_buf_status(&g->pcap) != YG_OK)
            yg_count(g->sum, YG_C_PACKETS_FAILED, 1);
        else if (pcap.n > 0 && !yg_slot_keep_packets(slot, i, pcap))
            yg_count(g->sum, YG_C_PACKETS_FAILED, 1);
    }
    return YG_OK;
}

/* In order: identity, then context and row. Marks what is stored already as SKIP. */
static enum yg_status on_event(void *arg, struct yg_slot *slot, uint32_t i,
                               struct yg_err *err)
{
    struct ingest *g = arg;
    struct yg_event *e = &slot->batch.event[i];
    struct lane *l = &g->lane[slot->batch.source];
    bool duplicate;

    yg_count(g->sum, YG_C_RECEIVED, 1);
    look_ahead(g, l, slot, i);
    if (g->in->live)
        memcpy(e->id, slot->id[i], YG_ID_SIZE);
    else if (yg_identity_of(&l->identity, e->id) != YG_OK)
        return yg_err_set(err, YG_ELIMIT,
                          "too many different records in one input; split the file");
    enum yg_status st = known(g, e, &duplicate, err);
    bool out =
        st == YG_OK && g->in->thin && yg_thinning_event(g->in->thin, slot, i, duplicate);
    if (st == YG_OK && duplicate) {
        st = late_verdict(g, l, slot, i, err);
        e->kind = YG_KIND_SKIP;
        slot->mark[i] = YG_FATE_DUPLICATE;
        yg_count(g->sum, YG_C_DUPLICATE, 1);
        return st;
    }
    if (st != YG_OK)
        return st;
    if (out) {
        e->kind = YG_KIND_SKIP;
        yg_count(g->sum, YG_C_FILTERED, 1);
        return YG_OK;
    }
    count_event(g, slot, i);
    if (!g->in->judge)
        return YG_OK;
    if (!yg_event_is_alert(e)) {
        yg_judge_see(g->in->judge, l->judge_tenant, &slot->facts[i], NULL);
        return YG_OK;
    }
    slot->run[i] = yg_judge_run(g->in->judge, l->judge_tenant, &slot->facts[i], e->id);
    slot->row_of[i] = slot->rows++;
    yg_judge_see(g->in->judge, l->judge_tenant, &slot->facts[i],
                 slot->row + (size_t)slot->row_of[i] * YG_FEATURES_MAX);
    return YG_OK;
}

/* Will decoding the stored record make the same facts? Not what a worker did not live to
 * make, nor what framing, the batch around it or the time of its receipt decided. */
static bool are_lasting(const struct yg_slot *slot, uint32_t i)
{
    const struct yg_event *e = &slot->batch.event[i];

    return !slot->doubtful && slot->batch.record[i].reason == YG_R_NONE &&
           e->reason != YG_R_NO_TIME && e->reason != YG_R_NO_ROOM;
}

static enum yg_status keep(struct ingest *g, struct yg_slot *slot, uint32_t i,
                           const struct yg_judgement *j, struct yg_err *err)
{
    const struct yg_event *e = &slot->batch.event[i];
    const struct yg_facts *x = &slot->facts[i];
    struct lane *l = &g->lane[slot->batch.source];
    struct yg_store_record r = {
        .time_ns = e->time_ns,
        .received_ns =
            g->in->live ? slot->batch.record[i].received_ns : yg_clock_now(g->in->clock),
        .source = l->store_id,
        .kind = e->kind,
        .verdict = e->verdict,
        .predicted = YG_LEVEL_NONE,
        .key = { x->key[YG_KEY_SIGNATURE], x->key[YG_KEY_SOURCE],
                 x->key[YG_KEY_DESTINATION], x->key[YG_KEY_HOST] },
        .raw = yg_batch_str(&slot->batch, e->raw),
        .packets = yg_slot_pcap(slot, i),
        .facts = are_lasting(slot, i) ? x : NULL,
    };

    memcpy(r.id, e->id, YG_ID_SIZE);
    if (j) {
        r.decision = j->closed           ? YG_DECISION_CLOSED
                     : j->decision.close ? YG_DECISION_CLOSE
                                         : YG_DECISION_OPEN;
        yg_count(g->sum, YG_C_DRAWN, j->draw != YG_DRAW_NONE);
        r.drawn = j->draw != YG_DRAW_NONE;
        r.predicted = j->score.predicted;
        r.risk = j->score.risk;
        r.gates = j->decision.gates;
    }
    enum yg_status st = YG_OK;
    if (j && j->decision.by_rule && g->in->close)
        st = yg_rulebook_number(&g->book, g->in->store, j->in.rule - 1U, &r.rule, err);
    if (st != YG_OK)
        return st;
    st = yg_store_add(g->in->store, l->tenant, &r, err);
    if (st == YG_EEXIST) { /* the same line in two files of one run */
        yg_count(g->sum, YG_C_DUPLICATE, 1);
        slot->mark[i] = YG_FATE_DUPLICATE;
        return YG_OK;
    }
    if (st != YG_OK)
        return st;
    yg_count(g->sum, YG_C_STORED, 1);
    yg_count(g->sum, YG_C_VERDICTS, e->verdict != YG_LEVEL_NONE);
    g->pending++;
    g->pending_bytes += r.raw.n + r.packets.n;
    st = put_verdict(g, l, slot, i, err);
    if (st == YG_OK && j && g->queue)
        st = yg_workqueue_add(g->queue, l->tenant, &slot->batch, i, j, err);
    return st;
}

/* A graver alert opens one again that was closed. */
static void on_reopen(void *arg, const struct yg_companion *a)
{
    struct ingest *g = arg;

    yg_count(g->sum, YG_C_REOPENED, 1);
    if (g->queue && g->reopen.status == YG_OK &&
        yg_workqueue_reopen(g->queue, g->tenant, a, &g->reopen) == YG_OK)
        g->reopen.status = YG_OK;
    if (g->in->store && g->reopen.status == YG_OK &&
        yg_store_reopen(g->in->store, g->tenant, a->id, YG_GATE_BIT(COMPANION),
                        !a->shadow, &g->reopen) == YG_OK)
        g->reopen.status = YG_OK;
    if (a->mark > 0 && g->in->reopened)
        g->in->reopened(g->in->arg, a->mark - 1);
}

static enum yg_status finish_one(struct ingest *g, struct yg_slot *slot, uint32_t i,
                                 struct yg_err *err)
{
    struct lane *l = &g->lane[slot->batch.source];
    struct yg_judgement j, *judged = NULL;
    uint32_t row = slot->row_of[i];
    enum yg_status st = YG_OK;

    if (g->in->judge && row != UINT32_MAX) {
        const struct yg_judge_alert a = { .facts = &slot->facts[i],
                                          .id = slot->batch.event[i].id,
                                          .score = &slot->score[row],
                                          .distance = slot->distance[row],
                                          .mark = ++g->judged,
                                          .run = &slot->run[i] };
        g->tenant = l->tenant;
        yg_judge_decide(g->in->judge, l->judge_tenant, &a, &j);
        judged = &j;
        if (g->reopen.status != YG_OK) {
            *err = g->reopen;
            return err->status;
        }
    }
    if (g->in->store)
        st = keep(g, slot, i, judged, err);
    bool by_rule = judged && judged->closed && judged->decision.by_rule;
    yg_count(g->sum, YG_C_RULED, by_rule);
    if (st == YG_OK && g->in->thin && slot->mark[i] != YG_FATE_DUPLICATE)
        yg_thinning_alert(g->in->thin, slot, i, by_rule);
    if (st == YG_OK && judged && g->in->tell)
        st = g->in->tell(g->in->arg, &slot->batch, i, judged, err);
    return st;
}

static void tell_fate(const struct ingest *g, const struct yg_slot *slot, uint32_t i)
{
    const struct yg_ingest_live *live = g->in->live;
    const struct yg_event *e = &slot->batch.event[i];
    enum yg_ingest_fate fate = slot->mark[i] == YG_FATE_DUPLICATE ? YG_FATE_DUPLICATE
                               : e->kind == YG_KIND_SKIP          ? YG_FATE_FILTERED
                                                                  : YG_FATE_STORED;

    if (live)
        live->fate(live->arg, slot, i, fate,
                   fate == YG_FATE_STORED && e->reason != YG_R_NONE);
}

/* The slot is scored: decide, store, tell. */
static enum yg_status on_done(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct ingest *g = arg;
    enum yg_status st = yg_ingest_write_on(g, err);

    if (st == YG_OK && g->in->thin)
        st = yg_thinning_done(g->in->thin, slot, YG_FATE_DUPLICATE,
                              yg_clock_now(g->in->clock), &g->sum->v[YG_C_THIN_RECORDS],
                              err);
    for (uint32_t i = 0; st == YG_OK && i < slot->batch.count; i++) {
        if (slot->batch.event[i].kind != YG_KIND_SKIP)
            st = finish_one(g, slot, i, err);
        if (st == YG_OK)
            tell_fate(g, slot, i);
    }
    if (st == YG_OK && g->in->live)
        g->in->live->consumed(g->in->live->arg, slot);
    return st == YG_OK && yg_ingest_is_due(g) ? yg_ingest_commit(g, err) : st;
}

static enum yg_status on_feed(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    const struct ingest *g = arg;

    return g->in->live->feed(g->in->live->arg, slot, err);
}

static void on_problem(void *arg, uint32_t source, const struct yg_err *err)
{
    struct ingest *g = arg;

    if (g->in->problem)
        g->in->problem(g->in->arg, source, err);
}

static enum yg_status flow(struct ingest *g, const struct yg_flow_sink *sink,
                           const struct yg_flow_options *opt, uint64_t *bytes,
                           struct yg_err *err)
{
    const struct yg_flow_live live = { .arg = g,
                                       .feed = on_feed,
                                       .idle = yg_ingest_idle };

    return g->in->live
               ? yg_flow_run_live(g->in->input, g->in->count, &live, sink, opt, err)
               : yg_flow_run(g->in->input, g->in->count, sink, opt, bytes, err);
}

enum yg_status yg_ingest_run(const struct yg_ingest *in, struct yg_counters *sum,
                             uint64_t *reason, struct yg_err *err)
{
    struct ingest g = { .in = in, .sum = sum, .reason = reason };
    struct yg_flow_sink sink = { .arg = &g,
                                 .begin = on_begin,
                                 .event = on_event,
                                 .done = on_done,
                                 .problem = on_problem };
    struct yg_flow_options opt = { .workers = in->workers,
                                   .watch = in->watch,
                                   .close = { in->close } };
    enum yg_status st = YG_OK;
    uint64_t bytes = 0;

    if (in->spool)
        sink.packets = on_packets;
    yg_buf_init(&g.pcap, YG_SLOT_PACKETS_EACH);

    if (in->judge) {
        yg_judge_rules(in->judge, in->close);
        opt.score = yg_judge_score;
        yg_judge_on_reopen(in->judge, on_reopen, &g);
        opt.model = yg_judge_pack(in->judge);
    }
    yg_claims_init(&g.claims);
    yg_claims_init(&g.before);
    yg_notice_init(&g.notice, yg_clock_now(in->clock));
    g.lane = calloc(in->count + 1, sizeof(*g.lane));
    if (!g.lane)
        st = yg_err_set(err, YG_ENOMEM, "no memory for %u inputs", in->count);
    if (st == YG_OK && in->store)
        st = yg_rulebook_open(in->store, in->close, &g.book, err);
    if (st == YG_OK && in->judge && in->store)
        st = yg_workqueue_new(in->store, &g.queue, err);
    if (st == YG_OK)
        st = flow(&g, &sink, &opt, &bytes, err);
    if (st == YG_OK)
        st = yg_ingest_end(&g, err);
    if (st == YG_OK)
        yg_ingest_tidy(in->store);
    if (in->judge)
        yg_judge_on_reopen(in->judge, NULL, NULL);
    yg_count(sum, YG_C_BYTES, bytes);
    for (uint32_t i = 0; g.lane && i < in->count; i++)
        yg_identity_fini(&g.lane[i].identity);
    yg_claims_fini(&g.claims);
    yg_claims_fini(&g.before);
    yg_notice_fini(&g.notice);
    yg_buf_fini(&g.pcap);
    yg_workqueue_free(g.queue);
    yg_rulebook_close(&g.book);
    free(g.lane);
    return st;
}
