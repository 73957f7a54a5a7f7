/* SPDX-License-Identifier: Apache-2.0 */
#include "api/lane.h"

#include "base/arena.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#define COPY_MAX (YG_HTTP_UPLOAD_MAX + ((size_t)256 << 10))

struct job {
    uint64_t ticket;
    struct yg_arena arena;
    struct yg_http_request in;
    struct yg_http_response out;
    bool done;
    struct job *next;
};

struct yg_lane {
    struct yg_lane_options opt;
    struct job *offered; /* the server's thread only */
    pthread_t thread;
    bool joined;
    pthread_mutex_t lock; /* of the following */
    pthread_cond_t more;
    struct job *first; /* in the order in which they came, done ones included */
    unsigned count;
    bool stop;
};

/* ---- jobs ------------------------------------------------------------------------- */

static bool copy(struct yg_arena *arena, struct yg_str *s)
{
    char *p;

    if (!s->p)
        return true;
    p = yg_arena_alloc(arena, s->n + 1);
    if (!p)
        return false;
    memcpy(p, s->p, s->n);
    p[s->n] = '\0';
    s->p = p;
    return true;
}

static bool copy_request(struct job *j)
{
    struct yg_str *const text[] = {
        &j->in.target, &j->in.host, &j->in.cookie,      &j->in.authorization,
        &j->in.origin, &j->in.type, &j->in.fetch_site,  &j->in.csrf,
        &j->in.peer,   &j->in.body, &j->in.idempotency,
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++)
        if (!copy(&j->arena, text[i]))
            return false;
    return true;
}

/* There may be a password in it. */
static void wipe(struct yg_str s)
{
    union {
        const char *in;
        void *out; /* the copy is ours */
    } p = { .in = s.p };

    if (s.n > 0)
        sodium_memzero(p.out, s.n);
}

static void free_job(struct job *j)
{
    if (!j)
        return;
    wipe(j->in.body);
    yg_buf_fini(&j->out.body);
    yg_buf_fini(&j->out.headers);
    yg_arena_fini(&j->arena);
    free(j);
}

bool yg_lane_offer(struct yg_lane *l, uint64_t ticket, const struct yg_http_request *in)
{
    pthread_mutex_lock(&l->lock);
    bool full = l->count >= YG_LANE_MAX || l->stop;
    pthread_mutex_unlock(&l->lock);
    free_job(l->offered);
    l->offered = full ? NULL : calloc(1, sizeof(*l->offered));
    struct job *j = l->offered;
    if (!j)
        return false;
    j->ticket = ticket;
    j->in = *in;
    yg_arena_init(&j->arena, COPY_MAX);
    if (copy_request(j))
        return true;
    j->in.body = YG_STR_NONE; /* not ours */
    free_job(j);
    l->offered = NULL;
    return false;
}

void yg_lane_begin(struct yg_lane *l, uint64_t ticket)
{
    struct job *j = l->offered;

    if (!j || j->ticket != ticket)
        return;
    l->offered = NULL;
    pthread_mutex_lock(&l->lock);
    struct job **p = &l->first;
    while (*p)
        p = &(*p)->next;
    *p = j;
    l->count++;
    pthread_cond_signal(&l->more);
    pthread_mutex_unlock(&l->lock);
}

bool yg_lane_take(struct yg_lane *l, uint64_t ticket, struct yg_http_response *out)
{
    struct job *j = NULL;

    pthread_mutex_lock(&l->lock);
    for (struct job **p = &l->first; *p; p = &(*p)->next)
        if ((*p)->ticket == ticket && (*p)->done) {
            j = *p;
            *p = j->next;
            l->count--;
            break;
        }
    pthread_mutex_unlock(&l->lock);
    if (!j)
        return false;
    struct yg_http_response mine = *out;
    *out = j->out;
    j->out = mine; /* freed with the job */
    free_job(j);
    return true;
}

/* ---- the thread ------------------------------------------------------------------- */

/* With the lock held. */
static struct job *next(struct yg_lane *l)
{
    struct job *j = l->first;

    while (j && j->done)
        j = j->next;
    return j;
}

static void *work(void *arg)
{
    struct yg_lane *l = arg;

    pthread_mutex_lock(&l->lock);
    while (!l->stop) {
        struct job *j = next(l);
        if (!j) {
            pthread_cond_wait(&l->more, &l->lock);
            continue;
        }
        uint64_t ticket = j->ticket;
        pthread_mutex_unlock(&l->lock);
        yg_http_response_begin(&j->out);
        l->opt.handle(l->opt.arg, &j->in, &j->out);
        pthread_mutex_lock(&l->lock);
        j->done = true; /* from here on it is the server's */
        pthread_mutex_unlock(&l->lock);
        l->opt.done(l->opt.owner, ticket);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

enum yg_status yg_lane_start(const struct yg_lane_options *opt, struct yg_lane **out,
                             struct yg_err *err)
{
    struct yg_lane *l = calloc(1, sizeof(*l));

    if (!l || pthread_mutex_init(&l->lock, NULL) != 0) {
        free(l);
        return yg_err_set(err, YG_ENOMEM, "no memory for a thread");
    }
    l->opt = *opt;
    pthread_cond_init(&l->more, NULL);
    if (pthread_create(&l->thread, NULL, work, l) != 0) {
        l->joined = true;
        yg_lane_free(l);
        return yg_err_set(err, YG_ENOMEM, "no thread can be made");
    }
    *out = l;
    return YG_OK;
}

void yg_lane_stop(struct yg_lane *l)
{
    if (!l || l->joined)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_signal(&l->more);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    l->joined = true;
}

void yg_lane_free(struct yg_lane *l)
{
    if (!l)
        return;
    free_job(l->offered);
    while (l->first) {
        struct job *j = l->first;
        l->first = j->next;
        free_job(j);
    }
    pthread_cond_destroy(&l->more);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
