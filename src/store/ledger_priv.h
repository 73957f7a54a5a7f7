/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_priv - what the sources of ledger.h share: its chained tables.
 *
 * Only the sources of ledger.h include it. Same thread as the store.
 */
#ifndef YG_STORE_LEDGER_PRIV_H
#define YG_STORE_LEDGER_PRIV_H

#include "store/chain.h"
#include "store/ledger.h"

extern const struct yg_chain_table yg_toss_chain, yg_audit_chain;

/* ---- every state of an audit (ledger_log.c) ---- */

/* Write down the state that was put. */
enum yg_status yg_audit_log_put(struct yg_store *st, const struct yg_audit *a,
                                struct yg_err *err) YG_MUST_USE;
/* Is every audit as it was written down last, and none of them gone? */
enum yg_status yg_audit_log_verify(struct yg_store *st, struct yg_err *err) YG_MUST_USE;

#endif
