/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of an ID token: whom they make, and which are not believed. */
#include "oidc_code.h"

static void person(void **state)
{
    struct world *w = *state;

    for (int k = RSA; k < FAKE_KEYS; k++) {
        w->f->sign = (enum fake_key)k;
        in(w);
        assert_true(yg_str_eq(w->person.subject, YG_STR("s-1")));
        assert_true(yg_str_eq(w->person.name, YG_STR("Kim")));
        assert_true(yg_str_eq(w->person.full, YG_STR("Kim Lee")));
        assert_int_equal(w->person.role, YG_ROLE_ANALYST);
        assert_true(w->person.scope.all);
        assert_false(w->person.second);
    }
    assert_int_equal(w->f->metas, 1);
    assert_int_equal(w->f->keyses, 1);
    assert_int_equal(w->f->tokens, 3);
    assert_string_equal(w->f->form,
                        "grant_type=authorization_code&code=CO%2FDE&redirect_uri="
                        "https%3A%2F%2Fsoc.example.org%2Flogin%2Foidc%2Fback&"
                        "code_verifier=VERIFIER&client_id=yagura");
    assert_string_equal(w->f->user, "");
}

static void roles(void **state)
{
    static const struct {
        const char *name, *groups;
        enum yg_role role;
    } row[] = {
        { "none", "\"groups\":[]", YG_ROLE_NONE },
        { "not there", "\"x\":1", YG_ROLE_NONE },
        { "another", "\"groups\":[\"SOC\",\"soc \",\"analyst\"]", YG_ROLE_NONE },
        { "one text", "\"groups\":\"lead\"", YG_ROLE_SENIOR },
        { "the first row counts", "\"groups\":[\"soc\",\"lead\"]", YG_ROLE_SENIOR },
        { "of numbers and lists only texts", "\"groups\":[1,[\"lead\"],\"soc\"]",
          YG_ROLE_ANALYST },
        { "a number", "\"groups\":1", YG_ROLE_COUNT },
        { "an object", "\"groups\":{\"soc\":true}", YG_ROLE_COUNT },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        fake_good(w->f);
        change_claims(w, "\"groups\":[\"soc\"]", row[i].groups);
        if (row[i].role == YG_ROLE_COUNT) {
            out(w, row[i].name, YG_EPERM, "cannot be read");
            continue;
        }
        in(w);
        if (w->person.role != row[i].role)
            fail_msg("%s: %s", row[i].name, yg_role_name(w->person.role));
    }
}

static void nested(void **state)
{
    static const struct {
        const char *claim, *claims;
        bool found;
    } row[] = {
        { "realm_access.roles", "\"realm_access\":{\"roles\":[\"lead\"]}", true },
        { "a.b.c", "\"a\":{\"b\":{\"c\":\"lead\"}}", true },
        { "a.b.c", "\"a\":{\"b.c\":\"lead\"}", true },
        { "https://x.example/roles", "\"https://x.example/roles\":[\"lead\"]", true },
        { "a.b", "\"a\":[{\"b\":\"lead\"}]", false },
        { "a.b", "\"a\":\"lead\"", false },
        { "a.", "\"a\":{\"\":\"lead\"}", true },
        { "a", "\"A\":\"lead\"", false },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        fake_good(w->f);
        w->settings.role_claim = yg_str_of(row[i].claim);
        change_claims(w, "\"groups\":[\"soc\"]", row[i].claims);
        in(w);
        if ((w->person.role == YG_ROLE_SENIOR) != row[i].found)
            fail_msg("%s", row[i].claim);
    }
}

static void tenants(void **state)
{
    static const struct {
        const char *groups, *want;
    } row[] = {
        { "\"soc\"", "" },
        { "\"soc\",\"c2\"", "harbor" },
        { "\"c2\",\"soc\",\"c1\",\"c9\"", "acme,harbor" },
        { "\"c2\",\"soc\",\"every\"", "all" },
        { "\"admins\",\"c1\"", "all" }, /* of all, or none */
    };
    struct world *w = *state;

    w->settings.tenant_claim = YG_STR("groups");
    w->settings.fixed = (struct yg_scope){ .all = false };
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        char text[200], got[200] = "";
        fake_good(w->f);
        snprintf(text, sizeof(text), "\"groups\":[%s]", row[i].groups);
        change_claims(w, "\"groups\":[\"soc\"]", text);
        in(w);
        for (size_t t = 0; t < w->person.scope.tenants; t++)
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s", t ? "," : "",
                     YG_STR_ARG(w->person.scope.tenant[t]));
        assert_string_equal(w->person.scope.all ? "all" : got, row[i].want);
    }
}

static void domains(void **state)
{
    static const struct {
        const char *mail;
        bool in;
    } row[] = {
        { "\"email\":\"kim@example.org\",\"email_verified\":true", true },
        { "\"email\":\"kim@EXAMPLE.org\",\"email_verified\":true", true },
        { "\"email\":\"kim@example.org\",\"email_verified\":false", false },
        { "\"email\":\"kim@example.org\",\"email_verified\":\"true\"", false },
        { "\"email\":\"kim@example.org\"", false },
        { "\"email_verified\":true", false },
        { "\"email\":\"kim@evil.example.org\",\"email_verified\":true", false },
        { "\"email\":\"kim@example.org.evil\",\"email_verified\":true", false },
        { "\"email\":\"kim@evil@example.org\",\"email_verified\":true", false },
        { "\"email\":\"@example.org\",\"email_verified\":true", false },
        { "\"email\":\"example.org\",\"email_verified\":true", false },
        { "\"email\":[\"kim@example.org\"],\"email_verified\":true", false },
    };
    struct world *w = *state;

    w->settings.domain = fake_domains;
    w->settings.domains = 1;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        char text[200];
        fake_good(w->f);
        snprintf(text, sizeof(text), "%s,\"sub\"", row[i].mail);
        change_claims(w, "\"sub\"", text);
        if (row[i].in)
            in(w);
        else
            out(w, row[i].mail, YG_EPERM, "mail address");
    }
}

static void second(void **state)
{
    struct world *w = *state;

    change_claims(w, "\"sub\"", "\"amr\":[\"pwd\",\"mfa\"],\"sub\"");
    in(w);
    assert_true(w->person.second);
    change_claims(w, "\"mfa\"", "\"x\"");
    in(w);
    assert_false(w->person.second);
}

static void claims(void **state)
{
    static const struct {
        const char *name, *from, *to, *why; /* NULL: in */
    } row[] = {
        { "another issuer", ISSUER, "https://id.example.org/realms/evil", "iss" },
        { "issuer with a slash", ISSUER, ISSUER "/", "iss" },
        { "no issuer", "\"iss\"", "\"isz\"", "iss" },
        { "issuer as a list", "\"" ISSUER "\"", "[\"" ISSUER "\"]", "iss" },
        { "another audience", "\"aud\":\"yagura\"", "\"aud\":\"other\"", "aud" },
        { "no audience", "\"aud\"", "\"aux\"", "aud" },
        { "a list of us", "\"aud\":\"yagura\"", "\"aud\":[\"yagura\"]", NULL },
        { "an empty list", "\"aud\":\"yagura\"", "\"aud\":[]", "aud" },
        { "two, and not by whom", "\"aud\":\"yagura\"", "\"aud\":[\"yagura\",\"x\"]",
          "azp" },
        { "two, for us", "\"aud\":\"yagura\"",
          "\"azp\":\"yagura\",\"aud\":[\"x\",\"yagura\"]", NULL },
        { "for another", "\"aud\":\"yagura\"", "\"azp\":\"x\",\"aud\":\"yagura\"",
          "azp" },
        { "a number among them", "\"aud\":\"yagura\"", "\"aud\":[\"yagura\",1]", "aud" },
        { "just expired", "\"exp\":1700006700", "\"exp\":1700006100", "exp" },
        { "within the skew", "\"exp\":1700006700", "\"exp\":1700006101", NULL },
        { "a time with a fraction", "\"exp\":1700006700", "\"exp\":1700006700.5", NULL },
        { "a time as text", "\"exp\":1700006700", "\"exp\":\"1700006700\"", "exp" },
        { "no expiry", "\"exp\"", "\"exq\"", "exp" },
        { "a huge expiry", "\"exp\":1700006700", "\"exp\":1e300", "exp" },
        { "of the future", "\"iat\":1700006400", "\"iat\":1700006701", "iat" },
        { "of a near future", "\"iat\":1700006400", "\"iat\":1700006700", NULL },
        { "old", "\"iat\":1700006400", "\"iat\":1700005499", "iat" },
        { "no time", "\"iat\"", "\"iax\"", "iat" },
        { "not yet", "\"sub\"", "\"nbf\":1700006701,\"sub\"", "nbf" },
        { "soon", "\"sub\"", "\"nbf\":1700006700,\"sub\"", NULL },
        { "another nonce", "NONCE", "NONCF", "nonce" },
        { "a longer nonce", "NONCE", "NONCE0", "nonce" },
        { "no nonce", "\"nonce\"", "\"nonse\"", "nonce" },
        { "an empty nonce", "\"NONCE\"", "\"\"", "nonce" },
        { "no subject", "\"sub\"", "\"suc\"", "sub" },
        { "an empty subject", "\"s-1\"", "\"\"", "sub" },
        { "a subject of Chinese", "\"s-1\"", "\"\xe5\xb1\xb1\"", "sub" },
        { "a subject with a line end", "\"s-1\"", "\"s\\n1\"", "sub" },
        { "a number as subject", "\"s-1\"", "1", "sub" },
        { "a claim twice", "\"sub\"", "\"iss\":\"" ISSUER "\",\"sub\"",
          "no JSON object" },
        { "twice, written otherwise", "\"sub\"", "\"s\\u0075b\":\"x\",\"sub\"",
          "no JSON object" },
        { "no object", "{\"iss\"", "[{\"iss\"", "no JSON object" },
        { "no name", "preferred_username", "preferred_usernam", "claim" },
        { "an empty name", "\"Kim\"", "\"\"", "claim" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        fake_good(w->f);
        change_claims(w, row[i].from, row[i].to);
        if (!row[i].why && redeem(w) != YG_OK)
            fail_msg("%s: %s", row[i].name, w->err.msg);
        else if (row[i].why && redeem(w) == YG_OK)
            fail_msg("%s: in", row[i].name);
        else if (row[i].why && !strstr(w->err.msg, row[i].why))
            fail_msg("%s: %s", row[i].name, w->err.msg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { T(person),  T(roles),  T(nested), T(tenants),
                                        T(domains), T(second), T(claims) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, fake_new, fake_free);
}
