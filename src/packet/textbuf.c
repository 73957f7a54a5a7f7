/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/textbuf.h"

void yg_textbuf_init(struct yg_textbuf *t, struct yg_arena *arena, size_t size)
{
    char *p = yg_arena_alloc(arena, size);

    *t = (struct yg_textbuf){ .p = p, .size = p ? size : 0, .full = !p };
}

void yg_textbuf_add(struct yg_textbuf *t, struct yg_str s)
{
    size_t room = t->size - t->n;

    if (s.n > room) {
        t->full = true;
        s.n = room;
    }
    if (s.n > 0)
        memcpy(t->p + t->n, s.p, s.n);
    t->n += s.n;
}

void yg_textbuf_clean(struct yg_textbuf *t, struct yg_str s)
{
    size_t from = t->n;

    yg_textbuf_add(t, s);
    for (size_t i = from; i < t->n; i++)
        if ((unsigned char)t->p[i] < 0x20 || t->p[i] == 0x7f)
            t->p[i] = '?';
}

void yg_textbuf_u64(struct yg_textbuf *t, uint64_t v)
{
    char digit[20];
    size_t at = sizeof(digit);

    do
        digit[--at] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    yg_textbuf_add(t, (struct yg_str){ digit + at, sizeof(digit) - at });
}
