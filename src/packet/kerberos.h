/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kerberos - the ticket inside another protocol's login.
 *
 * SMB and others carry an AP-REQ in a GSS-API token (RFC 4121 4.1), often inside SPNEGO.
 * Who logs in is encrypted; for which service, and how strongly, is not. The decoder of
 * the protocol itself is yg_kerberos_parse of packet/app.h. Pure but for the arena.
 */
#ifndef YG_PACKET_KERBEROS_H
#define YG_PACKET_KERBEROS_H

#include "base/arena.h"

struct yg_kerberos_login {
    struct yg_str service, realm; /* borrowed from the blob and the arena */
    bool weak;                    /* a ticket under RC4 or DES */
};

/* The first AP-REQ inside `blob`. False: there is none. */
bool yg_kerberos_find(struct yg_str blob, struct yg_arena *arena,
                      struct yg_kerberos_login *out);

#endif
