/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context - what one tenant's earlier events say about the next one.
 *
 * Memory is fixed by a cap: counters, profiles and flows stand in set-associative tables
 * that forget what was touched longest ago (context/assoc.h), so neither memory nor time
 * an alert grows with history. What is forgotten looks new again. A row is made of what
 * came before its event, never of the event's verdict or incident, and of nothing that
 * came later: row i of a stream cut after i equals row i of the whole, bit for bit.
 *
 * Errors: window counts as in context/count.h, different things as in context/profile.h;
 * counts "ever" and first times restart after eviction; "signature.hosts" and
 * "device_at_host.signatures" count a thing again that was evicted and came back.
 *
 * Cost: about 2 us a row with 170 MiB of cold tables, whatever the history
 * (bench/features prints it). One thread at a time; one context per tenant, events in the
 * tenant's one defined order.
 */
#ifndef YG_CONTEXT_CONTEXT_H
#define YG_CONTEXT_CONTEXT_H

#include "feature/facts.h"
#include "feature/history.h"

#define YG_CONTEXT_MEMORY_MIN (1U << 20)

struct yg_context;

/* `history` (may be NULL) is borrowed for the context's life. `memory` caps the tables'
 * bytes (at least YG_CONTEXT_MEMORY_MIN is used); tables start small and grow. YG_ENOMEM.
 */
enum yg_status yg_context_new(const struct yg_history *history, size_t memory,
                              struct yg_context **out) YG_MUST_USE;
void yg_context_free(struct yg_context *c);

/* Fill all YG_FEATURE_COUNT columns of `row` as of before this alert, then count it. */
void yg_context_row(struct yg_context *c, const struct yg_facts *f, float *row);

/* Count an alert without wanting its row; the state is as after yg_context_row. */
void yg_context_count(struct yg_context *c, const struct yg_facts *f);

/* Take in a log record: evidence for later alerts of its flow and its host. */
void yg_context_see(struct yg_context *c, const struct yg_facts *f);

/* The same for a batch in order, by yg_facts.kind: rows[i] (YG_FEATURE_COUNT floats) is
 * set where f[i] is an alert or undecodable, log records are seen, skips passed over. One
 * call for many events is faster: the next events' memory is asked for in time. */
void yg_context_batch(struct yg_context *c, const struct yg_facts *f, size_t n,
                      float *rows);

/* Ask for the memory that events a few places later in the order will need: `far` is
 * about eight events away, `near` about four (each may be NULL). Speed only. */
void yg_context_ahead(const struct yg_context *c, const struct yg_facts *far,
                      const struct yg_facts *near);

struct yg_context_stats {
    uint64_t alerts, records, evicted;
    size_t memory; /* bytes held */
};
struct yg_context_stats yg_context_stats_of(const struct yg_context *c);

#endif
