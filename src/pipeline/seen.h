/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen - what of an event the packet analysis works on, and a spool is asked for. Pure.
 */
#ifndef YG_PIPELINE_SEEN_H
#define YG_PIPELINE_SEEN_H

#include "event/batch.h"
#include "packet/analysis.h"
#include "spool/spool.h"

/* The packet, payload and ends that the record itself carries, with `pcap` (may be empty)
 * kept beside it. Borrowed from the batch. */
struct yg_analysis_in yg_seen_in(const struct yg_batch *b, const struct yg_event *e,
                                 struct yg_str pcap);

/* The question for the packets of an alert, the same whether they are kept or shown: at
 * most what a slot keeps with one. `after_ns` as in yg_spool_ask. False: the event names
 * no ends. */
bool yg_seen_ask(const struct yg_batch *b, const struct yg_event *e, int64_t after_ns,
                 struct yg_spool_ask *out);

#endif
