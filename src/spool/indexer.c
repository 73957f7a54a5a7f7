/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/indexer.h"

#include "base/disk.h"
#include "base/sandbox.h"
#include "input/codec.h"
#include "spool/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define STUCK_MS     300000 /* without a word of the child */
#define PIPE_READ    ((size_t)64 << 10)
#define UNPACK_PIECE ((size_t)64 << 10)
#define CPU_SECONDS  3600 /* a capture of a terabyte takes a third of it */

/* In the child. */

static bool send_notes(void *arg, struct yg_buf *out)
{
    bool ok = yg_buf_status(out) == YG_OK && yg_disk_write(*(int *)arg, yg_buf_str(out));

    yg_buf_clear(out);
    return ok;
}

struct teller {
    struct yg_walk *walk;
    struct yg_gather *gather;
    struct yg_buf buf;
    size_t faces;    /* told of */
    uint64_t passed; /* told of */
    int out;
};

/* Everything since the last mark, and a mark. */
static bool tell(struct teller *t)
{
    struct yg_note mark = { .kind = YG_NOTE_MARK };
    size_t count;
    const struct yg_face *face = yg_walk_faces(t->walk, &count);

    for (; t->faces < count; t->faces++)
        yg_note_write(&t->buf,
                      &(struct yg_note){ .kind = YG_NOTE_FACE, .face = face[t->faces] });
    yg_gather_sums(t->gather, &mark.mark.packets, &mark.mark.bytes);
    mark.mark.done = yg_walk_done(t->walk);
    mark.mark.passed = yg_walk_passed(t->walk) - t->passed;
    t->passed += mark.mark.passed;
    if (!yg_gather_tell(t->gather, &t->buf, send_notes, &t->out))
        return false;
    yg_note_write(&t->buf, &mark);
    return send_notes(&t->out, &t->buf);
}

/* Decompress into the other descriptor. */
static enum yg_walk_step unpack(const struct yg_indexing *job, uint64_t *size)
{
    char piece[UNPACK_PIECE];
    struct yg_codec *c = yg_codec_new(job->fd);
    enum yg_status st = c ? YG_OK : YG_ENOMEM;
    struct yg_err err = { 0 };
    bool written = true;
    size_t got;

    *size = 0;
    while (st == YG_OK && written) {
        got = 0;
        st = yg_codec_read(c, piece, sizeof(piece), &got, &err);
        *size += got;
        written = *size <= job->unpack_max &&
                  yg_disk_write(job->unpacked, (struct yg_str){ piece, got });
    }
    yg_codec_free(c);
    if (*size > job->unpack_max)
        return YG_WALK_LARGE;
    if (!written || st == YG_ENOMEM || st == YG_EIO)
        return YG_WALK_FAILED;
    /* A damaged or cut stream: what came out of it may be a capture that is cut. */
    return *size ? YG_WALK_FRAME : YG_WALK_ALIEN;
}

static bool walk_all(struct teller *t, enum yg_walk_step *end)
{
    struct yg_frame frame;

    while ((*end = yg_walk_next(t->walk, &frame)) == YG_WALK_FRAME)
        if (yg_gather_frame(t->gather, &frame) && !tell(t))
            return false;
    return tell(t);
}

static void index_body(void *arg, int out)
{
    const struct yg_indexing *job = arg;
    struct yg_note end = { .kind = YG_NOTE_END, .end = YG_WALK_FAILED };
    struct teller t = { .out = out, .faces = job->faces };
    uint64_t size = job->size;
    int fd = job->fd;

    yg_buf_init(&t.buf, (size_t)1 << 20);
    if (job->unpacked >= 0) {
        fd = job->unpacked;
        end.end = unpack(job, &size);
        if (end.end != YG_WALK_FRAME)
            goto out;
        end.end = YG_WALK_FAILED;
    }
    t.gather = yg_gather_new();
    t.walk = yg_walk_new(fd, job->from, size, job->face, job->faces);
    if (t.gather && t.walk && !walk_all(&t, &end.end))
        return; /* nobody listens any more */
out:
    yg_note_write(&t.buf, &end);
    (void)send_notes(&t.out, &t.buf);
}

static noreturn void child_main(void (*body)(void *arg, int out), void *arg,
                                const int keep[2], int out)
{
    const int stay[] = { out, keep[0], keep[1] };
    struct rlimit cpu = { .rlim_cur = CPU_SECONDS, .rlim_max = CPU_SECONDS };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "yagura-spool");
    signal(SIGPIPE, SIG_IGN);
    yg_sandbox_keep_only(stay, YG_ARRAY_LEN(stay));
    (void)setrlimit(RLIMIT_CPU, &cpu);
    if (yg_sandbox_enter(NULL) != YG_OK)
        _exit(1);
    body(arg, out);
    _exit(0);
}

/* In the parent. */

enum yg_status yg_indexer_child(void (*body)(void *arg, int out), void *arg,
                                const int keep[2], pid_t *pid, int *in,
                                struct yg_err *err)
{
    int fd[2];

    if (pipe2(fd, O_CLOEXEC) != 0)
        return yg_err_errno(err, "cannot make a pipe to the indexer");
    pid_t p = fork();
    if (p < 0) {
        enum yg_status st = yg_err_errno(err, "cannot start the indexer");
        close(fd[0]);
        close(fd[1]);
        return st;
    }
    if (p == 0)
        child_main(body, arg, keep, fd[1]);
    close(fd[1]);
    *pid = p;
    *in = fd[0];
    return YG_OK;
}

struct taking {
    struct yg_index *ix;
    struct yg_file_row *row;
    struct yg_note_check check;
    bool open; /* a transaction is */
};

static uint64_t state_of(enum yg_walk_step end)
{
    switch (end) {
    case YG_WALK_WHOLE:
        return YG_FILE_WHOLE;
    case YG_WALK_CUT:
        return YG_FILE_CUT;
    case YG_WALK_DAMAGED:
        return YG_FILE_DAMAGED;
    case YG_WALK_ALIEN:
        return YG_FILE_ALIEN;
    case YG_WALK_LARGE:
        return YG_FILE_LARGE;
    default:
        return YG_FILE_REFUSED;
    }
}

/* The stretch is whole: into the index with it. */
static enum yg_status keep_mark(struct taking *t, const struct yg_note_mark *m,
                                struct yg_err *err)
{
    struct yg_file_row *row = t->row;

    row->done = m->done;
    row->packets += m->packets;
    row->bytes += m->bytes;
    row->passed += m->passed;
    enum yg_status st = yg_index_file_set(t->ix, row, err);
    if (st == YG_OK)
        st = yg_index_commit(t->ix, err);
    if (st == YG_OK)
        t->open = false;
    return st;
}

static enum yg_status keep_note(struct taking *t, const struct yg_note *n,
                                struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (n->kind == YG_NOTE_END) {
        t->row->state = state_of(n->end);
        return YG_OK;
    }
    if (!t->open)
        st = yg_index_begin(t->ix, err);
    if (st != YG_OK)
        return st;
    t->open = true;
    return n->kind == YG_NOTE_MARK ? keep_mark(t, &n->mark, err)
                                   : yg_index_put(t->ix, t->row->id, n, err);
}

/* Store the whole notes at the front of `in`; what is left moves to its front. */
static enum yg_status keep_notes(struct taking *t, char *in, size_t *n,
                                 struct yg_err *err)
{
    enum yg_status st = YG_OK;
    size_t at = 0, used = 0;
    struct yg_note note;

    while (st == YG_OK) {
        st = yg_note_read(&t->check, (struct yg_str){ in + at, *n - at }, &note, &used,
                          err);
        if (st != YG_OK)
            break;
        at += used;
        st = keep_note(t, &note, err);
    }
    memmove(in, in + at, *n - at);
    *n -= at;
    return st == YG_EEND ? YG_OK : st;
}

/* The next bytes of the pipe. YG_EEND. */
static enum yg_status listen_to(int in, char *p, size_t room, size_t *n,
                                struct yg_err *err)
{
    struct pollfd poll_in = { .fd = in, .events = POLLIN };
    int ready;

    do
        ready = poll(&poll_in, 1, STUCK_MS);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return yg_err_set(err, YG_ECHILD, "the indexer is stuck");
    ssize_t got = read(in, p, room);
    if (got < 0)
        return errno == EINTR ? YG_OK : yg_err_errno(err, "cannot hear the indexer");
    *n += (size_t)got;
    return got == 0 ? YG_EEND : YG_OK;
}

enum yg_status yg_indexer_take(struct yg_index *ix, struct yg_file_row *row,
                               uint64_t size, int in, struct yg_err *err)
{
    struct taking t = { .ix = ix,
                        .row = row,
                        .check = { .done = row->done, .size = size } };
    char *buf = malloc(PIPE_READ);
    enum yg_status st = YG_OK;
    size_t n = 0;

    if (!buf)
        return yg_err_set(err, YG_ENOMEM, "no memory to hear the indexer");
    /* A note is far smaller than the buffer: there is always room. */
    while (st == YG_OK) {
        st = listen_to(in, buf + n, PIPE_READ - n, &n, err);
        if (st == YG_OK)
            st = keep_notes(&t, buf, &n, err);
    }
    if (st == YG_EEND)
        st = t.check.ended && n == 0
                 ? YG_OK
                 : yg_err_set(err, YG_EFORMAT, "the indexer stopped without a word");
    yg_index_rollback(ix);
    free(buf);
    return st;
}

enum yg_status yg_indexer_run(struct yg_index *ix, struct yg_file_row *row,
                              const struct yg_indexing *job, struct yg_err *err)
{
    const int keep[] = { job->fd, job->unpacked };
    struct yg_indexing own = *job;
    pid_t pid;
    int in;

    enum yg_status st = yg_indexer_child(index_body, &own, keep, &pid, &in, err);
    if (st != YG_OK)
        return st;
    st = yg_indexer_take(ix, row, job->unpacked >= 0 ? job->unpack_max : job->size, in,
                         err);
    close(in);
    if (st != YG_OK)
        kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return st;
}
