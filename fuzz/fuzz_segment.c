/* SPDX-License-Identifier: Apache-2.0 */
/* A segment's file of any bytes is read to its end without harm. A whole segment with two
 * units is made, bytes of the input are laid over it, and what is read are records of it
 * or damage: never another record than was written. First byte: 0 the input is the file,
 * 1 it is the records of a whole block, else it is laid over. */
#include "intake/segfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NUMBER 7
#define UNITS  3

static const struct yg_source source = { .tenant = { "t", 1 },
                                         .name = { "s", 1 },
                                         .format = { "log", 3 } };

/* The bytes of a segment: records "0", "00", "1", "11" ... of UNITS units. */
static size_t make_segment(unsigned char *p, size_t room)
{
    struct yg_segment_head h = { .number = NUMBER, .nonce = { 1, 2, 3 } };
    struct yg_buf head;
    size_t n;

    yg_buf_init(&head, room);
    yg_segment_head_put(&head, &h, &source, 1);
    n = yg_buf_str(&head).n;
    memcpy(p, yg_buf_str(&head).p, n);
    yg_buf_fini(&head);
    for (int i = 0; i < UNITS; i++) {
        char text[2] = { (char)('0' + i), (char)('0' + i) };
        struct yg_journal_record rec[2] = { { .raw = { text, 1 } },
                                            { .raw = { text, 2 } } };
        yg_segment_unit_put(p + n, rec, 2);
        n += yg_segment_stamp(p + n, &h, n);
    }
    return n;
}

static void check_record(const struct yg_journal_record *rec)
{
    if (rec->raw.n < 1 || rec->raw.n > 2 || rec->raw.p[0] < '0' ||
        rec->raw.p[0] >= '0' + UNITS || rec->raw.p[rec->raw.n - 1] != rec->raw.p[0])
        abort();
}

/* Read all; with `known` every record must be one that was written. */
static void read_all(int dirfd, bool known)
{
    struct yg_segfile f;
    struct yg_segment_block block;
    uint64_t at = 0, before = 0;
    enum yg_status st = yg_segfile_open(&f, dirfd, NUMBER, NULL);

    for (bool more = st == YG_OK; more; before = at) {
        st = yg_segfile_next(&f, &at, yg_segfile_size(&f), &block, NULL);
        more = st == YG_OK || st == YG_ECORRUPT;
        if (more && at <= before)
            abort(); /* it would never end */
        struct yg_cursor c =
            yg_cursor_of(block.records.p, st == YG_OK ? block.records.n : 0);
        struct yg_journal_record rec;
        for (uint32_t i = 0; st == YG_OK && i < block.count; i++) {
            if (!yg_segment_record_get(&c, &rec))
                break;
            if (known)
                check_record(&rec);
        }
    }
    yg_segfile_close(&f);
}

static char dir[] = "/tmp/yagura-fuzz-XXXXXX";

static void remove_dir(void)
{
    rmdir(dir);
}

static int open_dir(void)
{
    if (!mkdtemp(dir) || atexit(remove_dir) != 0)
        abort();
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A block whose hash is right and whose records are any bytes. */
static size_t wrap(unsigned char *p, const uint8_t *data, size_t size)
{
    struct yg_segment_head h = { .number = NUMBER, .nonce = { 1, 2, 3 } };
    struct yg_segment_head got;
    struct yg_journal_record rec = { .raw = { (const char *)data, size } };
    size_t n = make_segment(p, 1024);

    if (yg_segment_head_get((struct yg_str){ (const char *)p, n }, &got) != YG_OK)
        abort();
    unsigned char *at = p + got.size;
    yg_segment_unit_put(at, &rec, 1);
    memcpy(at + YG_SEGMENT_BLOCK, data, size);
    return got.size + yg_segment_stamp(at, &h, got.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int dirfd = -1;
    unsigned char bytes[8192];
    char name[YG_SEGFILE_NAME];

    if (dirfd < 0)
        dirfd = open_dir();
    if (size < 3 || size > 2048)
        return 0;
    size_t n = make_segment(bytes, 1024);
    size_t at = (data[1] | (size_t)data[2] << 8) % (n + 1);
    if (data[0] == 0) {
        n = size - 1;
        memcpy(bytes, data + 1, n);
    } else if (data[0] == 1) {
        n = wrap(bytes, data + 1, size - 1);
    } else {
        memcpy(bytes + at, data + 3, size - 3);
        n = n > at + size - 3 ? n : at + size - 3;
    }
    int fd = openat(dirfd, yg_segfile_name(NUMBER, name),
                    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
        abort();
    close(fd);
    read_all(dirfd, data[0] > 1);
    unlinkat(dirfd, name, 0);
    return 0;
}
