/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow_priv - the state of one flow. Private to flow.c (jobs of the workers),
 * flow_order.c (the one order in which events reach the sink) and flow_feed.c (batches
 * that the core fills itself, and jobs done again). Core only, one thread.
 *
 * An origin is a source: its format and what is known of it. A lane is batches in their
 * order. Of files each origin has a lane of its own, merged by time; a live flow has one
 * lane for all origins, in the order of arrival.
 */
#ifndef YG_PIPELINE_FLOW_PRIV_H
#define YG_PIPELINE_FLOW_PRIV_H

#include "pipeline/flow.h"
#include "pipeline/pool.h"

/* Batches of one lane framed or decoded but not yet consumed. */
#define AHEAD_MAX      4
#define AHEAD_MAX_LIVE 32

enum place { FREE, FRAMING, FRAMED, DECODING, LOOKING, READY, SCORING, SCORED };

struct lane {
    uint64_t next_seq;
    uint32_t slot[AHEAD_MAX_LIVE]; /* its batches, oldest first */
    uint32_t count;
    uint32_t at; /* next event of slot[0] */
    bool ended;  /* no more batches will be framed */
};

struct origin { /* one source */
    int64_t last_time;
    bool begun;   /* the sink knows of it */
    bool refused; /* its decoder cannot be made: nothing of it is read */
    char format[16];
    struct yg_str asked; /* the format as the caller gave it */
    char *header;        /* of a delimited file: its first record */
    size_t header_len;
    uint64_t bytes;
};

/* What the core put into a slot: a worker that was taken over may have changed it. */
struct known {
    uint32_t source, lane, count, text_used;
    uint64_t seq;
    uint32_t tries; /* of this job, after the first */
};

struct flow {
    struct yg_flow_input *input;
    uint32_t count, lanes, ahead, slots;
    const struct yg_flow_sink *sink;
    const struct yg_flow_options *opt;
    const struct yg_flow_live *live; /* NULL: files */
    struct yg_pool *pool;
    struct lane *lane;
    struct origin *origin;
    enum place *place;
    struct known *known; /* by slot */
    struct yg_slot *own; /* by slot: what the core works on, see take_over */
    /* Slots whose events were all given, in that order. */
    uint32_t *queue;
    uint32_t queue_head, queue_count;
    struct yg_err *err;
};

/* Put the rows that the sink has filled where a worker can score them. */
void yg_flow_lend_rows(struct flow *f, uint32_t slot);

/* Give the sink every event whose turn has come, and every slot that is scored.
 * `*finished`: all sources have ended and nothing is on its way. */
enum yg_status yg_flow_consume(struct flow *f, bool *finished) YG_MUST_USE;

/* Does the core fill the batches of this source itself? */
static inline bool yg_flow_is_fed(const struct flow *f, uint32_t source)
{
    return f->live || f->input[source].fd < 0;
}

/* Fill a slot, the newest of its lane, from who feeds it. When there is nothing to give
 * (for now, or for good: the lane has ended), the slot is free again. */
enum yg_status yg_flow_feed(struct flow *f, uint32_t slot) YG_MUST_USE;
/* What was fed, where a worker can reach it. */
void yg_flow_lend_records(struct flow *f, uint32_t slot);
/* The newest batch of a lane did not come: forget it. */
void yg_flow_drop_newest(struct flow *f, struct lane *l);

/* May a job whose worker died be done anew by another, and do it: a worker may have been
 * killed for no fault of the bytes. */
bool yg_flow_may_try_again(const struct flow *f, const struct yg_pool_done *d);
enum yg_status yg_flow_do_again(struct flow *f, const struct yg_pool_done *d) YG_MUST_USE;

#endif
