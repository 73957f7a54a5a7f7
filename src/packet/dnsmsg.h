/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsmsg - one DNS message (RFC 1035), and what shares its form: mDNS, LLMNR, NetBIOS
 * names (RFC 1002).
 *
 * Names come out in lower case, bytes that are no printable ASCII as \DDD. Pointers may
 * only point back, so a name ends. Records become lines of text, within a cap. About 1 us
 * a message. Pure but for the arena.
 */
#ifndef YG_PACKET_DNSMSG_H
#define YG_PACKET_DNSMSG_H

#include "base/arena.h"
#include "packet/packet.h"

#define YG_DNS_TEXT_MAX 4096 /* of the answers of one message, as text */
#define YG_DNS_VERB_MAX 16

enum {
    YG_DNS_IXFR = 251,
    YG_DNS_AXFR = 252,
};

struct yg_dnsmsg {
    struct yg_str name;    /* asked for, or owner of the first record; lives with arena */
    struct yg_str answers; /* "A 192.0.2.1\nTXT ..."; lives with arena */
    uint64_t anomalies;    /* DNS_POINTER, DNS_COUNTS, APP_BROKEN */
    uint32_t answer_bytes; /* of the answers' data on the wire */
    uint16_t id, type, questions;
    uint16_t rcode; /* with the upper bits of EDNS */
    uint8_t opcode;
    bool response;
    bool truncated; /* it says so itself */
    bool netbios;   /* names of RFC 1001 */
};

/* Is this the beginning of a message, and of nothing else? Without memory. */
bool yg_dnsmsg_plausible(struct yg_str bytes);

/* `cut`: the capture holds less than was sent. False: no header. */
bool yg_dnsmsg_read(struct yg_str bytes, bool cut, struct yg_arena *arena,
                    struct yg_dnsmsg *out);

/* "A", "TXT", "TYPE65399"; of other operations "NOTIFY", "UPDATE". Returns `out`. */
const char *yg_dnsmsg_verb(const struct yg_dnsmsg *m, char out[YG_DNS_VERB_MAX]);

#endif
