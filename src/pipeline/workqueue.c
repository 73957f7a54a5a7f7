/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/workqueue.h"

#include "base/map.h"
#include "event/ip.h"

#include <stdlib.h>

#define RUNS_MAX 100000 /* in memory; more are written and forgotten */
#define TEXT_MAX 256    /* bytes of a signature or host name shown in the queue */

struct run {
    struct yg_queue_run row;            /* strings live with the queue's arena */
    unsigned char (*fresh)[YG_ID_SIZE]; /* open alerts since the last flush */
    size_t fresh_count, fresh_size;
    bool changed;
};

struct yg_workqueue {
    struct yg_store *store;
    struct yg_arena arena;
    struct yg_map by_id; /* hash of the run's id -> index + 1 */
    struct run *run;
    size_t count, size;
};

enum yg_status yg_workqueue_new(struct yg_store *store, struct yg_workqueue **out,
                                struct yg_err *err)
{
    struct yg_workqueue *q = calloc(1, sizeof(*q));

    if (!q)
        return yg_err_set(err, YG_ENOMEM, "no memory for the queue");
    q->store = store;
    yg_arena_init(&q->arena, (size_t)1 << 30);
    yg_map_init(&q->by_id, RUNS_MAX);
    *out = q;
    return YG_OK;
}

static void forget_all(struct yg_workqueue *q)
{
    for (size_t i = 0; i < q->count; i++)
        free(q->run[i].fresh);
    q->count = 0;
    yg_map_clear(&q->by_id);
    yg_arena_clear(&q->arena);
}

void yg_workqueue_refresh(struct yg_workqueue *q)
{
    forget_all(q);
}

void yg_workqueue_free(struct yg_workqueue *q)
{
    if (!q)
        return;
    forget_all(q);
    yg_map_fini(&q->by_id);
    yg_arena_fini(&q->arena);
    free(q->run);
    free(q);
}

static struct yg_str keep_text(struct yg_arena *arena, struct yg_str s)
{
    if (s.n > TEXT_MAX)
        s.n = TEXT_MAX;
    return s.n ? yg_arena_str(arena, s) : YG_STR_NONE;
}

static struct yg_str keep_ip(struct yg_arena *arena, const struct yg_batch *b,
                             const struct yg_event *e, enum yg_field f)
{
    char text[YG_IP_TEXT_MAX];
    struct yg_str ip = yg_event_str(b, e, f);

    if (ip.n != YG_IP_SIZE)
        return YG_STR_NONE;
    return keep_text(arena, yg_str_of(yg_ip_text((const unsigned char *)ip.p, text)));
}

void yg_workqueue_describe(struct yg_arena *arena, struct yg_queue_run *row,
                           struct yg_str tenant, const struct yg_batch *b,
                           const struct yg_event *e)
{
    struct yg_str name = yg_event_str(b, e, YG_F_RULE_NAME);

    if (name.n == 0)
        name = yg_event_str(b, e, YG_F_RULE_ID);
    if (name.n == 0)
        name = yg_str_of(yg_reason_name(e->reason));
    row->tenant = keep_text(arena, tenant);
    row->signature = keep_text(arena, name);
    row->source_ip = keep_ip(arena, b, e, YG_F_SOURCE_IP);
    row->destination_ip = keep_ip(arena, b, e, YG_F_DESTINATION_IP);
    row->host = keep_text(arena, yg_event_str(b, e, YG_F_HOST_NAME));
    if (row->host.n == 0)
        row->host = keep_ip(arena, b, e, YG_F_HOST_IP);
    row->entity = row->source_ip.n ? row->source_ip : row->host;
    row->device = yg_str_of(yg_device_name(e->device));
}

/* The run in memory, read back from the store if it began before. */
static enum yg_status find(struct yg_workqueue *q, const unsigned char id[YG_ID_SIZE],
                           bool fresh, struct run **out, struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    uint64_t key = yg_hash_str(1, (struct yg_str){ (const char *)id, YG_ID_SIZE });
    bool is_new;

    if (q->count == RUNS_MAX && !yg_map_get(&q->by_id, key)) {
        enum yg_status st = yg_workqueue_flush(q, err);
        if (st != YG_OK)
            return st;
        forget_all(q);
    }
    uint64_t *at = yg_map_put(&q->by_id, key, &is_new);
    if (!at)
        return yg_err_set(err, YG_ENOMEM, "no memory for the queue");
    if (!is_new) {
        *out = &q->run[*at - 1];
        return YG_OK;
    }
    if (q->count == q->size) {
        size_t size = q->size ? q->size * 2 : 256;
        struct run *r = realloc(q->run, size * sizeof(*r));
        if (!r)
            return yg_err_set(err, YG_ENOMEM, "no memory for the queue");
        q->run = r;
        q->size = size;
    }
    *at = q->count + 1;
    struct run *r = &q->run[q->count++];
    *r = (struct run){ .changed = false };
    *out = r;
    if (!fresh) {
        yg_hex(id, YG_ID_SIZE, hex);
        enum yg_status st =
            yg_store_run_get(q->store, yg_str_of(hex), &q->arena, &r->row, err);
        if (st != YG_ENOTFOUND)
            return st;
    }
    memcpy(r->row.id, id, YG_ID_SIZE);
    r->row.verdict = YG_LEVEL_NONE;
    r->row.predicted = YG_LEVEL_NONE;
    return YG_OK;
}

static bool add_fresh(struct run *r, const unsigned char id[YG_ID_SIZE])
{
    if (r->fresh_count == r->fresh_size) {
        size_t size = r->fresh_size ? r->fresh_size * 2 : 8;
        void *p = realloc(r->fresh, size * sizeof(*r->fresh));
        if (!p)
            return false;
        r->fresh = p;
        r->fresh_size = size;
    }
    memcpy(r->fresh[r->fresh_count++], id, YG_ID_SIZE);
    return true;
}

/* One more open alert of a run. */
static enum yg_status open_one(struct run *r, const unsigned char id[YG_ID_SIZE],
                               uint32_t risk, uint8_t predicted, struct yg_err *err)
{
    struct yg_queue_run *row = &r->row;

    /* A verdict speaks of what the person saw: a later alert opens the judgement again.
     */
    row->verdict = YG_LEVEL_NONE;
    row->open++;
    if (row->predicted == YG_LEVEL_NONE || predicted > row->predicted)
        row->predicted = predicted;
    if (row->open == 1 || risk > row->max_risk) {
        row->max_risk = risk;
        memcpy(row->worst, id, YG_ID_SIZE);
    }
    r->changed = true;
    return add_fresh(r, id) ? YG_OK
                            : yg_err_set(err, YG_ENOMEM, "no memory for the queue");
}

enum yg_status yg_workqueue_reopen(struct yg_workqueue *q, struct yg_str tenant,
                                   const struct yg_companion *a, struct yg_err *err)
{
    struct run *r = NULL;
    enum yg_status st = find(q, a->run, false, &r, err);

    if (st != YG_OK)
        return st;
    if (a->shadow && r->row.would > 0) { /* it waits already */
        r->row.would--;
        r->row.gates |= YG_GATE_BIT(COMPANION);
        r->changed = true;
        return YG_OK;
    }
    if (r->row.alerts == 0) { /* closed whole in an earlier run of the program */
        r->row.tenant = keep_text(&q->arena, tenant);
        r->row.signature = YG_STR("(was closed; see its alerts)");
        r->row.first_ns = r->row.last_ns = a->time_ns;
    }
    if (r->row.alerts == r->row.open) /* it is not among those counted */
        r->row.alerts++;
    r->row.first_ns = a->time_ns < r->row.first_ns ? a->time_ns : r->row.first_ns;
    r->row.last_ns = a->time_ns > r->row.last_ns ? a->time_ns : r->row.last_ns;
    r->row.gates |= YG_GATE_BIT(COMPANION);
    return open_one(r, a->id, a->risk, a->predicted, err);
}

enum yg_status yg_workqueue_add(struct yg_workqueue *q, struct yg_str tenant,
                                const struct yg_batch *b, uint32_t i,
                                const struct yg_judgement *j, struct yg_err *err)
{
    const struct yg_event *e = &b->event[i];
    struct run *r = NULL;
    enum yg_status st = find(q, j->run.id, j->run.fresh, &r, err);

    if (st != YG_OK)
        return st;
    struct yg_queue_run *row = &r->row;
    if (row->alerts == 0) {
        yg_workqueue_describe(&q->arena, row, tenant, b, e);
        row->first_ns = row->last_ns = e->time_ns;
    }
    row->first_ns = e->time_ns < row->first_ns ? e->time_ns : row->first_ns;
    row->last_ns = e->time_ns > row->last_ns ? e->time_ns : row->last_ns;
    row->alerts++;
    r->changed = true;
    if (j->closed)
        return YG_OK;
    row->would += j->decision.close;
    row->gates |= j->decision.gates;
    return open_one(r, e->id, j->score.risk, j->score.predicted, err);
}

enum yg_status yg_workqueue_flush(struct yg_workqueue *q, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < q->count; i++) {
        struct run *r = &q->run[i];
        if (!r->changed)
            continue;
        r->changed = false;
        if (r->row.open > 0)
            st = yg_store_run_put(q->store, &r->row, err);
        if (st == YG_OK && r->fresh_count > 0)
            st = yg_store_run_add(q->store, r->row.id, &r->fresh[0][0], r->fresh_count,
                                  err);
        r->fresh_count = 0;
    }
    return st;
}
