/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/keeper.h"

#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_FIRST_MS 100
#define PAUSE_MOST_MS  30000
#define LIVED_MS       60000
#define LOOK_MS        1000
#define NAP_MS         5

static int64_t now_ms(void)
{
    struct timespec t = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void nap(void)
{
    const struct timespec t = { .tv_nsec = NAP_MS * 1000000L };

    nanosleep(&t, NULL);
}

static void block_all(void)
{
    sigset_t all;

    sigfillset(&all);
    sigdelset(&all, SIGPIPE);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
}

static noreturn void be_child(struct yg_child *c, pid_t parent, int ready)
{
    char name[16];

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died before we could ask */
    snprintf(name, sizeof(name), "yagura-%s", c->name);
    (void)prctl(PR_SET_NAME, name);
    block_all();
    int status = c->run(c->arg, ready);
    fflush(NULL);
    _exit(status);
}

static void note_death(struct yg_child *c, int how)
{
    int64_t lived = now_ms() - c->started_ms;

    c->pid = 0;
    if (!c->kept)
        return;
    c->deaths++;
    c->pause_ms = lived >= LIVED_MS || c->pause_ms == 0 ? PAUSE_FIRST_MS
                  : c->pause_ms * 2 < PAUSE_MOST_MS     ? c->pause_ms * 2
                                                        : PAUSE_MOST_MS;
    c->due_ms = now_ms() + c->pause_ms;
    yg_log(YG_LOG_ERROR,
           "the %s process ended by itself (%s %d); it is begun again in %lld ms",
           c->name, WIFSIGNALED(how) ? "signal" : "exit",
           WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how), (long long)c->pause_ms);
}

/* Has it ended? Takes its status. */
static bool has_ended(const struct yg_child *c, int *how)
{
    return c->pid > 0 && waitpid(c->pid, how, WNOHANG) == c->pid;
}

static enum yg_status start(struct yg_child *c, int *ready, struct yg_err *err)
{
    int pair[2];

    if (pipe(pair) != 0)
        return yg_err_errno(err, "cannot make a pipe");
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        close(pair[0]);
        be_child(c, parent, pair[1]);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return yg_err_errno(err, "cannot start the %s process", c->name);
    }
    c->pid = pid;
    c->started_ms = now_ms();
    *ready = pair[0];
    return YG_OK;
}

enum yg_status yg_child_start(struct yg_child *c, struct yg_err *err)
{
    char begun = 0;
    int ready, how = 0;
    ssize_t n;

    c->kept = false;
    enum yg_status st = start(c, &ready, err);
    if (st != YG_OK)
        return st;
    do
        n = read(ready, &begun, 1);
    while (n < 0 && errno == EINTR);
    close(ready);
    if (n == 1) {
        c->kept = true;
        return YG_OK;
    }
    while (waitpid(c->pid, &how, 0) < 0 && errno == EINTR)
        ;
    c->pid = 0;
    return yg_err_set(err, YG_ECHILD, "the %s process cannot begin", c->name);
}

void yg_child_ready(int ready)
{
    /* After a death nobody waits for it. */
    if (write(ready, "", 1) != 1 && errno != EPIPE)
        yg_log(YG_LOG_WARN, "the parent cannot be told that this process has begun");
    close(ready);
}

void yg_child_signal(const struct yg_child *c, int sig)
{
    if (c->pid > 0)
        kill(c->pid, sig);
}

void yg_child_stop(struct yg_child *c, int sig, int64_t patience_ms)
{
    int64_t from = now_ms();
    int how = 0;

    c->kept = false;
    yg_child_signal(c, sig);
    while (c->pid > 0 && !has_ended(c, &how)) {
        if (patience_ms >= 0 && now_ms() - from > patience_ms) {
            yg_log(YG_LOG_WARN, "the %s process does not end; it is killed", c->name);
            kill(c->pid, SIGKILL);
            patience_ms = -1;
        }
        nap();
    }
    c->pid = 0;
}

int64_t yg_child_keep(struct yg_child *c)
{
    struct yg_err err = { 0 };
    int ready, how = 0;

    if (has_ended(c, &how))
        note_death(c, how);
    if (c->pid > 0 || !c->kept)
        return LOOK_MS;
    int64_t left = c->due_ms - now_ms();
    if (left > 0)
        return left;
    /* Not waited for: the others want to be looked after. */
    if (start(c, &ready, &err) == YG_OK) {
        close(ready);
        return LOOK_MS;
    }
    yg_log_err(&err, "it is tried again");
    c->due_ms = now_ms() + c->pause_ms;
    return c->pause_ms;
}

int yg_child_asked(void)
{
    const struct timespec none = { 0 };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    int got = sigtimedwait(&set, NULL, &none);
    return got > 0 ? got : 0;
}
