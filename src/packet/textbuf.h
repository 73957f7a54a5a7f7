/* SPDX-License-Identifier: Apache-2.0 */
/*
 * textbuf - a text put together in an arena, of a size fixed beforehand.
 *
 * What decoders say about binary protocols (names, lists, filters) is a text. What does
 * not fit is left out and `full` says so. Control bytes are written as '?', so that a
 * name cannot break a line. One thread at a time.
 */
#ifndef YG_PACKET_TEXTBUF_H
#define YG_PACKET_TEXTBUF_H

#include "base/arena.h"

struct yg_textbuf {
    /* private; read by yg_textbuf_str */
    char *p;
    size_t n, size;
    bool full;
};

/* Without memory it is full from the start. */
void yg_textbuf_init(struct yg_textbuf *t, struct yg_arena *arena, size_t size);
void yg_textbuf_add(struct yg_textbuf *t, struct yg_str s); /* as it is */
void yg_textbuf_clean(struct yg_textbuf *t, struct yg_str s);
void yg_textbuf_u64(struct yg_textbuf *t, uint64_t v);

static inline struct yg_str yg_textbuf_str(const struct yg_textbuf *t)
{
    return (struct yg_str){ t->p, t->n };
}

#endif
