/* SPDX-License-Identifier: Apache-2.0 */
#include "api/gate.h"

#include "api/api.h"
#include "api/route.h"

#define BEARER "Bearer "

struct yg_str yg_cookie_of(struct yg_str header)
{
    return yg_cookie_named(header, YG_STR(YG_COOKIE));
}

struct yg_str yg_cookie_named(struct yg_str header, struct yg_str wanted)
{
    struct yg_str found = YG_STR_NONE;

    while (header.n > 0) {
        struct yg_str value = yg_str_trim(yg_str_cut(&header, ';'));
        struct yg_str name = yg_str_cut(&value, '=');
        if (!yg_str_eq(name, wanted))
            continue;
        if (found.p)
            return YG_STR_NONE;
        found = value.p ? value : YG_STR("");
    }
    return found;
}

void yg_cookie_put(struct yg_http_response *out, struct yg_str secret)
{
    struct yg_buf text;

    yg_buf_init(&text, 1024);
    yg_buf_printf(&text, YG_COOKIE "=%.*s; Path=/; Secure; HttpOnly; SameSite=Strict%s",
                  YG_STR_ARG(secret), secret.n ? "" : "; Max-Age=0");
    yg_http_header(out, "Set-Cookie", yg_buf_str(&text));
    yg_buf_fini(&text);
}

/* ---- who -------------------------------------------------------------------------- */

static bool is_bearer(struct yg_str header)
{
    struct yg_str scheme = { header.p, sizeof(BEARER) - 1 };

    return header.n > sizeof(BEARER) - 1 && yg_str_eq_nocase(scheme, YG_STR(BEARER));
}

enum yg_status yg_gate_who(const struct yg_api *api, struct yg_str header,
                           struct yg_str cookie, struct yg_arena *arena,
                           struct yg_principal *out, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    *out = (struct yg_principal){ .user = 0 };
    if (!api->people) {
        *out = yg_principal_machine;
        return YG_OK;
    }
    if (is_bearer(header)) {
        header.p += sizeof(BEARER) - 1;
        header.n -= sizeof(BEARER) - 1;
        st = yg_people_token(api->people, yg_str_trim(header), arena, out, err);
    } else if (cookie.n > 0) {
        st = yg_people_session(api->people, cookie, arena, out, err);
    }
    if (st == YG_OK)
        return YG_OK;
    *out = (struct yg_principal){ .user = 0 };
    return st == YG_EPERM ? YG_OK : st;
}

static bool may(const struct yg_call *c, enum yg_verb verb, enum yg_object object)
{
    return !c->api->people || yg_principal_may(&c->who, verb, object);
}

/* What pages say of him, and what he sees of the store. */
static void look_as(struct yg_call *c)
{
    c->seen_by = (struct yg_view_who){
        .name = c->who.name,
        .csrf = c->who.csrf,
        .open = c->api->people == NULL,
        .judges = may(c, YG_VERB_JUDGE, YG_OBJ_VERDICT),
    };
    c->source.who = &c->seen_by;
    c->source.scope = c->who.scope;
    c->source.raw = may(c, YG_VERB_READ, YG_OBJ_RAW);
}

enum yg_status yg_gate(struct yg_call *c, enum yg_pass *out, struct yg_err *err)
{
    const struct yg_route *r = c->route;
    enum yg_status st =
        yg_gate_who(c->api, c->http->authorization, yg_cookie_of(c->http->cookie),
                    &c->arena, &c->who, err);
    bool known = !c->api->people || c->who.user != 0;

    if (st != YG_OK)
        return st;
    look_as(c);
    if (r->flags & YG_ROUTE_PUBLIC)
        *out = YG_PASS_OPEN;
    else if (!known)
        *out = YG_PASS_NOBODY;
    else if (r->flags & YG_ROUTE_OWN)
        *out = YG_PASS_OPEN;
    else if (c->who.must_change)
        *out = YG_PASS_CHANGE;
    else if (!may(c, r->verb, r->object) ||
             ((r->flags & YG_ROUTE_WHOLE) && !c->who.scope.all))
        *out = YG_PASS_SHUT;
    else
        *out = YG_PASS_OPEN;
    return YG_OK;
}

/* ---- from where ------------------------------------------------------------------- */

/* "https://HOST" of the Host that was asked for. */
static bool same_origin(const struct yg_http_request *in)
{
    struct yg_str origin = in->origin;
    struct yg_str scheme = in->tls ? YG_STR("https://") : YG_STR("http://");

    if (!yg_str_starts(origin, scheme))
        return false;
    origin.p += scheme.n;
    origin.n -= scheme.n;
    return in->host.n > 0 && yg_str_eq_nocase(origin, in->host);
}

/* Browsers say where a write comes from; what says nothing is no browser. */
static bool from_here(const struct yg_http_request *in)
{
    if (in->fetch_site.p && !yg_str_eq(in->fetch_site, YG_STR("same-origin")))
        return false;
    return !in->origin.p || same_origin(in);
}

bool yg_gate_csrf(const struct yg_call *c)
{
    const struct yg_http_request *in = c->http;

    if (yg_http_reads(in) || c->who.token != 0)
        return true;
    if (!from_here(in))
        return false;
    if (!c->api->people || (c->route->flags & YG_ROUTE_PUBLIC))
        return true; /* nothing is sent along that a stranger could use */
    return yg_principal_csrf(&c->who, in->csrf.p ? in->csrf : c->body.csrf);
}
