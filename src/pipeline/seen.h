/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen - what of an event the packet analysis works on. Pure.
 */
#ifndef YG_PIPELINE_SEEN_H
#define YG_PIPELINE_SEEN_H

#include "event/batch.h"
#include "packet/analysis.h"

/* The packet, payload and ends that the record itself carries, with `pcap` (may be empty)
 * kept beside it. Borrowed from the batch. */
struct yg_analysis_in yg_seen_in(const struct yg_batch *b, const struct yg_event *e,
                                 struct yg_str pcap);

#endif
