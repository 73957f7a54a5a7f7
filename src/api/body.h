/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body - what a request brings, read strictly by the rows of bodies.def.
 *
 * A flat JSON object of texts (application/json) or a form of a page of ours
 * (application/x-www-form-urlencoded); a member that is unknown, repeated, missing, too
 * long or no text is an error, as parameters are (request.h). Of a form besides: the
 * member `csrf`, which is the gate's. Pure.
 */
#ifndef YG_API_BODY_H
#define YG_API_BODY_H

#include "base/arena.h"
#include "base/err.h"

enum yg_body_kind {
    YG_BODY_NONE,
#define YG_BODY(id, name, help) YG_BODY_##id,
#include "api/bodies.def"
    YG_BODY_COUNT
};

enum yg_member {
#define YG_MEMBER(body, id, name, least, most, help) YG_M_##body##_##id,
#include "api/bodies.def"
    YG_MEMBER_COUNT
};

extern const struct yg_body_info {
    const char *name, *help;
} yg_body_info[YG_BODY_COUNT];
extern const struct yg_member_info {
    enum yg_body_kind body;
    const char *name, *help;
    size_t least, most; /* bytes; least 0: it may be left out */
} yg_member_info[YG_MEMBER_COUNT];

struct yg_body {
    struct yg_str text[YG_MEMBER_COUNT]; /* unescaped, NUL-terminated, in the arena; empty
                                          * if it was left out */
    struct yg_str csrf;                  /* of a form */
    bool form;
};

/* YG_EINVAL with a message for the client; YG_EFORMAT: the media type is neither; or
 * YG_ENOMEM. */
enum yg_status yg_body_read(enum yg_body_kind kind, struct yg_str type, struct yg_str in,
                            struct yg_arena *arena, struct yg_body *out,
                            struct yg_err *err) YG_MUST_USE;

#endif
