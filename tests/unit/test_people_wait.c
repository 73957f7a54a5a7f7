/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting after failures: as long as it should, never for good, and with a cap. */
#include "people_util.h"

static void failures_make_wait(void **state)
{
    static const unsigned wait_s[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900 };
    struct world *w = *state;
    struct yg_login_answer a;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    add_user(w, "lee", YG_ROLE_ANALYST, "acme");
    for (int i = 0; i < 5; i++)
        assert_int_equal(login_why(w, "kim", "wrong", HOME), YG_LOGIN_WRONG);
    for (size_t i = 0; i < YG_ARRAY_LEN(wait_s); i++) {
        /* the right one waits, too, and asking does not make it longer */
        for (int k = 0; k < 3; k++) {
            assert_status(YG_EPERM, try_login(w, "KIM", GOOD, "", HOME, &a));
            assert_int_equal(a.why, YG_LOGIN_WAIT);
            assert_int_equal(a.wait_s, wait_s[i]);
        }
        /* its neighbour in the same network waits; others do not */
        assert_int_equal(login_why(w, "kim", GOOD, "192.0.2.200"), YG_LOGIN_WAIT);
        w->clock.manual_ns += wait_s[i] * SECOND;
        assert_int_equal(login_why(w, "kim", "wrong", HOME), YG_LOGIN_WRONG);
    }
    assert_int_equal(login_why(w, "kim", GOOD, "198.51.100.1"), YG_LOGIN_IN);
    assert_int_equal(login_why(w, "lee", GOOD, HOME), YG_LOGIN_IN);
    w->clock.manual_ns += 900 * SECOND;
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN);
    assert_int_equal(login_why(w, "kim", "wrong", HOME), YG_LOGIN_WRONG);
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN);
}

/* Attempts that run at the same time count before they end. */
static void many_at_once_are_counted(void **state)
{
    struct world *w = *state;
    const struct yg_login in = { YG_STR("kim"), YG_STR(GOOD), YG_STR(""), YG_STR(HOME) };
    struct yg_login_work work[6];
    struct yg_login_answer a;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    for (int i = 0; i < 5; i++)
        assert_ok(w, yg_people_login_begin(w->p, &in, &work[i], &a, &w->err));
    assert_status(YG_EPERM, yg_people_login_begin(w->p, &in, &work[5], &a, &w->err));
    assert_int_equal(a.why, YG_LOGIN_WAIT);
    yg_people_login_hash(&work[0]);
    assert_ok(w, yg_people_login_end(w->p, &in, &work[0], &a, &w->err));
    /* what changed meanwhile is seen */
    char made[YG_PASSWORD_MADE];
    yg_people_login_hash(&work[2]);
    assert_ok(w, yg_people_set_password(w->p, &yg_principal_machine, YG_STR("kim"),
                                        YG_STR(GOOD_TOO), made, &w->err));
    assert_status(YG_EPERM, yg_people_login_end(w->p, &in, &work[2], &a, &w->err));
    assert_ok(w, yg_people_set_password(w->p, &yg_principal_machine, YG_STR("kim"),
                                        YG_STR(GOOD), made, &w->err));
    assert_ok(w, yg_people_login_begin(w->p, &in, &work[1], &a, &w->err));
    yg_people_login_hash(&work[1]);
    sql(w, "UPDATE account SET disabled = 1");
    assert_status(YG_EPERM, yg_people_login_end(w->p, &in, &work[1], &a, &w->err));
    assert_int_equal(a.why, YG_LOGIN_WRONG);
    assert_int_equal(a.secret[0], 0);
}

/* Many addresses, one name: each further one waits, and then has its turn whatever the
 * others do; where he has been before he does not wait at all. */
static void a_name_is_never_locked_for_good(void **state)
{
    struct world *w = *state;
    struct yg_login_answer a;
    char address[32];

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN);
    for (int i = 0; i < 100; i++) {
        snprintf(address, sizeof(address), "10.%d.%d.1", i / 200, i % 200);
        assert_int_equal(login_why(w, "kim", "wrong", address), YG_LOGIN_WRONG);
    }
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN);
    assert_status(YG_EPERM, try_login(w, "kim", GOOD, "", "2001:db8::1", &a));
    assert_int_equal(a.why, YG_LOGIN_WAIT);
    assert_int_equal(a.wait_s, 30);
    for (int i = 0; i < 30; i++) { /* meanwhile the others go on */
        w->clock.manual_ns += SECOND;
        snprintf(address, sizeof(address), "10.9.%d.1", i);
        assert_int_equal(login_why(w, "kim", "wrong", address), YG_LOGIN_WAIT);
    }
    assert_int_equal(login_why(w, "kim", GOOD, "2001:db8::ffff"), YG_LOGIN_IN);
    /* and counts are forgotten */
    w->clock.manual_ns += 8 * DAY;
    assert_int_equal(login_why(w, "kim", GOOD, "203.0.113.9"), YG_LOGIN_IN);
}

static void an_address_that_tries_many_names_waits(void **state)
{
    struct world *w = *state;
    char name[32];

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    add_user(w, "lee", YG_ROLE_ANALYST, "acme");
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN);
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof(name), "guess%d", i);
        assert_int_equal(login_why(w, name, "wrong", HOME), YG_LOGIN_WRONG);
    }
    assert_int_equal(login_why(w, "lee", GOOD, HOME), YG_LOGIN_WAIT);
    for (int i = 0; i < 40; i++) /* who is known there has no part in it */
        assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN);
    assert_int_equal(login_why(w, "lee", GOOD, HOME), YG_LOGIN_WAIT);
    assert_int_equal(login_why(w, "lee", GOOD, "198.51.100.1"), YG_LOGIN_IN);
    w->clock.manual_ns += 30 * SECOND;
    assert_int_equal(login_why(w, "lee", GOOD, HOME), YG_LOGIN_IN);
}

static void failures_have_a_cap_and_odd_rows_lock_nobody_out(void **state)
{
    static const char *const odd[] = {
        "UPDATE failure SET until_ns = 9223372036854775807",
        "UPDATE failure SET failures = 9223372036854775807, last_ns = -1",
        "UPDATE failure SET failures = -5, until_ns = -9223372036854775807",
        "UPDATE failure SET last_ns = 9223372036854775807",
    };
    struct world *w = *state;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN); /* known */
    for (size_t i = 0; i < YG_ARRAY_LEN(odd); i++) {
        for (int k = 0; k < 6; k++)
            login_why(w, "kim", "wrong", HOME);
        sql(w, odd[i]);
        w->clock.manual_ns += 900 * SECOND;
        assert_int_equal(login_why(w, "kim", GOOD, HOME), YG_LOGIN_IN);
    }
    sql(w, "UPDATE failure SET failures = 0, until_ns = 0");
    sql(w, "INSERT INTO failure(id, digest, failures, last_ns, until_ns) "
           "VALUES(250000, x'00', 1, 1, 1)");
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof(name), "x%d", i);
        login_why(w, name, "wrong", HOME);
    }
    assert_int_equal(sql_number(w, "SELECT count(*) FROM failure WHERE id <= 150000"), 0);
    assert_true(sql_number(w, "SELECT max(id) - min(id) < 100000 FROM failure"));
    for (int i = 0; i < 50; i++) {
        char address[32];
        snprintf(address, sizeof(address), "10.0.%d.1", i);
        assert_int_equal(login_why(w, "kim", GOOD, address), YG_LOGIN_IN);
    }
    assert_int_equal(sql_number(w, "SELECT count(*) FROM known_address"), 32);
    assert_int_equal(sql_number(w, "SELECT count(*) FROM login_session"), 20);
}

static void names_that_are_none_are_only_wrong(void **state)
{
    static const struct yg_str name[] = {
        { "", 0 },      { "a\0b", 3 }, { "\xff\xfe", 2 }, { "' OR 1=1 --", 11 },
        { "kim\n", 4 }, { " kim", 4 }, { "-kim", 4 },
    };
    struct world *w = *state;

    add_user(w, "kim", YG_ROLE_ANALYST, "acme");
    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++) {
        char address[32];
        struct yg_login_answer a;
        snprintf(address, sizeof(address), "10.0.%zu.1", i);
        const struct yg_login in = { .name = name[i],
                                     .password = YG_STR(GOOD),
                                     .address = i % 2 ? yg_str_of(address) : name[i] };
        assert_status(YG_EPERM, yg_people_login(w->p, &in, &a, &w->err));
        assert_int_equal(a.why, YG_LOGIN_WRONG);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(failures_make_wait),
        CASE(many_at_once_are_counted),
        CASE(a_name_is_never_locked_for_good),
        CASE(an_address_that_tries_many_names_waits),
        CASE(failures_have_a_cap_and_odd_rows_lock_nobody_out),
        CASE(names_that_are_none_are_only_wrong),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
