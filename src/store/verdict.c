/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inside.h"

#define VERDICTS_MAX ((size_t)1 << 26) /* of one tenant, read at once */

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "store: verdicts do not fit in memory");
}

static enum yg_status in_force(struct yg_store *st, const unsigned char alert[YG_ID_SIZE],
                               sqlite3_stmt **out, struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_VERDICT_NOW, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(alert));
    rc = yg_db_step(&st->db, s, err);
    if (rc == YG_EEND)
        return yg_err_set(err, YG_ENOTFOUND, "no verdict was given to this alert");
    *out = s;
    return rc;
}

/* Take the verdict in force, if any, out of force. */
static enum yg_status leave(struct yg_store *st, const unsigned char alert[YG_ID_SIZE],
                            enum yg_verdict_state to, struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_VERDICT_LEAVE, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(alert));
    yg_db_bind_int(s, 2, to);
    yg_db_bind_int(s, 3, yg_clock_now(st->clock));
    return yg_store_run(st, s, err);
}

static enum yg_status known(struct yg_store *st, const unsigned char alert[YG_ID_SIZE],
                            struct yg_err *err)
{
    sqlite3_stmt *s = NULL;

    if (yg_store_has(st, alert))
        return YG_OK;
    enum yg_status rc = in_force(st, alert, &s, err);
    if (rc != YG_ENOTFOUND) {
        sqlite3_reset(s);
        return rc;
    }
    return yg_store_find(st, alert, err);
}

enum yg_status yg_store_verdict_put(struct yg_store *st, const struct yg_verdict *v,
                                    struct yg_err *err)
{
    if (v->level >= YG_LEVEL_COUNT || v->source > YG_BY_GROUP)
        return yg_err_set(err, YG_EINVAL, "a verdict is FP, L1, L2, L3 or L4");
    enum yg_status rc = yg_store_begin(st, err);
    if (rc == YG_OK)
        rc = known(st, v->alert, err);
    if (rc == YG_OK)
        rc = leave(st, v->alert, YG_VERDICT_SUPERSEDED, err);
    if (rc != YG_OK)
        return rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_VERDICT_ADD, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(v->alert));
    yg_db_bind_text(s, 2, v->tenant);
    yg_db_bind_int(s, 3, v->level);
    yg_db_bind_int(s, 4, v->source);
    yg_db_bind_int(s, 5, v->at_ns);
    yg_db_bind_text(s, 6, v->reason);
    yg_db_bind_text(s, 7, v->note);
    yg_db_bind_text(s, 8, v->who);
    yg_db_bind_text(s, 9, v->incident);
    yg_db_bind_int(s, 10, yg_clock_now(st->clock));
    return yg_store_run(st, s, err);
}

enum yg_status yg_store_verdict_undo(struct yg_store *st,
                                     const unsigned char alert[YG_ID_SIZE],
                                     struct yg_err *err)
{
    sqlite3_stmt *s = NULL;
    enum yg_status rc = yg_store_begin(st, err);

    if (rc == YG_OK)
        rc = in_force(st, alert, &s, err);
    if (rc != YG_OK)
        return rc;
    sqlite3_reset(s);
    rc = leave(st, alert, YG_VERDICT_UNDONE, err);
    if (rc != YG_OK)
        return rc;
    s = yg_store_stmt(st, YG_Q_VERDICT_RETURN, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(alert));
    return yg_store_run(st, s, err);
}

static enum yg_status read_row(sqlite3_stmt *s, struct yg_arena *arena,
                               struct yg_verdict *v, struct yg_err *err)
{
    struct yg_str id = yg_db_bytes(s, 0);

    if (id.n != YG_ID_SIZE)
        return yg_err_set(err, YG_ECORRUPT, "store: a verdict without an alert id");
    *v = (struct yg_verdict){ .level = (uint8_t)sqlite3_column_int(s, 2),
                              .source = (uint8_t)sqlite3_column_int(s, 3),
                              .at_ns = sqlite3_column_int64(s, 4),
                              .state = (uint8_t)sqlite3_column_int(s, 9),
                              .put_ns = sqlite3_column_int64(s, 10),
                              .left_ns = sqlite3_column_int64(s, 11) };
    memcpy(v->alert, id.p, YG_ID_SIZE);
    if (!yg_db_copy(s, 1, arena, &v->tenant) || !yg_db_copy(s, 5, arena, &v->reason) ||
        !yg_db_copy(s, 6, arena, &v->note) || !yg_db_copy(s, 7, arena, &v->who) ||
        !yg_db_copy(s, 8, arena, &v->incident))
        return no_memory(err);
    return YG_OK;
}

enum yg_status yg_store_verdict_get(struct yg_store *st,
                                    const unsigned char alert[YG_ID_SIZE],
                                    struct yg_arena *arena, struct yg_verdict *out,
                                    struct yg_err *err)
{
    sqlite3_stmt *s = NULL;
    struct yg_verdict v;
    enum yg_status rc = in_force(st, alert, &s, err);

    if (rc != YG_OK)
        return rc;
    rc = read_row(s, arena, &v, err);
    sqlite3_reset(s);
    if (rc == YG_OK)
        *out = v;
    return rc;
}

static enum yg_status read_all(struct yg_store *st, sqlite3_stmt *s,
                               struct yg_arena *arena, struct yg_buf *rows,
                               struct yg_err *err)
{
    enum yg_status rc;

    while ((rc = yg_db_step(&st->db, s, err)) == YG_OK) {
        struct yg_verdict v;
        rc = read_row(s, arena, &v, err);
        if (rc != YG_OK)
            break;
        yg_buf_add(rows, &v, sizeof(v));
        if (yg_buf_status(rows) != YG_OK) {
            rc = no_memory(err);
            break;
        }
    }
    sqlite3_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

/* The rows of a bound statement as one array of the arena. */
static enum yg_status list(struct yg_store *st, sqlite3_stmt *s, struct yg_arena *arena,
                           struct yg_verdict **out, size_t *count, struct yg_err *err)
{
    struct yg_buf rows;

    yg_buf_init(&rows, VERDICTS_MAX * sizeof(struct yg_verdict));
    enum yg_status rc = read_all(st, s, arena, &rows, err);
    void *all = rc == YG_OK ? yg_store_rows(arena, &rows) : NULL;
    if (rc == YG_OK && !all)
        rc = no_memory(err);
    if (rc == YG_OK) {
        *out = all;
        *count = yg_buf_str(&rows).n / sizeof(struct yg_verdict);
    }
    yg_buf_fini(&rows);
    return rc;
}

enum yg_status yg_store_verdicts(struct yg_store *st, struct yg_str tenant,
                                 struct yg_arena *arena, struct yg_verdict **out,
                                 size_t *count, struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_VERDICTS, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_text(s, 1, tenant);
    return list(st, s, arena, out, count, err);
}

enum yg_status yg_store_verdicts_past(struct yg_store *st, struct yg_str tenant,
                                      struct yg_arena *arena, struct yg_verdict **out,
                                      size_t *count, struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_VERDICTS_PAST, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_text(s, 1, tenant);
    return list(st, s, arena, out, count, err);
}

enum yg_status yg_store_verdicts_from(struct yg_store *st, enum yg_level least,
                                      struct yg_arena *arena, struct yg_verdict **out,
                                      size_t *count, struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_VERDICTS_FROM, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, least);
    return list(st, s, arena, out, count, err);
}

enum yg_status yg_store_verdict_history(struct yg_store *st,
                                        const unsigned char alert[YG_ID_SIZE],
                                        struct yg_arena *arena, struct yg_verdict **out,
                                        size_t *count, struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_VERDICT_HISTORY, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(alert));
    return list(st, s, arena, out, count, err);
}
