/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track - packets in, conversations out.
 *
 * Fragments are made whole, TCP is put in order under a cap, datagrams of one pair of
 * ends are one conversation. Memory is bounded: at most `talks` conversations at a time
 * and `memory` bytes; when either is reached the one that was silent longest is given
 * out early. Past `stream` bytes a direction only counts. The client is who sent the SYN,
 * or asked first; of a conversation met midway, the end with the port nobody owns.
 * Cost with dissection (bench/packets): 0.3 us a packet of real captures, up to 0.9 us of
 * bulk in full segments, where copying into cold memory is most. One thread at a time.
 */
#ifndef YG_PACKET_TRACK_H
#define YG_PACKET_TRACK_H

#include "base/status.h"
#include "packet/talk.h"

struct yg_track;

struct yg_track_limits {
    uint32_t talks;  /* at a time; 0: 4096 */
    uint32_t stream; /* bytes kept of a direction; 0: 256 KiB */
    size_t memory;   /* of all streams; 0: 64 MiB */
    int64_t idle_ns; /* silent so long: over. 0: 120 s */
};

struct yg_track_counts {
    uint64_t frames, bytes; /* given in */
    uint64_t not_ip, talks;
    uint64_t anomaly[YG_ANOMALY_COUNT];
};

enum yg_status yg_track_new(const struct yg_track_limits *l,
                            struct yg_track **out) YG_MUST_USE;
void yg_track_free(struct yg_track *t);
void yg_track_clear(struct yg_track *t); /* as new, keeps memory */

/* Take in one frame. Bytes are copied as needed. */
void yg_track_frame(struct yg_track *t, uint32_t linktype, int64_t time_ns,
                    struct yg_str frame, uint32_t wire);

/* The next conversation that is over (closed, idle, or given out early); with `all`, the
 * next of any, in order of their first packets. NULL: none. Borrowed until the next call
 * on `t`. */
struct yg_talk *yg_track_next(struct yg_track *t, bool all);

/* All conversations held now, in order of their first packets; borrowed until the next
 * frame. */
struct yg_talk **yg_track_all(struct yg_track *t, uint32_t *count);

const struct yg_track_counts *yg_track_counts_of(const struct yg_track *t);

#endif
