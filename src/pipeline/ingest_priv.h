/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest_priv - the state of one ingest. Private to ingest.c (what is done with an event)
 * and ingest_commit.c (transactions). Core only, one thread.
 */
#ifndef YG_PIPELINE_INGEST_PRIV_H
#define YG_PIPELINE_INGEST_PRIV_H

#include "pipeline/claims.h"
#include "pipeline/identity.h"
#include "pipeline/ingest.h"
#include "pipeline/notice.h"
#include "pipeline/rulebook.h"
#include "pipeline/workqueue.h"

struct lane {
    struct yg_identity identity;
    struct yg_str tenant;
    uint32_t store_id;
    uint32_t judge_tenant;
};

struct ingest {
    const struct yg_ingest *in;
    struct lane *lane;
    struct yg_workqueue *queue;
    struct yg_counters *sum;
    uint64_t *reason;
    /* Ids that may not be in the store yet: of a run with several inputs, or, live, of
     * the batches that are on their way. */
    struct yg_claims claims, before;
    struct yg_notice notice;         /* of what people confirm meanwhile */
    bool writing;                    /* the transaction has begun */
    int64_t since_ns;                /* when */
    uint64_t pending, pending_bytes; /* since the last commit */
    int64_t checked_ns;              /* standings, live */
    struct yg_buf pcap;
    uint64_t judged;      /* alerts decided on */
    struct yg_str tenant; /* of the alert being decided on */
    struct yg_rulebook book;
    struct yg_err reopen; /* why opening again failed; status YG_OK: it did not */
};

/* Begin the transaction, unless it has begun, before anything is read that will be
 * written back. Waits for as long as the store is somebody else's. */
enum yg_status yg_ingest_write_on(struct ingest *g, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_ingest_commit(struct ingest *g, struct yg_err *err) YG_MUST_USE;
/* The last one: of files nothing more will come. */
enum yg_status yg_ingest_end(struct ingest *g, struct yg_err *err) YG_MUST_USE;
/* Store the records that say how many a rule left out. */
enum yg_status yg_ingest_thin(struct ingest *g, struct yg_err *err) YG_MUST_USE;
/* Is what was consumed to be committed now? */
bool yg_ingest_is_due(const struct ingest *g);
/* For yg_flow_live.idle; `arg` is the ingest. */
enum yg_status yg_ingest_idle(void *arg, struct yg_err *err);
/* Merge what many small commits left. */
void yg_ingest_tidy(struct yg_store *store);

#endif
