/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thinning - the rules of thin/ within an ingest and its store.
 *
 * What was counted is added to the store's counts in the same transaction as the records,
 * whoever else writes there. Of a live ingest the open groups are kept there, too, page
 * by page, so that a crash neither loses nor doubles a record that says how many; of
 * files all groups close at the end. Core only, one thread.
 */
#ifndef YG_PIPELINE_THINNING_H
#define YG_PIPELINE_THINNING_H

#include "pipeline/slot.h"
#include "store/store.h"
#include "thin/thin.h"

struct yg_thinning;

/* `store` NULL: nothing is kept. `live`: go on with the groups that the store holds. */
enum yg_status yg_thinning_new(const struct yg_thin_rules *rules, struct yg_store *store,
                               bool live, struct yg_thinning **out,
                               struct yg_err *err) YG_MUST_USE;
void yg_thinning_free(struct yg_thinning *t);

enum yg_status yg_thinning_source(struct yg_thinning *t, uint32_t index,
                                  const struct yg_source *src,
                                  struct yg_err *err) YG_MUST_USE;

/* Is event `i` left out? As yg_thin_event; its id is there. */
bool yg_thinning_event(struct yg_thinning *t, const struct yg_slot *slot, uint32_t i,
                       bool known);

/* An alert that a rule asks to close, once it is decided: counted. A number that is no
 * rule's is nothing. */
void yg_thinning_alert(struct yg_thinning *t, const struct yg_slot *slot, uint32_t i,
                       bool closed);

/* Does a group wait to be written, now that it is `now_ns`? (INT64_MAX: all do.) */
bool yg_thinning_due(struct yg_thinning *t, int64_t now_ns);

/* Store the records of closed groups; `*n` grows by their number. */
enum yg_status yg_thinning_flush(struct yg_thinning *t, int64_t received_ns, uint64_t *n,
                                 struct yg_err *err) YG_MUST_USE;
/* All events of the slot were given, and batches are done in this order: what they did
 * belongs to the next commit. `known_mark`: slot->mark of those that were known. Flushes.
 */
enum yg_status yg_thinning_done(struct yg_thinning *t, struct yg_slot *slot,
                                uint8_t known_mark, int64_t received_ns, uint64_t *n,
                                struct yg_err *err) YG_MUST_USE;
/* Counts and open groups: part of the store's next commit. */
enum yg_status yg_thinning_put(struct yg_thinning *t, struct yg_err *err) YG_MUST_USE;

/* What was counted since the last commit; without a store: so far. */
const struct yg_thin_tally *yg_thinning_counts(const struct yg_thinning *t);

/* What the store's counts say of all time, into an empty tally. */
enum yg_status yg_thinning_read(struct yg_store *st, struct yg_thin_tally *out,
                                struct yg_err *err) YG_MUST_USE;

#endif
