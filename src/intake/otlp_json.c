/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/otlp.h"

/* An AnyValue on its way to plain JSON. */
struct any {
    struct yg_json_pull *p;
    struct yg_buf *out;
    bool deep; /* nested deeper than is followed */
};

static void put_any(struct any *o, unsigned depth);

/* {"key": "k", "value": AnyValue}, in either order: "k": value */
static void put_pair(struct any *o, unsigned depth)
{
    struct yg_json_mark value = { NULL };
    struct yg_json_value name = { .text = YG_STR("") };
    struct yg_str key;

    if (!yg_json_pull_into(o->p, '{')) {
        (void)yg_json_pull_skip(o->p, NULL);
        yg_buf_str_add(o->out, YG_STR("\"\":null"));
        return;
    }
    while (yg_json_pull_member(o->p, &key)) {
        if (yg_str_eq(key, YG_STR("key")) && yg_json_pull_peek(o->p) == '"') {
            (void)yg_json_pull_scalar(o->p, &name);
            continue;
        }
        if (yg_str_eq(key, YG_STR("value")))
            value = yg_json_pull_mark(o->p);
        (void)yg_json_pull_skip(o->p, NULL);
    }
    yg_buf_char(o->out, '"');
    yg_buf_str_add(o->out, name.text); /* escaped as it stands */
    yg_buf_str_add(o->out, YG_STR("\":"));
    struct yg_json_mark back = yg_json_pull_mark(o->p);
    if (!value.at || !yg_json_pull_ok(o->p)) {
        yg_buf_str_add(o->out, YG_STR("null"));
        return;
    }
    yg_json_pull_seek(o->p, value);
    put_any(o, depth);
    yg_json_pull_seek(o->p, back);
}

/* {"values": [...]} */
static void put_values(struct any *o, bool pairs, unsigned depth)
{
    bool first = true;
    struct yg_str key;

    yg_buf_char(o->out, pairs ? '{' : '[');
    if (!yg_json_pull_into(o->p, '{')) {
        (void)yg_json_pull_skip(o->p, NULL);
        yg_buf_char(o->out, pairs ? '}' : ']');
        return;
    }
    while (yg_json_pull_member(o->p, &key)) {
        if (!first || !yg_str_eq(key, YG_STR("values")) ||
            !yg_json_pull_into(o->p, '[')) {
            (void)yg_json_pull_skip(o->p, NULL);
            continue;
        }
        for (; yg_json_pull_element(o->p); first = false) {
            if (!first)
                yg_buf_char(o->out, ',');
            if (pairs)
                put_pair(o, depth);
            else
                put_any(o, depth);
        }
    }
    yg_buf_char(o->out, pairs ? '}' : ']');
}

/* One member of an AnyValue: which sort is it, what is its value? */
static void put_sort(struct any *o, struct yg_str sort, unsigned depth)
{
    struct yg_json_value v = { .text = YG_STR("null"), .type = YG_JSON_NULL };
    bool pairs = yg_str_eq(sort, YG_STR("kvlistValue"));
    char next = yg_json_pull_peek(o->p);

    if ((pairs || yg_str_eq(sort, YG_STR("arrayValue"))) && next == '{' &&
        depth < YG_OTLP_DEPTH) {
        put_values(o, pairs, depth + 1);
        return;
    }
    if (next == '{' || next == '[') {
        o->deep |= depth >= YG_OTLP_DEPTH;
        (void)yg_json_pull_skip(o->p, NULL);
        yg_buf_str_add(o->out, YG_STR("null"));
        return;
    }
    if (!yg_json_pull_scalar(o->p, &v))
        return;
    /* A 64-bit integer comes as a text and is a number all the same. */
    int64_t number;
    bool text = v.type == YG_JSON_STRING &&
                !(yg_str_eq(sort, YG_STR("intValue")) && yg_str_i64(v.text, &number));
    if (text)
        yg_buf_char(o->out, '"');
    yg_buf_str_add(o->out, v.text);
    if (text)
        yg_buf_char(o->out, '"');
}

/* {"stringValue": "x"} and its like: x. The first member counts. */
static void put_any(struct any *o, unsigned depth)
{
    struct yg_str sort;
    bool first = true;

    if (!yg_json_pull_into(o->p, '{')) {
        (void)yg_json_pull_skip(o->p, NULL);
        yg_buf_str_add(o->out, YG_STR("null"));
        return;
    }
    for (; yg_json_pull_member(o->p, &sort); first = false) {
        if (first)
            put_sort(o, sort, depth);
        else
            (void)yg_json_pull_skip(o->p, NULL);
    }
    if (first)
        yg_buf_str_add(o->out, YG_STR("null"));
}

/* The AnyValue that is next. YG_EFORMAT; YG_ELIMIT: too deep or large; YG_ENOMEM. */
static enum yg_status read_value(struct yg_httpapi *a, struct yg_arena *arena,
                                 struct yg_otlp_value *out)
{
    struct any o = { .p = a->body, .out = &a->made };
    struct yg_json_mark here = yg_json_pull_mark(a->body);
    struct yg_json_value v = { .type = YG_JSON_NULL };
    struct yg_str sort;

    *out = (struct yg_otlp_value){ YG_OTLP_NONE, YG_STR("") };
    if (yg_json_pull_into(a->body, '{') && yg_json_pull_member(a->body, &sort) &&
        yg_str_eq(sort, YG_STR("stringValue")) && yg_json_pull_peek(a->body) == '"' &&
        yg_json_pull_scalar(a->body, &v)) {
        while (yg_json_pull_member(a->body, &sort))
            (void)yg_json_pull_skip(a->body, NULL);
        *out = (struct yg_otlp_value){ YG_OTLP_TEXT, yg_httpapi_text(arena, &v) };
        return !yg_json_pull_ok(a->body) ? YG_EFORMAT : out->text.p ? YG_OK : YG_ENOMEM;
    }
    if (!yg_json_pull_ok(a->body))
        return YG_EFORMAT;
    yg_json_pull_seek(a->body, here);
    yg_buf_clear(&a->made);
    put_any(&o, 0);
    if (!yg_json_pull_ok(a->body) || o.deep)
        return o.deep && yg_json_pull_ok(a->body) ? YG_ELIMIT : YG_EFORMAT;
    struct yg_str made = yg_buf_str(&a->made);
    if (yg_buf_status(&a->made) != YG_OK)
        return yg_buf_status(&a->made);
    if (yg_str_eq(made, YG_STR("null")))
        return YG_OK;
    out->kind = made.p[0] == '{' ? YG_OTLP_OBJECT : YG_OTLP_OTHER;
    out->text = yg_arena_str(arena, made);
    return out->text.p ? YG_OK : YG_ENOMEM;
}

/* {"key": .., "value": ..} as a label. YG_ELIMIT: the value is too deep. */
static enum yg_status read_attribute(struct yg_httpapi *a, struct yg_arena *arena,
                                     const char *what)
{
    struct yg_otlp_value value = { YG_OTLP_NONE, YG_STR("") };
    struct yg_json_value name = { .text = YG_STR("") };
    struct yg_json_pull *p = a->body;
    enum yg_status st = YG_OK, deep = YG_OK;
    struct yg_str key;

    if (!yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (st == YG_OK && yg_json_pull_member(p, &key)) {
        if (yg_str_eq(key, YG_STR("key")) && yg_json_pull_peek(p) == '"')
            (void)yg_json_pull_scalar(p, &name);
        else if (yg_str_eq(key, YG_STR("value")))
            st = read_value(a, arena, &value);
        else
            (void)yg_json_pull_skip(p, NULL);
        if (st == YG_ELIMIT)
            deep = st, st = YG_OK;
    }
    struct yg_str text = yg_httpapi_text(arena, &name);
    if (st == YG_OK)
        st = text.p ? yg_otlp_label(a, arena, what, text, value) : YG_ENOMEM;
    return st == YG_OK ? deep : st;
}

/* A list of attributes as labels. `*deep`: one was too deep. */
static enum yg_status read_attributes(struct yg_httpapi *a, struct yg_arena *arena,
                                      const char *what, bool *deep)
{
    struct yg_json_pull *p = a->body;
    enum yg_status st = YG_OK;

    if (!yg_json_pull_into(p, '['))
        return yg_json_pull_skip(p, NULL) ? YG_OK : YG_EFORMAT;
    while (st == YG_OK && yg_json_pull_element(p)) {
        st = read_attribute(a, arena, what);
        *deep |= st == YG_ELIMIT;
        st = st == YG_ELIMIT ? YG_OK : st;
    }
    return st == YG_OK && !yg_json_pull_ok(p) ? YG_EFORMAT : st;
}

/* A number that clients write as a number or, as it may have 64 bits, as a text. */
static uint64_t number_of(const struct yg_json_value *v)
{
    uint64_t n = 0;

    return yg_str_u64(v->text, &n) ? n : 0;
}

/* A scalar of a log record. False: it is none that is kept. */
static bool read_scalar(struct yg_httpapi *a, struct yg_str key, struct yg_otlp_record *r)
{
    const struct {
        const char *name;
        uint64_t *number;
        struct yg_str *text;
    } row[] = {
        { "timeUnixNano", &r->time_ns, NULL },
        { "observedTimeUnixNano", &r->observed_ns, NULL },
        { "severityNumber", &r->severity, NULL },
        { "severityText", NULL, &r->severity_text },
        { "traceId", NULL, &r->trace_id },
        { "spanId", NULL, &r->span_id },
        { "eventName", NULL, &r->event_name },
    };
    struct yg_json_value v = { .type = YG_JSON_NULL };
    char next = yg_json_pull_peek(a->body);

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        if (!yg_str_eq(key, yg_str_of(row[i].name)) || next == '{' || next == '[')
            continue;
        if (!yg_json_pull_scalar(a->body, &v) || v.type == YG_JSON_NULL)
            return true;
        if (row[i].number)
            *row[i].number = number_of(&v);
        else
            *row[i].text = yg_httpapi_text(&a->scratch, &v);
        return true;
    }
    return false;
}

static enum yg_status read_record(struct yg_httpapi *a, struct yg_str body, bool take,
                                  uint64_t *refused)
{
    const uint32_t labels = a->wrap.labels, left_out = a->wrap.left_out;
    struct yg_json_pull *p = a->body;
    struct yg_otlp_record r = { .piece = body };
    size_t from = yg_json_pull_offset(p);
    enum yg_status st = YG_OK;
    struct yg_str key;

    yg_arena_clear(&a->scratch);
    if (!yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (st == YG_OK && yg_json_pull_member(p, &key)) {
        if (yg_str_eq(key, YG_STR("body")))
            st = read_value(a, &a->scratch, &r.body);
        else if (yg_str_eq(key, YG_STR("attributes")))
            st = read_attributes(a, &a->scratch, "", &r.refused);
        else if (!read_scalar(a, key, &r))
            (void)yg_json_pull_skip(p, NULL);
        r.refused |= st == YG_ELIMIT;
        st = st == YG_ELIMIT ? YG_OK : st;
    }
    if (st == YG_OK && !yg_json_pull_ok(p))
        st = YG_EFORMAT;
    *refused += st == YG_OK && r.refused;
    if (st == YG_OK && take && !r.refused) {
        r.piece =
            yg_str_trim((struct yg_str){ body.p + from, yg_json_pull_offset(p) - from });
        st = yg_otlp_take(a, &r);
    }
    a->wrap.labels = labels;
    a->wrap.left_out = left_out;
    return st;
}

/* "resource" or "scope": attributes, and a scope's name. */
static enum yg_status read_origin(struct yg_httpapi *a, const char *what)
{
    struct yg_json_pull *p = a->body;
    struct yg_json_value v = { .type = YG_JSON_NULL };
    enum yg_status st = YG_OK;
    bool deep = false;
    struct yg_str key;

    if (!yg_json_pull_into(p, '{'))
        return yg_json_pull_skip(p, NULL) ? YG_OK : YG_EFORMAT;
    while (st == YG_OK && yg_json_pull_member(p, &key)) {
        if (yg_str_eq(key, YG_STR("attributes"))) {
            st = read_attributes(a, &a->kept, what, &deep);
        } else if (yg_str_eq(key, YG_STR("name")) && yg_json_pull_peek(p) == '"') {
            struct yg_otlp_value name = { YG_OTLP_TEXT, YG_STR("") };
            if (yg_json_pull_scalar(p, &v))
                name.text = yg_httpapi_text(&a->kept, &v);
            if (name.text.n)
                st = yg_otlp_label(a, &a->kept, what, key, name);
        } else {
            (void)yg_json_pull_skip(p, NULL);
        }
    }
    a->wrap.left_out += deep;
    return st == YG_OK && !yg_json_pull_ok(p) ? YG_EFORMAT : st;
}

/* An object with an origin and a list that needs it: the list is read last, wherever it
 * stands. */
struct level {
    const char *origin, *what, *list;
    const struct level *below; /* NULL: the list's elements are records */
};

static enum yg_status read_level(struct yg_httpapi *a, const struct level *l,
                                 struct yg_str body, bool take, uint64_t *refused)
{
    const uint32_t labels = a->wrap.labels;
    struct yg_json_pull *p = a->body;
    struct yg_json_mark list = { NULL };
    enum yg_status st = YG_OK;
    struct yg_str key;

    if (!yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (st == YG_OK && yg_json_pull_member(p, &key)) {
        if (yg_str_eq(key, yg_str_of(l->origin))) {
            st = read_origin(a, l->what);
            continue;
        }
        if (yg_str_eq(key, yg_str_of(l->list)))
            list = yg_json_pull_mark(p);
        (void)yg_json_pull_skip(p, NULL);
    }
    if (st == YG_OK && !yg_json_pull_ok(p))
        st = YG_EFORMAT;
    if (st != YG_OK || !list.at)
        return st;
    struct yg_json_mark end = yg_json_pull_mark(p);
    yg_json_pull_seek(p, list);
    if (yg_json_pull_into(p, '['))
        while (st == YG_OK && yg_json_pull_element(p))
            st = l->below ? read_level(a, l->below, body, take, refused)
                          : read_record(a, body, take, refused);
    if (st == YG_OK && !yg_json_pull_ok(p))
        st = YG_EFORMAT;
    yg_json_pull_seek(p, end);
    a->wrap.labels = labels;
    return st;
}

enum yg_status yg_otlp_json(struct yg_httpapi *a, struct yg_str body, bool take,
                            uint64_t *refused)
{
    static const struct level scope = { "scope", "scope.", "logRecords", NULL };
    static const struct level resource = { "resource", "resource.", "scopeLogs", &scope };
    struct yg_json_pull *p = a->body;
    enum yg_status st = YG_OK;
    struct yg_str key;

    if (!(take ? yg_json_pull_again(p) : yg_json_pull_begin(p, body)) ||
        !yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (st == YG_OK && yg_json_pull_member(p, &key)) {
        if (!yg_str_eq(key, YG_STR("resourceLogs")) || !yg_json_pull_into(p, '[')) {
            (void)yg_json_pull_skip(p, NULL);
            continue;
        }
        while (st == YG_OK && yg_json_pull_element(p)) {
            yg_arena_clear(&a->kept);
            yg_wrap_clear(&a->wrap, "otlp");
            st = read_level(a, &resource, body, take, refused);
        }
    }
    return st == YG_OK && !yg_json_pull_end(p) ? YG_EFORMAT : st;
}
