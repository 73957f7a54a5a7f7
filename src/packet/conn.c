/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/conn.h"

#include "packet/app.h"

/* Who asked? A SYN says it; else the packet's sender, unless its port is a service's and
 * the other's is not. Numbers of ports that nobody owns say nothing. */
static bool sender_is_client(const struct yg_packet *p, bool *certain)
{
    *certain = true;
    if (p->proto == YG_IP_TCP && p->tcp_flags & YG_TCP_SYN)
        return !(p->tcp_flags & YG_TCP_ACK);
    if (yg_is_icmp(p)) {
        *certain = yg_icmp_question(p->proto, p->src_port) == p->src_port;
        return *certain;
    }
    bool from = yg_port_owned(p->src_port), to = yg_port_owned(p->dst_port);
    *certain = p->proto != YG_IP_TCP && (to || !from);
    return to || !from;
}

static void turn_round(struct yg_conn *c)
{
    struct yg_talk *k = &c->talk;
    struct yg_side side = k->side[0];
    struct yg_stream stream = c->stream[0];
    unsigned char ip[YG_IP_SIZE];
    uint16_t port = k->client_port;

    k->side[0] = k->side[1];
    k->side[1] = side;
    c->stream[0] = c->stream[1];
    c->stream[1] = stream;
    memcpy(ip, k->client, YG_IP_SIZE);
    memcpy(k->client, k->server, YG_IP_SIZE);
    memcpy(k->server, ip, YG_IP_SIZE);
    k->client_port = k->server_port;
    k->server_port = port;
    c->client_larger = !c->client_larger;
}

uint64_t yg_conn_open(struct yg_conn *c, const struct yg_packet *p, bool larger)
{
    struct yg_talk *k = &c->talk;
    bool certain;
    bool asks = sender_is_client(p, &certain);

    memcpy(k->client, asks ? p->src : p->dst, YG_IP_SIZE);
    memcpy(k->server, asks ? p->dst : p->src, YG_IP_SIZE);
    k->client_port = asks || yg_is_icmp(p) ? p->src_port : p->dst_port;
    k->server_port = asks || yg_is_icmp(p) ? p->dst_port : p->src_port;
    k->proto = p->proto;
    k->from_start = certain;
    k->first_ns = p->time_ns;
    c->client_larger = larger == asks;
    return p->proto == YG_IP_TCP && !certain ? YG_ANOMALY_BIT(YG_A_TCP_MIDSTREAM) : 0;
}

static bool is_first_syn(const struct yg_packet *p)
{
    return (p->tcp_flags & (YG_TCP_SYN | YG_TCP_ACK)) == YG_TCP_SYN;
}

bool yg_conn_begins_anew(const struct yg_conn *c, const struct yg_packet *p)
{
    if (p->proto != YG_IP_TCP || !is_first_syn(p))
        return false;
    if (!c->has_isn) /* a capture may swap a SYN with what follows it */
        return c->over || c->talk.side[0].packets + c->talk.side[1].packets > 3;
    return c->isn != p->seq &&
           (c->over || c->talk.accepted || c->talk.side[YG_TO_SERVER].payload > 0);
}

static void tcp_syn(struct yg_conn *c, const struct yg_packet *p, int side)
{
    bool answer = p->tcp_flags & YG_TCP_ACK;

    c->talk.side[side].syn++;
    if (p->tcp_flags & YG_TCP_RST)
        return;
    yg_stream_begin(&c->stream[side], &c->talk.side[side], p->seq + 1);
    if (answer) {
        if (!c->stream[!side].known)
            yg_stream_begin(&c->stream[!side], &c->talk.side[!side], p->ack);
        c->talk.accepted |= side == YG_TO_CLIENT;
    } else {
        c->isn = p->seq;
        c->has_isn = true;
    }
}

static uint64_t tcp_packet(struct yg_conn *c, const struct yg_packet *p, int side,
                           struct yg_stream_budget *b)
{
    struct yg_side *s = &c->talk.side[side], *o = &c->talk.side[!side];
    uint32_t seq = p->seq;
    uint64_t odd = 0;

    if (p->tcp_flags & YG_TCP_SYN) {
        tcp_syn(c, p, side);
        seq++;
    }
    if (p->tcp_flags & YG_TCP_FIN)
        s->fin++;
    if (p->tcp_flags & YG_TCP_RST)
        s->rst++;
    c->over |= s->rst || (s->fin && o->fin);
    if (p->tcp_flags & YG_TCP_RST)
        return 0; /* its bytes, if any, are no part of the stream */
    if (p->tcp_flags & YG_TCP_ACK)
        odd = yg_stream_ack(&c->stream[!side], o, b, p->ack);
    if (p->payload_wire || !c->stream[side].known || p->tcp_flags & YG_TCP_FIN)
        odd |= yg_stream_tcp(&c->stream[side], s, b, p, seq);
    return odd;
}

static void count_packet(struct yg_conn *c, const struct yg_packet *p, int side)
{
    struct yg_side *s = &c->talk.side[side];

    if (s->packets++ == 0) {
        s->first_ns = p->time_ns;
        s->ttl_min = s->ttl_max = p->ttl;
    }
    if (p->ttl < s->ttl_min)
        s->ttl_min = p->ttl;
    if (p->ttl > s->ttl_max)
        s->ttl_max = p->ttl;
    s->wire += p->wire;
    s->payload += p->payload_wire;
    s->last_ns = p->time_ns;
    c->talk.last_ns = p->time_ns;
}

uint64_t yg_conn_take(struct yg_conn *c, const struct yg_packet *p, bool larger,
                      struct yg_stream_budget *b)
{
    struct yg_talk *k = &c->talk;
    /* Ends that are equal, ports and all, have one direction only. */
    int side = larger == c->client_larger ? YG_TO_SERVER : YG_TO_CLIENT;

    if (p->proto == YG_IP_TCP && !k->from_start && is_first_syn(p)) {
        if (side == YG_TO_CLIENT)
            turn_round(c);
        side = YG_TO_SERVER;
        k->from_start = true;
    }
    count_packet(c, p, side);
    k->accepted |= side == YG_TO_CLIENT && (p->proto != YG_IP_TCP || p->payload_wire > 0);
    if (p->anomalies & YG_ANOMALY_BIT(YG_A_TRANSPORT_SHORT))
        return p->anomalies; /* nothing behind the ports is known */
    if (p->proto == YG_IP_TCP)
        return p->anomalies | tcp_packet(c, p, side, b);
    return p->anomalies | yg_stream_datagram(&c->stream[side], &k->side[side], b, p);
}

uint64_t yg_conn_finish(struct yg_conn *c, struct yg_stream_budget *b)
{
    uint64_t odd = 0;

    for (int i = 0; c->talk.proto == YG_IP_TCP && i < YG_SIDES; i++)
        odd |= yg_stream_finish(&c->stream[i], &c->talk.side[i], b);
    return odd;
}
