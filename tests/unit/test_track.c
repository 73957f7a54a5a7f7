/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/track.h"

#include "frame_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define A(name) YG_ANOMALY_BIT(YG_A_##name)
#define MS      INT64_C(1000000)

enum { SYN = YG_TCP_SYN, ACK = YG_TCP_ACK, FIN = YG_TCP_FIN, RST = YG_TCP_RST };

/* Client 40000, server 80; client's ISN 1000, server's 5000 unless the case says so. */
struct seg {
    char who; /* 'c', 's'; 0: end */
    uint8_t flags;
    uint32_t seq, ack;
    const char *data;
    uint32_t snap; /* captured bytes of the data; 0: all, NOTHING: none */
};

#define NOTHING UINT32_MAX

struct sequence {
    const char *name;
    struct seg seg[16];
    const char *to_server, *to_client;
    uint64_t gap, repeated; /* of both sides */
    uint64_t anomalies;
    bool midstream, not_accepted;
    uint32_t talks; /* 0: 1 */
};

#define OPEN                                                                             \
    { 'c', SYN, 1000, 0, NULL, 0 }, { 's', SYN | ACK, 5000, 1001, NULL, 0 },             \
    {                                                                                    \
        'c', ACK, 1001, 5001, NULL, 0                                                    \
    }

/* clang-format off */
static const struct sequence sequences[] = {
    { "in order", { OPEN, { 'c', ACK, 1001, 5001, "abc", 0 }, { 's', ACK, 5001, 1004, "xyz", 0 },
        { 'c', ACK, 1004, 5004, "def", 0 } }, "abcdef", "xyz", 0, 0, 0, false, false, 0 },
    { "two swapped", { OPEN, { 'c', ACK, 1004, 5001, "def", 0 }, { 'c', ACK, 1001, 5001, "abc", 0 } },
        "abcdef", "", 0, 0, 0, false, false, 0 },
    { "three backwards", { OPEN, { 'c', ACK, 1007, 0, "ghi", 0 }, { 'c', ACK, 1004, 0, "def", 0 },
        { 'c', ACK, 1001, 0, "abc", 0 } }, "abcdefghi", "", 0, 0, 0, false, false, 0 },
    { "sent twice", { OPEN, { 'c', ACK, 1001, 0, "abc", 0 }, { 'c', ACK, 1001, 0, "abc", 0 },
        { 'c', ACK, 1004, 0, "def", 0 } }, "abcdef", "", 0, 3, 0, false, false, 0 },
    { "sent twice, other bytes: the first stay", { OPEN, { 'c', ACK, 1001, 0, "abc", 0 },
        { 'c', ACK, 1001, 0, "aXc", 0 }, { 'c', ACK, 1004, 0, "def", 0 } }, "abcdef", "", 0, 3,
        A(TCP_OVERLAP), false, false, 0 },
    { "held twice, other bytes", { OPEN, { 'c', ACK, 1004, 0, "def", 0 }, { 'c', ACK, 1004, 0, "dXf", 0 },
        { 'c', ACK, 1001, 0, "abc", 0 } }, "abcdef", "", 0, 3, A(TCP_OVERLAP), false, false, 0 },
    { "new bytes behind old ones", { OPEN, { 'c', ACK, 1001, 0, "abc", 0 }, { 'c', ACK, 1002, 0, "bcde", 0 } },
        "abcde", "", 0, 2, 0, false, false, 0 },
    { "old bytes differ, new behind them are taken", { OPEN, { 'c', ACK, 1001, 0, "abc", 0 },
        { 'c', ACK, 1002, 0, "bXde", 0 } }, "abcde", "", 0, 2, A(TCP_OVERLAP), false, false, 0 },
    { "a held piece is overlapped by the one before it", { OPEN, { 'c', ACK, 1003, 0, "cde", 0 },
        { 'c', ACK, 1001, 0, "abcd", 0 } }, "abcde", "", 0, 2, 0, false, false, 0 },
    { "held bytes came first and stay", { OPEN, { 'c', ACK, 1003, 0, "cde", 0 },
        { 'c', ACK, 1001, 0, "abXX", 0 } }, "abcde", "", 0, 2, A(TCP_OVERLAP), false, false, 0 },
    { "a piece around two held ones", { OPEN, { 'c', ACK, 1002, 0, "b", 0 }, { 'c', ACK, 1004, 0, "d", 0 },
        { 'c', ACK, 1001, 0, "abcXef", 0 } }, "abcdef", "", 0, 2, A(TCP_OVERLAP), false, false, 0 },
    { "held pieces that overlap behind a hole", { OPEN, { 'c', ACK, 1004, 0, "def", 0 }, { 'c', ACK, 1003, 0, "cXef", 0 },
        { 'c', ACK, 1005, 0, "efg", 0 }, { 'c', ACK, 1001, 0, "ab", 0 } }, "abcdefg", "", 0, 5, A(TCP_OVERLAP),
        false, false, 0 },
    { "a hole that stays", { OPEN, { 'c', ACK, 1001, 0, "abc", 0 }, { 'c', ACK, 1014, 0, "def", 0 } },
        "abcdef", "", 10, 0, A(TCP_GAP), false, false, 0 },
    { "holes on both sides of a piece", { OPEN, { 'c', ACK, 1002, 0, "b", 0 }, { 'c', ACK, 1004, 0, "d", 0 } },
        "bd", "", 2, 0, A(TCP_GAP), false, false, 0 },
    { "acked bytes that were never seen", { OPEN, { 'c', ACK, 1001, 0, "abc", 0 },
        { 's', ACK, 5001, 1104, NULL, 0 } }, "abc", "", 100, 0, A(TCP_GAP), false, false, 0 },
    { "the answer's end is missing before FIN", { OPEN, { 's', ACK, 5001, 1001, "abc", 0 },
        { 's', ACK | FIN, 5014, 1001, NULL, 0 } }, "", "abc", 10, 0, A(TCP_GAP), false, false, 0 },
    { "after four held pieces an acked hole is skipped, and late bytes are old", { OPEN,
        { 'c', ACK, 1002, 0, "b", 0 }, { 'c', ACK, 1003, 0, "c", 0 }, { 'c', ACK, 1004, 0, "d", 0 },
        { 'c', ACK, 1005, 0, "e", 0 }, { 's', ACK, 5001, 1006, NULL, 0 }, { 'c', ACK, 1001, 0, "a", 0 },
        { 'c', ACK, 1006, 0, "f", 0 } }, "bcdef", "", 1, 1, A(TCP_GAP), false, false, 0 },
    { "without an ACK the hole is waited for", { OPEN,
        { 'c', ACK, 1002, 0, "b", 0 }, { 'c', ACK, 1003, 0, "c", 0 }, { 'c', ACK, 1004, 0, "d", 0 },
        { 'c', ACK, 1005, 0, "e", 0 }, { 'c', ACK, 1006, 0, "f", 0 }, { 'c', ACK, 1001, 0, "a", 0 } },
        "abcdef", "", 0, 0, 0, false, false, 0 },
    { "sequence numbers wrap", { { 'c', SYN, 0xfffffffc, 0, NULL, 0 },
        { 's', SYN | ACK, 0xffffffff, 0xfffffffd, NULL, 0 }, { 'c', ACK, 0xfffffffd, 0, "abc", 0 },
        { 'c', ACK, 3, 0, "ghi", 0 }, { 'c', ACK, 0, 0, "def", 0 }, { 's', ACK, 0, 6, "xyz", 0 } },
        "abcdefghi", "xyz", 0, 0, 0, false, false, 0 },
    { "frames cut by the capture", { OPEN, { 'c', ACK, 1001, 0, "abcdef", 2 }, { 'c', ACK, 1007, 0, "ghijkl", 3 },
        { 'c', ACK, 1013, 0, "m", 0 } }, "abghim", "", 7, 0, A(TCP_GAP) | A(CUT), false, false, 0 },
    { "met midway: the owned port is the server's", { { 's', ACK, 7000, 1, "xyz", 0 }, { 'c', ACK, 1, 7003, "abc", 0 } },
        "abc", "xyz", 0, 0, A(TCP_MIDSTREAM), true, false, 0 },
    { "SYN+ACK is the first packet", { { 's', SYN | ACK, 5000, 1001, NULL, 0 }, { 'c', ACK, 1001, 5001, "abc", 0 } },
        "abc", "", 0, 0, 0, false, false, 0 },
    { "SYN+ACK tells where the client begins", { { 's', SYN | ACK, 5000, 1001, NULL, 0 },
        { 'c', ACK, 1004, 5001, "def", 0 }, { 'c', ACK, 1001, 5001, "abc", 0 } }, "abcdef", "", 0, 0, 0,
        false, false, 0 },
    { "SYN sent again", { { 'c', SYN, 1000, 0, NULL, 0 }, { 'c', SYN, 1000, 0, NULL, 0 }, OPEN }, "", "", 0, 0, 0,
        false, false, 0 },
    { "SYN+ACK with other numbers: what the client acknowledges holds", { { 'c', SYN, 1000, 0, NULL, 0 },
        { 's', SYN | ACK, 3000000000, 1001, NULL, 0 }, { 's', SYN | ACK, 5000, 1001, NULL, 0 },
        { 'c', ACK, 1001, 5001, "abc", 0 }, { 's', SYN | ACK, 3000000000, 1001, NULL, 0 },
        { 's', ACK, 5001, 1004, "xyz", 0 } }, "abc", "xyz", 0, 0, 0, false, false, 0 },
    { "refused, tried again with the same numbers", { { 'c', SYN, 1000, 0, NULL, 0 },
        { 's', RST | ACK, 0, 1001, NULL, 0 }, { 'c', SYN, 1000, 0, NULL, 0 }, { 's', RST | ACK, 0, 1001, NULL, 0 } },
        "", "", 0, 0, 0, false, true, 0 },
    { "ports used again after RST", { OPEN, { 's', RST, 5001, 0, NULL, 0 }, { 'c', SYN, 9000, 0, NULL, 0 },
        { 'c', ACK, 9001, 0, "new", 0 } }, "", "", 0, 0, 0, false, false, 2 },
    { "ports used again after FIN both ways", { OPEN, { 'c', FIN | ACK, 1001, 5001, NULL, 0 },
        { 's', FIN | ACK, 5001, 1002, NULL, 0 }, { 'c', ACK, 1002, 5002, NULL, 0 }, { 'c', SYN, 9000, 0, NULL, 0 } },
        "", "", 0, 0, 0, false, false, 2 },
    { "a RST's bytes are no stream", { OPEN, { 's', RST, 5001, 0, "gone", 0 } }, "", "", 0, 0, 0, false, false, 0 },
    { "bytes after a RST still belong to it", { OPEN, { 's', RST, 5001, 0, NULL, 0 }, { 's', ACK, 5001, 1001, "late", 0 } },
        "", "late", 0, 0, 0, false, false, 0 },
    { "data in SYN", { { 'c', SYN, 1000, 0, "ab", 0 }, { 's', SYN | ACK, 5000, 1003, NULL, 0 },
        { 'c', ACK, 1003, 5001, "cd", 0 } }, "abcd", "", 0, 0, A(TCP_SYN_DATA), false, false, 0 },
    { "keep-alive repeats a byte", { OPEN, { 'c', ACK, 1001, 0, "abc", 0 }, { 'c', ACK, 1003, 0, "c", 0 } }, "abc", "",
        0, 1, 0, false, false, 0 },
    { "no answer", { { 'c', SYN, 1000, 0, NULL, 0 } }, "", "", 0, 0, 0, false, true, 0 },
    { "behind a gap repeats are compared at their place", { OPEN, { 'c', ACK, 1001, 0, "abcdef", 2 },
        { 'c', ACK, 1007, 0, "ghi", 0 }, { 'c', ACK, 1007, 0, "ghi", 0 } }, "abghi", "", 4, 3, A(TCP_GAP) | A(CUT),
        false, false, 0 },
    { "behind a gap other bytes are seen", { OPEN, { 'c', ACK, 1001, 0, "abcdef", 2 },
        { 'c', ACK, 1007, 0, "ghi", 0 }, { 'c', ACK, 1007, 0, "gXi", 0 } }, "abghi", "", 4, 3,
        A(TCP_GAP) | A(CUT) | A(TCP_OVERLAP), false, false, 0 },
    { "what a gap lost cannot be compared", { OPEN, { 'c', ACK, 1001, 0, "abcdef", 2 },
        { 'c', ACK, 1007, 0, "ghi", 0 }, { 'c', ACK, 1006, 0, "fghi", 0 } }, "abghi", "", 4, 4,
        A(TCP_GAP) | A(CUT), false, false, 0 },
    { "but what follows it can", { OPEN, { 'c', ACK, 1001, 0, "abcdef", 2 },
        { 'c', ACK, 1007, 0, "ghi", 0 }, { 'c', ACK, 1006, 0, "fgXi", 0 } }, "abghi", "", 4, 4,
        A(TCP_GAP) | A(CUT) | A(TCP_OVERLAP), false, false, 0 },
    { "held, but nothing of it was captured", { OPEN, { 'c', ACK, 1004, 0, "def", NOTHING },
        { 'c', ACK, 1004, 0, "def", NOTHING }, { 'c', ACK, 1001, 0, "abc", NOTHING }, { 'c', ACK, 1001, 0, "abc", NOTHING } },
        "", "", 6, 6, A(TCP_GAP) | A(CUT), false, false, 0 },
    { "held on both sides of the wrap", { { 'c', SYN, 0xfffffffc, 0, NULL, 0 }, { 'c', ACK, 2, 0, "f", 0 },
        { 'c', ACK, 0xfffffffe, 0, "bcde", 0 }, { 'c', ACK, 0xfffffffd, 0, "a", 0 } }, "abcdef", "", 0, 0, 0, false,
        true, 0 },
    { "a capture that swaps a few packets loses none", { OPEN, { 'c', ACK, 1002, 0, "b", 0 },
        { 'c', ACK, 1003, 0, "c", 0 }, { 's', ACK, 5001, 1004, NULL, 0 }, { 'c', ACK, 1001, 0, "a", 0 } }, "abc", "",
        0, 0, 0, false, false, 0 },
    { "bytes behind FIN are there", { OPEN, { 'c', FIN | ACK, 1004, 0, "def", 0 }, { 'c', ACK, 1001, 0, "abc", 0 } },
        "abcdef", "", 0, 0, 0, false, false, 0 },
};

/* clang-format on */

static void feed_seg(struct yg_track *t, const struct seg *s, int64_t time_ns)
{
    struct frame_util f;
    struct frame_tcp tcp = {
        .back = s->who == 's',
        .client_port = 40000,
        .server_port = 80,
        .flags = s->flags,
        .seq = s->seq,
        .ack = s->ack,
        .data = yg_str_of(s->data),
    };
    struct yg_str frame = frame_tcp(&f, &tcp);
    uint32_t wire = (uint32_t)frame.n;

    if (s->snap)
        frame.n -= tcp.data.n - (s->snap == NOTHING ? 0 : s->snap);
    yg_track_frame(t, FRAME_LINK, time_ns, frame, wire);
}

static struct yg_track *tracker(struct yg_track_limits l)
{
    struct yg_track *t;

    assert_int_equal(yg_track_new(&l, &t), YG_OK);
    return t;
}

static bool check(const char *name, const char *what, bool ok)
{
    if (!ok)
        print_error("%s: %s\n", name, what);
    return ok;
}

static bool check_sequence(const struct sequence *c, struct yg_track *t)
{
    uint32_t n;
    bool ok = true;

    for (size_t i = 0; i < YG_ARRAY_LEN(c->seg) && c->seg[i].who; i++)
        feed_seg(t, &c->seg[i], (int64_t)(i + 1) * MS);
    struct yg_talk *k = NULL;
    uint32_t talks = 0;
    /* the first one, as it is when the capture ends */
    struct yg_talk **all = yg_track_all(t, &n);
    if (n)
        k = all[0];
    talks = n;
    if (!check(c->name, "there is a conversation", k != NULL))
        return false;
    const struct yg_side *s = k->side;
    ok &= check(c->name, "how many", talks == (c->talks ? c->talks : 1));
    ok &= check(c->name, "client", k->client_port == 40000 && k->client[12] == 10);
    ok &= check(c->name, "server", k->server_port == 80 && k->server[12] == 192);
    ok &= check(c->name, "to server",
                yg_str_eq(s[YG_TO_SERVER].bytes, yg_str_of(c->to_server)));
    ok &= check(c->name, "to client",
                yg_str_eq(s[YG_TO_CLIENT].bytes, yg_str_of(c->to_client)));
    ok &= check(c->name, "gap", s[0].gap_bytes + s[1].gap_bytes == c->gap);
    ok &= check(c->name, "repeated", s[0].repeated + s[1].repeated == c->repeated);
    ok &= check(c->name, "anomalies", k->anomalies == c->anomalies);
    ok &= check(c->name, "midstream", k->from_start == !c->midstream);
    ok &= check(c->name, "accepted", k->accepted == !c->not_accepted);
    if (!ok)
        print_error("%s: got \"%.*s\" \"%.*s\" gap %d repeated %d anomalies %llx\n",
                    c->name, YG_STR_ARG(s[0].bytes), YG_STR_ARG(s[1].bytes),
                    (int)(s[0].gap_bytes + s[1].gap_bytes),
                    (int)(s[0].repeated + s[1].repeated),
                    (unsigned long long)k->anomalies);
    return ok;
}

static void segments_become_streams(void **state)
{
    bool ok = true;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(sequences); i++) {
        struct yg_track *t = tracker((struct yg_track_limits){ 0 });
        ok &= check_sequence(&sequences[i], t);
        yg_track_free(t);
    }
    assert_true(ok);
}

/* One tracker, cleared between cases, tells the same. */
static void a_cleared_tracker_is_new(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ 0 });
    bool ok = true;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(sequences); i++) {
        ok &= check_sequence(&sequences[i], t);
        yg_track_clear(t);
    }
    assert_true(ok);
    yg_track_free(t);
}

static void feed(struct yg_track *t, struct yg_str frame, int64_t time_ns)
{
    yg_track_frame(t, FRAME_LINK, time_ns, frame, (uint32_t)frame.n);
}

static struct yg_talk *only(struct yg_track *t)
{
    uint32_t n;
    struct yg_talk **k = yg_track_all(t, &n);

    assert_int_equal(n, 1);
    return k[0];
}

static void datagrams_are_appended(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ 0 });
    struct frame_util f;

    (void)state;
    feed(t, frame_udp(&f, false, 40000, 53, YG_STR("ask")), 1);
    feed(t, frame_udp(&f, true, 40000, 53, YG_STR("answer")), 2);
    feed(t, frame_udp(&f, false, 40000, 53, YG_STR("again")), 3);
    struct yg_talk *k = only(t);
    const struct yg_side *s = &k->side[YG_TO_SERVER];
    assert_true(yg_str_eq(s->bytes, YG_STR("askagain")));
    assert_int_equal(s->segments, 2);
    assert_int_equal(s->segment[1].at, 3);
    assert_int_equal(s->segment[1].len, 5);
    assert_int_equal(s->segment[1].time_ns, 3);
    assert_int_equal(s->packets, 2);
    assert_int_equal(s->payload, 8);
    assert_int_equal(s->wire, 2 * 28 + 8);
    assert_int_equal(s->ttl_min, 120);
    assert_true(yg_str_eq(k->side[YG_TO_CLIENT].bytes, YG_STR("answer")));
    assert_int_equal(k->side[YG_TO_CLIENT].ttl_max, 60);
    assert_true(k->accepted);
    assert_true(k->from_start);
    assert_int_equal(k->first_ns, 1);
    assert_int_equal(k->last_ns, 3);
    yg_track_free(t);
}

/* Who is the client of datagrams? Numbers of ports that nobody owns do not say it. */
static void the_first_sender_asks_unless_its_port_is_a_service(void **state)
{
    static const struct {
        uint16_t client, server; /* of the frame's builder; "client" sends first */
        bool turned;
    } c[] = { { 40000, 53, false },    { 53, 40000, true }, { 40000, 33333, false },
              { 33333, 40000, false }, { 53, 53, false },   { 65535, 1024, false } };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct yg_track *t = tracker((struct yg_track_limits){ 0 });
        struct frame_util f;
        feed(t, frame_udp(&f, false, c[i].client, c[i].server, YG_STR("x")), 1);
        struct yg_talk *k = only(t);
        assert_int_equal(k->client_port, c[i].turned ? c[i].server : c[i].client);
        assert_int_equal(k->from_start, !c[i].turned);
        assert_int_equal(k->accepted, c[i].turned);
        yg_track_free(t);
    }
}

static void echo_and_reply_are_one(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ 0 });
    struct frame_util f;

    (void)state;
    feed(t, frame_icmp(&f, false, 8, 0, YG_STR("ping")), 1);
    feed(t, frame_icmp(&f, true, 0, 0, YG_STR("pong")), 2);
    struct yg_talk *k = only(t);
    assert_true(yg_str_eq(k->side[YG_TO_SERVER].bytes, YG_STR("ping")));
    assert_true(yg_str_eq(k->side[YG_TO_CLIENT].bytes, YG_STR("pong")));
    assert_int_equal(k->client_port, 8);
    assert_true(k->accepted);
    yg_track_free(t);
}

static void an_error_belongs_to_what_it_quotes(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ 0 });
    struct frame_util ask, f;
    uint32_t n;

    (void)state;
    struct yg_str quoted = frame_udp(&ask, false, 40000, 161, YG_STR("ask"));
    feed(t, quoted, 1);
    quoted.n = 28; /* RFC 792: the header and 8 bytes */
    feed(t, frame_icmp(&f, true, 3, 3, quoted), 2);
    struct yg_talk *k = only(t);
    assert_int_equal(k->unreachable, 1);
    assert_false(k->accepted);
    assert_int_equal(k->last_ns, 2);
    /* Cut, or about what nobody knows: a conversation of its own. */
    quoted.n = 23;
    feed(t, frame_icmp(&f, true, 3, 3, quoted), 3);
    struct yg_talk **all = yg_track_all(t, &n);
    assert_int_equal(n, 2);
    assert_int_equal(all[0]->unreachable, 1);
    assert_int_equal(all[1]->proto, YG_IP_ICMP);
    yg_track_free(t);
}

static struct seg opening(uint32_t isn)
{
    return (struct seg){ 'c', SYN, isn, 0, NULL, 0 };
}

static void past_the_stream_cap_only_counters_change(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ .stream = 5 });
    struct seg s = { 'c', ACK, 1001, 0, "abc", 0 };
    struct seg syn = opening(1000);

    (void)state;
    feed_seg(t, &syn, 1);
    for (uint32_t i = 0; i < 4; i++, s.seq += 3)
        feed_seg(t, &s, 2);
    struct yg_talk *k = only(t);
    const struct yg_side *side = &k->side[YG_TO_SERVER];
    assert_true(yg_str_eq(side->bytes, YG_STR("abcab")));
    assert_true(side->cut);
    assert_int_equal(side->packets, 5);
    assert_int_equal(side->payload, 12);
    assert_int_equal(side->segments, 2);
    assert_int_equal(k->anomalies, A(STREAM_CAP));
    assert_int_equal(yg_track_counts_of(t)->anomaly[YG_A_STREAM_CAP], 1);
    yg_track_free(t);
}

static void segments_are_capped_but_bytes_go_on(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ 0 });
    struct seg s = { 'c', ACK, 1001, 0, "ab", 0 };
    struct seg syn = opening(1000);

    (void)state;
    feed_seg(t, &syn, 1);
    for (uint32_t i = 0; i < YG_SEGMENTS_MAX + 10; i++, s.seq += 2)
        feed_seg(t, &s, 2);
    const struct yg_side *side = &only(t)->side[YG_TO_SERVER];
    assert_int_equal(side->segments, YG_SEGMENTS_MAX);
    assert_int_equal(side->bytes.n, 2 * (YG_SEGMENTS_MAX + 10));
    yg_track_free(t);
}

/* More pieces out of order than are held: the hole is given up, in order. */
static void holes_are_given_up_at_the_cap(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ 0 });
    struct seg s = { 'c', ACK, 1002, 0, "ab", 0 };
    struct seg syn = opening(1000);

    (void)state;
    feed_seg(t, &syn, 1);
    for (uint32_t i = 0; i < 100; i++, s.seq += 2)
        feed_seg(t, &s, 2);
    const struct yg_side *side = &only(t)->side[YG_TO_SERVER];
    assert_int_equal(side->bytes.n, 200);
    assert_int_equal(side->gap_bytes, 1);
    yg_track_free(t);
}

static uint32_t fetch(struct yg_track *t, bool all, uint16_t *port, uint32_t max)
{
    struct yg_talk *k;
    uint32_t n = 0;

    while ((k = yg_track_next(t, all)) && n < max)
        port[n++] = k->client_port;
    return n;
}

static void the_silent_ones_are_given_out_early(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ .talks = 4 });
    struct frame_util f;
    uint16_t port[16];

    (void)state;
    for (uint16_t i = 0; i < 6; i++) {
        feed(t, frame_udp(&f, false, (uint16_t)(40000 + i), 53, YG_STR("x")), i + 1);
        if (i == 3) /* the first is heard again: the second is the silent one */
            feed(t, frame_udp(&f, true, 40000, 53, YG_STR("x")), i + 1);
    }
    assert_int_equal(fetch(t, false, port, 16), 2);
    assert_int_equal(port[0], 40001);
    assert_int_equal(port[1], 40002);
    assert_int_equal(fetch(t, true, port, 16), 4);
    assert_int_equal(port[0], 40000);
    assert_int_equal(port[3], 40005);
    assert_int_equal(yg_track_counts_of(t)->anomaly[YG_A_TALK_CAP], 2);
    yg_track_free(t);
}

static void memory_is_bounded_even_when_nobody_fetches(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ .talks = 8, .memory = 65536 });
    static char big[1400];
    struct frame_util f;
    uint32_t n;

    (void)state;
    for (uint16_t i = 0; i < 2000; i++)
        feed(t,
             frame_udp(&f, false, (uint16_t)(40000 + i % 300), 53,
                       (struct yg_str){ big, sizeof(big) }),
             i + 1);
    (void)yg_track_all(t, &n);
    assert_true(n <= 17);
    size_t held = 0;
    struct yg_talk *k;
    while ((k = yg_track_next(t, true)))
        held += k->side[0].bytes.n;
    assert_true(held <= 65536 + 4096);
    yg_track_free(t);
}

static void idle_and_closed_ones_are_given_out(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ .idle_ns = 100 * MS });
    struct frame_util f;
    uint16_t port[4];
    struct seg syn = opening(1), rst = { 's', RST, 0, 0, NULL, 0 };

    (void)state;
    feed(t, frame_udp(&f, false, 40001, 53, YG_STR("x")), 1 * MS);
    assert_int_equal(fetch(t, false, port, 4), 0);
    feed_seg(t, &syn, 102 * MS);
    assert_int_equal(fetch(t, false, port, 4), 1);
    assert_int_equal(port[0], 40001);
    feed_seg(t, &rst, 103 * MS);
    assert_int_equal(fetch(t, false, port, 4), 0);
    feed(t, frame_udp(&f, false, 40001, 53, YG_STR("x")), 128 * MS);
    assert_int_equal(fetch(t, false, port, 4), 0);
    feed(t, frame_udp(&f, false, 40001, 53, YG_STR("x")), 129 * MS);
    assert_int_equal(fetch(t, false, port, 4), 1);
    assert_int_equal(port[0], 40000);
    yg_track_free(t);
}

/* A datagram in two pieces, the second first. */
static void fragments_are_made_whole(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ 0 });
    struct frame_util f, part;

    (void)state;
    struct yg_str whole = frame_udp(&f, false, 40000, 53, YG_STR("12345678abcdefgh"));
    for (int i = 1; i >= 0; i--) {
        frame_ip(&part, YG_IP_UDP, false, i ? 8 : 16);
        part.b[4] = 7;
        part.b[6] = i ? 0 : 0x20;
        part.b[7] = i ? 2 : 0;
        frame_bytes(&part, (struct yg_str){ whole.p + (i ? 36 : 20), i ? 8 : 16 });
        feed(t, frame_str(&part), 2 - i);
    }
    struct yg_talk *k = only(t);
    assert_true(yg_str_eq(k->side[YG_TO_SERVER].bytes, YG_STR("12345678abcdefgh")));
    assert_true(k->anomalies & A(FRAGMENT));
    yg_track_clear(t);
    feed(t, frame_str(&part), 1); /* a cleared tracker knows nothing of the rest */
    uint32_t n;
    (void)yg_track_all(t, &n);
    assert_int_equal(n, 0);
    yg_track_free(t);
}

static void what_is_not_ip_is_counted(void **state)
{
    struct yg_track *t = tracker((struct yg_track_limits){ 0 });
    uint32_t n;

    (void)state;
    feed(t, YG_STR("no packet at all"), 1);
    feed(t, YG_STR_NONE, 2);
    (void)yg_track_all(t, &n);
    assert_int_equal(n, 0);
    assert_null(yg_track_next(t, true));
    assert_int_equal(yg_track_counts_of(t)->not_ip, 2);
    assert_int_equal(yg_track_counts_of(t)->frames, 2);
    assert_int_equal(yg_track_counts_of(t)->bytes, 16);
    yg_track_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_become_streams),
        cmocka_unit_test(a_cleared_tracker_is_new),
        cmocka_unit_test(datagrams_are_appended),
        cmocka_unit_test(the_first_sender_asks_unless_its_port_is_a_service),
        cmocka_unit_test(echo_and_reply_are_one),
        cmocka_unit_test(an_error_belongs_to_what_it_quotes),
        cmocka_unit_test(past_the_stream_cap_only_counters_change),
        cmocka_unit_test(segments_are_capped_but_bytes_go_on),
        cmocka_unit_test(holes_are_given_up_at_the_cap),
        cmocka_unit_test(the_silent_ones_are_given_out_early),
        cmocka_unit_test(memory_is_bounded_even_when_nobody_fetches),
        cmocka_unit_test(idle_and_closed_ones_are_given_out),
        cmocka_unit_test(fragments_are_made_whole),
        cmocka_unit_test(what_is_not_ip_is_counted),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
