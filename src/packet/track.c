/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/track.h"

#include "base/hash.h"
#include "packet/conn.h"
#include "packet/defrag.h"

#include <stdlib.h>

#define TALKS_DEFAULT  4096U
#define TALKS_MAX      (1U << 22)
#define STREAM_DEFAULT (256U * 1024U)
#define STREAM_MAX     (64U << 20)
#define MEMORY_DEFAULT ((size_t)64 << 20)
#define IDLE_DEFAULT   (INT64_C(120) * 1000000000)
#define LINGER_SHARE   4 /* of the idle time: a closed one waits for late copies */
#define SALT_TALK      0x74616c6bU

/* Oldest first. */
struct list {
    struct yg_conn *head, *tail;
};

struct yg_track {
    struct yg_track_limits limit;
    struct yg_stream_budget budget;
    struct yg_track_counts counts;
    struct yg_defrag *defrag;
    bool fragments; /* it was used */
    struct yg_conn **bucket;
    uint32_t mask;
    uint32_t live, over_count;
    uint64_t serial;
    struct list open, closed; /* in the table, by silence */
    struct list over;         /* out of the table, to be given out */
    struct yg_conn *spare;
    struct yg_conn *given;  /* to the caller, until the next call */
    struct yg_conn **order; /* scratch of sorted() */
    struct yg_talk **all;   /* what yg_track_all gave */
    size_t order_size, all_size;
};

static void list_add(struct list *l, struct yg_conn *c)
{
    c->prev = l->tail;
    c->next = NULL;
    if (l->tail)
        l->tail->next = c;
    else
        l->head = c;
    l->tail = c;
}

static void list_cut(struct list *l, struct yg_conn *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        l->head = c->next;
    if (c->next)
        c->next->prev = c->prev;
    else
        l->tail = c->prev;
}

enum yg_status yg_track_new(const struct yg_track_limits *l, struct yg_track **out)
{
    struct yg_track *t = calloc(1, sizeof(*t));
    uint32_t buckets = 64;

    if (!t)
        return YG_ENOMEM;
    if (l)
        t->limit = *l;
    if (t->limit.talks == 0)
        t->limit.talks = TALKS_DEFAULT;
    if (t->limit.talks > TALKS_MAX)
        t->limit.talks = TALKS_MAX;
    if (t->limit.stream == 0)
        t->limit.stream = STREAM_DEFAULT;
    if (t->limit.stream > STREAM_MAX)
        t->limit.stream = STREAM_MAX;
    if (t->limit.memory == 0)
        t->limit.memory = MEMORY_DEFAULT;
    if (t->limit.idle_ns <= 0)
        t->limit.idle_ns = IDLE_DEFAULT;
    t->budget.cap = t->limit.stream;
    t->budget.keep = t->limit.memory;
    while (buckets < t->limit.talks * 2)
        buckets *= 2;
    t->mask = buckets - 1;
    t->bucket = calloc(buckets, sizeof(struct yg_conn *));
    t->defrag = yg_defrag_new();
    if (!t->bucket || !t->defrag) {
        yg_track_free(t);
        return YG_ENOMEM;
    }
    *out = t;
    return YG_OK;
}

static void spare_add(struct yg_track *t, struct yg_conn *c)
{
    for (int i = 0; i < YG_SIDES; i++)
        yg_stream_clear(&c->stream[i], &t->budget);
    c->chain = t->spare;
    t->spare = c;
}

static void list_drop(struct yg_track *t, struct list *l)
{
    while (l->head) {
        struct yg_conn *c = l->head;
        list_cut(l, c);
        spare_add(t, c);
    }
}

static void drop_all(struct yg_track *t)
{
    list_drop(t, &t->open);
    list_drop(t, &t->closed);
    list_drop(t, &t->over);
    if (t->given)
        spare_add(t, t->given);
    t->given = NULL;
    t->live = t->over_count = 0;
}

void yg_track_free(struct yg_track *t)
{
    if (!t)
        return;
    drop_all(t);
    while (t->spare) {
        struct yg_conn *c = t->spare;
        t->spare = c->chain;
        for (int i = 0; i < YG_SIDES; i++)
            yg_stream_fini(&c->stream[i], &t->budget);
        free(c);
    }
    yg_stream_budget_fini(&t->budget);
    yg_defrag_free(t->defrag);
    free(t->bucket);
    free(t->order);
    free(t->all);
    free(t);
}

void yg_track_clear(struct yg_track *t)
{
    /* Only the buckets in use: a table for many conversations is cleared for few. */
    for (struct yg_conn *c = t->open.head; c; c = c->next)
        t->bucket[c->bucket] = NULL;
    for (struct yg_conn *c = t->closed.head; c; c = c->next)
        t->bucket[c->bucket] = NULL;
    drop_all(t);
    if (t->fragments) { /* without memory there is none: fragments are then passed by */
        yg_defrag_free(t->defrag);
        t->defrag = yg_defrag_new();
    }
    t->fragments = false;
    t->serial = 0;
    t->counts = (struct yg_track_counts){ 0 };
}

static void note(struct yg_track *t, struct yg_conn *c, uint64_t anomalies)
{
    if (c)
        c->talk.anomalies |= anomalies;
    while (anomalies) {
        t->counts.anomaly[__builtin_ctzll(anomalies)]++;
        anomalies &= anomalies - 1;
    }
}

/* Out of the table, into the queue of those to be given out. */
static void retire(struct yg_track *t, struct yg_conn *c)
{
    struct yg_conn **at = &t->bucket[c->bucket];

    while (*at != c)
        at = &(*at)->chain;
    *at = c->chain;
    list_cut(c->closed ? &t->closed : &t->open, c);
    t->live--;
    note(t, c, yg_conn_finish(c, &t->budget));
    list_add(&t->over, c);
    t->over_count++;
}

/* The longest silent one; closed ones go first. */
static struct yg_conn *oldest(const struct yg_track *t)
{
    return t->closed.head ? t->closed.head : t->open.head;
}

/* What nobody fetched is lost when its memory is needed. */
static void forget_one(struct yg_track *t)
{
    struct yg_conn *c = t->over.head;

    list_cut(&t->over, c);
    t->over_count--;
    note(t, NULL, YG_ANOMALY_BIT(YG_A_TALK_CAP));
    spare_add(t, c);
}

static void relieve(struct yg_track *t, int64_t now)
{
    while (t->budget.used > t->limit.memory && t->over.head)
        forget_one(t);
    if (t->budget.used > t->limit.memory && oldest(t)) {
        note(t, oldest(t), YG_ANOMALY_BIT(YG_A_TALK_CAP));
        retire(t, oldest(t));
    }
    while (t->closed.head &&
           now - t->closed.head->talk.last_ns > t->limit.idle_ns / LINGER_SHARE)
        retire(t, t->closed.head);
    while (t->open.head && now - t->open.head->talk.last_ns > t->limit.idle_ns)
        retire(t, t->open.head);
}

static struct yg_conn *conn_new(struct yg_track *t)
{
    if (t->live >= t->limit.talks) {
        note(t, oldest(t), YG_ANOMALY_BIT(YG_A_TALK_CAP));
        retire(t, oldest(t));
    }
    while (t->over_count > t->limit.talks)
        forget_one(t);
    struct yg_conn *c = t->spare;
    if (!c)
        return calloc(1, sizeof(*c));
    struct yg_stream keep[YG_SIDES] = { c->stream[0], c->stream[1] };
    t->spare = c->chain;
    memset(c, 0, sizeof(*c));
    c->stream[0] = keep[0];
    c->stream[1] = keep[1];
    return c;
}

/* Not keyed: a table of this size is filled on purpose with any hash, and the chains are
 * bounded by the conversations at a time. */
static uint64_t hash_of(const struct yg_ends *ends)
{
    uint64_t part[5] = { 0 }, h = SALT_TALK;

    memcpy(part, ends, sizeof(*ends));
    for (size_t i = 0; i < YG_ARRAY_LEN(part); i++)
        h = yg_hash_pair(h, part[i]);
    return h;
}

static struct yg_conn *find(const struct yg_track *t, const struct yg_ends *ends,
                            uint32_t *bucket)
{
    *bucket = (uint32_t)hash_of(ends) & t->mask;
    for (struct yg_conn *c = t->bucket[*bucket]; c; c = c->chain)
        if (memcmp(&c->ends, ends, sizeof(*ends)) == 0)
            return c;
    return NULL;
}

static struct yg_conn *conn_open(struct yg_track *t, const struct yg_packet *p,
                                 const struct yg_ends *ends, uint32_t bucket, bool larger)
{
    struct yg_conn *c = conn_new(t);

    if (!c)
        return NULL;
    note(t, c, yg_conn_open(c, p, larger));
    c->ends = *ends;
    c->serial = t->serial++;
    c->bucket = bucket;
    c->chain = t->bucket[bucket];
    t->bucket[bucket] = c;
    list_add(&t->open, c);
    t->live++;
    t->counts.talks++;
    return c;
}

/* To the end of its list: it was heard last. */
static void touch(struct yg_track *t, struct yg_conn *c)
{
    struct list *from = c->closed ? &t->closed : &t->open;
    struct list *to = c->over ? &t->closed : &t->open;

    if (to->tail == c)
        return;
    list_cut(from, c);
    list_add(to, c);
    c->closed = c->over;
}

static bool attach_error(struct yg_track *t, const struct yg_packet *p)
{
    struct yg_packet in;
    struct yg_ends ends;
    uint32_t bucket;

    if (!yg_icmp_quoted(p, &in))
        return false;
    (void)yg_ends_of(&in, &ends);
    struct yg_conn *c = find(t, &ends, &bucket);
    if (!c)
        return false;
    c->talk.unreachable++;
    c->talk.last_ns = p->time_ns;
    note(t, c, p->anomalies);
    touch(t, c);
    return true;
}

static void take(struct yg_track *t, const struct yg_packet *p)
{
    struct yg_ends ends;
    uint32_t bucket;
    bool larger = yg_ends_of(p, &ends);
    struct yg_conn *c = find(t, &ends, &bucket);

    if (c && yg_conn_begins_anew(c, p)) {
        retire(t, c);
        c = NULL;
    }
    if (!c)
        c = conn_open(t, p, &ends, bucket, larger);
    if (!c)
        return; /* no memory: as if it was not captured */
    uint64_t odd = yg_conn_take(c, p, larger, &t->budget);
    if (odd)
        note(t, c, odd);
    touch(t, c);
}

static void give_back(struct yg_track *t)
{
    if (t->given)
        spare_add(t, t->given);
    t->given = NULL;
}

void yg_track_frame(struct yg_track *t, uint32_t linktype, int64_t time_ns,
                    struct yg_str frame, uint32_t wire)
{
    struct yg_packet p;

    give_back(t);
    t->counts.frames++;
    t->counts.bytes += frame.n;
    relieve(t, time_ns);
    bool ip = yg_dissect(linktype, frame, wire, &p);
    p.time_ns = time_ns;
    if (!ip) {
        t->counts.not_ip++;
        note(t, NULL, p.anomalies);
        return;
    }
    t->fragments |= p.fragment;
    if (p.fragment && (!t->defrag || !yg_defrag_add(t->defrag, &p))) {
        note(t, NULL, p.anomalies);
        return;
    }
    p.time_ns = time_ns;
    if (!attach_error(t, &p))
        take(t, &p);
}

static int by_serial(const void *a, const void *b)
{
    const struct yg_conn *x = *(struct yg_conn *const *)a,
                         *y = *(struct yg_conn *const *)b;

    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

/* All conversations, in order of their first packets. NULL: none, or no memory. */
static struct yg_conn **sorted(struct yg_track *t, size_t *n)
{
    struct list *const lists[] = { &t->open, &t->closed, &t->over };
    size_t want = (size_t)t->live + t->over_count;

    *n = 0;
    if (want > t->order_size) {
        void *p = realloc(t->order, want * sizeof(struct yg_conn *));
        if (!p)
            return NULL;
        t->order = p;
        t->order_size = want;
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(lists); i++)
        for (struct yg_conn *c = lists[i]->head; c; c = c->next)
            t->order[(*n)++] = c;
    if (*n)
        qsort(t->order, *n, sizeof(struct yg_conn *), by_serial);
    return t->order;
}

struct yg_talk *yg_track_next(struct yg_track *t, bool all)
{
    size_t n;

    give_back(t);
    if (all && t->live) {
        while (oldest(t))
            retire(t, oldest(t));
        struct yg_conn **c = sorted(t, &n);
        if (n)
            t->over = (struct list){ NULL, NULL };
        for (size_t i = 0; i < n; i++)
            list_add(&t->over, c[i]);
    }
    struct yg_conn *c = t->over.head;
    if (!c)
        return NULL;
    list_cut(&t->over, c);
    t->over_count--;
    t->given = c;
    return &c->talk;
}

struct yg_talk **yg_track_all(struct yg_track *t, uint32_t *count)
{
    size_t n;

    give_back(t);
    struct yg_conn **c = sorted(t, &n);
    *count = 0;
    if (n > t->all_size) {
        void *p = realloc(t->all, n * sizeof(struct yg_talk *));
        if (!p)
            return NULL;
        t->all = p;
        t->all_size = n;
    }
    for (size_t i = 0; i < n; i++) {
        note(t, c[i], yg_conn_finish(c[i], &t->budget));
        t->all[i] = &c[i]->talk;
    }
    *count = (uint32_t)n;
    return t->all;
}

const struct yg_track_counts *yg_track_counts_of(const struct yg_track *t)
{
    return &t->counts;
}
