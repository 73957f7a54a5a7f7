/* SPDX-License-Identifier: Apache-2.0 */
#include "model/calibrate.h"

#include "base/risk.h"

#include <stdlib.h>

#define FORMAT      1
#define SLOPE_LEAST (1.0 / 64)
#define LOGIT_MAX   1e6 /* far outside all risks, far inside what doubles add exactly */

/* Natural logarithm of a positive normal number: x = m 2^k, m in [sqrt(1/2), sqrt(2)),
 * ln m = 2 artanh((m - 1) / (m + 1)) by its series to the 21st power (rest < 2^-54). */
static double ln(double x)
{
    const double ln2_hi = 0x1.62e42fee00000p-1, ln2_lo = 0x1.a39ef35793c76p-33;
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    int k = (int)(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffffULL) | (uint64_t)1023 << 52;
    memcpy(&x, &bits, sizeof(x));
    if (x >= 0x1.6a09e667f3bcdp0) {
        x *= 0.5;
        k++;
    }
    double s = (x - 1.0) / (x + 1.0), s2 = s * s, sum = 0.0;
    for (int i = 21; i >= 1; i -= 2)
        sum = sum * s2 + 1.0 / i;
    return (double)k * ln2_hi + (2.0 * s * sum + (double)k * ln2_lo);
}

double yg_calibrate_raw(const float p[YG_LEVEL_COUNT])
{
    double low = (double)p[YG_LEVEL_FP] + (double)p[YG_LEVEL_L1] + (double)p[YG_LEVEL_L2];
    double high = (double)p[YG_LEVEL_L3] + (double)p[YG_LEVEL_L4];

    if (!(low > 0.0) || !(high > 0.0)) /* never from our trees; NaN too */
        return high <= 0.0 ? -LOGIT_MAX : LOGIT_MAX;
    return ln(high / low);
}

/* ---- fitting ---------------------------------------------------------------------- */

struct step {
    double weight, protected_weight;
    double raw; /* weighted sum of raw values */
};

/* All fields, so that the sums do not depend on the order of the input. */
static int point_order(const void *pa, const void *pb)
{
    const struct yg_calibration_point *a = pa, *b = pb;

    if (a->raw != b->raw)
        return a->raw < b->raw ? -1 : 1;
    if (a->weight != b->weight)
        return a->weight < b->weight ? -1 : 1;
    return (int)a->is_protected - (int)b->is_protected;
}

static void join(struct step *a, const struct step *b)
{
    a->weight += b->weight;
    a->protected_weight += b->protected_weight;
    a->raw += b->raw;
}

/* Sorted points to steps of strictly rising frequency; returns their number. */
static size_t pool(const struct yg_calibration_point *point, size_t n, struct step *step)
{
    size_t steps = 0;

    for (size_t i = 0; i < n; i++) {
        double w = (double)point[i].weight;
        struct step s = { w, point[i].is_protected ? w : 0.0, w * point[i].raw };
        if (i > 0 && point[i].raw == point[i - 1].raw)
            join(&step[steps - 1], &s); /* one value, one step */
        else
            step[steps++] = s;
        bool group_ends = i + 1 == n || point[i + 1].raw != point[i].raw;
        while (group_ends && steps > 1 &&
               step[steps - 2].protected_weight * step[steps - 1].weight >=
                   step[steps - 1].protected_weight * step[steps - 2].weight) {
            join(&step[steps - 2], &step[steps - 1]);
            steps--;
        }
    }
    return steps;
}

/* Join neighbours until the table can hold them. */
static size_t thin(struct step *step, size_t steps)
{
    size_t each = (steps + YG_CALIBRATION_KNOTS_MAX - 1) / YG_CALIBRATION_KNOTS_MAX;
    size_t kept = 0;

    for (size_t i = 0; i < steps; i++) {
        if (i % each == 0)
            step[kept++] = step[i];
        else
            join(&step[kept - 1], &step[i]);
    }
    return kept;
}

/* Log-odds of a step. Nothing seen counts as half an alert: no risk becomes 0 or 1. */
static double odds_of(const struct step *s)
{
    double rest = s->weight - s->protected_weight;

    return ln((s->protected_weight > 0.0 ? s->protected_weight : 0.5) /
              (rest > 0.0 ? rest : 0.5));
}

/* Only the first step can lack protected alerts and only the last the others; where the
 * half alert breaks the order, the step was too small to stand alone. */
static size_t mend_ends(struct step *step, size_t steps)
{
    size_t from = 0;

    while (steps - from > 1 && odds_of(&step[from]) >= odds_of(&step[from + 1])) {
        join(&step[from + 1], &step[from]);
        from++;
    }
    memmove(step, step + from, (steps - from) * sizeof(*step));
    steps -= from;
    while (steps > 1 && odds_of(&step[steps - 2]) >= odds_of(&step[steps - 1])) {
        join(&step[steps - 2], &step[steps - 1]);
        steps--;
    }
    return steps;
}

static void make_knots(const struct step *step, size_t steps, struct yg_calibration *out)
{
    out->knots = 0;
    for (size_t i = 0; i < steps; i++) {
        double raw = step[i].raw / step[i].weight, y = odds_of(&step[i]);
        if (out->knots > 0) {
            double before = out->knot[out->knots - 1].raw;
            double least =
                out->knot[out->knots - 1].calibrated + SLOPE_LEAST * (raw - before);
            if (!(raw > before) || !(least > out->knot[out->knots - 1].calibrated))
                continue; /* too close to tell apart */
            y = y < least ? least : y;
        }
        out->knot[out->knots].raw = raw;
        out->knot[out->knots++].calibrated = y;
    }
}

enum yg_status yg_calibrate_fit(struct yg_calibration_point *point, size_t n,
                                struct yg_calibration *out, struct yg_err *err)
{
    bool seen[2] = { false, false };

    for (size_t i = 0; i < n; i++) {
        if (!(point[i].raw >= -LOGIT_MAX && point[i].raw <= LOGIT_MAX) ||
            !(point[i].weight > 0.0F && point[i].weight <= 1e9F))
            return yg_err_set(err, YG_EINVAL, "calibration point %zu is not finite", i);
        seen[point[i].is_protected] = true;
    }
    out->knots = 0;
    if (!seen[0] || !seen[1])
        return YG_OK;
    struct step *step = malloc(n * sizeof(*step));
    if (!step)
        return yg_err_set(err, YG_ENOMEM, "no memory for %zu calibration points", n);
    qsort(point, n, sizeof(*point), point_order);
    make_knots(step, thin(step, mend_ends(step, pool(point, n, step))), out);
    free(step);
    return YG_OK;
}

/* ---- use -------------------------------------------------------------------------- */

double yg_calibrate_logit(const struct yg_calibration *cal, double raw)
{
    if (cal->knots == 0 || raw != raw)
        return raw;
    uint32_t lo = 0, hi = cal->knots; /* knots before lo are at or below raw */
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (cal->knot[mid].raw <= raw)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == 0)
        return cal->knot[0].calibrated + (raw - cal->knot[0].raw);
    double x0 = cal->knot[lo - 1].raw, y0 = cal->knot[lo - 1].calibrated;
    if (lo == cal->knots)
        return y0 + (raw - x0);
    double x1 = cal->knot[lo].raw, y1 = cal->knot[lo].calibrated;
    double y = y0 + (y1 - y0) * ((raw - x0) / (x1 - x0));
    return y < y1 ? y : y1; /* rounding must not step over the next knot */
}

void yg_score_of(const struct yg_calibration *cal, const float p[YG_LEVEL_COUNT],
                 struct yg_score *out)
{
    *out = (struct yg_score){ 0 };
    for (int c = 0; c < YG_LEVEL_COUNT; c++) {
        out->p[c] = p[c];
        if (p[c] >= p[out->predicted])
            out->predicted = (uint8_t)c;
    }
    out->risk = yg_risk_of_logit(yg_calibrate_logit(cal, yg_calibrate_raw(p)));
}

/* ---- the "calibration" section: u8 format, u32 knots, (f64 raw, f64 calibrated)... ---
 */

void yg_calibrate_write(const struct yg_calibration *cal, struct yg_buf *out)
{
    yg_buf_u8(out, FORMAT);
    yg_buf_u32(out, cal->knots);
    for (uint32_t i = 0; i < cal->knots; i++) {
        yg_buf_f64(out, cal->knot[i].raw);
        yg_buf_f64(out, cal->knot[i].calibrated);
    }
}

static bool sane(double x)
{
    return x >= -LOGIT_MAX && x <= LOGIT_MAX;
}

enum yg_status yg_calibrate_read(struct yg_cursor *in, struct yg_calibration *out,
                                 struct yg_err *err)
{
    struct yg_calibration c;

    if (yg_cursor_u8(in) != FORMAT)
        return yg_err_set(err, YG_EVERSION,
                          "the calibration has an unknown format; train again");
    c.knots = yg_cursor_le32(in);
    bool ok = yg_cursor_ok(in) && c.knots <= YG_CALIBRATION_KNOTS_MAX;
    for (uint32_t i = 0; ok && i < c.knots; i++) {
        c.knot[i].raw = yg_cursor_f64(in);
        c.knot[i].calibrated = yg_cursor_f64(in);
        ok = yg_cursor_ok(in) && sane(c.knot[i].raw) && sane(c.knot[i].calibrated) &&
             (i == 0 || (c.knot[i - 1].raw < c.knot[i].raw &&
                         c.knot[i - 1].calibrated < c.knot[i].calibrated));
    }
    if (!ok)
        return yg_err_set(err, YG_EFORMAT, "the calibration is broken; train again");
    out->knots = c.knots;
    memcpy(out->knot, c.knot, c.knots * sizeof(c.knot[0]));
    return YG_OK;
}
