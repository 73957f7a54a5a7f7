/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs, words and patterns of log texts; see log.h. */
#include "decode/log.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_key(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '.';
}

/* How many bytes at the front are a key with its sign behind; 0: none. */
static size_t key_at(struct yg_str s, char assign)
{
    size_t n = 0;

    while (n < s.n && is_key(s.p[n]))
        n++;
    return n > 0 && n < s.n && s.p[n] == assign ? n : 0;
}

/* Up to the closing quote, or all if it never closes (cut off in the middle). */
static struct yg_str quoted(struct yg_str *rest, bool *escaped)
{
    char quote = rest->p[0];
    struct yg_str s = yg_skip(*rest, 1);
    size_t n = 0;

    for (; n < s.n && s.p[n] != quote; n++)
        if (s.p[n] == '\\' && n + 1 < s.n)
            n++, *escaped = true;
    struct yg_str value = { s.p, n };
    *rest = yg_skip(s, n < s.n ? n + 1 : n);
    return value;
}

/* A bare value ends at the separator, at a blank, or before the next key. */
static size_t bare_end(struct yg_str s, struct yg_kv_style style)
{
    size_t n = 0;

    for (; n < s.n; n++) {
        if (style.sep && s.p[n] == style.sep)
            break;
        if (!is_blank(s.p[n]))
            continue;
        if (!style.spaced)
            break;
        if (!style.sep && key_at(yg_skip_blanks(yg_skip(s, n)), style.assign))
            break;
    }
    return n;
}

static bool pair(struct yg_str *rest, struct yg_kv_style style, struct yg_kv *out)
{
    size_t n = key_at(*rest, style.assign);

    if (n == 0)
        return false;
    out->key = (struct yg_str){ rest->p, n };
    out->escaped = false;
    *rest = yg_skip(*rest, n + 1);
    (void)(style.assign == ':' && yg_eat(rest, ":")); /* Check Point: "ike::" */
    if (style.assign == ':' || style.spaced)
        *rest = yg_skip_blanks(*rest);
    if (rest->n > 0 && (rest->p[0] == '"' || (rest->p[0] == '\'' && !style.spaced))) {
        out->value = quoted(rest, &out->escaped);
        return true;
    }
    n = bare_end(*rest, style);
    out->value = (struct yg_str){ rest->p, n };
    if (style.spaced)
        out->value = yg_str_trim(out->value);
    *rest = yg_skip(*rest, n);
    return true;
}

bool yg_kv_next(struct yg_str *rest, struct yg_kv_style style, struct yg_kv *out)
{
    while (rest->n > 0) {
        if (is_blank(rest->p[0]) || rest->p[0] == style.sep) {
            *rest = yg_skip(*rest, 1);
            continue;
        }
        if (pair(rest, style, out))
            return true;
        /* a word that is no pair; its first byte may be all that hides a key: [key=.. */
        bool sign = !is_key(rest->p[0]);
        size_t n = 1;
        while (!sign && n < rest->n && !is_blank(rest->p[n]) && rest->p[n] != style.sep &&
               rest->p[n] != ':' && rest->p[n] != '[' && rest->p[n] != '(')
            n++;
        *rest = yg_skip(*rest, n);
    }
    return false;
}

bool yg_kv_first(struct yg_str s)
{
    return key_at(yg_skip_blanks(s), '=') > 0;
}

struct yg_str yg_kv_find(struct yg_str text, struct yg_kv_style style, const char *key)
{
    struct yg_str want = yg_str_of(key);
    struct yg_kv kv;

    while (yg_kv_next(&text, style, &kv))
        if (yg_str_eq(kv.key, want))
            return kv.value;
    return YG_STR_NONE;
}

bool yg_absent(struct yg_str s)
{
    static const char *const word[] = { "-",      "--",   "n/a",    "none",
                                        "(null)", "null", "(empty)" };

    if (s.n == 0)
        return true;
    if (s.n > 7)
        return false;
    for (size_t i = 0; i < YG_ARRAY_LEN(word); i++)
        if (yg_is(s, word[i]))
            return true;
    return false;
}

static bool is_its(const char *key, const struct yg_kv *kv)
{
    return key[0] == kv->key.p[0] && strncmp(key, kv->key.p, kv->key.n) == 0 &&
           key[kv->key.n] == '\0';
}

bool yg_kv_keep(void *record, const struct yg_kv_slot *slot, size_t n,
                const struct yg_kv *kv)
{
    for (size_t i = 0; i < n; i++) {
        struct yg_str *at = (struct yg_str *)(void *)((char *)record + slot[i].at);
        if (!is_its(slot[i].key, kv))
            continue;
        if (at->n == 0 && !yg_absent(kv->value))
            *at = kv->value;
        return true;
    }
    return false;
}

void yg_kv_put(struct yg_target *t, const struct yg_kv_pick *pick, size_t n,
               const struct yg_kv *kv)
{
    for (size_t i = 0; i < n; i++) {
        const struct yg_kv_pick *p = &pick[i];
        if (!is_its(p->key, kv))
            continue;
        if (yg_absent(kv->value))
            return;
        if (p->how == YG_AS_IP)
            yg_log_ip(t, (enum yg_field)p->field, kv->value);
        else
            yg_put_text(t, (enum yg_how)p->how, (enum yg_field)p->field,
                        kv->escaped ? yg_put_unslashed(t, kv->value) : kv->value);
        return;
    }
}

bool yg_word(struct yg_str *rest, struct yg_str *out)
{
    struct yg_str s = yg_skip_blanks(*rest);
    size_t n = 0;

    while (n < s.n && !is_blank(s.p[n]))
        n++;
    *rest = yg_skip(s, n);
    *out = (struct yg_str){ s.p, n };
    return n > 0;
}

static const char *find(struct yg_str s, const char *text)
{
    size_t n = strlen(text);

    return n == 0 ? s.p : s.n < n ? NULL : memmem(s.p, s.n, text, n);
}

bool yg_until(struct yg_str *rest, const char *stop, struct yg_str *out)
{
    const char *at = find(*rest, stop);

    if (!at)
        return false;
    *out = (struct yg_str){ rest->p, (size_t)(at - rest->p) };
    *rest = yg_skip(*rest, out->n + strlen(stop));
    return true;
}

bool yg_after(struct yg_str *rest, const char *text)
{
    struct yg_str passed;

    return yg_until(rest, text, &passed);
}

static bool is_place(char c)
{
    return c == 's' || c == '*' || c == '+';
}

/* The literal text at the front of a pattern: up to a place, a blank or its end. */
static struct yg_str literal_of(const char *pattern)
{
    size_t n = 0;

    while (pattern[n] && pattern[n] != ' ' &&
           !(pattern[n] == '%' && is_place(pattern[n + 1])))
        n++;
    return (struct yg_str){ pattern, n };
}

#define WORD_MAX  128 /* of a place looked ahead at */
#define TRIES_MAX 64  /* ends of a place that are tried */

/* The end of a %s looked ahead at, no second try; SIZE_MAX: further than we look. */
static size_t word_end(struct yg_str s, const char *pattern)
{
    struct yg_str text = literal_of(pattern);
    const char *at = NULL;
    size_t n = 0;

    while (n < s.n && n < WORD_MAX && !is_blank(s.p[n]))
        n++;
    if (text.n > 0)
        at = memmem(s.p, n, text.p, text.n);
    if (!at && n == WORD_MAX)
        return SIZE_MAX;
    return text.n == 0 ? n : at ? (size_t)(at - s.p) : 0;
}

/* Does the pattern fit here, up to its next place that may hold blanks? */
static bool fits(struct yg_str s, const char *pattern)
{
    while (*pattern) {
        struct yg_str text = literal_of(pattern);
        size_t n = text.n;
        if (*pattern == ' ') {
            n = s.n - yg_skip_blanks(s).n;
            pattern++;
        } else if (n > 0) {
            if (!yg_str_starts(s, text))
                return false;
            pattern += n;
        } else {
            if (pattern[1] != 's')
                return true;
            n = word_end(s, pattern + 2);
            pattern += 2;
            if (n == SIZE_MAX)
                return true;
        }
        if (n == 0)
            return false;
        s = yg_skip(s, n);
    }
    return true;
}

/* May a place end before byte `n`, where `pattern` goes on: with a blank, at the first of
 * its run, or with a text? */
static bool ends_at(struct yg_str s, size_t n, const char *pattern)
{
    struct yg_str text = literal_of(pattern);

    if (*pattern == ' ')
        return is_blank(s.p[n]) && (n == 0 || !is_blank(s.p[n - 1]));
    return s.p[n] == text.p[0] && yg_str_starts(yg_skip(s, n), text);
}

/* Where in the first `most` bytes a place ends, from the front or from the end. The work
 * is bounded whatever the text: a few ends are tried. SIZE_MAX: nowhere. */
static size_t find_end(struct yg_str s, size_t most, const char *pattern, bool last)
{
    int tries = 0;

    for (size_t i = 0; i < most && tries < TRIES_MAX; i++) {
        size_t n = last ? most - 1 - i : i;
        if (!ends_at(s, n, pattern))
            continue;
        tries++;
        if (fits(yg_skip(s, n), pattern))
            return n;
    }
    return SIZE_MAX;
}

/* Where a place ends: before the literal text (or blank) that follows it in the pattern,
 * for %s at a blank at the latest. SIZE_MAX: what follows is not there. */
static size_t place_end(struct yg_str s, const char *pattern, char kind)
{
    size_t n = s.n;

    if (kind == 's')
        for (n = 0; n < s.n && !is_blank(s.p[n]);)
            n++;
    if (literal_of(pattern).n == 0 && (kind == 's' || *pattern != ' '))
        return n;
    return find_end(s, n, pattern, kind == '+');
}

int yg_scan(struct yg_str s, const char *pattern, struct yg_str out[YG_SCAN_MAX])
{
    int places = 0;

    while (*pattern) {
        if (*pattern == ' ') {
            if (s.n == 0 || !is_blank(s.p[0]))
                return -1;
            s = yg_skip_blanks(s);
            pattern++;
            continue;
        }
        struct yg_str text = literal_of(pattern);
        if (text.n > 0) {
            if (!yg_str_starts(s, text))
                return -1;
            s = yg_skip(s, text.n);
            pattern += text.n;
            continue;
        }
        char kind = pattern[1];
        pattern += 2;
        size_t n = place_end(s, pattern, kind);
        if (n > s.n || places == YG_SCAN_MAX || (kind == 's' && n == 0))
            return -1;
        out[places++] = (struct yg_str){ s.p, n };
        s = yg_skip(s, n);
    }
    return places;
}
