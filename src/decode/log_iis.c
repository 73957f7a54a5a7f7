/* SPDX-License-Identifier: Apache-2.0 */
/*
 * W3C extended logs: Microsoft IIS, CloudFront and others, by the names of their #Fields
 * line (input/stitch.h). IIS is read without it, too: its columns are known by what
 * stands around the method:
 *      date time [site] [computer] [server-ip] METHOD stem query port user client-ip
 *              [HTTP/x] agent [cookie] [referer] [host] status substatus win32 [..]
 * Times are in UTC. Source: W3C working draft WD-logfile-960323, learn.microsoft.com.
 */
#include "decode/log_web.h"

#include "decode/dialects.h"
#include "decode/log_json.h"
#include "event/ip.h"

#define WORDS 64

static size_t cut_words(struct yg_str rest, char sep, struct yg_str w[WORDS])
{
    size_t n = 0;

    while (n < WORDS && (sep == ' ' ? yg_word(&rest, &w[n]) : rest.p != NULL)) {
        if (sep != ' ')
            w[n] = yg_str_cut(&rest, sep);
        n++;
    }
    return n;
}

/* ---- by name ------------------------------------------------------------------------
 */

enum what { PUT, ADDRESS, PORT, STATUS, DATE, TIME, STEM, QUERY, WHATS };

static const struct column {
    const char *name;
    uint8_t what, how, field;
} columns[] = {
    { "date", DATE, 0, 0 },
    { "time", TIME, 0, 0 },
    { "c-ip", ADDRESS, 0, YG_F_SOURCE_IP },
    { "c-port", PORT, YG_AS_PORT, YG_F_SOURCE_PORT },
    { "s-ip", ADDRESS, 0, YG_F_DESTINATION_IP },
    { "s-port", PORT, YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "cs-method", PUT, YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "cs-uri-stem", STEM, 0, 0 },
    { "cs-uri-query", QUERY, 0, 0 },
    { "cs-uri", PUT, YG_AS_TEXT, YG_F_URL },
    { "cs-host", PUT, YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "cs(Host)", PUT, YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "cs-username", PUT, YG_AS_TEXT, YG_F_USER_NAME },
    { "cs(User-Agent)", PUT, YG_AS_TEXT, YG_F_USER_AGENT },
    { "sc-status", STATUS, 0, 0 },
    { "sc-bytes", PORT, YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "cs-bytes", PORT, YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "s-computername", PUT, YG_AS_TEXT, YG_F_HOST_NAME },
    { "s-sitename", PUT, YG_AS_TEXT, YG_F_SERVICE_NAME },
};

/* The names of its columns and what is between them; false: not known, or not as many as
 * it has. */
static bool named(const struct yg_logline *l, struct yg_str name[WORDS],
                  struct yg_str cell[WORDS], size_t *n)
{
    struct yg_str rest = l->columns, line;

    while (yg_until(&rest, "\n", &line)) {
        if (!yg_eat(&line, "#Fields: "))
            continue;
        /* names are always apart by blanks; CloudFront's values by tabs */
        bool tabs = l->raw.n > 0 && memchr(l->raw.p, '\t', l->raw.n);
        *n = cut_words(line, ' ', name);
        return *n >= 4 && cut_words(l->raw, tabs ? '\t' : ' ', cell) == *n;
    }
    return false;
}

static void put_column(struct yg_target *t, const struct column *c, struct yg_str s)
{
    if (yg_absent(s))
        return;
    switch (c->what) {
    case PUT:
        if (c->field == YG_F_USER_NAME) { /* "CORP\\jo" */
            yg_log_account(t, s);
            break;
        }
        yg_put_text(t, (enum yg_how)c->how, (enum yg_field)c->field, s);
        break;
    case ADDRESS:
        yg_log_ip(t, (enum yg_field)c->field, s);
        break;
    case PORT:
        yg_web_number(t, (enum yg_how)c->how, (enum yg_field)c->field, s);
        break;
    case STATUS:
        yg_web_status(t, s);
        break;
    default: /* put together when all are known */
        break;
    }
}

static void put_named(struct yg_target *t, const struct yg_str *name,
                      const struct yg_str *cell, size_t n)
{
    struct yg_str kept[WHATS] = { [PUT] = YG_STR_NONE };

    for (size_t i = 0; i < n; i++) {
        if (yg_str_starts(name[i], YG_STR("x-edge-")))
            YG_PUT(t, TEXT, OBSERVER_PRODUCT, YG_STR("CloudFront"));
        for (size_t k = 0; k < YG_ARRAY_LEN(columns); k++) {
            const struct column *c = &columns[k];
            if (c->name[0] != name[i].p[0] || !yg_str_eq(name[i], yg_str_of(c->name)))
                continue;
            if (c->what >= DATE && c->what <= QUERY)
                kept[c->what] = cell[i];
            put_column(t, c, cell[i]);
        }
    }
    if (kept[TIME].n > 0)
        (void)yg_log_put_date(t, kept[DATE], kept[TIME], YG_STR("Z"));
    if (yg_absent(kept[STEM]))
        return;
    if (yg_absent(kept[QUERY]))
        YG_PUT(t, TEXT, URL, kept[STEM]);
    else
        yg_put_joined(t, YG_F_URL, kept[STEM], '?', kept[QUERY]);
}

/* Does the line say that it is a web server's? Others write W3C logs, too. */
static bool is_web(const struct yg_str *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (yg_str_eq(name[i], YG_STR("cs-method")))
            return true;
    return false;
}

/* ---- by order -----------------------------------------------------------------------
 */

static size_t ordered(const struct yg_logline *l, struct yg_str w[WORDS], size_t *method)
{
    size_t n = cut_words(l->raw, ' ', w);

    *method = 0;
    for (size_t i = 2; i < 7 && i < n && *method == 0; i++)
        if (yg_web_method(w[i]))
            *method = i;
    return n;
}

static int iis_match(const struct yg_logline *l)
{
    struct yg_str w[WORDS], name[WORDS];
    size_t method, n;
    uint64_t port;

    if (yg_str_starts(l->raw, YG_STR("#")))
        return 96;
    if (l->columns.n > 0 && named(l, name, w, &n) && is_web(name, n))
        return 98;
    n = ordered(l, w, &method);
    return method && n > method + 8 && w[0].n == 10 && w[0].p[4] == '-' && w[1].n >= 8 &&
                   w[1].p[2] == ':' && yg_str_u64(w[method + 3], &port)
               ? 94
               : 0;
}

static bool put_ordered(struct yg_target *t, const struct yg_str *w, size_t n, size_t m)
{
    unsigned char ip[YG_IP_SIZE];
    size_t i;
    uint64_t number;

    if (!m || n <= m + 8)
        return false;
    (void)yg_log_put_date(t, w[0], w[1], YG_STR("Z"));
    if (yg_ip_parse(w[m - 1], ip))
        YG_PUT(t, IP, DESTINATION_IP, w[m - 1]);
    YG_PUT(t, TEXT, HTTP_METHOD, w[m]);
    if (yg_absent(w[m + 2]))
        YG_PUT(t, TEXT, URL, w[m + 1]);
    else
        yg_put_joined(t, YG_F_URL, w[m + 1], '?', w[m + 2]);
    yg_web_number(t, YG_AS_PORT, YG_F_DESTINATION_PORT, w[m + 3]);
    if (!yg_absent(w[m + 4]))
        YG_PUT(t, TEXT, USER_NAME, w[m + 4]);
    yg_log_ip(t, YG_F_SOURCE_IP, w[m + 5]);
    i = m + 6;
    if (yg_str_starts(w[i], YG_STR("HTTP/")))
        i++;
    if (!yg_absent(w[i]))
        YG_PUT(t, TEXT, USER_AGENT, w[i]);
    for (i++; i < n; i++)
        if (w[i].n == 3 && yg_str_u64(w[i], &number))
            break;
    if (i < n)
        yg_web_status(t, w[i]);
    return true;
}

static bool iis_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str w[WORDS], name[WORDS];
    size_t m, n;

    (void)d;
    if (yg_str_starts(l->raw, YG_STR("#"))) {
        t->e->kind = YG_KIND_SKIP;
        return true;
    }
    if (l->columns.n > 0 && named(l, name, w, &n) && is_web(name, n)) {
        put_named(t, name, w, n);
        return true;
    }
    n = ordered(l, w, &m);
    return put_ordered(t, w, n, m);
}

const struct yg_dialect yg_dialect_iis = {
    .name = "iis",
    .doc = "W3C extended logs of web servers: Microsoft IIS, CloudFront",
    .product = "IIS",
    .device = YG_DEV_WEB,
    .marks = " GET | POST | HEAD | PUT | DELETE | OPTIONS | CONNECT | PROPFIND | TRACE | "
             "PATCH | DEBUG | REPORT |#Fields: |#Software: |#Version: |#Date: |\tGET\t|"
             "\tPOST\t|\tHEAD\t|\tPUT\t|\tDELETE\t|\tOPTIONS\t|\tPATCH\t",
    .match = iis_match,
    .read = iis_read,
};
