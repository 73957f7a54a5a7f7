/* SPDX-License-Identifier: Apache-2.0 */
/* The part of trail.h that reads rows: for who asks, and for export. */
#include "trail/trail_priv.h"

static bool is(struct yg_str want, struct yg_str have)
{
    return want.n == 0 || yg_str_eq(want, have);
}

static bool wanted(const struct yg_trail_ask *a, const struct yg_trail_row *r)
{
    bool always = a->from_ns == 0 && a->until_ns == 0;

    if (!a->scope->all && (r->tenant.n == 0 || !yg_scope_has(a->scope, r->tenant)))
        return false;
    return (always || (r->at_ns >= a->from_ns && r->at_ns < a->until_ns)) &&
           is(a->who, r->who) && is(a->verb, r->verb) && is(a->object, r->object) &&
           is(a->subject, r->subject) && is(a->tenant, r->tenant);
}

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "trail: the list does not fit in memory");
}

static enum yg_status keep(struct yg_arena *arena, const struct yg_trail_row *row,
                           struct yg_trail_row *to, struct yg_err *err)
{
    *to = *row;
    for (size_t i = 0; i < YG_TRAIL_TEXTS; i++) {
        struct yg_str *s = yg_trail_text(to, i);
        *s = yg_arena_str(arena, *s);
        if (!s->p)
            return no_memory(err);
    }
    return YG_OK;
}

/* A statement on rows, bound to where it begins; NULL: `err`. */
static struct yg_db_stmt *rows_of(struct yg_trail *t, enum yg_trail_query q, uint64_t at,
                                  struct yg_err *err)
{
    struct yg_db_stmt *s = NULL;

    if (yg_db_begin(t->db, false, err) == YG_OK)
        s = yg_db_stmt(t->db, q, err);
    if (s)
        yg_db_bind_int(s, 1, (int64_t)at);
    return s;
}

enum yg_status yg_trail_list(struct yg_trail *t, const struct yg_trail_ask *ask,
                             struct yg_arena *arena, struct yg_trail_row **out,
                             size_t *count, struct yg_err *err)
{
    size_t limit = ask->limit < YG_TRAIL_PAGE ? ask->limit : YG_TRAIL_PAGE;
    size_t looks = ask->looks ? ask->looks : SIZE_MAX;
    struct yg_trail_row row, *list = yg_arena_alloc(arena, (limit + 1) * sizeof(*list));
    struct yg_err why = { 0 };
    uint64_t reached = 0;
    size_t n = 0;

    if (!list)
        return no_memory(err);
    struct yg_db_stmt *s =
        rows_of(t, YG_TQ_BACK, ask->before ? ask->before : INT64_MAX, &why);
    enum yg_status st = s ? YG_OK : why.status;
    while (st == YG_OK && n < limit && looks-- > 0 &&
           (st = yg_db_step(t->db, s, &why)) == YG_OK) {
        st = yg_trail_read(s, &row, &why);
        if (st == YG_OK && wanted(ask, &row))
            st = keep(arena, &row, &list[n++], &why);
        reached = row.seq;
    }
    yg_db_rollback(t->db);
    *out = list;
    *count = n;
    if (ask->reached)
        *ask->reached = st == YG_OK && reached > 1 ? reached : 0;
    if (st != YG_OK && st != YG_EEND && err)
        *err = why;
    return st == YG_EEND ? YG_OK : st;
}

/* ---- export -------------------------------------------------------------------------
 */

static enum yg_status read_rows(struct yg_trail *t, uint64_t after, size_t limit,
                                struct yg_arena *arena, struct yg_trail_piece *out,
                                struct yg_err *err)
{
    struct yg_db_stmt *s = rows_of(t, YG_TQ_FORTH, after, err);
    enum yg_status st = s ? YG_OK : err->status;
    struct yg_trail_row row;

    while (st == YG_OK && (st = yg_db_step(t->db, s, err)) == YG_OK) {
        if (out->rows == limit) {
            out->more = true;
            yg_db_reset(s);
            return YG_OK;
        }
        st = yg_trail_read(s, &row, err);
        if (st == YG_OK)
            st = keep(arena, &row, &out->row[out->rows++], err);
    }
    return st == YG_EEND ? YG_OK : st;
}

static enum yg_status read_marks(struct yg_trail *t, uint64_t after,
                                 struct yg_trail_piece *out, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(t->db, YG_TQ_CHECKPOINTS_OF, err);
    enum yg_status st = s ? YG_OK : err->status;

    if (st != YG_OK || out->rows == 0)
        return st;
    yg_db_bind_int(s, 1, (int64_t)after);
    yg_db_bind_int(s, 2, (int64_t)out->row[out->rows - 1].seq);
    while (out->marks < out->rows && (st = yg_db_step(t->db, s, err)) == YG_OK) {
        struct yg_str digest = yg_db_bytes(s, 2), sign = yg_db_bytes(s, 3);
        struct yg_trail_mark *m = &out->mark[out->marks++];
        if (digest.n != YG_DIGEST_SIZE || sign.n != YG_TRAIL_SIGN)
            return yg_err_set(err, YG_ECORRUPT, "trail: a checkpoint is damaged");
        m->seq = (uint64_t)yg_db_int(s, 0);
        m->at_ns = yg_db_int(s, 1);
        memcpy(m->digest, digest.p, YG_DIGEST_SIZE);
        memcpy(m->sign, sign.p, YG_TRAIL_SIGN);
    }
    yg_db_reset(s);
    return st == YG_EEND ? YG_OK : st;
}

enum yg_status yg_trail_piece(struct yg_trail *t, uint64_t after, size_t limit,
                              struct yg_arena *arena, struct yg_trail_piece *out,
                              struct yg_err *err)
{
    struct yg_trail_piece p = { .rows = 0 };

    limit = limit < YG_TRAIL_PAGE ? limit : YG_TRAIL_PAGE;
    p.row = yg_arena_alloc(arena, (limit + 1) * sizeof(*p.row));
    p.mark = yg_arena_alloc(arena, (limit + 1) * sizeof(*p.mark));
    if (!p.row || !p.mark)
        return no_memory(err);
    enum yg_status st = read_rows(t, after, limit, arena, &p, err);
    if (st == YG_OK)
        st = read_marks(t, after, &p, err);
    yg_db_rollback(t->db);
    if (st == YG_OK)
        *out = p;
    return st;
}
