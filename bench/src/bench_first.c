/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_first - how many verdicts does the first certificate of a model take?
 *
 * Reads what `yagura evaluate --rows` wrote of days that the model never saw, with the
 * true level of every alert, and plays those days in shadow: runs are drawn, a simulated
 * analyst judges them (wrong P times in a hundred: one of the four other levels), the
 * shipped code certifies what was judged. One JSON line an attempt; many secrets of the
 * coin, because one toss of it says little.
 *
 *   bench_first --model FILE --rows FILE --audits A,B,C [--one-in K] [--decoys PERCENT]
 *               [--wrong P] [--seeds N] [--tenant NAME]
 *
 * Runs are drawn afterwards over all tenants (policy/trial.h), for each number of audits;
 * an attempt is made where the counts allow one, and costs its share of delta.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/map.h"
#include "base/rng.h"
#include "pipeline/modelpack.h"
#include "policy/certify.h"
#include "policy/coin.h"
#include "policy/threat.h"
#include "policy/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS      (86400 * YG_NS_PER_S)
#define RATE        0.05
#define DELTA       0.05
#define TENANTS_MAX 256
#define LADDER_MAX  16
#define FIELDS      17
#define LINE_MAX    4096

static void die(const char *what)
{
    fprintf(stderr, "bench_first: %s\n", what);
    exit(2);
}

struct run {
    struct yg_trial_run trial;
    uint8_t worst, device;
    uint32_t tenant;
    int64_t first_ns;
    uint8_t said; /* the verdict; NONE: not judged */
    float weight; /* of the draw */
    bool hidden;
};

struct world {
    struct yg_modelpack *m;
    struct yg_judged *alert; /* level: the truth */
    uint32_t *of;            /* for each alert its run */
    size_t alerts, room;
    struct run *run;
    size_t runs;
    char tenant[TENANTS_MAX][64];
    uint32_t tenants;
    struct yg_judged *judged; /* what certify sees */
    const char *only;
    double wrong;
    uint64_t rate, ladder[LADDER_MAX], decoys; /* decoys: percent of the audits */
    size_t steps;
    struct yg_rng rng;
    uint64_t seed;
};

/* ---- reading ------------------------------------------------------------------- */

static struct yg_modelpack *read_model(const char *path)
{
    struct yg_modelpack *m = NULL;
    struct yg_err err = { 0 };
    struct yg_buf bytes;
    char part[65536];
    size_t got;
    FILE *f = fopen(path, "rbe");

    if (!f)
        die("the model cannot be read");
    yg_buf_init(&bytes, (size_t)1 << 30);
    while ((got = fread(part, 1, sizeof(part), f)) > 0)
        yg_buf_add(&bytes, part, got);
    fclose(f);
    if (yg_modelpack_read(yg_buf_str(&bytes), NULL, &m, &err) != YG_OK)
        die(err.msg);
    yg_buf_fini(&bytes);
    return m;
}

static uint32_t tenant_of(struct world *w, struct yg_str name)
{
    uint32_t t = w->tenants;

    for (uint32_t i = 0; i < w->tenants; i++)
        if (yg_str_eq(name, yg_str_of(w->tenant[i])))
            return i;
    if (t == TENANTS_MAX || name.n >= sizeof(w->tenant[t]))
        die("too many tenants");
    memcpy(w->tenant[t], name.p, name.n);
    w->tenants++;
    return t;
}

static uint64_t hex(struct yg_str s)
{
    uint64_t n;

    if (!yg_str_hex64(s, &n))
        die("a number cannot be read");
    return n;
}

static uint64_t number(struct yg_str s)
{
    uint64_t n;

    if (!yg_str_u64(s, &n))
        die("a number cannot be read");
    return n;
}

static void read_row(struct world *w, struct yg_str line, struct yg_map *seen)
{
    struct yg_str f[FIELDS];
    enum yg_level level;
    enum yg_device device;

    for (int i = 0; i < FIELDS; i++)
        f[i] = yg_str_cut(&line, '\t');
    if (!yg_level_of(f[2], &level) || !yg_device_of(f[15], &device))
        die("a row cannot be read");
    if (w->only && !yg_str_eq(f[0], yg_str_of(w->only)))
        return;
    if (w->alerts == w->room) {
        w->room = w->room ? 2 * w->room : 65536;
        w->alert = realloc(w->alert, w->room * sizeof(*w->alert));
        w->of = realloc(w->of, w->room * sizeof(*w->of));
        if (!w->alert || !w->of)
            die("no memory");
    }
    uint32_t t = tenant_of(w, f[0]);
    uint64_t key = yg_hash_pair(t + 1, number(f[8]));
    uint64_t *at = yg_map_put(seen, key, NULL);
    if (!at)
        die("no memory");
    *at = *at ? *at : yg_map_count(seen);
    w->of[w->alerts] = (uint32_t)(*at - 1);
    w->alert[w->alerts++] =
        (struct yg_judged){ .run = *at,
                            .tenant = t,
                            .time_ns = (int64_t)number(f[1]),
                            .level = (uint8_t)level,
                            .risk = (uint32_t)number(f[4]),
                            .gates = (uint32_t)hex(f[5]),
                            .signature = hex(f[9]),
                            .address = { hex(f[10]), hex(f[11]), hex(f[12]) },
                            .entity = hex(f[13]),
                            .incident = hex(f[14]),
                            .device = (uint8_t)device };
}

static void fill_runs(struct world *w)
{
    w->run = calloc(w->runs + 1, sizeof(*w->run));
    w->judged = calloc(w->alerts + 1, sizeof(*w->judged));
    if (!w->run || !w->judged)
        die("no memory");
    for (size_t i = 0; i < w->alerts; i++) {
        const struct yg_judged *a = &w->alert[i];
        struct run *r = &w->run[w->of[i]];
        if (r->first_ns == 0) {
            *r = (struct run){ .tenant = a->tenant,
                               .device = a->device,
                               .first_ns = a->time_ns };
            r->trial.close_risk = YG_RISK_MAX;
            r->trial.cluster = yg_cluster_of(a->tenant, a->entity, a->run, a->time_ns);
            yg_hash_id(yg_str_of(w->tenant[a->tenant]),
                       (struct yg_str){ (const char *)&a->run, sizeof(a->run) },
                       r->trial.id);
        }
        if (yg_judged_risk(a) < r->trial.close_risk)
            r->trial.close_risk = yg_judged_risk(a);
        if (a->risk > r->trial.top_risk)
            r->trial.top_risk = a->risk;
        if (a->level > r->worst)
            r->worst = a->level;
    }
}

static void read_rows(struct world *w, const char *path)
{
    char line[LINE_MAX];
    struct yg_map seen;
    FILE *f = fopen(path, "re");

    if (!f || !fgets(line, sizeof(line), f))
        die("the rows cannot be read");
    yg_map_init(&seen, (size_t)1 << 26);
    while (fgets(line, sizeof(line), f))
        read_row(w, yg_str_trim(yg_str_of(line)), &seen);
    fclose(f);
    w->runs = yg_map_count(&seen);
    yg_map_fini(&seen);
    fill_runs(w);
}

/* ---- one world of verdicts ------------------------------------------------------ */

static uint8_t said(struct world *w, uint8_t truth)
{
    if (yg_rng_unit(&w->rng) >= w->wrong / 100)
        return truth;
    return (uint8_t)((truth + 1 + yg_rng_below(&w->rng, YG_LEVEL_COUNT - 1)) %
                     YG_LEVEL_COUNT);
}

static void forget(struct world *w)
{
    for (size_t i = 0; i < w->runs; i++) {
        w->run[i].said = YG_LEVEL_NONE;
        w->run[i].weight = 0;
        w->run[i].hidden = false;
    }
}

static struct yg_certificate certify(struct world *w, uint32_t attempt, size_t n)
{
    struct yg_certify_ask ask = { .a = w->judged,
                                  .n = n,
                                  .cut_ns = w->m->trained_until_ns + 1,
                                  .protect = YG_LEVEL_L3,
                                  .delta = DELTA,
                                  .alpha = RATE,
                                  .beta = RATE,
                                  .attempt = attempt,
                                  .seed = w->seed,
                                  .mode = YG_CERT_BY_COIN,
                                  .grid = w->m->grid,
                                  .points = w->m->grid_count };
    struct yg_certificate c;
    struct yg_err err = { 0 };

    for (size_t i = 0; i < n; i++) {
        const struct run *r = &w->run[w->of[i]];
        w->judged[i] = w->alert[i];
        w->judged[i].level = r->said;
        w->judged[i].weight = r->weight;
        w->judged[i].hidden = r->hidden;
    }
    if (yg_certify(&ask, &c, &err) != YG_OK)
        die(err.msg);
    return c;
}

/* What the certificate's threshold does, by the truth. */
struct truth {
    uint64_t alerts, closed, fp, fp_closed, threats[2], lost[2], runs_closed, missed;
};

static struct truth measure(const struct world *w, uint32_t tau)
{
    struct truth t = { .alerts = 0 };
    struct yg_threats th = { .n = 0 };
    struct yg_outcomes o = { .n = 0 };
    int64_t cut = w->m->trained_until_ns + 1;

    if (yg_threats_of(w->alert, w->alerts, YG_LEVEL_L3, &th) != YG_OK ||
        yg_outcomes_of(w->alert, w->alerts, YG_LEVEL_L3, &o) != YG_OK)
        die("no memory");
    for (size_t i = 0; i < w->alerts; i++) {
        const struct yg_judged *a = &w->alert[i];
        bool closes = yg_judged_risk(a) < tau, fp = a->level == YG_LEVEL_FP;
        if (a->time_ns < cut)
            continue;
        t.alerts++;
        t.closed += closes;
        t.fp += fp;
        t.fp_closed += fp && closes;
    }
    for (size_t i = 0; i < th.n; i++)
        if (th.v[i].first_ns >= cut) {
            t.threats[th.v[i].level == YG_LEVEL_L4]++;
            t.lost[th.v[i].level == YG_LEVEL_L4] += th.v[i].risk < tau;
        }
    for (size_t i = 0; i < o.n; i++)
        if (o.v[i].first_ns >= cut) {
            t.runs_closed += o.v[i].close_risk < tau;
            t.missed += o.v[i].miss_risk < tau;
        }
    yg_threats_fini(&th);
    yg_outcomes_fini(&o);
    return t;
}

static void print(const struct world *w, uint64_t step, const uint64_t spent[2],
                  const struct yg_certificate *c, bool ready)
{
    struct truth t = measure(w, c->tau);
    struct yg_buf out;

    yg_buf_init(&out, 65536);
    struct yg_jsonw j = yg_jsonw_of(&out);
    yg_jsonw_open(&j, '{');
    yg_jsonw_ku64(&j, "secret", w->seed);
    yg_jsonw_kf64(&j, "wrong", w->wrong);
    yg_jsonw_ku64(&j, "step", step);
    yg_jsonw_ku64(&j, "verdicts", spent[0] + spent[1]);
    yg_jsonw_ku64(&j, "audits", spent[0]);
    yg_jsonw_ku64(&j, "attempt", c->attempt);
    yg_jsonw_kbool(&j, "ready", ready);
    yg_jsonw_kbool(&j, "may_arm", ready && yg_certificate_may_arm(c));
    yg_jsonw_kbool(&j, "l3", c->level[YG_LEVEL_L3].k > 0);
    yg_jsonw_kbool(&j, "l4", c->level[YG_LEVEL_L4].k > 0);
    yg_jsonw_ku64(&j, "l3_threats", c->level[YG_LEVEL_L3].threats);
    yg_jsonw_ku64(&j, "l4_threats", c->level[YG_LEVEL_L4].threats);
    yg_jsonw_ku64(&j, "clusters", c->for_clusters);
    yg_jsonw_ku64(&j, "need", c->for_need);
    yg_jsonw_kf64(&j, "largest_weight", c->most);
    yg_jsonw_ku64(&j, "tau", c->tau);
    yg_jsonw_ku64(&j, "tau_np", c->tau_np);
    yg_jsonw_ku64(&j, "tau_for", c->tau_for);
    yg_jsonw_ku64(&j, "alerts", t.alerts);
    yg_jsonw_ku64(&j, "closed", t.closed);
    yg_jsonw_ku64(&j, "fp", t.fp);
    yg_jsonw_ku64(&j, "fp_closed", t.fp_closed);
    yg_jsonw_ku64(&j, "runs_closed", t.runs_closed);
    yg_jsonw_ku64(&j, "runs_missed", t.missed);
    yg_jsonw_ku64(&j, "threats", t.threats[0] + t.threats[1]);
    yg_jsonw_ku64(&j, "threats_lost", t.lost[0] + t.lost[1]);
    yg_jsonw_close(&j, '}');
    puts(yg_buf_cstr(&out));
    fflush(stdout);
    yg_buf_fini(&out);
}

/* ---- the trial ------------------------------------------------------------------ */

static struct yg_str name_of(const unsigned char id[YG_ID_SIZE])
{
    return (struct yg_str){ (const char *)id, YG_ID_SIZE };
}

/* The runs after the model's days into `v`; `at`: which run of the world each is. */
static size_t candidates(const struct world *w, struct yg_trial_run *v, struct yg_map *at)
{
    int64_t cut = w->m->trained_until_ns + 1;
    size_t n = 0;

    for (size_t i = 0; i < w->runs; i++) {
        const struct run *r = &w->run[i];
        if (r->first_ns < cut)
            continue;
        uint64_t *x = yg_map_put(at, yg_hash_str(1, name_of(r->trial.id)), NULL);
        if (!x)
            die("no memory");
        *x = i;
        v[n++] = r->trial;
    }
    return n;
}

/* Draw as asked, and let the analyst judge; `spent`: audits and decoys. */
static void judge_drawn(struct world *w, struct yg_trial_run *v,
                        const struct yg_trial_ask *ask, uint64_t spent[2])
{
    struct yg_trial t;
    struct yg_map at;

    yg_map_init(&at, w->runs + 1);
    size_t n = candidates(w, v, &at);
    if (yg_trial_draw(v, n, ask, &t) != YG_OK)
        die("nothing can be drawn");
    for (size_t i = 0; i < n; i++) {
        struct run *r = &w->run[*yg_map_get(&at, yg_hash_str(1, name_of(v[i].id)))];
        r->hidden = v[i].tossed && v[i].close_risk < t.tau;
        if (!v[i].audit && !v[i].decoy)
            continue;
        r->said = said(w, r->worst);
        r->weight = v[i].audit ? (float)yg_coin_weight(v[i].rate) : 0;
        spent[v[i].decoy]++;
    }
    yg_map_fini(&at);
}

static void trial(struct world *w, const struct yg_coin *coin)
{
    struct yg_trial_run *v = calloc(w->runs + 1, sizeof(*v));
    uint32_t attempt = 1;

    if (!v)
        die("no memory");
    for (size_t s = 0; s < w->steps; s++) {
        struct yg_trial_ask ask = { w->m->grid,   w->m->grid_count,
                                    w->ladder[s], w->ladder[s] * w->decoys / 100,
                                    w->rate,      coin };
        uint64_t spent[2] = { 0, 0 };
        forget(w);
        w->rng = (struct yg_rng){ 0 };
        yg_rng_init(&w->rng, w->seed);
        judge_drawn(w, v, &ask, spent);
        struct yg_certificate c = certify(w, attempt, w->alerts);
        bool ready = !(c.provisional >> YG_PROV_FOR_NOT_TESTED & 1);
        attempt += ready;
        print(w, w->ladder[s], spent, &c, ready);
        if (ready && yg_certificate_may_arm(&c) && c.level[YG_LEVEL_L3].k > 0 &&
            c.level[YG_LEVEL_L4].k > 0)
            break;
    }
    free(v);
}

/* ---- the program ---------------------------------------------------------------- */

static void list(struct world *w, const char *text)
{
    struct yg_str rest = yg_str_of(text);

    while (rest.n > 0 && w->steps < LADDER_MAX)
        w->ladder[w->steps++] = number(yg_str_cut(&rest, ','));
}

int main(int argc, char **argv)
{
    static struct world w = { .rate = YG_COIN_ONE, .decoys = 100 };
    const char *rows = NULL;
    uint64_t seeds = 3;

    for (int i = 1; i + 1 < argc; i += 2) {
        const char *o = argv[i], *v = argv[i + 1];
        if (strcmp(o, "--model") == 0)
            w.m = read_model(v);
        else if (strcmp(o, "--rows") == 0)
            rows = v;
        else if (strcmp(o, "--audits") == 0)
            list(&w, v);
        else if (strcmp(o, "--one-in") == 0)
            w.rate = YG_COIN_ONE / number(yg_str_of(v));
        else if (strcmp(o, "--decoys") == 0)
            w.decoys = number(yg_str_of(v));
        else if (strcmp(o, "--wrong") == 0)
            w.wrong = (double)number(yg_str_of(v));
        else if (strcmp(o, "--seeds") == 0)
            seeds = number(yg_str_of(v));
        else if (strcmp(o, "--tenant") == 0)
            w.only = v;
        else
            die("unknown option");
    }
    if (!w.m || !rows || w.steps == 0 || argc % 2 == 0)
        die("usage: see the head of bench/src/bench_first.c");
    read_rows(&w, rows);
    for (w.seed = 1; w.seed <= seeds; w.seed++) {
        unsigned char secret[YG_COIN_SECRET] = { (unsigned char)w.seed };
        struct yg_coin coin;
        yg_coin_init(&coin, secret);
        trial(&w, &coin);
    }
    yg_modelpack_free(w.m);
    return 0;
}
