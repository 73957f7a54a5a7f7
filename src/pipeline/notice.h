/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice - attacks that people confirm while alerts come in.
 *
 * A judge learns at its start what was judged L3 or L4 in stored history
 * (yg_judge_replay). What people say later is noticed here: each time somebody else wrote
 * to the store, the verdicts in force are read, and those not seen before are told to the
 * judge, so that nothing near closes from then on. One taken back is not unlearned: what
 * is near stays open a day longer than it must.
 *
 * Cost: a walk over all verdicts of L3 and L4, and one look-up for each that is new.
 * Same thread as the store.
 */
#ifndef YG_PIPELINE_NOTICE_H
#define YG_PIPELINE_NOTICE_H

#include "pipeline/claims.h"
#include "pipeline/judge.h"
#include "store/store.h"

struct yg_notice {
    /* private */
    struct yg_claims seen;
    int64_t from_ns; /* what was judged before is known from history */
};

/* `now_ns`: when the judge has learnt from history. */
void yg_notice_init(struct yg_notice *n, int64_t now_ns);
void yg_notice_fini(struct yg_notice *n);
/* `*told`: how many were new (may be NULL). */
enum yg_status yg_notice_threats(struct yg_notice *n, struct yg_store *store,
                                 struct yg_judge *judge, uint64_t *told,
                                 struct yg_err *err) YG_MUST_USE;

#endif
