/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane - requests that take long, one after the other in a thread of their own, so that
 * nobody else waits for them.
 *
 *      server's thread: offer ── parked ── begin        take ── answered
 *      the lane's:                          └─ handle ─ done ─┘
 *
 * A request is copied when it is offered, so it may outlive its connection. At most
 * YG_LANE_MAX are in a lane; who comes then is told to come again. Threads: offer, begin
 * and take in the server's, handle and done in the lane's.
 */
#ifndef YG_API_LANE_H
#define YG_API_LANE_H

#include "api/http.h"

#define YG_LANE_MAX 256

struct yg_lane;
struct yg_lane_options {
    void *arg; /* of handle */
    void (*handle)(void *arg, const struct yg_http_request *in,
                   struct yg_http_response *out);
    void *owner; /* of done */
    void (*done)(void *owner, uint64_t ticket);
};
enum yg_status yg_lane_start(const struct yg_lane_options *opt, struct yg_lane **out,
                             struct yg_err *err) YG_MUST_USE;
/* After the request under way; the others are dropped. NULL is fine. */
void yg_lane_stop(struct yg_lane *l);
void yg_lane_free(struct yg_lane *l); /* of a stopped one */

/* A copy under this ticket. False: there are too many, or no memory. */
bool yg_lane_offer(struct yg_lane *l, uint64_t ticket, const struct yg_http_request *in);
/* What was offered last is to be done, if it was this. */
void yg_lane_begin(struct yg_lane *l, uint64_t ticket);
/* The answer: `out`, whose buffers are the caller's. False: there is none. */
bool yg_lane_take(struct yg_lane *l, uint64_t ticket, struct yg_http_response *out);

#endif
