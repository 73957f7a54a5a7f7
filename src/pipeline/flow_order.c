/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/flow_priv.h"

/* Slots whose events were all given leave in that order, once scored. */
static enum yg_status leave(struct flow *f)
{
    while (f->queue_count > 0 && f->place[f->queue[f->queue_head]] == SCORED) {
        uint32_t slot = f->queue[f->queue_head];
        f->queue_head = (f->queue_head + 1) % f->slots;
        f->queue_count--;
        f->place[slot] = FREE;
        if (!f->sink->done)
            continue;
        enum yg_status st = f->sink->done(f->sink->arg, &f->own[slot], f->err);
        if (st != YG_OK)
            return st;
    }
    return YG_OK;
}

/* The oldest batch of a lane has given all its events. */
static enum yg_status batch_over(struct flow *f, struct lane *l)
{
    uint32_t slot = l->slot[0];

    memmove(l->slot, l->slot + 1, sizeof(l->slot) - sizeof(l->slot[0]));
    l->count--;
    l->at = 0;
    f->queue[(f->queue_head + f->queue_count++) % f->slots] = slot;
    if (f->own[slot].rows == 0 || !f->opt->score) {
        f->place[slot] = SCORED;
        return YG_OK;
    }
    f->place[slot] = SCORING;
    f->known[slot].tries = 0;
    yg_flow_lend_rows(f, slot);
    return yg_pool_send(f->pool, YG_JOB_SCORE, slot, YG_ANY_WORKER, f->err);
}

/* The lane whose next event is the earliest; -1 when one that has not ended has none
 * ready yet, -2 when all are empty. */
static int earliest(const struct flow *f)
{
    int best = -2;
    int64_t best_time = 0;

    for (uint32_t i = 0; i < f->lanes; i++) {
        const struct lane *l = &f->lane[i];
        if (l->count == 0 && l->ended)
            continue;
        if (l->count == 0 || f->place[l->slot[0]] != READY)
            return -1;
        const struct yg_slot *s = &f->own[l->slot[0]];
        int64_t t = l->at < s->batch.count ? s->batch.event[l->at].time_ns : INT64_MIN;
        if (best < 0 || t < best_time) {
            best = (int)i;
            best_time = t;
        }
    }
    return best;
}

static enum yg_status give(struct flow *f, struct lane *l)
{
    struct yg_slot *s = &f->own[l->slot[0]];

    if (l->at >= s->batch.count)
        return batch_over(f, l);
    uint32_t i = l->at++;
    struct yg_event *e = &s->batch.event[i];
    struct origin *o = &f->origin[s->batch.source];
    s->row_of[i] = UINT32_MAX;
    if (e->time_ns == 0) { /* unreadable: it came after what came before it */
        e->time_ns = f->live ? s->batch.record[i].received_ns : o->last_time;
        s->facts[i].time_ns = e->time_ns;
    }
    o->last_time = e->time_ns;
    if (e->kind == YG_KIND_SKIP)
        return YG_OK;
    return f->sink->event(f->sink->arg, s, i, f->err);
}

enum yg_status yg_flow_consume(struct flow *f, bool *finished)
{
    enum yg_status st = YG_OK;
    int best;

    *finished = false;
    while (st == YG_OK && (best = earliest(f)) >= 0)
        st = give(f, &f->lane[best]);
    if (st == YG_OK)
        st = leave(f);
    *finished = st == YG_OK && best == -2 && f->queue_count == 0;
    return st;
}
