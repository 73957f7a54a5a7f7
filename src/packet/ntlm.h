/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ntlm - who logs in, out of an NTLMSSP message (MS-NLMP).
 *
 * SMB, DCERPC, LDAP, RDP and HTTP carry it, raw or inside SPNEGO: it is found by its
 * signature. Offsets that point outside the message give empty names. Pure but for the
 * arena that the names live with.
 */
#ifndef YG_PACKET_NTLM_H
#define YG_PACKET_NTLM_H

#include "base/arena.h"

enum { YG_NTLM_NEGOTIATE = 1, YG_NTLM_CHALLENGE = 2, YG_NTLM_AUTHENTICATE = 3 };

struct yg_ntlm {
    uint8_t type;              /* YG_NTLM_* */
    bool v1;                   /* an NTLMv1 response: weak */
    bool anonymous;            /* neither name nor response */
    struct yg_str account;     /* of the one who logs in: DOMAIN\user */
    struct yg_str workstation; /* its machine; of a challenge: the server's name */
};

/* The first NTLMSSP message inside `blob`. False: there is none, or it is cut too early
 * to tell its type. */
bool yg_ntlm_find(struct yg_str blob, struct yg_arena *arena, struct yg_ntlm *out);

#endif
