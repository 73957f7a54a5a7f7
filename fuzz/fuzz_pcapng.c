/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a capture file, pcap or pcapng. Each frame must lie in the file, be read
 * the same when only its place is known, and a walk in two stretches (a file that grew)
 * must meet the frames that one walk meets. The first byte says where it is cut. */
#include "spool/walk.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    const uint8_t *data; /* the file */
    int fd;
    uint64_t frames, sum;
    enum yg_walk_step end;
    /* Where the next walk goes on, and what it must be told. */
    uint64_t from;
    size_t faces;
    struct yg_face face[YG_FACES_MAX];
};

static void check_frame(const struct yg_walk *w, const struct yg_frame *f,
                        const uint8_t *data, size_t size)
{
    size_t faces;
    const struct yg_face *face = yg_walk_faces(w, &faces), *section = NULL;
    struct yg_record r;

    for (size_t i = 0; i < faces; i++)
        if (face[i].at <= f->offset && (!section || face[i].at > section->at))
            section = &face[i];
    if (!section || f->offset >= size || f->time_ns < 0)
        abort();
    size_t left = size - f->offset;
    struct yg_str head = { (const char *)data + f->offset,
                           left < YG_RECORD_HEAD ? left : YG_RECORD_HEAD };
    if (!yg_record_read(section, head, &r) || r.size > left || r.captured != f->bytes.n ||
        (r.captured && memcmp(data + f->offset + r.head, f->bytes.p, r.captured) != 0))
        abort();
}

/* Walk up to `to`, on from where the last walk ended. */
static void walk(struct seen *s, uint64_t to)
{
    struct yg_walk *w = yg_walk_new(s->fd, s->from, to, s->face, s->faces);
    struct yg_frame f;

    if (!w)
        abort();
    while ((s->end = yg_walk_next(w, &f)) == YG_WALK_FRAME) {
        check_frame(w, &f, s->data, to);
        s->frames++;
        s->sum = s->sum * 31 + f.offset + (uint64_t)f.time_ns + f.linktype;
    }
    if (yg_walk_next(w, &f) != s->end || yg_walk_done(w) > to ||
        yg_walk_done(w) < s->from)
        abort();
    const struct yg_face *got = yg_walk_faces(w, &s->faces);
    memcpy(s->face, got, s->faces * sizeof(*got));
    s->from = s->faces ? yg_walk_done(w) : 0;
    yg_walk_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seen whole, parts;

    if (size < 1)
        return 0;
    uint64_t to = size - 1, cut = to * data[0] / 256;
    int fd = memfd_create("capture", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data + 1, to) != (ssize_t)to)
        abort();
    whole = parts = (struct seen){ .data = data + 1, .fd = fd };
    walk(&whole, to);
    walk(&parts, cut);
    /* Only what ended as a growing file does is gone on with. */
    if (parts.end == YG_WALK_WHOLE || parts.end == YG_WALK_CUT) {
        walk(&parts, to);
        if (parts.frames != whole.frames || parts.sum != whole.sum ||
            parts.end != whole.end)
            abort();
    }
    close(fd);
    return 0;
}
