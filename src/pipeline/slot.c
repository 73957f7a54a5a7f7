/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/slot.h"

bool yg_slot_records_ok(const struct yg_batch *b)
{
    if (b->count > YG_BATCH_MAX || b->text_used > YG_BATCH_TEXT)
        return false;
    for (uint32_t i = 0; i < b->count; i++) {
        struct yg_span s = b->record[i].raw;
        if (s.off > b->text_used || s.len > b->text_used - s.off)
            return false;
    }
    return true;
}

bool yg_slot_facts_ok(const struct yg_slot *s)
{
    for (uint32_t i = 0; i < s->batch.count; i++) {
        const struct yg_facts *x = &s->facts[i];
        const struct yg_event *e = &s->batch.event[i];
        if (x->device >= YG_DEV_COUNT ||
            (x->kind != e->kind && e->kind != YG_KIND_SKIP) ||
            x->reason >= YG_REASON_COUNT)
            return false;
    }
    return true;
}

bool yg_slot_scores_ok(const struct yg_slot *s, uint32_t source, uint32_t count,
                       uint32_t rows)
{
    if (s->batch.source != source || s->batch.count != count || s->rows != rows ||
        yg_batch_check(&s->batch) != YG_OK || !yg_slot_facts_ok(s))
        return false;
    for (uint32_t i = 0; i < s->batch.count; i++)
        if (s->row_of[i] != UINT32_MAX && s->row_of[i] >= rows)
            return false;
    for (uint32_t i = 0; i < rows; i++)
        if (s->score[i].predicted >= YG_LEVEL_COUNT)
            return false;
    return true;
}

void yg_slot_undecoded(struct yg_slot *s, bool log)
{
    struct yg_batch *b = &s->batch;

    for (uint32_t i = 0; i < b->count; i++) {
        struct yg_event *e = &b->event[i];
        *e = (struct yg_event){ .raw = b->record[i].raw, .source = b->source };
        e->kind = log ? YG_KIND_CONTEXT : YG_KIND_UNDECODABLE;
        e->reason = YG_R_BAD_VALUE;
        e->verdict = YG_LEVEL_NONE;
        yg_hash_id(YG_STR("undecoded"), yg_batch_str(b, e->raw), e->id);
        yg_facts_of(b, e, &s->facts[i]);
    }
}
