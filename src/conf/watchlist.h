/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchlist - lists of addresses, domains, file hashes and hosts, as files.
 *
 * One entry a line: a value, then any of `expires=2026-12-31`, `# note`. A value is an IP
 * address or CIDR network, a domain (its subdomains count), an MD5, SHA-1 or SHA-256 in
 * hex, or `host:NAME`. Intelligence says "this is bad", a critical list "this must not be
 * missed": both keep an alert open (policy/gates.def). An entry past its date is not
 * matched and counted; a line that is no entry is an error with file and line, because a
 * list half read would be trusted whole.
 *
 * Built at start, immutable afterwards: any number of threads or forked workers may look
 * things up. About 50 ns a look-up; 48 bytes an entry; at most 4 million entries.
 */
#ifndef YG_CONF_WATCHLIST_H
#define YG_CONF_WATCHLIST_H

#include "base/err.h"
#include "base/str.h"
#include "event/batch.h"

enum yg_watch { YG_WATCH_INTEL = 1, YG_WATCH_CRITICAL = 2 }; /* bits */

struct yg_watchlist;

enum yg_status yg_watchlist_new(struct yg_watchlist **out,
                                struct yg_err *err) YG_MUST_USE;
void yg_watchlist_free(struct yg_watchlist *w);

/* Take in the text of one file; `path` is for messages. Nothing of it stays after an
 * error. YG_EFORMAT with line and remedy, YG_ELIMIT, YG_ENOMEM. */
enum yg_status yg_watchlist_add(struct yg_watchlist *w, enum yg_watch what,
                                const char *path, struct yg_str text,
                                struct yg_err *err) YG_MUST_USE;

struct yg_watchlist_stats {
    uint64_t entries, networks, expired; /* expired at `now_ns` */
};
struct yg_watchlist_stats yg_watchlist_stats(const struct yg_watchlist *w,
                                             int64_t now_ns);
/* BLAKE2b of what was taken in: part of what a certificate speaks of? No: lists only ever
 * hold alerts open. It is shown by doctor. */
void yg_watchlist_digest(const struct yg_watchlist *w, unsigned char out[32]);

/* Bits of enum yg_watch that this event's addresses, names and hashes hit, at its time.
 * `w` NULL: 0. */
unsigned yg_watchlist_match(const struct yg_watchlist *w, const struct yg_batch *b,
                            const struct yg_event *e);

#endif
