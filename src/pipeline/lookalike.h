/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookalike - an audit found an attack among what closes: what else closed like it?
 *
 * Every alert of the stored history that was closed in fact and lies within the recall
 * radius (model/distance.h) of an alert of that run is opened again. All of them together
 * are one run of the queue, with the reason in its name (GUARANTEE.md, section 4). An
 * alert like several of the runs asked for goes to the first.
 *
 * Cost: two replays of the tenant's history, for up to YG_LOOKALIKE_RUNS runs at once.
 * Same threads as the store.
 */
#ifndef YG_PIPELINE_LOOKALIKE_H
#define YG_PIPELINE_LOOKALIKE_H

#include "pipeline/corpus.h"
#include "pipeline/modelpack.h"

#define YG_LOOKALIKE_MODELS 64  /* alerts of a run that are compared with */
#define YG_LOOKALIKE_RUNS   256 /* of one search */

struct yg_lookalike {
    struct yg_store *store;
    const struct yg_modelpack *pack;
    const struct yg_corpus *corpus;         /* of this tenant alone */
    const unsigned char (*run)[YG_ID_SIZE]; /* the audited ones */
    size_t runs;
};

struct yg_lookalike_found {
    uint64_t reopened;               /* how many closed alerts are like this run */
    unsigned char group[YG_ID_SIZE]; /* their run, if any */
};

/* Part of the store's next commit. `out`: one for each run. */
enum yg_status yg_lookalike_reopen(const struct yg_lookalike *ask,
                                   struct yg_lookalike_found *out,
                                   struct yg_err *err) YG_MUST_USE;

#endif
