/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retain - how long what a tenant's records say is kept, and what stays all the same.
 *
 *      settings (days) ──► before when ──┐
 *      certificates: the newest of the   ├──► store/forget.c: whole old blocks go
 *      tenant and of the pool: period ───┘
 *
 * Verdicts, runs, certificates, orders, audits and tosses stay: the ledger is verified as
 * before. What a certificate was computed from stays as long as it is the newest of its
 * tenant or of the pool, so that `certify --recompute` can do so again; for older ones
 * only its signature and the chain are left once their records are gone. Works beside who
 * writes history, a few blocks in each transaction. Threads: one.
 */
#ifndef YG_PIPELINE_RETAIN_H
#define YG_PIPELINE_RETAIN_H

#include "store/store.h"

struct yg_retain {
    struct yg_str tenant;
    int64_t now_ns;
    int64_t days, packet_days; /* 0: for ever */
    bool only_count;
    bool (*stop)(void *arg); /* asked between transactions; may be NULL */
    void *arg;
};
struct yg_retained {
    struct yg_forgotten records, packets;
};
enum yg_status yg_retain_tenant(struct yg_store *st, const struct yg_retain *r,
                                struct yg_retained *out, struct yg_err *err) YG_MUST_USE;

#endif
