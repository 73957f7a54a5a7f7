/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filekind_priv - what the parts of filekind share: bytes read in bounds, searches.
 * Pure, no memory.
 */
#ifndef YG_PACKET_FILEKIND_PRIV_H
#define YG_PACKET_FILEKIND_PRIV_H

#include "base/cursor.h"
#include "packet/filekind.h"

/* A cursor that stands at `at`; failed when that is outside. */
static inline struct yg_cursor yg_file_at(struct yg_str s, size_t at)
{
    struct yg_cursor c = yg_cursor_of(s.p, s.n);

    (void)yg_cursor_take(&c, at);
    return c;
}

/* Do these bytes stand at `at`? */
static inline bool yg_file_has(struct yg_str s, size_t at, struct yg_str what)
{
    struct yg_cursor c = yg_file_at(s, at);

    return yg_str_eq(yg_cursor_take(&c, what.n), what) && yg_cursor_ok(&c);
}

/* The first place of `what` from `from` on; s.n: none. */
static inline size_t yg_file_find(struct yg_str s, size_t from, struct yg_str what)
{
    const char *at = from < s.n ? memmem(s.p + from, s.n - from, what.p, what.n) : NULL;

    return at ? (size_t)(at - s.p) : s.n;
}

/* An archive or document that asks for a password? `kind`: what it is. */
bool yg_file_locked(struct yg_str bytes, unsigned kind);

/* Of text: HTML, XML, JSON, SCRIPT, IMAGE (SVG), SHORTCUT, CERTIFICATE or TEXT; UNKNOWN:
 * no text at all. */
unsigned yg_file_text_kind(struct yg_str bytes);

/* Text that an interpreter of the system runs, not a browser's page. */
bool yg_file_host_script(struct yg_str bytes);

#endif
