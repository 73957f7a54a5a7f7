/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - RFC 4180 fields of one record. Private to decode. Pure functions, no copies.
 */
#ifndef YG_DECODE_CSV_H
#define YG_DECODE_CSV_H

#include "base/str.h"

/* Take the next field off `*rest` as it stands, quotes included; `rest->p` is NULL after
 * the last. False: a quote does not close before a delimiter or the end. */
bool yg_csv_cut(struct yg_str *rest, char delimiter, struct yg_str *out);

/* What is between the quotes of a field `cell` that has them, doubled quotes undone into
 * `out`, which has room for cell.n bytes. Returns the length. */
size_t yg_csv_unquote(struct yg_str cell, char *out);

#endif
