/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused is tried in a child, which exits with the number of what was not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sandbox.h"
#include "base/sanitized.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int udp = -1; /* a socket opened beforehand */

static bool refused_open(void)
{
    return open("/etc/passwd", O_RDONLY) < 0 && open("/proc/self/maps", O_RDONLY) < 0;
}
static bool refused_create(void)
{
    return open("/tmp/yagura-sandbox-test", O_WRONLY | O_CREAT, 0600) < 0 &&
           mkdirat(AT_FDCWD, "/tmp/yagura-sandbox-dir", 0700) < 0 &&
           unlink("/tmp/yagura-no-such-file") < 0;
}
static bool refused_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 && socket(AF_UNIX, SOCK_DGRAM, 0) < 0 &&
           socket(AF_NETLINK, SOCK_RAW, 0) < 0;
}
static bool refused_connect(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(9),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    return connect(udp, (struct sockaddr *)&to, sizeof(to)) < 0 &&
           sendto(udp, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0;
}
static bool refused_exec(void)
{
    char *const argv[] = { (char[]){ "true" }, NULL };

    return execve("/bin/true", argv, NULL) < 0;
}
static bool refused_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid < 0;
}
static bool refused_ptrace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 &&
           ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0;
}
static bool refused_kill(void)
{
    return kill(getppid(), 0) < 0;
}
static bool refused_others(void)
{
    return chdir("/") < 0 && unshare(CLONE_NEWUSER) < 0 &&
           syscall(SYS_memfd_create, "x", 0U) < 0 &&
           syscall(SYS_io_uring_setup, 1, 0) < 0;
}
static bool allowed_work(void)
{
    char *p = malloc((size_t)64 << 20); /* more than malloc has: asks the kernel */
    int fd[2] = { -1, -1 };
    char c = 0;

    if (!p)
        return false;
    memset(p, 7, (size_t)64 << 20);
    bool ok = p[12345] == 7;
    free(p);
    /* Descriptors from before still work; a new pipe is not to be had. */
    ok = ok && (YG_SANITIZED || pipe(fd) < 0) && write(udp - 1, "y", 1) == 1;
    return ok && read(udp - 2, &c, 1) == 1 && c == 'y';
}

static const struct {
    const char *what;
    bool (*holds)(void);
    bool sanitizer_too; /* with a sanitizer some calls must stay open */
} check[] = {
    { "open", refused_open, false },
    { "create, mkdir, unlink", refused_create, false },
    { "socket", refused_socket, true },
    { "connect, sendto", refused_connect, true },
    { "execve", refused_exec, true },
    { "fork", refused_fork, true },
    { "ptrace", refused_ptrace, true },
    { "kill", refused_kill, true },
    { "chdir, unshare, memfd, io_uring", refused_others, true },
    { "memory, read and write work", allowed_work, true },
};

static int in_child(size_t i, bool enter)
{
    struct yg_err err = { 0 };
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        if (enter && yg_sandbox_enter(&err) != YG_OK)
            _exit(3);
        _exit(check[i].holds() ? 0 : 1);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void walls(void **state)
{
    int fd[2];

    (void)state;
    assert_int_equal(pipe(fd), 0);
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(udp, fd[1] + 1);
    assert_int_equal(fd[1], fd[0] + 1);
    for (size_t i = 0; i < YG_ARRAY_LEN(check); i++) {
        if (YG_SANITIZED && !check[i].sanitizer_too)
            continue;
        int st = in_child(i, true);
        if (st != 0)
            fail_msg("%s: child ended with %d", check[i].what, st);
    }
    close(udp);
    close(fd[0]);
    close(fd[1]);
}

/* The checks themselves see the difference. */
static void no_walls(void **state)
{
    (void)state;
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(udp >= 0);
    assert_int_equal(in_child(0, false), 1);
    assert_int_equal(in_child(2, false), 1);
    assert_int_equal(in_child(3, false), 1);
    assert_int_equal(in_child(5, false), 1);
    assert_int_equal(in_child(7, false), 1);
    close(udp);
}

/* In any order, one twice, one that is none: of 3 to 40, these three stay. */
static void keeps_only(void **state)
{
    const int keep[] = { 17, -1, 9, 17, 33 };
    int status = -1;

    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        for (int fd = 3; fd <= 40; fd++)
            (void)dup2(STDERR_FILENO, fd);
        yg_sandbox_keep_only(keep, YG_ARRAY_LEN(keep));
        for (int fd = 0; fd <= 40; fd++) {
            bool stays = fd == STDERR_FILENO || fd == 9 || fd == 17 || fd == 33;
            if ((fcntl(fd, F_GETFD) >= 0) != stays)
                _exit(fd);
        }
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walls),
        cmocka_unit_test(no_walls),
        cmocka_unit_test(keeps_only),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
