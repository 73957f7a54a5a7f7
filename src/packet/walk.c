/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/walk.h"

#include "base/cursor.h"

static size_t end_of(const struct yg_segment *s)
{
    return (size_t)s->at + s->len;
}

static void find_segment(struct yg_walk *w)
{
    const struct yg_side *s = w->side;

    while (w->seg < s->segments && end_of(&s->segment[w->seg]) < w->at)
        w->seg++;
}

struct yg_walk yg_walk_from(const struct yg_side *side, size_t at)
{
    struct yg_walk w = { .side = side, .at = at };

    find_segment(&w);
    return w;
}

/* A stream that was longer than its cap is cut there, too: that is no hole but the end.
 */
static uint32_t hole_after(const struct yg_side *s, const struct yg_segment *seg)
{
    return end_of(seg) == s->bytes.n && s->cut ? 0 : seg->wire - seg->len;
}

struct yg_walk_part yg_walk_take(struct yg_walk *w, size_t wire)
{
    const struct yg_side *s = w->side;
    struct yg_walk_part part = { .landed = true };
    size_t from = w->at, left = wire;

    find_segment(w);
    while (left > 0 && w->seg < s->segments) {
        const struct yg_segment *seg = &s->segment[w->seg];
        size_t here = end_of(seg) - w->at;
        if (left <= here)
            break;
        left -= here;
        w->at += here;
        uint32_t lost = seg->wire > seg->len ? hole_after(s, seg) : 0;
        if (lost > 0 && !part.hole) {
            part.hole = true;
            part.sound = w->at - from;
        }
        part.landed = left >= lost;
        left -= part.landed ? lost : left;
        w->seg++;
    }
    size_t kept = s->bytes.n - w->at;
    part.landed &= left <= kept;
    w->at += left < kept ? left : kept;
    struct yg_cursor c = yg_cursor_of(s->bytes.p, s->bytes.n);
    (void)yg_cursor_take(&c, from);
    if (w->at > from)
        part.bytes = yg_cursor_take(&c, w->at - from);
    if (!part.hole)
        part.sound = part.bytes.n;
    return part;
}

bool yg_walk_segment(struct yg_walk *w)
{
    const struct yg_side *s = w->side;

    while (w->seg < s->segments && s->segment[w->seg].at < w->at)
        w->seg++;
    if (w->seg >= s->segments)
        return false;
    w->at = s->segment[w->seg].at;
    return true;
}
