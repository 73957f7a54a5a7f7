/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guarantee - what is promised about closing, on what evidence, what the audit says today
 * and what would disarm it: gathered from the ledger, as a page or as JSON.
 *
 * Also the runs that wait for a blind verdict: without risk, level, gates or an order
 * that would tell them apart from decoys. Values are gathered first (yg_view_*) and
 * written afterwards, as in view.h; everything lives with the request's arena.
 *
 * Cost: a few milliseconds and about 1 us an audit of the tenants shown.
 */
#ifndef YG_API_GUARANTEE_H
#define YG_API_GUARANTEE_H

#include "api/view.h"
#include "pipeline/guard.h"

#define YG_VIEW_ORDERS_MAX 100 /* the latest, of a tenant's page */

/* What one tenant, or the pool of all (empty name), was promised last. */
struct yg_view_promise {
    struct yg_str tenant;
    uint32_t attempts; /* failed ones included */
    bool certified;    /* `certificate` is the newest attempt of all */
    bool damaged;      /* it cannot be read */
    struct yg_certificate certificate;
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_guard_stratum *stratum; /* by device type; none for the pool */
    size_t strata;
    struct yg_guard_others others; /* device types without alerts */
    uint64_t waiting, overdue;
    bool armed; /* at least one stratum */
};

struct yg_view_guarantee {
    int64_t now_ns;
    const struct yg_view_who *who;
    struct yg_standing_rules rules;
    struct yg_view_policy policy;
    struct yg_str chosen;            /* one tenant; empty: all */
    struct yg_view_promise *promise; /* the pool first, then tenants by name */
    bool whole;                      /* the pool may be shown */
    size_t promises;
    uint64_t tenants;       /* all there are: the fleet's chance of any error grows */
    struct yg_order *order; /* of the chosen tenant, newest first */
    size_t orders;
};
enum yg_status yg_view_guarantee(const struct yg_view_source *v,
                                 const struct yg_params *p, struct yg_arena *arena,
                                 struct yg_view_guarantee *out,
                                 struct yg_err *err) YG_MUST_USE;

/* A run that waits for a blind verdict: what it is, not what the model thinks of it. */
struct yg_view_audit {
    struct yg_audit audit; /* for its times; the rest is not to be shown */
    struct yg_queue_run run;
    bool known; /* `run` could be read */
};
struct yg_view_audits {
    int64_t now_ns;
    const struct yg_view_who *who;
    struct yg_standing_rules rules;
    struct yg_view_audit *audit; /* oldest first */
    size_t count;
    struct yg_view_paging paging;
    struct yg_str chosen;
};
enum yg_status yg_view_audits(const struct yg_view_source *v, const struct yg_params *p,
                              struct yg_arena *arena, struct yg_view_audits *out,
                              struct yg_err *err) YG_MUST_USE;

void yg_page_guarantee(const struct yg_view_guarantee *v, struct yg_buf *out);
void yg_page_audits(const struct yg_view_audits *v, struct yg_buf *out);
void yg_json_guarantee(const struct yg_view_guarantee *v, struct yg_buf *out);
void yg_json_audits(const struct yg_view_audits *v, struct yg_buf *out);

#endif
