/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - attackers' bytes on a terminal: visible, one line, one cell.
 */
#ifndef YG_YAGURA_TEXT_H
#define YG_YAGURA_TEXT_H

#include "base/buf.h"

/* Append `s` with everything that is not printable ASCII or UTF-8 text shown as \xNN:
 * escape sequences, line ends, and the bidirectional controls that reorder a line. */
void yg_text_safe(struct yg_buf *out, struct yg_str s);

/* The same, cut or padded to `width` columns (bytes count as columns) and a space. */
void yg_text_cell(struct yg_buf *out, struct yg_str s, size_t width);

#endif
