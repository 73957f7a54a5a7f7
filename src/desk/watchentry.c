/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/watchentry.h"

#include "conf/watchline.h"
#include "event/ip.h"

#define V4_BITS 96

void yg_net_form(const unsigned char ip[YG_IP_SIZE], unsigned prefix,
                 unsigned char out[YG_NET_FORM])
{
    memcpy(out, ip, YG_IP_SIZE);
    yg_watch_mask(out, prefix);
    out[YG_IP_SIZE] = (unsigned char)prefix;
}

unsigned yg_net_least(const unsigned char ip[YG_IP_SIZE])
{
    return yg_ip_is_v4(ip) ? V4_BITS + 1 : 1; /* what holds everything is no entry */
}

/* ---- URLs ------------------------------------------------------------------------- */

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct yg_str without_scheme(struct yg_str s, bool *had)
{
    size_t n = 0;

    while (n < s.n && letter(s.p[n]))
        n++;
    struct yg_str rest = { s.p + n, s.n - n };
    *had = n > 0 && yg_str_starts(rest, YG_STR("://"));
    return *had ? (struct yg_str){ rest.p + 3, rest.n - 3 } : s;
}

/* HOST/PATH: what is before the first slash, without user and port. */
static struct yg_str cut_host(struct yg_str s, struct yg_str *path)
{
    size_t to = 0, from = 0, n;

    while (to < s.n && s.p[to] != '/' && s.p[to] != '?')
        to++;
    *path = (struct yg_str){ s.p + to, s.n - to };
    for (size_t i = 0; i < to; i++)
        if (s.p[i] == '@')
            from = i + 1;
    n = to;
    while (n > from && s.p[n - 1] >= '0' && s.p[n - 1] <= '9')
        n--;
    bool port = n > from && n < to && s.p[n - 1] == ':';
    if (port && (s.p[from] == '[' || !memchr(s.p + from, ':', n - 1 - from)))
        to = n - 1;
    if (to - from >= 2 && s.p[from] == '[' && s.p[to - 1] == ']') {
        from++;
        to--;
    }
    return (struct yg_str){ s.p + from, to - from };
}

/* The host as it is compared. 0: it is none. */
static size_t put_host(struct yg_str host, unsigned char out[256])
{
    unsigned char ip[YG_IP_SIZE];
    size_t n;

    if (host.n > 0 && host.n < YG_IP_TEXT_MAX && yg_ip_parse(host, ip)) {
        (void)yg_ip_text(ip, (char *)out);
        return strlen((char *)out);
    }
    return yg_watch_fold(host, out, &n) ? n : 0;
}

bool yg_url_forms(struct yg_str url, struct yg_str host, struct yg_url_forms *out)
{
    struct yg_str path;
    bool had;

    out->count = 0;
    if (url.n == 0)
        return false;
    url = without_scheme(url, &had);
    if (had)
        host = cut_host(url, &path);
    else
        path = url;
    size_t at = put_host(host, out->form);
    out->count = 0;
    if (at == 0 || path.n == 0 || path.p[0] != '/')
        return false;
    if (path.n > YG_WATCH_VALUE - at) /* entries are not longer */
        path.n = YG_WATCH_VALUE - at;
    memcpy(out->form + at, path.p, path.n);
    for (size_t i = 1; i <= path.n && out->count < YG_WATCH_SEGMENTS; i++)
        if (i > 1 && (i == path.n || path.p[i] == '/' || path.p[i] == '?'))
            out->length[out->count++] = at + i;
    return true;
}

/* ---- lines ------------------------------------------------------------------------ */

static const char *read_url(struct yg_str word, struct yg_watch_parsed *p)
{
    static const char *const what =
        "is no URL; write url:host.example/path, of which all that begin so are meant";
    const size_t mark = sizeof("url:") - 1;
    struct yg_url_forms f;
    struct yg_str path, bad, url = { word.p + mark, word.n - mark };
    struct yg_watch_line l;
    bool had;

    while (url.n > 0 && url.p[url.n - 1] == '/')
        url.n--;
    if (url.n == 0)
        return what;
    struct yg_str host = cut_host(without_scheme(url, &had), &path);
    if (yg_watch_line_read(host, &l, &bad) || !l.some || l.type == YG_WATCH_HASH ||
        (l.type == YG_WATCH_ADDRESS && l.prefix != YG_WATCH_BITS) ||
        !yg_url_forms(path, host, &f) || f.count == 0)
        return what;
    p->type = YG_WATCH_URL;
    p->n = f.length[f.count - 1];
    if (f.count == YG_WATCH_SEGMENTS || p->n > YG_WATCH_VALUE - 1)
        return "is longer than what is looked at; cut its path";
    memcpy(p->form, f.form, p->n);
    return NULL;
}

static const char *take_line(const struct yg_watch_line *l, struct yg_watch_parsed *p)
{
    p->type = (uint8_t)l->type;
    if (l->type == YG_WATCH_ADDRESS) {
        if (l->prefix < yg_net_least(l->bytes))
            return "is every address there is; name networks";
        yg_net_form(l->bytes, l->prefix, p->form);
        p->n = YG_NET_FORM;
        return NULL;
    }
    memcpy(p->form, l->bytes, l->n);
    p->n = l->n;
    return NULL;
}

static struct yg_str note_of(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '#' && (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
            return yg_str_trim((struct yg_str){ s.p + i + 1, s.n - i - 1 });
    return YG_STR_NONE;
}

const char *yg_watch_entry_read(struct yg_str line, struct yg_watch_parsed *p,
                                struct yg_str *word)
{
    const struct yg_str any = YG_STR("host:x"), s = yg_str_trim(line);
    char text[YG_WATCH_VALUE + YG_WATCH_NOTE + 64];
    struct yg_watch_line l;
    struct yg_str value = s;
    const char *wrong;
    size_t n = 0;

    *word = s;
    *p = (struct yg_watch_parsed){ .note = note_of(s) };
    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    value.n = n;
    if (n >= YG_WATCH_VALUE || s.n - n >= sizeof(text) - any.n)
        return "is longer than an entry can be; write one a line";
    if (!yg_str_starts(value, YG_STR("url:"))) {
        wrong = yg_watch_line_read(s, &l, word);
        if (wrong || !l.some)
            return wrong;
        wrong = take_line(&l, p);
    } else {
        /* what stands behind it is as behind any other */
        memcpy(text, any.p, any.n);
        memcpy(text + any.n, s.p + n, s.n - n);
        wrong = yg_watch_line_read((struct yg_str){ text, any.n + s.n - n }, &l, word);
        *word = s;
        if (!wrong)
            wrong = read_url(value, p);
    }
    p->some = !wrong;
    p->value = value;
    p->until_ns = l.expires_ns;
    return wrong;
}
