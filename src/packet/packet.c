/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/packet.h"

#include "packet/layers.h"

/* clang-format off */
const struct yg_anomaly_info yg_anomaly_info[YG_ANOMALY_COUNT] = {
#define YG_ANOMALY(id, name, doc) { name, doc },
#include "packet/anomalies.def"
#undef YG_ANOMALY
};
/* clang-format on */

void yg_layer_payload(struct yg_layers *l)
{
    struct yg_cursor c = l->left;
    size_t n = yg_cursor_left(&c);

    l->out->payload = yg_cursor_take(&c, n);
    l->out->payload_wire = (uint32_t)l->wire;
    if (l->wire > n)
        yg_layer_odd(l, YG_A_CUT);
}

uint32_t yg_layer_tunnel(struct yg_layers *l, uint32_t next)
{
    if (l->tunnels == YG_TUNNELS_MAX) {
        yg_layer_odd(l, YG_A_TUNNEL_DEEP);
        return YG_NEXT_NONE;
    }
    l->tunnels++;
    return next;
}

static uint32_t by_version(const struct yg_layers *l)
{
    switch (yg_layer_peek(l) >> 4) {
    case 4:
        return YG_NEXT_IP4;
    case 6:
        return YG_NEXT_IP6;
    default:
        return YG_NEXT_NONE;
    }
}

/* Everything but IP: a header of a link or a tag in front of something. */
static uint32_t below_ip(struct yg_layers *l, uint32_t next)
{
    if (l->tags++ == YG_TAGS_MAX) {
        yg_layer_odd(l, YG_A_TUNNEL_DEEP);
        return YG_NEXT_NONE;
    }
    switch (next) {
    case YG_NEXT_ETHERNET:
        return yg_layer_ethernet(l);
    case YG_NEXT_LLC:
        return yg_layer_llc(l);
    case YG_NEXT_PPP:
        return yg_layer_ppp(l);
    case YG_NEXT_IP:
        next = by_version(l);
        if (next == YG_NEXT_NONE)
            yg_layer_odd(l, YG_A_IP_HEADER);
        return next;
    default:
        return yg_layer_tag(l, next);
    }
}

/* Header after header. A tunnel that holds no IP leaves the packet that carries it. */
static void walk(struct yg_layers *l, uint32_t next)
{
    while (next != YG_NEXT_NONE) {
        if (next == YG_NEXT_IP4)
            next = yg_layer_ip4(l);
        else if (next == YG_NEXT_IP6)
            next = yg_layer_ip6(l);
        else
            next = below_ip(l, next);
    }
}

bool yg_dissect(uint32_t linktype, struct yg_str frame, uint32_t wire,
                struct yg_packet *out)
{
    int64_t time_ns = out->time_ns;
    struct yg_layers l = {
        .left = yg_cursor_of(frame.p, frame.n),
        .wire = frame.n > wire ? frame.n : wire,
        .out = out,
    };

    memset(out, 0, sizeof(*out));
    out->time_ns = time_ns;
    out->wire = (uint32_t)l.wire;
    if (linktype == YG_LINK_ETHERNET)
        walk(&l, yg_layer_ethernet(&l));
    else
        walk(&l, yg_layer_link(&l, linktype));
    return out->version != 0;
}

void yg_dissect_transport(struct yg_packet *ip)
{
    size_t wire = ip->payload_wire;
    struct yg_layers l = {
        .left = yg_cursor_of(ip->payload.p, ip->payload.n),
        .wire = ip->payload.n > wire ? ip->payload.n : wire,
        .out = ip,
        .tunnels = ip->tunnels,
    };

    walk(&l, yg_layer_above(&l));
}
