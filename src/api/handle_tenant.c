/* SPDX-License-Identifier: Apache-2.0 */
/* Customers: what is set for them, since when and by whom, and what of them there is. */
#include "api/api.h"
#include "api/handle_people.h"
#include "api/route.h"
#include "conf/inputs.h"
#include "people/tenant.h"

#include <stdio.h>
#include <stdlib.h>

struct known { /* what the store has, and for whom something is set */
    struct yg_store_tenant *row;
    size_t count;
    struct yg_scope set;
};

static enum yg_status look(struct yg_call *c, struct known *out, struct yg_err *err)
{
    enum yg_status st = yg_handle_people_there(c, err);
    struct yg_str *set = NULL;
    size_t sets = 0;

    if (st == YG_OK)
        st = yg_store_tenants(c->source.store, &c->arena, &out->row, &out->count, err);
    if (st == YG_OK)
        st = yg_tenant_names(c->api->people, &c->source.scope, &c->arena, &set, &sets,
                             err);
    out->set = yg_scope_of(set, sets);
    return st;
}

static int by_name(const void *a, const void *b)
{
    const struct yg_store_tenant *x = a, *y = b;

    return yg_str_cmp(x->name, y->name);
}

/* They come sorted. */
static const struct yg_store_tenant *stored(const struct known *k, struct yg_str name)
{
    const struct yg_store_tenant key = { .name = name };

    return k->count > 0 ? bsearch(&key, k->row, k->count, sizeof(key), by_name) : NULL;
}

/* Which inputs make records his; for those who may read sources. */
static void inputs_json(const struct yg_call *c, struct yg_str name, struct yg_jsonw *w)
{
    const struct yg_inputs *in = c->source.inputs;

    if (!yg_principal_may(&c->who, YG_VERB_READ, YG_OBJ_SOURCE))
        return;
    yg_jsonw_key(w, "inputs");
    yg_jsonw_open(w, '[');
    for (uint32_t i = 0; in && i < in->count; i++)
        if (yg_str_eq(in->input[i].tenant, name))
            yg_jsonw_str(w, in->input[i].source);
    yg_jsonw_close(w, ']');
}

static void value_json(struct yg_jsonw *w, const struct yg_tenant *t, int i)
{
    const struct yg_tenant_info *info = &yg_tenant_info[i];

    if (info->kind == YG_TENANT_NUMBER)
        yg_jsonw_ki64(w, info->name, yg_tenant_number(t, (enum yg_tenant_setting)i));
    else if (info->kind == YG_TENANT_FLAG)
        yg_jsonw_kbool(w, info->name, yg_tenant_flag(t, (enum yg_tenant_setting)i));
    else
        yg_jsonw_kstr(w, info->name, t->value[i]);
}

static enum yg_status tenant_json(struct yg_call *c, struct yg_str name,
                                  const struct known *k, struct yg_jsonw *w,
                                  struct yg_err *err)
{
    const struct yg_store_tenant *s = stored(k, name);
    struct yg_tenant t = yg_tenant_unset(name);
    enum yg_status st = YG_OK;

    if (yg_scope_has(&k->set, name))
        st = yg_tenant_get(c->api->people, &c->source.scope, name, &c->arena, &t, err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(w, '{');
    yg_jsonw_kstr(w, "name", t.name);
    for (int i = 0; i < YG_TENANT_SETTINGS; i++)
        value_json(w, &t, i);
    yg_jsonw_ku64(w, "alerts", s ? s->alerts : 0);
    yg_jsonw_ku64(w, "logs", s ? s->contexts : 0);
    if (s && s->alerts + s->contexts > 0) {
        yg_jsonw_ktime(w, "first", s->first_ns);
        yg_jsonw_ktime(w, "last", s->last_ns);
    }
    inputs_json(c, name, w);
    yg_jsonw_close(w, '}');
    return YG_OK;
}

/* Names of both, each once, sorted; those that he sees. */
static enum yg_status all_names(struct yg_call *c, const struct known *k,
                                struct yg_scope *out, struct yg_err *err)
{
    size_t n = 0, sets = k->set.tenants;
    struct yg_str *list =
        yg_arena_alloc(&c->arena, (k->count + sets + 1) * sizeof(*list));
    if (!list)
        return yg_err_set(err, YG_ENOMEM, "no memory for the tenants");
    for (size_t i = 0; i < k->count; i++)
        if (yg_scope_has(&c->source.scope, k->row[i].name))
            list[n++] = k->row[i].name;
    for (size_t i = 0; i < sets; i++)
        list[n++] = k->set.tenant[i];
    *out = yg_scope_of(list, n);
    return YG_OK;
}

enum yg_status yg_handle_tenants(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_scope names = { .tenants = 0 };
    struct known k = { .count = 0 };
    enum yg_status st = look(c, &k, err);

    if (st == YG_OK)
        st = all_names(c, &k, &names, err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "tenants");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; st == YG_OK && i < names.tenants; i++)
        st = tenant_json(c, names.tenant[i], &k, &w, err);
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return st;
}

/* Who sees all tenants is told of those that there are; who sees some, of those. */
static enum yg_status exists(struct yg_call *c, const struct known *k, struct yg_err *err)
{
    struct yg_scope names = { .tenants = 0 };
    enum yg_status st = all_names(c, k, &names, err);

    if (st == YG_OK && !(yg_scope_has(&names, c->id) ||
                         (!c->source.scope.all && yg_scope_has(&c->source.scope, c->id))))
        st = yg_err_set(err, YG_ENOTFOUND, "there is no such tenant");
    c->tenant = st == YG_OK ? c->id : YG_STR_NONE;
    return st;
}

static enum yg_status tell(struct yg_call *c, struct yg_str name, const struct known *k,
                           struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    enum yg_status st = tenant_json(c, name, k, &w, err);

    yg_buf_char(&c->answer->body, '\n');
    return st;
}

enum yg_status yg_handle_tenant(struct yg_call *c, struct yg_err *err)
{
    struct known k = { .count = 0 };
    enum yg_status st = look(c, &k, err);

    if (st == YG_OK)
        st = exists(c, &k, err);
    return st == YG_OK ? tell(c, c->id, &k, err) : st;
}

enum yg_status yg_handle_tenant_changes(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_tenant_history x = { .count = 0 };
    struct known k = { .count = 0 };
    enum yg_status st = look(c, &k, err);

    if (st == YG_OK)
        st = exists(c, &k, err);
    if (st == YG_OK)
        st = yg_tenant_changes(c->api->people, &c->source.scope, c->id, &c->arena, &x,
                               err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "changes");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < x.count; i++) {
        yg_jsonw_open(&w, '{');
        yg_jsonw_ktime(&w, "time", x.row[i].at_ns);
        yg_jsonw_kstr(&w, "who", x.row[i].who);
        yg_jsonw_kstr(&w, "setting", x.row[i].name);
        yg_jsonw_kstr(&w, "before", x.row[i].before);
        yg_jsonw_kstr(&w, "after", x.row[i].after);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

/* ---- changing -----------------------------------------------------------------------
 */

/* The body's members that are settings, as texts. */
static enum yg_status read_body(struct yg_call *c, struct yg_tenant *t,
                                struct yg_err *err)
{
    const struct yg_body *b = &c->body;
    enum yg_tenant_setting s;
    char number[24];

    for (int i = 0; i < YG_MEMBER_COUNT; i++) {
        const struct yg_member_info *m = &yg_member_info[i];
        if (m->body != c->route->body || !b->given[i] ||
            !yg_tenant_setting_of(yg_str_of(m->name), &s))
            continue;
        snprintf(number, sizeof(number), "%lld", (long long)b->number[i]);
        t->value[s] = m->kind == YG_MEMBER_TEXT ? b->text[i]
                      : m->kind == YG_MEMBER_FLAG
                          ? yg_str_of(b->flag[i] ? "true" : "false")
                          : yg_arena_str(&c->arena, yg_str_of(number));
        if (!t->value[s].p)
            return yg_err_set(err, YG_ENOMEM, "no memory for the request");
        t->set[s] = true;
    }
    return YG_OK;
}

/* "keep_days=90, may_arm=false" for the trail. */
static void say(struct yg_call *c, const struct yg_tenant *t)
{
    struct yg_buf text;
    const char *comma = "";

    yg_buf_init(&text, YG_TRAIL_DETAIL);
    for (int i = 0; i < YG_TENANT_SETTINGS; i++) {
        if (!t->set[i])
            continue;
        yg_buf_printf(&text, "%s%s=%.*s", comma, yg_tenant_info[i].name,
                      YG_STR_ARG(t->value[i]));
        comma = ", ";
    }
    c->said = yg_handle_say(c, "", yg_buf_str(&text));
    c->tenant = t->name;
    yg_buf_fini(&text);
}

static enum yg_status put(struct yg_call *c, struct yg_tenant *t, struct known *k,
                          struct yg_err *err)
{
    enum yg_status st = read_body(c, t, err);

    if (st == YG_OK)
        st = yg_tenant_put(c->api->people, &c->who, t, err);
    if (st == YG_OK)
        st = look(c, k, err); /* it is among them now */
    if (st != YG_OK)
        return st;
    say(c, t);
    return tell(c, t->name, k, err);
}

enum yg_status yg_handle_tenant_make(struct yg_call *c, struct yg_err *err)
{
    struct yg_tenant t = { .name = c->body.text[YG_M_TENANT_NAME] };
    struct yg_scope names = { .tenants = 0 };
    struct known k = { .count = 0 };
    enum yg_status st = look(c, &k, err);

    if (st == YG_OK)
        st = all_names(c, &k, &names, err);
    if (st == YG_OK && yg_scope_has(&names, t.name))
        st = yg_err_set(err, YG_EEXIST, "there is a tenant of this name already");
    t.set[YG_TENANT_DISPLAY] = true; /* at least one row, so that it is there */
    t.value[YG_TENANT_DISPLAY] = YG_STR("");
    return st == YG_OK ? put(c, &t, &k, err) : st;
}

enum yg_status yg_handle_tenant_change(struct yg_call *c, struct yg_err *err)
{
    struct yg_tenant t = { .name = c->id };
    struct known k = { .count = 0 };
    enum yg_status st = look(c, &k, err);

    if (st == YG_OK)
        st = exists(c, &k, err);
    return st == YG_OK ? put(c, &t, &k, err) : st;
}
