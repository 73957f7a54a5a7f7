/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_util - a guard over a real store, for its tests: certificates, orders, alerts
 * that pass, verdicts. Header only, because a test is one source.
 */
#ifndef YG_TESTS_GUARD_UTIL_H
#define YG_TESTS_GUARD_UTIL_H

#include "feature/features.h"
#include "pipeline/guard.h"
#include "store_util.h"

#include <string.h>

#define HOUR (INT64_C(3600) * YG_NS_PER_S)
#define DAY  (24 * HOUR)
#define WHO  YG_STR("ada")
#define WHY  YG_STR("the owner asked for it")

static const unsigned char secret[YG_COIN_SECRET] = "a coin for tests, not a secret";

struct world {
    struct fixture *f;
    struct yg_config config;
    struct yg_modelpack pack; /* without trees: the guard scores nothing */
    struct yg_guard *g;
    uint32_t attempts;
};

static inline struct world *world_new(struct fixture *f)
{
    struct world *w = calloc(1, sizeof(*w));

    w->f = f;
    yg_config_init(&w->config);
    w->pack.model_digest[0] = 7;
    w->pack.devices = ~0U;
    fixture_open(f);
    return w;
}

static inline void begin(struct world *w)
{
    const struct yg_guard_options opt = { .store = w->f->st,
                                          .pack = &w->pack,
                                          .config = &w->config,
                                          .clock = &w->f->clock,
                                          .secret = secret };

    assert_ok(w->f, yg_guard_new(&opt, &w->g, &w->f->err));
}

static inline void end(struct world *w)
{
    assert_ok(w->f, yg_guard_flush(w->g, &w->f->err));
    commit(w->f);
    yg_guard_free(w->g);
    w->g = NULL;
}

static inline void world_free(struct world *w)
{
    yg_guard_free(w->g);
    free(w);
}

/* A certificate of ACME (or pooled) in the ledger; `uncertified`: L4 has too few. */
static inline void certify(struct world *w, struct yg_str tenant, uint32_t provisional,
                           bool uncertified)
{
    struct yg_policy p = yg_modelpack_policy(&w->pack);
    struct yg_certificate c = { .kind = YG_CERT_TIME_SPLIT,
                                .mode = YG_CERT_BY_ALL,
                                .tenant_n = (uint8_t)tenant.n,
                                .protect = YG_LEVEL_L3,
                                .provisional = provisional,
                                .tau = 1000,
                                .attempt = ++w->attempts,
                                .delta = 0.05,
                                .alpha = 0.05,
                                .beta = 0.05,
                                .share = 0.01,
                                .for_p = 0,
                                .made_ns = yg_clock_now(&w->f->clock) };
    struct yg_ledger_certificate row = { .tenant = tenant, .made_ns = c.made_ns };
    struct yg_buf bytes;

    if (tenant.n > 0)
        memcpy(c.tenant, tenant.p, tenant.n);
    for (int l = YG_LEVEL_L3; l < YG_LEVEL_COUNT; l++)
        c.level[l] = (struct yg_certificate_level){ .threats = 100, .k = 1, .need = 90 };
    if (uncertified)
        c.level[YG_LEVEL_L4] = (struct yg_certificate_level){ .threats = 7, .need = 90 };
    memcpy(c.model, w->pack.model_digest, YG_DIGEST_SIZE);
    yg_gates_digest(&p, c.gates);
    yg_feature_schema_digest(c.features);
    yg_buf_init(&bytes, 65536);
    yg_certificate_write(&c, &bytes);
    row.bytes = yg_buf_str(&bytes);
    memcpy(row.model, c.model, YG_DIGEST_SIZE);
    yg_digest_of(row.bytes.p, row.bytes.n, row.digest);
    assert_ok(w->f, yg_ledger_attempt(w->f->st, tenant, &row.attempt, &w->f->err));
    assert_ok(w->f, yg_ledger_certificate_put(w->f->st, &row, &w->f->err));
    commit(w->f);
    yg_buf_fini(&bytes);
}

static inline enum yg_status order(struct world *w, uint8_t kind, const char *accept,
                                   bool pooled)
{
    const struct yg_guard_order o = { .tenant = ACME,
                                      .who = WHO,
                                      .why = WHY,
                                      .accept = yg_str_of(accept),
                                      .kind = kind,
                                      .pooled = pooled };

    return yg_guard_order(w->g, &o, &w->f->err);
}

static inline enum yg_guard_draw see_of(struct world *w, uint64_t run, bool fresh,
                                        bool close, int64_t time_ns)
{
    struct yg_run r = { .first_ns = time_ns, .last_ns = time_ns, .fresh = fresh };
    struct yg_guard_alert a = { .tenant = ACME,
                                .run = &r,
                                .entity = run,
                                .time_ns = time_ns,
                                .risk = close ? 5 : 5000,
                                .device = YG_DEV_IDS,
                                .close = close };
    enum yg_guard_draw d;

    id_of(run, r.id);
    a.id = r.id;
    assert_ok(w->f, yg_guard_see(w->g, &a, &d, &w->f->err));
    return d;
}

/* The alert that begins a run. */
static inline enum yg_guard_draw see(struct world *w, uint64_t run, bool close,
                                     int64_t time_ns)
{
    return see_of(w, run, true, close, time_ns);
}

/* The run in the queue, as the older versions' migration finds it. */
static inline void put_run(struct world *w, uint64_t run, const char *entity,
                           int64_t time_ns)
{
    struct yg_queue_run r = { .tenant = ACME,
                              .signature = YG_STR("s"),
                              .entity = yg_str_of(entity),
                              .device = yg_str_of(yg_device_name(YG_DEV_IDS)),
                              .first_ns = time_ns,
                              .last_ns = time_ns,
                              .alerts = 1,
                              .open = 1,
                              .would = 1,
                              .verdict = YG_LEVEL_NONE };

    id_of(run, r.id);
    id_of(run, r.worst);
    assert_ok(w->f, yg_store_run_put(w->f->st, &r, &w->f->err));
}

static inline void judge(struct world *w, uint64_t run, enum yg_level level)
{
    unsigned char id[YG_ID_SIZE];
    enum yg_guard_draw d;
    const struct yg_guard_verdict v = { .run = id,
                                        .who = WHO,
                                        .level = level,
                                        .before = YG_LEVEL_NONE,
                                        .at_ns = yg_clock_now(&w->f->clock) };

    id_of(run, id);
    assert_ok(w->f, yg_guard_judged(w->g, &v, &d, &w->f->err));
}

static inline uint32_t armed(struct world *w)
{
    struct yg_policy p;

    assert_ok(w->f, yg_guard_policy(w->g, ACME, &p, &w->f->err));
    return p.armed;
}

static inline struct yg_standing standing(struct world *w)
{
    struct yg_guard_stratum *s;
    size_t n;

    assert_ok(w->f, yg_guard_standings(w->g, ACME, &w->f->arena, &s, &n, &w->f->err));
    for (size_t i = 0; i < n; i++)
        if (s[i].device == YG_DEV_IDS)
            return s[i].standing;
    fail_msg("no standing");
    return (struct yg_standing){ 0 };
}

#endif
