/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/jobrun.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX  40
#define BEAT_MS    1000
#define PATIENCE_S 20 /* between SIGTERM and SIGKILL */
#define LINE_BYTES 1000

struct running {
    struct yg_app *app;
    struct yg_jobs *jobs;
    struct yg_job job; /* words live with the app */
    pid_t pid;
    int out, log; /* what it prints; -1: closed */
    struct yg_buf result, tail, line;
    struct yg_buf step;
    bool cancelled;
    int64_t asked_ms;
};

enum yg_status yg_jobrun_open(struct yg_app *a, bool create, int patience_ms,
                              struct yg_jobs **out, struct yg_err *err)
{
    const struct yg_app_place place = yg_app_place(a, "jobs");
    const struct yg_jobs_options opt = { .where = place.where,
                                         .part = place.part,
                                         .clock = &a->clock,
                                         .create = create,
                                         .patience_ms = patience_ms };

    return opt.where ? yg_jobs_open(&opt, out, err)
                     : yg_err_set(err, YG_ENOMEM, "no memory for a path");
}

/* ---- what it says --------------------------------------------------------------------
 */

/* "learning 3 of 7": a step, and how far it is. */
static bool is_progress(struct yg_str line, struct running *r)
{
    uint64_t done, total;
    struct yg_str words[3] = { YG_STR_NONE, YG_STR_NONE, YG_STR_NONE };
    struct yg_str rest = line, before = line;

    for (;;) { /* the last three words */
        struct yg_str word = yg_str_cut(&rest, ' ');
        if (!word.p)
            break;
        words[0] = words[1];
        words[1] = words[2];
        words[2] = word;
    }
    if (!words[0].p || !yg_str_eq(words[1], YG_STR("of")) ||
        !yg_str_u64(words[0], &done) || !yg_str_u64(words[2], &total) ||
        done > INT64_MAX || total > INT64_MAX)
        return false;
    before.n = (size_t)(words[0].p - line.p);
    before = yg_str_trim(before);
    yg_buf_clear(&r->step);
    yg_buf_add(&r->step, before.p, before.n < YG_JOB_STEP ? before.n : YG_JOB_STEP);
    r->job.done = done;
    r->job.total = total;
    return true;
}

/* The end of the log is kept: a half of it goes when it is full. */
static void keep(struct yg_buf *tail, struct yg_str line)
{
    if (tail->n + line.n + 1 > YG_JOB_TAIL) {
        size_t half = tail->n / 2;
        memmove(tail->p, tail->p + half, tail->n - half);
        tail->n -= half;
    }
    yg_buf_str_add(tail, line);
    yg_buf_char(tail, '\n');
}

static void take_line(struct running *r)
{
    struct yg_str line = yg_buf_str(&r->line);
    const struct yg_str name = YG_STR("yagura: ");

    if (yg_str_starts(line, name))
        line = (struct yg_str){ line.p + name.n, line.n - name.n };
    (void)is_progress(line, r);
    if (line.n > 0)
        keep(&r->tail, line);
    yg_buf_clear(&r->line);
}

static void take_log(struct running *r, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n' || r->line.n >= LINE_BYTES)
            take_line(r);
        if (p[i] != '\n')
            yg_buf_char(&r->line, p[i]);
    }
}

/* False: it is closed. */
static bool take(struct running *r, int fd, bool log)
{
    char piece[4096];
    ssize_t n = read(fd, piece, sizeof(piece));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        return false;
    if (log)
        take_log(r, piece, (size_t)n);
    else if (r->result.n + (size_t)n <= YG_JOB_RESULT)
        yg_buf_add(&r->result, piece, (size_t)n);
    return true;
}

/* ---- the process ---------------------------------------------------------------------
 */

/* The words of the job, then where the store is. */
static void exec_command(struct running *r, const int out[2], const int log[2])
{
    static const char *const passed[] = { "config", "model", "workers" };
    char *argv[WORDS_MAX + 8], dir[4200], option[YG_ARRAY_LEN(passed)][4200];
    struct yg_str rest = r->job.words;
    size_t n = 0;

    argv[n++] = strdup("yagura");
    while (rest.p && rest.n > 0 && n < WORDS_MAX) {
        struct yg_str word = yg_str_cut(&rest, '\n');
        argv[n++] = strndup(word.p, word.n);
    }
    snprintf(dir, sizeof(dir), "--data=%s", r->app->dir);
    argv[n++] = dir;
    for (size_t i = 0; i < YG_ARRAY_LEN(passed); i++) {
        const char *value = i == 1 ? NULL : yg_cli_text(r->app->cli, passed[i], NULL);
        if (!value)
            continue;
        snprintf(option[i], sizeof(option[i]), "--%s=%s", passed[i], value);
        argv[n++] = option[i];
    }
    argv[n] = NULL;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out[1], 1) < 0 || dup2(log[1], 2) < 0)
        _exit(YG_EXIT_FAILED);
    execv("/proc/self/exe", argv);
    _exit(YG_EXIT_FAILED);
}

static enum yg_status begin(struct running *r, struct yg_err *err)
{
    int out[2], log[2];

    if (pipe2(out, O_CLOEXEC) != 0)
        return yg_err_errno(err, "cannot make a pipe");
    if (pipe2(log, O_CLOEXEC) != 0) {
        close(out[0]);
        close(out[1]);
        return yg_err_errno(err, "cannot make a pipe");
    }
    fflush(NULL);
    r->pid = fork();
    if (r->pid == 0)
        exec_command(r, out, log);
    close(out[1]);
    close(log[1]);
    r->out = out[0];
    r->log = log[0];
    return r->pid > 0 ? YG_OK : yg_err_errno(err, "no process can be made");
}

static int64_t now_ms(void)
{
    return (int64_t)(yg_clock_wall() * 1000);
}

/* Once a second: alive; asked to end? */
static enum yg_status beat(struct running *r, struct yg_err *err)
{
    bool cancel = false;

    r->job.step = yg_buf_str(&r->step);
    r->job.tail = yg_buf_str(&r->tail);
    enum yg_status st = yg_jobs_tell(r->jobs, &r->job, &cancel, err);
    if (st == YG_EBUSY)
        return YG_OK; /* another time */
    if ((cancel || st == YG_ENOTFOUND) && !r->cancelled) {
        r->cancelled = true;
        r->asked_ms = now_ms();
        kill(r->pid, SIGTERM);
    }
    if (r->cancelled && now_ms() - r->asked_ms > PATIENCE_S * 1000)
        kill(r->pid, SIGKILL);
    return st == YG_ENOTFOUND ? YG_OK : st;
}

static enum yg_status listen_to(struct running *r, struct yg_err *err)
{
    enum yg_status st = YG_OK;
    int64_t due = 0;

    while (st == YG_OK && (r->out >= 0 || r->log >= 0)) {
        struct pollfd p[] = { { .fd = r->out, .events = POLLIN },
                              { .fd = r->log, .events = POLLIN } };
        (void)poll(p, 2, BEAT_MS);
        if (p[0].revents && !take(r, r->out, false)) {
            close(r->out);
            r->out = -1;
        }
        if (p[1].revents && !take(r, r->log, true)) {
            close(r->log);
            r->log = -1;
        }
        if (now_ms() < due)
            continue;
        due = now_ms() + BEAT_MS;
        st = beat(r, err);
    }
    return st;
}

static enum yg_status finish(struct running *r, struct yg_err *err)
{
    int how = 0;

    if (r->line.n > 0)
        take_line(r);
    while (waitpid(r->pid, &how, 0) < 0 && errno == EINTR)
        ;
    bool ended = WIFEXITED(how);
    r->job.status = ended ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    r->job.state = r->cancelled && r->job.status != 0 ? YG_JOB_CANCELLED
                   : r->job.status == 0               ? YG_JOB_DONE
                                                      : YG_JOB_FAILED;
    r->job.result = yg_buf_str(&r->result);
    r->job.tail = yg_buf_str(&r->tail);
    return yg_jobs_end(r->jobs, &r->job, err);
}

enum yg_status yg_jobrun(struct yg_app *a, struct yg_jobs *jobs, uint64_t id,
                         struct yg_err *err)
{
    struct running r = { .app = a, .jobs = jobs, .out = -1, .log = -1 };
    enum yg_status st = yg_jobs_begin(jobs, id, err);

    if (st == YG_OK)
        st = yg_jobs_get(jobs, id, &a->arena, &r.job, err);
    if (st != YG_OK)
        return st;
    yg_buf_init(&r.result, YG_JOB_RESULT + 1);
    yg_buf_init(&r.tail, 2 * YG_JOB_TAIL);
    yg_buf_init(&r.line, 2 * LINE_BYTES);
    yg_buf_init(&r.step, 2 * YG_JOB_STEP);
    st = begin(&r, err);
    if (st == YG_OK) {
        st = listen_to(&r, err);
        if (st != YG_OK)
            kill(r.pid, SIGTERM); /* nobody would know of it */
        st = finish(&r, st == YG_OK ? err : &(struct yg_err){ 0 });
    }
    yg_buf_fini(&r.result);
    yg_buf_fini(&r.tail);
    yg_buf_fini(&r.line);
    yg_buf_fini(&r.step);
    return st;
}
