/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/fitrows.h"

#include "base/fmath.h"
#include "context/context.h"
#include "feature/features.h"
#include "model/model.h"
#include "policy/run.h"

#include <math.h>
#include <stdlib.h>

#define RUNS_OPEN    65536
#define DENSE        24   /* the first alerts of a run are all rows */
#define SPARSE       0.08 /* after them, each kept position is 8 % later */
#define ATTACK_RUN   200  /* protected alerts of runs up to this size are all rows */
#define RUN_EXPONENT 0.5  /* total weight of a run = size^this */
#define TENANT_TOTAL 20000.0

static bool judged(const struct yg_corpus_record *r)
{
    return r->level < YG_LEVEL_COUNT;
}

/* Runs are formed from every alert, judged or not, as triage forms them: which alerts
 * got a verdict must not decide where a run begins or ends. */
static enum yg_status place_tenant(struct yg_fitrows *r, size_t t, struct yg_err *err)
{
    const struct yg_corpus_tenant *ten = &r->corpus->tenant[t];
    struct yg_runs *runs = yg_runs_new(RUNS_OPEN);

    r->place[t] = calloc(ten->count + 1, sizeof(**r->place));
    uint32_t *size = calloc(ten->alerts + 1, sizeof(*size)); /* judged alerts, by run */
    if (!runs || !r->place[t] || !size) {
        yg_runs_free(runs);
        free(size);
        return yg_err_set(err, YG_ENOMEM, "no memory for the runs");
    }
    for (size_t i = 0; i < ten->count; i++) {
        const struct yg_corpus_record *rec = &ten->record[i];
        struct yg_place *p = &r->place[t][i];
        p->run = UINT64_MAX;
        if (rec->facts.kind == YG_KIND_CONTEXT)
            continue;
        struct yg_run run =
            yg_runs_add(runs, rec->facts.key[YG_KEY_ENTITY],
                        rec->facts.key[YG_KEY_SIGNATURE], rec->facts.time_ns, rec->id);
        if (!judged(rec))
            continue;
        p->run = run.number;
        p->pos = size[run.number]++;
    }
    for (size_t i = 0; i < ten->count; i++) {
        struct yg_place *p = &r->place[t][i];
        if (p->run == UINT64_MAX)
            continue;
        p->size = size[p->run];
        p->run += r->runs;
    }
    r->runs += yg_runs_stats(runs).runs;
    yg_runs_free(runs);
    free(size);
    return YG_OK;
}

static bool is_row(const struct yg_place *p, unsigned level)
{
    if (p->pos < DENSE || (level >= YG_LEVEL_L3 && p->size < ATTACK_RUN))
        return true;
    /* Positions 24, 24 x 1.08, 24 x 1.08^2, ... rounded down. */
    double at = DENSE;
    while (at < p->pos)
        at *= 1.0 + SPARSE;
    return (uint32_t)at == p->pos;
}

static enum yg_status builder_for(struct yg_fitrows *r, uint32_t fold, struct yg_err *err)
{
    size_t n = r->builders + 1;
    void *b = realloc(r->builder, n * sizeof(*r->builder));

    if (b)
        r->builder = b;
    void *f = realloc(r->builder_fold, n * sizeof(*r->builder_fold));
    if (f)
        r->builder_fold = f;
    if (!b || !f || yg_history_builder_new(&r->builder[r->builders]) != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "no memory for the verdict history");
    r->builder_fold[r->builders++] = fold;
    return YG_OK;
}

/* One builder for a tenant, or one for each stretch of its time. */
static enum yg_status build_tenant(struct yg_fitrows *r, size_t t, struct yg_err *err)
{
    const struct yg_corpus_tenant *ten = &r->corpus->tenant[t];
    uint32_t fold = YG_FOLD_NONE;

    for (size_t i = 0; i < ten->count; i++) {
        const struct yg_corpus_record *rec = &ten->record[i];
        if (!judged(rec))
            continue;
        uint32_t k = yg_folds_of(&r->folds, t, rec->facts.time_ns);
        enum yg_status st = k == fold ? YG_OK : builder_for(r, k, err);
        if (st != YG_OK)
            return st;
        fold = k;
        /* What was judged in one moment was judged as one. */
        st = yg_history_builder_add_group(r->builder[r->builders - 1], &rec->facts,
                                          (enum yg_level)rec->level,
                                          rec->trains ? (uint64_t)rec->judged_ns : 0);
        if (st == YG_ENOMEM)
            return yg_err_set(err, YG_ENOMEM, "no memory for the verdict history");
    }
    return YG_OK;
}

static void count_kept(struct yg_fitrows *r, size_t t)
{
    const struct yg_corpus_tenant *ten = &r->corpus->tenant[t];

    for (size_t i = 0; i < ten->count; i++) {
        const struct yg_place *p = &r->place[t][i];
        if (p->run != UINT64_MAX && is_row(p, ten->record[i].level))
            r->kept[p->run] += 1.0;
    }
}

enum yg_status yg_fitrows_init(struct yg_fitrows *r, const struct yg_corpus *c,
                               const bool *use, size_t context_memory, struct yg_err *err)
{
    *r = (struct yg_fitrows){ .corpus = c, .context_memory = context_memory };
    r->use = calloc(c->count + 1, sizeof(*r->use));
    r->place = calloc(c->count + 1, sizeof(*r->place));
    if (!r->use || !r->place)
        return yg_err_set(err, YG_ENOMEM, "no memory to train");
    for (size_t t = 0; t < c->count; t++)
        r->use[t] = (!use || use[t]) && c->tenant[t].judged > 0;
    enum yg_status st = yg_folds_make(c, r->use, &r->folds, err);
    for (size_t t = 0; st == YG_OK && t < c->count; t++) {
        if (!r->use[t])
            continue;
        st = place_tenant(r, t, err);
        if (st == YG_OK)
            st = build_tenant(r, t, err);
    }
    if (st != YG_OK)
        return st;
    r->kept = calloc(r->runs + 1, sizeof(*r->kept));
    if (!r->kept)
        return yg_err_set(err, YG_ENOMEM, "no memory to train");
    for (size_t t = 0; t < c->count; t++)
        if (r->use[t])
            count_kept(r, t);
    return YG_OK;
}

void yg_fitrows_fini(struct yg_fitrows *r)
{
    for (size_t t = 0; r->place && t < r->corpus->count; t++)
        free(r->place[t]);
    for (size_t i = 0; i < r->builders; i++)
        yg_history_builder_free(r->builder[i]);
    free(r->place);
    free(r->use);
    free(r->kept);
    free(r->builder);
    free(r->builder_fold);
    yg_folds_free(&r->folds);
    *r = (struct yg_fitrows){ 0 };
}

enum yg_status yg_fitrows_history(const struct yg_fitrows *r, uint32_t a, uint32_t b,
                                  struct yg_history **out, struct yg_err *err)
{
    bool *exclude = calloc(r->builders + 1, sizeof(*exclude));

    if (!exclude)
        return yg_err_set(err, YG_ENOMEM, "no memory for the verdict history");
    for (size_t i = 0; i < r->builders; i++)
        exclude[i] = r->builder_fold[i] == a || r->builder_fold[i] == b;
    enum yg_status st = yg_history_merge(r->builder, r->builders, exclude, out);
    free(exclude);
    return st == YG_OK ? YG_OK : yg_err_set(err, st, "the verdict history is too large");
}

enum yg_status yg_fitrows_walk(const struct yg_fitrows *r, size_t tenant,
                               const struct yg_history *h, yg_fitrow_f *each, void *arg,
                               struct yg_err *err)
{
    const struct yg_corpus_tenant *ten = &r->corpus->tenant[tenant];
    float row[YG_FEATURES_MAX];
    struct yg_context *ctx;
    enum yg_status st = yg_context_new(h, r->context_memory, &ctx);

    if (st != YG_OK)
        return yg_err_set(err, st, "no memory for a tenant's context");
    for (size_t i = 0; st == YG_OK && i < ten->count; i++) {
        const struct yg_corpus_record *rec = &ten->record[i];
        if (rec->facts.kind == YG_KIND_CONTEXT) {
            yg_context_see(ctx, &rec->facts);
            continue;
        }
        yg_context_row(ctx, &rec->facts, row);
        if (judged(rec))
            st = each(arg, tenant, i, row, err);
    }
    yg_context_free(ctx);
    return st;
}

struct gather {
    const struct yg_fitrows *r;
    struct yg_matrix *m;
    uint32_t fold; /* rows of this fold only */
};

static enum yg_status gather_row(void *arg, size_t tenant, size_t record,
                                 const float *row, struct yg_err *err)
{
    struct gather *g = arg;
    struct yg_matrix *m = g->m;
    const struct yg_corpus_record *rec = &g->r->corpus->tenant[tenant].record[record];
    const struct yg_place *p = &g->r->place[tenant][record];

    if (yg_folds_of(&g->r->folds, tenant, rec->facts.time_ns) != g->fold ||
        !is_row(p, rec->level))
        return YG_OK;
    if (m->rows == m->size) {
        uint64_t size = m->size ? m->size + m->size / 2 : 16384;
        void *x = realloc(m->x, size * YG_FEATURE_COUNT * sizeof(float));
        m->x = x ? x : m->x;
        void *label = realloc(m->label, size);
        m->label = label ? label : m->label;
        void *weight = realloc(m->weight, size * sizeof(float));
        m->weight = weight ? weight : m->weight;
        if (!x || !label || !weight)
            return yg_err_set(err, YG_ENOMEM, "no memory for %llu training rows",
                              (unsigned long long)size);
        m->size = size;
    }
    memcpy(m->x + m->rows * YG_FEATURE_COUNT, row, YG_FEATURE_COUNT * sizeof(float));
    for (int f = 0; !g->r->shapes && f < YG_FEATURE_COUNT; f++)
        if (yg_feature_is_shape((enum yg_feature)f))
            m->x[m->rows * YG_FEATURE_COUNT + (uint64_t)f] = NAN;
    m->label[m->rows] = rec->level;
    m->weight[m->rows] =
        (float)(yg_exp(RUN_EXPONENT * yg_ln((double)p->size)) / g->r->kept[p->run]);
    m->rows++;
    return YG_OK;
}

/* Give the rows from `first` on (one tenant's) the same total as any other tenant's. */
static void level_weights(struct yg_matrix *m, uint64_t first)
{
    double sum = 0.0;

    for (uint64_t i = first; i < m->rows; i++)
        sum += (double)m->weight[i];
    for (uint64_t i = first; i < m->rows; i++)
        m->weight[i] = (float)((double)m->weight[i] * TENANT_TOTAL / sum);
}

enum yg_status yg_fitrows_matrix(const struct yg_fitrows *r, uint32_t without,
                                 struct yg_matrix *out, struct yg_err *err)
{
    struct gather g = { .r = r, .m = out };
    enum yg_status st = YG_OK;

    *out = (struct yg_matrix){ 0 };
    for (g.fold = 0; st == YG_OK && g.fold < r->folds.count; g.fold++) {
        struct yg_history *h = NULL;
        if (g.fold == without)
            continue;
        st = yg_fitrows_history(r, g.fold, without, &h, err);
        for (size_t t = 0; st == YG_OK && t < r->corpus->count; t++) {
            uint64_t first = out->rows;
            if (!r->use[t] || (!r->folds.by_time && r->folds.of_tenant[t] != g.fold))
                continue;
            st = yg_fitrows_walk(r, t, h, gather_row, &g, err);
            level_weights(out, first);
        }
        yg_history_free(h);
    }
    if (st != YG_OK)
        yg_matrix_free(out);
    return st;
}

void yg_matrix_free(struct yg_matrix *m)
{
    free(m->x);
    free(m->label);
    free(m->weight);
    *m = (struct yg_matrix){ 0 };
}

void yg_fitrows_digest(const struct yg_fitrows *r, unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_digest d;

    yg_digest_init(&d);
    for (size_t t = 0; t < r->corpus->count; t++) {
        const struct yg_corpus_tenant *ten = &r->corpus->tenant[t];
        if (!r->use[t])
            continue;
        yg_digest_add(&d, ten->name.p, ten->name.n);
        for (size_t i = 0; i < ten->count; i++) {
            if (!judged(&ten->record[i]))
                continue;
            yg_digest_add(&d, ten->record[i].id, YG_ID_SIZE);
            yg_digest_add(&d, &ten->record[i].level, 1);
        }
    }
    yg_digest_done(&d, out);
}
