/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_guarantee - does what is certified hold as often as it says?
 *
 * bench_guarantee [--replicates N] [--seed S] [--setting NAME|all]: simulated worlds in
 * which the true rates at any tau are known exactly. Prints one JSON line a setting;
 * equal seeds give equal lines, but for the seconds. An overrun is a replicate in which a
 * bound that was printed is below the truth. The verdict is "overruns" iff there are
 * significantly more of them than delta allows: one-sided binomial test at 1 % over the
 * number of settings. Fails if a setting that is no shift overruns.
 *
 * Settings with "shift" change the world after certifying: overruns are to be expected
 * there, and what counts is who notices, after how many audits or runs.
 */
#include "base/clock.h"
#include "base/fmath.h"
#include "base/jsonw.h"
#include "base/risk.h"
#include "base/rng.h"
#include "policy/betting.h"
#include "policy/certify.h"
#include "policy/decide.h"
#include "policy/drift.h"
#include "policy/forwalk.h"
#include "policy/stats.h"
#include "policy/threat.h"
#include "policy/trial.h"

#include "guarantee_world.h"

#include <string.h>

#define DELTA       0.05
#define RATE        0.05 /* asked: FNR and FOR */
#define ATTEMPTS    12
#define MONTHS      10000 /* audits of the anytime setting, and after a shift at most */
#define TRIES       1000  /* worlds until a policy arms */
#define PLANTS      100
#define COIN        4    /* one run in so many is drawn */
#define TRIAL       1400 /* audits, and as many decoys */
#define ARMED       0.2  /* the policy in force while verdicts were given */
#define BLIND       0.05 /* protected verdicts given as FP */
#define PLANT_DELTA 0.01

/* ---- certificates -------------------------------------------------------------- */

static struct yg_certificate certify(struct sim *s, uint32_t attempt,
                                     enum yg_certificate_mode mode)
{
    struct yg_certify_ask ask = { .a = s->a,
                                  .n = s->n,
                                  .cut_ns = CUT,
                                  .protect = YG_LEVEL_L3,
                                  .delta = DELTA,
                                  .alpha = RATE,
                                  .beta = RATE,
                                  .attempt = attempt,
                                  .seed = yg_rng_u64(&s->rng),
                                  .mode = mode,
                                  .grid = s->grid,
                                  .points = POINTS };
    struct yg_certificate c;
    struct yg_err err = { 0 };

    if (yg_certify(&ask, &c, &err) != YG_OK)
        die(err.msg);
    return c;
}

/* Is a printed bound below the truth at its threshold? `s`: bounds are divided by it. */
static bool is_wrong(const struct world *w, const struct yg_certificate *c, double s)
{
    bool wrong = c->tau_for > 0 && true_for(w, c->tau_for) > c->beta / s;

    for (unsigned l = c->protect; l < YG_LEVEL_COUNT; l++)
        wrong = wrong || (c->level[l].threats > 0 &&
                          true_fnr(w, c->level[l].tau) > c->level[l].bound / s);
    return wrong;
}

/* ---- settings ------------------------------------------------------------------ */

struct found { /* by one watcher after a shift */
    uint64_t caught, delay[MONTHS];
};

struct result {
    uint64_t overruns, armed; /* armed: replicates whose certificate closes something */
    double delta;
    uint64_t gates, any; /* of the overruns: caught by gates, by anybody */
    struct found detector, drift;
    uint64_t median_detector, median_drift;
};

struct setting {
    const char *name;
    void (*replicate)(const struct setting *, struct sim *, struct result *);
    struct world w;
    bool shift;
    struct world after;
};

static void plain(const struct setting *t, struct sim *s, struct result *r)
{
    draw_world(s);
    struct yg_certificate c = certify(s, 1, YG_CERT_BY_ALL);
    r->overruns += is_wrong(&t->w, &c, 1);
    r->armed += yg_certificate_may_arm(&c);
    r->delta = c.delta_spent;
}

/* A model trained anew each time, the j-th attempt at its price: any wrong one counts. */
static void successive(const struct setting *t, struct sim *s, struct result *r)
{
    bool wrong = false, armed = false;

    for (uint32_t j = 1; j <= ATTEMPTS; j++) {
        draw_world(s);
        struct yg_certificate c = certify(s, j, YG_CERT_BY_ALL);
        wrong = is_wrong(&t->w, &c, 1) || wrong;
        armed = armed || yg_certificate_may_arm(&c);
    }
    r->overruns += wrong;
    r->armed += armed;
    r->delta = DELTA;
}

/* One protected verdict in twenty says FP; s comes from planted alerts. */
static void missed_verdicts(const struct setting *t, struct sim *s, struct result *r)
{
    uint64_t found = 0;

    draw_world(s);
    for (size_t i = 0; i < s->n; i++)
        if (s->a[i].level >= YG_LEVEL_L3 && yg_rng_unit(&s->rng) < BLIND)
            s->a[i].level = YG_LEVEL_FP;
    for (int i = 0; i < PLANTS; i++)
        found += yg_rng_unit(&s->rng) >= BLIND;
    struct yg_certificate c = certify(s, 1, YG_CERT_BY_ALL);
    r->overruns += is_wrong(&t->w, &c, yg_binom_lower(found, PLANTS, PLANT_DELTA));
    r->armed += yg_certificate_may_arm(&c);
    r->delta = c.delta_spent + PLANT_DELTA;
}

/* Labels end at the tau of an armed policy: what it closed is judged only where the coin
 * (1 in COIN) drew it. The tau certified from that may be lower or higher. */
static void truncation(const struct setting *t, struct sim *s, struct result *r)
{
    uint32_t armed = risk_of(s->w, ARMED);

    draw_world(s);
    for (size_t i = 0; i < s->n; i++) {
        struct yg_judged *a = &s->a[i];
        if (a->risk >= armed)
            continue;
        if (yg_rng_below(&s->rng, COIN) == 0) {
            a->weight = COIN;
        } else {
            a->hidden = 1;
            a->level = YG_LEVEL_NONE;
        }
    }
    struct yg_certificate c = certify(s, 1, YG_CERT_BY_COIN);
    r->overruns += is_wrong(&t->w, &c, 1);
    r->armed += yg_certificate_may_arm(&c);
    r->delta = c.delta_spent;
}

/* What the trial drew, as certify sees it: verdicts on drawn runs only. A run is one
 * alert here. */
static void judge_trial(struct sim *s, const struct yg_trial_run *v, uint32_t tau)
{
    for (size_t i = 0; i < s->n; i++) {
        uint64_t at;
        memcpy(&at, v[i].id, sizeof(at));
        struct yg_judged *a = &s->a[at];
        a->hidden = v[i].tossed && v[i].close_risk < tau;
        a->weight = v[i].audit ? (float)yg_coin_weight(v[i].rate) : 0;
        if (!v[i].audit && !v[i].decoy)
            a->level = YG_LEVEL_NONE;
    }
}

/* A first certificate from runs drawn afterwards, at one rate; what was found open is the
 * riskiest of the rest, never a fair sample of the attacks. */
static void trial(const struct setting *t, struct sim *s, struct result *r)
{
    unsigned char secret[YG_COIN_SECRET] = { 0 };
    struct yg_trial_ask ask = { s->grid, POINTS, TRIAL, TRIAL, YG_COIN_ONE / COIN, NULL };
    struct yg_coin coin;
    struct yg_trial out;

    draw_world(s);
    struct yg_trial_run *v = calloc(s->n + 1, sizeof(*v));
    uint64_t word = yg_rng_u64(&s->rng);
    memcpy(secret, &word, sizeof(word));
    yg_coin_init(&coin, secret);
    ask.coin = &coin;
    for (uint64_t i = 0; v && i < s->n; i++) {
        const struct yg_judged *a = &s->a[i];
        v[i] = (struct yg_trial_run){ .cluster = yg_cluster_of(a->tenant, a->entity,
                                                               a->run, a->time_ns),
                                      .close_risk = a->risk,
                                      .top_risk = a->risk };
        memcpy(v[i].id, &i, sizeof(i));
    }
    if (!v || yg_trial_draw(v, s->n, &ask, &out) != YG_OK)
        die("nothing can be drawn");
    judge_trial(s, v, out.tau);
    free(v);
    struct yg_certificate c = certify(s, 1, YG_CERT_BY_COIN);
    r->overruns += is_wrong(&t->w, &c, 1);
    r->armed += yg_certificate_may_arm(&c);
    r->delta = c.delta_spent;
}

/* The bound after each of 10,000 audits, weights following the volume of the day. */
static void anytime(const struct setting *t, struct sim *s, struct result *r)
{
    struct yg_cs c;

    yg_cs_init(&c, DELTA, 1);
    for (unsigned i = 0; i < MONTHS; i++) {
        if (i % 50 == 0)
            c.weight = (double)(1U << yg_rng_below(&s->rng, 8));
        yg_cs_add(&c, c.weight, yg_rng_unit(&s->rng) < t->w.q);
    }
    r->overruns += yg_cs_upper(&c) <= t->w.q; /* it only tightens: all times at once */
    r->delta = DELTA;
}

/* ---- after a shift ------------------------------------------------------------- */

static struct yg_drift_row row_of(const struct world *w, struct yg_rng *rng)
{
    double u = draw_risk(w, yg_rng_unit(rng) < w->q, rng),
           distance = w->distance + 0.4 * (yg_rng_unit(rng) - 0.5);
    struct yg_score score = { .p = { (float)(1 - u), 0, 0, (float)(u / 2),
                                     (float)(u / 2) },
                              .risk = yg_risk_of_logit(yg_ln((u + 1e-9) / (1 - u))) };

    return yg_drift_row(&score, (float)distance);
}

static uint64_t drift_after(const struct setting *t, struct sim *s)
{
    static struct yg_drift_row row[YG_DRIFT_REF];
    static struct yg_drift_reference ref;
    struct yg_drift d;

    for (size_t i = 0; i < YG_DRIFT_REF; i++)
        row[i] = row_of(&t->w, &s->rng);
    yg_drift_reference_of(row, YG_DRIFT_REF, 1, &ref);
    yg_drift_init(&d, 0.01);
    for (uint64_t i = 0; i < 1000 + MONTHS; i++) {
        struct yg_drift_row live = row_of(i < 1000 ? &t->w : &t->after, &s->rng);
        yg_drift_add(&d, &ref, &live, yg_rng_u64(&s->rng));
        if (i >= 1000 && yg_drift_alarm(&d))
            return i - 999;
    }
    return 0;
}

static uint64_t detector_after(const struct setting *t, struct sim *s, uint32_t tau)
{
    struct yg_edetector e;

    yg_edetector_init(&e, RATE, 1, 10000);
    for (uint64_t i = 0; i < 1000 + MONTHS; i++) {
        double rate = true_for(i < 1000 ? &t->w : &t->after, tau);
        bool alarm = yg_edetector_add(&e, 1, yg_rng_unit(&s->rng) < rate);
        if (i >= 1000 && alarm)
            return i - 999;
    }
    return 0;
}

static bool gates_hold(const struct setting *t, uint32_t tau)
{
    struct yg_policy p = { .tau = tau,
                           .signature_verdicts = YG_SIGNATURE_VERDICTS,
                           .devices = 1U << 1,
                           .most_distance = 1,
                           .certificate = true };
    struct yg_decide_in in = { .signature_verdicts = 100,
                               .distance = -1,
                               .device = strcmp(t->name, "new-device") == 0 ? 2 : 1,
                               .kind = YG_KIND_ALERT,
                               .scored = true,
                               .calibrated = strcmp(t->name, "new-tenant") != 0 };

    return !yg_decide(&p, &in).close;
}

static void note(struct found *f, uint64_t delay)
{
    if (delay > 0 && f->caught < MONTHS)
        f->delay[f->caught++] = delay;
}

/* Of an armed policy that the shift puts above a bound: who notices? */
static void shifted(const struct setting *t, struct sim *s, struct result *r)
{
    struct yg_certificate c = { .kind = 0 };

    for (int i = 0; i < TRIES && !yg_certificate_may_arm(&c); i++) {
        draw_world(s);
        c = certify(s, 1, YG_CERT_BY_ALL);
    }
    if (!yg_certificate_may_arm(&c))
        die("nothing arms");
    r->armed++;
    r->delta = c.delta_spent;
    if (true_for(&t->after, c.tau) <= RATE && true_fnr(&t->after, c.tau) <= RATE)
        return;
    bool gates = gates_hold(t, c.tau);
    uint64_t detector = detector_after(t, s, c.tau), drift = drift_after(t, s);
    r->overruns++;
    r->gates += gates;
    note(&r->detector, detector);
    note(&r->drift, drift);
    r->any += gates || detector > 0 || drift > 0;
}

#define BASE 1500, 1, 0.3, 0, 1, 0.3, 0, false
static const struct setting setting[] = {
    { "tiny-n", plain, { 300, 1, 0.1, 0, 1, 0.3, 0, false }, false, { 0 } },
    { "ties", plain, { 1500, 1, 0.3, 0, 1, 0.3, 64, false }, false, { 0 } },
    { "one-huge-run", plain, { 1500, 1, 0.3, 0, 1, 0.3, 0, true }, false, { 0 } },
    { "prevalence-1e-4", plain, { 30000, 1, 1e-4, 0, 1, 0.3, 0, false }, false, { 0 } },
    { "clustered-runs", plain, { 1500, 4, 0.3, 0.5477, 1, 0.3, 0, false }, false, { 0 } },
    { "successive", successive, { BASE }, false, { 0 } },
    { "truncation", truncation, { 12000, 1, 0.3, 0, 1, 0.3, 0, false }, false, { 0 } },
    { "missed-verdicts-5", missed_verdicts, { BASE }, false, { 0 } },
    { "anytime", anytime, { 0, 1, 0.02, 0, 1, 0.3, 0, false }, false, { 0 } },
    { "new-device", shifted, { BASE }, true, { 0, 1, 0.3, 0, 0.3, 0.7, 0, false } },
    { "new-tenant", shifted, { BASE }, true, { 0, 1, 0.3, 0, 0.5, 0.4, 0, false } },
    { "base-rate", shifted, { BASE }, true, { 0, 1, 0.6, 0, 1, 0.3, 0, false } },
    { "for-jump", shifted, { BASE }, true, { 0, 1, 0.3, 0, 0.5, 0.3, 0, false } },
    { "trial", trial, { 12000, 1, 0.3, 0, 1, 0.3, 0, false }, false, { 0 } },
    { "trial-clustered",
      trial,
      { 4000, 4, 0.3, 0.5477, 1, 0.3, 0, false },
      false,
      { 0 } },
};

/* ---- the report ---------------------------------------------------------------- */

static int by_value(const void *x, const void *y)
{
    const uint64_t *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

static void print_found(struct yg_jsonw *w, const char *name, struct found *f)
{
    qsort(f->delay, f->caught, sizeof(*f->delay), by_value);
    yg_jsonw_key(w, name);
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "caught", f->caught);
    if (f->caught > 0)
        yg_jsonw_ku64(w, "median_delay", f->delay[f->caught / 2]);
    yg_jsonw_close(w, '}');
}

/* False: too many overruns where there may be none. */
static bool print(const struct setting *t, struct result *r, uint64_t n, double seconds)
{
    double p = r->overruns ? 1 - yg_binom_cdf(r->overruns - 1, n, r->delta) : 1;
    size_t settings = YG_ARRAY_LEN(setting);
    bool holds = p >= 0.01 / (double)settings;
    struct yg_buf out;

    yg_buf_init(&out, 65536);
    struct yg_jsonw w = yg_jsonw_of(&out);
    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "name", t->name);
    yg_jsonw_kbool(&w, "shift", t->shift);
    yg_jsonw_ku64(&w, "replicates", n);
    yg_jsonw_ku64(&w, "overruns", r->overruns);
    yg_jsonw_kf64(&w, "share", (double)r->overruns / (double)n);
    yg_jsonw_kf64(&w, "share_at_most", yg_binom_upper(r->overruns, n, 0.01));
    yg_jsonw_kf64(&w, "delta", r->delta);
    yg_jsonw_kcstr(&w, "verdict", holds ? "holds" : "overruns");
    if (t->replicate != anytime)
        yg_jsonw_ku64(&w, "armed", r->armed);
    if (t->shift) {
        yg_jsonw_ku64(&w, "caught", r->any);
        yg_jsonw_ku64(&w, "caught_by_gates", r->gates);
        print_found(&w, "detector_audits", &r->detector);
        print_found(&w, "drift_runs", &r->drift);
    }
    yg_jsonw_kf64(&w, "seconds", seconds);
    yg_jsonw_close(&w, '}');
    puts(yg_buf_cstr(&out));
    fflush(stdout);
    yg_buf_fini(&out);
    return holds || t->shift;
}

static bool run(const struct setting *t, uint64_t n, uint64_t seed)
{
    struct result *r = calloc(1, sizeof(*r));
    struct sim s = { .w = &t->w };
    struct yg_rng root;

    if (!r)
        die("no memory");
    for (uint32_t i = 0; i < POINTS; i++)
        s.grid[i] = (i + 1) * (UINT32_MAX / POINTS);
    yg_rng_init(&root, seed);
    root = yg_rng_fork(&root, (uint64_t)(t - setting));
    double start = yg_clock_cpu();
    for (uint64_t i = 0; i < n; i++) {
        s.rng = yg_rng_fork(&root, i);
        t->replicate(t, &s, r);
    }
    bool ok = print(t, r, n, yg_clock_cpu() - start);
    free(s.a);
    free(r);
    return ok;
}

int main(int argc, char **argv)
{
    uint64_t n = 2000, seed = 1, done = 0, failed = 0;
    const char *name = "all";

    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (more && strcmp(argv[i], "--setting") == 0)
            name = argv[++i];
        else if (more && strcmp(argv[i], "--replicates") == 0 &&
                 yg_str_u64(yg_str_of(argv[i + 1]), &n) && n > 0 && n <= MONTHS)
            i++;
        else if (more && strcmp(argv[i], "--seed") == 0 &&
                 yg_str_u64(yg_str_of(argv[i + 1]), &seed))
            i++;
        else
            die("usage: bench_guarantee [--replicates N, at most 10000] [--seed S] "
                "[--setting NAME|all]");
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(setting); i++)
        if (strcmp(name, "all") == 0 || strcmp(name, setting[i].name) == 0) {
            failed += !run(&setting[i], n, seed);
            done++;
        }
    if (done == 0)
        die("no such setting");
    return failed > 0;
}
