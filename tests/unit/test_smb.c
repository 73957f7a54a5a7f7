/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/smb.h"

#include "smb_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MORE_PROCESSING 0xc0000016U
#define LOGON_FAILURE   0xc000006dU
#define ACCESS_DENIED   0xc0000022U
#define NAME_NOT_FOUND  0xc0000034U
#define BAD_NETWORK     0xc00000ccU
#define END_OF_FILE     0xc0000011U
#define PENDING         0x103U

static void login_as(struct smb_util *s, const char *domain, const char *user,
                     size_t response, uint32_t status)
{
    struct yg_buf two, three;

    yg_buf_init(&two, 4096);
    yg_buf_init(&three, 4096);
    put_ntlm2(&two, "CORP", "dc1.corp.example");
    yg_buf_add(&three, "\x60\x48\6\6", 4); /* something of SPNEGO before it */
    put_ntlm3(&three, domain, user, "WS1", response);
    smb2_session(s, YG_STR("NTLMSSP\0\1\0\0\0"), yg_buf_str(&two), MORE_PROCESSING);
    smb2_session(s, yg_buf_str(&three), YG_STR_NONE, status);
    yg_buf_fini(&two);
    yg_buf_fini(&three);
}

static void logins(struct smb_util *s)
{
    smb2_negotiate(s, 0x0311);
    login_as(s, "CORP", "alice", 200, 0);
    login_as(s, "", "bob", 24, LOGON_FAILURE);
}

static void trees(struct smb_util *s)
{
    smb2_tree(s, "\\\\dc1\\IPC$", 1, 0);
    smb2_tree(s, "\\\\dc1\\ADMIN$", 2, 0);
    smb2_tree(s, "\\\\dc1\\d$", 3, ACCESS_DENIED);
    smb2_tree(s, "\\\\dc1\\nothing", 4, BAD_NETWORK);
    smb2_create(s, 2, "temp\\x.exe", 9, 0);
    smb2_create(s, 1, "winreg", 8, NAME_NOT_FOUND);
    smb2_create(s, 7, "no tree known", 8, SMB_NO_ANSWER);
}

static void upload(struct smb_util *s)
{
    smb2_tree(s, "\\\\dc1\\C$", 2, 0);
    smb2_create(s, 2, "\\x.exe", 9, 0);
    smb2_write(s, 2, 9, 0, YG_STR("MZ\220\0"), 0);
    smb2_write(s, 2, 9, 4, YG_STR("more"), 0);
    smb2_write(s, 2, 9, 999, YG_STR("somewhere else"), 0);
    smb2_create(s, 2, "full", 5, 0);
    smb2_write(s, 2, 5, 0, YG_STR("a"), 0);
    smb2_write(s, 2, 5, 1, YG_STR("b"), 0xc000007f); /* DISK_FULL */
}

static void download(struct smb_util *s)
{
    smb2_tree(s, "\\\\dc1\\docs", 2, 0);
    smb2_create(s, 2, "a.txt", 9, 0);
    smb2_read(s, 2, 9, 0, YG_STR("first "), 0);
    smb2_read(s, 2, 9, 6, YG_STR("second"), 0);
    smb2_read(s, 2, 9, 12, YG_STR_NONE, END_OF_FILE);
    smb2_create(s, 2, "secret", 4, 0);
    smb2_read(s, 2, 4, 0, YG_STR_NONE, ACCESS_DENIED);
}

static void rename_delete(struct smb_util *s)
{
    struct yg_buf b;

    yg_buf_init(&b, 4096);
    put_zero(&b, 20);
    put_wide(&b, "new.txt");
    smb2_tree(s, "\\\\dc1\\docs", 2, 0);
    smb2_create(s, 2, "old.txt", 9, 0);
    smb2_set(s, 2, 9, 10, yg_buf_str(&b), 0);
    smb2_set(s, 2, 9, 13, YG_STR("\1"), ACCESS_DENIED);
    smb2_set(s, 2, 9, 13, YG_STR("\0"), 0); /* not deleted after all */
    smb2_directory(s, 2, 9, "*", YG_STR("names"), 0);
    smb2_directory(s, 2, 9, "*", YG_STR_NONE, 0x80000006);
    yg_buf_fini(&b);
}

/* A pipe by writes, reads and transceives. */
static void service(struct smb_util *s)
{
    struct yg_buf ask, back, stub;

    yg_buf_init(&ask, 4096);
    yg_buf_init(&back, 4096);
    yg_buf_init(&stub, 4096);
    smb2_tree(s, "\\\\dc1\\IPC$", 1, 0);
    smb2_create(s, 1, "svcctl", 9, 0);
    put_bind(&ask, 11, 1, 0, RPC_UUID_SVCCTL, YG_STR_NONE);
    put_ack(&back, 12, 1, 0);
    smb2_write(s, 1, 9, 0, yg_buf_str(&ask), 0);
    smb2_read(s, 1, 9, 0, yg_buf_str(&back), 0);
    yg_buf_clear(&ask);
    yg_buf_clear(&back);
    put_wide(&stub, "%TEMP%\\x.bat");
    put_call(&ask, 0, 0, 2, 12, yg_buf_str(&stub));
    put_call(&back, 2, 0, 2, 0, YG_STR("\0\0\0\0"));
    smb2_pipe(s, 1, 9, yg_buf_str(&ask), yg_buf_str(&back), 0);
    yg_buf_clear(&ask);
    yg_buf_clear(&back);
    put_call(&ask, 0, 0, 3, 19, YG_STR("handle"));
    put_call(&back, 2, 0, 3, 0, YG_STR("\x1d\4\0\0"));
    struct yg_str answer = yg_buf_str(&back); /* too long for the first read */
    smb2_pipe(s, 1, 9, yg_buf_str(&ask), yg_slice(answer, 0, 20), 0x80000005);
    smb2_read(s, 1, 9, 0, yg_slice(answer, 20, 100), 0);
    yg_buf_fini(&ask);
    yg_buf_fini(&back);
    yg_buf_fini(&stub);
}

static void other_pipe(struct smb_util *s)
{
    smb2_tree(s, "\\\\dc1\\IPC$", 1, 0);
    smb2_create(s, 1, "RemCom_stdin", 9, 0);
    smb2_write(s, 1, 9, 0, YG_STR("whoami\r\n"), 0);
    smb2_read(s, 1, 9, 0, YG_STR("system\r\n"), 0);
}

static void frame2(struct smb_util *s, int to, unsigned command, uint32_t status)
{
    struct yg_buf b;

    yg_buf_init(&b, 4096);
    put_smb2(&b, command, to == YG_TO_CLIENT, status, s->id, 1);
    put_zero(&b, 16);
    smb_frame(s, to, yg_buf_str(&b));
    yg_buf_fini(&b);
}

static void interim(struct smb_util *s)
{
    smb2_tree(s, "\\\\h\\a", 1, SMB_NO_ANSWER);
    frame2(s, YG_TO_CLIENT, 3, PENDING);
    frame2(s, YG_TO_CLIENT, 3, ACCESS_DENIED);
    smb2_tree(s, "\\\\h\\b", 1, SMB_NO_ANSWER);
    frame2(s, YG_TO_CLIENT, 3, PENDING);
}

static void crossed(struct smb_util *s)
{
    smb2_tree(s, "\\\\h\\a", 1, SMB_NO_ANSWER);
    smb2_tree(s, "\\\\h\\b", 2, SMB_NO_ANSWER);
    frame2(s, YG_TO_CLIENT, 3, BAD_NETWORK);
    s->id--;
    frame2(s, YG_TO_CLIENT, 3, ACCESS_DENIED);
}

static void encrypted(struct smb_util *s)
{
    smb2_negotiate(s, 0x0302);
    smb_frame(s, YG_TO_SERVER, YG_STR("\375SMBsignature and so on"));
    smb_frame(s, YG_TO_CLIENT, YG_STR("\375SMBsignature and so on"));
    smb_frame(s, YG_TO_SERVER, YG_STR("\375SMBsignature and so on"));
}

static void session_service(struct smb_util *s)
{
    char request[72];

    memset(request, 'A', sizeof(request));
    memcpy(request, "\x81\0\0\x44\x20", 5);
    talk_add(&s->u, YG_TO_SERVER, request, sizeof(request), 0);
    talk_add(&s->u, YG_TO_CLIENT, "\x82\0\0\0", 4, 0);
    smb2_tree(s, "\\\\h\\a", 1, 0);
    talk_add(&s->u, YG_TO_SERVER, "\x85\0\0\0", 4, 0);
    smb2_tree(s, "\\\\h\\b", 2, 0);
}

/* Create with write of it, in one frame: the write means the file just opened. */
static void compound(struct smb_util *s)
{
    struct yg_buf b;

    smb2_tree(s, "\\\\h\\a", 1, 0);
    yg_buf_init(&b, 4096);
    put_smb2(&b, 5, false, 0, 100, 1);
    yg_buf_u16(&b, 57);
    put_zero(&b, 42);
    yg_buf_u16(&b, 64 + 56);
    yg_buf_u16(&b, 8);
    put_zero(&b, 8);
    put_wide(&b, "file");
    b.p[20] = (char)b.n; /* where the next message begins */
    put_smb2(&b, 9, false, 0, 101, 1);
    yg_buf_u16(&b, 49);
    yg_buf_u16(&b, 64 + 48);
    yg_buf_u32(&b, 4);
    yg_buf_u64(&b, 0);
    put_id(&b, 0xff);
    put_zero(&b, 16);
    yg_buf_add(&b, "data", 4);
    smb_frame(s, YG_TO_SERVER, yg_buf_str(&b));
    yg_buf_fini(&b);
}

static void lying(struct smb_util *s)
{
    struct yg_buf b;

    smb2_tree(s, "\\\\h\\a", 1, 0);
    yg_buf_init(&b, 4096);
    put_smb2(&b, 3, false, 0, 7, 0);
    yg_buf_u32(&b, 9);
    yg_buf_u16(&b, 60000); /* the path's place */
    yg_buf_u16(&b, 60000);
    smb_frame(s, YG_TO_SERVER, yg_buf_str(&b));
    yg_buf_fini(&b);
}

static void smb1_session(struct smb_util *s)
{
    smb1(s, YG_TO_SERVER, 0x72, 0, 0, YG_STR_NONE, YG_STR("\2PC\0\2NT LM 0.12\0"));
    smb1(s, YG_TO_CLIENT, 0x72, 0, 0, YG_STR("\1\0"), YG_STR_NONE);
    /* 24-byte responses, then account, domain and system; a pad before UTF-16. */
    smb1(s, YG_TO_SERVER, 0x73, 0, 0,
         YG_STR("\x75\0\xa8\0\0\0\0\0\0\0\0\0\0\0\30\0\30\0\0\0\0\0\0\0\0\0"),
         YG_STR("123456789012345678901234123456789012345678901234\0"
                "u\0\0\0D\0\0\0O\0S\0\0\0L\0\0\0"
                /* the chained tree connect, at 168 */
                "........................................\4\xff\0\0\0\0\0\1\0\21\0\0"
                "\\\0\\\0h\0\\\0C\0$\0\0\0A:\0"));
    smb1(s, YG_TO_CLIENT, 0x73, LOGON_FAILURE, 0, YG_STR_NONE, YG_STR_NONE);
}

static void smb1_files(struct smb_util *s)
{
    smb1(s, YG_TO_SERVER, 0x75, 0, 0, YG_STR("\xff\0\0\0\0\0\1\0"),
         YG_STR("\0\\\0\\\0h\0\\\0d\0\0\0?????\0"));
    smb1(s, YG_TO_CLIENT, 0x75, 0, 5, YG_STR("\xff\0\0\0\0\0"), YG_STR("A:\0"));
    smb1(s, YG_TO_SERVER, 0xa2, 0, 5,
         YG_STR("\xff\0\0\0\0\6\0........................................."),
         YG_STR("\0x\0\0\0"));
    smb1(s, YG_TO_CLIENT, 0xa2, 0, 5, YG_STR("\xff\0\0\0\0\x34\x12......"), YG_STR_NONE);
    smb1(s, YG_TO_SERVER, 0x2f, 0, 5,
         YG_STR("\xff\0\0\0\x34\x12\0\0\0\0........\0\0\3\0\x40\0\0\0\0\0"),
         YG_STR("\0abc"));
    smb1(s, YG_TO_CLIENT, 0x2f, 0, 5, YG_STR("\xff\0\0\0\3\0........"), YG_STR_NONE);
    smb1(s, YG_TO_SERVER, 0x06, 0, 5, YG_STR("\0\0"), YG_STR("\4x\0\0\0"));
    smb1(s, YG_TO_CLIENT, 0x06, NAME_NOT_FOUND, 5, YG_STR_NONE, YG_STR_NONE);
    smb1(s, YG_TO_SERVER, 0x32, 0, 5,
         YG_STR("........................\0\0........................\0\0"), YG_STR_NONE);
}

#define TREE_IPC "smb tree-connect [IPC$] @dc1 > ok\n"

static const struct {
    const char *name;
    void (*build)(struct smb_util *s);
    const char *expect;
    uint64_t anomalies;
} row[] = {
    { "logins", logins,
      "smb negotiate [SMB 3.1.1] > ok\n"
      "smb session-setup > more c0000016 ~dc1.corp.example LOGIN\n"
      "smb session-setup [CORP\\alice] ~WS1 > ok LOGIN\n"
      "smb session-setup > more c0000016 ~dc1.corp.example LOGIN\n"
      "smb session-setup [bob] ~WS1 > refused c000006d LOGIN WEAK",
      0 },
    { "shares", trees,
      TREE_IPC "smb tree-connect [ADMIN$] @dc1 > ok ADMIN\n"
               "smb tree-connect [d$] @dc1 > refused c0000022 ADMIN\n"
               "smb tree-connect [nothing] @dc1 > missing c00000cc\n"
               "smb create [ADMIN$\\temp\\x.exe] @dc1 > ok ADMIN\n"
               "smb create [IPC$\\winreg] @dc1 > missing c0000034 ADMIN\n"
               "smb create [no tree known] > none",
      0 },
    { "a program is brought", upload,
      "smb tree-connect [C$] @dc1 > ok ADMIN\n"
      "smb create [C$\\x.exe] @dc1 > ok ADMIN\n"
      "smb write [C$\\x.exe] @dc1 > ok ADMIN UPLOAD\n"
      "smb create [C$\\full] @dc1 > ok ADMIN\n"
      "smb write [C$\\full] @dc1 > error c000007f ADMIN UPLOAD",
      0 },
    { "a file is fetched", download,
      "smb tree-connect [docs] @dc1 > ok\n"
      "smb create [docs\\a.txt] @dc1 > ok\n"
      "smb read [docs\\a.txt] @dc1 > ok DOWNLOAD\n"
      "smb create [docs\\secret] @dc1 > ok\n"
      "smb read [docs\\secret] @dc1 > refused c0000022 DOWNLOAD",
      0 },
    { "renamed, deleted, listed", rename_delete,
      "smb tree-connect [docs] @dc1 > ok\n"
      "smb create [docs\\old.txt] @dc1 > ok\n"
      "smb rename [docs\\new.txt] @dc1 > ok\n"
      "smb delete [docs\\old.txt] @dc1 > refused c0000022\n"
      "smb query-directory [docs\\old.txt\\*] @dc1 > ok LIST",
      0 },
    { "a service through its pipe", service,
      TREE_IPC "smb create [IPC$\\svcctl] @dc1 > ok ADMIN\n"
               "dcerpc bind [svcctl] @dc1 > ok\n"
               "dcerpc svcctl.CreateServiceW [%TEMP%\\x.bat] @dc1 > ok EXEC ADMIN\n"
               "dcerpc svcctl.StartServiceW [svcctl] @dc1 > error 41d EXEC ADMIN",
      0 },
    { "a pipe that is no RPC", other_pipe,
      TREE_IPC "smb create [IPC$\\RemCom_stdin] @dc1 > ok\n"
               "smb write [IPC$\\RemCom_stdin] @dc1 > ok\n"
               "smb read [IPC$\\RemCom_stdin] @dc1 > ok",
      0 },
    { "an interim answer is none", interim,
      "smb tree-connect [a] @h > refused c0000022\nsmb tree-connect [b] @h > more 103",
      0 },
    { "answers in another order", crossed,
      "smb tree-connect [a] @h > refused c0000022\n"
      "smb tree-connect [b] @h > missing c00000cc",
      0 },
    { "encrypted", encrypted,
      "smb negotiate [SMB 3.0.2] > ok\nsmb encrypted > opaque ENCRYPTED", 0 },
    { "NetBIOS sessions", session_service,
      "smb tree-connect [a] @h > ok\nsmb tree-connect [b] @h > ok", 0 },
    { "a compound", compound,
      "smb tree-connect [a] @h > ok\nsmb create [a\\file] @h > none\n"
      "smb write [a\\file] @h > none UPLOAD",
      0 },
    { "places outside the message", lying,
      "smb tree-connect [a] @h > ok\nsmb tree-connect > none",
      YG_ANOMALY_BIT(YG_A_SMB_ODD) },
    { "SMB1: session and tree in one", smb1_session,
      "smb negotiate [NT LM 0.12] > ok\n"
      "smb session-setup [D\\u] ~OS > refused c000006d LOGIN WEAK\n"
      "smb tree-connect [C$] @h > refused c000006d ADMIN",
      0 },
    { "SMB1: files", smb1_files,
      "smb tree-connect [d] @h > ok\nsmb create [d\\x] @h > ok\n"
      "smb write [d\\x] @h > ok UPLOAD\nsmb delete [d\\x] @h > missing c0000034\n"
      "smb trans2.11822 [d] @h > none",
      YG_ANOMALY_BIT(YG_A_SMB_ODD) },
};

static void conversations(void **state)
{
    struct yg_buf text;

    (void)state;
    yg_buf_init(&text, 1 << 16);
    for (size_t i = 0; i < 2 * YG_ARRAY_LEN(row); i++) {
        struct smb_util s;
        size_t k = i / 2;
        smb_init(&s);
        s.sideways = i & 1; /* met midway: who is the client was guessed wrong */
        row[k].build(&s);
        struct yg_talk *t = talk_done(&s.u);
        t->app = YG_APP_SMB;
        if (!yg_smb_probe(t))
            fail_msg("%s: not recognised", row[k].name);
        yg_smb_parse(t, &s.u.arena);
        if (!yg_str_eq(exchange_text(t, &text), yg_str_of(row[k].expect)))
            fail_msg("%s:\n%s\ninstead of\n%s", row[k].name, yg_buf_cstr(&text),
                     row[k].expect);
        if (t->anomalies != row[k].anomalies)
            fail_msg("%s: anomalies %lx", row[k].name, (unsigned long)t->anomalies);
        smb_fini(&s);
    }
    yg_buf_fini(&text);
}

static const struct yg_exchange *find(const struct yg_talk *t, const char *verb)
{
    for (uint32_t i = 0; i < t->exchanges; i++)
        if (yg_str_eq(t->exchange[i].verb, yg_str_of(verb)))
            return &t->exchange[i];
    fail_msg("no %s", verb);
    return NULL;
}

static void bodies(void **state)
{
    struct smb_util s;

    (void)state;
    smb_init(&s);
    upload(&s);
    download(&s);
    service(&s);
    rename_delete(&s);
    struct yg_talk *t = talk_done(&s.u);
    yg_smb_parse(t, &s.u.arena);
    const struct yg_exchange *x = find(t, "write");
    assert_true(yg_str_eq(x->body, YG_STR("MZ\220\0more")));
    x = find(t, "read");
    assert_true(yg_str_eq(x->answer_body, YG_STR("first second")));
    assert_int_equal(x->answer_size, 12);
    x = find(t, "query-directory");
    assert_true(yg_str_eq(x->answer_body, YG_STR("names")));
    x = find(t, "svcctl.StartServiceW");
    assert_true(yg_str_eq(x->body, YG_STR("handle")));
    assert_int_equal(x->status, 0x41d);
    /* Marked from the call's first byte to the last of its second piece. */
    struct yg_str back = t->side[YG_TO_CLIENT].bytes;
    assert_memory_equal(back.p + x->answer_at, "\5\0\2", 3);
    assert_memory_equal(back.p + x->answer_at + x->answer_len - 4, "\x1d\4\0\0", 4);
    smb_fini(&s);
}

/* Packets cut by the capture: messages go on where the next begins. */
static void holes(void **state)
{
    struct smb_util s;
    struct yg_buf text;

    (void)state;
    smb_init(&s);
    yg_buf_init(&text, 4096);
    smb2_tree(&s, "\\\\h\\a", 1, 0);
    smb2_create(&s, 1, "x", 9, 0);
    smb2_write(&s, 1, 9, 0, YG_STR("0123456789012345678901234567890123456789"), 0);
    s.u.buf[YG_TO_SERVER].n -= 20;
    smb2_tree(&s, "\\\\h\\b", 2, 0);
    struct yg_talk *t = talk_done(&s.u);
    t->app = YG_APP_SMB;
    t->side[YG_TO_SERVER].gap_bytes = 20;
    yg_smb_parse(t, &s.u.arena);
    assert_true(
        yg_str_eq(exchange_text(t, &text),
                  YG_STR("smb tree-connect [a] @h > ok\nsmb create [a\\x] @h > ok\n"
                         "smb write [a\\x] @h > ok UPLOAD CUT\n"
                         "smb tree-connect [b] @h > ok")));
    assert_int_equal(t->anomalies, 0);
    assert_int_equal(t->exchange[2].body.n, 20);
    yg_buf_fini(&text);
    smb_fini(&s);
}

/* Ordinary business stops early, so that what matters finds room. */
static void many(void **state)
{
    struct smb_util s;

    (void)state;
    smb_init(&s);
    smb2_tree(&s, "\\\\dc1\\docs", 3, 0);
    for (unsigned i = 0; i < 300; i++)
        smb2_create(&s, 3, "file", i & 0x7f, 0);
    service(&s);
    struct yg_talk *t = talk_done(&s.u);
    yg_smb_parse(t, &s.u.arena);
    assert_true(t->anomalies & YG_ANOMALY_BIT(YG_A_APP_CAP));
    assert_true(find(t, "svcctl.CreateServiceW")->flags & YG_XF_EXEC);
    smb_fini(&s);
}

static void what_is_none(void **state)
{
    static const struct {
        const char *name;
        struct yg_str bytes;
    } bad[] = {
        { "empty", { "", 0 } },
        { "HTTP", { "GET /SMB HTTP/1.1\r\n\r\n", 21 } },
        { "too short", { "\0\0\0\40\377SM", 7 } },
        { "an odd first byte", { "\0\0\0\40\373SMB", 8 } },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
        struct talk_util u;
        if (yg_smb_probe(talk_two(&u, 445, bad[i].bytes, YG_STR_NONE)))
            fail_msg("%s", bad[i].name);
        talk_fini(&u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations), cmocka_unit_test(bodies),
        cmocka_unit_test(holes),         cmocka_unit_test(many),
        cmocka_unit_test(what_is_none),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
