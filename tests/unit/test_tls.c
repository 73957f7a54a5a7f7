/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/tls.h"

#include "bytes_util.h"
#include "packet/tlshello.h"
#include "packet/x509.h"
#include "talk_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARENA ((size_t)16 << 20)

static struct yg_str extension(struct yg_arena *a, uint16_t type, struct yg_str value)
{
    return B_CAT(a, b_num(a, 2, type), b_len(a, 2, value));
}

/* What a client hello is made of. */
struct shape {
    uint16_t version;
    struct yg_str ciphers, extensions; /* without their lengths */
    const char *session;
};

static struct yg_str client_hello(struct yg_arena *a, const struct shape *s)
{
    struct yg_str head =
        B_CAT(a, b_num(a, 2, s->version), YG_STR("01234567890123456789012345678901"),
              b_len(a, 1, yg_str_of(s->session ? s->session : "")),
              b_len(a, 2, s->ciphers), YG_STR("\x01\x00"));

    return s->extensions.p ? B_CAT(a, head, b_len(a, 2, s->extensions)) : head;
}

static struct yg_str message(struct yg_arena *a, uint8_t type, struct yg_str body)
{
    return B_CAT(a, b_num(a, 1, type), b_len(a, 3, body));
}

static struct yg_str record(struct yg_arena *a, uint8_t type, struct yg_str body)
{
    return B_CAT(a, b_num(a, 1, type), b_num(a, 2, 0x0301), b_len(a, 2, body));
}

static struct yg_str name_extension(struct yg_arena *a, const char *host)
{
    return extension(
        a, 0,
        b_len(a, 2, B_CAT(a, YG_STR_NONE, b_num(a, 1, 0), b_len(a, 2, yg_str_of(host)))));
}

static struct yg_str alpn_extension(struct yg_arena *a, struct yg_str name)
{
    return extension(a, 16, b_len(a, 2, b_len(a, 1, name)));
}

/* The example in the text that describes JA3. */
static void ja3_of_its_text(void **state)
{
    static const uint16_t cipher[] = { 47,    53,    5,  10, 49161, 49162,
                                       49171, 49172, 50, 56, 19,    4 };
    static const uint16_t group[] = { 23, 24, 25 };
    struct yg_arena a;
    struct yg_hello h = { .version = 0 };
    struct yg_str session;

    (void)state;
    yg_arena_init(&a, ARENA);
    struct shape s = { .version = 769, .ciphers = b_list16(&a, cipher, 12) };
    s.extensions = B_CAT(&a, name_extension(&a, "a.example"),
                         extension(&a, 10, b_len(&a, 2, b_list16(&a, group, 3))),
                         extension(&a, 11, YG_STR("\x01\x00")));
    assert_true(yg_client_hello_read(client_hello(&a, &s), &h, &session));
    assert_string_equal(h.ja3, "ada70206e40642a3e4461f35503241d5");
    assert_int_equal(h.version, 769);
    assert_true(yg_str_eq(h.sni, YG_STR("a.example")));
    assert_memory_equal(h.ja4, "t10d120300_", 11);
    yg_arena_fini(&a);
}

/* The example in the text that describes JA4: random values are in it and left out. */
static void ja4_of_its_text(void **state)
{
    static const uint16_t cipher[] = { 0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                                       0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                                       0x009c, 0x009d, 0x002f, 0x0035 };
    static const uint16_t plain[] = { 0x001b, 0x0033, 0x4469, 0x0017, 0x002d,
                                      0x0005, 0x0023, 0x0012, 0xff01, 0x0015 };
    static const uint16_t group[] = { 0x2a2a, 29, 23 };
    static const uint16_t signature[] = { 0x0403, 0x0804, 0x0401, 0x0503,
                                          0x0805, 0x0501, 0x0806, 0x0601 };
    static const uint16_t version[] = { 0xfafa, 0x0304, 0x0303 };
    struct yg_arena a;
    struct yg_hello h = { .version = 0 };
    struct yg_str session;

    (void)state;
    yg_arena_init(&a, ARENA);
    struct shape s = { .version = 771, .ciphers = b_list16(&a, cipher, 16) };
    s.extensions =
        B_CAT(&a, extension(&a, 0x3a3a, YG_STR_NONE), name_extension(&a, "b.example"),
              alpn_extension(&a, YG_STR("h2")),
              extension(&a, 10, b_len(&a, 2, b_list16(&a, group, 3))),
              extension(&a, 11, YG_STR("\x01\x00")),
              extension(&a, 13, b_len(&a, 2, b_list16(&a, signature, 8))),
              extension(&a, 43, b_len(&a, 1, b_list16(&a, version, 3))));
    for (size_t i = 0; i < YG_ARRAY_LEN(plain); i++)
        s.extensions = B_CAT(&a, s.extensions, extension(&a, plain[i], YG_STR_NONE));
    s.extensions = B_CAT(&a, s.extensions, extension(&a, 0x8a8a, YG_STR("x")));
    assert_true(yg_client_hello_read(client_hello(&a, &s), &h, &session));
    assert_string_equal(h.ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    assert_int_equal(h.version, 0x0304);
    assert_true(yg_str_eq(h.alpn, YG_STR("h2")));
    yg_arena_fini(&a);
}

static void ja4_marks(void **state)
{
    static const struct {
        const char *what;
        uint16_t version;
        struct yg_str alpn;
        bool named;
        const char *ja4; /* its first part */
    } row[] = {
        { "nothing", 0x0303, { NULL, 0 }, false, "t12i020000_" },
        { "SSL 3", 0x0300, { NULL, 0 }, false, "ts3i020000_" },
        { "unknown version", 0x7f12, { NULL, 0 }, true, "t00d020100_" },
        { "one letter", 0x0302, { "h", 1 }, false, "t11i0201hh_" },
        { "http/1.1", 0x0301, { "http/1.1", 8 }, true, "t10d0202h1_" },
        { "not letters: hex", 0x0303, { "\xab\xcd", 2 }, true, "t12d0202ad_" },
        { "half a letter: hex", 0x0303, { "0\xab", 2 }, true, "t12d02023b_" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_arena a;
        struct yg_hello h = { .version = 0 };
        struct yg_str session;
        yg_arena_init(&a, ARENA);
        struct shape s = { .version = row[i].version,
                           .ciphers = YG_STR("\x13\x01\x13\x02"),
                           .extensions = YG_STR("") };
        if (row[i].named)
            s.extensions = name_extension(&a, "x");
        if (row[i].alpn.n)
            s.extensions = B_CAT(&a, s.extensions, alpn_extension(&a, row[i].alpn));
        assert_true(yg_client_hello_read(client_hello(&a, &s), &h, &session));
        print_message("# %s: %s\n", row[i].what, h.ja4);
        assert_memory_equal(h.ja4, row[i].ja4, strlen(row[i].ja4));
        assert_int_equal(strlen(h.ja4), 36);
        if (!row[i].named && !row[i].alpn.n)
            assert_string_equal(h.ja4 + 24, "000000000000");
        yg_arena_fini(&a);
    }
}

static struct yg_str attribute(struct yg_arena *a, const char *oid, uint8_t tag,
                               struct yg_str v)
{
    return b_der(a, 0x31,
                 b_der(a, 0x30, B_CAT(a, b_der(a, 6, yg_str_of(oid)), b_der(a, tag, v))));
}

static struct yg_str certificate(struct yg_arena *a, bool self)
{
    struct yg_str issuer =
        b_der(a, 0x30,
              B_CAT(a, attribute(a, "\x55\x04\x06", 0x13, YG_STR("DE")),
                    attribute(a, "\x55\x04\x03", 0x1e, YG_STR("\0C\0A\x30\x42"))));
    struct yg_str subject =
        b_der(a, 0x30,
              B_CAT(a, attribute(a, "\x55\x04\x0a", 0x0c, YG_STR("A\nB")),
                    attribute(a, "\x55\x04\x03", 0x0c, YG_STR("w.example"))));
    struct yg_str validity = b_der(a, 0x30,
                                   B_CAT(a, b_der(a, 0x17, YG_STR("700101000001Z")),
                                         b_der(a, 0x18, YG_STR("20500102030405Z"))));
    struct yg_str names =
        b_der(a, 0x30,
              B_CAT(a, b_der(a, 0x82, YG_STR("w.example")),
                    b_der(a, 0x87, YG_STR("\x7f\0\0\x01")), b_der(a, 0x82, YG_STR("v"))));
    struct yg_str extensions = b_der(
        a, 0xa3,
        b_der(a, 0x30,
              b_der(a, 0x30,
                    B_CAT(a, b_der(a, 6, YG_STR("\x55\x1d\x11")), b_der(a, 4, names)))));
    struct yg_str tbs =
        B_CAT(a, b_der(a, 0xa0, YG_STR("\x02\x01\x02")), YG_STR("\x02\x01\x05\x30\x00"),
              self ? subject : issuer, validity, subject, YG_STR("\x30\x00"), extensions);

    return b_der(a, 0x30, B_CAT(a, b_der(a, 0x30, tbs), YG_STR("\x30\x00\x03\x01\x00")));
}

static void certificates(void **state)
{
    struct yg_arena a;
    struct yg_x509 x;

    (void)state;
    yg_arena_init(&a, ARENA);
    assert_true(yg_x509_read(certificate(&a, false), &a, &x));
    assert_true(yg_str_eq(x.issuer, YG_STR("C=DE, CN=CA?")));
    assert_true(yg_str_eq(x.subject, YG_STR("O=A?B, CN=w.example")));
    assert_true(yg_str_eq(x.names, YG_STR("w.example, v")));
    assert_int_equal(x.not_before, 1);
    assert_int_equal(x.not_after, 2524705445);
    assert_false(x.self_signed);
    assert_true(yg_x509_read(certificate(&a, true), &a, &x));
    assert_true(x.self_signed);
    struct yg_str whole = certificate(&a, false);
    for (size_t n = 0; n < whole.n; n++) { /* cut anywhere: no read past the end */
        struct yg_str cut = { malloc(n + 1), n };
        memcpy((char *)(uintptr_t)cut.p, whole.p, n);
        (void)yg_x509_read(cut, &a, &x);
        free((void *)(uintptr_t)cut.p);
    }
    yg_arena_fini(&a);
}

static struct yg_str server_hello(struct yg_arena *a, uint16_t version, uint16_t cipher,
                                  const char *session)
{
    return B_CAT(a, b_num(a, 2, version), YG_STR("01234567890123456789012345678901"),
                 b_len(a, 1, yg_str_of(session)), b_num(a, 2, cipher), YG_STR("\0"));
}

struct parts {
    struct yg_str hello, server, chain, change, data, finished;
};

static void parts_make(struct yg_arena *a, struct parts *p)
{
    static const uint16_t cipher[] = { 0xc02f, 5 };
    struct shape s = { .version = 0x0303,
                       .ciphers = b_list16(a, cipher, 2),
                       .extensions = name_extension(a, "w.example"),
                       .session = "abcd" };
    struct yg_str one = b_len(a, 3, certificate(a, true));

    p->hello = message(a, 1, client_hello(a, &s));
    p->server = message(a, 2, server_hello(a, 0x0303, 0xc02f, "wxyz"));
    p->chain = message(a, 11, b_len(a, 3, B_CAT(a, one, one)));
    p->change = record(a, 20, YG_STR("\x01"));
    p->finished = record(a, 22, YG_STR("\x93\x11\x12\x13-encrypted"));
    p->data = record(a, 23, YG_STR("secret"));
}

static void whole_handshake(void **state)
{
    struct yg_arena a;
    struct parts p;
    struct talk_util u;

    (void)state;
    yg_arena_init(&a, ARENA);
    parts_make(&a, &p);
    /* The server's messages in records that end inside of them. */
    struct yg_str all = B_CAT(&a, p.server, p.chain, message(&a, 14, YG_STR("")));
    struct yg_str answer = YG_STR_NONE;
    for (size_t at = 0; at < all.n; at += 50)
        answer = B_CAT(
            &a, answer,
            record(&a, 22,
                   (struct yg_str){ all.p + at, all.n - at < 50 ? all.n - at : 50 }));
    struct yg_talk *t = talk_two(
        &u, 443, B_CAT(&a, record(&a, 22, p.hello), p.change, p.finished, p.data),
        B_CAT(&a, answer, p.change, p.finished, p.data, p.data));
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->app, YG_APP_TLS);
    assert_int_equal(t->exchanges, 1);
    assert_int_equal(t->anomalies, 0);
    const struct yg_exchange *x = &t->exchange[0];
    assert_int_equal(x->answer, YG_ANSWER_OK);
    assert_int_equal(x->flags, YG_XF_ENCRYPTED | YG_XF_SELF);
    assert_int_equal(x->status, -1);
    assert_int_equal(x->answer_size, 12);
    assert_int_equal(x->ask_len, p.hello.n + 5);
    assert_true(yg_str_eq(x->target, YG_STR("w.example")));
    assert_int_equal(x->answer_len, 50 + 5); /* the server hello is 47 bytes */
    const struct yg_hello *h = t->hello;
    assert_int_equal(h->chosen, 0x0303);
    assert_int_equal(h->cipher, 0xc02f);
    assert_int_equal(h->certificates, 2);
    assert_true(h->finished && h->self_signed);
    assert_false(h->resumed || h->client_certificate);
    assert_true(yg_str_eq(h->subject, YG_STR("O=A?B, CN=w.example")));
    talk_fini(&u);
    yg_arena_fini(&a);
}

static struct yg_str letter(struct yg_arena *a, const struct parts *p, char c)
{
    switch (c) {
    case 'h':
        return record(a, 22, p->hello);
    case 's':
        return record(a, 22, p->server);
    case 'r':
        return record(a, 22, message(a, 2, server_hello(a, 0x0303, 5, "q")));
    case 'c':
        return record(a, 22, p->chain);
    case 'T':
        return p->change;
    case 'f':
        return p->finished;
    case 'd':
        return p->data;
    case 'A':
        return record(a, 21, YG_STR("\x02\x28"));
    case 'w':
        return record(a, 21, YG_STR("\x01\x70"));
    default:
        return YG_STR_NONE;
    }
}

/* Records by letters; \x01 cuts off the end. */
static struct yg_str said(struct yg_arena *a, const struct parts *p, const char *letters)
{
    struct yg_str all = YG_STR_NONE;

    for (; *letters; letters++) {
        all = B_CAT(a, all, letter(a, p, *letters));
        if (*letters == '\x01')
            all.n -= 30;
    }
    return all;
}

/* What becomes of the handshake, from what each side sends. */
static void ends(void **state)
{
    static const struct {
        const char *what, *ask, *answer; /* letters: see below */
        enum yg_answer want;
        int status;
        uint32_t flags;
    } row[] = {
        { "no answer", "h", "", YG_ANSWER_NONE, -1, 0 },
        { "refused", "h", "A", YG_ANSWER_REFUSED, 40, 0 },
        { "warned", "h", "wscTd", YG_ANSWER_OK, -1, 0xc0 },
        { "client leaves", "hA", "sc", YG_ANSWER_ERROR, 40, YG_XF_SELF },
        { "unfinished", "h", "sc", YG_ANSWER_MORE, -1, YG_XF_SELF },
        { "server only", "", "sc", YG_ANSWER_MORE, -1, YG_XF_SELF | YG_XF_CUT },
        { "met midway", "dd", "dd", YG_ANSWER_OPAQUE, -1, 0x180 },
        { "weak cipher", "h", "rTf", YG_ANSWER_OK, -1, YG_XF_WEAK | YG_XF_ENCRYPTED },
        { "client hello is cut", "h\x01", "", YG_ANSWER_NONE, -1, YG_XF_CUT },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_arena a;
        struct parts p;
        struct talk_util u;
        struct yg_str side[2];
        yg_arena_init(&a, ARENA);
        parts_make(&a, &p);
        side[0] = said(&a, &p, row[i].ask);
        side[1] = said(&a, &p, row[i].answer);
        struct yg_talk *t = talk_two(&u, 4433, side[0], side[1]);
        print_message("# %s\n", row[i].what);
        yg_app_parse(t, &u.arena);
        assert_int_equal(t->app, YG_APP_TLS);
        assert_int_equal(t->exchanges, 1);
        assert_int_equal(t->exchange[0].answer, row[i].want);
        assert_int_equal(t->exchange[0].status, row[i].status);
        assert_int_equal(t->exchange[0].flags, row[i].flags);
        talk_fini(&u);
        yg_arena_fini(&a);
    }
}

/* Sessions that are known from before, and versions that an extension states. */
static void resumed_and_13(void **state)
{
    static const uint16_t cipher[] = { 0x1301 };
    struct yg_arena a;
    struct talk_util u;
    struct parts p;

    (void)state;
    yg_arena_init(&a, ARENA);
    parts_make(&a, &p);
    struct yg_str again = message(&a, 2, server_hello(&a, 0x0303, 0xc02f, "abcd"));
    struct yg_talk *t = talk_two(&u, 443, record(&a, 22, p.hello),
                                 B_CAT(&a, record(&a, 22, again), p.change));
    yg_app_parse(t, &u.arena);
    assert_true(t->hello->resumed);
    talk_fini(&u);

    struct shape s = { .version = 0x0303, .ciphers = b_list16(&a, cipher, 1) };
    s.extensions = extension(&a, 43, YG_STR("\x04\x03\x04\x03\x03"));
    struct yg_str hello = record(&a, 22, message(&a, 1, client_hello(&a, &s)));
    struct yg_str chosen = B_CAT(&a, extension(&a, 43, YG_STR("\x03\x04")),
                                 extension(&a, 41, YG_STR("\0\0")));
    struct yg_str body =
        B_CAT(&a, server_hello(&a, 0x0303, 0x1301, ""), b_len(&a, 2, chosen));
    t = talk_two(&u, 443, B_CAT(&a, hello, p.change, p.data),
                 B_CAT(&a, record(&a, 22, message(&a, 2, body)), p.change, p.data));
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->hello->version, 0x0304);
    assert_int_equal(t->hello->chosen, 0x0304);
    assert_true(t->hello->resumed && t->hello->finished);
    assert_int_equal(t->exchange[0].answer, YG_ANSWER_OK);
    talk_fini(&u);
    yg_arena_fini(&a);
}

static void old_hello(void **state)
{
    static const struct {
        const char *what;
        struct yg_str hello;
        bool tls;
    } row[] = {
        { "SSLv2",
          { "\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x07\x00\xc0"
            "0123456789abcdef",
            30 },
          true },
        { "SSLv3 in SSLv2",
          { "\x80\x1c\x01\x03\x00\x00\x03\x00\x00\x00\x10\x07\x00\xc0"
            "0123456789abcdef",
            30 },
          true },
        { "lengths that do not add up",
          { "\x80\x1c\x01\x00\x02\x00\x06\x00\x00\x00\x10\x07\x00\xc0"
            "0123456789abcdef",
            30 },
          false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct talk_util u;
        struct yg_talk *t = talk_two(&u, 443, row[i].hello, YG_STR_NONE);
        print_message("# %s\n", row[i].what);
        assert_int_equal(yg_tls_probe(t), row[i].tls);
        if (row[i].tls) {
            yg_app_parse(t, &u.arena);
            assert_int_equal(t->hello->version, i == 0 ? YG_TLS_SSL2 : YG_TLS_SSL3);
            assert_int_equal(t->exchange[0].flags, YG_XF_WEAK);
            assert_string_equal(t->hello->ja3, "");
        }
        talk_fini(&u);
    }
}

static void what_is_tls(void **state)
{
    static const struct {
        const char *what;
        struct yg_str ask, answer;
        bool tls;
    } row[] = {
        { "HTTP", { "GET / HTTP/1.1\r\n\r\n", 18 }, { NULL, 0 }, false },
        { "five bytes of data", { "\x17\x03\x03\x00\x40zz", 7 }, { NULL, 0 }, false },
        { "a whole record", { "\x17\x03\x03\x00\x02zz", 7 }, { NULL, 0 }, true },
        { "two",
          { "\x17\x03\x03\x00\x01z\x17\x03\x03\x10\x00z", 12 },
          { NULL, 0 },
          true },
        { "other version",
          { "\x16\x02\x00\x00\x04\x01\x00\x00\x00", 9 },
          { NULL, 0 },
          false },
        { "length zero",
          { "\x16\x03\x01\x00\x00\x01\x00\x00\x00", 9 },
          { NULL, 0 },
          false },
        { "length too large",
          { "\x16\x03\x01\x48\x01\x01\x00\x00\x00", 9 },
          { NULL, 0 },
          false },
        { "server's alert only",
          { NULL, 0 },
          { "\x15\x03\x01\x00\x02\x02\x46", 7 },
          true },
        { "nothing", { NULL, 0 }, { NULL, 0 }, false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct talk_util u;
        struct yg_talk *t = talk_two(&u, 443, row[i].ask, row[i].answer);
        print_message("# %s\n", row[i].what);
        assert_int_equal(yg_tls_probe(t), row[i].tls);
        talk_fini(&u);
    }
}

/* The tracker may have taken the server for the client. */
static void sides_swapped(void **state)
{
    struct yg_arena a;
    struct parts p;
    struct talk_util u;

    (void)state;
    yg_arena_init(&a, ARENA);
    parts_make(&a, &p);
    struct yg_talk *t =
        talk_two(&u, 50000, record(&a, 22, p.server), record(&a, 22, p.hello));
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->exchange[0].asker, YG_TO_CLIENT);
    assert_true(yg_str_eq(t->exchange[0].target, YG_STR("w.example")));
    assert_int_equal(t->hello->chosen, 0x0303);
    talk_fini(&u);
    yg_arena_fini(&a);
}

/* A capture that keeps 80 bytes of each packet: records behind the holes are found. */
static void cut_capture(void **state)
{
    struct yg_arena a;
    struct parts p;
    struct talk_util u;
    size_t lost = 0;

    (void)state;
    yg_arena_init(&a, ARENA);
    parts_make(&a, &p);
    struct yg_str first = B_CAT(&a, record(&a, 22, p.server), record(&a, 22, p.chain));
    struct yg_str then = B_CAT(&a, p.change, p.finished, p.data);
    talk_init(&u, YG_IP_TCP, 443);
    talk_add(&u, YG_TO_SERVER, record(&a, 22, p.hello).p, p.hello.n + 5, 0);
    talk_add(&u, YG_TO_SERVER, then.p, then.n, 0);
    for (size_t at = 0; at < first.n; at += 120) {
        size_t wire = first.n - at < 120 ? first.n - at : 120, n = wire < 80 ? wire : 80;
        talk_add(&u, YG_TO_CLIENT, first.p + at, n, 0);
        u.segment[1][u.talk.side[1].segments - 1].wire = (uint32_t)wire;
        lost += wire - n;
    }
    talk_add(&u, YG_TO_CLIENT, then.p, then.n, 0);
    struct yg_talk *t = talk_done(&u);
    t->side[1].gap_bytes = lost;
    yg_app_parse(t, &u.arena);
    assert_true(lost > 100);
    assert_int_equal(t->exchange[0].answer, YG_ANSWER_OK);
    assert_true(t->hello->finished);
    assert_int_equal(t->hello->certificates, 1);
    assert_int_equal(t->anomalies, 0);
    talk_fini(&u);

    /* The same without a word of holes is broken. */
    t = talk_two(&u, 443, record(&a, 22, p.hello),
                 B_CAT(&a, record(&a, 22, p.server), YG_STR("garbage")));
    yg_app_parse(t, &u.arena);
    assert_true(t->anomalies & YG_ANOMALY_BIT(YG_A_TLS_ODD));
    assert_int_equal(t->exchange[0].answer, YG_ANSWER_MORE);
    talk_fini(&u);
    yg_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ja3_of_its_text), cmocka_unit_test(ja4_of_its_text),
        cmocka_unit_test(ja4_marks),       cmocka_unit_test(certificates),
        cmocka_unit_test(whole_handshake), cmocka_unit_test(ends),
        cmocka_unit_test(resumed_and_13),  cmocka_unit_test(old_hello),
        cmocka_unit_test(what_is_tls),     cmocka_unit_test(sides_swapped),
        cmocka_unit_test(cut_capture),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
