/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sanitized.h"
#include "pipeline/boxed.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_fd; /* one that the parent holds */

static void hello(void *arg, struct yg_buf *out)
{
    yg_buf_printf(out, "hello %s", (const char *)arg);
}

static void nothing(void *arg, struct yg_buf *out)
{
    (void)arg;
    (void)out;
}

static void dies(void *arg, struct yg_buf *out)
{
    (void)arg;
    yg_buf_str_add(out, YG_STR("half"));
    abort();
}

static void too_much(void *arg, struct yg_buf *out)
{
    (void)arg;
    for (int i = 0; i < 1000; i++)
        yg_buf_str_add(out, YG_STR("0123456789"));
}

/* A sanitizer opens files to write its report, so its builds let that through. */
static bool opens(const char *path, int flags)
{
    return !YG_SANITIZED && open(path, flags | O_CLOEXEC, 0600) >= 0;
}

/* What a process taken over by hostile packets would try first. */
static void breaks_out(void *arg, struct yg_buf *out)
{
    char byte;

    (void)arg;
    yg_buf_printf(out, "open %d ", opens("/etc/passwd", O_RDONLY));
    yg_buf_printf(out, "create %d ", opens("/tmp/yg_x", O_WRONLY | O_CREAT));
    yg_buf_printf(out, "socket %d ", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    yg_buf_printf(out, "fork %d ", fork() >= 0);
    yg_buf_printf(out, "exec %d ", execl("/bin/true", "true", (char *)NULL) == 0);
    yg_buf_printf(out, "read %d", read(open_fd, &byte, 1) >= 0);
}

/* Says that it is done, and is not. */
static void stays(void *arg, struct yg_buf *out)
{
    (void)arg;
    (void)out;
    for (int fd = 0; fd < 1024; fd++)
        close(fd);
    for (;;)
        sched_yield();
}

/* Never ends by itself. */
static void works_on(void *arg, struct yg_buf *out)
{
    (void)arg;
    yg_buf_str_add(out, YG_STR("x"));
    for (;;)
        sched_yield();
}

/* Nobody waits longer than he wants to; the job ends at its own time. */
static void in_parts(void **state)
{
    static char who[] = "later";
    struct yg_boxed_job *j;
    struct yg_err err = { 0 };
    struct yg_str said = YG_STR_NONE;

    (void)state;
    assert_int_equal(yg_boxed_start(hello, who, 1000, 5000, &j, &err), YG_OK);
    for (int i = 0; i < 2; i++) { /* again, the same */
        assert_int_equal(yg_boxed_wait(j, 5000, &said, &err), YG_OK);
        assert_true(yg_str_eq(said, YG_STR("hello later")));
    }
    yg_boxed_end(j);
    assert_int_equal(yg_boxed_start(works_on, NULL, 1000, 300, &j, &err), YG_OK);
    assert_int_equal(yg_boxed_wait(j, 0, &said, &err), YG_EBUSY);
    assert_int_equal(yg_boxed_wait(j, 50, &said, &err), YG_EBUSY);
    assert_int_equal(yg_boxed_wait(j, 5000, &said, &err), YG_ECHILD);
    assert_int_equal(yg_boxed_wait(j, 5000, &said, &err), YG_ECHILD);
    yg_boxed_end(j);
    assert_int_equal(yg_boxed_start(works_on, NULL, 1000, 5000, &j, &err), YG_OK);
    yg_boxed_end(j); /* nobody wants it any more */
}

static void cases(void **state)
{
    static char who[] = "packets";
    static const struct {
        const char *name;
        void (*work)(void *arg, struct yg_buf *out);
        size_t cap;
        enum yg_status status;
        const char *text;
    } table[] = {
        { "what it wrote comes back", hello, 1000, YG_OK, "hello packets" },
        { "nothing written", nothing, 1000, YG_OK, "" },
        { "it closes the pipe and stays", stays, 1000, YG_ECHILD, NULL },
        { "it dies", dies, 1000, YG_ECHILD, NULL },
        { "more than the cap is cut", too_much, 50, YG_OK,
          "01234567890123456789012345678901234567890123456789" },
        { "nothing can be reached", breaks_out, 1000, YG_OK,
          "open 0 create 0 socket 0 fork 0 exec 0 read 0" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++) {
        struct yg_err err = { 0 };
        struct yg_buf out;
        yg_buf_init(&out, table[i].cap);
        enum yg_status st = yg_boxed(table[i].work, who, &out, &err);
        if (st != table[i].status)
            fail_msg("%s: %s", table[i].name, yg_status_name(st));
        if (table[i].text && !yg_str_eq(yg_buf_str(&out), yg_str_of(table[i].text)))
            fail_msg("%s: %.*s", table[i].name, YG_STR_ARG(yg_buf_str(&out)));
        yg_buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(cases),
                                        cmocka_unit_test(in_parts) };

    open_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close(open_fd);
    return failed;
}
