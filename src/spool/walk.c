/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER  ((size_t)1 << 20)
#define OPTIONS ((size_t)64 << 10) /* of an interface block, that are looked at */
#define BLOCK   (UINT32_C(16) << 20)

#define PCAP_HEAD 24

#define MAGIC_US    UINT32_C(0xa1b2c3d4)
#define MAGIC_NS    UINT32_C(0xa1b23c4d)
#define MAGIC_ORDER UINT32_C(0x1a2b3c4d)

enum { BLOCK_INTERFACE = 1, BLOCK_SIMPLE = 3, BLOCK_SECTION = 0x0a0d0d0a };

struct yg_walk {
    int fd;
    uint64_t to;
    uint64_t pos;  /* place in the file of buf[at] */
    size_t at, n;  /* buf[at..n) is read and not walked */
    uint64_t done; /* end of the last whole record */
    uint64_t passed;
    struct yg_face section; /* of plain pcap: its only interface */
    uint32_t next_id;       /* of the next interface of this section */
    size_t faces, section_face;
    enum yg_walk_step over; /* != YG_WALK_FRAME: that is how it ended */
    struct yg_face face[YG_FACES_MAX];
    unsigned char buf[BUFFER];
};

struct yg_walk *yg_walk_new(int fd, uint64_t from, uint64_t to,
                            const struct yg_face *face, size_t faces)
{
    struct yg_walk *w = malloc(sizeof(*w));

    if (!w)
        return NULL;
    memset(w, 0, offsetof(struct yg_walk, face));
    w->fd = fd;
    w->to = to;
    w->pos = w->done = from;
    YG_ASSERT(faces <= YG_FACES_MAX && (from == 0) == (faces == 0));
    for (size_t i = 0; i < faces; i++) {
        w->face[i] = face[i];
        if (i == 0 || face[i].at != w->section.at) {
            w->section = face[i];
            w->section_face = i;
        }
    }
    w->faces = faces;
    if (faces)
        w->next_id = face[faces - 1].id + 1;
    if (lseek(fd, (off_t)from, SEEK_SET) < 0)
        w->over = YG_WALK_FAILED;
    return w;
}

void yg_walk_free(struct yg_walk *w)
{
    free(w);
}

uint64_t yg_walk_done(const struct yg_walk *w)
{
    return w->done;
}

uint64_t yg_walk_passed(const struct yg_walk *w)
{
    return w->passed;
}

const struct yg_face *yg_walk_faces(const struct yg_walk *w, size_t *count)
{
    *count = w->faces;
    return w->face;
}

/* Move what is left to the front and read more. */
static YG_NOINLINE bool fill(struct yg_walk *w, size_t want)
{
    memmove(w->buf, w->buf + w->at, w->n - w->at);
    w->n -= w->at;
    w->at = 0;
    while (w->n < want) {
        ssize_t n = read(w->fd, w->buf + w->n, BUFFER - w->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            w->over = n < 0 ? YG_WALK_FAILED : YG_WALK_CUT;
            return false;
        }
        w->n += (size_t)n;
    }
    return true;
}

/* Have the next `want` bytes in the buffer. False: `over` is set. */
static inline bool need(struct yg_walk *w, size_t want)
{
    if (want > w->to - w->pos) {
        w->over = YG_WALK_CUT;
        return false;
    }
    return want <= w->n - w->at || fill(w, want);
}

/* Pass over a record of `size` bytes that must be whole. */
static bool skip(struct yg_walk *w, uint64_t size)
{
    if (size > w->to - w->pos) {
        w->over = YG_WALK_CUT;
        return false;
    }
    w->pos += size;
    if (size <= w->n - w->at) {
        w->at += (size_t)size;
    } else {
        w->at = w->n = 0;
        if (lseek(w->fd, (off_t)w->pos, SEEK_SET) < 0) {
            w->over = YG_WALK_FAILED;
            return false;
        }
    }
    /* A section is gone on with from its begin until it has declared an interface. */
    if (w->faces > w->section_face)
        w->done = w->pos;
    return true;
}

static struct yg_str view(const struct yg_walk *w, size_t n)
{
    return (struct yg_str){ (const char *)w->buf + w->at, n };
}

static bool add_face(struct yg_walk *w, const struct yg_face *f)
{
    if (w->faces == YG_FACES_MAX) {
        w->over = YG_WALK_DAMAGED;
        return false;
    }
    w->face[w->faces++] = *f;
    w->next_id++;
    return true;
}

/* What some systems write for raw IP. */
static uint32_t linktype_of(uint32_t in_file)
{
    return in_file == 12 || in_file == 14 ? 101 : in_file;
}

static bool begin_pcap(struct yg_walk *w, bool big, bool nano)
{
    if (!need(w, PCAP_HEAD))
        return false;
    struct yg_cursor c = yg_cursor_of(w->buf + w->at, PCAP_HEAD);
    yg_cursor_take(&c, 20);
    w->section =
        (struct yg_face){ .kind = YG_CAP_PCAP,
                          .big = big,
                          .resol = nano ? 9 : 6,
                          .linktype = linktype_of(yg_ordered32(&c, big) & 0xffff) };
    return add_face(w, &w->section) && skip(w, PCAP_HEAD);
}

/* The file's head: which kind, which byte order. */
static bool begin(struct yg_walk *w)
{
    if (!need(w, 4))
        return false;
    struct yg_cursor le = yg_cursor_of(w->buf + w->at, 4), be = le;
    uint32_t l = yg_cursor_le32(&le), b = yg_cursor_be32(&be);

    if (l == MAGIC_US || l == MAGIC_NS)
        return begin_pcap(w, false, l == MAGIC_NS);
    if (b == MAGIC_US || b == MAGIC_NS)
        return begin_pcap(w, true, b == MAGIC_NS);
    w->section.kind = YG_CAP_PCAPNG;
    if (l == BLOCK_SECTION)
        return true; /* the block is walked like any other */
    w->over = YG_WALK_ALIEN;
    return false;
}

static bool section(struct yg_walk *w)
{
    if (!need(w, 12))
        return false;
    struct yg_cursor c = yg_cursor_of(w->buf + w->at, 12), order = c;
    yg_cursor_take(&order, 8);
    uint32_t mark = yg_cursor_le32(&order);
    bool big = mark != MAGIC_ORDER;
    if (big && mark != __builtin_bswap32(MAGIC_ORDER)) {
        w->over = w->pos == 0 ? YG_WALK_ALIEN : YG_WALK_DAMAGED;
        return false;
    }
    yg_cursor_take(&c, 4);
    uint32_t size = yg_ordered32(&c, big);
    if (size < 28 || size % 4 != 0 || size > BLOCK) {
        w->over = YG_WALK_DAMAGED;
        return false;
    }
    w->section = (struct yg_face){ .kind = YG_CAP_PCAPNG, .big = big, .at = w->pos };
    w->section_face = w->faces;
    w->next_id = 0;
    return skip(w, size);
}

/* if_tsresol and if_tsoffset. */
static void options(struct yg_cursor *c, struct yg_face *f)
{
    while (yg_cursor_left(c) >= 4) {
        uint16_t code = yg_ordered16(c, f->big), n = yg_ordered16(c, f->big);
        struct yg_str v = yg_cursor_take(c, n);
        struct yg_cursor in = yg_cursor_of(v.p, v.n);
        yg_cursor_take(c, -(size_t)n & 3);
        if (code == 0)
            return;
        if (code == 9 && n == 1) {
            f->resol = yg_cursor_u8(&in);
        } else if (code == 14 && n == 8) {
            uint64_t a = yg_ordered32(&in, f->big), b = yg_ordered32(&in, f->big);
            f->shift_s = (int64_t)(f->big ? a << 32 | b : b << 32 | a);
        }
    }
}

static bool interface(struct yg_walk *w, uint32_t size)
{
    size_t look = size < OPTIONS ? size : OPTIONS;

    if (size < 20) {
        w->over = YG_WALK_DAMAGED;
        return false;
    }
    if (!need(w, look))
        return false;
    struct yg_face f = w->section;
    struct yg_cursor c = yg_cursor_of(w->buf + w->at, look - 4);
    yg_cursor_take(&c, 8);
    f.id = w->next_id;
    f.resol = 6;
    f.linktype = linktype_of(yg_ordered16(&c, f.big));
    yg_cursor_take(&c, 6); /* reserved, snap length */
    options(&c, &f);
    if (w->pos + size > w->to) { /* a cut block declares nothing */
        w->over = YG_WALK_CUT;
        return false;
    }
    return add_face(w, &f) && skip(w, size);
}

/* Pass blocks until a packet stands here. */
static bool to_packet(struct yg_walk *w)
{
    for (;;) {
        if (w->pos == w->to) {
            w->over = YG_WALK_WHOLE;
            return false;
        }
        if (!need(w, 8))
            return false;
        struct yg_cursor c = yg_cursor_of(w->buf + w->at, 8);
        uint32_t type = yg_ordered32(&c, w->section.big);
        uint32_t size = yg_ordered32(&c, w->section.big);

        if (type == BLOCK_SECTION) {
            if (!section(w))
                return false;
            continue;
        }
        if (size < 12 || size % 4 != 0 || size > BLOCK) {
            w->over = YG_WALK_DAMAGED;
            return false;
        }
        if (type == 6 || type == 2)
            return true;
        if (type == BLOCK_SIMPLE)
            w->passed++;
        if (!(type == BLOCK_INTERFACE ? interface(w, size) : skip(w, size)))
            return false;
    }
}

static const struct yg_face *face_of(const struct yg_walk *w, uint32_t id)
{
    return id < w->faces - w->section_face ? &w->face[w->section_face + id] : NULL;
}

/* The record that stands here. False: `over` is set. */
static bool packet(struct yg_walk *w, struct yg_record *r)
{
    size_t head = w->section.kind == YG_CAP_PCAP ? 16 : YG_RECORD_HEAD;

    if (!need(w, head))
        return false;
    if (!yg_record_read(&w->section, view(w, head), r)) {
        w->over = YG_WALK_DAMAGED;
        return false;
    }
    if (r->size > w->to - w->pos) {
        w->over = YG_WALK_CUT;
        return false;
    }
    return need(w, r->head + r->captured);
}

enum yg_walk_step yg_walk_next(struct yg_walk *w, struct yg_frame *out)
{
    struct yg_record r;

    while (w->over == YG_WALK_FRAME) {
        if (w->pos == w->to) {
            w->over = YG_WALK_WHOLE;
            break;
        }
        if (w->pos == 0 && w->faces == 0 && !begin(w))
            break;
        if (w->section.kind == YG_CAP_PCAPNG && !to_packet(w))
            break;
        if (!packet(w, &r))
            break;
        const struct yg_face *f = face_of(w, r.face);
        int64_t time_ns;
        if (!f || !yg_face_time(f, r.ticks, &time_ns)) {
            w->passed++;
            if (!skip(w, r.size))
                break;
            continue;
        }
        *out = (struct yg_frame){
            .time_ns = time_ns, .wire = r.wire, .linktype = f->linktype, .offset = w->pos
        };
        /* Stays in the buffer: that is filled anew by the next call at the earliest. */
        struct yg_str whole = view(w, r.head + r.captured);
        out->bytes = (struct yg_str){ whole.p + r.head, r.captured };
        if (!skip(w, r.size))
            break;
        return YG_WALK_FRAME;
    }
    return w->over;
}
