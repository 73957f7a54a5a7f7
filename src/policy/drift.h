/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drift - do today's alerts still look like those of the training?
 *
 * A classifier two-sample test as an e-process: a small logistic model learns to tell
 * reference rows (a frozen sample of the training) from live ones, and before it learns
 * from a pair it bets on which is which. If nothing but `slack` more than half can be
 * guessed, the bet is fair and wealth stays small at all times (P(ever >= 1/delta) <=
 * delta); if it can, wealth grows exponentially. Podkopaev and Ramdas, "Sequential
 * predictive two-sample and independence testing", NeurIPS 2023.
 *
 * It stakes something only while its recent guesses were better than the slack allows:
 * so it does not grow poor, hence blind, in good months. The slack is for what is no
 * drift: the reference is a sample, and neighbouring runs are alike.
 *
 * What is compared is how the model sees an alert: YG_DRIFT_DIMS numbers (drift_row) and
 * how far each lies from its mean, one live row a run, not an alert: alerts of a run are
 * one thing. Also the population stability index of the risk, which only warns (it has no
 * error rate).
 *
 * Plain data, fixed size; about 0.2 us a pair. The same rows give the same bits. One
 * thread at a time.
 */
#ifndef YG_POLICY_DRIFT_H
#define YG_POLICY_DRIFT_H

#include "base/buf.h"
#include "base/cursor.h"
#include "model/model.h"

#include <stdbool.h>
#include <stdint.h>

#define YG_DRIFT_DIMS 8
#define YG_DRIFT_REF  512 /* reference rows kept with a model */
#define YG_DRIFT_BINS 10  /* of risk, by deciles of the reference */
/* Rows that differ by less, in standard deviations of the reference, are alike: counters
 * that grow move every risk a little, always the same way. */
#define YG_DRIFT_ALIKE 0.25
#define YG_DRIFT_SLACK 0.1 /* guessing up to 60 % right is not held against it */
#define YG_DRIFT_LEAST 100 /* pairs before the stability index says anything */

struct yg_drift_row {
    float v[YG_DRIFT_DIMS];
};

/* How the model sees an alert: log-odds of the risk, the five probabilities, distance
 * from training (negative: not measured, taken as 0), 1. */
struct yg_drift_row yg_drift_row(const struct yg_score *s, float distance);

/* Frozen with the model at training. */
struct yg_drift_reference {
    uint32_t count; /* at most YG_DRIFT_REF; 0: nothing can be compared */
    struct yg_drift_row row[YG_DRIFT_REF];
    float mean[YG_DRIFT_DIMS], scale[YG_DRIFT_DIMS]; /* scale above 0 */
    uint32_t decile[YG_DRIFT_BINS - 1];              /* of risk, ascending */
};

/* From the training's rows, one a run, scored by models that did not see them (out of
 * fold): a model is surer of what it learnt from than of anything live. Keeps an even
 * sample of them. */
void yg_drift_reference_of(const struct yg_drift_row *row, size_t n, uint64_t seed,
                           struct yg_drift_reference *out);

/* Little-endian, versioned. The reader checks every value; false: not what _write wrote,
 * *out is then untouched. */
void yg_drift_reference_write(const struct yg_drift_reference *r, struct yg_buf *out);
bool yg_drift_reference_read(struct yg_cursor *in, struct yg_drift_reference *out);

struct yg_drift {
    double delta;
    uint64_t n;              /* pairs */
    uint64_t right;          /* guessed right */
    double log_wealth, best; /* alarm: best >= log(1/delta) */
    uint64_t bin[YG_DRIFT_BINS];
    /* private */
    double share[YG_DRIFT_BINS];    /* of the reference in each bin */
    double beta[2 * YG_DRIFT_DIMS]; /* the classifier */
    double skill;                   /* recent share of right guesses */
};

void yg_drift_init(struct yg_drift *d, double delta);
/* `pick`: a fresh pseudo-random number, decides the reference row and what is guessed
 * where nothing can be told. Nothing happens without a reference. */
void yg_drift_add(struct yg_drift *d, const struct yg_drift_reference *ref,
                  const struct yg_drift_row *live, uint64_t pick);
bool yg_drift_alarm(const struct yg_drift *d);
double yg_drift_psi(const struct yg_drift *d); /* > 0.25 is a warning; 0: too few yet */

void yg_drift_write(const struct yg_drift *d, struct yg_buf *out);
bool yg_drift_read(struct yg_cursor *in, struct yg_drift *out);

#endif
