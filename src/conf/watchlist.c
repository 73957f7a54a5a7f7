/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/watchlist.h"

#include "base/map.h"
#include "conf/watchline.h"
#include "conf/watchwalk.h"
#include "event/ip.h"

#include <stdlib.h>

#define V4_BITS    96 /* before the 32 of an IPv4 address */
#define FILES_MAX  4096
#define KINDS      2 /* bits of enum yg_watch */
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
    uint8_t bits[YG_WATCH_BITS + 1]; /* lengths of prefix that are listed, ascending */
    unsigned lengths;
    bool domains, hashes, hosts;
    struct yg_digest digest;
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

/* ---- building ---------------------------------------------------------------------- */

/* Every line is an entry, or where and why not. */
static enum yg_status check(const char *path, struct yg_str text, uint64_t *entries,
                            struct yg_err *err)
{
    struct yg_watch_line l;
    struct yg_str word;

    for (int line = 1; text.n > 0; line++) {
        struct yg_str s = yg_str_cut(&text, '\n');
        const char *wrong = yg_watch_line_read(s, &l, &word);
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

static uint64_t key_of(unsigned salt, const unsigned char *p, size_t n)
{
    return yg_hash_str(salt, (struct yg_str){ (const char *)p, n });
}

static unsigned salt_of(const struct yg_watch_line *l)
{
    return l->type == YG_WATCH_ADDRESS  ? SALT_NET + l->prefix
           : l->type == YG_WATCH_DOMAIN ? SALT_DOMAIN
           : l->type == YG_WATCH_HASH   ? SALT_HASH
                                        : SALT_HOST;
}

static void note_type(struct yg_watchlist *w, const struct yg_watch_line *l)
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

static struct entry *entry_of(struct yg_watchlist *w, const struct yg_watch_line *l)
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
    struct yg_watch_line l;
    struct yg_str word;

    for (uint32_t line = 1; text.n > 0; line++) {
        const char *wrong = yg_watch_line_read(yg_str_cut(&text, '\n'), &l, &word);
        YG_ASSERT(!wrong); /* checked before */
        if (!l.some)
            continue;
        struct entry *e = entry_of(w, &l);
        if (!e)
            return YG_ENOMEM;
        note_type(w, &l);
        if (e->expires_ns[kind] == NOT_LISTED) {
            w->entries[kind]++;
            w->networks[kind] += l.type == YG_WATCH_ADDRESS && l.prefix < YG_WATCH_BITS;
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

static unsigned found_ip(const struct yg_watch_ask *ask, const unsigned char *ip)
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
        yg_watch_mask(net, w->bits[i]);
        if (ask->each && !text[0])
            (void)yg_ip_text(ip, text);
        bits |= found(ask, YG_WATCH_ADDRESS,
                      key_of(SALT_NET + w->bits[i], net, YG_IP_SIZE), yg_str_of(text));
    }
    return bits;
}

struct probe {
    struct yg_watch_ask ask;
    unsigned bits;
};

static void look_up(void *arg, const struct yg_watch_form *f)
{
    static const unsigned salt[YG_WATCH_TYPE_COUNT] = { [YG_WATCH_DOMAIN] = SALT_DOMAIN,
                                                        [YG_WATCH_HASH] = SALT_HASH,
                                                        [YG_WATCH_HOST] = SALT_HOST };
    struct probe *p = arg;

    p->ask.where = f->where;
    p->bits |=
        f->type == YG_WATCH_ADDRESS
            ? found_ip(&p->ask, f->bytes)
            : found(&p->ask, f->type, key_of(salt[f->type], f->bytes, f->n), f->value);
}

static struct yg_watch_walk walk_of(struct probe *p)
{
    const struct yg_watchlist *w = p->ask.list;

    unsigned types = (unsigned)(w->lengths > 0) << YG_WATCH_ADDRESS |
                     (unsigned)w->domains << YG_WATCH_DOMAIN |
                     (unsigned)w->hashes << YG_WATCH_HASH |
                     (unsigned)w->hosts << YG_WATCH_HOST;

    return (struct yg_watch_walk){
        .types = types, .where = p->ask.where, .each = look_up, .arg = p
    };
}

unsigned yg_watchlist_ip(const struct yg_watch_ask *ask, const unsigned char ip[16])
{
    return found_ip(ask, ip);
}

unsigned yg_watchlist_name(const struct yg_watch_ask *ask, struct yg_str name)
{
    struct probe p = { .ask = *ask };
    const struct yg_watch_walk walk = walk_of(&p);

    yg_watch_walk_name(&walk, name);
    return p.bits;
}

unsigned yg_watchlist_names(const struct yg_watch_ask *ask, struct yg_str text)
{
    struct probe p = { .ask = *ask };
    const struct yg_watch_walk walk = walk_of(&p);

    yg_watch_walk_names(&walk, text);
    return p.bits;
}

unsigned yg_watchlist_match(const struct yg_watchlist *w, const struct yg_batch *b,
                            const struct yg_event *e, yg_watch_hit_f *each, void *arg)
{
    struct probe p = { .ask = {
                           .list = w, .time_ns = e->time_ns, .each = each, .arg = arg } };

    if (!w || w->count == 0)
        return 0;
    const struct yg_watch_walk walk = walk_of(&p);
    yg_watch_walk_event(&walk, b, e);
    return p.bits;
}
