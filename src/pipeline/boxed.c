/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/boxed.h"

#include "base/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdnoreturn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 10000
#define CHUNK       65536

static noreturn void child(void (*work)(void *arg, struct yg_buf *out), void *arg, int fd,
                           size_t cap)
{
    struct yg_err err = { 0 };
    struct yg_buf out;
    size_t done = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    yg_sandbox_keep_only(&fd, 1);
    if (yg_sandbox_enter(&err) != YG_OK)
        _exit(2);
    yg_buf_init(&out, cap);
    work(arg, &out);
    struct yg_str s = yg_buf_str(&out);
    while (done < s.n) {
        ssize_t n = write(fd, s.p + done, s.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(1);
        done += (size_t)n;
    }
    _exit(0);
}

/* Wait for bytes until the deadline. */
static bool readable(int fd, const struct timespec *start)
{
    struct timespec now;
    struct pollfd p = { .fd = fd, .events = POLLIN };

    clock_gettime(CLOCK_MONOTONIC, &now);
    long passed =
        (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
    int got;
    do
        got = passed < PATIENCE_MS ? poll(&p, 1, (int)(PATIENCE_MS - passed)) : 0;
    while (got < 0 && errno == EINTR);
    return got > 0;
}

static bool receive(int fd, struct yg_buf *out)
{
    struct timespec start;

    clock_gettime(CLOCK_MONOTONIC, &start);
    while (readable(fd, &start)) {
        char chunk[CHUNK];
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        yg_buf_add(out, chunk, (size_t)n);
        if (yg_buf_status(out) != YG_OK)
            return false;
    }
    return false;
}

enum yg_status yg_boxed(void (*work)(void *arg, struct yg_buf *out), void *arg,
                        struct yg_buf *out, struct yg_err *err)
{
    int end[2], status = 0;

    if (pipe(end) != 0)
        return yg_err_errno(err, "cannot make a pipe");
    pid_t pid = fork();
    if (pid < 0) {
        close(end[0]);
        close(end[1]);
        return yg_err_errno(err, "cannot start a process");
    }
    if (pid == 0)
        child(work, arg, end[1], out->cap - out->n);
    close(end[1]);
    bool whole = receive(end[0], out);
    close(end[0]);
    kill(pid, SIGKILL); /* it has ended, or closed the pipe to stay */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (whole && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return YG_OK;
    return yg_err_set(err, YG_ECHILD, "the process that looked at the bytes died");
}
