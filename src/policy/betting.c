/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/betting.h"

#include "base/fmath.h"
#include "base/status.h"

#include <string.h>

/* How much of his purse each gambler risks against "rate >= b" at the heaviest weight,
 * and his share of the capital. The boldest gets most: with no miss in sight, which is
 * the usual state, the bound is then within a quarter of the exact binomial one. */
static const double bold[] = { 0.95, 0.7, 0.4, 0.2, 0.1, 0.04 };
static const double capital[] = { 0.4, 0.2, 0.14, 0.1, 0.08, 0.08 };
_Static_assert(YG_ARRAY_LEN(bold) == YG_CS_BETS, "one for each purse");
_Static_assert(YG_ARRAY_LEN(capital) == YG_CS_BETS, "one for each purse");
_Static_assert(YG_ARRAY_LEN(bold) == YG_RATETEST_BETS, "one for each purse");

#define MOST_RISK 0.95 /* of a purse in one observation */

static double clamp(double x, double low, double high)
{
    return x > low ? x < high ? x : high : low; /* NaN: low */
}

/* Who has less than this is out: denormal numbers are slow, and he never comes back. */
static double flushed(double purse)
{
    return purse > 1e-290 ? purse : 0;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double mixed(const double *purse, size_t step)
{
    double sum = 0;

    for (size_t k = 0; k < YG_CS_BETS; k++)
        sum += capital[k] * purse[k * step];
    return sum;
}

/* ---- confidence sequence ------------------------------------------------------- */

/* What a miss wins against "rate <= b", for one unit staked: the best gambler for a true
 * rate of (1 + gain) b. */
static const double gain[YG_CS_BETS] = { 0.15, 0.4, 1, 3, 10, 40 };

void yg_cs_init(struct yg_cs *c, double delta, double weight)
{
    YG_ASSERT(delta > 0 && delta < 1);
    YG_ASSERT(weight >= 1 && weight <= YG_BET_WEIGHT);
    memset(c, 0, sizeof(*c));
    c->delta = delta;
    c->weight = weight;
    c->upper = YG_CS_POINTS;
    for (size_t i = 0; i < YG_CS_POINTS; i++) {
        /* Odds in equal ratios from 2e-5 to 10: ln 5e5 = 13.1224. */
        double odds = 2e-5 * yg_exp(13.1224 * (double)i / (YG_CS_POINTS - 1));
        c->odds[i] = odds;
        c->point[i] = odds / (1 + odds);
        c->most_win[i] = MOST_RISK / odds;
        for (size_t k = 0; k < YG_CS_BETS; k++)
            c->high[k][i] = c->low[k][i] = 1;
    }
}

/* Wealth against "rate >= b" grows with b and wealth against "rate <= b" falls, at every
 * observation and for every gambler. So what is refuted is always a tail, one purse at
 * its edge decides, and the true rate is shut out only if its own gambler grew rich. */
static void bet_high(struct yg_cs *c, double part, bool missed)
{
    size_t end = c->upper;

    for (size_t k = 0; k < YG_CS_BETS; k++) {
        double *purse = c->high[k], stake = bold[k] * part, rest = 1 - stake;
        if (missed)
            for (size_t i = 0; i < end; i++)
                purse[i] = flushed(purse[i] * rest);
        else
            for (size_t i = 0; i < end; i++)
                purse[i] *= 1 + stake * c->odds[i];
    }
    while (c->upper > 0 && mixed(&c->high[0][c->upper - 1], YG_CS_POINTS) * c->delta >= 1)
        c->upper--;
}

/* The stake is `gain`, unless that much could lose more than MOST_RISK. */
static void bet_low(struct yg_cs *c, double part, bool missed)
{
    for (size_t k = 0; k < YG_CS_BETS; k++) {
        double *purse = c->low[k], stake = gain[k];
        if (missed)
            for (size_t i = c->lower; i < YG_CS_POINTS; i++)
                purse[i] *= 1 + part * smaller(stake * (1 - c->point[i]), c->most_win[i]);
        else
            for (size_t i = c->lower; i < YG_CS_POINTS; i++)
                purse[i] = flushed(purse[i] *
                                   (1 - part * smaller(stake * c->point[i], MOST_RISK)));
    }
    while (c->lower < YG_CS_POINTS &&
           mixed(&c->low[0][c->lower], YG_CS_POINTS) * c->delta >= 1)
        c->lower++;
}

void yg_cs_add(struct yg_cs *c, double weight, bool missed)
{
    double w = clamp(weight, 0, c->weight);

    c->n++;
    c->missed += missed;
    c->sum_w += w;
    c->sum_wm += missed ? w : 0;
    bet_high(c, w / c->weight, missed);
    bet_low(c, w / c->weight, missed);
}

double yg_cs_upper(const struct yg_cs *c)
{
    return c->upper < YG_CS_POINTS ? c->point[c->upper] : 1;
}

double yg_cs_lower(const struct yg_cs *c)
{
    return c->lower > 0 ? c->point[c->lower - 1] : 0;
}

double yg_cs_mean(const struct yg_cs *c)
{
    return c->sum_w > 0 ? c->sum_wm / c->sum_w : 0;
}

/* ---- e-detector ---------------------------------------------------------------- */

/* Each stake is the best one for a rate that jumps to this many times beta. */
static const double jump[YG_EDETECTOR_BETS] = { 1.4, 2, 3, 4.5, 7, 12, 30, 100 };

void yg_edetector_init(struct yg_edetector *e, double beta, double weight,
                       double patience)
{
    YG_ASSERT(beta > 0 && beta < 1 && patience >= 1);
    YG_ASSERT(weight >= 1 && weight <= YG_BET_WEIGHT);
    *e = (struct yg_edetector){ .beta = beta, .weight = weight, .patience = patience };
}

bool yg_edetector_add(struct yg_edetector *e, double weight, bool missed)
{
    double part = clamp(weight, 0, e->weight) / e->weight;

    e->n++;
    if (e->alarm)
        return true;
    /* What is won for each unit of jump - 1, and for the largest stake there may be. */
    double unit = part * (missed ? 1 : -e->beta / (1 - e->beta)),
           most = part * MOST_RISK * (missed ? 1 / e->beta - 1 : -1);
    for (size_t k = 0; k < YG_EDETECTOR_BETS; k++) {
        double won = (jump[k] - 1) * unit;
        if (missed ? won > most : won < most)
            won = most;
        e->sum[k] = (e->sum[k] + 1) * (1 + won);
    }
    e->alarm = yg_edetector_value(e) >= e->patience;
    return e->alarm;
}

double yg_edetector_value(const struct yg_edetector *e)
{
    double sum = 0;

    for (size_t k = 0; k < YG_EDETECTOR_BETS; k++)
        sum += e->sum[k];
    return sum / YG_EDETECTOR_BETS;
}

/* ---- one weighted rate --------------------------------------------------------- */

void yg_ratetest_init(struct yg_ratetest *t, double rate, double delta, double most)
{
    YG_ASSERT(rate > 0 && rate < 1 && delta > 0 && delta < 1 && most > 0);
    *t = (struct yg_ratetest){ .rate = rate, .delta = delta, .most = most };
    for (size_t k = 0; k < YG_RATETEST_BETS; k++)
        t->purse[k] = 1;
}

void yg_ratetest_add(struct yg_ratetest *t, double lost, double kept)
{
    double sum = lost + kept, most = sum > t->most ? sum : t->most;

    if (!(lost >= 0 && kept >= 0) || sum == 0)
        return; /* a cluster without units says nothing */
    /* What the boldest would lose of each unit staked; negative: gain. */
    double loss = (lost - t->rate / (1 - t->rate) * kept) / most, top = 0;
    for (size_t k = 0; k < YG_RATETEST_BETS; k++) {
        t->purse[k] *= 1 - bold[k] * loss;
        top = t->purse[k] > top ? t->purse[k] : top;
    }
    if (top > 1e100 || top < 1e-100) { /* far from where a double ends */
        for (size_t k = 0; k < YG_RATETEST_BETS; k++)
            t->purse[k] /= top;
        t->scale += yg_ln(top);
    }
    t->clusters++;
    t->lost += lost;
    t->kept += kept;
    t->log_wealth = yg_ln(mixed(t->purse, 1)) + t->scale;
    if (t->log_wealth > t->best)
        t->best = t->log_wealth;
}

bool yg_ratetest_passed(const struct yg_ratetest *t)
{
    return t->best >= -yg_ln(t->delta);
}

double yg_ratetest_p(const struct yg_ratetest *t)
{
    return yg_exp(-t->best);
}
