/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/defrag.h"

#include "base/rng.h"
#include "base/status.h"
#include "header_util.h"

/* A datagram to port 53 whose UDP payload is `n` bytes that follow from their place. */
static void whole_of(struct frame *f, size_t n)
{
    f->n = 0;
    put_udp_to(f, 53, n);
    for (size_t i = 0; i < n; i++)
        put8(f, (unsigned)(i * 7 + i / 256) & 255);
}

/* Bytes [from, to) of a datagram as a fragment. */
struct piece {
    uint32_t from, to;
    bool last;
    uint8_t version; /* 6, else 4 */
    uint32_t id;
    uint32_t captured; /* 0: all */
    uint8_t next;      /* what an IPv6 fragment says follows; 0: UDP */
    unsigned change;   /* put over every byte */
    int64_t time_ns;
};

static bool add(struct yg_defrag *d, const struct frame *w, struct piece x,
                struct yg_packet *p)
{
    static struct frame f;
    size_t n = x.to - x.from, head;

    f.n = 0;
    if (x.version == 6) {
        put_ip6(&f, 44, 8 + n);
        put_fragment6(&f, x.next ? x.next : YG_IP_UDP, x.from | (x.last ? 0U : 1U), x.id);
    } else {
        put_ip4_part(&f, YG_IP_UDP, n, x.id, x.from / 8 | (x.last ? 0U : 0x2000U));
    }
    head = f.n;
    memcpy(f.b + f.n, w->b + x.from, n);
    for (size_t i = 0; i < n; i++)
        f.b[f.n + i] ^= (unsigned char)x.change;
    f.n += n;
    struct yg_str s = { (char *)f.b, x.captured ? head + x.captured : f.n };
    assert_true(yg_dissect(YG_LINK_RAW, s, (uint32_t)f.n, p));
    p->time_ns = x.time_ns;
    if (!p->fragment) /* one piece is the whole */
        return true;
    return yg_defrag_add(d, p);
}

/* `p` is the datagram `w`, of which `captured` bytes are there. */
static void is_whole(const struct yg_packet *p, const struct frame *w, size_t captured)
{
    assert_false(p->fragment);
    assert_int_equal(p->src_port, 5353);
    assert_int_equal(p->dst_port, 53);
    assert_int_equal(p->payload_wire, w->n - 8);
    assert_int_equal(p->payload.n, captured - 8);
    assert_memory_equal(p->payload.p, w->b + 8, captured - 8);
}

#define END 1000U /* of the datagram in the table */

enum { PIECES = 6 };
static const struct row {
    const char *what;
    struct piece piece[PIECES];
    int whole;          /* the piece that completes it; -1: none */
    uint64_t anomalies; /* after the last piece given in */
    uint32_t captured;  /* bytes of the datagram; 0: all */
} rows[] = {
    { "in order",
      { { .from = 0, .to = 400 },
        { .from = 400, .to = 800 },
        { .from = 800, .to = END, .last = true } },
      2,
      0,
      0 },
    { "backwards",
      { { .from = 800, .to = END, .last = true },
        { .from = 400, .to = 800 },
        { .from = 0, .to = 400 } },
      2,
      0,
      0 },
    { "the middle last",
      { { .from = 0, .to = 400 },
        { .from = 800, .to = END, .last = true },
        { .from = 400, .to = 800 } },
      2,
      0,
      0 },
    { "IPv6",
      { { .from = 0, .to = 400, .version = 6 },
        { .from = 800, .to = END, .last = true, .version = 6 },
        { .from = 400, .to = 800, .version = 6 } },
      2,
      0,
      0 },
    { "one missing",
      { { .from = 0, .to = 400 },
        { .from = 808, .to = END, .last = true },
        { .from = 400, .to = 800 } },
      -1,
      0,
      0 },
    { "another identification",
      { { .from = 0, .to = 400 },
        { .from = 400, .to = END, .last = true, .version = 4, .id = 2 } },
      -1,
      0,
      0 },
    { "another version",
      { { .from = 0, .to = 400 },
        { .from = 400, .to = END, .last = true, .version = 6 } },
      -1,
      0,
      0 },
    { "one came twice",
      { { .from = 0, .to = 400 },
        { .from = 0, .to = 400 },
        { .from = 400, .to = END, .last = true } },
      2,
      0,
      0 },
    { "one came twice, IPv6",
      { { .from = 0, .to = 400, .version = 6 },
        { .from = 0, .to = 400, .version = 6 },
        { .from = 400, .to = END, .last = true, .version = 6 } },
      2,
      0,
      0 },
    { "overlap with the same bytes",
      { { .from = 0, .to = 400 }, { .from = 200, .to = END, .last = true } },
      1,
      0,
      0 },
    { "overlap with other bytes: the first win",
      { { .from = 0, .to = 400 },
        { .from = 200, .to = 400, .change = 1 },
        { .from = 400, .to = END, .last = true } },
      2,
      A(FRAGMENT_OVERLAP),
      0 },
    { "overlap with other bytes, IPv6: dropped",
      { { .from = 0, .to = 400, .version = 6 },
        { .from = 200, .to = 400, .version = 6, .change = 1 },
        { .from = 400, .to = END, .last = true, .version = 6 } },
      -1,
      0,
      0 },
    { "two ends: dropped",
      { { .from = 8, .to = 400, .last = true },
        { .from = 400, .to = END, .last = true },
        { .from = 0, .to = 8 } },
      -1,
      0,
      0 },
    { "behind the end: dropped",
      { { .from = 8, .to = 400, .last = true },
        { .from = 400, .to = END },
        { .from = 0, .to = 8 } },
      -1,
      0,
      0 },
    { "an end before what came: dropped",
      { { .from = 400, .to = 800 },
        { .from = 200, .to = 408, .last = true },
        { .from = 0, .to = 400 } },
      -1,
      0,
      0 },
    { "an end before what came",
      { { .from = 400, .to = 800 }, { .from = 200, .to = 408, .last = true } },
      -1,
      A(FRAGMENT_OVERLAP) | A(FRAGMENT_LOST),
      0 },
    { "bytes behind the end",
      { { .from = 8, .to = 400, .last = true }, { .from = 400, .to = END - 8 } },
      -1,
      A(FRAGMENT_OVERLAP) | A(FRAGMENT_LOST),
      0 },
    { "the first one says what follows",
      { { .from = 400, .to = END, .last = true, .version = 6, .next = 6 },
        { .from = 0, .to = 400, .version = 6 } },
      1,
      0,
      0 },
    { "both cut by the capture",
      { { .from = 400, .to = END, .last = true, .captured = 7 },
        { .from = 0, .to = 400, .captured = 399 } },
      1,
      A(CUT),
      399 },
    { "a piece of odd length",
      { { .from = 0, .to = 401 },
        { .from = 400, .to = END, .last = true },
        { .from = 0, .to = 400 } },
      2,
      0,
      0 },
    { "too old",
      { { .from = 0, .to = 400 },
        { .from = 400, .to = END, .last = true, .time_ns = YG_DEFRAG_NS + 1 } },
      -1,
      A(FRAGMENT_LOST),
      0 },
    { "just not too old",
      { { .from = 0, .to = 400 },
        { .from = 400, .to = END, .last = true, .time_ns = YG_DEFRAG_NS } },
      1,
      0,
      0 },
    { "clock goes back",
      { { .from = 0, .to = 400, .time_ns = 5 },
        { .from = 400, .to = END, .last = true } },
      1,
      0,
      0 },
    { "the first cut by the capture",
      { { .from = 0, .to = 400, .captured = 100 },
        { .from = 400, .to = END, .last = true } },
      1,
      A(CUT),
      100 },
    { "the last cut by the capture",
      { { .from = 400, .to = END, .last = true, .captured = 7 },
        { .from = 0, .to = 400 } },
      1,
      A(CUT),
      407 },
    { "cut, then whole: the hole stays",
      { { .from = 0, .to = 400, .captured = 100 },
        { .from = 0, .to = 400 },
        { .from = 400, .to = END, .last = true } },
      2,
      A(CUT),
      100 },
};

static void orders_and_overlaps(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++) {
        static struct frame w;
        struct yg_defrag *d = yg_defrag_new();
        struct yg_packet p;
        int whole = -1;
        assert_non_null(d);
        whole_of(&w, END - 8);
        print_message("# %s\n", rows[i].what);
        for (int k = 0; k < PIECES && rows[i].piece[k].to && whole < 0; k++) {
            if (add(d, &w, rows[i].piece[k], &p))
                whole = k;
        }
        assert_int_equal(whole, rows[i].whole);
        assert_int_equal(p.anomalies & ~A(FRAGMENT), rows[i].anomalies);
        if (whole >= 0) {
            is_whole(&p, &w, rows[i].captured ? rows[i].captured : w.n);
            assert_true(p.wire >= w.n);
        }
        yg_defrag_free(d);
    }
}

/* A lost one is told when its place is needed, once; a whole one needs none. */
static void oldest_is_forgotten(void **state)
{
    static struct frame w;
    struct yg_defrag *d = yg_defrag_new();
    struct yg_packet p;

    (void)state;
    assert_non_null(d);
    whole_of(&w, END - 8);
    for (uint32_t i = 0; i < YG_DEFRAG_MAX; i++) {
        assert_false(add(d, &w, (struct piece){ .from = 0, .to = 400, .id = i }, &p));
        assert_int_equal(p.anomalies, A(FRAGMENT));
    }
    /* number 5 becomes whole, so that there is room for one more */
    assert_true(
        add(d, &w, (struct piece){ .from = 400, .to = END, .last = true, .id = 5 }, &p));
    is_whole(&p, &w, w.n);
    assert_false(add(d, &w, (struct piece){ .from = 0, .to = 400, .id = 1000 }, &p));
    assert_int_equal(p.anomalies, A(FRAGMENT));
    assert_false(add(d, &w, (struct piece){ .from = 0, .to = 400, .id = 1001 }, &p));
    assert_int_equal(p.anomalies, A(FRAGMENT) | A(FRAGMENT_LOST));
    /* that was number 0; number 1 is still there */
    assert_true(
        add(d, &w, (struct piece){ .from = 400, .to = END, .last = true, .id = 1 }, &p));
    assert_false(
        add(d, &w, (struct piece){ .from = 400, .to = END, .last = true, .id = 0 }, &p));
    yg_defrag_free(d);
}

/* One that was dropped is not lost as well, and its place is as good as new. */
static void dropped_is_forgotten_first(void **state)
{
    static struct frame w;
    struct yg_defrag *d = yg_defrag_new();
    struct yg_packet p;

    (void)state;
    assert_non_null(d);
    whole_of(&w, END - 8);
    assert_false(add(d, &w, (struct piece){ .from = 8, .to = 16, .last = true }, &p));
    assert_false(add(d, &w, (struct piece){ .from = 8, .to = 24, .last = true }, &p));
    assert_int_equal(p.anomalies, A(FRAGMENT) | A(FRAGMENT_OVERLAP) | A(FRAGMENT_LOST));
    for (uint32_t i = 1; i <= YG_DEFRAG_MAX; i++) {
        assert_false(add(d, &w, (struct piece){ .from = 0, .to = 400, .id = i }, &p));
        assert_int_equal(p.anomalies, A(FRAGMENT));
    }
    struct piece rest = { .from = 400, .to = END, .last = true, .id = YG_DEFRAG_MAX };
    assert_true(add(d, &w, rest, &p));
    is_whole(&p, &w, w.n);
    yg_defrag_free(d);
}

static void largest_and_larger(void **state)
{
    static struct frame w;
    struct yg_defrag *d = yg_defrag_new();
    struct yg_packet p;

    (void)state;
    assert_non_null(d);
    whole_of(&w, 65535 - 8);
    w.b[4] = w.b[5] = 0xff;
    for (uint32_t at = 0; at < 65528; at += 8)
        assert_false(
            add(d, &w, (struct piece){ .from = at, .to = at + 8, .version = 6 }, &p));
    assert_true(add(
        d, &w, (struct piece){ .from = 65528, .to = 65535, .last = true, .version = 6 },
        &p));
    is_whole(&p, &w, w.n);
    /* "ping of death" */
    assert_false(
        add(d, &w, (struct piece){ .from = 65528, .to = 65536 + 8, .last = true }, &p));
    assert_int_equal(p.anomalies, A(FRAGMENT) | A(FRAGMENT_LOST));
    assert_false(add(d, &w, (struct piece){ .from = 0, .to = 65528 }, &p));
    yg_defrag_free(d);
}

/* Pieces in any order, some twice: always whole at the last new one. */
static void shuffled(void **state)
{
    static struct frame w;
    struct yg_defrag *d = yg_defrag_new();
    struct yg_packet p;
    struct yg_rng rng;

    (void)state;
    assert_non_null(d);
    yg_rng_init(&rng, 3);
    for (uint32_t round = 0; round < 300; round++) {
        uint32_t n = 16 + (uint32_t)yg_rng_below(&rng, 3000), step, count, order[512];
        whole_of(&w, n - 8);
        step = 8 + 8 * (uint32_t)yg_rng_below(&rng, 40);
        count = (n + step - 1) / step;
        if (count < 2)
            continue;
        for (uint32_t i = 0; i < count; i++)
            order[i] = i;
        for (uint32_t i = count - 1; i > 0; i--) {
            uint32_t k = (uint32_t)yg_rng_below(&rng, i + 1), x = order[i];
            order[i] = order[k];
            order[k] = x;
        }
        for (uint32_t i = 0; i < count; i++) {
            uint32_t from = order[i] * step, to = from + step < n ? from + step : n;
            struct piece x = { .from = from,
                               .to = to,
                               .last = to == n,
                               .version = round & 1 ? 6 : 4,
                               .id = round };
            if (i + 1 < count && yg_rng_below(&rng, 4) == 0)
                assert_false(add(d, &w, x, &p));
            assert_int_equal(add(d, &w, x, &p), i + 1 == count);
        }
        is_whole(&p, &w, n);
        assert_int_equal(p.anomalies, A(FRAGMENT) | (p.anomalies & A(FRAGMENT_TINY)));
    }
    yg_defrag_free(d);
}

/* A datagram in fragments that carries, IP in IP, a fragment: both are made whole. */
static void fragments_in_fragments(void **state)
{
    static struct frame w, outer, f;
    struct yg_defrag *d = yg_defrag_new();
    struct yg_packet p;

    (void)state;
    assert_non_null(d);
    whole_of(&w, END - 8);
    for (uint32_t half = 2; half-- > 0;) { /* the end first */
        uint32_t from = half ? 496 : 0, to = half ? END : 496;
        outer.n = 0;
        put_ip4_part(&outer, YG_IP_UDP, to - from, 9, from / 8 | (half ? 0U : 0x2000U));
        memcpy(outer.b + outer.n, w.b + from, to - from);
        outer.n += to - from;
        for (uint32_t at = 0; at < outer.n; at += 256) {
            size_t n = outer.n - at < 256 ? outer.n - at : 256;
            f.n = 0;
            put_ip4_part(&f, 4, n, 50 + half, at / 8 | (at + n < outer.n ? 0x2000U : 0));
            memcpy(f.b + f.n, outer.b + at, n);
            f.n += n;
            assert_true(yg_dissect(YG_LINK_RAW, frame_str(&f), 0, &p));
            p.time_ns = 0;
            assert_int_equal(yg_defrag_add(d, &p), half == 0 && at + n == outer.n);
        }
    }
    is_whole(&p, &w, END);
    assert_int_equal(p.tunnels, 1);
    yg_defrag_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_and_overlaps),
        cmocka_unit_test(oldest_is_forgotten),
        cmocka_unit_test(dropped_is_forgotten_first),
        cmocka_unit_test(largest_and_larger),
        cmocka_unit_test(shuffled),
        cmocka_unit_test(fragments_in_fragments),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
