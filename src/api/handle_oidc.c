/* SPDX-License-Identifier: Apache-2.0 */
/* Coming in by an identity provider: there, and back. In a lane of their own, because the
 * provider is asked meanwhile. */
#include "api/api.h"
#include "api/gate.h"
#include "api/handle_people.h"
#include "api/note.h"
#include "api/page.h"
#include "base/log.h"
#include "oidc/oidc.h"

#include <sodium.h>

#define COOKIE      "__Host-yagura-oidc"
#define ADDRESS_MAX ((size_t)16 << 10)

static struct yg_oidc_browser browser_of(const struct yg_call *c)
{
    return (struct yg_oidc_browser){ .cookie =
                                         yg_cookie_named(c->http->cookie, YG_STR(COOKIE)),
                                     .address = c->http->peer };
}

/* Lax: it has to come back with the browser, from the provider's page. */
static void put_cookie(struct yg_call *c, const char *secret)
{
    struct yg_buf text;

    yg_buf_init(&text, 1024);
    yg_buf_printf(&text, COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=%d",
                  secret, YG_OIDC_BEGUN_S);
    yg_http_header(c->answer, "Set-Cookie", yg_buf_str(&text));
    yg_buf_fini(&text);
}

/* Instead: the login page, which says why. */
static enum yg_status page(struct yg_call *c, unsigned status, const char *why)
{
    c->answer->status = status;
    yg_buf_clear(&c->answer->body);
    yg_page_login(&(struct yg_page_login){ .why = why, .provider = c->api->provider },
                  &c->answer->body);
    return YG_OK;
}

/* "It did not work: the ID token has expired (exp)." in the arena. */
static const char *sentence(struct yg_call *c, const char *head, const char *msg)
{
    struct yg_buf b;

    yg_buf_init(&b, 2048);
    yg_buf_printf(&b, "%s: %s.", head, msg);
    struct yg_str s = yg_arena_str(&c->arena, yg_buf_str(&b));
    yg_buf_fini(&b);
    return s.p ? s.p : head;
}

enum yg_status yg_handle_oidc_begin(struct yg_call *c, struct yg_err *err)
{
    const struct yg_oidc_browser b = browser_of(c);
    struct yg_buf address;
    struct yg_oidc_way way = { .address = &address };

    if (!c->api->oidc || !c->api->people)
        return YG_ENOTFOUND;
    yg_buf_init(&address, ADDRESS_MAX);
    enum yg_status st =
        yg_oidc_begin(c->api->oidc, &b, c->params.text[YG_P_TO], &way, err);
    if (st == YG_OK) {
        put_cookie(c, way.cookie);
        yg_redirect(c, yg_buf_str(&address));
    } else {
        yg_log_err(err, "nobody can log in at the identity provider now");
        page(c, 503,
             "The identity provider cannot be asked now: try again, or log in with a "
             "password if you have one here. The server's log says why.");
    }
    sodium_memzero(&way.cookie, sizeof(way.cookie));
    yg_buf_fini(&address);
    return YG_OK;
}

/* ---- back ------------------------------------------------------------------------- */

static enum yg_status read_answer(struct yg_call *c, struct yg_oidc_answer *out,
                                  struct yg_err *err)
{
    const struct {
        struct yg_str name, *to;
    } part[] = { { YG_STR("state"), &out->state },
                 { YG_STR("code"), &out->code },
                 { YG_STR("iss"), &out->iss },
                 { YG_STR("error"), &out->error } };
    struct yg_str path, query;

    if (!yg_target_split(c->http->target, &path, &query))
        return YG_ENOTFOUND;
    for (size_t i = 0; i < YG_ARRAY_LEN(part); i++) {
        enum yg_status st = yg_foreign_value(query, part[i].name, &c->arena, part[i].to);
        if (st != YG_OK)
            return yg_err_set(err, st, "the provider's answer cannot be read");
    }
    return YG_OK;
}

/* For the trail. `who`: as far as the provider says it; with his sub an administrator
 * binds him. */
static void say(struct yg_call *c, const struct yg_person *who, const char *what,
                const char *more)
{
    struct yg_buf b;

    yg_buf_init(&b, 4096);
    if (who)
        yg_buf_printf(&b, ", sub %.*s", YG_STR_ARG(who->subject));
    yg_buf_printf(&b, "%s%s", what, more);
    c->said = yg_handle_say(c, "by the provider", yg_buf_str(&b));
    yg_buf_fini(&b);
}

/* What was not to be: in the trail, and told. */
static enum yg_status refuse(struct yg_call *c, const struct yg_person *who,
                             const char *name, struct yg_err *err)
{
    const struct yg_err told = *err;

    say(c, who, ": ", told.msg);
    enum yg_status st = yg_note_login(c, yg_str_of(name), false, err);
    return st == YG_OK ? page(c, 403, sentence(c, "You are not let in", told.msg)) : st;
}

/* He is who he says he is; may he come in? */
static enum yg_status enter(struct yg_call *c, const struct yg_oidc_outcome *o,
                            struct yg_err *err)
{
    const struct yg_person *p = &o->person;
    const struct yg_vouched in = { .issuer = c->api->provider->issuer,
                                   .subject = p->subject,
                                   .name = p->name,
                                   .full = p->full,
                                   .role = p->role,
                                   .scope = p->scope,
                                   .address = c->http->peer,
                                   .second = p->second };
    struct yg_vouched_answer a;
    enum yg_status st = yg_people_vouched(c->api->people, &in, &a, err);

    if (st == YG_EPERM)
        return refuse(c, p, a.name, err);
    if (st != YG_OK)
        return st;
    say(c, p,
        a.made      ? ": for the first time, as "
        : a.changed ? ": with other rights, as "
                    : ": as ",
        yg_role_name(p->role));
    st = yg_note_login(c, yg_str_of(a.name), true, err);
    if (st == YG_OK) {
        struct yg_str to = yg_handle_is_ours(o->to) ? o->to : YG_STR("/");
        struct yg_str refresh = yg_handle_say(c, "0;url=", to);
        yg_cookie_put(c->answer, yg_str_of(a.secret));
        /* A redirect would still be the provider's page asking, and the session's cookie
         * (SameSite=Strict) stay behind: this page asks itself. */
        yg_http_header(c->answer, "Refresh", refresh);
        yg_page_entered(to, &c->answer->body);
    }
    sodium_memzero(a.secret, sizeof(a.secret));
    return st;
}

enum yg_status yg_handle_oidc_back(struct yg_call *c, struct yg_err *err)
{
    const struct yg_oidc_browser b = browser_of(c);
    struct yg_oidc_answer in = { .state = YG_STR_NONE };
    struct yg_oidc_outcome o;

    if (!c->api->oidc || !c->api->people)
        return YG_ENOTFOUND;
    enum yg_status st = read_answer(c, &in, err);
    if (st != YG_OK)
        return st;
    st = yg_oidc_back(c->api->oidc, &b, &in, &c->arena, &o, err);
    switch (st) {
    case YG_OK:
        return enter(c, &o, err);
    case YG_ENOTFOUND:
        return page(c, 400, sentence(c, "Begin again", err->msg));
    case YG_ELIMIT:
        yg_http_header(c->answer, "Retry-After", YG_STR("5"));
        return page(c, 429, "Too many log in at once: load this page again in a moment.");
    case YG_EPERM:
        return refuse(c, NULL, "", err);
    default:
        break;
    }
    yg_log_err(err, "a login at the identity provider did not work");
    st = refuse(c, NULL, "", err);
    return st == YG_OK ? page(c, 503,
                              "The login did not work: the identity provider's answer "
                              "cannot be used. The server's log says why.")
                       : st;
}
