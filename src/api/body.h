/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body - what a request brings, read strictly by the rows of bodies.def.
 *
 * A flat JSON object (application/json) or a form of a page of ours
 * (application/x-www-form-urlencoded); a member that is unknown, repeated, missing, of
 * another kind or out of its bounds is an error, as parameters are (request.h). Of a form
 * besides: the member `csrf`, which is the gate's. An upload is any bytes. Pure.
 */
#ifndef YG_API_BODY_H
#define YG_API_BODY_H

#include "base/arena.h"
#include "base/err.h"

#define YG_BODY_ITEM_MAX 255 /* bytes of one text in a list */

enum yg_body_kind {
    YG_BODY_NONE,
#define YG_BODY(id, name, help)         YG_BODY_##id,
#define YG_UPLOAD(id, name, type, help) YG_BODY_##id,
#include "api/bodies.def"
    YG_BODY_COUNT
};

enum yg_member {
#define YG_MEMBER(body, id, name, kind, must, least, most, help) YG_M_##body##_##id,
#include "api/bodies.def"
    YG_MEMBER_COUNT
};

enum yg_member_kind { YG_MEMBER_TEXT, YG_MEMBER_NUMBER, YG_MEMBER_FLAG, YG_MEMBER_LIST };

extern const struct yg_body_info {
    const char *name, *help;
    const char *upload; /* media type of any bytes; NULL: there are members */
} yg_body_info[YG_BODY_COUNT];
extern const struct yg_member_info {
    enum yg_body_kind body;
    const char *name, *help;
    enum yg_member_kind kind;
    bool must;
    int64_t least, most; /* bytes, value, or texts of a list */
} yg_member_info[YG_MEMBER_COUNT];

struct yg_texts {
    struct yg_str *v;
    size_t n;
};
/* Texts are unescaped, NUL-terminated, in the arena; what was not given is empty. */
struct yg_body {
    bool given[YG_MEMBER_COUNT];
    struct yg_str text[YG_MEMBER_COUNT];
    int64_t number[YG_MEMBER_COUNT];
    bool flag[YG_MEMBER_COUNT];
    struct yg_texts list[YG_MEMBER_COUNT];
    struct yg_str csrf; /* of a form */
    struct yg_str data; /* of an upload; borrowed from the request */
    bool form;
};

/* YG_EINVAL with a message for the client; YG_EFORMAT: the media type is neither; or
 * YG_ENOMEM. */
enum yg_status yg_body_read(enum yg_body_kind kind, struct yg_str type, struct yg_str in,
                            struct yg_arena *arena, struct yg_body *out,
                            struct yg_err *err) YG_MUST_USE;

#endif
