/* SPDX-License-Identifier: Apache-2.0 */
#include "input/frame.h"

#include "input/stitch.h"

#include <string.h>

void yg_frame_init(struct yg_frame *f, enum yg_framing framing)
{
    *f = (struct yg_frame){ .framing = framing, .first_lf = SIZE_MAX };
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t blanks(struct yg_str s, size_t i)
{
    while (i < s.n && is_blank(s.p[i]))
        i++;
    return i;
}

/* Behind `{"Records": [` at the front, as CloudTrail puts around its events (docs.aws:
 * "CloudTrail log file examples"); 0: it is none. */
static size_t wrapper(struct yg_str s)
{
    static const struct yg_str name = { "\"Records\"", 9 };
    size_t i = s.n > 0 && s.p[0] == '{' ? blanks(s, 1) : s.n;

    if (s.n - i < name.n || memcmp(s.p + i, name.p, name.n) != 0)
        return 0;
    i = blanks(s, i + name.n);
    if (i == s.n || s.p[i] != ':')
        return 0;
    i = blanks(s, i + 1);
    return i < s.n && s.p[i] == '[' ? i + 1 : 0;
}

/* '[' begins an array of records; '{' alone on its line an object over several lines. A
 * record that is merely damaged must not change how all others are framed. */
void yg_frame_identify(struct yg_frame *f, struct yg_str head)
{
    size_t i = 0;

    if (f->framing != YG_FRAME_JSON)
        return;
    if (yg_str_starts(head, YG_STR("\xef\xbb\xbf")))
        i = 3;
    i = blanks(head, i);
    if (i == head.n)
        return;
    if (wrapper((struct yg_str){ head.p + i, head.n - i }) > 0) {
        f->documents = f->wrapped = true;
    } else if (head.p[i] == '{') {
        for (i++; i < head.n && is_blank(head.p[i]) && head.p[i] != '\n'; i++)
            ;
        f->documents = i < head.n && head.p[i] == '\n';
    } else {
        f->documents = head.p[i] == '[';
    }
}

size_t yg_frame_gap(const struct yg_frame *f, const char *p, size_t n)
{
    size_t i = 0;

    if (!f->documents || f->scan > 0)
        return 0;
    if (yg_str_starts((struct yg_str){ p, n }, YG_STR("\xef\xbb\xbf")))
        i = 3;
    for (size_t next; i < n; i += next) {
        next = is_blank(p[i]) || p[i] == ',' || p[i] == '[' || p[i] == ']';
        if (f->wrapped && p[i] == '}')
            next = 1;
        else if (f->wrapped && p[i] == '{')
            next = wrapper((struct yg_str){ p + i, n - i });
        if (next == 0)
            break;
    }
    return i;
}

static void set_piece(struct yg_piece *out, const char *p, size_t size, size_t next,
                      enum yg_reason reason)
{
    if (size > 0 && p[size - 1] == '\r')
        size--;
    *out = (struct yg_piece){ size, next, reason };
}

static bool find_line(struct yg_frame *f, const char *p, size_t n, bool ended,
                      struct yg_piece *out)
{
    const char *lf = f->scan < n ? memchr(p + f->scan, '\n', n - f->scan) : NULL;

    f->scan = n;
    if (!lf && !ended)
        return false;
    size_t size = lf ? (size_t)(lf - p) : n;
    set_piece(out, p, size, lf ? size + 1 : n, YG_R_NONE);
    return true;
}

/* A line, or several that are one record (input/stitch.h). */
static bool find_lines(struct yg_frame *f, const char *p, size_t n, bool ended,
                       struct yg_piece *out)
{
    size_t next;

    if (f->block == 0) {
        if (!find_line(f, p, n, ended, out))
            return false;
        if (n == 0 || !yg_stitch_first(p[0]))
            return true;
    }
    next = yg_stitch_end((struct yg_str){ p, n }, &f->block, YG_RECORD_MAX, ended);
    if (next == YG_STITCH_MORE)
        return false;
    if (next > 0) {
        set_piece(out, p, next - (p[next - 1] == '\n'), next, YG_R_NONE);
        return true;
    }
    f->scan = 0;
    return find_line(f, p, n, ended, out);
}

static bool is_delimiter(const struct yg_frame *f, char c)
{
    return f->delimiter ? c == f->delimiter : c != '\0' && strchr(",;\t|", c) != NULL;
}

/* The quotes do not balance: the first line alone is the record, and what was looked at
 * so far is framed as lines. */
static bool first_line(struct yg_frame *f, const char *p, struct yg_piece *out)
{
    set_piece(out, p, f->first_lf, f->first_lf + 1, YG_R_NONE);
    return true;
}

enum step { STEP_ON, STEP_FOUND, STEP_BROKEN, STEP_MORE };

/* Outside quotes: up to the record's end or the next field that opens one. */
static enum step outside(struct yg_frame *f, const char *p, size_t n,
                         struct yg_piece *out)
{
    const char *lf = memchr(p + f->scan, '\n', n - f->scan);
    size_t end = lf ? (size_t)(lf - p) : n;
    const char *q = memchr(p + f->scan, '"', end - f->scan);

    while (q && q > p && !is_delimiter(f, q[-1]))
        q = memchr(q + 1, '"', end - (size_t)(q + 1 - p));
    if (q) {
        f->quoted = true;
        f->scan = (size_t)(q - p) + 1;
        return STEP_ON;
    }
    f->scan = end;
    if (!lf)
        return STEP_MORE;
    set_piece(out, p, end, end + 1, YG_R_NONE);
    return STEP_FOUND;
}

/* Inside quotes: up to the closing one. What follows must be known to tell it from one
 * half of a double quote. */
static enum step inside(struct yg_frame *f, const char *p, size_t n, bool ended)
{
    const char *q = memchr(p + f->scan, '"', n - f->scan);
    size_t end = q ? (size_t)(q - p) : n;
    const char *lf =
        f->first_lf == SIZE_MAX ? memchr(p + f->scan, '\n', end - f->scan) : NULL;

    if (lf)
        f->first_lf = (size_t)(lf - p);
    f->scan = end;
    if (!q || (end + 1 == n && !ended))
        return STEP_MORE;
    f->scan = end + 1;
    if (end + 1 == n || is_delimiter(f, q[1]) || q[1] == '\r' || q[1] == '\n') {
        f->quoted = false;
        return STEP_ON;
    }
    if (q[1] == '"') {
        f->scan++;
        return STEP_ON;
    }
    f->quoted = false; /* on one line the decoder will object to it */
    return f->first_lf == SIZE_MAX ? STEP_ON : STEP_BROKEN;
}

static bool find_csv(struct yg_frame *f, const char *p, size_t n, bool ended,
                     struct yg_piece *out)
{
    if (f->plain > 0)
        return find_line(f, p, n, ended, out);
    while (f->scan < n) {
        enum step s = f->quoted ? inside(f, p, n, ended) : outside(f, p, n, out);
        if (s == STEP_FOUND)
            return true;
        if (s == STEP_BROKEN) {
            /* The line with the wrong quote is looked at afresh: it may be whole. */
            const char *line = memrchr(p, '\n', f->scan);
            f->plain = (size_t)(line - p) + 1;
            return first_line(f, p, out);
        }
        if (s == STEP_MORE)
            break;
    }
    if (!ended)
        return false;
    if (f->quoted && f->first_lf != SIZE_MAX) {
        f->plain = n;
        return first_line(f, p, out);
    }
    set_piece(out, p, n, n, YG_R_NONE);
    return true;
}

/* One byte of a JSON document; true: the object ends with it. A line end cannot be
 * inside a string, so there a broken string ends. */
static bool document_byte(struct yg_frame *f, char c)
{
    if (f->escape) {
        f->escape = false;
    } else if (f->quoted) {
        f->escape = c == '\\';
        f->quoted = c != '"' && c != '\n';
    } else if (c == '"') {
        f->quoted = true;
    } else if (c == '{' || c == '[') {
        f->depth++;
    } else if ((c == '}' || c == ']') && f->depth > 0) {
        return --f->depth == 0;
    }
    return false;
}

/* Inside an object a line never begins with {" unless the object lost its end. */
static bool new_object(const char *p, size_t i, size_t n)
{
    return i > 0 && i + 1 < n && p[i - 1] == '\n' && p[i] == '{' && p[i + 1] == '"';
}

static bool find_document(struct yg_frame *f, const char *p, size_t n, bool ended,
                          struct yg_piece *out)
{
    if (n > 0 && p[0] != '{')
        return find_line(f, p, n, ended, out);
    for (; f->scan < n; f->scan++) {
        if (f->depth > 0 && new_object(p, f->scan, n)) {
            set_piece(out, p, f->scan - 1, f->scan, YG_R_NONE);
            return true;
        }
        if (f->scan + 1 == n && !ended && p[f->scan] == '{')
            return false; /* what follows must be known */
        if (document_byte(f, p[f->scan])) {
            set_piece(out, p, f->scan + 1, f->scan + 1, YG_R_NONE);
            return true;
        }
    }
    if (ended)
        set_piece(out, p, n, n, YG_R_TRUNCATED);
    return ended;
}

bool yg_frame_find(struct yg_frame *f, const char *p, size_t n, bool ended,
                   struct yg_piece *out)
{
    if (f->framing == YG_FRAME_CSV)
        return find_csv(f, p, n, ended, out);
    if (f->documents)
        return find_document(f, p, n, ended, out);
    if (f->framing == YG_FRAME_LINES)
        return find_lines(f, p, n, ended, out);
    return find_line(f, p, n, ended, out);
}

bool yg_frame_give_up(struct yg_frame *f, size_t n, struct yg_piece *out)
{
    if (f->framing != YG_FRAME_CSV || !f->quoted || f->first_lf == SIZE_MAX)
        return false;
    f->plain = n;
    *out = (struct yg_piece){ f->first_lf, f->first_lf + 1, YG_R_NONE };
    return true;
}

void yg_frame_taken(struct yg_frame *f, size_t next)
{
    f->plain = f->plain > next ? f->plain - next : 0;
    f->scan = f->block = 0;
    f->first_lf = SIZE_MAX;
    f->depth = 0;
    f->quoted = f->escape = false;
}

size_t yg_frame_skip(struct yg_frame *f, const char *p, size_t n)
{
    if (f->documents && f->depth > 0) {
        for (size_t i = 0; i < n; i++)
            if (new_object(p, i, n) || document_byte(f, p[i]))
                return new_object(p, i, n) ? i : i + 1;
        return n + 1;
    }
    const char *lf = n ? memchr(p, '\n', n) : NULL;
    return lf ? (size_t)(lf - p) + 1 : n + 1;
}
