/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/watchlist.h"

#include "base/clock.h"
#include "event/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define I YG_WATCH_INTEL
#define C YG_WATCH_CRITICAL

static int64_t at(const char *iso)
{
    int64_t ns;
    int used;

    assert_true(yg_time_iso(yg_str_of(iso), 0, &ns, &used));
    return ns;
}

static struct yg_watchlist *list_of(const char *intel, const char *critical)
{
    struct yg_watchlist *w;
    struct yg_err err;

    assert_int_equal(yg_watchlist_new(&w, &err), YG_OK);
    if (intel)
        assert_int_equal(yg_watchlist_add(w, I, "bad.txt", yg_str_of(intel), &err),
                         YG_OK);
    if (critical)
        assert_int_equal(yg_watchlist_add(w, C, "ours.txt", yg_str_of(critical), &err),
                         YG_OK);
    return w;
}

static struct yg_batch *batch(void)
{
    static struct yg_batch b;

    yg_batch_clear(&b, 0, 0);
    return &b;
}

/* What one field with this text hits at a time. */
static unsigned hits(const struct yg_watchlist *w, enum yg_field f, const char *text,
                     const char *when)
{
    struct yg_batch *b = batch();
    struct yg_event e = { .time_ns = at(when) };

    if (yg_field_info[f].type == YG_T_IP)
        assert_true(yg_event_set_ip(b, &e, f, yg_str_of(text)));
    else
        assert_true(yg_event_set_str(b, &e, f, yg_str_of(text)));
    return yg_watchlist_match(w, b, &e, NULL, NULL);
}

static void test_match(void **state)
{
    static const struct {
        const char *name, *entry;
        enum yg_field field;
        const char *text;
        bool hit;
    } cases[] = {
        { "an address", "192.0.2.7", YG_F_SOURCE_IP, "192.0.2.7", true },
        { "its neighbour", "192.0.2.7", YG_F_SOURCE_IP, "192.0.2.6", false },
        { "on the other side", "192.0.2.7", YG_F_DESTINATION_IP, "192.0.2.7", true },
        { "of the host", "192.0.2.7", YG_F_HOST_IP, "192.0.2.7", true },
        { "a network's first", "192.0.2.0/25", YG_F_SOURCE_IP, "192.0.2.0", true },
        { "a network's last", "192.0.2.0/25", YG_F_SOURCE_IP, "192.0.2.127", true },
        { "past a network", "192.0.2.0/25", YG_F_SOURCE_IP, "192.0.2.128", false },
        { "a length that is no multiple of 8", "10.32.0.0/11", YG_F_SOURCE_IP,
          "10.63.255.255", true },
        { "past it", "10.32.0.0/11", YG_F_SOURCE_IP, "10.64.0.0", false },
        { "all of IPv4", "0.0.0.0/0", YG_F_SOURCE_IP, "203.0.113.9", true },
        { "IPv4 is not in ::/0", "::/0", YG_F_SOURCE_IP, "203.0.113.9", false },
        { "IPv6 is", "::/0", YG_F_SOURCE_IP, "2001:db8::1", true },
        { "IPv6 is not in 0.0.0.0/0", "0.0.0.0/0", YG_F_SOURCE_IP, "2001:db8::1", false },
        { "an IPv6 network", "2001:db8::/32", YG_F_SOURCE_IP, "2001:db8:1::2", true },
        { "a mapped one", "::ffff:192.0.2.7", YG_F_SOURCE_IP, "192.0.2.7", true },
        { "a mapped network", "::ffff:192.0.2.0/120", YG_F_SOURCE_IP, "192.0.2.9", true },
        { "a domain", "evil.example", YG_F_DNS_QUESTION, "evil.example", true },
        { "in capitals", "EVIL.example", YG_F_TLS_SNI, "Evil.EXAMPLE", true },
        { "with the root's dot", "evil.example.", YG_F_URL_DOMAIN, "evil.example.",
          true },
        { "a subdomain", "evil.example", YG_F_DNS_QUESTION, "a.b.evil.example", true },
        { "a longer name", "evil.example", YG_F_DNS_QUESTION, "notevil.example", false },
        { "a parent", "evil.example", YG_F_DNS_QUESTION, "example", false },
        { "a star", "*.evil.example", YG_F_DNS_QUESTION, "a.evil.example", true },
        { "a whole top-level domain", ".zip", YG_F_DNS_QUESTION, "invoice.zip", true },
        { "a name with a port", "evil.example", YG_F_URL_DOMAIN, "evil.example:8080",
          true },
        { "an address as Host", "192.0.2.7", YG_F_URL_DOMAIN, "192.0.2.7:80", true },
        { "an IPv6 address as Host", "2001:db8::1", YG_F_URL_DOMAIN, "[2001:db8::1]:80",
          true },
        { "a bare IPv6 address keeps its end", "2001:db8::80", YG_F_URL_DOMAIN,
          "2001:db8::80", true },
        { "the host of a URL", "evil.example", YG_F_URL, "http://evil.example:81/a?b",
          true },
        { "behind a user", "evil.example", YG_F_URL, "https://u:p@evil.example", true },
        { "a path is no URL", "evil.example", YG_F_URL, "/x?u=http://evil.example",
          false },
        { "a host", "host:DC01", YG_F_HOST_NAME, "dc01", true },
        { "in its domain", "host:dc01", YG_F_HOST_NAME, "dc01.corp.example", true },
        { "with its domain", "host:dc01.corp.example", YG_F_HOST_NAME,
          "DC01.corp.example", true },
        { "of another domain", "host:dc01.corp.example", YG_F_HOST_NAME, "dc01.x.example",
          false },
        { "a host is no domain", "host:evil.example", YG_F_DNS_QUESTION, "evil.example",
          false },
        { "a host's domain", "corp.example", YG_F_HOST_NAME, "dc01.corp.example", true },
        { "an address as host's name", "192.0.2.7", YG_F_HOST_NAME, "192.0.2.7", true },
        { "SHA-256", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
          YG_F_FILE_SHA256,
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", true },
        { "another one",
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          YG_F_FILE_SHA256,
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b854", false },
        { "MD5 of a client hello", "d41d8cd98f00b204e9800998ecf8427e", YG_F_TLS_JA3,
          "d41d8cd98f00b204e9800998ecf8427e", true },
        { "MD5 of a file", "d41d8cd98f00b204e9800998ecf8427e", YG_F_FILE_MD5,
          "D41D8CD98F00B204E9800998ECF8427E", true },
        { "SHA-1 of a file", "da39a3ee5e6b4b0d3255bfef95601890afd80709", YG_F_FILE_SHA1,
          "da39a3ee5e6b4b0d3255bfef95601890afd80709", true },
        { "one of another length", "da39a3ee5e6b4b0d3255bfef95601890", YG_F_FILE_SHA1,
          "da39a3ee5e6b4b0d3255bfef95601890afd80709", false },
        { "the second of two files", "d41d8cd98f00b204e9800998ecf8427e", YG_F_FILE_MD5,
          "00000000000000000000000000000000,d41d8cd98f00b204e9800998ecf8427e", true },
        { "an address answered", "192.0.2.7", YG_F_DNS_ANSWER, "192.0.2.6,192.0.2.7",
          true },
        { "an IPv6 address answered", "2001:db8::/32", YG_F_DNS_ANSWER,
          "cdn.example,2001:db8::9", true },
        { "a name answered", "evil.example", YG_F_DNS_ANSWER,
          "type:  5 cdn.evil.example;::ffff:192.0.2.7;", true },
        { "a mapped address answered", "192.0.2.7", YG_F_DNS_ANSWER,
          "type:  5 cdn.evil.example;::ffff:192.0.2.7;", true },
        { "what was not answered", "evil.example", YG_F_DNS_ANSWER,
          "notevil.example, 192.0.2.7", false },
        { "behind NAT", "192.0.2.7", YG_F_NAT_DESTINATION_IP, "192.0.2.7", true },
        { "no hash", "d41d8cd98f00b204e9800998ecf8427e", YG_F_TLS_JA3, "d41d", false },
        { "a field that is not looked at", "evil.example", YG_F_MESSAGE, "evil.example",
          false },
        { "a note", "192.0.2.7 # seen here", YG_F_SOURCE_IP, "192.0.2.7", true },
        { "CR LF", "192.0.2.7\r\n", YG_F_SOURCE_IP, "192.0.2.7", true },
        { "a byte order mark",
          "\xef\xbb\xbf"
          "192.0.2.7\n",
          YG_F_SOURCE_IP, "192.0.2.7", true },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        struct yg_watchlist *w = list_of(cases[i].entry, NULL);
        unsigned got = hits(w, cases[i].field, cases[i].text, "2026-01-01T00:00:00Z");
        if (((got & I) != 0) != cases[i].hit || (got & C))
            fail_msg("%s: %u", cases[i].name, got);
        yg_watchlist_free(w);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *name, *text;
        int line, column;
        const char *says;
    } cases[] = {
        { "a word", "ok.example\nevil\n", 2, 1, "is no address, domain, hash" },
        { "no address", "10.0.0.300", 1, 1, "is no address, domain, hash" },
        { "bits behind the prefix", "10.0.0.5/8", 1, 1, "bits behind its prefix" },
        { "a prefix too long", "10.0.0.0/33", 1, 1, "from 0 to 32" },
        { "one of IPv6", "2001:db8::/129", 1, 1, "from 0 to 128" },
        { "no prefix", "10.0.0.0/", 1, 1, "no prefix length" },
        { "a URL", "http://evil.example/", 1, 1, "is no address" },
        { "a port", "evil.example:80", 1, 1, "is no address" },
        { "a zone", "fe80::1%eth0", 1, 1, "is no address" },
        { "two entries", "10.0.0.1 10.0.0.2", 1, 10, "only expires=DATE" },
        { "a comma", "10.0.0.1,10.0.0.2", 1, 1, "is no address" },
        { "an international name",
          "b\xc3\xbc"
          "cher.example",
          1, 1, "xn--" },
        { "no date", "10.0.0.1 expires=soon", 1, 10, "is no date" },
        { "no such day", "10.0.0.1 expires=2026-02-30", 1, 10, "is no date" },
        { "no host", "host:", 1, 1, "names no host" },
        { "a hash too short", "d41d8cd98f00b204e9800998ecf8427", 1, 1, "is no address" },
        { "a label too long",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
          1, 1, "is no address" },
        { "empty labels", "evil..example", 1, 1, "is no address" },
        { "control characters", "10.0.0.1\x01", 1, 1, "control characters" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        struct yg_watchlist *w = list_of("203.0.113.1\n", NULL);
        struct yg_err err = { 0 };
        enum yg_status st =
            yg_watchlist_add(w, I, "x.txt", yg_str_of(cases[i].text), &err);
        struct yg_watchlist_stats s = yg_watchlist_stats(w, I, 0);
        if (st != YG_EFORMAT || err.line != cases[i].line ||
            err.column != cases[i].column || !strstr(err.msg, cases[i].says))
            fail_msg("%s: %d, %d:%d %s", cases[i].name, st, err.line, err.column,
                     err.msg);
        assert_string_equal(err.path, "x.txt");
        /* Nothing of it stays, the lines before the bad one neither. */
        assert_int_equal(s.entries, 1);
        assert_int_equal(s.files, 1);
        assert_int_equal(hits(w, YG_F_DNS_QUESTION, "ok.example", "2026-01-01T00:00:00Z"),
                         0);
        yg_watchlist_free(w);
    }
}

static void test_expiry(void **state)
{
    static const struct {
        const char *name, *entry, *when;
        bool hit;
    } cases[] = {
        { "before", "192.0.2.7 expires=2026-03-31", "2026-03-01T00:00:00Z", true },
        { "on the day", "192.0.2.7 expires=2026-03-31", "2026-03-31T23:59:59Z", true },
        { "the day after", "192.0.2.7 expires=2026-03-31", "2026-04-01T00:00:00Z",
          false },
        { "an hour", "192.0.2.7 expires=2026-03-31T12:00:00Z", "2026-03-31T11:59:59Z",
          true },
        { "the hour itself", "192.0.2.7 expires=2026-03-31T12:00:00Z",
          "2026-03-31T12:00:00Z", false },
        { "another zone", "192.0.2.7 expires=2026-03-31T12:00:00+09:00",
          "2026-03-31T03:00:00Z", false },
        { "the later of two lines",
          "192.0.2.7 expires=2026-04-30\n192.0.2.7 "
          "expires=2026-03-31",
          "2026-04-15T00:00:00Z", true },
        { "in the other order",
          "192.0.2.7 expires=2026-03-31\n192.0.2.7 "
          "expires=2026-04-30",
          "2026-04-15T00:00:00Z", true },
        { "a line without a date is for ever", "192.0.2.7\n192.0.2.7 expires=2026-03-31",
          "2036-04-15T00:00:00Z", true },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        struct yg_watchlist *w = list_of(cases[i].entry, NULL);
        unsigned got = hits(w, YG_F_SOURCE_IP, "192.0.2.7", cases[i].when);
        if (((got & I) != 0) != cases[i].hit || (got & C))
            fail_msg("%s: %u", cases[i].name, got);
        yg_watchlist_free(w);
    }
}

struct seen {
    unsigned n, what;
    struct yg_watch_hit last;
    char value[64];
};

static void on_hit(void *arg, const struct yg_watch_hit *hit)
{
    struct seen *s = arg;

    s->n++;
    s->what |= hit->what;
    s->last = *hit;
    assert_true(hit->value.n < sizeof(s->value));
    memcpy(s->value, hit->value.p, hit->value.n);
    s->value[hit->value.n] = '\0';
}

/* Both kinds of list, several fields, and who is told what. */
static void test_hits_named(void **state)
{
    struct yg_watchlist *w =
        list_of("# notes\n\n192.0.2.0/24 expires=2026-03-31\nevil.example\n",
                "192.0.2.7\nhost:dc01\n");
    struct yg_batch *b = batch();
    struct yg_event e = { .time_ns = at("2026-03-01T00:00:00Z") };
    struct seen s = { 0 };

    (void)state;
    assert_true(yg_event_set_ip(b, &e, YG_F_SOURCE_IP, YG_STR("192.0.2.7")));
    assert_true(yg_event_set_str(b, &e, YG_F_TLS_SNI, YG_STR("x.evil.example")));
    assert_int_equal(yg_watchlist_match(w, b, &e, on_hit, &s),
                     1 << YG_WATCH_ADDRESS | 1 << YG_WATCH_DOMAIN |
                         16 << YG_WATCH_ADDRESS);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.what, I | C);
    assert_string_equal(s.last.where, "tls.client.server_name");
    assert_string_equal(s.last.path, "bad.txt");
    assert_int_equal(s.last.line, 4);
    assert_string_equal(s.value, "x.evil.example");
    assert_true(s.last.expires_ns == INT64_MAX);

    struct yg_event source = { .time_ns = at("2026-06-01T00:00:00Z") };
    memset(&s, 0, sizeof(s));
    assert_true(yg_event_set_ip(b, &source, YG_F_SOURCE_IP, YG_STR("192.0.2.7")));
    assert_int_equal(yg_watchlist_match(w, b, &source, on_hit, &s),
                     16 << YG_WATCH_ADDRESS);
    assert_int_equal(s.n, 1);
    assert_string_equal(s.last.path, "ours.txt");
    assert_int_equal(s.last.line, 1);
    assert_string_equal(s.value, "192.0.2.7");
    yg_watchlist_free(w);
}

static void test_stats(void **state)
{
    struct yg_watchlist *w = list_of("192.0.2.0/24 expires=2026-03-31\n192.0.2.0/24\n"
                                     "10.0.0.1 expires=2026-03-31\n10.0.0.1/32\n"
                                     "10.0.0.2 expires=2026-03-31\nevil.example\n",
                                     "10.0.0.1\n");
    int64_t now = at("2026-04-01T00:00:00Z");
    struct yg_watchlist_stats i = yg_watchlist_stats(w, I, now);
    struct yg_watchlist_stats c = yg_watchlist_stats(w, C, now);
    unsigned char one[YG_DIGEST_SIZE], two[YG_DIGEST_SIZE];
    struct yg_err err;

    (void)state;
    assert_int_equal(i.entries, 4);
    assert_int_equal(i.networks, 1);
    assert_int_equal(i.expired, 1);
    assert_int_equal(i.files, 1);
    assert_int_equal(c.entries, 1);
    assert_int_equal(c.expired, 0);
    yg_watchlist_digest(w, one);
    assert_int_equal(yg_watchlist_add(w, C, "x", YG_STR("10.0.0.3"), &err), YG_OK);
    yg_watchlist_digest(w, two);
    assert_memory_not_equal(one, two, sizeof(one));
    assert_int_equal(yg_watchlist_stats(w, C, now).files, 2);
    yg_watchlist_free(w);
}

/* Bytes from outside: a name of any length and any bytes is looked up. */
static void test_hostile_names(void **state)
{
    struct yg_watchlist *w = list_of("evil.example\n192.0.2.7\nhost:x\n", NULL);
    static char name[5000];
    struct yg_watch_ask ask = { .list = w, .where = "x" };

    (void)state;
    memset(name, 'a', sizeof(name));
    for (size_t i = 3; i < sizeof(name); i += 2)
        name[i] = '.';
    memcpy(name + sizeof(name) - 13, ".evil.example", 13);
    assert_int_equal(yg_watchlist_name(&ask, (struct yg_str){ name, sizeof(name) }),
                     1 << YG_WATCH_DOMAIN);
    memset(name, '.', sizeof(name));
    assert_int_equal(yg_watchlist_name(&ask, (struct yg_str){ name, sizeof(name) }), 0);
    assert_int_equal(yg_watchlist_name(&ask, YG_STR("")), 0);
    assert_int_equal(yg_watchlist_name(&ask, YG_STR(":80")), 0);
    assert_int_equal(yg_watchlist_name(&ask, YG_STR("[]")), 0);
    assert_int_equal(yg_watchlist_name(&ask, YG_STR("[")), 0);
    assert_int_equal(yg_watchlist_name(&ask, YG_STR("a\0b.evil.example")),
                     1 << YG_WATCH_DOMAIN);
    yg_watchlist_free(w);
}

static void test_none(void **state)
{
    struct yg_watchlist *w = list_of(NULL, NULL);

    (void)state;
    assert_int_equal(hits(NULL, YG_F_SOURCE_IP, "192.0.2.7", "2026-01-01T00:00:00Z"), 0);
    assert_int_equal(hits(w, YG_F_SOURCE_IP, "192.0.2.7", "2026-01-01T00:00:00Z"), 0);
    yg_watchlist_free(w);
    yg_watchlist_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_expiry), cmocka_unit_test(test_hits_named),
        cmocka_unit_test(test_stats),  cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_none),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
