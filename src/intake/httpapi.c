/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpapi.h"

#include "base/jsonw.h"
#include "intake/httpauth.h"

#include <stdlib.h>

#define SLACK ((size_t)8 << 20) /* beside what a body can bring */

enum { READ = 1, POST = 2, PUT = 4, REMOVE = 8 };
enum match { IS, BEGINS, ENDS };

struct route {
    const char *path;
    enum match match;
    unsigned methods;
    bool open; /* asks for no token */
    yg_httpapi_f *handle;
    yg_httpapi_refuse_f *refuse;
};

/* The first that fits counts. */
static const struct route routes[] = {
    { "/services/collector/health", BEGINS, READ, true, yg_hec_health, yg_hec_refuse },
    { "/services/collector/raw", BEGINS, POST, false, yg_hec_raw, yg_hec_refuse },
    { "/services/collector/ack", BEGINS, POST, false, yg_hec_ack, yg_hec_refuse },
    { "/services/collector", BEGINS, POST, false, yg_hec_event, yg_hec_refuse },
    { "/loki/api/v1/push", IS, POST, false, yg_loki_push, yg_loki_refuse },
    { "/ready", IS, READ, true, yg_loki_ready, yg_loki_refuse },
    { "/v1/logs", IS, POST, false, yg_otlp_logs, yg_otlp_refuse },
    { "/otlp/v1/logs", IS, POST, false, yg_otlp_logs, yg_otlp_refuse },
    { "/ingest", IS, POST | PUT, false, yg_ndjson, yg_es_refuse },
    { "/ingest/", BEGINS, POST | PUT, false, yg_ndjson, yg_es_refuse },
    { "/_bulk", ENDS, POST | PUT, false, yg_es_bulk, yg_es_refuse },
    { "/", IS, READ, false, yg_es_root, yg_es_refuse },
    { "/_license", BEGINS, READ, false, yg_es_license, yg_es_refuse },
    { "/_nodes", BEGINS, READ, false, yg_es_nodes, yg_es_refuse },
    { "/_", BEGINS, READ | POST | PUT, false, yg_es_empty, yg_es_refuse },
};

enum yg_status yg_httpapi_new(struct yg_intake *in, uint32_t source,
                              const struct yg_input_conf *conf, struct yg_httpapi **out)
{
    struct yg_httpapi *a = calloc(1, sizeof(*a));

    if (!a)
        return YG_ENOMEM;
    a->max_body = (size_t)conf->max_body;
    a->token = conf->token;
    a->es_version = conf->elasticsearch_version;
    yg_buf_init(&a->made, 2 * a->max_body + SLACK);
    yg_buf_init(&a->whence, 2 * a->max_body + SLACK);
    yg_arena_init(&a->kept, 2 * a->max_body + SLACK);
    yg_arena_init(&a->scratch, 2 * a->max_body + SLACK);
    enum yg_status st = yg_gather_init(&a->gather, in, source);
    if (st == YG_OK)
        st = yg_json_pull_new((size_t)conf->max_body, &a->body);
    if (st == YG_OK)
        st = yg_json_pull_new((size_t)conf->max_body, &a->line);
    if (st == YG_OK)
        *out = a;
    else
        yg_httpapi_free(a);
    return st;
}

void yg_httpapi_free(struct yg_httpapi *a)
{
    if (!a)
        return;
    yg_gather_fini(&a->gather);
    yg_json_pull_free(a->body);
    yg_json_pull_free(a->line);
    yg_buf_fini(&a->made);
    yg_buf_fini(&a->whence);
    yg_arena_fini(&a->kept);
    yg_arena_fini(&a->scratch);
    free(a);
}

static const struct route *route_of(struct yg_str path)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(routes); i++) {
        struct yg_str p = yg_str_of(routes[i].path);
        bool fits = routes[i].match == IS ? yg_str_eq(path, p)
                    : routes[i].match == BEGINS
                        ? yg_str_starts(path, p)
                        : path.n >= p.n && memcmp(path.p + path.n - p.n, p.p, p.n) == 0;
        if (fits)
            return &routes[i];
    }
    return NULL;
}

static unsigned method_of(struct yg_str m)
{
    return yg_str_eq(m, YG_STR("GET")) || yg_str_eq(m, YG_STR("HEAD")) ? READ
           : yg_str_eq(m, YG_STR("POST"))                              ? POST
           : yg_str_eq(m, YG_STR("PUT"))                               ? PUT
                                                                       : REMOVE;
}

static void reject(struct yg_httpapi *a, struct yg_httpd_reply *out, unsigned status,
                   const char *why, yg_httpapi_refuse_f *refuse)
{
    yg_intake_count(a->gather.in, a->gather.source, YG_IN_REJECTED, 1);
    yg_buf_clear(&out->body);
    out->status = status;
    out->wait = false;
    out->again = status == 429 || status == 503;
    out->type = "application/json";
    refuse(out, status, why);
}

void yg_httpapi_refuse(void *arg, const struct yg_httpd_request *in, unsigned status,
                       const char *why, struct yg_httpd_reply *out)
{
    const struct route *r = route_of(in->path);

    reject(arg, out, status, why, r ? r->refuse : yg_es_refuse);
}

bool yg_httpapi_check(void *arg, const struct yg_httpd_request *in,
                      struct yg_httpd_reply *out)
{
    struct yg_httpapi *a = arg;
    const struct route *r = route_of(in->path);
    unsigned method = method_of(in->method);

    out->type = "application/json";
    if (!r) {
        reject(a, out, 404, "no such path; docs/inputs.md lists them", yg_es_refuse);
        return false;
    }
    if (!(r->methods & method)) {
        reject(a, out, 405, "this path has no such method", r->refuse);
        return false;
    }
    enum yg_httpauth auth =
        r->open ? YG_HTTPAUTH_GOOD : yg_httpauth_check(a->token, in->authorization);
    if (auth != YG_HTTPAUTH_GOOD) {
        bool wrong = auth == YG_HTTPAUTH_WRONG && r->refuse == yg_hec_refuse;
        out->authenticate = "Basic realm=\"yagura\"";
        reject(a, out, wrong ? 403 : 401,
               auth == YG_HTTPAUTH_WRONG     ? "the token is not this input's"
               : auth == YG_HTTPAUTH_MISSING ? "a token is needed"
                                             : "this Authorization is not understood",
               r->refuse);
        return false;
    }
    if (method != READ)
        return true;
    r->handle(a, in, out);
    return false;
}

void yg_httpapi_handle(void *arg, const struct yg_httpd_request *in,
                       struct yg_httpd_reply *out)
{
    struct yg_httpapi *a = arg;
    const struct route *r = route_of(in->path);

    YG_ASSERT(r != NULL); /* check has let it pass */
    out->type = "application/json";
    yg_gather_begin(&a->gather, in->peer, in->peer_host);
    r->handle(a, in, out);
}

bool yg_httpapi_taken(struct yg_httpapi *a, struct yg_httpd_reply *out, enum yg_status st,
                      yg_httpapi_refuse_f *refuse)
{
    enum yg_status end = yg_gather_end(&a->gather);

    st = st == YG_OK ? end : st;
    out->wait = st == YG_OK && a->gather.any;
    out->ticket = a->gather.ticket;
    if (st == YG_EBUSY)
        reject(a, out, 429, "the journal is full; send it again", refuse);
    else if (st == YG_ELIMIT)
        reject(a, out, 413, "too many records in one request, or one that is too large",
               refuse);
    else if (st != YG_OK)
        reject(a, out, 503, "cannot be kept now; send it again", refuse);
    return st == YG_OK;
}

enum yg_status yg_httpapi_add(struct yg_httpapi *a, struct yg_str piece,
                              struct yg_str raw)
{
    const struct yg_wrap *w = &a->wrap;
    struct yg_buf *b = &a->whence;

    yg_buf_clear(b);
    yg_buf_u8(b, w->timed);
    yg_buf_u64(b, (uint64_t)w->time_ns);
    yg_buf_lstr(b, w->host);
    yg_buf_u32(b, w->labels + w->left_out);
    for (uint32_t i = 0; i < w->labels; i++) {
        yg_buf_lstr(b, w->label[i].key);
        yg_buf_lstr(b, w->label[i].value);
    }
    yg_buf_str_add(b, piece);
    return yg_buf_status(b) == YG_OK ? yg_gather_add(&a->gather, yg_buf_str(b), raw, true)
                                     : yg_buf_status(b);
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

struct yg_str yg_httpapi_param(struct yg_str query, const char *name, char room[256])
{
    size_t n = 0;

    while (query.p) {
        struct yg_str value = yg_str_cut(&query, '&'), key = yg_str_cut(&value, '=');
        if (!yg_str_eq(key, yg_str_of(name)) || !value.p)
            continue;
        for (size_t i = 0; i < value.n && n < 256; i++) {
            int high = value.p[i] == '%' && value.n - i > 2 ? hex(value.p[i + 1]) : -1;
            int low = high >= 0 ? hex(value.p[i + 2]) : -1;
            room[n++] = low >= 0            ? (char)(high * 16 + low)
                        : value.p[i] == '+' ? ' '
                                            : value.p[i];
            i += low >= 0 ? 2 : 0;
        }
        break;
    }
    return (struct yg_str){ room, n };
}

struct yg_str yg_httpapi_text(struct yg_arena *arena, const struct yg_json_value *v)
{
    if (!v->escaped)
        return v->text;
    char *p = yg_arena_alloc(arena, v->text.n);
    return p ? (struct yg_str){ p, yg_json_unescape(v->text, p) } : YG_STR_NONE;
}

struct yg_str yg_httpapi_key(struct yg_arena *arena, struct yg_str key)
{
    struct yg_json_value v = { .text = key, .type = YG_JSON_STRING };

    v.escaped = key.n > 0 && memchr(key.p, '\\', key.n);
    return yg_httpapi_text(arena, &v);
}
