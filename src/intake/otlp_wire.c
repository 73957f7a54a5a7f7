/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/otlp.h"

#include "base/hash.h"
#include "base/jsonw.h"
#include "intake/wire.h"

#include <sodium.h>

/* Field numbers of opentelemetry.proto: collector.logs.v1, logs.v1, resource.v1,
 * common.v1. */
enum { REQUEST_RESOURCES = 1 };
enum { RESOURCE_LOGS_RESOURCE = 1, RESOURCE_LOGS_SCOPES = 2 };
enum { RESOURCE_ATTRIBUTES = 1 };
enum { SCOPE_LOGS_SCOPE = 1, SCOPE_LOGS_RECORDS = 2 };
enum { SCOPE_NAME = 1, SCOPE_VERSION = 2, SCOPE_ATTRIBUTES = 3 };
enum {
    LOG_TIME = 1,
    LOG_SEVERITY = 2,
    LOG_SEVERITY_TEXT = 3,
    LOG_BODY = 5,
    LOG_ATTRIBUTES = 6,
    LOG_TRACE = 9,
    LOG_SPAN = 10,
    LOG_OBSERVED = 11,
    LOG_EVENT = 12,
};
enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };
enum { LIST_VALUES = 1 };
enum {
    VALUE_STRING = 1,
    VALUE_BOOL = 2,
    VALUE_INT = 3,
    VALUE_DOUBLE = 4,
    VALUE_ARRAY = 5,
    VALUE_KVLIST = 6,
    VALUE_BYTES = 7,
};

struct json_out {
    struct yg_jsonw j;
    bool deep; /* nested deeper than is followed */
    bool bad;
};

static void put_bytes(struct json_out *o, struct yg_str s)
{
    size_t room = sodium_base64_ENCODED_LEN(s.n, sodium_base64_VARIANT_ORIGINAL);
    char small[512];
    struct yg_buf b;

    yg_buf_init(&b, room);
    char *p = room <= sizeof(small) ? small : yg_buf_reserve(&b, room);
    if (p) {
        sodium_bin2base64(p, room, (const unsigned char *)s.p, s.n,
                          sodium_base64_VARIANT_ORIGINAL);
        yg_jsonw_str(&o->j, (struct yg_str){ p, room - 1 });
    } else {
        o->bad = true;
    }
    yg_buf_fini(&b);
}

static void put_value(struct json_out *o, struct yg_str any, unsigned depth);

static void put_list(struct json_out *o, struct yg_str list, bool pairs, unsigned depth)
{
    struct yg_wire w = yg_wire_of(list);

    if (depth >= YG_OTLP_DEPTH) {
        o->deep = true;
        yg_jsonw_null(&o->j);
        return;
    }
    yg_jsonw_open(&o->j, pairs ? '{' : '[');
    while (yg_wire_next(&w)) {
        if (w.field != LIST_VALUES || w.type != YG_WIRE_BYTES)
            continue;
        if (!pairs) {
            put_value(o, w.bytes, depth + 1);
            continue;
        }
        struct yg_wire kv = yg_wire_of(w.bytes);
        while (yg_wire_next(&kv)) {
        }
        o->bad |= !yg_wire_ok(&kv);
        yg_jsonw_str(&o->j, yg_wire_find(w.bytes, KEY_VALUE_KEY));
        yg_buf_char(o->j.out, ':');
        o->j.comma = false;
        put_value(o, yg_wire_find(w.bytes, KEY_VALUE_VALUE), depth + 1);
    }
    o->bad |= !yg_wire_ok(&w);
    yg_jsonw_close(&o->j, pairs ? '}' : ']');
}

/* The last member of the oneof that is there, as JSON. */
static bool last_of(struct yg_str any, struct yg_wire *out)
{
    struct yg_wire w = yg_wire_of(any);
    bool found = false;

    while (yg_wire_next(&w)) {
        if (w.field < VALUE_STRING || w.field > VALUE_BYTES)
            continue;
        *out = w;
        found = true;
    }
    if (!yg_wire_ok(&w))
        *out = w;
    return found || !yg_wire_ok(&w);
}

static void put_value(struct json_out *o, struct yg_str any, unsigned depth)
{
    struct yg_wire w;
    double d;

    if (!last_of(any, &w)) {
        yg_jsonw_null(&o->j);
        return;
    }
    if (!yg_wire_ok(&w)) {
        o->bad = true;
        return;
    }
    switch (w.field) {
    case VALUE_STRING:
        yg_jsonw_str(&o->j, w.bytes);
        break;
    case VALUE_BOOL:
        yg_jsonw_bool(&o->j, w.number != 0);
        break;
    case VALUE_INT:
        yg_jsonw_i64(&o->j, (int64_t)w.number);
        break;
    case VALUE_DOUBLE:
        memcpy(&d, &w.number, sizeof(d));
        yg_jsonw_f64(&o->j, d);
        break;
    case VALUE_BYTES:
        put_bytes(o, w.bytes);
        break;
    default:
        put_list(o, w.bytes, w.field == VALUE_KVLIST, depth);
    }
}

/* YG_EFORMAT: malformed; YG_ELIMIT: too deep. The text lives with `arena` or is a part
 * of `any`. */
static enum yg_status read_value(struct yg_httpapi *a, struct yg_arena *arena,
                                 struct yg_str any, struct yg_otlp_value *out)
{
    struct yg_wire w;

    *out = (struct yg_otlp_value){ YG_OTLP_NONE, YG_STR("") };
    if (!last_of(any, &w))
        return YG_OK;
    if (!yg_wire_ok(&w))
        return YG_EFORMAT;
    if (w.field == VALUE_STRING) {
        *out = (struct yg_otlp_value){ YG_OTLP_TEXT, w.bytes };
        return w.type == YG_WIRE_BYTES ? YG_OK : YG_EFORMAT;
    }
    yg_buf_clear(&a->made);
    struct json_out o = { .j = yg_jsonw_of(&a->made) };
    put_value(&o, any, 0);
    if (o.bad || o.deep)
        return o.bad ? YG_EFORMAT : YG_ELIMIT;
    out->kind = w.field == VALUE_KVLIST ? YG_OTLP_OBJECT : YG_OTLP_OTHER;
    if (yg_buf_status(&a->made) != YG_OK)
        return yg_buf_status(&a->made);
    out->text = yg_arena_str(arena, yg_buf_str(&a->made));
    return out->text.p ? YG_OK : YG_ENOMEM;
}

static enum yg_status read_attribute(struct yg_httpapi *a, struct yg_arena *arena,
                                     const char *what, struct yg_str pair)
{
    struct yg_otlp_value value;
    struct yg_wire w = yg_wire_of(pair);
    struct yg_str key = YG_STR(""), any = YG_STR("");

    while (yg_wire_next(&w)) {
        if (w.field == KEY_VALUE_KEY && w.type == YG_WIRE_BYTES)
            key = w.bytes;
        if (w.field == KEY_VALUE_VALUE && w.type == YG_WIRE_BYTES)
            any = w.bytes;
    }
    if (!yg_wire_ok(&w))
        return YG_EFORMAT;
    enum yg_status st = read_value(a, arena, any, &value);
    return st == YG_OK ? yg_otlp_label(a, arena, what, key, value) : st;
}

/* All attributes (field `field`) of a message. One too deep is left out of labels that
 * many records share. */
static enum yg_status read_attributes(struct yg_httpapi *a, const char *what,
                                      struct yg_str message, uint32_t field)
{
    struct yg_wire w = yg_wire_of(message);
    enum yg_status st = YG_OK;

    while (st == YG_OK && yg_wire_next(&w)) {
        if (w.field != field || w.type != YG_WIRE_BYTES)
            continue;
        st = read_attribute(a, &a->kept, what, w.bytes);
        if (st == YG_ELIMIT) {
            a->wrap.left_out++;
            st = YG_OK;
        }
    }
    return st == YG_OK && !yg_wire_ok(&w) ? YG_EFORMAT : st;
}

static struct yg_str hex_of(struct yg_arena *arena, struct yg_str id)
{
    char *p = id.n && id.n <= 32 ? yg_arena_alloc(arena, 2 * id.n + 1) : NULL;

    if (!p)
        return YG_STR("");
    yg_hex((const unsigned char *)id.p, id.n, p);
    return (struct yg_str){ p, 2 * id.n };
}

static enum yg_status read_field(struct yg_httpapi *a, const struct yg_wire *w,
                                 struct yg_otlp_record *r)
{
    bool bytes = w->type == YG_WIRE_BYTES;

    if (w->field == LOG_TIME && w->type == YG_WIRE_FIXED64)
        r->time_ns = w->number;
    else if (w->field == LOG_OBSERVED && w->type == YG_WIRE_FIXED64)
        r->observed_ns = w->number;
    else if (w->field == LOG_SEVERITY && w->type == YG_WIRE_VARINT)
        r->severity = w->number;
    else if (w->field == LOG_SEVERITY_TEXT && bytes)
        r->severity_text = w->bytes;
    else if (w->field == LOG_EVENT && bytes)
        r->event_name = w->bytes;
    else if (w->field == LOG_TRACE && bytes)
        r->trace_id = hex_of(&a->scratch, w->bytes);
    else if (w->field == LOG_SPAN && bytes)
        r->span_id = hex_of(&a->scratch, w->bytes);
    else if (w->field == LOG_ATTRIBUTES && bytes)
        return read_attribute(a, &a->scratch, "", w->bytes);
    else if (w->field == LOG_BODY && bytes)
        return read_value(a, &a->scratch, w->bytes, &r->body);
    return YG_OK;
}

static enum yg_status read_record(struct yg_httpapi *a, struct yg_str message, bool take,
                                  uint64_t *refused)
{
    const uint32_t labels = a->wrap.labels, left_out = a->wrap.left_out;
    struct yg_wire w = yg_wire_of(message);
    struct yg_otlp_record r = { .piece = message };
    enum yg_status st = YG_OK;

    yg_arena_clear(&a->scratch);
    while (st != YG_EFORMAT && st != YG_ENOMEM && yg_wire_next(&w)) {
        st = read_field(a, &w, &r);
        r.refused |= st == YG_ELIMIT;
    }
    if (st == YG_ELIMIT)
        st = YG_OK;
    if (st == YG_OK && !yg_wire_ok(&w))
        st = YG_EFORMAT;
    *refused += st == YG_OK && r.refused;
    if (st == YG_OK && take && !r.refused)
        st = yg_otlp_take(a, &r);
    a->wrap.labels = labels;
    a->wrap.left_out = left_out;
    return st;
}

static enum yg_status read_scope(struct yg_httpapi *a, struct yg_str message, bool take,
                                 uint64_t *refused)
{
    const uint32_t labels = a->wrap.labels;
    struct yg_wire w = yg_wire_of(message);
    struct yg_str scope = yg_wire_find(message, SCOPE_LOGS_SCOPE),
                  name = yg_wire_find(scope, SCOPE_NAME);
    enum yg_status st = YG_OK;

    if (name.n)
        st = yg_otlp_label(a, &a->kept, "scope.", YG_STR("name"),
                           (struct yg_otlp_value){ YG_OTLP_TEXT, name });
    if (st == YG_OK)
        st = read_attributes(a, "scope.", scope, SCOPE_ATTRIBUTES);
    while (st == YG_OK && yg_wire_next(&w))
        if (w.field == SCOPE_LOGS_RECORDS && w.type == YG_WIRE_BYTES)
            st = read_record(a, w.bytes, take, refused);
    a->wrap.labels = labels;
    return st == YG_OK && !yg_wire_ok(&w) ? YG_EFORMAT : st;
}

enum yg_status yg_otlp_wire(struct yg_httpapi *a, struct yg_str message, bool take,
                            uint64_t *refused)
{
    struct yg_wire w = yg_wire_of(message);
    enum yg_status st = YG_OK;

    while (st == YG_OK && yg_wire_next(&w)) {
        if (w.field != REQUEST_RESOURCES || w.type != YG_WIRE_BYTES)
            continue;
        yg_arena_clear(&a->kept);
        yg_wrap_clear(&a->wrap, "otlp");
        struct yg_wire part = yg_wire_of(w.bytes);
        st =
            read_attributes(a, "resource.", yg_wire_find(w.bytes, RESOURCE_LOGS_RESOURCE),
                            RESOURCE_ATTRIBUTES);
        while (st == YG_OK && yg_wire_next(&part))
            if (part.field == RESOURCE_LOGS_SCOPES && part.type == YG_WIRE_BYTES)
                st = read_scope(a, part.bytes, take, refused);
        if (st == YG_OK && !yg_wire_ok(&part))
            st = YG_EFORMAT;
    }
    return st == YG_OK && !yg_wire_ok(&w) ? YG_EFORMAT : st;
}
