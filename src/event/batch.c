/* SPDX-License-Identifier: Apache-2.0 */
#include "event/batch.h"

#include "event/ip.h"

void yg_batch_clear(struct yg_batch *b, uint64_t seq, uint32_t source)
{
    b->seq = seq;
    b->source = source;
    b->count = 0;
    b->text_used = 0;
    b->last = 0;
    b->named = 0;
}

bool yg_batch_add(struct yg_batch *b, struct yg_str s, struct yg_span *out)
{
    if (s.n > YG_BATCH_TEXT - b->text_used)
        return false;
    if (s.n)
        memcpy(b->text + b->text_used, s.p, s.n);
    *out = (struct yg_span){ b->text_used, (uint32_t)s.n };
    b->text_used += (uint32_t)s.n;
    return true;
}

bool yg_event_set_str(struct yg_batch *b, struct yg_event *e, enum yg_field f,
                      struct yg_str s)
{
    if (!yg_batch_add(b, s, &e->value[f].s))
        return false;
    yg_event_mark(e, f);
    return true;
}

bool yg_event_set_ip(struct yg_batch *b, struct yg_event *e, enum yg_field f,
                     struct yg_str text)
{
    unsigned char ip[YG_IP_SIZE];

    return yg_ip_parse(text, ip) &&
           yg_event_set_str(b, e, f, (struct yg_str){ (const char *)ip, YG_IP_SIZE });
}

void yg_event_set_u64(struct yg_event *e, enum yg_field f, uint64_t v)
{
    e->value[f].u = v;
    yg_event_mark(e, f);
}

void yg_event_set_time(struct yg_event *e, enum yg_field f, int64_t ns)
{
    e->value[f].t = ns;
    yg_event_mark(e, f);
}

static bool span_ok(const struct yg_batch *b, struct yg_span s)
{
    return s.off <= b->text_used && s.len <= b->text_used - s.off;
}

static bool event_ok(const struct yg_batch *b, const struct yg_event *e)
{
    if (!span_ok(b, e->raw) || e->reason >= YG_REASON_COUNT || e->kind > YG_KIND_SKIP ||
        e->device >= YG_DEV_COUNT || e->source != b->source ||
        (e->verdict >= YG_LEVEL_COUNT && e->verdict != YG_LEVEL_NONE))
        return false;
    for (int f = 0; f < YG_FIELD_COUNT; f++) {
        enum yg_field_type type = yg_field_info[f].type;
        if (!yg_event_has(e, (enum yg_field)f) || type == YG_T_U64 || type == YG_T_TIME)
            continue;
        if (!span_ok(b, e->value[f].s) ||
            (type == YG_T_IP && e->value[f].s.len != YG_IP_SIZE))
            return false;
    }
    return e->present[YG_FIELD_COUNT / 64] >> YG_FIELD_COUNT % 64 == 0 &&
           (YG_FIELD_COUNT / 64 == YG_PRESENT_WORDS - 1 ||
            e->present[YG_PRESENT_WORDS - 1] == 0);
}

enum yg_status yg_batch_check(const struct yg_batch *b)
{
    if (b->count > YG_BATCH_MAX || b->text_used > YG_BATCH_TEXT)
        return YG_ECORRUPT;
    for (uint32_t i = 0; i < b->count; i++)
        if (!span_ok(b, b->record[i].raw) || b->record[i].reason >= YG_REASON_COUNT ||
            !event_ok(b, &b->event[i]))
            return YG_ECORRUPT;
    return YG_OK;
}
