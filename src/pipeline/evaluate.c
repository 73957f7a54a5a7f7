/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/evaluate.h"

#include "pipeline/judge.h"
#include "pipeline/likeness.h"
#include "pipeline/score.h"
#include "policy/coin.h"
#include "policy/standing.h"
#include "store/ledger.h"

#include <stdlib.h>

#define BLOCK 256
#define TRIAL 2 /* bit of yg_judged.hidden until hide_trials() */

void yg_judged_list_fini(struct yg_judged_list *l)
{
    free(l->a);
    *l = (struct yg_judged_list){ 0 };
}

static uint64_t draw_key(const unsigned char run[YG_ID_SIZE])
{
    return yg_hash_str(0x64726177, (struct yg_str){ (const char *)run, YG_ID_SIZE });
}

enum yg_status yg_draws_of(const struct yg_draws_ask *ask, struct yg_draws *out,
                           struct yg_err *err)
{
    const struct yg_audit *audit = ask->audit;
    size_t n = ask->audits;

    yg_map_init(&out->weight, n + 1);
    yg_map_init(&out->trial, ask->trials + 1);
    for (size_t i = 0; i < ask->trials; i++) {
        uint64_t *at = yg_map_put(&out->trial, draw_key(ask->trial[i].run), NULL);
        if (!at) {
            yg_draws_fini(out);
            return yg_err_set(err, YG_ENOMEM, "no memory for %zu tosses", ask->trials);
        }
        *at = ask->trial[i].rate;
    }
    for (size_t i = 0; i < n; i++) {
        const uint64_t *trial = yg_map_get(&out->trial, draw_key(audit[i].run));
        bool drawn =
            audit[i].kind == YG_AUDIT_COIN || (audit[i].kind == YG_AUDIT_TRIAL && trial);
        if (!drawn || audit[i].state == YG_AUDIT_VOID)
            continue;
        uint64_t *at = yg_map_put(&out->weight, draw_key(audit[i].run), NULL);
        float weight = (float)yg_coin_weight(trial ? *trial : audit[i].rate);
        uint32_t bits;
        if (!at) {
            yg_draws_fini(out);
            return yg_err_set(err, YG_ENOMEM, "no memory for %zu audits", n);
        }
        if (audit[i].state == YG_AUDIT_WAITS)
            weight = -weight;
        memcpy(&bits, &weight, sizeof(bits));
        *at = bits;
    }
    return YG_OK;
}

void yg_draws_fini(struct yg_draws *d)
{
    yg_map_fini(&d->weight);
    yg_map_fini(&d->trial);
}

static float draw_of(const struct yg_draws *d, const unsigned char run[YG_ID_SIZE])
{
    const uint64_t *at = d ? yg_map_get(&d->weight, draw_key(run)) : NULL;
    float weight = 0;
    uint32_t bits = at ? (uint32_t)*at : 0;

    memcpy(&weight, &bits, sizeof(weight));
    return weight;
}

static bool in_trial(const struct yg_draws *d, const unsigned char run[YG_ID_SIZE])
{
    return d && yg_map_get(&d->trial, draw_key(run));
}

enum yg_status yg_judged_list_grow(struct yg_judged_list *l, size_t more,
                                   struct yg_err *err)
{
    if (l->n + more <= l->size)
        return YG_OK;
    size_t size = l->size * 2 > l->n + more ? l->size * 2 : l->n + more;
    struct yg_judged *a = realloc(l->a, size * sizeof(*a));
    if (!a)
        return yg_err_set(err, YG_ENOMEM, "no memory for %zu judged alerts", size);
    l->a = a;
    l->size = size;
    return YG_OK;
}

static struct yg_judged row_of(const struct yg_corpus_record *r, size_t t)
{
    return (struct yg_judged){ .entity = r->facts.key[YG_KEY_ENTITY],
                               .signature = r->facts.key[YG_KEY_SIGNATURE],
                               .incident = r->facts.key[YG_KEY_INCIDENT],
                               .time_ns = r->facts.time_ns,
                               .address = { r->facts.key[YG_KEY_SOURCE],
                                            r->facts.key[YG_KEY_DESTINATION],
                                            r->facts.key[YG_KEY_HOST] },
                               .tenant = (uint32_t)t,
                               .level = r->level,
                               .predicted = YG_LEVEL_NONE,
                               .trains = r->trains,
                               .hidden = yg_decision_closes(r->decision) };
}

/* Who takes a verdict back has seen what the policy makes of the alert; who gave it may
 * not have. */
static void count_gravest(struct yg_judged *a, const struct yg_corpus_record *r,
                          enum yg_level from)
{
    if (from == 0 || r->gravest >= YG_LEVEL_COUNT || r->gravest < from)
        return;
    if (yg_judged_is(a) && !a->trains && a->level >= r->gravest)
        return;
    a->level = r->gravest;
    a->trains = 0;
}

struct block {
    struct yg_judge *judge;
    const struct yg_evaluate_ask *ask;
    uint32_t tenant; /* of the judge */
    struct yg_judged_list *out;
    size_t count;
    const struct yg_corpus_record *record[BLOCK];
    float row[BLOCK * YG_FEATURES_MAX];
    struct yg_score score[BLOCK];
    float distance[BLOCK];
};

static void flush(struct block *b)
{
    struct yg_judgement j;

    const struct yg_modelpack *m = b->ask->m;

    yg_score_rows(m->trees, &m->calibration, b->row, b->count, YG_FEATURES_MAX, b->score);
    yg_modelpack_distances(m, b->row, b->count, YG_FEATURES_MAX, b->score, b->distance);
    for (size_t i = 0; i < b->count; i++) {
        const struct yg_corpus_record *r = b->record[i];
        struct yg_judged *a = &b->out->a[b->out->n++];
        const struct yg_judge_alert alert = { .facts = &r->facts,
                                              .id = r->id,
                                              .score = &b->score[i],
                                              .distance = b->distance[i] };
        yg_judge_decide(b->judge, b->tenant, &alert, &j);
        *a = row_of(r, b->ask->tenant);
        count_gravest(a, r, b->ask->gravest_from);
        a->run = b->out->runs + j.run.number;
        a->weight = draw_of(b->ask->draws, r->id); /* see spread() */
        a->hidden |= in_trial(b->ask->draws, r->id) ? TRIAL : 0;
        a->scored = j.score.risk;
        a->rule[0] = r->facts.rule[0];
        a->risk = a->rule[0] ? 0 : a->scored;
        a->predicted = j.score.predicted;
        a->gates = j.decision.gates;
        a->closed = j.decision.close;
        a->device = r->facts.device;
        a->far = yg_likeness_far(b->distance[i]);
    }
    b->count = 0;
}

/* What graver alerts that came later open again. */
static enum yg_status reopen(struct yg_judged *a, size_t n, const struct yg_policy *p,
                             struct yg_err *err)
{
    if (p->not_evaluated & YG_GATE_BIT(COMPANION))
        return YG_OK;
    if (yg_companions_mark(a, n, YG_LEVEL_L3) != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "no memory to evaluate");
    for (size_t i = 0; i < n; i++)
        a[i].closed = a[i].gates == 0 && a[i].risk < p->tau;
    return YG_OK;
}

/* The coin named a run after the alert that came first; in order of time another may be
 * the first of it. So the draw is found by that alert, wherever it stands, and holds for
 * its whole run. Below 0: the run waits for its verdict (again, where alerts joined it
 * later); what was said of some of its alerts is not the answer. */
static enum yg_status spread(struct yg_judged *a, size_t n, struct yg_err *err)
{
    struct yg_map draw; /* run -> 2 x the row with most weight, + 1 if it waits */
    enum yg_status st = YG_OK;

    yg_map_init(&draw, n + 1);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        bool waits = a[i].weight < 0, fresh;
        if (waits)
            a[i].weight = -a[i].weight;
        uint64_t *at = a[i].weight > 0 ? yg_map_put(&draw, a[i].run + 1, &fresh) : NULL;
        if (a[i].weight > 0 && !at)
            st = yg_err_set(err, YG_ENOMEM, "no memory to evaluate");
        else if (at && (fresh || a[*at / 2].weight < a[i].weight))
            *at = 2 * i + (fresh ? 0 : *at & 1);
        if (at)
            *at |= waits;
    }
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        const uint64_t *at = yg_map_get(&draw, a[i].run + 1);
        if (!at)
            continue;
        a[i].weight = a[*at / 2].weight;
        if (*at & 1)
            a[i].level = YG_LEVEL_NONE;
    }
    yg_map_fini(&draw);
    return st;
}

/* The same for the runs of a trial. */
static enum yg_status hide_trials(struct yg_judged *a, size_t n, struct yg_err *err)
{
    struct yg_map run;
    bool whole = true;

    yg_map_init(&run, n + 1);
    for (size_t i = 0; whole && i < n; i++)
        if (a[i].hidden & TRIAL)
            whole = yg_map_put(&run, a[i].run + 1, NULL) != NULL;
    for (size_t i = 0; whole && i < n; i++)
        a[i].hidden = (a[i].hidden & 1) || yg_map_get(&run, a[i].run + 1) != NULL;
    yg_map_fini(&run);
    return whole ? YG_OK : yg_err_set(err, YG_ENOMEM, "no memory to evaluate");
}

enum yg_status yg_evaluate_tenant(const struct yg_evaluate_ask *ask,
                                  struct yg_judged_list *out, struct yg_err *err)
{
    const struct yg_corpus_tenant *ten = &ask->corpus->tenant[ask->tenant];
    struct block *b = calloc(1, sizeof(*b));
    size_t first = out->n;
    enum yg_status st = yg_judged_list_grow(out, ten->alerts, err);

    if (st == YG_OK && !b)
        st = yg_err_set(err, YG_ENOMEM, "no memory to evaluate");
    if (st == YG_OK)
        st = yg_judge_new(ask->m, 0, &b->judge, err);
    if (st == YG_OK) {
        yg_judge_policy(b->judge)->not_evaluated |= ask->ungated;
        b->ask = ask;
        b->out = out;
        st = yg_judge_tenant(b->judge, ten->name, &b->tenant, err);
    }
    for (size_t i = 0; st == YG_OK && i < ten->count; i++) {
        const struct yg_corpus_record *r = &ten->record[i];
        bool alert = r->facts.kind != YG_KIND_CONTEXT;
        yg_judge_see(b->judge, b->tenant, &r->facts,
                     alert ? b->row + b->count * YG_FEATURES_MAX : NULL);
        if (!alert)
            continue;
        b->record[b->count++] = r;
        if (b->count == BLOCK)
            flush(b);
    }
    if (st == YG_OK)
        flush(b);
    if (st == YG_OK)
        st = spread(out->a + first, out->n - first, err);
    if (st == YG_OK)
        st = hide_trials(out->a + first, out->n - first, err);
    if (st == YG_OK)
        st = reopen(out->a + first, out->n - first, yg_judge_policy(b->judge), err);
    uint64_t runs = out->runs;
    for (size_t i = first; i < out->n; i++)
        if (out->a[i].run >= runs)
            runs = out->a[i].run + 1;
    out->runs = runs;
    if (b)
        yg_judge_free(b->judge);
    free(b);
    return st;
}

enum yg_status yg_evaluate_verdicts(const struct yg_corpus *c, size_t t,
                                    struct yg_judged_list *out, struct yg_err *err)
{
    const struct yg_corpus_tenant *ten = &c->tenant[t];
    enum yg_status st = yg_judged_list_grow(out, ten->judged, err);

    for (size_t i = 0; st == YG_OK && i < ten->count; i++)
        if (ten->record[i].level < YG_LEVEL_COUNT)
            out->a[out->n++] = row_of(&ten->record[i], t);
    return st;
}
