/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - attackers' bytes in a table on a terminal.
 */
#ifndef YG_YAGURA_TEXT_H
#define YG_YAGURA_TEXT_H

#include "base/text.h"

/* `s` as yg_text_safe shows it, cut or padded to `width` columns (bytes count as columns)
 * and a space. */
void yg_text_cell(struct yg_buf *out, struct yg_str s, size_t width);

#endif
