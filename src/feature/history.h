/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history - what people said of such alerts, as one frozen table.
 *
 * A builder counts the judged alerts of ONE tenant by signature; builders are merged,
 * any of them left out (so that rows a model learns from never see their own verdicts),
 * into a table that travels in the model file and does not change until the next
 * training. Runs (one entity, one signature, gaps under 30 minutes, cut at 24 h) count
 * once with their highest level, so that a noisy scanner is one opinion, not a million;
 * and no tenant weighs more than YG_HISTORY_RUNS runs and YG_HISTORY_ALERTS alerts in a
 * signature's shares. Shares are shrunk to the share of all signatures.
 *
 * Keys: signature; signature and the sides it ran between (internal, external). Addresses
 * never are keys: who it was in one capture must not help in the next.
 *
 * A table is immutable: any number of threads. A builder: one thread. A look-up costs
 * up to two cache misses.
 */
#ifndef YG_FEATURE_HISTORY_H
#define YG_FEATURE_HISTORY_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "feature/facts.h"

#define YG_HISTORY_RUNS    2000U  /* one tenant's weight in a signature's run shares */
#define YG_HISTORY_ALERTS  50000U /* the same for its alert shares */
#define YG_HISTORY_ENTRIES (1U << 20) /* cap of a builder and of a table */

struct yg_history_builder;
struct yg_history;

/* YG_ENOMEM. */
enum yg_status yg_history_builder_new(struct yg_history_builder **out) YG_MUST_USE;
void yg_history_builder_free(struct yg_history_builder *b);

/* Count one human verdict, alerts of one run in time order. YG_ENOMEM, or YG_ELIMIT at
 * the cap, when this alert was not counted; the builder stays usable. */
enum yg_status yg_history_builder_add(struct yg_history_builder *b,
                                      const struct yg_facts *f,
                                      enum yg_level level) YG_MUST_USE;

/* The same for a verdict that was given to a whole group at once: it teaches like any,
 * but of one group (a number that is its own, such as the moment it was judged; not 0) a
 * signature counts one human verdict. */
enum yg_status yg_history_builder_add_group(struct yg_history_builder *b,
                                            const struct yg_facts *f, enum yg_level level,
                                            uint64_t group) YG_MUST_USE;

/* The table of all builders i with !exclude[i] (`exclude` may be NULL: all). The same
 * builders in any order give the same table. None: an empty table. Open runs count as
 * they are; builders are unchanged. YG_ENOMEM, YG_ELIMIT. */
enum yg_status yg_history_merge(struct yg_history_builder *const *b, size_t n,
                                const bool *exclude, struct yg_history **out) YG_MUST_USE;
void yg_history_free(struct yg_history *h);

/* Serialise, and load (untrusted: counts, order, ranges are checked; YG_EFORMAT). */
void yg_history_write(const struct yg_history *h, struct yg_buf *out);
enum yg_status yg_history_read(struct yg_cursor *in, struct yg_history **out,
                               struct yg_err *err) YG_MUST_USE;

/* Human verdicts of a signature (YG_KEY_SIGNATURE): its judged alerts, unweighted; those
 * of a group count as one. 0: never judged. */
uint64_t yg_history_verdicts(const struct yg_history *h, uint64_t signature);
size_t yg_history_entries(const struct yg_history *h);

/* How many tenants (builders) the table was merged from. */
uint32_t yg_history_tenants(const struct yg_history *h);

/* How much one alert of the signature speaks for L2, and for L3 or L4, without
 * shrinkage towards others: 0 to 1, 0 when unknown. */
struct yg_history_weight {
    float l2, protected_;
};

/* Fill the HISTORY columns of `row` and `*w`. `h` NULL or signature unknown: NaN, 0. */
void yg_history_row(const struct yg_history *h, const struct yg_facts *f, float *row,
                    struct yg_history_weight *w);

#endif
