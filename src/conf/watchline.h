/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchline - one line of a list: what it names and until when.
 *
 * The reader behind conf/watchlist.h, and the forms that entries and what is looked for
 * are brought to: addresses masked, names in lower case, hashes as bytes. Pure functions
 * over bytes from outside.
 */
#ifndef YG_CONF_WATCHLINE_H
#define YG_CONF_WATCHLINE_H

#include "base/str.h"
#include "conf/watchlist.h"

#define YG_WATCH_BITS       128 /* of an address */
#define YG_WATCH_DOMAIN_MAX 253 /* bytes of a domain name, RFC 1035 */

/* One line, understood. */
struct yg_watch_line {
    bool some; /* it holds an entry */
    enum yg_watch_type type;
    unsigned char bytes[256]; /* address, hash, or name in lower case */
    size_t n;
    unsigned prefix; /* of an address */
    int64_t expires_ns;
};

/* NULL: `*l` is set (without `some`: an empty line). Else what is wrong with `*word`. */
const char *yg_watch_line_read(struct yg_str s, struct yg_watch_line *l,
                               struct yg_str *word);

/* In lower case, without the dot of the root. False: too long, or empty. */
bool yg_watch_fold(struct yg_str s, unsigned char out[256], size_t *n);
/* Clear what is behind the first `bits` of an address. */
void yg_watch_mask(unsigned char ip[16], unsigned bits);
/* MD5, SHA-1 or SHA-256 in hex. False: none. */
bool yg_watch_hash(struct yg_str hex, unsigned char out[32], size_t *n);

#endif
