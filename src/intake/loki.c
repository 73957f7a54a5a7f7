/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/loki.h"

#include "base/clock.h"

#include <snappy-c.h>
#include <stdlib.h>

void yg_loki_refuse(struct yg_httpd_reply *out, unsigned status, const char *why)
{
    out->status = status;
    out->type = "text/plain; charset=utf-8";
    yg_buf_printf(&out->body, "%s\n", why);
}

void yg_loki_ready(struct yg_httpapi *a, const struct yg_httpd_request *in,
                   struct yg_httpd_reply *out)
{
    (void)a;
    (void)in;
    out->type = "text/plain; charset=utf-8";
    yg_buf_str_add(&out->body, YG_STR("ready\n"));
}

void yg_loki_put(struct yg_httpapi *a, struct yg_str name, struct yg_str value)
{
    static const char *const host[] = { "host", "hostname", "instance", "node_name",
                                        "nodename" };
    static const char *const app[] = { "app", "service_name", "syslog_identifier",
                                       "job" };
    struct yg_wrap *w = &a->wrap;

    for (size_t i = 0; w->host.n == 0 && i < YG_ARRAY_LEN(host); i++)
        if (yg_str_eq(name, yg_str_of(host[i])))
            w->host = value;
    for (size_t i = 0; w->app.n == 0 && i < YG_ARRAY_LEN(app); i++)
        if (yg_str_eq(name, yg_str_of(app[i])))
            w->app = value;
    yg_wrap_label(w, name, value, false);
}

enum yg_status yg_loki_entry(struct yg_httpapi *a, struct yg_str piece, int64_t ns,
                             struct yg_str line)
{
    a->wrap.timed = true;
    a->wrap.time_ns = ns;
    struct yg_str raw = yg_wrap_line(&a->wrap, a->line, line, &a->made);
    if (yg_buf_status(&a->made) != YG_OK || !raw.p)
        return raw.p ? yg_buf_status(&a->made) : YG_ENOMEM;
    return yg_httpapi_add(a, piece, raw);
}

/* ---- JSON -------------------------------------------------------------------------- */

static enum yg_status read_labels(struct yg_httpapi *a, struct yg_arena *texts)
{
    struct yg_json_pull *p = a->body;
    struct yg_json_value v = { .type = YG_JSON_STRING };
    struct yg_str name, value;

    if (!yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (yg_json_pull_member(p, &name)) {
        if (!yg_json_pull_scalar(p, &v))
            return YG_EFORMAT;
        value = v.type == YG_JSON_STRING ? yg_httpapi_text(texts, &v) : v.text;
        name = yg_httpapi_key(texts, name);
        if (!value.p || !name.p)
            return YG_ENOMEM;
        yg_loki_put(a, name, value);
    }
    return yg_json_pull_ok(p) ? YG_OK : YG_EFORMAT;
}

/* [ "ns", "line" ] or [ "ns", "line", { metadata } ] */
static enum yg_status read_entry(struct yg_httpapi *a, struct yg_str body, bool take)
{
    struct yg_json_pull *p = a->body;
    const struct yg_str host = a->wrap.host, app = a->wrap.app;
    const uint32_t labels = a->wrap.labels;
    struct yg_json_value time, line;
    enum yg_status st = YG_OK;
    int64_t ns = 0;
    size_t from = yg_json_pull_offset(p);

    if (!yg_json_pull_into(p, '[') || !yg_json_pull_element(p) ||
        !yg_json_pull_scalar(p, &time) || !yg_json_pull_element(p) ||
        !yg_json_pull_scalar(p, &line) || line.type != YG_JSON_STRING ||
        !yg_time_epoch_unit(time.text, 9, &ns))
        return YG_EFORMAT;
    yg_arena_clear(&a->scratch);
    for (bool first = true; st == YG_OK && yg_json_pull_element(p); first = false) {
        if (first && yg_json_pull_peek(p) == '{')
            st = read_labels(a, &a->scratch);
        else
            (void)yg_json_pull_skip(p, NULL);
    }
    if (st == YG_OK && !yg_json_pull_ok(p))
        st = YG_EFORMAT;
    if (st == YG_OK && take && line.text.n)
        st = yg_loki_entry(
            a, (struct yg_str){ body.p + from, yg_json_pull_offset(p) - from }, ns,
            yg_httpapi_text(&a->scratch, &line));
    a->wrap.host = host;
    a->wrap.app = app;
    a->wrap.labels = labels;
    return st;
}

/* The labels may stand behind the entries, which need them: entries are read last. */
static enum yg_status read_stream(struct yg_httpapi *a, struct yg_str body, bool take)
{
    struct yg_json_pull *p = a->body;
    struct yg_json_mark values = { NULL };
    struct yg_str key;
    enum yg_status st = YG_OK;

    yg_arena_clear(&a->kept);
    yg_wrap_clear(&a->wrap, "loki");
    if (!yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (st == YG_OK && yg_json_pull_member(p, &key)) {
        if (yg_str_eq(key, YG_STR("stream"))) {
            st = read_labels(a, &a->kept);
            continue;
        }
        if (yg_str_eq(key, YG_STR("values")))
            values = yg_json_pull_mark(p);
        (void)yg_json_pull_skip(p, NULL);
    }
    if (st != YG_OK || !yg_json_pull_ok(p) || !values.at)
        return st != YG_OK ? st : YG_EFORMAT;
    struct yg_json_mark end = yg_json_pull_mark(p);
    yg_json_pull_seek(p, values);
    if (!yg_json_pull_into(p, '['))
        return YG_EFORMAT;
    while (st == YG_OK && yg_json_pull_element(p))
        st = read_entry(a, body, take);
    yg_json_pull_seek(p, end);
    return st == YG_OK && !yg_json_pull_ok(p) ? YG_EFORMAT : st;
}

enum yg_status yg_loki_json(struct yg_httpapi *a, struct yg_str body, bool take)
{
    struct yg_json_pull *p = a->body;
    enum yg_status st = YG_OK;
    struct yg_str key;
    bool seen = false;

    if (!(take ? yg_json_pull_again(p) : yg_json_pull_begin(p, body)) ||
        !yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (st == YG_OK && yg_json_pull_member(p, &key)) {
        if (!yg_str_eq(key, YG_STR("streams")) || !yg_json_pull_into(p, '[')) {
            (void)yg_json_pull_skip(p, NULL);
            continue;
        }
        seen = true;
        while (st == YG_OK && yg_json_pull_element(p))
            st = read_stream(a, body, take);
    }
    return st == YG_OK && (!seen || !yg_json_pull_end(p)) ? YG_EFORMAT : st;
}

/* ---- the request ------------------------------------------------------------------- */

/* What snappy's block says it is long, it must be; the claim is bounded before memory is
 * taken. */
static enum yg_status undo_snappy(struct yg_str in, size_t max, struct yg_buf *out)
{
    size_t n = 0;

    if (snappy_uncompressed_length(in.p, in.n, &n) != SNAPPY_OK)
        return YG_EFORMAT;
    if (n > max)
        return YG_ELIMIT;
    if (n == 0)
        return YG_OK;
    char *room = yg_buf_reserve(out, n);
    if (!room)
        return YG_ENOMEM;
    return snappy_uncompress(in.p, in.n, room, &n) == SNAPPY_OK ? YG_OK : YG_EFORMAT;
}

static enum yg_status push(struct yg_httpapi *a, struct yg_str body, bool json)
{
    enum yg_status st = YG_OK;

    for (int take = 0; st == YG_OK && take < 2; take++)
        st = json ? yg_loki_json(a, body, take) : yg_loki_wire(a, body, take);
    return st;
}

void yg_loki_push(struct yg_httpapi *a, const struct yg_httpd_request *in,
                  struct yg_httpd_reply *out)
{
    bool json = in->type.p && yg_str_has_nocase(in->type, YG_STR("json"));
    struct yg_str body = in->body;
    enum yg_status st = YG_OK;
    struct yg_buf plain;

    yg_buf_init(&plain, a->max_body);
    if (!json) {
        st = undo_snappy(body, a->max_body, &plain);
        body = yg_buf_str(&plain);
    }
    if (st == YG_OK)
        st = push(a, body, json);
    yg_buf_fini(&plain); /* records of it were copied */
    out->status = 204;
    out->type = NULL;
    if (st == YG_EFORMAT)
        yg_httpapi_refuse(a, in, 400,
                          json ? "not a push in JSON"
                               : "not a push in protobuf and snappy's block format; "
                                 "for JSON say Content-Type: application/json",
                          out);
    else
        (void)yg_httpapi_taken(a, out, st, yg_loki_refuse);
}
