/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What inputs call of intake.h and journal.h, in memory: records that were taken, what
 * was counted, and a journal that can be full, slow or stuck.
 */
#ifndef YG_TESTS_INTAKE_FAKE_H
#define YG_TESTS_INTAKE_FAKE_H

#include "base/arena.h"
#include "intake/intake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define FAKE_RECORDS 200000

struct yg_intake {
    pthread_mutex_t lock;
    struct yg_arena arena;
    struct yg_journal_record *rec;
    size_t count;
    uint64_t counter[YG_IN_COUNT];
    atomic_bool full;    /* take says YG_EBUSY */
    atomic_bool stuck;   /* nothing becomes durable */
    atomic_ullong slow;  /* that many looks before something is durable */
    uint64_t full_after; /* records; 0: never */
    const char *dir;
};

static inline void fake_init(struct yg_intake *in)
{
    memset(in, 0, sizeof(*in));
    pthread_mutex_init(&in->lock, NULL);
    yg_arena_init(&in->arena, (size_t)512 << 20);
    in->rec = calloc(FAKE_RECORDS, sizeof(*in->rec));
}

static inline void fake_clear(struct yg_intake *in)
{
    pthread_mutex_lock(&in->lock);
    in->count = 0;
    memset(in->counter, 0, sizeof(in->counter));
    yg_arena_clear(&in->arena);
    pthread_mutex_unlock(&in->lock);
}

static inline void fake_fini(struct yg_intake *in)
{
    yg_arena_fini(&in->arena);
    free(in->rec);
    pthread_mutex_destroy(&in->lock);
}

static inline size_t fake_count(struct yg_intake *in)
{
    pthread_mutex_lock(&in->lock);
    size_t n = in->count;
    pthread_mutex_unlock(&in->lock);
    return n;
}

/* Wait until so many records have come. Returns how many have. */
static inline size_t fake_wait(struct yg_intake *in, size_t n, double seconds)
{
    const struct timespec step = { .tv_nsec = 20 * 1000 * 1000 };
    double until = yg_clock_wall() + seconds;

    while (fake_count(in) < n && yg_clock_wall() < until)
        nanosleep(&step, NULL);
    return fake_count(in);
}

enum yg_status yg_intake_take(struct yg_intake *in, uint32_t source,
                              struct yg_journal_record *rec, size_t n, uint64_t *ticket)
{
    enum yg_status st = YG_OK;

    pthread_mutex_lock(&in->lock);
    if (in->full || (in->full_after && in->count + n > in->full_after) ||
        in->count + n > FAKE_RECORDS)
        st = YG_EBUSY;
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        struct yg_journal_record *r = &in->rec[in->count++];
        *r = rec[i];
        r->source = source;
        r->raw = yg_arena_str(&in->arena, rec[i].raw);
        r->peer = yg_arena_str(&in->arena, rec[i].peer);
        in->counter[YG_IN_RECEIVED]++;
    }
    if (ticket)
        *ticket = in->count;
    pthread_mutex_unlock(&in->lock);
    return st;
}

enum yg_status yg_intake_take_wait(struct yg_intake *in, uint32_t source,
                                   struct yg_journal_record *rec, size_t n,
                                   uint64_t *ticket)
{
    return yg_intake_take(in, source, rec, n, ticket);
}

void yg_intake_count(struct yg_intake *in, uint32_t source, enum yg_intake_counter c,
                     uint64_t n)
{
    (void)source;
    pthread_mutex_lock(&in->lock);
    in->counter[c] += n;
    if (c == YG_IN_REFUSED) /* as intake does */
        in->counter[YG_IN_RECEIVED] += n;
    pthread_mutex_unlock(&in->lock);
}

void yg_intake_id(const struct yg_intake *in, uint32_t source, struct yg_str place,
                  unsigned char id[YG_ID_SIZE])
{
    (void)in;
    (void)source;
    yg_hash_id(YG_STR("fake"), place, id);
}

void yg_intake_id_begin(const struct yg_intake *in, uint32_t source, struct yg_digest *d)
{
    (void)in;
    (void)source;
    yg_digest_init(d);
}

int64_t yg_intake_now(const struct yg_intake *in)
{
    (void)in;
    return INT64_C(1767225600) * YG_NS_PER_S;
}

const char *yg_intake_dir(const struct yg_intake *in)
{
    return in->dir;
}

struct yg_journal *yg_intake_journal(struct yg_intake *in)
{
    return (struct yg_journal *)(void *)in;
}

enum yg_status yg_journal_wait(struct yg_journal *j, uint64_t ticket, int64_t timeout_ns)
{
    struct yg_intake *in = (struct yg_intake *)(void *)j;
    const struct timespec t = { .tv_nsec = timeout_ns < YG_NS_PER_S ? timeout_ns : 0 };

    (void)ticket;
    if (!in->stuck && !in->slow)
        return YG_OK;
    nanosleep(&t, NULL);
    if (in->slow)
        in->slow--;
    return in->stuck || in->slow ? YG_EBUSY : YG_OK;
}

#endif
