/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thin - fewer context logs, by rules that people wrote and that are counted.
 *
 *      thin:
 *        - name: resolver-chatter
 *          owner: soc-lead@example.org
 *          reason: internal names say nothing about alerts
 *          expires: 2027-03-01
 *          match: { tenant: acme, device: dns, dns.question.name: "*.corp.example" }
 *          do: sample 100          # drop | sample N | count | merge 60 s
 *
 * A rule needs an owner, a reason and an expiry; after it, it does nothing and says so.
 * `match` names canonical fields (event/fields.def), tenant, source and device; all must
 * match: texts with * and ?, numbers "1024-65535", addresses "10.0.0.0/8", lists of
 * these. The first rule that matches counts. Of context records
 *   drop      leaves out all,
 *   sample N  keeps each with chance 1/N, by its id: the same ones on every replay,
 *   count     leaves out all and keeps one record an hour that says how many,
 *   merge T   keeps the first of equal ones (same source, fields of the rule's `by`) and,
 *             when T has passed since it, one record that says how many followed.
 * Alerts and unread records are never thinned: a rule that matches an alert says that a
 * person wants it closed. It is stored, judged and shown, every gate and the audit's coin
 * apply, and it closes only while its tenant is armed (policy/decide.h).
 *
 * Every record left out counts as FILTERED for its source and for its rule; the report
 * "raw logs in, events out" is these counts (`yagura thin`). State is bounded:
 * YG_THIN_OPEN merges at once; beyond, records are kept. Deterministic: what is left out
 * depends on the records, their order and times alone. One thread.
 */
#ifndef YG_THIN_THIN_H
#define YG_THIN_THIN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/batch.h"
#include "event/source.h"

#define YG_THIN_RULES 1024
#define YG_THIN_OPEN  65536

struct yg_thin_rules; /* as read; constant */

/* The list under `thin` of a configuration's text; none: no rules. Lives with `arena`.
 * `now_ns` is only for telling which have expired. Errors name line and column. */
enum yg_status yg_thin_parse(struct yg_arena *arena, const char *path, struct yg_str text,
                             int64_t now_ns, const struct yg_thin_rules **out,
                             struct yg_err *err) YG_MUST_USE;

struct yg_thin; /* rules with their counts and open merges */
enum yg_status yg_thin_new(const struct yg_thin_rules *rules, struct yg_thin **out,
                           struct yg_err *err) YG_MUST_USE;
void yg_thin_free(struct yg_thin *t);

enum yg_thin_fate {
    YG_THIN_KEEP,
    YG_THIN_OUT,   /* context: not stored, counted */
    YG_THIN_CLOSE, /* alert: a rule asks for it to be closed */
};

/* What becomes of event `i`; `*rule`: index of the rule that decided, or UINT32_MAX. */
enum yg_thin_fate yg_thin_event(struct yg_thin *t, const struct yg_source *src,
                                const struct yg_batch *b, uint32_t i, uint32_t *rule);

/* Records that say how many were left out, due at `now_ns`: text of a JSON object (format
 * "thin") for `src`. False: none is due. Borrowed until the next call. */
bool yg_thin_due(struct yg_thin *t, int64_t now_ns, struct yg_str *tenant,
                 struct yg_str *source, struct yg_str *record);

struct yg_thin_count {
    struct yg_str name, owner, reason;
    int64_t expires_ns;
    bool expired;
    uint64_t in, out, bytes_out; /* records matched, left out, and their bytes */
};
uint32_t yg_thin_counts(const struct yg_thin *t, struct yg_thin_count *out, uint32_t max);
/* Counts over restarts, kept by the caller with the store's commit. */
void yg_thin_save(const struct yg_thin *t, struct yg_buf *out);
enum yg_status yg_thin_load(struct yg_thin *t, struct yg_str saved,
                            struct yg_err *err) YG_MUST_USE;

#endif
