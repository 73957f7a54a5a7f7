/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame - Ethernet frames with right checksums, and the payloads that need bytes.
 *
 *      Ethernet 14 | IPv4 20 | TCP 20 or UDP 8 | payload, cut at 1400
 *
 * Well formed so that packet tools read them; everything comes from the arguments.
 */
#ifndef YG_SAMPLE_FRAME_H
#define YG_SAMPLE_FRAME_H

#include "base/buf.h"
#include "base/rng.h"

#include <stdint.h>

struct yg_sample_frame {
    uint32_t src, dst;
    uint16_t sport, dport;
    bool udp, syn; /* syn: first packet of a TCP connection, no payload */
    uint8_t ttl;
    uint32_t seq, ack;
};

void yg_sample_frame_put(struct yg_buf *out, const struct yg_sample_frame *f,
                         struct yg_str payload);

/* A DNS question (RFC 1035, 4.1) for `name`; type 1 A, 16 TXT. */
void yg_sample_dns_put(struct yg_buf *out, uint16_t id, struct yg_str name,
                       uint16_t type);

/* A TLS 1.2 ClientHello with server name, or the ServerHello that answers. */
void yg_sample_hello_put(struct yg_buf *out, struct yg_rng *r, struct yg_str name,
                         unsigned family);
void yg_sample_server_hello_put(struct yg_buf *out, struct yg_rng *r);

#endif
