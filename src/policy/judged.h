/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judged - an alert with its verdict and what a policy made of it: the row that
 * certificates and measurements are computed from.
 *
 * Plain data, 96 bytes, made by whoever reads the store or the file (pipeline/). Rows
 * without a verdict (level NONE) may be among them; they calibrate and measure nothing.
 */
#ifndef YG_POLICY_JUDGED_H
#define YG_POLICY_JUDGED_H

#include "base/risk.h"
#include "event/event.h"

#define YG_JUDGED_ADDRESSES 3

struct yg_judged {
    uint64_t run;       /* number of its run, unique over tenants; see policy/run.h */
    uint64_t entity;    /* YG_KEY_ENTITY; 0: none, the run then stands alone */
    uint64_t signature; /* YG_KEY_SIGNATURE */
    uint64_t incident;  /* what people joined it to; 0: nothing */
    int64_t time_ns;
    uint64_t
        address[YG_JUDGED_ADDRESSES]; /* keys of source, destination, host; 0: none */
    uint32_t tenant;                  /* index into the caller's names, dense from 0 */
    uint32_t risk;     /* what is compared: the model's, 0 where a rule closes it */
    uint32_t gates;    /* bits of the gates that objected (policy/decide.h) */
    uint8_t level;     /* the verdict, enum yg_level */
    uint8_t predicted; /* the model's, enum yg_level */
    uint8_t closed;    /* 1: the policy closed it, or would have in shadow */
    uint8_t naive;     /* 1: the signature rule would close it (policy/naive.h) */
    float weight;      /* 1/pi: the audit coin drew its run; 0: it did not */
    uint8_t trains;    /* 1: the verdict trains but does not calibrate: given to a group,
                        * or asked for by active learning */
    uint8_t hidden;    /* 1: the policy of its day closed it, or would have in shadow: its
                        * verdict counts only if its run was drawn */
    uint8_t device;    /* enum yg_device */
    uint8_t far;       /* distance from training, as pipeline/likeness.h keeps it */
    uint32_t scored;   /* the model's risk, where there is a rule */
    uint16_t rule[2];  /* facts.rule */
};
_Static_assert(sizeof(struct yg_judged) == 96, "rows are counted in millions");

static inline bool yg_judged_is(const struct yg_judged *a)
{
    return a->level < YG_LEVEL_COUNT;
}

static inline bool yg_judged_protected(const struct yg_judged *a, unsigned protect)
{
    return yg_judged_is(a) && a->level >= protect;
}

/* The smallest tau that leaves it open. An alert that a gate holds stays open whatever
 * tau is: it counts as the highest risk, which no tau exceeds. */
static inline uint32_t yg_judged_risk(const struct yg_judged *a)
{
    return a->gates ? YG_RISK_MAX : a->risk;
}

#endif
