/* SPDX-License-Identifier: Apache-2.0 */
#include "input/stitch.h"

#include <string.h>

#define TOKEN_MIN 6 /* of a boundary of ModSecurity's */
#define TOKEN_MAX 64

static struct yg_str without_cr(struct yg_str s)
{
    if (s.n > 0 && s.p[s.n - 1] == '\r')
        s.n--;
    return s;
}

static void append(struct yg_stitch *s, struct yg_str line)
{
    memcpy(s->head + s->n, line.p, line.n);
    s->n += line.n;
    s->head[s->n++] = '\n';
}

static void remember(struct yg_stitch *s, struct yg_str line)
{
    bool path = yg_str_starts(line, YG_STR("#path\t"));

    if (!path && !yg_str_starts(line, YG_STR("#fields\t")) &&
        !yg_str_starts(line, YG_STR("#Fields: ")))
        return;
    s->n = path ? 0 : s->path_n; /* a new log has new columns */
    if (path)
        s->path_n = 0;
    if (line.n + 1 > YG_STITCH_HEAD - s->n) {
        s->n = s->path_n = 0;
        return;
    }
    append(s, line);
    if (path)
        s->path_n = s->n;
}

struct yg_str yg_stitch_line(struct yg_stitch *s, struct yg_str line, size_t max)
{
    if (line.n > 0 && line.p[0] == '#') {
        remember(s, without_cr(line));
        return YG_STR_NONE;
    }
    if (s->n == s->path_n || line.n == 0 || s->n > max || line.n > max - s->n)
        return YG_STR_NONE;
    return (struct yg_str){ s->head, s->n };
}

/* ---- records of several lines -------------------------------------------------------
 */

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "--TOKEN-X--" of section X; the token's length, 0: it is none. */
static size_t token_of(struct yg_str line, char section)
{
    size_t n = 2;

    line = without_cr(line);
    if (line.n < TOKEN_MIN + 6 || line.n > TOKEN_MAX + 6 || memcmp(line.p, "--", 2) != 0)
        return 0;
    while (n < line.n && is_word(line.p[n]))
        n++;
    return n == line.n - 4 && line.p[n] == '-' && line.p[n + 1] == section &&
                   line.p[n + 2] == '-' && line.p[n + 3] == '-'
               ? n - 2
               : 0;
}

static bool opens_event(struct yg_str line)
{
    static const struct yg_str space = { "schemas.microsoft.com", 21 };

    return yg_str_starts(line, YG_STR("<Event xmlns=")) &&
           memmem(line.p, line.n, space.p, space.n);
}

static bool closes_event(struct yg_str line)
{
    return line.n >= 8 && memmem(line.p, line.n, "</Event>", 8);
}

/* `first` is the line that the record begins with. */
static bool ends_with(struct yg_str first, size_t token, struct yg_str line)
{
    if (token == 0)
        return closes_event(line);
    return token_of(line, 'Z') == token && memcmp(first.p + 2, line.p + 2, token) == 0;
}

/* Another record begins although this one did not end. */
static bool begins_anew(size_t token, struct yg_str line)
{
    return token > 0 ? token_of(line, 'A') > 0 : opens_event(line);
}

/* Does a record of several lines begin with `first`? `next`: the byte behind it, 0 if it
 * is not known yet. Behind a boundary stands a time: not any text that looks like one. */
static bool begins(struct yg_str first, size_t token, char next)
{
    if (token == 0)
        return opens_event(first) && !closes_event(first);
    return next == '\0' || next == '[';
}

size_t yg_stitch_end(struct yg_str s, size_t *scan, size_t max, bool ended)
{
    const char *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
    struct yg_str first = { s.p, lf ? (size_t)(lf - s.p) : s.n };
    size_t token = token_of(first, 'A');
    size_t at = *scan > first.n ? *scan : first.n + 1;

    if (!lf || !begins(first, token, at < s.n ? s.p[first.n + 1] : '\0'))
        return 0;
    while (at < s.n) {
        lf = memchr(s.p + at, '\n', s.n - at);
        if (!lf && !ended)
            break;
        struct yg_str line = { s.p + at, lf ? (size_t)(lf - s.p) - at : s.n - at };
        size_t next = at + line.n + (lf ? 1 : 0);
        if (next > max + 1)
            return 0;
        if (ends_with(first, token, line))
            return next;
        if (begins_anew(token, line))
            return at;
        at = next;
    }
    *scan = at;
    if (ended)
        return s.n;
    return s.n > max ? 0 : YG_STITCH_MORE;
}
