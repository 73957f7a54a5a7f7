/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der - tag, length, value: the elements of ASN.1 DER and of the BER that LDAP speaks.
 *
 * Only what protocols on the wire use: tags of one byte and definite lengths of up to
 * four. An element that is longer than what is left is handed out as far as it goes and
 * said to be cut, because captures cut packets. Pure; borrowed from the input.
 */
#ifndef YG_PACKET_DER_H
#define YG_PACKET_DER_H

#include "base/cursor.h"

/* Tag bytes. */
#define YG_DER_INTEGER  0x02
#define YG_DER_OCTETS   0x04
#define YG_DER_OID      0x06
#define YG_DER_SEQUENCE 0x30
#define YG_DER_FIELD(n) ((uint8_t)(0xa0 + (n))) /* context tag, constructed */
#define YG_DER_APP(n)   ((uint8_t)(0x60 + (n))) /* application tag, constructed */

struct yg_der {
    uint8_t tag; /* class and form bits with the number */
    bool cut;
    struct yg_str body;
};

/* The next element. False: nothing is left, or it is no DER (then the cursor failed). */
bool yg_der_next(struct yg_cursor *c, struct yg_der *out);

/* The body of the first element with this tag among those of `in`; {NULL, 0}: none. */
struct yg_str yg_der_find(struct yg_str in, uint8_t tag);

/* Walk down: of each tag the first element, and on inside it. `tags` ends with 0. */
struct yg_str yg_der_path(struct yg_str in, const uint8_t *tags);

/* A signed integer body; of more than 8 bytes the last 8 count; 0 when empty. */
int64_t yg_der_int(struct yg_str body);

#endif
