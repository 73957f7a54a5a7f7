/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/recall.h"

#include "conf/mapping.h"

struct recall {
    const struct yg_store_record *rec;
    bool fed;
    yg_recall_f *show;
    void *arg;
};

static enum yg_status feed(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct recall *r = arg;
    struct yg_batch *b = &slot->batch;

    if (r->fed)
        return YG_EEND;
    r->fed = true;
    b->record[0] =
        (struct yg_record){ .full_size = r->rec->raw.n, .time_ns = r->rec->time_ns };
    if (!yg_batch_add(b, r->rec->raw, &b->record[0].raw))
        return yg_err_set(err, YG_ELIMIT, "the record does not fit into a batch");
    b->count = 1;
    b->last = 1;
    return YG_OK;
}

static enum yg_status on_event(void *arg, struct yg_slot *slot, uint32_t i,
                               struct yg_err *err)
{
    struct recall *r = arg;

    memcpy(slot->batch.event[i].id, r->rec->id, YG_ID_SIZE);
    slot->batch.event[i].time_ns = r->rec->time_ns;
    return r->show(r->arg, &slot->batch, &slot->batch.event[i], err);
}

enum yg_status yg_recall(struct yg_store *st, const struct yg_store_record *rec,
                         yg_recall_f *show, void *arg, struct yg_err *err)
{
    struct recall r = { .rec = rec, .show = show, .arg = arg };
    struct yg_flow_sink sink = { .arg = &r, .event = on_event };
    struct yg_flow_options opt = { .workers = 1 };
    struct yg_arena arena;
    struct yg_source *source;
    size_t count, k = 0;

    yg_arena_init(&arena, (size_t)64 << 20);
    enum yg_status status = yg_store_sources(st, &arena, &source, &count, err);
    while (status == YG_OK && k < count && source[k].store_id != rec->source)
        k++;
    if (status == YG_OK && k == count)
        status = yg_err_set(err, YG_ENOTFOUND, "the record's source is not in the store");
    if (status == YG_OK && source[k].mapping_text.n > 0)
        status = yg_mapping_parse(&arena, "stored mapping", source[k].mapping_text,
                                  &source[k].mapping, err);
    if (status == YG_OK) {
        struct yg_flow_input in = { .source = source[k],
                                    .fd = -1,
                                    .feed = feed,
                                    .feed_arg = &r,
                                    .header = source[k].header };
        status = yg_flow_run(&in, 1, &sink, &opt, NULL, err);
    }
    yg_arena_fini(&arena);
    return status;
}

/* ---- several ---------------------------------------------------------------------- */

struct several {
    const struct yg_store_record *rec;
    size_t count, next;
    struct yg_source *source;
    struct yg_flow_input *input;
    uint32_t sources;
    yg_recall_each_f *show;
    void *arg;
};

static uint32_t source_of(const struct several *s, uint32_t id)
{
    uint32_t k = 0;

    while (k < s->sources && s->source[k].store_id != id)
        k++;
    return k;
}

/* The next ones of one source. */
static enum yg_status feed_several(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct several *s = arg;
    struct yg_batch *b = &slot->batch;

    b->named = 1;
    for (; s->next < s->count && b->count < YG_BATCH_MAX; s->next++) {
        const struct yg_store_record *r = &s->rec[s->next];
        uint32_t source = source_of(s, r->source);
        if (source == s->sources)
            continue;
        if (b->count > 0 &&
            (b->source != source || b->text_used + r->raw.n > YG_BATCH_RAW))
            break;
        b->source = source;
        struct yg_record *to = &b->record[b->count];
        *to = (struct yg_record){ .offset = s->next,
                                  .full_size = r->raw.n,
                                  .time_ns = r->received_ns };
        if (!yg_batch_add(b, r->raw, &to->raw))
            return yg_err_set(err, YG_ELIMIT, "the record does not fit into a batch");
        b->count++;
    }
    return b->count > 0 ? YG_OK : YG_EEND;
}

static enum yg_status not_idle(void *arg, struct yg_err *err)
{
    (void)arg;
    (void)err;
    return YG_OK;
}

static enum yg_status on_each(void *arg, struct yg_slot *slot, uint32_t i,
                              struct yg_err *err)
{
    struct several *s = arg;
    struct yg_event *e = &slot->batch.event[i];
    uint64_t at = slot->batch.record[i].offset;

    if (at >= s->count)
        return yg_err_set(err, YG_ECORRUPT, "a worker renumbered a record");
    memcpy(e->id, s->rec[at].id, YG_ID_SIZE);
    e->time_ns = s->rec[at].time_ns;
    return s->show(s->arg, (size_t)at, &slot->batch, e, &slot->facts[i], err);
}

static enum yg_status sources(struct yg_store *st, struct several *s,
                              struct yg_arena *arena, struct yg_err *err)
{
    size_t count = 0;
    enum yg_status status = yg_store_sources(st, arena, &s->source, &count, err);
    uint32_t used = 0;

    for (size_t k = 0; status == YG_OK && k < count; k++) {
        bool wanted = false;
        for (size_t i = 0; i < s->count; i++)
            wanted |= s->rec[i].source == s->source[k].store_id;
        if (!wanted)
            continue;
        if (used == YG_FLOW_INPUTS_MAX)
            return yg_err_set(err, YG_ELIMIT, "these records are of too many sources");
        s->source[used] = s->source[k];
        if (s->source[used].mapping_text.n > 0)
            status =
                yg_mapping_parse(arena, "stored mapping", s->source[used].mapping_text,
                                 &s->source[used].mapping, err);
        used++;
    }
    s->sources = used;
    s->input = yg_arena_zalloc(arena, (used + 1) * sizeof(*s->input));
    for (uint32_t k = 0; s->input && k < used; k++)
        s->input[k] = (struct yg_flow_input){ .source = s->source[k],
                                              .fd = -1,
                                              .header = s->source[k].header };
    if (status == YG_OK && !s->input)
        status = yg_err_set(err, YG_ENOMEM, "no memory to decode");
    return status;
}

enum yg_status yg_recall_each(struct yg_store *st, const struct yg_store_record *rec,
                              size_t count, yg_recall_each_f *show, void *arg,
                              struct yg_err *err)
{
    struct several s = { .rec = rec, .count = count, .show = show, .arg = arg };
    const struct yg_flow_live live = { .arg = &s,
                                       .feed = feed_several,
                                       .idle = not_idle };
    const struct yg_flow_sink sink = { .arg = &s, .event = on_each };
    const struct yg_flow_options opt = { .workers = 1 };
    struct yg_arena arena;

    yg_arena_init(&arena, (size_t)64 << 20);
    enum yg_status status = sources(st, &s, &arena, err);
    if (status == YG_OK && s.sources > 0)
        status = yg_flow_run_live(s.input, s.sources, &live, &sink, &opt, err);
    yg_arena_fini(&arena);
    return status;
}
