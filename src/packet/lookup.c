/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/lookup.h"

#include "packet/match.h"

struct text {
    char b[YG_LOOKUP_MAX];
    size_t n;
};

struct work {
    struct yg_str s;
    size_t at;
    unsigned depth, resolved;
    struct text found; /* the first lookup of interest; n == 0: none yet */
};

static void put(struct text *t, const char *p, size_t n)
{
    for (size_t i = 0; i < n && t->n < sizeof(t->b); i++)
        t->b[t->n++] = p[i];
}

static struct yg_str str_of(const struct text *t)
{
    return (struct yg_str){ t->b, t->n };
}

static bool starts(struct yg_str s, struct yg_str what)
{
    return s.n >= what.n && yg_str_eq_nocase(yg_sub(s, 0, what.n), what);
}

/* Letters in the other case as Java has them: two non-ASCII letters fold into ASCII,
 * which is a disguise in use. */
static void put_case(struct text *t, struct yg_str s, bool up)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (up && yg_str_starts(yg_sub(s, i, s.n), YG_STR("\xc4\xb1")))
            c = 'I', i++;
        else if (up && yg_str_starts(yg_sub(s, i, s.n), YG_STR("\xc5\xbf")))
            c = 'S', i++;
        else if (yg_is_alpha(c))
            c = (char)(up ? c & ~0x20 : c | 0x20);
        put(t, &c, 1);
    }
}

/* Is it one that reaches out or runs something? */
static bool of_interest(struct yg_str name)
{
    return starts(name, YG_STR("jndi:")) || starts(name, YG_STR("script:")) ||
           starts(name, YG_STR("url:")) || starts(name, YG_STR("dns:"));
}

/* Append to `out` what ${name} becomes. */
static void apply(struct work *w, struct yg_str name, struct text *out)
{
    size_t dash = yg_find(name, YG_STR(":-"), 0);
    size_t quote = yg_find(name, YG_STR("'"), 0);

    w->resolved++;
    if (of_interest(name)) {
        if (w->found.n == 0)
            put(&w->found, name.p, name.n);
        put(out, "*", 1);
    } else if (starts(name, YG_STR("lower:"))) {
        put_case(out, yg_sub(name, 6, name.n), false);
    } else if (starts(name, YG_STR("upper:"))) {
        put_case(out, yg_sub(name, 6, name.n), true);
    } else if (starts(name, YG_STR("date:")) && quote != YG_NOWHERE) {
        /* quoted letters of a date format stand for themselves */
        size_t end = yg_find(name, YG_STR("'"), quote + 1);
        struct yg_str in = yg_sub(name, quote + 1, end);
        put(out, in.p, in.n);
    } else if (dash != YG_NOWHERE) {
        put(out, name.p + dash + 2, name.n - dash - 2);
    } else {
        put(out, "*", 1);
    }
}

/* After "${": read the name up to its '}', with inner lookups replaced. False: it never
 * closes. */
static bool read_name(struct work *w, struct text *name)
{
    while (w->at < w->s.n) {
        char c = w->s.p[w->at];
        bool opens = c == '$' && w->at + 1 < w->s.n && w->s.p[w->at + 1] == '{';
        if (c == '}') {
            w->at++;
            return true;
        }
        if (!opens || w->depth >= YG_LOOKUP_DEPTH) {
            put(name, &c, 1);
            w->at++;
            continue;
        }
        struct text inner;
        inner.n = 0;
        w->at += 2;
        w->depth++;
        bool closed = read_name(w, &inner);
        w->depth--;
        if (!closed && !of_interest(str_of(&inner)))
            return false;
        apply(w, str_of(&inner), name);
    }
    return false;
}

bool yg_lookup_next(struct yg_str s, size_t *at, struct yg_arena *arena,
                    struct yg_lookup_found *out)
{
    for (unsigned unclosed = 0;;) {
        size_t from = yg_find(s, YG_STR("${"), *at);
        if (from == YG_NOWHERE)
            return false;
        /* a name ends somewhere near: bounds the work on a text full of "${" */
        struct work w = { .s = yg_sub(s, 0, from + (size_t)4 * YG_LOOKUP_MAX),
                          .at = from + 2 };
        struct text name, gone;
        name.n = gone.n = 0;
        bool closed = read_name(&w, &name);
        if (closed || of_interest(str_of(&name)))
            apply(&w, str_of(&name), &gone);
        /* an unclosed one may hide others, but not without end */
        unclosed += !closed;
        *at = closed || unclosed > 8 * YG_LOOKUP_DEPTH ? w.at : from + 2;
        if (w.found.n == 0)
            continue;
        out->text = yg_sub(s, from, closed ? w.at : w.s.n);
        out->plain = yg_arena_str(arena, str_of(&w.found));
        out->disguises = w.resolved - 1;
        return true;
    }
}

static uint16_t port_of(struct yg_str scheme)
{
    static const struct {
        const char *scheme;
        uint16_t port;
    } known[] = {
        { "http", 80 },  { "https", 443 }, { "ldap", 389 },  { "ldaps", 636 },
        { "rmi", 1099 }, { "dns", 53 },    { "ftp", 21 },    { "iiop", 1050 },
        { "smb", 445 },  { "ssh", 22 },    { "gopher", 70 }, { "dict", 2628 },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (yg_str_eq_nocase(scheme, yg_str_of(known[i].scheme)))
            return known[i].port;
    return 0;
}

static bool is_host_char(char c)
{
    return yg_is_word(c) || c == '.' || c == '-' || c == '*' || (unsigned char)c >= 0x80;
}

/* host[:port] out of an authority without user. */
static bool host_port(struct yg_str s, struct yg_url *u)
{
    size_t n = 0;
    uint64_t port = 0;

    if (s.n > 0 && s.p[0] == '[') {
        n = yg_find(s, YG_STR("]"), 0);
        if (n == YG_NOWHERE)
            return false;
        u->host = yg_sub(s, 1, n);
        n++;
    } else {
        while (n < s.n && is_host_char(s.p[n]))
            n++;
        u->host = yg_sub(s, 0, n);
    }
    u->port = port_of(u->scheme);
    if (n < s.n && s.p[n] == ':' && yg_str_u64(yg_sub(s, n + 1, s.n), &port) &&
        port < 65536)
        u->port = (uint16_t)port;
    return u->host.n > 0;
}

bool yg_url_split(struct yg_str s, bool loose, struct yg_url *out)
{
    struct yg_url u = { .scheme = YG_STR_NONE };
    size_t n = 0, end = 0, cut = 0;

    while (n < s.n && (yg_is_alpha(s.p[n]) || yg_is_digit(s.p[n]) || s.p[n] == '+'))
        n++;
    if (n == 0 || n >= s.n || s.p[n] != ':')
        return false;
    u.scheme = yg_sub(s, 0, n);
    size_t at = n + 1;
    while (at < s.n && s.p[at] == '/' && at < n + 3)
        at++;
    if (at < n + 3 && !loose)
        return false;
    end = at;
    while (end < s.n && !memchr("/?\"'<>,;) \t\r\n}\\", s.p[end], 15))
        end++;
    u.path = yg_sub(s, end, s.n);
    struct yg_str authority = yg_sub(s, at, end);
    for (size_t i = 0; i < authority.n; i++)
        if (authority.p[i] == '@' || (authority.p[i] == '#' && i + 1 < authority.n))
            cut = i + 1;
    if (!host_port(yg_sub(authority, cut, authority.n), &u))
        return false;
    *out = u;
    return true;
}

bool yg_host_is(struct yg_str pattern, struct yg_str name)
{
    size_t star = 0;

    if (name.n > 0 && name.p[name.n - 1] == '.')
        name.n--;
    if (pattern.n > 0 && pattern.p[pattern.n - 1] == '.')
        pattern.n--;
    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.p[i] == '*')
            star = i + 1;
    if (star == 0)
        return pattern.n > 0 && yg_str_eq_nocase(pattern, name);
    struct yg_str tail = yg_sub(pattern, star, pattern.n);
    return tail.n >= 4 && name.n > tail.n &&
           yg_str_eq_nocase(yg_sub(name, name.n - tail.n, name.n), tail);
}
