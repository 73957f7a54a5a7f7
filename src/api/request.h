/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request - a request's target, read strictly.
 *
 * Paths are compared as they were sent: escapes match a {name} only. Parameters are
 * the rows of params.def; one that is unknown, repeated, malformed or out of range is an
 * error and not ignored: a mistyped `tenant` must not show the wrong list. Pure.
 */
#ifndef YG_API_REQUEST_H
#define YG_API_REQUEST_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum yg_param {
#define YG_PARAM(id, name, min, max, otherwise, help) YG_P_##id,
#include "api/params.def"
#undef YG_PARAM
    YG_PARAM_COUNT
};
#define YG_P_BIT(id) (1U << YG_P_##id)

extern const struct yg_param_info {
    const char *name, *help;
    uint64_t min, max, otherwise; /* number; max 0: text */
} yg_param_info[YG_PARAM_COUNT];

#define YG_PARAM_TEXT_MAX 1024

struct yg_params {
    uint32_t given;                  /* bits */
    uint64_t number[YG_PARAM_COUNT]; /* of number parameters; defaults filled in */
    struct yg_str
        text[YG_PARAM_COUNT]; /* of text parameters, decoded; lives with arena */
};

/* Cut "/path?query" (a fragment is not sent). False: it is no path. */
bool yg_target_split(struct yg_str target, struct yg_str *path, struct yg_str *query);

/* Does `path` match a pattern as "/runs/{id}/verdict"? It has at most one place: {id}, 6
 * to 32 hex digits; {name}, one segment, still escaped; {number}, decimal, from 1 on.
 * `*id` is what stands there. */
bool yg_path_match(const char *pattern, struct yg_str path, struct yg_str *id);

/* What stands at {name}: 1 to YG_PATH_NAME_MAX bytes without NUL. As yg_form_decode, but
 * that a '+' is one. */
#define YG_PATH_NAME_MAX 255
enum yg_status yg_path_decode(struct yg_str in, struct yg_arena *arena,
                              struct yg_str *out) YG_MUST_USE;

/* %XX and the '+' of forms; NUL is in no name. NUL-terminated, lives with `arena`.
 * YG_EINVAL: a broken escape; YG_ENOMEM. */
enum yg_status yg_form_decode(struct yg_str in, struct yg_arena *arena,
                              struct yg_str *out) YG_MUST_USE;

/* The value of `name` in a query that another server wrote: other parameters are passed
 * over. p NULL: it is not there. YG_EINVAL: it is there twice, or broken; YG_ENOMEM. */
enum yg_status yg_foreign_value(struct yg_str query, struct yg_str name,
                                struct yg_arena *arena, struct yg_str *out) YG_MUST_USE;

/* Read a query of which only the parameters `allowed` (bits) may occur. YG_EINVAL with a
 * message for the client; YG_ENOMEM. */
enum yg_status yg_params_read(struct yg_str query, uint32_t allowed,
                              struct yg_arena *arena, struct yg_params *out,
                              struct yg_err *err) YG_MUST_USE;

#endif
