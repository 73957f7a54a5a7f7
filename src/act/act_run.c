/* SPDX-License-Identifier: Apache-2.0 */
/* The part of act.h about verdicts on many alerts. */
#include "act/act_priv.h"

#define KEPT_NS (YG_ACT_KEPT_DAYS * INT64_C(86400) * YG_NS_PER_S)

const char *yg_act_state_name(unsigned state)
{
    static const char *const name[] = { "running", "done", "undoing", "undone" };

    return state < YG_ARRAY_LEN(name) ? name[state] : "?";
}

/* A time that no other act has: its verdicts are known by it. */
static enum yg_status own_time(struct yg_acts *a, int64_t *out, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_ACT_LAST, err);

    if (!s)
        return err->status;
    enum yg_status st = yg_db_step(a->db, s, err);
    int64_t now = yg_clock_now(a->clock), last = st == YG_OK ? yg_db_int(s, 0) : 0;
    yg_db_reset(s);
    *out = now > last ? now : last + 1;
    return st;
}

static enum yg_status add(struct yg_acts *a, struct yg_act *act, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_ACT_ADD, err);

    if (!s)
        return err->status;
    yg_db_bind_text(s, 1, act->who);
    yg_db_bind_int(s, 2, act->own);
    yg_db_bind_int(s, 3, act->at_ns);
    yg_db_bind_int(s, 4, act->level);
    yg_db_bind_blob(s, 5, act->reason);
    yg_db_bind_blob(s, 6, act->note);
    yg_db_bind_int(s, 7, (int64_t)act->alerts);
    enum yg_status st = yg_db_step(a->db, s, err);
    if (st == YG_OK)
        act->number = (uint64_t)yg_db_int(s, 0);
    yg_db_reset(s);
    return st;
}

static enum yg_status take_parts(struct yg_acts *a, uint64_t number,
                                 const unsigned char selection[YG_ID_SIZE],
                                 struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_ACT_PARTS_ADD, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)number);
    yg_db_bind_blob(s, 2, (struct yg_str){ (const char *)selection, YG_ID_SIZE });
    return yg_db_run(a->db, s, err);
}

static enum yg_status forget_old(struct yg_acts *a, int64_t now, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_ACT_OLD, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, now - KEPT_NS);
    return yg_db_run(a->db, s, err);
}

enum yg_status yg_act_begin(struct yg_acts *a, const unsigned char selection[YG_ID_SIZE],
                            uint64_t count, struct yg_act *act, struct yg_err *err)
{
    struct yg_selection x;
    struct yg_arena arena;

    yg_arena_init(&arena, (size_t)1 << 20);
    enum yg_status st = yg_db_begin(a->db, true, err);
    if (st == YG_OK) {
        st = yg_selection_get(a, selection, act->who, &arena, &x, err);
        if (st == YG_OK && !x.ready)
            st = yg_err_set(err, YG_EEXIST,
                            "the selection is not finished yet: go on with it first");
        else if (st == YG_OK && x.alerts != count)
            st = yg_err_set(err, YG_EEXIST,
                            "count: the selection has %llu alerts; look at it again",
                            (unsigned long long)x.alerts);
        if (st == YG_OK)
            st = own_time(a, &act->at_ns, err);
        act->alerts = count;
        act->state = YG_ACT_RUNS;
        if (st == YG_OK)
            st = add(a, act, err);
        if (st == YG_OK)
            st = take_parts(a, act->number, selection, err);
        if (st == YG_OK)
            st = forget_old(a, act->at_ns, err);
        st = yg_act_end(a, st, err);
    }
    yg_arena_fini(&arena);
    return st;
}

static enum yg_status read_act(struct yg_db_stmt *s, struct yg_arena *arena,
                               struct yg_act *out, struct yg_err *err)
{
    struct yg_act x = { .number = (uint64_t)yg_db_int(s, 0),
                        .own = yg_db_int(s, 2) != 0,
                        .at_ns = yg_db_int(s, 3),
                        .level = (uint8_t)yg_db_int(s, 4),
                        .state = (uint8_t)yg_db_int(s, 7),
                        .alerts = (uint64_t)yg_db_int(s, 8),
                        .done = (uint64_t)yg_db_int(s, 9),
                        .given = (uint64_t)yg_db_int(s, 10),
                        .aside = (uint64_t)yg_db_int(s, 11),
                        .others = (uint64_t)yg_db_int(s, 12),
                        .undone = (uint64_t)yg_db_int(s, 13),
                        .changed = (uint64_t)yg_db_int(s, 14) };

    if (!yg_db_copy(s, 1, arena, &x.who) || !yg_db_copy(s, 5, arena, &x.reason) ||
        !yg_db_copy(s, 6, arena, &x.note) || !yg_db_copy(s, 15, arena, &x.undone_by))
        return yg_act_nomem(err);
    *out = x;
    return YG_OK;
}

/* All of its tenants, or nothing of it. */
static enum yg_status is_seen(struct yg_acts *a, const struct yg_scope *scope,
                              uint64_t number, bool *yes, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_ACT_TENANTS, err);
    enum yg_status st;

    *yes = true;
    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)number);
    bool some = false;
    while ((st = yg_db_step(a->db, s, err)) == YG_OK) {
        some = true;
        *yes = *yes && (scope->all || yg_scope_has(scope, yg_db_bytes(s, 0)));
    }
    yg_db_reset(s);
    *yes = *yes && (some || scope->all); /* of one whose list is gone nobody knows */
    return st == YG_EEND ? YG_OK : st;
}

static enum yg_status get(struct yg_acts *a, enum yg_act_query q, uint64_t number,
                          struct yg_arena *arena, struct yg_act *out, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, q, err);

    if (!s)
        return err->status;
    if (yg_db_params(s) > 0)
        yg_db_bind_int(s, 1, (int64_t)number);
    enum yg_status st = yg_db_step(a->db, s, err);
    if (st == YG_EEND)
        return yg_err_set(err, YG_ENOTFOUND, "there is no such act");
    if (st == YG_OK)
        st = read_act(s, arena, out, err);
    yg_db_reset(s);
    return st;
}

enum yg_status yg_act_get(struct yg_acts *a, const struct yg_scope *scope,
                          uint64_t number, struct yg_arena *arena, struct yg_act *out,
                          struct yg_err *err)
{
    struct yg_act x;
    bool yes = false;
    enum yg_status st = get(a, YG_AQ_ACT_GET, number, arena, &x, err);

    if (st == YG_OK)
        st = is_seen(a, scope, number, &yes, err);
    if (st == YG_OK && !yes)
        return yg_err_set(err, YG_ENOTFOUND, "there is no such act");
    if (st == YG_OK)
        *out = x;
    return st;
}

enum yg_status yg_acts_list(struct yg_acts *a, const struct yg_acts_ask *ask,
                            struct yg_arena *arena, struct yg_act **out, size_t *count,
                            struct yg_err *err)
{
    struct yg_act *row = yg_arena_alloc(arena, (YG_ACTS_PAGE + 1) * sizeof(*row));
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_ACTS, err);
    size_t n = 0, seen = 0;
    enum yg_status st;

    if (!s || !row)
        return s ? yg_act_nomem(err) : err->status;
    yg_db_bind_int(s, 1,
                   ask->before > 0 && ask->before < INT64_MAX ? (int64_t)ask->before
                                                              : INT64_MAX);
    yg_db_bind_int(s, 2, YG_ACTS_PAGE); /* others' are among these */
    while ((st = yg_db_step(a->db, s, err)) == YG_OK) {
        st = read_act(s, arena, &row[n], err);
        if (st != YG_OK)
            break;
        n++;
    }
    yg_db_reset(s);
    st = st == YG_EEND ? YG_OK : st;
    for (size_t i = 0; st == YG_OK && i < n && seen < ask->limit; i++) {
        bool yes = false;
        st = is_seen(a, ask->scope, row[i].number, &yes, err);
        if (yes)
            row[seen++] = row[i];
    }
    if (st == YG_OK) {
        *out = row;
        *count = seen;
    }
    return st;
}

static enum yg_status put(struct yg_acts *a, const struct yg_act *x, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_ACT_PUT, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)x->number);
    yg_db_bind_int(s, 2, x->state);
    yg_db_bind_int(s, 3, (int64_t)x->done);
    yg_db_bind_int(s, 4, (int64_t)x->given);
    yg_db_bind_int(s, 5, (int64_t)x->aside);
    yg_db_bind_int(s, 6, (int64_t)x->others);
    yg_db_bind_int(s, 7, (int64_t)x->undone);
    yg_db_bind_int(s, 8, (int64_t)x->changed);
    yg_db_bind_text(s, 9, x->undone_by);
    return yg_db_run(a->db, s, err);
}

enum yg_status yg_act_put(struct yg_acts *a, const struct yg_act *act, struct yg_err *err)
{
    enum yg_status st = yg_db_begin(a->db, true, err);

    return st == YG_OK ? yg_act_end(a, put(a, act, err), err) : st;
}

/* Asked inside the transaction, so that two do not both begin. */
enum yg_status yg_act_undo(struct yg_acts *a, const struct yg_act *act, struct yg_str by,
                           struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_act x;

    yg_arena_init(&arena, (size_t)1 << 20);
    enum yg_status st = yg_db_begin(a->db, true, err);
    if (st == YG_OK) {
        st = get(a, YG_AQ_ACT_GET, act->number, &arena, &x, err);
        if (st == YG_OK && x.state != YG_ACT_DONE)
            st = yg_err_set(err, YG_EEXIST, "the act is %s", yg_act_state_name(x.state));
        else if (st == YG_OK && yg_clock_now(a->clock) - x.at_ns > KEPT_NS)
            st = yg_err_set(err, YG_ELIMIT,
                            "the act is more than %d days old: its list is gone",
                            YG_ACT_KEPT_DAYS);
        x.state = YG_ACT_UNDOES;
        x.done = 0;
        x.undone_by = by;
        if (st == YG_OK)
            st = put(a, &x, err);
        st = yg_act_end(a, st, err);
    }
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_act_unfinished(struct yg_acts *a, struct yg_arena *arena,
                                 struct yg_act *out, struct yg_err *err)
{
    return get(a, YG_AQ_ACT_UNFINISHED, 0, arena, out, err);
}

enum yg_status yg_act_parts(struct yg_acts *a, uint64_t number, struct yg_arena *arena,
                            struct yg_act_part **out, size_t *count, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_ACT_PARTS, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)number);
    return yg_act_read_parts(a, s, arena, out, count, err);
}
