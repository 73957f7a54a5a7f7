/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "api/again.h"
#include "api/gate.h"
#include "api/html.h"
#include "api/json.h"
#include "api/note.h"
#include "api/page.h"
#include "api/route.h"
#include "base/log.h"

#define ARENA_MAX ((size_t)256 << 20)

#define BODY_MAX ((size_t)64 << 10) /* of members; uploads: YG_HTTP_UPLOAD_MAX */

#define TYPE_HTML    "text/html; charset=utf-8"
#define TYPE_PROBLEM "application/problem+json"

static const char *title_of(unsigned status)
{
    switch (status) {
    case 400:
        return "Bad request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not found";
    case 405:
        return "Method not allowed";
    case 409:
        return "Conflict";
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
        fail(r, page, 404, YG_STR("There is no such thing here."));
    } else if (st == YG_EEXIST || st == YG_ELIMIT) {
        fail(r, page, 409, yg_str_of(err->msg));
    } else if (st == YG_EPERM) {
        fail(r, page, 403, yg_str_of(err->msg));
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

/* Who shows nothing that he could be known by has nothing to say. */
size_t yg_api_most(void *arg, const struct yg_http_request *in)
{
    const struct yg_api *api = arg;
    struct yg_str query, id;
    unsigned methods;
    const struct yg_route *r = route_of(in, &query, &id, &methods);

    if (!r || r->body == YG_BODY_NONE)
        return 0;
    if (api->people && !(r->flags & YG_ROUTE_PUBLIC) && in->authorization.n == 0 &&
        yg_cookie_of(in->cookie).n == 0)
        return 0;
    return yg_body_info[r->body].upload ? YG_HTTP_UPLOAD_MAX : BODY_MAX;
}

/* A verdict waits its turn beside who writes history, and nobody with it but others. */
unsigned yg_api_lane(void *arg, const struct yg_http_request *in)
{
    struct yg_str query, id;
    unsigned methods;
    const struct yg_route *r = route_of(in, &query, &id, &methods);

    (void)arg;
    if (!r)
        return 0;
    return r->flags & YG_ROUTE_SLOW   ? YG_API_LANE_SLOW
           : r->flags & YG_ROUTE_AWAY ? YG_API_LANE_AWAY
           : r->verb == YG_VERB_JUDGE ? YG_API_LANE_JUDGE
                                      : 0;
}

void yg_answer_problem(struct yg_call *c, unsigned status, struct yg_str detail)
{
    fail(c->answer, (c->route->flags & YG_ROUTE_PAGE) != 0, status, detail);
}

/* Browsers are shown the way; programs are told. */
static void turn_away(struct yg_call *c, enum yg_pass why)
{
    bool page = (c->route->flags & YG_ROUTE_PAGE) != 0;
    struct yg_buf to;

    if (page && yg_http_reads(c->http) && why != YG_PASS_SHUT) {
        yg_buf_init(&to, 4 * YG_HTTP_TARGET_MAX);
        yg_buf_printf(&to, why == YG_PASS_CHANGE ? "/password" : "/login?to=");
        if (why == YG_PASS_NOBODY && c->http->target.n <= YG_PARAM_TEXT_MAX)
            yg_html_query(&to, c->http->target);
        yg_redirect(c, yg_buf_str(&to));
        yg_buf_fini(&to);
        return;
    }
    if (why == YG_PASS_NOBODY)
        yg_http_header(c->answer, "WWW-Authenticate", YG_STR("Bearer realm=\"yagura\""));
    yg_answer_problem(c, why == YG_PASS_NOBODY ? 401 : 403,
                      why == YG_PASS_NOBODY   ? YG_STR("Log in, or send a token.")
                      : why == YG_PASS_CHANGE ? YG_STR("Change your password first.")
                                              : YG_STR("Your role does not allow this."));
}

/* What stands in the path: a name without its escapes, a number as one. */
static enum yg_status read_place(struct yg_call *c, struct yg_err *err)
{
    if (strstr(c->route->path, "{number}") && !yg_str_u64(c->id, &c->number))
        return YG_ENOTFOUND;
    if (!strstr(c->route->path, "{name}"))
        return YG_OK;
    enum yg_status st = yg_path_decode(c->id, &c->arena, &c->id);
    return st == YG_ENOMEM ? yg_err_set(err, st, "no memory for the request")
           : st == YG_OK   ? YG_OK
                           : YG_ENOTFOUND;
}

static enum yg_status run_route(struct yg_call *c, struct yg_str query,
                                struct yg_err *err)
{
    const struct yg_route *r = c->route;
    enum yg_pass gate = YG_PASS_SHUT;
    enum yg_status st = yg_gate(c, &gate, err);

    if (st == YG_OK && gate != YG_PASS_OPEN) {
        turn_away(c, gate);
        return YG_OK;
    }
    if (st == YG_OK)
        st = read_place(c, err);
    if (st == YG_OK && !(r->flags & YG_ROUTE_FOREIGN))
        st = yg_params_read(query, r->params, &c->arena, &c->params, err);
    if (st == YG_OK && r->body != YG_BODY_NONE)
        st =
            yg_body_read(r->body, c->http->type, c->http->body, &c->arena, &c->body, err);
    if (st == YG_OK && !yg_gate_csrf(c))
        st = yg_err_set(err, YG_EPERM,
                        "This did not come from a page of this server, or that page is "
                        "too old: load it again.");
    if (st != YG_OK || yg_again_answer(c))
        return st;
    struct yg_trail_row row;
    st = yg_note_begin(c, &row, err);
    if (st != YG_OK)
        return st;
    st = r->handle(c, err);
    yg_note_end(c, &row, st);
    if (st == YG_OK)
        yg_again_keep(c);
    return st;
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
