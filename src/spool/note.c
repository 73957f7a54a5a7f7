/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/note.h"

#define TIME_MAX_US (INT64_MAX / 1000) /* as nanoseconds it still fits */

static void put_varint(struct yg_buf *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        yg_buf_u8(out, (uint8_t)(v | 0x80));
    yg_buf_u8(out, (uint8_t)v);
}

static uint64_t get_varint(struct yg_cursor *c)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = yg_cursor_u8(c);
        if (shift == 63 && b > 1)
            break;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80)
            return v;
    }
    yg_cursor_take(c, SIZE_MAX); /* too long to be a number */
    return 0;
}

void yg_list_add(struct yg_buf *list, struct yg_place *last, const struct yg_place *p)
{
    int64_t d = p->time_us - last->time_us;
    uint64_t zigzag = ((uint64_t)d << 1) ^ (uint64_t)(d >> 63);

    put_varint(list, p->at - last->at);
    put_varint(list, zigzag << 1 | p->back);
    *last = *p;
}

bool yg_list_next(struct yg_cursor *list, struct yg_place *p)
{
    if (yg_cursor_left(list) == 0)
        return false;
    uint64_t step = get_varint(list), t = get_varint(list), zigzag = t >> 1;
    int64_t d = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1), time_us;

    if (!yg_cursor_ok(list))
        return false;
    if (__builtin_add_overflow(p->time_us, d, &time_us) || time_us < 0 ||
        time_us > TIME_MAX_US || __builtin_add_overflow(p->at, step, &p->at)) {
        yg_cursor_take(list, SIZE_MAX);
        return false;
    }
    p->time_us = time_us;
    p->back = t & 1;
    return true;
}

static void write_face(struct yg_buf *out, const struct yg_face *f)
{
    yg_buf_u64(out, f->at);
    yg_buf_u64(out, (uint64_t)f->shift_s);
    yg_buf_u32(out, f->id);
    yg_buf_u32(out, f->linktype);
    yg_buf_u8(out, f->kind);
    yg_buf_u8(out, f->resol);
    yg_buf_u8(out, f->big);
}

static void write_began(struct yg_buf *out, const struct yg_note_began *b)
{
    yg_buf_u64(out, b->key);
    yg_buf_u64(out, b->host);
    yg_buf_u64(out, b->pair);
    yg_buf_u64(out, b->names);
    yg_buf_u64(out, b->at);
    yg_buf_u64(out, (uint64_t)b->time_us);
}

static size_t body_size(const struct yg_note *n)
{
    static const uint8_t fixed[] = {
        [YG_NOTE_FACE] = 27, [YG_NOTE_ROW] = 28, [YG_NOTE_BEGAN] = 48,
        [YG_NOTE_MARK] = 32, [YG_NOTE_END] = 1,
    };

    return 1U + fixed[n->kind] + (n->kind == YG_NOTE_ROW ? n->row.list.n : 0);
}

void yg_note_write(struct yg_buf *out, const struct yg_note *n)
{
    yg_buf_u32(out, (uint32_t)body_size(n));
    yg_buf_u8(out, (uint8_t)n->kind);
    switch (n->kind) {
    case YG_NOTE_FACE:
        write_face(out, &n->face);
        return;
    case YG_NOTE_ROW:
        yg_buf_u64(out, n->row.key);
        yg_buf_u64(out, n->row.at);
        yg_buf_u64(out, (uint64_t)n->row.first_us);
        yg_buf_u32(out, n->row.packets);
        yg_buf_str_add(out, n->row.list);
        return;
    case YG_NOTE_BEGAN:
        write_began(out, &n->began);
        return;
    case YG_NOTE_MARK:
        yg_buf_u64(out, n->mark.done);
        yg_buf_u64(out, n->mark.packets);
        yg_buf_u64(out, n->mark.bytes);
        yg_buf_u64(out, n->mark.passed);
        return;
    case YG_NOTE_END:
        yg_buf_u8(out, (uint8_t)n->end);
    }
}

static bool read_face(struct yg_note_check *k, struct yg_cursor *c, struct yg_face *f)
{
    f->at = yg_cursor_le64(c);
    f->shift_s = (int64_t)yg_cursor_le64(c);
    f->id = yg_cursor_le32(c);
    f->linktype = yg_cursor_le32(c);
    f->kind = yg_cursor_u8(c);
    f->resol = yg_cursor_u8(c);
    uint8_t big = yg_cursor_u8(c);
    f->big = big == 1;
    return big <= 1 && f->kind <= YG_CAP_PCAPNG && f->at < k->size &&
           f->linktype <= 0xffff && f->id < YG_FACES_MAX && k->faces++ < YG_FACES_MAX;
}

/* May a packet stand here? */
static bool in_bounds(const struct yg_note_check *k, uint64_t at, int64_t time_us)
{
    return at >= k->done && at < k->size && k->size - at >= 16 && time_us >= 0 &&
           time_us <= TIME_MAX_US;
}

/* Every place of the list is looked at: ascending, within the file, as many as said. */
static bool read_list(struct yg_note_check *k, struct yg_note_row *r)
{
    struct yg_cursor list = yg_cursor_of(r->list.p, r->list.n);
    struct yg_place p = { .at = r->at, .time_us = r->first_us };
    uint64_t before = 0;
    uint32_t n = 0;

    r->last_us = 0;
    for (; yg_list_next(&list, &p); n++) {
        if (n == 0 ? p.at != r->at || p.time_us != r->first_us : p.at <= before)
            return false;
        before = p.at;
        if (p.time_us > r->last_us)
            r->last_us = p.time_us;
    }
    if (!yg_cursor_ok(&list) || n != r->packets || n == 0 ||
        !in_bounds(k, before, r->last_us))
        return false;
    if (before > k->furthest)
        k->furthest = before;
    return true;
}

static bool read_row(struct yg_note_check *k, struct yg_cursor *c, struct yg_note_row *r)
{
    r->key = yg_cursor_le64(c);
    r->at = yg_cursor_le64(c);
    r->first_us = (int64_t)yg_cursor_le64(c);
    r->packets = yg_cursor_le32(c);
    r->list = yg_cursor_take(c, yg_cursor_left(c));
    if (!yg_cursor_ok(c) || r->key == 0 || r->packets > YG_NOTE_PACKETS ||
        !in_bounds(k, r->at, r->first_us) || !read_list(k, r))
        return false;
    /* A packet is told of once: more of them than records fit into the file is a lie. */
    k->packets += r->packets;
    return k->packets <= k->size / 16;
}

static bool read_began(struct yg_note_check *k, struct yg_cursor *c,
                       struct yg_note_began *b)
{
    b->key = yg_cursor_le64(c);
    b->host = yg_cursor_le64(c);
    b->pair = yg_cursor_le64(c);
    b->names = yg_cursor_le64(c);
    b->at = yg_cursor_le64(c);
    b->time_us = (int64_t)yg_cursor_le64(c);
    if (!in_bounds(k, b->at, b->time_us) || !b->key || !b->host || !b->pair)
        return false;
    if (b->at > k->furthest)
        k->furthest = b->at;
    return ++k->began <= k->size / 16;
}

static bool read_mark(struct yg_note_check *k, struct yg_cursor *c,
                      struct yg_note_mark *m)
{
    m->done = yg_cursor_le64(c);
    m->packets = yg_cursor_le64(c);
    m->bytes = yg_cursor_le64(c);
    m->passed = yg_cursor_le64(c);
    /* done == k->done: a file's last mark, when only its head was there. */
    if (m->done < k->done || m->done > k->size || m->packets > k->size ||
        m->bytes > k->size || m->passed > k->size ||
        (k->furthest && k->furthest >= m->done))
        return false;
    k->done = m->done;
    k->furthest = 0;
    return true;
}

static bool read_body(struct yg_note_check *k, struct yg_cursor *c, struct yg_note *out)
{
    uint8_t kind = yg_cursor_u8(c), end;

    out->kind = kind;
    switch (kind) {
    case YG_NOTE_FACE:
        return read_face(k, c, &out->face);
    case YG_NOTE_ROW:
        return read_row(k, c, &out->row);
    case YG_NOTE_BEGAN:
        return read_began(k, c, &out->began);
    case YG_NOTE_MARK:
        return read_mark(k, c, &out->mark);
    case YG_NOTE_END:
        end = yg_cursor_u8(c);
        out->end = end;
        k->ended = true;
        return end > YG_WALK_FRAME && end <= YG_WALK_LARGE;
    default:
        return false;
    }
}

enum yg_status yg_note_read(struct yg_note_check *k, struct yg_str in,
                            struct yg_note *out, size_t *used, struct yg_err *err)
{
    struct yg_cursor c = yg_cursor_of(in.p, in.n);

    if (in.n < 4)
        return YG_EEND;
    uint32_t n = yg_cursor_le32(&c);
    if (n == 0 || n > YG_NOTE_MAX)
        return yg_err_set(err, YG_EFORMAT, "the indexer's words have no end");
    if (n > yg_cursor_left(&c))
        return YG_EEND;
    struct yg_str whole = yg_cursor_take(&c, n);
    struct yg_cursor body = yg_cursor_of(whole.p, whole.n);
    if (k->ended || !read_body(k, &body, out) || !yg_cursor_ok(&body) ||
        yg_cursor_left(&body) != 0)
        return yg_err_set(err, YG_EFORMAT, "the indexer tells what cannot be");
    *used = 4 + n;
    return YG_OK;
}
