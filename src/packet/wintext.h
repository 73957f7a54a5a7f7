/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wintext - text as Windows protocols carry it.
 *
 * UTF-16LE to UTF-8, the readable runs in marshalled bytes, paths put together. One pass,
 * about 2 ns a byte. Results live with the arena; a full arena gives {NULL, 0}.
 */
#ifndef YG_PACKET_WINTEXT_H
#define YG_PACKET_WINTEXT_H

#include "base/arena.h"

#define YG_WINTEXT_MAX  2048 /* bytes of one text that are kept */
#define YG_WINTEXT_RUNS 12

/* UTF-16LE up to a NUL or the end, as UTF-8 of at most YG_WINTEXT_MAX bytes. Lone
 * surrogates become U+FFFD. */
struct yg_str yg_utf16_text(struct yg_str in, struct yg_arena *arena);

/* Bytes of a code page nobody announced: ASCII stays, the rest becomes '?'. */
struct yg_str yg_oem_text(struct yg_str in, struct yg_arena *arena);

/* The readable runs of at least `min` characters in UTF-16LE, at any alignment, joined
 * with " | ", in the order in which they stand, each said once, at most
 * YG_WINTEXT_RUNS; {NULL, 0}: none. */
struct yg_str yg_utf16_runs(struct yg_str in, size_t min, struct yg_arena *arena);

/* a + sep + b; only one of them when the other is empty. */
struct yg_str yg_text_join(struct yg_str a, char sep, struct yg_str b,
                           struct yg_arena *arena);

#endif
