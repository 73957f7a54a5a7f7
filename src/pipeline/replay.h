/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay - stored history through the live path, with nothing written.
 *
 * History is streamed (pipeline/past.h): facts, context, row, score, gates, in triage's
 * order and with triage's state; of an alert 88 bytes stay (policy/judged.h), and 16 for
 * its id where a list is wanted. Nothing closes in this pass: what a policy over these
 * rows would close is policy/whatif.h's walk, so several policies cost one pass for each
 * model. Scores are made here, in one thread: the rows do not travel.
 *
 * The audit coin is not tossed: its secret must not be derivable from a replay. A verdict
 * holds alerts open (gate open-threat) from when it was given; one that came with its
 * record never does. Same history, same model: same rows, whatever the number of workers.
 */
#ifndef YG_PIPELINE_REPLAY_H
#define YG_PIPELINE_REPLAY_H

#include "base/map.h"
#include "pipeline/evaluate.h"
#include "pipeline/past.h"

#define YG_REPLAY_MODELS 2

struct yg_replay_ask {
    struct yg_store *store; /* borrowed, as is all of this */
    struct yg_past_options past;
    const struct yg_str *tenant; /* only these; count 0: all */
    size_t tenant_count;
    const struct yg_modelpack *model[YG_REPLAY_MODELS]; /* [1] may be NULL */
    size_t memory; /* of a tenant's context; 0: default */
    bool list;     /* keep ids and the names of signatures */
    void (*progress)(void *arg, uint64_t alerts); /* may be NULL */
    void *arg;
};

struct yg_replay_signature {
    struct yg_str id, name;
};

struct yg_replay {
    struct yg_arena arena;
    struct yg_store_tenant *tenant; /* yg_judged.tenant is an index into it */
    size_t tenants;
    size_t *first; /* rows of tenant t: first[t] .. first[t + 1] */
    struct yg_judged_list rows[YG_REPLAY_MODELS]; /* the same alerts in the same order */
    unsigned char (*id)[YG_ID_SIZE];              /* by row; NULL without `list` */
    unsigned char (*run_id)[YG_ID_SIZE];          /* by yg_judged.run; NULL without */
    struct yg_map signature_at;                   /* key -> index + 1 into: */
    struct yg_replay_signature *signature;
    uint64_t context; /* records that are no alerts */
    uint64_t problems;
    struct yg_err problem;        /* the first of them */
    size_t ids, runs, signatures; /* private: room there is */
};

/* YG_ENOTFOUND: no such tenant. Free `out` in any case. */
enum yg_status yg_replay_run(const struct yg_replay_ask *ask, struct yg_replay *out,
                             struct yg_err *err) YG_MUST_USE;
void yg_replay_free(struct yg_replay *r);

/* What is known of a signature by its key; empty when it was not kept. */
struct yg_replay_signature yg_replay_signature_of(const struct yg_replay *r,
                                                  uint64_t key);

#endif
