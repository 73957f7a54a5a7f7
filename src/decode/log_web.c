/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that web servers and proxies served: Apache, nginx and whoever else writes the
 * common and combined formats, IIS (W3C), Squid, HAProxy. All context.
 *
 *      [vhost[:port]] client ident user [2/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200
 *              2326 ["referer" "agent" ...]
 */
#include "decode/log_web.h"

#include "decode/dialects.h"
#include "decode/log_says.h"
#include "event/ip.h"

/* ---- what the formats share ----------------------------------------------------------
 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool yg_web_method(struct yg_str s)
{
    static const char *const method[] = { "GET",      "POST",  "HEAD",    "PUT",
                                          "DELETE",   "PATCH", "OPTIONS", "CONNECT",
                                          "PROPFIND", "TRACE", "REPORT",  "DEBUG" };

    for (size_t i = 0; i < YG_ARRAY_LEN(method); i++)
        if (yg_str_eq(s, yg_str_of(method[i])))
            return true;
    return false;
}

void yg_web_number(struct yg_target *t, enum yg_how how, enum yg_field field,
                   struct yg_str s)
{
    uint64_t n;

    if (yg_str_u64(s, &n) && (how != YG_AS_PORT || n <= 65535))
        yg_put_text(t, how, field, s);
}

void yg_web_status(struct yg_target *t, struct yg_str s)
{
    uint64_t n;

    if (!yg_str_u64(s, &n) || n < 100 || n > 999)
        return;
    YG_PUT(t, U64, HTTP_STATUS, s);
    yg_say_outcome(t, n < 400 ? YG_SAID_OK : YG_SAID_FAILED);
}

/* Host, port of "host:port". */
static void put_vhost(struct yg_target *t, struct yg_str s)
{
    struct yg_str host = yg_str_cut(&s, ':');

    if (!yg_absent(host))
        YG_PUT(t, TEXT, URL_DOMAIN, host);
    if (s.p)
        yg_web_number(t, YG_AS_PORT, YG_F_DESTINATION_PORT, s);
}

/* The text in quotes at the front (a backslash hides one), taken with them. */
static bool quoted(struct yg_str *rest, struct yg_str *out)
{
    struct yg_str s = yg_skip_blanks(*rest);
    size_t n = 0;

    if (!yg_eat(&s, "\""))
        return false;
    while (n < s.n && s.p[n] != '"')
        n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
    n = n < s.n ? n : s.n;
    *out = (struct yg_str){ s.p, n };
    *rest = yg_skip(s, n < s.n ? n + 1 : n);
    return true;
}

/* "GET /a b HTTP/1.1"; what is no request (a TLS hello, a scan) is a URL as sent. */
static void put_request(struct yg_target *t, struct yg_str s)
{
    struct yg_str rest = s, method;
    size_t n = s.n;

    if (yg_absent(s))
        return;
    if (!yg_word(&rest, &method) || rest.n == 0 || method.n > 20) {
        YG_PUT(t, TEXT, URL, s);
        return;
    }
    rest = yg_skip_blanks(rest);
    for (n = rest.n; n > 0 && rest.p[n - 1] != ' ';)
        n--;
    if (n > 0 && yg_str_starts(yg_skip(rest, n), YG_STR("HTTP/")))
        rest = yg_str_trim((struct yg_str){ rest.p, n });
    YG_PUT(t, TEXT, HTTP_METHOD, method);
    YG_PUT(t, TEXT, URL, rest);
    YG_PUT(t, TEXT, APP_PROTO, YG_STR("http"));
}

/* ---- common and combined -------------------------------------------------------------
 */

/* The part in brackets that is a time, and what stands before and behind it. */
static bool access_parts(struct yg_str s, struct yg_str *before, struct yg_str *time,
                         struct yg_str *behind)
{
    struct yg_str rest = s;

    for (int i = 0; i < 4 && yg_after(&rest, "["); i++) {
        if (rest.n < 20 || !is_digit(rest.p[0]))
            continue;
        size_t day = is_digit(rest.p[1]) ? 2 : 1;
        if (rest.p[day] != '/' || rest.p[day + 4] != '/' || rest.p[day + 9] != ':')
            continue;
        *before = (struct yg_str){ s.p, (size_t)(rest.p - s.p) - 1 };
        *behind = rest;
        return yg_until(behind, "]", time);
    }
    return false;
}

static int access_match(const struct yg_logline *l)
{
    struct yg_str before, time, behind, request;

    return access_parts(l->body, &before, &time, &behind) && quoted(&behind, &request)
               ? 90
               : 0;
}

/* [vhost] client [client behind a proxy] ident user */
static void access_who(struct yg_target *t, struct yg_str s)
{
    unsigned char ip[YG_IP_SIZE];
    struct yg_str word, last = YG_STR_NONE;
    bool client = false;

    for (int i = 0; i < 8 && yg_word(&s, &word); i++) {
        if (word.p[word.n - 1] == ',')
            word.n--;
        if (yg_ip_parse(word, ip)) {
            if (!client)
                YG_PUT(t, IP, SOURCE_IP, word);
            client = true;
        } else if (i == 0 && !yg_absent(word)) {
            put_vhost(t, word);
        }
        last = i > 1 ? word : YG_STR_NONE;
    }
    if (!yg_absent(last) && !yg_is(last, "\"\"") && !yg_ip_parse(last, ip))
        YG_PUT(t, TEXT, USER_NAME, last);
}

static bool access_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    struct yg_str before, time, rest, text, word;

    (void)d;
    if (!access_parts(l->body, &before, &time, &rest) || !quoted(&rest, &text))
        return false;
    (void)yg_log_put_time(t, time);
    access_who(t, before);
    put_request(t, text);
    if (yg_word(&rest, &word))
        yg_web_status(t, word);
    if (yg_word(&rest, &word))
        yg_web_number(t, YG_AS_U64, YG_F_HTTP_LENGTH, word);
    if (quoted(&rest, &text) && quoted(&rest, &text) && !yg_absent(text))
        YG_PUT(t, TEXT, USER_AGENT, text);
    return true;
}

const struct yg_dialect yg_dialect_access = {
    .name = "access",
    .doc = "web servers' access logs: common, combined, with virtual host",
    .product = "web server",
    .device = YG_DEV_WEB,
    .marks = "/Jan/2|/Feb/2|/Mar/2|/Apr/2|/May/2|/Jun/2|/Jul/2|/Aug/2|/Sep/2|/Oct/2|/Nov/"
             "2|/Dec/2",
    .match = access_match,
    .read = access_read,
};

/* ---- HAProxy ------------------------------------------------------------------------
 */

/* client:port [time] frontend backend/server timers (5, or 3 without HTTP) status ... */
static int haproxy_match(const struct yg_logline *l)
{
    struct yg_str before, time, behind;

    return access_parts(l->body, &before, &time, &behind) ? 95 : 60;
}

static bool haproxy_read(struct yg_decode *d, struct yg_target *t,
                         const struct yg_logline *l)
{
    struct yg_str before, time, rest, word[5], request;
    size_t n = 0;

    (void)d;
    if (!access_parts(l->body, &before, &time, &rest))
        return true;
    (void)yg_log_put_time(t, time);
    (void)yg_log_endpoint(t, yg_str_trim(before), YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
    while (n < 5 && yg_word(&rest, &word[n]))
        n++;
    if (n < 5)
        return true;
    YG_PUT(t, TEXT, SERVICE_NAME, word[1]);
    if (yg_after(&rest, "\"")) {
        rest.p--, rest.n++;
        yg_web_status(t, word[3]);
        yg_web_number(t, YG_AS_U64, YG_F_HTTP_LENGTH, word[4]);
        if (quoted(&rest, &request))
            put_request(t, request);
    }
    return true;
}

const struct yg_dialect yg_dialect_haproxy = {
    .name = "haproxy",
    .doc = "HAProxy, HTTP and TCP logs",
    .product = "HAProxy",
    .device = YG_DEV_PROXY,
    .apps = "haproxy",
    .match = haproxy_match,
    .read = haproxy_read,
};

/* ---- Squid --------------------------------------------------------------------------
 */

/* time elapsed client CODE/status bytes method url user HIERARCHY/peer type */
#define SQUID_WORDS 10

static size_t squid_words(const struct yg_logline *l, struct yg_str word[SQUID_WORDS])
{
    struct yg_str rest = l->app.n ? l->body : l->raw;
    size_t n = 0;

    while (n < SQUID_WORDS && yg_word(&rest, &word[n]))
        n++;
    return n;
}

static int squid_match(const struct yg_logline *l)
{
    struct yg_str w[SQUID_WORDS];
    double time;

    return squid_words(l, w) >= 9 && yg_str_f64(w[0], &time) &&
                   memchr(w[3].p, '/', w[3].n) && memchr(w[8].p, '/', w[8].n)
               ? 92
               : 0;
}

static bool squid_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str w[SQUID_WORDS], code;
    size_t n = squid_words(l, w);
    uint64_t ms;

    (void)d;
    if (n < 9)
        return false;
    yg_put_text(t, YG_AS_EPOCH, YG_F_EVENT_ACTION, w[0]);
    if (yg_str_u64(w[1], &ms))
        yg_put_text(t, YG_AS_MILLIS, YG_F_DURATION, w[1]);
    (void)yg_log_endpoint(t, w[2], YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
    code = yg_str_cut(&w[3], '/');
    YG_PUT(t, LOWER, EVENT_ACTION, code);
    yg_web_status(t, w[3]);
    yg_web_number(t, YG_AS_U64, YG_F_BYTES_TO_CLIENT, w[4]);
    YG_PUT(t, TEXT, HTTP_METHOD, w[5]);
    YG_PUT(t, TEXT, URL, w[6]);
    if (!yg_absent(w[7]))
        YG_PUT(t, TEXT, USER_NAME, w[7]);
    (void)yg_str_cut(&w[8], '/');
    yg_log_ip(t, YG_F_DESTINATION_IP, w[8]);
    if (n > 9 && !yg_absent(w[9]))
        YG_PUT(t, TEXT, HTTP_CONTENT_TYPE, w[9]);
    return true;
}

const struct yg_dialect yg_dialect_squid = {
    .name = "squid",
    .doc = "Squid, native access log",
    .product = "Squid",
    .device = YG_DEV_PROXY,
    .marks = " TCP_| UDP_| NONE| TAG_",
    .match = squid_match,
    .read = squid_read,
};
