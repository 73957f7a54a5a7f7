/* SPDX-License-Identifier: Apache-2.0 */
/* What a provider says and signs: documents, keys, tokens, answers to a code. */
#include "oidc/jwk.h"
#include "oidc_code.h"

static void secrets(void **state)
{
    struct world *w = *state;

    w->settings.secret = YG_STR("p:s %");
    in(w);
    assert_string_equal(w->f->user, CLIENT);
    assert_string_equal(w->f->password, "p%3As%20%25");
    assert_null(strstr(w->f->form, "client_id"));
    assert_null(strstr(w->f->form, "client_secret"));
    w->clock.manual_ns += 2 * 3600 * YG_NS_PER_S;
    fake_change(w->f->meta, sizeof(w->f->meta), "{\"issuer\"",
                "{\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"],"
                "\"issuer\"");
    out(w, "two hours later", YG_EPERM, "exp");
    assert_string_equal(w->f->user, "");
    assert_non_null(strstr(w->f->form, "&client_secret=p%3As%20%25"));
    w->clock.manual_ns += 2 * 3600 * YG_NS_PER_S;
    fake_change(w->f->meta, sizeof(w->f->meta), "client_secret_post", "private_key_jwt");
    out(w, "takes no secret", YG_EFORMAT, "takes no client's secret");
}

static void heads(void **state)
{
    static const struct {
        const char *name, *head, *why;
    } row[] = {
        { "none", "{\"alg\":\"none\"}", "signed otherwise" },
        { "NONE", "{\"alg\":\"NONE\"}", "signed otherwise" },
        { "none with a kid", "{\"alg\":\"none\",\"kid\":\"e\"}", "signed otherwise" },
        { "HS256", "{\"alg\":\"HS256\",\"kid\":\"e\"}", "signed otherwise" },
        { "RS384", "{\"alg\":\"RS384\",\"kid\":\"r\"}", "signed otherwise" },
        { "no alg", "{\"kid\":\"e\"}", "signed otherwise" },
        { "alg of a list", "{\"alg\":[\"ES256\"],\"kid\":\"e\"}", "signed otherwise" },
        { "small letters", "{\"alg\":\"es256\",\"kid\":\"e\"}", "signed otherwise" },
        { "another alg than the key's", "{\"alg\":\"RS256\",\"kid\":\"e\"}", "publish" },
        { "another key", "{\"alg\":\"ES256\",\"kid\":\"r\"}", "publish" },
        { "unknown key", "{\"alg\":\"ES256\",\"kid\":\"z\"}", "publish" },
        { "kid of a number", "{\"alg\":\"ES256\",\"kid\":1}", "kid" },
        { "an extension", "{\"alg\":\"ES256\",\"kid\":\"e\",\"crit\":[\"b64\"]}",
          "extension" },
        { "an access token", "{\"alg\":\"ES256\",\"kid\":\"e\",\"typ\":\"at+jwt\"}",
          "another type" },
        { "alg twice", "{\"alg\":\"ES256\",\"kid\":\"e\",\"alg\":\"none\"}", "no head" },
        { "no object", "\"ES256\"", "no head" },
        { "no kid", "{\"alg\":\"ES256\"}", NULL },
        { "a key of its own",
          "{\"alg\":\"ES256\",\"kid\":\"z\",\"jku\":\"https://evil.example/keys\"}",
          "publish" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        fake_good(w->f);
        snprintf(w->f->head, sizeof(w->f->head), "%s", row[i].head);
        if (row[i].why)
            out(w, row[i].name, strstr(row[i].why, "publish") ? YG_EPERM : YG_EFORMAT,
                row[i].why);
        else
            in(w);
    }
}

/* The oldest trick: the public key as the secret of an HMAC. */
static void confused(void **state)
{
    struct world *w = *state;
    char key[2048];

    fake_rsa(w->f, "", key, sizeof(key));
    w->f->mac = key;
    snprintf(w->f->head, sizeof(w->f->head), "{\"alg\":\"HS256\",\"kid\":\"r\"}");
    out(w, "HS256", YG_EFORMAT, "signed otherwise");
    snprintf(w->f->head, sizeof(w->f->head), "{\"alg\":\"RS256\",\"kid\":\"r\"}");
    out(w, "called RS256", YG_EPERM, "signature");
}

static void signatures(void **state)
{
    struct world *w = *state;
    char token[16384], bad[16384];

    w->f->own_token = true;
    for (int k = RSA; k < FAKE_KEYS; k++) {
        w->f->sign = (enum fake_key)k;
        fake_token(w->f, fake_head(w->f), w->f->claims, token, sizeof(token));
        size_t n = strlen(token), dot = (size_t)(strrchr(token, '.') - token);
        struct {
            const char *name;
            size_t n, at;
            const char *why;
        } row[] = {
            { "as it is", n, n, NULL },
            { "no signature", dot, n, "no signed token" },
            { "an empty one", dot + 1, n, "no signed token" },
            { "cut", n - 4, n, "" },
            { "another bit of it", n, n - 20, "signature" },
            { "another bit of the claims", n, dot - 30, "signature" },
        };
        for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
            snprintf(bad, sizeof(bad), "%.*s", (int)row[i].n, token);
            if (row[i].at < row[i].n)
                bad[row[i].at] = bad[row[i].at] == 'B' ? 'C' : 'B';
            snprintf(w->f->token, sizeof(w->f->token),
                     "{\"token_type\":\"bearer\",\"id_token\":\"%s\"}", bad);
            enum yg_status st = redeem(w);
            if ((st == YG_OK) != !row[i].why ||
                (row[i].why && !strstr(w->err.msg, row[i].why)))
                fail_msg("%d, %s: %s", k, row[i].name, st == YG_OK ? "in" : w->err.msg);
        }
    }
}

static void answers(void **state)
{
    static const struct {
        const char *name, *token;
        unsigned status;
        enum yg_status st;
        const char *why;
    } row[] = {
        { "the code was used", "{\"error\":\"invalid_grant\"}", 400, YG_EPERM,
          "any more" },
        { "the secret is wrong", "{\"error\":\"invalid_client\"}", 401, YG_EIO,
          "invalid_client" },
        { "an error of its own", "{\"error\":\"\\n\\u0000<b>\"}", 400, YG_EIO,
          "(no code of the standard)" },
        { "no error code", "{}", 400, YG_EIO, "(no code)" },
        { "a redirect", "", 302, YG_EIO, "302" },
        { "an error as text", "<html>", 500, YG_EIO, "500" },
        { "no JSON", "<html>", 200, YG_EFORMAT, "without ID token" },
        { "no token", "{\"token_type\":\"Bearer\"}", 200, YG_EFORMAT,
          "without ID token" },
        { "another type", "{\"token_type\":\"mac\",\"id_token\":\"a.b.c\"}", 200,
          YG_EFORMAT, "without ID token" },
        { "a token of a number", "{\"token_type\":\"Bearer\",\"id_token\":1}", 200,
          YG_EFORMAT, "without ID token" },
        { "five parts", "{\"token_type\":\"Bearer\",\"id_token\":\"a.b.c.d.e\"}", 200,
          YG_EFORMAT, "no signed token" },
        { "no base64url", "{\"token_type\":\"Bearer\",\"id_token\":\"a=.b.c\"}", 200,
          YG_EFORMAT, "base64url" },
    };
    struct world *w = *state;

    w->f->own_token = true;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        snprintf(w->f->token, sizeof(w->f->token), "%s", row[i].token);
        w->f->token_status = row[i].status;
        out(w, row[i].name, row[i].st, row[i].why);
    }
    w->f->fails = YG_ELIMIT;
    out(w, "huge", YG_ELIMIT, "");
    /* who is silent is let be for a while */
    w->f->fails = YG_EIO;
    out(w, "down", YG_EIO, "does not answer");
    fake_good(w->f);
    out(w, "a moment later", YG_EIO, "a moment ago");
    assert_int_equal(w->f->metas, 0);
    w->clock.manual_ns += 11 * YG_NS_PER_S;
    in(w);
}

/* ---- documents ----------------------------------------------------------------------
 */

static void documents(void **state)
{
    static const struct {
        const char *name, *from, *to;
    } row[] = {
        { "mixed up", "\"issuer\":\"" ISSUER, "\"issuer\":\"https://evil.example" },
        { "called oddly", "\"issuer\":\"" ISSUER, "\"issuer\":\"<\\n>" },
        { "http", ISSUER "/token", "http://id.example.org/token" },
        { "another scheme", ISSUER "/keys", "file:///etc/passwd" },
        { "this machine", ISSUER "/auth", "http://localhost/auth" },
        { "a user in it", ISSUER "/auth", "https://id.example.org@evil.example/" },
        { "a line end in it", ISSUER "/auth", "https://id.example.org/\\r\\nX: y" },
        { "no keys", "jwks_uri", "jwks" },
        { "no object", "{", "" },
        { "issuer twice", "\"issuer\"", "\"issuer\":\"x\",\"issuer\"" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        fake_good(w->f);
        fake_change(w->f->meta, sizeof(w->f->meta), row[i].from, row[i].to);
        out(w, row[i].name, YG_EFORMAT, "");
    }
    fake_good(w->f);
    w->f->meta_status = 301;
    out(w, "a redirect", YG_EIO, "no redirect is followed");
    fake_good(w->f);
    in(w);
}

/* A key that is not known is looked for once a minute. */
static void rotation(void **state)
{
    struct world *w = *state;

    fake_change(w->f->keys, sizeof(w->f->keys), "\"kid\":\"e\"", "\"kid\":\"old\"");
    out(w, "not there yet", YG_EPERM, "publish");
    assert_int_equal(w->f->keyses, 1); /* just read */
    fake_change(w->f->keys, sizeof(w->f->keys), "\"kid\":\"old\"", "\"kid\":\"e\"");
    out(w, "within the minute", YG_EPERM, "publish");
    assert_int_equal(w->f->keyses, 1);
    w->clock.manual_ns += 61 * YG_NS_PER_S;
    in(w);
    assert_int_equal(w->f->keyses, 2);
    in(w);
    assert_int_equal(w->f->keyses, 2);
    /* a key that was withdrawn is gone after a quarter of an hour */
    fake_change(w->f->keys, sizeof(w->f->keys), "\"kid\":\"e\"", "\"kid\":\"new\"");
    w->clock.manual_ns += 60 * YG_NS_PER_S;
    in(w);
    w->clock.manual_ns += 900 * YG_NS_PER_S;
    change_claims(w, "\"exp\":1700006700", "\"exp\":1700008700");
    change_claims(w, "\"iat\":1700006400", "\"iat\":1700007400");
    out(w, "withdrawn", YG_EPERM, "publish");
    assert_int_equal(w->f->keyses, 3);
    w->f->keys_status = 500;
    w->clock.manual_ns += 901 * YG_NS_PER_S;
    out(w, "no keys any more", YG_EIO, "500");
}

static void keys(void **state)
{
    struct world *w = *state;
    char ec[512], more[900];
    static const struct {
        const char *name, *more;
        bool good;
    } row[] = {
        { "bare", ",\"kid\":\"e\"", true },
        { "for signatures", ",\"kid\":\"e\",\"use\":\"sig\",\"key_ops\":[\"verify\"]",
          true },
        { "for encryption", ",\"kid\":\"e\",\"use\":\"enc\"", false },
        { "to sign with", ",\"kid\":\"e\",\"key_ops\":[\"sign\"]", false },
        { "for another algorithm", ",\"kid\":\"e\",\"alg\":\"ES384\"", false },
        { "kid of a number", ",\"kid\":1", false },
        { "no kid", "", false },
        { "a member twice", ",\"kid\":\"e\",\"kid\":\"e\"", false },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        fake_ec(w->f, row[i].more, ec, sizeof(ec));
        snprintf(w->f->keys, sizeof(w->f->keys), "{\"keys\":[{},1,\"x\",%s]}", ec);
        w->clock.manual_ns += 61 * YG_NS_PER_S;
        enum yg_status st = redeem(w);
        if ((st == YG_OK) != row[i].good)
            fail_msg("%s: %s", row[i].name, st == YG_OK ? "in" : w->err.msg);
        yg_provider_free(w->p);
        w->clock.manual_ns = NOW_S * YG_NS_PER_S;
        w->p = yg_provider_new(&w->settings, &w->clock, fake_fetcher(w->f), NULL);
    }
    fake_ec(w->f, ",\"kid\":\"e\"", ec, sizeof(ec));
    snprintf(more, sizeof(more), "{\"keys\":[%.400s,%.400s]}", ec, ec);
    snprintf(w->f->keys, sizeof(w->f->keys), "%s", more);
    out(w, "two of one name", YG_EPERM, "publish");
}

/* Keys that are not used: too weak, of another kind, not well formed. */
static void odd_keys(void **state)
{
#define N256 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define N512 N256 N256
#define X32  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
    static const struct {
        const char *name, *key;
        bool good;
    } row[] = {
        { "RSA of 384 bits", "{\"kty\":\"RSA\",\"n\":\"g" N256 "\",\"e\":\"AQAB\"}",
          false },
        { "RSA of 768 bits", "{\"kty\":\"RSA\",\"n\":\"g" N512 "AAB\",\"e\":\"AQAB\"}",
          false },
        { "Ed25519", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X32 "\"}", true },
        { "Ed25519 with padding",
          "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X32 "=\"}", false },
        { "Ed25519, a byte more",
          "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X32 "A\"}", false },
        { "X25519", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X32 "\"}", false },
        { "P-256",
          "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X32 "\",\"y\":\"" X32 "\"}",
          true },
        { "P-256 without y", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X32 "\"}",
          false },
        { "P-384",
          "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X32 "\",\"y\":\"" X32 "\"}",
          false },
        { "secp256k1",
          "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X32 "\",\"y\":\"" X32 "\"}",
          false },
        { "a secret", "{\"kty\":\"oct\",\"k\":\"" X32 "\"}", false },
        { "an empty kid",
          "{\"kid\":\"\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X32 "\"}", false },
    };
    struct world *w = *state;
    struct yg_json_pull *json;
    struct yg_jwks set;
    char text[2048], rsa[2048], *at;

    assert_int_equal(yg_json_pull_new(YG_FETCH_MAX, &json), YG_OK);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        snprintf(text, sizeof(text), "{\"keys\":[%s]}", row[i].key);
        assert_int_equal(yg_jwks_read(json, yg_str_of(text), &w->arena, &set, &w->err),
                         YG_OK);
        if (set.count != row[i].good || set.passed == row[i].good)
            fail_msg("%s: %zu", row[i].name, set.count);
        /* a point that is not on the curve verifies nothing */
        if (set.count > 0)
            assert_false(
                yg_jwk_verify(&set.key[0], YG_STR("x"), (struct yg_str){ text, 64 }));
    }
    static const char *const e[] = { "AQAA", "AQ", "AAAB", "AQAAAAE", "" };
    for (size_t i = 0; i <= YG_ARRAY_LEN(e); i++) {
        fake_rsa(w->f, "", rsa, sizeof(rsa));
        at = strstr(rsa, "AQAB");
        if (i < YG_ARRAY_LEN(e))
            snprintf(at, 32, "%s\"}", e[i]);
        snprintf(text, sizeof(text), "{\"keys\":[%.1900s]}", rsa);
        assert_int_equal(yg_jwks_read(json, yg_str_of(text), &w->arena, &set, &w->err),
                         YG_OK);
        assert_int_equal(set.count, i == YG_ARRAY_LEN(e));
    }
    static const char *const bad[] = { "",
                                       "[]",
                                       "{}",
                                       "{\"keys\":{}}",
                                       "{\"keys\":[}",
                                       "{\"keys\":[]} x",
                                       "{\"keys\":[],\"keys\":[]}" };
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++)
        assert_int_equal(yg_jwks_read(json, yg_str_of(bad[i]), &w->arena, &set, &w->err),
                         YG_EFORMAT);
    yg_json_pull_free(json);
}

static void addresses(void **state)
{
    struct world *w = *state;
    struct yg_buf b;

    yg_buf_init(&b, 8192);
    assert_int_equal(yg_provider_address(w->p, &login, &b, &w->err), YG_OK);
    assert_string_equal(yg_buf_cstr(&b),
                        ISSUER "/auth?response_type=code&client_id=yagura&redirect_uri="
                               "https%3A%2F%2Fsoc.example.org%2Flogin%2Foidc%2Fback&"
                               "scope=openid%20profile&state=STATE&nonce=NONCE&"
                               "code_challenge="
                               "a1Y-Z7sHPycP84FUZMgqhDyqVo6DdP5EUEXrLaTUge0&"
                               "code_challenge_method=S256");
    assert_true(yg_provider_issued(w->p, YG_STR_NONE));
    assert_true(yg_provider_issued(w->p, YG_STR(ISSUER)));
    assert_false(yg_provider_issued(w->p, YG_STR("https://evil.example")));
    assert_false(yg_provider_issued(w->p, YG_STR("")));
    fake_change(w->f->meta, sizeof(w->f->meta), "{",
                "{\"authorization_response_iss_parameter_supported\":true,");
    yg_buf_clear(&b);
    w->clock.manual_ns += 86401 * YG_NS_PER_S;
    assert_int_equal(yg_provider_address(w->p, &login, &b, &w->err), YG_OK);
    assert_false(yg_provider_issued(w->p, YG_STR_NONE));
    assert_true(yg_provider_issued(w->p, YG_STR(ISSUER)));
    yg_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T(secrets),    T(heads),   T(confused),
                                        T(signatures), T(answers), T(documents),
                                        T(rotation),   T(keys),    T(odd_keys),
                                        T(addresses) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, fake_new, fake_free);
}
