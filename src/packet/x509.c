/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/x509.h"

#include "base/clock.h"
#include "packet/der.h"
#include "packet/textbuf.h"

#define NAME_MAX_BYTES  512
#define NAMES_MAX_BYTES 2048
#define DOMAIN_MAX      253
#define BMP_STRING      0x1e

/* Attribute types that have a usual short name (RFC 4514, section 3, and practice). */
static const struct {
    const char *oid, *name;
} attribute[] = {
    { "\x55\x04\x03", "CN" },
    { "\x55\x04\x05", "serialNumber" },
    { "\x55\x04\x06", "C" },
    { "\x55\x04\x07", "L" },
    { "\x55\x04\x08", "ST" },
    { "\x55\x04\x09", "street" },
    { "\x55\x04\x0a", "O" },
    { "\x55\x04\x0b", "OU" },
    { "\x55\x04\x0f", "businessCategory" },
    { "\x55\x04\x11", "postalCode" },
    { "\x55\x04\x29", "name" },
    { "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress" },
    { "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC" },
    { "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", "jurisdictionL" },
    { "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", "jurisdictionST" },
    { "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", "jurisdictionC" },
};

static void put_type(struct yg_textbuf *t, struct yg_str oid)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(attribute); i++)
        if (yg_str_eq(oid, yg_str_of(attribute[i].oid))) {
            yg_textbuf_add(t, yg_str_of(attribute[i].name));
            return;
        }
    yg_textbuf_add(t, YG_STR("other"));
}

/* A BMPString is UTF-16, high byte first: letters beyond Latin-1 are shown as '?'. */
static void put_value(struct yg_textbuf *t, const struct yg_der *value)
{
    if (value->tag != BMP_STRING) {
        yg_textbuf_clean(t, value->body);
        return;
    }
    struct yg_cursor c = yg_cursor_of(value->body.p, value->body.n);
    while (yg_cursor_left(&c) >= 2) {
        uint16_t unit = yg_cursor_be16(&c);
        char letter = unit < 0x80 ? (char)unit : '?';
        yg_textbuf_clean(t, (struct yg_str){ &letter, 1 });
    }
}

/* RDNSequence ::= SEQUENCE OF SET OF SEQUENCE { type, value } */
static struct yg_str name_text(struct yg_str name, struct yg_arena *arena)
{
    struct yg_textbuf t;
    struct yg_cursor sets = yg_cursor_of(name.p, name.n);
    struct yg_der set, pair, type, value;

    yg_textbuf_init(&t, arena, NAME_MAX_BYTES);
    while (yg_der_next(&sets, &set)) {
        struct yg_cursor pairs = yg_cursor_of(set.body.p, set.body.n);
        while (yg_der_next(&pairs, &pair)) {
            struct yg_cursor in = yg_cursor_of(pair.body.p, pair.body.n);
            if (!yg_der_next(&in, &type) || !yg_der_next(&in, &value))
                continue;
            if (t.n > 0)
                yg_textbuf_add(&t, YG_STR(", "));
            put_type(&t, type.body);
            yg_textbuf_add(&t, YG_STR("="));
            put_value(&t, &value);
        }
    }
    return yg_textbuf_str(&t);
}

static int two_digits(struct yg_str s, size_t at)
{
    if (at + 2 > s.n || s.p[at] < '0' || s.p[at] > '9' || s.p[at + 1] < '0' ||
        s.p[at + 1] > '9')
        return -1;
    return (s.p[at] - '0') * 10 + (s.p[at + 1] - '0');
}

/* UTCTime YYMMDDhhmm[ss]Z or GeneralizedTime YYYYMMDDhhmm[ss]Z, as RFC 5280 4.1.2.5 has
 * them. 0: not readable. */
static int64_t time_of(const struct yg_der *e)
{
    bool general = e->tag == 0x18;
    size_t at = general ? 4 : 2;
    int year = two_digits(e->body, 0);
    int low = general ? two_digits(e->body, 2) : 0;
    int month = two_digits(e->body, at), day = two_digits(e->body, at + 2);
    int hour = two_digits(e->body, at + 4), minute = two_digits(e->body, at + 6);
    int second = two_digits(e->body, at + 8);

    if ((e->tag != 0x17 && !general) || year < 0 || low < 0 || month < 1 || month > 12 ||
        day < 1 || day > 31 || hour < 0 || minute < 0)
        return 0;
    if (general)
        year = year * 100 + low;
    else
        year += year < 50 ? 2000 : 1900;
    return yg_days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 +
           (second < 0 ? 0 : second);
}

static struct yg_str alternative_names(struct yg_str value, struct yg_arena *arena)
{
    struct yg_str list = yg_der_find(value, YG_DER_SEQUENCE);
    struct yg_cursor c = yg_cursor_of(list.p, list.n);
    struct yg_textbuf t;
    struct yg_der e;

    yg_textbuf_init(&t, arena, NAMES_MAX_BYTES);
    while (!t.full && yg_der_next(&c, &e)) {
        if (e.tag != 0x82 || e.body.n > DOMAIN_MAX)
            continue;
        if (t.n > 0)
            yg_textbuf_add(&t, YG_STR(", "));
        yg_textbuf_clean(&t, e.body);
    }
    return yg_textbuf_str(&t);
}

static void read_extensions(struct yg_str list, struct yg_arena *arena,
                            struct yg_x509 *out)
{
    struct yg_cursor c = yg_cursor_of(list.p, list.n);
    struct yg_der e;

    while (yg_der_next(&c, &e))
        if (yg_str_eq(yg_der_find(e.body, YG_DER_OID), YG_STR("\x55\x1d\x11")))
            out->names = alternative_names(yg_der_find(e.body, YG_DER_OCTETS), arena);
}

bool yg_x509_read(struct yg_str der, struct yg_arena *arena, struct yg_x509 *out)
{
    static const uint8_t down[] = { YG_DER_SEQUENCE, YG_DER_SEQUENCE, 0 };
    struct yg_str tbs = yg_der_path(der, down);
    struct yg_cursor c = yg_cursor_of(tbs.p, tbs.n);
    struct yg_der e, issuer, validity, subject, from, until;

    *out = (struct yg_x509){ .not_before = 0 };
    if (!yg_der_next(&c, &e))
        return false;
    if (e.tag == YG_DER_FIELD(0) && !yg_der_next(&c, &e)) /* version, then serial */
        return false;
    if (e.tag != YG_DER_INTEGER || !yg_der_next(&c, &e) || !yg_der_next(&c, &issuer) ||
        issuer.tag != YG_DER_SEQUENCE || issuer.cut)
        return false;
    out->issuer = name_text(issuer.body, arena);
    if (!yg_der_next(&c, &validity) || validity.tag != YG_DER_SEQUENCE)
        return false;
    struct yg_cursor times = yg_cursor_of(validity.body.p, validity.body.n);
    if (yg_der_next(&times, &from))
        out->not_before = time_of(&from);
    if (yg_der_next(&times, &until))
        out->not_after = time_of(&until);
    if (!yg_der_next(&c, &subject) || subject.tag != YG_DER_SEQUENCE || subject.cut)
        return false;
    out->subject = name_text(subject.body, arena);
    out->self_signed = yg_str_eq(subject.body, issuer.body);
    while (yg_der_next(&c, &e))
        if (e.tag == YG_DER_FIELD(3))
            read_extensions(yg_der_find(e.body, YG_DER_SEQUENCE), arena, out);
    return true;
}
