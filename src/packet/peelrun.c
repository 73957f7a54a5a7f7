/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/peelrun.h"

#include "base/cursor.h"
#include "base/utf8.h"
#include "packet/peel.h"

#define BASE64_MIN 16U /* characters of a run */
#define HEX_MIN    20U
#define HEX_0X_MIN 8U
#define LOOK       24U /* characters of a run that are decoded to see what it is */

struct pass {
    struct yg_str s;
    size_t at;   /* next byte to look at */
    size_t done; /* bytes before this are in `out` */
    struct yg_buf *out;
    uint32_t what, layers;
    size_t tried; /* no run before this is worth another look */
    bool plus;    /* there are URL escapes: + is a space, too */
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `n` hex digits at `i`; -1: there are not. */
static int64_t hex_at(struct yg_str s, size_t i, size_t n)
{
    int64_t v = 0;

    if (i > s.n || n > s.n - i)
        return -1;
    for (size_t k = 0; k < n; k++) {
        int d = hex_digit(s.p[i + k]);
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* What stands before `at` as it is; `next` bytes are then replaced by the caller. */
static void flush(struct pass *p, size_t next)
{
    yg_buf_add(p->out, p->s.p + p->done, p->at - p->done);
    p->at += next;
    p->done = p->at;
}

/* --- escapes --- */

static void url(struct pass *p)
{
    int64_t v = hex_at(p->s, p->at + 1, 2);

    if (v >= 0) {
        int64_t low = hex_at(p->s, p->at + 4, 2);
        bool pair = (v == 0xc0 || v == 0xc1) && low >= 0x80 && low < 0xc0 &&
                    p->s.p[p->at + 3] == '%';
        if (pair) /* an overlong form of an ASCII character, once a way around filters */
            v = (v & 1) << 6 | (low & 0x3f);
        flush(p, pair ? 6 : 3);
        yg_buf_char(p->out, (char)v);
        p->what |= YG_PEEL_URL;
        return;
    }
    if (p->at + 1 < p->s.n && (p->s.p[p->at + 1] | 0x20) == 'u' &&
        (v = hex_at(p->s, p->at + 2, 4)) >= 0) {
        flush(p, 6);
        yg_utf8_add(p->out, (uint32_t)v);
        p->what |= YG_PEEL_URL;
        return;
    }
    p->at++;
}

static void escape(struct pass *p)
{
    char kind = p->at + 1 < p->s.n ? p->s.p[p->at + 1] : '\0';
    int64_t v = kind == 'x'   ? hex_at(p->s, p->at + 2, 2)
                : kind == 'u' ? hex_at(p->s, p->at + 2, 4)
                              : -1;

    if (v < 0) {
        p->at += kind == '\\' ? 2 : 1; /* an escaped backslash begins no escape */
        return;
    }
    p->what |= YG_PEEL_ESCAPE;
    if (kind == 'x') {
        flush(p, 4);
        yg_buf_char(p->out, (char)v);
        return;
    }
    int64_t low = v >= 0xd800 && v < 0xdc00 && p->at + 7 < p->s.n &&
                          p->s.p[p->at + 6] == '\\' && p->s.p[p->at + 7] == 'u'
                      ? hex_at(p->s, p->at + 8, 4)
                      : -1;
    bool pair = low >= 0xdc00 && low < 0xe000;
    flush(p, pair ? 12 : 6);
    yg_utf8_add(p->out,
                (uint32_t)(pair ? 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00) : v));
}

static const struct {
    const char *name;
    char c;
} entity[] = {
    { "lt;", '<' },     { "gt;", '>' },     { "amp;", '&' },   { "quot;", '"' },
    { "apos;", '\'' },  { "nbsp;", ' ' },   { "sol;", '/' },   { "bsol;", '\\' },
    { "colon;", ':' },  { "semi;", ';' },   { "lpar;", '(' },  { "rpar;", ')' },
    { "lbrace;", '{' }, { "rbrace;", '}' }, { "lcub;", '{' },  { "rcub;", '}' },
    { "period;", '.' }, { "equals;", '=' }, { "Tab;", '\t' },  { "NewLine;", '\n' },
    { "dollar;", '$' }, { "percnt;", '%' }, { "comma;", ',' }, { "plus;", '+' },
    { "num;", '#' },    { "lowbar;", '_' }, { "excl;", '!' },  { "quest;", '?' },
    { "grave;", '`' },  { "verbar;", '|' }, { "vert;", '|' },  { "lsqb;", '[' },
    { "rsqb;", ']' },   { "commat;", '@' }, { "ast;", '*' },
};

/* &#60; &#x3c; with or without the semicolon. */
static void html_number(struct pass *p)
{
    size_t i = p->at + 2, digits = 0;
    bool hex = i < p->s.n && (p->s.p[i] | 0x20) == 'x';
    uint32_t v = 0;

    for (i += hex; i < p->s.n && digits < 10; i++, digits++) {
        int d = hex_digit(p->s.p[i]);
        if (d < 0 || (!hex && d > 9))
            break;
        if (v < 0x1000000)
            v = v * (hex ? 16 : 10) + (uint32_t)d;
    }
    if (digits == 0) {
        p->at++;
        return;
    }
    i += i < p->s.n && p->s.p[i] == ';';
    flush(p, i - p->at);
    yg_utf8_add(p->out, v);
    p->what |= YG_PEEL_HTML;
}

static void html(struct pass *p)
{
    struct yg_str rest = { p->s.p + p->at + 1, p->s.n - p->at - 1 };

    if (rest.n && rest.p[0] == '#') {
        html_number(p);
        return;
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(entity); i++) {
        struct yg_str name = yg_str_of(entity[i].name);
        if (!yg_str_starts(rest, name))
            continue;
        flush(p, name.n + 1);
        yg_buf_char(p->out, entity[i].c);
        p->what |= YG_PEEL_HTML;
        return;
    }
    p->at++;
}

/* --- runs --- */

/* clang-format off */
/* Values of both alphabets of RFC 4648, plus 1; 0: no base64. A table is speed only. */
static const uint8_t base64_plus1[256] = {
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0, 63,  0, 63,  0, 64,
    53, 54, 55, 56, 57, 58, 59, 60, 61, 62,  0,  0,  0,  0,  0,  0,
     0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,  0,  0,  0,  0, 64,
     0, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
    42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,  0,  0,  0,  0,  0,
};
/* clang-format on */

static int base64_value(char c)
{
    return base64_plus1[(unsigned char)c] - 1;
}

/* The value of the base64 character at `*i`, which is passed over; also %2B and %2F, as
 * they stand in URLs. -1: there is none. */
static int base64_next(struct yg_str s, size_t *i)
{
    if (*i >= s.n)
        return -1;
    int v = base64_value(s.p[*i]);
    size_t n = 1;
    if (v < 0 && s.p[*i] == '%') {
        int64_t c = hex_at(s, *i + 1, 2);
        v = c == '+' || c == '/' ? base64_value((char)c) : -1;
        n = 3;
    }
    if (v >= 0)
        *i += n;
    return v;
}

/* Characters of base64 from `from` on; `*end`: where they end. */
static size_t base64_run(struct yg_str s, size_t from, size_t *end)
{
    size_t i = from, n = 0, plain;

    do {
        for (plain = i; i < s.n && base64_plus1[(unsigned char)s.p[i]]; i++)
            ;
        n += i - plain;
    } while (base64_next(s, &i) >= 0 && ++n);
    *end = i;
    return n;
}

/* Padding behind a run: at most two of = or %3D. */
static size_t padding(struct yg_str s, size_t at)
{
    size_t n = 0;

    for (int k = 0; k < 2 && at + n < s.n; k++) {
        if (s.p[at + n] == '=')
            n++;
        else if (s.p[at + n] == '%' && hex_at(s, at + n + 1, 2) == '=')
            n += 3;
        else
            break;
    }
    return n;
}

static void base64_decode(struct yg_str run, size_t chars, struct yg_buf *out)
{
    size_t i = 0;
    uint32_t v = 0, bits = 0;

    for (size_t k = 0; k < chars; k++) {
        v = v << 6 | (uint32_t)base64_next(run, &i);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            yg_buf_char(out, (char)(v >> bits));
        }
    }
}

static void hex_decode(struct yg_str run, size_t chars, struct yg_buf *out)
{
    for (size_t i = 0; i + 1 < chars; i += 2)
        yg_buf_char(out, (char)hex_at(run, i, 2));
}

static bool has_magic(struct yg_str s)
{
    static const struct {
        const char *bytes;
        size_t n;
    } magic[] = {
        { "\x1f\x8b\x08", 3 },     { "\x7f\x45LF", 4 },       { "PK\x03\x04", 4 },
        { "\xac\xed\x00\x05", 4 }, { "\xca\xfe\xba\xbe", 4 }, { "MZ\x90\x00", 4 },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(magic); i++)
        if (yg_str_starts(s, (struct yg_str){ magic[i].bytes, magic[i].n }))
            return true;
    return false;
}

bool yg_is_text(struct yg_str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t odd = 0;

    for (size_t i = 0; i < s.n;) {
        size_t len = yg_utf8_len(p + i, s.n - i);
        if (len == 0 && i > 0 && s.n - i < yg_utf8_lead(p[i]))
            break; /* the last character is not whole */
        bool control =
            p[i] == 0x7f || (p[i] < 0x20 && p[i] != '\t' && p[i] != '\n' && p[i] != '\r');
        odd += len == 0 || control;
        i += len ? len : 1;
    }
    return s.n > 0 && odd <= s.n / 64;
}

/* Units whose high byte is 0 and whose low byte is a letter or the like. */
static size_t latin_units(struct yg_str s, size_t high)
{
    size_t n = 0;

    for (size_t i = 0; i + 1 < s.n; i += 2) {
        unsigned char c = (unsigned char)s.p[i + (1 - high)];
        n += s.p[i + high] == 0 &&
             ((c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n');
    }
    return n;
}

bool yg_is_utf16(struct yg_str s, bool *big_endian)
{
    if (s.n < 8)
        return false;
    bool le = memcmp(s.p, "\xff\xfe", 2) == 0, be = memcmp(s.p, "\xfe\xff", 2) == 0;
    if (s.n > 256)
        s.n = 256;
    size_t units = s.n / 2;
    *big_endian = be || (!le && latin_units(s, 0) * 10 >= units * 9);
    return le || *big_endian || latin_units(s, 1) * 10 >= units * 9;
}

void yg_utf8_add(struct yg_buf *out, uint32_t code)
{
    char c[YG_UTF8_MAX];

    yg_buf_add(out, c, yg_utf8_put(c, code));
}

void yg_utf16_add(struct yg_buf *out, struct yg_str s, bool big_endian)
{
    struct yg_cursor c = yg_cursor_of(s.p, s.n);
    uint32_t high = 0;

    while (yg_cursor_left(&c) >= 2 && yg_buf_status(out) == YG_OK) {
        uint32_t u = big_endian ? yg_cursor_be16(&c) : yg_cursor_le16(&c);
        if (u == 0xfeff && yg_buf_str(out).n == 0 && !high)
            continue; /* the mark */
        bool pair = high && u >= 0xdc00 && u < 0xe000;
        if (high && !pair)
            yg_utf8_add(out, high); /* lone: U+FFFD */
        bool first = u >= 0xd800 && u < 0xdc00;
        if (!first)
            yg_utf8_add(out, pair ? 0x10000 + ((high - 0xd800) << 10) + (u - 0xdc00) : u);
        high = first ? u : 0;
    }
    if (high)
        yg_utf8_add(out, high);
}

static bool worth_it(struct yg_str s)
{
    bool big;

    return has_magic(s) || yg_is_utf16(s, &big) || yg_is_text(s);
}

typedef void decode_f(struct yg_str run, size_t chars, struct yg_buf *out);

/* Replace the run from `from` (`length` bytes, of which `chars` characters count) by what
 * it holds; false, and nothing changes, when that is nothing one would look at. */
static bool replace(struct pass *p, size_t from, size_t length, size_t chars,
                    decode_f *decode)
{
    struct yg_str run = { p->s.p + from, length };
    struct yg_buf part, whole;
    bool ok;

    yg_buf_init(&part, YG_PEEL_MAX);
    yg_buf_init(&whole, YG_PEEL_MAX);
    decode(run, chars < LOOK ? chars : LOOK, &part);
    struct yg_str look = yg_buf_str(&part);
    bool big;
    ok = has_magic(look) || yg_is_utf16(look, &big) || yg_is_text(look);
    if (ok) {
        yg_buf_clear(&part);
        decode(run, chars, &part);
        ok = worth_it(yg_buf_str(&part));
    }
    if (ok) {
        p->at = from;
        flush(p, length);
        uint32_t inner = yg_peel_whole(yg_buf_str(&part), &whole);
        yg_buf_str_add(p->out, yg_buf_str(inner ? &whole : &part));
        p->what |= inner;
        if (inner)
            p->layers = 2;
    }
    yg_buf_fini(&part);
    yg_buf_fini(&whole);
    return ok;
}

static bool all_hex(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (hex_digit(s.p[i]) < 0)
            return false;
    return true;
}

static bool hex_part(struct pass *p, size_t from, size_t length)
{
    bool prefix = length >= 2 + HEX_0X_MIN && p->s.p[from] == '0' &&
                  (p->s.p[from + 1] | 0x20) == 'x';
    size_t skip = prefix ? 2 : 0, n = length - skip;

    if (n % 2 || n < (prefix ? HEX_0X_MIN : HEX_MIN) ||
        !all_hex((struct yg_str){ p->s.p + from + skip, n }))
        return false;
    if (!replace(p, from + skip, n, n, hex_decode))
        return false;
    p->what |= YG_PEEL_HEX;
    return true;
}

/* `chars` base64 characters in `length` bytes from `from` on. */
static bool base64_part(struct pass *p, size_t from, size_t length, size_t chars)
{
    if (chars < BASE64_MIN || chars % 4 == 1)
        return false;
    size_t pad = chars % 4 ? padding(p->s, from + length) : 0;
    if (!replace(p, from, length + pad, chars, base64_decode))
        return false;
    p->what |= YG_PEEL_BASE64;
    return true;
}

/* What lies between the slashes of a run: a path may carry an encoded part. */
static void run_parts(struct pass *p, size_t from, size_t end)
{
    while (from < end) {
        const char *slash = memchr(p->s.p + from, '/', end - from);
        size_t stop = slash ? (size_t)(slash - p->s.p) : end, part_end;
        struct yg_str upto = { p->s.p, stop };
        size_t chars = base64_run(upto, from, &part_end);
        if (chars >= HEX_0X_MIN && !hex_part(p, from, stop - from))
            (void)base64_part(p, from, stop - from, chars);
        from = stop + 1;
    }
}

/* The run at `at`. Leaves `at` behind it, or at what else is to be done in it. */
static void run(struct pass *p)
{
    size_t end, from = p->at;
    size_t chars = base64_run(p->s, from, &end);

    p->tried = end;
    if (chars >= HEX_0X_MIN &&
        (hex_part(p, from, end - from) || base64_part(p, from, end - from, chars))) {
        return;
    }
    if (chars >= HEX_0X_MIN && memchr(p->s.p + from, '/', end - from))
        run_parts(p, from, end);
    if (p->at == from && chars == end - from &&
        !(p->plus && memchr(p->s.p + from, '+', end - from)))
        p->at = end; /* speed only */
}

static bool has_url(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const char *c = memchr(s.p + i, '%', s.n - i);
        if (!c)
            return false;
        i = (size_t)(c - s.p);
        if (hex_at(s, i + 1, 2) >= 0)
            return true;
    }
    return false;
}

uint32_t yg_peel_runs(struct yg_str s, struct yg_buf *out, uint32_t *layers)
{
    struct pass p = { .s = s, .out = out, .layers = 1, .plus = has_url(s) };

    while (p.at < s.n) {
        char c = s.p[p.at];
        if (c == '%') {
            url(&p);
        } else if (c == '&') {
            html(&p);
        } else if (c == '\\') {
            escape(&p);
        } else if (c == '+' && p.plus) {
            flush(&p, 1);
            yg_buf_char(out, ' ');
            p.what |= YG_PEEL_PLUS;
        } else if (p.at >= p.tried && base64_value(c) >= 0) {
            run(&p);
        } else {
            p.at++;
        }
    }
    if (p.what)
        flush(&p, 0);
    *layers = p.layers;
    return p.what;
}
