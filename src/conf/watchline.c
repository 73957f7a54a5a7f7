/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/watchline.h"

#include "base/clock.h"
#include "base/hash.h"
#include "event/ip.h"

#define V4_BITS   96 /* before the 32 of an IPv4 address */
#define LABEL_MAX 63
#define ENTRY_MAX 4096
#define DAY_NS    (INT64_C(86400) * 1000000000)
#define NEVER     INT64_MAX

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

bool yg_watch_fold(struct yg_str s, unsigned char out[256], size_t *n)
{
    if (s.n > 0 && s.p[s.n - 1] == '.')
        s.n--;
    if (s.n == 0 || s.n > 255)
        return false;
    for (size_t i = 0; i < s.n; i++)
        out[i] = (unsigned char)lower(s.p[i]);
    *n = s.n;
    return true;
}

void yg_watch_mask(unsigned char ip[YG_IP_SIZE], unsigned bits)
{
    for (unsigned i = 0; i < YG_IP_SIZE; i++) {
        unsigned keep = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * i : 0;
        ip[i] &= (unsigned char)(0xff00U >> keep);
    }
}

static const char *read_network(struct yg_str s, struct yg_watch_line *l)
{
    unsigned char masked[YG_IP_SIZE];
    struct yg_str rest = s;
    struct yg_str address = yg_str_cut(&rest, '/');
    uint64_t bits = YG_WATCH_BITS;

    if (memchr(address.p, '%', address.n) || !yg_ip_parse(address, l->bytes))
        return "is no address; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32";
    bool v4 = !memchr(address.p, ':', address.n);
    if (address.n < s.n && (!yg_str_u64(rest, &bits) || bits > (v4 ? 32 : YG_WATCH_BITS)))
        return v4 ? "has no prefix length from 0 to 32 behind its slash"
                  : "has no prefix length from 0 to 128 behind its slash";
    l->prefix = (unsigned)bits + (v4 && address.n < s.n ? V4_BITS : 0);
    memcpy(masked, l->bytes, YG_IP_SIZE);
    yg_watch_mask(masked, l->prefix);
    if (memcmp(masked, l->bytes, YG_IP_SIZE) != 0)
        return "has bits behind its prefix; write the network's first address, or one "
               "address without a slash";
    l->type = YG_WATCH_ADDRESS;
    l->n = YG_IP_SIZE;
    return NULL;
}

static bool is_label(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(p[i] >= 'a' && p[i] <= 'z') && !digit((char)p[i]) && p[i] != '-' &&
            p[i] != '_')
            return false;
    return n > 0 && n <= LABEL_MAX;
}

static const char *read_domain(struct yg_str s, struct yg_watch_line *l)
{
    static const char *const what =
        "is no address, domain, hash or host:NAME; of an international name write the "
        "xn-- form, of a machine without a domain host:NAME";
    bool all = s.n > 0 && s.p[0] == '.'; /* a whole top-level domain is meant */
    size_t from = 0, labels = 0;

    if (yg_str_starts(s, YG_STR("*."))) {
        s = (struct yg_str){ s.p + 2, s.n - 2 };
        all = true;
    } else if (all) {
        s = (struct yg_str){ s.p + 1, s.n - 1 };
    }
    if (!yg_watch_fold(s, l->bytes, &l->n) || l->n > YG_WATCH_DOMAIN_MAX)
        return what;
    for (size_t i = 0; i <= l->n; i++) {
        if (i < l->n && l->bytes[i] != '.')
            continue;
        if (!is_label(l->bytes + from, i - from))
            return what;
        labels++;
        if (i < l->n)
            from = i + 1;
    }
    if ((labels < 2 && !all) || digit((char)l->bytes[from]))
        return what;
    l->type = YG_WATCH_DOMAIN;
    return NULL;
}

bool yg_watch_hash(struct yg_str hex, unsigned char out[32], size_t *n)
{
    if ((hex.n != 32 && hex.n != 40 && hex.n != 64) || !yg_unhex(hex, out, hex.n / 2))
        return false;
    *n = hex.n / 2;
    return true;
}

/* A day counts to its end, UTC; a time with hours is meant as written. */
static const char *read_expiry(struct yg_str s, struct yg_watch_line *l)
{
    static const char *const what =
        "is no date; write expires=2026-12-31 or expires=2026-12-31T12:00:00Z";
    char text[40];
    int used;

    if (s.n == 10) {
        memcpy(text, s.p, s.n);
        memcpy(text + s.n, "T00:00:00Z", 10);
        if (!yg_time_iso((struct yg_str){ text, 20 }, 0, &l->expires_ns, &used) ||
            l->expires_ns > NEVER - DAY_NS)
            return what;
        l->expires_ns += DAY_NS;
        return NULL;
    }
    return yg_time_iso(s, 0, &l->expires_ns, &used) ? NULL : what;
}

static struct yg_str next_word(struct yg_str *rest)
{
    *rest = yg_str_trim(*rest);
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    struct yg_str word = { rest->p, n };
    *rest = (struct yg_str){ rest->p + n, rest->n - n };
    return word;
}

static struct yg_str without_note(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '#' && (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
            return (struct yg_str){ s.p, i };
    return s;
}

static const char *read_value(struct yg_str word, struct yg_watch_line *l)
{
    const struct yg_str host = YG_STR("host:");

    if (yg_str_starts(word, host)) {
        l->type = YG_WATCH_HOST;
        return yg_watch_fold((struct yg_str){ word.p + host.n, word.n - host.n },
                             l->bytes, &l->n)
                   ? NULL
                   : "names no host; write host:NAME";
    }
    if (yg_watch_hash(word, l->bytes, &l->n)) {
        l->type = YG_WATCH_HASH;
        return NULL;
    }
    if (memchr(word.p, '/', word.n) || memchr(word.p, ':', word.n) ||
        yg_ip_parse(word, l->bytes))
        return read_network(word, l);
    return read_domain(word, l);
}

const char *yg_watch_line_read(struct yg_str s, struct yg_watch_line *l,
                               struct yg_str *word)
{
    const struct yg_str key = YG_STR("expires=");
    const char *wrong;

    *word = s;
    *l = (struct yg_watch_line){ .expires_ns = NEVER };
    if (s.n > ENTRY_MAX)
        return "is longer than an entry can be; write one a line";
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t' && s.p[i] != '\r')
            return "has control characters; is it a text file?";
    s = without_note(s);
    *word = next_word(&s);
    if (word->n == 0)
        return NULL;
    wrong = read_value(*word, l);
    if (wrong)
        return wrong;
    l->some = true;
    for (*word = next_word(&s); word->n > 0; *word = next_word(&s)) {
        if (!yg_str_starts(*word, key))
            return "is unknown; after the value only expires=DATE and # note may stand";
        wrong = read_expiry((struct yg_str){ word->p + key.n, word->n - key.n }, l);
        if (wrong)
            return wrong;
    }
    return NULL;
}
