/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/slot.h"

#include "decode/decode.h"

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

void yg_slot_no_packets(struct yg_slot *s)
{
    s->packets_used = 0;
    memset(s->packets, 0, sizeof(s->packets));
}

bool yg_slot_keep_packets(struct yg_slot *s, uint32_t i, struct yg_str pcap)
{
    if (pcap.n > YG_SLOT_PACKETS - s->packets_used)
        return false;
    s->packets[i] = (struct yg_span){ s->packets_used, (uint32_t)pcap.n };
    if (pcap.n > 0)
        memcpy(s->packet_bytes + s->packets_used, pcap.p, pcap.n);
    s->packets_used += (uint32_t)pcap.n;
    return true;
}

struct yg_str yg_slot_pcap(const struct yg_slot *s, uint32_t i)
{
    struct yg_span at = s->packets[i];

    if (at.len == 0 || at.off > YG_SLOT_PACKETS || at.len > YG_SLOT_PACKETS - at.off)
        return YG_STR_NONE;
    return (struct yg_str){ s->packet_bytes + at.off, at.len };
}

void yg_slot_copy_packets(struct yg_slot *to, const struct yg_slot *from)
{
    to->packets_used = from->packets_used;
    memcpy(to->packets, from->packets, sizeof(to->packets));
    memcpy(to->packet_bytes, from->packet_bytes, from->packets_used);
}

static bool facts_ok(const struct yg_slot *s)
{
    for (uint32_t i = 0; i < s->batch.count; i++) {
        const struct yg_facts *x = &s->facts[i];
        const struct yg_event *e = &s->batch.event[i];
        if (!yg_facts_in_range(x) || (x->kind != e->kind && e->kind != YG_KIND_SKIP))
            return false;
    }
    return true;
}

bool yg_slot_take(struct yg_slot *out, const struct yg_slot *shared, uint32_t count,
                  uint32_t text_used, bool events)
{
    struct yg_batch *b = &out->batch;
    uint32_t own = b->text_used;
    bool fed = b->count > 0;

    if (count > YG_BATCH_MAX || text_used > YG_BATCH_TEXT || text_used < own ||
        (fed && count != b->count))
        return false;
    memcpy(b->text + own, shared->batch.text + own, text_used - own);
    if (!fed)
        memcpy(b->record, shared->batch.record, count * sizeof(b->record[0]));
    b->count = count;
    b->text_used = text_used;
    if (!events)
        return yg_slot_records_ok(b);
    memcpy(b->event, shared->batch.event, count * sizeof(b->event[0]));
    memcpy(out->facts, shared->facts, count * sizeof(out->facts[0]));
    for (uint32_t i = 0; fed && i < count; i++) {
        b->event[i].raw = b->record[i].raw;
        if (b->record[i].time_ns)
            b->event[i].time_ns = b->record[i].time_ns;
    }
    return yg_batch_check(b) == YG_OK && facts_ok(out);
}

bool yg_slot_take_facts(struct yg_slot *out, const struct yg_slot *shared)
{
    memcpy(out->facts, shared->facts, out->batch.count * sizeof(out->facts[0]));
    return facts_ok(out);
}

bool yg_slot_take_scores(struct yg_slot *out, const struct yg_slot *shared)
{
    memcpy(out->score, shared->score, out->rows * sizeof(out->score[0]));
    memcpy(out->distance, shared->distance, out->rows * sizeof(out->distance[0]));
    for (uint32_t i = 0; i < out->rows; i++)
        if (out->score[i].predicted >= YG_LEVEL_COUNT)
            return false;
    return true;
}

void yg_slot_undecoded(struct yg_slot *s, const struct yg_source *source)
{
    struct yg_batch *b = &s->batch;

    for (uint32_t i = 0; i < b->count; i++) {
        struct yg_event *e = &b->event[i];
        *e = (struct yg_event){ .raw = b->record[i].raw, .source = b->source };
        e->kind = source->log_source ? YG_KIND_CONTEXT : YG_KIND_UNDECODABLE;
        e->reason = YG_R_BAD_VALUE;
        e->verdict = YG_LEVEL_NONE;
        yg_decode_id(source, yg_batch_str(b, e->raw), e->id);
        yg_facts_of(b, e, NULL, &s->facts[i]);
        yg_facts_source(&s->facts[i], source->name.n > 0 ? source->name : source->format);
    }
}
