/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream - one direction of a conversation, put in order.
 *
 * TCP segments are delivered by sequence number (RFC 9293, modulo 2^32): what comes too
 * early is held (at most YG_STREAM_HELD pieces) until the hole before it is filled, or
 * known to stay: then it is skipped and counted. What comes twice is compared with what
 * was kept; the first bytes stay. Datagrams are appended. A frame that the capture cut
 * short leaves a gap of its missing bytes. Memory is counted in a budget shared by all
 * streams. Cost: one copy of each byte up to the cap, nothing past it. One thread at a
 * time.
 *
 *      bytes   |---- before a gap ----|---- run ----|
 *      seq                            run_seq       next      held   held
 */
#ifndef YG_PACKET_STREAM_H
#define YG_PACKET_STREAM_H

#include "packet/talk.h"

#define YG_STREAM_HELD 64

#define YG_STREAM_SIZES 24 /* of blocks: powers of two, 2^8 bytes and up */

struct yg_stream_budget {
    size_t used;  /* by all streams; the owner looks at it between packets */
    uint32_t cap; /* bytes kept of a direction */
    size_t keep;  /* bytes of blocks that no stream uses to keep for the next one: a new
                   * page costs as much as a packet (bench/packets, track: -25 %) */

    /* private */
    size_t kept;
    void *block[YG_STREAM_SIZES]; /* free ones of a size, chained by their first bytes */
};

/* Give back what is kept. */
void yg_stream_budget_fini(struct yg_stream_budget *b);

struct yg_stream_held {
    int64_t time_ns;
    uint32_t seq, at, len, wire; /* at: in `hold` */
};

struct yg_stream {
    /* private; all zero is empty */
    char *bytes;
    struct yg_segment *segment;
    char *hold;
    struct yg_stream_held *held; /* by sequence number, then arrival */
    uint32_t size, segment_size, hold_size, hold_used, held_size, held_count;
    uint32_t next, acked, end; /* sequence numbers; valid as told below */
    uint32_t run_seq, run_at;
    bool known, has_acked, has_end; /* next; acked; end (of FIN) */
    bool full;                      /* only counters change */
};

/* A SYN tells where the stream begins. Told otherwise again, the last one holds, until
 * there are bytes or the other side has acknowledged one. */
void yg_stream_begin(struct yg_stream *s, const struct yg_side *side, uint32_t seq);

/* Take in `p->payload` at sequence number `seq`. Returns the anomalies it shows. */
uint64_t yg_stream_tcp(struct yg_stream *s, struct yg_side *side,
                       struct yg_stream_budget *b, const struct yg_packet *p,
                       uint32_t seq);

/* The other side has acknowledged all before `ack`. */
uint64_t yg_stream_ack(struct yg_stream *s, struct yg_side *side,
                       struct yg_stream_budget *b, uint32_t ack);

uint64_t yg_stream_datagram(struct yg_stream *s, struct yg_side *side,
                            struct yg_stream_budget *b, const struct yg_packet *p);

/* Nothing more comes: deliver what is held, count what was never seen. */
uint64_t yg_stream_finish(struct yg_stream *s, struct yg_side *side,
                          struct yg_stream_budget *b);

/* Empty for reuse; memory beyond a small buffer goes back. */
void yg_stream_clear(struct yg_stream *s, struct yg_stream_budget *b);
void yg_stream_fini(struct yg_stream *s, struct yg_stream_budget *b);

#endif
