/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "base/digits.h"
#include "json/escape.h"
#include "json/index.h"
#include "json/token.h"
#include "json/trie.h"

#include <stdlib.h>

#define INLINE static inline __attribute__((always_inline))

/* An object or array the walk is inside of. */
struct frame {
    uint32_t elements; /* begun so far, of an array */
    yg_json_place at;  /* where it is in the trie */
    char close;        /* '}' or ']' */
};

/* Where the walk is. It stays in registers: no function that is not inlined sees it. */
struct walk {
    const struct yg_json_paths *paths;
    const char *text, *end;
    const uint32_t *at;   /* token in hand */
    const uint32_t *last; /* *last is the text's length */
    const char *slash;    /* the next backslash, or `end`: strings before it have none */
};

struct yg_json {
    struct yg_json_index *index;
    struct walk done;                  /* the last walk, for yg_json_next */
    struct frame stack[YG_JSON_DEPTH]; /* those around the innermost */
    struct yg_json_hits hits;
};

enum yg_status yg_json_new(size_t max, struct yg_json **out)
{
    struct yg_json *j = calloc(1, sizeof(*j));

    if (!j || !(j->index = yg_json_index_new(max))) {
        free(j);
        return YG_ENOMEM;
    }
    *out = j;
    return YG_OK;
}

void yg_json_free(struct yg_json *j)
{
    if (!j)
        return;
    yg_json_index_free(j->index);
    free(j);
}

INLINE char token(const struct walk *w)
{
    return w->at < w->last ? w->text[*w->at] : '\0';
}

/* Note a value at a place; NULL: nothing is wanted there, or it was found before. */
INLINE struct yg_json_value *hit(struct yg_json_hits *h, yg_json_place at,
                                 enum yg_json_type type, struct yg_str s)
{
    unsigned slot = yg_json_slot_of(at);

    if (slot == 0 || h->where[slot - 1])
        return NULL;
    struct yg_json_value *v = &h->hit[h->count++];
    h->where[slot - 1] = (uint8_t)h->count;
    v->text = s;
    v->type = (uint8_t)type;
    v->slot = (uint8_t)(slot - 1);
    v->escaped = false;
    return v;
}

static YG_NOINLINE const char *next_slash(const char *from, const char *end)
{
    const char *p = from < end ? memchr(from, '\\', (size_t)(end - from)) : NULL;

    return p ? p : end;
}

/* The text between the quotes of the string in hand. Quotes are balanced, so the last
 * byte before the next token is the closing one or there is rubbish behind it. */
INLINE bool string_at(struct walk *w, struct yg_str *out, bool *escaped)
{
    uint32_t start = w->at[0] + 1, end = w->at[1];

    if (w->text[end - 1] != '"')
        end = yg_json_scalar_end(w->text, w->at);
    if (end <= start || w->text[end - 1] != '"')
        return false;
    *out = (struct yg_str){ w->text + start, end - 1 - start };
    *escaped = w->slash < w->text + end;
    if (*escaped)
        w->slash = next_slash(w->text + end, w->end);
    return !*escaped || yg_json_escapes_ok(*out);
}

INLINE bool scalar(struct yg_json_hits *h, const struct walk *w, yg_json_place at)
{
    const char *p = w->text + *w->at;
    struct yg_str s = { p, yg_json_scalar_end(w->text, w->at) - *w->at };
    struct yg_json_value *v;
    bool ok;
    uint64_t u;

    if (yg_digits_short(s, (size_t)(w->end - p), &u) && (*p != '0' || s.n == 1)) {
        v = hit(h, at, YG_JSON_UINT, s);
        if (v)
            v->u = u;
        return true;
    }
    if (s.n == 4 && memcmp(p, "null", 4) == 0)
        return true;
    enum yg_json_type type = YG_JSON_BOOL;
    ok = yg_json_literal(s, &type);
    if (ok)
        (void)hit(h, at, type, s);
    return ok;
}

/* The place of a key with dots in it, part by part. */
static YG_NOINLINE yg_json_place flat_child(const struct yg_json_paths *paths,
                                            uint16_t node, struct yg_str key)
{
    yg_json_place at = node;

    while (key.p && yg_json_node_of(at) != YG_JSON_NOWHERE) {
        struct yg_str part = yg_str_cut(&key, '.');
        struct yg_json_key k = yg_json_key_of(part, part.n);
        at = yg_json_child(paths, yg_json_node_of(at), &k);
    }
    return at;
}

/* A key with escapes is read like any other; one too long for the buffer is longer than
 * wanted keys are. */
static YG_NOINLINE yg_json_place escaped_child(const struct yg_json_paths *paths,
                                               uint16_t node, struct yg_str key)
{
    char tmp[256];

    if (key.n > sizeof(tmp))
        return YG_JSON_NOWHERE;
    struct yg_str text = { tmp, yg_json_unescape(key, tmp) };
    struct yg_json_key k = yg_json_key_of(text, text.n);
    return yg_json_child(paths, node, &k);
}

INLINE yg_json_place member(const struct walk *w, uint16_t node, struct yg_str key,
                            bool escaped)
{
    struct yg_json_key k = yg_json_key_of(key, (size_t)(w->end - key.p));
    yg_json_place child = yg_json_child(w->paths, node, &k);

    if (escaped)
        return escaped_child(w->paths, node, key);
    if (w->paths->flat && child == YG_JSON_NOWHERE && key.n && memchr(key.p, '.', key.n))
        return flat_child(w->paths, node, key);
    return child;
}

/* The place of an element of the array at `at`: its own if its number is wanted, else
 * the array's, which is transparent. */
static YG_NOINLINE yg_json_place numbered(const struct yg_json_paths *paths,
                                          yg_json_place at, uint32_t index)
{
    char tmp[12];
    size_t n = sizeof(tmp);

    do
        tmp[--n] = (char)('0' + index % 10);
    while (index /= 10);
    struct yg_str text = { tmp + n, sizeof(tmp) - n };
    struct yg_json_key k = yg_json_key_of(text, text.n);
    yg_json_place child = yg_json_child(paths, yg_json_node_of(at), &k);
    return child != YG_JSON_NOWHERE ? child : at;
}

/* Speed only: members of an object as devices write nearly all of them, a key and a
 * string or whole number without blanks or escapes, and a comma behind. What is any
 * different, wrong included, is left to the general walk. bench_decode: walk -40 %. */
INLINE void plain_members(struct yg_json_hits *h, struct walk *w, uint16_t node)
{
    const char *t = w->text;

    for (; w->last - w->at > 4; w->at += 4) {
        uint32_t key = w->at[0], colon = w->at[1], v = w->at[2], comma = w->at[3];
        if (t[key] != '"' || t[colon] != ':' || t[comma] != ',' || t[colon - 1] != '"' ||
            colon - key < 2 || w->slash < t + comma)
            return;
        struct yg_str name = { t + key + 1, colon - key - 2 };
        struct yg_str s = { t + v, comma - v };
        bool string = t[v] == '"';
        uint64_t u = 0;
        if (string ? t[comma - 1] != '"' || s.n < 2
                   : !yg_digits_short(s, (size_t)(w->end - s.p), &u) ||
                         (t[v] == '0' && s.n > 1))
            return;
        yg_json_place at = YG_JSON_NOWHERE;
        if (node != YG_JSON_NOWHERE) {
            struct yg_json_key k = yg_json_key_of(name, (size_t)(w->end - name.p));
            at = yg_json_child(w->paths, node, &k);
            if (at == YG_JSON_NOWHERE && w->paths->flat)
                return;
        }
        if (yg_json_slot_of(at) == 0)
            continue;
        s = string ? (struct yg_str){ s.p + 1, s.n - 2 } : s;
        struct yg_json_value *found =
            hit(h, at, string ? YG_JSON_STRING : YG_JSON_UINT, s);
        if (found)
            found->u = u;
    }
}

/* Step to the next value of the innermost container: where is it? */
INLINE bool element(struct yg_json_hits *h, struct walk *w, struct frame *f,
                    yg_json_place *at)
{
    uint16_t node = yg_json_node_of(f->at);
    struct yg_str key;
    bool escaped;

    *at = f->at;
    if (f->close == ']') {
        if (node != YG_JSON_NOWHERE && w->paths->node[node].numbered)
            *at = numbered(w->paths, f->at, f->elements++);
        return true;
    }
    plain_members(h, w, node);
    if (token(w) != '"' || !string_at(w, &key, &escaped))
        return false;
    w->at++;
    if (token(w) != ':')
        return false;
    w->at++;
    *at = node != YG_JSON_NOWHERE ? member(w, node, key, escaped) : YG_JSON_NOWHERE;
    return true;
}

/* A string or other scalar in hand. */
INLINE bool leaf(struct yg_json_hits *h, struct walk *w, yg_json_place at, char c)
{
    struct yg_str s;
    bool escaped;

    if (c == '"') {
        if (!string_at(w, &s, &escaped))
            return false;
        struct yg_json_value *v = hit(h, at, YG_JSON_STRING, s);
        if (v)
            v->escaped = escaped;
    } else if (w->at >= w->last || !scalar(h, w, at)) {
        return false;
    }
    w->at++;
    return true;
}

/* Into the container that `c` opens: next comes its first element or its end. */
INLINE void enter(struct yg_json *j, struct walk *w, struct frame *f, unsigned *depth,
                  yg_json_place at, char c)
{
    w->at++;
    struct yg_json_value *v =
        c == '[' ? hit(&j->hits, at, YG_JSON_ARRAY, YG_STR("[")) : NULL;
    if (v)
        v->at = w->at;
    j->stack[(*depth)++] = *f;
    *f = (struct frame){ .at = at, .close = (char)(c + 2) };
}

/* Out of every container that ends here; the token after the last of them. */
INLINE char leave(struct yg_json *j, struct walk *w, struct frame *f, unsigned *depth)
{
    char c = 0;

    while (*depth > 0 && (c = token(w)) == f->close) {
        w->at++;
        *f = j->stack[--*depth];
    }
    return c;
}

static enum yg_json_status walk(struct yg_json *j, struct walk w, yg_json_place at)
{
    struct yg_json_hits *h = &j->hits;
    struct frame f = { .at = at };
    unsigned depth = 0;

    for (;;) {
        char c = token(&w);
        if (c == '{' || c == '[') {
            if (depth == YG_JSON_DEPTH)
                return YG_JSON_TOO_DEEP;
            enter(j, &w, &f, &depth, at, c);
            if (token(&w) != f.close) {
                if (!element(h, &w, &f, &at))
                    return YG_JSON_BAD;
                continue;
            }
        } else if (!leaf(h, &w, at, c)) {
            return YG_JSON_BAD;
        }
        c = leave(j, &w, &f, &depth);
        if (depth == 0)
            return w.at == w.last ? YG_JSON_OK : YG_JSON_BAD;
        w.at++;
        if (c != ',' || !element(h, &w, &f, &at))
            return YG_JSON_BAD;
    }
}

enum yg_json_status yg_json_walk(struct yg_json *j, const struct yg_json_paths *paths,
                                 struct yg_str text, const struct yg_json_hits **hits)
{
    struct walk *w = &j->done;
    uint32_t count = 0;
    enum yg_json_scan scan = yg_json_index_scan(j->index, text.p, text.n, &w->at, &count);

    if (scan != YG_JSON_SCAN_OK || count == 0)
        return scan == YG_JSON_SCAN_NOT_UTF8   ? YG_JSON_NOT_UTF8
               : scan == YG_JSON_SCAN_TOO_LONG ? YG_JSON_TOO_LONG
                                               : YG_JSON_BAD;
    w->paths = paths;
    w->text = text.p;
    w->end = text.p + text.n;
    w->last = w->at + count;
    w->slash = next_slash(text.p, w->end);
    for (uint32_t i = 0; i < j->hits.count; i++)
        j->hits.where[j->hits.hit[i].slot] = 0;
    j->hits.count = 0;
    bool object = token(w) == '{';
    enum yg_json_status st = walk(j, *w, object ? 0 : YG_JSON_NOWHERE);
    if (st == YG_JSON_OK && !object)
        st = YG_JSON_NOT_OBJECT;
    if (st == YG_JSON_OK)
        *hits = &j->hits;
    return st;
}

/* Past the object whose brace is at token `at` of a valid text. */
static const uint32_t *skip_object(const struct walk *w, const uint32_t *at)
{
    uint32_t depth = 0;

    do {
        char c = w->text[*at++];
        depth += c == '{';
        depth -= c == '}';
    } while (depth > 0 && at < w->last);
    return at;
}

bool yg_json_next(const struct yg_json *j, const struct yg_json_value *array,
                  uint64_t *state, struct yg_json_value *out)
{
    const struct walk *w = &j->done;
    const uint32_t *at = array->at + (uint32_t)*state;
    uint32_t depth = (uint32_t)(*state >> 32); /* arrays opened inside this one */

    for (; at < w->last; at++) {
        char c = w->text[*at];
        if (c == '[')
            depth++;
        else if (c == ']' && depth-- == 0)
            return false;
        else if (c == '{')
            at = skip_object(w, at) - 1;
        else if (c != ',' && c != ']' && c != 'n')
            break;
    }
    if (at >= w->last)
        return false;
    struct yg_str s = { w->text + *at, yg_json_scalar_end(w->text, at) - *at };
    bool string = s.p[0] == '"';
    if (string)
        s.p++, s.n -= 2;
    *out = (struct yg_json_value){
        .text = s,
        .type = string                           ? YG_JSON_STRING
                : s.p[0] == 't' || s.p[0] == 'f' ? YG_JSON_BOOL
                                                 : YG_JSON_NUMBER,
        .escaped = string && s.n && memchr(s.p, '\\', s.n),
    };
    *state = (uint64_t)depth << 32 | (uint32_t)(at + 1 - array->at);
    return true;
}

size_t yg_json_parse_only(struct yg_json *j, const struct yg_str *text, size_t n)
{
    size_t good = 0;

    for (size_t i = 0; i < n; i++)
        good += yg_json_index_dom(j->index, text[i].p, text[i].n);
    return good;
}
