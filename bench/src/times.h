/* SPDX-License-Identifier: Apache-2.0 */
/* How long something took, each time, and its percentiles. */
#ifndef YG_BENCH_TIMES_H
#define YG_BENCH_TIMES_H

#include "base/jsonw.h"

#include <stdio.h>
#include <stdlib.h>

struct times {
    double *v;
    size_t n, size;
    uint64_t bytes, errors;
};

static inline void times_add(struct times *t, double x)
{
    if (t->n == t->size) {
        t->size = t->size ? t->size * 2 : 1024;
        t->v = realloc(t->v, t->size * sizeof(*t->v));
        if (!t->v) {
            fputs("no memory\n", stderr);
            exit(1);
        }
    }
    t->v[t->n++] = x;
}

static inline int times_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* As an object; what was added were milliseconds. Sorts them. */
static inline void times_json(struct times *t, struct yg_jsonw *w)
{
    static const struct {
        const char *name;
        double q;
    } point[] = {
        { "p50_ms", 0.5 }, { "p95_ms", 0.95 }, { "p99_ms", 0.99 }, { "max_ms", 1 }
    };

    yg_jsonw_open(w, '{');
    if (t->n > 0)
        qsort(t->v, t->n, sizeof(*t->v), times_compare);
    for (size_t i = 0; i < YG_ARRAY_LEN(point) && t->n > 0; i++)
        yg_jsonw_kf64(w, point[i].name,
                      t->v[(size_t)(point[i].q * (double)(t->n - 1) + 0.5)]);
    yg_jsonw_ku64(w, "n", t->n);
    yg_jsonw_ku64(w, "errors", t->errors);
    if (t->n > 0)
        yg_jsonw_ku64(w, "bytes", t->bytes / t->n);
    yg_jsonw_close(w, '}');
}

#endif
