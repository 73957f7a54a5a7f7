/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull - JSON read in the caller's own order: into this object, past that value.
 *
 *      if (yg_json_pull_into(p, '{'))
 *          while (yg_json_pull_member(p, &key))
 *              if (yg_str_eq(key, YG_STR("values"))) ... else yg_json_pull_skip(p, NULL);
 *      if (yg_json_pull_end(p)) ... it was one value and good JSON
 *
 * Where json.h picks known paths out of a record in one walk, this reads the bodies of
 * requests, whose shape is data: lists of records within lists, values that follow each
 * other with nothing between (HEC), the bytes of a part as they stand. simdjson finds
 * the structure and checks UTF-8; the grammar is checked as it is read or skipped. An
 * error is sticky: every later call says no, and yg_json_pull_ok tells.
 *
 * Cost: simdjson's stage 1 and some 2 ns a token. Memory: 4 bytes for each token, for
 * the longest text so far (YG_JSON_DEPTH levels when skipping). One thread at a time.
 */
#ifndef YG_JSON_PULL_H
#define YG_JSON_PULL_H

#include "json/json.h"

struct yg_json_pull;
struct yg_json_mark {
    const uint32_t *at; /* private */
};

/* For texts of up to `max` bytes. YG_ENOMEM. */
enum yg_status yg_json_pull_new(size_t max, struct yg_json_pull **out) YG_MUST_USE;
void yg_json_pull_free(struct yg_json_pull *p);

/* Begin a text, borrowed until the next begin; it needs no padding. False: it is empty,
 * too long, not UTF-8, has an open string, or there is no memory. */
bool yg_json_pull_begin(struct yg_json_pull *p, struct yg_str text);
/* The same text from its beginning, when all of it was read and was good: what is skipped
 * is not checked again. False: it was not, begin again. */
bool yg_json_pull_again(struct yg_json_pull *p);
bool yg_json_pull_ok(const struct yg_json_pull *p);
/* Nothing went wrong and nothing is left. */
bool yg_json_pull_end(const struct yg_json_pull *p);
/* First byte of what is next: of a value { [ " or another scalar; '\0' at the end. */
char yg_json_pull_peek(const struct yg_json_pull *p);

/* Step into the object ('{') or array ('[') that is next; false, and nothing done, if
 * something else is. Then member or element until they say no (they step out again),
 * reading or skipping exactly one value after each yes. */
bool yg_json_pull_into(struct yg_json_pull *p, char bracket);
/* `*key`: the text between the quotes, escapes not undone. */
bool yg_json_pull_member(struct yg_json_pull *p, struct yg_str *key);
bool yg_json_pull_element(struct yg_json_pull *p);

/* The scalar that is next. A number has type YG_JSON_NUMBER whatever its digits. False
 * and an error if it is none. */
bool yg_json_pull_scalar(struct yg_json_pull *p, struct yg_json_value *out);
/* Past the value that is next, its grammar checked; `*span` (may be NULL): its bytes. */
bool yg_json_pull_skip(struct yg_json_pull *p, struct yg_str *span);

/* Remember a place of the present text and go back to it. */
struct yg_json_mark yg_json_pull_mark(const struct yg_json_pull *p);
void yg_json_pull_seek(struct yg_json_pull *p, struct yg_json_mark m);
/* How much of the text was read: offset of what is next. */
size_t yg_json_pull_offset(const struct yg_json_pull *p);

/* Is the text one JSON object and nothing else? */
bool yg_json_pull_is_object(struct yg_json_pull *p, struct yg_str text);

#endif
