/* SPDX-License-Identifier: Apache-2.0 */
/*
 * past - stored history of a tenant as a stream, in triage's order.
 *
 * The facts kept with the records are taken when they are of the code that runs: nothing
 * is decoded then. What has none, or older ones, is decoded by the sandboxed workers (the
 * raw record is what is kept), so a better decoder improves old data too. Which way a
 * record came makes no difference to its facts; docs/design/02-store.md says why. Each
 * source comes in its own order of arrival, sources merged by time (pipeline/flow.h).
 * What is not kept by the one who listens is gone with its batch: memory is that of a few
 * batches and of the tenant's verdicts, however long the history. Training keeps it
 * (pipeline/corpus.h), replay does not.
 *
 * The order and what is said depend on the store alone, not on the number of workers.
 * One thread, that of the store.
 */
#ifndef YG_PIPELINE_PAST_H
#define YG_PIPELINE_PAST_H

#include "base/arena.h"
#include "base/err.h"
#include "pipeline/slot.h"
#include "store/store.h"

struct yg_past;

struct yg_past_options {
    uint32_t workers;
    int64_t from_ns, until_ns; /* 0, 0: everything */
    /* Lists that facts are marked by; NULL, as for training and certificates: none. */
    const struct yg_watchlist *watch;
    /* Rules that ask to close alerts, for facts.rule[0] and [1]; each may be NULL. */
    const struct yg_thin_rules *close[2];
    /* Not 0: as it was at this time by the clock: what was received, and which verdicts
     * people had given. */
    int64_t as_of_ns;
    /* What decoding tells beside the facts: of every record, or of the first alert of
     * each signature at least. Lists and rules want every record, too. */
    enum { YG_PAST_FACTS, YG_PAST_NAMES, YG_PAST_FIELDS } want;
};

/* One record. Everything is borrowed until the sink returns. */
struct yg_past_event {
    const struct yg_batch *batch; /* its decoded fields: batch->event[at] */
    uint32_t at;
    bool decoded; /* there are any (see want) */
    const struct yg_facts
        *facts;              /* time as it was mended, incident as people joined it */
    const unsigned char *id; /* YG_ID_SIZE bytes */
    int64_t judged_ns; /* when the verdict was given; 0: none, or the record's own */
    uint32_t risk;     /* as it was judged when it came (store.h), so are: */
    uint8_t predicted, decision;
    uint8_t level;   /* the human verdict in force, or YG_LEVEL_NONE */
    uint8_t trains;  /* 1: given to a group; trains, does not calibrate */
    uint8_t gravest; /* that a person ever gave it alone, taken back or not, or NONE */
};

static inline bool yg_past_is_alert(const struct yg_past_event *e)
{
    return e->facts->kind != YG_KIND_CONTEXT;
}

struct yg_past_sink {
    void *arg;
    enum yg_status (*event)(void *arg, const struct yg_past_event *e, struct yg_err *err);
    /* A part of the history could not be read (a damaged block, a source whose mapping
     * or decoder failed): it is left out, the rest goes on. */
    void (*problem)(void *arg, const struct yg_err *err);
};

/* Store and options are borrowed. */
enum yg_status yg_past_new(struct yg_store *store, const struct yg_past_options *opt,
                           struct yg_past **out, struct yg_err *err) YG_MUST_USE;
void yg_past_free(struct yg_past *p);

/* Give everything of this tenant to the sink; stops with its status when it fails. */
enum yg_status yg_past_run(struct yg_past *p, struct yg_str tenant,
                           const struct yg_past_sink *sink,
                           struct yg_err *err) YG_MUST_USE;

struct yg_past_asked {
    const struct yg_str *name;
    size_t count;
};
/* The store's tenants that are asked for (count 0: all), sorted by name, living with
 * `arena`. YG_ENOTFOUND names one that the store does not have. */
enum yg_status yg_past_tenants(struct yg_store *store, struct yg_arena *arena,
                               struct yg_past_asked asked, struct yg_store_tenant **out,
                               size_t *count, struct yg_err *err) YG_MUST_USE;

#endif
