/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/seen.h"

#include "pipeline/slot.h"

static uint8_t protocol(struct yg_str name)
{
    static const struct {
        const char *name;
        uint8_t number;
    } table[] = { { "tcp", YG_IP_TCP },      { "udp", YG_IP_UDP },
                  { "icmp", YG_IP_ICMP },    { "ipv6-icmp", YG_IP_ICMP6 },
                  { "icmpv6", YG_IP_ICMP6 }, { "sctp", YG_IP_SCTP } };

    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++)
        if (yg_str_eq_nocase(name, yg_str_of(table[i].name)))
            return table[i].number;
    return 0;
}

static uint16_t port_of(const struct yg_event *e, enum yg_field f)
{
    uint64_t port = yg_event_u64(e, f, 0);

    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

struct yg_analysis_in yg_seen_in(const struct yg_batch *b, const struct yg_event *e,
                                 struct yg_str pcap)
{
    struct yg_str src = yg_event_str(b, e, YG_F_SOURCE_IP);
    struct yg_str dst = yg_event_str(b, e, YG_F_DESTINATION_IP);
    struct yg_analysis_in in = {
        .pcap = pcap,
        .packet = yg_event_str(b, e, YG_F_PACKET),
        .payload = yg_event_str(b, e, YG_F_PAYLOAD),
        .linktype = (uint32_t)yg_event_u64(e, YG_F_LINKTYPE, YG_LINK_ETHERNET),
        .time_ns = e->time_ns,
    };

    in.payload_to_server =
        !yg_event_has(e, YG_F_DIRECTION) ||
        yg_str_eq(yg_event_str(b, e, YG_F_DIRECTION), YG_STR("to_server"));
    if (src.n != YG_IP_SIZE || dst.n != YG_IP_SIZE)
        return in;
    in.has_ends = true;
    memcpy(in.ends.src, src.p, YG_IP_SIZE);
    memcpy(in.ends.dst, dst.p, YG_IP_SIZE);
    in.ends.src_port = port_of(e, YG_F_SOURCE_PORT);
    in.ends.dst_port = port_of(e, YG_F_DESTINATION_PORT);
    in.ends.proto = protocol(yg_event_str(b, e, YG_F_TRANSPORT));
    return in;
}

bool yg_seen_ask(const struct yg_batch *b, const struct yg_event *e, int64_t after_ns,
                 struct yg_spool_ask *out)
{
    const struct yg_analysis_in in = yg_seen_in(b, e, YG_STR_NONE);

    /* Two thirds for the flow, the rest, less the pcap's head, for what is around. */
    *out = (struct yg_spool_ask){ .ends = in.ends,
                                  .time_ns = e->time_ns,
                                  .after_ns = after_ns,
                                  .flow_max = YG_SLOT_PACKETS_EACH / 3 * 2,
                                  .around_max = YG_SLOT_PACKETS_EACH / 3 - 1024 };
    return in.has_ends;
}
