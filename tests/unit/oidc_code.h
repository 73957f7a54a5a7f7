/* SPDX-License-Identifier: Apache-2.0 */
/* oidc_code - a code made into a person, by a provider (oidc_fake.h) that does one thing
 * wrong at a time. */
#ifndef YG_TESTS_OIDC_CODE_H
#define YG_TESTS_OIDC_CODE_H

#include "oidc_fake.h"

struct world {
    struct fake *f;
    struct yg_oidc_settings settings;
    struct yg_clock clock;
    struct yg_provider *p;
    struct yg_arena arena;
    struct yg_person person;
    struct yg_err err;
};

static const struct yg_login_secrets login = { "STATE", "NONCE", "VERIFIER" };

static inline int setup(void **state)
{
    struct fake *f = *state; /* one for all: its RSA key takes a while */
    struct world *w = calloc(1, sizeof(*w));

    fake_good(f);
    w->f = f;
    w->settings = fake_settings();
    w->clock = yg_clock_manual(NOW_S * YG_NS_PER_S);
    w->p = yg_provider_new(&w->settings, &w->clock, fake_fetcher(f), NULL);
    yg_arena_init(&w->arena, (size_t)16 << 20);
    *state = w;
    return 0;
}

static inline int end(void **state)
{
    struct world *w = *state;

    yg_provider_free(w->p);
    yg_arena_fini(&w->arena);
    *state = w->f;
    free(w);
    return 0;
}

static inline enum yg_status redeem(struct world *w)
{
    return yg_provider_redeem(w->p, YG_STR("CO/DE"), &login, &w->arena, &w->person,
                              &w->err);
}

static inline void in(struct world *w)
{
    if (redeem(w) != YG_OK)
        fail_msg("%s", w->err.msg);
}

/* Not in, for this reason. */
static inline void out(struct world *w, const char *name, enum yg_status want,
                       const char *why)
{
    enum yg_status st = redeem(w);

    if (st != want || !strstr(w->err.msg, why))
        fail_msg("%s: %s: %s", name, yg_status_name(st), st == YG_OK ? "" : w->err.msg);
}

static inline void change_claims(struct world *w, const char *from, const char *to)
{
    fake_change(w->f->claims, sizeof(w->f->claims), from, to);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)

#endif
