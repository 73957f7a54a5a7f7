/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/pick.h"

#include "base/hash.h"
#include "packet/capfile.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum yg_status yg_pick_init(struct yg_pick *p, struct yg_spool *s, size_t bytes,
                            struct yg_err *err)
{
    *p = (struct yg_pick){ .s = s, .err = err };
    yg_arena_init(&p->arena, (size_t)16 << 20);
    yg_map_init(&p->taken, YG_PICK_MAX);
    yg_buf_init(&p->bytes, bytes);
    p->packet = calloc(YG_PICK_MAX, sizeof(*p->packet));
    return p->packet ? YG_OK
                     : yg_err_set(err, YG_ENOMEM, "no memory for the spool's packets");
}

void yg_pick_fini(struct yg_pick *p)
{
    for (size_t i = 0; i < p->files; i++)
        if (p->file[i].fd >= 0)
            close(p->file[i].fd);
    free(p->packet);
    yg_buf_fini(&p->bytes);
    yg_map_fini(&p->taken);
    yg_arena_fini(&p->arena);
}

/* The file, open, if it still is the one that was indexed. */
static int open_file(struct yg_pick *p, const struct yg_file_row *row, struct yg_str path)
{
    char copy[PATH_MAX];
    struct stat sb;

    if (row->unpacked) {
        if (!yg_spool_copy_path(p->s, row->id, copy, sizeof(copy)))
            return -1;
        return open(copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode) || sb.st_dev != row->dev ||
        sb.st_ino != row->ino || (uint64_t)sb.st_size < row->done) {
        close(fd);
        return -1;
    }
    return fd;
}

/* NULL: too many files, or an error. */
static struct yg_pick_file *file_of(struct yg_pick *p, int64_t id)
{
    struct yg_file_row row;
    struct yg_str path;

    for (size_t i = 0; i < p->files; i++)
        if (p->file[i].id == id)
            return &p->file[i];
    if (p->files == YG_PICK_FILES)
        return NULL;
    struct yg_pick_file *f = &p->file[p->files];
    *f = (struct yg_pick_file){ .id = id, .fd = -1 };
    enum yg_status st = yg_index_file_by_id(p->s->ix, id, &p->arena, &row, &path, p->err);
    if (st == YG_OK) {
        struct yg_face face[YG_FACES_MAX];
        st = yg_index_faces(p->s->ix, id, face, &f->faces, p->err);
        f->face = yg_arena_alloc(&p->arena, (f->faces + 1) * sizeof(*face));
        if (!f->face)
            (void)yg_err_set(p->err, YG_ENOMEM, "no memory for the spool's interfaces");
        if (st != YG_OK || !f->face)
            return NULL;
        memcpy(f->face, face, f->faces * sizeof(*face));
        f->fd = open_file(p, &row, path);
        f->size = row.done;
    } else if (st != YG_ENOTFOUND) {
        return NULL;
    }
    p->files++;
    return f;
}

/* `n` bytes at `at`. */
static bool read_at(struct yg_pick *p, const struct yg_pick_file *f, uint64_t at,
                    void *out, size_t n)
{
    if (pread(f->fd, out, n, (off_t)at) != (ssize_t)n)
        return false;
    p->s->sums.bytes_read += n;
    return true;
}

/* The interface of section `at` or before with number `id`. */
static const struct yg_face *face_at(const struct yg_pick_file *f, uint64_t at)
{
    const struct yg_face *best = NULL;

    for (size_t i = 0; i < f->faces; i++)
        if (f->face[i].at <= at && (!best || f->face[i].at > best->at))
            best = &f->face[i]; /* the first of its section: they are in order */
    return best;
}

static const struct yg_face *face_number(const struct yg_pick_file *f,
                                         const struct yg_face *first, uint32_t id)
{
    for (const struct yg_face *i = first; i < f->face + f->faces; i++)
        if (i->at == first->at && i->id == id)
            return i;
    return NULL;
}

/* Read and check the record's head. NULL: no packet of that time stands there. */
static const struct yg_face *read_head(struct yg_pick *p, const struct yg_pick_file *f,
                                       const struct yg_place *place, struct yg_record *r,
                                       int64_t *time_ns)
{
    char head[YG_RECORD_HEAD];
    const struct yg_face *face = f->fd >= 0 ? face_at(f, place->at) : NULL;

    if (!face)
        return NULL;
    size_t n = face->kind == YG_CAP_PCAP ? 16 : YG_RECORD_HEAD;
    if (!read_at(p, f, place->at, head, n) ||
        !yg_record_read(face, (struct yg_str){ head, n }, r))
        return NULL;
    if (place->at > f->size || r->size > f->size - place->at)
        return NULL;
    face = face_number(f, face, r->face);
    return face && yg_face_time(face, r->ticks, time_ns) &&
                   *time_ns / 1000 == place->time_us
               ? face
               : NULL;
}

enum yg_pick_result yg_pick_take(struct yg_pick *p, int64_t file,
                                 const struct yg_place *place, uint32_t *budget)
{
    struct yg_picked k = { .file = file, .at = place->at };
    struct yg_record r;
    uint64_t key = yg_hash_pair((uint64_t)file, place->at + 1);

    if (yg_map_get(&p->taken, key))
        return YG_PICK_NOT;
    if (p->count == YG_PICK_MAX)
        return YG_PICK_FULL;
    struct yg_pick_file *f = file_of(p, file);
    if (!f)
        return p->files == YG_PICK_FILES ? YG_PICK_NOT : YG_PICK_FAIL;
    const struct yg_face *face = read_head(p, f, place, &r, &k.time_ns);
    if (!face) {
        p->s->sums.stale++;
        return YG_PICK_NOT;
    }
    if (p->count > 0 && face->linktype != p->linktype) {
        p->s->sums.other_link++;
        return YG_PICK_NOT;
    }
    if (r.captured + 16 > *budget)
        return YG_PICK_FULL;
    k.from = yg_buf_str(&p->bytes).n;
    k.captured = r.captured;
    k.wire = r.wire;
    void *to = yg_buf_reserve(&p->bytes, r.captured);
    if (!to || !yg_map_put(&p->taken, key, NULL)) {
        (void)yg_err_set(p->err, YG_ENOMEM, "no memory for the spool's packets");
        return YG_PICK_FAIL;
    }
    if (!read_at(p, f, place->at + r.head, to, r.captured)) {
        p->s->sums.stale++;
        return YG_PICK_NOT;
    }
    *budget -= r.captured + 16;
    p->linktype = face->linktype;
    p->packet[p->count++] = k;
    return YG_PICKED;
}

static int by_time(const void *a, const void *b)
{
    const struct yg_picked *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static struct yg_str frame_of(const struct yg_pick *p, const struct yg_picked *k)
{
    return (struct yg_str){ yg_buf_str(&p->bytes).p + k->from, k->captured };
}

/* Was this packet written already, out of another file? */
static bool repeats(const struct yg_pick *p, size_t i)
{
    const struct yg_picked *k = &p->packet[i];

    for (size_t j = i; j-- > 0 && p->packet[j].time_ns == k->time_ns;)
        if (p->packet[j].file != k->file &&
            yg_str_eq(frame_of(p, &p->packet[j]), frame_of(p, k)))
            return true;
    return false;
}

void yg_pick_write(struct yg_pick *p, struct yg_buf *out)
{
    if (p->count == 0)
        return;
    qsort(p->packet, p->count, sizeof(p->packet[0]), by_time);
    yg_pcap_begin(out, p->linktype);
    for (size_t i = 0; i < p->count; i++)
        if (!repeats(p, i))
            yg_pcap_add(out, p->packet[i].time_ns, frame_of(p, &p->packet[i]),
                        p->packet[i].wire);
}
