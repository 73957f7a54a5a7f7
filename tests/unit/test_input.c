/* SPDX-License-Identifier: Apache-2.0 */
#include "input/input.h"

#include "base/clock.h"
#include "base/rng.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

enum pack { PLAIN, GZIP, XZ, ZSTD, PACKS };

/* One member of `s`; the caller frees. */
static struct yg_str packed(enum pack how, struct yg_str s)
{
    size_t room = s.n + s.n / 2 + 1024, n = 0;
    unsigned char *out = malloc(room);
    const unsigned char *in = (const unsigned char *)s.p;

    assert_non_null(out);
    if (how == PLAIN) {
        memcpy(out, s.p, n = s.n);
    } else if (how == GZIP) {
        z_stream z = { .next_out = out, .avail_out = (uInt)room };
        assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0), Z_OK);
        z.next_in = (unsigned char *)(uintptr_t)in;
        z.avail_in = (uInt)s.n;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        n = z.total_out;
        deflateEnd(&z);
    } else if (how == XZ) {
        assert_int_equal(
            lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, in, s.n, out, &n, room),
            LZMA_OK);
    } else {
        /* with a checksum, so that damage is found */
        ZSTD_CCtx *c = ZSTD_createCCtx();
        ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
        n = ZSTD_compress2(c, out, room, s.p, s.n);
        ZSTD_freeCCtx(c);
    }
    return (struct yg_str){ (const char *)out, n };
}

static void drop(struct yg_str s)
{
    free((void *)(uintptr_t)s.p);
}

static int file_of(struct yg_str s)
{
    int fd = memfd_create("input", 0);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, s.p ? s.p : "", s.n), (ssize_t)s.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

struct result {
    enum yg_status st; /* of the last call, YG_EEND read as YG_OK */
    uint64_t records, bytes, digest, last_line;
    char text[4096];       /* the records, each in angle brackets; what fits */
    enum yg_reason reason; /* of the last record that has one */
    uint64_t full_size;    /* of the last record */
};

static struct result read_all(int fd, enum yg_framing framing)
{
    struct result r = { .st = YG_OK };
    struct yg_batch *b = malloc(sizeof(*b));
    struct yg_input *in;
    size_t n = 0;

    assert_non_null(b);
    assert_int_equal(yg_input_open(fd, framing, &in), YG_OK);
    for (uint64_t seq = 0;; seq++) {
        struct yg_err err = { .status = YG_OK };
        yg_batch_clear(b, seq, 0);
        enum yg_status st = yg_input_frame(in, b, &err);
        memset(b->event, 0, sizeof(b->event[0]) * b->count);
        assert_int_equal(yg_batch_check(b), YG_OK);
        for (uint32_t i = 0; i < b->count; i++) {
            struct yg_str s = yg_batch_str(b, b->record[i].raw);
            r.digest = yg_hash_pair(r.digest, yg_hash_str(1, s));
            if (n + s.n + 3 < sizeof(r.text))
                n += (size_t)snprintf(r.text + n, sizeof(r.text) - n, "<%.*s>",
                                      YG_STR_ARG(s));
            if (b->record[i].reason)
                r.reason = (enum yg_reason)b->record[i].reason;
            r.full_size = b->record[i].full_size;
            r.last_line = b->record[i].line;
        }
        r.records += b->count;
        if (st != YG_OK && st != YG_EEND) {
            r.st = st;
            assert_int_equal(err.status, st);
            assert_true(strlen(err.msg) > 10);
        }
        if (st != YG_OK || b->last) {
            assert_int_equal(b->last, 1);
            break;
        }
    }
    yg_batch_clear(b, 0, 0);
    assert_int_equal(yg_input_frame(in, b, NULL), YG_EEND); /* said once */
    r.bytes = yg_input_bytes(in);
    yg_input_close(in);
    free(b);
    return r;
}

static void framing(void **state)
{
    static const struct {
        const char *what;
        enum yg_framing framing;
        const char *in, *records;
    } row[] = {
        { "empty", YG_FRAME_LINES, "", "" },
        { "one line", YG_FRAME_LINES, "a\n", "<a>" },
        { "no last line end", YG_FRAME_LINES, "a\nb", "<a><b>" },
        { "CRLF", YG_FRAME_LINES, "a\r\nb\r\n", "<a><b>" },
        { "CR at the end", YG_FRAME_LINES, "a\r", "<a>" },
        { "blank lines are records", YG_FRAME_LINES, "\n\na\n", "<><><a>" },
        { "CR inside", YG_FRAME_LINES, "a\rb\n", "<a\rb>" },
        { "quotes mean nothing", YG_FRAME_LINES, "\"a\nb\"\n", "<\"a><b\">" },
        { "names of columns go before each line", YG_FRAME_LINES, "#fields\ta\nb\nc\n",
          "<#fields\ta><#fields\ta\nb><#fields\ta\nc>" },
        { "several lines that are one", YG_FRAME_LINES,
          "a\n--4a5b6c7d-A--\n[x\n--4a5b6c7d-Z--\nb\n",
          "<a><--4a5b6c7d-A--\n[x\n--4a5b6c7d-Z--><b>" },
        { "several lines without their end", YG_FRAME_LINES, "--4a5b6c7d-A--\n[x\n",
          "<--4a5b6c7d-A--\n[x>" },
        { "csv: no columns are put before", YG_FRAME_CSV, "#fields\ta\nb\n",
          "<#fields\ta><b>" },
        { "csv: plain", YG_FRAME_CSV, "a,b\r\nc,d", "<a,b><c,d>" },
        { "csv: line end in quotes", YG_FRAME_CSV, "a,\"b\nc\"\nd\n", "<a,\"b\nc\"><d>" },
        { "csv: CRLF in quotes", YG_FRAME_CSV, "\"b\r\nc\",\r\nd\r\n",
          "<\"b\r\nc\",><d>" },
        { "csv: double quotes", YG_FRAME_CSV, "\"a\"\"\n\"\"\"\"b\",c\nd\n",
          "<\"a\"\"\n\"\"\"\"b\",c><d>" },
        { "csv: quote inside a field", YG_FRAME_CSV, "5\" disk\n6\" disk\n",
          "<5\" disk><6\" disk>" },
        { "csv: empty quoted", YG_FRAME_CSV, "\"\",\"\"\n\"\"\n", "<\"\",\"\"><\"\">" },
        { "csv: open quote loses one line", YG_FRAME_CSV, "a,\"b\nc,d\ne,f\n",
          "<a,\"b><c,d><e,f>" },
        { "csv: open quote before good ones", YG_FRAME_CSV, "a,\"b\nc,\"d\nd\",e\nf\n",
          "<a,\"b><c,\"d\nd\",e><f>" },
        { "csv: text after the quote", YG_FRAME_CSV, "a,\"b\"c,d\ne\n",
          "<a,\"b\"c,d><e>" },
        { "csv: quote closes at the very end", YG_FRAME_CSV, "a,\"b\nc\"",
          "<a,\"b\nc\">" },
        { "json: lines", YG_FRAME_JSON, "{\"a\":1}\n{\"a\":2}",
          "<{\"a\":1}><{\"a\":2}>" },
        { "json: a broken first line is one record", YG_FRAME_JSON,
          "{\"a\":{\n{\"a\":2}\n", "<{\"a\":{><{\"a\":2}>" },
        { "json: array, one line", YG_FRAME_JSON, "[{\"a\":1},{\"a\":[2]}]",
          "<{\"a\":1}><{\"a\":[2]}>" },
        { "json: pretty array", YG_FRAME_JSON,
          "[\n  {\n    \"a\": \"}\\\"{\"\n  },\n  {\n    \"a\": {}\n  }\n]\n",
          "<{\n    \"a\": \"}\\\"{\"\n  }><{\n    \"a\": {}\n  }>" },
        { "json: pretty objects", YG_FRAME_JSON, "{\n \"a\":1\n}\n{\n \"a\":2\n}\n",
          "<{\n \"a\":1\n}><{\n \"a\":2\n}>" },
        { "json: an object that lost its end", YG_FRAME_JSON,
          "[{\"a\":{},\n{\"a\":2},\n{\"a\":3}]", "<{\"a\":{},><{\"a\":2}><{\"a\":3}>" },
        { "json: a string that lost its end", YG_FRAME_JSON,
          "[{\"a\":\"open\n},\n{\"b\":2}]", "<{\"a\":\"open\n}><{\"b\":2}>" },
        { "json: words in an array", YG_FRAME_JSON, "[\nhello\n{\"a\":1}]",
          "<hello><{\"a\":1}>" },
        { "json: empty array", YG_FRAME_JSON, "[]\n", "" },
        { "json: an array in an object", YG_FRAME_JSON,
          "{\"Records\":[{\"a\":1},{\"a\":[{\"b\":2}]}]}\n",
          "<{\"a\":1}><{\"a\":[{\"b\":2}]}>" },
        { "json: the same, pretty, twice", YG_FRAME_JSON,
          "{\n \"Records\" : [\n  {\n   \"a\":1\n  }\n ]\n}\n{\"Records\":[{\"a\":2}]}",
          "<{\n   \"a\":1\n  }><{\"a\":2}>" },
        { "json: another array in an object is one record", YG_FRAME_JSON,
          "{\"other\":[{\"a\":1},{\"a\":2}]}\n", "<{\"other\":[{\"a\":1},{\"a\":2}]}>" },
        { "json: cut in an object", YG_FRAME_JSON, "[{\"a\":1},{\"a",
          "<{\"a\":1}><{\"a>" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        int fd = file_of(yg_str_of(row[i].in));
        struct result r = read_all(fd, row[i].framing);
        if (strcmp(r.text, row[i].records) != 0)
            print_message("# %s: %s\n", row[i].what, r.text);
        assert_string_equal(r.text, row[i].records);
        assert_int_equal(r.st, YG_OK);
        assert_int_equal(r.bytes, strlen(row[i].in));
        close(fd);
    }
}

static void numbers_and_places(void **state)
{
    struct yg_batch *b = malloc(sizeof(*b));
    struct yg_input *in;
    struct yg_str head;
    int fd = file_of(YG_STR("a\r\n\"b\nc\",d\r\ne\n"));

    (void)state;
    assert_non_null(b);
    assert_int_equal(yg_input_open(fd, YG_FRAME_LINES, &in), YG_OK);
    assert_int_equal(yg_input_peek(in, &head, NULL), YG_OK);
    assert_int_equal(head.n, 14);
    yg_input_framing(in, YG_FRAME_CSV, ',');
    yg_batch_clear(b, 0, 0);
    assert_int_equal(yg_input_frame(in, b, NULL), YG_OK);
    assert_int_equal(b->count, 3);
    assert_int_equal(b->last, 1);
    assert_int_equal(b->record[1].offset, 3);
    assert_int_equal(b->record[1].line, 2);
    assert_int_equal(b->record[1].full_size, 7);
    assert_int_equal(b->record[2].offset, 12);
    assert_int_equal(b->record[2].line, 4);
    yg_input_close(in);
    close(fd);
    free(b);
}

/* Many records of all sizes: batch limits, window borders, every compression. */
static struct yg_str big_text(size_t records)
{
    struct yg_rng rng;
    size_t room = records * 5000 + 3000000, n = 0;
    char *p = malloc(room);

    assert_non_null(p);
    yg_rng_init(&rng, 3);
    for (size_t i = 0; i < records; i++) {
        size_t len =
            yg_rng_below(&rng, 50) ? yg_rng_below(&rng, 300) : yg_rng_below(&rng, 5000);
        if (i == records / 2)
            len = YG_RECORD_MAX;
        for (size_t k = 0; k < len; k++)
            p[n++] = (char)('a' + k % 23);
        n += (size_t)snprintf(p + n, 2, "\n");
    }
    return (struct yg_str){ p, n };
}

static void compressed_members(void **state)
{
    struct yg_str text = big_text(3000);
    int fd = file_of(text);
    struct result want = read_all(fd, YG_FRAME_LINES);

    (void)state;
    assert_int_equal(want.records, 3000);
    assert_int_equal(want.reason, YG_R_NONE);
    close(fd);
    for (int how = GZIP; how < PACKS; how++) {
        /* three members, cut in the middle of records, the middle one empty */
        size_t cut = text.n / 3;
        struct yg_str a = packed((enum pack)how, (struct yg_str){ text.p, cut });
        struct yg_str e = packed((enum pack)how, YG_STR(""));
        struct yg_str c =
            packed((enum pack)how, (struct yg_str){ text.p + cut, text.n - cut });
        fd = file_of(a);
        assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)a.n);
        assert_int_equal(write(fd, e.p, e.n), (ssize_t)e.n);
        assert_int_equal(write(fd, c.p, c.n), (ssize_t)c.n);
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        struct result r = read_all(fd, YG_FRAME_LINES);
        assert_int_equal(r.st, YG_OK);
        assert_int_equal(r.records, want.records);
        assert_true(r.digest == want.digest);
        assert_int_equal(r.bytes, text.n);
        close(fd);
        drop(a);
        drop(e);
        drop(c);
    }
    drop(text);
}

/* A cut stream gives what was before the cut, marks the record it broke off in, and says
 * so; whatever bit is flipped, nothing but that happens. */
static void damaged_streams(void **state)
{
    struct yg_str text = big_text(400);
    struct yg_rng rng;

    (void)state;
    yg_rng_init(&rng, 11);
    print_message("# seed 11\n");
    for (int how = GZIP; how < PACKS; how++) {
        struct yg_str whole = packed((enum pack)how, text);
        char *bytes = malloc(whole.n);
        assert_non_null(bytes);
        for (int i = 0; i < 12; i++) {
            size_t n = 6 + yg_rng_below(&rng, whole.n - 7);
            int fd = file_of((struct yg_str){ whole.p, n });
            struct result r = read_all(fd, YG_FRAME_LINES);
            assert_int_equal(r.st, YG_EFORMAT);
            assert_true(r.records <= 400 && r.bytes <= text.n);
            close(fd);
        }
        for (int i = 0; i < 40; i++) {
            memcpy(bytes, whole.p, whole.n);
            size_t at = yg_rng_below(&rng, whole.n);
            bytes[at] = (char)(bytes[at] ^ 1 << yg_rng_below(&rng, 8));
            int fd = file_of((struct yg_str){ bytes, whole.n });
            (void)read_all(fd, YG_FRAME_LINES);
            close(fd);
        }
        free(bytes);
        drop(whole);
    }
    drop(text);
}

static void cut_record_is_marked(void **state)
{
    char noise[200000];
    struct yg_rng rng;

    (void)state;
    yg_rng_init(&rng, 5);
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)('!' + yg_rng_below(&rng, 90));
    noise[100] = '\n';
    struct yg_str z = packed(GZIP, (struct yg_str){ noise, sizeof(noise) });
    int fd = file_of((struct yg_str){ z.p, z.n / 2 });
    struct result r = read_all(fd, YG_FRAME_LINES);
    assert_int_equal(r.st, YG_EFORMAT);
    assert_int_equal(r.records, 2);
    assert_int_equal(r.reason, YG_R_TRUNCATED);
    close(fd);
    drop(z);
}

static void gzip_tail(void **state)
{
    static const struct {
        const char *what, *tail;
        size_t n;
        enum yg_status st;
    } row[] = {
        { "zeros are padding", "\0\0\0\0", 4, YG_OK },
        { "rubbish is not", "rubbish", 7, YG_EFORMAT },
        { "half a header is not", "\x1f\x8b", 2, YG_EFORMAT },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_str z = packed(GZIP, YG_STR("a\nb\n"));
        int fd = file_of(z);
        assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)z.n);
        assert_int_equal(write(fd, row[i].tail, row[i].n), (ssize_t)row[i].n);
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        struct result r = read_all(fd, YG_FRAME_LINES);
        if (r.st != row[i].st)
            print_message("# %s\n", row[i].what);
        assert_int_equal(r.st, row[i].st);
        assert_string_equal(r.text, "<a><b>");
        close(fd);
        drop(z);
    }
}

/* Records around the cap; a long one is cut, what follows it is whole. */
static void long_records(void **state)
{
    static const size_t size[] = { YG_RECORD_MAX - 1, YG_RECORD_MAX, YG_RECORD_MAX + 1,
                                   YG_RECORD_MAX + 2, 3 * YG_RECORD_MAX + 12345 };
    static const enum yg_framing how[] = { YG_FRAME_LINES, YG_FRAME_CSV, YG_FRAME_JSON };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(size) * YG_ARRAY_LEN(how); i++) {
        size_t n = size[i / YG_ARRAY_LEN(how)];
        char *p = malloc(n + 8);
        assert_non_null(p);
        memset(p, 'x', n);
        memcpy(p + n, "\nnext\n", 6);
        int fd = file_of((struct yg_str){ p, n + 6 });
        struct yg_batch *b = malloc(sizeof(*b));
        struct yg_input *in;
        assert_non_null(b);
        assert_int_equal(yg_input_open(fd, how[i % YG_ARRAY_LEN(how)], &in), YG_OK);
        yg_batch_clear(b, 0, 0);
        assert_int_equal(yg_input_frame(in, b, NULL), YG_OK);
        bool cut = n > YG_RECORD_MAX;
        assert_int_equal(b->record[0].raw.len, cut ? YG_RECORD_MAX : n);
        assert_int_equal(b->record[0].full_size, n);
        assert_int_equal(b->record[0].reason, cut ? YG_R_OVERSIZE : YG_R_NONE);
        if (b->count == 1) { /* a batch ends when it holds enough bytes */
            assert_int_equal(b->last, 0);
            yg_batch_clear(b, 1, 0);
            assert_int_equal(yg_input_frame(in, b, NULL), YG_OK);
        }
        const struct yg_record *r = &b->record[b->count - 1];
        assert_int_equal(yg_batch_str(b, r->raw).n, 4);
        assert_memory_equal(yg_batch_str(b, r->raw).p, "next", 4);
        assert_int_equal(r->line, 2);
        assert_int_equal(r->offset, n + 1);
        assert_int_equal(b->last, 1);
        yg_input_close(in);
        close(fd);
        free(b);
        free(p);
    }
}

/* An open quote with more behind it than a record may hold costs its own line only. */
static void open_quote_in_a_large_file(void **state)
{
    size_t room = 3 * YG_RECORD_MAX, n = 0, lines = 0;
    char *p = malloc(room + 64);

    (void)state;
    assert_non_null(p);
    n = (size_t)snprintf(p, 16, "a,\"b\n");
    while (n < room) {
        n += (size_t)snprintf(p + n, 32, "%zu,some text\n", lines);
        lines++;
    }
    int fd = file_of((struct yg_str){ p, n });
    struct result r = read_all(fd, YG_FRAME_CSV);
    assert_int_equal(r.records, lines + 1);
    assert_memory_equal(r.text, "<a,\"b><0,some text>", 19);
    assert_int_equal(r.last_line, lines + 1);
    close(fd);
    free(p);
}

/* A double quote is one wherever a read happens to end. */
static void double_quotes_across_reads(void **state)
{
    size_t n = 0, pairs = 300000;
    char *p = malloc(2 * pairs + 16);

    (void)state;
    assert_non_null(p);
    p[n++] = '"';
    memset(p + n, '"', 2 * pairs);
    n += 2 * pairs;
    memcpy(p + n, "\nb\",c\nd\n", 8);
    n += 8;
    int fd = file_of((struct yg_str){ p, n });
    struct result r = read_all(fd, YG_FRAME_CSV);
    assert_int_equal(r.records, 2);
    assert_string_equal(r.text, "<d>");
    close(fd);
    free(p);
}

/* Lines that look like the inside of each other's quotes do not make framing slow. */
static void quote_bomb(void **state)
{
    size_t n = 0, room = 4U << 20;
    char *p = malloc(room + 16);

    (void)state;
    assert_non_null(p);
    while (n < room)
        n += (size_t)snprintf(p + n, 16, "x\",\"\n");
    int fd = file_of((struct yg_str){ p, n });
    double start = yg_clock_cpu();
    struct result r = read_all(fd, YG_FRAME_CSV);
    assert_true(r.records > 0);
    assert_true(yg_clock_cpu() - start < 20.0);
    close(fd);
    free(p);
}

/* One gigabyte without a line end, from a file that has no blocks: little memory, and a
 * record behind it that is whole. */
static void gigabyte_line(void **state)
{
    const off_t size = 1 << 30;
    struct rusage before, after;
    int fd = memfd_create("sparse", 0);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "\nnext", 5, size), 5);
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    struct result r = read_all(fd, YG_FRAME_LINES);
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    assert_int_equal(r.records, 2);
    assert_int_equal(r.reason, YG_R_OVERSIZE);
    assert_int_equal(r.full_size, 4);
    assert_int_equal(r.bytes, size + 5);
    assert_true(after.ru_maxrss - before.ru_maxrss < 64 * 1024); /* KiB */
    close(fd);
}

/* A pipe delivers bytes as it likes. */
static void pipe_in_drops(void **state)
{
    struct yg_str z = packed(ZSTD, YG_STR("{\"a\":1}\n{\"a\":2}\n"));
    int end[2];

    (void)state;
    assert_int_equal(pipe(end), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(end[0]);
        for (size_t i = 0; i < z.n; i++)
            if (write(end[1], z.p + i, 1) != 1)
                _exit(1);
        _exit(0);
    }
    close(end[1]);
    struct result r = read_all(end[0], YG_FRAME_JSON);
    assert_string_equal(r.text, "<{\"a\":1}><{\"a\":2}>");
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(end[0]);
    drop(z);
}

static void unreadable(void **state)
{
    struct yg_input *in;
    struct yg_str head;
    struct yg_err err = { .status = YG_OK };
    int fd = open("/", 0);

    (void)state;
    assert_int_equal(yg_input_open(fd, YG_FRAME_LINES, &in), YG_OK);
    assert_int_equal(yg_input_peek(in, &head, &err), YG_EIO);
    assert_int_equal(err.status, YG_EIO);
    yg_input_close(in);
    yg_input_close(NULL);
    struct result r = read_all(fd, YG_FRAME_LINES);
    assert_int_equal(r.st, YG_EIO);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(framing),
        cmocka_unit_test(numbers_and_places),
        cmocka_unit_test(compressed_members),
        cmocka_unit_test(damaged_streams),
        cmocka_unit_test(cut_record_is_marked),
        cmocka_unit_test(gzip_tail),
        cmocka_unit_test(long_records),
        cmocka_unit_test(open_quote_in_a_large_file),
        cmocka_unit_test(double_quotes_across_reads),
        cmocka_unit_test(quote_bomb),
        cmocka_unit_test(gigabyte_line),
        cmocka_unit_test(pipe_in_drops),
        cmocka_unit_test(unreadable),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
