/* SPDX-License-Identifier: Apache-2.0 */
/* Logins that are begun and come back: by whom, how often, how many. */
#include "base/rng.h"
#include "oidc/oidc.h"
#include "oidc_fake.h"

#define HOME YG_STR("192.0.2.10")

struct world {
    struct fake *f;
    struct yg_oidc_settings settings;
    struct yg_clock clock;
    struct yg_rng rng;
    struct yg_oidc *o;
    struct yg_arena arena;
    struct yg_buf address;
    struct yg_err err;
};

struct begun {
    char cookie[YG_OIDC_TEXT], state[64], nonce[64];
};

static void from_rng(void *arg, void *out, size_t n)
{
    unsigned char *p = out;

    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)yg_rng_u64(arg);
}

static int setup(void **state)
{
    struct fake *f = *state;
    struct world *w = calloc(1, sizeof(*w));

    fake_good(f);
    w->f = f;
    w->settings = fake_settings();
    w->clock = yg_clock_manual(NOW_S * YG_NS_PER_S);
    yg_rng_init(&w->rng, 1);
    const struct yg_oidc_options o = { .settings = &w->settings,
                                       .clock = &w->clock,
                                       .entropy = { from_rng, &w->rng },
                                       .fetcher = fake_fetcher(f) };
    w->o = yg_oidc_new(&o);
    yg_arena_init(&w->arena, (size_t)16 << 20);
    yg_buf_init(&w->address, 16384);
    *state = w;
    return w->o ? 0 : -1;
}

static int end(void **state)
{
    struct world *w = *state;

    yg_oidc_free(w->o);
    yg_arena_fini(&w->arena);
    yg_buf_fini(&w->address);
    *state = w->f;
    free(w);
    return 0;
}

static void copy_value(struct world *w, const char *name, char out[64])
{
    const char *at = strstr(yg_buf_cstr(&w->address), name);

    assert_non_null(at);
    snprintf(out, 64, "%.43s", at + strlen(name));
}

static struct begun begin_from(struct world *w, const char *cookie, struct yg_str address)
{
    const struct yg_oidc_browser b = { yg_str_of(cookie), address };
    struct yg_oidc_way way = { .address = &w->address };
    struct begun out;

    yg_buf_clear(&w->address);
    if (yg_oidc_begin(w->o, &b, YG_STR("/queue"), &way, &w->err) != YG_OK)
        fail_msg("%s", w->err.msg);
    memcpy(out.cookie, way.cookie, sizeof(out.cookie));
    copy_value(w, "&state=", out.state);
    copy_value(w, "&nonce=", out.nonce);
    return out;
}

static struct begun begin(struct world *w)
{
    return begin_from(w, "", HOME);
}

/* The provider says that this login's nonce is in its token. */
static enum yg_status back_as(struct world *w, const struct begun *l, const char *cookie,
                              struct yg_oidc_answer in, struct yg_oidc_outcome *out)
{
    const struct yg_oidc_browser b = { yg_str_of(cookie), HOME };

    fake_good(w->f);
    fake_change(w->f->claims, sizeof(w->f->claims), "NONCE", l->nonce);
    return yg_oidc_back(w->o, &b, &in, &w->arena, out, &w->err);
}

static enum yg_status back(struct world *w, const struct begun *l)
{
    struct yg_oidc_outcome out;

    return back_as(
        w, l, l->cookie,
        (struct yg_oidc_answer){ .state = yg_str_of(l->state), .code = YG_STR("CODE") },
        &out);
}

static void whole(void **state)
{
    struct world *w = *state;
    const struct begun l = begin(w);
    struct yg_oidc_outcome out;

    assert_int_equal(strlen(l.cookie), 43);
    assert_string_not_equal(l.cookie, l.state);
    assert_null(strstr(yg_buf_cstr(&w->address), l.cookie));
    assert_int_equal(back_as(w, &l, l.cookie,
                             (struct yg_oidc_answer){ .state = yg_str_of(l.state),
                                                      .code = YG_STR("CODE"),
                                                      .iss = YG_STR(ISSUER) },
                             &out),
                     YG_OK);
    assert_true(yg_str_eq(out.person.subject, YG_STR("s-1")));
    assert_true(yg_str_eq(out.to, YG_STR("/queue")));
    assert_int_equal(w->f->tokens, 1);
    /* the verifier that is sent is the one whose digest went with the browser */
    char verifier[64], challenge[64];
    unsigned char digest[32];
    snprintf(verifier, sizeof(verifier), "%.43s",
             strstr(w->f->form, "code_verifier=") + strlen("code_verifier="));
    crypto_hash_sha256(digest, (const unsigned char *)verifier, strlen(verifier));
    yg_base64url_text(digest, sizeof(digest), challenge);
    assert_non_null(strstr(yg_buf_cstr(&w->address), challenge));
    assert_null(strstr(yg_buf_cstr(&w->address), verifier));
    /* and it is over */
    assert_int_equal(back(w, &l), YG_ENOTFOUND);
    assert_int_equal(w->f->tokens, 0);
}

static void answers(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name, *cookie, *state, *code, *iss, *error; /* NULL: as it is */
        enum yg_status st;
        const char *why;
    } row[] = {
        { "good", NULL, NULL, "C", NULL, NULL, YG_OK, "" },
        { "another state", NULL, "x", "C", NULL, NULL, YG_ENOTFOUND, "no such login" },
        { "no state", NULL, "", "C", NULL, NULL, YG_ENOTFOUND, "no such login" },
        { "another cookie", "0123456789012345678901234567890123456789012", NULL, "C",
          NULL, NULL, YG_EPERM, "another browser" },
        { "no cookie", "", NULL, "C", NULL, NULL, YG_EPERM, "another browser" },
        { "a cookie that is too long",
          "01234567890123456789012345678901234567890123456789", NULL, "C", NULL, NULL,
          YG_EPERM, "another browser" },
        { "another issuer", NULL, NULL, "C", "https://evil.example", NULL, YG_EPERM,
          "(iss)" },
        { "an empty issuer", NULL, NULL, "C", "", NULL, YG_EPERM, "(iss)" },
        { "no code", NULL, NULL, "", NULL, NULL, YG_EPERM, "no code" },
        { "an error", NULL, NULL, "C", NULL, "access_denied", YG_EPERM,
          "(access_denied)" },
        { "an error of its own", NULL, NULL, "C", NULL, "<b>x", YG_EPERM,
          "refused the login" },
        { "an empty error", NULL, NULL, "C", NULL, "", YG_EPERM, "refused the login" },
        { "an error of another issuer", NULL, NULL, "", "https://x", "access_denied",
          YG_EPERM, "(iss)" },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const struct begun l = begin(w);
        struct yg_oidc_outcome out;
        enum yg_status st =
            back_as(w, &l, row[i].cookie ? row[i].cookie : l.cookie,
                    (struct yg_oidc_answer){
                        .state = yg_str_of(row[i].state ? row[i].state : l.state),
                        .code = yg_str_of(row[i].code),
                        .iss = row[i].iss ? yg_str_of(row[i].iss) : YG_STR_NONE,
                        .error = row[i].error ? yg_str_of(row[i].error) : YG_STR_NONE },
                    &out);
        if (st != row[i].st || (st != YG_OK && !strstr(w->err.msg, row[i].why)))
            fail_msg("%s: %s: %s", row[i].name, yg_status_name(st), w->err.msg);
        assert_int_equal(w->f->tokens, st == YG_OK);
        assert_null(strstr(w->err.msg, "<b>"));
        /* only a login that this was not about is still there */
        enum yg_status later = st == YG_ENOTFOUND ? YG_OK : YG_ENOTFOUND;
        assert_int_equal(back(w, &l), later);
        w->clock.manual_ns += 2 * YG_NS_PER_S; /* not too fast */
    }
}

/* A token of another login of the same person is not taken. */
static void another_nonce(void **state)
{
    struct world *w = *state;
    const struct begun a = begin(w), b = begin(w);
    struct yg_oidc_outcome out;

    assert_int_equal(back_as(w, &a, b.cookie,
                             (struct yg_oidc_answer){ .state = yg_str_of(b.state),
                                                      .code = YG_STR("CODE") },
                             &out),
                     YG_EPERM);
    assert_non_null(strstr(w->err.msg, "nonce"));
}

static void tabs(void **state)
{
    struct world *w = *state;
    const struct begun a = begin(w), b = begin_from(w, a.cookie, HOME);

    assert_string_equal(a.cookie, b.cookie);
    assert_string_not_equal(a.state, b.state);
    assert_int_equal(back(w, &b), YG_OK);
    assert_int_equal(back(w, &a), YG_OK);
    /* a cookie that is not known is not kept */
    assert_string_not_equal(begin_from(w, a.cookie, HOME).cookie, a.cookie);
}

static void too_late(void **state)
{
    struct world *w = *state;
    const struct begun a = begin(w);

    w->clock.manual_ns += YG_OIDC_BEGUN_S * YG_NS_PER_S;
    const struct begun b = begin(w);
    w->clock.manual_ns += YG_NS_PER_S;
    assert_int_equal(back(w, &a), YG_ENOTFOUND);
    assert_int_equal(back(w, &b), YG_EPERM); /* the token is old for the clock */
    assert_non_null(strstr(w->err.msg, "exp"));
    const struct begun c = begin(w);
    w->clock.manual_ns -= 10 * YG_NS_PER_S; /* a clock that is set back */
    assert_int_equal(back(w, &c), YG_ENOTFOUND);
}

static void caps(void **state)
{
    struct world *w = *state;
    const struct begun other = begin_from(w, "", YG_STR("198.51.100.1"));
    struct begun first = begin(w), last = first;

    for (unsigned i = 0; i < YG_OIDC_OF_NETWORK; i++) {
        w->clock.manual_ns++;
        last = begin_from(w, "", i % 2 ? HOME : YG_STR("192.0.2.77"));
    }
    assert_int_equal(back(w, &first), YG_ENOTFOUND);
    assert_int_equal(back(w, &last), YG_OK);
    for (unsigned i = 0; i < YG_OIDC_MAX; i++) {
        char address[32];
        snprintf(address, sizeof(address), "10.%u.%u.1", i / 250, i % 250);
        w->clock.manual_ns++;
        last = begin_from(w, "", yg_str_of(address));
    }
    assert_int_equal(back(w, &other), YG_ENOTFOUND);
    assert_int_equal(back(w, &last), YG_OK);
}

/* From one network so many at once; the others are not kept out. */
static void pace(void **state)
{
    struct world *w = *state;
    struct yg_oidc_outcome out;
    unsigned in = 0;
    struct begun l = { .cookie = "" };

    for (unsigned i = 0; i < 60; i++) {
        l = begin(w);
        if (back(w, &l) != YG_OK)
            break;
        in++;
    }
    assert_int_equal(in, 20);
    const struct begun other = begin_from(w, "", YG_STR("198.51.100.1"));
    const struct yg_oidc_browser b = { yg_str_of(other.cookie), YG_STR("198.51.100.1") };
    const struct yg_oidc_answer a = { .state = yg_str_of(other.state),
                                      .code = YG_STR("CODE") };
    fake_good(w->f);
    fake_change(w->f->claims, sizeof(w->f->claims), "NONCE", other.nonce);
    assert_int_equal(yg_oidc_back(w->o, &b, &a, &w->arena, &out, &w->err), YG_OK);
    /* nothing is lost by waiting */
    assert_int_equal(back(w, &l), YG_ELIMIT);
    w->clock.manual_ns += YG_NS_PER_S;
    assert_int_equal(back(w, &l), YG_OK);
}

static void no_provider(void **state)
{
    struct world *w = *state;
    const struct yg_oidc_browser b = { .address = HOME };
    struct yg_oidc_way way = { .address = &w->address };

    w->f->fails = YG_EIO;
    assert_int_equal(yg_oidc_begin(w->o, &b, YG_STR("/"), &way, &w->err), YG_EIO);
    fake_good(w->f);
    assert_int_equal(yg_oidc_begin(w->o, &b, YG_STR("/"), &way, &w->err), YG_EIO);
    w->clock.manual_ns += 11 * YG_NS_PER_S;
    assert_int_equal(yg_oidc_begin(w->o, &b, YG_STR("/"), &way, &w->err), YG_OK);
    yg_oidc_give_up(w->o);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)
int main(void)
{
    const struct CMUnitTest tests[] = { T(whole), T(answers),    T(another_nonce),
                                        T(tabs),  T(too_late),   T(caps),
                                        T(pace),  T(no_provider) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, fake_new, fake_free);
}
