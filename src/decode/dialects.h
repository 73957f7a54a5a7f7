/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialects - the kinds of log records there are, by dialects.def. Private to decode.
 */
#ifndef YG_DECODE_DIALECTS_H
#define YG_DECODE_DIALECTS_H

struct yg_dialect;

#define YG_DIALECT(id) extern const struct yg_dialect yg_dialect_##id;
#include "decode/dialects.def"
#undef YG_DIALECT

#endif
