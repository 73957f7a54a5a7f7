/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/watchlist.h"

#include "base/clock.h"
#include "base/map.h"
#include "event/ip.h"

#include <stdlib.h>

#define BITS_MAX   128 /* of an address */
#define V4_BITS    96  /* before the 32 of an IPv4 address */
#define DOMAIN_MAX 253 /* bytes of a domain name, RFC 1035 */
#define LABEL_MAX  63
#define ENTRY_MAX  4096
#define FILES_MAX  4096
#define KINDS      2 /* bits of enum yg_watch */
#define DAY_NS     (INT64_C(86400) * 1000000000)
#define NEVER      INT64_MAX
#define NOT_LISTED INT64_MIN

/* Salts of the keys; of networks one for each length of prefix. */
enum { SALT_DOMAIN = 500, SALT_HASH, SALT_HOST, SALT_NET = 600 };

/* A value and what is known of it in each kind of list. */
struct entry {
    int64_t expires_ns[KINDS]; /* the latest of all its lines; NOT_LISTED */
    uint32_t file[KINDS], line[KINDS];
};

struct yg_watchlist {
    struct yg_map by_key; /* hash -> index + 1 */
    struct entry *entry;
    uint32_t count, size;
    char **path;
    uint32_t paths;
    uint64_t files[KINDS], entries[KINDS], networks[KINDS];
    uint8_t bits[BITS_MAX + 1]; /* lengths of prefix that are listed, ascending */
    unsigned lengths;
    bool domains, hashes, hosts;
    struct yg_digest digest;
};

/* One line, understood. */
struct line {
    bool some; /* it holds an entry */
    enum yg_watch_type type;
    unsigned char bytes[256]; /* address, hash, or name in lower case */
    size_t n;
    unsigned prefix; /* of an address */
    int64_t expires_ns;
};

const char *yg_watch_name(enum yg_watch what)
{
    return what == YG_WATCH_CRITICAL ? "critical assets" : "intelligence";
}

void yg_watch_types(unsigned listed, enum yg_watch what, struct yg_buf *out)
{
    static const char *const name[] = {
#define X(id, name) name,
        YG_WATCH_TYPES(X)
#undef X
    };
    unsigned bits = what == YG_WATCH_CRITICAL ? listed >> 4 : listed;
    const char *between = "";

    for (unsigned t = 0; t < YG_WATCH_TYPE_COUNT; t++) {
        if (!(bits >> t & 1))
            continue;
        yg_buf_printf(out, "%s%s", between, name[t]);
        between = ", ";
    }
}

enum yg_status yg_watchlist_new(struct yg_watchlist **out, struct yg_err *err)
{
    struct yg_watchlist *w = calloc(1, sizeof(*w));

    if (!w)
        return yg_err_set(err, YG_ENOMEM, "no memory for lists");
    yg_map_init(&w->by_key, YG_WATCH_ENTRIES_MAX);
    yg_digest_init(&w->digest);
    *out = w;
    return YG_OK;
}

void yg_watchlist_free(struct yg_watchlist *w)
{
    if (!w)
        return;
    for (uint32_t i = 0; i < w->paths; i++)
        free(w->path[i]);
    free(w->path);
    free(w->entry);
    yg_map_fini(&w->by_key);
    free(w);
}

/* ---- reading ----------------------------------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* In lower case, without the dot of the root. False: too long, or empty. */
static bool fold(struct yg_str s, unsigned char out[256], size_t *n)
{
    if (s.n > 0 && s.p[s.n - 1] == '.')
        s.n--;
    if (s.n == 0 || s.n > 255)
        return false;
    for (size_t i = 0; i < s.n; i++)
        out[i] = (unsigned char)lower(s.p[i]);
    *n = s.n;
    return true;
}

static void mask(unsigned char ip[YG_IP_SIZE], unsigned bits)
{
    for (unsigned i = 0; i < YG_IP_SIZE; i++) {
        unsigned keep = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * i : 0;
        ip[i] &= (unsigned char)(0xff00U >> keep);
    }
}

static const char *read_network(struct yg_str s, struct line *l)
{
    unsigned char masked[YG_IP_SIZE];
    struct yg_str rest = s;
    struct yg_str address = yg_str_cut(&rest, '/');
    uint64_t bits = BITS_MAX;

    if (memchr(address.p, '%', address.n) || !yg_ip_parse(address, l->bytes))
        return "is no address; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32";
    bool v4 = !memchr(address.p, ':', address.n);
    if (address.n < s.n && (!yg_str_u64(rest, &bits) || bits > (v4 ? 32 : BITS_MAX)))
        return v4 ? "has no prefix length from 0 to 32 behind its slash"
                  : "has no prefix length from 0 to 128 behind its slash";
    l->prefix = (unsigned)bits + (v4 && address.n < s.n ? V4_BITS : 0);
    memcpy(masked, l->bytes, YG_IP_SIZE);
    mask(masked, l->prefix);
    if (memcmp(masked, l->bytes, YG_IP_SIZE) != 0)
        return "has bits behind its prefix; write the network's first address, or one "
               "address without a slash";
    l->type = YG_WATCH_ADDRESS;
    l->n = YG_IP_SIZE;
    return NULL;
}

static bool is_label(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(p[i] >= 'a' && p[i] <= 'z') && !digit((char)p[i]) && p[i] != '-' &&
            p[i] != '_')
            return false;
    return n > 0 && n <= LABEL_MAX;
}

static const char *read_domain(struct yg_str s, struct line *l)
{
    static const char *const what =
        "is no address, domain, hash or host:NAME; of an international name write the "
        "xn-- form, of a machine without a domain host:NAME";
    bool all = s.n > 0 && s.p[0] == '.'; /* a whole top-level domain is meant */
    size_t from = 0, labels = 0;

    if (yg_str_starts(s, YG_STR("*."))) {
        s = (struct yg_str){ s.p + 2, s.n - 2 };
        all = true;
    } else if (all) {
        s = (struct yg_str){ s.p + 1, s.n - 1 };
    }
    if (!fold(s, l->bytes, &l->n) || l->n > DOMAIN_MAX)
        return what;
    for (size_t i = 0; i <= l->n; i++) {
        if (i < l->n && l->bytes[i] != '.')
            continue;
        if (!is_label(l->bytes + from, i - from))
            return what;
        labels++;
        if (i < l->n)
            from = i + 1;
    }
    if ((labels < 2 && !all) || digit((char)l->bytes[from]))
        return what;
    l->type = YG_WATCH_DOMAIN;
    return NULL;
}

static bool read_hash(struct yg_str s, struct line *l)
{
    if ((s.n != 32 && s.n != 40 && s.n != 64) || !yg_unhex(s, l->bytes, s.n / 2))
        return false;
    l->type = YG_WATCH_HASH;
    l->n = s.n / 2;
    return true;
}

/* A day counts to its end, UTC; a time with hours is meant as written. */
static const char *read_expiry(struct yg_str s, struct line *l)
{
    static const char *const what =
        "is no date; write expires=2026-12-31 or expires=2026-12-31T12:00:00Z";
    char text[40];
    int used;

    if (s.n == 10) {
        memcpy(text, s.p, s.n);
        memcpy(text + s.n, "T00:00:00Z", 10);
        if (!yg_time_iso((struct yg_str){ text, 20 }, 0, &l->expires_ns, &used) ||
            l->expires_ns > NEVER - DAY_NS)
            return what;
        l->expires_ns += DAY_NS;
        return NULL;
    }
    return yg_time_iso(s, 0, &l->expires_ns, &used) ? NULL : what;
}

static struct yg_str next_word(struct yg_str *rest)
{
    *rest = yg_str_trim(*rest);
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    struct yg_str word = { rest->p, n };
    *rest = (struct yg_str){ rest->p + n, rest->n - n };
    return word;
}

static struct yg_str without_note(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '#' && (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
            return (struct yg_str){ s.p, i };
    return s;
}

static const char *read_value(struct yg_str word, struct line *l)
{
    const struct yg_str host = YG_STR("host:");

    if (yg_str_starts(word, host)) {
        l->type = YG_WATCH_HOST;
        return fold((struct yg_str){ word.p + host.n, word.n - host.n }, l->bytes, &l->n)
                   ? NULL
                   : "names no host; write host:NAME";
    }
    if (read_hash(word, l))
        return NULL;
    if (memchr(word.p, '/', word.n) || memchr(word.p, ':', word.n) ||
        yg_ip_parse(word, l->bytes))
        return read_network(word, l);
    return read_domain(word, l);
}

/* NULL: `*l` is set (without `some`: an empty line). Else what is wrong with `*word`. */
static const char *read_line(struct yg_str s, struct line *l, struct yg_str *word)
{
    const struct yg_str key = YG_STR("expires=");
    const char *wrong;

    *word = s;
    *l = (struct line){ .expires_ns = NEVER };
    if (s.n > ENTRY_MAX)
        return "is longer than an entry can be; write one a line";
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t' && s.p[i] != '\r')
            return "has control characters; is it a text file?";
    s = without_note(s);
    *word = next_word(&s);
    if (word->n == 0)
        return NULL;
    wrong = read_value(*word, l);
    if (wrong)
        return wrong;
    l->some = true;
    for (*word = next_word(&s); word->n > 0; *word = next_word(&s)) {
        if (!yg_str_starts(*word, key))
            return "is unknown; after the value only expires=DATE and # note may stand";
        wrong = read_expiry((struct yg_str){ word->p + key.n, word->n - key.n }, l);
        if (wrong)
            return wrong;
    }
    return NULL;
}

/* Every line is an entry, or where and why not. */
static enum yg_status check(const char *path, struct yg_str text, uint64_t *entries,
                            struct yg_err *err)
{
    struct line l;
    struct yg_str word;

    for (int line = 1; text.n > 0; line++) {
        struct yg_str s = yg_str_cut(&text, '\n');
        const char *wrong = read_line(s, &l, &word);
        if (wrong) {
            yg_err_at(err, path, line, (int)(word.p - s.p) + 1);
            return yg_err_set(err, YG_EFORMAT, "\"%.*s\" %s",
                              (int)(word.n < 60 ? word.n : 60), word.p, wrong);
        }
        *entries += l.some;
        if (line == INT32_MAX)
            return yg_err_set(err, YG_ELIMIT, "too many lines");
    }
    return YG_OK;
}

/* ---- building ---------------------------------------------------------------------- */

static uint64_t key_of(unsigned salt, const unsigned char *p, size_t n)
{
    return yg_hash_str(salt, (struct yg_str){ (const char *)p, n });
}

static unsigned salt_of(const struct line *l)
{
    return l->type == YG_WATCH_ADDRESS  ? SALT_NET + l->prefix
           : l->type == YG_WATCH_DOMAIN ? SALT_DOMAIN
           : l->type == YG_WATCH_HASH   ? SALT_HASH
                                        : SALT_HOST;
}

static void note_type(struct yg_watchlist *w, const struct line *l)
{
    unsigned at = 0;

    w->domains |= l->type == YG_WATCH_DOMAIN;
    w->hashes |= l->type == YG_WATCH_HASH;
    w->hosts |= l->type == YG_WATCH_HOST;
    if (l->type != YG_WATCH_ADDRESS)
        return;
    while (at < w->lengths && w->bits[at] < l->prefix)
        at++;
    if (at < w->lengths && w->bits[at] == l->prefix)
        return;
    memmove(w->bits + at + 1, w->bits + at, w->lengths - at);
    w->bits[at] = (uint8_t)l->prefix;
    w->lengths++;
}

static struct entry *entry_of(struct yg_watchlist *w, const struct line *l)
{
    if (w->count == w->size) {
        uint32_t size = w->size ? w->size * 2 : 64;
        struct entry *e = realloc(w->entry, size * sizeof(*e));
        if (!e)
            return NULL;
        w->entry = e;
        w->size = size;
    }
    uint64_t *at = yg_map_put(&w->by_key, key_of(salt_of(l), l->bytes, l->n), NULL);
    if (!at)
        return NULL;
    if (*at == 0) {
        w->entry[w->count] = (struct entry){ .expires_ns = { NOT_LISTED, NOT_LISTED } };
        *at = ++w->count;
    }
    return &w->entry[*at - 1];
}

static enum yg_status fill(struct yg_watchlist *w, unsigned kind, struct yg_str text)
{
    struct line l;
    struct yg_str word;

    for (uint32_t line = 1; text.n > 0; line++) {
        const char *wrong = read_line(yg_str_cut(&text, '\n'), &l, &word);
        YG_ASSERT(!wrong); /* checked before */
        if (!l.some)
            continue;
        struct entry *e = entry_of(w, &l);
        if (!e)
            return YG_ENOMEM;
        note_type(w, &l);
        if (e->expires_ns[kind] == NOT_LISTED) {
            w->entries[kind]++;
            w->networks[kind] += l.type == YG_WATCH_ADDRESS && l.prefix < BITS_MAX;
        } else if (e->expires_ns[kind] >= l.expires_ns) {
            continue;
        }
        e->expires_ns[kind] = l.expires_ns;
        e->file[kind] = w->paths - 1;
        e->line[kind] = line;
    }
    return YG_OK;
}

static bool add_path(struct yg_watchlist *w, const char *path)
{
    char **p = realloc(w->path, (w->paths + 1) * sizeof(*p));

    if (!p)
        return false;
    w->path = p;
    w->path[w->paths] = strdup(path);
    if (!w->path[w->paths])
        return false;
    w->paths++;
    return true;
}

enum yg_status yg_watchlist_add(struct yg_watchlist *w, enum yg_watch what,
                                const char *path, struct yg_str text, struct yg_err *err)
{
    const struct yg_str mark = YG_STR("\xef\xbb\xbf"); /* as some editors begin a file */
    unsigned kind = what == YG_WATCH_CRITICAL;
    uint64_t entries = w->count;

    if (yg_str_starts(text, mark))
        text = (struct yg_str){ text.p + mark.n, text.n - mark.n };
    enum yg_status st = check(path, text, &entries, err);
    if (st != YG_OK)
        return st;
    yg_err_at(err, path, 0, 0);
    if (entries > YG_WATCH_ENTRIES_MAX || w->paths == FILES_MAX)
        return yg_err_set(err, YG_ELIMIT, "more than %u entries or %d files in lists",
                          YG_WATCH_ENTRIES_MAX, FILES_MAX);
    if (!add_path(w, path) || fill(w, kind, text) != YG_OK)
        return yg_err_set(err, YG_ENOMEM, "no memory for a list");
    w->files[kind]++;
    /* No text holds a NUL: what is digested tells the files apart. */
    yg_digest_add(&w->digest, kind ? "c" : "i", 2);
    yg_digest_add(&w->digest, text.p, text.n);
    return YG_OK;
}

struct yg_watchlist_stats yg_watchlist_stats(const struct yg_watchlist *w,
                                             enum yg_watch what, int64_t now_ns)
{
    unsigned kind = what == YG_WATCH_CRITICAL;
    struct yg_watchlist_stats s = { .files = w->files[kind],
                                    .entries = w->entries[kind],
                                    .networks = w->networks[kind] };

    for (uint32_t i = 0; i < w->count; i++)
        s.expired += w->entry[i].expires_ns[kind] != NOT_LISTED &&
                     w->entry[i].expires_ns[kind] <= now_ns;
    return s;
}

void yg_watchlist_digest(const struct yg_watchlist *w, unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_digest d = w->digest;

    yg_digest_done(&d, out);
}

/* ---- looking up -------------------------------------------------------------------- */

static unsigned found(const struct yg_watch_ask *ask, enum yg_watch_type type,
                      uint64_t key, struct yg_str value)
{
    const struct yg_watchlist *w = ask->list;
    const uint64_t *at = yg_map_get(&w->by_key, key);
    unsigned bits = 0;

    if (!at)
        return 0;
    const struct entry *e = &w->entry[*at - 1];
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (e->expires_ns[kind] == NOT_LISTED || ask->time_ns >= e->expires_ns[kind])
            continue;
        bits |= 1U << (type + 4 * kind);
        if (!ask->each)
            continue;
        const struct yg_watch_hit hit = { .what =
                                              kind ? YG_WATCH_CRITICAL : YG_WATCH_INTEL,
                                          .where = ask->where,
                                          .value = value,
                                          .path = w->path[e->file[kind]],
                                          .line = e->line[kind],
                                          .expires_ns = e->expires_ns[kind] };
        ask->each(ask->arg, &hit);
    }
    return bits;
}

unsigned yg_watchlist_ip(const struct yg_watch_ask *ask, const unsigned char ip[16])
{
    const struct yg_watchlist *w = ask->list;
    unsigned least = yg_ip_is_v4(ip) ? V4_BITS : 0; /* ::/0 speaks of IPv6 only */
    char text[YG_IP_TEXT_MAX] = "";
    unsigned bits = 0;

    for (unsigned i = 0; i < w->lengths; i++) {
        unsigned char net[YG_IP_SIZE];
        if (w->bits[i] < least)
            continue;
        memcpy(net, ip, YG_IP_SIZE);
        mask(net, w->bits[i]);
        if (ask->each && !text[0])
            (void)yg_ip_text(ip, text);
        bits |= found(ask, YG_WATCH_ADDRESS,
                      key_of(SALT_NET + w->bits[i], net, YG_IP_SIZE), yg_str_of(text));
    }
    return bits;
}

/* The name and every domain above it. What is before the last DOMAIN_MAX bytes of a name
 * too long to be one is not looked at. */
static unsigned find_domain(const struct yg_watch_ask *ask, struct yg_str name)
{
    unsigned char low[256];
    unsigned bits = 0;
    size_t n;

    if (name.n > DOMAIN_MAX)
        name = (struct yg_str){ name.p + name.n - DOMAIN_MAX, DOMAIN_MAX };
    if (!ask->list->domains || !fold(name, low, &n))
        return 0;
    for (size_t i = n; i-- > 0;)
        if (i == 0 || low[i - 1] == '.')
            bits |=
                found(ask, YG_WATCH_DOMAIN, key_of(SALT_DOMAIN, low + i, n - i), name);
    return bits;
}

/* "name:port" and "[address]:port" without the port and the brackets. */
static struct yg_str without_port(struct yg_str s)
{
    size_t n = s.n;

    while (n > 0 && digit(s.p[n - 1]))
        n--;
    bool port = n > 0 && n < s.n && s.p[n - 1] == ':';
    if (port && (s.p[0] == '[' || !memchr(s.p, ':', n - 1)))
        s.n = n - 1;
    if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        s = (struct yg_str){ s.p + 1, s.n - 2 };
    return s;
}

unsigned yg_watchlist_name(const struct yg_watch_ask *ask, struct yg_str name)
{
    unsigned char ip[YG_IP_SIZE];

    name = without_port(name);
    if (name.n == 0)
        return 0;
    if (name.n < YG_IP_TEXT_MAX && yg_ip_parse(name, ip))
        return yg_watchlist_ip(ask, ip);
    return find_domain(ask, name);
}

/* The whole name, or its first label: an entry without a domain means the machine. */
static unsigned find_host(const struct yg_watch_ask *ask, struct yg_str name)
{
    unsigned bits = yg_watchlist_name(ask, name);
    unsigned char low[256];
    size_t n, first = 0;

    if (!ask->list->hosts || !fold(name, low, &n))
        return bits;
    bits |= found(ask, YG_WATCH_HOST, key_of(SALT_HOST, low, n), name);
    while (first < n && low[first] != '.')
        first++;
    if (first < n)
        bits |= found(ask, YG_WATCH_HOST, key_of(SALT_HOST, low, first), name);
    return bits;
}

static unsigned find_hash(const struct yg_watch_ask *ask, struct yg_str hex)
{
    struct line l;

    if (!ask->list->hashes || !read_hash(hex, &l))
        return 0;
    return found(ask, YG_WATCH_HASH, key_of(SALT_HASH, l.bytes, l.n), hex);
}

/* The host of an absolute URL, as a proxy logs it. */
static unsigned find_url(const struct yg_watch_ask *ask, struct yg_str url)
{
    size_t from = 0, to;

    while (from < url.n && lower(url.p[from]) >= 'a' && lower(url.p[from]) <= 'z')
        from++; /* the scheme */
    struct yg_str rest = { url.p + from, url.n - from };
    if (!yg_str_starts(rest, YG_STR("://")))
        return 0;
    from += 3;
    for (to = from; to < url.n && url.p[to] != '/' && url.p[to] != '?'; to++)
        if (url.p[to] == '@')
            from = to + 1;
    return yg_watchlist_name(ask, (struct yg_str){ url.p + from, to - from });
}

static unsigned find_address(const struct yg_watch_ask *ask, struct yg_str ip)
{
    return ip.n == YG_IP_SIZE ? yg_watchlist_ip(ask, (const unsigned char *)ip.p) : 0;
}

unsigned yg_watchlist_match(const struct yg_watchlist *w, const struct yg_batch *b,
                            const struct yg_event *e, yg_watch_hit_f *each, void *arg)
{
    static const struct {
        enum yg_field field;
        unsigned (*find)(const struct yg_watch_ask *ask, struct yg_str s);
    } look[] = {
        { YG_F_SOURCE_IP, find_address },         { YG_F_DESTINATION_IP, find_address },
        { YG_F_HOST_IP, find_address },           { YG_F_HOST_NAME, find_host },
        { YG_F_URL_DOMAIN, yg_watchlist_name },   { YG_F_URL, find_url },
        { YG_F_DNS_QUESTION, yg_watchlist_name }, { YG_F_TLS_SNI, yg_watchlist_name },
        { YG_F_FILE_SHA256, find_hash },          { YG_F_TLS_JA3, find_hash },
    };
    struct yg_watch_ask ask = {
        .list = w, .time_ns = e->time_ns, .each = each, .arg = arg
    };
    unsigned bits = 0;

    if (!w || w->count == 0)
        return 0;
    for (size_t i = 0; i < YG_ARRAY_LEN(look); i++) {
        if (!yg_event_has(e, look[i].field))
            continue;
        ask.where = yg_field_info[look[i].field].name;
        bits |= look[i].find(&ask, yg_event_str(b, e, look[i].field));
    }
    return bits;
}
