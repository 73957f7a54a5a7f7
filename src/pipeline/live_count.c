/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/live_count.h"

#include "base/buf.h"
#include "base/cursor.h"

#include <stdlib.h>

#define META           "live"
#define HABITS         "live-habits"
#define VERSION        1U
#define VERSION_HABITS 2U
#define HABITS_NS      (60 * YG_NS_PER_S)
#define BLOB_MAX       ((size_t)16 << 20)
#define TEXT_MAX       256

void yg_live_count_init(struct yg_live_count *c)
{
    *c = (struct yg_live_count){ .rows = 0 };
    yg_arena_init(&c->arena, (size_t)YG_LIVE_ROWS * (2 * TEXT_MAX + 64));
}

void yg_live_count_fini(struct yg_live_count *c)
{
    yg_arena_fini(&c->arena);
    free(c->row);
    *c = (struct yg_live_count){ .rows = 0 };
}

uint32_t yg_live_count_row(struct yg_live_count *c, struct yg_str tenant,
                           struct yg_str name)
{
    for (uint32_t i = 0; i < c->rows; i++)
        if (yg_str_eq(c->row[i].tenant, tenant) && yg_str_eq(c->row[i].name, name))
            return i;
    if (c->rows == YG_LIVE_ROWS)
        return UINT32_MAX;
    if (c->rows % 64 == 0) {
        void *p = realloc(c->row, (c->rows + 64) * sizeof(*c->row));
        if (!p)
            return UINT32_MAX;
        c->row = p;
    }
    struct yg_live_row *r = &c->row[c->rows];
    *r = (struct yg_live_row){ .tenant = yg_arena_str(&c->arena, tenant),
                               .name = yg_arena_str(&c->arena, name),
                               .page = -1 };
    return r->tenant.p && r->name.p ? c->rows++ : UINT32_MAX;
}

static enum yg_status damaged(struct yg_err *err)
{
    return yg_err_set(err, YG_ECORRUPT,
                      "the store's place in the journal is damaged; restore the last "
                      "backup");
}

static enum yg_status read_rows(struct yg_live_count *c, struct yg_str blob,
                                struct yg_err *err)
{
    struct yg_cursor in = yg_cursor_of(blob.p, blob.n);

    if (yg_cursor_le32(&in) != VERSION)
        return damaged(err);
    c->place.segment = yg_cursor_le64(&in);
    c->place.offset = yg_cursor_le64(&in);
    c->given = yg_cursor_le32(&in);
    uint32_t rows = yg_cursor_le32(&in);
    for (uint32_t i = 0; i < rows && yg_cursor_ok(&in); i++) {
        struct yg_str tenant = yg_cursor_lstr(&in, TEXT_MAX);
        struct yg_str name = yg_cursor_lstr(&in, TEXT_MAX);
        uint32_t at = yg_live_count_row(c, tenant, name);
        if (at == UINT32_MAX)
            return yg_err_set(err, YG_ENOMEM, "no memory for the counters of sources");
        for (int k = 0; k < YG_LIVE_COUNTERS; k++)
            c->row[at].v[k] = yg_cursor_le64(&in);
    }
    return yg_cursor_ok(&in) && yg_cursor_left(&in) == 0 ? YG_OK : damaged(err);
}

/* Habits that cannot be read are learned anew. */
static void read_habits(struct yg_live_count *c, struct yg_str blob)
{
    struct yg_cursor in = yg_cursor_of(blob.p, blob.n);
    bool ok = yg_cursor_le32(&in) == VERSION_HABITS;

    while (ok && yg_cursor_left(&in) > 0) {
        struct yg_str tenant = yg_cursor_lstr(&in, TEXT_MAX);
        struct yg_str name = yg_cursor_lstr(&in, TEXT_MAX);
        uint64_t of = yg_cursor_le64(&in);
        struct yg_habit h;
        ok = yg_habit_read(&in, &h);
        uint32_t at = ok ? yg_live_count_row(c, tenant, name) : UINT32_MAX;
        if (at != UINT32_MAX)
            c->row[at].habit = h, c->row[at].habit_of = of;
    }
}

enum yg_status yg_live_count_read(struct yg_live_count *c, struct yg_store *st,
                                  struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_str blob;

    yg_arena_init(&arena, 2 * BLOB_MAX + 65536);
    enum yg_status rc = yg_store_meta_get(st, META, &arena, &blob, err);
    if (rc == YG_OK)
        rc = read_rows(c, blob, err);
    if (rc == YG_OK)
        rc = yg_store_meta_get(st, HABITS, &arena, &blob, err);
    if (rc == YG_OK)
        read_habits(c, blob);
    yg_arena_fini(&arena);
    return rc == YG_ENOTFOUND ? YG_OK : rc;
}

static enum yg_status put_blob(struct yg_store *st, const char *name, struct yg_buf *out,
                               struct yg_err *err)
{
    enum yg_status rc = yg_buf_status(out);

    if (rc == YG_OK)
        rc = yg_store_meta_put(st, name, yg_buf_str(out), err);
    else
        yg_err_set(err, rc, "no memory for the counters of sources");
    yg_buf_fini(out);
    return rc;
}

static uint64_t consumed_by(const struct yg_live_row *r)
{
    return r->v[YG_LIVE_STORED] + r->v[YG_LIVE_FILTERED] + r->v[YG_LIVE_DUPLICATE];
}

static enum yg_status put_habits(struct yg_live_count *c, struct yg_store *st,
                                 int64_t now_ns, struct yg_err *err)
{
    struct yg_buf out;

    if (now_ns >= c->habits_ns && now_ns - c->habits_ns < HABITS_NS)
        return YG_OK;
    c->habits_ns = now_ns;
    yg_buf_init(&out, BLOB_MAX);
    yg_buf_u32(&out, VERSION_HABITS);
    for (uint32_t i = 0; i < c->rows; i++) {
        if (c->row[i].habit.last_ns == 0)
            continue;
        yg_buf_lstr(&out, c->row[i].tenant);
        yg_buf_lstr(&out, c->row[i].name);
        yg_buf_u64(&out, consumed_by(&c->row[i]));
        yg_habit_write(&c->row[i].habit, &out);
    }
    return put_blob(st, HABITS, &out, err);
}

enum yg_status yg_live_count_put(struct yg_live_count *c, struct yg_store *st,
                                 int64_t now_ns, struct yg_err *err)
{
    struct yg_buf out;

    yg_buf_init(&out, BLOB_MAX);
    yg_buf_u32(&out, VERSION);
    yg_buf_u64(&out, c->place.segment);
    yg_buf_u64(&out, c->place.offset);
    yg_buf_u32(&out, c->given);
    yg_buf_u32(&out, c->rows);
    for (uint32_t i = 0; i < c->rows; i++) {
        yg_buf_lstr(&out, c->row[i].tenant);
        yg_buf_lstr(&out, c->row[i].name);
        for (int k = 0; k < YG_LIVE_COUNTERS; k++)
            yg_buf_u64(&out, c->row[i].v[k]);
    }
    enum yg_status rc = put_blob(st, META, &out, err);
    return rc == YG_OK ? put_habits(c, st, now_ns, err) : rc;
}

void yg_live_count_delay(struct yg_live_row *r, int64_t delay_ns)
{
    r->delay_ns[r->delays++ % YG_LIVE_DELAYS] = delay_ns;
    if (r->delays == 2 * YG_LIVE_DELAYS)
        r->delays = YG_LIVE_DELAYS;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int64_t median_delay(const struct yg_live_row *r)
{
    int64_t v[YG_LIVE_DELAYS];
    size_t n = r->delays < YG_LIVE_DELAYS ? r->delays : YG_LIVE_DELAYS;

    if (n == 0)
        return 0;
    memcpy(v, r->delay_ns, n * sizeof(v[0]));
    qsort(v, n, sizeof(v[0]), by_size);
    return v[n / 2];
}

/* The page was lost (its folder was, or the store is a restored one): what it counted as
 * received is what the journal holds since. What the store has was received before. */
static void make_good(const struct yg_live_row *r, struct yg_intake_state *page)
{
    static const enum yg_intake_counter done[] = { YG_IN_STORED, YG_IN_FILTERED,
                                                   YG_IN_DUPLICATE };
    uint64_t shown = 0, have = 0;

    for (size_t k = 0; k < YG_ARRAY_LEN(done); k++) {
        shown += yg_intake_state_get(page, (uint32_t)r->page, done[k]);
        have += r->v[k];
    }
    if (shown == 0)
        yg_intake_state_add(page, (uint32_t)r->page, YG_IN_RECEIVED, have);
}

void yg_live_count_show(struct yg_live_count *c, struct yg_intake_state *page, bool all)
{
    static const enum yg_intake_counter as[YG_LIVE_COUNTERS] = {
        YG_IN_STORED, YG_IN_FILTERED, YG_IN_DUPLICATE, YG_IN_UNREAD
    };

    for (uint32_t i = 0; i < c->rows; i++) {
        struct yg_live_row *r = &c->row[i];
        if (!r->changed && !all)
            continue;
        r->changed = false;
        if (r->page < 0)
            r->page = yg_intake_state_row(page, r->tenant, r->name);
        if (r->page < 0)
            continue;
        if (all)
            make_good(r, page);
        for (int k = 0; k < YG_LIVE_COUNTERS; k++)
            yg_intake_state_set(page, (uint32_t)r->page, as[k], r->v[k]);
        if (r->received_ns > 0)
            yg_intake_state_set(page, (uint32_t)r->page, YG_IN_COMMITTED,
                                (uint64_t)r->received_ns);
        if (r->delays > 0)
            yg_intake_state_set(page, (uint32_t)r->page, YG_IN_CLOCK_SKEW,
                                (uint64_t)median_delay(r));
    }
}
