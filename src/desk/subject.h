/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject - how an asset is named: an address, a network or a host, in one spelling.
 * Pure functions over bytes from outside.
 */
#ifndef YG_DESK_SUBJECT_H
#define YG_DESK_SUBJECT_H

#include "desk/asset.h"
#include "desk/watchentry.h"

struct yg_subject {
    char text[YG_ASSET_SUBJECT];
    unsigned char net[YG_NET_FORM]; /* of an address or a network */
    size_t net_size;                /* 0: it is a host's name */
    bool network;                   /* more than one address */
};

/* NULL: `*out` is set. Else what is wrong with it. */
const char *yg_subject_read(struct yg_str text, struct yg_subject *out);

#endif
