/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_json - what dialects of JSON records share. Private to decode.
 *
 * Products wrap records of others: a record is also looked for behind the keys of
 * yg_log_roots, one behind another if need be ({"aws":{"finding":{...}}}), so a dialect
 * names its paths once. Pure; one thread per target.
 */
#ifndef YG_DECODE_LOG_JSON_H
#define YG_DECODE_LOG_JSON_H

#include "decode/log.h"

#define YG_LOG_ROOTS 12

/* Append the roots to `want`, which has `n`; returns how many there are now. */
size_t yg_log_roots(struct yg_json_want *want, size_t n);

/* The text at row `slot` of the dialect's pick; {NULL, 0}: not there. */
struct yg_str yg_log_at(const struct yg_decode *d, struct yg_target *t, unsigned slot);

/* yg_put_hits, and two kinds of values that need a look: a row of YG_AS_NOTHING whose
 * field is an address takes what is one ("192.0.2.1:443", too) and passes the rest over;
 * one whose field is event.start is the event's own time in any spelling. */
void yg_log_put_hits(const struct yg_decode *d, struct yg_target *t,
                     const struct yg_pick *pick);

/* The event's own time: an ISO or log spelling, or a number since 1970. */
void yg_log_when(struct yg_target *t, struct yg_str s);

/* "success" or "failure" for words that say so ("Succeeded", "denied", "false", ...);
 * others set nothing. */
void yg_log_outcome(struct yg_target *t, struct yg_str word);

/* "DOMAIN\\user" or "user@domain" into user and domain. */
void yg_log_account(struct yg_target *t, struct yg_str s);

/* The hashes of "SHA1=..,MD5=..,SHA256=..,IMPHASH=..", or the text itself if it is one.
 */
void yg_log_hashes(struct yg_target *t, struct yg_str s);

#define YG_LOG_WHEN(path)                                                                \
    {                                                                                    \
        path, YG_AS_NOTHING, YG_F_FLOW_START                                             \
    }

#endif
