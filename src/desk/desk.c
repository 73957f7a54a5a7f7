/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/desk.h"

#include "base/text.h"
#include "db/db_copy.h"
#include "desk/desk_priv.h"

#include <stdlib.h>

#define APPLICATION 0x7967646b /* "ygdk" */
#define PAGE        50

static const struct yg_db_text statement[YG_DQ_COUNT] = {
#define YG_QUERY(id, sql) [YG_DQ_##id] = { sql, NULL },
#include "desk/queries.def"
};

static const struct yg_db_text step[] = {
#define YG_STEP(sql) { sql, NULL },
#include "desk/queries.def"
};

enum yg_status yg_desk_open(const struct yg_desk_options *opt, struct yg_desk **out,
                            struct yg_err *err)
{
    const struct yg_db_options db = {
        .where = opt->where,
        .part = opt->part,
        .statement = statement,
        .statements = YG_DQ_COUNT,
        .step = step,
        .steps = YG_ARRAY_LEN(step),
        .application = APPLICATION,
        .create = opt->create,
        .read_only = opt->read_only,
        .patience_ms = opt->patience_ms,
    };
    struct yg_desk *d = calloc(1, sizeof(*d));

    if (!d)
        return yg_desk_nomem(err);
    d->clock = opt->clock;
    enum yg_status st = yg_db_open(&db, &d->db, err);
    if (st == YG_OK)
        *out = d;
    else
        yg_desk_close(d);
    return st;
}

void yg_desk_close(struct yg_desk *d)
{
    if (!d)
        return;
    yg_db_close(d->db);
    free(d);
}

enum yg_status yg_desk_copy(struct yg_desk *d, const char *to, struct yg_err *err)
{
    return yg_db_copy_to(d->db, to, err);
}

enum yg_status yg_desk_nomem(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "desk: out of memory");
}

enum yg_status yg_desk_none(const char *what, struct yg_err *err)
{
    return yg_err_set(err, YG_ENOTFOUND, "there is no such %s", what);
}

/* ---- statements ------------------------------------------------------------------ */

static enum yg_status ready(struct yg_desk *d, enum yg_desk_query q,
                            const struct yg_desk_args *args, struct yg_db_stmt **out,
                            struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(d->db, q, err);

    if (!s)
        return err->status;
    for (size_t i = 0; args && i < args->count; i++) {
        const struct yg_desk_arg *a = &args->arg[i];
        if (a->kind == YG_ARG_INT)
            yg_db_bind_int(s, (int)i + 1, a->i);
        else if (a->kind == YG_ARG_TEXT)
            yg_db_bind_text(s, (int)i + 1, a->s);
        else
            yg_db_bind_blob(s, (int)i + 1, a->s);
    }
    *out = s;
    return YG_OK;
}

enum yg_status yg_desk_run(struct yg_desk *d, enum yg_desk_query q,
                           const struct yg_desk_args *args, struct yg_err *err)
{
    struct yg_db_stmt *s = NULL;
    enum yg_status st = ready(d, q, args, &s, err);

    return st == YG_OK ? yg_db_run(d->db, s, err) : st;
}

enum yg_status yg_desk_rows(struct yg_desk *d, enum yg_desk_query q,
                            const struct yg_desk_args *args, struct yg_desk_each each,
                            struct yg_err *err)
{
    struct yg_db_stmt *s = NULL;
    enum yg_status st = ready(d, q, args, &s, err);

    if (st != YG_OK)
        return st;
    while ((st = yg_db_step(d->db, s, err)) == YG_OK) {
        st = each.row(each.arg, s);
        if (st == YG_ENOMEM)
            st = yg_desk_nomem(err);
        if (st != YG_OK)
            break;
    }
    yg_db_reset(s);
    return st == YG_EEND ? YG_OK : st;
}

struct first {
    struct yg_desk_each each;
    bool some;
};

static enum yg_status first_row(void *arg, struct yg_db_stmt *s)
{
    struct first *f = arg;
    enum yg_status st = f->each.row(f->each.arg, s);

    f->some = true;
    return st == YG_OK ? YG_EEND : st;
}

enum yg_status yg_desk_row(struct yg_desk *d, enum yg_desk_query q,
                           const struct yg_desk_args *args, struct yg_desk_each each,
                           const char *what, struct yg_err *err)
{
    struct first f = { .each = each };
    enum yg_status st =
        yg_desk_rows(d, q, args, (struct yg_desk_each){ first_row, &f }, err);

    return st == YG_OK && !f.some ? yg_desk_none(what, err) : st;
}

static enum yg_status take_number(void *arg, struct yg_db_stmt *s)
{
    *(int64_t *)arg = yg_db_int(s, 0);
    return YG_OK;
}

enum yg_status yg_desk_number(struct yg_desk *d, enum yg_desk_query q,
                              const struct yg_desk_args *args, int64_t *out,
                              struct yg_err *err)
{
    return yg_desk_row(d, q, args, (struct yg_desk_each){ take_number, out }, "row", err);
}

enum yg_status yg_desk_begin(struct yg_desk *d, struct yg_err *err)
{
    return yg_db_begin(d->db, true, err);
}

enum yg_status yg_desk_end(struct yg_desk *d, enum yg_status st, struct yg_err *err)
{
    if (st == YG_OK)
        return yg_db_commit(d->db, err);
    yg_db_rollback(d->db);
    return st;
}

/* ---- lists ------------------------------------------------------------------------ */

struct numbers {
    uint64_t *v;
    size_t count, most;
};

/* Kept sorted, the largest first; what does not fit falls off its end. */
static enum yg_status take(void *arg, struct yg_db_stmt *s)
{
    struct numbers *n = arg;
    uint64_t v = (uint64_t)yg_db_int(s, 0);
    size_t at = n->count;

    while (at > 0 && n->v[at - 1] < v)
        at--;
    if (at > 0 && n->v[at - 1] == v)
        return YG_OK; /* of several tenants at once */
    if (at == n->most)
        return YG_EEND; /* nor will those behind it fit */
    if (n->count < n->most)
        n->count++;
    memmove(&n->v[at + 1], &n->v[at], (n->count - at - 1) * sizeof(*n->v));
    n->v[at] = v;
    return YG_OK;
}

static enum yg_status of_one(struct yg_desk *d, const struct yg_desk_pages *pages,
                             uint64_t before, struct yg_str tenant, struct numbers *n,
                             struct yg_err *err)
{
    return yg_desk_rows(
        d, pages->of_tenant,
        YG_ARGS(YG_INT(before), YG_INT(n->most), YG_INT(pages->filter), YG_TEXT(tenant)),
        (struct yg_desk_each){ take, n }, err);
}

enum yg_status yg_desk_list(struct yg_desk *d, const struct yg_desk_by *by,
                            const struct yg_desk_pages *pages, struct yg_arena *arena,
                            struct yg_desk_page *out, struct yg_err *err)
{
    const struct yg_desk_ask *ask = pages->ask;
    const size_t limit = ask->limit == 0                 ? PAGE
                         : ask->limit > YG_DESK_LIST_MAX ? YG_DESK_LIST_MAX
                                                         : ask->limit;
    const uint64_t before =
        ask->before == 0 || ask->before > INT64_MAX ? INT64_MAX : ask->before;
    struct numbers n = { .most = limit + 1 };
    enum yg_status st = YG_OK;

    n.v = yg_arena_alloc(arena, n.most * sizeof(*n.v));
    if (!n.v)
        return yg_desk_nomem(err);
    if (ask->tenant.n > 0) {
        st = yg_scope_has(by->scope, ask->tenant)
                 ? of_one(d, pages, before, ask->tenant, &n, err)
                 : yg_desk_none("tenant", err);
    } else if (by->scope->all) {
        st = yg_desk_rows(d, pages->everybody,
                          YG_ARGS(YG_INT(before), YG_INT(n.most), YG_INT(pages->filter)),
                          (struct yg_desk_each){ take, &n }, err);
    } else {
        for (size_t i = 0; st == YG_OK && i < by->scope->tenants; i++)
            st = of_one(d, pages, before, by->scope->tenant[i], &n, err);
    }
    if (st != YG_OK)
        return st;
    *out =
        (struct yg_desk_page){ n.v, n.count > limit ? limit : n.count, n.count > limit };
    return YG_OK;
}

/* ---- what may be kept ------------------------------------------------------------- */

static bool visible(struct yg_str s, bool lines)
{
    struct yg_buf safe;
    bool same = true;

    yg_buf_init(&safe, 4 * s.n + 1);
    while (same && s.p) {
        struct yg_str part = s;
        if (lines)
            part = yg_str_cut(&s, '\n');
        else
            s = YG_STR_NONE;
        yg_buf_clear(&safe);
        yg_text_safe(&safe, part);
        same = yg_str_eq(yg_buf_str(&safe), part);
    }
    yg_buf_fini(&safe);
    return same;
}

enum yg_status yg_desk_text(const struct yg_desk_text *t, size_t count,
                            struct yg_err *err)
{
    for (size_t i = 0; i < count; i++)
        if (t[i].text.n < t[i].least || t[i].text.n > t[i].most ||
            !visible(t[i].text, t[i].lines))
            return yg_err_set(err, YG_EINVAL, "%s is %zu to %zu bytes of visible text",
                              t[i].what, t[i].least, t[i].most);
    return YG_OK;
}

enum yg_status yg_desk_tenant(const struct yg_desk_by *by, struct yg_str tenant,
                              struct yg_err *err)
{
    const struct yg_desk_text t = { "a tenant's name", tenant, 1, YG_DESK_TENANT, false };

    if (!yg_scope_has(by->scope, tenant))
        return yg_desk_none("tenant", err);
    return yg_desk_text(&t, 1, err);
}

enum yg_status yg_desk_room(struct yg_desk *d, enum yg_desk_query q,
                            const struct yg_desk_args *args, int64_t most,
                            const char *what, struct yg_err *err)
{
    int64_t n = 0;
    enum yg_status st = yg_desk_number(d, q, args, &n, err);

    if (st == YG_OK && n >= most)
        st = yg_err_set(err, YG_ELIMIT, "there are %lld %s; remove some first",
                        (long long)n, what);
    return st;
}
