/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/mime.h"

#include "packet/ask.h"
#include "packet/textbuf.h"

#define NAMES_MAX 1024

/* The headers of a part that matter, and where its body begins. */
struct part {
    struct yg_str type;        /* with its parameters, folded lines and all */
    struct yg_str disposition; /* the same */
    struct yg_str coding, agent;
    size_t body;
};

struct walk {
    struct yg_arena *arena;
    struct yg_mail *mail;
    struct yg_textbuf names;
    size_t max;
    unsigned parts;
};

static bool is_folded(struct yg_str text)
{
    return text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t');
}

/* One header with its folded lines: name and value, borrowed. False: the headers end. */
static bool header_next(struct yg_str message, size_t *at, struct yg_str *name,
                        struct yg_str *value)
{
    struct yg_line line, more;
    size_t to = *at, after;

    if (!yg_line_next(message, &to, &line) || line.text.n == 0) {
        *at = to;
        return false;
    }
    size_t end = line.span.end;
    for (after = to; yg_line_next(message, &after, &more) && is_folded(more.text);)
        end = to = after;
    *value = (struct yg_str){ message.p + line.span.at, end - line.span.at };
    *name = yg_str_trim(yg_str_cut(value, ':'));
    *value = yg_str_trim(*value);
    *at = to;
    return true;
}

static void part_read(struct yg_str message, struct part *p)
{
    struct yg_str name, value;

    *p = (struct part){ .body = 0 };
    while (header_next(message, &p->body, &name, &value)) {
        if (yg_str_eq_nocase(name, YG_STR("Content-Type")))
            p->type = value;
        else if (yg_str_eq_nocase(name, YG_STR("Content-Disposition")))
            p->disposition = value;
        else if (yg_str_eq_nocase(name, YG_STR("Content-Transfer-Encoding")))
            p->coding = value;
        else if (yg_str_eq_nocase(name, YG_STR("X-Mailer")) ||
                 yg_str_eq_nocase(name, YG_STR("User-Agent")))
            p->agent = value;
    }
}

/* The next piece between semicolons that stand outside of quotes. */
static struct yg_str parameter_next(struct yg_str *rest)
{
    bool quoted = false;

    for (size_t i = 0; i < rest->n; i++) {
        if (rest->p[i] == '"')
            quoted = !quoted;
        if (rest->p[i] != ';' || quoted)
            continue;
        struct yg_str piece = { rest->p, i };
        rest->p += i + 1;
        rest->n -= i + 1;
        return yg_str_trim(piece);
    }
    struct yg_str piece = *rest;
    *rest = YG_STR_NONE;
    return yg_str_trim(piece);
}

/* Value of a parameter, quotes taken off; with RFC 2231 "name*" the text behind the
 * charset and language. */
static struct yg_str parameter(struct yg_str header, struct yg_str name)
{
    (void)parameter_next(&header);
    while (header.n > 0) {
        struct yg_str value = parameter_next(&header);
        struct yg_str key = yg_str_trim(yg_str_cut(&value, '='));
        bool extended = key.n == name.n + 1 && key.p[name.n] == '*';
        if (extended)
            key.n--;
        if (!yg_str_eq_nocase(key, name))
            continue;
        value = yg_str_trim(value);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = (struct yg_str){ value.p + 1, value.n - 2 };
        if (extended) {
            (void)yg_str_cut(&value, '\'');
            (void)yg_str_cut(&value, '\'');
        }
        return value;
    }
    return YG_STR_NONE;
}

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* A strict decoder would find nothing in what mail programs open. */
struct yg_str yg_mime_base64(struct yg_str text, size_t max, struct yg_arena *arena,
                             bool *broken)
{
    size_t room = text.n / 4 * 3 + 3, n = 0;
    uint32_t bits = 0;
    unsigned held = 0;

    room = room < max ? room : max;
    char *out = yg_arena_alloc(arena, room);
    if (!out)
        return YG_STR_NONE;
    for (size_t at = 0; at < text.n && text.p[at] != '=' && n < room; at++) {
        int v = sextet(text.p[at]);
        if (v < 0) {
            *broken |= text.p[at] != '\r' && text.p[at] != '\n';
            continue;
        }
        bits = bits << 6 | (uint32_t)v;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (char)(bits >> held & 0xff);
        }
    }
    return (struct yg_str){ out, n };
}

static void attachment(struct walk *w, const struct part *p, struct yg_str body)
{
    struct yg_str type = p->type;
    struct yg_str name = parameter(p->disposition, YG_STR("filename"));

    if (name.n == 0)
        name = parameter(p->type, YG_STR("name"));
    bool attached = yg_str_has_nocase(p->disposition, YG_STR("attachment"));
    if (name.n == 0 && !attached)
        return;
    if (w->names.n > 0)
        yg_textbuf_add(&w->names, YG_STR(", "));
    yg_textbuf_clean(&w->names, name);
    if (w->mail->attachment.p)
        return;
    w->mail->type = parameter_next(&type);
    w->mail->over = body.n > w->max;
    w->mail->attachment = body;
    w->mail->attachment.n = w->mail->over ? w->max : body.n;
    if (yg_str_eq_nocase(p->coding, YG_STR("base64"))) {
        w->mail->attachment = yg_mime_base64(body, w->max, w->arena, &w->mail->broken);
        w->mail->over = w->mail->attachment.n == w->max;
    }
}

/* Does this line begin or, with `*last`, end a part? (RFC 2046, 5.1.1) */
static bool delimiter(struct yg_str line, struct yg_str boundary, bool *last)
{
    if (line.n < boundary.n + 2 || line.p[0] != '-' || line.p[1] != '-' ||
        memcmp(line.p + 2, boundary.p, boundary.n) != 0)
        return false;
    struct yg_str rest = { line.p + 2 + boundary.n, line.n - 2 - boundary.n };
    *last = yg_str_starts(rest, YG_STR("--"));
    return *last || yg_str_trim(rest).n == 0;
}

/* The part from *at to the next delimiter; *at moves behind that. False: no more. */
static bool piece_next(struct yg_str body, struct yg_str boundary, size_t *at,
                       struct yg_str *piece)
{
    struct yg_line line;
    size_t from = *at;
    bool last = false;

    if (from >= body.n)
        return false;
    while (yg_line_next(body, at, &line))
        if (delimiter(line.text, boundary, &last)) {
            *piece = (struct yg_str){ body.p + from, line.span.at - from };
            if (last)
                *at = body.n;
            return true;
        }
    *piece = (struct yg_str){ body.p + from, body.n - from };
    return true;
}

struct level {
    struct yg_str body, boundary;
    size_t at;
};

static bool multipart(const struct part *p, struct yg_str body, struct level *l)
{
    static const char word[] = "multipart/";
    struct yg_str front = { p->type.p, sizeof(word) - 1 }, skipped;

    if (p->type.n < front.n || !yg_str_eq_nocase(front, YG_STR("multipart/")))
        return false;
    *l = (struct level){ .body = body };
    l->boundary = parameter(p->type, YG_STR("boundary"));
    return l->boundary.n > 0 && piece_next(body, l->boundary, &l->at, &skipped);
}

void yg_mime_read(struct yg_str message, size_t max, struct yg_arena *arena,
                  struct yg_mail *out)
{
    struct level level[YG_MIME_DEPTH];
    struct walk w = { .arena = arena, .mail = out, .max = max };
    struct part p;
    struct yg_str piece;
    size_t depth = 0;

    *out = (struct yg_mail){ .broken = false };
    yg_textbuf_init(&w.names, arena, NAMES_MAX);
    part_read(message, &p);
    out->head = (struct yg_str){ message.p, p.body };
    out->agent = p.agent;
    struct yg_str body = { message.n ? message.p + p.body : NULL, message.n - p.body };
    if (multipart(&p, body, &level[0]))
        depth = 1;
    else
        attachment(&w, &p, body);
    while (depth > 0 && w.parts < YG_MIME_PARTS) {
        struct level *top = &level[depth - 1];
        if (!piece_next(top->body, top->boundary, &top->at, &piece)) {
            depth--;
            continue;
        }
        w.parts++;
        part_read(piece, &p);
        body = (struct yg_str){ piece.n ? piece.p + p.body : NULL, piece.n - p.body };
        if (depth < YG_MIME_DEPTH && multipart(&p, body, &level[depth]))
            depth++;
        else
            attachment(&w, &p, body);
    }
    out->names = yg_textbuf_str(&w.names);
}
