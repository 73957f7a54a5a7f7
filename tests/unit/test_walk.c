/* SPDX-License-Identifier: Apache-2.0 */
/* Captures walked record by record: as libpcap reads them, and in two stretches. */
#include "spool_util.h"

#include "spool/walk.h"

#include <sys/mman.h>

static int fd_of(struct yg_str s)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, s.p, s.n), (ssize_t)s.n);
    return fd;
}

struct walked {
    unsigned frames;
    uint64_t sum;
    enum yg_walk_step end;
    uint64_t from;
    size_t faces;
    struct yg_face face[YG_FACES_MAX];
};

static void walk(struct walked *s, int fd, uint64_t to)
{
    struct yg_walk *w = yg_walk_new(fd, s->from, to, s->face, s->faces);
    struct yg_frame f;

    assert_non_null(w);
    while ((s->end = yg_walk_next(w, &f)) == YG_WALK_FRAME) {
        s->frames++;
        s->sum = s->sum * 31 + f.offset + (uint64_t)f.time_ns + f.linktype;
    }
    const struct yg_face *face = yg_walk_faces(w, &s->faces);
    memcpy(s->face, face, s->faces * sizeof(*face));
    s->from = s->faces ? yg_walk_done(w) : 0;
    yg_walk_free(w);
}

/* Two sections of different order, interfaces declared late. */
static void late_faces(struct capture *c)
{
    struct yg_buf frame;

    yg_buf_init(&frame, 1 << 16);
    make_frame(&frame, &attack, &(struct packet){ .flags = YG_TCP_ACK, .n = 9 });
    capture_begin(c, (struct style){ "", YG_CAP_PCAPNG, false, false });
    capture_block(c, 0, T0 / 1000, yg_buf_str(&frame));
    capture_face(c, YG_LINK_IPV4, 9, 0);
    capture_block(c, 1, T0 + S, yg_buf_str(&frame));
    c->style.big = true;
    capture_section(c);
    capture_face(c, LINK, 3, 0);
    capture_block(c, 0, (uint64_t)(T0 / S + 2) * 1000, yg_buf_str(&frame));
    capture_face(c, LINK, 6, 0);
    capture_block(c, 1, T0 / 1000 + 3000000, yg_buf_str(&frame));
    yg_buf_fini(&frame);
}

/* Wherever the file ended when it was walked first, the second walk finds the rest. */
static void grown_at_any_byte(void **state)
{
    static struct walked whole, parts;
    struct capture c;

    (void)state;
    late_faces(&c);
    int fd = fd_of(yg_buf_str(&c.b));
    whole = (struct walked){ 0 };
    walk(&whole, fd, c.b.n);
    assert_int_equal(whole.frames, 4);
    assert_int_equal(whole.faces, 4);
    assert_int_equal(whole.end, YG_WALK_WHOLE);
    for (uint64_t cut = 0; cut < c.b.n; cut++) {
        parts = (struct walked){ 0 };
        walk(&parts, fd, cut);
        if (parts.end != YG_WALK_CUT && parts.end != YG_WALK_WHOLE)
            fail_msg("at %d: ended with %d", (int)cut, (int)parts.end);
        walk(&parts, fd, c.b.n);
        if (parts.frames != 4 || parts.sum != whole.sum || parts.end != YG_WALK_WHOLE)
            fail_msg("cut at %d: %u frames", (int)cut, parts.frames);
        for (size_t i = 0; i < whole.faces; i++)
            if (parts.face[i].id != whole.face[i].id ||
                parts.face[i].at != whole.face[i].at)
                fail_msg("cut at %d: interface %zu has another number", (int)cut, i);
    }
    close(fd);
    yg_buf_fini(&c.b);
}

static const struct style styles[] = {
    { "pcap, microseconds", YG_CAP_PCAP, false, false },
    { "pcap, nanoseconds", YG_CAP_PCAP, false, true },
    { "pcap, microseconds, big-endian", YG_CAP_PCAP, true, false },
    { "pcapng, nanoseconds", YG_CAP_PCAPNG, false, true },
    { "pcapng, big-endian", YG_CAP_PCAPNG, true, false },
};

static void as_libpcap_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(styles); i++) {
        struct yg_capfile *pcap;
        struct yg_frame a, b;
        struct capture c;
        capture_begin(&c, styles[i]);
        capture_talk(&c, &attack, T0 + 123456000, 20);
        int fd = fd_of(yg_buf_str(&c.b));
        struct yg_walk *w = yg_walk_new(fd, 0, c.b.n, NULL, 0);
        assert_non_null(w);
        int other = fd_of(yg_buf_str(&c.b));
        assert_int_equal(lseek(other, 0, SEEK_SET), 0);
        assert_int_equal(yg_capfile_open(other, &pcap, NULL), YG_OK);
        while (yg_capfile_next(pcap, &a, NULL) == YG_OK)
            if (yg_walk_next(w, &b) != YG_WALK_FRAME || a.time_ns != b.time_ns ||
                a.linktype != b.linktype || a.wire != b.wire ||
                !yg_str_eq(a.bytes, b.bytes))
                fail_msg("%s: another frame", styles[i].what);
        assert_int_equal(yg_walk_next(w, &b), YG_WALK_WHOLE);
        yg_capfile_free(pcap);
        yg_walk_free(w);
        close(fd);
        yg_buf_fini(&c.b);
    }
}

static const struct {
    const char *what;
    uint8_t resol;
    int64_t shift;
    uint64_t ticks;
    bool can;
    int64_t ns;
} times[] = {
    { "seconds", 0, 0, 5, true, 5 * S },
    { "microseconds", 6, 0, 5000001, true, 5 * S + 1000 },
    { "picoseconds", 12, 0, UINT64_C(5000000001999), true, 5 * S + 1 },
    { "2^-10", 0x8a, 0, 5 << 10 | 512, true, 5 * S + S / 2 },
    { "2^-40", 0xa8, 0, UINT64_C(5) << 40 | UINT64_C(1) << 39, true, 5 * S + S / 2 },
    { "2^-64 is no clock", 0xc0, 0, 5, false, 0 },
    { "shifted forth", 6, 10, 5000000, true, 15 * S },
    { "shifted before 1970", 6, -10, 5000000, false, 0 },
    { "shifted out of the world", 6, INT64_MAX, 5, false, 0 },
    { "after 2262", 0, 0, UINT64_MAX, false, 0 },
    { "nanoseconds past 63 bits", 9, 0, UINT64_C(1) << 63, false, 0 },
};

static void clocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(times); i++) {
        struct yg_face f = { .resol = times[i].resol, .shift_s = times[i].shift };
        int64_t ns = 0;
        bool can = yg_face_time(&f, times[i].ticks, &ns);
        if (can != times[i].can || ns != times[i].ns)
            fail_msg("%s: %lld", times[i].what, (long long)ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grown_at_any_byte),
        cmocka_unit_test(as_libpcap_reads),
        cmocka_unit_test(clocks),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
