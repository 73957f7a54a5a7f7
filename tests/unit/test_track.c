/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/track.h"

#include "base/buf.h"
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
    uint32_t snap; /* captured bytes of the data; 0: all */
};

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
        frame.n -= tcp.data.n - s->snap;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_become_streams),
        cmocka_unit_test(a_cleared_tracker_is_new),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
