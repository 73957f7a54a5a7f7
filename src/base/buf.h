/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf - bytes that grow up to a cap, with a sticky error.
 *
 * The cap is mandatory and belongs to the use. After the first failure every append is
 * a no-op, so a writer writes straight down and asks once. One thread at a time.
 */
#ifndef YG_BASE_BUF_H
#define YG_BASE_BUF_H

#include "base/status.h"
#include "base/str.h"

#include <stdarg.h>

struct yg_buf {
    /* private; read by yg_buf_str and yg_buf_status */
    char *p;
    size_t n, size, cap;
    enum yg_status status;
};

void yg_buf_init(struct yg_buf *b, size_t cap);
void yg_buf_fini(struct yg_buf *b);
void yg_buf_clear(struct yg_buf *b); /* empty and without error; keeps the memory */

void yg_buf_add(struct yg_buf *b, const void *p, size_t n);
void yg_buf_str_add(struct yg_buf *b, struct yg_str s);
void yg_buf_char(struct yg_buf *b, char c);
void yg_buf_printf(struct yg_buf *b, const char *fmt, ...) YG_PRINTF(2, 3);
void yg_buf_vprintf(struct yg_buf *b, const char *fmt, va_list ap) YG_PRINTF(2, 0);

/* Little-endian integers, for file formats. */
void yg_buf_u8(struct yg_buf *b, uint8_t v);
void yg_buf_u16(struct yg_buf *b, uint16_t v);
void yg_buf_u32(struct yg_buf *b, uint32_t v);
void yg_buf_u64(struct yg_buf *b, uint64_t v);
void yg_buf_f32(struct yg_buf *b, float v);
void yg_buf_f64(struct yg_buf *b, double v);
void yg_buf_lstr(struct yg_buf *b, struct yg_str s); /* u32 length, then the bytes */

/* Room for `n` more bytes, uninitialised; NULL (and the error sticks) if none. */
void *yg_buf_reserve(struct yg_buf *b, size_t n) YG_MUST_USE;

/* Forget all but the first `n` bytes, of which there are as many. */
void yg_buf_cut(struct yg_buf *b, size_t n);

/* What was written, borrowed until the next append. After an error: what fitted. */
static inline struct yg_str yg_buf_str(const struct yg_buf *b)
{
    return (struct yg_str){ b->p, b->n };
}

/* NUL-terminated view; "" when nothing could be allocated. */
const char *yg_buf_cstr(struct yg_buf *b);

/* YG_OK, YG_ELIMIT (cap), YG_ENOMEM. */
static inline enum yg_status yg_buf_status(const struct yg_buf *b)
{
    return b->status;
}

#endif
