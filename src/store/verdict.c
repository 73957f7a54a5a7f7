/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

static enum yg_status in_force(struct yg_store *st, const unsigned char alert[YG_ID_SIZE],
                               struct yg_db_stmt **out, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_VERDICT_NOW, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(alert));
    rc = yg_db_step(st->db, s, err);
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
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_VERDICT_LEAVE, &rc, err);

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
    struct yg_db_stmt *s = NULL;

    if (yg_store_has(st, alert))
        return YG_OK;
    enum yg_status rc = in_force(st, alert, &s, err);
    if (rc != YG_ENOTFOUND) {
        yg_db_reset(s);
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
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_VERDICT_ADD, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(v->alert));
    yg_db_bind_blob(s, 2, v->tenant);
    yg_db_bind_int(s, 3, v->level);
    yg_db_bind_int(s, 4, v->source);
    yg_db_bind_int(s, 5, v->at_ns);
    yg_db_bind_blob(s, 6, v->reason);
    yg_db_bind_blob(s, 7, v->note);
    yg_db_bind_blob(s, 8, v->who);
    yg_db_bind_blob(s, 9, v->incident);
    yg_db_bind_int(s, 10, yg_clock_now(st->clock));
    return yg_store_run(st, s, err);
}

enum yg_status yg_store_verdict_undo(struct yg_store *st,
                                     const unsigned char alert[YG_ID_SIZE],
                                     struct yg_err *err)
{
    struct yg_db_stmt *s = NULL;
    enum yg_status rc = yg_store_begin(st, err);

    if (rc == YG_OK)
        rc = in_force(st, alert, &s, err);
    if (rc != YG_OK)
        return rc;
    yg_db_reset(s);
    rc = leave(st, alert, YG_VERDICT_UNDONE, err);
    if (rc != YG_OK)
        return rc;
    s = yg_store_stmt(st, YG_Q_VERDICT_RETURN, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(alert));
    return yg_store_run(st, s, err);
}

static void read_verdict(struct yg_row *r, void *to)
{
    struct yg_verdict *v = to;

    yg_row_bytes(r, v->alert, sizeof(v->alert));
    v->tenant = yg_row_str(r);
    v->level = (uint8_t)yg_row_u64(r, 0, YG_LEVEL_COUNT - 1);
    v->source = (uint8_t)yg_row_u64(r, 0, YG_BY_GROUP);
    v->at_ns = yg_row_i64(r);
    v->reason = yg_row_str(r);
    v->note = yg_row_str(r);
    v->who = yg_row_str(r);
    v->incident = yg_row_str(r);
    v->state = (uint8_t)yg_row_u64(r, 0, YG_VERDICT_UNDONE);
    v->put_ns = yg_row_i64(r);
    v->left_ns = yg_row_i64(r);
}

static const struct yg_row_kind verdict_kind = {
    .what = "verdict",
    .size = sizeof(struct yg_verdict),
    .read = read_verdict,
};

enum yg_status yg_store_verdict_get(struct yg_store *st,
                                    const unsigned char alert[YG_ID_SIZE],
                                    struct yg_arena *arena, struct yg_verdict *out,
                                    struct yg_err *err)
{
    struct yg_db_stmt *s = NULL;
    struct yg_verdict v;
    enum yg_status rc = in_force(st, alert, &s, err);

    if (rc != YG_OK)
        return rc;
    struct yg_row r = yg_row_of(s, arena);
    read_verdict(&r, &v);
    rc = yg_row_done(&r, verdict_kind.what, err);
    yg_db_reset(s);
    if (rc == YG_OK)
        *out = v;
    return rc;
}

/* The rows of a bound statement as one array of the arena. */
static enum yg_status list(struct yg_store *st, struct yg_db_stmt *s,
                           struct yg_arena *arena, struct yg_verdict **out, size_t *count,
                           struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc = yg_row_all(st, s, &verdict_kind, arena, &all, err);

    if (rc == YG_OK) {
        *out = all.p;
        *count = all.n;
    }
    return rc;
}

static struct yg_db_stmt *of_tenant(struct yg_store *st, enum yg_query query,
                                    struct yg_str tenant, enum yg_status *rc,
                                    struct yg_err *err)
{
    struct yg_db_stmt *s = yg_store_stmt(st, query, rc, err);

    if (s)
        yg_db_bind_blob(s, 1, tenant);
    return s;
}

enum yg_status yg_store_verdicts(struct yg_store *st, struct yg_str tenant,
                                 struct yg_arena *arena, struct yg_verdict **out,
                                 size_t *count, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = of_tenant(st, YG_Q_VERDICTS, tenant, &rc, err);

    return s ? list(st, s, arena, out, count, err) : rc;
}

enum yg_status yg_store_verdicts_past(struct yg_store *st, struct yg_str tenant,
                                      struct yg_arena *arena, struct yg_verdict **out,
                                      size_t *count, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = of_tenant(st, YG_Q_VERDICTS_PAST, tenant, &rc, err);

    return s ? list(st, s, arena, out, count, err) : rc;
}

enum yg_status yg_store_verdicts_from(struct yg_store *st, enum yg_level least,
                                      struct yg_arena *arena, struct yg_verdict **out,
                                      size_t *count, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_VERDICTS_FROM, &rc, err);

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
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_VERDICT_HISTORY, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(alert));
    return list(st, s, arena, out, count, err);
}
