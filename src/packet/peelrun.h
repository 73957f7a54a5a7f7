/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peelrun - one layer of encodings inside a text: what packet/peel.h takes off in turns.
 *
 * One pass from left to right decodes each escape and each run where it stands, so that
 * things beside each other count as one layer and only things under each other as two.
 * Pure but for the buffer; linear.
 */
#ifndef YG_PACKET_PEELRUN_H
#define YG_PACKET_PEELRUN_H

#include "base/buf.h"

/* Decode into `out` (empty; untouched when nothing was found). Returns bits of enum
 * yg_peel, 0: nothing; `*layers`: 2 when a run was compressed or UTF-16 inside. */
uint32_t yg_peel_runs(struct yg_str s, struct yg_buf *out, uint32_t *layers);

/* gzip, zlib or UTF-16 as a whole; appends to `out` (empty). The bit; 0: neither. */
uint32_t yg_peel_whole(struct yg_str s, struct yg_buf *out);

/* Inflate gzip, zlib or raw deflate to the end of `out`. False: broken, or its cap. */
bool yg_inflate_into(struct yg_str s, struct yg_buf *out);

/* Is it UTF-16 text of mostly Latin letters, or does it say so by its mark? */
bool yg_is_utf16(struct yg_str s, bool *big_endian);
void yg_utf16_add(struct yg_buf *out, struct yg_str s, bool big_endian);

void yg_utf8_add(struct yg_buf *out, uint32_t code); /* U+FFFD for what is none */

/* Could people have written it: UTF-8 without control characters but white space? */
bool yg_is_text(struct yg_str s);

#endif
