/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listed - is anything of this alert on an intelligence or critical list?
 *
 * The record's own addresses, names and hashes (conf/watchlist.h), and what its packets
 * show: the ends of its conversation, names asked for and answered by DNS, HTTP hosts and
 * TLS server names. Runs where the record was decoded, in a sandboxed worker; lists were
 * read before it was forked. Pure.
 */
#ifndef YG_PIPELINE_LISTED_H
#define YG_PIPELINE_LISTED_H

#include "base/err.h"
#include "conf/watchlist.h"
#include "packet/analysis.h"

/* What is listed, enum yg_watch. `seen` NULL: no packets; `each` (may be NULL) is given
 * every hit. `w` NULL: 0. */
unsigned yg_listed(const struct yg_watchlist *w, const struct yg_batch *b,
                   const struct yg_event *e, const struct yg_analysis *seen,
                   yg_watch_hit_f *each, void *arg);

/* The same for people, a line each: what list, where, which value, which file and line.
 * Packets (`pcap`, may be empty) are looked at in a sandboxed process. `out` gets bytes
 * from outside: print it as such. */
enum yg_status yg_listed_lines(const struct yg_watchlist *w, const struct yg_batch *b,
                               const struct yg_event *e, struct yg_str pcap,
                               struct yg_buf *out, struct yg_err *err) YG_MUST_USE;

#endif
