/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/config.h"

#include "conf/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct yg_arena arena;

    yg_arena_init(&arena, (size_t)8 * 1024 * 1024);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    yg_arena_fini(*state);
    return 0;
}

static void defaults(void **state)
{
    struct yg_config c;

    (void)state;
    yg_config_init(&c);
    assert_string_equal(c.data.p, "yagura-data");
    assert_string_equal(c.listen.p, "127.0.0.1:8433");
    assert_int_equal(c.workers, 0);
    assert_int_equal(c.protect, YG_LEVEL_L3);
    assert_true(c.delta == 0.05);
    assert_int_equal(c.dedup_window, 7 * 86400);
    assert_int_equal(c.context_memory, 256 * 1024 * 1024);
}

/* Every row of the table: names and help are there and fit a line of a page. */
static void every_row_is_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_CONFIG_ITEMS; i++) {
        const struct yg_config_info *info = &yg_config_info[i];
        assert_true(strlen(info->name) >= 4 && strlen(info->name) <= 24);
        assert_true(strlen(info->help) >= 10 && strlen(info->help) <= 100);
        assert_true(info->least <= info->most);
    }
}

static void values(void **state)
{
    static const struct {
        const char *name, *value, *must; /* must: in the message; NULL: it is fine */
    } row[] = {
        { "data", "/var/lib/x", NULL },
        { "data", "", "must be a text" },
        { "data", "a\tb", "control characters" },
        { "data", "a\xc2\x85", "control characters" },
        { "data", "a\xe2\x80\xa8", "control characters" },
        { "data", "\xc3\xa9\xe2\x98\xba", NULL },
        { "listen", ":8433", NULL },
        { "listen", "[::1]:80", NULL },
        { "listen", "host.example:65535", NULL },
        { "listen", "::1:80", "host:port" },
        { "listen", "127.0.0.1", "host:port" },
        { "listen", "a:65536", "host:port" },
        { "listen", "a b:1", "host:port" },
        { "listen", "a:", "host:port" },
        { "listen", "http://a:1", "host:port" },
        { "workers", "64", NULL },
        { "workers", "65", "from 0 to 64" },
        { "workers", "-1", "whole number" },
        { "workers", "two", "whole number" },
        { "protect", "l2", NULL },
        { "protect", "FP", "from L1 to L4" },
        { "protect", "L5", "a level" },
        { "delta", "0.05", NULL },
        { "delta", "0.5 %", NULL },
        { "delta", "60%", "from 0.0001 to 0.5" },
        { "delta", "0", "from 0.0001" },
        { "delta", "nan", "a share" },
        { "delta", "%", "a share" },
        { "dedup_window", "1h", NULL },
        { "dedup_window", "60 min", NULL },
        { "dedup_window", "365 d", NULL },
        { "dedup_window", "366 d", "from 1 h to 365 d" },
        { "dedup_window", "59 min", "from 1 h" },
        { "dedup_window", "3600", "a time" },
        { "dedup_window", "1 week", "a time" },
        { "dedup_window", "d", "a time" },
        { "dedup_window", "18446744073709551615 d", "a time" },
        { "context_memory", "1048576", NULL },
        { "context_memory", "1024KiB", NULL },
        { "context_memory", "64 kB", "a size" },
        { "context_memory", "64 KiB", "from 1 MiB to 64 GiB" },
        { "context_memory", "17179869184 GiB", "a size" },
        { "wokers", "1", "did you mean \"workers\"?" },
        { "colour", "1", "no setting \"colour\"" },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_config c;
        struct yg_err err = { 0 };
        yg_config_init(&c);
        enum yg_status st = yg_config_set(&c, *state, yg_str_of(row[i].name),
                                          yg_str_of(row[i].value), &err);
        bool good =
            row[i].must ? st == YG_EINVAL && strstr(err.msg, row[i].must) : st == YG_OK;
        if (!good)
            fail_msg("%s: %s: %s %s", row[i].name, row[i].value, yg_status_name(st),
                     err.msg);
    }
}

/* The asked rates are compared with a ladder: percent must give the same doubles. */
static void percent_is_exact(void **state)
{
    static const struct {
        const char *text;
        double want;
    } row[] = { { "5%", 0.05 },    { "2%", 0.02 },    { "1%", 0.01 },
                { "0.5%", 0.005 }, { "0.1%", 0.001 }, { "0.02", 0.02 } };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_config c;
        yg_config_init(&c);
        assert_int_equal(
            yg_config_set(&c, *state, YG_STR("fnr_rate"), yg_str_of(row[i].text), NULL),
            YG_OK);
        assert_true(c.fnr_rate == row[i].want);
    }
}

static void file_over_defaults(void **state)
{
    struct yg_config c;
    struct yg_err err = { 0 };

    yg_config_init(&c);
    assert_int_equal(yg_config_parse(&c, *state, "y.yaml",
                                     YG_STR("# ours\nprotect: L2\nlisten: 0.0.0.0:80\n"
                                            "dedup_window: 14 d\n"),
                                     &err),
                     YG_OK);
    assert_int_equal(c.protect, YG_LEVEL_L2);
    assert_string_equal(c.listen.p, "0.0.0.0:80");
    assert_int_equal(c.dedup_window, 14 * 86400);
    assert_int_equal(c.context_memory, 256 * 1024 * 1024);
    assert_int_equal(yg_config_parse(&c, *state, "y.yaml", YG_STR(""), &err), YG_OK);
    assert_int_equal(c.protect, YG_LEVEL_L2);
}

static void file_errors_have_a_place(void **state)
{
    static const struct {
        const char *text;
        enum yg_status st;
        int line, column;
        const char *msg;
    } row[] = {
        { "protect: L2\nlisen: a:1\n", YG_EINVAL, 2, 1, "did you mean \"listen\"?" },
        { "protect: L2\nworkers: many\n", YG_EINVAL, 2, 10, "must be a whole number" },
        { "workers: [1]\n", YG_EINVAL, 1, 1, "needs one value" },
        { "workers:\n", YG_EINVAL, 1, 1, "needs one value" },
        { "workers: 1\nworkers: 2\n", YG_EINVAL, 2, 1, "in line 1; remove one" },
        { "workers: &a 1\n", YG_EINVAL, 1, 10, "anchors" },
        { "just text\n", YG_EINVAL, 1, 1, "one \"key: value\" a line" },
        { "workers: 1\n\tprotect: L2\n", YG_EFORMAT, 2, 1, "not YAML" },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_config c, before;
        struct yg_err err = { 0 };
        yg_config_init(&c);
        before = c;
        enum yg_status st =
            yg_config_parse(&c, *state, "y.yaml", yg_str_of(row[i].text), &err);
        if (st != row[i].st || err.line != row[i].line || err.column != row[i].column ||
            !strstr(err.msg, row[i].msg) || strcmp(err.path, "y.yaml") != 0)
            fail_msg("case %zu: %s at %d:%d: %s", i, yg_status_name(st), err.line,
                     err.column, err.msg);
        assert_int_equal(c.protect, before.protect);
        assert_int_equal(c.workers, before.workers);
    }
}

static void printed_file_reads_back_equal(void **state)
{
    static const char *const set[][2] = {
        { "data", "C:\\odd \"name\" #\xe2\x98\xba" },
        { "listen", "[::]:1" },
        { "workers", "3" },
        { "protect", "L1" },
        { "delta", "0.123456789012345" },
        { "fnr_rate", "0.1%" },
        { "dedup_window", "3601 s" },
        { "context_memory", "1048577" },
    };
    struct yg_config a, b;
    struct yg_buf out;
    struct yg_err err = { 0 };

    yg_config_init(&a);
    yg_config_init(&b);
    for (size_t i = 0; i < YG_ARRAY_LEN(set); i++)
        assert_int_equal(
            yg_config_set(&a, *state, yg_str_of(set[i][0]), yg_str_of(set[i][1]), NULL),
            YG_OK);
    yg_buf_init(&out, 65536);
    yg_config_print(&a, &out);
    if (yg_config_parse(&b, *state, "printed", yg_buf_str(&out), &err) != YG_OK)
        fail_msg("line %d: %s\n%s", err.line, err.msg, yg_buf_cstr(&out));
    assert_string_equal(b.data.p, a.data.p);
    assert_string_equal(b.listen.p, a.listen.p);
    assert_int_equal(b.workers, 3);
    assert_int_equal(b.protect, YG_LEVEL_L1);
    assert_true(b.delta == a.delta && b.fnr_rate == 0.001 && b.for_rate == a.for_rate);
    assert_int_equal(b.dedup_window, 3601);
    assert_int_equal(b.context_memory, 1048577);
    yg_buf_fini(&out);
}

static void reads_files(void **state)
{
    char path[] = "/tmp/yagura-test-XXXXXX";
    int fd = mkstemp(path);
    struct yg_config c;
    struct yg_err err = { 0 };

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "workers: 2\n", 11), 11);
    close(fd);
    yg_config_init(&c);
    assert_int_equal(yg_config_read(&c, *state, path, &err), YG_OK);
    assert_int_equal(c.workers, 2);
    unlink(path);
    assert_int_equal(yg_config_read(&c, *state, path, &err), YG_EIO);
    assert_non_null(strstr(err.msg, "No such file"));
    assert_string_equal(err.path, path);
    assert_int_equal(yg_config_read(&c, *state, "/tmp", &err), YG_EIO);
    assert_int_equal(yg_config_read(&c, *state, "/dev/zero", &err), YG_ELIMIT);
}

static void nearest_names(void **state)
{
    static const char *const names[] = { "workers", "listen", "protect", "id" };
    static const struct {
        const char *name, *want;
    } row[] = {
        { "worker", "workers" }, { "wrokers", "workers" },
        { "LISTEN", "listen" },  { "protected", "protect" },
        { "xyz", NULL },         { "", NULL },
        { "di", "id" },          { "q", NULL },
    };
    char longest[100];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const char *got = yg_nearest(yg_str_of(row[i].name), names, YG_ARRAY_LEN(names));
        if (!got != !row[i].want || (got && strcmp(got, row[i].want) != 0))
            fail_msg("%s: %s", row[i].name, got ? got : "nothing");
    }
    memset(longest, 'w', sizeof(longest));
    assert_null(yg_nearest((struct yg_str){ longest, sizeof(longest) }, names, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(every_row_is_documented),
        cmocka_unit_test_setup_teardown(values, setup, teardown),
        cmocka_unit_test_setup_teardown(percent_is_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(file_over_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(file_errors_have_a_place, setup, teardown),
        cmocka_unit_test_setup_teardown(printed_file_reads_back_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_files, setup, teardown),
        cmocka_unit_test(nearest_names),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
