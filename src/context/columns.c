/* SPDX-License-Identifier: Apache-2.0 */
#include "context/context_priv.h"

#include <math.h>

static float since(double t, double then)
{
    return t > then ? (float)(t - then) : 0;
}

/* The last hour against an average hour since the first event. */
static float burst(const struct yg_count *k, double t)
{
    double age = t - k->first > 3600 ? t - k->first : 3600;

    return (float)((k->in[YG_W_1H] + 0.1) / (k->n * 3600.0 / age + 0.1));
}

static void put_signature(const struct yg_context_view *v, float *row)
{
    const struct yg_count *k = v->count[K_SIG];

    if (!k)
        return;
    row[YG_X_SIG_N] = (float)k->n;
    row[YG_X_SIG_1H] = k->in[YG_W_1H];
    row[YG_X_SIG_24H] = k->in[YG_W_24H];
    if (k->n == 0)
        return;
    row[YG_X_SIG_LAST] = since(v->t, k->last);
    row[YG_X_SIG_RATIO] = burst(k, v->t);
}

static void put_signature_at_host(const struct yg_context_view *v, float *row)
{
    const struct yg_count *k = v->count[K_SIG_HOST];

    if (!k)
        return;
    row[YG_X_SH_N] = (float)k->n;
    row[YG_X_SH_10M] = k->in[YG_W_10M];
    row[YG_X_SH_1H] = k->in[YG_W_1H];
    row[YG_X_SH_24H] = k->in[YG_W_24H];
    if (k->n == 0)
        return;
    row[YG_X_SH_LAST] = since(v->t, k->last);
    row[YG_X_SH_RATIO] = burst(k, v->t);
    if (k->n > 2) {
        row[YG_X_SH_GAP] = k->gap;
        row[YG_X_SH_CV] = sqrtf(k->var) / (k->gap + 1);
    }
}

/* Offsets within the block of four columns of a short counter. */
enum { S_N, S_1H, S_24H, S_LAST };
_Static_assert(YG_X_SRC_LAST - YG_X_SRC_N == S_LAST, "block of four");
_Static_assert(YG_X_DST_LAST - YG_X_DST_N == S_LAST, "block of four");
_Static_assert(YG_X_SS_LAST - YG_X_SS_N == S_LAST, "block of four");
_Static_assert(YG_X_PAIR_LAST - YG_X_PAIR_N == S_LAST, "block of four");

static void put_short(const struct yg_count *k, double t, float *out)
{
    if (!k)
        return;
    out[S_N] = (float)k->n;
    out[S_1H] = k->in[YG_W_1H];
    out[S_24H] = k->in[YG_W_24H];
    if (k->n)
        out[S_LAST] = since(t, k->last);
}

static void put_shares(const struct yg_context_view *v, float *row)
{
    const struct yg_count *sig = v->count[K_SIG], *sh = v->count[K_SIG_HOST];
    const struct yg_count *hd = v->count[K_HOST_DEV], *dev = v->device;

    if (sig) {
        row[YG_X_SIG_HOSTS] = (float)sig->distinct;
        row[YG_X_SIG_OF_DEV] = (float)(((double)sig->n + 1) / ((double)dev->n + 1));
    }
    if (sig && sh)
        row[YG_X_SIG_AT_HOST] = (float)(sh->n / ((double)sig->n + 1));
    if (hd && sh)
        row[YG_X_SIG_OF_HD] = (float)(sh->n / ((double)hd->n + 1));
    if (dev->n)
        row[YG_X_DEV_RATIO] = burst(dev, v->t);
}

#define HOUR_S 3600U

static float seen(const struct yg_context_view *v, const uint32_t *set, uint32_t most)
{
    return (float)yg_seen_count(set, most, v->second, HOUR_S);
}

static void put_device_at_host(const struct yg_context_view *v, float *row)
{
    const struct yg_count *hd = v->count[K_HOST_DEV];

    if (hd) {
        row[YG_X_HD_1H] = hd->in[YG_W_1H];
        row[YG_X_HD_24H] = hd->in[YG_W_24H];
        row[YG_X_HD_SIGS] = (float)hd->distinct;
    }
    if (v->voice) {
        row[YG_X_HD_SIGS_1H] = seen(v, v->voice->signature, YG_SEEN_BIG);
        row[YG_X_HD_RARE_1H] = seen(v, v->voice->rare, YG_SEEN_SMALL);
    }
}

static void put_host(const struct yg_context_view *v, float *row)
{
    const struct yg_host_profile *h = v->host;

    if (!h)
        return;
    struct yg_activity_sums a = yg_activity_sum(&h->activity, v->second);
    row[YG_X_HOST_SEVERE_24H] = h->tally.in[YG_TALLY_SEVERE];
    row[YG_X_HOST_MALWARE_24H] = h->tally.in[YG_TALLY_MALWARE];
    row[YG_X_HOST_L2_1H] = a.hour[YG_ACT_L2];
    row[YG_X_HOST_L2_24H] = a.day[YG_ACT_L2];
    row[YG_X_HOST_P_1H] = a.hour[YG_ACT_PROTECTED];
    row[YG_X_HOST_P_24H] = a.day[YG_ACT_PROTECTED];
    row[YG_X_HOST_NEW_1H] = a.hour[YG_ACT_NEW];
    row[YG_X_HOST_NEW_24H] = a.day[YG_ACT_NEW];
    row[YG_X_HC_RECORDS] = h->tally.in[YG_TALLY_RECORDS];
    row[YG_X_HC_EXEC] = h->tally.in[YG_TALLY_PROGRAMS];
    row[YG_X_HC_NX] = h->tally.in[YG_TALLY_UNKNOWN_NAMES];
    row[YG_X_HC_NOSNI] = h->tally.in[YG_TALLY_UNNAMED_TLS];
}

static void put_source(const struct yg_context_view *v, float *row)
{
    const struct yg_source_profile *s = v->source;

    if (!s)
        return;
    row[YG_X_SRC_HOSTS_1H] = seen(v, s->host, YG_SEEN_BIG);
    row[YG_X_SRC_PORTS_1H] = seen(v, s->port, YG_SEEN_SMALL);
    row[YG_X_SRC_L2_1H] = s->tally.in[YG_TALLY_L2];
    row[YG_X_SRC_P_24H] = s->tally.in[YG_TALLY_PROTECTED];
}

static void put_tenant(const struct yg_context *c, const struct yg_context_view *v,
                       float *row)
{
    struct yg_activity_sums a = yg_activity_sum(&c->activity, v->second);

    row[YG_X_TEN_L2_1H] = a.hour[YG_ACT_L2];
    row[YG_X_TEN_L2_24H] = a.day[YG_ACT_L2];
    row[YG_X_TEN_P_24H] = a.day[YG_ACT_PROTECTED];
}

static void put_flow(const struct yg_context_view *v, float *row)
{
    if (!v->flow)
        return;
    row[YG_X_FLOW_ALERTS] = (float)v->flow->alerts;
    row[YG_X_FLOW_RECORDS] = (float)v->flow->records;
    for (int i = 0; i < YG_FLOW_COUNT; i++)
        if (isnan(row[YG_FIXED_COUNT + i]))
            row[YG_FIXED_COUNT + i] = v->flow->said[i];
}

static void put_hello(const struct yg_context *c, const struct yg_context_view *v,
                      float *row)
{
    const struct yg_count *k = v->count[K_HELLO];

    if (!k)
        return;
    row[YG_X_TLS_FP_N] = (float)k->n;
    row[YG_X_TLS_FP_SHARE] = (float)(((double)k->n + 1) / ((double)c->hellos + 1));
    if (k->n)
        row[YG_X_TLS_FP_AGE] = since(v->t, k->first);
}

void yg_context_columns(const struct yg_context *c, const struct yg_context_view *v,
                        const struct yg_facts *f, float *row)
{
    memcpy(row, f->fixed, sizeof(f->fixed));
    for (int i = YG_FACTS_STATIC; i < YG_HISTORY_FIRST; i++)
        row[i] = NAN;
    put_signature(v, row);
    put_signature_at_host(v, row);
    put_device_at_host(v, row);
    put_short(v->count[K_SRC], v->t, row + YG_X_SRC_N);
    put_short(v->count[K_DST], v->t, row + YG_X_DST_N);
    put_short(v->count[K_SIG_SRC], v->t, row + YG_X_SS_N);
    put_short(v->count[K_PAIR], v->t, row + YG_X_PAIR_N);
    put_shares(v, row);
    put_host(v, row);
    put_source(v, row);
    put_tenant(c, v, row);
    put_flow(v, row);
    put_hello(c, v, row);
}
