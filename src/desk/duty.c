/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/duty.h"

#include "desk/desk_priv.h"

#define MINUTE_NS (60 * YG_NS_PER_S)
#define HOUR_NS   (60 * MINUTE_NS)
#define LEVELS    (YG_LEVEL_COUNT + 1) /* and one for NONE */
#define CHUNK     32                   /* runs asked for at once: ?1 ... ?32 */

/* ---- claims ----------------------------------------------------------------------- */

struct claim_rows {
    struct yg_arena *arena;
    const struct yg_scope *scope;
    struct yg_claim_rows *out;
    size_t most;
};

static enum yg_status add_claim(void *arg, struct yg_db_stmt *s)
{
    struct claim_rows *r = arg;
    struct yg_claim c = { .made_ns = yg_db_int(s, 3), .until_ns = yg_db_int(s, 4) };
    struct yg_str run = yg_db_bytes(s, 0);

    if (run.n != YG_ID_SIZE || !yg_scope_has(r->scope, yg_db_bytes(s, 1)))
        return YG_OK;
    if (r->out->count == r->most) {
        r->out->more = true;
        return YG_EEND;
    }
    memcpy(c.run, run.p, YG_ID_SIZE);
    if (!yg_db_copy(s, 1, r->arena, &c.tenant) || !yg_db_copy(s, 2, r->arena, &c.who))
        return YG_ENOMEM;
    r->out->row[r->out->count++] = c;
    return YG_OK;
}

/* Who has it now; count 0: nobody. */
static enum yg_status holder(struct yg_desk *d, const unsigned char *run,
                             struct claim_rows *r, struct yg_err *err)
{
    return yg_desk_rows(d, YG_DQ_CLAIM_GET,
                        YG_ARGS(YG_BLOB(yg_desk_id(run)), YG_INT(yg_desk_now(d))),
                        (struct yg_desk_each){ add_claim, r }, err);
}

/* In a transaction. */
static enum yg_status look(struct yg_desk *d, const struct yg_desk_by *by,
                           const unsigned char *run, struct yg_str tenant,
                           struct yg_err *err)
{
    int64_t number = 0;
    enum yg_status st = yg_desk_number(d, YG_DQ_LOOK_ADD,
                                       YG_ARGS(YG_BLOB(yg_desk_id(run)), YG_TEXT(tenant),
                                               YG_TEXT(by->name), YG_INT(yg_desk_now(d))),
                                       &number, err);

    if (st == YG_ENOTFOUND) /* somebody has looked before */
        return YG_OK;
    return st == YG_OK && number > YG_LOOKS_MAX
               ? yg_desk_run(d, YG_DQ_LOOK_CAP, YG_ARGS(YG_INT(number - YG_LOOKS_MAX)),
                             err)
               : st;
}

static enum yg_status may_take(struct yg_desk *d, const struct yg_desk_by *by,
                               const struct yg_claim_ask *ask, struct claim_rows *r,
                               struct yg_err *err)
{
    enum yg_status st = holder(d, ask->run, r, err);
    const bool held = st == YG_OK && r->out->count > 0;
    const bool own = held && yg_str_eq(r->out->row[0].who, by->name);

    if (held && !own && !ask->over)
        return yg_err_set(err, YG_EEXIST, "%.*s works on it",
                          YG_STR_ARG(r->out->row[0].who));
    if (st != YG_OK || own)
        return st;
    return yg_desk_room(d, YG_DQ_CLAIM_COUNT,
                        YG_ARGS(YG_TEXT(by->name), YG_INT(yg_desk_now(d))), YG_CLAIMS_MAX,
                        "runs claimed by you", err);
}

/* In a transaction. */
static enum yg_status take(struct yg_desk *d, const struct yg_desk_by *by,
                           const struct yg_claim_ask *ask, struct claim_rows *r,
                           struct yg_err *err)
{
    const int64_t now = yg_desk_now(d);
    enum yg_status st = yg_desk_run(d, YG_DQ_CLAIM_OLD, YG_ARGS(YG_INT(now)), err);

    if (st == YG_OK)
        st = may_take(d, by, ask, r, err);
    if (st == YG_OK)
        st = yg_desk_run(d, YG_DQ_CLAIM_PUT,
                         YG_ARGS(YG_BLOB(yg_desk_id(ask->run)), YG_TEXT(ask->tenant),
                                 YG_TEXT(by->name), YG_INT(now),
                                 YG_INT(now + YG_CLAIM_NS)),
                         err);
    if (st == YG_OK)
        st = look(d, by, ask->run, ask->tenant, err);
    r->out->count = 0;
    return st == YG_OK ? holder(d, ask->run, r, err) : st;
}

enum yg_status yg_claim_take(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_claim_ask *ask, struct yg_arena *arena,
                             struct yg_claim *out, struct yg_err *err)
{
    struct yg_claim row = { .made_ns = 0 };
    struct yg_claim_rows one = { .row = &row };
    struct claim_rows r = { arena, &YG_SCOPE_ALL, &one, 1 };
    enum yg_status st = yg_desk_tenant(by, ask->tenant, err);

    if (st == YG_OK)
        st = yg_desk_begin(d, err);
    if (st == YG_OK)
        st = yg_desk_end(d, take(d, by, ask, &r, err), err);
    if (st == YG_OK)
        *out = row;
    return st;
}

static enum yg_status release(struct yg_desk *d, const struct yg_desk_by *by,
                              const struct yg_claim_ask *ask, struct claim_rows *r,
                              struct yg_err *err)
{
    enum yg_status st = holder(d, ask->run, r, err);

    if (st == YG_OK && r->out->count == 0)
        return yg_err_set(err, YG_ENOTFOUND, "nobody has claimed it");
    if (st == YG_OK && !ask->over && !yg_str_eq(r->out->row[0].who, by->name))
        return yg_err_set(err, YG_EPERM, "%.*s works on it",
                          YG_STR_ARG(r->out->row[0].who));
    return st == YG_OK ? yg_desk_run(d, YG_DQ_CLAIM_END,
                                     YG_ARGS(YG_BLOB(yg_desk_id(ask->run))), err)
                       : st;
}

enum yg_status yg_claim_release(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_claim_ask *ask, struct yg_err *err)
{
    struct yg_claim row = { .made_ns = 0 };
    struct yg_claim_rows one = { .row = &row };
    struct yg_arena arena;
    enum yg_status st = yg_desk_tenant(by, ask->tenant, err);

    if (st != YG_OK)
        return st;
    yg_arena_init(&arena, (size_t)64 << 10);
    struct claim_rows r = { &arena, by->scope, &one, 1 };
    st = yg_desk_begin(d, err);
    if (st == YG_OK)
        st = yg_desk_end(d, release(d, by, ask, &r, err), err);
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_claim_list(struct yg_desk *d, const struct yg_desk_by *by,
                             struct yg_str who, struct yg_arena *arena,
                             struct yg_claim_rows *out, struct yg_err *err)
{
    struct yg_claim_rows list = {
        .row = yg_arena_alloc(arena, YG_DESK_LIST_MAX * sizeof(struct yg_claim))
    };
    struct claim_rows r = { arena, by->scope, &list, YG_DESK_LIST_MAX };

    if (!list.row)
        return yg_desk_nomem(err);
    enum yg_status st =
        who.n > 0 ? yg_desk_rows(d, YG_DQ_CLAIMS_OF,
                                 YG_ARGS(YG_INT(yg_desk_now(d)), YG_TEXT(who)),
                                 (struct yg_desk_each){ add_claim, &r }, err)
                  : yg_desk_rows(d, YG_DQ_CLAIMS, YG_ARGS(YG_INT(yg_desk_now(d))),
                                 (struct yg_desk_each){ add_claim, &r }, err);
    if (st == YG_OK)
        *out = list;
    return st;
}

/* When his own claim ends; YG_ENOTFOUND: he has none. */
static enum yg_status own_claim(struct yg_desk *d, const struct yg_desk_by *by,
                                const unsigned char *run, int64_t *until,
                                struct yg_err *err)
{
    return yg_desk_number(
        d, YG_DQ_CLAIM_MINE,
        YG_ARGS(YG_BLOB(yg_desk_id(run)), YG_TEXT(by->name), YG_INT(yg_desk_now(d))),
        until, err);
}

enum yg_status yg_claim_done(struct yg_desk *d, const struct yg_desk_by *by,
                             const unsigned char run[YG_ID_SIZE], struct yg_err *err)
{
    int64_t until = 0;
    enum yg_status st = own_claim(d, by, run, &until, err);

    if (st != YG_OK)
        return st == YG_ENOTFOUND ? YG_OK : st;
    st = yg_desk_begin(d, err);
    if (st != YG_OK)
        return st;
    st = yg_desk_run(d, YG_DQ_CLAIM_END, YG_ARGS(YG_BLOB(yg_desk_id(run))), err);
    return yg_desk_end(d, st, err);
}

enum yg_status yg_duty_looked(struct yg_desk *d, const struct yg_desk_by *by,
                              const unsigned char run[YG_ID_SIZE], struct yg_str tenant,
                              struct yg_err *err)
{
    const int64_t now = yg_desk_now(d);
    int64_t some = 0, until = 0;
    enum yg_status st = yg_desk_tenant(by, tenant, err);

    if (st != YG_OK)
        return st;
    st = own_claim(d, by, run, &until, err);
    if (st != YG_OK && st != YG_ENOTFOUND)
        return st;
    const bool renew = st == YG_OK && until - now < YG_CLAIM_NS - YG_CLAIM_RENEW_NS;
    st = yg_desk_number(d, YG_DQ_LOOK_HAS, YG_ARGS(YG_BLOB(yg_desk_id(run))), &some, err);
    const bool fresh = st == YG_ENOTFOUND;
    if ((st != YG_OK && !fresh) || (!fresh && !renew)) /* nothing to write */
        return st;
    st = yg_desk_begin(d, err);
    if (st != YG_OK)
        return st;
    st = fresh ? look(d, by, run, tenant, err) : YG_OK;
    if (st == YG_OK && renew)
        st = yg_desk_run(d, YG_DQ_CLAIM_RENEW,
                         YG_ARGS(YG_BLOB(yg_desk_id(run)), YG_INT(now + YG_CLAIM_NS)),
                         err);
    return yg_desk_end(d, st, err);
}

/* ---- targets ---------------------------------------------------------------------- */

static size_t place(uint8_t level)
{
    return level < YG_LEVEL_COUNT ? level : YG_LEVEL_COUNT;
}

static void defaults(struct yg_clock_target t[LEVELS])
{
    static const int64_t look_ns[LEVELS] = { 24 * HOUR_NS,   8 * HOUR_NS,    4 * HOUR_NS,
                                             30 * MINUTE_NS, 15 * MINUTE_NS, HOUR_NS };
    static const int64_t verdict_ns[LEVELS] = {
        120 * HOUR_NS, 72 * HOUR_NS, 24 * HOUR_NS, 4 * HOUR_NS, HOUR_NS, 8 * HOUR_NS
    };

    for (size_t i = 0; i < LEVELS; i++)
        t[i] = (struct yg_clock_target){ .level = i < YG_LEVEL_COUNT ? (uint8_t)i
                                                                     : YG_LEVEL_NONE,
                                         .look_ns = look_ns[i],
                                         .verdict_ns = verdict_ns[i] };
}

static enum yg_status own_target(void *arg, struct yg_db_stmt *s)
{
    struct yg_clock_target *t = arg;
    const int64_t level = yg_db_int(s, 0);

    if (level < 0 || (level >= YG_LEVEL_COUNT && level != YG_LEVEL_NONE))
        return YG_OK;
    t += place((uint8_t)level);
    t->look_ns = yg_db_int(s, 1);
    t->verdict_ns = yg_db_int(s, 2);
    t->own = yg_db_int(s, 3) != 0;
    return YG_OK;
}

static enum yg_status targets(struct yg_desk *d, struct yg_str tenant,
                              struct yg_clock_target t[LEVELS], struct yg_err *err)
{
    defaults(t);
    return yg_desk_rows(d, YG_DQ_TARGETS, YG_ARGS(YG_TEXT(tenant)),
                        (struct yg_desk_each){ own_target, t }, err);
}

enum yg_status yg_clock_target_list(struct yg_desk *d, const struct yg_desk_by *by,
                                    struct yg_str tenant, struct yg_arena *arena,
                                    struct yg_clock_targets *out, struct yg_err *err)
{
    struct yg_clock_target *t = yg_arena_alloc(arena, LEVELS * sizeof(*t));
    enum yg_status st = yg_desk_tenant(by, tenant, err);

    if (st != YG_OK)
        return st;
    if (!t)
        return yg_desk_nomem(err);
    st = targets(d, tenant, t, err);
    for (size_t i = 0; i < LEVELS; i++)
        t[i].tenant = tenant;
    if (st == YG_OK)
        *out = (struct yg_clock_targets){ t, LEVELS };
    return st;
}

static enum yg_status put_target(struct yg_desk *d, const struct yg_desk_by *by,
                                 const struct yg_clock_target *t, struct yg_err *err)
{
    if (t->look_ns == 0 && t->verdict_ns == 0)
        return yg_desk_run(d, YG_DQ_TARGET_DROP,
                           YG_ARGS(YG_TEXT(t->tenant), YG_INT(t->level)), err);
    enum yg_status st = yg_desk_room(d, YG_DQ_TARGET_COUNT, NULL, YG_TARGETS_MAX,
                                     "targets of tenants", err);
    return st == YG_OK ? yg_desk_run(d, YG_DQ_TARGET_PUT,
                                     YG_ARGS(YG_TEXT(t->tenant), YG_INT(t->level),
                                             YG_INT(t->look_ns), YG_INT(t->verdict_ns),
                                             YG_TEXT(by->name), YG_INT(yg_desk_now(d))),
                                     err)
                       : st;
}

enum yg_status yg_clock_target_put(struct yg_desk *d, const struct yg_desk_by *by,
                                   const struct yg_clock_target *t, struct yg_err *err)
{
    const bool drop = t->look_ns == 0 && t->verdict_ns == 0;
    enum yg_status st = yg_desk_tenant(by, t->tenant, err);

    if (st != YG_OK)
        return st;
    if (t->level >= YG_LEVEL_COUNT && t->level != YG_LEVEL_NONE)
        return yg_err_set(err, YG_EINVAL, "a level is FP, L1, L2, L3, L4 or none");
    if (!drop && (t->look_ns < MINUTE_NS || t->verdict_ns < t->look_ns ||
                  t->verdict_ns > YG_TARGET_MAX_NS))
        return yg_err_set(err, YG_EINVAL,
                          "a minute at least to look at it, not less to judge it, and at "
                          "most 90 days");
    st = yg_desk_begin(d, err);
    return st == YG_OK ? yg_desk_end(d, put_target(d, by, t, err), err) : st;
}

/* ---- rows of the queue ------------------------------------------------------------ */

struct duties {
    const struct yg_duty_run *run;
    struct yg_duty *out;
    size_t count;
    struct yg_arena *arena;
    bool looks; /* these are looks, else claims */
};

static enum yg_status add_duty(void *arg, struct yg_db_stmt *s)
{
    struct duties *u = arg;
    struct yg_str run = yg_db_bytes(s, 0);

    for (size_t i = 0; i < u->count; i++) {
        if (!yg_str_eq(run, yg_desk_id(u->run[i].run)))
            continue;
        struct yg_duty *o = &u->out[i];
        if (!yg_db_copy(s, 1, u->arena, u->looks ? &o->looked_by : &o->claimed_by))
            return YG_ENOMEM;
        *(u->looks ? &o->looked_ns : &o->claimed_until_ns) = yg_db_int(s, 2);
    }
    return YG_OK;
}

static enum yg_status ask_chunk(struct yg_desk *d, struct duties *u, struct yg_err *err)
{
    struct yg_desk_arg arg[CHUNK + 1];
    enum yg_status st = YG_OK;

    for (size_t i = 0; i < CHUNK; i++) /* the last one again where there are fewer */
        arg[i] = (struct yg_desk_arg)YG_BLOB(
            yg_desk_id(u->run[i < u->count ? i : u->count - 1].run));
    arg[CHUNK] = (struct yg_desk_arg)YG_INT(yg_desk_now(d));
    for (int looks = 0; st == YG_OK && looks < 2; looks++) {
        const struct yg_desk_args args = { arg, looks ? CHUNK : CHUNK + 1 };
        u->looks = looks == 1;
        st = yg_desk_rows(d, looks ? YG_DQ_LOOKS_AT : YG_DQ_CLAIMS_AT, &args,
                          (struct yg_desk_each){ add_duty, u }, err);
    }
    return st;
}

static int64_t later(int64_t from, int64_t by)
{
    return from > INT64_MAX - by ? INT64_MAX : from + by;
}

static void clocks(const struct yg_duty_run *r, const struct yg_clock_target t[LEVELS],
                   int64_t now, struct yg_duty *o)
{
    const struct yg_clock_target *of = &t[r->blind ? YG_LEVEL_COUNT : place(r->level)];
    /* who judged it has looked at it */
    const int64_t looked = o->looked_ns != 0 ? o->looked_ns : r->judged_ns;

    o->look_due_ns = later(r->first_ns, of->look_ns);
    o->verdict_due_ns = later(r->first_ns, of->verdict_ns);
    o->look_late = (looked != 0 ? looked : now) > o->look_due_ns;
    o->verdict_late = (r->judged_ns != 0 ? r->judged_ns : now) > o->verdict_due_ns;
}

enum yg_status yg_duty_of(struct yg_desk *d, const struct yg_desk_by *by,
                          const struct yg_duty_ask *ask, struct yg_arena *arena,
                          struct yg_duty **out, struct yg_err *err)
{
    struct yg_duty *o = yg_arena_zalloc(arena, (ask->count + 1) * sizeof(*o));
    struct yg_str tenant = YG_STR_NONE;
    struct yg_clock_target t[LEVELS];
    enum yg_status st = YG_OK;

    if (ask->count > YG_DESK_LIST_MAX)
        return yg_err_set(err, YG_EINVAL, "at most %d runs at once", YG_DESK_LIST_MAX);
    if (!o)
        return yg_desk_nomem(err);
    for (size_t i = 0; st == YG_OK && i < ask->count; i += CHUNK) {
        size_t n = ask->count - i < CHUNK ? ask->count - i : CHUNK;
        struct duties u = { &ask->run[i], &o[i], n, arena, false };
        st = ask_chunk(d, &u, err);
    }
    for (size_t i = 0; st == YG_OK && i < ask->count; i++) {
        const struct yg_duty_run *r = &ask->run[i];
        if (!yg_scope_has(by->scope, r->tenant))
            return yg_desk_none("run", err);
        if (!tenant.p || !yg_str_eq(tenant, r->tenant))
            st = targets(d, r->tenant, t, err);
        tenant = r->tenant;
        if (st == YG_OK)
            clocks(r, t, yg_desk_now(d), &o[i]);
    }
    if (st == YG_OK)
        *out = o;
    return st;
}
