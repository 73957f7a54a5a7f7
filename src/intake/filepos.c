/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/filepos.h"

#include "base/buf.h"
#include "base/disk.h"
#include "conf/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_SIZE 200
#define TEXT_MAX  ((size_t)YG_FILEPOS_MAX * LINE_SIZE)
#define SALT      UINT64_C(0x706c616365)

/* The hash of [from, to) of a file; 0: it has not so much. */
static uint64_t hash_range(int fd, uint64_t from, uint64_t to)
{
    char bytes[YG_FILEPOS_BYTES];
    size_t n = (size_t)(to - from), have = 0;

    while (have < n) {
        ssize_t got = pread(fd, bytes + have, n - have, (off_t)(from + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        have += (size_t)got;
    }
    return yg_hash_str(SALT, (struct yg_str){ bytes, n });
}

static uint64_t tail_of(int fd, uint64_t offset)
{
    return hash_range(fd, offset < YG_FILEPOS_BYTES ? 0 : offset - YG_FILEPOS_BYTES,
                      offset);
}

/* generation device inode offset head-bytes head tail seen */
static bool read_line(struct yg_str line, struct yg_filepos *at)
{
    uint64_t *const number[] = { &at->device, &at->inode, &at->offset,
                                 &at->head_n, &at->head,  &at->tail };

    *at = (struct yg_filepos){ .offset = 0 };
    if (!yg_unhex(yg_str_cut(&line, ' '), at->generation, sizeof(at->generation)))
        return false;
    for (size_t i = 0; i < YG_ARRAY_LEN(number); i++)
        if (!line.p || !yg_str_u64(yg_str_cut(&line, ' '), number[i]))
            return false;
    return line.p && at->head_n <= YG_FILEPOS_BYTES && yg_str_i64(line, &at->seen_s);
}

enum yg_status yg_filepos_open(struct yg_filepos_list *p, const char *path,
                               struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_str text = YG_STR_NONE;

    *p = (struct yg_filepos_list){ .place = calloc(YG_FILEPOS_MAX,
                                                   sizeof(struct yg_filepos)) };
    if (!p->place ||
        (size_t)snprintf(p->path, sizeof(p->path), "%s", path) >= sizeof(p->path) - 8)
        return yg_err_set(err, YG_ENOMEM, "no memory for the places of files");
    p->fresh = access(path, F_OK) != 0;
    if (p->fresh)
        return YG_OK;
    yg_arena_init(&arena, 4 * TEXT_MAX);
    enum yg_status st = yg_textfile_read(&arena, path, TEXT_MAX, &text, err);
    while (st == YG_OK && text.p && p->count < YG_FILEPOS_MAX)
        p->count += read_line(yg_str_cut(&text, '\n'), &p->place[p->count]);
    yg_arena_fini(&arena);
    return st;
}

void yg_filepos_close(struct yg_filepos_list *p)
{
    free(p->place);
    *p = (struct yg_filepos_list){ .count = 0 };
}

static void print_place(struct yg_buf *out, const struct yg_filepos *at)
{
    char hex[33];

    yg_hex(at->generation, sizeof(at->generation), hex);
    yg_buf_printf(out, "%s %llu %llu %llu %llu %llu %llu %lld\n", hex,
                  (unsigned long long)at->device, (unsigned long long)at->inode,
                  (unsigned long long)at->offset, (unsigned long long)at->head_n,
                  (unsigned long long)at->head, (unsigned long long)at->tail,
                  (long long)at->seen_s);
}

enum yg_status yg_filepos_save(const struct yg_filepos_list *p, struct yg_err *err)
{
    struct yg_buf out;

    yg_buf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < p->count; i++)
        print_place(&out, &p->place[i]);
    bool ok =
        yg_buf_status(&out) == YG_OK && yg_disk_replace(p->path, yg_buf_str(&out), 0600);
    enum yg_status st = ok ? YG_OK : yg_err_errno(err, "cannot write %s", p->path);
    yg_buf_fini(&out);
    return st;
}

bool yg_filepos_begins(const struct yg_filepos *at, int fd)
{
    return at->head_n == 0 || hash_range(fd, 0, at->head_n) == at->head;
}

/* One of which nothing was durable yet is known by its beginning and inode only. */
static bool fits(const struct yg_filepos *at, int fd, uint64_t size, bool same)
{
    if (size < at->offset || size < at->head_n || at->head_n == 0 ||
        hash_range(fd, 0, at->head_n) != at->head)
        return false;
    /* Two short files may be equal by chance; then each is read. */
    return at->offset == 0 ? same
                           : (same || at->offset >= YG_FILEPOS_BYTES) &&
                                 tail_of(fd, at->offset) == at->tail;
}

struct yg_filepos *yg_filepos_find(struct yg_filepos_list *p, int fd, bool *copy)
{
    struct yg_filepos *best = NULL;
    struct stat sb;

    *copy = false;
    if (fstat(fd, &sb) != 0)
        return NULL;
    for (size_t i = 0; i < p->count; i++) {
        struct yg_filepos *at = &p->place[i];
        bool same = at->device == (uint64_t)sb.st_dev && at->inode == (uint64_t)sb.st_ino;
        if (at->used) {
            *copy =
                *copy || (at->head_n == YG_FILEPOS_BYTES && yg_filepos_begins(at, fd));
            continue;
        }
        if (!fits(at, fd, (uint64_t)sb.st_size, same))
            continue;
        if (!best || same || at->offset > best->offset)
            best = at;
        if (same)
            break;
    }
    return best;
}

struct yg_filepos *yg_filepos_add(struct yg_filepos_list *p, int fd, int64_t now_s)
{
    struct yg_filepos *at = p->count < YG_FILEPOS_MAX ? &p->place[p->count] : NULL;
    struct stat sb;

    if (fstat(fd, &sb) != 0)
        return NULL;
    if (at)
        p->count++;
    for (size_t i = 0; p->count == YG_FILEPOS_MAX && i < p->count; i++)
        if (!p->place[i].used && (!at || p->place[i].seen_s < at->seen_s))
            at = &p->place[i];
    if (!at)
        return NULL;
    uint64_t size = (uint64_t)sb.st_size;
    *at =
        (struct yg_filepos){ .device = (uint64_t)sb.st_dev,
                             .inode = (uint64_t)sb.st_ino,
                             .head_n = size < YG_FILEPOS_BYTES ? size : YG_FILEPOS_BYTES,
                             .seen_s = now_s,
                             .used = true };
    at->head = hash_range(fd, 0, at->head_n);
    randombytes_buf(at->generation, sizeof(at->generation));
    return at;
}

bool yg_filepos_move(struct yg_filepos *at, int fd, uint64_t offset, int64_t now_s)
{
    struct stat sb;
    uint64_t head_n = offset < YG_FILEPOS_BYTES ? offset : YG_FILEPOS_BYTES;
    uint64_t head = hash_range(fd, 0, head_n), tail = tail_of(fd, offset);

    if (fstat(fd, &sb) != 0 || (uint64_t)sb.st_size < offset || !head || !tail ||
        !yg_filepos_begins(at, fd)) /* truncated, and grown again */
        return false;
    at->device = (uint64_t)sb.st_dev;
    at->inode = (uint64_t)sb.st_ino;
    at->offset = offset;
    at->head_n = head_n;
    at->head = head;
    at->tail = tail;
    at->seen_s = now_s;
    return true;
}
