/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history_priv - what the frozen table (history.c) and its builder (history_build.c)
 * share. Private to feature/. Rules of history.h.
 */
#ifndef YG_FEATURE_HISTORY_PRIV_H
#define YG_FEATURE_HISTORY_PRIV_H

#include "base/map.h"
#include "feature/history.h"

enum yg_history_scope { YG_HS_SIGNATURE, YG_HS_ROLE, YG_HS_COUNT };

/* What is frozen of one key. */
enum yg_history_value {
    YG_HV_VOLUME,  /* alerts, a tenant's mean */
    YG_HV_RUNS,    /* runs, a tenant's mean */
    YG_HV_P,       /* shrunk share of runs that were protected; also of a role */
    YG_HV_L2,      /* the same of L2 */
    YG_HV_TENANTS, /* share of its tenants where it was ever protected */
    YG_HV_PA,      /* as P, of alerts */
    YG_HV_L2A,     /* as L2, of alerts */
    YG_HV_WEIGHT_L2,
    YG_HV_WEIGHT_P,
    YG_HV_COUNT
};

struct yg_history_entry {
    uint64_t key;
    uint64_t verdicts;
    float v[YG_HV_COUNT];
};

struct yg_history {
    struct yg_map index; /* key to position in entry[] */
    size_t count;
    uint32_t tenants;
    struct yg_history_entry entry[]; /* ascending by key */
};

/* The keys of an alert, 0 where it has none. */
void yg_history_keys(const struct yg_facts *f, uint64_t key[YG_HS_COUNT]);
uint64_t yg_history_signature_key(uint64_t signature);

/* A table of `count` empty entries; fill them ascending, then index. */
enum yg_status yg_history_alloc(size_t count, struct yg_history **out) YG_MUST_USE;
enum yg_status yg_history_index(struct yg_history *h) YG_MUST_USE;

#endif
