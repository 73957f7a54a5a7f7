/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/folds.h"

#include <stdlib.h>

struct yg_str yg_folds_group(struct yg_str tenant)
{
    struct yg_str rest = tenant;

    return yg_str_cut(&rest, '/');
}

/* Cut the judged alerts of the used tenants into stretches of equal count. */
static enum yg_status by_time(struct yg_folds *f, const bool *use, struct yg_err *err)
{
    const struct yg_corpus *c = f->corpus;
    size_t n = 0, at = 0, part = 1;

    for (size_t t = 0; t < c->count; t++)
        n += !use || use[t] ? c->tenant[t].judged : 0;
    if (n < 2 * YG_FOLDS_TIME)
        return yg_err_set(err, YG_EINVAL,
                          "%zu judged alerts are too few to learn from; give verdicts "
                          "(`yagura verdict`) or import them (--verdicts)",
                          n);
    f->by_time = true;
    f->count = YG_FOLDS_TIME;
    /* One group is usually one tenant; of several the first with verdicts sets the cuts.
     */
    for (size_t t = 0; t < c->count; t++) {
        const struct yg_corpus_tenant *ten = &c->tenant[t];
        if ((use && !use[t]) || ten->judged < 2 * YG_FOLDS_TIME)
            continue;
        for (size_t i = 0; i < ten->count && part < YG_FOLDS_TIME; i++) {
            at += ten->record[i].level < YG_LEVEL_COUNT;
            if (at >= part * ten->judged / YG_FOLDS_TIME)
                f->cut[part++] = ten->record[i].facts.time_ns + 1;
        }
        return YG_OK;
    }
    return yg_err_set(err, YG_EINVAL, "no tenant has %d judged alerts",
                      2 * YG_FOLDS_TIME);
}

enum yg_status yg_folds_make(const struct yg_corpus *c, const bool *use,
                             struct yg_folds *out, struct yg_err *err)
{
    struct yg_str *group = calloc(c->count + 1, sizeof(*group));
    size_t groups = 0;

    *out = (struct yg_folds){ .corpus = c };
    out->of_tenant = calloc(c->count + 1, 1);
    if (!group || !out->of_tenant) {
        free(group);
        yg_folds_free(out);
        return yg_err_set(err, YG_ENOMEM, "no memory for the folds");
    }
    /* Tenants come sorted by name, so groups are met in order: the split is stable. */
    for (size_t t = 0; t < c->count; t++) {
        if ((use && !use[t]) || c->tenant[t].judged == 0)
            continue;
        struct yg_str g = yg_folds_group(c->tenant[t].name);
        size_t k = 0;
        while (k < groups && !yg_str_eq(group[k], g))
            k++;
        if (k == groups)
            group[groups++] = g;
        out->of_tenant[t] = (uint8_t)(k % YG_FOLDS_MAX);
    }
    free(group);
    out->count = groups < YG_FOLDS_MAX ? (uint32_t)groups : YG_FOLDS_MAX;
    enum yg_status st = groups >= 2 ? YG_OK : by_time(out, use, err);
    if (st != YG_OK)
        yg_folds_free(out);
    return st;
}

void yg_folds_free(struct yg_folds *f)
{
    free(f->of_tenant);
    f->of_tenant = NULL;
}

uint32_t yg_folds_of(const struct yg_folds *f, size_t tenant, int64_t time_ns)
{
    uint32_t k = 0;

    if (!f->by_time)
        return f->of_tenant[tenant];
    while (k + 1 < f->count && time_ns >= f->cut[k + 1])
        k++;
    return k;
}
