/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker - what a sandboxed worker does with a slot: frame, decode, score.
 *
 * The only code that touches hostile bytes; it runs behind the sandbox and keeps, per
 * source, the input (in the one worker that frames it) and the decoder's state.
 */
#ifndef YG_PIPELINE_WORKER_H
#define YG_PIPELINE_WORKER_H

#include "pipeline/flow.h"
#include "pipeline/pool.h"

struct yg_worker_arg {
    const struct yg_flow_input *input;
    uint32_t count;
    const struct yg_flow_options *opt;
};

void *yg_worker_start(void *arg); /* arg: struct yg_worker_arg */
enum yg_status yg_worker_run(void *state, enum yg_job job, struct yg_slot *slot);

#endif
