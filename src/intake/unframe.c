/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/unframe.h"

#include "event/batch.h"
#include "input/stitch.h"

#define COUNT_DIGITS 8
#define COUNT_MAX    UINT64_C(67108864) /* more than any record: a number, not a count */

void yg_unframe_init(struct yg_unframe *u, enum yg_unframe_how how)
{
    *u = (struct yg_unframe){ .how = how };
    yg_buf_init(&u->buf, YG_RECORD_MAX + YG_UNFRAME_ROOM);
    yg_frame_init(&u->json, YG_FRAME_JSON);
    u->json.documents = true;
}

void yg_unframe_fini(struct yg_unframe *u)
{
    yg_buf_fini(&u->buf);
}

static struct yg_str view_of(const struct yg_unframe *u)
{
    struct yg_str all = yg_buf_str(&u->buf);

    return all.p ? (struct yg_str){ all.p + u->from, all.n - u->from } : YG_STR("");
}

char *yg_unframe_room(struct yg_unframe *u, size_t *n)
{
    struct yg_str v = view_of(u);

    if (v.n == 0 && u->buf.size > YG_UNFRAME_ROOM) {
        yg_buf_fini(&u->buf); /* one long record is no reason to keep so much */
        v = YG_STR_NONE;
    }
    if (u->from > 0 && v.n > 0)
        memmove(u->buf.p, v.p, v.n);
    u->buf.n = v.n;
    u->from = 0;
    size_t most = u->buf.cap - v.n;
    if (*n > most)
        *n = most;
    char *p = *n > 0 ? yg_buf_reserve(&u->buf, *n) : NULL;
    u->buf.n = v.n;
    u->buf.status = YG_OK;
    return p;
}

void yg_unframe_filled(struct yg_unframe *u, size_t n)
{
    u->buf.n += n;
}

size_t yg_unframe_memory(const struct yg_unframe *u)
{
    return u->buf.size;
}

uint64_t yg_unframe_at(const struct yg_unframe *u)
{
    return u->at;
}

uint64_t yg_unframe_end(const struct yg_unframe *u)
{
    return u->at + u->dropped + view_of(u).n;
}

void yg_unframe_begin(struct yg_unframe *u, uint64_t at)
{
    u->at = at;
}

bool yg_unframe_inside(const struct yg_unframe *u)
{
    return u->buf.n > u->from;
}

static bool is_end(char c)
{
    return c == '\n' || c == '\r' || c == '\0';
}

static void skip(struct yg_unframe *u, size_t n)
{
    u->from += n;
    u->at += n;
}

/* The record is the first `size` bytes of what there is and what was dropped of it. */
static void give(struct yg_unframe *u, size_t size, size_t next, struct yg_unframed *out)
{
    struct yg_str v = view_of(u);
    uint64_t full = size + u->dropped;

    *out = (struct yg_unframed){ .raw = { v.p,
                                          size < YG_RECORD_MAX ? size : YG_RECORD_MAX } };
    if (full > YG_RECORD_MAX) {
        out->full_size = full;
        out->reason = YG_R_OVERSIZE;
    }
    while (out->full_size == 0 && out->raw.n > 0 && is_end(out->raw.p[out->raw.n - 1]))
        out->raw.n--;
    out->at = u->at;
    u->at += u->dropped;
    skip(u, next);
    u->scan = u->block = 0;
    u->dropped = u->need = 0;
    u->known = false;
}

/* Forget what stands between YG_RECORD_MAX and `to`, which was looked at. */
static void drop(struct yg_unframe *u, size_t to)
{
    char *p = u->buf.p + u->from;
    size_t n = u->buf.n - u->from;

    memmove(p + YG_RECORD_MAX, p + to, n - to);
    u->buf.n -= to - YG_RECORD_MAX;
    u->dropped += to - YG_RECORD_MAX;
}

/* Does the record begin with a count? False: more must be known. */
static bool decide(struct yg_unframe *u, struct yg_str v, bool ended)
{
    size_t i = 0;
    uint64_t count = 0;

    u->known = true;
    if (u->how != YG_UNFRAME_AUTO || v.p[0] == '0')
        return true;
    while (i < v.n && i <= COUNT_DIGITS && v.p[i] >= '0' && v.p[i] <= '9')
        count = count * 10 + (uint64_t)(v.p[i++] - '0');
    if (i == 0 || i > COUNT_DIGITS || count > COUNT_MAX)
        return true;
    bool blank = i < v.n && v.p[i] == ' ';
    if (!ended && (i == v.n || (blank && i + 1 == v.n))) {
        u->known = false;
        return false;
    }
    if (blank && (u->counted || (i + 1 < v.n && v.p[i + 1] == '<'))) {
        u->counted = true;
        u->need = count;
        skip(u, i + 1);
    }
    return true;
}

static bool next_counted(struct yg_unframe *u, bool ended, struct yg_unframed *out)
{
    struct yg_str v = view_of(u);
    uint64_t need = u->need - u->dropped;

    if (v.n >= need) {
        give(u, (size_t)need, (size_t)need, out);
        return true;
    }
    if (v.n > YG_RECORD_MAX)
        drop(u, v.n);
    if (ended) {
        v = view_of(u);
        give(u, v.n, v.n, out);
        out->reason = YG_R_TRUNCATED;
    }
    return ended;
}

static const char *find_end(struct yg_str v, size_t from)
{
    const char *lf = memchr(v.p + from, '\n', v.n - from);
    size_t n = lf ? (size_t)(lf - v.p) : v.n;
    const char *nul = n > from ? memchr(v.p + from, '\0', n - from) : NULL;

    return nul ? nul : lf;
}

static bool next_line(struct yg_unframe *u, bool ended, struct yg_unframed *out)
{
    struct yg_str v = view_of(u);
    const char *end = find_end(v, u->scan);

    u->scan = v.n;
    if (!end && v.n > YG_RECORD_MAX) {
        drop(u, v.n);
        u->scan = YG_RECORD_MAX;
        v = view_of(u);
    }
    if (!end && !ended)
        return false;
    size_t size = end ? (size_t)(end - v.p) : v.n;
    give(u, size, end ? size + 1 : size, out);
    return true;
}

/* A NUL ends a line, too: one before the line end means that it is a line. */
static bool next_of_file(struct yg_unframe *u, bool ended, struct yg_unframed *out)
{
    struct yg_str v = view_of(u);
    bool may = u->dropped == 0 && yg_stitch_first(v.p[0]);
    const char *end = may ? find_end(v, 0) : NULL;
    size_t next =
        end && *end == '\n' ? yg_stitch_end(v, &u->block, YG_RECORD_MAX - 1, ended) : 0;

    if (next == YG_STITCH_MORE)
        return false;
    if (next == 0)
        return next_line(u, ended, out);
    give(u, next, next, out);
    return true;
}

static bool next_json(struct yg_unframe *u, bool ended, struct yg_unframed *out)
{
    struct yg_str v = view_of(u);
    struct yg_piece piece;

    if (yg_frame_find(&u->json, v.p, v.n, ended, &piece)) {
        give(u, piece.size, piece.next, out);
        yg_frame_taken(&u->json, piece.next);
        if (out->reason == YG_R_NONE)
            out->reason = (uint16_t)piece.reason;
        return true;
    }
    if (u->json.scan > YG_RECORD_MAX) {
        drop(u, u->json.scan);
        u->json.scan = YG_RECORD_MAX;
    }
    return false;
}

/* What stands between records; `*more`: that may be a byte order mark, cut off. */
static size_t gap_of(const struct yg_unframe *u, struct yg_str v, bool *more)
{
    static const struct yg_str bom = { "\xef\xbb\xbf", 3 };
    bool json = u->how == YG_UNFRAME_JSON;
    size_t n = 0;

    *more = false;
    while (n < v.n && (is_end(v.p[n]) || (json && strchr(" \t,[]\xef", v.p[n])))) {
        struct yg_str rest = { v.p + n, v.n - n };
        if (v.p[n] != bom.p[0]) {
            n++;
        } else if (yg_str_starts(rest, bom)) {
            n += bom.n;
        } else {
            *more = yg_str_starts(bom, rest);
            return n;
        }
    }
    return n;
}

bool yg_unframe_next(struct yg_unframe *u, bool ended, struct yg_unframed *out)
{
    for (;;) {
        bool begun = u->known || (u->how == YG_UNFRAME_JSON && u->json.scan > 0);
        bool found = false, more = false;
        if (!begun)
            skip(u, gap_of(u, view_of(u), &more));
        struct yg_str v = view_of(u);
        if (v.n == 0 || (more && !ended) || (!u->known && !decide(u, v, ended)))
            return false;
        if (u->how == YG_UNFRAME_JSON)
            found = next_json(u, ended, out);
        else if (u->need > 0)
            found = next_counted(u, ended, out);
        else if (u->how == YG_UNFRAME_FILE)
            found = next_of_file(u, ended, out);
        else
            found = next_line(u, ended, out);
        if (!found)
            return false;
        if (out->raw.n > 0)
            return true;
    }
}
