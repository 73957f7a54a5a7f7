/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape - escapes in JSON strings. Private to json; yg_json_unescape, which undoes
 * them, is public. Pure.
 */
#ifndef YG_JSON_ESCAPE_H
#define YG_JSON_ESCAPE_H

#include "base/str.h"

/* Every escape in the text of a string is one of RFC 8259, section 7. */
bool yg_json_escapes_ok(struct yg_str s);

#endif
