/* SPDX-License-Identifier: Apache-2.0 */
/* What one does with one's own account, behind a session: names, second factor, where one
 * is logged in. */
#include "api/api.h"
#include "api/gate.h"
#include "api/handle_people.h"
#include "api/people_json.h"

#include <sodium.h>

/* A password that somebody else gave is to be changed before all this. */
static enum yg_status oneself(struct yg_call *c, bool session, struct yg_err *err)
{
    enum yg_status st = yg_handle_people_there(c, err);

    if (st == YG_OK && c->who.must_change)
        st = yg_err_set(err, YG_EPERM, "Change your password first.");
    if (st == YG_OK && session && c->who.session == 0)
        st = yg_err_set(err, YG_EPERM, "This needs a login, not a token.");
    return st;
}

static enum yg_status tell(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_user u;
    enum yg_status st =
        yg_people_user(c->api->people, &c->who, c->who.name, &c->arena, &u, err);

    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_json_user(&w, &u);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

enum yg_status yg_handle_account(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = oneself(c, false, err);

    return st == YG_OK ? tell(c, err) : st;
}

enum yg_status yg_handle_account_change(struct yg_call *c, struct yg_err *err)
{
    const struct yg_body *b = &c->body;
    const struct yg_principal *w = &c->who;
    enum yg_status st = oneself(c, true, err);

    if (st == YG_OK)
        st = yg_people_set_own(
            c->api->people, w,
            b->given[YG_M_ACCOUNT_FULL] ? b->text[YG_M_ACCOUNT_FULL] : w->full,
            b->given[YG_M_ACCOUNT_LANGUAGE] ? b->text[YG_M_ACCOUNT_LANGUAGE]
                                            : w->language,
            b->given[YG_M_ACCOUNT_ZONE] ? b->text[YG_M_ACCOUNT_ZONE] : w->zone, err);
    return st == YG_OK ? tell(c, err) : st;
}

enum yg_status yg_handle_own_sessions(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = oneself(c, false, err);

    return st == YG_OK ? yg_handle_sessions_of(c, c->who.name, err) : st;
}

enum yg_status yg_handle_own_sessions_end(struct yg_call *c, struct yg_err *err)
{
    enum yg_status st = oneself(c, true, err);

    return st == YG_OK ? yg_handle_sessions_end_of(c, c->who.name, err) : st;
}

/* ---- second factor ------------------------------------------------------------------
 */

static enum yg_status proven(struct yg_call *c, struct yg_proof *proof,
                             struct yg_err *err)
{
    enum yg_status st = oneself(c, true, err);

    *proof = (struct yg_proof){ .password = c->body.text[YG_M_PROOF_PASSWORD],
                                .address = c->http->peer };
    if (st == YG_OK && yg_handle_too_many(c)) {
        yg_http_header(c->answer, "Retry-After", YG_STR("1"));
        yg_answer_problem(c, 429, YG_STR("Too many passwords at once; try again."));
        st = YG_EEND;
    }
    return st;
}

enum yg_status yg_handle_totp_enrol(struct yg_call *c, struct yg_err *err)
{
    char text[YG_TOTP_TEXT] = "";
    struct yg_proof proof;
    struct yg_buf uri;
    enum yg_status st = proven(c, &proof, err);

    if (st != YG_OK)
        return st == YG_EEND ? YG_OK : st;
    yg_buf_init(&uri, 1024);
    st = yg_people_totp_enrol(c->api->people, &c->who, &proof, text, &uri, err);
    if (st == YG_OK) {
        struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
        yg_jsonw_open(&w, '{');
        yg_jsonw_kcstr(&w, "secret", text);
        yg_jsonw_kstr(&w, "uri", yg_buf_str(&uri));
        yg_jsonw_close(&w, '}');
        yg_buf_char(&c->answer->body, '\n');
        c->secret = true;
        sodium_memzero(uri.p, uri.n);
    }
    sodium_memzero(text, sizeof(text));
    yg_buf_fini(&uri);
    return st;
}

enum yg_status yg_handle_totp_confirm(struct yg_call *c, struct yg_err *err)
{
    char codes[YG_PEOPLE_CODES][YG_CODE_TEXT] = { "" }, secret[YG_SECRET_TEXT] = "";
    enum yg_status st = oneself(c, true, err);

    if (st == YG_OK)
        st = yg_people_totp_confirm(c->api->people, &c->who, c->body.text[YG_M_CODE_CODE],
                                    codes, secret, err);
    if (st == YG_OK) {
        struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
        yg_cookie_put(c->answer, yg_str_of(secret));
        yg_jsonw_open(&w, '{');
        yg_jsonw_key(&w, "recovery_codes");
        yg_jsonw_open(&w, '[');
        for (int i = 0; i < YG_PEOPLE_CODES; i++)
            yg_jsonw_str(&w, yg_str_of(codes[i]));
        yg_jsonw_close(&w, ']');
        yg_jsonw_close(&w, '}');
        yg_buf_char(&c->answer->body, '\n');
        c->secret = true;
    }
    sodium_memzero(codes, sizeof(codes));
    sodium_memzero(secret, sizeof(secret));
    return st;
}

enum yg_status yg_handle_totp_leave(struct yg_call *c, struct yg_err *err)
{
    char secret[YG_SECRET_TEXT] = "";
    struct yg_proof proof;
    enum yg_status st = proven(c, &proof, err);

    if (st != YG_OK)
        return st == YG_EEND ? YG_OK : st;
    st = yg_people_totp_leave(c->api->people, &c->who, &proof, secret, err);
    if (st == YG_OK) {
        yg_cookie_put(c->answer, yg_str_of(secret));
        yg_buf_str_add(&c->answer->body, YG_STR("{\"changed\":true}\n"));
        c->secret = true;
    }
    sodium_memzero(secret, sizeof(secret));
    return st;
}
