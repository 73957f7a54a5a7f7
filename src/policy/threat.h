/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threat - which protected alerts are one attack?
 *
 * A threat is what people joined as one incident; else the protected runs of one tenant
 * that share an entity within 24 hours (GUARANTEE.md, section 1). It is the unit of the
 * miss rate: scan alerts outnumber break-ins 10,000 to 1, so a rate per alert would be
 * met by a policy that closes every break-in. Protected alerts of a run that carry an
 * incident count to that incident, the run's others to the entity's own threat.
 *
 * Also the clusters (tenant, entity, day): what is treated as independent.
 *
 * Cost: a sort of the protected alerts. Pure functions.
 */
#ifndef YG_POLICY_THREAT_H
#define YG_POLICY_THREAT_H

#include "base/status.h"
#include "policy/judged.h"

#include <stddef.h>

#define YG_THREAT_LINK_NS (INT64_C(86400) * 1000000000) /* at most this apart */
#define YG_THREAT_NONE    UINT32_MAX

struct yg_threat {
    uint64_t incident; /* 0: joined by entity and time */
    uint64_t entity;   /* of its first alert */
    int64_t first_ns, last_ns;
    uint32_t tenant;
    uint32_t alerts;    /* protected ones */
    uint32_t risk;      /* smallest of them: lost iff this is below tau */
    uint32_t high_risk; /* largest: wholly lost iff this is below tau */
    uint8_t level;      /* highest verdict */
};

struct yg_threats {
    struct yg_threat *v; /* by tenant, then first alert */
    size_t n;
    uint32_t *of; /* for each alert its threat, or YG_THREAT_NONE */
};

/* The threats among `n` alerts in any order. Gated alerts count as the highest risk.
 * The caller frees with _fini. YG_ENOMEM; YG_ELIMIT: 2^32 - 1 alerts or more. */
enum yg_status yg_threats_of(const struct yg_judged *a, size_t n, enum yg_level protect,
                             struct yg_threats *out) YG_MUST_USE;
void yg_threats_fini(struct yg_threats *t);

/* The cluster of a run: (tenant, entity, UTC day of its first alert). An alert without
 * an entity is a cluster of its run. Never 0. */
uint64_t yg_cluster_of(uint32_t tenant, uint64_t entity, uint64_t run, int64_t first_ns);

#endif
