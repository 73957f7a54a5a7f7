/* SPDX-License-Identifier: Apache-2.0 */
#include "api/route.h"

const struct yg_reply_info yg_reply_info[YG_REPLY_COUNT] = {
#define YG_REPLY(id, name, type, schema, help)                                           \
    [YG_REPLY_##id] = { name, type, schema, help },
#include "api/replies.def"
#undef YG_REPLY
};

#define PAGE    YG_ROUTE_PAGE
#define PUBLIC  YG_ROUTE_PUBLIC
#define OWN     YG_ROUTE_OWN
#define WHOLE   YG_ROUTE_WHOLE
#define RAW     YG_ROUTE_RAW
#define STREAM  YG_ROUTE_STREAM
#define SLOW    YG_ROUTE_SLOW
#define AWAY    YG_ROUTE_AWAY
#define FOREIGN YG_ROUTE_FOREIGN

const struct yg_route yg_routes[] = {
#define YG_ROUTE(method_, path_, verb_, object_, flags_, params_, body_, answer_, id_,   \
                 handler_, help_)                                                        \
    { .method = YG_HTTP_##method_,                                                       \
      .path = path_,                                                                     \
      .verb = YG_VERB_##verb_,                                                           \
      .object = YG_OBJ_##object_,                                                        \
      .flags = (flags_),                                                                 \
      .params = (params_),                                                               \
      .body = YG_BODY_##body_,                                                           \
      .answer = YG_REPLY_##answer_,                                                      \
      .id = id_,                                                                         \
      .help = help_,                                                                     \
      .handle = yg_handle_##handler_ },
#include "api/routes.def"
#undef YG_ROUTE
    { .path = NULL },
};

const struct yg_route *yg_route_find(enum yg_http_method m, struct yg_str path,
                                     struct yg_str *id, unsigned *methods)
{
    struct yg_str at;

    *methods = 0;
    if (m == YG_HTTP_HEAD)
        m = YG_HTTP_GET;
    for (const struct yg_route *r = yg_routes; r->path; r++) {
        if (!yg_path_match(r->path, path, &at))
            continue;
        *id = at;
        if (r->method == m)
            return r;
        *methods |= 1U << r->method;
    }
    return NULL;
}
