/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts for charts: a row an hour of each source and of what became of its records.
 *
 * Gathered in memory while records are added and put with the commit: a look at the entry
 * of the record before, 10 ns, for most of them. Blocks may be merged without a change;
 * who drops one says so for each of its records (yg_sums_move).
 */
#include "store/zones.h"

#include <stdlib.h>

#define HOUR    (INT64_C(3600) * YG_NS_PER_S)
#define WHATS   128  /* kind, decision and predicted level as one number */
#define ENTRIES 4096 /* hours of sources between two flushes */
#define NONE    7    /* of a predicted level */

struct entry {
    size_t tenant;
    int64_t hour;
    uint32_t source;
    uint32_t records[WHATS];
};

struct yg_sums {
    struct entry *entry;
    size_t count, size, last;
    struct yg_map at; /* hash -> index + 1 */
};

static unsigned what_of(const struct yg_store_record *r)
{
    unsigned decision = r->drawn ? YG_DECISION_NONE : r->decision & 3U;
    unsigned level = r->drawn || r->predicted >= NONE ? NONE : r->predicted;

    return (r->kind & 3U) | decision << 2 | level << 4;
}

static int64_t hour_of(int64_t time_ns)
{
    int64_t hour = time_ns / HOUR;

    return time_ns % HOUR < 0 ? hour - 1 : hour;
}

/* ---- in memory -------------------------------------------------------------------- */

static bool is_entry(const struct entry *e, size_t tenant, int64_t hour, uint32_t source)
{
    return e->tenant == tenant && e->hour == hour && e->source == source;
}

static bool grow(struct yg_sums *s)
{
    size_t size = s->size ? 2 * s->size : 16;
    struct entry *e = realloc(s->entry, size * sizeof(*e));

    if (e) {
        s->entry = e;
        s->size = size;
    }
    return e != NULL;
}

/* NULL: no room; more would fit after a flush if `*full`. */
static struct entry *find(struct yg_sums *s, size_t tenant, int64_t hour, uint32_t source,
                          bool *full)
{
    const uint64_t part[3] = { tenant, (uint64_t)hour, source };
    uint64_t key =
        yg_hash_str(0x73756d73, (struct yg_str){ (const char *)part, sizeof(part) });
    bool fresh = false;

    *full = false;
    for (;; key++) {
        uint64_t *at = yg_map_put(&s->at, key ? key : 1, &fresh);
        *full = !at && s->count >= ENTRIES;
        if (!at)
            return NULL;
        if (fresh)
            *at = s->count + 1;
        else if (is_entry(&s->entry[*at - 1], tenant, hour, source))
            return &s->entry[*at - 1];
        if (fresh)
            break;
    }
    if (s->count == s->size && !grow(s))
        return NULL;
    s->entry[s->count] =
        (struct entry){ .tenant = tenant, .hour = hour, .source = source };
    return &s->entry[s->count++];
}

enum yg_status yg_sums_add(struct yg_store *st, size_t tenant,
                           const struct yg_store_record *rec, struct yg_err *err)
{
    struct yg_sums *s = st->sums;
    int64_t hour = hour_of(rec->time_ns);
    bool full = false;

    if (!s) {
        s = st->sums = calloc(1, sizeof(*s));
        if (!s)
            return yg_err_set(err, YG_ENOMEM, "store: no memory to count");
        yg_map_init(&s->at, ENTRIES);
    }
    struct entry *e =
        s->last < s->count && is_entry(&s->entry[s->last], tenant, hour, rec->source)
            ? &s->entry[s->last]
            : find(s, tenant, hour, rec->source, &full);
    if (!e)
        return yg_err_set(err, full ? YG_ELIMIT : YG_ENOMEM, "store: no memory to count");
    s->last = (size_t)(e - s->entry);
    e->records[what_of(rec)]++;
    return YG_OK;
}

void yg_sums_clear(struct yg_store *st)
{
    if (!st->sums)
        return;
    st->sums->count = 0;
    yg_map_clear(&st->sums->at);
}

void yg_sums_free(struct yg_store *st)
{
    if (!st->sums)
        return;
    yg_map_fini(&st->sums->at);
    free(st->sums->entry);
    free(st->sums);
    st->sums = NULL;
}

/* ---- rows ------------------------------------------------------------------------- */

static enum yg_status put(struct yg_store *st, uint64_t tenant, const struct entry *e,
                          unsigned what, int64_t records, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_SUM_ADD, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)tenant);
    yg_db_bind_int(s, 2, e->hour);
    yg_db_bind_int(s, 3, e->source);
    yg_db_bind_int(s, 4, what);
    yg_db_bind_int(s, 5, records);
    return yg_store_run(st, s, err);
}

enum yg_status yg_sums_flush(struct yg_store *st, struct yg_err *err)
{
    enum yg_status rc = YG_OK;

    for (size_t i = 0; st->sums && i < st->sums->count; i++) {
        const struct entry *e = &st->sums->entry[i];
        uint64_t tenant = st->tenants.row[e->tenant].id;
        for (unsigned w = 0; rc == YG_OK && w < WHATS; w++)
            if (e->records[w] > 0)
                rc = put(st, tenant, e, w, e->records[w], err);
    }
    if (rc == YG_OK)
        yg_sums_clear(st);
    return rc;
}

enum yg_status yg_sums_move(struct yg_store *st, uint64_t tenant,
                            const struct yg_store_record *less,
                            const struct yg_store_record *more, struct yg_err *err)
{
    enum yg_status rc = YG_OK;

    if (less) {
        const struct entry e = { .hour = hour_of(less->time_ns), .source = less->source };
        rc = put(st, tenant, &e, what_of(less), -1, err);
    }
    if (rc == YG_OK && more) {
        const struct entry e = { .hour = hour_of(more->time_ns), .source = more->source };
        rc = put(st, tenant, &e, what_of(more), 1, err);
    }
    return rc;
}

static enum yg_status less(struct yg_store *st, const int64_t key[3], unsigned what,
                           bool *done, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_SUM_LESS, &rc, err);

    if (!s)
        return rc;
    for (int i = 0; i < 3; i++)
        yg_db_bind_int(s, i + 1, key[i]);
    yg_db_bind_int(s, 4, what);
    rc = yg_store_run(st, s, err);
    *done = rc == YG_OK && yg_db_changes(st->db) > 0;
    return rc;
}

/* Any that its hour has. */
static enum yg_status less_any(struct yg_store *st, const int64_t key[3],
                               struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_SUM_ANY, &rc, err);
    bool done;

    if (!s)
        return rc;
    for (int i = 0; i < 3; i++)
        yg_db_bind_int(s, i + 1, key[i]);
    rc = yg_db_step(st->db, s, err);
    unsigned what = rc == YG_OK ? (unsigned)yg_db_int(s, 0) : 0;
    yg_db_reset(s);
    if (rc == YG_EEND) /* the check of the whole says so */
        return YG_OK;
    return rc == YG_OK ? less(st, key, what, &done, err) : rc;
}

enum yg_status yg_sums_less(struct yg_store *st, uint64_t tenant,
                            const struct yg_store_record *rec, struct yg_err *err)
{
    const int64_t key[] = { (int64_t)tenant, hour_of(rec->time_ns), rec->source };
    struct yg_store_record drawn = *rec;
    bool done = false;
    enum yg_status rc = less(st, key, what_of(rec), &done, err);

    drawn.drawn = true;
    if (rc == YG_OK && !done)
        rc = less(st, key, what_of(&drawn), &done, err);
    return rc == YG_OK && !done ? less_any(st, key, err) : rc;
}

/* ---- read ------------------------------------------------------------------------- */

struct walk {
    const struct yg_store_sums_ask *ask;
    yg_store_sum_f *each;
    void *arg;
    double until; /* 0: no end */
    bool stopped;
};

static bool is_asked(const struct yg_store_sums_ask *a, struct yg_str name)
{
    bool yes = a->all;

    for (size_t i = 0; !yes && i < a->tenants; i++)
        yes = yg_str_eq(a->tenant[i], name);
    return yes;
}

static enum yg_status of_tenant(struct yg_store *st, struct walk *w, struct yg_str name,
                                uint64_t id, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_SUMS, &rc, err);
    unsigned rows = 0;

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)id);
    yg_db_bind_int(s, 2, w->ask->from_hour);
    yg_db_bind_int(s, 3, w->ask->until_hour);
    while (!w->stopped && (rc = yg_db_step(st->db, s, err)) == YG_OK) {
        unsigned what = (unsigned)yg_db_int(s, 2) % WHATS, level = what >> 4;
        const struct yg_store_sum sum = {
            .tenant = name,
            .hour = yg_db_int(s, 0),
            .source = (uint32_t)yg_db_int(s, 1),
            .kind = what & 3,
            .decision = what >> 2 & 3,
            .predicted = (uint8_t)(level == NONE ? YG_LEVEL_NONE : level),
            .records = yg_db_int(s, 3) > 0 ? (uint64_t)yg_db_int(s, 3) : 0,
        };
        w->stopped = !w->each(w->arg, &sum) ||
                     (w->until > 0 && ++rows % 256 == 0 && yg_clock_wall() > w->until);
    }
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

static enum yg_status id_of(struct yg_store *st, struct yg_str name, uint64_t *id,
                            struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TENANT_BY_NAME, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, name);
    rc = yg_db_step(st->db, s, err);
    *id = rc == YG_OK ? (uint64_t)yg_db_int(s, 0) : 0; /* 0: nobody's */
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

enum yg_status yg_store_sums(struct yg_store *st, const struct yg_store_sums_ask *ask,
                             yg_store_sum_f *each, void *arg, bool *whole,
                             struct yg_err *err)
{
    struct walk w = { .ask = ask, .each = each, .arg = arg };
    struct yg_store_tenant *t = NULL;
    struct yg_arena arena;
    uint64_t from = 0, id = 0;
    size_t n = 0;

    w.until = ask->seconds > 0 ? yg_clock_wall() + ask->seconds : 0;
    yg_arena_init(&arena, (size_t)256 << 20);
    enum yg_status rc = yg_store_number(st, YG_Q_SUMS_FROM, 0, &from, err);
    if (rc == YG_OK)
        rc = yg_store_tenants(st, &arena, &t, &n, err);
    for (size_t i = 0; rc == YG_OK && !w.stopped && i < n; i++) {
        if (!is_asked(ask, t[i].name))
            continue;
        rc = id_of(st, t[i].name, &id, err);
        if (rc == YG_OK)
            rc = of_tenant(st, &w, t[i].name, id, err);
    }
    if (rc == YG_OK)
        *whole = !w.stopped && from <= 1;
    yg_arena_fini(&arena);
    return rc;
}

/* ---- anew ------------------------------------------------------------------------- */

static enum yg_status run_one(struct yg_store *st, enum yg_query q, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, q, &rc, err);

    return s ? yg_store_run(st, s, err) : rc;
}

static enum yg_status recount_block(struct yg_store *st, struct yg_block *b,
                                    struct yg_err *err)
{
    struct yg_store_record *rec = NULL;
    struct yg_err unused;
    size_t count = 0, t = 0;
    enum yg_status rc = yg_block_fetch(st, b, &unused);

    if (rc == YG_OK)
        rc = yg_block_decode(st->reader, b, true, &rec, &count);
    while (t < st->tenants.count && st->tenants.row[t].id != b->tenant)
        t++;
    if (rc != YG_OK || t == st->tenants.count) /* damaged: it has nothing to count */
        count = 0;
    rc = YG_OK;
    for (size_t i = 0; rc == YG_OK && i < count; i++) {
        rc = yg_reopened_apply(st, &rec[i], err);
        if (rc == YG_OK)
            rc = yg_sums_add(st, t, &rec[i], err);
        if (rc == YG_ELIMIT)
            rc = yg_sums_flush(st, err);
        else
            continue;
        if (rc == YG_OK)
            rc = yg_sums_add(st, t, &rec[i], err);
    }
    yg_block_done(st);
    return rc;
}

enum yg_status yg_store_recount(struct yg_store *st, struct yg_err *err)
{
    struct yg_zones *zones = calloc(1, sizeof(*zones));
    struct yg_block b;
    enum yg_status rc = zones ? yg_store_begin(st, err)
                              : yg_err_set(err, YG_ENOMEM, "store: out of memory");

    if (rc == YG_OK)
        rc = run_one(st, YG_Q_SUMS_DROP, err);
    if (rc == YG_OK)
        rc = run_one(st, YG_Q_SUMS_FROM_DROP, err);
    if (rc == YG_OK) {
        zones->query = YG_Q_ZONES;
        yg_zones_start(zones);
    }
    while (rc == YG_OK) {
        rc = yg_zones_next(st, zones, &b, err);
        if (rc == YG_OK)
            rc = recount_block(st, &b, err);
    }
    free(zones);
    return rc == YG_EEND ? yg_sums_flush(st, err) : rc;
}

enum yg_status yg_sums_check(struct yg_store *st, struct yg_err *err)
{
    uint64_t from = 0, wrong = 0;
    enum yg_status rc = yg_store_number(st, YG_Q_SUMS_FROM, 0, &from, err);

    if (rc == YG_OK)
        rc = yg_store_number(st, YG_Q_SUMS_NEGATIVE, 0, &wrong, err);
    if (rc == YG_OK && wrong == 0 && from <= 1) /* older history is not counted */
        rc = yg_store_number(st, YG_Q_SUMS_MISCOUNTED, 0, &wrong, err);
    if (rc == YG_OK && wrong > 0)
        rc = yg_err_set(err, YG_ECORRUPT,
                        "store: the counts of charts are not those of history: `yagura "
                        "doctor --recount` makes them anew; nothing else is wrong");
    return rc;
}
