/* SPDX-License-Identifier: Apache-2.0 */
#include "json/pull.h"

#include "json/escape.h"
#include "json/index.h"
#include "json/token.h"

#include <stdlib.h>

#define FIRST_SIZE ((size_t)64 << 10) /* what the index is made for at first */

struct yg_json_pull {
    struct yg_json_index *index;
    size_t max, size;
    const char *text;
    const uint32_t *first, *at, *last; /* at: next token; *last is the text's length */
    size_t plain_from, plain_to;       /* of the text: no backslash is there */
    bool failed;
    bool known; /* all of the text was read before: its grammar is good */
};

enum yg_status yg_json_pull_new(size_t max, struct yg_json_pull **out)
{
    struct yg_json_pull *p = calloc(1, sizeof(*p));

    if (!p)
        return YG_ENOMEM;
    p->max = max;
    p->failed = true;
    *out = p;
    return YG_OK;
}

void yg_json_pull_free(struct yg_json_pull *p)
{
    if (!p)
        return;
    yg_json_index_free(p->index);
    free(p);
}

/* Few texts are long: the index grows with the longest that came. */
static bool room_for(struct yg_json_pull *p, size_t n)
{
    size_t size = p->size ? p->size : FIRST_SIZE;

    if (p->index && n <= p->size)
        return true;
    while (size < n)
        size *= 2;
    yg_json_index_free(p->index);
    p->index = yg_json_index_new(size);
    p->size = p->index ? size : 0;
    return p->index != NULL;
}

bool yg_json_pull_begin(struct yg_json_pull *p, struct yg_str text)
{
    uint32_t count = 0;

    p->at = p->last = NULL;
    p->plain_from = p->plain_to = 0;
    p->known = false;
    p->failed =
        text.n == 0 || text.n > p->max || !room_for(p, text.n) ||
        yg_json_index_scan(p->index, text.p, text.n, &p->at, &count) != YG_JSON_SCAN_OK;
    p->text = text.p;
    p->first = p->at;
    if (!p->failed)
        p->last = p->at + count;
    return !p->failed;
}

bool yg_json_pull_again(struct yg_json_pull *p)
{
    if (!yg_json_pull_end(p))
        return false;
    p->known = true;
    p->at = p->first;
    return true;
}

bool yg_json_pull_ok(const struct yg_json_pull *p)
{
    return !p->failed;
}

bool yg_json_pull_end(const struct yg_json_pull *p)
{
    return !p->failed && p->at == p->last;
}

char yg_json_pull_peek(const struct yg_json_pull *p)
{
    return !p->failed && p->at < p->last ? p->text[*p->at] : '\0';
}

static bool fail(struct yg_json_pull *p)
{
    p->failed = true;
    return false;
}

bool yg_json_pull_into(struct yg_json_pull *p, char bracket)
{
    if (yg_json_pull_peek(p) != bracket)
        return false;
    p->at++;
    return true;
}

/* To the next entry of the container: past the comma, unless it is the first one, which
 * stands behind the bracket. False at its end (past its bracket) and on an error. */
static bool next_entry(struct yg_json_pull *p, char open)
{
    char c = yg_json_pull_peek(p);
    bool first;

    if (c == '\0')
        return fail(p);
    first = p->text[p->at[-1]] == open;
    if (c == (char)(open + 2)) {
        p->at++;
        return false;
    }
    if (first)
        return true;
    if (c != ',')
        return fail(p);
    p->at++;
    return p->at < p->last ? true : fail(p);
}

/* Texts are read forwards, mostly: one search serves all strings up to the next backslash
 * (bench_httpapi: -20%). */
static bool has_escape(struct yg_json_pull *p, size_t from, size_t to)
{
    if (from < p->plain_from || to > p->plain_to) {
        const char *esc = memchr(p->text + from, '\\', *p->last - from);
        p->plain_from = from;
        p->plain_to = esc ? (size_t)(esc - p->text) : *p->last;
    }
    return to > p->plain_to;
}

static bool string(struct yg_json_pull *p, struct yg_str *out, bool *escaped)
{
    uint32_t start = p->at[0] + 1, end = yg_json_scalar_end(p->text, p->at);

    if (end <= start || p->text[end - 1] != '"')
        return fail(p);
    *out = (struct yg_str){ p->text + start, end - 1 - start };
    *escaped = has_escape(p, start, end - 1);
    p->at++;
    return !*escaped || p->known || yg_json_escapes_ok(*out) ? true : fail(p);
}

bool yg_json_pull_member(struct yg_json_pull *p, struct yg_str *key)
{
    bool escaped;

    if (!next_entry(p, '{'))
        return false;
    if (yg_json_pull_peek(p) != '"')
        return fail(p);
    if (!string(p, key, &escaped))
        return false;
    if (yg_json_pull_peek(p) != ':')
        return fail(p);
    p->at++;
    return true;
}

bool yg_json_pull_element(struct yg_json_pull *p)
{
    return next_entry(p, '[');
}

bool yg_json_pull_scalar(struct yg_json_pull *p, struct yg_json_value *out)
{
    char c = yg_json_pull_peek(p);
    struct yg_json_value v = { .type = YG_JSON_STRING };

    if (c == '\0' || memchr("{}[],:", c, 6))
        return fail(p);
    if (c == '"') {
        if (!string(p, &v.text, &v.escaped))
            return false;
        *out = v;
        return true;
    }
    enum yg_json_type type = YG_JSON_NULL;
    uint32_t end = yg_json_scalar_end(p->text, p->at);
    v.text = (struct yg_str){ p->text + *p->at, end - *p->at };
    if (!yg_str_eq(v.text, YG_STR("null")) && !yg_json_literal(v.text, &type))
        return fail(p);
    v.type = (uint8_t)type;
    p->at++;
    *out = v;
    return true;
}

static uint32_t end_of_last(const struct yg_json_pull *p)
{
    char c = p->text[p->at[-1]];

    return c == '}' || c == ']' ? p->at[-1] + 1 : yg_json_scalar_end(p->text, p->at - 1);
}

/* Past a value that was read before. */
static void skip_known(struct yg_json_pull *p)
{
    unsigned depth = 0;

    do {
        char c = p->text[*p->at++];
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
    } while (depth > 0 && p->at < p->last);
}

/* Past a value, its grammar checked. */
static bool skip_checked(struct yg_json_pull *p)
{
    char inside[YG_JSON_DEPTH]; /* the brackets that are open */
    unsigned depth = 0;
    struct yg_json_value v;
    struct yg_str key;

    for (;;) {
        char c = yg_json_pull_peek(p);
        if (c == '{' || c == '[') {
            if (depth == YG_JSON_DEPTH)
                return fail(p);
            inside[depth++] = c;
            p->at++;
        } else if (!yg_json_pull_scalar(p, &v)) {
            return false;
        }
        while (depth > 0 && !(inside[depth - 1] == '{' ? yg_json_pull_member(p, &key)
                                                       : yg_json_pull_element(p))) {
            if (p->failed)
                return false;
            depth--;
        }
        if (depth == 0)
            return true;
    }
}

bool yg_json_pull_skip(struct yg_json_pull *p, struct yg_str *span)
{
    if (yg_json_pull_peek(p) == '\0')
        return fail(p);
    uint32_t start = *p->at;
    if (p->known && !memchr("}],:", p->text[start], 4))
        skip_known(p);
    else if (!skip_checked(p))
        return false;
    if (span)
        *span = (struct yg_str){ p->text + start, end_of_last(p) - start };
    return true;
}

struct yg_json_mark yg_json_pull_mark(const struct yg_json_pull *p)
{
    return (struct yg_json_mark){ p->at };
}

void yg_json_pull_seek(struct yg_json_pull *p, struct yg_json_mark m)
{
    p->at = m.at;
}

size_t yg_json_pull_offset(const struct yg_json_pull *p)
{
    return p->at ? *p->at : 0;
}

bool yg_json_pull_is_object(struct yg_json_pull *p, struct yg_str text)
{
    return yg_json_pull_begin(p, text) && yg_json_pull_peek(p) == '{' &&
           yg_json_pull_skip(p, NULL) && yg_json_pull_end(p);
}
