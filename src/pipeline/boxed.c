/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/boxed.h"

#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536

struct yg_boxed_job {
    pid_t pid; /* 0: it has ended */
    int fd;
    int64_t until_ms; /* of the monotonic clock */
    struct yg_buf said;
    enum yg_status came; /* of it, once it has ended */
};

static noreturn void child(yg_boxed_f *work, void *arg, int fd, size_t cap)
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

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait for bytes until then. */
static bool readable(int fd, int64_t until_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int64_t left;
    int got;

    do {
        left = until_ms - now_ms();
        got = poll(&p, 1, left > 0 ? (int)left : 0);
    } while (got < 0 && errno == EINTR);
    return got > 0;
}

/* YG_OK: all it had to say; YG_EBUSY: so far. */
static enum yg_status receive(struct yg_boxed_job *j, int64_t until_ms)
{
    while (readable(j->fd, until_ms)) {
        char chunk[CHUNK];
        ssize_t n = read(j->fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? YG_OK : YG_ECHILD;
        yg_buf_add(&j->said, chunk, (size_t)n);
        if (yg_buf_status(&j->said) != YG_OK)
            return YG_ECHILD;
    }
    return YG_EBUSY;
}

/* It has ended, closed the pipe to stay, or must not go on. */
static bool bury(struct yg_boxed_job *j)
{
    int status = 0;

    close(j->fd);
    kill(j->pid, SIGKILL);
    while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    j->pid = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum yg_status yg_boxed_adopt(pid_t pid, int fd, size_t cap, int most_ms,
                              struct yg_boxed_job **out, struct yg_err *err)
{
    struct yg_boxed_job *j = calloc(1, sizeof(*j));
    struct yg_boxed_job lost = { .pid = pid, .fd = fd };

    if (!j) {
        (void)bury(&lost);
        return yg_err_set(err, YG_ENOMEM, "no memory to start a process");
    }
    *j = (struct yg_boxed_job){ .pid = pid, .fd = fd, .until_ms = now_ms() + most_ms };
    yg_buf_init(&j->said, cap);
    *out = j;
    return YG_OK;
}

enum yg_status yg_boxed_start(yg_boxed_f *work, void *arg, size_t cap, int most_ms,
                              struct yg_boxed_job **out, struct yg_err *err)
{
    int end[2];

    if (pipe2(end, O_CLOEXEC) != 0)
        return yg_err_errno(err, "cannot make a pipe");
    pid_t pid = fork();
    if (pid < 0) {
        close(end[0]);
        close(end[1]);
        return yg_err_errno(err, "cannot start a process");
    }
    if (pid == 0)
        child(work, arg, end[1], cap);
    close(end[1]);
    return yg_boxed_adopt(pid, end[0], cap, most_ms, out, err);
}

enum yg_status yg_boxed_wait(struct yg_boxed_job *j, int ms, struct yg_str *said,
                             struct yg_err *err)
{
    int64_t until = now_ms() + ms;

    if (j->pid > 0) {
        bool last = until >= j->until_ms;
        enum yg_status st = receive(j, last ? j->until_ms : until);
        if (st == YG_EBUSY && !last)
            return yg_err_set(err, YG_EBUSY, "it is still being looked at");
        bool well = bury(j);
        /* its end, not our patience with a child that closed the pipe to stay */
        j->came = st == YG_OK && well ? YG_OK : YG_ECHILD;
    }
    if (j->came != YG_OK)
        return yg_err_set(err, j->came, "the process that looked at the bytes died");
    *said = yg_buf_str(&j->said);
    return YG_OK;
}

void yg_boxed_end(struct yg_boxed_job *j)
{
    if (!j)
        return;
    if (j->pid > 0)
        (void)bury(j);
    yg_buf_fini(&j->said);
    free(j);
}

enum yg_status yg_boxed(yg_boxed_f *work, void *arg, struct yg_buf *out,
                        struct yg_err *err)
{
    struct yg_boxed_job *j;
    struct yg_str said;
    enum yg_status st =
        yg_boxed_start(work, arg, out->cap - out->n, YG_BOXED_MS, &j, err);

    if (st != YG_OK)
        return st;
    st = yg_boxed_wait(j, YG_BOXED_MS, &said, err);
    if (st == YG_OK)
        yg_buf_str_add(out, said);
    yg_boxed_end(j);
    return st;
}
