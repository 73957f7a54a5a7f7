/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thin_priv - the groups that are open and where they stand. Private to thin.c (what the
 * rules do) and thin_save.c (over restarts). One thread.
 */
#ifndef YG_THIN_THIN_PRIV_H
#define YG_THIN_THIN_PRIV_H

#include "thin/thin.h"

#define YG_THIN_BUCKETS YG_THIN_OPEN
#define YG_THIN_NONE    UINT32_MAX

/* A source as the rules see it. */
struct yg_thin_lane {
    struct yg_str tenant, name; /* NULL: not said yet */
    uint16_t *rule;             /* those that concern it */
    uint32_t *row;              /* of the tally, for each of these and for none */
    uint32_t rules;
};

enum yg_thin_state { YG_THIN_FREE, YG_THIN_OPENED, YG_THIN_CLOSED };

/* Records that one record will speak of. */
struct yg_thin_group {
    unsigned char key[YG_ID_SIZE], first_id[YG_ID_SIZE];
    int64_t due_ns, first_ns, last_ns;
    uint64_t records, bytes; /* left out */
    uint32_t row, next;      /* of the tally; of the bucket's chain */
    uint8_t state, merge;
};

struct yg_thin {
    const struct yg_thin_rules *rules;
    struct yg_thin_tally tally;
    struct yg_thin_lane *lane;
    uint32_t lanes;
    struct yg_arena arena; /* names of sources */
    struct yg_thin_group *group;
    uint32_t *bucket, *heap, *spare; /* heap: open ones, the first due on top */
    uint32_t heaped, spares;
    uint32_t *closed; /* a ring of those that wait for yg_thin_next */
    uint32_t closed_head, closed_count;
    bool changed[YG_THIN_PAGES];
    struct yg_buf text;
};

/* The open group of this key; YG_THIN_NONE. */
uint32_t yg_thin_find(const struct yg_thin *t, const unsigned char key[YG_ID_SIZE]);
/* Take group `g` into its chain and the heap. */
void yg_thin_open_one(struct yg_thin *t, uint32_t g);

#endif
