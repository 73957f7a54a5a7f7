/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchentry - one line of a list of the desk, and the forms it is found by.
 *
 * The lines of conf/watchline.h and, besides, url:HOST/PATH. A form is bytes that are
 * equal for what is the same: a network's first address and its prefix, a name in small
 * letters, a hash, a URL without scheme and port. Pure functions over bytes from outside.
 */
#ifndef YG_DESK_WATCHENTRY_H
#define YG_DESK_WATCHENTRY_H

#include "desk/watch.h"

#define YG_WATCH_FORM     (YG_WATCH_VALUE + 1)
#define YG_WATCH_NOTE     200
#define YG_WATCH_SEGMENTS 32 /* of a URL's path that are looked at */

struct yg_watch_parsed {
    bool some; /* the line holds an entry */
    uint8_t type;
    unsigned char form[YG_WATCH_FORM];
    size_t n;
    struct yg_str value, note; /* of the line */
    int64_t until_ns;
};
/* NULL: `*p` is set. Else what is wrong with `*word`. */
const char *yg_watch_entry_read(struct yg_str line, struct yg_watch_parsed *p,
                                struct yg_str *word);

/* The form of a network: its first address and its prefix of 128 bits. */
#define YG_NET_FORM 17
void yg_net_form(const unsigned char ip[16], unsigned prefix,
                 unsigned char out[YG_NET_FORM]);
/* The lengths of prefix that can hold an address, all of it last: from *least to 128. */
unsigned yg_net_least(const unsigned char ip[16]);

/* A URL as lists have it, and the lengths of it that entries can have: at most
 * YG_WATCH_SEGMENTS of them. `host` is used when `url` has none. False: it is none. */
struct yg_url_forms {
    unsigned char form[YG_WATCH_FORM];
    size_t length[YG_WATCH_SEGMENTS];
    size_t count;
};
bool yg_url_forms(struct yg_str url, struct yg_str host, struct yg_url_forms *out);

#endif
