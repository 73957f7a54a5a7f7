/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT_BYTES ((size_t)1 << 20)
#define TEXT_BYTES 25 /* of a place: generation, offset, whole or not */

/* Enough for the records of a unit, the longest and the lines before each. */
#define TEXT_MAX  (UNIT_BYTES + 2 * YG_RECORD_MAX + 128 * YG_STITCH_HEAD)
#define PIECE     ((size_t)64 << 10)
#define BACK_MOST ((uint64_t)64 << 20) /* bytes looked through for a header line */

void yg_tail_unit_init(struct yg_tail_unit *unit)
{
    *unit = (struct yg_tail_unit){ .n = 0 };
    yg_arena_init(&unit->text, TEXT_MAX);
}

void yg_tail_unit_fini(struct yg_tail_unit *unit)
{
    yg_arena_fini(&unit->text);
}

void yg_tail_unit_clear(struct yg_tail_unit *unit)
{
    unit->n = unit->bytes = 0;
    yg_arena_clear(&unit->text);
}

/* Show the header lines in [from, to) of the file; `p` has room for a piece. */
static void look_through(struct yg_tail *t, char *p, uint64_t from, uint64_t to)
{
    size_t kept = 0;

    while (from < to) {
        size_t want = to - from < PIECE - kept ? (size_t)(to - from) : PIECE - kept;
        ssize_t n = pread(t->fd, p + kept, want, (off_t)from);
        if (n <= 0)
            return;
        from += (uint64_t)n;
        struct yg_str rest = { p, kept + (size_t)n };
        const char *lf;
        while (rest.n > 0 && (lf = memchr(rest.p, '\n', rest.n))) {
            struct yg_str line = { rest.p, (size_t)(lf - rest.p) };
            if (line.n > 0 && line.p[0] == '#')
                (void)yg_stitch_line(t->stitch, line, YG_RECORD_MAX);
            rest = (struct yg_str){ lf + 1, rest.n - line.n - 1 };
        }
        kept = rest.n < PIECE ? rest.n : 0; /* a line as long as a piece is no header */
        memmove(p, rest.p, kept);
    }
}

/* It is gone on with at `at`: which header lines are before that? Files that begin with
 * none have none. */
static void find_head(struct yg_tail *t, uint64_t at)
{
    char *p = at > 0 ? malloc(PIECE) : NULL;

    if (!p)
        return;
    look_through(t, p, 0, at < PIECE ? at : PIECE);
    if (t->stitch->n > 0 && at > PIECE)
        look_through(t, p, at - PIECE > BACK_MOST ? at - BACK_MOST : PIECE, at);
    free(p);
}

struct yg_tail *yg_tail_new(int fd, const char *path, struct yg_filepos *place,
                            bool at_end, bool logs, int64_t now_s)
{
    struct yg_tail *t = calloc(1, sizeof(*t));
    const char *slash = strrchr(path, '/');
    struct stat sb;

    if (t && logs)
        t->stitch = calloc(1, sizeof(*t->stitch));
    if (!t || (logs && !t->stitch) || fstat(fd, &sb) != 0) {
        if (t)
            free(t->stitch);
        free(t);
        close(fd);
        return NULL;
    }
    t->fd = fd;
    t->place = place;
    t->device = (uint64_t)sb.st_dev;
    t->inode = (uint64_t)sb.st_ino;
    t->active = now_s;
    t->listed = true;
    snprintf(t->name, sizeof(t->name), "%.*s", (int)sizeof(t->name) - 1,
             slash ? slash + 1 : path);
    yg_unframe_init(&t->frame, logs ? YG_UNFRAME_FILE : YG_UNFRAME_LINES);
    yg_unframe_begin(&t->frame, at_end ? (uint64_t)sb.st_size : place->offset);
    t->added = yg_unframe_at(&t->frame);
    if (logs)
        find_head(t, t->added);
    place->used = true;
    return t;
}

void yg_tail_free(struct yg_tail *t)
{
    if (!t)
        return;
    t->place->used = false;
    yg_unframe_fini(&t->frame);
    free(t->stitch);
    close(t->fd);
    free(t);
}

/* Is what it begins with another than what was read of it? */
static bool was_cut(const struct yg_tail *t)
{
    uint64_t end = yg_unframe_end(&t->frame);
    struct stat sb;

    if (fstat(t->fd, &sb) != 0)
        return false;
    if ((uint64_t)sb.st_size < end)
        return true;
    return (uint64_t)sb.st_size > end && !yg_filepos_begins(t->place, t->fd);
}

/* A line that never ended is another record than the whole one that a copy may hold. */
static void give_id(const struct yg_tail *t, const struct yg_intake *in, uint32_t source,
                    struct yg_journal_record *rec, uint64_t at)
{
    unsigned char place[TEXT_BYTES];

    memcpy(place, t->place->generation, 16);
    for (size_t i = 0; i < 8; i++)
        place[16 + i] = (unsigned char)(at >> (8 * i));
    place[24] = t->ended;
    yg_intake_id(in, source, (struct yg_str){ (const char *)place, sizeof(place) },
                 rec->id);
}

/* The record with the lines that belong before it. Without memory for them it is what it
 * is: its columns are not known then. */
static struct yg_str complete(struct yg_tail *t, struct yg_tail_unit *unit,
                              struct yg_str raw)
{
    struct yg_str head =
        t->stitch ? yg_stitch_line(t->stitch, raw, YG_RECORD_MAX) : YG_STR_NONE;
    char *p = head.n ? yg_arena_alloc(&unit->text, head.n + raw.n) : NULL;

    if (!p)
        return raw;
    memcpy(p, head.p, head.n);
    memcpy(p + head.n, raw.p, raw.n);
    return (struct yg_str){ p, head.n + raw.n };
}

/* False: the unit is full. */
static bool take(struct yg_tail *t, struct yg_intake *in, uint32_t source,
                 struct yg_tail_unit *unit, bool ended)
{
    struct yg_unframed rec;

    while (unit->n < YG_TAIL_UNIT && unit->bytes < UNIT_BYTES) {
        if (!yg_unframe_next(&t->frame, ended, &rec))
            return true;
        struct yg_journal_record *out = &unit->rec[unit->n++];
        *out = (struct yg_journal_record){ .reason = rec.reason,
                                           .full_size = rec.full_size,
                                           .peer = yg_str_of(t->name),
                                           .raw = complete(t, unit, rec.raw) };
        give_id(t, in, source, out, rec.at);
        unit->bytes += out->raw.n;
    }
    return false;
}

enum yg_tail_end yg_tail_read(struct yg_tail *t, struct yg_intake *in, uint32_t source,
                              struct yg_tail_unit *unit, int64_t now_s)
{
    size_t room = YG_UNFRAME_ROOM;

    if (!take(t, in, source, unit, false))
        return YG_TAIL_UNIT_FULL;
    if (unit->n > 0)
        return YG_TAIL_UNIT_FULL; /* their bytes lie where more would be read to */
    if (was_cut(t))
        return YG_TAIL_CUT;
    char *p = yg_unframe_room(&t->frame, &room);
    ssize_t n = p ? pread(t->fd, p, room, (off_t)yg_unframe_end(&t->frame)) : 0;
    if (n <= 0)
        return YG_TAIL_DRY;
    yg_unframe_filled(&t->frame, (size_t)n);
    t->active = now_s;
    return take(t, in, source, unit, false) && unit->n == 0 ? YG_TAIL_MORE
                                                            : YG_TAIL_UNIT_FULL;
}

void yg_tail_end(struct yg_tail *t, struct yg_intake *in, uint32_t source,
                 struct yg_tail_unit *unit)
{
    t->ended = true;
    (void)take(t, in, source, unit, true);
}

void yg_tail_added(struct yg_tail *t, uint64_t ticket)
{
    t->added = yg_unframe_at(&t->frame);
    t->ticket = ticket;
    if (t->moving == 0) {
        t->moving = t->added;
        t->moving_ticket = ticket;
    }
}

bool yg_tail_settle(struct yg_tail *t, uint64_t durable, int64_t now_s)
{
    bool moved = false;

    if (t->moving > t->place->offset && durable >= t->moving_ticket) {
        moved = yg_filepos_move(t->place, t->fd, t->moving, now_s);
        t->moving = 0;
    }
    if (t->moving == 0 && t->added > t->place->offset) {
        t->moving = t->added;
        t->moving_ticket = t->ticket;
    }
    return moved;
}
