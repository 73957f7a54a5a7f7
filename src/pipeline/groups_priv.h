/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups_priv - what groups_look.c (how runs look) and groups.c (which are alike, what to
 * ask) share. Internal to pipeline/groups.h.
 */
#ifndef YG_PIPELINE_GROUPS_PRIV_H
#define YG_PIPELINE_GROUPS_PRIV_H

#include "model/distance.h"
#include "pipeline/groups.h"

#define YG_NO_RUN UINT32_MAX

/* How a run looks: that of its worst alert. */
struct yg_look {
    unsigned char id[YG_ID_SIZE]; /* of the run */
    uint64_t signature;
    uint64_t shape;     /* of its worst alert; 0 with a model */
    uint32_t alerts;    /* all of them */
    uint32_t unjudged;  /* those without any verdict */
    uint32_t not_own;   /* those without a person's own verdict */
    uint32_t show;      /* record: the worst of those not judged; YG_NO_RUN: none */
    uint32_t show_rank; /* how bad that is */
    uint32_t rank;      /* of the worst: its risk, without a model its severity */
    uint32_t group;     /* set by groups.c */
    uint8_t predicted;  /* the highest of its alerts */
    bool aside;
    uint8_t leaf[YG_DISTANCE_LEAVES];
};

struct yg_looks {
    struct yg_look *v; /* runs in order of appearance */
    size_t n, size;
    uint32_t *of;   /* by record: its run, YG_NO_RUN for context */
    uint32_t width; /* of a leaf pattern */
};

enum yg_status yg_looks_of(const struct yg_groups_ask *ask, struct yg_looks *out,
                           struct yg_err *err) YG_MUST_USE;
void yg_looks_fini(struct yg_looks *l);

#endif
