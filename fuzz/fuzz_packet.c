/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a frame: byte 0 picks the link type, byte 1 how much the capture lost. */
#include "base/status.h"
#include "packet/community.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t link[] = {
        YG_LINK_ETHERNET, YG_LINK_NULL, YG_LINK_RAW,      YG_LINK_SLL,
        YG_LINK_SLL2,     YG_LINK_PPP,  YG_LINK_PPP_HDLC, YG_LINK_PPP_ETHER,
        YG_LINK_C_HDLC,   YG_LINK_IPV4, YG_LINK_IPV6,     YG_LINK_LOOP,
    };
    struct yg_packet p = { .time_ns = 1 };
    struct yg_tuple t;
    char id[YG_COMMUNITY_MAX];

    if (size < 2)
        return 0;
    struct yg_str frame = { (const char *)data + 2, size - 2 };
    bool ip = yg_dissect(link[data[0] % YG_ARRAY_LEN(link)], frame,
                         (uint32_t)frame.n + data[1], &p);
    YG_ASSERT(ip == (p.version != 0) && p.payload_wire >= p.payload.n);
    YG_ASSERT(p.wire == frame.n + data[1] && p.tunnels <= YG_TUNNELS_MAX);
    YG_ASSERT(p.payload.n == 0 ||
              (p.payload.p >= frame.p && p.payload.p + p.payload.n <= frame.p + frame.n));
    memcpy(t.src, p.src, YG_IP_SIZE);
    memcpy(t.dst, p.dst, YG_IP_SIZE);
    t.src_port = p.src_port;
    t.dst_port = p.dst_port;
    t.proto = p.proto;
    yg_community_id(&t, 0, id);
    YG_ASSERT(strlen(id) == 30 && yg_tuple_hash(&t) != 0);
    return 0;
}
