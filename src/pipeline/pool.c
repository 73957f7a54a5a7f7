/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pool.h"

#include "base/log.h"
#include "pipeline/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS_MAX 64
#define JOBS_MAX    64 /* under way with one worker; a socket buffer holds far more */

struct message {
    uint32_t job, slot, status, pad;
};

struct worker {
    pid_t pid;
    int fd;
    uint32_t head, count; /* ring of jobs under way, oldest first */
    struct message job[JOBS_MAX];
};

struct yg_pool {
    struct yg_pool_work work;
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

static bool keeps(const struct yg_pool_work *w, int fd)
{
    for (size_t i = 0; i < w->keep_count; i++)
        if (w->keep_fd[i] == fd)
            return true;
    return fd == STDERR_FILENO;
}

/* A compromised worker must find nothing to write to: only its socket, the inputs and
 * standard error stay. */
static void close_others(const struct yg_pool_work *w, int own)
{
    long most = sysconf(_SC_OPEN_MAX);

    if (most < 0 || most > 65536)
        most = 65536;
    for (int fd = 0; fd < most; fd++)
        if (fd != own && !keeps(w, fd))
            close(fd);
}

static noreturn void worker_main(struct yg_pool *p, int fd)
{
    struct yg_err err = { 0 };
    struct message m;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "yagura-worker");
    close_others(&p->work, fd);
    void *state = p->work.start(p->work.arg);
    if (!state)
        _exit(1);
    if (yg_sandbox_enter(&err) != YG_OK) {
        yg_log_err(&err, "worker not started");
        _exit(1);
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
    p->worker[i] = (struct worker){ .pid = pid, .fd = pair[0] };
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
    p->slot = mmap(NULL, slots * sizeof(*p->slot), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p->slot == MAP_FAILED) {
        free(p);
        return yg_err_errno(err, "cannot map %u batch slots", slots);
    }
    signal(SIGPIPE, SIG_IGN); /* a dead worker is seen as EPIPE */
    for (uint32_t i = 0; i < workers; i++) {
        enum yg_status st = start_worker(p, i, err);
        if (st != YG_OK) {
            yg_pool_free(p);
            return st;
        }
    }
    *out = p;
    return YG_OK;
}

void yg_pool_free(struct yg_pool *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < p->workers; i++)
        if (p->worker[i].pid > 0)
            close(p->worker[i].fd);
    for (uint32_t i = 0; i < p->workers; i++)
        if (p->worker[i].pid > 0)
            waitpid(p->worker[i].pid, NULL, 0);
    munmap(p->slot, p->slots * sizeof(*p->slot));
    free(p);
}

struct yg_slot *yg_pool_slot(struct yg_pool *p, uint32_t slot)
{
    YG_ASSERT(slot < p->slots);
    return &p->slot[slot];
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
    YG_ASSERT(w->count < JOBS_MAX);
    struct message m = { .job = job, .slot = slot };
    w->job[(w->head + w->count++) % JOBS_MAX] = m;
    p->under_way++;
    if (!write_all(w->fd, &m) && errno != EPIPE)
        return yg_err_errno(err, "cannot reach a worker process");
    return YG_OK; /* EPIPE: it died; yg_pool_wait finds out and says so */
}

/* The worker died: its oldest job is lost, the others go to its successor. */
static enum yg_status bury(struct yg_pool *p, uint32_t i, struct yg_pool_done *out,
                           struct yg_err *err)
{
    struct worker dead = p->worker[i];
    int how = 0;

    close(dead.fd);
    waitpid(dead.pid, &how, 0);
    p->worker[i] = (struct worker){ .pid = 0, .fd = -1 };
    if (dead.count == 0)
        return yg_err_set(err, YG_ECHILD, "a worker process cannot start");
    yg_log(YG_LOG_ERROR, "a worker process died (%s %d); its batch is kept undecoded",
           WIFSIGNALED(how) ? "signal" : "exit",
           WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
    enum yg_status st = start_worker(p, i, err);
    struct message lost = dead.job[dead.head];
    p->under_way -= dead.count;
    *out = (struct yg_pool_done){ (enum yg_job)lost.job, lost.slot, YG_ECHILD };
    for (uint32_t k = 1; k < dead.count && st == YG_OK; k++) {
        struct message m = dead.job[(dead.head + k) % JOBS_MAX];
        st = yg_pool_send(p, (enum yg_job)m.job, m.slot, i, err);
    }
    return st;
}

/* A compromised worker may answer anything: believe only what was asked. */
static enum yg_status finish(struct yg_pool *p, struct worker *w, const struct message *m,
                             struct yg_pool_done *out, struct yg_err *err)
{
    struct message asked = w->job[w->head];

    if (w->count == 0 || m->slot != asked.slot || m->job != asked.job ||
        m->status >= YG_STATUS_COUNT)
        return yg_err_set(err, YG_ECHILD, "a worker process answers out of turn");
    w->head = (w->head + 1) % JOBS_MAX;
    w->count--;
    p->under_way--;
    *out =
        (struct yg_pool_done){ (enum yg_job)m->job, m->slot, (enum yg_status)m->status };
    return YG_OK;
}

enum yg_status yg_pool_wait(struct yg_pool *p, struct yg_pool_done *out,
                            struct yg_err *err)
{
    struct pollfd pfd[WORKERS_MAX];
    struct message m;

    if (p->under_way == 0)
        return YG_EEND;
    for (uint32_t i = 0; i < p->workers; i++)
        pfd[i] = (struct pollfd){ .fd = p->worker[i].fd, .events = POLLIN };
    while (poll(pfd, p->workers, -1) < 0)
        if (errno != EINTR)
            return yg_err_errno(err, "cannot wait for the workers");
    for (uint32_t i = 0; i < p->workers; i++) {
        if (pfd[i].revents == 0)
            continue;
        if (!read_all(p->worker[i].fd, &m))
            return bury(p, i, out, err);
        return finish(p, &p->worker[i], &m, out, err);
    }
    return yg_err_set(err, YG_EIO, "poll returned without an event");
}

double yg_pool_children_cpu(void)
{
    struct rusage ru;

    getrusage(RUSAGE_CHILDREN, &ru);
    return (double)ru.ru_utime.tv_sec + (double)ru.ru_utime.tv_usec * 1e-6 +
           (double)ru.ru_stime.tv_sec + (double)ru.ru_stime.tv_usec * 1e-6;
}
