/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "db/db_copy.h"
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_NS          (86400 * YG_NS_PER_S)
#define DEFAULT_MAX_IDS 12000000
/* How long one waits for another transaction. A large import commits every 50,000
 * records, and who gives a verdict meanwhile waits for that. */
#define PATIENCE_MS      5000
#define PATIENCE_ROWS_MS 60000
#define META_MAX         (16U << 20)

/* ---- open and close ------------------------------------------------------------ */

static enum yg_status no_store(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOTFOUND,
                      "no store here; run yagura import --data DIR first");
}

static enum yg_status take_lock(struct yg_store *st, const char *dir, bool create,
                                struct yg_err *err)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/lock", dir);

    if (n < 0 || (size_t)n >= sizeof(path))
        return yg_err_set(err, YG_EINVAL, "the store's path is too long");
    if (create && mkdir(dir, 0700) != 0 && errno != EEXIST)
        return yg_err_errno(err, "cannot make the directory");
    st->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (st->lock < 0 && errno == ENOENT)
        return no_store(err);
    if (st->lock < 0)
        return yg_err_errno(err, "cannot open the lock file");
    if (flock(st->lock, LOCK_EX | LOCK_NB) == 0)
        return YG_OK;
    if (errno == EWOULDBLOCK)
        return yg_err_set(err, YG_EBUSY,
                          "another yagura is writing to this store; stop it first");
    return yg_err_errno(err, "cannot lock the store");
}

/* A directory without a store must not be left with a lock file in it. */
static bool has_store(const char *path)
{
    return access(path, F_OK) == 0;
}

/* A store of an older schema is brought forward by who may write history. */
static enum yg_status bring_forward(struct yg_store *st, const char *dir,
                                    const struct yg_db_options *opt, struct yg_err *err)
{
    struct yg_db_options db = *opt;
    enum yg_status rc = take_lock(st, dir, false, err);

    if (rc != YG_OK)
        return rc;
    db.as_is = false;
    rc = yg_db_open(&db, &st->db, err);
    close(st->lock);
    st->lock = -1;
    return rc;
}

/* The locks that go with a store that is opened so, and its database. */
static enum yg_status open_db(struct yg_store *st, const char *dir,
                              const struct yg_store_options *opt, struct yg_err *err)
{
    char path[PATH_MAX], remedy[PATH_MAX];
    const bool writes_history = !opt->read_only && !opt->rows;
    const struct yg_db_options db = {
        .where = opt->where ? opt->where : path,
        .part = opt->part,
        .statement = yg_store_statement,
        .statements = YG_QUERY_COUNT,
        .step = yg_store_step,
        .steps = YG_SCHEMA_VERSION,
        .application = YG_SCHEMA_APPLICATION,
        .create = opt->create,
        .read_only = opt->read_only,
        .as_is = opt->rows,
        .alone = writes_history,
        .remedy = remedy,
        .patience_ms = st->patience_ms,
        .max_pages = opt->max_pages,
    };
    int n = snprintf(path, sizeof(path), "%s/yagura.db", dir);

    if (n < 0 || (size_t)n >= sizeof(path))
        return yg_err_set(err, YG_EINVAL, "the store's path is too long");
    snprintf(remedy, sizeof(remedy),
             "run `yagura doctor --data %s` once: it makes a backup and", dir);
    if (!opt->create && !opt->where && !has_store(path))
        return no_store(err);
    enum yg_status rc = writes_history ? take_lock(st, dir, opt->create, err) : YG_OK;
    if (rc == YG_OK && !opt->read_only && !opt->where)
        rc = yg_beside_open(st, dir, err);
    if (rc == YG_OK)
        rc = yg_db_open(&db, &st->db, err);
    if (rc == YG_EVERSION && opt->rows)
        rc = bring_forward(st, dir, &db, err);
    return rc == YG_ENOTFOUND ? no_store(err) : rc;
}

static enum yg_status open_parts(struct yg_store *st, const char *dir,
                                 const struct yg_store_options *opt, struct yg_err *err)
{
    enum yg_status rc = open_db(st, dir, opt, err);

    if (rc != YG_OK)
        return rc;
    st->reader = yg_block_reader_new();
    if (!st->reader)
        return yg_err_set(err, YG_ENOMEM, "store: out of memory");
    st->last_block = INT64_MAX;
    rc = opt->read_only ? YG_OK
         : opt->rows    ? yg_tenants_load(st, err)
                        : yg_blocks_load(st, err);
    return rc == YG_OK && !opt->read_only ? yg_audit_log_adopt(st, err) : rc;
}

enum yg_status yg_store_open(const char *dir, const struct yg_store_options *opt,
                             struct yg_store **out, struct yg_err *err)
{
    YG_ASSERT(opt->clock && opt->dedup_ns >= 0);
    struct yg_store *st = calloc(1, sizeof(*st));

    if (!st)
        return yg_err_set(err, YG_ENOMEM, "store: out of memory");
    st->lock = st->rows_lock = -1;
    st->read_only = opt->read_only;
    st->rows = opt->rows;
    st->patience_ms = !opt->rows             ? PATIENCE_MS
                      : opt->patience_ms > 0 ? opt->patience_ms
                                             : PATIENCE_ROWS_MS;
    st->clock = opt->clock;
    st->dedup_ns = opt->dedup_ns ? opt->dedup_ns : 7 * DAY_NS;
    yg_ids_init(&st->ids, opt->max_ids ? opt->max_ids : DEFAULT_MAX_IDS, st->dedup_ns);
    yg_buf_init(&st->added, (size_t)YG_STORE_BATCH_IDS * YG_ID_SIZE);
    yg_map_init(&st->tenants.by_name, YG_STORE_TENANTS);
    enum yg_status rc = open_parts(st, dir, opt, err);
    if (rc != YG_OK) {
        yg_err_at(err, dir, 0, 0);
        yg_store_close(st);
        return rc;
    }
    *out = st;
    return YG_OK;
}

void yg_store_close(struct yg_store *st)
{
    if (!st)
        return;
    if (st->db)
        yg_store_rollback(st);
    yg_db_close(st->db);
    yg_blocks_free(st);
    yg_block_reader_free(st->reader);
    yg_block_reader_free(st->kept.reader);
    yg_ids_fini(&st->ids);
    yg_buf_fini(&st->added);
    if (st->lock >= 0)
        close(st->lock);
    if (st->rows_lock >= 0)
        close(st->rows_lock);
    free(st);
}

/* ---- transactions -------------------------------------------------------------- */

struct yg_db_stmt *yg_store_stmt(struct yg_store *st, enum yg_query q, enum yg_status *rc,
                                 struct yg_err *err)
{
    struct yg_err why = { 0 };
    struct yg_db_stmt *s = yg_db_stmt(st->db, q, &why);

    *rc = s ? YG_OK : why.status;
    if (!s && err)
        *err = why;
    return s;
}

enum yg_status yg_store_fail(struct yg_store *st, enum yg_status rc,
                             const struct yg_err *why, struct yg_err *err)
{
    if (st->failed.status == YG_OK) {
        st->failed = *why;
        st->failed.status = rc;
    }
    if (err)
        *err = st->failed;
    return rc;
}

static void end_reading(struct yg_store *st)
{
    if (st->reading)
        yg_db_rollback(st->db);
    st->reading = false;
}

enum yg_status yg_store_snapshot(struct yg_store *st, struct yg_err *err)
{
    if (!st->in_tx && !st->reading) {
        enum yg_status rc = yg_db_begin(st->db, false, err);
        if (rc != YG_OK)
            return rc;
        st->reading = true;
    }
    st->snapshots++;
    return YG_OK;
}

void yg_store_snapshot_end(struct yg_store *st)
{
    if (--st->snapshots == 0)
        end_reading(st);
}

enum yg_status yg_store_begin(struct yg_store *st, struct yg_err *err)
{
    enum yg_status rc;

    if (st->read_only)
        return yg_err_set(err, YG_EINVAL, "the store was opened for reading only");
    if (st->failed.status != YG_OK)
        return yg_store_fail(st, st->failed.status, &st->failed, err);
    if (st->in_tx)
        return YG_OK;
    rc = yg_beside_wait(st, err);
    if (rc != YG_OK)
        return rc;
    end_reading(st);
    rc = yg_db_begin(st->db, true, err);
    st->in_tx = rc == YG_OK;
    yg_beside_begun(st, st->in_tx);
    return rc;
}

enum yg_status yg_store_run(struct yg_store *st, struct yg_db_stmt *s, struct yg_err *err)
{
    struct yg_err why = { 0 };
    enum yg_status rc = yg_db_run(st->db, s, &why);

    return rc == YG_OK ? rc : yg_store_fail(st, rc, &why, err);
}

void yg_store_rollback(struct yg_store *st)
{
    if (st->in_tx)
        yg_db_rollback(st->db);
    st->in_tx = false;
    yg_beside_end(st);
    st->failed = (struct yg_err){ 0 };
    if (!st->read_only)
        yg_blocks_drop(st);
}

enum yg_status yg_store_number(struct yg_store *st, enum yg_query q, int64_t arg,
                               uint64_t *out, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, q, &rc, err);

    if (!s)
        return rc;
    if (yg_db_params(s) > 0)
        yg_db_bind_int(s, 1, arg);
    rc = yg_db_step(st->db, s, err);
    if (rc == YG_OK)
        *out = (uint64_t)yg_db_int(s, 0);
    yg_db_reset(s);
    return rc;
}

void *yg_store_rows(struct yg_arena *arena, const struct yg_buf *rows)
{
    struct yg_str all = yg_buf_str(rows);
    void *p = yg_arena_alloc(arena, all.n + 1);

    if (p && all.n)
        memcpy(p, all.p, all.n);
    return p;
}

/* ---- meta ---------------------------------------------------------------------- */

enum yg_status yg_store_meta_put(struct yg_store *st, const char *name,
                                 struct yg_str value, struct yg_err *err)
{
    if (value.n > META_MAX)
        return yg_err_set(err, YG_ELIMIT, "store: '%s' is larger than 16 MiB", name);
    enum yg_status rc = yg_store_begin(st, err);
    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_META_PUT, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_text(s, 1, yg_str_of(name));
    yg_db_bind_blob(s, 2, value);
    return yg_store_run(st, s, err);
}

enum yg_status yg_store_meta_get(struct yg_store *st, const char *name,
                                 struct yg_arena *arena, struct yg_str *out,
                                 struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_META_GET, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_text(s, 1, yg_str_of(name));
    rc = yg_db_step(st->db, s, err);
    if (rc == YG_EEND)
        return yg_err_set(err, YG_ENOTFOUND, "store: no '%s'", name);
    if (rc == YG_OK && !yg_db_copy(s, 0, arena, out))
        rc = yg_err_set(err, YG_ENOMEM, "store: '%s' does not fit in memory", name);
    yg_db_reset(s);
    return rc;
}

enum yg_status yg_store_meta_drop(struct yg_store *st, const char *name,
                                  struct yg_err *err)
{
    enum yg_status rc = yg_store_begin(st, err);

    uint64_t on = 0;

    if (rc == YG_OK) /* it may have been a secret: overwrite it */
        rc = yg_store_number(st, YG_Q_OVERWRITE, 0, &on, err);
    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_META_DROP, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_text(s, 1, yg_str_of(name));
    return yg_store_run(st, s, err);
}

enum yg_status yg_store_backup(struct yg_store *st, const char *to, struct yg_err *err)
{
    if (st->in_tx)
        return yg_err_set(err, YG_EINVAL, "store: a backup is made between commits");
    return yg_db_copy_to(st->db, to, err);
}

/* ---- statistics and check ------------------------------------------------------ */

enum yg_status yg_store_stats(struct yg_store *st, struct yg_store_stats *out,
                              struct yg_err *err)
{
    struct yg_store_stats sum = { .schema_version = YG_SCHEMA_VERSION,
                                  .corrupt_blocks = st->corrupt_blocks,
                                  .window_ids = yg_ids_count(&st->ids),
                                  .ids_forgotten = st->ids.forgotten };
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TENANT_SUMS, &rc, err);

    if (!s)
        return rc;
    rc = yg_db_step(st->db, s, err);
    if (rc != YG_OK)
        return rc;
    uint64_t *field[] = { &sum.alerts, &sum.contexts, &sum.undecodable,
                          &sum.closed, &sum.blocks,   &sum.raw_bytes };
    for (int i = 0; i < (int)YG_ARRAY_LEN(field); i++)
        *field[i] = (uint64_t)yg_db_int(s, i);
    yg_db_reset(s);
    const struct {
        enum yg_query query;
        int64_t arg;
        uint64_t *out;
    } number[] = {
        { YG_Q_VERDICT_COUNT, 0, &sum.verdicts },
        { YG_Q_QUEUE_COUNT, YG_RUN_WAITS, &sum.queue_waiting },
        { YG_Q_QUEUE_COUNT, YG_RUN_JUDGED, &sum.queue_judged },
        { YG_Q_CERTIFICATE_COUNT, 0, &sum.certificates },
        { YG_Q_ORDER_COUNT, 0, &sum.orders },
        { YG_Q_AUDIT_WAITING_COUNT, 0, &sum.audits_waiting },
        { YG_Q_BYTES_STORED, 0, &sum.stored_bytes },
    };
    for (size_t i = 0; rc == YG_OK && i < YG_ARRAY_LEN(number); i++)
        rc = yg_store_number(st, number[i].query, number[i].arg, number[i].out, err);
    if (rc == YG_OK)
        *out = sum;
    return rc;
}
