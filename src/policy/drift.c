/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/drift.h"

#include "base/fmath.h"
#include "base/risk.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REFERENCE_VERSION 1
#define STATE_VERSION     1

#define DIMS        (2 * YG_DRIFT_DIMS)
#define FAIR        (0.5 + YG_DRIFT_SLACK)
#define LEAST_SCALE 0.01 /* what never moved in training counts as moving this much */
#define FAR         4.0  /* standard deviations; what is farther counts as this far */
#define MEMORY      256 /* pairs the skill looks back on: beyond a streak of alike runs */
#define LEAST_RATE  0.005 /* of learning: slow enough to average over alike neighbours */
#define MOST_BETA   50.0
#define MOST_VALUE  1e6F
#define MOST_PAIRS  (UINT64_C(1) << 53) /* a double still counts them */

/* ---- rows and the reference ---------------------------------------------------- */

struct yg_drift_row yg_drift_row(const struct yg_score *s, float distance)
{
    struct yg_drift_row r = { { 0 } };

    r.v[0] = (float)yg_risk_logit(s->risk);
    for (int i = 0; i < YG_LEVEL_COUNT; i++)
        r.v[1 + i] = s->p[i];
    r.v[1 + YG_LEVEL_COUNT] = distance > 0 ? distance : 0;
    r.v[2 + YG_LEVEL_COUNT] = 1;
    for (int i = 0; i < YG_DRIFT_DIMS; i++)
        if (!(fabsf(r.v[i]) <= MOST_VALUE))
            r.v[i] = MOST_VALUE; /* a broken score is far from everything */
    return r;
}
_Static_assert(YG_DRIFT_DIMS == YG_LEVEL_COUNT + 3, "one place for each number");

static uint32_t risk_of(const struct yg_drift_row *r)
{
    return yg_risk_of_logit((double)r->v[0]);
}

static int by_value(const void *x, const void *y)
{
    const uint32_t *a = x, *b = y;

    return *a < *b ? -1 : *a > *b;
}

static void find_scale(const struct yg_drift_row *row, size_t n,
                       struct yg_drift_reference *out)
{
    for (size_t k = 0; k < YG_DRIFT_DIMS; k++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)row[i].v[k];
        double mean = n > 0 ? sum / (double)n : 0;
        for (size_t i = 0; i < n; i++) {
            double d = (double)row[i].v[k] - mean;
            square += d * d;
        }
        double sd = n > 0 ? sqrt(square / (double)n) : 0;
        out->mean[k] = (float)mean;
        out->scale[k] = (float)(sd > LEAST_SCALE ? sd : LEAST_SCALE);
    }
}

void yg_drift_reference_of(const struct yg_drift_row *row, size_t n, uint64_t seed,
                           struct yg_drift_reference *out)
{
    uint32_t risk[YG_DRIFT_REF];
    struct yg_rng rng;

    memset(out, 0, sizeof(*out));
    yg_rng_init(&rng, seed);
    for (size_t i = 0; i < n; i++) { /* a reservoir */
        size_t at = i < YG_DRIFT_REF ? i : yg_rng_below(&rng, i + 1);
        if (at < YG_DRIFT_REF)
            out->row[at] = row[i];
    }
    out->count = (uint32_t)(n < YG_DRIFT_REF ? n : YG_DRIFT_REF);
    find_scale(row, n, out);
    for (size_t i = 0; i < out->count; i++)
        risk[i] = risk_of(&out->row[i]);
    qsort(risk, out->count, sizeof(*risk), by_value);
    for (size_t i = 0; i + 1 < YG_DRIFT_BINS && out->count > 0; i++)
        out->decile[i] = risk[(i + 1) * out->count / YG_DRIFT_BINS];
}

void yg_drift_reference_write(const struct yg_drift_reference *r, struct yg_buf *out)
{
    yg_buf_u32(out, REFERENCE_VERSION);
    yg_buf_u32(out, r->count);
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < YG_DRIFT_DIMS; k++)
            yg_buf_f32(out, r->row[i].v[k]);
    for (size_t k = 0; k < YG_DRIFT_DIMS; k++) {
        yg_buf_f32(out, r->mean[k]);
        yg_buf_f32(out, r->scale[k]);
    }
    for (size_t i = 0; i + 1 < YG_DRIFT_BINS; i++)
        yg_buf_u32(out, r->decile[i]);
}

static float read_value(struct yg_cursor *in, bool *ok)
{
    float v = yg_cursor_f32(in);

    *ok = *ok && fabsf(v) <= MOST_VALUE; /* false for NaN */
    return v;
}

bool yg_drift_reference_read(struct yg_cursor *in, struct yg_drift_reference *out)
{
    struct yg_drift_reference r = { .count = 0 };
    bool ok = yg_cursor_le32(in) == REFERENCE_VERSION;

    r.count = yg_cursor_le32(in);
    if (!ok || r.count > YG_DRIFT_REF)
        return false;
    for (size_t i = 0; i < r.count; i++)
        for (size_t k = 0; k < YG_DRIFT_DIMS; k++)
            r.row[i].v[k] = read_value(in, &ok);
    for (size_t k = 0; k < YG_DRIFT_DIMS; k++) {
        r.mean[k] = read_value(in, &ok);
        r.scale[k] = read_value(in, &ok);
        ok = ok && r.scale[k] >= (float)LEAST_SCALE;
    }
    for (size_t i = 0; i + 1 < YG_DRIFT_BINS; i++) {
        r.decile[i] = yg_cursor_le32(in);
        ok = ok && (i == 0 || r.decile[i] >= r.decile[i - 1]);
    }
    if (!ok || !yg_cursor_ok(in))
        return false;
    *out = r;
    return true;
}

/* ---- the test ------------------------------------------------------------------ */

void yg_drift_init(struct yg_drift *d, double delta)
{
    YG_ASSERT(delta > 0 && delta < 1);
    *d = (struct yg_drift){ .delta = delta, .skill = 0.5 };
}

static size_t bin_of(const struct yg_drift_reference *ref, const struct yg_drift_row *row)
{
    uint32_t risk = risk_of(row);
    size_t bin = 0;

    while (bin + 1 < YG_DRIFT_BINS && risk >= ref->decile[bin])
        bin++;
    return bin;
}

/* Deciles are even bins only where no risk comes often: the true shares are counted. */
static void begin(struct yg_drift *d, const struct yg_drift_reference *ref)
{
    for (size_t i = 0; i < ref->count; i++)
        d->share[bin_of(ref, &ref->row[i])] += 1.0 / ref->count;
}

/* What the classifier sees of a row: place and distance from the mean. */
static void look(const struct yg_drift_reference *ref, const struct yg_drift_row *row,
                 double sign, double *v)
{
    for (size_t k = 0; k < YG_DRIFT_DIMS; k++) {
        double x = (double)(row->v[k] - ref->mean[k]) / (double)ref->scale[k];
        x = x > -FAR ? x < FAR ? x : FAR : -FAR;
        v[k] += sign * x;
        v[YG_DRIFT_DIMS + k] += sign * fabs(x);
    }
}

/* Half of what would be best if the skill stayed what it recently was, on top of what
 * the slack allows; nothing if it does not exceed that. */
static void bet(struct yg_drift *d, bool right)
{
    double edge = d->skill - FAIR, stake = edge > 0 ? edge / (2 * FAIR * (1 - FAIR)) : 0;

    if (stake > 0)
        d->log_wealth += yg_ln(1 + stake * ((right ? 1.0 : 0.0) - FAIR));
    if (d->log_wealth > d->best)
        d->best = d->log_wealth;
    d->skill += ((right ? 1.0 : 0.0) - d->skill) / MEMORY;
}

static void learn(struct yg_drift *d, const double *v, double score)
{
    double rate = 0.5 / ((double)d->n + 10);
    double step = (rate > LEAST_RATE ? rate : LEAST_RATE) / (1 + yg_exp(score));

    for (size_t k = 0; k < DIMS; k++) {
        double b = d->beta[k] + step * v[k];
        d->beta[k] = b > -MOST_BETA ? b < MOST_BETA ? b : MOST_BETA : -MOST_BETA;
    }
}

void yg_drift_add(struct yg_drift *d, const struct yg_drift_reference *ref,
                  const struct yg_drift_row *live, uint64_t pick)
{
    double v[DIMS] = { 0 }, score = 0;

    if (ref->count == 0)
        return;
    if (d->n == 0)
        begin(d, ref);
    look(ref, live, 1, v);
    look(ref, &ref->row[(pick >> 1) % ref->count], -1, v);
    for (size_t k = 0; k < DIMS; k++) {
        if (fabs(v[k]) < YG_DRIFT_ALIKE)
            v[k] = 0;
        score += d->beta[k] * v[k];
    }
    bool right = score > 0 || (score == 0 && (pick & 1));
    bet(d, right);
    d->n++;
    d->right += right;
    d->bin[bin_of(ref, live)]++;
    learn(d, v, score);
}

bool yg_drift_alarm(const struct yg_drift *d)
{
    return d->best >= -yg_ln(d->delta);
}

double yg_drift_psi(const struct yg_drift *d)
{
    double psi = 0;

    if (d->n < YG_DRIFT_LEAST)
        return 0;
    for (size_t i = 0; i < YG_DRIFT_BINS; i++) {
        /* Half an alert in every bin, so that an empty one is no infinity. */
        double p = ((double)d->bin[i] + 0.5) / ((double)d->n + 0.5 * YG_DRIFT_BINS),
               q = (d->share[i] * YG_DRIFT_REF + 0.5) /
                   (YG_DRIFT_REF + 0.5 * YG_DRIFT_BINS);
        psi += (p - q) * yg_ln(p / q);
    }
    return psi;
}

/* ---- the bytes ----------------------------------------------------------------- */

void yg_drift_write(const struct yg_drift *d, struct yg_buf *out)
{
    yg_buf_u32(out, STATE_VERSION);
    yg_buf_f64(out, d->delta);
    yg_buf_u64(out, d->n);
    yg_buf_u64(out, d->right);
    yg_buf_f64(out, d->log_wealth);
    yg_buf_f64(out, d->best);
    yg_buf_f64(out, d->skill);
    for (size_t i = 0; i < YG_DRIFT_BINS; i++) {
        yg_buf_u64(out, d->bin[i]);
        yg_buf_f64(out, d->share[i]);
    }
    for (size_t k = 0; k < DIMS; k++)
        yg_buf_f64(out, d->beta[k]);
}

static double read_between(struct yg_cursor *in, double low, double high, bool *ok)
{
    double v = yg_cursor_f64(in);

    *ok = *ok && v >= low && v <= high; /* false for NaN */
    return v;
}

bool yg_drift_read(struct yg_cursor *in, struct yg_drift *out)
{
    bool ok = yg_cursor_le32(in) == STATE_VERSION;
    struct yg_drift d = { .delta = read_between(in, 1e-300, 1 - 1e-15, &ok) };
    uint64_t sum = 0;

    d.n = yg_cursor_le64(in);
    d.right = yg_cursor_le64(in);
    d.log_wealth = read_between(in, -1e18, 1e18, &ok);
    d.best = read_between(in, 0, 1e18, &ok);
    d.skill = read_between(in, 0, 1, &ok);
    for (size_t i = 0; i < YG_DRIFT_BINS; i++) {
        d.bin[i] = yg_cursor_le64(in);
        d.share[i] = read_between(in, 0, 1 + 1e-9, &ok);
        ok = ok && d.bin[i] <= d.n - sum;
        sum += d.bin[i];
    }
    for (size_t k = 0; k < DIMS; k++)
        d.beta[k] = read_between(in, -MOST_BETA, MOST_BETA, &ok);
    ok = ok && sum == d.n && d.n <= MOST_PAIRS && d.right <= d.n;
    if (!ok || !yg_cursor_ok(in) || d.best < d.log_wealth)
        return false;
    *out = d;
    return true;
}
