/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool.h"

#include "base/log.h"
#include "base/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS_MAX 64
#define NOT_STARTED 77   /* exit status of a worker that could not begin */
#define PATIENCE_MS 2000 /* for a worker to end; a batch takes a hundredth of it */
#define SENT_MAX    64   /* jobs written to one worker; a socket buffer holds far more */

struct message {
    uint32_t job, slot, status, pad;
};

struct worker {
    pid_t pid;
    int fd;
    uint32_t head, count; /* ring of jobs under way, oldest first, `slots` at most */
    uint32_t sent;        /* of them, written to the worker */
    struct message *job;
};

struct yg_pool {
    struct yg_pool_work work;
    int *keep_fd;         /* and room for a worker's own socket */
    struct yg_slot *slot; /* shared */
    uint32_t slots, workers, under_way;
    struct worker worker[WORKERS_MAX];
};

static bool read_all(int fd, struct message *m)
{
    size_t have = 0;

    while (have < sizeof(*m)) {
        ssize_t n = read(fd, (char *)m + have, sizeof(*m) - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return true;
}

static bool write_all(int fd, const struct message *m)
{
    size_t done = 0;

    while (done < sizeof(*m)) {
        ssize_t n = write(fd, (const char *)m + done, sizeof(*m) - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static noreturn void worker_main(struct yg_pool *p, int fd)
{
    struct yg_err err = { 0 };
    struct message m;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "yagura-worker");
    /* Nothing to write to but its socket and standard error. */
    p->keep_fd[p->work.keep_count] = fd;
    yg_sandbox_keep_only(p->keep_fd, p->work.keep_count + 1);
    void *state = p->work.start(p->work.arg);
    if (!state)
        _exit(NOT_STARTED);
    if (yg_sandbox_enter(&err) != YG_OK) {
        yg_log_err(&err, "worker not started");
        _exit(NOT_STARTED);
    }
    while (read_all(fd, &m)) {
        m.status = (uint32_t)p->work.run(state, (enum yg_job)m.job, &p->slot[m.slot]);
        if (!write_all(fd, &m))
            break;
    }
    _exit(0);
}

static enum yg_status start_worker(struct yg_pool *p, uint32_t i, struct yg_err *err)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return yg_err_errno(err, "cannot make a socket pair");
    pid_t pid = fork();
    if (pid < 0) {
        close(pair[0]);
        close(pair[1]);
        return yg_err_errno(err, "cannot start a worker process");
    }
    if (pid == 0)
        worker_main(p, pair[1]);
    close(pair[1]);
    p->worker[i].pid = pid;
    p->worker[i].fd = pair[0];
    p->worker[i].sent = 0;
    return YG_OK;
}

enum yg_status yg_pool_new(uint32_t workers, uint32_t slots,
                           const struct yg_pool_work *work, struct yg_pool **out,
                           struct yg_err *err)
{
    YG_ASSERT(workers >= 1 && workers <= WORKERS_MAX && slots >= 1);
    struct yg_pool *p = calloc(1, sizeof(*p));
    if (!p)
        return yg_err_set(err, YG_ENOMEM, "no memory for the worker pool");
    p->work = *work;
    p->slots = slots;
    p->workers = workers;
    int *keep = calloc(work->keep_count + 1, sizeof(*keep));
    if (!keep) {
        free(p);
        return yg_err_set(err, YG_ENOMEM, "no memory for the worker pool");
    }
    if (work->keep_count)
        memcpy(keep, work->keep_fd, work->keep_count * sizeof(*keep));
    p->work.keep_fd = p->keep_fd = keep; /* workers are started later, too */
    p->slot = mmap(NULL, slots * sizeof(*p->slot), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p->slot == MAP_FAILED) {
        free(keep);
        free(p);
        return yg_err_errno(err, "cannot map %u batch slots", slots);
    }
    signal(SIGPIPE, SIG_IGN); /* a dead worker is seen as EPIPE */
    for (uint32_t i = 0; i < workers; i++) {
        p->worker[i].job = calloc(slots, sizeof(*p->worker[i].job));
        enum yg_status st = p->worker[i].job
                                ? start_worker(p, i, err)
                                : yg_err_set(err, YG_ENOMEM, "no memory for the jobs");
        if (st != YG_OK) {
            yg_pool_free(p);
            return st;
        }
    }
    *out = p;
    return YG_OK;
}

/* Wait for the end of a worker whose socket is closed. One that is stuck, or was taken
 * over and stays, is killed once `*patience_ms` are used up. */
static int reap(pid_t pid, int *patience_ms)
{
    int how = 0;

    for (int nap = 1; waitpid(pid, &how, WNOHANG) == 0; nap = nap < 64 ? nap * 2 : nap) {
        if (*patience_ms <= 0) {
            kill(pid, SIGKILL);
            while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
                ;
            break;
        }
        (void)poll(NULL, 0, nap);
        *patience_ms -= nap;
    }
    return how;
}

void yg_pool_free(struct yg_pool *p)
{
    int patience = PATIENCE_MS; /* of all */

    if (!p)
        return;
    for (uint32_t i = 0; i < p->workers; i++)
        if (p->worker[i].pid > 0)
            close(p->worker[i].fd);
    for (uint32_t i = 0; i < p->workers; i++)
        if (p->worker[i].pid > 0)
            (void)reap(p->worker[i].pid, &patience);
    for (uint32_t i = 0; i < p->workers; i++)
        free(p->worker[i].job);
    munmap(p->slot, p->slots * sizeof(*p->slot));
    free(p->keep_fd);
    free(p);
}

struct yg_slot *yg_pool_slot(struct yg_pool *p, uint32_t slot)
{
    YG_ASSERT(slot < p->slots);
    return &p->slot[slot];
}

/* Write what the worker has room for; the rest follows its answers. */
static enum yg_status hand_over(const struct yg_pool *p, struct worker *w,
                                struct yg_err *err)
{
    while (w->sent < w->count && w->sent < SENT_MAX) {
        const struct message *m = &w->job[(w->head + w->sent) % p->slots];
        if (!write_all(w->fd, m)) {
            if (errno != EPIPE)
                return yg_err_errno(err, "cannot reach a worker process");
            break; /* it died; yg_pool_wait finds out and says so */
        }
        w->sent++;
    }
    return YG_OK;
}

enum yg_status yg_pool_send(struct yg_pool *p, enum yg_job job, uint32_t slot,
                            uint32_t worker, struct yg_err *err)
{
    uint32_t to = worker % p->workers;

    YG_ASSERT(slot < p->slots);
    if (worker == YG_ANY_WORKER) {
        to = 0;
        for (uint32_t i = 1; i < p->workers; i++)
            if (p->worker[i].count < p->worker[to].count)
                to = i;
    }
    struct worker *w = &p->worker[to];
    YG_ASSERT(w->count < p->slots); /* a slot is under way once */
    w->job[(w->head + w->count++) % p->slots] =
        (struct message){ .job = job, .slot = slot };
    p->under_way++;
    return hand_over(p, w, err);
}

/* The oldest job of a worker is over. */
static struct message pop(struct yg_pool *p, struct worker *w)
{
    struct message m = w->job[w->head];

    w->head = (w->head + 1) % p->slots;
    w->count--;
    p->under_way--;
    return m;
}

/* The worker died: its oldest job is lost, the others go to its successor. YG_EEND: it
 * had none. */
static enum yg_status bury(struct yg_pool *p, uint32_t i, struct yg_pool_done *out,
                           struct yg_err *err)
{
    struct worker *w = &p->worker[i];
    int patience = PATIENCE_MS;

    close(w->fd);
    int how = reap(w->pid, &patience);
    w->pid = 0;
    w->fd = -1;
    if (WIFEXITED(how) && WEXITSTATUS(how) == NOT_STARTED)
        return yg_err_set(err, YG_ECHILD, "a worker process cannot start");
    yg_log(YG_LOG_ERROR, "a worker process died (%s %d); another one takes over",
           WIFSIGNALED(how) ? "signal" : "exit",
           WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
    bool idle = w->count == 0;
    if (!idle) {
        struct message lost = pop(p, w);
        *out = (struct yg_pool_done){ (enum yg_job)lost.job, lost.slot, YG_ECHILD };
    }
    enum yg_status st = start_worker(p, i, err);
    if (st == YG_OK)
        st = hand_over(p, w, err);
    return st == YG_OK && idle ? YG_EEND : st;
}

/* A compromised worker may answer anything: believe only what was asked. */
static enum yg_status finish(struct yg_pool *p, struct worker *w, const struct message *m,
                             struct yg_pool_done *out, struct yg_err *err)
{
    const struct message *asked = &w->job[w->head];

    if (w->sent == 0 || m->slot != asked->slot || m->job != asked->job ||
        m->status >= YG_STATUS_COUNT)
        return yg_err_set(err, YG_ECHILD, "a worker process answers out of turn");
    (void)pop(p, w);
    w->sent--;
    *out =
        (struct yg_pool_done){ (enum yg_job)m->job, m->slot, (enum yg_status)m->status };
    return hand_over(p, w, err);
}

/* The first worker with something to read; SIZE_MAX when poll itself failed. */
static size_t wait_for_one(const struct yg_pool *p)
{
    struct pollfd pfd[WORKERS_MAX];

    for (uint32_t i = 0; i < p->workers; i++)
        pfd[i] = (struct pollfd){ .fd = p->worker[i].fd, .events = POLLIN };
    while (poll(pfd, p->workers, -1) < 0)
        if (errno != EINTR)
            return SIZE_MAX;
    for (uint32_t i = 0; i < p->workers; i++)
        if (pfd[i].revents != 0)
            return i;
    return SIZE_MAX;
}

enum yg_status yg_pool_wait(struct yg_pool *p, struct yg_pool_done *out,
                            struct yg_err *err)
{
    enum yg_status st = YG_EEND;

    while (st == YG_EEND && p->under_way > 0) {
        struct message m;
        size_t i = wait_for_one(p);
        if (i == SIZE_MAX)
            return yg_err_errno(err, "cannot wait for the workers");
        if (read_all(p->worker[i].fd, &m))
            st = finish(p, &p->worker[i], &m, out, err);
        else
            st = bury(p, (uint32_t)i, out, err);
    }
    return st;
}

double yg_pool_children_cpu(void)
{
    struct rusage ru;

    getrusage(RUSAGE_CHILDREN, &ru);
    return (double)ru.ru_utime.tv_sec + (double)ru.ru_utime.tv_usec * 1e-6 +
           (double)ru.ru_stime.tv_sec + (double)ru.ru_stime.tv_usec * 1e-6;
}
