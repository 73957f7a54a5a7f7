/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runs - how a run of the queue is written, with the score and without it.
 *
 * Without: what devices said of it and nothing of what the model thinks, for runs that a
 * person judges first (GUARANTEE.md, section 4). Pure functions.
 */
#ifndef YG_YAGURA_RUNS_H
#define YG_YAGURA_RUNS_H

#include "base/jsonw.h"
#include "store/store.h"

void yg_runs_json(struct yg_jsonw *w, const struct yg_queue_run *r);
void yg_runs_blind_json(struct yg_jsonw *w, const struct yg_queue_run *r);

void yg_runs_text(struct yg_buf *out, const struct yg_queue_run *r);
/* A heading, a line a run, and what to do with them. */
void yg_runs_blind_text(struct yg_buf *out, const struct yg_queue_run *r, size_t count,
                        uint64_t total);

#endif
