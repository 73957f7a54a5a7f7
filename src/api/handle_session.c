/* SPDX-License-Identifier: Apache-2.0 */
/* Coming in and going out: login, session, one's own password. */
#include "api/api.h"
#include "api/gate.h"
#include "api/handle_people.h"
#include "api/note.h"
#include "api/page.h"
#include "api/parts.h"
#include "api/people_json.h"
#include "base/jsonw.h"
#include "base/pace.h"
#include "event/ip.h"

#include <sodium.h>
#include <stdio.h>

/* A password costs 100 ms and 64 MiB: no more than four a second are looked at, in a lane
 * of their own, and no more than this many wait. */
#define LOGIN_NS   (YG_NS_PER_S / 4)
#define LOGINS_MAX 8

void yg_redirect(struct yg_call *c, struct yg_str to)
{
    yg_buf_clear(&c->answer->body);
    c->answer->status = 303;
    yg_http_header(c->answer, "Location", to);
}

bool yg_handle_is_ours(struct yg_str to)
{
    if (to.n == 0 || to.p[0] != '/' || (to.n > 1 && (to.p[1] == '/' || to.p[1] == '\\')))
        return false;
    for (size_t i = 0; i < to.n; i++)
        if ((unsigned char)to.p[i] <= ' ' || (unsigned char)to.p[i] >= 0x7f ||
            to.p[i] == '\\')
            return false;
    return true;
}

/* Passwords are looked at one after the other, so there is a bound for all, and half of
 * that for one network: a stranger alone keeps nobody out. */
bool yg_handle_too_many(struct yg_call *c)
{
    int64_t now = yg_clock_now(c->api->source.clock);
    unsigned char ip[YG_IP_SIZE], net[YG_IP_SIZE] = { 0 };

    if (yg_ip_parse(c->http->peer, ip))
        yg_ip_net(ip, net);
    uint64_t h = yg_hash_str('l', (struct yg_str){ (const char *)net, sizeof(net) });
    return yg_pace_over(&c->api->login_of[h % YG_API_LOGINS], now, 2 * LOGIN_NS,
                        LOGINS_MAX) ||
           yg_pace_over(&c->api->login_ns, now, LOGIN_NS, LOGINS_MAX);
}

/* What to tell him who did not get in; NULL: he did. */
static const char *try_login(struct yg_call *c, struct yg_login_answer *out,
                             enum yg_status *st, struct yg_err *err)
{
    const struct yg_login in = { .name = c->body.text[YG_M_LOGIN_NAME],
                                 .password = c->body.text[YG_M_LOGIN_PASSWORD],
                                 .code = c->body.text[YG_M_LOGIN_CODE],
                                 .address = c->http->peer };
    char wait[24];

    *st = YG_OK;
    *out = (struct yg_login_answer){ .why = YG_LOGIN_WAIT, .wait_s = 1 };
    if (!yg_handle_too_many(c))
        *st = yg_people_login(c->api->people, &in, out, err);
    if (*st == YG_EPERM || *st == YG_OK) /* waiting is no failure of his */
        *st = out->why == YG_LOGIN_WAIT
                  ? YG_OK
                  : yg_note_login(c, in.name, out->why == YG_LOGIN_IN, err);
    if (*st != YG_OK || out->why == YG_LOGIN_IN)
        return NULL;
    c->answer->status = out->why == YG_LOGIN_WAIT ? 429 : 401;
    if (out->why == YG_LOGIN_WAIT) {
        snprintf(wait, sizeof(wait), "%u", out->wait_s);
        yg_http_header(c->answer, "Retry-After", yg_str_of(wait));
        return "There were too many failures. Wait, and try again.";
    }
    return out->why == YG_LOGIN_CODE ? "A code of your authenticator is needed, too: "
                                       "write it with the password."
                                     : "Name, password or code is wrong.";
}

enum yg_status yg_handle_login_page(struct yg_call *c, struct yg_err *err)
{
    (void)err;
    if (!c->api->people)
        yg_redirect(c, YG_STR("/"));
    else
        yg_page_login(&(struct yg_page_login){ .to = c->params.text[YG_P_TO],
                                               .provider = c->api->provider },
                      &c->answer->body);
    return YG_OK;
}

enum yg_status yg_handle_login(struct yg_call *c, struct yg_err *err)
{
    struct yg_str to = c->body.text[YG_M_LOGIN_TO];
    struct yg_login_answer in;
    enum yg_status st;

    if (!c->api->people) {
        yg_redirect(c, YG_STR("/"));
        return YG_OK;
    }
    const char *why = try_login(c, &in, &st, err);
    if (st != YG_OK)
        return st;
    if (why) {
        yg_page_login(&(struct yg_page_login){ .to = to,
                                               .name = c->body.text[YG_M_LOGIN_NAME],
                                               .why = why,
                                               .provider = c->api->provider },
                      &c->answer->body);
        return YG_OK;
    }
    yg_cookie_put(c->answer, yg_str_of(in.secret));
    sodium_memzero(in.secret, sizeof(in.secret));
    yg_redirect(c, in.must_change          ? YG_STR("/password")
                   : yg_handle_is_ours(to) ? to
                                           : YG_STR("/"));
    return YG_OK;
}

/* ---- for programs ----------------------------------------------------------------- */

static void session_json(const struct yg_principal *who, bool login, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_kbool(&w, "login", login);
    yg_jsonw_kstr(&w, "name", who->name);
    yg_jsonw_kcstr(&w, "role", yg_role_name(who->role));
    yg_json_scope(&w, &who->scope);
    yg_jsonw_kcstr(&w, "csrf", who->csrf);
    yg_jsonw_kbool(&w, "must_change", who->must_change);
    yg_jsonw_kbool(&w, "second_factor", who->second);
    if (who->expires_ns)
        yg_jsonw_ktime(&w, "expires", who->expires_ns);
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

enum yg_status yg_handle_session(struct yg_call *c, struct yg_err *err)
{
    (void)err;
    session_json(&c->who, c->api->people != NULL, &c->answer->body);
    return YG_OK;
}

enum yg_status yg_handle_session_make(struct yg_call *c, struct yg_err *err)
{
    struct yg_login_answer in;
    struct yg_principal who;
    enum yg_status st;

    if (!c->api->people)
        return yg_err_set(err, YG_EINVAL, "this server has no login");
    const char *why = try_login(c, &in, &st, err);
    if (st != YG_OK)
        return st;
    if (why) {
        yg_answer_problem(c, c->answer->status, yg_str_of(why));
        return YG_OK;
    }
    st = yg_people_session(c->api->people, yg_str_of(in.secret), &c->arena, &who, err);
    if (st != YG_OK)
        return st;
    yg_cookie_put(c->answer, yg_str_of(in.secret));
    sodium_memzero(in.secret, sizeof(in.secret));
    session_json(&who, true, &c->answer->body);
    return YG_OK;
}

/* ---- going out -------------------------------------------------------------------- */

enum yg_status yg_handle_session_end(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (c->api->people)
        st = yg_people_logout(c->api->people, &c->who, err);
    if (st != YG_OK)
        return st;
    yg_cookie_put(c->answer, YG_STR_NONE);
    session_json(&(struct yg_principal){ .user = 0 }, c->api->people != NULL,
                 &c->answer->body);
    return YG_OK;
}

enum yg_status yg_handle_logout(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = yg_handle_session_end(c, err);

    if (st == YG_OK)
        yg_redirect(c, YG_STR("/login"));
    return st;
}

/* ---- one's own password ----------------------------------------------------------- */

enum yg_status yg_handle_password_page(struct yg_call *c, struct yg_err *err)
{
    (void)err;
    if (!c->api->people)
        yg_redirect(c, YG_STR("/"));
    else
        yg_page_password(&c->seen_by, c->who.must_change, NULL, &c->answer->body);
    return YG_OK;
}

/* YG_EINVAL and YG_EPERM with what to tell him. */
static enum yg_status change(struct yg_call *c, struct yg_err *err)
{
    const struct yg_proof proof = { .password = c->body.text[YG_M_PASSWORD_PASSWORD],
                                    .address = c->http->peer };
    char secret[YG_SECRET_TEXT];

    if (!c->api->people || c->who.session == 0)
        return yg_err_set(err, YG_EINVAL, "only who is logged in changes his password");
    if (yg_handle_too_many(c))
        return yg_err_set(err, YG_EINVAL, "too many passwords at once; try again");
    enum yg_status st = yg_people_change_password(
        c->api->people, &c->who, &proof, c->body.text[YG_M_PASSWORD_FRESH], secret, err);
    if (st == YG_OK)
        yg_cookie_put(c->answer, yg_str_of(secret));
    sodium_memzero(secret, sizeof(secret));
    return st;
}

enum yg_status yg_handle_password(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = change(c, err);

    if (st == YG_OK) {
        yg_redirect(c, YG_STR("/"));
        return YG_OK;
    }
    if (st != YG_EINVAL && st != YG_EPERM)
        return st;
    c->answer->status = st == YG_EPERM ? 403 : 400;
    yg_page_password(&c->seen_by, c->who.must_change, err->msg, &c->answer->body);
    return YG_OK;
}

enum yg_status yg_handle_password_json(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = change(c, err);

    if (st == YG_EPERM) {
        yg_answer_problem(c, 403, yg_str_of(err->msg));
        return YG_OK;
    }
    if (st == YG_OK)
        yg_buf_str_add(&c->answer->body, YG_STR("{\"changed\":true}\n"));
    return st;
}
