/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defrag - IP fragments made whole (RFC 791, RFC 8200, RFC 5722).
 *
 * At most YG_DEFRAG_MAX datagrams at a time, each at most 64 KiB, oldest forgotten first
 * (a lost one is an anomaly). Overlap: IPv4 keeps the first bytes and says so, IPv6 drops
 * the datagram (RFC 5722). One thread at a time.
 */
#ifndef YG_PACKET_DEFRAG_H
#define YG_PACKET_DEFRAG_H

#include "packet/packet.h"

#include "base/status.h"

#define YG_DEFRAG_MAX 64

struct yg_defrag;

struct yg_defrag *yg_defrag_new(void); /* NULL: no memory */
void yg_defrag_free(struct yg_defrag *d);

/* Take in a fragment. True: `*p` is now the whole datagram, dissected; its payload is
 * borrowed until the next call. False: wait for more. `p->anomalies` is added to. */
bool yg_defrag_add(struct yg_defrag *d, struct yg_packet *p);

#endif
