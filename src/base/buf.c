/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

void yg_buf_init(struct yg_buf *b, size_t cap)
{
    *b = (struct yg_buf){ .cap = cap };
}

void yg_buf_fini(struct yg_buf *b)
{
    if (!b)
        return;
    free(b->p);
    *b = (struct yg_buf){ .cap = b->cap };
}

void yg_buf_clear(struct yg_buf *b)
{
    b->n = 0;
    b->status = YG_OK;
}

static bool ensure(struct yg_buf *b, size_t more)
{
    if (b->status != YG_OK)
        return false;
    if (more <= b->size - b->n)
        return true;
    if (more > b->cap - b->n) {
        b->status = YG_ELIMIT;
        return false;
    }
    size_t want = b->n + more, size = b->size < 256 ? 256 : b->size * 2;
    if (size < want)
        size = want;
    if (size > b->cap)
        size = b->cap;
    char *p = realloc(b->p, size);
    if (!p) {
        b->status = YG_ENOMEM;
        return false;
    }
    b->p = p;
    b->size = size;
    return true;
}

void yg_buf_add(struct yg_buf *b, const void *p, size_t n)
{
    if (n == 0 || !ensure(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void yg_buf_str_add(struct yg_buf *b, struct yg_str s)
{
    yg_buf_add(b, s.p, s.n);
}

void yg_buf_char(struct yg_buf *b, char c)
{
    yg_buf_add(b, &c, 1);
}

void yg_buf_vprintf(struct yg_buf *b, const char *fmt, va_list ap)
{
    size_t room = b->size - b->n;
    va_list again;

    va_copy(again, ap);
    int n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, again); /* mostly it fits */
    va_end(again);
    if (n < 0 || !ensure(b, (size_t)n + 1))
        return;
    if ((size_t)n >= room)
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    b->n += (size_t)n;
}

void yg_buf_printf(struct yg_buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    yg_buf_vprintf(b, fmt, ap);
    va_end(ap);
}

static void add_le(struct yg_buf *b, uint64_t v, size_t bytes)
{
    unsigned char tmp[8];

    for (size_t i = 0; i < bytes; i++)
        tmp[i] = (unsigned char)(v >> (8 * i));
    yg_buf_add(b, tmp, bytes);
}

void yg_buf_u8(struct yg_buf *b, uint8_t v)
{
    add_le(b, v, 1);
}

void yg_buf_u16(struct yg_buf *b, uint16_t v)
{
    add_le(b, v, 2);
}

void yg_buf_u32(struct yg_buf *b, uint32_t v)
{
    add_le(b, v, 4);
}

void yg_buf_u64(struct yg_buf *b, uint64_t v)
{
    add_le(b, v, 8);
}

void yg_buf_f32(struct yg_buf *b, float v)
{
    uint32_t u;

    memcpy(&u, &v, sizeof(u));
    add_le(b, u, 4);
}

void yg_buf_f64(struct yg_buf *b, double v)
{
    uint64_t u;

    memcpy(&u, &v, sizeof(u));
    add_le(b, u, 8);
}

void yg_buf_lstr(struct yg_buf *b, struct yg_str s)
{
    yg_buf_u32(b, (uint32_t)s.n);
    yg_buf_add(b, s.p, s.n);
}

void *yg_buf_reserve(struct yg_buf *b, size_t n)
{
    if (!ensure(b, n))
        return NULL;
    void *p = b->p + b->n;
    b->n += n;
    return p;
}

void yg_buf_cut(struct yg_buf *b, size_t n)
{
    YG_ASSERT(n <= b->n);
    b->n = n;
}

const char *yg_buf_cstr(struct yg_buf *b)
{
    if (b->n < b->size || (b->status == YG_OK && ensure(b, 1))) {
        b->p[b->n] = '\0';
        return b->p;
    }
    return "";
}
