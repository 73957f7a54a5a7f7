/* SPDX-License-Identifier: Apache-2.0 */
#include "people/tenant.h"

#include "people/people_priv.h"

enum { TENANT, SERVICE };
#define KIND_TEXT     YG_TENANT_TEXT
#define KIND_NUMBER   YG_TENANT_NUMBER
#define KIND_FLAG     YG_TENANT_FLAG
#define KIND_LANGUAGE YG_TENANT_IS_LANGUAGE
#define KIND_ZONE     YG_TENANT_IS_ZONE

const struct yg_tenant_info yg_tenant_info[YG_TENANT_SETTINGS] = {
#define YG_TENANT(id, name, kind, whose, least, most, otherwise, help)                   \
    [YG_TENANT_##                                                                        \
        id] = { name, otherwise, help, KIND_##kind, (whose) == SERVICE, least, most },
#include "people/tenants.def"
#undef YG_TENANT
};

bool yg_tenant_setting_of(struct yg_str name, enum yg_tenant_setting *out)
{
    for (int i = 0; i < YG_TENANT_SETTINGS; i++)
        if (yg_str_eq(name, yg_str_of(yg_tenant_info[i].name))) {
            *out = (enum yg_tenant_setting)i;
            return true;
        }
    return false;
}

struct yg_tenant yg_tenant_unset(struct yg_str name)
{
    struct yg_tenant t = { .name = name };

    for (int i = 0; i < YG_TENANT_SETTINGS; i++)
        t.value[i] = yg_str_of(yg_tenant_info[i].otherwise);
    return t;
}

int64_t yg_tenant_number(const struct yg_tenant *t, enum yg_tenant_setting s)
{
    uint64_t v;

    return yg_str_u64(t->value[s], &v) && v <= INT64_MAX ? (int64_t)v : 0;
}

bool yg_tenant_flag(const struct yg_tenant *t, enum yg_tenant_setting s)
{
    return yg_str_eq(t->value[s], YG_STR("true"));
}

/* ---- reading ------------------------------------------------------------------------
 */

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "people: out of memory");
}

static bool is_name(struct yg_str name)
{
    return yg_people_clean(name, 1, YG_TENANT_NAME);
}

static enum yg_status seen(const struct yg_scope *scope, struct yg_str name,
                           struct yg_err *err)
{
    return is_name(name) && yg_scope_has(scope, name)
               ? YG_OK
               : yg_err_set(err, YG_ENOTFOUND, "there is no such tenant");
}

enum yg_status yg_tenant_names(struct yg_people *p, const struct yg_scope *scope,
                               struct yg_arena *arena, struct yg_str **out, size_t *count,
                               struct yg_err *err)
{
    struct yg_str *list = yg_arena_alloc(arena, YG_TENANT_MAX * sizeof(*list));
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_TENANTS_SET, err);
    enum yg_status st = YG_OK;
    size_t n = 0;

    if (!list || !s)
        return list ? err->status : no_memory(err);
    yg_db_bind_int(s, 1, YG_TENANT_MAX);
    while (n < YG_TENANT_MAX && (st = yg_db_step(p->db, s, err)) == YG_OK) {
        if (!yg_scope_has(scope, yg_db_bytes(s, 0)))
            continue;
        if (!yg_db_copy(s, 0, arena, &list[n])) {
            st = no_memory(err);
            break;
        }
        n++;
    }
    yg_db_reset(s);
    if (st != YG_OK && st != YG_EEND)
        return st;
    *out = list;
    *count = n;
    return YG_OK;
}

static enum yg_status read_all(struct yg_people *p, struct yg_arena *arena,
                               struct yg_tenant *t, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_TENANT_GET, err);
    enum yg_tenant_setting which;
    enum yg_status st;

    *t = yg_tenant_unset(t->name);
    if (!s)
        return err->status;
    yg_db_bind_text(s, 1, t->name);
    while ((st = yg_db_step(p->db, s, err)) == YG_OK) {
        if (!yg_tenant_setting_of(yg_db_bytes(s, 0), &which))
            continue; /* of another version */
        if (!yg_db_copy(s, 1, arena, &t->value[which])) {
            yg_db_reset(s);
            return no_memory(err);
        }
        t->set[which] = true;
    }
    return st == YG_EEND ? YG_OK : st;
}

enum yg_status yg_tenant_get(struct yg_people *p, const struct yg_scope *scope,
                             struct yg_str name, struct yg_arena *arena,
                             struct yg_tenant *out, struct yg_err *err)
{
    enum yg_status st = seen(scope, name, err);

    if (st != YG_OK)
        return st;
    *out = (struct yg_tenant){ .name = yg_arena_str(arena, name) };
    return out->name.p ? read_all(p, arena, out, err) : no_memory(err);
}

enum yg_status yg_tenant_changes(struct yg_people *p, const struct yg_scope *scope,
                                 struct yg_str name, struct yg_arena *arena,
                                 struct yg_tenant_history *out, struct yg_err *err)
{
    struct yg_tenant_change *list =
        yg_arena_zalloc(arena, YG_TENANT_CHANGES * sizeof(*list));
    enum yg_status st = seen(scope, name, err);
    struct yg_db_stmt *s =
        st == YG_OK ? yg_db_stmt(p->db, YG_PQ_TENANT_CHANGES, err) : NULL;
    size_t n = 0;

    if (!list || !s)
        return st != YG_OK ? st : list ? err->status : no_memory(err);
    yg_db_bind_text(s, 1, name);
    yg_db_bind_int(s, 2, YG_TENANT_CHANGES);
    while (n < YG_TENANT_CHANGES && (st = yg_db_step(p->db, s, err)) == YG_OK) {
        struct yg_tenant_change *x = &list[n++];
        x->at_ns = yg_db_int(s, 0);
        if (!yg_db_copy(s, 1, arena, &x->who) || !yg_db_copy(s, 2, arena, &x->name) ||
            !yg_db_copy(s, 3, arena, &x->before) || !yg_db_copy(s, 4, arena, &x->after)) {
            st = no_memory(err);
            break;
        }
    }
    yg_db_reset(s);
    if (st != YG_OK && st != YG_EEND)
        return st;
    *out = (struct yg_tenant_history){ list, n };
    return YG_OK;
}

/* ---- changing -----------------------------------------------------------------------
 */

static enum yg_status check(enum yg_tenant_setting i, struct yg_str v, struct yg_err *err)
{
    const struct yg_tenant_info *t = &yg_tenant_info[i];
    uint64_t n;

    switch (t->kind) {
    case YG_TENANT_TEXT:
        return yg_people_clean(v, (size_t)t->least, (size_t)t->most)
                   ? YG_OK
                   : yg_err_set(err, YG_EINVAL,
                                "%s: write at most %lld bytes of visible text", t->name,
                                (long long)t->most);
    case YG_TENANT_NUMBER:
        return yg_str_u64(v, &n) && n <= INT64_MAX && (int64_t)n >= t->least &&
                       (int64_t)n <= t->most
                   ? YG_OK
                   : yg_err_set(err, YG_EINVAL,
                                "%s: write a whole number from %lld to %lld", t->name,
                                (long long)t->least, (long long)t->most);
    case YG_TENANT_FLAG:
        return yg_str_eq(v, YG_STR("true")) || yg_str_eq(v, YG_STR("false"))
                   ? YG_OK
                   : yg_err_set(err, YG_EINVAL, "%s: write true or false", t->name);
    case YG_TENANT_IS_LANGUAGE:
        return yg_people_check_own(YG_STR(""), v, YG_STR("Z"), err);
    case YG_TENANT_IS_ZONE:
        break;
    }
    return yg_people_check_own(YG_STR(""), YG_STR("en"), v, err);
}

static enum yg_status may(const struct yg_principal *by, const struct yg_tenant *t,
                          struct yg_err *err)
{
    enum yg_status st = is_name(t->name)
                            ? seen(&by->scope, t->name, err)
                            : yg_err_set(err, YG_EINVAL,
                                         "a tenant's name is 1 to %d bytes of visible "
                                         "text",
                                         YG_TENANT_NAME);

    if (st == YG_OK && !yg_principal_may(by, YG_VERB_CHANGE, YG_OBJ_TENANT))
        st = yg_err_set(err, YG_EPERM, "role %s changes no tenants",
                        yg_role_name(by->role));
    for (int i = 0; st == YG_OK && i < YG_TENANT_SETTINGS; i++) {
        if (!t->set[i])
            continue;
        if (yg_tenant_info[i].service && !by->scope.all)
            st = yg_err_set(err, YG_EPERM, "%s is set by who sees all tenants",
                            yg_tenant_info[i].name);
        if (st == YG_OK)
            st = check((enum yg_tenant_setting)i, t->value[i], err);
    }
    return st;
}

static enum yg_status put_one(struct yg_people *p, struct yg_str tenant, int i,
                              struct yg_str value, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_TENANT_PUT, err);

    if (!s)
        return err->status;
    yg_db_bind_text(s, 1, tenant);
    yg_db_bind_text(s, 2, yg_str_of(yg_tenant_info[i].name));
    yg_db_bind_text(s, 3, value);
    return yg_db_run(p->db, s, err);
}

static enum yg_status note(struct yg_people *p, const struct yg_principal *by,
                           const struct yg_tenant *was, const struct yg_tenant *t, int i,
                           struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_TENANT_NOTE, err);

    if (!s)
        return err->status;
    yg_db_bind_text(s, 1, t->name);
    yg_db_bind_int(s, 2, yg_people_now(p));
    yg_db_bind_text(s, 3, by->name);
    yg_db_bind_text(s, 4, yg_str_of(yg_tenant_info[i].name));
    yg_db_bind_text(s, 5, was->value[i]);
    yg_db_bind_text(s, 6, t->value[i]);
    return yg_db_run(p->db, s, err);
}

/* The tenants with settings, this one among them, are not too many; its changes neither.
 */
static enum yg_status caps(struct yg_people *p, struct yg_str name, struct yg_err *err)
{
    struct yg_db_stmt *s;
    int64_t n = 0;
    enum yg_status st = yg_people_ask(p, YG_PQ_TENANT_COUNT, NULL, 0, &n, err);

    if (st == YG_OK && n > YG_TENANT_MAX)
        return yg_err_set(err, YG_ELIMIT, "%d tenants have settings; no more do",
                          YG_TENANT_MAX);
    s = st == YG_OK ? yg_db_stmt(p->db, YG_PQ_TENANT_CHANGE_CAP, err) : NULL;
    if (!s)
        return st == YG_OK ? err->status : st;
    yg_db_bind_text(s, 1, name);
    yg_db_bind_int(s, 2, YG_TENANT_CHANGES);
    return yg_db_run(p->db, s, err);
}

static enum yg_status put(struct yg_people *p, const struct yg_principal *by,
                          const struct yg_tenant *t, struct yg_arena *arena,
                          struct yg_err *err)
{
    struct yg_tenant was = { .name = t->name };
    enum yg_status st = read_all(p, arena, &was, err);

    for (int i = 0; st == YG_OK && i < YG_TENANT_SETTINGS; i++) {
        if (!t->set[i] || (was.set[i] && yg_str_eq(was.value[i], t->value[i])))
            continue;
        st = put_one(p, t->name, i, t->value[i], err);
        if (st == YG_OK && !yg_str_eq(was.value[i], t->value[i]))
            st = note(p, by, &was, t, i, err);
    }
    return st == YG_OK ? caps(p, t->name, err) : st;
}

enum yg_status yg_tenant_put(struct yg_people *p, const struct yg_principal *by,
                             const struct yg_tenant *t, struct yg_err *err)
{
    struct yg_arena arena;
    enum yg_status st = may(by, t, err);

    if (st != YG_OK)
        return st;
    yg_arena_init(&arena, (size_t)1 << 20);
    st = yg_people_begin(p, err);
    if (st == YG_OK)
        st = yg_people_end(p, put(p, by, t, &arena, err), err);
    yg_arena_fini(&arena);
    return st;
}
