/* SPDX-License-Identifier: Apache-2.0 */
/* SSH and RDP: protocols of which only the beginning can be read. */
#include "packet/app.h"

#include "talk_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S(text)                                                                          \
    {                                                                                    \
        "" text, sizeof(text) - 1                                                        \
    }

struct row {
    const char *what;
    struct yg_str ask, answer;
    enum yg_app_id app;
    const char *target, *agent, *answer_agent;
    enum yg_answer want;
    int status;
    uint32_t flags;
    bool broken;
};

#define C        "SSH-2.0-Go\r\n"
#define B        "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
#define SERVER   "OpenSSH_9.2p1 Debian-2"
#define KEXINIT  "\0\0\0\x06\x01\x14zzzz"
#define NEWKEYS  "\0\0\0\x06\x01\x15zzzz"
#define GOODBYE  "\0\0\0\x06\x01\x01zzzz"
#define REQUEST  "\xe0\0\0\0\0\0"
#define CONFIRM  "\xd0\0\0\x12\x34\0"
#define TLS_DATA "\x17\x03\x03\0\x01z"

static const struct row row[] = {
    { "banners only", S(C), S(B), YG_APP_SSH, "", "Go", SERVER, YG_ANSWER_MORE, -1, 0,
      false },
    { "keys and a login", S(C KEXINIT NEWKEYS "sealed"), S(B KEXINIT NEWKEYS "sealed"),
      YG_APP_SSH, "", "Go", SERVER, YG_ANSWER_OPAQUE, -1, YG_XF_ENCRYPTED | YG_XF_LOGIN,
      false },
    { "keys, then nothing", S(C KEXINIT NEWKEYS), S(B KEXINIT NEWKEYS), YG_APP_SSH, "",
      "Go", SERVER, YG_ANSWER_OPAQUE, -1, YG_XF_ENCRYPTED, false },
    { "server leaves", S(C KEXINIT), S(B GOODBYE), YG_APP_SSH, "", "Go", SERVER,
      YG_ANSWER_REFUSED, -1, 0, false },
    { "server only", S(""), S("hello\r\n" B), YG_APP_NONE, "", "", "", 0, 0, 0, false },
    { "server only, banner first", S(""), S(B), YG_APP_SSH, "", "", SERVER,
      YG_ANSWER_MORE, -1, YG_XF_CUT, false },
    { "lines before the banner", S(C), S("hello\r\n" B), YG_APP_SSH, "", "Go", SERVER,
      YG_ANSWER_MORE, -1, 0, false },
    { "version 1", S("SSH-1.5-old\n"), S("SSH-1.5-x\n"), YG_APP_SSH, "", "old", "x",
      YG_ANSWER_MORE, -1, YG_XF_WEAK, false },
    { "both versions", S("SSH-1.99-old\n"), S(B), YG_APP_SSH, "", "old", SERVER,
      YG_ANSWER_MORE, -1, 0, false },
    { "garbage after the banner", S(C "\xff\xff\xff\xff\x01\x14zzzz"), S(B), YG_APP_SSH,
      "", "Go", SERVER, YG_ANSWER_MORE, -1, 0, true },
    { "client only, no answer", S(C KEXINIT), S(""), YG_APP_SSH, "", "Go", "",
      YG_ANSWER_NONE, -1, 0, false },

    { "desktop over TLS",
      S("\x03\0\0\x29\x24" REQUEST "Cookie: mstshash=eve\r\n\x01\0\x08\0\x03\0\0\0"),
      S("\x03\0\0\x13\x0e" CONFIRM "\x02\x1f\x08\0\x02\0\0\0" TLS_DATA), YG_APP_RDP,
      "eve", "", "", YG_ANSWER_OK, 2, YG_XF_LOGIN | YG_XF_ENCRYPTED, false },
    { "refused", S("\x03\0\0\x13\x0e" REQUEST "\x01\0\x08\0\0\0\0\0"),
      S("\x03\0\0\x13\x0e" CONFIRM "\x03\0\x08\0\x05\0\0\0"), YG_APP_RDP, "", "", "",
      YG_ANSWER_REFUSED, 5, YG_XF_LOGIN, false },
    { "old client and server", S("\x03\0\0\x0b\x06" REQUEST),
      S("\x03\0\0\x0b\x06" CONFIRM), YG_APP_RDP, "", "", "", YG_ANSWER_OK, 0,
      YG_XF_LOGIN | YG_XF_WEAK, false },
    { "routing token", S("\x03\0\0\x1d\x18" REQUEST "Cookie: msts=1.2\r\n"), S(""),
      YG_APP_RDP, "", "", "", YG_ANSWER_NONE, -1, YG_XF_LOGIN, false },
    { "answer is something else", S("\x03\0\0\x0b\x06" REQUEST), S("nonsense\r\n"),
      YG_APP_RDP, "", "", "", YG_ANSWER_NONE, -1, YG_XF_LOGIN, true },
    { "confirm only", S(""), S("\x03\0\0\x13\x0e" CONFIRM "\x02\0\x08\0\x01\0\0\0"),
      YG_APP_RDP, "", "", "", YG_ANSWER_OK, 1, YG_XF_LOGIN | YG_XF_ENCRYPTED | YG_XF_CUT,
      false },
    { "industrial controller over X.224",
      S("\x03\0\0\x16\x11\xe0\0\0\0\x01\0\xc1\x02\x01\0\xc2\x02\x01\x02\xc0\x01\x0a"),
      S(""), YG_APP_NONE, "", "", "", 0, 0, 0, false },
};

static void beginnings(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const struct row *r = &row[i];
        struct talk_util u;
        struct yg_talk *t = talk_two(&u, 4000, r->ask, r->answer);
        print_message("# %s\n", r->what);
        yg_app_parse(t, &u.arena);
        assert_int_equal(t->app, r->app);
        if (r->app != YG_APP_NONE) {
            const struct yg_exchange *x = &t->exchange[0];
            assert_true(t->exchanges >= 1);
            assert_true(yg_str_eq(x->target, yg_str_of(r->target)));
            assert_true(yg_str_eq(x->agent, yg_str_of(r->agent)));
            assert_true(yg_str_eq(x->answer_agent, yg_str_of(r->answer_agent)));
            assert_int_equal(x->answer, r->want);
            assert_int_equal(x->status, r->status);
            assert_int_equal(x->flags, r->flags);
            assert_int_equal(!!(t->anomalies & YG_ANOMALY_BIT(YG_A_APP_BROKEN)),
                             r->broken);
        }
        talk_fini(&u);
    }
}

static void cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        for (size_t n = 1; n < row[i].ask.n; n++) {
            struct talk_util u;
            struct yg_talk *t =
                talk_two(&u, 3389, (struct yg_str){ row[i].ask.p, n }, row[i].answer);
            yg_app_parse(t, &u.arena);
            yg_rdp_parse(t, &u.arena); /* parsers do not rest on their probe */
            yg_ssh_parse(t, &u.arena);
            talk_fini(&u);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beginnings),
        cmocka_unit_test(cut_anywhere),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
