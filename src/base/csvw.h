/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csvw - writes CSV (RFC 4180) that a spreadsheet takes as text.
 *
 * Cells hold what attackers wrote. One that a spreadsheet would compute (it begins with
 * = + - @ or a control character) gets an apostrophe in front; all are quoted that need
 * it. Pure.
 */
#ifndef YG_BASE_CSVW_H
#define YG_BASE_CSVW_H

#include "base/buf.h"

/* A comma goes before it unless `first`. */
void yg_csvw_cell(struct yg_buf *out, bool first, struct yg_str s);
void yg_csvw_end(struct yg_buf *out); /* of a row */

#endif
