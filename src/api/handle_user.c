/* SPDX-License-Identifier: Apache-2.0 */
/* People and their tokens, as those who manage them see and change them. What reaches
 * whom is people/people.h's to say. */
#include "api/handle_people.h"

#include "api/api.h"
#include "api/people_json.h"
#include "people/tenant.h"

#include <sodium.h>

#define DAY_NS (INT64_C(86400) * YG_NS_PER_S)

enum yg_status yg_handle_people_there(const struct yg_call *c, struct yg_err *err)
{
    return c->api->people ? YG_OK
                          : yg_err_set(err, YG_EBUSY, "this server runs without people");
}

struct yg_str yg_handle_say(struct yg_call *c, const char *what, struct yg_str name)
{
    struct yg_str out = YG_STR_NONE;
    struct yg_buf text;

    yg_buf_init(&text, 4096);
    yg_buf_printf(&text, "%s", what);
    yg_buf_str_add(&text, name);
    char *p = yg_arena_alloc(&c->arena, text.n + 1);
    if (p) {
        memcpy(p, yg_buf_cstr(&text), text.n + 1);
        out = (struct yg_str){ p, text.n };
    }
    yg_buf_fini(&text);
    return out;
}

/* What is the matter with a user's rights, for the trail. */
static void say_rights(struct yg_call *c, const char *what, const struct yg_user *u)
{
    struct yg_buf text;

    yg_buf_init(&text, YG_TRAIL_DETAIL);
    yg_buf_printf(&text, "%.*s: %s, ", YG_STR_ARG(u->name), yg_role_name(u->role));
    yg_buf_printf(&text, u->scope.all ? "all tenants" : "");
    for (size_t i = 0; i < u->scope.tenants; i++)
        yg_buf_printf(&text, "%s%.*s", i ? ", " : "", YG_STR_ARG(u->scope.tenant[i]));
    if (u->disabled)
        yg_buf_printf(&text, ", disabled");
    c->said = yg_handle_say(c, what, yg_buf_str(&text));
    if (!u->scope.all && u->scope.tenants == 1)
        c->tenant = u->scope.tenant[0];
    yg_buf_fini(&text);
}

/* ---- what a body says ---------------------------------------------------------------
 */

struct rights { /* members of a body, by their places */
    enum yg_member role, tenants, everywhere;
};

static enum yg_status read_rights(struct yg_call *c, struct rights m, enum yg_role *role,
                                  struct yg_scope *scope, struct yg_err *err)
{
    const struct yg_body *b = &c->body;

    if (b->given[m.role] && !yg_role_of(b->text[m.role], role))
        return yg_err_set(err, YG_EINVAL, "role: write one of docs/people.md's");
    if (b->given[m.everywhere] && b->flag[m.everywhere] && b->given[m.tenants] &&
        b->list[m.tenants].n > 0)
        return yg_err_set(err, YG_EINVAL, "name tenants or say all_tenants, not both");
    if (b->given[m.everywhere] && b->flag[m.everywhere])
        *scope = YG_SCOPE_ALL;
    else if (b->given[m.tenants])
        *scope = yg_scope_of(b->list[m.tenants].v, b->list[m.tenants].n);
    else if (b->given[m.everywhere] && scope->all)
        *scope = (struct yg_scope){ .tenants = 0 };
    return YG_OK;
}

/* ---- looking ------------------------------------------------------------------------
 */

enum yg_status yg_handle_users(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_users users = { .count = 0 };
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK)
        st = yg_people_users(c->api->people, &c->who, &c->arena, &users, err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "users");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < users.count; i++) {
        yg_jsonw_open(&w, '{');
        yg_json_user(&w, &users.row[i]);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

/* Him as he is now, and a password that was made up, to be told once. */
static enum yg_status tell(struct yg_call *c, struct yg_str name, const char *made,
                           struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_user u;
    enum yg_status st = yg_people_user(c->api->people, &c->who, name, &c->arena, &u, err);

    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_json_user(&w, &u);
    if (made && made[0]) {
        yg_jsonw_kcstr(&w, "password", made);
        c->secret = true;
    }
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_user(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = yg_handle_people_there(c, err);

    return st == YG_OK ? tell(c, c->id, NULL, err) : st;
}

enum yg_status yg_handle_sessions_of(struct yg_call *c, struct yg_str name,
                                     struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_sessions of = { .count = 0 };
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK)
        st = yg_people_sessions(c->api->people, &c->who, name, &c->arena, &of, err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "sessions");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < of.count; i++) {
        yg_jsonw_open(&w, '{');
        yg_json_session(&w, &of.row[i]);
        yg_jsonw_kbool(&w, "current", of.row[i].id == c->who.session);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_user_sessions(struct yg_call *c, struct yg_err *err)
{
    return yg_handle_sessions_of(c, c->id, err);
}

enum yg_status yg_handle_sessions_end_of(struct yg_call *c, struct yg_str name,
                                         struct yg_err *err)
{
    uint64_t id = c->params.number[YG_P_SESSION];
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK)
        st = yg_people_session_end(c->api->people, &c->who, name, id, err);
    if (st != YG_OK)
        return st;
    c->said = yg_handle_say(c, id ? "one session ended of " : "sessions ended of ", name);
    yg_buf_str_add(&c->answer->body, YG_STR("{\"changed\":true}\n"));
    return YG_OK;
}

enum yg_status yg_handle_user_sessions_end(struct yg_call *c, struct yg_err *err)
{
    return yg_handle_sessions_end_of(c, c->id, err);
}

/* ---- changing ------------------------------------------------------------------------
 */

/* Language and time zone that were not said are those of his only tenant. */
static enum yg_status as_his_tenant(struct yg_call *c, struct yg_user *u,
                                    struct yg_err *err)
{
    struct yg_tenant t;

    if (u->scope.all || u->scope.tenants != 1 ||
        !yg_scope_has(&c->who.scope, u->scope.tenant[0]))
        return YG_OK;
    enum yg_status st = yg_tenant_get(c->api->people, &c->who.scope, u->scope.tenant[0],
                                      &c->arena, &t, err);
    if (st != YG_OK)
        return st == YG_ENOTFOUND ? YG_OK : st; /* what is wrong with it is said later */
    if (u->language.n == 0)
        u->language = t.value[YG_TENANT_LANGUAGE];
    if (u->zone.n == 0)
        u->zone = t.value[YG_TENANT_ZONE];
    return YG_OK;
}

enum yg_status yg_handle_user_make(struct yg_call *c, struct yg_err *err)
{
    const struct yg_body *b = &c->body;
    const struct rights places = { YG_M_USER_ROLE, YG_M_USER_TENANTS,
                                   YG_M_USER_EVERYWHERE };
    struct yg_user u = { .name = b->text[YG_M_USER_NAME],
                         .full = b->text[YG_M_USER_FULL],
                         .language = b->text[YG_M_USER_LANGUAGE],
                         .zone = b->text[YG_M_USER_ZONE] };
    char made[YG_PASSWORD_MADE] = "";
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK)
        st = read_rights(c, places, &u.role, &u.scope, err);
    if (st == YG_OK)
        st = as_his_tenant(c, &u, err);
    if (st == YG_OK)
        st = yg_people_add(c->api->people, &c->who, &u, b->text[YG_M_USER_PASSWORD], made,
                           err);
    if (st == YG_OK) {
        say_rights(c, "made ", &u);
        st = tell(c, u.name, made, err);
    }
    sodium_memzero(made, sizeof(made));
    return st;
}

enum yg_status yg_handle_user_change(struct yg_call *c, struct yg_err *err)
{
    const struct yg_body *b = &c->body;
    const struct rights places = { YG_M_USER_CHANGE_ROLE, YG_M_USER_CHANGE_TENANTS,
                                   YG_M_USER_CHANGE_EVERYWHERE };
    struct yg_user u;
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK)
        st = yg_people_user(c->api->people, &c->who, c->id, &c->arena, &u, err);
    if (st != YG_OK)
        return st;
    if (b->given[YG_M_USER_CHANGE_FULL])
        u.full = b->text[YG_M_USER_CHANGE_FULL];
    if (b->given[YG_M_USER_CHANGE_LANGUAGE])
        u.language = b->text[YG_M_USER_CHANGE_LANGUAGE];
    if (b->given[YG_M_USER_CHANGE_ZONE])
        u.zone = b->text[YG_M_USER_CHANGE_ZONE];
    if (b->given[YG_M_USER_CHANGE_DISABLED])
        u.disabled = b->flag[YG_M_USER_CHANGE_DISABLED];
    st = read_rights(c, places, &u.role, &u.scope, err);
    if (st == YG_OK)
        st = yg_people_put(c->api->people, &c->who, &u, err);
    if (st != YG_OK)
        return st;
    say_rights(c, "is now ", &u);
    return tell(c, u.name, NULL, err);
}

enum yg_status yg_handle_user_password(struct yg_call *c, struct yg_err *err)
{
    char made[YG_PASSWORD_MADE] = "";
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK)
        st = yg_people_set_password(c->api->people, &c->who, c->id,
                                    c->body.text[YG_M_FRESH_PASSWORD], made, err);
    if (st == YG_OK) {
        c->said = yg_handle_say(c, "a new password for ", c->id);
        st = tell(c, c->id, made, err);
    }
    sodium_memzero(made, sizeof(made));
    return st;
}

enum yg_status yg_handle_user_totp(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK)
        st = yg_people_totp_drop(c->api->people, &c->who, c->id, err);
    if (st != YG_OK)
        return st;
    c->said = yg_handle_say(c, "no second factor for ", c->id);
    return tell(c, c->id, NULL, err);
}

/* ---- tokens --------------------------------------------------------------------------
 */

enum yg_status yg_handle_tokens(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_tokens tokens = { .count = 0 };
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK)
        st = yg_people_tokens(c->api->people, &c->who, c->params.text[YG_P_USER],
                              &c->arena, &tokens, err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "tokens");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < tokens.count; i++) {
        yg_jsonw_open(&w, '{');
        yg_json_token(&w, &tokens.row[i]);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

static void tell_token(struct yg_call *c, const struct yg_token *t, uint64_t id,
                       const char *text)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_buf said;

    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "id", id);
    yg_jsonw_kcstr(&w, "token", text);
    yg_jsonw_ktime(&w, "expires", t->expires_ns);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    c->secret = true;
    yg_buf_init(&said, 1024);
    yg_buf_printf(&said, "token %llu of %.*s, ", (unsigned long long)id,
                  YG_STR_ARG(t->user));
    c->said = yg_handle_say(c, yg_buf_cstr(&said), yg_str_of(yg_role_name(t->role)));
    yg_buf_fini(&said);
}

enum yg_status yg_handle_token_make(struct yg_call *c, struct yg_err *err)
{
    const struct yg_body *b = &c->body;
    const struct rights places = { YG_M_TOKEN_ROLE, YG_M_TOKEN_TENANTS,
                                   YG_M_TOKEN_EVERYWHERE };
    int64_t days = b->given[YG_M_TOKEN_DAYS] ? b->number[YG_M_TOKEN_DAYS] : 90;
    char text[YG_SECRET_TEXT] = "";
    uint64_t id = 0;
    struct yg_user u;
    struct yg_token t = { .label = b->text[YG_M_TOKEN_LABEL],
                          .expires_ns = yg_clock_now(c->source.clock) + days * DAY_NS };
    enum yg_status st = yg_handle_people_there(c, err);

    /* what is wrong with the body first: it is the same for everybody */
    if (st == YG_OK)
        st = read_rights(c, places, &t.role, &t.scope, err);
    if (st == YG_OK)
        st = yg_people_user(c->api->people, &c->who,
                            b->given[YG_M_TOKEN_USER] ? b->text[YG_M_TOKEN_USER]
                                                      : c->who.name,
                            &c->arena, &u, err);
    if (st != YG_OK)
        return st;
    t.user = u.name;
    if (!b->given[YG_M_TOKEN_TENANTS] && !b->given[YG_M_TOKEN_EVERYWHERE])
        t.scope = u.scope;
    st = yg_people_token_make(c->api->people, &c->who, &t, text, &id, err);
    if (st == YG_OK)
        tell_token(c, &t, id, text);
    sodium_memzero(text, sizeof(text));
    return st;
}

enum yg_status yg_handle_token_end(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK && c->number > INT64_MAX)
        st = yg_err_set(err, YG_ENOTFOUND, "there is no such token");
    if (st == YG_OK)
        st = yg_people_token_end(c->api->people, &c->who, c->number, err);
    if (st == YG_OK)
        yg_buf_str_add(&c->answer->body, YG_STR("{\"changed\":true}\n"));
    return st;
}
