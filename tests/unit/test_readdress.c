/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "packet/capfile.h"
#include "pipeline/readdress.h"

#include <stdlib.h>
#include <string.h>

/* 2026-01-05T10:20:30Z, moved by ten days. */
static const struct yg_readdress moved = { .key = 7,
                                           .time_ns = INT64_C(1767608430) * YG_NS_PER_S,
                                           .by_ns = INT64_C(864000) * YG_NS_PER_S };

static const struct {
    const char *name, *in;
    const char *out;   /* NULL: anything else than `in`... */
    const char *holds; /* ... that holds this, and is as long unless it is NULL */
} texts[] = {
    { "nothing", "", "", NULL },
    { "words", "a break-in of 3 hosts, dead beef", "a break-in of 3 hosts, dead beef",
      NULL },
    { "time", "{\"timestamp\":\"2026-01-05T10:20:30.123456+0100\"}",
      "{\"timestamp\":\"2026-01-15T10:20:30.123456+0100\"}", NULL },
    { "time with a space", "2026-01-05 23:59:59,5", "2026-01-15 23:59:59,5", NULL },
    { "a time of another year", "2019-01-05T10:20:30", "2019-01-05T10:20:30", NULL },
    { "centuries ago", "1715-01-05T10:20:30", "1715-01-05T10:20:30", NULL },
    { "seconds", "1767608430.49873", "1768472430.49873", NULL },
    { "milliseconds", "{\"t\":1767608430123}", "{\"t\":1768472430123}", NULL },
    { "nanoseconds", "1767608430123456789", "1768472430123456789", NULL },
    { "a short number", "2000001", "2000001", NULL },
    { "part of a word", "x1767608430 v1.2.3.4567", "x1767608430 v1.2.3.4567", NULL },
    { "MAC address", "00:1b:21:aa:bb:cc", "00:1b:21:aa:bb:cc", NULL },
    { "broadcast, network, group", "10.0.0.255 10.0.0.0 224.0.0.251",
      "10.0.0.255 10.0.0.0 224.0.0.251", NULL },
    { "a machine's own", "::1 0:0:0:0:0:0:0:1 ::", "::1 ::1 ::", NULL },
    { "internal address", "from 10.1.2.3", NULL, "from 10.1.2." },
    { "external address", "\"93.184.216.34\"", NULL, "\"93.184.216." },
    { "with a port", "10.1.2.3:4711 up", NULL, ":4711 up" },
    { "IPv6", "2001:db8::1 up", NULL, "2001:db8::" },
    { "a flow's number", "{\"flow_id\":1234567890123456}", NULL, "{\"flow_id\":1" },
    { "community", "\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\"", NULL, "\"1:" },
};

static void text_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(texts); i++) {
        struct yg_buf out;
        yg_buf_init(&out, 4096);
        yg_readdress_text(&moved, yg_str_of(texts[i].in), &out);
        const char *got = yg_buf_cstr(&out);
        bool fits = texts[i].out ? strcmp(got, texts[i].out) == 0
                                 : strcmp(got, texts[i].in) != 0 &&
                                       strstr(got, texts[i].holds) != NULL;
        if (!fits)
            fail_msg("%s: %s", texts[i].name, got);
        yg_buf_fini(&out);
    }
}

/* Of each network, and of IPv6: no two addresses become one, none stays, and what is
 * internal stays so. */
static void addresses_are_permuted(void **state)
{
    static const char *const net[] = { "10.1.2.0",     "192.168.255.0", "8.8.8.0",
                                       "172.31.255.0", "fe80::",        "2a00:1450::" };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(net); i++) {
        bool taken[256] = { false };
        for (unsigned last = 0; last < 256; last++) {
            unsigned char ip[YG_IP_SIZE], was[YG_IP_SIZE];
            assert_true(yg_ip_parse(yg_str_of(net[i]), ip));
            ip[15] = (unsigned char)last;
            memcpy(was, ip, sizeof(ip));
            yg_readdress_ip(&moved, ip);
            assert_memory_equal(ip, was, 15);
            assert_false(taken[ip[15]]);
            taken[ip[15]] = true;
            bool stays = yg_ip_is_v4(ip) && (last == 0 || last == 255);
            assert_true((ip[15] == last) == stays);
            assert_true(yg_ip_is_internal(ip) == yg_ip_is_internal(was));
        }
    }
}

static uint32_t sum_of(const unsigned char *p, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i += 2)
        sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void set_sum(unsigned char *at, uint32_t sum)
{
    at[0] = (unsigned char)(~sum >> 8);
    at[1] = (unsigned char)~sum;
}

/* Ethernet, a VLAN tag, IPv4, TCP and five bytes. */
static void make_frame(unsigned char f[63])
{
    static const unsigned char head[] = { 0x81, 0, 0, 5, 8,  0,   0x45, 0, 0,
                                          45,   1, 2, 0, 0,  64,  6,    0, 0,
                                          10,   1, 2, 3, 93, 184, 216,  34 };

    memset(f, 0, 63);
    memcpy(f + 12, head, sizeof(head));
    f[50] = 0x50;
    memcpy(f + 58, "hello", 5);
    set_sum(f + 28, sum_of(f + 18, 20, 0));
    set_sum(f + 54, sum_of(f + 38, 25, sum_of(f + 30, 8, 6 + 25)));
}

static void packets_keep_their_checksums(void **state)
{
    unsigned char f[63];
    struct yg_buf in, out;
    struct yg_frame got;
    size_t at = 0;

    (void)state;
    make_frame(f);
    yg_buf_init(&in, 4096);
    yg_buf_init(&out, 4096);
    yg_pcap_begin(&in, 1);
    yg_pcap_add(&in, moved.time_ns, (struct yg_str){ (const char *)f, sizeof(f) }, 63);
    yg_pcap_add(&in, moved.time_ns, (struct yg_str){ (const char *)f, 30 }, 63);
    yg_pcap_add(&in, moved.time_ns, (struct yg_str){ (const char *)f, 5 }, 63);
    yg_readdress_pcap(&moved, yg_buf_str(&in), &out);
    assert_true(yg_pcap_next(yg_buf_str(&out), &at, &got));
    assert_int_equal(got.bytes.n, sizeof(f));
    assert_true(got.time_ns == moved.time_ns + moved.by_ns);
    memcpy(f, got.bytes.p, sizeof(f));
    assert_int_not_equal(f[33], 3);
    assert_int_not_equal(f[37], 34);
    assert_int_equal(f[30], 10);
    assert_int_equal(sum_of(f + 18, 20, 0), 0xffff);
    assert_int_equal(sum_of(f + 38, 25, sum_of(f + 30, 8, 6 + 25)), 0xffff);
    /* What is too short to hold addresses is left out. */
    assert_false(yg_pcap_next(yg_buf_str(&out), &at, &got));
    yg_buf_fini(&in);
    yg_buf_fini(&out);
}

/* Any bytes: it ends and stays inside (with the sanitizers). */
static void any_bytes(void **state)
{
    uint64_t x = 1;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        static const char some[] = "0123456789abcdef.:-T\"=/ packet1:";
        size_t n = (size_t)i % 60;
        char *p = malloc(n + 1);
        for (size_t k = 0; k < n; k++) {
            x = x * UINT64_C(6364136223846793005) + 1442695040888963407U;
            p[k] = some[(x >> 33) % (sizeof(some) - 1)];
        }
        struct yg_buf out;
        yg_buf_init(&out, 65536);
        yg_readdress_text(&moved, (struct yg_str){ p, n }, &out);
        assert_int_equal(yg_buf_status(&out), YG_OK);
        yg_buf_fini(&out);
        free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_cases),
        cmocka_unit_test(addresses_are_permuted),
        cmocka_unit_test(packets_keep_their_checksums),
        cmocka_unit_test(any_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
