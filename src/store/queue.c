/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inside.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX     100000
#define CHUNK_IDS    256 /* ids a row of run_alert is filled to */
#define CHUNKS_MAX   ((size_t)1 << 26)

static int state_of(const struct yg_queue_run *run)
{
    if (run->verdict != YG_LEVEL_NONE)
        return YG_RUN_JUDGED;
    return run->open > 0 ? YG_RUN_WAITS : YG_RUN_CLOSED;
}

static void bind_run(struct yg_db_stmt *s, const struct yg_queue_run *r)
{
    const struct yg_str text[] = { r->tenant,    r->signature,      r->entity,
                                   r->source_ip, r->destination_ip, r->host,
                                   r->device };
    const int64_t number[] = { r->first_ns,
                               r->last_ns,
                               (int64_t)r->alerts,
                               (int64_t)r->open,
                               r->max_risk,
                               r->gates,
                               r->predicted,
                               r->verdict,
                               r->predicted == YG_LEVEL_NONE ? -1 : r->predicted,
                               state_of(r),
                               (int64_t)r->would };
    int at = 1;

    yg_db_bind_blob(s, at++, yg_id_str(r->id));
    yg_db_bind_blob(s, at++, yg_id_str(r->worst));
    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++)
        yg_db_bind_blob(s, at++, text[i]);
    for (size_t i = 0; i < YG_ARRAY_LEN(number); i++)
        yg_db_bind_int(s, at++, number[i]);
}

enum yg_status yg_store_run_put(struct yg_store *st, const struct yg_queue_run *run,
                                struct yg_err *err)
{
    enum yg_status rc = yg_store_begin(st, err);

    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_RUN_PUT, &rc, err);
    if (!s)
        return rc;
    bind_run(s, run);
    return yg_store_run(st, s, err);
}

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "store: the queue does not fit in memory");
}

static enum yg_status read_run(struct yg_db_stmt *s, struct yg_arena *arena,
                               struct yg_queue_run *out, struct yg_err *err)
{
    struct yg_queue_run r = { 0 };
    struct yg_str *text[] = { &r.tenant,         &r.signature, &r.entity, &r.source_ip,
                              &r.destination_ip, &r.host,      &r.device };
    struct yg_str id = yg_db_bytes(s, 0), worst = yg_db_bytes(s, 1);

    if (id.n != YG_ID_SIZE || worst.n != YG_ID_SIZE)
        return yg_err_set(err, YG_ECORRUPT, "store: a run without an id");
    memcpy(r.id, id.p, YG_ID_SIZE);
    memcpy(r.worst, worst.p, YG_ID_SIZE);
    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++)
        if (!yg_db_copy(s, 2 + (int)i, arena, text[i]))
            return no_memory(err);
    r.first_ns = yg_db_int(s, 9);
    r.last_ns = yg_db_int(s, 10);
    r.alerts = (uint64_t)yg_db_int(s, 11);
    r.open = (uint64_t)yg_db_int(s, 12);
    r.max_risk = (uint32_t)yg_db_int(s, 13);
    r.gates = (uint32_t)yg_db_int(s, 14);
    r.predicted = (uint8_t)yg_db_int(s, 15);
    r.verdict = (uint8_t)yg_db_int(s, 16);
    r.would = (uint64_t)yg_db_int(s, 17);
    *out = r;
    return YG_OK;
}

static enum yg_status count_runs(struct yg_store *st, const struct yg_queue_filter *f,
                                 int state, uint64_t *out, struct yg_err *err)
{
    enum yg_status rc;
    enum yg_query all = f->blind ? YG_Q_BLIND_COUNT : YG_Q_QUEUE_SEEN_COUNT;
    enum yg_query one = f->blind ? YG_Q_BLIND_TENANT_COUNT : YG_Q_QUEUE_TENANT_COUNT;
    enum yg_query q = f->tenant.n ? one : all;
    struct yg_db_stmt *s = yg_store_stmt(st, q, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, state);
    if (f->tenant.n)
        yg_db_bind_blob(s, 2, f->tenant);
    rc = yg_db_step(st->db, s, err);
    if (rc == YG_OK)
        *out = (uint64_t)yg_db_int(s, 0);
    yg_db_reset(s);
    return rc;
}

enum yg_status yg_store_queue(struct yg_store *st, const struct yg_queue_filter *f,
                              struct yg_arena *arena, struct yg_queue_page *out,
                              struct yg_err *err)
{
    int state = f->judged ? YG_RUN_JUDGED : YG_RUN_WAITS;
    struct yg_queue_page page = { 0 };
    enum yg_status rc = count_runs(st, f, state, &page.total, err);

    if (rc != YG_OK)
        return rc;
    size_t limit = f->limit ? f->limit : PAGE_DEFAULT;
    limit = limit < PAGE_MAX ? limit : PAGE_MAX;
    limit = limit < page.total ? limit : (size_t)page.total;
    page.run = yg_arena_zalloc(arena, (limit + 1) * sizeof(*page.run));
    if (!page.run)
        return no_memory(err);
    enum yg_query all = f->blind ? YG_Q_BLIND : YG_Q_QUEUE;
    enum yg_query one = f->blind ? YG_Q_BLIND_TENANT : YG_Q_QUEUE_TENANT;
    struct yg_db_stmt *s = yg_store_stmt(st, f->tenant.n ? one : all, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_int(s, 1, state);
    yg_db_bind_int(s, 2, (int64_t)limit);
    yg_db_bind_int(s, 3, f->skip < INT64_MAX ? (int64_t)f->skip : INT64_MAX);
    if (f->tenant.n)
        yg_db_bind_blob(s, 4, f->tenant);
    while (rc == YG_OK && page.count < limit) {
        rc = yg_db_step(st->db, s, err);
        if (rc == YG_OK)
            rc = read_run(s, arena, &page.run[page.count++], err);
    }
    yg_db_reset(s);
    if (rc != YG_OK && rc != YG_EEND)
        return rc;
    *out = page;
    return YG_OK;
}

enum yg_status yg_store_run_get(struct yg_store *st, struct yg_str hex_id,
                                struct yg_arena *arena, struct yg_queue_run *out,
                                struct yg_err *err)
{
    unsigned char low[YG_ID_SIZE], high[YG_ID_SIZE];
    enum yg_status rc;

    if (!yg_id_range(hex_id, low, high))
        return yg_err_set(err, YG_EINVAL, "'%.*s' is not an id: give 6 to 32 hex digits",
                          YG_STR_ARG(hex_id));
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_RUN_RANGE, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(low));
    yg_db_bind_blob(s, 2, yg_id_str(high));
    rc = yg_db_step(st->db, s, err);
    if (rc == YG_EEND)
        return yg_err_set(err, YG_ENOTFOUND, "no run %.*s", YG_STR_ARG(hex_id));
    struct yg_queue_run run;
    if (rc == YG_OK)
        rc = read_run(s, arena, &run, err);
    if (rc == YG_OK && yg_db_step(st->db, s, err) == YG_OK)
        rc = yg_err_set(err, YG_EINVAL, "several runs begin with %.*s: give more digits",
                        YG_STR_ARG(hex_id));
    yg_db_reset(s);
    if (rc == YG_OK)
        *out = run;
    return rc;
}

enum yg_status yg_store_runs_alike(struct yg_store *st, const struct yg_store_alike *ask,
                                   struct yg_arena *arena, struct yg_queue_page *out,
                                   struct yg_err *err)
{
    struct yg_queue_page page = { .run = yg_arena_zalloc(arena, (ask->limit + 1) *
                                                                    sizeof(*page.run)) };
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_RUNS_ALIKE, &rc, err);

    if (!s || !page.run)
        return s ? no_memory(err) : rc;
    yg_db_bind_blob(s, 1, ask->tenant);
    yg_db_bind_blob(s, 2, ask->signature);
    yg_db_bind_int(s, 3, (int64_t)ask->limit);
    while (page.count < ask->limit && (rc = yg_db_step(st->db, s, err)) == YG_OK) {
        rc = read_run(s, arena, &page.run[page.count], err);
        if (rc != YG_OK)
            break;
        page.count++;
    }
    yg_db_reset(s);
    if (rc != YG_OK && rc != YG_EEND)
        return rc;
    page.total = page.count;
    *out = page;
    return YG_OK;
}

/* ---- the alerts of a run ------------------------------------------------------- */

/* The last row of the run's ids: where to go on. A run without rows begins at 0. */
static enum yg_status tail_of(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                              int64_t *chunk, struct yg_buf *ids, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_RUN_TAIL, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(run));
    rc = yg_db_step(st->db, s, err);
    *chunk = 0;
    if (rc == YG_EEND)
        return YG_OK;
    if (rc != YG_OK)
        return rc;
    *chunk = yg_db_int(s, 0);
    struct yg_str have = yg_db_bytes(s, 1);
    if (have.n < (size_t)CHUNK_IDS * YG_ID_SIZE)
        yg_buf_str_add(ids, have);
    else
        (*chunk)++;
    yg_db_reset(s);
    return yg_buf_status(ids);
}

static enum yg_status put_chunk(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                                int64_t chunk, struct yg_str ids, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_RUN_CHUNK, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(run));
    yg_db_bind_int(s, 2, chunk);
    yg_db_bind_blob(s, 3, ids);
    return yg_store_run(st, s, err);
}

enum yg_status yg_store_run_add(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                                const unsigned char *ids, size_t count,
                                struct yg_err *err)
{
    struct yg_buf part;
    int64_t chunk = 0;
    enum yg_status rc = yg_store_begin(st, err);

    if (rc != YG_OK)
        return rc;
    yg_buf_init(&part, (size_t)2 * CHUNK_IDS * YG_ID_SIZE);
    rc = tail_of(st, run, &chunk, &part, err);
    for (size_t i = 0; rc == YG_OK && i < count;) {
        size_t have = yg_buf_str(&part).n / YG_ID_SIZE, room = CHUNK_IDS - have;
        size_t take = count - i < room ? count - i : room;
        yg_buf_add(&part, ids + i * YG_ID_SIZE, take * YG_ID_SIZE);
        rc = yg_buf_status(&part);
        if (rc == YG_OK)
            rc = put_chunk(st, run, chunk++, yg_buf_str(&part), err);
        yg_buf_clear(&part);
        i += take;
    }
    yg_buf_fini(&part);
    if (rc == YG_ENOMEM)
        return no_memory(err);
    return rc;
}

static enum yg_status gather(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                             struct yg_buf *ids, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_RUN_ALERTS, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(run));
    while ((rc = yg_db_step(st->db, s, err)) == YG_OK)
        yg_buf_str_add(ids, yg_db_bytes(s, 0));
    if (rc != YG_EEND)
        return rc;
    return yg_buf_status(ids) == YG_OK ? YG_OK : no_memory(err);
}

enum yg_status yg_store_run_alerts(struct yg_store *st,
                                   const unsigned char run[YG_ID_SIZE],
                                   struct yg_arena *arena,
                                   unsigned char (**out)[YG_ID_SIZE], size_t *count,
                                   struct yg_err *err)
{
    struct yg_buf ids;

    yg_buf_init(&ids, CHUNKS_MAX * YG_ID_SIZE);
    enum yg_status rc = gather(st, run, &ids, err);
    void *all = rc == YG_OK ? yg_store_rows(arena, &ids) : NULL;
    if (rc == YG_OK && !all)
        rc = no_memory(err);
    if (rc == YG_OK) {
        *out = all;
        *count = yg_buf_str(&ids).n / YG_ID_SIZE;
    }
    yg_buf_fini(&ids);
    return rc;
}

/* ---- the run of an alert ----------------------------------------------------------- */

static enum yg_status holds(struct yg_store *st, const struct yg_queue_run *run,
                            const unsigned char alert[YG_ID_SIZE], bool *yes,
                            struct yg_err *err)
{
    struct yg_buf ids;

    yg_buf_init(&ids, CHUNKS_MAX * YG_ID_SIZE);
    enum yg_status rc = gather(st, run->id, &ids, err);
    struct yg_str all = yg_buf_str(&ids);
    *yes = memcmp(run->id, alert, YG_ID_SIZE) == 0;
    for (size_t i = 0; rc == YG_OK && !*yes && i + YG_ID_SIZE <= all.n; i += YG_ID_SIZE)
        *yes = memcmp(all.p + i, alert, YG_ID_SIZE) == 0;
    yg_buf_fini(&ids);
    return rc;
}

enum yg_status yg_store_run_of(struct yg_store *st, const struct yg_store_run_ask *ask,
                               struct yg_arena *arena, struct yg_queue_run *out,
                               struct yg_err *err)
{
    struct yg_queue_run run[2]; /* alerts that came late may overlap */
    size_t n = 0;
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_RUN_NAMED, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, ask->tenant);
    yg_db_bind_blob(s, 2, ask->signature);
    yg_db_bind_blob(s, 3, ask->entity);
    yg_db_bind_int(s, 4, ask->time_ns);
    while (n < YG_ARRAY_LEN(run) && (rc = yg_db_step(st->db, s, err)) == YG_OK) {
        rc = read_run(s, arena, &run[n], err);
        if (rc != YG_OK)
            break;
        n++;
    }
    yg_db_reset(s);
    if (rc != YG_OK && rc != YG_EEND)
        return rc;
    for (size_t i = 0; i < n; i++) {
        bool yes = false;
        rc = run[i].last_ns < ask->time_ns ? YG_OK
                                           : holds(st, &run[i], ask->alert, &yes, err);
        if (rc == YG_OK && yes)
            *out = run[i];
        if (rc != YG_OK || yes)
            return rc;
    }
    return yg_err_set(err, YG_ENOTFOUND, "the alert is in no run of the queue");
}
