/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "base/counters.h"
#include "base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void messages(void **state)
{
    struct yg_err err = { 0 };
    char text[1024], longest[1000];

    (void)state;
    assert_int_equal(yg_err_set(&err, YG_ELIMIT, "%d of %s", 3, "x"), YG_ELIMIT);
    assert_int_equal(err.status, YG_ELIMIT);
    assert_string_equal(yg_err_text(&err, text, sizeof(text)), "3 of x");
    yg_err_at(&err, "f", 0, 0);
    assert_string_equal(yg_err_text(&err, text, sizeof(text)), "f: 3 of x");
    yg_err_at(&err, "f", 7, 0);
    assert_string_equal(yg_err_text(&err, text, sizeof(text)), "f:7: 3 of x");
    yg_err_at(&err, "f", 7, 9);
    assert_string_equal(yg_err_text(&err, text, sizeof(text)), "f:7:9: 3 of x");
    yg_err_at(&err, NULL, 7, 9);
    assert_string_equal(yg_err_text(&err, text, sizeof(text)), "3 of x");
    assert_string_equal(yg_err_text(&err, text, 3), "3 ");
    memset(longest, 'y', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    yg_err_at(&err, longest, 1, 1);
    yg_err_set(&err, YG_EIO, "%s", longest);
    assert_int_equal(strlen(err.path), sizeof(err.path) - 1);
    yg_err_at(&err, err.path, 7, 0); /* the same file, another line */
    assert_int_equal(strlen(err.path), sizeof(err.path) - 1);
    assert_int_equal(err.line, 7);
    assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
    yg_err_at(NULL, "f", 1, 1);
    assert_int_equal(yg_err_set(NULL, YG_EIO, "x"), YG_EIO);
    assert_int_equal(yg_err_errno(NULL, "x"), YG_EIO);
}

static void system_errors(void **state)
{
    struct yg_err err = { 0 };

    (void)state;
    errno = ENOSPC;
    assert_int_equal(yg_err_errno(&err, "write %s", "f"), YG_EIO);
    assert_string_equal(err.msg, "write f: No space left on device");
}

static void every_status_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < YG_STATUS_COUNT; i++) {
        const char *name = yg_status_name((enum yg_status)i);
        assert_non_null(name);
        assert_string_not_equal(name, "unknown");
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name, yg_status_name((enum yg_status)j));
    }
    assert_string_equal(yg_status_name(YG_STATUS_COUNT), "unknown");
}

static void every_counter_is_documented(void **state)
{
    struct yg_counters a = { .v = { 0 } }, b = { .v = { 0 } };

    (void)state;
    for (int i = 0; i < YG_COUNTER_COUNT; i++) {
        assert_true(strlen(yg_counter_info[i].name) > 2);
        assert_true(strlen(yg_counter_info[i].help) > 5);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(yg_counter_info[i].name, yg_counter_info[j].name);
        yg_count(&a, (enum yg_counter)i, (uint64_t)i + 1);
        yg_count(&b, (enum yg_counter)i, 10);
    }
    yg_counters_add(&a, &b);
    for (int i = 0; i < YG_COUNTER_COUNT; i++)
        assert_int_equal(a.v[i], i + 11);
}

/* What is written to standard error while `fd` stands in for it. */
static size_t logged(void (*say)(void), char *out, size_t size)
{
    int fd[2], saved = dup(STDERR_FILENO);

    assert_int_equal(pipe(fd), 0);
    dup2(fd[1], STDERR_FILENO);
    say();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fd[1]);
    ssize_t n = read(fd[0], out, size - 1);
    close(fd[0]);
    assert_true(n >= 0);
    out[n] = '\0';
    return (size_t)n;
}

static void say_hostile(void)
{
    yg_log(YG_LOG_WARN, "a\nb\033[31m\x7f\t");
}

static void say_long(void)
{
    char text[5000];

    memset(text, '\n', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    yg_log(YG_LOG_ERROR, "%s", text);
}

static void say_debug(void)
{
    yg_log(YG_LOG_DEBUG, "quiet");
}

static void say_error(void)
{
    struct yg_err err = { 0 };

    yg_err_set(&err, YG_EFORMAT, "odd");
    yg_err_at(&err, "f", 2, 0);
    yg_log_err(&err, "skipped");
    yg_log_err(&err, NULL);
}

static void a_log_line_is_one_line(void **state)
{
    char out[8192];

    (void)state;
    logged(say_hostile, out, sizeof(out));
    assert_string_equal(out, "yagura: warning: a\\x0ab\\x1b[31m\\x7f\\x09\n");
    size_t n = logged(say_long, out, sizeof(out));
    assert_true(n > 100 && n <= 2048);
    assert_ptr_equal(strchr(out, '\n'), out + n - 1);
    assert_int_equal(logged(say_debug, out, sizeof(out)), 0);
    yg_log_set_level(YG_LOG_DEBUG);
    assert_int_not_equal(logged(say_debug, out, sizeof(out)), 0);
    yg_log_set_level(YG_LOG_INFO);
    logged(say_error, out, sizeof(out));
    assert_string_equal(out,
                        "yagura: error: f:2: odd; skipped\nyagura: error: f:2: odd\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),
        cmocka_unit_test(system_errors),
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(every_counter_is_documented),
        cmocka_unit_test(a_log_line_is_one_line),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("err, log and counters", tests, NULL, NULL);
}
