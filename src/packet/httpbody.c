/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/httpbody.h"

#include "packet/app.h"
#include "packet/peel.h"

#define CODINGS_MAX 3

struct chunks {
    struct yg_str first; /* the only piece, when there is one */
    size_t pieces, data, used;
    bool cut, broken;
};

/* The size line at the start of `s` (RFC 9112, 7.1); `*line` gets its length with the
 * LF. False: senseless; *line 0: the stream ends inside it. */
static bool chunk_size(struct yg_str s, uint64_t *size, size_t *line)
{
    const char *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
    size_t digits = 0;

    *line = lf ? (size_t)(lf - s.p) + 1 : 0;
    while (digits < s.n && s.p[digits] != ';' && s.p[digits] != ' ' &&
           s.p[digits] != '\t' && s.p[digits] != '\r' && s.p[digits] != '\n')
        digits++;
    struct yg_str hex = { s.p, digits };
    if (digits == 0 || (digits > 1 && (s.p[1] == 'x' || s.p[1] == 'X')))
        return s.n == 0;
    return yg_str_hex64(hex, size);
}

/* Trailers: lines to an empty one. Returns the bytes they take. */
static size_t skip_trailers(struct yg_str s, bool *cut)
{
    size_t at = 0;

    for (;;) {
        const char *lf = at < s.n ? memchr(s.p + at, '\n', s.n - at) : NULL;
        if (!lf) {
            *cut = true;
            return s.n;
        }
        size_t n = (size_t)(lf - s.p) - at;
        bool empty = n == 0 || (n == 1 && s.p[at] == '\r');
        at += n + 1;
        if (empty)
            return at;
    }
}

/* Walk the chunks of `s`; with `to`, copy at most `max` bytes of what they carry. */
static struct chunks walk_chunks(struct yg_str s, char *to, size_t max)
{
    struct chunks c = { .first = YG_STR_NONE };

    for (;;) {
        struct yg_str rest = { s.p + c.used, s.n - c.used };
        uint64_t size = 0;
        size_t line;
        if (!chunk_size(rest, &size, &line)) {
            c.broken = true;
            return c;
        }
        if (line == 0) {
            c.cut = true;
            c.used = s.n;
            return c;
        }
        c.used += line;
        if (size == 0) {
            rest = (struct yg_str){ s.p + c.used, s.n - c.used };
            c.used += skip_trailers(rest, &c.cut);
            return c;
        }
        size_t left = s.n - c.used, n = size < left ? (size_t)size : left;
        if (to && c.data < max)
            memcpy(to + c.data, s.p + c.used, n < max - c.data ? n : max - c.data);
        if (c.pieces++ == 0)
            c.first = (struct yg_str){ s.p + c.used, n };
        c.data += n;
        c.used += n;
        if (size >= left) {
            c.cut = true;
            return c;
        }
        c.used += s.p[c.used] == '\r' && left - n > 1 && s.p[c.used + 1] == '\n' ? 2
                  : s.p[c.used] == '\n'                                          ? 1
                                                                                 : 0;
    }
}

static void read_chunks(struct yg_str s, size_t max, struct yg_arena *arena,
                        struct yg_httpbody *out)
{
    struct chunks c = walk_chunks(s, NULL, 0);

    out->bytes = c.first;
    if (c.pieces > 1) {
        size_t n = c.data < max ? c.data : max;
        char *to = n ? yg_arena_alloc(arena, n) : NULL;
        out->bytes = (struct yg_str){ to, to ? n : 0 };
        if (to)
            (void)walk_chunks(s, to, n);
        out->cut = out->bytes.n < c.data;
    }
    out->size = c.data;
    out->used = c.used;
    out->cut |= c.cut;
    out->broken = c.broken;
    if (c.broken)
        out->anomalies |= YG_ANOMALY_BIT(YG_A_BODY_BROKEN);
}

/* The last coding that was put on is the first to come off; it stands at the end. */
static struct yg_str last_coding(struct yg_str *list)
{
    size_t at = list->n;

    while (at > 0 && list->p[at - 1] != ',')
        at--;
    struct yg_str last = yg_str_trim((struct yg_str){ list->p + at, list->n - at });
    list->n = at ? at - 1 : 0;
    return last;
}

static bool is_deflate(struct yg_str coding)
{
    return yg_str_eq_nocase(coding, YG_STR("gzip")) ||
           yg_str_eq_nocase(coding, YG_STR("x-gzip")) ||
           yg_str_eq_nocase(coding, YG_STR("deflate"));
}

static void take_codings_off(struct yg_str codings, size_t max, struct yg_arena *arena,
                             struct yg_httpbody *out)
{
    for (int i = 0; i < CODINGS_MAX && codings.n && out->bytes.n && max; i++) {
        struct yg_str coding = last_coding(&codings), clear = YG_STR_NONE;
        bool over = false;
        if (coding.n == 0 || yg_str_eq_nocase(coding, YG_STR("identity")))
            continue;
        if (!is_deflate(coding))
            return;
        bool whole = yg_inflate(out->bytes, max, arena, &clear, &over);
        if (over)
            out->anomalies |= YG_ANOMALY_BIT(YG_A_BODY_BOMB);
        else if (!whole && !out->cut)
            out->anomalies |= YG_ANOMALY_BIT(YG_A_BODY_BROKEN);
        if (clear.n == 0 && !whole)
            return; /* it is not what it says: left as it is */
        out->bytes = clear;
        out->cut |= over;
    }
}

void yg_httpbody_read(struct yg_str s, const struct yg_httphead *head,
                      enum yg_httpbody_rule rule, size_t max, struct yg_arena *arena,
                      struct yg_httpbody *out)
{
    uint64_t ignored;
    size_t line;

    *out = (struct yg_httpbody){ .cut = false };
    if (rule == YG_HTTPBODY_NONE)
        return;
    /* "xchunked" and the like: whoever sent chunks meant it */
    bool chunked =
        head->chunked || (head->coded && s.n && chunk_size(s, &ignored, &line));
    if (chunked) {
        read_chunks(s, max, arena, out);
    } else if (head->has_length || rule == YG_HTTPBODY_LENGTH) {
        uint64_t n = head->has_length ? head->length : 0;
        out->cut = n > s.n;
        out->used = out->cut ? s.n : (size_t)n;
        out->size = n;
        out->bytes = (struct yg_str){ s.p, out->used };
    } else {
        out->used = s.n;
        out->size = s.n;
        out->bytes = s;
    }
    if (out->bytes.n > YG_BODY_MAX) {
        out->bytes.n = YG_BODY_MAX;
        out->cut = true;
    }
    take_codings_off(head->coding, max, arena, out);
}
