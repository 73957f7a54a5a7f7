/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "api/json.h"
#include "api/page.h"
#include "api/route.h"
#include "base/log.h"

#define ARENA_MAX ((size_t)256 << 20)

#define TYPE_HTML    "text/html; charset=utf-8"
#define TYPE_PROBLEM "application/problem+json"

static const char *title_of(unsigned status)
{
    switch (status) {
    case 400:
        return "Bad request";
    case 404:
        return "Not found";
    case 405:
        return "Method not allowed";
    case 413:
        return "Content too large";
    case 414:
        return "URI too long";
    case 415:
        return "Unsupported media type";
    case 421:
        return "Misdirected request";
    case 429:
        return "Too many requests";
    case 503:
        return "Service unavailable";
    default:
        return "Internal server error";
    }
}

/* Problem documents for programs, a page for people. */
static void fail(struct yg_http_response *r, bool page, unsigned status,
                 struct yg_str detail)
{
    yg_buf_clear(&r->body);
    r->status = status;
    r->type = page ? TYPE_HTML : TYPE_PROBLEM;
    if (page)
        yg_page_error(status, title_of(status), detail, &r->body);
    else
        yg_json_problem(status, title_of(status), detail, &r->body);
}

/* What of a failed store call the client may know. */
static void fail_call(struct yg_http_response *r, bool page, enum yg_status st,
                      const struct yg_err *err)
{
    if (st == YG_EINVAL) {
        fail(r, page, 400, yg_str_of(err->msg));
    } else if (st == YG_ENOTFOUND) {
        fail(r, page, 404, YG_STR("There is no such run or alert."));
    } else if (st == YG_EFORMAT) {
        fail(r, page, 415, yg_str_of(err->msg));
    } else {
        yg_log_err(err, "the request was answered with an error");
        fail(r, page, st == YG_EBUSY ? 503 : 500,
             YG_STR("The store cannot be read now; the server's log says why."));
    }
}

/* "GET, HEAD, POST" */
static void allow(struct yg_http_response *out, unsigned methods)
{
    struct yg_buf text;

    yg_buf_init(&text, 256);
    if (methods & 1U << YG_HTTP_GET)
        methods |= 1U << YG_HTTP_HEAD;
    for (int m = 0; m < YG_HTTP_OTHER; m++)
        if (methods >> m & 1)
            yg_buf_printf(&text, "%s%s", yg_buf_str(&text).n ? ", " : "",
                          yg_http_method_name((enum yg_http_method)m));
    yg_http_header(out, "Allow", yg_buf_str(&text));
    yg_buf_fini(&text);
}

static bool is_page(struct yg_str target)
{
    return yg_str_starts(target, YG_STR("/")) && !yg_str_starts(target, YG_STR("/api/"));
}

void yg_api_refuse(void *arg, const struct yg_http_request *in, unsigned status,
                   const char *why, struct yg_http_response *out)
{
    (void)arg;
    fail(out, is_page(in->target), status, yg_str_of(why));
}

static const struct yg_route *route_of(const struct yg_http_request *in,
                                       struct yg_str *query, struct yg_str *id,
                                       unsigned *methods)
{
    struct yg_str path;

    *methods = 0;
    return yg_target_split(in->target, &path, query)
               ? yg_route_find(in->method, path, id, methods)
               : NULL;
}

size_t yg_api_most(void *arg, const struct yg_http_request *in)
{
    struct yg_str query, id;
    unsigned methods;
    const struct yg_route *r = route_of(in, &query, &id, &methods);

    (void)arg;
    return r && r->body != YG_BODY_NONE ? YG_HTTP_UPLOAD_MAX : 0;
}

static enum yg_status run_route(struct yg_call *c, struct yg_str query,
                                struct yg_err *err)
{
    const struct yg_route *r = c->route;
    enum yg_status st = yg_params_read(query, r->params, &c->arena, &c->params, err);

    if (st == YG_OK && r->body != YG_BODY_NONE)
        st =
            yg_body_read(r->body, c->http->type, c->http->body, &c->arena, &c->body, err);
    return st == YG_OK ? r->handle(c, err) : st;
}

static void answer(struct yg_call *c, struct yg_str query)
{
    struct yg_err err = { 0 };

    yg_arena_init(&c->arena, ARENA_MAX);
    c->answer->type = yg_reply_info[c->route->answer].type;
    enum yg_status st = run_route(c, query, &err);
    if (st != YG_OK)
        fail_call(c->answer, (c->route->flags & YG_ROUTE_PAGE) != 0, st, &err);
    yg_arena_fini(&c->arena);
}

void yg_api_handle(void *arg, const struct yg_http_request *in,
                   struct yg_http_response *out)
{
    struct yg_api *api = arg;
    struct yg_call c = { .api = api, .http = in, .source = api->source, .answer = out };
    struct yg_str query;
    unsigned methods;
    bool page = is_page(in->target);

    if (!yg_listen_host_ok(&api->listen, in->host)) {
        fail(out, page, 421,
             YG_STR("This server is not known by that name. Use the address it printed "
                    "when it started, or localhost."));
        return;
    }
    c.route = route_of(in, &query, &c.id, &methods);
    if (c.route) {
        answer(&c, query);
    } else if (methods) {
        fail(out, page, 405, YG_STR("This cannot be done here."));
        allow(out, methods);
    } else {
        fail(out, page, 404, YG_STR("There is nothing at this address."));
    }
}
