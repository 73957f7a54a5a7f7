/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thin - fewer context logs, by rules that people wrote (thin/rules.h) and that are
 * counted.
 *
 *      event ─ rules of its source, first match ─ keep
 *                                               └ leave out ─ counted by source and rule
 *                                                           └ group ─ when due: one
 * record that says how many Of context records drop      leaves out all, sample N  keeps
 * each with chance 1/N, by its id: the same ones on every replay, count     leaves out
 * all and makes one record an hour that says how many, merge T   keeps the first of equal
 * ones (same source, same values of the rule's `by`) and, when T has passed since it,
 * makes one record that says how many followed, if any did. Alerts and records that could
 * not be read are kept whatever the rules say.
 *
 * Deterministic: what is left out depends on the records, their order and times alone. A
 * rule is over for a record that is not older than its expiry, and for all records when
 * it had expired before the start. State is bounded: YG_THIN_OPEN groups at once; beyond,
 * records are kept. Cost: the conditions of the rules that name the source; of merge and
 * count a digest. One thread.
 */
#ifndef YG_THIN_THIN_H
#define YG_THIN_THIN_H

#include "base/buf.h"
#include "event/batch.h"
#include "event/source.h"
#include "thin/rules.h"
#include "thin/tally.h"

#define YG_THIN_OPEN       16384 /* groups */
#define YG_THIN_PAGE       64    /* groups that are saved together */
#define YG_THIN_PAGES      (YG_THIN_OPEN / YG_THIN_PAGE)
#define YG_THIN_COUNT_SPAN (INT64_C(3600) * 1000000000)
#define YG_THIN_FORMAT     "thin" /* of the records that say how many */

struct yg_thin;

/* `rules` is borrowed. YG_ENOMEM. */
enum yg_status yg_thin_new(const struct yg_thin_rules *rules, struct yg_thin **out,
                           struct yg_err *err) YG_MUST_USE;
void yg_thin_free(struct yg_thin *t);

/* Say which source `index` is, before its first event; its names are copied. */
enum yg_status yg_thin_source(struct yg_thin *t, uint32_t index,
                              const struct yg_source *src,
                              struct yg_err *err) YG_MUST_USE;

/* Is event `i` of source `index`, which has its id, left out? `known`: it is stored
 * already; then nothing is counted, but equal ones that follow are left out as before.
 * `now_ns`: when it was received, else its own time; groups due by then are closed. */
bool yg_thin_event(struct yg_thin *t, uint32_t index, const struct yg_batch *b,
                   uint32_t i, int64_t now_ns, bool known);

/* An alert of that source which rule `rule` (its place) asked to close came, and, if so,
 * was closed by it. It is not given to yg_thin_event. */
void yg_thin_alert(struct yg_thin *t, uint32_t index, const struct yg_event *e,
                   uint32_t rule, bool closed);

/* Close the groups that are due; INT64_MAX: all. */
void yg_thin_pass(struct yg_thin *t, int64_t now_ns);

/* Is there a closed group that yg_thin_next would give? */
bool yg_thin_waiting(const struct yg_thin *t);

/* A record that says how many were left out. Borrowed until the next call. */
struct yg_thin_record {
    struct yg_str tenant, source; /* of the records it speaks of */
    struct yg_str text;           /* a JSON object, format YG_THIN_FORMAT */
    int64_t time_ns;              /* of the last of them */
    unsigned char id[YG_ID_SIZE]; /* the same when the same records are read again */
};
/* The next of a closed group. False: there is none (now). */
bool yg_thin_next(struct yg_thin *t, struct yg_thin_record *out);

/* What was counted since the last call of yg_thin_forget, by tenant, source and rule. */
const struct yg_thin_tally *yg_thin_counts(const struct yg_thin *t);
void yg_thin_forget(struct yg_thin *t);

/* Open groups over restarts, kept by the caller page by page. Save the next page that has
 * changed since it was saved; false: none has. Loading into a `t` without groups. */
bool yg_thin_save(struct yg_thin *t, uint32_t *page, struct yg_buf *out);
enum yg_status yg_thin_load(struct yg_thin *t, uint32_t page, struct yg_str saved,
                            struct yg_err *err) YG_MUST_USE;

#endif
