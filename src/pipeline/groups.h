/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups - alike alerts put together, so that one verdict can answer many; and which
 * verdicts to ask for next.
 *
 * A group is runs of one tenant and signature that look alike: with a model, runs whose
 * worst alerts fall into the same leaves in all but YG_GROUPS_ALIKE of its trees
 * (model/distance.h) as the run that began the group; without one, runs whose worst
 * alerts have the same shape (direction, port, protocol, outcome, device severity) and
 * were as unusual when they came (new at the host or seldom, other new or rare things
 * around, bursts): what an attacker does must not hide among a thousand alike. Groups are
 * formed from all runs, judged or not, without looking at a verdict; only what nobody
 * judged is listed, asked and answered. Its spread is shown: runs, alerts, hosts, days,
 * risks, the two members farthest apart.
 *
 * A verdict on a group is kept for each alert as YG_BY_GROUP: it trains, it never
 * calibrates; only a member drawn by the coin and judged on its own does.
 *
 * Asking: groups in the order in which one verdict brings the certificate forward most:
 * (alerts it may close) x (how undecided the model is, or how far the signature lacks
 * verdicts, whichever is more) / (1 + runs of the group that were judged before). One of
 * every YG_ASK_RANDOM questions is a single run drawn over all runs, those with a group's
 * verdict too, in the order of a hash of the seed and the run's id: those that were asked
 * so are at any time an unbiased sample, to be judged on their own. They are in no group
 * of the same asking. A group's answer counts as one verdict on its signature, which the
 * gate for new signatures wants many of: once that answer is given, so many of its runs
 * are asked on their own as are missing, by (alerts of the signature that may close) /
 * (verdicts that are missing). Deterministic for a seed. Tenants share signatures and
 * model: pipeline/asking.h puts the questions of several together.
 *
 * Cost: one pass of context and model over the tenant (about 5 us an alert), then up to
 * YG_GROUPS_LEADERS comparisons of 5 ns a run; 200 bytes a run. Pure functions.
 */
#ifndef YG_PIPELINE_GROUPS_H
#define YG_PIPELINE_GROUPS_H

#include "base/map.h"
#include "pipeline/corpus.h"
#include "pipeline/modelpack.h"

#define YG_ASK_RANDOM 5 /* every fifth question is a random one */

#define YG_GROUPS_ALIKE 0.1F /* share of trees in which members may differ */
#define YG_GROUPS_LEADERS                                                                \
    1024                    /* groups of one signature; what fits into none is alone     \
                             */
#define YG_GROUPS_SAMPLE 64 /* members that a medoid is sought among */

struct yg_group {
    unsigned char id[YG_ID_SIZE];   /* of its first run, in order of time */
    unsigned char show[YG_ID_SIZE]; /* the alert that stands for it: a medoid */
    unsigned char far[YG_ID_SIZE];  /* the member farthest from it */
    uint64_t signature;
    uint64_t runs, alerts, hosts, days; /* unjudged ones */
    uint64_t judged;                    /* runs of the same look that have a verdict */
    int64_t first_ns, last_ns;
    uint32_t risk_low, risk_high; /* of its runs' worst alerts; 0 without a model */
    uint8_t predicted;            /* the highest of them, or YG_LEVEL_NONE */
    bool own;                     /* a single run, to be judged on its own: a random one,
                                   * or one that its signature wants */
    bool random;                  /* asked by the random part */
    float spread;                 /* distance of `far` from `show`, 0 .. 1 */
    double gain;                  /* what it is ordered by; a random one: by its draw */
    uint64_t look;                /* alike, whatever the tenant: signature with shape, or
                                   * with what the model predicts */
    uint64_t need;                /* verdicts that its signature lacks */
    uint64_t reach;               /* alerts of the signature, but of runs that the model
                                   * predicts as protected */
    size_t first, count;          /* its alerts in yg_groups.member */
};
struct yg_groups {
    struct yg_group *v;
    size_t n;
    uint32_t *member; /* records of the tenant, each group's in order of time */
    uint64_t runs;    /* of the tenant, judged or not */
};

struct yg_groups_ask {
    const struct yg_corpus *corpus;
    size_t tenant;                   /* index */
    const struct yg_modelpack *pack; /* NULL: none yet */
    const struct yg_map *aside;      /* yg_groups_key of alerts that wait for a verdict of
                                      * their own: their runs are in no group; or NULL */
    size_t context_memory;           /* 0: the default */
    size_t want;                     /* questions at most; 0: all groups, none random */
    bool plain; /* runs in order of time, ungrouped: to compare with */
    uint64_t seed;
};
/* YG_ENOMEM. Free with yg_groups_fini. */
enum yg_status yg_groups_of(const struct yg_groups_ask *ask, struct yg_groups *out,
                            struct yg_err *err) YG_MUST_USE;
void yg_groups_fini(struct yg_groups *g);

/* The key of an alert in yg_groups_ask.aside; never 0. */
uint64_t yg_groups_key(const unsigned char alert[YG_ID_SIZE]);

#endif
