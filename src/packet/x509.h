/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509 - who a certificate names, who signed it, and for how long (RFC 5280).
 *
 * A short walk down the DER: nothing is verified, because what is claimed in the clear
 * is what tells servers apart. Names come out as "C=US, O=Example, CN=host" in the order
 * of the certificate. About 2 us. Pure but for the arena, where the texts live.
 */
#ifndef YG_PACKET_X509_H
#define YG_PACKET_X509_H

#include "base/arena.h"

struct yg_x509 {
    struct yg_str subject, issuer;
    struct yg_str names;           /* dNSName entries, ", " between them */
    int64_t not_before, not_after; /* seconds since 1970; 0: not readable */
    bool self_signed;              /* subject and issuer are equal byte for byte */
};

/* False: no certificate; `*out` holds what was read before it broke. */
bool yg_x509_read(struct yg_str der, struct yg_arena *arena, struct yg_x509 *out);

#endif
