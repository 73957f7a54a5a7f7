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
