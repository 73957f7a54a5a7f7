/* SPDX-License-Identifier: Apache-2.0 */
/* The console's way in by an identity provider: cookies, pages, users, the trail. */
#include "api_people.h"
#include "oidc/oidc.h"
#include "oidc_fake.h"

struct console {
    struct asked *a;
    struct fake *f;
    struct yg_oidc_settings settings;
    struct yg_rng rng;
    struct yg_oidc *o;
    char cookie[64], state[64];
};

static int console_setup(void **state)
{
    struct fake *f = *state;
    struct console *c = calloc(1, sizeof(*c));
    void *a = NULL;

    fake_good(f);
    if (!c || setup(&a) != 0)
        return -1;
    c->a = a;
    c->f = f;
    c->settings = fake_settings();
    c->a->w->f->clock = yg_clock_manual(NOW_S * YG_NS_PER_S);
    yg_rng_init(&c->rng, 2);
    const struct yg_oidc_options o = { .settings = &c->settings,
                                       .clock = &c->a->w->f->clock,
                                       .entropy = { from_rng, &c->rng },
                                       .fetcher = fake_fetcher(f) };
    c->o = yg_oidc_new(&o);
    c->a->w->api.provider = &c->settings;
    c->a->w->api.oidc = c->o;
    *state = c;
    return c->o ? 0 : -1;
}

static int console_end(void **state)
{
    struct console *c = *state;
    struct fake *f = c->f;
    void *a = c->a;

    yg_oidc_free(c->o);
    int rc = end(&a);
    free(c);
    *state = f;
    return rc;
}

static const char *browse(struct console *c, const char *target, const char *cookie)
{
    return ask(c->a->w, (struct yg_http_request){ .target = yg_str_of(target),
                                                  .host = YG_STR("localhost:8433"),
                                                  .peer = YG_STR("192.0.2.10"),
                                                  .cookie = yg_str_of(cookie),
                                                  .fetch_site = YG_STR("cross-site"),
                                                  .tls = true });
}

static unsigned status(const struct console *c)
{
    return c->a->w->got.status;
}

/* The value of a header of the last answer; "" if it is not there. */
static const char *header(struct console *c, const char *name)
{
    const char *p = yg_buf_cstr(&c->a->w->got.headers);
    const char *stop = p + c->a->w->got.headers.n;

    for (; p < stop; p += strlen(p) + 1, p += strlen(p) + 1)
        if (strcmp(p, name) == 0)
            return p + strlen(p) + 1;
    return "";
}

static void copy_until(const char *from, const char *after, char stop, char out[64])
{
    const char *at = strstr(from, after);

    assert_non_null(at);
    at += strlen(after);
    snprintf(out, 64, "%.*s", (int)(strchr(at, stop) - at), at);
}

/* To the provider; what comes back carries this login's nonce. */
static void go(struct console *c, const char *to)
{
    char target[300], nonce[64];

    snprintf(target, sizeof(target), "/login/oidc?to=%s", to);
    browse(c, target, "");
    assert_int_equal(status(c), 303);
    copy_until(header(c, "Location"), "&state=", '&', c->state);
    copy_until(header(c, "Location"), "&nonce=", '&', nonce);
    copy_until(header(c, "Set-Cookie"), "__Host-yagura-oidc=", ';', c->cookie);
    fake_good(c->f);
    fake_change(c->f->claims, sizeof(c->f->claims), "NONCE", nonce);
}

static const char *back(struct console *c, const char *more)
{
    char target[600], cookie[200];

    snprintf(target, sizeof(target), "/login/oidc/back?code=C%%2FD&state=%s%s", c->state,
             more);
    snprintf(cookie, sizeof(cookie), "a=b; __Host-yagura-oidc=%s; c=d", c->cookie);
    return browse(c, target, cookie);
}

/* What the trail says of the last login. */
static void noted(struct console *c, const char *who, unsigned outcome,
                  const char *detail)
{
    const struct yg_scope all = YG_SCOPE_ALL;
    const struct yg_trail_ask last = { .scope = &all, .limit = 1 };
    struct yg_trail_row *row;
    size_t n = 0;

    assert_ok(c->a, yg_trail_list(c->a->w->api.trail, &last, &c->a->w->f->arena, &row, &n,
                                  &c->a->err));
    assert_int_equal(n, 1);
    if (!yg_str_eq(row->who, yg_str_of(who)) || row->outcome != outcome ||
        !yg_str_has_nocase(row->detail, yg_str_of(detail)))
        fail_msg("%.*s %u: %.*s", YG_STR_ARG(row->who), row->outcome,
                 YG_STR_ARG(row->detail));
    assert_true(yg_str_eq(row->object, YG_STR("session")));
    assert_true(yg_str_eq(row->address, YG_STR("192.0.2.10")));
    assert_null(memmem(row->detail.p, row->detail.n, c->state, strlen(c->state)));
}

static void button(void **state)
{
    struct console *c = *state;

    const char *page = browse(c, "/login?to=/run/1%26%22", "");
    assert_non_null(strstr(page, "<a class=\"button\" "
                                 "href=\"https://soc.example.org/login/oidc?to="));
    assert_non_null(strstr(page, "Log in with &lt;ID&gt;</a>"));
    assert_non_null(strstr(page, "name=\"password\""));
    assert_null(strstr(page, "<script"));
    c->a->w->api.provider = NULL;
    assert_null(strstr(browse(c, "/login", ""), "oidc"));
}

static void there(void **state)
{
    struct console *c = *state;

    go(c, "/");
    assert_non_null(strstr(header(c, "Location"), ISSUER "/auth?response_type=code&"));
    assert_string_equal(strchr(header(c, "Set-Cookie"), ';'),
                        "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600");
    c->a->w->api.oidc = NULL;
    browse(c, "/login/oidc", "");
    assert_int_equal(status(c), 404);
    browse(c, "/login/oidc/back?code=x&state=y", "");
    assert_int_equal(status(c), 404);
}

static void in(void **state)
{
    struct console *c = *state;
    char cookie[100], secret[64];

    go(c, "/sources");
    const char *page =
        back(c, "&session_state=x&iss=https%3A%2F%2Fid.example.org%2Frealms%2F"
                "soc");
    assert_int_equal(status(c), 200);
    assert_string_equal(header(c, "Refresh"), "0;url=/sources");
    assert_non_null(strstr(page, "<a href=\"/sources\">Go on</a>"));
    assert_non_null(strstr(header(c, "Set-Cookie"), "SameSite=Strict"));
    copy_until(header(c, "Set-Cookie"), "__Host-yagura=", ';', secret);
    assert_null(strstr(page, secret));
    noted(c, "kim", YG_TRAIL_DONE, "for the first time, as analyst");
    snprintf(cookie, sizeof(cookie), "__Host-yagura=%s", secret);
    page = browse(c, "/api/v1/session", cookie);
    assert_non_null(strstr(page, "\"name\":\"kim\",\"role\":\"analyst\""));
    /* the same answer once more */
    page = back(c, "");
    assert_int_equal(status(c), 400);
    assert_non_null(strstr(page, "Begin again"));
    assert_string_equal(header(c, "Set-Cookie"), "");
    /* and another login */
    go(c, "/");
    back(c, "");
    noted(c, "kim", YG_TRAIL_DONE, "by the provider, sub s-1: as analyst");
}

/* Where he goes then is a place of ours, whatever the link said. */
static void elsewhere(void **state)
{
    static const char *const to[] = { "//evil.example/",   "https://evil.example/",
                                      "/%5Cevil.example/", "javascript:x",
                                      "%2F%0D%0AX:y",      "" };
    struct console *c = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(to); i++) {
        go(c, to[i]);
        back(c, "");
        assert_int_equal(status(c), 200);
        assert_string_equal(header(c, "Refresh"), "0;url=/");
        c->a->w->f->clock.manual_ns += YG_NS_PER_S;
    }
}

static void not_in(void **state)
{
    static const struct {
        const char *name, *from, *to, *who, *why;
    } row[] = {
        { "no role", "\"soc\"", "\"other\"", "?",
          "sub s-1: the provider's claims give no role" },
        { "a user of that name", "\"Kim\"", "\"Analyst\"", "?", "that name already" },
        { "no name", "\"Kim\"", "\"<b>\"", "?", "cannot be a user" },
        { "another audience", "\"aud\":\"yagura\"", "\"aud\":\"x\"", "?", "(aud)" },
        { "expired", "\"exp\":17", "\"exp\":16", "?", "(exp)" },
    };
    struct console *c = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        go(c, "/");
        fake_change(c->f->claims, sizeof(c->f->claims), row[i].from, row[i].to);
        const char *page = back(c, "");
        assert_int_equal(status(c), 403);
        if (!strstr(page, "You are not let in") ||
            !strstr(page, strrchr(row[i].why, ':') ? "no role" : row[i].why))
            fail_msg("%s: %s", row[i].name, page);
        assert_string_equal(header(c, "Set-Cookie"), "");
        noted(c, row[i].who, YG_TRAIL_REFUSED, row[i].why);
        c->a->w->f->clock.manual_ns += YG_NS_PER_S;
    }
}

static void refused(void **state)
{
    struct console *c = *state;

    go(c, "/");
    const char *page = back(c, "&error=access_denied&error_description=%3Cscript%3E");
    assert_int_equal(status(c), 403);
    assert_non_null(strstr(page, "refused the login (access_denied)"));
    assert_null(strstr(page, "script"));
    noted(c, "?", YG_TRAIL_REFUSED, "access_denied");
    go(c, "/");
    c->cookie[5] = c->cookie[5] == 'x' ? 'y' : 'x';
    page = back(c, "");
    assert_int_equal(status(c), 403);
    noted(c, "?", YG_TRAIL_REFUSED, "another browser");
    go(c, "/");
    back(c, "&state=x"); /* twice */
    assert_int_equal(status(c), 400);
    go(c, "/");
    c->f->token_status = 500;
    page = back(c, "");
    assert_int_equal(status(c), 503);
    assert_null(strstr(page, "500"));
    noted(c, "?", YG_TRAIL_REFUSED, "answers 500");
    c->f->fails = YG_EIO;
    c->a->w->f->clock.manual_ns += 86401 * YG_NS_PER_S;
    page = browse(c, "/login/oidc", "");
    assert_int_equal(status(c), 503);
    assert_non_null(strstr(page, "cannot be asked now"));
    assert_non_null(strstr(page, "name=\"password\""));
}

/* Nobody is let in whom the trail does not have. */
static void no_trail(void **state)
{
    struct console *c = *state;

    go(c, "/");
    yg_trail_close(c->a->w->api.trail);
    c->a->w->api.trail = NULL;
    const struct yg_trail_options read = { .where = c->a->trail,
                                           .clock = &c->a->w->f->clock,
                                           .read_only = true };
    assert_ok(c->a, yg_trail_open(&read, &c->a->w->api.trail, &c->a->err));
    back(c, "");
    assert_true(status(c) >= 400);
    assert_string_equal(header(c, "Set-Cookie"), "");
}

#define C(name) cmocka_unit_test_setup_teardown(name, console_setup, console_end)
int main(void)
{
    const struct CMUnitTest tests[] = { C(button), C(there),   C(in),      C(elsewhere),
                                        C(not_in), C(refused), C(no_trail) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, fake_new, fake_free);
}
