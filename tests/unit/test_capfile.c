/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/capfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static int fd_of(struct yg_str s)
{
    int fd = memfd_create("capture", 0);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, s.p, s.n), (ssize_t)s.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static struct yg_buf two_frames(void)
{
    struct yg_buf b;

    yg_buf_init(&b, 1 << 20);
    yg_pcap_begin(&b, 1);
    yg_pcap_add(&b, INT64_C(1700000000123456789), YG_STR("first frame"), 11);
    yg_pcap_add(&b, INT64_C(1700000001000000001), YG_STR("cut"), 1500);
    return b;
}

static void what_is_written_is_walked(void **state)
{
    struct yg_buf b = two_frames();
    struct yg_frame f;
    size_t at = 0;

    (void)state;
    assert_true(yg_pcap_next(yg_buf_str(&b), &at, &f));
    assert_int_equal(f.time_ns, INT64_C(1700000000123456789));
    assert_true(yg_str_eq(f.bytes, YG_STR("first frame")));
    assert_int_equal(f.wire, 11);
    assert_int_equal(f.linktype, 1);
    assert_int_equal(f.offset, 24);
    assert_true(yg_pcap_next(yg_buf_str(&b), &at, &f));
    assert_true(yg_str_eq(f.bytes, YG_STR("cut")));
    assert_int_equal(f.wire, 1500);
    assert_int_equal(f.offset, 24 + 16 + 11);
    assert_false(yg_pcap_next(yg_buf_str(&b), &at, &f));
    assert_int_equal(at, yg_buf_str(&b).n);
    yg_buf_fini(&b);
}

/* Every cut of the file: the walker and libpcap tell the same frames. */
static void cuts_yield_what_is_whole(void **state)
{
    struct yg_buf b = two_frames();

    (void)state;
    for (size_t n = 0; n <= yg_buf_str(&b).n; n++) {
        struct yg_str s = { yg_buf_str(&b).p, n };
        struct yg_capfile *file;
        struct yg_frame mine, theirs;
        struct yg_err err;
        size_t at = 0;
        enum yg_status st = yg_capfile_open(fd_of(s), &file, &err);
        if (st != YG_OK) {
            assert_int_equal(st, YG_EFORMAT);
            assert_true(n < 24);
            assert_false(yg_pcap_next(s, &at, &mine));
            continue;
        }
        while ((st = yg_capfile_next(file, &theirs, &err)) == YG_OK) {
            assert_true(yg_pcap_next(s, &at, &mine));
            assert_true(yg_str_eq(mine.bytes, theirs.bytes));
            assert_int_equal(mine.time_ns, theirs.time_ns);
            assert_int_equal(mine.wire, theirs.wire);
            assert_int_equal(mine.linktype, theirs.linktype);
            assert_int_equal(mine.offset, theirs.offset);
        }
        assert_false(yg_pcap_next(s, &at, &mine));
        bool whole = n == 24 || n == 24 + 16 + 11 || n == yg_buf_str(&b).n;
        assert_int_equal(st, whole ? YG_EEND : YG_EFORMAT);
        yg_capfile_free(file);
    }
    yg_buf_fini(&b);
}

/* A section, two interfaces of Ethernet (microseconds; nanoseconds), a packet of each. */
static void pcapng_of_several_interfaces(void **state)
{
    struct yg_buf b;
    struct yg_capfile *file;
    struct yg_frame f;
    struct yg_err err;

    (void)state;
    yg_buf_init(&b, 4096);
    static const uint32_t section[] = { 0x0a0d0d0a, 28,         0x1a2b3c4d, 1,
                                        0xffffffff, 0xffffffff, 28 };
    static const uint32_t micro[] = { 1, 20, 1, 0, 20 };
    /* option 9, length 1: resolution 10^-9 */
    static const uint32_t nano[] = { 1, 32, 1, 0, 0x00010009, 9, 0, 32 };
    static const uint32_t packet[2][9] = {
        { 6, 36, 0, 0, 1000001, 4, 60, 0x64636261, 36 },
        { 6, 36, 1, 0, 1000001, 4, 4, 0x68676665, 36 },
    };
    for (size_t i = 0; i < 7; i++)
        yg_buf_u32(&b, section[i]);
    for (size_t i = 0; i < 5; i++)
        yg_buf_u32(&b, micro[i]);
    for (size_t i = 0; i < 8; i++)
        yg_buf_u32(&b, nano[i]);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < 9; i++)
            yg_buf_u32(&b, packet[k][i]);
    assert_int_equal(yg_capfile_open(fd_of(yg_buf_str(&b)), &file, &err), YG_OK);
    assert_int_equal(yg_capfile_next(file, &f, &err), YG_OK);
    assert_int_equal(f.time_ns, 1000001000);
    assert_true(yg_str_eq(f.bytes, YG_STR("abcd")));
    assert_int_equal(f.wire, 60);
    assert_int_equal(yg_capfile_next(file, &f, &err), YG_OK);
    assert_int_equal(f.time_ns, 1000001);
    assert_true(yg_str_eq(f.bytes, YG_STR("efgh")));
    assert_int_equal(f.offset, 28 + 20 + 32 + 36);
    assert_int_equal(yg_capfile_next(file, &f, &err), YG_EEND);
    yg_capfile_free(file);
    yg_buf_fini(&b);
}

static void raw_ip_has_its_file_name(void **state)
{
    struct yg_buf b;
    struct yg_capfile *file;
    struct yg_frame f;
    struct yg_err err;

    (void)state;
    yg_buf_init(&b, 4096);
    yg_pcap_begin(&b, 101);
    yg_pcap_add(&b, 5, YG_STR("x"), 1);
    assert_int_equal(yg_capfile_open(fd_of(yg_buf_str(&b)), &file, &err), YG_OK);
    assert_int_equal(yg_capfile_next(file, &f, &err), YG_OK);
    assert_int_equal(f.linktype, 101);
    yg_capfile_free(file);
    yg_buf_fini(&b);
}

static void walker_refuses_what_it_did_not_write(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        uint32_t value;
    } bad[] = {
        { "magic of microseconds", 0, 0xa1b2c3d4 },
        { "a second of nanoseconds", 28, 1000000000 },
        { "a record longer than the file", 32, 12345 },
        { "a record longer than any", 32, 0xffffffff },
    };
    struct yg_frame f;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
        struct yg_buf b = two_frames();
        size_t at = 0;
        for (size_t k = 0; k < 4; k++)
            b.p[bad[i].at + k] = (char)(bad[i].value >> 8 * k);
        if (yg_pcap_next(yg_buf_str(&b), &at, &f))
            fail_msg("%s was read", bad[i].name);
        yg_buf_fini(&b);
    }
    size_t at = 7; /* not a place that the walker gave */
    struct yg_buf b = two_frames();
    assert_false(yg_pcap_next(yg_buf_str(&b), &at, &f));
    at = SIZE_MAX;
    assert_false(yg_pcap_next(yg_buf_str(&b), &at, &f));
    yg_buf_fini(&b);
}

static void an_empty_pipe_is_no_capture(void **state)
{
    int pipes[2];
    struct yg_capfile *file;
    struct yg_err err;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    (void)close(pipes[1]);
    assert_int_equal(yg_capfile_open(pipes[0], &file, &err), YG_EFORMAT);
    assert_int_not_equal(yg_capfile_open(-1, &file, &err), YG_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_walked),
        cmocka_unit_test(cuts_yield_what_is_whole),
        cmocka_unit_test(pcapng_of_several_interfaces),
        cmocka_unit_test(raw_ip_has_its_file_name),
        cmocka_unit_test(walker_refuses_what_it_did_not_write),
        cmocka_unit_test(an_empty_pipe_is_no_capture),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("capfile", tests, NULL, NULL);
}
