/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corpus - stored history as facts in memory: what training and evaluation read.
 *
 * What pipeline/past.h streams, kept: about 0.9 kB a record; the cap is the caller's.
 * Records of a tenant come in the order in which triage would see them.
 */
#ifndef YG_PIPELINE_CORPUS_H
#define YG_PIPELINE_CORPUS_H

#include "base/arena.h"
#include "base/err.h"
#include "event/batch.h"
#include "feature/facts.h"
#include "store/store.h"

struct yg_corpus_record {
    struct yg_facts facts;
    unsigned char id[YG_ID_SIZE];
    uint8_t level;               /* the human verdict in force, or YG_LEVEL_NONE */
    uint8_t predicted, decision; /* as it was judged when it came (store.h) */
    uint8_t trains;              /* 1: given to a group; trains, does not calibrate */
    uint8_t gravest;             /* that a person ever gave it alone, or NONE */
    uint32_t risk;
    int64_t judged_ns; /* when the verdict was given; 0: none, or the record's own */
};

struct yg_corpus_tenant {
    struct yg_str name;
    struct yg_corpus_record *record;
    size_t count, size;
    size_t alerts, judged; /* of count: alerts, and alerts with a verdict */
};

struct yg_corpus {
    struct yg_arena arena; /* names */
    struct yg_corpus_tenant *tenant;
    size_t count;
    size_t records, cap; /* of all tenants */
    /* Parts of the history that could not be read: damaged blocks, a source whose mapping
     * or decoder failed. What is left out is not learned from; the caller says so. */
    uint64_t problems;
    struct yg_err problem; /* the first of them */
};

struct yg_corpus_options {
    uint32_t workers;
    int64_t from_ns, until_ns;   /* 0, 0: everything */
    const struct yg_str *tenant; /* only these; count 0: all */
    size_t tenant_count;
    size_t cap; /* records; 0: 20 million */
    /* Called for every record as it is decoded, in order; NULL: nobody looks. `b` and `e`
     * are borrowed during the call. */
    void (*each)(void *arg, const struct yg_batch *b, const struct yg_event *e,
                 const struct yg_corpus_record *r);
    void *each_arg;
    /* Lists that facts are marked by; NULL, as for training and certificates: none. */
    const struct yg_watchlist *watch;
    const struct yg_thin_rules *close; /* for facts.rule[0]; may be NULL */
    int64_t as_of_ns; /* not 0: as it was at this time (pipeline/past.h) */
};

/* Read. YG_ELIMIT when the cap is reached (the message says what to narrow);
 * YG_ENOTFOUND for a tenant that the store does not have. */
enum yg_status yg_corpus_load(struct yg_store *st, const struct yg_corpus_options *opt,
                              struct yg_corpus *out, struct yg_err *err) YG_MUST_USE;
void yg_corpus_free(struct yg_corpus *c);

#endif
