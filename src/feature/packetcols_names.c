/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/packetcols_priv.h"

#include "base/status.h"
#include "feature/bytestat.h"
#include "packet/app.h"

#include <math.h>

/* ---- names ------------------------------------------------------------------------- */

static struct yg_str longest_label(struct yg_str name, uint32_t *labels)
{
    struct yg_str best = { name.p, 0 };

    *labels = 0;
    while (name.p) {
        struct yg_str label = yg_str_cut(&name, '.');
        *labels += label.n > 0;
        if (label.n > best.n)
            best = label;
    }
    return best;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static uint32_t digits_of(struct yg_str s)
{
    uint32_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += is_digit((unsigned char)s.p[i]);
    return n;
}

/* People say their names: programs that make them up get long runs without a vowel. */
static uint32_t consonants_of(struct yg_str s)
{
    uint32_t run = 0, best = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)(s.p[i] | 0x20);
        bool letter = c >= 'a' && c <= 'z';
        bool vowel = c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
        run = letter && !vowel ? run + 1 : 0;
        best = run > best ? run : best;
    }
    return best;
}

/* What the name hangs below: its last two labels. */
static struct yg_str parent_of(struct yg_str name)
{
    uint32_t dots = 0;

    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '.' && i < name.n && ++dots == 2)
            return (struct yg_str){ name.p + i, name.n - i };
    return name;
}

/* The most different names below one parent. */
static uint32_t below_one_parent(const struct yg_talk *t)
{
    uint64_t name[YG_EXCHANGES_MAX], parent[YG_EXCHANGES_MAX];
    uint32_t n = 0, best = 0;

    for (uint32_t i = 0; i < t->exchanges && i < YG_EXCHANGES_MAX; i++) {
        struct yg_str s = t->exchange[i].target;
        uint64_t hash = yg_hash_str(1, s);
        uint32_t k = 0, same = 0;
        while (k < n && name[k] != hash)
            k++;
        if (k < n)
            continue;
        name[n] = hash;
        parent[n++] = yg_hash_str(1, parent_of(s));
        for (k = 0; k < n; k++)
            same += parent[k] == parent[n - 1];
        best = same > best ? same : best;
    }
    return best;
}

static bool carries_data(struct yg_str type)
{
    static const char *const data[] = { "TXT", "NULL", "ANY", "*", "PRIVATE", "255" };

    for (size_t i = 0; i < YG_ARRAY_LEN(data); i++)
        if (yg_str_eq_nocase(type, yg_str_of(data[i])))
            return true;
    return false;
}

static bool failed(const struct yg_exchange *x)
{
    return x->answer == YG_ANSWER_MISSING || x->answer == YG_ANSWER_ERROR ||
           x->answer == YG_ANSWER_REFUSED;
}

static void put_dns(const struct yg_talk *t, float *row)
{
    struct yg_str label = YG_STR_NONE;
    uint32_t labels = 0, bad = 0, data = 0;
    size_t answer = 0;

    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        uint32_t n;
        struct yg_str longest = longest_label(x->target, &n);
        labels = n > labels ? n : labels;
        if (longest.n > label.n)
            label = longest;
        bad += failed(x);
        data += carries_data(x->verb);
        answer = x->answer_body.n > answer ? x->answer_body.n : answer;
    }
    row[YG_X_P_LABELS] = (float)labels;
    row[YG_X_P_LABEL] = (float)label.n;
    row[YG_X_P_NAME_FAILED] = (float)bad / (float)t->exchanges;
    row[YG_X_P_NAME_DATA] = (float)data / (float)t->exchanges;
    row[YG_X_P_NAME_SUBS] = (float)below_one_parent(t);
    row[YG_X_P_NAME_ANSWER] = (float)answer;
    if (label.n == 0)
        return;
    row[YG_X_P_NAME_ENTROPY] = yg_bytestat_of(label).entropy;
    row[YG_X_P_NAME_DIGITS] = (float)digits_of(label) / (float)label.n;
    row[YG_X_P_NAME_CONSONANTS] = (float)consonants_of(label);
}

/* ---- TLS --------------------------------------------------------------------------- */

/* RFC 8446, 5246, 5289, 8422 and the registry: what the numbers have in common. */
static float cipher_class(uint16_t c)
{
    if (c == 0)
        return 0;
    if (c >> 8 == 0x13)
        return 1;
    if ((c >= 0xc02b && c <= 0xc030) || (c >= 0xcca8 && c <= 0xccaa) || c == 0x9e ||
        c == 0x9f)
        return 2;
    if ((c >= 0xc007 && c <= 0xc02a) || c == 0x33 || c == 0x39 || c == 0x67 || c == 0x6b)
        return 3;
    /* NULL, export grade, RC4, DES, anonymous */
    if (c <= 0x1b || (c >= 0x34 && c <= 0x3b && c != 0x35 && c != 0x38))
        return c == 0x0a || c == 0x2f ? 4 : 5;
    return 4;
}

static float alpn_class(struct yg_str alpn)
{
    if (alpn.n == 0)
        return 0;
    if (yg_str_starts(alpn, YG_STR("h2")))
        return 2;
    return yg_str_starts(alpn, YG_STR("http/1")) ? 1 : 3;
}

static uint32_t names_in(struct yg_str list)
{
    uint32_t n = 0;
    bool inside = false;

    for (size_t i = 0; i < list.n; i++) {
        bool part = list.p[i] != ',' && list.p[i] != ' ' && list.p[i] != '\n';
        n += part && !inside;
        inside = part;
    }
    return n;
}

static void put_certificate(const struct yg_hello *h, float *row)
{
    if (h->certificates == 0)
        return;
    row[YG_X_P_TLS_SELF] = h->self_signed;
    row[YG_X_P_TLS_NAMES] = (float)names_in(h->names);
    /* Its length only: how old it was says when the capture was made. */
    if (h->not_after > h->not_before)
        row[YG_X_P_TLS_DAYS] =
            (float)((double)((uint64_t)h->not_after - (uint64_t)h->not_before) / 86400);
}

static void put_hello(const struct yg_hello *h, float *row)
{
    uint32_t labels;
    struct yg_str label = longest_label(h->sni, &labels);

    row[YG_X_P_TLS_VERSION] = h->chosen ? h->chosen : h->version;
    row[YG_X_P_TLS_CIPHER] = cipher_class(h->cipher);
    row[YG_X_P_TLS_ALPN] = alpn_class(h->alpn);
    row[YG_X_P_TLS_NAME] = (float)h->sni.n;
    if (label.n) {
        row[YG_X_P_TLS_NAME_ENTROPY] = yg_bytestat_of(label).entropy;
        row[YG_X_P_TLS_NAME_RUN] = (float)consonants_of(label);
    }
    put_certificate(h, row);
}

void yg_packet_names(const struct yg_talk *t, float *row)
{
    if (t->app == YG_APP_DNS && t->exchanges)
        put_dns(t, row);
    if (t->hello)
        put_hello(t->hello, row);
}
