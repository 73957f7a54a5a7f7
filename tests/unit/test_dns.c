/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"
#include "packet/dnsmsg.h"
#include "packet/dnsname.h"

#include "talk_util.h"

#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Header fields after the id: flags and counts. */
#define ASK1    "\x01\x00\0\1\0\0\0\0\0\0"
#define ANS1(n) "\x81\x80\0\1\0" n "\0\0\0\0"
#define NAME    "\3wWw\7eXample\0"
#define IN_A    "\0\1\0\1"
#define TTL     "\0\0\0\x3c"

static void show(const struct yg_talk *t, struct yg_buf *b)
{
    static const char *const answer[] = { "none",    "ok",    "more",  "refused",
                                          "missing", "error", "opaque" };

    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        yg_buf_printf(b, "%s%s%.*s %.*s", i ? "; " : "", x->asker ? "<" : "",
                      YG_STR_ARG(x->verb), YG_STR_ARG(x->target));
        if (x->answer != YG_ANSWER_NONE)
            yg_buf_printf(b, " > %d %s %u", x->status, answer[x->answer],
                          (unsigned)x->answer_size);
        if (x->answer_body.n)
            yg_buf_printf(b, " [%.*s]", YG_STR_ARG(x->answer_body));
        if (x->flags & YG_XF_CUT)
            yg_buf_printf(b, " CUT");
        if (x->flags & YG_XF_LIST)
            yg_buf_printf(b, " LIST");
    }
    for (unsigned a = 0; a < YG_ANOMALY_COUNT; a++)
        if (t->anomalies & YG_ANOMALY_BIT(a))
            yg_buf_printf(b, " !%s", yg_anomaly_info[a].name);
}

#define TO(text)                                                                         \
    {                                                                                    \
        YG_TO_SERVER, TALK_LIT(text), 0                                                  \
    }
#define BACK(text)                                                                       \
    {                                                                                    \
        YG_TO_CLIENT, TALK_LIT(text), 0                                                  \
    }
#define PIECES_MAX 4

static const struct row {
    const char *what;
    uint8_t proto;
    struct talk_piece piece[PIECES_MAX];
    const char *expect;
} rows[] = {
#include "dns_cases.def"
};

static size_t pieces_of(const struct row *r)
{
    size_t n = 0;

    while (n < PIECES_MAX && r->piece[n].bytes.p)
        n++;
    return n;
}

static void cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++) {
        struct talk_util u;
        struct yg_buf b;
        struct yg_talk *t =
            talk_list(&u, rows[i].proto, 53, rows[i].piece, pieces_of(&rows[i]));
        yg_buf_init(&b, 1 << 16);
        if (yg_dns_probe(t))
            yg_dns_parse(t, &u.arena);
        else
            yg_buf_printf(&b, "not dns");
        show(t, &b);
        if (strcmp(yg_buf_cstr(&b), rows[i].expect) != 0)
            print_message("# %s\n# is:   %s\n# want: %s\n", rows[i].what, yg_buf_cstr(&b),
                          rows[i].expect);
        assert_string_equal(yg_buf_cstr(&b), rows[i].expect);
        yg_buf_fini(&b);
        talk_fini(&u);
    }
}

/* Messages cut anywhere and with any byte changed must stay inside their bytes. */
static void cut_and_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < pieces_of(&rows[i]); k++) {
            struct yg_str s = rows[i].piece[k].bytes;
            for (size_t at = 0; at <= 2 * s.n; at++) {
                struct talk_util u;
                char copy[1024];
                if (s.n > sizeof(copy))
                    continue;
                memcpy(copy, s.p, s.n);
                if (at < s.n)
                    copy[at] = (char)(copy[at] ^ (at % 2 ? 0xff : 0xc0));
                talk_init(&u, rows[i].proto, 53);
                talk_add(&u, rows[i].piece[k].to, copy, at < s.n ? s.n : at - s.n, 0);
                struct yg_talk *t = talk_done(&u);
                yg_dns_parse(t, &u.arena);
                for (uint32_t x = 0; x < t->exchanges; x++)
                    assert_true(t->exchange[x].ask_at + t->exchange[x].ask_len <= s.n);
                talk_fini(&u);
            }
        }
}

static void names(void **state)
{
    static const struct {
        const char *what;
        struct yg_str wire; /* behind a header of 12 bytes */
        const char *text;   /* NULL: no name */
        bool pointer;       /* the anomaly */
        size_t used;
    } row[] = {
        { "root", TALK_LIT("\0"), ".", false, 1 },
        { "case is folded", TALK_LIT("\1A\2bC\0"), "a.bc", false, 6 },
        { "bytes are visible", TALK_LIT("\5a.b\\\1\0"), "a\\046b\\092\\001", false, 7 },
        { "high bytes", TALK_LIT("\2\xc3\xa9\0"), "\\195\\169", false, 4 },
        { "a pointer to itself", TALK_LIT("\xc0\x0c"), ".", true, 2 },
        { "a pointer forward", TALK_LIT("\1a\xc0\x10\0"), "a", true, 4 },
        { "a pointer into the header", TALK_LIT("\1a\xc0\x02\0"), "a", true, 4 },
        { "a pointer back to its own label", TALK_LIT("\1a\xc0\x0c"), "a", true, 4 },
        { "reserved label type",
          TALK_LIT("\x41"
                   "a\0"),
          NULL, false, 0 },
        { "cut in a label", TALK_LIT("\5abc"), NULL, false, 0 },
        { "cut before the end", TALK_LIT("\3abc"), NULL, false, 0 },
        { "cut in a pointer", TALK_LIT("\xc0"), NULL, false, 0 },
        { "NetBIOS",
          TALK_LIT("\x20"
                   "EGGPGPCACACACACACACACACACACACAAA\0"),
          "foo<00>", false, 34 },
        { "NetBIOS wildcard",
          TALK_LIT("\x20"
                   "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0"),
          "*<00>", false, 34 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        char *msg = malloc(12 + row[i].wire.n);
        struct yg_dnsname name;
        uint64_t anomalies = 0;
        size_t at = 12;
        assert_non_null(msg);
        memset(msg, 0, 12);
        memcpy(msg + 12, row[i].wire.p, row[i].wire.n);
        bool ok = yg_dnsname_read((struct yg_str){ msg, 12 + row[i].wire.n }, &at, &name,
                                  &anomalies);
        if (ok != (row[i].text != NULL) ||
            (ok && !yg_str_eq(yg_dnsname_text(&name), yg_str_of(row[i].text))))
            print_message("# %s: %.*s\n", row[i].what,
                          YG_STR_ARG(yg_dnsname_text(&name)));
        assert_int_equal(ok, row[i].text != NULL);
        assert_int_equal(anomalies,
                         row[i].pointer ? YG_ANOMALY_BIT(YG_A_DNS_POINTER) : 0);
        if (ok) {
            assert_true(yg_str_eq(yg_dnsname_text(&name), yg_str_of(row[i].text)));
            assert_int_equal(at, 12 + row[i].used);
        }
        free(msg);
    }
}

/* The longest name whose every byte must be escaped, and one label more. */
static void longest_name(void **state)
{
    char msg[12 + 300] = { 0 };
    struct yg_dnsname name;
    uint64_t anomalies = 0;
    size_t at = 12, n = 12;

    (void)state;
    for (int i = 0; i < 127; i++) {
        msg[n++] = 1;
        msg[n++] = '\1';
    }
    assert_true(yg_dnsname_read((struct yg_str){ msg, n + 1 }, &at, &name, &anomalies));
    assert_int_equal(yg_dnsname_text(&name).n, 127 * 5 - 1);
    msg[n++] = 1;
    msg[n++] = '\1';
    at = 12;
    assert_false(yg_dnsname_read((struct yg_str){ msg, n + 1 }, &at, &name, &anomalies));
}

static void caps(void **state)
{
    struct talk_util u;

    (void)state;
    talk_init(&u, YG_IP_UDP, 53);
    for (unsigned i = 0; i < YG_SEGMENTS_MAX + 9; i++) {
        char msg[] = "\0\0" ASK1 NAME "\0\1\0\1";
        msg[0] = (char)(i >> 8);
        msg[1] = (char)i;
        talk_add(&u, YG_TO_SERVER, msg, sizeof(msg) - 1, 0);
    }
    struct yg_talk *t = talk_done(&u);
    yg_dns_parse(t, &u.arena);
    assert_int_equal(t->exchanges, YG_EXCHANGES_MAX);
    assert_true(t->anomalies & YG_ANOMALY_BIT(YG_A_APP_CAP));
    talk_fini(&u);

    talk_init(&u, YG_IP_UDP, 53); /* 200 TXT answers of 200 bytes */
    struct yg_buf b;
    yg_buf_init(&b, 1 << 16);
    yg_buf_add(&b, "\0\1\x81\x80\0\1\0\xc8\0\0\0\0" NAME "\0\x10\0\1", 12 + 13 + 4);
    for (int i = 0; i < 200; i++) {
        yg_buf_add(&b, "\xc0\x0c\0\x10\0\1" TTL "\0\xc8\xc7", 13);
        for (int k = 0; k < 199; k++)
            yg_buf_char(&b, 'x');
    }
    talk_add(&u, YG_TO_CLIENT, yg_buf_str(&b).p, yg_buf_str(&b).n, 0);
    t = talk_done(&u);
    assert_true(yg_dns_probe(t));
    yg_dns_parse(t, &u.arena);
    assert_int_equal(t->exchanges, 1);
    assert_int_equal(t->exchange[0].answer_size, 200 * 200);
    assert_true(t->exchange[0].answer_body.n <= YG_DNS_TEXT_MAX);
    assert_true(t->exchange[0].answer_body.n > YG_DNS_TEXT_MAX - 256);
    yg_buf_fini(&b);
    talk_fini(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases), cmocka_unit_test(cut_and_changed),
        cmocka_unit_test(names), cmocka_unit_test(longest_name),
        cmocka_unit_test(caps),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
