/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/text.h"

#include "base/clock.h"
#include "sample/shape.h"

#include <string.h>

static const char *const word[] = {
    "amber",   "atlas",  "basil", "beacon", "bridge", "canvas", "cobalt", "coral",
    "crest",   "dawn",   "dune",  "echo",   "fable",  "falcon", "fern",   "flint",
    "forge",   "garnet", "glade", "harbor", "hazel",  "ivory",  "jade",   "kestrel",
    "lagoon",  "lark",   "linen", "lotus",  "lumen",  "marble", "meadow", "mint",
    "moss",    "nova",   "oasis", "ochre",  "olive",  "opal",   "orbit",  "otter",
    "pearl",   "pixel",  "plume", "prism",  "quartz", "raven",  "ridge",  "river",
    "saffron", "sage",   "scout", "shale",  "sierra", "slate",  "spruce", "summit",
    "thistle", "topaz",  "tulip", "velvet", "vertex", "willow", "winter", "zephyr",
};

static const char *const browser[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/115.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 "
    "Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1 Version/17.5 "
    "Safari/605.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 "
    "Mobile/15E148",
};

static const char b64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char hex[] = "0123456789abcdef";

struct yg_sample_pen yg_sample_pen_of(struct yg_buf *out, const struct yg_sample_world *w,
                                      const struct yg_sample_item *it, unsigned part)
{
    struct yg_sample_pen pen = { .out = out, .world = w, .item = it };

    yg_rng_init(&pen.rng, it->seed + part * 0xd1342543de82ef95ULL);
    return pen;
}

void yg_sample_put_u64(struct yg_buf *b, uint64_t v)
{
    char tmp[20];
    size_t at = sizeof(tmp);

    do
        tmp[--at] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    yg_buf_add(b, tmp + at, sizeof(tmp) - at);
}

void yg_sample_put_ip(struct yg_buf *b, uint32_t ip)
{
    char tmp[16];
    size_t n = 0;

    for (int shift = 24; shift >= 0; shift -= 8) {
        unsigned v = ip >> shift & 255;
        if (v >= 100)
            tmp[n++] = (char)('0' + v / 100);
        if (v >= 10)
            tmp[n++] = (char)('0' + v / 10 % 10);
        tmp[n++] = (char)('0' + v % 10);
        if (shift > 0)
            tmp[n++] = '.';
    }
    yg_buf_add(b, tmp, n);
}

void yg_sample_put_hex(struct yg_buf *b, uint64_t v, unsigned digits)
{
    char tmp[16];

    YG_ASSERT(digits <= sizeof(tmp));
    for (unsigned i = digits; i-- > 0; v >>= 4)
        tmp[i] = hex[v & 15];
    yg_buf_add(b, tmp, digits);
}

/* bench of yg_sample_write: base's escaper checks UTF-8 and took a fifth of the time;
 * our texts are ASCII. */
void yg_sample_put_json(struct yg_buf *b, struct yg_str s)
{
    size_t plain = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        yg_buf_add(b, s.p + plain, i - plain);
        plain = i + 1;
        switch (c) {
        case '\n':
            YG_SAMPLE_LIT(b, "\\n");
            break;
        case '\r':
            YG_SAMPLE_LIT(b, "\\r");
            break;
        case '"':
        case '\\':
            yg_buf_char(b, '\\');
            yg_buf_char(b, (char)c);
            break;
        default:
            YG_SAMPLE_LIT(b, "\\u00");
            yg_sample_put_hex(b, c, 2);
        }
    }
    yg_buf_add(b, s.n ? s.p + plain : "", s.n - plain);
}

void yg_sample_put_base64(struct yg_buf *b, struct yg_str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    char *q = yg_buf_reserve(b, (s.n + 2) / 3 * 4);
    size_t i = 0;

    if (!q)
        return;
    for (; i + 2 < s.n; i += 3, q += 4) {
        uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];
        q[0] = b64[v >> 18];
        q[1] = b64[v >> 12 & 63];
        q[2] = b64[v >> 6 & 63];
        q[3] = b64[v & 63];
    }
    if (i < s.n) {
        bool two = i + 1 < s.n;
        uint32_t v = (uint32_t)p[i] << 16 | (two ? (uint32_t)p[i + 1] << 8 : 0);
        q[0] = b64[v >> 18];
        q[1] = b64[v >> 12 & 63];
        q[2] = two ? b64[v >> 6 & 63] : '=';
        q[3] = '=';
    }
}

/* Days since 1970 to year, month, day (Hinnant's civil_from_days; years 1970-2262). */
static void civil(int64_t days, unsigned out[3])
{
    int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

    out[2] = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    out[1] = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    out[0] = (unsigned)(yoe + era * 400 + (out[1] <= 2));
}

static char *digits(char *p, uint64_t v, int n)
{
    for (int i = n; i-- > 0; v /= 10)
        p[i] = (char)('0' + v % 10);
    return p + n;
}

void yg_sample_put_time(struct yg_buf *b, int64_t ns, enum yg_sample_clock form)
{
    static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char tmp[40], *p = tmp;
    uint64_t sec = (uint64_t)(ns / YG_NS_PER_S), us = (uint64_t)(ns % YG_NS_PER_S) / 1000;
    unsigned d[3], s = (unsigned)(sec % 86400);

    civil((int64_t)(sec / 86400), d);
    if (form == YG_TEXT_SYSLOG) {
        memcpy(p, month + 3 * (d[1] - 1), 3);
        p[3] = ' ';
        p[4] = d[2] < 10 ? ' ' : (char)('0' + d[2] / 10);
        p[5] = (char)('0' + d[2] % 10);
        p[6] = ' ';
        p += 7;
    } else {
        p = digits(p, d[0], 4);
        *p++ = '-';
        p = digits(p, d[1], 2);
        *p++ = '-';
        p = digits(p, d[2], 2);
        *p++ = 'T';
    }
    p = digits(p, s / 3600, 2);
    *p++ = ':';
    p = digits(p, s / 60 % 60, 2);
    *p++ = ':';
    p = digits(p, s % 60, 2);
    if (form != YG_TEXT_SYSLOG) {
        *p++ = '.';
        p = form == YG_TEXT_EVE ? digits(p, us, 6) : digits(p, us / 1000, 3);
        if (form == YG_TEXT_ZULU)
            *p++ = 'Z';
        else
            p = (char *)memcpy(p, "+0000", 5) + 5;
    }
    yg_buf_add(b, tmp, (size_t)(p - tmp));
}

static void put_cstr(struct yg_sample_pen *pen, const char *s)
{
    yg_buf_add(pen->out, s, strlen(s));
}

static const char *some_word(uint64_t x)
{
    return word[x % YG_ARRAY_LEN(word)];
}

/* A name for an outside service (by address) or an intruder's server (by cause). */
static void put_domain(struct yg_sample_pen *pen, uint64_t of, bool evil)
{
    uint64_t x = (of + 1) * 0x9e3779b97f4a7c15ULL;

    put_cstr(pen, some_word(x >> 11));
    if (evil && (x >> 40 & 1))
        yg_sample_put_hex(pen->out, x >> 20, 4);
    yg_buf_char(pen->out, '-');
    put_cstr(pen, some_word(x >> 33));
    put_cstr(pen, x >> 50 & 1 ? ".example" : ".cloud.example");
}

static void put_host(struct yg_sample_pen *pen, uint16_t host, uint32_t ip)
{
    if (host != YG_SAMPLE_NO_HOST)
        put_cstr(pen, pen->world->host[host].name);
    else
        yg_sample_put_ip(pen->out, ip);
}

static void put_random(struct yg_sample_pen *pen, const char *alphabet, unsigned bits,
                       unsigned n)
{
    char tmp[64];
    uint64_t v = 0;
    unsigned left = 0;

    for (unsigned i = 0; i < n; i++, left -= bits, v >>= bits) {
        if (left < bits) {
            v = yg_rng_u64(&pen->rng);
            left = 64;
        }
        tmp[i] = alphabet[v & ((1U << bits) - 1)];
    }
    yg_buf_add(pen->out, tmp, n);
}

static void expand(struct yg_sample_pen *pen, const char *p, const char *end);

static void web_text(struct yg_sample_pen *pen, char what)
{
    const struct yg_sample_webclass *c =
        &yg_sample_webclass[pen->item->variant % YG_SAMPLE_WEB_CLASSES];
    unsigned product =
        pen->item->variant / YG_SAMPLE_WEB_CLASSES % YG_SAMPLE_WEB_PRODUCTS;
    const char *t = what == 'P'   ? yg_sample_webproduct[product]
                    : what == 'Q' ? c->name
                    : what == 'U' ? c->uri
                    : what == 'V' ? c->body
                                  : c->answer_ok;
    expand(pen, t, t + strlen(t));
}

/* Values of the item: false if `c` is not one. */
static bool item_value(struct yg_sample_pen *pen, char c)
{
    const struct yg_sample_item *it = pen->item;
    const struct yg_sample_world *w = pen->world;

    switch (c) {
    case 's': /* source address */
        yg_sample_put_ip(pen->out, it->src);
        return true;
    case 'd': /* destination address */
        yg_sample_put_ip(pen->out, it->dst);
        return true;
    case 'p': /* source port */
        yg_sample_put_u64(pen->out, it->sport);
        return true;
    case 'q': /* destination port */
        yg_sample_put_u64(pen->out, it->dport);
        return true;
    case 'u': /* user */
        put_cstr(pen, yg_sample_user(w, it->user));
        return true;
    case 'v': /* variant */
        yg_sample_put_u64(pen->out, it->variant + 1U);
        return true;
    case 'h': /* host the agent runs on */
        put_host(pen, it->agent, it->dst);
        return true;
    case 'H': /* source host */
        put_host(pen, it->src_host, it->src);
        return true;
    case 'D': /* the organisation's domain */
        put_cstr(pen, w->domain);
        return true;
    case 'e': /* name of the outside end */
        put_domain(pen, it->src_host == YG_SAMPLE_NO_HOST ? it->src : it->dst, false);
        return true;
    case 'E': /* name of the intruder's server */
        put_domain(pen, it->cause ? it->cause : it->dst, true);
        return true;
    case 'W': /* a word that this organisation always uses here */
        put_cstr(pen, some_word((w->seed >> 9) + it->shape));
        return true;
    default:
        return false;
    }
}

static void random_value(struct yg_sample_pen *pen, char c)
{
    switch (c) {
    case 'N': /* 1 to 999 */
        yg_sample_put_u64(pen->out, 1 + (yg_rng_u64(&pen->rng) >> 32) % 999);
        break;
    case '9': /* 1 to 9 */
        yg_buf_char(pen->out, (char)('1' + (yg_rng_u64(&pen->rng) >> 32) % 9));
        break;
    case 'i': /* number of a process or record */
        yg_sample_put_u64(pen->out, 300 + (yg_rng_u64(&pen->rng) >> 32) % 32000);
        break;
    case 'x':
        put_random(pen, hex, 4, 8);
        break;
    case 'X':
        put_random(pen, hex, 4, 32);
        break;
    case 'b': /* 24 of base32 */
        put_random(pen, "abcdefghijklmnopqrstuvwxyz234567", 5, 24);
        break;
    case 'B': /* 48 of base64 */
        put_random(pen, b64, 6, 48);
        break;
    case 'w':
        put_cstr(pen, some_word(yg_rng_u64(&pen->rng) >> 40));
        break;
    case 'A':
        put_cstr(pen, browser[(yg_rng_u64(&pen->rng) >> 40) % YG_ARRAY_LEN(browser)]);
        break;
    case 'P': /* web attack: product, class, request, body, answer */
    case 'Q':
    case 'U':
    case 'V':
    case 'R':
        web_text(pen, c);
        break;
    default:
        yg_buf_char(pen->out, c);
    }
}

/* `p` stands after "$[" or "$(": expand one of the choices, return what follows. */
static const char *choose(struct yg_sample_pen *pen, const char *p, const char *end,
                          bool by_variant)
{
    const char *close = memchr(p, by_variant ? ')' : ']', (size_t)(end - p));
    unsigned n = 1;

    YG_ASSERT(close != NULL);
    for (const char *q = p; q < close; q++)
        n += *q == '|';
    unsigned want = by_variant ? pen->item->variant % n
                               : (unsigned)((yg_rng_u64(&pen->rng) >> 32) % n);
    for (; want > 0; p++)
        want -= *p == '|';
    const char *stop = memchr(p, '|', (size_t)(close - p));
    expand(pen, p, stop ? stop : close);
    return close + 1;
}

static void expand(struct yg_sample_pen *pen, const char *p, const char *end)
{
    while (p < end) {
        const char *dollar = memchr(p, '$', (size_t)(end - p));
        size_t plain = (size_t)((dollar ? dollar : end) - p);
        yg_buf_add(pen->out, p, plain);
        p += plain;
        if (!dollar)
            return;
        char c = p + 1 < end ? p[1] : '$';
        p += 2;
        if (c == '[' || c == '(')
            p = choose(pen, p, end, c == '(');
        else if (!item_value(pen, c))
            random_value(pen, c);
    }
}

void yg_sample_expand(struct yg_sample_pen *pen, const char *tpl)
{
    expand(pen, tpl, tpl + strlen(tpl));
}

void yg_sample_expand_json(struct yg_sample_pen *pen, struct yg_buf *scratch,
                           const char *tpl)
{
    struct yg_buf *out = pen->out;

    yg_buf_clear(scratch);
    pen->out = scratch;
    yg_sample_expand(pen, tpl);
    pen->out = out;
    yg_sample_put_json(out, yg_buf_str(scratch));
}
