/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/flow_priv.h"

#include <stdio.h>

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
    yg_flow_lend_records(f, slot);
    f->place[slot] = FRAMED;
    snprintf(s->format, sizeof(s->format), "%.*s",
             YG_STR_ARG(f->input[k->source].source.format));
    l->ended = o->batch.last != 0;
    return YG_OK;
}
