/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/packet.h"

#include "base/rng.h"
#include "base/status.h"
#include "header_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void in_vlan(struct frame *f)
{
    put_ether(f, 0x8100);
    put32(f, 0x00070800);
    datagram(f);
}

static void in_qinq(struct frame *f)
{
    put_ether(f, 0x88a8);
    put32(f, 0x00078100);
    put32(f, 0x000886dd);
    datagram6(f);
}

static void in_mpls(struct frame *f)
{
    put_ether(f, 0x8847);
    put32(f, 0x00010040);
    put32(f, 0x00020140);
    datagram(f);
}

static void in_pseudowire(struct frame *f)
{
    put_ether(f, 0x8847);
    put32(f, 0x00010140);
    put32(f, 0);
    in_ethernet(f);
}

static void in_snap(struct frame *f)
{
    put_ether(f, 8 + DATAGRAM);
    put32(f, 0xaaaa0300);
    put32(f, 0x00000800);
    datagram(f);
    put_run(f, 0, 9);
}

static void in_llc(struct frame *f)
{
    put_ether(f, 3 + DATAGRAM);
    put8(f, 6);
    put16(f, 0x0603);
    datagram(f);
}

static void loop_big(struct frame *f)
{
    put32(f, 2);
    datagram(f);
}

static void loop_little(struct frame *f)
{
    put32(f, 0x1e000000);
    datagram6(f);
}

static void cooked(struct frame *f)
{
    put16(f, 0);
    put16(f, 1);
    put16(f, 6);
    put_run(f, 1, 8);
    put16(f, 0x0800);
    datagram(f);
}

static void cooked2(struct frame *f)
{
    put16(f, 0x86dd);
    put_run(f, 0, 6);
    put16(f, 1);
    put_run(f, 0, 10);
    datagram6(f);
}

static void ppp(struct frame *f)
{
    put32(f, 0xff030021);
    datagram(f);
}

static void ppp_short(struct frame *f)
{
    put8(f, 0x21);
    datagram(f);
}

static void hdlc(struct frame *f)
{
    put32(f, 0x0f000800);
    datagram(f);
}

static void six_in_four(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, 41, DATAGRAM + 20);
    datagram6(f);
}

static void gre(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, 47, 16 + DATAGRAM);
    put32(f, 0xb0000800); /* checksum, key, sequence */
    put_run(f, 9, 12);
    datagram(f);
}

static void nvgre(struct frame *f)
{
    put_ether(f, 0x86dd);
    put_ip6(f, 47, 8 + 14 + DATAGRAM);
    put32(f, 0x20006558);
    put32(f, 0x00123400);
    in_ethernet(f);
}

static void pptp(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, 47, 12 + 4 + DATAGRAM);
    put32(f, 0x3001880b);
    put32(f, DATAGRAM << 16 | 1);
    put32(f, 1);
    ppp(f);
}

static void erspan2(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, 47, 16 + 14 + DATAGRAM);
    put32(f, 0x100088be);
    put32(f, 1);
    put32(f, 0x10010000);
    put32(f, 0);
    in_ethernet(f);
}

static void erspan1(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, 47, 4 + 14 + DATAGRAM);
    put32(f, 0x000088be);
    in_ethernet(f);
}

static void erspan3(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, 47, 8 + 20 + 14 + DATAGRAM);
    put32(f, 0x100022eb);
    put32(f, 1);
    put_run(f, 0, 8);
    put32(f, 1); /* a platform header follows */
    put_run(f, 0, 8);
    in_ethernet(f);
}

static void vxlan(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, YG_IP_UDP, 8 + 8 + 14 + DATAGRAM);
    put_udp_to(f, 4789, 8 + 14 + DATAGRAM);
    put32(f, 0x08000000);
    put32(f, 0x00000700);
    in_ethernet(f);
}

static void gtp(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, YG_IP_UDP, 8 + 20 + DATAGRAM);
    put_udp_to(f, 2152, 20 + DATAGRAM);
    put32(f, 0x36ff0000 | (12 + DATAGRAM)); /* an extension header and a number */
    put32(f, 7);
    put32(f, 0x00010085);
    put32(f, 0x02000000); /* eight bytes, the last of the chain */
    put32(f, 0);
    datagram(f);
}

static void vn_tag(struct frame *f)
{
    put_ether(f, 0x8926);
    put32(f, 0x00000033);
    put16(f, 0x8100);
    put32(f, 0x00fa0800);
    datagram(f);
}

static void geneve(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, YG_IP_UDP, 8 + 16 + DATAGRAM);
    put_udp_to(f, 6081, 16 + DATAGRAM);
    put32(f, 0x02000800); /* two words of options */
    put_run(f, 0, 12);
    datagram(f);
}

static void etherip(struct frame *f)
{
    put_ether(f, 0x0800);
    put_ip4(f, 97, 2 + 14 + DATAGRAM);
    put16(f, 0x3000);
    in_ethernet(f);
}

static void tunnels_most(struct frame *f)
{
    tunnels(f, YG_TUNNELS_MAX);
}

static void extensions(struct frame *f)
{
    put_ether(f, 0x86dd);
    put_ip6(f, 0, 8 + 16 + 8 + 12 + 8 + TEXT_N);
    put32(f, 0x3c000104); /* hop by hop, then destination */
    put32(f, 0);
    put32(f, 0x2c010000); /* 16 bytes, then a fragment header of a whole datagram */
    put_run(f, 0, 12);
    put_fragment6(f, 51, 0, 7);
    put32(f, 0x11010000); /* authentication, 12 bytes */
    put_run(f, 0, 8);
    put_udp_to(f, 53, TEXT_N);
    put_text(f, TEXT);
}

static void offloaded(struct frame *f)
{
    in_ethernet(f);
    f->b[16] = f->b[17] = 0; /* total length */
}

static void unsized_udp(struct frame *f)
{
    in_ethernet(f);
    f->b[14 + 20 + 4] = f->b[14 + 20 + 5] = 0;
}

/* Each frame holds a datagram from port 5353 to 53 with TEXT. */
static void every_way_to_a_datagram(void **state)
{
    static const struct {
        const char *what;
        void (*make)(struct frame *f);
        uint32_t link;
        uint8_t version, tunnels;
    } row[] = {
        { "Ethernet", in_ethernet, YG_LINK_ETHERNET, 4, 0 },
        { "VLAN", in_vlan, YG_LINK_ETHERNET, 4, 0 },
        { "QinQ, IPv6", in_qinq, YG_LINK_ETHERNET, 6, 0 },
        { "MPLS, two labels", in_mpls, YG_LINK_ETHERNET, 4, 0 },
        { "MPLS, Ethernet inside", in_pseudowire, YG_LINK_ETHERNET, 4, 0 },
        { "PPPoE with padding", in_pppoe, YG_LINK_ETHERNET, 4, 0 },
        { "SNAP with padding", in_snap, YG_LINK_ETHERNET, 4, 0 },
        { "LLC", in_llc, YG_LINK_ETHERNET, 4, 0 },
        { "Ethernet with padding", padded, YG_LINK_ETHERNET, 4, 0 },
        { "raw", datagram, YG_LINK_RAW, 4, 0 },
        { "raw, IPv6", datagram6, YG_LINK_RAW, 6, 0 },
        { "raw as libpcap says it", datagram6, YG_LINK_RAW_BSD, 6, 0 },
        { "raw IPv4", datagram, YG_LINK_IPV4, 4, 0 },
        { "raw IPv6", datagram6, YG_LINK_IPV6, 6, 0 },
        { "loopback, network order", loop_big, YG_LINK_LOOP, 4, 0 },
        { "null, big-endian", loop_big, YG_LINK_NULL, 4, 0 },
        { "null, little-endian", loop_little, YG_LINK_NULL, 6, 0 },
        { "Linux cooked", cooked, YG_LINK_SLL, 4, 0 },
        { "Linux cooked 2", cooked2, YG_LINK_SLL2, 6, 0 },
        { "PPP", ppp, YG_LINK_PPP, 4, 0 },
        { "PPP, fields compressed", ppp_short, YG_LINK_PPP, 4, 0 },
        { "PPP in HDLC", ppp, YG_LINK_PPP_HDLC, 4, 0 },
        { "Cisco HDLC", hdlc, YG_LINK_C_HDLC, 4, 0 },
        { "Cisco HDLC among PPP", hdlc, YG_LINK_PPP_HDLC, 4, 0 },
        { "IP in IP", ip_in_ip, YG_LINK_ETHERNET, 4, 1 },
        { "6in4", six_in_four, YG_LINK_ETHERNET, 6, 1 },
        { "GRE", gre, YG_LINK_ETHERNET, 4, 1 },
        { "NVGRE over IPv6", nvgre, YG_LINK_ETHERNET, 4, 1 },
        { "PPTP", pptp, YG_LINK_ETHERNET, 4, 1 },
        { "ERSPAN I", erspan1, YG_LINK_ETHERNET, 4, 1 },
        { "ERSPAN II", erspan2, YG_LINK_ETHERNET, 4, 1 },
        { "ERSPAN III", erspan3, YG_LINK_ETHERNET, 4, 1 },
        { "VXLAN", vxlan, YG_LINK_ETHERNET, 4, 1 },
        { "GENEVE", geneve, YG_LINK_ETHERNET, 4, 1 },
        { "GTP-U", gtp, YG_LINK_ETHERNET, 4, 1 },
        { "VN-Tag", vn_tag, YG_LINK_ETHERNET, 4, 0 },
        { "EtherIP", etherip, YG_LINK_ETHERNET, 4, 1 },
        { "as many tunnels as are followed", tunnels_most, YG_LINK_ETHERNET, 4, 8 },
        { "IPv4 options", options, YG_LINK_ETHERNET, 4, 0 },
        { "IPv6 extension headers", extensions, YG_LINK_ETHERNET, 6, 0 },
        { "length left to the card", offloaded, YG_LINK_ETHERNET, 4, 0 },
        { "UDP without a length", unsized_udp, YG_LINK_ETHERNET, 4, 0 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        static struct frame f;
        struct yg_packet p;
        f.n = 0;
        row[i].make(&f);
        print_message("# %s\n", row[i].what);
        assert_true(dissect(row[i].link, frame_str(&f), (uint32_t)f.n, &p));
        assert_int_equal(p.anomalies, 0);
        assert_int_equal(p.version, row[i].version);
        assert_int_equal(p.tunnels, row[i].tunnels);
        assert_int_equal(p.proto, YG_IP_UDP);
        assert_int_equal(p.ttl, row[i].version == 4 ? 64 : 63);
        assert_int_equal(p.src_port, 5353);
        assert_int_equal(p.dst_port, 53);
        assert_int_equal(p.payload_wire, TEXT_N);
        assert_true(yg_str_eq(p.payload, YG_STR(TEXT)));
        assert_int_equal(p.wire, f.n);
        char text[YG_IP_TEXT_MAX];
        assert_string_equal(yg_ip_text(p.src, text),
                            row[i].version == 4 ? "192.0.2.1" : "2001:db8::1");
        assert_string_equal(yg_ip_text(p.dst, text),
                            row[i].version == 4 ? "198.51.100.2" : "2001:db8::2");
        /* however it is cut, nothing is read behind the end, and it is said */
        for (size_t n = 0; n < f.n; n++) {
            struct yg_str cut = { frame_str(&f).p, n };
            dissect(row[i].link, cut, (uint32_t)f.n, &p);
            dissect(row[i].link, cut, (uint32_t)n, &p);
        }
    }
}

static void tcp_fields(void **state)
{
    static struct frame f;
    struct yg_packet p;

    (void)state;
    f.n = 0;
    put_ether(&f, 0x0800);
    put_ip4(&f, YG_IP_TCP, 20 + 4 + TEXT_N);
    put_tcp(&f, 0xc0 | YG_TCP_URG | YG_TCP_ACK | YG_TCP_PSH);
    f.b[14 + 20 + 12] = 0x60; /* one word of options */
    put32(&f, 0x01010101);
    put_text(&f, TEXT);
    assert_true(dissect(YG_LINK_ETHERNET, frame_str(&f), 0, &p));
    assert_int_equal(p.anomalies, 0);
    assert_int_equal(p.src_port, 40000);
    assert_int_equal(p.dst_port, 80);
    assert_int_equal(p.seq, 0x01020304);
    assert_int_equal(p.ack, 0x0a0b0c0d);
    assert_int_equal(p.window, 512);
    assert_int_equal(p.tcp_flags, YG_TCP_URG | YG_TCP_ACK | YG_TCP_PSH);
    assert_true(yg_str_eq(p.payload, YG_STR(TEXT)));
    assert_false(p.fragment);
    /* the capture ends three bytes before the payload does */
    struct yg_str cut = { (const char *)f.b, f.n - 3 };
    assert_true(dissect(YG_LINK_ETHERNET, cut, (uint32_t)f.n, &p));
    assert_int_equal(p.anomalies, A(CUT));
    assert_true(yg_str_eq(p.payload, YG_STR("he")));
    assert_int_equal(p.payload_wire, TEXT_N);
    assert_int_equal(p.wire, f.n);
    /* it ends in the options */
    cut.n = 14 + 20 + 22;
    assert_true(dissect(YG_LINK_ETHERNET, cut, (uint32_t)f.n, &p));
    assert_int_equal(p.anomalies, A(CUT) | A(TRANSPORT_SHORT));
    assert_int_equal(p.payload.n, 0);
    assert_int_equal(p.payload_wire, TEXT_N);
    assert_int_equal(p.seq, 0x01020304);
    /* it ends behind the ports */
    cut.n = 14 + 20 + 4;
    assert_true(dissect(YG_LINK_ETHERNET, cut, (uint32_t)f.n, &p));
    assert_int_equal(p.anomalies, A(CUT) | A(TRANSPORT_SHORT));
    assert_int_equal(p.dst_port, 80);
    assert_int_equal(p.seq, 0);
}

static void fragments_are_told(void **state)
{
    static struct frame f;
    struct yg_packet p;

    (void)state;
    f.n = 0;
    put_ether(&f, 0x0800);
    put_ip4_part(&f, YG_IP_UDP, 16, 0xbeef, 0x2000 | 185);
    put_run(&f, 'f', 16);
    assert_true(dissect(YG_LINK_ETHERNET, frame_str(&f), 0, &p));
    assert_int_equal(p.anomalies, A(FRAGMENT));
    assert_true(p.fragment && p.fragment_more);
    assert_int_equal(p.fragment_offset, 185 * 8);
    assert_int_equal(p.fragment_id, 0xbeef);
    assert_int_equal(p.payload.n, 16);
    assert_int_equal(p.src_port, 0);

    f.n = 0;
    put_ether(&f, 0x86dd);
    put_ip6(&f, 44, 16);
    put_fragment6(&f, YG_IP_TCP, 1, 0xdeadbeef);
    put_run(&f, 'f', 8);
    assert_true(dissect(YG_LINK_ETHERNET, frame_str(&f), 0, &p));
    assert_int_equal(p.anomalies, A(FRAGMENT) | A(FRAGMENT_TINY));
    assert_true(p.fragment && p.fragment_more);
    assert_int_equal(p.fragment_offset, 0);
    assert_int_equal(p.fragment_id, 0xdeadbeef);
    assert_int_equal(p.proto, YG_IP_TCP);
    assert_int_equal(p.payload.n, 8);
}

/* Bytes changed at random, every link type: bounds, and one answer each time. */
static void changed_bytes(void **state)
{
    static void (*const make[])(struct frame * f) = {
        in_qinq, in_pppoe,     in_pseudowire, six_in_four, nvgre,
        erspan3, vxlan,        extensions,    geneve,      gtp,
        options, tunnels_most, cooked,        pptp,        gre,
    };
    static const uint32_t link[] = {
        1, 1, 1, 1, 0, 9, 12, 50, 51, 104, 113, 228, 229, 276
    };
    struct yg_rng rng;

    (void)state;
    yg_rng_init(&rng, 11);
    for (unsigned i = 0; i < 40000; i++) {
        static struct frame f;
        struct yg_packet p, again;
        f.n = 0;
        make[yg_rng_below(&rng, YG_ARRAY_LEN(make))](&f);
        for (uint64_t k = yg_rng_below(&rng, 6); k > 0; k--)
            f.b[yg_rng_below(&rng, f.n)] = (unsigned char)yg_rng_u64(&rng);
        struct yg_str s = { (const char *)f.b, yg_rng_below(&rng, f.n + 1) };
        uint32_t type = link[yg_rng_below(&rng, YG_ARRAY_LEN(link))];
        uint32_t wire = (uint32_t)(f.n + yg_rng_below(&rng, 3));
        bool ip = dissect(type, s, wire, &p);
        assert_int_equal(ip, p.version == 4 || p.version == 6);
        assert_int_equal(dissect(type, s, wire, &again), ip);
        assert_memory_equal(&p.anomalies, &again.anomalies, sizeof(p.anomalies));
        assert_int_equal(p.payload_wire, again.payload_wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_a_datagram),
        cmocka_unit_test(tcp_fields),
        cmocka_unit_test(fragments_are_told),
        cmocka_unit_test(changed_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
