/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn - one conversation while it is being put together.
 *
 * Who is the client, what the TCP flags say, which packets go to which stream; the table
 * that finds it and the order in which it ends are packet/track.c's. One thread at a
 * time.
 */
#ifndef YG_PACKET_CONN_H
#define YG_PACKET_CONN_H

#include "packet/ends.h"
#include "packet/stream.h"

struct yg_conn {
    struct yg_talk talk;
    struct yg_stream stream[YG_SIDES];
    uint32_t isn;       /* of the client's SYN */
    bool client_larger; /* than the server, of its ends */
    bool has_isn;
    bool over; /* closed by both sides, or reset */

    /* the owner's */
    struct yg_conn *chain;       /* of its bucket, or of the free list */
    struct yg_conn *prev, *next; /* by silence, in its list */
    uint64_t serial;             /* order of first packets */
    struct yg_ends ends;
    uint32_t bucket;
    bool closed; /* in the list of closed ones */
};

/* Both return the anomalies that they saw. `larger`: as yg_ends_of says of `p`. */
uint64_t yg_conn_open(struct yg_conn *c, const struct yg_packet *p, bool larger);
uint64_t yg_conn_take(struct yg_conn *c, const struct yg_packet *p, bool larger,
                      struct yg_stream_budget *b);

/* Does this SYN begin another conversation between the same ends? */
bool yg_conn_begins_anew(const struct yg_conn *c, const struct yg_packet *p);

/* Nothing more comes. Returns anomalies. */
uint64_t yg_conn_finish(struct yg_conn *c, struct yg_stream_budget *b);

#endif
