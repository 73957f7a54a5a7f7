/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coin - which runs does a person judge whatever their risk?
 *
 * One toss a run and kind; the audit's when its first alert would close:
 * HMAC-SHA-256(secret, kind, run id) against the rate in force. So it can be neither
 * foreseen nor repeated until it fits, and a run keeps its toss. The secret is the
 * store's; no replay, API or log shows it.
 *
 * The rate follows a budget of audits a tenant and day, by stratum (tenant x device
 * type): budget / (closed runs of a day as seen so far), in powers of two so that it
 * rarely moves, never under YG_COIN_LEAST: weights 1/pi stay in [1, 200]. It depends on
 * counts of the past only, never on labels, and a change holds for later runs only. A
 * stratum that begins takes its forecast from the period of its certificate; without one
 * it is audited run by run until the budget is spent.
 *
 * Decoys are ordinary open runs, tossed with a secret of their own so that there are
 * about as many as audits: who judges one cannot tell which it is.
 *
 * A toss costs about 0.5 us and happens once a run. Pure functions over plain data.
 */
#ifndef YG_POLICY_COIN_H
#define YG_POLICY_COIN_H

#include "base/hash.h"

#include <stdbool.h>
#include <stdint.h>

#define YG_COIN_SECRET 32
#define YG_COIN_ONE    (UINT64_C(1) << 32) /* rate 1: every run */
#define YG_COIN_LEAST  UINT64_C(21474837)  /* 0.5 % of it, rounded up */

enum yg_coin_kind {
    YG_COIN_AUDIT = 1,
    YG_COIN_DECOY = 2,
    YG_COIN_TRIAL = 3, /* audits drawn afterwards: policy/trial.h */
    YG_COIN_SCREEN = 4 /* their decoys; no row is kept of these tosses */
};

/* The secret made ready: hashing the two pads of the key is half of every HMAC, and is
 * done once here. As secret as the secret itself. */
struct yg_coin {
    _Alignas(16) unsigned char state[208]; /* private */
};
void yg_coin_init(struct yg_coin *c, const unsigned char secret[YG_COIN_SECRET]);
void yg_coin_fini(struct yg_coin *c); /* wiped */

/* Chosen with probability rate / YG_COIN_ONE. */
bool yg_coin_toss(const struct yg_coin *c, enum yg_coin_kind kind,
                  const unsigned char run[YG_ID_SIZE], uint64_t rate);
/* A number that nobody without the secret can foresee, for the use named by `use` (never
 * an enum yg_coin_kind) about `about`. */
void yg_coin_number(const struct yg_coin *c, unsigned char use, struct yg_str about,
                    unsigned char out[YG_DIGEST_SIZE]);
/* 1/pi, 1 to 200. */
double yg_coin_weight(uint64_t rate);

/* What a stratum has seen; plain data, kept in the store between runs of the program. */
struct yg_coin_budget {
    int64_t day;          /* UTC day (ns / 86400e9) that `today` counts */
    uint64_t today;       /* runs tossed today */
    double daily;         /* forecast: runs a day, smoothed over past days; 0: none yet */
    uint64_t drawn_today; /* audits drawn today */
    uint64_t decoys_today; /* open runs drawn today */
    uint64_t open_today;   /* open runs tossed today */
    double open_daily;
};

/* A stratum that begins: how many runs a day will close and stay open? Nothing happens
 * once it has counted or forecast anything itself, or without a number above 0. */
void yg_coin_expect(struct yg_coin_budget *b, double closed, double open, int64_t now_ns);

/* The rate for the next run of this kind at this time, for a budget of `audits` a day
 * (of this stratum). Advances the day; counting is yg_coin_count's. */
uint64_t yg_coin_rate(struct yg_coin_budget *b, enum yg_coin_kind kind, uint64_t audits,
                      int64_t now_ns);
void yg_coin_count(struct yg_coin_budget *b, enum yg_coin_kind kind, bool chosen);

#endif
