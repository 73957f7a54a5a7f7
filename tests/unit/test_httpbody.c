/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpbody.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#define MAX ((size_t)100000)

static size_t gzip(const void *in, size_t n, unsigned char *out, size_t room)
{
    z_stream z = { 0 };
    union {
        const void *in;
        Bytef *out;
    } p = { .in = in };

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    z.next_in = p.out;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    n = room - z.avail_out;
    deflateEnd(&z);
    return n;
}

static enum yg_status undo(enum yg_httpbody_encoding e, const void *p, size_t n,
                           struct yg_buf *out)
{
    struct yg_err err;

    yg_buf_init(out, MAX + YG_HTTPBODY_ROOM);
    return yg_httpbody_undo(e, (struct yg_str){ p, n }, MAX, out, &err);
}

static void names(void **state)
{
    static const struct {
        const char *header;
        enum yg_httpbody_encoding e;
    } row[] = {
        { NULL, YG_HTTPBODY_PLAIN },        { "identity", YG_HTTPBODY_PLAIN },
        { " GZip ", YG_HTTPBODY_GZIP },     { "x-gzip", YG_HTTPBODY_GZIP },
        { "zstd", YG_HTTPBODY_ZSTD },       { "snappy", YG_HTTPBODY_PLAIN },
        { "br", YG_HTTPBODY_UNKNOWN },      { "gzip, gzip", YG_HTTPBODY_UNKNOWN },
        { "deflate", YG_HTTPBODY_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        assert_int_equal(yg_httpbody_encoding(yg_str_of(row[i].header)), row[i].e);
}

static void members(void **state)
{
    unsigned char in[512];
    struct yg_buf out;

    (void)state;
    size_t n = gzip("hello ", 6, in, sizeof(in));
    n += gzip("world", 5, in + n, sizeof(in) - n);
    assert_int_equal(undo(YG_HTTPBODY_GZIP, in, n, &out), YG_OK);
    assert_true(yg_str_eq(yg_buf_str(&out), YG_STR("hello world")));
    yg_buf_fini(&out);
    n = ZSTD_compress(in, sizeof(in), "hello ", 6, 3);
    n += ZSTD_compress(in + n, sizeof(in) - n, "world", 5, 3);
    assert_int_equal(undo(YG_HTTPBODY_ZSTD, in, n, &out), YG_OK);
    assert_true(yg_str_eq(yg_buf_str(&out), YG_STR("hello world")));
    yg_buf_fini(&out);
}

static void damage(void **state)
{
    static const struct {
        const char *name;
        enum yg_httpbody_encoding e;
        long cut; /* bytes from the end */
        const char *behind;
        bool as_other; /* said to be the other encoding */
        bool good;
    } row[] = {
        { "whole gzip", YG_HTTPBODY_GZIP, 0, NULL, false, true },
        { "gzip without its last byte", YG_HTTPBODY_GZIP, 1, NULL, false, false },
        { "gzip without its trailer", YG_HTTPBODY_GZIP, 8, NULL, false, false },
        { "half a gzip", YG_HTTPBODY_GZIP, 20, NULL, false, false },
        { "rubbish behind gzip", YG_HTTPBODY_GZIP, 0, "x", false, false },
        { "half a second member", YG_HTTPBODY_GZIP, 0, "\x1f\x8b\x08", false, false },
        { "zstd said, gzip sent", YG_HTTPBODY_GZIP, 0, NULL, true, false },
        { "whole zstd", YG_HTTPBODY_ZSTD, 0, NULL, false, true },
        { "zstd without its last byte", YG_HTTPBODY_ZSTD, 1, NULL, false, false },
        { "rubbish behind zstd", YG_HTTPBODY_ZSTD, 0, "x", false, false },
        { "gzip said, zstd sent", YG_HTTPBODY_ZSTD, 0, NULL, true, false },
    };
    static const char text[] = "what is to be compressed is not long, but long enough";
    unsigned char in[512];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_buf out;
        bool gz = row[i].e == YG_HTTPBODY_GZIP;
        size_t n = gz ? gzip(text, sizeof(text), in, sizeof(in))
                      : ZSTD_compress(in, sizeof(in), text, sizeof(text), 3);
        n -= (size_t)row[i].cut;
        if (row[i].behind) {
            memcpy(in + n, row[i].behind, strlen(row[i].behind));
            n += strlen(row[i].behind);
        }
        print_message("# %s\n", row[i].name);
        assert_int_equal(undo(gz != row[i].as_other ? YG_HTTPBODY_GZIP : YG_HTTPBODY_ZSTD,
                              in, n, &out),
                         row[i].good ? YG_OK : YG_EFORMAT);
        yg_buf_fini(&out);
    }
}

static void bombs(void **state)
{
    size_t room = (size_t)1 << 20;
    char *zeros = calloc(1, 4 * room);
    unsigned char *in = malloc(room);
    struct yg_buf out;

    (void)state;
    assert_non_null(zeros);
    assert_non_null(in);
    for (size_t n = MAX - 1; n <= MAX + 1; n++) {
        enum yg_status want = n <= MAX ? YG_OK : YG_ELIMIT;
        assert_int_equal(undo(YG_HTTPBODY_GZIP, in, gzip(zeros, n, in, room), &out),
                         want);
        yg_buf_fini(&out);
        assert_int_equal(
            undo(YG_HTTPBODY_ZSTD, in, ZSTD_compress(in, room, zeros, n, 3), &out), want);
        yg_buf_fini(&out);
        assert_int_equal(undo(YG_HTTPBODY_PLAIN, zeros, n, &out), want);
        yg_buf_fini(&out);
    }
    assert_int_equal(undo(YG_HTTPBODY_GZIP, in, gzip(zeros, 4 * room, in, room), &out),
                     YG_ELIMIT);
    assert_true(yg_buf_str(&out).n <= MAX + YG_HTTPBODY_ROOM);
    yg_buf_fini(&out);
    free(zeros);
    free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(members),
        cmocka_unit_test(damage),
        cmocka_unit_test(bombs),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
