/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openthreat - an alert does not close near a confirmed attack.
 *
 * Where people said L3 or L4, what happens around it belongs to the investigation: an
 * alert that shares an address or host with a judged one stays open when it lies within
 * 24 hours of that alert, or of the moment it was judged, before or after
 * (GUARANTEE.md, section 3). policy/companion.h does the same for what the model
 * predicts.
 *
 * Evaluated live only. In a certificate it would look up verdicts of the very period that
 * is tested; left out there it can only make live triage close less than was certified.
 *
 *      address ---+--- day --> earliest and latest threat of that day
 *
 * An alert asks its own day and the two beside it, so the answer is exact, whatever the
 * order in which threats came. Memory: at most `most` (address, day) pairs, the older
 * half of which are forgotten together and counted when it is full: threats are what
 * people judged, no flood of alerts adds one. Constant time an alert, none while there
 * are no threats. One thread at a time; one per tenant.
 */
#ifndef YG_POLICY_OPENTHREAT_H
#define YG_POLICY_OPENTHREAT_H

#include "base/status.h"
#include "policy/judged.h"

#define YG_OPENTHREAT_NS ((int64_t)86400 * 1000000000)

struct yg_openthreats;

/* `most`: pairs, at least 2; about 32 bytes each, taken as they are needed. NULL: no
 * memory. */
struct yg_openthreats *yg_openthreats_new(uint32_t most) YG_MUST_USE;
void yg_openthreats_free(struct yg_openthreats *o);

/* A threat at this time; 0 is no address. Without memory for it everything is near from
 * here on: what cannot be remembered must not close. */
void yg_openthreats_add(struct yg_openthreats *o,
                        const uint64_t address[YG_JUDGED_ADDRESSES], int64_t time_ns);

/* Does a threat share an address with an alert at this time? */
bool yg_openthreats_near(const struct yg_openthreats *o,
                         const uint64_t address[YG_JUDGED_ADDRESSES], int64_t time_ns);

uint64_t yg_openthreats_forgotten(const struct yg_openthreats *o); /* pairs */

#endif
