/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial - which runs of the days in shadow does a first certificate need judged?
 *
 * In shadow nothing is closed, so what a person is to judge may be drawn afterwards, when
 * it is known how many runs would close at each threshold: as many as the people have
 * time for, at one rate in all tenants. Uneven rates are what verdicts are lost by: each
 * draw counts for its weight over the largest.
 *
 * Audits: every run that would close below the trial's tau is drawn with probability
 * `rate`. Triage may have tossed for some of them at a lower one: those it did not draw
 * are tossed once more, so that it is `rate` for them, too. tau is the largest point of
 * the model's grid at which at most `audits` runs are drawn on average; where the lowest
 * point that closes anything draws more, it is that one, at half the rate, a quarter ...
 * It follows from counts: which runs were judged before enters (those are known and not
 * drawn again), what was said of them does not.
 *
 * Decoys, of the others: the riskiest run of each cluster, the riskiest `decoys` of them
 * at rate 1/2 and twice as many after them at 1/4. They hide which runs are audits, and
 * they are where the attacks are that a bound on lost ones counts its losses against.
 * They enter as what was found open, whose choice is free (policy/weighted.h): to miss
 * some errs on the side of caution.
 *
 * The audits' rate must not fall where the risk does. With no attack found below tau,
 * the evidence against one hidden there is (1 - rate) at the place where the rate is
 * least, and to hide there is what a bound must allow for; a rate that rises with risk
 * takes verdicts from that place.
 *
 * Cost: sorts of the runs. Pure functions.
 */
#ifndef YG_POLICY_TRIAL_H
#define YG_POLICY_TRIAL_H

#include "base/status.h"
#include "policy/coin.h"

#include <stddef.h>

struct yg_trial_run {
    unsigned char id[YG_ID_SIZE];
    uint64_t cluster;    /* policy/threat.h */
    uint32_t close_risk; /* policy/outcome.h */
    uint32_t top_risk;   /* the largest of its alerts, whatever gates say */
    bool settled;        /* a trial tossed for it; or triage did not, and it is judged */
    bool drawn;          /* by triage's coin */
    uint64_t before;     /* the rate at which triage tossed for it; 0: it did not */
    /* what the draw says */
    bool audit, decoy; /* to be judged */
    bool tossed;       /* it was in the draw */
    uint64_t rate;     /* it was tossed for at, in this draw; 0: it was not */
};

struct yg_trial_ask {
    const uint32_t *grid; /* strictly ascending */
    size_t points;
    uint64_t audits, decoys; /* runs that people have time for */
    uint64_t rate; /* of the audits at most, of YG_COIN_ONE, YG_COIN_LEAST or more */
    const struct yg_coin *coin;
};

struct yg_trial {
    uint32_t tau;    /* 0: not even the lowest point */
    uint64_t rate;   /* of the audits, in the end */
    uint64_t closed; /* runs that would close below it, settled ones too */
    uint64_t tossed; /* those of them that the draw is about */
    uint64_t audits, decoys;
};

/* Toss for each of the `n` runs, which are sorted by close_risk. YG_EINVAL: the rate. */
enum yg_status yg_trial_draw(struct yg_trial_run *run, size_t n,
                             const struct yg_trial_ask *ask,
                             struct yg_trial *out) YG_MUST_USE;

#endif
