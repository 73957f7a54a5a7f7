/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - attackers' bytes before people's eyes: visible, and on one line.
 */
#ifndef YG_BASE_TEXT_H
#define YG_BASE_TEXT_H

#include "base/buf.h"

/* Append `s` with everything that is not printable ASCII or UTF-8 text shown as \xNN:
 * escape sequences, line ends, and the bidirectional controls that reorder a line. */
void yg_text_safe(struct yg_buf *out, struct yg_str s);

#endif
