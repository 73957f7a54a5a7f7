/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "talk_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define A YG_TO_SERVER
#define B YG_TO_CLIENT

struct want {
    const char *verb, *target;
    int status;
    enum yg_answer answer;
    uint32_t flags;
};

struct talk_case {
    const char *what;
    struct talk_piece piece[12];
    const char *banner; /* of the first exchange */
    struct want want[8];
};

#define P(side, text)                                                                    \
    {                                                                                    \
        side, { "" text, sizeof(text) - 1 }, 0                                           \
    }

static const struct talk_case talk_case[] = {
    { "login and upload",
      { P(B, "220-hello\r\n220 ProFTPD ready\r\n"), P(A, "USER bob\r\n"),
        P(B, "331 Password\r\n"), P(A, "PASS secret\r\n"), P(B, "230 in\r\n"),
        P(A, "STOR a.php\r\n"), P(B, "150 go\r\n"), P(B, "226 done\r\n") },
      "hello",
      { { "USER", "bob", 331, YG_ANSWER_MORE, YG_XF_LOGIN },
        { "PASS", "bob", 230, YG_ANSWER_OK, YG_XF_LOGIN },
        { "STOR", "a.php", 226, YG_ANSWER_OK, YG_XF_UPLOAD } } },
    { "refused, missing, denied, unknown",
      { P(B, "220 x\r\n"), P(A, "user eve\r\n"), P(B, "331 \r\n"), P(A, "PASS x\r\n"),
        P(B, "530 no\r\n"), P(A, "RETR a\r\nRETR b\r\nDELE c\r\nWHAT\r\n"),
        P(B, "550 No such file\r\n550 Permission denied\r\n550-multi\r\n 550 x\r\n550 "
             "end\r\n500 ?\r\n") },
      "x",
      { { "USER", "eve", 331, YG_ANSWER_MORE, YG_XF_LOGIN },
        { "PASS", "eve", 530, YG_ANSWER_REFUSED, YG_XF_LOGIN },
        { "RETR", "a", 550, YG_ANSWER_MISSING, YG_XF_DOWNLOAD },
        { "RETR", "b", 550, YG_ANSWER_REFUSED, YG_XF_DOWNLOAD },
        { "DELE", "c", 550, YG_ANSWER_MISSING, 0 },
        { "WHAT", "", 500, YG_ANSWER_ERROR, 0 } } },
    { "transfer without an end",
      { P(B, "220 x\r\n"), P(A, "LIST\r\n"), P(B, "150 here it comes\r\n") },
      "x",
      { { "LIST", "", 150, YG_ANSWER_MORE, YG_XF_LIST | YG_XF_CUT } } },
    { "client only",
      { P(A, "USER a\r\nPASS b\r\nTYPE I\r\nRETR /x\r\n") },
      "",
      { { "USER", "a", -1, YG_ANSWER_NONE, YG_XF_LOGIN },
        { "PASS", "a", -1, YG_ANSWER_NONE, YG_XF_LOGIN },
        { "TYPE", "I", -1, YG_ANSWER_NONE, 0 },
        { "RETR", "/x", -1, YG_ANSWER_NONE, YG_XF_DOWNLOAD } } },
    { "server only",
      { P(B, "220 (vsFTPd 3.0.3)\r\n530 Please login\r\n") },
      "(vsFTPd 3.0.3)",
      { { "connect", "", 220, YG_ANSWER_OK, 0 } } },
    { "replies to lost questions are passed over",
      { P(B, "220 x\r\n"), P(B, "331 to USER\r\n"), P(A, "PASS y\r\n"),
        P(B, "530 no\r\n") },
      "x",
      { { "PASS", "", 530, YG_ANSWER_REFUSED, YG_XF_LOGIN } } },
    { "line without end",
      { P(B, "220 x\r\n"), P(A, "CWD /tm") },
      "x",
      { { "CWD", "/tm", -1, YG_ANSWER_NONE, YG_XF_CUT } } },
    { "turns into TLS",
      { P(B, "220 x\r\n"), P(A, "AUTH TLS\r\n"), P(B, "234 go\r\n"),
        P(A, "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"),
        P(B, "\x15\x03\x01\x00\x02\x02\x28") },
      "x",
      { { "AUTH", "TLS", 234, YG_ANSWER_OK, YG_XF_ENCRYPTED },
        { "client-hello", "", 40, YG_ANSWER_REFUSED, 0 } } },
};

static void conversations(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(talk_case); i++) {
        const struct talk_case *c = &talk_case[i];
        struct talk_util u;
        size_t pieces = 0, n = 0;
        while (pieces < YG_ARRAY_LEN(c->piece) && c->piece[pieces].bytes.n)
            pieces++;
        struct yg_talk *t = talk_list(&u, YG_IP_TCP, 2121, c->piece, pieces);
        print_message("# %s\n", c->what);
        yg_app_parse(t, &u.arena);
        assert_int_equal(t->app, YG_APP_FTP);
        for (; c->want[n].verb; n++) {
            const struct yg_exchange *x = &t->exchange[n];
            assert_true(n < t->exchanges);
            assert_true(yg_str_eq(x->verb, yg_str_of(c->want[n].verb)));
            assert_true(yg_str_eq(x->target, yg_str_of(c->want[n].target)));
            assert_int_equal(x->status, c->want[n].status);
            assert_int_equal(x->answer, c->want[n].answer);
            assert_int_equal(x->flags, c->want[n].flags);
        }
        assert_int_equal(t->exchanges, n);
        assert_true(yg_str_eq(t->exchange[0].answer_agent, yg_str_of(c->banner)));
        assert_int_equal(t->anomalies & YG_ANOMALY_BIT(YG_A_APP_BROKEN), 0);
        talk_fini(&u);
    }
}

static void secrets_stay_out(void **state)
{
    struct talk_util u;
    struct yg_talk *t = talk_two(&u, 21, YG_STR("USER a\r\nPASS hunter2\r\n"),
                                 YG_STR("220 x\r\n331 p\r\n230 o\r\n"));

    (void)state;
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->exchanges, 2);
    assert_false(yg_str_has_nocase(t->exchange[1].target, YG_STR("hunter2")));
    assert_false(yg_str_has_nocase(t->exchange[1].head, YG_STR("hunter2")));
    assert_int_equal(t->exchange[1].ask_at, 8);
    assert_int_equal(t->exchange[1].ask_len, 14);
    assert_true(t->exchange[1].ask_ns > 0);
    talk_fini(&u);
}

static void what_is_ftp(void **state)
{
    static const struct {
        const char *what, *ask, *answer;
        uint16_t port;
        bool ftp;
    } row[] = {
        { "mail greeting", "EHLO x\r\n", "220 x ESMTP\r\n", 21, false },
        { "mail server, only QUIT", "QUIT\r\n", "220 x SMTP\r\n", 21, false },
        { "POP3", "USER a\r\nPASS b\r\n", "+OK hi\r\n", 110, false },
        { "could be POP3", "USER a\r\nPASS b\r\n", "", 110, false },
        { "the port decides", "USER a\r\nPASS b\r\n", "", 21, true },
        { "IRC", "NICK a\r\nUSER a 0 * :b\r\n", ":srv 001 a :hi\r\n", 6667, false },
        { "HTTP", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", 21, false },
        { "only a code", "", "220 hello\r\n", 21, false },
        { "greeting says it", "", "220 my ftp server\r\n", 5000, true },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct talk_util u;
        struct yg_talk *t =
            talk_two(&u, row[i].port, yg_str_of(row[i].ask), yg_str_of(row[i].answer));
        print_message("# %s\n", row[i].what);
        assert_int_equal(yg_ftp_probe(t), row[i].ftp);
        talk_fini(&u);
    }
}

static void caps_and_nonsense(void **state)
{
    struct talk_util u;
    struct yg_talk *t;

    (void)state;
    talk_init(&u, YG_IP_TCP, 21);
    for (int i = 0; i < 300; i++)
        talk_add(&u, YG_TO_SERVER, "PWD\r\n", 5, 0);
    t = talk_done(&u);
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->exchanges, YG_EXCHANGES_MAX);
    assert_true(t->anomalies & YG_ANOMALY_BIT(YG_A_APP_CAP));
    assert_false(t->anomalies & YG_ANOMALY_BIT(YG_A_APP_BROKEN));
    talk_fini(&u);

    t = talk_two(&u, 21, YG_STR("PWD\r\n\x01\x02\x03\r\nPWD\r\n"), YG_STR("220 x\r\n"));
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->exchanges, 1);
    assert_true(t->anomalies & YG_ANOMALY_BIT(YG_A_APP_BROKEN));
    talk_fini(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations),
        cmocka_unit_test(secrets_stay_out),
        cmocka_unit_test(what_is_ftp),
        cmocka_unit_test(caps_and_nonsense),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
