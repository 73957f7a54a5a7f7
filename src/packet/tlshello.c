/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/tlshello.h"

#include "base/cursor.h"
#include "base/hash.h"

#include <nettle/md5.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>

#define VALUES_MAX 256 /* of one list; a hello with more has no fingerprint */

enum extension {
    EXT_NAME = 0,
    EXT_GROUPS = 10,
    EXT_POINTS = 11,
    EXT_SIGNATURES = 13,
    EXT_ALPN = 16,
    EXT_PSK = 41,
    EXT_VERSIONS = 43,
};

struct values {
    uint16_t v[VALUES_MAX];
    size_t n;
    bool over;
};

/* What the fingerprints are made of, GREASE taken out. */
struct client {
    uint16_t legacy; /* version of the hello itself */
    struct values ciphers, extensions, groups, points, signatures;
    struct yg_str alpn; /* the first one offered */
    bool named;         /* has a server name extension */
};

/* RFC 8701: 0x0a0a, 0x1a1a, ... 0xfafa. */
static bool grease(uint16_t v)
{
    return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static void value_add(struct values *l, uint16_t v)
{
    if (l->n == VALUES_MAX)
        l->over = true;
    else
        l->v[l->n++] = v;
}

static void values_read(struct values *l, struct yg_str list, unsigned width)
{
    struct yg_cursor c = yg_cursor_of(list.p, list.n);

    while (yg_cursor_left(&c) >= width) {
        uint16_t v = width == 1 ? yg_cursor_u8(&c) : yg_cursor_be16(&c);
        if (width == 1 || !grease(v))
            value_add(l, v);
    }
}

static struct yg_str list8(struct yg_cursor *c)
{
    return yg_cursor_take(c, yg_cursor_u8(c));
}

static struct yg_str list16(struct yg_cursor *c)
{
    return yg_cursor_take(c, yg_cursor_be16(c));
}

static struct yg_str first_protocol(struct yg_str value)
{
    struct yg_cursor c = yg_cursor_of(value.p, value.n);

    (void)yg_cursor_be16(&c);
    return list8(&c);
}

static struct yg_str host_name(struct yg_str value)
{
    struct yg_cursor c = yg_cursor_of(value.p, value.n);

    (void)yg_cursor_be16(&c);
    if (yg_cursor_u8(&c) != 0) /* host_name is the only type there is */
        return YG_STR_NONE;
    return list16(&c);
}

static uint16_t newest_version(struct yg_str value, uint16_t legacy)
{
    struct yg_cursor c = yg_cursor_of(value.p, value.n);
    struct values l = { .n = 0 };
    uint16_t newest = 0;

    values_read(&l, list8(&c), 2);
    for (size_t i = 0; i < l.n; i++)
        newest = l.v[i] > newest ? l.v[i] : newest;
    return newest ? newest : legacy;
}

static void client_extension(uint16_t type, struct yg_str value, struct client *c,
                             struct yg_hello *out)
{
    struct yg_cursor in = yg_cursor_of(value.p, value.n);

    switch (type) {
    case EXT_NAME:
        c->named = true;
        out->sni = host_name(value);
        break;
    case EXT_GROUPS:
        values_read(&c->groups, list16(&in), 2);
        break;
    case EXT_POINTS:
        values_read(&c->points, list8(&in), 1);
        break;
    case EXT_SIGNATURES:
        values_read(&c->signatures, list16(&in), 2);
        break;
    case EXT_ALPN:
        c->alpn = first_protocol(value);
        out->alpn = c->alpn;
        break;
    case EXT_VERSIONS:
        out->version = newest_version(value, c->legacy);
        break;
    default:
        break;
    }
}

/* Text of a fingerprint: grows up to what the lists can need. */
struct print {
    char text[VALUES_MAX * 6 * 4 + 64];
    size_t n;
};

static void print_values(struct print *p, const struct values *l, const char *format,
                         char between)
{
    for (size_t i = 0; i < l->n; i++) {
        if (i > 0)
            p->text[p->n++] = between;
        p->n += (size_t)snprintf(p->text + p->n, sizeof(p->text) - p->n, format, l->v[i]);
    }
}

/* SSLVersion,Ciphers,Extensions,Groups,PointFormats in decimal, '-' inside a list. */
static void ja3(const struct client *c, char out[33])
{
    const struct values *list[] = { &c->ciphers, &c->extensions, &c->groups, &c->points };
    struct print p;
    struct md5_ctx md5;
    unsigned char digest[MD5_DIGEST_SIZE];

    p.n = (size_t)snprintf(p.text, sizeof(p.text), "%u", c->legacy);
    for (size_t i = 0; i < YG_ARRAY_LEN(list); i++) {
        p.text[p.n++] = ',';
        print_values(&p, list[i], "%u", '-');
    }
    md5_init(&md5);
    md5_update(&md5, p.n, (const uint8_t *)p.text);
    md5_digest(&md5, sizeof(digest), digest);
    yg_hex(digest, sizeof(digest), out);
}

/* The first 12 hex digits of the SHA-256 of a text; zeros for an empty one. */
static void short_hash(const struct print *p, char out[13])
{
    struct sha256_ctx sha;
    unsigned char digest[6];

    memset(out, '0', 12);
    out[12] = '\0';
    if (p->n == 0)
        return;
    sha256_init(&sha);
    sha256_update(&sha, p->n, (const uint8_t *)p->text);
    sha256_digest(&sha, sizeof(digest), digest);
    yg_hex(digest, sizeof(digest), out);
}

static int by_value(const void *a, const void *b)
{
    uint16_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

static const char *version_mark(uint16_t version)
{
    static const struct {
        uint16_t version;
        const char *mark;
    } row[] = {
        { 0x0304, "13" }, { 0x0303, "12" }, { 0x0302, "11" },
        { 0x0301, "10" }, { 0x0300, "s3" }, { 0x0002, "s2" },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (row[i].version == version)
            return row[i].mark;
    return "00";
}

static bool alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* First and last letter of the first protocol; of other bytes, the first and the last
 * digit of their hex. */
static void protocol_mark(struct yg_str alpn, char out[3])
{
    static const char hex[] = "0123456789abcdef";

    memcpy(out, "00", 3);
    if (alpn.n == 0)
        return;
    char first = alpn.p[0], last = alpn.p[alpn.n - 1];
    if (alphanumeric(first) && alphanumeric(last)) {
        out[0] = first;
        out[1] = last;
    } else {
        out[0] = hex[(unsigned char)first >> 4];
        out[1] = hex[(unsigned char)last & 0xf];
    }
}

static unsigned two(size_t n)
{
    return n > 99 ? 99 : (unsigned)n;
}

static void ja4(const struct client *c, uint16_t version, char out[37])
{
    struct values ciphers = c->ciphers, sorted = { .n = 0 };
    struct print p = { .n = 0 };
    char protocol[3], b[13], d[13];

    qsort(ciphers.v, ciphers.n, sizeof(ciphers.v[0]), by_value);
    print_values(&p, &ciphers, "%04x", ',');
    short_hash(&p, b);
    for (size_t i = 0; i < c->extensions.n; i++)
        if (c->extensions.v[i] != EXT_NAME && c->extensions.v[i] != EXT_ALPN)
            value_add(&sorted, c->extensions.v[i]);
    qsort(sorted.v, sorted.n, sizeof(sorted.v[0]), by_value);
    p.n = 0;
    print_values(&p, &sorted, "%04x", ',');
    if (c->signatures.n > 0) {
        p.text[p.n++] = '_';
        print_values(&p, &c->signatures, "%04x", ',');
    }
    short_hash(&p, d);
    protocol_mark(c->alpn, protocol);
    (void)snprintf(out, 37, "t%s%c%02u%02u%s_%s_%s", version_mark(version),
                   c->named ? 'd' : 'i', two(ciphers.n), two(c->extensions.n), protocol,
                   b, d);
}

bool yg_client_hello_read(struct yg_str body, struct yg_hello *out,
                          struct yg_str *session)
{
    struct yg_cursor c = yg_cursor_of(body.p, body.n);
    struct client client = { .legacy = yg_cursor_be16(&c) };

    (void)yg_cursor_take(&c, 32); /* random */
    *session = list8(&c);
    values_read(&client.ciphers, list16(&c), 2);
    (void)list8(&c); /* compression */
    out->version = client.legacy;
    if (!yg_cursor_ok(&c))
        return false;
    if (yg_cursor_left(&c) > 0) {
        struct yg_str all = list16(&c);
        struct yg_cursor e = yg_cursor_of(all.p, all.n);
        while (yg_cursor_left(&e) > 0) {
            uint16_t type = yg_cursor_be16(&e);
            struct yg_str value = list16(&e);
            if (!yg_cursor_ok(&e))
                return false;
            if (!grease(type))
                value_add(&client.extensions, type);
            client_extension(type, value, &client, out);
        }
    }
    if (!yg_cursor_ok(&c))
        return false;
    if (client.ciphers.over || client.extensions.over || client.groups.over ||
        client.signatures.over || client.points.over)
        return true;
    ja3(&client, out->ja3);
    ja4(&client, out->version, out->ja4);
    return true;
}

/* SHA-256("HelloRetryRequest"): its random value says that it is one (RFC 8446 4.1.3). */
static const char retry_random[] = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e"
                                   "\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e"
                                   "\x09\xe2\xc8\xa8\x33\x9c";

bool yg_server_hello_read(struct yg_str body, struct yg_server_hello *out)
{
    struct yg_cursor c = yg_cursor_of(body.p, body.n);

    *out = (struct yg_server_hello){ .version = yg_cursor_be16(&c) };
    out->retry = yg_str_eq(yg_cursor_take(&c, 32),
                           (struct yg_str){ retry_random, sizeof(retry_random) - 1 });
    out->session = list8(&c);
    out->cipher = yg_cursor_be16(&c);
    (void)yg_cursor_u8(&c); /* compression */
    if (!yg_cursor_ok(&c))
        return false;
    struct yg_str all = yg_cursor_left(&c) > 0 ? list16(&c) : YG_STR_NONE;
    struct yg_cursor e = yg_cursor_of(all.p, all.n);
    while (yg_cursor_left(&e) > 0) {
        uint16_t type = yg_cursor_be16(&e);
        struct yg_str value = list16(&e);
        struct yg_cursor v = yg_cursor_of(value.p, value.n);
        if (type == EXT_VERSIONS && value.n == 2)
            out->version = yg_cursor_be16(&v);
        else if (type == EXT_ALPN)
            out->alpn = first_protocol(value);
        else if (type == EXT_PSK)
            out->psk = true;
    }
    return yg_cursor_ok(&c) && yg_cursor_ok(&e);
}

bool yg_tls_cipher_weak(uint16_t cipher)
{
    /* IANA TLS parameters; ranges are first and last. */
    static const uint16_t range[][2] = {
        { 0x0000, 0x0006 }, { 0x0008, 0x0009 }, { 0x000b, 0x000c }, { 0x000e, 0x000f },
        { 0x0011, 0x0012 }, { 0x0014, 0x0015 }, { 0x0017, 0x001b }, { 0x001e, 0x001e },
        { 0x0020, 0x0020 }, { 0x0022, 0x0022 }, { 0x0024, 0x0024 }, { 0x0026, 0x002e },
        { 0x0034, 0x0034 }, { 0x003a, 0x003b }, { 0x0046, 0x0046 }, { 0x006c, 0x006d },
        { 0x0089, 0x008a }, { 0x008e, 0x008e }, { 0x0092, 0x0092 }, { 0x009b, 0x009b },
        { 0x00a6, 0x00a7 }, { 0x00b0, 0x00b1 }, { 0x00b4, 0x00b5 }, { 0x00b8, 0x00b9 },
        { 0xc001, 0xc002 }, { 0xc006, 0xc007 }, { 0xc00b, 0xc00c }, { 0xc010, 0xc011 },
        { 0xc015, 0xc019 }, { 0xc033, 0xc033 }, { 0xc039, 0xc03b },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(range); i++)
        if (cipher >= range[i][0] && cipher <= range[i][1])
            return true;
    return false;
}
