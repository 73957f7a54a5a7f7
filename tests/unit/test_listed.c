/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/listed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS (1U << YG_WATCH_ADDRESS)
#define DOMAIN  (1U << YG_WATCH_DOMAIN)

static struct yg_watchlist *list_of(const char *text)
{
    struct yg_watchlist *w;
    struct yg_err err;

    assert_int_equal(yg_watchlist_new(&w, &err), YG_OK);
    assert_int_equal(
        yg_watchlist_add(w, YG_WATCH_INTEL, "bad.txt", yg_str_of(text), &err), YG_OK);
    return w;
}

static void on_hit(void *arg, const struct yg_watch_hit *hit)
{
    const char **where = arg;

    *where = hit->where;
}

/* One conversation with one exchange, and where what is listed stood. */
static void test_packets(void **state)
{
    static const struct {
        const char *name, *entry;
        uint8_t app;
        const char *target, *host, *answer;
        unsigned bits;
        const char *where;
    } cases[] = {
        { "a name asked for", "evil.example", YG_APP_DNS, "a.evil.example", "", "",
          DOMAIN, "DNS question in its packets" },
        { "an address answered", "192.0.2.7", YG_APP_DNS, "x.example", "",
          "A 192.0.2.6, A 192.0.2.7", ADDRESS, "DNS answer in its packets" },
        { "a name answered", "evil.example", YG_APP_DNS, "x.example", "",
          "CNAME cdn.evil.example\nA 192.0.2.7", DOMAIN, "DNS answer in its packets" },
        { "an HTTP host", "evil.example", YG_APP_HTTP, "/", "evil.example:8080", "",
          DOMAIN, "HTTP host in its packets" },
        { "a TLS server name", "evil.example", YG_APP_TLS, "", "www.evil.example", "",
          DOMAIN, "TLS server name in its packets" },
        { "a path of HTTP is no name", "evil.example", YG_APP_HTTP, "evil.example",
          "x.test", "evil.example", 0, NULL },
        { "another protocol's host is none", "evil.example", YG_APP_KERBEROS, "",
          "evil.example", "", 0, NULL },
        { "the client", "10.0.0.1", YG_APP_NONE, "", "", "", ADDRESS,
          "client in its packets" },
        { "the server", "10.0.0.2", YG_APP_NONE, "", "", "", ADDRESS,
          "server in its packets" },
    };
    static struct yg_batch b;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        struct yg_watchlist *w = list_of(cases[i].entry);
        struct yg_exchange x = { .app = cases[i].app,
                                 .target = yg_str_of(cases[i].target),
                                 .host = yg_str_of(cases[i].host),
                                 .answer_body = yg_str_of(cases[i].answer) };
        struct yg_talk t = { .exchange = &x, .exchanges = 1 };
        struct yg_talk *talk[] = { &t };
        struct yg_analysis seen = { .talk = talk, .talks = 1, .main = 0 };
        struct yg_event e = { .time_ns = 0 };
        const char *where = NULL;
        memcpy(t.client, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", YG_IP_SIZE);
        memcpy(t.server, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\2", YG_IP_SIZE);
        unsigned bits = yg_listed(w, &b, &e, &seen, on_hit, &where);
        if (bits != cases[i].bits || (where != NULL) != (cases[i].where != NULL) ||
            (where && strcmp(where, cases[i].where) != 0))
            fail_msg("%s: %x, %s", cases[i].name, bits, where ? where : "nowhere");
        assert_int_equal(yg_listed(NULL, &b, &e, &seen, NULL, NULL), 0);
        seen.main = -1; /* not its own conversation */
        assert_int_equal(yg_listed(w, &b, &e, &seen, NULL, NULL), 0);
        assert_int_equal(yg_listed(w, &b, &e, NULL, NULL, NULL), 0);
        yg_watchlist_free(w);
    }
}

/* Lines for people: one a hit, whatever the bytes. */
static void test_lines(void **state)
{
    struct yg_watchlist *w = list_of("\n10.0.0.1 expires=2026-01-01\nevil.example\n");
    struct yg_batch *b = calloc(1, sizeof(*b));
    struct yg_event e = { .time_ns = 0 };
    struct yg_err err = { 0 };
    struct yg_buf out;

    (void)state;
    yg_buf_init(&out, 65536);
    assert_true(yg_event_set_ip(b, &e, YG_F_SOURCE_IP, YG_STR("10.0.0.1")));
    assert_true(yg_event_set_str(b, &e, YG_F_TLS_SNI, YG_STR("a\nb.evil.example")));
    assert_int_equal(yg_listed_lines(w, b, &e, YG_STR_NONE, &out, &err), YG_OK);
    assert_string_equal(
        yg_buf_cstr(&out),
        "intelligence: source.ip 10.0.0.1 (bad.txt, line 2, until "
        "2026-01-02T00:00:00.000000Z)\n"
        "intelligence: tls.client.server_name a?b.evil.example (bad.txt, line 3)\n");
    yg_buf_clear(&out);
    assert_int_equal(yg_listed_lines(NULL, b, &e, YG_STR_NONE, &out, &err), YG_OK);
    assert_int_equal(yg_buf_str(&out).n, 0);
    yg_buf_fini(&out);
    yg_watchlist_free(w);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets),
        cmocka_unit_test(test_lines),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
