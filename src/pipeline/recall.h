/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recall - one stored record, decoded again for a person to look at.
 *
 * What is kept is the raw record; its fields are read anew behind the sandbox. Costs a
 * few milliseconds (a worker process is started).
 */
#ifndef YG_PIPELINE_RECALL_H
#define YG_PIPELINE_RECALL_H

#include "pipeline/flow.h"
#include "store/store.h"

/* `b` holds the one event; borrowed during the call. */
typedef enum yg_status yg_recall_f(void *arg, const struct yg_batch *b,
                                   const struct yg_event *e, struct yg_err *err);

/* Decode `rec` (from yg_store_get) and hand it to `show`. YG_ENOTFOUND: its source is
 * gone. */
enum yg_status yg_recall(struct yg_store *st, const struct yg_store_record *rec,
                         yg_recall_f *show, void *arg, struct yg_err *err) YG_MUST_USE;

/* Several at once, of any sources, in the order of these; each as above, and what is made
 * of it without its packets (feature/facts.h). What has lost its source is left out. */
typedef enum yg_status yg_recall_each_f(void *arg, size_t i, const struct yg_batch *b,
                                        const struct yg_event *e,
                                        const struct yg_facts *facts, struct yg_err *err);
enum yg_status yg_recall_each(struct yg_store *st, const struct yg_store_record *rec,
                              size_t count, yg_recall_each_f *show, void *arg,
                              struct yg_err *err) YG_MUST_USE;

#endif
