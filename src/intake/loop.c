/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/loop.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 64

struct yg_watch {
    struct yg_loop *loop;
    void (*fn)(void *arg, uint32_t events);
    void *arg;
    int fd;
    bool gone;
    struct yg_watch *next, *prev;
};

struct yg_timer {
    void (*fn)(void *arg);
    void *arg;
    int64_t every, due;
    bool gone;
    struct yg_timer *next;
};

struct yg_loop {
    int epoll, end; /* end: an eventfd that says stop */
    int64_t now;
    struct yg_watch *watch; /* all */
    struct yg_watch *trash; /* removed in this turn */
    struct yg_timer *timer;
};

int64_t yg_loop_monotonic(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * YG_NS_PER_S + ts.tv_nsec;
}

enum yg_status yg_loop_new(struct yg_loop **out, struct yg_err *err)
{
    struct yg_loop *l = calloc(1, sizeof(*l));

    if (!l)
        return yg_err_set(err, YG_ENOMEM, "no memory for the loop");
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->now = yg_loop_monotonic();
    struct epoll_event ev = { .events = EPOLLIN, .data = { .ptr = NULL } };
    if (l->epoll >= 0 && l->end >= 0 &&
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->end, &ev) == 0) {
        *out = l;
        return YG_OK;
    }
    enum yg_status st = yg_err_errno(err, "cannot make an event loop");
    yg_loop_free(l);
    return st;
}

static void empty_trash(struct yg_loop *l)
{
    while (l->trash) {
        struct yg_watch *w = l->trash;
        l->trash = w->next;
        free(w);
    }
    for (struct yg_timer **at = &l->timer; *at;) {
        struct yg_timer *t = *at;
        if (t->gone) {
            *at = t->next;
            free(t);
        } else {
            at = &t->next;
        }
    }
}

void yg_loop_free(struct yg_loop *l)
{
    if (!l)
        return;
    while (l->watch)
        yg_loop_unwatch(l->watch);
    for (struct yg_timer *t = l->timer; t; t = t->next)
        t->gone = true;
    empty_trash(l);
    if (l->epoll >= 0)
        close(l->epoll);
    if (l->end >= 0)
        close(l->end);
    free(l);
}

enum yg_status yg_loop_watch(struct yg_loop *l, int fd, uint32_t events,
                             void (*fn)(void *arg, uint32_t events), void *arg,
                             struct yg_watch **out)
{
    struct yg_watch *w = calloc(1, sizeof(*w));
    struct epoll_event ev = { .events = events, .data = { .ptr = w } };

    if (!w)
        return YG_ENOMEM;
    *w = (struct yg_watch){ .loop = l, .fn = fn, .arg = arg, .fd = fd };
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
        free(w);
        return YG_EIO;
    }
    w->next = l->watch;
    if (l->watch)
        l->watch->prev = w;
    l->watch = w;
    *out = w;
    return YG_OK;
}

void yg_loop_rewatch(struct yg_watch *w, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data = { .ptr = w } };

    (void)epoll_ctl(w->loop->epoll, EPOLL_CTL_MOD, w->fd, &ev);
}

void yg_loop_unwatch(struct yg_watch *w)
{
    if (!w || w->gone)
        return;
    struct yg_loop *l = w->loop;
    (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    if (w->prev)
        w->prev->next = w->next;
    else
        l->watch = w->next;
    if (w->next)
        w->next->prev = w->prev;
    w->gone = true;
    w->next = l->trash;
    l->trash = w;
}

enum yg_status yg_loop_every(struct yg_loop *l, int64_t ns, void (*fn)(void *arg),
                             void *arg, struct yg_timer **out)
{
    struct yg_timer *t = calloc(1, sizeof(*t));

    if (!t)
        return YG_ENOMEM;
    *t = (struct yg_timer){ .fn = fn,
                            .arg = arg,
                            .every = ns,
                            .due = yg_loop_monotonic() + ns,
                            .next = l->timer };
    l->timer = t;
    *out = t;
    return YG_OK;
}

void yg_loop_untime(struct yg_timer *t)
{
    if (t)
        t->gone = true;
}

int64_t yg_loop_now(const struct yg_loop *l)
{
    return l->now;
}

/* Milliseconds until the next timer, rounded up; -1: there is none. */
static int patience(const struct yg_loop *l)
{
    int64_t best = -1;

    for (const struct yg_timer *t = l->timer; t; t = t->next) {
        int64_t ns = t->due > l->now ? t->due - l->now : 0;
        if (!t->gone && (best < 0 || ns < best))
            best = ns;
    }
    return best < 0 ? -1 : (int)((best + 999999) / 1000000);
}

static void call_timers(struct yg_loop *l)
{
    for (struct yg_timer *t = l->timer; t; t = t->next) {
        if (t->gone || t->due > l->now)
            continue;
        t->due = l->now + t->every;
        t->fn(t->arg);
    }
}

/* True: the end was asked for. */
static bool call_watches(const struct epoll_event *ev, int n)
{
    bool end = false;

    for (int i = 0; i < n; i++) {
        struct yg_watch *w = ev[i].data.ptr;
        if (!w)
            end = true;
        else if (!w->gone)
            w->fn(w->arg, ev[i].events);
    }
    return end;
}

enum yg_status yg_loop_run(struct yg_loop *l, struct yg_err *err)
{
    struct epoll_event ev[EVENTS];
    bool end = false;

    while (!end) {
        l->now = yg_loop_monotonic();
        int n = epoll_wait(l->epoll, ev, EVENTS, patience(l));
        if (n < 0 && errno != EINTR)
            return yg_err_errno(err, "the event loop failed");
        l->now = yg_loop_monotonic();
        end = call_watches(ev, n < 0 ? 0 : n);
        call_timers(l);
        empty_trash(l);
    }
    return YG_OK;
}

void yg_loop_end(struct yg_loop *l)
{
    uint64_t one = 1;
    int saved = errno; /* may be a signal handler */

    if (write(l->end, &one, sizeof(one)) < 0)
        errno = saved; /* full: it was asked for before */
    errno = saved;
}
