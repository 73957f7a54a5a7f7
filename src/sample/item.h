/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item - one record to be written, before it is text: who, when, what, how it ended.
 *
 * Noise and attacks both make items, so that nothing but the evidence tells them apart.
 * A day's items are sorted by time and then written one by one. All text of an item
 * comes from its own seed; records of one connection share seed and ports and therefore
 * flow number, request and answer.
 */
#ifndef YG_SAMPLE_ITEM_H
#define YG_SAMPLE_ITEM_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum yg_sample_record {
    YG_REC_ALERT,
    YG_REC_APP,    /* the IDS's log of the request: http, dns, tls */
    YG_REC_FILE,   /* the IDS's log of a file in it */
    YG_REC_FLOW,   /* the IDS's log of the connection */
    YG_REC_ACCESS, /* the web server's log */
};

enum yg_sample_outcome {
    YG_OUT_FAIL,   /* an attack that failed, or nothing of the kind */
    YG_OUT_OK,     /* the attacker got what he wanted, and it shows */
    YG_OUT_UNSURE, /* the request is seen, the answer is missing */
};

#define YG_SAMPLE_REASONS(X)                                                             \
    X(BENIGN, "benign-positive")                                                         \
    X(MISCONFIGURED, "misconfiguration")                                                 \
    X(TEST, "authorised-test")                                                           \
    X(BACKGROUND, "background-noise")                                                    \
    X(POLICY, "policy")                                                                  \
    X(FAILED, "attack-failed")                                                           \
    X(UNKNOWN, "outcome-unknown")                                                        \
    X(CONFIRMED, "success-confirmed")
enum yg_sample_reason {
#define X(id, name) YG_WHY_##id,
    YG_SAMPLE_REASONS(X)
#undef X
        YG_WHY_COUNT
};

struct yg_sample_item {
    int64_t time_ns;
    uint64_t seed;
    uint32_t src, dst;
    uint32_t threat; /* number in its tenant from 1; 0: none */
    uint32_t order;  /* among items of the same time */
    uint32_t cause;  /* seed of names that all records of one intruder share */
    uint16_t shape, variant;
    uint16_t src_host, dst_host;
    uint16_t agent; /* the host that a host agent speaks for */
    uint16_t user, sport, dport;
    uint8_t record, level, reason, outcome;
};

/* Grows up to a cap; sticky error like yg_buf. */
struct yg_sample_items {
    struct yg_sample_item *v;
    size_t n, size, cap;
    size_t alerts; /* of these, records that are alerts */
    enum yg_status status;
};

void yg_sample_items_init(struct yg_sample_items *l, size_t cap);
void yg_sample_items_fini(struct yg_sample_items *l);
void yg_sample_items_clear(struct yg_sample_items *l);
void yg_sample_items_sort(struct yg_sample_items *l);

/* Add the alert `it` with the context records that its devices would write beside it;
 * those after `day_end` (ns) are written just before it. */
void yg_sample_items_add(struct yg_sample_items *l, const struct yg_sample_item *it,
                         int64_t day_end);

/* Add one record as it is. */
void yg_sample_items_push(struct yg_sample_items *l, const struct yg_sample_item *it);

#endif
