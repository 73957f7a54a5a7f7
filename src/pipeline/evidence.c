/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/evidence.h"

#include "base/map.h"
#include "feature/features.h"
#include "pipeline/score.h"
#include "policy/certify.h"
#include "policy/companion.h"
#include "policy/forwalk.h"

#include <stdlib.h>

#define BLOCK   256 /* rows scored together */
#define FAR_MAX 200000
#define FAR_PLACE                                                                        \
    24 /* first alerts of a run that are looked at: alike ones say little                \
        */

/* Rule of three: n verdicts without a protected one bound its share by 3/n. Two hundred
 * from three tenants bound it by 1.5 %; in proportion, so that a threshold found with
 * one tenant left out is gated as the shipped model will be
 * (docs/design/03-threshold.md). Where there are few verdicts at all, one in a hundred of
 * them: no signature could ever have more. */
uint32_t yg_signature_bar(size_t tenants, size_t judged)
{
    size_t n = 67 * tenants < judged / 100 ? 67 * tenants : judged / 100;

    return n < YG_SIGNATURE_VERDICTS ? YG_SIGNATURE_VERDICTS
           : n > 300                 ? 300
                                     : (uint32_t)n;
}

static void fill(struct yg_evidence *e, size_t t)
{
    const struct yg_corpus_tenant *ten = &e->rows->corpus->tenant[t];
    struct yg_judged *a = e->a + e->base[t];

    for (size_t i = 0; i < ten->count; i++) {
        const struct yg_corpus_record *r = &ten->record[i];
        if (r->level >= YG_LEVEL_COUNT)
            continue;
        *a++ = (struct yg_judged){ .run = e->rows->place[t][i].run,
                                   .entity = r->facts.key[YG_KEY_ENTITY],
                                   .signature = r->facts.key[YG_KEY_SIGNATURE],
                                   .incident = r->facts.key[YG_KEY_INCIDENT],
                                   .time_ns = r->facts.time_ns,
                                   .address = { r->facts.key[YG_KEY_SOURCE],
                                                r->facts.key[YG_KEY_DESTINATION],
                                                r->facts.key[YG_KEY_HOST] },
                                   .tenant = (uint32_t)t,
                                   .level = r->level,
                                   .predicted = YG_LEVEL_NONE };
    }
}

enum yg_status yg_evidence_init(struct yg_evidence *e, const struct yg_fitrows *rows,
                                struct yg_err *err)
{
    const struct yg_corpus *c = rows->corpus;

    *e = (struct yg_evidence){ .rows = rows };
    e->base = calloc(c->count + 1, sizeof(*e->base));
    e->next = calloc(c->count + 1, sizeof(*e->next));
    for (size_t t = 0; e->base && t < c->count; t++) {
        e->base[t] = e->n;
        e->n += rows->use[t] ? c->tenant[t].judged : 0;
    }
    e->a = calloc(e->n + 1, sizeof(*e->a));
    if (!e->base || !e->next || !e->a)
        return yg_err_set(err, YG_ENOMEM, "no memory for %zu cross-fitted risks", e->n);
    for (size_t t = 0; t < c->count; t++)
        if (rows->use[t])
            fill(e, t);
    return YG_OK;
}

void yg_evidence_fini(struct yg_evidence *e)
{
    free(e->a);
    free(e->base);
    free(e->next);
    free(e->far);
    *e = (struct yg_evidence){ 0 };
}

struct scoring {
    struct yg_evidence *e;
    uint32_t fold;
    const struct yg_trees *trees;
    const struct yg_distance *distance;
    const struct yg_history *history;
    uint32_t bar;
    size_t count;
    struct yg_judged *target[BLOCK];
    bool look[BLOCK]; /* its distance is one of those that set the limit */
    float row[BLOCK * YG_FEATURE_COUNT];
};

static bool add_far(struct yg_evidence *e, float v)
{
    if (e->far_n == e->far_size) {
        size_t size = e->far_size ? e->far_size * 2 : 1024;
        float *far = realloc(e->far, size * sizeof(*far));
        if (!far)
            return false;
        e->far = far;
        e->far_size = size;
    }
    e->far[e->far_n++] = v;
    return true;
}

static enum yg_status measure(struct scoring *s, struct yg_err *err)
{
    for (size_t i = 0; i < s->count; i++) {
        float far;
        if (!s->look[i] || s->e->far_n >= FAR_MAX)
            continue;
        yg_distance_of(s->distance, s->trees, s->row + i * YG_FEATURE_COUNT, &far);
        if (!add_far(s->e, far))
            return yg_err_set(err, YG_ENOMEM, "no memory for distances");
    }
    return YG_OK;
}

static enum yg_status flush(struct scoring *s, struct yg_err *err)
{
    struct yg_score score[BLOCK];
    enum yg_status st = measure(s, err);

    yg_score_rows(s->trees, NULL, s->row, s->count, YG_FEATURE_COUNT, score);
    for (size_t i = 0; i < s->count; i++) {
        struct yg_judged *a = s->target[i];
        a->risk = score[i].risk;
        a->predicted = score[i].predicted;
        a->gates = yg_history_verdicts(s->history, a->signature) < s->bar
                       ? YG_GATE_BIT(NEW_SIGNATURE)
                       : 0;
    }
    s->count = 0;
    return st;
}

static enum yg_status score_row(void *arg, size_t tenant, size_t record, const float *row,
                                struct yg_err *err)
{
    struct scoring *s = arg;
    struct yg_evidence *e = s->e;
    struct yg_judged *a = &e->a[e->base[tenant] + e->next[tenant]++];
    int64_t t = e->rows->corpus->tenant[tenant].record[record].facts.time_ns;

    if (yg_folds_of(&e->rows->folds, tenant, t) != s->fold)
        return YG_OK;
    memcpy(s->row + s->count * YG_FEATURE_COUNT, row, YG_FEATURE_COUNT * sizeof(float));
    s->look[s->count] = e->rows->place[tenant][record].pos < FAR_PLACE;
    s->target[s->count++] = a;
    return s->count == BLOCK ? flush(s, err) : YG_OK;
}

/* Verdicts of a tenant as the bar counts them: what was judged on its own, and one for
 * each moment at which a group was answered. */
static size_t verdicts_of(const struct yg_corpus_tenant *ten)
{
    struct yg_map moment;
    size_t own = 0;

    yg_map_init(&moment, ten->count + 1);
    for (size_t i = 0; i < ten->count; i++) {
        const struct yg_corpus_record *r = &ten->record[i];
        own += r->level < YG_LEVEL_COUNT && !r->trains;
        if (r->level < YG_LEVEL_COUNT && r->trains) /* without memory: a higher bar */
            own += !yg_map_put(&moment, yg_hash_pair((uint64_t)r->judged_ns, 1), NULL);
    }
    own += yg_map_count(&moment);
    yg_map_fini(&moment);
    return own;
}

/* The bar for a model that learned without `fold` (YG_FOLD_NONE: from all). */
static uint32_t bar_without(const struct yg_fitrows *r, uint32_t fold)
{
    size_t tenants = 0, judged = 0;

    for (size_t t = 0; t < r->corpus->count; t++) {
        if (!r->use[t] || (!r->folds.by_time && r->folds.of_tenant[t] == fold))
            continue;
        tenants++;
        judged += verdicts_of(&r->corpus->tenant[t]);
    }
    return yg_signature_bar(tenants, judged);
}

enum yg_status yg_evidence_score(struct yg_evidence *e, uint32_t fold,
                                 const struct yg_trees *trees,
                                 const struct yg_distance *d, const struct yg_history *h,
                                 struct yg_err *err)
{
    const struct yg_fitrows *r = e->rows;
    struct scoring *s = calloc(1, sizeof(*s));
    enum yg_status st = YG_OK;

    if (!s)
        return yg_err_set(err, YG_ENOMEM, "no memory to score");
    s->e = e;
    s->fold = fold;
    s->trees = trees;
    s->distance = d;
    s->history = h;
    s->bar = bar_without(r, fold);
    for (size_t t = 0; st == YG_OK && t < r->corpus->count; t++) {
        if (!r->use[t] || (!r->folds.by_time && r->folds.of_tenant[t] != fold))
            continue;
        e->next[t] = 0;
        st = yg_fitrows_walk(r, t, h, score_row, s, err);
    }
    if (st == YG_OK)
        st = flush(s, err);
    free(s);
    return st;
}

enum yg_status yg_evidence_calibrate(struct yg_evidence *e, struct yg_modelpack *m,
                                     struct yg_err *err)
{
    struct yg_calibration_point *p = calloc(e->n + 1, sizeof(*p));
    size_t k = 0;

    if (!p)
        return yg_err_set(err, YG_ENOMEM, "no memory to calibrate");
    for (size_t t = 0; t < e->rows->corpus->count; t++) {
        for (size_t i = 0; e->rows->use[t] && i < e->rows->corpus->tenant[t].count; i++) {
            const struct yg_place *place = &e->rows->place[t][i];
            if (place->run == UINT64_MAX)
                continue;
            /* A run is one opinion, whatever its size. */
            p[k] = (struct yg_calibration_point){ .raw = yg_risk_logit(e->a[k].risk),
                                                  .is_protected =
                                                      e->a[k].level >= YG_LEVEL_L3,
                                                  .weight = 1.0F / (float)place->size };
            k++;
        }
    }
    YG_ASSERT(k == e->n);
    enum yg_status st = yg_calibrate_fit(p, k, &m->calibration, err);
    free(p);
    return st;
}

/* A raw risk as the calibrated one: strictly increasing, so thresholds keep what they
 * separate. */
static uint32_t calibrated(const struct yg_modelpack *m, uint32_t raw)
{
    if (raw == 0 || raw == YG_RISK_MAX)
        return raw;
    return yg_risk_of_logit(yg_calibrate_logit(&m->calibration, yg_risk_logit(raw)));
}

static void calibrate_certificate(struct yg_modelpack *m)
{
    struct yg_certificate *c = &m->certificate;

    c->tau = calibrated(m, c->tau);
    c->tau_np = calibrated(m, c->tau_np);
    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
        c->level[i].tau = calibrated(m, c->level[i].tau);
}

/* Rows of a tenant follow each other. Where the gates hold every protected alert nothing
 * says how low those of an unseen tenant may fall: then the risks without this gate are
 * measured, which are lower, and so is the threshold. */
static enum yg_status hold_companions(struct yg_evidence *e, uint32_t ungated)
{
    enum yg_status st = YG_OK;
    size_t free_threats = 0;

    for (size_t t = 0; st == YG_OK && t < e->rows->corpus->count; t++)
        if (e->rows->use[t])
            st = yg_companions_mark(e->a + e->base[t], e->rows->corpus->tenant[t].judged,
                                    YG_LEVEL_L3);
    for (size_t i = 0; i < e->n; i++)
        e->a[i].gates &= ~ungated;
    for (size_t i = 0; i < e->n; i++)
        free_threats += yg_judged_protected(&e->a[i], YG_LEVEL_L3) && !e->a[i].gates;
    for (size_t i = 0; free_threats == 0 && i < e->n; i++)
        e->a[i].gates &= ~YG_GATE_BIT(COMPANION);
    return st;
}

enum yg_status yg_evidence_certify(struct yg_evidence *e, double fnr, uint32_t ungated,
                                   struct yg_modelpack *m, struct yg_err *err)
{
    struct yg_certify_ask ask = { .a = e->a,
                                  .n = e->n,
                                  .protect = YG_LEVEL_L3,
                                  .alpha = fnr,
                                  .now_ns = m->trained_until_ns };
    uint32_t *risk = calloc(e->n + 1, sizeof(*risk));

    if (!risk || hold_companions(e, ungated) != YG_OK) {
        free(risk);
        return yg_err_set(err, YG_ENOMEM, "no memory for the grid");
    }
    size_t n = 0;
    for (size_t i = 0; i < e->n; i++)
        if (e->a[i].gates == 0)
            risk[n++] = calibrated(m, e->a[i].risk);
    m->grid_count = yg_grid_of(risk, n, m->grid);
    free(risk);
    m->signature_bar = bar_without(e->rows, YG_FOLD_NONE);
    enum yg_status st = yg_crossfit(&ask, &m->certificate, err);
    m->certified = st == YG_OK;
    if (m->certified)
        calibrate_certificate(m);
    return st;
}
