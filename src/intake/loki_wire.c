/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/loki.h"

#include "base/clock.h"
#include "intake/wire.h"

/* Field numbers of logproto: PushRequest, StreamAdapter, EntryAdapter, Timestamp,
 * LabelPairAdapter. */
enum { PUSH_STREAMS = 1 };
enum { STREAM_LABELS = 1, STREAM_ENTRIES = 2 };
enum { ENTRY_TIME = 1, ENTRY_LINE = 2, ENTRY_METADATA = 3 };
enum { TIME_SECONDS = 1, TIME_NANOS = 2 };
enum { PAIR_NAME = 1, PAIR_VALUE = 2 };

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == ':' || c == '.' || c == '-';
}

static void skip(struct yg_str *s, const char *what)
{
    while (s->n > 0 && s->p[0] != '\0' && strchr(what, s->p[0]))
        s->p++, s->n--;
}

bool yg_loki_label(struct yg_str *rest, struct yg_str *name, struct yg_str *value,
                   bool *bad)
{
    size_t n = 0;

    *bad = false;
    skip(rest, "{, ");
    if (rest->n == 0 || rest->p[0] == '}')
        return false;
    while (n < rest->n && name_char(rest->p[n]))
        n++;
    *name = (struct yg_str){ rest->p, n };
    rest->p += n;
    rest->n -= n;
    skip(rest, " ");
    *bad = n == 0 || rest->n < 2 || rest->p[0] != '=' || rest->p[1] != '"';
    if (*bad)
        return false;
    rest->p += 2;
    rest->n -= 2;
    for (n = 0; n < rest->n && rest->p[n] != '"'; n++)
        n += rest->p[n] == '\\';
    *bad = n >= rest->n;
    if (*bad)
        return false;
    *value = (struct yg_str){ rest->p, n };
    rest->p += n + 1;
    rest->n -= n + 1;
    return true;
}

size_t yg_loki_unquote(struct yg_str value, char *out)
{
    static const char from[] = "nrtabfv", to[] = "\n\r\t\a\b\f\v";
    size_t n = 0;

    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '\\' && i + 1 < value.n) {
            const char *at = memchr(from, value.p[++i], sizeof(from) - 1);
            c = at ? to[at - from] : value.p[i];
        }
        out[n++] = c;
    }
    return n;
}

static enum yg_status read_labels(struct yg_httpapi *a, struct yg_str text)
{
    struct yg_str name, value;
    bool bad = false;

    while (yg_loki_label(&text, &name, &value, &bad)) {
        if (value.n && memchr(value.p, '\\', value.n)) {
            char *room = yg_arena_alloc(&a->kept, value.n);
            if (!room)
                return YG_ENOMEM;
            value = (struct yg_str){ room, yg_loki_unquote(value, room) };
        }
        yg_loki_put(a, name, value);
    }
    return bad ? YG_EFORMAT : YG_OK;
}

static bool read_time(struct yg_str message, int64_t *ns)
{
    struct yg_wire w = yg_wire_of(message);
    int64_t seconds = 0, nanos = 0;

    while (yg_wire_next(&w)) {
        if (w.field == TIME_SECONDS && w.type == YG_WIRE_VARINT)
            seconds = (int64_t)w.number;
        if (w.field == TIME_NANOS && w.type == YG_WIRE_VARINT)
            nanos = (int64_t)w.number;
    }
    return yg_wire_ok(&w) && !__builtin_mul_overflow(seconds, YG_NS_PER_S, ns) &&
           !__builtin_add_overflow(*ns, nanos, ns);
}

static bool read_pair(struct yg_httpapi *a, struct yg_str message)
{
    struct yg_wire w = yg_wire_of(message);
    struct yg_str name = YG_STR(""), value = YG_STR("");

    while (yg_wire_next(&w)) {
        if (w.field == PAIR_NAME && w.type == YG_WIRE_BYTES)
            name = w.bytes;
        if (w.field == PAIR_VALUE && w.type == YG_WIRE_BYTES)
            value = w.bytes;
    }
    if (name.n)
        yg_loki_put(a, name, value);
    return yg_wire_ok(&w);
}

static enum yg_status read_entry(struct yg_httpapi *a, struct yg_str message, bool take)
{
    const struct yg_str host = a->wrap.host, app = a->wrap.app;
    const uint32_t labels = a->wrap.labels;
    struct yg_wire w = yg_wire_of(message);
    struct yg_str line = YG_STR("");
    enum yg_status st = YG_OK;
    bool good = true;
    int64_t ns = 0;

    while (good && yg_wire_next(&w)) {
        if (w.type != YG_WIRE_BYTES)
            continue;
        if (w.field == ENTRY_TIME)
            good = read_time(w.bytes, &ns);
        else if (w.field == ENTRY_LINE)
            line = w.bytes;
        else if (w.field == ENTRY_METADATA)
            good = read_pair(a, w.bytes);
    }
    good = good && yg_wire_ok(&w);
    if (good && take && line.n)
        st = yg_loki_entry(a, message, ns, line);
    a->wrap.host = host;
    a->wrap.app = app;
    a->wrap.labels = labels;
    return good ? st : YG_EFORMAT;
}

static enum yg_status read_stream(struct yg_httpapi *a, struct yg_str message, bool take)
{
    struct yg_wire w = yg_wire_of(message);

    yg_arena_clear(&a->kept);
    yg_wrap_clear(&a->wrap, "loki");
    enum yg_status st = read_labels(a, yg_wire_find(message, STREAM_LABELS));
    while (st == YG_OK && yg_wire_next(&w))
        if (w.field == STREAM_ENTRIES && w.type == YG_WIRE_BYTES)
            st = read_entry(a, w.bytes, take);
    return st == YG_OK && !yg_wire_ok(&w) ? YG_EFORMAT : st;
}

enum yg_status yg_loki_wire(struct yg_httpapi *a, struct yg_str message, bool take)
{
    struct yg_wire w = yg_wire_of(message);
    enum yg_status st = YG_OK;

    while (st == YG_OK && yg_wire_next(&w))
        if (w.field == PUSH_STREAMS && w.type == YG_WIRE_BYTES)
            st = read_stream(a, w.bytes, take);
    return st == YG_OK && !yg_wire_ok(&w) ? YG_EFORMAT : st;
}
