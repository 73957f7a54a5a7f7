/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_signs - which JSON dialect speaks? Private to decode.
 *
 * The paths that all JSON dialects are recognised by, compiled into one set: an object is
 * walked once, however many dialects there are. Constant after it is made.
 */
#ifndef YG_DECODE_LOG_SIGNS_H
#define YG_DECODE_LOG_SIGNS_H

#include "decode/log.h"

struct yg_log_signs;

/* From the rows of yg_dialects that have signs. YG_ENOMEM. */
enum yg_status yg_log_signs_new(struct yg_log_signs **out) YG_MUST_USE;
void yg_log_signs_free(struct yg_log_signs *s);

const struct yg_json_paths *yg_log_signs_paths(const struct yg_log_signs *s);

/* How sure is dialect number `k` after a walk with those paths? 0: not it. */
int yg_log_signs_match(const struct yg_log_signs *s, size_t k,
                       const struct yg_json_hits *h);

/* The next alternative of `*signs`, its paths and texts moved over by yg_log_sign_next.
 */
bool yg_log_alternative(struct yg_str *signs, struct yg_str *out);
bool yg_log_sign_next(struct yg_str *alternative, struct yg_str *path,
                      struct yg_str *value);

/* What the input that wrapped the record says of it (docs/inputs.md); empty: nothing. */
void yg_log_signs_via(const struct yg_log_signs *s, const struct yg_json_hits *h,
                      struct yg_str *time, struct yg_str *host);

#endif
