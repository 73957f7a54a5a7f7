/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/fit.h"

#include "context/context.h"
#include "feature/features.h"
#include "pipeline/evidence.h"
#include "pipeline/fitrows.h"
#include "policy/certify.h"
#include "policy/threat.h"

#include <stdlib.h>

/* What one round of fitting works on. */
struct fit {
    const struct yg_corpus *corpus;
    const struct yg_fit_params *p;
    struct yg_fitrows rows; /* folds, runs, history builders, thinning */
    struct yg_evidence evidence;
    uint32_t step, steps;
};

static void progress(struct fit *f, const char *what)
{
    f->step++;
    if (f->p->progress)
        f->p->progress(f->p->arg, what, f->step, f->steps);
}

/* Train on everything but fold `without` (YG_FOLD_NONE: everything). */
static enum yg_status train(struct fit *f, uint32_t without, struct yg_trees **trees,
                            struct yg_distance **distance, uint64_t *rows,
                            struct yg_err *err)
{
    struct yg_matrix m = { 0 };
    struct yg_buf json;

    yg_buf_init(&json, (size_t)512 << 20);
    enum yg_status st = yg_fitrows_matrix(&f->rows, without, &m, err);
    if (st == YG_OK) {
        struct yg_train_data d = { .x = m.x,
                                   .label = m.label,
                                   .weight = m.weight,
                                   .rows = m.rows,
                                   .features = YG_FEATURE_COUNT };
        *rows = m.rows;
        st = yg_train(&f->p->train, &d, &json, err);
    }
    if (st == YG_OK)
        st = yg_trees_from_xgboost(yg_buf_str(&json), YG_FEATURE_COUNT, trees, err);
    if (st == YG_OK)
        st = yg_distance_build(*trees, m.x, m.rows, YG_FEATURE_COUNT, distance, err);
    yg_matrix_free(&m);
    yg_buf_fini(&json);
    return st;
}

/* Risks of fold `fold` under a model that never saw it. */
static enum yg_status cross_fit(struct fit *f, uint32_t fold, struct yg_err *err)
{
    struct yg_trees *trees = NULL;
    struct yg_distance *distance = NULL;
    struct yg_history *history = NULL;
    uint64_t rows;
    enum yg_status st = train(f, fold, &trees, &distance, &rows, err);

    if (st == YG_OK)
        st = yg_fitrows_history(&f->rows, fold, fold, &history, err);
    if (st == YG_OK)
        st = yg_evidence_score(&f->evidence, fold, trees, distance, history, err);
    yg_history_free(history);
    yg_distance_free(distance);
    yg_trees_free(trees);
    return st;
}

/* Per device type: training alerts that name a conversation, and what they had. */
struct inputs {
    uint64_t ends[YG_DEV_COUNT], packets[YG_DEV_COUNT], bytes[YG_DEV_COUNT];
};

static void count_inputs(struct inputs *in, const struct yg_facts *f)
{
    if (f->kind != YG_KIND_ALERT || !(f->input & YG_INPUT_ENDS))
        return;
    in->ends[f->device]++;
    in->packets[f->device] += (f->input & YG_INPUT_PACKETS) != 0;
    in->bytes[f->device] += (f->input & YG_INPUT_BYTES) != 0;
}

/* What nine in ten had, the model may rely on. */
static uint32_t relied_on(const struct inputs *in)
{
    uint32_t bits = 0;

    for (unsigned d = 0; d < YG_DEV_COUNT; d++) {
        if (in->ends[d] == 0)
            continue;
        if (in->packets[d] * 10 >= in->ends[d] * 9)
            bits |= YG_INPUTS_PACKETS(d);
        if (in->bytes[d] * 10 >= in->ends[d] * 9)
            bits |= YG_INPUTS_BYTES(d);
    }
    return bits;
}

static void describe(struct fit *f, struct yg_modelpack *m)
{
    const struct yg_corpus *c = f->corpus;
    struct inputs inputs = { 0 };

    for (size_t t = 0; t < c->count; t++) {
        const struct yg_corpus_tenant *ten = &c->tenant[t];
        if ((f->p->use && !f->p->use[t]) || ten->judged == 0)
            continue;
        m->tenants++;
        m->alerts += ten->alerts;
        m->judged += ten->judged;
        for (size_t i = 0; i < ten->count; i++) {
            const struct yg_corpus_record *r = &ten->record[i];
            if (r->level >= YG_LEVEL_COUNT)
                continue;
            m->devices |= 1U << r->facts.device;
            count_inputs(&inputs, &r->facts);
            m->protected_alerts += r->level >= YG_LEVEL_L3;
            if (r->facts.time_ns > m->trained_until_ns &&
                (f->p->now_ns == 0 || r->facts.time_ns <= f->p->now_ns))
                m->trained_until_ns = r->facts.time_ns;
        }
    }
    m->inputs = relied_on(&inputs);
    m->seed = f->p->train.seed;
    yg_fitrows_digest(&f->rows, m->data_digest);
}

/* Are there threats enough to learn from what bytes look like? */
static enum yg_status choose_columns(struct fit *f, struct yg_err *err)
{
    struct yg_threats threats;
    size_t shapes = 0;

    if (yg_threats_of(f->evidence.a, f->evidence.n, YG_LEVEL_L3, &threats) != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "no memory to count threats");
    for (int i = 0; i < YG_FEATURE_COUNT; i++)
        shapes += yg_feature_is_shape((enum yg_feature)i);
    f->rows.shapes = threats.n >= shapes * YG_SHAPE_EVENTS;
    yg_threats_fini(&threats);
    return YG_OK;
}

static enum yg_status run(struct fit *f, struct yg_modelpack *m, struct yg_err *err)
{
    uint32_t folds = f->rows.folds.count;
    enum yg_status st = yg_evidence_init(&f->evidence, &f->rows, err);

    f->steps = folds + 1;
    if (st == YG_OK)
        st = choose_columns(f, err);
    for (uint32_t k = 0; st == YG_OK && k < folds; k++) {
        st = cross_fit(f, k, err);
        progress(f, "cross-fitting");
    }
    if (st == YG_OK)
        st = train(f, YG_FOLD_NONE, &m->trees, &m->distance, &m->rows, err);
    if (st == YG_OK)
        st = yg_fitrows_history(&f->rows, YG_FOLD_NONE, YG_FOLD_NONE, &m->history, err);
    progress(f, "training");
    if (st != YG_OK)
        return st;
    describe(f, m);
    yg_distance_calibrate(m->distance, f->evidence.far, f->evidence.far_n);
    st = yg_evidence_calibrate(&f->evidence, m, err);
    if (st == YG_OK)
        st = yg_evidence_certify(&f->evidence, f->p->fnr, f->p->ungated, m, err);
    return st;
}

enum yg_status yg_fit(const struct yg_corpus *c, const struct yg_fit_params *p,
                      struct yg_modelpack **out, struct yg_err *err)
{
    struct fit f = { .corpus = c, .p = p };
    struct yg_modelpack *m = calloc(1, sizeof(*m));
    enum yg_status st = m ? YG_OK : yg_err_set(err, YG_ENOMEM, "no memory to train");

    if (st == YG_OK)
        st = yg_fitrows_init(&f.rows, c, p->use, p->context_memory, err);
    if (st == YG_OK)
        st = run(&f, m, err);
    yg_evidence_fini(&f.evidence);
    yg_fitrows_fini(&f.rows);
    if (st != YG_OK) {
        yg_modelpack_free(m);
        return st;
    }
    *out = m;
    return YG_OK;
}
