/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/put.h"

#include "base/clock.h"
#include "base/digits.h"
#include "decode/base64.h"
#include "event/ip.h"

void yg_put_reason(struct yg_target *t, enum yg_reason reason)
{
    if (t->e->reason == YG_R_NONE)
        t->e->reason = (uint16_t)reason;
}

/* `n` bytes at the end of the batch's text, NULL if there is no room. What is not given
 * back by moving text_used on is free again. */
static char *room(struct yg_target *t, size_t n)
{
    if (n > YG_BATCH_TEXT - t->b->text_used) {
        yg_put_reason(t, YG_R_NO_ROOM);
        return NULL;
    }
    return t->b->text + t->b->text_used;
}

static inline void set_span(struct yg_target *t, enum yg_field f, const char *p, size_t n)
{
    t->e->value[f].s = (struct yg_span){ (uint32_t)(p - t->b->text), (uint32_t)n };
    yg_event_mark(t->e, f);
}

/* An empty text is absent. */
static inline void set_text(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    uintptr_t off = (uintptr_t)s.p - (uintptr_t)t->b->text;

    if (off < t->b->text_used && s.n)
        set_span(t, f, s.p, s.n);
    else if (s.n && !yg_event_set_str(t->b, t->e, f, s))
        yg_put_reason(t, YG_R_NO_ROOM);
}

static struct yg_str unescaped(struct yg_target *t, struct yg_str s)
{
    char *out = room(t, s.n);

    if (!out)
        return YG_STR_NONE;
    size_t n = yg_json_unescape(s, out);
    t->b->text_used += (uint32_t)n;
    return (struct yg_str){ out, n };
}

struct yg_str yg_put_unslashed(struct yg_target *t, struct yg_str s)
{
    char *out = room(t, s.n);
    size_t n = 0;

    if (!out)
        return YG_STR_NONE;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\\' && i + 1 < s.n) {
            c = s.p[++i];
            c = c == 'n' || c == 'r' || c == 't' ? ' ' : c;
        }
        out[n++] = c;
    }
    t->b->text_used += (uint32_t)n;
    return (struct yg_str){ out, n };
}

struct yg_str yg_put_plain(struct yg_target *t, const struct yg_json_value *v)
{
    struct yg_json_value first;
    uint64_t state = 0;

    if (v->type == YG_JSON_ARRAY) {
        if (!yg_json_next(t->json, v, &state, &first))
            return YG_STR_NONE;
        v = &first;
    }
    return v->escaped ? unescaped(t, v->text) : v->text;
}

bool yg_put_number(struct yg_str s, uint64_t *out)
{
    double f;

    if (yg_digits_short(s, s.n, out) || yg_str_u64(s, out))
        return true;
    if (!yg_str_f64(s, &f) || f < 0.0 || f >= 9223372036854775808.0)
        return false;
    *out = (uint64_t)f;
    return true;
}

static void put_u64(struct yg_target *t, enum yg_field f, struct yg_str s, uint64_t max)
{
    uint64_t v;

    if (yg_put_number(s, &v) && v <= max)
        yg_event_set_u64(t->e, f, v);
    else if (yg_str_eq(s, YG_STR("true")) || yg_str_eq(s, YG_STR("false")))
        yg_event_set_u64(t->e, f, s.n == 4);
    else
        yg_put_reason(t, YG_R_BAD_VALUE);
}

static void put_ip(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    static const unsigned char v4_prefix[12] = { [10] = 0xff, [11] = 0xff };
    unsigned char *out = (unsigned char *)room(t, YG_IP_SIZE);
    uintptr_t off = (uintptr_t)s.p - (uintptr_t)t->b->text;

    if (!out)
        return;
    if (off < YG_BATCH_TEXT - YG_DIGITS_IPV4_READABLE && yg_digits_ipv4(s, out + 12)) {
        memcpy(out, v4_prefix, sizeof(v4_prefix));
    } else if (!yg_ip_parse(s, out)) {
        yg_put_reason(t, YG_R_BAD_VALUE);
        return;
    }
    set_span(t, f, (const char *)out, YG_IP_SIZE);
    t->b->text_used += YG_IP_SIZE;
}

static void put_lower(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    char *out = room(t, s.n);

    if (!out)
        return;
    for (size_t i = 0; i < s.n; i++)
        out[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i]);
    set_span(t, f, out, s.n);
    t->b->text_used += (uint32_t)s.n;
}

static void put_base64(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    size_t need = s.n < YG_PAYLOAD_MAX * 2 ? yg_base64_room(s.n) : YG_PAYLOAD_MAX + 2;
    char *out = room(t, need);
    size_t n;

    if (!out)
        return;
    if (!yg_base64_decode(s, YG_PAYLOAD_MAX, (unsigned char *)out, &n)) {
        yg_put_reason(t, YG_R_BAD_VALUE);
        return;
    }
    set_span(t, f, out, n);
    t->b->text_used += (uint32_t)n;
}

static inline int two(const char *p, unsigned *bad)
{
    unsigned a = (unsigned)(unsigned char)p[0] - '0',
             b = (unsigned)(unsigned char)p[1] - '0';

    *bad |= (a > 9) | (b > 9);
    return (int)((a & 15) * 10 + (b & 15));
}

/* "2021-12-14T16:04:52.958165+0000", as Suricata writes it. False: try the long way. */
static bool quick_time(struct yg_str s, int64_t *ns, int *used_min)
{
    const char *p = s.p;
    unsigned bad = 0;

    if (s.n != 31 || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' ||
        p[16] != ':' || p[19] != '.' || (p[26] != '+' && p[26] != '-'))
        return false;
    int year = two(p, &bad) * 100 + two(p + 2, &bad);
    int month = two(p + 5, &bad), day = two(p + 8, &bad);
    int hour = two(p + 11, &bad), min = two(p + 14, &bad), sec = two(p + 17, &bad);
    int micro = two(p + 20, &bad) * 10000 + two(p + 22, &bad) * 100 + two(p + 24, &bad);
    int zone_h = two(p + 27, &bad), zone_m = two(p + 29, &bad);
    if (bad || year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 ||
        day > yg_days_in(year, month) || hour > 23 || min > 59 || sec > 59 ||
        zone_h > 23 || zone_m > 59)
        return false;
    int zone = (zone_h * 60 + zone_m) * (p[26] == '-' ? -1 : 1);
    int64_t t = yg_days_of(year, month, day) * 86400 + hour * 3600 + min * 60 + sec;
    *ns = (t - zone * 60) * YG_NS_PER_S + micro * INT64_C(1000);
    *used_min = zone;
    return true;
}

void yg_put_time(struct yg_target *t, int64_t ns, int offset_min)
{
    t->e->time_ns = ns;
    t->e->offset_min = (int16_t)offset_min;
    t->timed = true;
}

static void put_iso(struct yg_target *t, enum yg_how how, enum yg_field f,
                    struct yg_str s)
{
    int64_t ns;
    int used = t->offset_min;

    if (!quick_time(s, &ns, &used) && !yg_time_iso(s, t->offset_min, &ns, &used))
        yg_put_reason(t, YG_R_BAD_VALUE);
    else if (how == YG_AS_TIME)
        yg_put_time(t, ns, used);
    else
        yg_event_set_time(t->e, f, ns);
}

static void put_epoch(struct yg_target *t, struct yg_str s)
{
    int64_t ns;
    bool ok = memchr(s.p, '.', s.n) || s.n < 12 ? yg_time_epoch(s, &ns)
              : s.n < 15                        ? yg_time_epoch_unit(s, 3, &ns)
              : s.n < 18                        ? yg_time_epoch_unit(s, 6, &ns)
                                                : yg_time_epoch_unit(s, 9, &ns);

    if (ok)
        yg_put_time(t, ns, 0);
    else
        yg_put_reason(t, YG_R_BAD_VALUE);
}

static void put_duration(struct yg_target *t, enum yg_field f, struct yg_str s,
                         double unit)
{
    double v;

    if (yg_str_f64(s, &v) && v >= 0.0 && v < 1e18 / unit)
        yg_event_set_u64(t->e, f, (uint64_t)(v * unit));
    else
        yg_put_reason(t, YG_R_BAD_VALUE);
}

/* Is a field that is set already no reason to pass this value over? */
static inline bool goes_on(enum yg_how how)
{
    return how == YG_AS_TIME || how == YG_AS_EPOCH || how == YG_AS_MORE;
}

/* Behind what the field holds, and a comma between. What stands last in the batch's text
 * grows where it is. */
static void put_more(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    struct yg_str was = yg_event_str(t->b, t->e, f);
    bool last = was.n > 0 && was.p + was.n == t->b->text + t->b->text_used;

    if (was.n == 0 || s.n == 0) {
        set_text(t, f, s);
        return;
    }
    if (was.n + s.n > YG_MORE_MAX) {
        yg_put_reason(t, YG_R_BAD_VALUE); /* read in part */
        return;
    }
    char *out = room(t, (last ? 0 : was.n) + 1 + s.n);
    if (!out)
        return;
    char *to = out;
    if (last)
        out = t->b->text + t->e->value[f].s.off;
    else
        memcpy(to, was.p, was.n), to += was.n;
    *to++ = ',';
    memcpy(to, s.p, s.n);
    to += s.n;
    set_span(t, f, out, (size_t)(to - out));
    t->b->text_used = (uint32_t)(to - t->b->text);
}

void yg_put_text(struct yg_target *t, enum yg_how how, enum yg_field field,
                 struct yg_str s)
{
    if (s.n == 0 || (!goes_on(how) && yg_event_has(t->e, field)))
        return;
    switch (how) {
    case YG_AS_NOTHING:
        break;
    case YG_AS_TEXT:
    case YG_AS_LIST:
        set_text(t, field, s);
        break;
    case YG_AS_MORE:
        put_more(t, field, s);
        break;
    case YG_AS_LOWER:
        put_lower(t, field, s);
        break;
    case YG_AS_U64:
        put_u64(t, field, s, UINT64_MAX);
        break;
    case YG_AS_PORT:
        put_u64(t, field, s, 65535);
        break;
    case YG_AS_IP:
        put_ip(t, field, s);
        break;
    case YG_AS_BASE64:
        put_base64(t, field, s);
        break;
    case YG_AS_ISO:
    case YG_AS_TIME:
        put_iso(t, how, field, s);
        break;
    case YG_AS_EPOCH:
        put_epoch(t, s);
        break;
    case YG_AS_SECONDS:
        put_duration(t, field, s, 1e9);
        break;
    case YG_AS_MILLIS:
        put_duration(t, field, s, 1e6);
        break;
    }
}

static void put_items(struct yg_target *t, enum yg_field f, const struct yg_json_value *v)
{
    uint64_t state = 0;
    struct yg_json_value item;

    while (yg_json_next(t->json, v, &state, &item))
        put_more(t, f, item.escaped ? unescaped(t, item.text) : item.text);
}

/* Joined with commas. It cannot get longer than the array's own text. */
static void put_list(struct yg_target *t, enum yg_field f, const struct yg_json_value *v)
{
    uint64_t state = 0;
    struct yg_json_value item;
    size_t n = 0;
    char *out = t->b->text + t->b->text_used;

    while (yg_json_next(t->json, v, &state, &item)) {
        if (!room(t, n + 1 + item.text.n))
            return;
        if (n > 0)
            out[n++] = ',';
        if (item.escaped)
            n += yg_json_unescape(item.text, out + n);
        else if (item.text.n)
            memcpy(out + n, item.text.p, item.text.n), n += item.text.n;
    }
    if (n == 0)
        return;
    set_span(t, f, out, n);
    t->b->text_used += (uint32_t)n;
}

void yg_put_value(struct yg_target *t, const struct yg_pick *pick,
                  const struct yg_json_value *v)
{
    enum yg_field f = (enum yg_field)pick->field;

    if (pick->how == YG_AS_NOTHING ||
        (!goes_on((enum yg_how)pick->how) && yg_event_has(t->e, f)))
        return;
    if (pick->how == YG_AS_LIST && v->type == YG_JSON_ARRAY)
        put_list(t, f, v);
    else if (pick->how == YG_AS_MORE && v->type == YG_JSON_ARRAY)
        put_items(t, f, v);
    else
        yg_put_text(t, (enum yg_how)pick->how, f, yg_put_plain(t, v));
}

/* Most values are plain strings that lie in the record and whole numbers. */
void yg_put_hits(struct yg_target *t, const struct yg_pick *pick,
                 const struct yg_json_hits *h)
{
    struct yg_event *e = t->e;
    const char *base = t->b->text;

    for (uint32_t i = 0; i < h->count; i++) {
        const struct yg_json_value *v = &h->hit[i];
        const struct yg_pick *p = &pick[v->slot];
        if (p->how == YG_AS_NOTHING ||
            (!goes_on((enum yg_how)p->how) && yg_event_has(e, p->field)))
            continue;
        if (p->how == YG_AS_TEXT && v->type == YG_JSON_STRING && !v->escaped) {
            if (v->text.n == 0)
                continue;
            e->value[p->field].s =
                (struct yg_span){ (uint32_t)(v->text.p - base), (uint32_t)v->text.n };
            yg_event_mark(e, p->field);
        } else if (v->type == YG_JSON_UINT &&
                   (p->how == YG_AS_U64 || (p->how == YG_AS_PORT && v->u <= 65535))) {
            e->value[p->field].u = v->u;
            yg_event_mark(e, p->field);
        } else {
            yg_put_value(t, p, v);
        }
    }
}

void yg_put_joined(struct yg_target *t, enum yg_field field, struct yg_str a, char sep,
                   struct yg_str b)
{
    char *out = room(t, a.n + b.n + 1);

    if (!out || yg_event_has(t->e, field))
        return;
    memcpy(out, a.p, a.n);
    out[a.n] = sep;
    memcpy(out + a.n + 1, b.p, b.n);
    set_span(t, field, out, a.n + b.n + 1);
    t->b->text_used += (uint32_t)(a.n + b.n + 1);
}

void yg_put_hash(struct yg_target *t, struct yg_str hex)
{
    enum yg_field f = hex.n == 64   ? YG_F_FILE_SHA256
                      : hex.n == 40 ? YG_F_FILE_SHA1
                                    : YG_F_FILE_MD5;

    if (hex.n != 64 && hex.n != 40 && hex.n != 32)
        return;
    for (size_t i = 0; i < hex.n; i++) {
        unsigned char c = (unsigned char)hex.p[i], low = c | 0x20;
        if ((c < '0' || c > '9') && (low < 'a' || low > 'f'))
            return;
    }
    yg_put_text(t, YG_AS_LOWER, f, hex);
}
