/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups - alike alerts put together, so that one verdict can answer many; and which
 * verdicts to ask for next.
 *
 * A group is the unjudged runs of one tenant and signature that look alike: with a model,
 * runs whose worst alerts fall into the same leaves in all but a small share of trees
 * (model/distance.h); without one, runs with the same shape (direction, ports, protocol,
 * outcome, device severity). Its spread is shown: runs, alerts, hosts, days, risks,
 * outcomes, the two members farthest apart. Groups are formed without verdicts.
 *
 * A verdict on a group is kept for each alert as YG_BY_GROUP: it trains, it never
 * calibrates; only a member drawn by the coin and judged on its own does.
 *
 * Asking: groups in the order in which one verdict brings the certificate forward most:
 * (alerts it may close) x (how undecided the model is or that the signature lacks
 * verdicts), one of every YG_ASK_RANDOM drawn at random over runs, so that what is
 * learned stays unbiased and calibration valid. Deterministic for a seed.
 *
 * Cost: a few passes over the corpus. Pure functions over it.
 */
#ifndef YG_PIPELINE_GROUPS_H
#define YG_PIPELINE_GROUPS_H

#include "pipeline/corpus.h"
#include "pipeline/modelpack.h"

#define YG_ASK_RANDOM 5 /* every fifth question is a random one */

struct yg_group {
    unsigned char id[YG_ID_SIZE];   /* of its first run, in order of time */
    unsigned char show[YG_ID_SIZE]; /* the alert that stands for it: a medoid */
    unsigned char far[YG_ID_SIZE];  /* the member farthest from it */
    uint32_t tenant;                /* of the corpus */
    uint64_t signature;
    uint64_t runs, alerts, hosts, days; /* unjudged ones */
    uint32_t risk_low, risk_high;       /* with a model */
    float spread;                       /* distance of `far` from `show`, 0 .. 1 */
    double gain;                        /* what it is ordered by */
    bool random;                        /* asked by the random part */
    size_t first, count;                /* its alerts in yg_groups.member */
};
struct yg_groups {
    struct yg_group *v;
    size_t n;
    struct {
        uint32_t tenant, record;
    } * member; /* indices into the corpus */
};

struct yg_groups_ask {
    const struct yg_corpus *corpus;
    size_t tenant;                   /* index */
    const struct yg_modelpack *pack; /* NULL: none yet */
    size_t want;                     /* questions at most; 0: all groups, by gain */
    bool plain; /* runs in order of time, ungrouped: to compare with */
    uint64_t seed;
};
enum yg_status yg_groups_of(const struct yg_groups_ask *ask, struct yg_groups *out,
                            struct yg_err *err) YG_MUST_USE;
void yg_groups_fini(struct yg_groups *g);

#endif
