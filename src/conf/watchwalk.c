/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/watchwalk.h"

#include "conf/watchline.h"
#include "event/ip.h"

static bool wanted(const struct yg_watch_walk *w, enum yg_watch_type type)
{
    return (w->types >> type & 1) != 0;
}

static void tell(const struct yg_watch_walk *w, enum yg_watch_type type,
                 struct yg_str bytes, struct yg_str value)
{
    const struct yg_watch_form form = { .type = type,
                                        .bytes = (const unsigned char *)bytes.p,
                                        .n = bytes.n,
                                        .where = w->where,
                                        .value = value };

    w->each(w->arg, &form);
}

void yg_watch_walk_ip(const struct yg_watch_walk *w, const unsigned char ip[YG_IP_SIZE])
{
    if (wanted(w, YG_WATCH_ADDRESS))
        tell(w, YG_WATCH_ADDRESS, (struct yg_str){ (const char *)ip, YG_IP_SIZE },
             YG_STR_NONE);
}

/* The name and every domain above it. What is before the last YG_WATCH_DOMAIN_MAX bytes
 * of a name too long to be one is not looked at. */
static void walk_domain(const struct yg_watch_walk *w, struct yg_str name)
{
    unsigned char low[256];
    size_t n;

    if (name.n > YG_WATCH_DOMAIN_MAX)
        name =
            (struct yg_str){ name.p + name.n - YG_WATCH_DOMAIN_MAX, YG_WATCH_DOMAIN_MAX };
    if (!wanted(w, YG_WATCH_DOMAIN) || !yg_watch_fold(name, low, &n))
        return;
    for (size_t i = n; i-- > 0;)
        if (i == 0 || low[i - 1] == '.')
            tell(w, YG_WATCH_DOMAIN, (struct yg_str){ (const char *)low + i, n - i },
                 name);
}

/* "name:port" and "[address]:port" without the port and the brackets. */
static struct yg_str without_port(struct yg_str s)
{
    size_t n = s.n;

    while (n > 0 && s.p[n - 1] >= '0' && s.p[n - 1] <= '9')
        n--;
    bool port = n > 0 && n < s.n && s.p[n - 1] == ':';
    if (port && (s.p[0] == '[' || !memchr(s.p, ':', n - 1)))
        s.n = n - 1;
    if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        s = (struct yg_str){ s.p + 1, s.n - 2 };
    return s;
}

void yg_watch_walk_name(const struct yg_watch_walk *w, struct yg_str name)
{
    unsigned char ip[YG_IP_SIZE];

    name = without_port(name);
    if (name.n == 0)
        return;
    if (name.n < YG_IP_TEXT_MAX && yg_ip_parse(name, ip))
        yg_watch_walk_ip(w, ip);
    else
        walk_domain(w, name);
}

static void each_word(const struct yg_watch_walk *w, struct yg_str text,
                      void (*walk)(const struct yg_watch_walk *, struct yg_str))
{
    for (unsigned n = 0; text.n > 0 && n < YG_WATCH_WORDS;) {
        size_t to = 0;
        while (to < text.n && !strchr(" ,;\t\r\n", text.p[to]))
            to++;
        if (to > 0) {
            walk(w, (struct yg_str){ text.p, to });
            n++;
        }
        to += to < text.n;
        text = (struct yg_str){ text.p + to, text.n - to };
    }
}

void yg_watch_walk_names(const struct yg_watch_walk *w, struct yg_str text)
{
    each_word(w, text, yg_watch_walk_name);
}

/* The whole name, or its first label: an entry without a domain means the machine. */
static void walk_host(const struct yg_watch_walk *w, struct yg_str name)
{
    unsigned char low[256];
    size_t n, first = 0;

    yg_watch_walk_name(w, name);
    if (!wanted(w, YG_WATCH_HOST) || !yg_watch_fold(name, low, &n))
        return;
    tell(w, YG_WATCH_HOST, (struct yg_str){ (const char *)low, n }, name);
    while (first < n && low[first] != '.')
        first++;
    if (first < n)
        tell(w, YG_WATCH_HOST, (struct yg_str){ (const char *)low, first }, name);
}

static void walk_hash(const struct yg_watch_walk *w, struct yg_str hex)
{
    unsigned char hash[32];
    size_t n;

    if (wanted(w, YG_WATCH_HASH) && yg_watch_hash(hex, hash, &n))
        tell(w, YG_WATCH_HASH, (struct yg_str){ (const char *)hash, n }, hex);
}

static void walk_hashes(const struct yg_watch_walk *w, struct yg_str text)
{
    if (wanted(w, YG_WATCH_HASH))
        each_word(w, text, walk_hash);
}

/* The host of an absolute URL, as a proxy logs it. */
static void walk_url(const struct yg_watch_walk *w, struct yg_str url)
{
    size_t from = 0, to;

    while (from < url.n && (url.p[from] | 0x20) >= 'a' && (url.p[from] | 0x20) <= 'z')
        from++; /* the scheme */
    struct yg_str rest = { url.p + from, url.n - from };
    if (!yg_str_starts(rest, YG_STR("://")))
        return;
    from += 3;
    for (to = from; to < url.n && url.p[to] != '/' && url.p[to] != '?'; to++)
        if (url.p[to] == '@')
            from = to + 1;
    yg_watch_walk_name(w, (struct yg_str){ url.p + from, to - from });
}

static void walk_address(const struct yg_watch_walk *w, struct yg_str ip)
{
    if (ip.n == YG_IP_SIZE)
        yg_watch_walk_ip(w, (const unsigned char *)ip.p);
}

void yg_watch_walk_event(const struct yg_watch_walk *w, const struct yg_batch *b,
                         const struct yg_event *e)
{
    static const struct {
        enum yg_field field;
        void (*walk)(const struct yg_watch_walk *w, struct yg_str s);
    } look[] = {
        { YG_F_SOURCE_IP, walk_address },
        { YG_F_DESTINATION_IP, walk_address },
        { YG_F_HOST_IP, walk_address },
        { YG_F_HOST_NAME, walk_host },
        { YG_F_URL_DOMAIN, yg_watch_walk_name },
        { YG_F_URL, walk_url },
        { YG_F_DNS_QUESTION, yg_watch_walk_name },
        { YG_F_TLS_SNI, yg_watch_walk_name },
        { YG_F_DNS_ANSWER, yg_watch_walk_names },
        { YG_F_FILE_SHA256, walk_hashes },
        { YG_F_FILE_SHA1, walk_hashes },
        { YG_F_FILE_MD5, walk_hashes },
        { YG_F_TLS_JA3, walk_hash },
        { YG_F_NAT_SOURCE_IP, walk_address },
        { YG_F_NAT_DESTINATION_IP, walk_address },
    };
    struct yg_watch_walk at = *w;

    for (size_t i = 0; i < YG_ARRAY_LEN(look); i++) {
        if (!yg_event_has(e, look[i].field))
            continue;
        at.where = yg_field_info[look[i].field].name;
        look[i].walk(&at, yg_event_str(b, e, look[i].field));
    }
}
