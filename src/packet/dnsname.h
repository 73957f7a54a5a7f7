/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsname - a name of a DNS message as text.
 *
 * A pointer must point before where its name began, so the walk ends; what points
 * elsewhere ends the name and is the anomaly DNS_POINTER. Pure, no memory.
 */
#ifndef YG_PACKET_DNSNAME_H
#define YG_PACKET_DNSNAME_H

#include "base/buf.h"
#include "base/str.h"

#define YG_DNSNAME_WIRE 255                       /* RFC 1035, 2.3.4 */
#define YG_DNSNAME_TEXT (4 * YG_DNSNAME_WIRE + 8) /* every byte as \DDD */

struct yg_dnsname {
    char text[YG_DNSNAME_TEXT];
    size_t n;
    bool netbios; /* the first label is a NetBIOS name: it is shown decoded */
};

/* Read the name at `*at`, which moves behind it. False: cut, or no name. */
bool yg_dnsname_read(struct yg_str msg, size_t *at, struct yg_dnsname *out,
                     uint64_t *anomalies);

/* "." of the root. Borrowed from `n`. */
struct yg_str yg_dnsname_text(const struct yg_dnsname *n);

/* Printable ASCII as it is, all else and the backslash as \DDD. */
void yg_dnsname_escape(struct yg_str s, struct yg_buf *b);

#endif
