/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor - reads bytes from outside, in bounds, with a sticky error.
 *
 * After the first read past the end every read is a no-op that yields zeros, so a
 * parser reads straight down and checks once. It never copies and never owns.
 *
 *      p        p+pos            p+n
 *      |--read--|-----left-------|
 */
#ifndef YG_BASE_CURSOR_H
#define YG_BASE_CURSOR_H

#include "base/status.h"
#include "base/str.h"

struct yg_cursor {
    /* private */
    const unsigned char *p;
    size_t n, pos;
    bool failed;
};

static inline struct yg_cursor yg_cursor_of(const void *p, size_t n)
{
    return (struct yg_cursor){ .p = p, .n = n };
}

static inline bool yg_cursor_ok(const struct yg_cursor *c)
{
    return !c->failed;
}

static inline size_t yg_cursor_left(const struct yg_cursor *c)
{
    return c->failed ? 0 : c->n - c->pos;
}

/* The next `n` bytes, borrowed from the input; {NULL, 0} and failed if fewer are left. */
static inline struct yg_str yg_cursor_take(struct yg_cursor *c, size_t n)
{
    if (c->failed || n > c->n - c->pos) {
        c->failed = true;
        return YG_STR_NONE;
    }
    struct yg_str s = { c->p ? (const char *)c->p + c->pos : NULL, n };
    c->pos += n;
    return s;
}

uint8_t yg_cursor_u8(struct yg_cursor *c);
uint16_t yg_cursor_le16(struct yg_cursor *c);
uint32_t yg_cursor_le32(struct yg_cursor *c);
uint64_t yg_cursor_le64(struct yg_cursor *c);
uint16_t yg_cursor_be16(struct yg_cursor *c);
uint32_t yg_cursor_be32(struct yg_cursor *c);
float yg_cursor_f32(struct yg_cursor *c);  /* little-endian IEEE 754 */
double yg_cursor_f64(struct yg_cursor *c); /* little-endian IEEE 754 */
struct yg_str yg_cursor_lstr(struct yg_cursor *c, size_t max); /* u32 length, bytes */

#endif
