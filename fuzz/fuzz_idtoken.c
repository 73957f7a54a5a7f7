/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an identity provider says, byte by byte. The first byte chooses: `k` a key set,
 * `t` a token, `c` claims (whose signature was right), `p` a discovery document, a key
 * set and the answer to a code with 0x1e between, `y` settings.
 */
#include "base/clock.h"
#include "oidc/jwt.h"
#include "oidc/provider.h"

#include <sodium.h>
#include <stdlib.h>

#define NOW_S  INT64_C(1700006400)
#define ISSUER "https://id.example.org"
#define NONCE  "NONCE"

static const struct yg_oidc_role roles[] = { { { "lead", 4 }, YG_ROLE_SENIOR },
                                             { { "soc", 3 }, YG_ROLE_ANALYST } };
static const struct yg_oidc_tenant tenants[] = { { { "c1", 2 }, { "acme", 4 } },
                                                 { { "all", 3 }, { NULL, 0 } } };
static const struct yg_str domains[] = { { "example.org", 11 } };

static struct yg_oidc_settings settings(bool strict)
{
    return (struct yg_oidc_settings){ .on = true,
                                      .issuer = YG_STR(ISSUER),
                                      .client_id = YG_STR("yagura"),
                                      .secret = strict ? YG_STR("s") : YG_STR_NONE,
                                      .console = YG_STR("https://soc.example.org"),
                                      .scopes = YG_STR("openid"),
                                      .name_claim = YG_STR("preferred_username"),
                                      .role_claim = YG_STR("realm_access.roles"),
                                      .tenant_claim = YG_STR("groups"),
                                      .role = roles,
                                      .roles = YG_ARRAY_LEN(roles),
                                      .tenant = tenants,
                                      .tenants = YG_ARRAY_LEN(tenants),
                                      .domain = domains,
                                      .domains = strict };
}

struct bench {
    struct yg_json_pull *json;
    struct yg_arena arena;
    struct yg_err err;
};

static void keys(struct bench *b, struct yg_str text)
{
    struct yg_jwks set;

    if (yg_jwks_read(b->json, text, &b->arena, &set, &b->err) != YG_OK)
        return;
    YG_ASSERT(set.count + set.passed <= YG_JWKS_MAX);
    /* nothing verifies what it did not sign */
    for (size_t i = 0; i < set.count; i++) {
        char sig[256] = { 1 };
        size_t n = set.key[i].alg == YG_JWK_RS256 ? sizeof(sig) : 64;
        YG_ASSERT(
            !yg_jwk_verify(&set.key[i], YG_STR("bytes"), (struct yg_str){ sig, n }));
    }
}

static void token(struct bench *b, struct yg_str text)
{
    struct yg_members m;
    struct yg_jwt t;

    if (yg_jwt_read(b->json, text, &b->arena, &t, &b->err) != YG_OK)
        return;
    YG_ASSERT(t.bytes.n < text.n && t.signature.n > 0);
    if (yg_members_read(b->json, t.claims, &b->arena, &m))
        (void)yg_members_text(&m, "sub");
}

static void claims(struct bench *b, struct yg_str text)
{
    const struct yg_oidc_settings s = settings(text.n % 2);
    const struct yg_idtoken_wanted wanted = { &s, YG_STR(NONCE), NOW_S * YG_NS_PER_S };
    struct yg_person p;
    struct yg_members m;

    if (!yg_members_read(b->json, text, &b->arena, &m))
        return;
    if (yg_idtoken_check(b->json, &m, &wanted, &b->arena, &b->err) == YG_OK) {
        YG_ASSERT(yg_str_eq(yg_members_text(&m, "iss"), s.issuer));
        YG_ASSERT(yg_str_eq(yg_members_text(&m, "nonce"), YG_STR(NONCE)));
    }
    if (yg_idtoken_person(b->json, &m, &s, &b->arena, &p, &b->err) != YG_OK)
        return;
    YG_ASSERT(p.role == YG_ROLE_NONE || p.role == YG_ROLE_SENIOR ||
              p.role == YG_ROLE_ANALYST);
    YG_ASSERT(p.name.n > 0);
    for (size_t i = 0; i < p.scope.tenants; i++)
        YG_ASSERT(yg_str_eq(p.scope.tenant[i], YG_STR("acme")));
}

struct said {
    struct yg_str rest;
};

static enum yg_status get(void *arg, const struct yg_fetch *w, struct yg_buf *out,
                          unsigned *status, struct yg_err *err)
{
    struct said *s = arg;

    (void)w;
    *status = 200;
    yg_buf_str_add(out, yg_str_cut(&s->rest, '\x1e'));
    return yg_buf_status(out) == YG_OK ? YG_OK : yg_err_set(err, YG_ELIMIT, "too long");
}

static void provider(struct bench *b, struct yg_str text)
{
    const struct yg_oidc_settings s = settings(text.n % 2);
    const struct yg_clock clock = yg_clock_manual(NOW_S * YG_NS_PER_S);
    const struct yg_login_secrets login = { "S", NONCE, "V" };
    struct said said = { text };
    struct yg_provider *p =
        yg_provider_new(&s, &clock, (struct yg_fetcher){ get, &said }, NULL);
    struct yg_person person;
    struct yg_buf address;

    YG_ASSERT(p);
    yg_buf_init(&address, 16384);
    if (yg_provider_address(p, &login, &address, &b->err) == YG_OK)
        for (size_t i = 0; i < address.n; i++)
            YG_ASSERT(yg_buf_str(&address).p[i] > ' ');
    (void)yg_provider_issued(p, text);
    enum yg_status st =
        yg_provider_redeem(p, YG_STR("C"), &login, &b->arena, &person, &b->err);
    (void)st;
    yg_buf_fini(&address);
    yg_provider_free(p);
}

/* What is printed reads back the same. */
static void configuration(struct bench *b, struct yg_str text)
{
    struct yg_oidc_settings s, again;
    struct yg_buf out, twice;

    if (memmem(text.p, text.n, "client_secret_file", 18) ||
        yg_oidc_parse(&b->arena, "y.yaml", text, &s, &b->err) != YG_OK)
        return;
    yg_buf_init(&out, 1 << 22);
    yg_buf_init(&twice, 1 << 22);
    yg_oidc_print(&s, &out);
    if (yg_buf_status(&out) == YG_OK && s.on) {
        YG_ASSERT(yg_oidc_parse(&b->arena, "y.yaml", yg_buf_str(&out), &again, &b->err) ==
                  YG_OK);
        yg_oidc_print(&again, &twice);
        YG_ASSERT(yg_str_eq(yg_buf_str(&out), yg_buf_str(&twice)));
    }
    yg_buf_fini(&out);
    yg_buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bench b = { .json = NULL };

    if (size == 0 || sodium_init() < 0 ||
        yg_json_pull_new(YG_FETCH_MAX, &b.json) != YG_OK)
        return 0;
    yg_arena_init(&b.arena, (size_t)32 << 20);
    struct yg_str text = { (const char *)data + 1, size - 1 };
    if (data[0] == 'k')
        keys(&b, text);
    else if (data[0] == 't')
        token(&b, text);
    else if (data[0] == 'c')
        claims(&b, text);
    else if (data[0] == 'p')
        provider(&b, text);
    else if (data[0] == 'y')
        configuration(&b, text);
    yg_arena_fini(&b.arena);
    yg_json_pull_free(b.json);
    return 0;
}
