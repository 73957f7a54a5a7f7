/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readdress - a stored record as if it had happened elsewhere and now.
 *
 * For attacks that are shown again (guard.h, plants). Every address keeps its network
 * (/24 of IPv4, all but the last byte of IPv6) and changes its host by a keyed rotation:
 * a bijection, the same all over a record and its packets, that leaves internal what is
 * internal and external what is external. Times near the record's own are moved, long
 * numbers and flow hashes, by which the first record could be found, are replaced.
 *
 * What stays, and may tell somebody who remembers the attack: names of hosts, users and
 * domains, payloads, addresses inside of these, times written in words (Jan  5). Pure; a
 * few microseconds a kilobyte.
 */
#ifndef YG_PIPELINE_READDRESS_H
#define YG_PIPELINE_READDRESS_H

#include "base/buf.h"
#include "event/ip.h"

#include <stdint.h>

struct yg_readdress {
    uint64_t key;
    int64_t time_ns; /* the record's own */
    int64_t by_ns;   /* moved by; whole seconds */
};

void yg_readdress_ip(const struct yg_readdress *r, unsigned char ip[YG_IP_SIZE]);
/* Append the record's text, re-addressed. */
void yg_readdress_text(const struct yg_readdress *r, struct yg_str raw,
                       struct yg_buf *out);
/* Append the pcap (packet/capfile.h), re-addressed, checksums as right or wrong as they
 * were. Frames without an address that can be found are left out. */
void yg_readdress_pcap(const struct yg_readdress *r, struct yg_str pcap,
                       struct yg_buf *out);

#endif
