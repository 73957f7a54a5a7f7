/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/hec.h"

#include "base/clock.h"
#include "base/jsonw.h"

#include <stdio.h>

enum code {
    CODE_OK = 0,
    CODE_TOKEN_NEEDED = 2,
    CODE_AUTH_INVALID = 3,
    CODE_TOKEN_INVALID = 4,
    CODE_NO_DATA = 5,
    CODE_FORMAT = 6,
    CODE_BUSY = 9,
    CODE_EVENT_NEEDED = 12,
    CODE_EVENT_BLANK = 13,
    CODE_HEALTHY = 17,
};

static void say(struct yg_httpd_reply *out, unsigned status, const char *text,
                enum code code)
{
    out->status = status;
    yg_buf_clear(&out->body);
    yg_buf_printf(&out->body, "{\"text\":\"%s\",\"code\":%d}", text, (int)code);
}

void yg_hec_refuse(struct yg_httpd_reply *out, unsigned status, const char *why)
{
    bool missing = strstr(why, "needed") != NULL;

    if (status == 401)
        say(out, 401, missing ? "Token is required" : "Invalid authorization",
            missing ? CODE_TOKEN_NEEDED : CODE_AUTH_INVALID);
    else if (status == 403)
        say(out, 403, "Invalid token", CODE_TOKEN_INVALID);
    else if (status == 429 || status == 503)
        say(out, 503, "Server is busy", CODE_BUSY);
    else
        say(out, status, "Invalid data format", CODE_FORMAT);
}

void yg_hec_health(struct yg_httpapi *a, const struct yg_httpd_request *in,
                   struct yg_httpd_reply *out)
{
    (void)a;
    (void)in;
    say(out, 200, "HEC is healthy", CODE_HEALTHY);
}

/* Whatever was taken is durable before it is answered: true for every number. */
void yg_hec_ack(struct yg_httpapi *a, const struct yg_httpd_request *in,
                struct yg_httpd_reply *out)
{
    struct yg_json_pull *p = a->body;
    struct yg_json_value v;
    struct yg_str key;
    uint64_t id, n = 0;

    yg_buf_str_add(&out->body, YG_STR("{\"acks\":{"));
    bool good = yg_json_pull_begin(p, in->body) && yg_json_pull_into(p, '{');
    while (good && yg_json_pull_member(p, &key)) {
        if (!yg_str_eq(key, YG_STR("acks")) || !yg_json_pull_into(p, '[')) {
            (void)yg_json_pull_skip(p, NULL);
            continue;
        }
        while (yg_json_pull_element(p))
            if (yg_json_pull_scalar(p, &v) && yg_str_u64(v.text, &id))
                yg_buf_printf(&out->body, "%s\"%llu\":true", n++ ? "," : "",
                              (unsigned long long)id);
    }
    yg_buf_str_add(&out->body, YG_STR("}}"));
    if (!good || !yg_json_pull_end(p))
        yg_httpapi_refuse(a, in, 400, "not JSON", out);
}

/* ---- events ------------------------------------------------------------------------ */

static struct yg_json_value *place_of(struct yg_hec_event *e, struct yg_str key)
{
    struct {
        const char *name;
        struct yg_json_value *at;
    } row[] = {
        { "time", &e->time },     { "host", &e->host },
        { "source", &e->source }, { "sourcetype", &e->sourcetype },
        { "index", &e->index },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (yg_str_eq(key, yg_str_of(row[i].name)))
            return row[i].at;
    return NULL;
}

static void read_value(struct yg_json_pull *p, struct yg_str key, struct yg_hec_event *e)
{
    struct yg_json_value *at = place_of(e, key), v;
    char next = yg_json_pull_peek(p);

    if (yg_str_eq(key, YG_STR("event"))) {
        struct yg_json_mark here = yg_json_pull_mark(p);
        if (!yg_json_pull_skip(p, &e->event))
            return;
        e->is_text = next == '"';
        if (e->is_text) {
            yg_json_pull_seek(p, here);
            (void)yg_json_pull_scalar(p, &e->text);
        }
        if (yg_str_eq(e->event, YG_STR("null")))
            e->event.n = 0;
        return;
    }
    if (yg_str_eq(key, YG_STR("fields")) && next == '{') {
        e->fields = yg_json_pull_mark(p);
        e->has_fields = true;
    }
    if (!at || next == '{' || next == '[')
        (void)yg_json_pull_skip(p, NULL);
    else if (yg_json_pull_scalar(p, &v) && v.type != YG_JSON_NULL)
        *at = v;
}

enum yg_status yg_hec_next(struct yg_json_pull *p, struct yg_str body,
                           struct yg_hec_event *out)
{
    struct yg_str key;

    if (yg_json_pull_end(p))
        return YG_EEND;
    *out = (struct yg_hec_event){ .event = YG_STR("") };
    size_t from = yg_json_pull_offset(p);
    if (!yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (yg_json_pull_member(p, &key))
        read_value(p, key, out);
    if (!yg_json_pull_ok(p))
        return YG_EFORMAT;
    out->span =
        yg_str_trim((struct yg_str){ body.p + from, yg_json_pull_offset(p) - from });
    return YG_OK;
}

static struct yg_str text_of(struct yg_httpapi *a, const struct yg_json_value *v)
{
    return v->text.p ? yg_httpapi_text(&a->scratch, v) : YG_STR("");
}

static void label(struct yg_httpapi *a, const char *name, struct yg_str value)
{
    if (value.n)
        yg_wrap_label(&a->wrap, yg_str_of(name), value, false);
}

static void label_fields(struct yg_httpapi *a, const struct yg_hec_event *e)
{
    struct yg_json_pull *p = a->body;
    struct yg_json_mark back = yg_json_pull_mark(p);
    struct yg_json_value v = { .type = YG_JSON_STRING };
    struct yg_str key, span;

    yg_json_pull_seek(p, e->fields);
    (void)yg_json_pull_into(p, '{');
    while (yg_json_pull_member(p, &key)) {
        char next = yg_json_pull_peek(p);
        key = yg_httpapi_key(&a->scratch, key);
        if (next == '{' || next == '[') {
            if (yg_json_pull_skip(p, &span))
                yg_wrap_label(&a->wrap, key, span, true);
        } else if (yg_json_pull_scalar(p, &v)) {
            bool text = v.type == YG_JSON_STRING;
            yg_wrap_label(&a->wrap, key, text ? text_of(a, &v) : v.text, !text);
        }
    }
    yg_json_pull_seek(p, back);
}

static enum yg_status take_event(struct yg_httpapi *a, const struct yg_hec_event *e)
{
    struct yg_wrap *w = &a->wrap;
    struct yg_str raw;

    yg_arena_clear(&a->scratch);
    yg_wrap_clear(w, "hec");
    w->timed = e->time.text.p && yg_time_epoch(e->time.text, &w->time_ns);
    w->host = text_of(a, &e->host);
    label(a, "source", text_of(a, &e->source));
    label(a, "sourcetype", text_of(a, &e->sourcetype));
    label(a, "index", text_of(a, &e->index));
    if (e->has_fields)
        label_fields(a, e);
    if (e->is_text)
        raw = yg_wrap_line(w, a->line, text_of(a, &e->text), &a->made);
    else if (e->event.p[0] == '{')
        raw = yg_wrap_object(w, e->event, &a->made);
    else
        raw = yg_wrap_value(w, e->event, &a->made);
    if (!raw.p || yg_buf_status(&a->made) != YG_OK)
        return raw.p ? yg_buf_status(&a->made) : YG_ENOMEM;
    return yg_httpapi_add(a, e->span, raw);
}

static void finish(struct yg_httpapi *a, const struct yg_httpd_request *in,
                   enum yg_status st, struct yg_httpd_reply *out)
{
    if (!yg_httpapi_taken(a, out, st, yg_hec_refuse))
        return;
    say(out, 200, "Success", CODE_OK);
    if (in->channel.p) {
        yg_buf_cut(&out->body, yg_buf_str(&out->body).n - 1);
        yg_buf_printf(&out->body, ",\"ackId\":%llu}", (unsigned long long)a->hec_acks++);
    }
}

/* Code of the first thing wrong with a body, and the event's number. */
static enum code look_through(struct yg_httpapi *a, struct yg_str body, uint64_t *number)
{
    struct yg_hec_event e;
    enum yg_status st;

    *number = 0;
    if (yg_str_trim(body).n == 0)
        return CODE_NO_DATA;
    if (!yg_json_pull_begin(a->body, body))
        return CODE_FORMAT;
    while ((st = yg_hec_next(a->body, body, &e)) == YG_OK) {
        if (e.event.n == 0)
            return CODE_EVENT_NEEDED;
        if (e.is_text && e.text.text.n == 0)
            return CODE_EVENT_BLANK;
        ++*number;
    }
    return st == YG_EEND ? CODE_OK : CODE_FORMAT;
}

void yg_hec_event(struct yg_httpapi *a, const struct yg_httpd_request *in,
                  struct yg_httpd_reply *out)
{
    struct yg_hec_event e;
    uint64_t number;
    enum code code = look_through(a, in->body, &number);
    enum yg_status st = YG_OK;

    if (code != CODE_OK) {
        yg_httpapi_refuse(a, in, 400, "", out);
        say(out, 400,
            code == CODE_NO_DATA        ? "No data"
            : code == CODE_EVENT_NEEDED ? "Event field is required"
            : code == CODE_EVENT_BLANK  ? "Event field cannot be blank"
                                        : "Invalid data format",
            code);
        yg_buf_cut(&out->body, yg_buf_str(&out->body).n - 1);
        yg_buf_printf(&out->body, ",\"invalid-event-number\":%llu}",
                      (unsigned long long)number);
        return;
    }
    (void)yg_json_pull_again(a->body);
    while (st == YG_OK && yg_hec_next(a->body, in->body, &e) == YG_OK)
        st = take_event(a, &e);
    finish(a, in, st, out);
}

void yg_hec_raw(struct yg_httpapi *a, const struct yg_httpd_request *in,
                struct yg_httpd_reply *out)
{
    static const char *const name[] = { "source", "sourcetype", "index" };
    char room[5][256];
    struct yg_str rest = in->body;
    enum yg_status st = YG_OK;

    if (yg_str_trim(rest).n == 0) {
        yg_httpapi_refuse(a, in, 400, "", out);
        say(out, 400, "No data", CODE_NO_DATA);
        return;
    }
    yg_wrap_clear(&a->wrap, "hec");
    a->wrap.host = yg_httpapi_param(in->query, "host", room[0]);
    struct yg_str time = yg_httpapi_param(in->query, "time", room[1]);
    a->wrap.timed = time.n && yg_time_epoch(time, &a->wrap.time_ns);
    for (unsigned i = 0; i < YG_ARRAY_LEN(name); i++)
        label(a, name[i], yg_httpapi_param(in->query, name[i], room[2 + i]));
    while (st == YG_OK && rest.p && rest.n > 0) {
        struct yg_str line = yg_str_cut(&rest, '\n');
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        if (line.n == 0)
            continue;
        struct yg_str raw = yg_wrap_line(&a->wrap, a->line, line, &a->made);
        st = yg_buf_status(&a->made);
        if (st == YG_OK)
            st = yg_httpapi_add(a, line, raw);
    }
    finish(a, in, st, out);
}
