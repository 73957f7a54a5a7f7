/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/journal.h"

#include "event/batch.h"
#include "intake/page.h"
#include "intake/segwriter.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CAP_DEFAULT ((uint64_t)8 << 30)
#define RETRY_NS    (YG_NS_PER_S / 5)

struct tally {
    uint64_t records, bytes;
    int64_t newest_ns;
};

/* Units on their way to the disk. */
struct load {
    unsigned char *p;
    size_t n;
    uint64_t ticket;     /* of the last unit */
    int64_t since;       /* when the first came, monotonic ns */
    struct tally *tally; /* by source */
};

struct yg_journal {
    /* guarded by `lock` */
    pthread_mutex_t lock;
    pthread_cond_t to_flusher, flushed;
    struct load *active;             /* takes units */
    size_t in_flight;                /* bytes the flusher is writing */
    uint64_t tickets, used;          /* used: bytes on disk, not consumed */
    uint64_t asked, handed;          /* ticket waited for; last that the flusher has */
    struct yg_journal_place used_at; /* consumed when `used` was worked out */
    bool stop, failed;
    struct yg_err why; /* of `failed` */
    /* the flusher's */
    struct load *writing;
    struct yg_segwriter out; /* its list of sizes is guarded by `lock` */
    /* constant */
    uint64_t cap;
    uint32_t sources;
    int row[YG_JOURNAL_SOURCES]; /* in the state; -1: none */
    struct yg_intake_state *state;
    int lock_fd;
    void (*fn)(void *arg, uint64_t ticket);
    void *fn_arg;
    pthread_t thread;
    bool running;
    _Atomic uint64_t durable; /* stored (release) after the flush, loaded (acquire) */
    struct load load[2];
};

static int64_t monotonic(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * YG_NS_PER_S + ts.tv_nsec;
}

/* Wait for `c` until the monotonic time. Returns whether it passed. */
static bool wait_until(struct yg_journal *j, pthread_cond_t *c, int64_t ns)
{
    struct timespec ts = { .tv_sec = ns / YG_NS_PER_S, .tv_nsec = ns % YG_NS_PER_S };

    return pthread_cond_timedwait(c, &j->lock, &ts) == ETIMEDOUT;
}

/* ---- the flushing thread ---------------------------------------------------------- */

/* With the lock held: wait for units, then a little for more of them, unless somebody
 * waits for one: what comes while it is written is the next load. False: the end. */
static bool wait_for_units(struct yg_journal *j)
{
    while (!j->stop && j->active->n == 0)
        pthread_cond_wait(&j->to_flusher, &j->lock);
    int64_t until = j->active->since + YG_JOURNAL_FLUSH_NS;
    while (!j->stop && j->active->n < YG_JOURNAL_FLUSH_BYTES && j->asked <= j->handed)
        if (wait_until(j, &j->to_flusher, until))
            break;
    return j->active->n > 0;
}

static void count_durable(struct yg_journal *j, struct load *l)
{
    struct yg_journal_place upto = yg_segwriter_place(&j->out);

    for (uint32_t i = 0; i < j->sources; i++) {
        struct tally *t = &l->tally[i];
        if (t->records == 0)
            continue;
        if (j->row[i] >= 0) {
            uint32_t row = (uint32_t)j->row[i];
            yg_page_count(j->state, row, upto, t->records, t->bytes);
            yg_intake_state_set(j->state, row, YG_IN_LAST_SEEN, (uint64_t)t->newest_ns);
        }
        *t = (struct tally){ .records = 0 };
    }
}

/* Until it is on the disk; false: told to stop while the disk refuses. */
static bool write_load(struct yg_journal *j, struct load *l)
{
    struct yg_err err = { 0 };

    while (yg_segwriter_write(&j->out, l->p, l->n, &err) != YG_OK) {
        pthread_mutex_lock(&j->lock);
        j->failed = true;
        j->why = err;
        pthread_cond_broadcast(&j->flushed);
        int64_t until = monotonic() + RETRY_NS;
        bool stop = j->stop;
        while (!j->stop && !wait_until(j, &j->to_flusher, until))
            ;
        pthread_mutex_unlock(&j->lock);
        if (stop)
            return false;
    }
    return true;
}

static void *flusher(void *arg)
{
    struct yg_journal *j = arg;
    bool go_on = true;

    pthread_mutex_lock(&j->lock);
    while (go_on && wait_for_units(j)) {
        struct load *l = j->active;
        j->active = j->writing;
        j->writing = l;
        j->in_flight = l->n;
        j->handed = l->ticket;
        pthread_mutex_unlock(&j->lock);

        go_on = write_load(j, l);
        uint64_t ticket = l->ticket;
        if (go_on) {
            count_durable(j, l);
            yg_page_set_durable(j->state, yg_segwriter_place(&j->out));
            atomic_store_explicit(&j->durable, ticket, memory_order_release);
        }
        pthread_mutex_lock(&j->lock);
        j->used += go_on ? yg_segwriter_account(&j->out) : 0;
        j->in_flight = 0;
        j->failed = !go_on;
        l->n = 0;
        pthread_cond_broadcast(&j->flushed);
        if (go_on && j->fn) {
            pthread_mutex_unlock(&j->lock);
            j->fn(j->fn_arg, ticket);
            pthread_mutex_lock(&j->lock);
        }
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* ---- adding ----------------------------------------------------------------------- */

/* Bytes that would have to be on the disk with `more` of them. Lock held. */
static bool over_cap(struct yg_journal *j, uint64_t more)
{
    struct yg_journal_place consumed = yg_page_consumed(j->state);

    if (yg_place_before(j->used_at, consumed) || yg_place_before(consumed, j->used_at)) {
        j->used = yg_segwriter_used(&j->out, consumed);
        j->used_at = consumed;
    }
    return j->used + j->in_flight + j->active->n + more > j->cap;
}

static enum yg_status check_records(const struct yg_journal *j,
                                    const struct yg_journal_record *rec, size_t n,
                                    struct yg_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (rec[i].source >= j->sources || rec[i].raw.n > YG_RECORD_MAX ||
            rec[i].peer.n > YG_SEGMENT_PEER_MAX || rec[i].reason >= YG_REASON_COUNT)
            return yg_err_set(err, YG_EINVAL, "record %zu is not one for the journal", i);
    return YG_OK;
}

static void tally_unit(struct load *l, const struct yg_journal_record *rec, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct tally *t = &l->tally[rec[i].source];
        t->records++;
        t->bytes += rec[i].full_size ? rec[i].full_size : rec[i].raw.n;
        if (t->newest_ns < rec[i].received_ns)
            t->newest_ns = rec[i].received_ns;
    }
}

/* Lock held. */
static enum yg_status add_unit(struct yg_journal *j, const struct yg_journal_record *rec,
                               size_t n, size_t size, struct yg_err *err)
{
    struct load *l = j->active;

    if (j->failed) {
        if (err)
            *err = j->why;
        return YG_EIO;
    }
    if (size > YG_JOURNAL_BUFFER - l->n || over_cap(j, size))
        return yg_err_set(err, YG_EBUSY, "the journal is full");
    yg_segment_unit_put(l->p + l->n, rec, n);
    tally_unit(l, rec, n);
    if (l->n == 0)
        l->since = monotonic();
    bool wake = l->n == 0 || l->n + size >= YG_JOURNAL_FLUSH_BYTES;
    l->n += size;
    l->ticket = ++j->tickets;
    if (wake)
        pthread_cond_signal(&j->to_flusher);
    return YG_OK;
}

/* Lock held. */
static void wait_for_memory(struct yg_journal *j, size_t size, int64_t timeout_ns)
{
    int64_t until = monotonic() + timeout_ns;

    while (!j->failed && size > YG_JOURNAL_BUFFER - j->active->n)
        if (wait_until(j, &j->flushed, until))
            break;
}

enum yg_status yg_journal_add(struct yg_journal *j, const struct yg_journal_record *rec,
                              size_t n, uint64_t *ticket, struct yg_err *err)
{
    return yg_journal_add_wait(j, rec, n, 0, ticket, err);
}

enum yg_status yg_journal_add_wait(struct yg_journal *j,
                                   const struct yg_journal_record *rec, size_t n,
                                   int64_t timeout_ns, uint64_t *ticket,
                                   struct yg_err *err)
{
    size_t size = yg_segment_size(rec, n);
    enum yg_status st = check_records(j, rec, n, err);

    if (st != YG_OK)
        return st;
    if (size > YG_SEGMENT_UNIT_MAX)
        return yg_err_set(err, YG_ELIMIT, "%zu bytes are too many for one unit", size);
    pthread_mutex_lock(&j->lock);
    if (timeout_ns > 0)
        wait_for_memory(j, size, timeout_ns);
    if (n > 0)
        st = add_unit(j, rec, n, size, err);
    if (st == YG_OK && ticket)
        *ticket = j->tickets;
    pthread_mutex_unlock(&j->lock);
    return st;
}

uint64_t yg_journal_durable(const struct yg_journal *j)
{
    return atomic_load_explicit(&j->durable, memory_order_acquire);
}

enum yg_status yg_journal_wait(struct yg_journal *j, uint64_t ticket, int64_t timeout_ns)
{
    int64_t until = monotonic() + timeout_ns;
    bool late = false;

    pthread_mutex_lock(&j->lock);
    if (j->asked < ticket && ticket <= j->tickets) {
        j->asked = ticket;
        pthread_cond_signal(&j->to_flusher);
    }
    while (yg_journal_durable(j) < ticket && !late)
        late = wait_until(j, &j->flushed, until);
    pthread_mutex_unlock(&j->lock);
    return yg_journal_durable(j) < ticket ? YG_EBUSY : YG_OK;
}

void yg_journal_on_durable(struct yg_journal *j, void (*fn)(void *arg, uint64_t ticket),
                           void *arg)
{
    pthread_mutex_lock(&j->lock);
    j->fn = fn;
    j->fn_arg = arg;
    pthread_mutex_unlock(&j->lock);
}

bool yg_journal_full(struct yg_journal *j)
{
    uint64_t some = j->cap / 16 < YG_RECORD_MAX ? j->cap / 16 : YG_RECORD_MAX;

    pthread_mutex_lock(&j->lock);
    bool full = j->failed || j->active->n > YG_JOURNAL_BUFFER / 2 || over_cap(j, some);
    pthread_mutex_unlock(&j->lock);
    return full;
}

/* ---- opening and closing ---------------------------------------------------------- */

static enum yg_status take_lock(struct yg_journal *j, const char *dir, struct yg_err *err)
{
    char path[4096];

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return yg_err_errno(err, "cannot make the journal's folder %s", dir);
    snprintf(path, sizeof(path), "%s/lock", dir);
    j->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (j->lock_fd < 0)
        return yg_err_errno(err, "cannot open %s", path);
    if (flock(j->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return yg_err_set(err, YG_EBUSY,
                          "another process writes the journal in %s; stop it first", dir);
    return YG_OK;
}

static enum yg_status take_memory(struct yg_journal *j, struct yg_err *err)
{
    for (int i = 0; i < 2; i++) {
        j->load[i].p = malloc(YG_JOURNAL_BUFFER);
        j->load[i].tally = calloc(j->sources + 1, sizeof(*j->load[i].tally));
        if (!j->load[i].p || !j->load[i].tally)
            return yg_err_set(err, YG_ENOMEM, "no memory for the journal");
    }
    j->active = &j->load[0];
    j->writing = &j->load[1];
    return YG_OK;
}

/* What an earlier writer left beyond the place it told of, by row of the state. */
struct left {
    struct yg_intake_state *state;
    struct tally row[YG_JOURNAL_SOURCES];
};

static void count_left(void *arg, struct yg_str tenant, struct yg_str name,
                       const struct yg_journal_record *rec)
{
    struct left *l = arg;
    int row = yg_intake_state_row(l->state, tenant, name);

    if (row < 0)
        return;
    l->row[row].records++;
    l->row[row].bytes += rec->full_size ? rec->full_size : rec->raw.n;
}

/* Begin to write behind what is there; that is counted and told of together. */
static enum yg_status begin_writing(struct yg_journal *j, const char *dir,
                                    const struct yg_journal_options *opt,
                                    struct yg_err *err)
{
    struct left *left = calloc(1, sizeof(*left));
    struct yg_segwriter_options out = { .source = opt->source,
                                        .source_count = opt->source_count,
                                        .cap = j->cap,
                                        .clock = opt->clock,
                                        .left = count_left,
                                        .left_arg = left };

    if (!left)
        return yg_err_set(err, YG_ENOMEM, "no memory for the journal");
    left->state = j->state;
    enum yg_status st = yg_segwriter_open(&j->out, dir, &out, j->state, err);
    struct yg_journal_place at = yg_segwriter_place(&j->out);
    for (uint32_t i = 0; st == YG_OK && i < YG_JOURNAL_SOURCES; i++)
        if (left->row[i].records > 0)
            yg_page_count(j->state, i, at, left->row[i].records, left->row[i].bytes);
    if (st == YG_OK)
        yg_page_set_durable(j->state, at);
    free(left);
    return st;
}

/* All signals are for the thread that runs the loop. */
static bool start_thread(struct yg_journal *j)
{
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    j->running = pthread_create(&j->thread, NULL, flusher, j) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return j->running;
}

static enum yg_status open_all(struct yg_journal *j, const char *dir,
                               const struct yg_journal_options *opt, struct yg_err *err)
{
    enum yg_status st = take_lock(j, dir, err);

    if (st == YG_OK)
        st = take_memory(j, err);
    if (st == YG_OK)
        st = yg_intake_state_open(dir, true, &j->state, err);
    for (uint32_t i = 0; st == YG_OK && i < j->sources; i++)
        j->row[i] =
            yg_intake_state_row(j->state, opt->source[i].tenant, opt->source[i].name);
    if (st == YG_OK)
        yg_page_undo(j->state);
    if (st == YG_OK && yg_place_before(yg_page_consumed(j->state), opt->consumed))
        yg_page_set_consumed(j->state, opt->consumed);
    if (st == YG_OK)
        st = begin_writing(j, dir, opt, err);
    if (st != YG_OK)
        return st;
    j->used_at = yg_page_consumed(j->state);
    j->used = yg_segwriter_used(&j->out, j->used_at);
    if (!start_thread(j))
        return yg_err_set(err, YG_ENOMEM, "cannot start the journal's thread");
    return YG_OK;
}

enum yg_status yg_journal_open(const char *dir, const struct yg_journal_options *opt,
                               struct yg_journal **out, struct yg_err *err)
{
    pthread_condattr_t attr;
    struct yg_journal *j = calloc(1, sizeof(*j));

    if (!j)
        return yg_err_set(err, YG_ENOMEM, "no memory for the journal");
    if (opt->source_count > YG_JOURNAL_SOURCES) {
        free(j);
        return yg_err_set(err, YG_ELIMIT, "at most %d sources", YG_JOURNAL_SOURCES);
    }
    j->lock_fd = -1;
    j->cap = opt->cap ? opt->cap : CAP_DEFAULT;
    j->sources = opt->source_count;
    yg_segwriter_init(&j->out);
    pthread_mutex_init(&j->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&j->to_flusher, &attr);
    pthread_cond_init(&j->flushed, &attr);
    pthread_condattr_destroy(&attr);
    enum yg_status st = open_all(j, dir, opt, err);
    if (st == YG_OK)
        *out = j;
    else
        yg_journal_close(j);
    return st;
}

void yg_journal_close(struct yg_journal *j)
{
    if (!j)
        return;
    if (j->running) {
        pthread_mutex_lock(&j->lock);
        j->stop = true;
        pthread_cond_broadcast(&j->to_flusher);
        pthread_mutex_unlock(&j->lock);
        pthread_join(j->thread, NULL);
    }
    yg_segwriter_close(&j->out);
    yg_intake_state_close(j->state);
    if (j->lock_fd >= 0)
        close(j->lock_fd);
    for (int i = 0; i < 2; i++) {
        free(j->load[i].p);
        free(j->load[i].tally);
    }
    pthread_cond_destroy(&j->flushed);
    pthread_cond_destroy(&j->to_flusher);
    pthread_mutex_destroy(&j->lock);
    free(j);
}
