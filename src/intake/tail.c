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

struct yg_tail *yg_tail_new(int fd, const char *path, struct yg_filepos *place,
                            bool at_end, int64_t now_s)
{
    struct yg_tail *t = calloc(1, sizeof(*t));
    const char *slash = strrchr(path, '/');
    struct stat sb;

    if (!t || fstat(fd, &sb) != 0) {
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
    yg_unframe_init(&t->frame, YG_UNFRAME_LINES);
    yg_unframe_begin(&t->frame, at_end ? (uint64_t)sb.st_size : place->offset);
    t->added = yg_unframe_at(&t->frame);
    place->used = true;
    return t;
}

void yg_tail_free(struct yg_tail *t)
{
    if (!t)
        return;
    t->place->used = false;
    yg_unframe_fini(&t->frame);
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
                                           .raw = rec.raw };
        give_id(t, in, source, out, rec.at);
        unit->bytes += rec.raw.n;
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
