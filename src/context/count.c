/* SPDX-License-Identifier: Apache-2.0 */
#include "context/count.h"

#include "base/fmath.h"

struct yg_decay yg_decay_of(double age)
{
    struct yg_decay d = { { 1, 1, 1 } };

    if (!(age > 0))
        return d;
    /* One exponential gives all: the windows are as 1 : 6 : 144. */
    double day = yg_exp(-age / 86400), p2 = day * day, p4 = p2 * p2, p8 = p4 * p4;
    double hour = p8 * p8 * p8, h2 = hour * hour;
    d.f[YG_W_24H] = day;
    d.f[YG_W_1H] = hour;
    d.f[YG_W_10M] = h2 * h2 * h2;
    return d;
}

void yg_count_decay(struct yg_count *c, double t)
{
    if (c->n == 0 || t == c->last) /* speed only */
        return;
    if (c->last - t > YG_TIME_AHEAD) {
        c->last = t;
        if (c->first > t)
            c->first = t;
        return;
    }
    if (t < c->last)
        return;
    struct yg_decay d = yg_decay_of(t - c->last);
    for (int w = 0; w < YG_W_COUNT; w++)
        c->in[w] = (float)(c->in[w] * d.f[w]);
}

void yg_count_add(struct yg_count *c, double t)
{
    if (c->n == 0) {
        c->first = c->last = t;
    } else {
        double gap = t > c->last ? t - c->last : 0;
        if (c->n == 1) {
            c->gap = (float)gap;
        } else {
            double e = gap - c->gap;
            c->gap = (float)(c->gap + 0.1 * e);
            c->var = (float)(0.9 * (c->var + 0.1 * e * e));
        }
        if (t > c->last)
            c->last = t;
    }
    for (int w = 0; w < YG_W_COUNT; w++)
        c->in[w] += 1;
    if (c->n < UINT32_MAX)
        c->n++;
}
