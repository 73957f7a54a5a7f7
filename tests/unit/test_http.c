/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "talk_util.h"

#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What was understood, as one line of text: for each exchange
 *   VERB target @host "body" > status answer "answer body" FLAGS;
 * and the anomalies behind "!". Empty parts are left out. */
static void show(const struct yg_talk *t, struct yg_buf *b)
{
    static const char *const answer[] = { "none",    "ok",    "more",  "refused",
                                          "missing", "error", "opaque" };
    static const char *const flag[] = { "LOGIN",    "EXEC", "ADMIN", "UPLOAD",
                                        "DOWNLOAD", "WEAK", "SELF",  "ENCRYPTED",
                                        "CUT",      "LIST" };

    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        yg_buf_printf(b, "%s%.*s %.*s", i ? "; " : "", YG_STR_ARG(x->verb),
                      YG_STR_ARG(x->target));
        if (x->host.n)
            yg_buf_printf(b, " @%.*s", YG_STR_ARG(x->host));
        if (x->body.n)
            yg_buf_printf(b, " \"%.*s\"", YG_STR_ARG(x->body));
        if (x->answer != YG_ANSWER_NONE)
            yg_buf_printf(b, " > %d %s", x->status, answer[x->answer]);
        if (x->answer_body.n)
            yg_buf_printf(b, " \"%.*s\"", YG_STR_ARG(x->answer_body));
        for (unsigned f = 0; f < YG_ARRAY_LEN(flag); f++)
            if (x->flags & 1U << f)
                yg_buf_printf(b, " %s", flag[f]);
    }
    for (unsigned a = 0; a < YG_ANOMALY_COUNT; a++)
        if (t->anomalies & YG_ANOMALY_BIT(a))
            yg_buf_printf(b, " !%s", yg_anomaly_info[a].name);
}

static void check(const char *what, struct yg_talk *t, struct yg_arena *arena,
                  const char *expect)
{
    struct yg_buf b;

    yg_buf_init(&b, 1 << 20);
    t->app = YG_APP_HTTP;
    if (yg_http_probe(t))
        yg_http_parse(t, arena);
    else
        yg_buf_printf(&b, "not http");
    show(t, &b);
    if (strcmp(yg_buf_cstr(&b), expect) != 0)
        print_message("# %s\n# is:   %s\n# want: %s\n", what, yg_buf_cstr(&b), expect);
    assert_string_equal(yg_buf_cstr(&b), expect);
    yg_buf_fini(&b);
}

struct row {
    const char *what, *ask, *answer, *expect;
};

#define GET "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
#define OK0 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static const struct row rows[] = {
#include "http_cases.def"
};

static void cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++) {
        struct talk_util u;
        struct yg_talk *t =
            talk_two(&u, 80, yg_str_of(rows[i].ask), yg_str_of(rows[i].answer));
        check(rows[i].what, t, &u.arena, rows[i].expect);
        talk_fini(&u);
    }
}

/* Where segments end must not matter, whatever the byte. */
static void split_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++) {
        struct yg_str s[2] = { yg_str_of(rows[i].ask), yg_str_of(rows[i].answer) };
        for (int side = 0; side < 2; side++)
            for (size_t at = 1; at < s[side].n; at++) {
                struct talk_util u;
                talk_init(&u, YG_IP_TCP, 80);
                for (int k = 0; k < 2; k++) {
                    size_t cut = k == side ? at : s[k].n;
                    if (s[k].n)
                        talk_add(&u, k, s[k].p, cut, 0);
                    if (cut < s[k].n)
                        talk_add(&u, k, s[k].p + cut, s[k].n - cut, 0);
                }
                check(rows[i].what, talk_done(&u), &u.arena, rows[i].expect);
                talk_fini(&u);
            }
    }
}

/* Cut anywhere, both directions, it must not read past the end (AddressSanitizer), and
 * what it says of places must lie inside. */
static void cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++) {
        struct yg_str a = yg_str_of(rows[i].ask), b = yg_str_of(rows[i].answer);
        for (size_t at = 0; at <= a.n + b.n; at++) {
            struct talk_util u;
            struct yg_str x = { a.p, at < a.n ? at : a.n };
            struct yg_str y = { b.p, at < a.n ? b.n : at - a.n };
            struct yg_talk *t = talk_two(&u, 80, x, y);
            t->from_start = at % 2;
            t->side[at % 3 == 0].gap_bytes = at % 3;
            if (yg_http_probe(t))
                yg_http_parse(t, &u.arena);
            for (uint32_t k = 0; k < t->exchanges; k++) {
                const struct yg_exchange *e = &t->exchange[k];
                assert_true((size_t)e->ask_at + e->ask_len <= t->side[e->asker].bytes.n);
                assert_true((size_t)e->answer_at + e->answer_len <=
                            t->side[!e->asker].bytes.n);
            }
            talk_fini(&u);
        }
    }
}

static void places_and_times(void **state)
{
    static const struct talk_piece piece[] = {
        { YG_TO_SERVER, TALK_LIT("GET /1 HTTP/1.1\r\nUser-Agent: ua/1\r\n\r\n"), 1000 },
        { YG_TO_CLIENT, TALK_LIT("HTTP/1.1 200 OK\r\nServer: s/1\r\n"), 2000 },
        { YG_TO_CLIENT,
          TALK_LIT("Content-Type: text/html; x=y\r\nContent-Length: 3\r\n\r\nabc"),
          2500 },
        { YG_TO_SERVER, TALK_LIT("GET /2 HTTP/1.1\r\n\r\n"), 3000 },
        { YG_TO_CLIENT, TALK_LIT("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), 4000 },
    };
    struct talk_util u;

    (void)state;
    struct yg_talk *t = talk_list(&u, YG_IP_TCP, 80, piece, YG_ARRAY_LEN(piece));
    assert_true(yg_http_probe(t));
    yg_http_parse(t, &u.arena);
    assert_int_equal(t->exchanges, 2);
    const struct yg_exchange *x = t->exchange;
    assert_int_equal(x[0].ask_ns, 1000);
    assert_int_equal(x[0].answer_ns, 2000);
    assert_int_equal(x[1].ask_ns, 3000);
    assert_int_equal(x[1].answer_ns, 4000);
    assert_int_equal(x[1].ask_at, piece[0].bytes.n);
    assert_int_equal(x[1].answer_at, piece[1].bytes.n + piece[2].bytes.n);
    assert_int_equal(x[1].answer_len, piece[4].bytes.n);
    assert_true(yg_str_eq(x[0].agent, YG_STR("ua/1")));
    assert_true(yg_str_eq(x[0].answer_agent, YG_STR("s/1")));
    assert_true(yg_str_eq(x[0].answer_type, YG_STR("text/html")));
    assert_true(
        yg_str_eq(x[0].answer_head,
                  (struct yg_str){ t->side[YG_TO_CLIENT].bytes.p, x[0].answer_len - 3 }));
    assert_int_equal(x[0].answer_size, 3);
    talk_fini(&u);
}

/* Lost bytes: what is sure is paired, nothing moves to another question. */
static void holes(void **state)
{
    static const struct {
        const char *what;
        bool from_start;
        uint64_t gap[2];
        struct talk_piece piece[6];
        const char *expect;
    } row[] = {
        { "the first question was before the capture",
          false,
          { 0, 0 },
          { { YG_TO_CLIENT, TALK_LIT("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
              1 },
            { YG_TO_SERVER, TALK_LIT("GET /2 HTTP/1.1\r\n\r\n"), 2 },
            { YG_TO_CLIENT, TALK_LIT("HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nb"),
              3 } },
          "  > 200 ok \"a\"; GET /2 > 404 missing \"b\"" },
        { "an answer was lost",
          true,
          { 0, 500 },
          { { YG_TO_SERVER, TALK_LIT("GET /1 HTTP/1.1\r\n\r\n"), 1 },
            { YG_TO_SERVER, TALK_LIT("GET /2 HTTP/1.1\r\n\r\n"), 2 },
            { YG_TO_CLIENT, TALK_LIT("HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nb"),
              3 } },
          "GET /1; GET /2 > 404 missing \"b\"" },
        { "a hole in a body",
          true,
          { 0, 500 },
          { { YG_TO_SERVER, TALK_LIT("GET /1 HTTP/1.1\r\n\r\n"), 1 },
            { YG_TO_CLIENT, TALK_LIT("HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\nabc"),
              2 },
            { YG_TO_SERVER, TALK_LIT("GET /2 HTTP/1.1\r\n\r\n"), 3 },
            { YG_TO_CLIENT,
              TALK_LIT("HTTP/1.1 404 No\r\nServer: x\r\nContent-Length: 1\r\n\r\nb"),
              4 } },
          "GET /1 > 200 ok \"abc\" CUT; GET /2 > 404 missing \"b\"" },
        { "met inside a body",
          false,
          { 0, 0 },
          { { YG_TO_CLIENT, TALK_LIT("tail of a page</html>"), 1 },
            { YG_TO_SERVER, TALK_LIT("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"), 2 },
            { YG_TO_CLIENT, TALK_LIT("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"),
              3 } },
          "GET /2 @h > 200 ok \"b\"" },
        { "the ends are the wrong way round",
          false,
          { 0, 0 },
          { { YG_TO_CLIENT, TALK_LIT("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"), 2 },
            { YG_TO_SERVER, TALK_LIT("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"),
              3 } },
          "GET /2 @h > 200 ok \"b\"" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct talk_util u;
        size_t n = 0;
        while (n < 6 && row[i].piece[n].bytes.n)
            n++;
        struct yg_talk *t = talk_list(&u, YG_IP_TCP, 80, row[i].piece, n);
        t->from_start = row[i].from_start;
        t->side[0].gap_bytes = row[i].gap[0];
        t->side[1].gap_bytes = row[i].gap[1];
        check(row[i].what, t, &u.arena, row[i].expect);
        talk_fini(&u);
    }
}

static void caps(void **state)
{
    struct talk_util u;

    (void)state;
    talk_init(&u, YG_IP_TCP, 80);
    for (int i = 0; i < YG_EXCHANGES_MAX + 9; i++) {
        talk_add(&u, YG_TO_SERVER, GET, sizeof(GET) - 1, 0);
        talk_add(&u, YG_TO_CLIENT, OK0, sizeof(OK0) - 1, 0);
    }
    struct yg_talk *t = talk_done(&u);
    yg_http_parse(t, &u.arena);
    assert_int_equal(t->exchanges, YG_EXCHANGES_MAX);
    assert_true(t->anomalies & YG_ANOMALY_BIT(YG_A_APP_CAP));
    talk_fini(&u);

    talk_init(&u, YG_IP_TCP, 80); /* a head of 200 headers, each of 1 kB */
    talk_add(&u, YG_TO_SERVER, "GET / HTTP/1.1\r\n", 16, 0);
    char header[1024];
    memset(header, 'a', sizeof(header));
    memcpy(header, "X-A: ", 5);
    memcpy(header + sizeof(header) - 2, "\r\n", 2);
    for (int i = 0; i < 200; i++)
        talk_add(&u, YG_TO_SERVER, header, sizeof(header), 0);
    talk_add(&u, YG_TO_SERVER, "Host: last\r\n\r\n", 14, 0);
    check("many headers", talk_done(&u), &u.arena, "GET / @last !http-headers-odd");
    talk_fini(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(split_at_every_byte),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(places_and_times),
        cmocka_unit_test(holes),
        cmocka_unit_test(caps),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
