/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/otlp.h"

#include "base/jsonw.h"

static bool is_json(struct yg_str type)
{
    return type.p && yg_str_has_nocase(type, YG_STR("json"));
}

/* google.rpc.Status, in JSON whatever the request was: clients read the HTTP status. */
void yg_otlp_refuse(struct yg_httpd_reply *out, unsigned status, const char *why)
{
    struct yg_jsonw j = yg_jsonw_of(&out->body);

    out->status = status;
    yg_jsonw_open(&j, '{');
    yg_jsonw_ku64(&j, "code", status == 429 || status == 503 ? 14 : 3);
    yg_jsonw_kcstr(&j, "message", why);
    yg_jsonw_close(&j, '}');
}

enum yg_status yg_otlp_label(struct yg_httpapi *a, struct yg_arena *arena,
                             const char *what, struct yg_str key,
                             struct yg_otlp_value value)
{
    size_t n = strlen(what);

    if (value.kind == YG_OTLP_NONE)
        return YG_OK;
    if (n > 0) {
        if (yg_str_eq(key, YG_STR("host.name")) && value.kind == YG_OTLP_TEXT)
            a->wrap.host = value.text;
        if (yg_str_eq(key, YG_STR("service.name")) && value.kind == YG_OTLP_TEXT)
            a->wrap.app = value.text;
        char *p = yg_arena_alloc(arena, n + key.n);
        if (!p)
            return YG_ENOMEM;
        memcpy(p, what, n);
        if (key.n)
            memcpy(p + n, key.p, key.n);
        key = (struct yg_str){ p, n + key.n };
    }
    yg_wrap_label(&a->wrap, key, value.text, value.kind != YG_OTLP_TEXT);
    return YG_OK;
}

/* SPEC OTel logs data model, "SeverityNumber", to RFC 5424's severities. */
static unsigned severity_of(uint64_t number)
{
    return number == 0    ? 5
           : number <= 8  ? 7
           : number <= 12 ? 6
           : number <= 16 ? 4
           : number <= 20 ? 3
                          : 2;
}

enum yg_status yg_otlp_take(struct yg_httpapi *a, const struct yg_otlp_record *r)
{
    struct yg_wrap *w = &a->wrap;
    const struct {
        const char *name;
        struct yg_str value;
    } row[] = {
        { "severity_text", r->severity_text },
        { "trace_id", r->trace_id },
        { "span_id", r->span_id },
        { "event_name", r->event_name },
    };
    uint64_t time = r->time_ns ? r->time_ns : r->observed_ns;
    struct yg_str raw;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (row[i].value.n)
            yg_wrap_label(w, yg_str_of(row[i].name), row[i].value, false);
    w->timed = time > 0 && time <= INT64_MAX;
    w->time_ns = w->timed ? (int64_t)time : 0;
    w->severity = severity_of(r->severity);
    if (r->body.kind == YG_OTLP_OBJECT)
        raw = yg_wrap_object(w, r->body.text, &a->made);
    else if (r->body.kind == YG_OTLP_TEXT)
        raw = yg_wrap_line(w, a->line, r->body.text, &a->made);
    else
        raw = yg_wrap_value(w, r->body.text, &a->made);
    if (yg_buf_status(&a->made) != YG_OK)
        return yg_buf_status(&a->made);
    return raw.n ? yg_httpapi_add(a, r->piece, raw) : YG_OK;
}

/* ExportLogsServiceResponse { partial_success = 1 { rejected_log_records = 1,
 * error_message = 2 } } */
static void answer(struct yg_httpd_reply *out, bool json, uint64_t refused)
{
    static const char why[] = "values are too large or nested too deep";
    struct yg_buf inner;

    if (json) {
        yg_buf_str_add(&out->body, YG_STR("{\"partialSuccess\":{"));
        if (refused)
            yg_buf_printf(&out->body,
                          "\"rejectedLogRecords\":\"%llu\",\"errorMessage\":\"%s\"",
                          (unsigned long long)refused, why);
        yg_buf_str_add(&out->body, YG_STR("}}"));
        return;
    }
    out->type = "application/x-protobuf";
    if (!refused)
        return;
    yg_buf_init(&inner, 128);
    yg_buf_u8(&inner, 0x08);
    for (; refused > 127; refused >>= 7)
        yg_buf_u8(&inner, (uint8_t)(refused | 0x80));
    yg_buf_u8(&inner, (uint8_t)refused);
    yg_buf_u8(&inner, 0x12);
    yg_buf_u8(&inner, sizeof(why) - 1);
    yg_buf_add(&inner, why, sizeof(why) - 1);
    yg_buf_u8(&out->body, 0x0a);
    yg_buf_u8(&out->body, (uint8_t)yg_buf_str(&inner).n);
    yg_buf_str_add(&out->body, yg_buf_str(&inner));
    yg_buf_fini(&inner);
}

void yg_otlp_logs(struct yg_httpapi *a, const struct yg_httpd_request *in,
                  struct yg_httpd_reply *out)
{
    bool json = is_json(in->type);
    enum yg_status st = YG_OK;
    uint64_t refused = 0;

    for (int take = 0; st == YG_OK && take < 2; take++) {
        refused = 0;
        st = json ? yg_otlp_json(a, in->body, take, &refused)
                  : yg_otlp_wire(a, in->body, take, &refused);
    }
    if (st == YG_EFORMAT) {
        yg_httpapi_refuse(a, in, 400,
                          json ? "not OTLP logs in JSON" : "not OTLP logs in protobuf",
                          out);
    } else if (yg_httpapi_taken(a, out, st, yg_otlp_refuse)) {
        if (refused)
            yg_gather_refuse(&a->gather, refused);
        answer(out, json, refused);
    }
}
