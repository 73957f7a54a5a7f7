/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index - the C view of simdjson: where the structure of a text is. Private to json.
 *
 * No exception crosses this header. One thread per index.
 */
#ifndef YG_JSON_INDEX_H
#define YG_JSON_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct yg_json_index;

enum yg_json_scan {
    YG_JSON_SCAN_OK,
    YG_JSON_SCAN_BAD,      /* empty, open string, control character in a string */
    YG_JSON_SCAN_NOT_UTF8, /* anywhere in the text */
    YG_JSON_SCAN_TOO_LONG,
};

struct yg_json_index *yg_json_index_new(size_t max); /* NULL: no memory */
void yg_json_index_free(struct yg_json_index *x);

/* Find the offsets of all of { } [ ] : , outside strings, of opening quotes and of the
 * first bytes of other scalars. `(*at)[*count]` is `n`. Borrowed until the next scan. */
enum yg_json_scan yg_json_index_scan(struct yg_json_index *x, const char *p, size_t n,
                                     const uint32_t **at, uint32_t *count);

/* simdjson's own DOM parse of a text with 64 readable bytes behind it: is it JSON? */
bool yg_json_index_dom(struct yg_json_index *x, const char *p, size_t n);

#ifdef __cplusplus
}
#endif
#endif
