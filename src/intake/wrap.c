/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/wrap.h"

#include "base/clock.h"
#include "base/jsonw.h"

#include <stdio.h>

#define FACILITY_USER 1
#define HOST_MAX      255 /* SPEC rfc5424, section 6 */
#define APP_MAX       48

void yg_wrap_clear(struct yg_wrap *w, const char *api)
{
    w->api = api;
    w->timed = false;
    w->time_ns = 0;
    w->severity = 5;
    w->host = w->app = YG_STR("");
    w->labels = w->left_out = 0;
}

void yg_wrap_label(struct yg_wrap *w, struct yg_str key, struct yg_str value, bool json)
{
    if (w->labels == YG_WRAP_LABELS)
        w->left_out++;
    else
        w->label[w->labels++] = (struct yg_wrap_label){ key, value, json };
}

static bool said(const struct yg_wrap *w)
{
    return w->timed || w->host.n || w->app.n || w->labels;
}

static bool has_pri(struct yg_str s)
{
    size_t n = 1;

    while (n < s.n && n < 5 && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return s.n > n && s.p[0] == '<' && n > 1 && n < 5 && s.p[n] == '>';
}

static void put_via(const struct yg_wrap *w, struct yg_buf *out)
{
    struct yg_jsonw j = yg_jsonw_of(out);
    char time[YG_TIME_TEXT_MAX];
    struct yg_str key;

    yg_jsonw_open(&j, '{');
    yg_jsonw_key(&j, "yagura_via");
    yg_jsonw_open(&j, '{');
    yg_jsonw_kcstr(&j, "api", w->api);
    if (w->timed)
        yg_jsonw_kcstr(&j, "time", yg_time_text(w->time_ns, time));
    if (w->host.n)
        yg_jsonw_kstr(&j, "host", w->host);
    if (w->app.n)
        yg_jsonw_kstr(&j, "app", w->app);
    if (w->labels) {
        yg_jsonw_key(&j, "labels");
        yg_buf_char(out, '{');
        for (uint32_t i = 0; i < w->labels; i++) {
            key = w->label[i].key;
            yg_buf_str_add(out, i ? YG_STR(",\"") : YG_STR("\""));
            yg_json_escape(out, key);
            yg_buf_str_add(out, YG_STR("\":"));
            if (!w->label[i].json)
                yg_buf_char(out, '"');
            if (w->label[i].json)
                yg_buf_str_add(out, w->label[i].value);
            else
                yg_json_escape(out, w->label[i].value);
            if (!w->label[i].json)
                yg_buf_char(out, '"');
        }
        yg_buf_char(out, '}');
    }
    if (w->left_out)
        yg_jsonw_ku64(&j, "left_out", w->left_out);
    yg_jsonw_close(&j, '}');
}

/* A field of the header: printable ASCII without blanks, or nil. */
static void put_header(struct yg_buf *out, struct yg_str s, size_t most)
{
    bool good = s.n > 0 && s.n <= most;

    for (size_t i = 0; good && i < s.n; i++)
        good = s.p[i] > ' ' && s.p[i] < 127;
    yg_buf_str_add(out, good ? s : YG_STR("-"));
    yg_buf_char(out, ' ');
}

static void put_param(struct yg_buf *out, struct yg_str key, struct yg_str value)
{
    const char *end = value.n ? value.p + value.n : value.p;

    yg_buf_char(out, ' ');
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        yg_buf_char(out, c <= ' ' || c >= 127 || strchr("=]\"", c) ? '_' : c);
    }
    yg_buf_str_add(out, key.n ? YG_STR("=\"") : YG_STR("_=\""));
    for (const char *p = value.p, *from = p; p < end; from = p) {
        while (p < end && *p != '"' && *p != '\\' && *p != ']')
            p++;
        yg_buf_add(out, from, (size_t)(p - from));
        if (p < end) {
            yg_buf_char(out, '\\');
            yg_buf_char(out, *p++);
        }
    }
    yg_buf_char(out, '"');
}

static void put_syslog(const struct yg_wrap *w, struct yg_str line, struct yg_buf *out)
{
    char time[YG_TIME_TEXT_MAX];

    yg_buf_printf(out, "<%u>1 %s ", FACILITY_USER * 8U + w->severity,
                  w->timed ? yg_time_text(w->time_ns, time) : "-");
    put_header(out, w->host, HOST_MAX);
    put_header(out, w->app, APP_MAX);
    yg_buf_printf(out, "- - [%s@32473", w->api);
    if (w->host.n)
        put_param(out, YG_STR("host"), w->host);
    if (w->app.n)
        put_param(out, YG_STR("app"), w->app);
    for (uint32_t i = 0; i < w->labels; i++)
        put_param(out, w->label[i].key, w->label[i].value);
    char left_out[24];
    if (w->left_out) {
        snprintf(left_out, sizeof(left_out), "%u", w->left_out);
        put_param(out, YG_STR("left_out"), yg_str_of(left_out));
    }
    yg_buf_str_add(out, YG_STR("] "));
    yg_buf_str_add(out, line);
}

struct yg_str yg_wrap_object(const struct yg_wrap *w, struct yg_str object,
                             struct yg_buf *out)
{
    struct yg_str members = { object.p + 1, object.n - 1 };

    yg_buf_clear(out);
    if (!said(w))
        return object;
    put_via(w, out);
    if (yg_str_trim(members).n > 1)
        yg_buf_char(out, ',');
    yg_buf_str_add(out, members);
    return yg_buf_str(out);
}

struct yg_str yg_wrap_line(const struct yg_wrap *w, struct yg_json_pull *pull,
                           struct yg_str line, struct yg_buf *out)
{
    struct yg_str trimmed = yg_str_trim(line);

    yg_buf_clear(out);
    if (!said(w) || has_pri(line))
        return line;
    if (trimmed.n && trimmed.p[0] == '{' && yg_json_pull_is_object(pull, trimmed))
        return yg_wrap_object(w, trimmed, out);
    put_syslog(w, line, out);
    return yg_buf_str(out);
}

struct yg_str yg_wrap_value(const struct yg_wrap *w, struct yg_str json,
                            struct yg_buf *out)
{
    yg_buf_clear(out);
    put_via(w, out);
    if (json.n) {
        yg_buf_str_add(out, YG_STR(",\"body\":"));
        yg_buf_str_add(out, json);
    }
    yg_buf_char(out, '}');
    return yg_buf_str(out);
}
