/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - made-up judged alerts for the tests of certificates.
 */
#ifndef YG_TESTS_WORLD_H
#define YG_TESTS_WORLD_H

#include "policy/certify.h"
#include "policy/forwalk.h"

#include <stdlib.h>

#define DAY (INT64_C(86400) * 1000000000)
#define CUT (100 * DAY)

/* Rows of a made-up world; each call of put makes a run of its own. */
struct world {
    struct yg_judged *a;
    size_t n, room;
    struct yg_certify_ask ask;
    uint32_t grid[YG_GRID_MAX];
};

static inline struct yg_judged *put(struct world *w, unsigned level, uint32_t risk)
{
    if (w->n == w->room) {
        w->room = w->room ? w->room * 2 : 1024;
        w->a = realloc(w->a, w->room * sizeof(*w->a));
        assert_non_null(w->a);
    }
    w->a[w->n] = (struct yg_judged){ .run = w->n,
                                     .entity = 1000 + w->n,
                                     .time_ns = CUT + (int64_t)w->n,
                                     .level = (uint8_t)level,
                                     .risk = risk };
    return &w->a[w->n++];
}

/* Every 100th of the range of risks is a grid point. */
static inline void begin(struct world *w)
{
    *w = (struct world){ .ask = { .cut_ns = CUT,
                                  .protect = YG_LEVEL_L3,
                                  .delta = 0.05,
                                  .alpha = 0.05,
                                  .beta = 0.05,
                                  .attempt = 1,
                                  .seed = 42,
                                  .mode = YG_CERT_BY_ALL,
                                  .points = 100 } };
    for (uint32_t i = 0; i < 100; i++)
        w->grid[i] = (i + 1) * 42949672U;
}

static inline struct yg_certificate certify(struct world *w)
{
    struct yg_certificate c;
    struct yg_err err;

    w->ask.a = w->a;
    w->ask.n = w->n;
    w->ask.grid = w->grid;
    if (yg_certify(&w->ask, &c, &err) != YG_OK)
        fail_msg("%s", err.msg);
    return c;
}

static inline void many(struct world *w, size_t n, unsigned level, uint32_t risk)
{
    for (size_t i = 0; i < n; i++)
        put(w, level, risk);
}

#define PROV(x) (1U << YG_PROV_##x)

#endif
