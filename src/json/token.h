/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token - scalars of JSON that are not strings. Private to json. Pure.
 */
#ifndef YG_JSON_TOKEN_H
#define YG_JSON_TOKEN_H

#include "json/json.h"

/* Where the scalar of the token at `at` ends: blanks before the next token are not part
 * of it. */
static inline __attribute__((always_inline)) uint32_t
yg_json_scalar_end(const char *text, const uint32_t *at)
{
    uint32_t end = at[1];

    while (end > at[0] + 1 && (text[end - 1] == ' ' || text[end - 1] == '\t' ||
                               text[end - 1] == '\n' || text[end - 1] == '\r'))
        end--;
    return end;
}

/* Is `s` a number, true or false (RFC 8259, sections 3 and 6)? null is not asked about.
 */
bool yg_json_literal(struct yg_str s, enum yg_json_type *type);

#endif
