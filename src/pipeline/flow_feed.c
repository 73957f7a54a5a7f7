/* SPDX-License-Identifier: Apache-2.0 */
/* Batches that the core fills itself, and jobs that are done again. */
#include "pipeline/flow_priv.h"

#include <stdio.h>

#define TRIES_MAX 2 /* more for a job whose worker died */
/* Rows hold no hostile bytes: a worker that dies scoring was killed by somebody else. */
#define SCORE_TRIES_MAX 8

void yg_flow_drop_newest(struct flow *f, struct lane *l)
{
    f->place[l->slot[--l->count]] = FREE;
}

void yg_flow_lend_records(struct flow *f, uint32_t slot)
{
    struct yg_slot *s = yg_pool_slot(f->pool, slot);
    const struct yg_slot *o = &f->own[slot];

    s->batch.count = o->batch.count;
    s->batch.text_used = o->batch.text_used;
    s->batch.last = o->batch.last;
    s->batch.named = o->batch.named;
    s->batch.source = o->batch.source;
    memcpy(s->batch.text, o->batch.text, o->batch.text_used);
    memcpy(s->batch.record, o->batch.record, o->batch.count * sizeof(o->batch.record[0]));
    yg_slot_copy_packets(s, o);
}

/* The core writes into its own copy alone: a worker that was taken over could move the
 * ends of a shared one under its hands. */
enum yg_status yg_flow_feed(struct flow *f, uint32_t slot)
{
    struct known *k = &f->known[slot];
    struct lane *l = &f->lane[k->lane];
    const struct yg_flow_input *in = &f->input[k->source];
    struct yg_slot *s = yg_pool_slot(f->pool, slot), *o = &f->own[slot];

    yg_batch_clear(&o->batch, k->seq, k->source);
    yg_slot_no_packets(o);
    o->rows = 0;
    o->has_facts = false;
    memset(o->mark, 0, sizeof(o->mark));
    enum yg_status st = f->live ? f->live->feed(f->live->arg, o, f->err)
                                : in->feed(in->feed_arg, o, f->err);
    if (st == YG_EEND || (f->live && st == YG_EBUSY)) {
        yg_flow_drop_newest(f, l);
        l->ended = st == YG_EEND;
        return YG_OK;
    }
    if (st != YG_OK)
        return st;
    YG_ASSERT(o->batch.source < f->count);
    k->source = o->batch.source;
    if (!o->has_facts)
        yg_flow_lend_records(f, slot);
    f->place[slot] = FRAMED;
    snprintf(s->format, sizeof(s->format), "%.*s",
             YG_STR_ARG(f->input[k->source].source.format));
    l->ended = o->batch.last != 0;
    return YG_OK;
}

/* The decoded batch as the core has it, where another worker can look at it. */
static void lend_batch(struct flow *f, uint32_t slot)
{
    struct yg_slot *s = yg_pool_slot(f->pool, slot);
    const struct yg_slot *o = &f->own[slot];

    s->batch.count = o->batch.count;
    s->batch.text_used = o->batch.text_used;
    memcpy(s->batch.text, o->batch.text, o->batch.text_used);
    memcpy(s->batch.event, o->batch.event, o->batch.count * sizeof(o->batch.event[0]));
    yg_slot_copy_packets(s, o);
}

/* What was read from a pipe by a dead worker is gone. */
bool yg_flow_may_try_again(const struct flow *f, const struct yg_pool_done *d)
{
    const struct known *k = &f->known[d->slot];

    return k->tries < (d->job == YG_JOB_SCORE ? SCORE_TRIES_MAX : TRIES_MAX) &&
           (d->job != YG_JOB_FRAME || f->input[k->source].start >= 0);
}

/* The worker died: another one does the job anew, because it may have been killed for no
 * fault of the bytes. */
enum yg_status yg_flow_do_again(struct flow *f, const struct yg_pool_done *d)
{
    struct yg_batch *b = &yg_pool_slot(f->pool, d->slot)->batch;
    struct known *k = &f->known[d->slot];
    uint32_t to = YG_ANY_WORKER;

    k->tries++;
    b->source = k->source;
    if (d->job == YG_JOB_FRAME) {
        yg_batch_clear(b, f->lane[k->lane].next_seq - 1, k->source);
        to = k->source;
    } else if (d->job == YG_JOB_DECODE) {
        /* At last without the packets kept with them: if these kill the worker, what the
         * records alone tell stands, as when they were looked at first. */
        if (k->tries == TRIES_MAX)
            yg_slot_no_packets(&f->own[d->slot]);
        if (yg_flow_is_fed(f, k->source))
            yg_flow_lend_records(f, d->slot);
        b->count = k->count;
        b->text_used = k->text_used;
    } else if (d->job == YG_JOB_LOOK) {
        lend_batch(f, d->slot);
    } else {
        yg_flow_lend_rows(f, d->slot);
    }
    return yg_pool_send(f->pool, d->job, d->slot, to, f->err);
}
