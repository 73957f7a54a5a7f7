/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/segwriter.h"

#include "intake/page.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#define SEGMENT_LEAST ((uint64_t)64 << 10)

void yg_segwriter_init(struct yg_segwriter *w)
{
    *w = (struct yg_segwriter){ .dirfd = -1, .fd = -1 };
}

static bool write_at(int fd, const void *p, size_t n, uint64_t offset)
{
    const char *at = p;

    while (n > 0) {
        ssize_t done = pwrite(fd, at, n, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = ENOSPC;
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
        offset += (uint64_t)done;
    }
    return true;
}

static bool write_head(const struct yg_segwriter *w, int fd, struct yg_buf *bytes)
{
    struct yg_str s = yg_buf_str(bytes);

    return write_at(fd, s.p, s.n, 0) && fdatasync(fd) == 0 && fsync(w->dirfd) == 0;
}

/* Begin segment `number`; what was open is closed. */
static enum yg_status begin(struct yg_segwriter *w, uint64_t number, struct yg_err *err)
{
    struct yg_segment_head h = { .number = number, .created_ns = yg_clock_now(w->clock) };
    char name[YG_SEGFILE_NAME];
    struct yg_buf bytes;

    if (number > YG_PAGE_SEGMENT_MAX)
        return yg_err_set(err, YG_ELIMIT, "the journal has no numbers left");
    randombytes_buf(h.nonce, sizeof(h.nonce));
    yg_buf_init(&bytes, YG_SEGMENT_HEAD_MAX);
    yg_segment_head_put(&bytes, &h, w->source, w->source_count);
    h.size = yg_buf_str(&bytes).n;
    enum yg_status st = yg_buf_status(&bytes);
    if (st != YG_OK) {
        yg_buf_fini(&bytes);
        return yg_err_set(err, st, "the mappings of all inputs are too large together");
    }
    yg_segfile_name(number, name);
    int fd = openat(w->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || !write_head(w, fd, &bytes)) {
        st = yg_err_errno(err, "cannot write the journal's segment %s", name);
        if (fd >= 0) {
            close(fd);
            unlinkat(w->dirfd, name, 0);
        }
    } else {
        if (w->fd >= 0)
            close(w->fd);
        w->fd = fd;
        w->head = h;
        w->offset = h.size;
        w->doubtful = false;
    }
    yg_buf_fini(&bytes);
    return st;
}

/* Nothing may be read there that was not told to be durable. */
static enum yg_status begin_next(struct yg_segwriter *w, struct yg_err *err)
{
    if (ftruncate(w->fd, (off_t)w->offset) != 0 || (w->doubtful && fsync(w->fd) != 0))
        return yg_err_errno(err, "cannot cut a segment of the journal");
    return begin(w, w->head.number + 1, err);
}

enum yg_status yg_segwriter_write(struct yg_segwriter *w, unsigned char *p, size_t n,
                                  struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (w->doubtful || (w->offset + n > w->most && w->offset > w->head.size))
        st = begin_next(w, err);
    if (st != YG_OK)
        return st;
    for (size_t at = 0; at < n;)
        at += yg_segment_stamp(p + at, &w->head, w->offset + at);
    if (!write_at(w->fd, p, n, w->offset))
        return yg_err_errno(err, "cannot write the journal");
    if (fdatasync(w->fd) != 0) {
        w->doubtful = true;
        return yg_err_errno(err, "cannot write the journal to the disk");
    }
    w->offset += n;
    return YG_OK;
}

struct yg_journal_place yg_segwriter_place(const struct yg_segwriter *w)
{
    return (struct yg_journal_place){ w->head.number, w->offset };
}

/* ---- accounts --------------------------------------------------------------------- */

static bool note_segment(struct yg_segwriter *w, uint64_t number, uint64_t bytes)
{
    if (w->count == w->room) {
        size_t room = w->room ? 2 * w->room : 64;
        struct yg_segwriter_size *more = realloc(w->size, room * sizeof(*more));
        if (!more)
            return false;
        w->size = more;
        w->room = room;
    }
    w->size[w->count++] = (struct yg_segwriter_size){ number, bytes };
    return true;
}

uint64_t yg_segwriter_account(struct yg_segwriter *w)
{
    struct yg_segwriter_size *last = w->count ? &w->size[w->count - 1] : NULL;
    uint64_t before = 0;

    if (!last || last->number != w->head.number) {
        if (!note_segment(w, w->head.number, w->offset))
            return 0;
    } else {
        before = last->bytes;
        last->bytes = w->offset;
    }
    return w->offset - before;
}

uint64_t yg_segwriter_used(struct yg_segwriter *w, struct yg_journal_place consumed)
{
    size_t gone = 0;
    uint64_t sum = 0;

    while (gone < w->count && w->size[gone].number < consumed.segment)
        gone++;
    if (gone > 0 && gone < w->count)
        memmove(w->size, w->size + gone, (w->count - gone) * sizeof(*w->size));
    w->count -= gone;
    for (size_t i = 0; i < w->count; i++) {
        const struct yg_segwriter_size *s = &w->size[i];
        uint64_t read = s->number == consumed.segment ? consumed.offset : 0;
        sum += read < s->bytes ? s->bytes - read : 0;
    }
    return sum;
}

/* ---- opening ---------------------------------------------------------------------- */

struct walk {
    const struct yg_segwriter_options *opt;
    struct yg_source source[YG_JOURNAL_SOURCES];
    uint32_t sources;
    struct yg_journal_place told; /* where the last writer said that it was */
};

static void read_sources(struct walk *k, const struct yg_segment_head *h)
{
    struct yg_cursor c = yg_cursor_of(h->sources.p, h->sources.n);

    for (k->sources = 0; k->sources < h->source_count; k->sources++)
        if (!yg_segment_source_get(&c, &k->source[k->sources]))
            break;
}

static void count_block(const struct walk *k, const struct yg_segment_block *b)
{
    struct yg_cursor c = yg_cursor_of(b->records.p, b->records.n);
    struct yg_journal_record rec;

    for (uint32_t i = 0; i < b->count && yg_segment_record_get(&c, &rec); i++)
        if (rec.source < k->sources)
            k->opt->left(k->opt->left_arg, k->source[rec.source].tenant,
                         k->source[rec.source].name, &rec);
}

/* Count what is whole from `from` on; `*end`: behind the last of it. */
static enum yg_status walk_blocks(struct walk *k, struct yg_segfile *f, uint64_t from,
                                  uint64_t *end, struct yg_err *err)
{
    uint64_t size = yg_segfile_size(f), at = from;
    struct yg_segment_block block;
    enum yg_status st;
    struct yg_buf kept; /* the window moves on */

    yg_buf_init(&kept, YG_SEGMENT_HEAD_MAX);
    yg_buf_str_add(&kept, f->head.sources);
    f->head.sources = yg_buf_str(&kept);
    read_sources(k, &f->head);
    *end = from < f->head.size ? f->head.size : from;
    do {
        st = yg_segfile_next(f, &at, size, &block, err);
        if (st == YG_OK) {
            *end = at;
            count_block(k, &block);
        }
    } while (st == YG_OK || st == YG_ECORRUPT);
    yg_buf_fini(&kept);
    return st == YG_EEND ? YG_OK : st;
}

/* What a writer that died left in one segment: the newest is cut behind its last block.
 */
static enum yg_status walk_segment(struct yg_segwriter *w, struct walk *k,
                                   uint64_t number, bool newest, struct yg_err *err)
{
    uint64_t end = 0, from = number == k->told.segment ? k->told.offset : 0;
    char name[YG_SEGFILE_NAME];
    struct yg_segfile f;
    enum yg_status st = yg_segfile_open(&f, w->dirfd, number, err);

    yg_segfile_name(number, name);
    uint64_t size = f.fd >= 0 ? yg_segfile_size(&f) : 0;
    if (st == YG_ECORRUPT) {
        /* The reader says so, unless it was never begun. */
        if (number > k->told.segment && size <= YG_SEGMENT_BLOCK)
            unlinkat(w->dirfd, name, 0);
        st = YG_OK;
    } else if (st == YG_OK) {
        st = walk_blocks(k, &f, from, &end, err);
        int fd = -1;
        if (st == YG_OK && newest && end < size)
            fd = openat(w->dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0) {
            if (ftruncate(fd, (off_t)end) != 0 || fsync(fd) != 0)
                st = yg_err_errno(err, "cannot cut the journal's segment %s", name);
            close(fd);
            size = end;
        }
    }
    yg_segfile_close(&f);
    if (st == YG_OK && !note_segment(w, number, size))
        st = yg_err_set(err, YG_ENOMEM, "no memory for the journal");
    return st;
}

static enum yg_status walk_all(struct yg_segwriter *w,
                               const struct yg_segwriter_options *opt,
                               struct yg_journal_place told, uint64_t *last,
                               struct yg_err *err)
{
    struct walk *k = calloc(1, sizeof(*k));
    uint64_t *list = NULL;
    size_t count = 0;

    if (!k)
        return yg_err_set(err, YG_ENOMEM, "no memory for the journal");
    k->opt = opt;
    k->told = told;
    enum yg_status st = yg_segfile_list(w->dirfd, &list, &count, err);
    for (size_t i = 0; i < count && st == YG_OK; i++) {
        *last = list[i];
        if (list[i] >= told.segment)
            st = walk_segment(w, k, list[i], i + 1 == count, err);
        else if (!note_segment(w, list[i], yg_segfile_bytes(w->dirfd, list[i])))
            st = yg_err_set(err, YG_ENOMEM, "no memory for the journal");
    }
    free(list);
    free(k);
    return st;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

enum yg_status yg_segwriter_open(struct yg_segwriter *w, const char *dir,
                                 const struct yg_segwriter_options *opt,
                                 const struct yg_intake_state *state, struct yg_err *err)
{
    struct yg_journal_place durable = yg_page_durable(state);
    struct yg_journal_place consumed = yg_page_consumed(state);
    uint64_t last = 0, now = 0;

    w->source = opt->source;
    w->source_count = opt->source_count;
    w->clock = opt->clock;
    w->most = opt->cap / 8 > YG_JOURNAL_SEGMENT ? YG_JOURNAL_SEGMENT
                                                : larger(opt->cap / 8, SEGMENT_LEAST);
    w->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->dirfd < 0)
        return yg_err_errno(err, "cannot open the journal's folder %s", dir);
    enum yg_status st = walk_all(
        w, opt, yg_place_before(durable, consumed) ? consumed : durable, &last, err);
    if (st != YG_OK)
        return st;
    if (yg_clock_now(opt->clock) > 0)
        now = (uint64_t)(yg_clock_now(opt->clock) / YG_NS_PER_S);
    last = larger(larger(last, now), larger(durable.segment, consumed.segment));
    st = begin(w, last + 1, err);
    if (st == YG_OK)
        yg_segwriter_account(w);
    return st;
}

void yg_segwriter_close(struct yg_segwriter *w)
{
    if (w->fd >= 0) {
        if (ftruncate(w->fd, (off_t)w->offset) != 0)
            w->doubtful = true; /* opening it again cuts it */
        close(w->fd);
    }
    if (w->dirfd >= 0)
        close(w->dirfd);
    free(w->size);
    yg_segwriter_init(w);
}
