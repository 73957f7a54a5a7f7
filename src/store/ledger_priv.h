/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_priv - the chained tables of the ledger, for the one who walks them all.
 *
 * Only the sources of ledger.h include it. Same thread as the store.
 */
#ifndef YG_STORE_LEDGER_PRIV_H
#define YG_STORE_LEDGER_PRIV_H

#include "store/chain.h"

extern const struct yg_chain_table yg_toss_chain;

#endif
