/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/httpd_priv.h"

#include <stdlib.h>
#include <time.h>

#define STEP_NS ((int64_t)20 * 1000 * 1000) /* a look at whether to stop */
#define LAST    100                         /* steps given to what is still under way */

struct yg_httpd *yg_httpd_of(const struct yg_httpd_request *in)
{
    return in->from->owner;
}

static void park(struct yg_httpd *h, struct yg_httpd_exchange *x)
{
    x->next = h->parked;
    h->parked = x;
}

static void queue(struct yg_httpd *h, struct yg_httpd_exchange *x)
{
    x->next = NULL;
    if (h->last)
        h->last->next = x;
    else
        h->first = x;
    h->last = x;
    pthread_cond_signal(&h->more);
}

bool yg_httpd_suspend(struct yg_httpd *h, struct yg_httpd_exchange *x)
{
    pthread_mutex_lock(&h->lock);
    if (h->stop) {
        pthread_mutex_unlock(&h->lock);
        return false;
    }
    MHD_suspend_connection(x->c);
    x->stage = YG_HTTPD_WAIT;
    if (x->reply.parked)
        park(h, x);
    else
        queue(h, x);
    pthread_mutex_unlock(&h->lock);
    return true;
}

void yg_httpd_wake(struct yg_httpd *h, uint64_t ticket)
{
    pthread_mutex_lock(&h->lock);
    for (struct yg_httpd_exchange **p = &h->parked; *p; p = &(*p)->next)
        if ((*p)->reply.ticket == ticket) {
            struct yg_httpd_exchange *x = *p;
            *p = x->next;
            x->durable = true;
            MHD_resume_connection(x->c);
            break;
        }
    pthread_mutex_unlock(&h->lock);
}

/* Resume the exchanges up to `ticket`. Once resumed, one may be gone at once. */
static void resume(struct yg_httpd *h, uint64_t ticket, bool durable)
{
    pthread_mutex_lock(&h->lock);
    while (h->first && h->first->reply.ticket <= ticket) {
        struct yg_httpd_exchange *x = h->first;
        h->first = x->next;
        if (!h->first)
            h->last = NULL;
        x->durable = durable;
        MHD_resume_connection(x->c);
    }
    pthread_mutex_unlock(&h->lock);
}

/* With the lock held: until there is an exchange, or time to look after others. */
static void wait_for_work(struct yg_httpd *h)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_sec += YG_HTTPD_LOOK_NS / YG_NS_PER_S;
    (void)pthread_cond_timedwait(&h->more, &h->lock, &ts);
}

void *yg_httpd_waiter(void *arg)
{
    struct yg_httpd *h = arg;

    for (unsigned late = 0;;) {
        pthread_mutex_lock(&h->lock);
        if (!h->first && !h->stop)
            wait_for_work(h);
        bool none = !h->first, stop = h->stop;
        uint64_t ticket = none ? 0 : h->first->reply.ticket;
        pthread_mutex_unlock(&h->lock);
        yg_httpd_make_room(h);
        yg_httpd_hurry(h);
        yg_httpd_stream_tick(h);
        if (none && stop)
            return NULL;
        if (none)
            continue;
        if (h->opt.durable(h->opt.arg, ticket, STEP_NS) == YG_OK)
            resume(h, ticket, true);
        else if (stop && ++late >= LAST)
            resume(h, UINT64_MAX, false);
    }
}

void yg_httpd_end_waiter(struct yg_httpd *h)
{
    pthread_mutex_lock(&h->lock);
    h->stop = true;
    while (h->parked) { /* told that it has no answer */
        struct yg_httpd_exchange *x = h->parked;
        h->parked = x->next;
        MHD_resume_connection(x->c);
    }
    pthread_cond_signal(&h->more);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->waiter, NULL);
}

void yg_httpd_rest(struct yg_httpd *h)
{
    const struct timespec step = { .tv_nsec = STEP_NS };

    for (unsigned i = 0; i < LAST && atomic_load(&h->open) > 0; i++)
        nanosleep(&step, NULL);
}

void yg_httpd_forget(struct yg_httpd *h)
{
    pthread_cond_destroy(&h->more);
    pthread_mutex_destroy(&h->lock);
    pthread_mutex_destroy(&h->peers_lock);
    yg_tls_server_free(h->opt.tls);
    free(h);
}
