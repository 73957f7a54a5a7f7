/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context_priv - the state of a context, shared by context.c (look up and count) and
 * columns.c (fill a row from what was looked up). Private to context/. Rules of
 * context.h.
 */
#ifndef YG_CONTEXT_CONTEXT_PRIV_H
#define YG_CONTEXT_CONTEXT_PRIV_H

#include "context/assoc.h"
#include "context/context.h"
#include "context/count.h"
#include "context/profile.h"

/* What is counted: one yg_count per key of each kind. */
enum yg_context_kind {
    K_SIG,
    K_SIG_HOST,
    K_HOST_DEV,
    K_SRC,
    K_DST,
    K_SIG_SRC,
    K_PAIR,
    K_HELLO,
    K_COUNT
};

struct yg_context_flow {
    uint64_t key;
    uint32_t alerts, records;
    float said[YG_FLOW_COUNT];
    float pad[(16 - (4 + YG_FLOW_COUNT) % 16) % 16];
};
_Static_assert(sizeof(struct yg_context_flow) % 64 == 0, "whole cache lines");

struct yg_context {
    const struct yg_history *history;
    struct yg_assoc counts, hosts, voices, sources, flows;
    struct yg_count device[YG_DEV_COUNT];
    struct yg_activity_ring activity;
    uint32_t seq;                     /* events so far, wraps */
    uint64_t alerts, records, hellos; /* hellos: all of K_HELLO */
};

/* Everything the alert at hand touches; pointers NULL where it has no such key. */
struct yg_context_view {
    double t;
    uint32_t second;
    struct yg_count *count[K_COUNT];
    struct yg_count *device;
    struct yg_host_profile *host;
    struct yg_voice_profile *voice;
    struct yg_source_profile *source;
    struct yg_context_flow *flow;
    struct yg_history_weight weight;
};

/* Fill the columns FIXED, FLOW and CONTEXT; nothing is changed. */
void yg_context_columns(const struct yg_context *c, const struct yg_context_view *v,
                        const struct yg_facts *f, float *row);

#endif
