/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jsonw.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

static void item(struct yg_jsonw *w)
{
    if (w->comma)
        yg_buf_char(w->out, ',');
    w->comma = true;
}

void yg_jsonw_open(struct yg_jsonw *w, char bracket)
{
    item(w);
    yg_buf_char(w->out, bracket);
    w->comma = false;
}

void yg_jsonw_close(struct yg_jsonw *w, char bracket)
{
    yg_buf_char(w->out, bracket);
    w->comma = true;
}

void yg_jsonw_key(struct yg_jsonw *w, const char *key)
{
    item(w);
    yg_buf_char(w->out, '"');
    yg_buf_str_add(w->out, yg_str_of(key));
    yg_buf_add(w->out, "\":", 2);
    w->comma = false;
}

void yg_jsonw_raw(struct yg_jsonw *w, struct yg_str json)
{
    item(w);
    yg_buf_str_add(w->out, json);
}

static void escape_one(struct yg_buf *out, unsigned char c)
{
    static const char two[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (const char *t = two; *t; t += 2) {
        if ((unsigned char)*t == c) {
            yg_buf_char(out, '\\');
            yg_buf_char(out, t[1]);
            return;
        }
    }
    yg_buf_printf(out, "\\u%04x", c);
}

void yg_json_escape(struct yg_buf *out, struct yg_str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t plain = 0;

    for (size_t i = 0; i < s.n;) {
        unsigned char c = p[i];
        size_t len = yg_utf8_len(p + i, s.n - i);
        if (len > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            i += len;
            continue;
        }
        yg_buf_add(out, s.p + plain, i - plain);
        if (len == 0)
            yg_buf_add(out, "\xef\xbf\xbd", 3);
        else
            escape_one(out, c);
        plain = ++i;
    }
    yg_buf_add(out, s.n ? s.p + plain : "", s.n - plain);
}

void yg_jsonw_str(struct yg_jsonw *w, struct yg_str s)
{
    item(w);
    yg_buf_char(w->out, '"');
    yg_json_escape(w->out, s);
    yg_buf_char(w->out, '"');
}

void yg_jsonw_u64(struct yg_jsonw *w, uint64_t v)
{
    char tmp[24];

    item(w);
    yg_buf_add(w->out, tmp,
               (size_t)snprintf(tmp, sizeof(tmp), "%llu", (unsigned long long)v));
}

void yg_jsonw_i64(struct yg_jsonw *w, int64_t v)
{
    char tmp[24];

    item(w);
    yg_buf_add(w->out, tmp, (size_t)snprintf(tmp, sizeof(tmp), "%lld", (long long)v));
}

void yg_jsonw_f64(struct yg_jsonw *w, double v)
{
    char tmp[40];

    item(w);
    if (v - v != 0.0) {
        yg_buf_add(w->out, "null", 4);
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(tmp, sizeof(tmp), "%.*g", digits, v);
        if (strtod(tmp, NULL) == v)
            break;
    }
    yg_buf_str_add(w->out, yg_str_of(tmp));
}

void yg_jsonw_bool(struct yg_jsonw *w, bool v)
{
    item(w);
    yg_buf_str_add(w->out, v ? YG_STR("true") : YG_STR("false"));
}

void yg_jsonw_null(struct yg_jsonw *w)
{
    item(w);
    yg_buf_add(w->out, "null", 4);
}

void yg_jsonw_kstr(struct yg_jsonw *w, const char *key, struct yg_str s)
{
    yg_jsonw_key(w, key);
    yg_jsonw_str(w, s);
}

void yg_jsonw_kcstr(struct yg_jsonw *w, const char *key, const char *s)
{
    yg_jsonw_kstr(w, key, yg_str_of(s));
}

void yg_jsonw_ku64(struct yg_jsonw *w, const char *key, uint64_t v)
{
    yg_jsonw_key(w, key);
    yg_jsonw_u64(w, v);
}

void yg_jsonw_ki64(struct yg_jsonw *w, const char *key, int64_t v)
{
    yg_jsonw_key(w, key);
    yg_jsonw_i64(w, v);
}

void yg_jsonw_kf64(struct yg_jsonw *w, const char *key, double v)
{
    yg_jsonw_key(w, key);
    yg_jsonw_f64(w, v);
}

void yg_jsonw_kbool(struct yg_jsonw *w, const char *key, bool v)
{
    yg_jsonw_key(w, key);
    yg_jsonw_bool(w, v);
}

void yg_jsonw_khex(struct yg_jsonw *w, const char *key, const unsigned char *p, size_t n)
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    YG_ASSERT(n <= YG_DIGEST_SIZE);
    yg_hex(p, n, hex);
    yg_jsonw_kcstr(w, key, hex);
}

void yg_jsonw_ktime(struct yg_jsonw *w, const char *key, int64_t ns)
{
    char text[YG_TIME_TEXT_MAX];

    yg_jsonw_kcstr(w, key, yg_time_text(ns, text));
}
