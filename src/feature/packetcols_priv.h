/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packetcols_priv - the parts of the PACKET columns, one file each. Private to feature/.
 * Each sets its columns of `row`, which are NaN before, from the alert's own conversation
 * `t` or from all that was seen. Rules of packetcols.h.
 */
#ifndef YG_FEATURE_PACKETCOLS_PRIV_H
#define YG_FEATURE_PACKETCOLS_PRIV_H

#include "feature/features.h"
#include "feature/packetcols.h"

/* packets.*: volume, direction, timing (packetcols_talk.c) */
void yg_packet_talk(const struct yg_talk *t, float *row);
/* client.*, server.*: what kind of bytes (packetcols_bytes.c) */
void yg_packet_bytes(const struct yg_talk *t, float *row);
/* asks.*, answers.* (packetcols_asks.c) */
void yg_packet_asks(const struct yg_talk *t, struct yg_arena *arena, float *row);
/* names.*, hello.* (packetcols_names.c) */
void yg_packet_names(const struct yg_talk *t, float *row);
/* around.* (packetcols_around.c) */
void yg_packet_around(const struct yg_analysis *a, const struct yg_talk *t, float *row);

/* Seconds from `then` to `now`; 0 if that is later. As integers: the date has no part. */
float yg_packet_seconds(int64_t then, int64_t now);

/* How uneven are `n` numbers: their spread over their mean. */
struct yg_packet_spread {
    double n, sum, squares;
};
void yg_packet_spread_add(struct yg_packet_spread *s, double x);
float yg_packet_spread_of(const struct yg_packet_spread *s); /* NaN below two */

#endif
