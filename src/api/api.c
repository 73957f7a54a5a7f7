/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "api/guarantee.h"
#include "api/json.h"
#include "api/page.h"
#include "api/sources.h"
#include "api/style.h"
#include "base/log.h"

#include <sodium.h>
#include <stdio.h>

#define ARENA_MAX ((size_t)256 << 20)

/* One request on its way. */
struct call {
    const struct yg_api *api;
    struct yg_params params;
    struct yg_str id;
    struct yg_arena arena;
    struct yg_buf *out;
    struct yg_http_response *response;
};

typedef enum yg_status handler_f(struct call *c, struct yg_err *err);

static enum yg_status get_queue_page(struct call *c, struct yg_err *err)
{
    struct yg_view_queue v;
    enum yg_status st = yg_view_queue(&c->api->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_queue(&v, c->out);
    return st;
}

static enum yg_status get_queue_json(struct call *c, struct yg_err *err)
{
    struct yg_view_queue v;
    enum yg_status st = yg_view_queue(&c->api->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_json_queue(&v, c->out);
    return st;
}

static enum yg_status get_run_page(struct call *c, struct yg_err *err)
{
    struct yg_view_run v;
    enum yg_status st =
        yg_view_run(&c->api->source, c->id, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_run(&v, c->out);
    return st;
}

static enum yg_status get_run_json(struct call *c, struct yg_err *err)
{
    struct yg_view_run v;
    enum yg_status st =
        yg_view_run(&c->api->source, c->id, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_json_run(&v, c->out);
    return st;
}

static enum yg_status get_packets_page(struct call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->api->source;
    struct yg_view_packets v;
    struct yg_buf text;
    enum yg_status st = yg_view_packets(s, c->id, &c->params, &c->arena, &v, err);

    if (st != YG_OK)
        return st;
    yg_buf_init(&text, YG_HTTP_BODY_MAX / 2);
    st = yg_view_packets_say(s, &v, false, &text, err);
    if (st == YG_OK || st == YG_ENOTFOUND)
        yg_page_packets(&v, st == YG_OK, yg_buf_str(&text), c->out);
    yg_buf_fini(&text);
    return st == YG_ENOTFOUND ? YG_OK : st;
}

static enum yg_status get_packets_json(struct call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->api->source;
    struct yg_view_packets v;
    enum yg_status st = yg_view_packets(s, c->id, &c->params, &c->arena, &v, err);

    return st == YG_OK ? yg_view_packets_say(s, &v, true, c->out, err) : st;
}

static enum yg_status get_pcap(struct call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->api->source;
    struct yg_http_response *r = c->response;
    unsigned char digest[crypto_hash_sha256_BYTES];
    char base64[48], hex[2 * YG_ID_SIZE + 1];
    struct yg_view_packets v;
    enum yg_status st = yg_view_packets(s, c->id, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        st = yg_view_packets_pcap(s, &v, c->out, err);
    if (st != YG_OK)
        return st;
    yg_hex(v.record.id, YG_ID_SIZE, hex);
    snprintf(r->filename, sizeof(r->filename), "alert-%s.pcap", hex);
    crypto_hash_sha256(digest, (const unsigned char *)c->out->p, c->out->n);
    sodium_bin2base64(base64, sizeof(base64), digest, sizeof(digest),
                      sodium_base64_VARIANT_ORIGINAL);
    snprintf(r->digest, sizeof(r->digest), "sha-256=:%s:", base64);
    return YG_OK;
}

static enum yg_status get_guarantee_page(struct call *c, struct yg_err *err)
{
    struct yg_view_guarantee v;
    enum yg_status st =
        yg_view_guarantee(&c->api->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_guarantee(&v, c->out);
    return st;
}

static enum yg_status get_guarantee_json(struct call *c, struct yg_err *err)
{
    struct yg_view_guarantee v;
    enum yg_status st =
        yg_view_guarantee(&c->api->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_json_guarantee(&v, c->out);
    return st;
}

static enum yg_status get_audits_page(struct call *c, struct yg_err *err)
{
    struct yg_view_audits v;
    enum yg_status st = yg_view_audits(&c->api->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_audits(&v, c->out);
    return st;
}

static enum yg_status get_audits_json(struct call *c, struct yg_err *err)
{
    struct yg_view_audits v;
    enum yg_status st = yg_view_audits(&c->api->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_json_audits(&v, c->out);
    return st;
}

static enum yg_status get_stats(struct call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->api->source;
    struct yg_view_policy policy = { 0 };
    struct yg_store_stats stats;
    enum yg_status st = yg_store_stats(s->store, &stats, err);

    if (st == YG_OK) {
        s->policy(s->policy_arg, &policy);
        yg_json_stats(&stats, &policy, c->out);
    }
    return st;
}

static enum yg_status get_metrics(struct call *c, struct yg_err *err)
{
    struct yg_store_stats stats;
    struct yg_sources v;
    enum yg_status st = yg_store_stats(c->api->source.store, &stats, err);

    if (st == YG_OK)
        st = yg_view_sources(&c->api->source, &c->arena, &v, err);
    if (st == YG_OK) {
        yg_metrics_text(&stats, c->out);
        yg_metrics_sources(&v, c->out);
    }
    return st;
}

static enum yg_status get_sources_page(struct call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->api->source;
    struct yg_sources v;
    enum yg_status st = yg_view_sources(s, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_sources(&v, yg_clock_now(s->clock), c->out);
    return st;
}

static enum yg_status get_sources_json(struct call *c, struct yg_err *err)
{
    struct yg_sources v;
    enum yg_status st = yg_view_sources(&c->api->source, &c->arena, &v, err);

    if (st == YG_OK)
        yg_json_sources(&v, c->out);
    return st;
}

/* Healthy means: the store answers, and what is received gets there. */
static enum yg_status get_health(struct call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->api->source;
    struct yg_store_stats stats;
    enum yg_status st = yg_store_stats(s->store, &stats, err);

    if (st == YG_OK && s->trouble)
        s->trouble(s->policy_arg, c->out);
    if (st == YG_OK && yg_buf_str(c->out).n > 0)
        c->response->status = 503;
    else if (st == YG_OK)
        yg_buf_str_add(c->out, YG_STR("ok\n"));
    return st;
}

static enum yg_status get_style(struct call *c, struct yg_err *err)
{
    (void)err;
    c->response->constant = true;
    yg_buf_str_add(c->out, yg_style());
    return YG_OK;
}

#define TYPE_HTML     "text/html; charset=utf-8"
#define TYPE_TEXT     "text/plain; charset=utf-8"
#define TYPE_JSON     "application/json"
#define TYPE_PROBLEM  "application/problem+json"
#define PAGED         (YG_P_BIT(PAGE) | YG_P_BIT(LIMIT))
#define PACKET_PARAMS (YG_P_BIT(VIEW) | YG_P_BIT(WAY) | YG_P_BIT(ALL))
#define QUEUE_PARAMS  (PAGED | YG_P_BIT(TENANT) | YG_P_BIT(STATE))

#define ROUTES(X)                                                                        \
    X("/", QUEUE_PARAMS, TYPE_HTML, get_queue_page, "the queue as a page")               \
    X("/run/{id}", PAGED, TYPE_HTML, get_run_page, "a run and its alerts as a page")     \
    X("/packets/{id}", PACKET_PARAMS, TYPE_HTML, get_packets_page,                       \
      "the packets of an alert as a page")                                               \
    X("/api/v1/packets/{id}", PACKET_PARAMS, TYPE_JSON, get_packets_json,                \
      "the packets of an alert, and whether it succeeded")                               \
    X("/api/v1/pcap/{id}", 0, "application/vnd.tcpdump.pcap", get_pcap,                  \
      "exactly these packets")                                                           \
    X("/guarantee", YG_P_BIT(TENANT), TYPE_HTML, get_guarantee_page,                     \
      "what is promised about closing, and what the audit says")                         \
    X("/audits", PAGED | YG_P_BIT(TENANT), TYPE_HTML, get_audits_page,                   \
      "runs to judge without the score")                                                 \
    X("/api/v1/guarantee", YG_P_BIT(TENANT), TYPE_JSON, get_guarantee_json,              \
      "certificates, standings, orders")                                                 \
    X("/api/v1/audits", PAGED | YG_P_BIT(TENANT), TYPE_JSON, get_audits_json,            \
      "runs to judge without the score")                                                 \
    X("/sources", 0, TYPE_HTML, get_sources_page, "what was received, and is it well")   \
    X("/api/v1/sources", 0, TYPE_JSON, get_sources_json, "the same by source")           \
    X("/style.css", 0, "text/css; charset=utf-8", get_style, "how the pages look")       \
    X("/api/v1/queue", QUEUE_PARAMS, TYPE_JSON, get_queue_json, "runs that wait")        \
    X("/api/v1/runs/{id}", PAGED, TYPE_JSON, get_run_json, "a run and its alerts")       \
    X("/api/v1/stats", 0, TYPE_JSON, get_stats, "counts, policy, certificate")           \
    X("/healthz", 0, TYPE_TEXT, get_health,                                              \
      "200 ok while the store answers and takes records")                                \
    X("/metrics", 0, "text/plain; version=0.0.4; charset=utf-8", get_metrics,            \
      "counts for Prometheus")

static const struct route {
    const char *pattern, *type;
    uint32_t params;
    handler_f *run;
} routes[] = {
#define X(pattern, params, type, run, help) { pattern, type, params, run },
    ROUTES(X)
#undef X
};

const struct yg_route_info yg_route_info[] = {
#define X(pattern, params, type, run, help) { pattern, help, params },
    ROUTES(X)
#undef X
        { NULL, NULL, 0 },
};

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
    } else {
        yg_log_err(err, "the request was answered with an error");
        fail(r, page, st == YG_EBUSY ? 503 : 500,
             YG_STR("The store cannot be read now; the server's log says why."));
    }
}

static const struct route *find_route(struct yg_str path, struct yg_str *id)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(routes); i++)
        if (yg_path_match(routes[i].pattern, path, id))
            return &routes[i];
    return NULL;
}

static void run_route(const struct yg_api *api, const struct route *route,
                      struct yg_str id, struct yg_str query, struct yg_http_response *out)
{
    struct call c = { .api = api, .id = id, .out = &out->body, .response = out };
    struct yg_err err = { 0 };

    yg_arena_init(&c.arena, ARENA_MAX);
    enum yg_status st = yg_params_read(query, route->params, &c.arena, &c.params, &err);
    if (st == YG_OK)
        st = route->run(&c, &err);
    out->type = route->type;
    if (st != YG_OK)
        fail_call(out, strcmp(route->type, TYPE_HTML) == 0, st, &err);
    yg_arena_fini(&c.arena);
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

void yg_api_handle(void *arg, const struct yg_http_request *in,
                   struct yg_http_response *out)
{
    const struct yg_api *api = arg;
    struct yg_str path, query, id;
    bool ok = yg_target_split(in->target, &path, &query);
    bool page = is_page(in->target);

    if (!yg_http_reads(in)) {
        fail(out, page, 405, YG_STR("This server only reads: GET and HEAD."));
        yg_http_header(out, "Allow", YG_STR("GET, HEAD"));
        return;
    }
    if (!yg_listen_host_ok(&api->listen, in->host)) {
        fail(out, page, 421,
             YG_STR("This server is not known by that name. Use the address it printed "
                    "when it started, or localhost."));
        return;
    }
    const struct route *route = ok ? find_route(path, &id) : NULL;
    if (!route)
        fail(out, page, 404, YG_STR("There is nothing at this address."));
    else
        run_route(api, route, id, query, out);
}
