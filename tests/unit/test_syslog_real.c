/* SPDX-License-Identifier: Apache-2.0 */
/* Real senders: util-linux logger and rsyslogd, where they are installed. */
#include "intake/syslog.h"

#include "intake_util.h"

#include <signal.h>
#include <sys/un.h>
#include <sys/wait.h>

static int setup(void **state)
{
    struct intake_box *b = malloc(sizeof(*b));

    assert_non_null(b);
    intake_box_init(b);
    if (intake_box_start(
            b, "inputs:\n"
               "- { type: syslog, source: t, listen: '127.0.0.1:0' }\n"
               "- { type: syslog, source: u, listen: '127.0.0.1:0', "
               "transport: udp }\n"
               "- { type: unix, source: d, path: log, transport: dgram }\n") != YG_OK)
        fail_msg("%s", b->err.msg);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    intake_box_fini(*state);
    free(*state);
    return 0;
}

static pid_t run(const char *const *argv)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(null, STDERR_FILENO);
        dup2(null, STDOUT_FILENO);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return child;
}

static void logger(struct intake_box *b, const char *const *how, const char *text)
{
    const char *argv[16] = { "/usr/bin/logger", "-t", "app", "-p", "auth.warning" };
    size_t n = 5;
    int status = 0;

    while (*how)
        argv[n++] = *how++;
    argv[n++] = text;
    assert_int_equal(waitpid(run(argv), &status, 0) > 0 && status == 0, 1);
    if (!intake_box_next(b, 5000))
        fail_msg("nothing came of %s", text);
    if (!yg_str_starts(b->rec.raw, YG_STR("<36>")) ||
        !yg_str_has_nocase(b->rec.raw, yg_str_of(text)))
        fail_msg("%.*s", YG_STR_ARG(b->rec.raw));
}

static void logger_of_util_linux(void **state)
{
    struct intake_box *b = *state;
    char port[2][8], path[96];

    if (access("/usr/bin/logger", X_OK) != 0)
        skip();
    snprintf(port[0], sizeof(port[0]), "%u", yg_intake_port(b->in, 0));
    snprintf(port[1], sizeof(port[1]), "%u", yg_intake_port(b->in, 1));
    snprintf(path, sizeof(path), "%s/log", b->dir);
    const char *const row[][9] = {
        { "-n", "127.0.0.1", "-P", port[0], "-T", NULL },
        { "-n", "127.0.0.1", "-P", port[0], "-T", "--octet-count", NULL },
        { "-n", "127.0.0.1", "-P", port[0], "-T", "--rfc3164", NULL },
        { "-n", "127.0.0.1", "-P", port[1], "-d", "--rfc5424", NULL },
        { "-u", path, "-d", NULL },
    };
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        char text[64];
        snprintf(text, sizeof(text), "message %zu of a real logger", i);
        logger(b, row[i], text);
    }
}

static void write_conf(const struct intake_box *b, char path[160])
{
    snprintf(path, 160, "%s/rsyslog.conf", b->dir);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fprintf(f,
            "global(workDirectory=\"%s\")\n"
            "module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
            "input(type=\"imuxsock\" Socket=\"%s/in.sock\" ratelimit.interval=\"0\")\n"
            "action(type=\"omfwd\" target=\"127.0.0.1\" port=\"%u\" protocol=\"tcp\"\n"
            "  TCP_Framing=\"octet-counted\" "
            "template=\"RSYSLOG_SyslogProtocol23Format\")\n"
            "action(type=\"omfwd\" target=\"127.0.0.1\" port=\"%u\" protocol=\"udp\"\n"
            "  template=\"RSYSLOG_TraditionalForwardFormat\")\n",
            b->dir, b->dir, yg_intake_port(b->in, 0), yg_intake_port(b->in, 1));
    assert_int_equal(fclose(f), 0);
}

static void rsyslogd(void **state)
{
    struct intake_box *b = *state;
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    char conf[160], pid[160], text[100];
    int status = 0, tcp = 0, udp = 0;

    if (access("/usr/sbin/rsyslogd", X_OK) != 0)
        skip();
    write_conf(b, conf);
    snprintf(pid, sizeof(pid), "%s/pid", b->dir);
    const char *const argv[] = {
        "/usr/sbin/rsyslogd", "-n", "-f", conf, "-i", pid, NULL
    };
    pid_t child = run(argv);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/in.sock", b->dir);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (int i = 0; i < 500 && connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0; i++)
        usleep(20000);
    for (int i = 0; i < 200; i++) {
        int n = snprintf(text, sizeof(text), "<38>Nov 23 08:00:00 app: line %d of it", i);
        intake_box_say(fd, text, (size_t)n);
    }
    close(fd);
    while (tcp + udp < 400 && intake_box_next(b, 10000)) {
        if (!yg_str_has_nocase(b->rec.raw, YG_STR(" of it")))
            continue; /* rsyslogd speaks of itself, too */
        tcp += yg_str_starts(b->rec.raw, YG_STR("<38>1 "));
        udp += yg_str_starts(b->rec.raw, YG_STR("<38>Nov 23 "));
    }
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    assert_int_equal(tcp, 200);
    assert_int_equal(udp, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(logger_of_util_linux, setup, teardown),
        cmocka_unit_test_setup_teardown(rsyslogd, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("syslog-real", tests, NULL, NULL);
}
