/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "packet/mime.h"
#include "talk_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define A YG_TO_SERVER
#define B YG_TO_CLIENT
#define P(side, text)                                                                    \
    {                                                                                    \
        side, { "" text, sizeof(text) - 1 }, 0                                           \
    }

struct want {
    const char *verb, *target;
    int status;
    enum yg_answer answer;
    uint32_t flags;
};

static const struct {
    const char *what;
    struct talk_piece piece[14];
    struct want want[8];
} talk_case[] = {
    { "a mail",
      { P(B, "220 mx ESMTP Postfix\r\n"), P(A, "EHLO pc\r\n"),
        P(B, "250-mx\r\n250 SIZE\r\n"), P(A, "mail from:<a@x> SIZE=3\r\n"),
        P(B, "250 ok\r\n"), P(A, "RCPT TO:<b@y>\r\n"), P(B, "550 no such\r\n"),
        P(A, "DATA\r\n"), P(B, "354 go\r\n"),
        P(A, "X-Mailer: m\r\n\r\nQUIT\r\n..\r\n.\r\nQUIT\r\n"),
        P(B, "250 queued\r\n221 bye\r\n") },
      { { "EHLO", "pc", 250, YG_ANSWER_OK, 0 },
        { "MAIL", "a@x", 250, YG_ANSWER_OK, 0 },
        { "RCPT", "b@y", 550, YG_ANSWER_REFUSED, 0 },
        { "DATA", "", 250, YG_ANSWER_OK, YG_XF_UPLOAD },
        { "QUIT", "", 221, YG_ANSWER_OK, 0 } } },
    { "no message after a refused DATA",
      { P(B, "220 x SMTP\r\n"), P(A, "HELO a\r\n"), P(B, "250 x\r\n"), P(A, "DATA\r\n"),
        P(B, "503 order\r\n"), P(A, "QUIT\r\n"), P(B, "221 x\r\n") },
      { { "HELO", "a", 250, YG_ANSWER_OK, 0 },
        { "DATA", "", 503, YG_ANSWER_ERROR, 0 },
        { "QUIT", "", 221, YG_ANSWER_OK, 0 } } },
    { "login in steps",
      { P(B, "220 x ESMTP\r\n"), P(A, "EHLO a\r\n"), P(B, "250 x\r\n"),
        P(A, "AUTH LOGIN\r\n"), P(B, "334 VXNlcm5hbWU6\r\n"), P(A, "Ym9i\r\n"),
        P(B, "334 UGFzc3dvcmQ6\r\n"), P(A, "aHVudGVyMg==\r\n"), P(B, "535 no\r\n"),
        P(A, "QUIT\r\n") },
      { { "EHLO", "a", 250, YG_ANSWER_OK, 0 },
        { "AUTH", "bob", 535, YG_ANSWER_REFUSED, YG_XF_LOGIN },
        { "QUIT", "", -1, YG_ANSWER_NONE, 0 } } },
    { "login at once",
      { P(B, "220 x ESMTP\r\n"), P(A, "EHLO a\r\nAUTH PLAIN AGJvYgBodW50ZXIy\r\n"),
        P(B, "250 x\r\n235 in\r\n") },
      { { "EHLO", "a", 250, YG_ANSWER_OK, 0 },
        { "AUTH", "bob", 235, YG_ANSWER_OK, YG_XF_LOGIN } } },
    { "client only",
      { P(A,
          "EHLO a\r\nAUTH LOGIN\r\nYm9i\r\naHVudGVyMg==\r\nMAIL FROM:<a>\r\nDATA\r\nx: "
          "y\r\n\r\nhi\r\n.\r\n") },
      { { "EHLO", "a", -1, YG_ANSWER_NONE, 0 },
        { "AUTH", "bob", -1, YG_ANSWER_NONE, YG_XF_LOGIN },
        { "MAIL", "a", -1, YG_ANSWER_NONE, 0 },
        { "DATA", "", -1, YG_ANSWER_NONE, YG_XF_UPLOAD } } },
    { "message without an end",
      { P(A, "EHLO a\r\nDATA\r\nhalf a mes") },
      { { "EHLO", "a", -1, YG_ANSWER_NONE, 0 },
        { "DATA", "", -1, YG_ANSWER_NONE, YG_XF_UPLOAD | YG_XF_CUT } } },
    { "in a chunk",
      { P(B, "220 x ESMTP\r\n"),
        P(A, "EHLO a\r\nBDAT 7 LAST\r\nA: b\r\n\r"
             "QUIT\r\n"),
        P(B, "250 x\r\n250 got it\r\n221 x\r\n") },
      { { "EHLO", "a", 250, YG_ANSWER_OK, 0 },
        { "BDAT", "", 250, YG_ANSWER_OK, YG_XF_UPLOAD },
        { "QUIT", "", 221, YG_ANSWER_OK, 0 } } },
    { "turns into TLS",
      { P(B, "220 x ESMTP\r\n"), P(A, "EHLO a\r\n"), P(B, "250 STARTTLS\r\n"),
        P(A, "STARTTLS\r\n"), P(B, "220 go\r\n"), P(A, "\x17\x03\x03\x00\x01z") },
      { { "EHLO", "a", 250, YG_ANSWER_OK, 0 },
        { "STARTTLS", "", 220, YG_ANSWER_OK, YG_XF_ENCRYPTED },
        { "session", "", -1, YG_ANSWER_NONE, YG_XF_ENCRYPTED | YG_XF_CUT } } },
    { "server only",
      { P(B, "554 mx ESMTP not you\r\n") },
      { { "connect", "", 554, YG_ANSWER_REFUSED, 0 } } },
};

static void conversations(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(talk_case); i++) {
        struct talk_util u;
        size_t pieces = 0, n = 0;
        while (pieces < YG_ARRAY_LEN(talk_case[i].piece) &&
               talk_case[i].piece[pieces].bytes.n)
            pieces++;
        struct yg_talk *t = talk_list(&u, YG_IP_TCP, 2525, talk_case[i].piece, pieces);
        print_message("# %s\n", talk_case[i].what);
        yg_app_parse(t, &u.arena);
        assert_int_equal(t->app, YG_APP_SMTP);
        for (; talk_case[i].want[n].verb; n++) {
            const struct want *w = &talk_case[i].want[n];
            const struct yg_exchange *x = &t->exchange[n];
            assert_true(n < t->exchanges);
            assert_true(yg_str_eq(x->verb, yg_str_of(w->verb)));
            assert_true(yg_str_eq(x->target, yg_str_of(w->target)));
            assert_int_equal(x->status, w->status);
            assert_int_equal(x->answer, w->answer);
            assert_int_equal(x->flags, w->flags);
            assert_false(yg_str_has_nocase(x->head, YG_STR("aHVudGVyMg")));
        }
        assert_int_equal(t->exchanges, n);
        assert_int_equal(t->anomalies, 0);
        talk_fini(&u);
    }
}

#define HEAD  "From: a\r\nSubject: b\r\n"
#define MIXED HEAD "Content-Type: multipart/mixed;\r\n boundary=\"=;=\"\r\n\r\n"

static void mails(void **state)
{
    static const struct {
        const char *what, *text, *names, *attachment, *type; /* NULL: none */
        bool broken, over;
    } row[] = {
        { "plain", HEAD "\r\nhello\r\n", "", NULL, "", false, false },
        { "nothing", "", "", NULL, "", false, false },
        { "one attachment",
          MIXED "preamble\r\n--=;=\r\nContent-Type: text/plain\r\n\r\nhi\r\n--=;=\r\n"
                "Content-Type: application/zip; name=a.zip\r\n"
                "Content-Transfer-Encoding: base64\r\n\r\nUEsD\r\nBA==\r\n--=;=--\r\nend",
          "a.zip", "PK\x03\x04", "application/zip", false, false },
        { "name with a semicolon, folded, extended",
          MIXED
          "--=;=\r\nContent-Disposition: attachment;\r\n\tfilename=\"a;b.exe\"\r\n"
          "\r\nMZ\r\n--=;=\r\n"
          "Content-Disposition: attachment; filename*=UTF-8''c.js\r\n\r\nx\r\n--=;=--",
          "a;b.exe, c.js", "MZ\r\n", "", false, false },
        { "nested",
          MIXED
          "--=;=\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n"
          "\r\ntext\r\n--in\r\nContent-Type: image/png; name=i.png\r\n"
          "Content-Transfer-Encoding: BASE64\r\n\r\niVBO\r\n--in--\r\n--=;=\r\n"
          "Content-Disposition: attachment; filename=z\r\n\r\nz\r\n--=;=--\r\n",
          "i.png, z", "\x89PN", "image/png", false, false },
        { "the whole mail is a file",
          HEAD "Content-Type: application/pdf; name=x.pdf\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n",
          "x.pdf", "%PDF", "application/pdf", false, false },
        { "bytes outside of the alphabet",
          HEAD "Content-Disposition: attachment\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\nJV!BE*Rg==\r\n",
          "", "%PDF", "", true, false },
        { "longer than the cap",
          HEAD "Content-Disposition: attachment\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\nQUFBQUFBQUFBQUFBQUFBQUFB\r\n",
          "", "AAAAAAAA", "", false, true },
        { "cut in the attachment",
          MIXED "--=;=\r\nContent-Disposition: attachment; filename=q\r\n"
                "Content-Transfer-Encoding: base64\r\n\r\nUEsD",
          "q", "PK\x03", "", false, false },
        { "boundary that never comes", MIXED "no delimiter here", "", NULL, "", false,
          false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_arena a;
        struct yg_mail m;
        yg_arena_init(&a, (size_t)1 << 20);
        print_message("# %s\n", row[i].what);
        yg_mime_read(yg_str_of(row[i].text), 8, &a, &m);
        assert_true(yg_str_eq(m.names, yg_str_of(row[i].names)));
        assert_true(yg_str_eq(m.attachment, yg_str_of(row[i].attachment)));
        assert_true(yg_str_eq(m.type, yg_str_of(row[i].type)));
        assert_int_equal(m.broken, row[i].broken);
        assert_int_equal(m.over, row[i].over);
        yg_arena_fini(&a);
    }
}

static void attachment_is_the_body(void **state)
{
    struct talk_util u;
    struct yg_talk *t = talk_two(
        &u, 25,
        YG_STR("EHLO a\r\nDATA\r\nUser-Agent: m\r\nContent-Type: a/b; name=x.zip\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\nUEsDBA==\r\n.\r\n"),
        YG_STR_NONE);

    (void)state;
    yg_app_parse(t, &u.arena);
    assert_int_equal(t->exchanges, 2);
    const struct yg_exchange *x = &t->exchange[1];
    assert_true(yg_str_eq(x->target, YG_STR("x.zip")));
    assert_true(yg_str_eq(x->body, YG_STR("PK\x03\x04")));
    assert_true(yg_str_eq(x->agent, YG_STR("m")));
    assert_true(yg_str_starts(x->head, YG_STR("User-Agent")));
    assert_int_equal(x->ask_at + x->ask_len, t->side[0].bytes.n);
    talk_fini(&u);
}

static void what_is_mail(void **state)
{
    static const struct {
        const char *what, *ask, *answer;
        bool smtp;
    } row[] = {
        { "HTTP", "GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", false },
        { "FTP", "USER a\r\n", "220 FTP\r\n", false },
        { "data without a space", "DATABASE\r\n", "", false },
        { "local", "LHLO a\r\n", "220 x LMTP\r\n", true },
        { "IMAP", "a1 LOGIN\r\n", "* OK\r\n", false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct talk_util u;
        struct yg_talk *t =
            talk_two(&u, 25, yg_str_of(row[i].ask), yg_str_of(row[i].answer));
        print_message("# %s\n", row[i].what);
        assert_int_equal(yg_smtp_probe(t), row[i].smtp);
        talk_fini(&u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations),
        cmocka_unit_test(mails),
        cmocka_unit_test(attachment_is_the_body),
        cmocka_unit_test(what_is_mail),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
