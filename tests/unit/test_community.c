/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/community.h"

#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct yg_tuple tuple(const char *src, uint16_t sport, const char *dst,
                             uint16_t dport, uint8_t proto)
{
    struct yg_tuple t = { .src_port = sport, .dst_port = dport, .proto = proto };

    assert_true(yg_ip_parse(yg_str_of(src), t.src));
    assert_true(yg_ip_parse(yg_str_of(dst), t.dst));
    return t;
}

struct row {
    const char *what, *src;
    uint16_t sport;
    const char *dst;
    uint16_t dport;
    uint8_t proto;
    uint16_t seed;
    const char *id;
};

static void known_flows(void **state)
{
    static const struct row row[] = {
        { "TCP", "128.232.110.120", 34855, "66.35.250.204", 80, 6, 0,
          "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
        { "TCP, the other way", "66.35.250.204", 80, "128.232.110.120", 34855, 6, 0,
          "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
        { "TCP, a seed", "128.232.110.120", 34855, "66.35.250.204", 80, 6, 1,
          "1:3V71V58M3Ksw/yuFALMcW0LAHvc=" },
        { "UDP", "192.168.1.52", 54585, "8.8.8.8", 53, 17, 0,
          "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
        { "SCTP", "192.168.170.8", 7, "192.168.170.56", 80, 132, 0,
          "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
        { "ICMP echo", "192.168.0.89", 8, "192.168.0.1", 0, 1, 0,
          "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
        { "ICMP echo reply", "192.168.0.1", 0, "192.168.0.89", 0, 1, 0,
          "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
        { "TCP within a host", "127.0.0.1", 40000, "127.0.0.1", 80, 6, 0,
          "1:5rFr+y3i0wpQbEhThSaj08U8BaE=" },
        { "neighbour solicitation", "fe80::200:86ff:fe05:80da", 135,
          "fe80::260:97ff:fe07:69ea", 0, 58, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const struct row *r = &row[i];
        struct yg_tuple t = tuple(r->src, r->sport, r->dst, r->dport, r->proto);
        char id[YG_COMMUNITY_MAX];
        print_message("# %s\n", r->what);
        yg_community_id(&t, r->seed, id);
        assert_string_equal(id, r->id);
    }
}

/* Flows of one kind; which of them are the same conversation. */
static void one_hash_a_flow(void **state)
{
    static const struct {
        const char *what;
        uint8_t proto;
        uint16_t ports[2], back[2];
        bool same;
    } row[] = {
        { "TCP", 6, { 40000, 80 }, { 80, 40000 }, true },
        { "TCP, one port for both", 6, { 80, 80 }, { 80, 80 }, true },
        { "TCP, ports swapped, ends not", 6, { 40000, 80 }, { 40000, 80 }, false },
        { "UDP", 17, { 53, 53 }, { 53, 53 }, true },
        { "echo and reply", 1, { 8, 0 }, { 0, 0 }, true },
        { "timestamp and reply", 1, { 13, 0 }, { 14, 0 }, true },
        { "echo and another's reply", 1, { 8, 0 }, { 14, 0 }, false },
        { "echo and reply, IPv6", 58, { 128, 0 }, { 129, 0 }, true },
        { "solicitation and advertisement", 58, { 135, 0 }, { 136, 0 }, true },
        { "unreachable, both ways", 1, { 3, 1 }, { 3, 1 }, false },
        { "type and code exchanged", 1, { 3, 4 }, { 4, 3 }, false },
        { "a protocol without ports", 89, { 0, 0 }, { 0, 0 }, true },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const char *a = "192.0.2.1", *b = "198.51.100.7";
        struct yg_tuple t = tuple(a, row[i].ports[0], b, row[i].ports[1], row[i].proto);
        struct yg_tuple u = tuple(b, row[i].back[0], a, row[i].back[1], row[i].proto);
        char id[2][YG_COMMUNITY_MAX];
        print_message("# %s\n", row[i].what);
        assert_int_not_equal(yg_tuple_hash(&t), 0);
        assert_int_equal(yg_tuple_hash(&t) == yg_tuple_hash(&u), row[i].same);
        yg_community_id(&t, 0, id[0]);
        yg_community_id(&u, 0, id[1]);
        assert_int_equal(strcmp(id[0], id[1]) == 0, row[i].same);
    }
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Neighbouring addresses and ports: all different, in the low bits as well. */
static void hashes_spread(void **state)
{
    enum { N = 1 << 16 };
    static uint64_t h[N];
    static unsigned low[256];

    (void)state;
    for (unsigned i = 0; i < N; i++) {
        struct yg_tuple t =
            tuple(i & 1 ? "2001:db8::1" : "10.0.0.1", (uint16_t)(1024 + (i >> 9)),
                  i & 1 ? "2001:db8::2" : "10.0.0.2", 80, 6);
        t.dst[15] = (unsigned char)(i >> 1);
        h[i] = yg_tuple_hash(&t);
        low[h[i] & 255]++;
    }
    qsort(h, N, sizeof(h[0]), by_value);
    for (unsigned i = 1; i < N; i++)
        assert_true(h[i] != h[i - 1]);
    for (unsigned i = 0; i < 256; i++) /* 256 expected each, deviation 16 */
        assert_in_range(low[i], 160, 352);
}

/* A number that may be kept must not change with the machine or the next version. */
static void hash_is_stable(void **state)
{
    struct yg_tuple t = tuple("192.0.2.1", 40000, "198.51.100.7", 80, 6);

    (void)state;
    assert_int_equal(yg_tuple_hash(&t), UINT64_C(0x5fa3ae3e1a4f098b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_flows),
        cmocka_unit_test(one_hash_a_flow),
        cmocka_unit_test(hashes_spread),
        cmocka_unit_test(hash_is_stable),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
