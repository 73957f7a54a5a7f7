/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wild - patterns with * (any bytes) and ? (one byte); \ takes the meaning from the next.
 *
 * ASCII letters in any case; bytes of UTF-8 as themselves (? is one byte of it or, where
 * it begins a character, the whole of it). Only the last * is ever tried again; what
 * takes more than 4 steps a byte of text so, and what has a ?, is matched by all tries at
 * once (a bit an element): at most about 20 ns a byte of text, whatever text and pattern
 * are. Pure.
 */
#ifndef YG_QUERY_WILD_H
#define YG_QUERY_WILD_H

#include "base/arena.h"
#include "base/str.h"

#define YG_WILD_MAX 319 /* bytes; a longer pattern matches nothing */

/* Is the pattern the whole of `s`, or any part of it? */
bool yg_wild_is(struct yg_str pattern, struct yg_str s);
bool yg_wild_in(struct yg_str pattern, struct yg_str s);

/* Has it * or ? as such? */
bool yg_wild_any(struct yg_str pattern);

/* Without escapes, for a pattern that has no wildcards; lives with `arena`. */
bool yg_wild_plain(struct yg_str pattern, struct yg_arena *arena, struct yg_str *out);

#endif
