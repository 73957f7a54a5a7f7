/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/opinion_frame.h"

#include "base/status.h"

/* Arrays that an API puts around its records: the key, and how deep it stands. */
static const struct {
    struct yg_str key;
    size_t depth;
} wrapping[] = {
    { { "\"hits\"", 6 }, 2 },
    { { "\"alerts\"", 8 }, 1 },
    { { "\"alerts\"", 8 }, 2 },
};

size_t yg_opinion_object_end(struct yg_str s, size_t max)
{
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < s.n && i < max; i++) {
        char c = s.p[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
            continue;
        }
        if (c == '"')
            quoted = true;
        else if (c == '{')
            depth++;
        else if (c == '}' && --depth == 0)
            return i + 1;
    }
    return 0;
}

static size_t skip_blanks(struct yg_str s, size_t at)
{
    while (at < s.n &&
           (s.p[at] == ' ' || s.p[at] == '\n' || s.p[at] == '\t' || s.p[at] == '\r'))
        at++;
    return at;
}

/* What follows the '[' if an array stands at `at`, after a colon; else 0. */
static size_t array_at(struct yg_str s, size_t at)
{
    at = skip_blanks(s, at);
    if (at == s.n || s.p[at] != ':')
        return 0;
    at = skip_blanks(s, at + 1);
    return at < s.n && s.p[at] == '[' ? at + 1 : 0;
}

/* The end of the string that begins at s.p[at], its quote included. */
static size_t string_end(struct yg_str s, size_t at)
{
    for (at++; at < s.n && s.p[at] != '"'; at++)
        at += s.p[at] == '\\';
    return at < s.n ? at + 1 : s.n;
}

size_t yg_opinion_unwrap(struct yg_str text)
{
    size_t at = skip_blanks(text, 0), depth = 0;
    const struct yg_str all = { text.p + at, text.n - at };

    if (all.n == 0 || all.p[0] != '{' ||
        skip_blanks(all, yg_opinion_object_end(all, all.n)) != all.n)
        return 0;
    while (at < text.n) {
        char c = text.p[at];
        if (c != '"') {
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            at++;
            continue;
        }
        size_t end = string_end(text, at), first = array_at(text, end);
        const struct yg_str key = { text.p + at, end - at };
        for (size_t i = 0; first && i < YG_ARRAY_LEN(wrapping); i++)
            if (depth == wrapping[i].depth && yg_str_eq(key, wrapping[i].key))
                return first;
        at = end;
    }
    return 0;
}
