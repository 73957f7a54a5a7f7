/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/provider.h"

#include "oidc/jwt.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)4 << 20)
#define FORM_MAX  ((size_t)16 << 10)
#define DISCOVERY "/.well-known/openid-configuration"

struct meta { /* what it says of itself */
    char authorize[YG_OIDC_URL_MAX + 1], token[YG_OIDC_URL_MAX + 1],
        keys[YG_OIDC_URL_MAX + 1];
    bool basic;        /* how the secret is sent */
    bool names_itself; /* RFC 9207 */
    int64_t read_ns;   /* 0: never */
};

struct yg_provider {
    const struct yg_oidc_settings *settings;
    const struct yg_clock *clock;
    struct yg_fetcher fetcher;
    const atomic_bool *stop;
    struct meta meta;
    struct yg_buf keys;
    int64_t keys_ns, looked_ns; /* when they were read, and tried to be; 0: never */
    int64_t silent_ns;          /* when it gave no answer; 0: it did the last time */
};

/* What a redeem or a learn works with. */
struct work {
    struct yg_provider *p;
    struct yg_json_pull *json;
    struct yg_arena *arena;
    struct yg_err *err;
};

struct yg_provider *yg_provider_new(const struct yg_oidc_settings *settings,
                                    const struct yg_clock *clock,
                                    struct yg_fetcher fetcher, const atomic_bool *stop)
{
    struct yg_provider *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->settings = settings;
    p->clock = clock;
    p->fetcher = fetcher;
    p->stop = stop;
    yg_buf_init(&p->keys, YG_FETCH_MAX);
    return p;
}

void yg_provider_free(struct yg_provider *p)
{
    if (!p)
        return;
    yg_buf_fini(&p->keys);
    free(p);
}

static bool is_old(int64_t read_ns, int64_t now_ns, int64_t after_s)
{
    return read_ns == 0 || now_ns < read_ns || now_ns - read_ns > after_s * YG_NS_PER_S;
}

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "no memory for a login at the provider");
}

/* ---- asking ----------------------------------------------------------------------- */

static enum yg_status ask(const struct work *w, struct yg_fetch what, struct yg_buf *out,
                          unsigned *status)
{
    struct yg_provider *p = w->p;
    const int64_t now = yg_clock_now(p->clock);

    if (!is_old(p->silent_ns, now, YG_PROVIDER_SILENT_S))
        return yg_err_set(w->err, YG_EIO, "the provider did not answer a moment ago");
    what.ca = p->settings->ca.p;
    what.plain = p->settings->plain;
    what.stop = p->stop;
    *status = 0;
    enum yg_status st = p->fetcher.get(p->fetcher.arg, &what, out, status, w->err);
    p->silent_ns = st == YG_EIO ? yg_clock_now(p->clock) : 0;
    return st;
}

/* A document, answered with 200. */
static enum yg_status document(const struct work *w, const char *url, struct yg_buf *out)
{
    unsigned status;
    enum yg_status st = ask(w, (struct yg_fetch){ .url = url }, out, &status);

    return st == YG_OK && status != 200
               ? yg_err_set(w->err, YG_EIO, "%s answers %u%s", url, status,
                            status / 100 == 3 ? ", and no redirect is followed" : "")
               : st;
}

/* ---- what it says of itself ------------------------------------------------------- */

static bool address(const struct work *w, const struct yg_members *m, const char *name,
                    char out[YG_OIDC_URL_MAX + 1])
{
    struct yg_str url = yg_members_text(m, name);

    if (!url.p || !yg_oidc_url(url, w->p->settings->plain))
        return false;
    snprintf(out, YG_OIDC_URL_MAX + 1, "%.*s", YG_STR_ARG(url));
    return true;
}

/* Is `what` in the list `name`? `otherwise`: there is no such list. */
static bool lists(const struct work *w, const struct yg_members *m, const char *name,
                  struct yg_str what, bool otherwise)
{
    const struct yg_member_value *v = yg_members_get(m, name);
    struct yg_values list;

    if (!v)
        return otherwise;
    return yg_members_values(w->json, v, w->arena, &list, NULL) &&
           yg_values_have(&list, what);
}

static enum yg_status read_meta(const struct work *w, struct yg_str text,
                                struct meta *out)
{
    static const char way[] = "token_endpoint_auth_methods_supported";
    const struct yg_oidc_settings *s = w->p->settings;
    struct yg_members m;

    if (!yg_members_read(w->json, text, w->arena, &m))
        return yg_err_set(w->err, YG_EFORMAT,
                          "what is at the issuer's " DISCOVERY " is no JSON object");
    /* Discovery, section 4.3: else another provider could answer for it */
    struct yg_str itself = yg_members_text(&m, "issuer");
    if (!yg_str_eq(itself, s->issuer)) {
        if (!yg_oidc_url(itself, true) || itself.n > 300)
            itself = YG_STR("something else");
        return yg_err_set(w->err, YG_EFORMAT,
                          "the provider calls itself %.*s; `issuer` must be the same",
                          YG_STR_ARG(itself));
    }
    if (!address(w, &m, "authorization_endpoint", out->authorize) ||
        !address(w, &m, "token_endpoint", out->token) ||
        !address(w, &m, "jwks_uri", out->keys))
        return yg_err_set(w->err, YG_EFORMAT,
                          "the provider has no authorization_endpoint, token_endpoint or "
                          "jwks_uri with https");
    out->basic = lists(w, &m, way, YG_STR("client_secret_basic"), true);
    if (s->secret.p && !out->basic &&
        !lists(w, &m, way, YG_STR("client_secret_post"), false))
        return yg_err_set(w->err, YG_EFORMAT,
                          "the provider takes no client's secret (neither "
                          "client_secret_basic nor client_secret_post)");
    out->names_itself =
        yg_members_true(&m, "authorization_response_iss_parameter_supported");
    return YG_OK;
}

/* If what is known is older than this. */
static enum yg_status learn_meta(const struct work *w, int64_t after_s)
{
    struct yg_provider *p = w->p;
    struct meta fresh = { .read_ns = yg_clock_now(p->clock) };
    char url[YG_OIDC_URL_MAX + sizeof(DISCOVERY)];
    struct yg_str issuer = p->settings->issuer;
    struct yg_buf text;

    if (!is_old(p->meta.read_ns, fresh.read_ns, after_s))
        return YG_OK;
    issuer.n -= issuer.p[issuer.n - 1] == '/';
    snprintf(url, sizeof(url), "%.*s" DISCOVERY, YG_STR_ARG(issuer));
    yg_buf_init(&text, YG_FETCH_MAX);
    enum yg_status st = document(w, url, &text);
    if (st == YG_OK)
        st = read_meta(w, yg_buf_str(&text), &fresh);
    if (st == YG_OK)
        p->meta = fresh;
    yg_buf_fini(&text);
    return st;
}

static enum yg_status read_keys(const struct work *w)
{
    struct yg_provider *p = w->p;
    struct yg_jwks keys;
    struct yg_buf text;

    p->looked_ns = yg_clock_now(p->clock);
    yg_buf_init(&text, YG_FETCH_MAX);
    enum yg_status st = document(w, p->meta.keys, &text);
    if (st == YG_OK)
        st = yg_jwks_read(w->json, yg_buf_str(&text), w->arena, &keys, w->err);
    if (st == YG_OK) {
        yg_buf_clear(&p->keys);
        yg_buf_str_add(&p->keys, yg_buf_str(&text));
        p->keys_ns = p->looked_ns;
    }
    yg_buf_fini(&text);
    return st;
}

static enum yg_status learn(const struct work *w)
{
    enum yg_status st = learn_meta(w, YG_PROVIDER_META_S);

    return st == YG_OK &&
                   is_old(w->p->keys_ns, yg_clock_now(w->p->clock), YG_PROVIDER_KEYS_S)
               ? read_keys(w)
               : st;
}

bool yg_provider_issued(const struct yg_provider *p, struct yg_str iss)
{
    return iss.p ? yg_str_eq(iss, p->settings->issuer) : !p->meta.names_itself;
}

/* ---- texts in addresses and forms ------------------------------------------------- */

/* application/x-www-form-urlencoded, which a query may be written in, too. */
static void escaped(struct yg_buf *out, struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~')
            yg_buf_char(out, (char)c);
        else
            yg_buf_printf(out, "%%%02X", c);
    }
}

static void pair(struct yg_buf *out, const char *name, struct yg_str value)
{
    yg_buf_printf(out, "%s%s=", out->n ? "&" : "", name);
    escaped(out, value);
}

/* Where the browser comes back to. */
static void pair_back(struct yg_buf *out, const struct yg_oidc_settings *s)
{
    char url[YG_OIDC_URL_MAX + sizeof(YG_OIDC_BACK)];

    snprintf(url, sizeof(url), "%.*s" YG_OIDC_BACK, YG_STR_ARG(s->console));
    pair(out, "redirect_uri", yg_str_of(url));
}

/* RFC 7636, section 4.2: S256 */
static void pair_challenge(struct yg_buf *out, const char *verifier)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    char text[yg_base64url_room(sizeof(digest))];

    crypto_hash_sha256(digest, (const unsigned char *)verifier, strlen(verifier));
    yg_base64url_text(digest, sizeof(digest), text);
    pair(out, "code_challenge", yg_str_of(text));
    pair(out, "code_challenge_method", YG_STR("S256"));
}

static void put_address(const struct yg_provider *p, const struct yg_login_secrets *login,
                        struct yg_buf *out)
{
    const struct yg_oidc_settings *s = p->settings;
    struct yg_buf query;

    yg_buf_init(&query, FORM_MAX);
    pair(&query, "response_type", YG_STR("code"));
    pair(&query, "client_id", s->client_id);
    pair_back(&query, s);
    pair(&query, "scope", s->scopes);
    pair(&query, "state", yg_str_of(login->state));
    pair(&query, "nonce", yg_str_of(login->nonce));
    pair_challenge(&query, login->verifier);
    yg_buf_printf(out, "%s%c", p->meta.authorize,
                  strchr(p->meta.authorize, '?') ? '&' : '?');
    yg_buf_str_add(out, yg_buf_str(&query));
    yg_buf_fini(&query);
}

enum yg_status yg_provider_address(struct yg_provider *p,
                                   const struct yg_login_secrets *login,
                                   struct yg_buf *out, struct yg_err *err)
{
    struct yg_arena arena;
    struct work w = { .p = p, .arena = &arena, .err = err };

    if (yg_json_pull_new(YG_FETCH_MAX, &w.json) != YG_OK)
        return no_memory(err);
    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status st = learn_meta(&w, YG_PROVIDER_OLD_S);
    yg_arena_fini(&arena);
    yg_json_pull_free(w.json);
    if (st != YG_OK)
        return st;
    put_address(p, login, out);
    return yg_buf_status(out) == YG_OK ? YG_OK : no_memory(err);
}

/* ---- a code ----------------------------------------------------------------------- */

/* An error code (RFC 6749, section 5.2) as it may stand in a message. */
static struct yg_str word(struct yg_str code)
{
    for (size_t i = 0; i < code.n; i++)
        if (code.p[i] != '_' && (code.p[i] < 'a' || code.p[i] > 'z'))
            return YG_STR("no code of the standard");
    return code.n > 0 && code.n <= 64 ? code : YG_STR("no code");
}

static enum yg_status refused(const struct work *w, unsigned status, struct yg_str text)
{
    struct yg_members m;
    struct yg_str code = YG_STR_NONE;

    if (status == 400 || status == 401)
        code = yg_members_read(w->json, text, w->arena, &m) ? yg_members_text(&m, "error")
                                                            : YG_STR_NONE;
    if (yg_str_eq(code, YG_STR("invalid_grant")))
        return yg_err_set(w->err, YG_EPERM,
                          "the provider does not know this login any more");
    code = word(code);
    return yg_err_set(w->err, YG_EIO, "the provider answers %u (%.*s) to a code", status,
                      YG_STR_ARG(code));
}

static void token_form(const struct yg_oidc_settings *s, struct yg_str code,
                       const char *verifier, bool basic, struct yg_buf *out)
{
    pair(out, "grant_type", YG_STR("authorization_code"));
    pair(out, "code", code);
    pair_back(out, s);
    pair(out, "code_verifier", yg_str_of(verifier));
    if (basic)
        return;
    pair(out, "client_id", s->client_id);
    if (s->secret.p)
        pair(out, "client_secret", s->secret);
}

/* The ID token that a code is good for. */
static enum yg_status token_of(const struct work *w, struct yg_str code,
                               const char *verifier, struct yg_str *out)
{
    const struct yg_oidc_settings *s = w->p->settings;
    struct yg_buf form, user, password, answer;
    struct yg_members m;
    unsigned status = 0;
    bool basic = w->p->meta.basic && s->secret.p;
    yg_buf_init(&form, FORM_MAX);
    yg_buf_init(&user, FORM_MAX);
    yg_buf_init(&password, FORM_MAX);
    yg_buf_init(&answer, YG_FETCH_MAX);
    token_form(s, code, verifier, basic, &form);
    escaped(&user, s->client_id); /* RFC 6749, section 2.3.1 */
    escaped(&password, s->secret);
    const struct yg_fetch what = { .url = w->p->meta.token,
                                   .form = yg_buf_cstr(&form),
                                   .user = basic ? yg_buf_cstr(&user) : NULL,
                                   .password = yg_buf_cstr(&password) };
    enum yg_status st = ask(w, what, &answer, &status);
    struct yg_str text =
        st == YG_OK ? yg_arena_str(w->arena, yg_buf_str(&answer)) : YG_STR_NONE;
    if (st == YG_OK && status != 200)
        st = refused(w, status, text);
    if (st == YG_OK &&
        !(yg_members_read(w->json, text, w->arena, &m) &&
          yg_str_eq_nocase(yg_members_text(&m, "token_type"), YG_STR("Bearer")) &&
          (*out = yg_members_text(&m, "id_token")).p))
        st = yg_err_set(w->err, YG_EFORMAT,
                        "the provider answers a code without ID token");
    sodium_memzero(form.p, form.n);
    sodium_memzero(password.p, password.n);
    yg_buf_fini(&form);
    yg_buf_fini(&user);
    yg_buf_fini(&password);
    yg_buf_fini(&answer);
    return st;
}

/* Signed with one of the keys we have? `*unknown`: not with one that is known. */
static enum yg_status signed_by(const struct work *w, const struct yg_jwt *t,
                                bool *unknown)
{
    struct yg_jwks keys;

    struct yg_str text = yg_arena_str(w->arena, yg_buf_str(&w->p->keys));
    *unknown = false;
    if (!text.p)
        return yg_err_set(w->err, YG_ENOMEM, "no memory for the provider's keys");
    enum yg_status st = yg_jwks_read(w->json, text, w->arena, &keys, w->err);
    if (st != YG_OK)
        return st;
    const struct yg_jwk *k = yg_jwt_key(t, &keys);
    *unknown = k == NULL;
    if (!k)
        return yg_err_set(w->err, YG_EPERM,
                          "the ID token is signed with a key that the provider does not "
                          "publish");
    return yg_jwk_verify(k, t->bytes, t->signature)
               ? YG_OK
               : yg_err_set(w->err, YG_EPERM, "the ID token's signature is wrong");
}

static enum yg_status believe(const struct work *w, struct yg_str token,
                              const char *nonce, struct yg_person *out)
{
    const struct yg_idtoken_wanted wanted = { .settings = w->p->settings,
                                              .nonce = yg_str_of(nonce),
                                              .now_ns = yg_clock_now(w->p->clock) };
    struct yg_members *claims = yg_arena_alloc(w->arena, sizeof(*claims));
    struct yg_jwt t;
    bool unknown = false;

    if (!claims)
        return yg_err_set(w->err, YG_ENOMEM, "no memory for an ID token");
    enum yg_status st = yg_jwt_read(w->json, token, w->arena, &t, w->err);
    if (st == YG_OK)
        st = signed_by(w, &t, &unknown);
    if (unknown && is_old(w->p->looked_ns, wanted.now_ns, YG_PROVIDER_LOOK_S)) {
        st = read_keys(w);
        if (st == YG_OK)
            st = signed_by(w, &t, &unknown);
    }
    if (st == YG_OK && !yg_members_read(w->json, t.claims, w->arena, claims))
        st = yg_err_set(w->err, YG_EFORMAT, "the ID token's claims are no JSON object");
    if (st == YG_OK)
        st = yg_idtoken_check(w->json, claims, &wanted, w->arena, w->err);
    return st == YG_OK
               ? yg_idtoken_person(w->json, claims, w->p->settings, w->arena, out, w->err)
               : st;
}

enum yg_status yg_provider_redeem(struct yg_provider *p, struct yg_str code,
                                  const struct yg_login_secrets *login,
                                  struct yg_arena *arena, struct yg_person *out,
                                  struct yg_err *err)
{
    struct work w = { .p = p, .arena = arena, .err = err };
    struct yg_str token = YG_STR_NONE;

    if (yg_json_pull_new(YG_FETCH_MAX, &w.json) != YG_OK)
        return no_memory(err);
    enum yg_status st = learn(&w);
    if (st == YG_OK)
        st = token_of(&w, code, login->verifier, &token);
    if (st == YG_OK)
        st = believe(&w, token, login->nonce, out);
    yg_json_pull_free(w.json);
    return st;
}
