/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defrag - IP fragments made whole (RFC 791, RFC 8200, RFC 5722).
 *
 * At most YG_DEFRAG_MAX datagrams at a time, each at most 64 KiB, oldest forgotten first
 * (a lost one is an anomaly), and any after YG_DEFRAG_NS. Overlap with other bytes: IPv4
 * keeps the first bytes and says so, IPv6 drops the datagram (RFC 5722). Of fragments
 * that the capture cut, the datagram ends, captured, at the first missing byte. Memory:
 * 66 KiB a datagram at a time, taken when first needed. One thread at a time.
 */
#ifndef YG_PACKET_DEFRAG_H
#define YG_PACKET_DEFRAG_H

#include "packet/packet.h"

#include "base/status.h"

#define YG_DEFRAG_MAX 64
#define YG_DEFRAG_NS  INT64_C(60000000000) /* RFC 8200, 4.5: 60 seconds */

struct yg_defrag;

struct yg_defrag *yg_defrag_new(void); /* NULL: no memory */
void yg_defrag_free(struct yg_defrag *d);

/* Take in a fragment. True: `*p` is now the whole datagram, dissected; its payload is
 * borrowed until the next call, its `wire` and anomalies are of all its frames together.
 * False: wait for more. `p->anomalies` is added to. */
bool yg_defrag_add(struct yg_defrag *d, struct yg_packet *p);

#endif
