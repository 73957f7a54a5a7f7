/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/thinning.h"

#include <stdio.h>
#include <stdlib.h>

#define META     "thin"
#define BLOB_MAX ((size_t)16 << 20)

/* Events are given before the batches they are of are done, and a commit may come
 * between. So, live, what is committed is of a second one that sees the same events when
 * they are done: both go through the same states, one behind the other. */
struct yg_thinning {
    const struct yg_thin_rules *rules;
    struct yg_thin *thin; /* decides */
    struct yg_thin *done; /* live: what is committed; else NULL */
    struct yg_store *store;
    bool live;
    struct yg_buf buf;
};

/* The blob of a page of open groups. */
static const char *page_name(uint32_t page, char out[24])
{
    snprintf(out, 24, META ".open.%u", page);
    return out;
}

/* The one whose counts and groups are kept. */
static struct yg_thin *kept(const struct yg_thinning *t)
{
    return t->done ? t->done : t->thin;
}

static enum yg_status load_groups(struct yg_thinning *t, struct yg_err *err)
{
    enum yg_status st = YG_OK;
    struct yg_arena arena;
    struct yg_str blob;
    char name[24];

    yg_arena_init(&arena, 2 * BLOB_MAX);
    for (uint32_t p = 0; st == YG_OK && p < YG_THIN_PAGES; p++) {
        st = yg_store_meta_get(t->store, page_name(p, name), &arena, &blob, err);
        if (st == YG_OK)
            st = yg_thin_load(t->thin, p, blob, err);
        if (st == YG_OK)
            st = yg_thin_load(t->done, p, blob, err);
        if (st == YG_ENOTFOUND)
            st = YG_OK;
        yg_arena_clear(&arena);
    }
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_thinning_new(const struct yg_thin_rules *rules, struct yg_store *store,
                               bool live, struct yg_thinning **out, struct yg_err *err)
{
    struct yg_thinning *t = calloc(1, sizeof(*t));

    if (!t)
        return yg_err_set(err, YG_ENOMEM, "no memory for thinning rules");
    t->rules = rules;
    t->store = store;
    t->live = live;
    yg_buf_init(&t->buf, BLOB_MAX);
    enum yg_status st = yg_thin_new(rules, &t->thin, err);
    if (st == YG_OK && live)
        st = yg_thin_new(rules, &t->done, err);
    if (st == YG_OK && store && live)
        st = load_groups(t, err);
    if (st == YG_OK)
        *out = t;
    else
        yg_thinning_free(t);
    return st;
}

void yg_thinning_free(struct yg_thinning *t)
{
    if (!t)
        return;
    yg_thin_free(t->thin);
    yg_thin_free(t->done);
    yg_buf_fini(&t->buf);
    free(t);
}

enum yg_status yg_thinning_source(struct yg_thinning *t, uint32_t index,
                                  const struct yg_source *src, struct yg_err *err)
{
    enum yg_status st = yg_thin_source(t->thin, index, src, err);

    return st == YG_OK && t->done ? yg_thin_source(t->done, index, src, err) : st;
}

static int64_t time_of(const struct yg_thinning *t, const struct yg_batch *b, uint32_t i)
{
    int64_t received = b->record[i].received_ns;

    return t->live && received > 0 ? received : b->event[i].time_ns;
}

/* Of who only decides nothing is told. */
static void forget_closed(struct yg_thinning *t)
{
    struct yg_thin_record x;

    while (t->done && yg_thin_next(t->thin, &x))
        ;
}

/* The rule that asks to close it: 1 + its place, or 0. */
static uint32_t closing(const struct yg_thinning *t, const struct yg_slot *slot,
                        uint32_t i)
{
    uint32_t rule = slot->facts[i].rule[0];

    return slot->facts[i].kind != YG_KIND_CONTEXT && rule <= t->rules->count ? rule : 0;
}

void yg_thinning_alert(struct yg_thinning *t, const struct yg_slot *slot, uint32_t i,
                       bool closed)
{
    uint32_t rule = closing(t, slot, i);

    if (rule > 0)
        yg_thin_alert(kept(t), slot->batch.source, &slot->batch.event[i], rule - 1,
                      closed);
}

bool yg_thinning_event(struct yg_thinning *t, const struct yg_slot *slot, uint32_t i,
                       bool known)
{
    const struct yg_batch *b = &slot->batch;

    if (closing(t, slot, i) > 0)
        return false; /* counted when it is decided */
    bool out = yg_thin_event(t->thin, b->source, b, i, time_of(t, b, i), known);

    forget_closed(t);
    return out;
}

bool yg_thinning_due(struct yg_thinning *t, int64_t now_ns)
{
    yg_thin_pass(t->thin, now_ns);
    forget_closed(t);
    yg_thin_pass(kept(t), now_ns);
    return yg_thin_waiting(kept(t));
}

static enum yg_status store_one(struct yg_thinning *t, const struct yg_thin_record *x,
                                int64_t received_ns, uint64_t *n, struct yg_err *err)
{
    const struct yg_source source = { .tenant = x->tenant,
                                      .name = x->source,
                                      .format = YG_STR(YG_THIN_FORMAT),
                                      .path = YG_STR(""),
                                      .log_source = true };
    struct yg_store_record r = { .time_ns = x->time_ns,
                                 .received_ns = received_ns,
                                 .kind = YG_KIND_CONTEXT,
                                 .verdict = YG_LEVEL_NONE,
                                 .predicted = YG_LEVEL_NONE,
                                 .raw = x->text };

    memcpy(r.id, x->id, YG_ID_SIZE);
    enum yg_status st = yg_store_source_put(t->store, &source, &r.source, err);
    if (st == YG_OK)
        st = yg_store_add(t->store, x->tenant, &r, err);
    *n += st == YG_OK;
    return st == YG_EEXIST ? YG_OK : st; /* the same records, read again */
}

enum yg_status yg_thinning_flush(struct yg_thinning *t, int64_t received_ns, uint64_t *n,
                                 struct yg_err *err)
{
    enum yg_status st = YG_OK;
    struct yg_thin_record x;

    while (st == YG_OK && yg_thin_next(kept(t), &x))
        if (t->store)
            st = store_one(t, &x, received_ns, n, err);
    return st;
}

enum yg_status yg_thinning_done(struct yg_thinning *t, struct yg_slot *slot,
                                uint8_t known_mark, int64_t received_ns, uint64_t *n,
                                struct yg_err *err)
{
    struct yg_batch *b = &slot->batch;
    enum yg_status st = YG_OK;

    for (uint32_t i = 0; t->done && st == YG_OK && i < b->count; i++) {
        struct yg_event *e = &b->event[i];
        uint8_t kind = e->kind;
        e->kind = slot->facts[i].kind; /* as it came */
        if (e->kind != YG_KIND_SKIP && closing(t, slot, i) == 0)
            (void)yg_thin_event(t->done, b->source, b, i, time_of(t, b, i),
                                slot->mark[i] == known_mark);
        e->kind = kind;
        st = yg_thinning_flush(t, received_ns, n, err);
    }
    return st == YG_OK ? yg_thinning_flush(t, received_ns, n, err) : st;
}

enum yg_status yg_thinning_read(struct yg_store *st, struct yg_thin_tally *out,
                                struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_str blob;

    yg_arena_init(&arena, 2 * BLOB_MAX);
    enum yg_status rc = yg_store_meta_get(st, META, &arena, &blob, err);
    if (rc == YG_OK)
        rc = yg_thin_tally_read(out, blob, err);
    yg_arena_fini(&arena);
    return rc == YG_ENOTFOUND ? YG_OK : rc;
}

static bool counted(const struct yg_thin_tally *t)
{
    for (uint32_t i = 0; i < t->rows; i++)
        if (t->row[i].in > 0)
            return true;
    return false;
}

/* What the store says and what came since. */
static enum yg_status put_counts(struct yg_thinning *t, struct yg_err *err)
{
    struct yg_thin_tally sum;
    enum yg_status st = yg_thin_tally_init(&sum);

    if (st != YG_OK)
        st = yg_err_set(err, st, "no memory for the counts of thinning rules");
    if (st == YG_OK)
        st = yg_thinning_read(t->store, &sum, err);
    if (st == YG_OK) {
        yg_thin_tally_add(&sum, yg_thin_counts(kept(t)));
        yg_buf_clear(&t->buf);
        yg_thin_tally_write(&sum, &t->buf);
        st = yg_store_meta_put(t->store, META, yg_buf_str(&t->buf), err);
    }
    yg_thin_tally_fini(&sum);
    if (st == YG_OK)
        yg_thin_forget(kept(t));
    return st;
}

enum yg_status yg_thinning_put(struct yg_thinning *t, struct yg_err *err)
{
    enum yg_status st = YG_OK;
    uint32_t page;
    char name[24];

    if (!t->store)
        return YG_OK;
    if (counted(yg_thin_counts(kept(t))))
        st = put_counts(t, err);
    yg_buf_clear(&t->buf);
    while (st == YG_OK && t->live && yg_thin_save(kept(t), &page, &t->buf)) {
        st = yg_store_meta_put(t->store, page_name(page, name), yg_buf_str(&t->buf), err);
        yg_buf_clear(&t->buf);
    }
    return st;
}

const struct yg_thin_tally *yg_thinning_counts(const struct yg_thinning *t)
{
    return yg_thin_counts(kept(t));
}
