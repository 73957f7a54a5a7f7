/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/packet.h"

#include "base/status.h"
#include "header_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void syn_data(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, YG_IP_TCP, 21);
    put_tcp(f, YG_TCP_SYN);
    put8(f, 'x');
}

/* A packet with a transport header of `n` bytes, in Ethernet. */
static void plain(struct frame *f, unsigned proto, const char *bytes, size_t n)
{
    put_ether(f, 0x0800);
    put_ip4(f, proto, n);
    memcpy(f->b + f->n, bytes, n);
    f->n += n;
}

static void other_transports(void **state)
{
    static const struct {
        const char *what;
        uint8_t proto;
        const char *bytes;
        size_t n;
        uint16_t src, dst;
        size_t payload;
        uint64_t anomalies;
    } row[] = {
        { "ICMP", 1, "\x08\x05\0\0\0\0\0\0ab", 10, 8, 5, 2, 0 },
        { "ICMPv6", 58, "\x80\x01\0\0\0\0\0\0abc", 11, 128, 1, 3, 0 },
        { "ICMP of two bytes", 1, "\x03\x01", 2, 3, 1, 0, A(TRANSPORT_SHORT) },
        { "ICMP of one byte", 1, "\x03", 1, 0, 0, 0, A(TRANSPORT_SHORT) },
        { "SCTP", 132, "\0\x07\0\x50\0\0\0\0\0\0\0\0x", 13, 7, 80, 1, 0 },
        { "SCTP cut", 132, "\0\x07\0\x50\0\0\0\0\0\0\0", 11, 7, 80, 0,
          A(TRANSPORT_SHORT) },
        { "UDP-Lite", 136, "\0\x07\0\x50\0\x08\0\0xyz", 11, 7, 80, 3, 0 },
        { "UDP cut", 17, "\0\x07\0\x50\0\x08\0", 7, 7, 80, 0, A(TRANSPORT_SHORT) },
        { "UDP of three bytes", 17, "\0\x07\0", 3, 0, 0, 0, A(TRANSPORT_SHORT) },
        { "UDP with a length too large", 17, "\0\x07\0\x50\0\x0c\0\0abc", 11, 7, 80, 3,
          A(TRANSPORT_SHORT) },
        { "UDP with a length too small", 17, "\0\x07\0\x50\0\x07\0\0abc", 11, 7, 80, 0,
          A(TRANSPORT_SHORT) },
        { "UDP with less than IP says", 17, "\0\x07\0\x50\0\x0a\0\0abc", 11, 7, 80, 2,
          0 },
        { "a protocol that is not read", 89, "abcdef", 6, 0, 0, 6, 0 },
        { "VXLAN port, no VXLAN", 17, "\0\x07\x12\xb5\0\x10\0\0\0\0\0\0\0\0\0\0", 16, 7,
          4789, 8, 0 },
        { "VXLAN with ARP inside", 17,
          "\0\x07\x12\xb5\0\x1e\0\0\x08\0\0\0\0\0\0\0abcdefghijkl\x08\x06", 30, 7, 4789,
          22, 0 },
        { "GENEVE of another version", 17, "\0\x07\x17\xc1\0\x10\0\0\x40\0\x08\0\0\0\0\0",
          16, 7, 6081, 8, 0 },
        { "GRE with a source route", 47, "\x40\0\x08\0\0\0\0\0", 8, 0, 0, 8, 0 },
        { "GRE with IP cut", 47, "\0\0\x08\0\x45", 5, 0, 0, 5, A(IP_HEADER) },
        { "GRE of version 2", 47, "\0\2\x08\0\0\0\0\0", 8, 0, 0, 8, 0 },
        { "GTP-U, no user data", 17,
          "\0\7\x08\x68\0\x24\0\0\x30\1\0\x14\0\0\0\0"
          "\x45\0\0\x14\0\0\0\0\1\x59\0\0\1\2\3\4\5\6\7\x08",
          36, 7, 2152, 28, 0 },
        { "an authentication header cut", 51, "\x06\x04\0\0\0\0\0\0", 8, 0, 0, 8,
          A(IP_EXTENSION) },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        static struct frame f;
        struct yg_packet p;
        f.n = 0;
        plain(&f, row[i].proto, row[i].bytes, row[i].n);
        print_message("# %s\n", row[i].what);
        assert_true(dissect(YG_LINK_ETHERNET, frame_str(&f), (uint32_t)f.n, &p));
        assert_int_equal(p.proto, row[i].proto);
        assert_int_equal(p.src_port, row[i].src);
        assert_int_equal(p.dst_port, row[i].dst);
        assert_int_equal(p.payload.n, row[i].payload);
        assert_int_equal(p.payload_wire, row[i].payload);
        assert_int_equal(p.anomalies, row[i].anomalies);
        assert_int_equal(p.tunnels, 0);
    }
}

static void syn_fin(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, YG_IP_TCP, 20);
    put_tcp(f, YG_TCP_SYN | YG_TCP_FIN);
}

static void no_flags(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, YG_IP_TCP, 20);
    put_tcp(f, 0);
}

static void small_offset(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, YG_IP_TCP, 24);
    put_tcp(f, YG_TCP_ACK);
    put32(f, 0);
    f->b[14 + 20 + 12] = 0x40;
}

static void large_offset(struct frame *f)
{
    small_offset(f);
    f->b[14 + 20 + 12] = 0x70;
}

static void land(struct frame *f)
{
    in_ethernet(f);
    memcpy(f->b + 14 + 16, f->b + 14 + 12, 4);
}

static void to_itself(struct frame *f)
{
    in_ethernet(f);
    memcpy(f->b + 14 + 12, "\x7f\0\0\1\x7f\0\0\1", 8);
}

static void unset6(struct frame *f)
{
    put_ether(f, 0x86dd);
    datagram6(f);
    memset(f->b + 14 + 8, 0, 32);
}

static void land6(struct frame *f)
{
    unset6(f);
    f->b[14 + 9] = f->b[14 + 25] = 1;
}

static void total_large(struct frame *f)
{
    in_ethernet(f);
    f->b[17]++;
}

static void total_small(struct frame *f)
{
    in_ethernet(f);
    f->b[17] = 19;
}

static void header_large(struct frame *f)
{
    in_ethernet(f);
    f->b[14] = 0x4f;
}

static void size6_large(struct frame *f)
{
    put_ether(f, 0x86dd);
    datagram6(f);
    f->b[14 + 5]++;
}

static void tunnels_more(struct frame *f)
{
    tunnels(f, YG_TUNNELS_MAX + 1);
}

static void hop_late(struct frame *f)
{
    put_ether(f, 0x86dd);
    put_ip6(f, 60, 16 + 8 + TEXT_N);
    put32(f, 0x00000104);
    put32(f, 0);
    put32(f, 0x11000104);
    put32(f, 0);
    put_udp_to(f, 53, TEXT_N);
    put_text(f, TEXT);
}

static void hop_twice(struct frame *f)
{
    hop_late(f);
    f->b[14 + 6] = 0;
}

static void options_twice(struct frame *f)
{
    hop_late(f);
    f->b[14 + 40] = 60;
}

static void headers_without_end(struct frame *f)
{
    put_ether(f, 0x86dd);
    put_ip6(f, 60, 20 * 8);
    for (unsigned i = 0; i < 20; i++) {
        put32(f, 0x3c000104);
        put32(f, 0);
    }
}

static void options_thrice(struct frame *f)
{
    hop_late(f);
    f->b[14 + 40] = 60;
    f->b[14 + 48] = 60;
}

static void xns(struct frame *f)
{
    put_ether(f, 0x0600);
    put_run(f, 0, 46);
}

static void netlink(struct frame *f)
{
    put16(f, 4);
    put16(f, 824);
    put_run(f, 0, 10);
    put16(f, 0x0800);
    datagram(f);
}

static void header_cut(struct frame *f)
{
    put_ether(f, 0x86dd);
    put_ip6(f, 43, 8);
    put32(f, 0x11020104);
    put32(f, 0);
}

static void vlans(struct frame *f)
{
    put_ether(f, 0x8100);
    for (unsigned i = 0; i < 100; i++)
        put32(f, 0x00018100);
    put32(f, 0x00010800);
    datagram(f);
}

static void arp(struct frame *f)
{
    put_ether(f, 0x0806);
    put_run(f, 0, 28);
}

static void spanning_tree(struct frame *f)
{
    put_ether(f, 38);
    put32(f, 0x42420300);
    put_run(f, 0, 42);
}

static void stub(struct frame *f)
{
    put_run(f, 1, 13);
}

static void not_four(struct frame *f)
{
    in_ethernet(f);
    f->b[14] = 0x55;
}

static void header_small(struct frame *f)
{
    in_ethernet(f);
    f->b[14] = 0x44;
}

static void not_six(struct frame *f)
{
    put_ether(f, 0x86dd);
    datagram6(f);
    f->b[14] = 0x40;
}

static void discovery(struct frame *f)
{
    in_pppoe(f);
    f->b[15] = 9;
}

static void odd_frames(void **state)
{
    static const struct {
        const char *what;
        void (*make)(struct frame *f);
        uint32_t link;
        uint8_t version;
        uint16_t ethertype;
        uint64_t anomalies;
    } row[] = {
        { "SYN and FIN", syn_fin, 1, 4, 0, A(TCP_FLAGS) },
        { "no flags", no_flags, 1, 4, 0, A(TCP_FLAGS) },
        { "data in a SYN", syn_data, 1, 4, 0, A(TCP_SYN_DATA) },
        { "TCP header of 16 bytes", small_offset, 1, 4, 0, A(TRANSPORT_SHORT) },
        { "TCP header behind the end", large_offset, 1, 4, 0, A(TRANSPORT_SHORT) },
        { "LAND", land, 1, 4, 0, A(LAND) },
        { "LAND, IPv6", land6, 1, 6, 0, A(LAND) },
        { "loopback talks to itself", to_itself, 1, 4, 0, 0 },
        { "no address yet", unset6, 1, 6, 0, 0 },
        { "total length too large", total_large, 1, 4, 0, A(IP_HEADER) },
        { "total length below the header", total_small, 1, 4, 0,
          A(IP_HEADER) | A(TRANSPORT_SHORT) },
        { "IPv4 header behind the end", header_large, 1, 4, 0, A(IP_HEADER) },
        { "IPv6 length too large", size6_large, 1, 6, 0, A(IP_HEADER) },
        { "a tunnel too many", tunnels_more, 1, 4, 0, A(TUNNEL_DEEP) },
        { "hop-by-hop options late", hop_late, 1, 6, 0, A(IP_EXTENSION) },
        { "hop-by-hop options twice", hop_twice, 1, 6, 0, A(IP_EXTENSION) },
        { "destination options twice", options_twice, 1, 6, 0, 0 },
        { "destination options three times", options_thrice, 1, 6, 0, A(IP_EXTENSION) },
        { "the least Ethernet type", xns, 1, 0, 0x0600, 0 },
        { "netlink", netlink, YG_LINK_SLL, 0, 0, 0 },
        { "extension headers without end", headers_without_end, 1, 6, 0,
          A(IP_EXTENSION) },
        { "an extension header cut", header_cut, 1, 6, 0, A(IP_EXTENSION) },
        { "a hundred tags", vlans, 1, 0, 0, A(TUNNEL_DEEP) },
        { "ARP", arp, 1, 0, 0x0806, 0 },
        { "spanning tree", spanning_tree, 1, 0, 0, 0 },
        { "half an Ethernet header", stub, 1, 0, 0, A(LINK_SHORT) },
        { "IP of version 5", not_four, 1, 0, 0, A(IP_HEADER) },
        { "IPv4 header of 16 bytes", header_small, 1, 0, 0, A(IP_HEADER) },
        { "IPv6 of version 4", not_six, 1, 0, 0, A(IP_HEADER) },
        { "PPPoE discovery", discovery, 1, 0, 0, 0 },
        { "raw, neither version", stub, YG_LINK_RAW, 0, 0, A(IP_HEADER) },
        { "loopback, another family", in_ethernet, YG_LINK_NULL, 0, 0, 0 },
        { "a link type that is not read", in_ethernet, 147, 0, 0, A(LINK_UNKNOWN) },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        static struct frame f;
        struct yg_packet p;
        f.n = 0;
        row[i].make(&f);
        print_message("# %s\n", row[i].what);
        assert_int_equal(
            dissect(row[i].link, frame_str(&f), (uint32_t)f.n, &p) ? p.version : 0,
            row[i].version);
        assert_int_equal(p.version, row[i].version);
        assert_int_equal(p.ethertype, row[i].ethertype);
        assert_int_equal(p.anomalies, row[i].anomalies);
    }
}

/* What a header in front of the packet lost to the capture says, and what it does not. */
static void cut_by_the_capture(void **state)
{
    static const struct {
        const char *what;
        void (*make)(struct frame *f);
        size_t n;
        uint8_t version;
        uint64_t anomalies;
    } row[] = {
        { "in the link header", in_ethernet, 13, 0, A(CUT) },
        { "in the IP header", in_ethernet, 14 + 19, 0, A(CUT) },
        { "in the IP options", options, 14 + 22, 4, A(CUT) },
        { "in the padding", padded, 14 + DATAGRAM + 2, 4, 0 },
        { "in a tunnelled IP header", ip_in_ip, 14 + 20 + 19, 4, A(CUT) },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        static struct frame f;
        struct yg_packet p;
        f.n = 0;
        row[i].make(&f);
        print_message("# %s\n", row[i].what);
        struct yg_str cut = { (const char *)f.b, row[i].n };
        dissect(YG_LINK_ETHERNET, cut, (uint32_t)f.n, &p);
        assert_int_equal(p.version, row[i].version);
        assert_int_equal(p.anomalies, row[i].anomalies);
    }
}

/* Ports behind `n` extension headers: read, or not any more. */
static void extension_headers_have_a_limit(void **state)
{
    static const unsigned count[] = { 2, 3, 16, 17 };

    (void)state;
    for (size_t k = 0; k < YG_ARRAY_LEN(count); k++) {
        static struct frame f;
        struct yg_packet p;
        unsigned n = count[k];
        f.n = 0;
        put_ether(&f, 0x86dd);
        put_ip6(&f, 60, n * 8 + 8);
        for (unsigned i = 1; i <= n; i++) {
            put32(&f, i < n ? 0x3c000104 : 0x11000104);
            put32(&f, 0);
        }
        put_udp_to(&f, 53, 0);
        assert_true(dissect(YG_LINK_ETHERNET, frame_str(&f), 0, &p));
        assert_int_equal(p.dst_port, n <= 16 ? 53 : 0);
        assert_int_equal(p.anomalies, n > 2 ? A(IP_EXTENSION) : 0);
    }
}

static void snap_unsized(struct frame *f)
{
    put_ether(f, 8 + DATAGRAM);
    put32(f, 0xaaaa0300);
    put32(f, 0x00000800);
    datagram(f);
    f->b[14 + 8 + 2] = f->b[14 + 8 + 3] = 0;
    put_run(f, 0, 9);
}

static void pppoe_unsized(struct frame *f)
{
    in_pppoe(f);
    f->b[14 + 8 + 2] = f->b[14 + 8 + 3] = 0;
}

static void nothing_next(struct frame *f)
{
    put_ether(f, 0x86dd);
    put_ip6(f, 59, 0);
    put_run(f, 0, 6);
}

/* Padding, where only the link's own length tells that it is. */
static void padding_is_no_payload(void **state)
{
    static const struct {
        const char *what;
        void (*make)(struct frame *f);
        size_t payload;
    } row[] = {
        { "802.3", snap_unsized, 8 + TEXT_N },
        { "PPPoE", pppoe_unsized, 8 + TEXT_N },
        { "IPv6 with nothing in it", nothing_next, 0 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        static struct frame f;
        struct yg_packet p;
        f.n = 0;
        row[i].make(&f);
        print_message("# %s\n", row[i].what);
        if (row[i].payload) /* UDP's own length would tell, too */
            f.b[14 + 8 + 9] = 89;
        assert_true(dissect(YG_LINK_ETHERNET, frame_str(&f), 0, &p));
        assert_int_equal(p.payload_wire, row[i].payload);
        assert_int_equal(p.payload.n, row[i].payload);
    }
}

/* A datagram made whole: what its tunnels hold counts on from where it was found. */
static void transport_of_a_whole_datagram(void **state)
{
    for (uint8_t tunnels = YG_TUNNELS_MAX - 1; tunnels <= YG_TUNNELS_MAX; tunnels++) {
        static struct frame f;
        struct yg_packet p = { .version = 4, .proto = 4, .fragment_id = 9 };
        f.n = 0;
        datagram(&f);
        p.tunnels = tunnels;
        p.payload = frame_str(&f);
        p.payload_wire = (uint32_t)f.n;
        yg_dissect_transport(&p);
        bool deep = tunnels == YG_TUNNELS_MAX;
        assert_int_equal(p.anomalies, deep ? A(TUNNEL_DEEP) : 0);
        assert_int_equal(p.dst_port, deep ? 0 : 53);
        assert_int_equal(p.fragment_id, deep ? 9 : 0);
        assert_int_equal(p.tunnels, YG_TUNNELS_MAX);
    }
    (void)state;
}

/* An inner packet without ports does not keep those of the outer one. */
static void inner_without_ports(void **state)
{
    static struct frame f;
    struct yg_packet p;

    (void)state;
    f.n = 0;
    put_ether(&f, 0x0800);
    put_ip4(&f, YG_IP_UDP, 8 + 8 + 14 + 20 + 4);
    put_udp_to(&f, 4789, 8 + 14 + 20 + 4);
    put32(&f, 0x08000000);
    put32(&f, 0x00000700);
    put_ether(&f, 0x0800);
    put_ip4(&f, 89, 4);
    put32(&f, 0);
    assert_true(dissect(YG_LINK_ETHERNET, frame_str(&f), 0, &p));
    assert_int_equal(p.proto, 89);
    assert_int_equal(p.tunnels, 1);
    assert_int_equal(p.src_port, 0);
    assert_int_equal(p.dst_port, 0);
}

static void names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ANOMALY_COUNT; i++) {
        assert_true(yg_anomaly_info[i].doc[0] != '\0');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(yg_anomaly_info[i].name, yg_anomaly_info[k].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_transports),
        cmocka_unit_test(odd_frames),
        cmocka_unit_test(cut_by_the_capture),
        cmocka_unit_test(extension_headers_have_a_limit),
        cmocka_unit_test(padding_is_no_payload),
        cmocka_unit_test(transport_of_a_whole_datagram),
        cmocka_unit_test(inner_without_ports),
        cmocka_unit_test(names_are_unique),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
