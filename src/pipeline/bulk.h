/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk - carries out acts (act/act.h): one verdict on many alerts, or taken back.
 *
 * In slices of YG_BULK_SLICE alerts, each of which is one transaction of the store, so
 * that who stores alerts waits for a slice at most; how far it came is written after
 * each. What was done of a slice before a crash is known by the act's own time and is not
 * done again. A verdict is kept as YG_BY_GROUP: it trains and proves nothing. Left out
 * are alerts that wait to be judged without the score, and others' verdicts where the act
 * may not overrule. The runs of the queue are brought up to date with each slice.
 *
 * One process at a time (the caller's lock). Cost: about 2 ms an alert, mostly its
 * record, by which its run is found. The store is open to write rows.
 */
#ifndef YG_PIPELINE_BULK_H
#define YG_PIPELINE_BULK_H

#include "act/act.h"
#include "store/store.h"

#define YG_BULK_SLICE 100

/* Everything that is under way, the oldest first; `*acts`: how many came to their end. */
enum yg_status yg_bulk_run(struct yg_store *st, struct yg_acts *a, uint64_t *acts,
                           struct yg_err *err) YG_MUST_USE;

#endif
