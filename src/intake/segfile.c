/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/segfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW    (YG_SEGMENT_HEAD_MAX + ((size_t)1 << 20))
#define READ_SIZE ((size_t)256 << 10)
#define LIST_MAX  ((size_t)1 << 20)

const char *yg_segfile_name(uint64_t number, char out[YG_SEGFILE_NAME])
{
    snprintf(out, YG_SEGFILE_NAME, "%016llu.ygj",
             (unsigned long long)(number <= UINT32_MAX ? number : UINT32_MAX));
    return out;
}

static bool number_of(const char *name, uint64_t *number)
{
    struct yg_str s = yg_str_of(name);

    return s.n == 20 && strcmp(name + 16, ".ygj") == 0 &&
           yg_str_u64((struct yg_str){ s.p, 16 }, number) && *number <= UINT32_MAX;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static enum yg_status list_dir(DIR *d, uint64_t **list, size_t *count, struct yg_err *err)
{
    size_t size = 0;
    uint64_t number;

    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (!number_of(e->d_name, &number))
            continue;
        if (*count == size) {
            size = size ? 2 * size : 64;
            uint64_t *more =
                size <= LIST_MAX ? realloc(*list, size * sizeof(*more)) : NULL;
            if (!more)
                return yg_err_set(err, YG_ENOMEM, "no memory for the journal");
            *list = more;
        }
        (*list)[(*count)++] = number;
    }
    if (*count > 1)
        qsort(*list, *count, sizeof(**list), by_number);
    return YG_OK;
}

enum yg_status yg_segfile_list(int dirfd, uint64_t **out, size_t *count,
                               struct yg_err *err)
{
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    uint64_t *list = NULL;
    size_t n = 0;

    if (!d) {
        enum yg_status st = yg_err_errno(err, "cannot read the journal's folder");
        if (fd >= 0)
            close(fd);
        return st;
    }
    enum yg_status st = list_dir(d, &list, &n, err);
    closedir(d);
    if (st != YG_OK) {
        free(list);
        return st;
    }
    *out = list;
    *count = n;
    return YG_OK;
}

/* Read up to `size` bytes into `p`, of which `*have` are there; fewer at the file's end.
 */
static bool read_at(int fd, uint64_t offset, char *p, size_t size, size_t *have)
{
    while (*have < size) {
        ssize_t got = pread(fd, p + *have, size - *have, (off_t)(offset + *have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        *have += (size_t)got;
    }
    return true;
}

/* Move the window so that it begins at `offset`, with `have` bytes of before, and fill
 * it. */
static enum yg_status refill(struct yg_segfile *f, uint64_t offset, size_t have,
                             size_t size)
{
    if (have > 0)
        memmove(f->window.p, f->window.p + (offset - f->from), have);
    yg_buf_clear(&f->window);
    f->from = offset;
    char *p = yg_buf_reserve(&f->window, size);
    if (!p)
        return YG_ENOMEM;
    bool ok = read_at(f->fd, offset, p, size, &have);
    f->window.n = ok ? have : 0;
    return ok ? YG_OK : YG_EIO;
}

/* Have [offset, offset + need) in the window, more if it is cheap, nothing past `limit`.
 * What is there is `*out`: shorter where the file or the limit ends. */
static enum yg_status load(struct yg_segfile *f, uint64_t offset, size_t need,
                           uint64_t limit, struct yg_str *out)
{
    struct yg_str w = yg_buf_str(&f->window);
    size_t most = limit > offset ? (size_t)(limit - offset) : 0;
    size_t have = 0;

    if (offset >= f->from && offset - f->from <= w.n)
        have = w.n - (size_t)(offset - f->from);
    if (have < need && have < most) {
        size_t size = need > READ_SIZE ? need : READ_SIZE;
        enum yg_status st = refill(f, offset, have, size < most ? size : most);
        if (st != YG_OK)
            return st;
    }
    w = yg_buf_str(&f->window);
    have = offset - f->from <= w.n ? w.n - (size_t)(offset - f->from) : 0;
    *out = (struct yg_str){ have ? w.p + (offset - f->from) : "",
                            have < most ? have : most };
    return YG_OK;
}

static enum yg_status read_head(struct yg_segfile *f, uint64_t number)
{
    struct yg_str bytes;
    size_t need = READ_SIZE;

    for (;;) {
        enum yg_status st = load(f, 0, need, UINT64_MAX, &bytes);
        if (st != YG_OK)
            return st;
        st = yg_segment_head_get(bytes, &f->head);
        if (st == YG_OK) {
            f->window.n = f->head.size; /* what follows may still be written */
            return f->head.number == number ? YG_OK : YG_ECORRUPT;
        }
        if (st != YG_EEND || bytes.n < need)
            return YG_ECORRUPT;
        need = f->head.size;
    }
}

enum yg_status yg_segfile_open(struct yg_segfile *f, int dirfd, uint64_t number,
                               struct yg_err *err)
{
    char name[YG_SEGFILE_NAME];

    *f = (struct yg_segfile){ .fd = -1 };
    yg_buf_init(&f->window, WINDOW);
    yg_segfile_name(number, name);
    f->fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (f->fd < 0 && errno == ENOENT)
        return yg_err_set(err, YG_ENOTFOUND, "no segment %s", name);
    if (f->fd < 0)
        return yg_err_errno(err, "cannot open the journal's segment %s", name);
    enum yg_status st = read_head(f, number);
    if (st == YG_ECORRUPT)
        yg_err_set(err, st, "the journal's segment %s is damaged at its head", name);
    else if (st == YG_EIO)
        yg_err_errno(err, "cannot read the journal's segment %s", name);
    else if (st != YG_OK)
        yg_err_set(err, st, "no memory for the journal's segment %s", name);
    return st;
}

void yg_segfile_close(struct yg_segfile *f)
{
    if (f->fd >= 0)
        close(f->fd);
    yg_buf_fini(&f->window);
    *f = (struct yg_segfile){ .fd = -1 };
}

uint64_t yg_segfile_size(const struct yg_segfile *f)
{
    struct stat sb;

    return fstat(f->fd, &sb) == 0 && sb.st_size > 0 ? (uint64_t)sb.st_size : 0;
}

uint64_t yg_segfile_bytes(int dirfd, uint64_t number)
{
    char name[YG_SEGFILE_NAME];
    struct stat sb;

    return fstatat(dirfd, yg_segfile_name(number, name), &sb, 0) == 0 && sb.st_size > 0
               ? (uint64_t)sb.st_size
               : 0;
}

static enum yg_status load_failed(enum yg_status st, uint64_t number, struct yg_err *err)
{
    return st == YG_EIO ? yg_err_errno(err, "cannot read segment %llu of the journal",
                                       (unsigned long long)number)
                        : yg_err_set(err, st, "no memory for the journal");
}

/* The block at `offset`, in memory as a whole. YG_ECORRUPT: there is none. */
static enum yg_status block_at(struct yg_segfile *f, uint64_t offset, uint64_t limit,
                               struct yg_segment_block *out, struct yg_err *err)
{
    size_t need = YG_SEGMENT_BLOCK;
    struct yg_str bytes;

    for (;;) {
        enum yg_status st = load(f, offset, need, limit, &bytes);
        if (st != YG_OK)
            return load_failed(st, f->head.number, err);
        st = yg_segment_block_get(&f->head, offset, bytes, out);
        if (st != YG_EEND)
            return st;
        if (bytes.n < need)
            return YG_ECORRUPT;
        need = out->size;
    }
}

/* The first whole block behind `*offset`, else the limit. */
static enum yg_status seek_block(struct yg_segfile *f, uint64_t *offset, uint64_t limit,
                                 struct yg_err *err)
{
    struct yg_segment_block block;
    struct yg_str bytes;
    uint64_t at = *offset + 1;

    while (at < limit) {
        enum yg_status st = load(f, at, YG_SEGMENT_BLOCK, limit, &bytes);
        if (st != YG_OK)
            return load_failed(st, f->head.number, err);
        if (bytes.n < YG_SEGMENT_BLOCK)
            break;
        size_t skip = yg_segment_block_seek(&f->head, at, bytes);
        at += skip;
        if (skip > 0)
            continue;
        st = block_at(f, at, limit, &block, err);
        if (st == YG_OK) {
            *offset = at;
            return YG_OK;
        }
        if (st != YG_ECORRUPT)
            return st;
        at++;
    }
    *offset = limit;
    return YG_OK;
}

enum yg_status yg_segfile_next(struct yg_segfile *f, uint64_t *offset, uint64_t limit,
                               struct yg_segment_block *out, struct yg_err *err)
{
    uint64_t from = *offset < f->head.size ? f->head.size : *offset;

    if (from >= limit)
        return YG_EEND;
    enum yg_status st = block_at(f, from, limit, out, err);
    if (st == YG_OK) {
        *offset = from + out->size;
        return YG_OK;
    }
    if (st != YG_ECORRUPT)
        return st;
    uint64_t to = from;
    st = seek_block(f, &to, limit, err);
    if (st != YG_OK)
        return st;
    *offset = to;
    return yg_err_set(err, YG_ECORRUPT,
                      "segment %llu of the journal is damaged from byte %llu to %llu; "
                      "what was there is lost",
                      (unsigned long long)f->head.number, (unsigned long long)from,
                      (unsigned long long)to);
}
