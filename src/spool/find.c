/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/spool.h"

#include "event/ip.h"
#include "spool/keys.h"
#include "spool/pick.h"

#include <stdlib.h>

#define BEFORE_NS   (INT64_C(86400) * 1000000000)
#define AFTER_NS    (INT64_C(60) * 1000000000)
#define FLOW_MAX    (96U << 10)
#define AROUND_MAX  (64U << 10)
#define CAP_MAX     (64U << 20) /* of either */
#define SLACK_US    INT64_C(1000000)
#define AROUND_US   INT64_C(2000000)
#define NAMES_US    INT64_C(10000000)
#define EARLIER_MAX 32
#define TALKS_MAX   32
#define NAMES_MAX   16
#define SHARE_MIN   (2U << 10)
#define SHARE_MAX   (6U << 10)
#define HEAD_ROWS   8  /* rows read at a time, of the flow's begin */
#define NEAR_ROWS   8  /* rows on each side of the alert */
#define ROWS_MAX    64 /* of the flow's begin */

struct question {
    struct yg_pick pick;
    uint64_t flow, fragments;
    int64_t t, from, to; /* us: the alert, and where its flow is looked for */
    uint32_t flow_max, around_max;
    const struct yg_spool_ask *ask;
};

/* A packet that might be taken. */
struct candidate {
    struct yg_place place;
    int64_t file, far;
};

static uint32_t cap_of(uint32_t asked, uint32_t usual)
{
    return asked == 0 ? usual : asked > CAP_MAX ? CAP_MAX : asked;
}

/* Where the conversation begins that the alert is in: the latest begin of this flow
 * before the alert. */
static enum yg_status find_begin(struct question *q)
{
    struct yg_index_began b[EARLIER_MAX];
    struct yg_index_range r = { .key = yg_key_pair(q->ask->ends.src, q->ask->ends.dst),
                                .from_us = q->from,
                                .to_us = q->t + SLACK_US,
                                .down = true,
                                .max = EARLIER_MAX };
    size_t n;
    enum yg_status st = yg_index_began_of(q->pick.s->ix, &r, b, &n, q->pick.err);

    if (st != YG_OK)
        return st;
    /* A little after the alert only when there is none before: clocks differ. */
    for (size_t i = 0; i < n; i++) {
        if (b[i].key != q->flow)
            continue;
        q->from = b[i].time_us;
        if (b[i].time_us <= q->t)
            break;
    }
    return YG_OK;
}

/* Take packets of a row within the question's time. */
static enum yg_pick_result take_row(struct question *q, const struct yg_index_row *row,
                                    uint32_t *budget)
{
    struct yg_cursor list = yg_cursor_of(row->list.p, row->list.n);
    struct yg_place p = { .at = row->at, .time_us = row->first_us };

    while (yg_list_next(&list, &p)) {
        if (p.time_us < q->from || p.time_us > q->to)
            continue;
        enum yg_pick_result res = yg_pick_take(&q->pick, row->file, &p, budget);
        if (res == YG_PICK_FULL || res == YG_PICK_FAIL)
            return res;
    }
    return YG_PICKED;
}

/* From the flow's begin on. *whole: all of it fitted. */
static enum yg_status take_head(struct question *q, uint64_t key, uint32_t *budget,
                                bool *whole)
{
    struct yg_index_row row[HEAD_ROWS];
    struct yg_index_range r = {
        .key = key, .from_us = q->from, .to_us = INT64_MAX, .max = HEAD_ROWS
    };
    size_t n = 0, seen = 0;

    *whole = false;
    do {
        enum yg_status st =
            yg_index_rows(q->pick.s->ix, &r, &q->pick.arena, row, &n, q->pick.err);
        if (st != YG_OK)
            return st;
        for (size_t i = 0; i < n; i++) {
            if (row[i].first_us > q->to)
                break; /* nothing later belongs to it */
            enum yg_pick_result res = take_row(q, &row[i], budget);
            if (res == YG_PICK_FAIL)
                return q->pick.err->status;
            if (res == YG_PICK_FULL)
                return YG_OK;
            r.from_us = row[i].last_us;
            r.file = row[i].file;
            r.at = row[i].at;
        }
        seen += n;
        if (n < HEAD_ROWS || row[n - 1].first_us > q->to) {
            *whole = true;
            return YG_OK;
        }
    } while (seen < ROWS_MAX);
    return YG_OK;
}

static int by_distance(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->far != y->far)
        return x->far < y->far ? -1 : 1;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->place.at > y->place.at) - (x->place.at < y->place.at);
}

static size_t add_candidates(const struct question *q, const struct yg_index_row *row,
                             struct candidate *out, size_t n, size_t max)
{
    struct yg_cursor list = yg_cursor_of(row->list.p, row->list.n);
    struct yg_place p = { .at = row->at, .time_us = row->first_us };

    while (n < max && yg_list_next(&list, &p)) {
        if (p.time_us < q->from || p.time_us > q->to)
            continue;
        out[n++] = (struct candidate){ .place = p,
                                       .file = row->file,
                                       .far = p.time_us > q->t ? p.time_us - q->t
                                                               : q->t - p.time_us };
    }
    return n;
}

/* The packets nearest the alert that are not taken yet. */
static enum yg_status take_near(struct question *q, uint64_t key, uint32_t *budget)
{
    const size_t max = (size_t)2 * NEAR_ROWS * YG_NOTE_PACKETS;
    struct yg_index_row row[NEAR_ROWS];
    struct yg_index_range side[] = {
        { .key = key, .from_us = q->t, .to_us = INT64_MAX, .max = NEAR_ROWS },
        { .key = key,
          .from_us = q->from,
          .to_us = q->t - 1,
          .max = NEAR_ROWS,
          .down = true },
    };
    struct candidate *c = calloc(max, sizeof(*c));
    enum yg_status st = c ? YG_OK : yg_err_set(q->pick.err, YG_ENOMEM, "no memory");
    size_t n = 0, rows;

    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(side); i++) {
        st = yg_index_rows(q->pick.s->ix, &side[i], &q->pick.arena, row, &rows,
                           q->pick.err);
        for (size_t j = 0; st == YG_OK && j < rows; j++)
            n = add_candidates(q, &row[j], c, n, max);
    }
    if (n)
        qsort(c, n, sizeof(*c), by_distance);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        enum yg_pick_result res = yg_pick_take(&q->pick, c[i].file, &c[i].place, budget);
        if (res == YG_PICK_FULL)
            break;
        if (res == YG_PICK_FAIL)
            st = q->pick.err->status;
    }
    free(c);
    return st;
}

static enum yg_status take_flow(struct question *q)
{
    const uint64_t key[] = { q->flow, q->fragments };
    uint32_t head = q->flow_max / 2, tail = q->flow_max - head;
    enum yg_status st = find_begin(q);

    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(key); i++) {
        bool whole;
        st = take_head(q, key[i], &head, &whole);
        if (st == YG_OK && !whole) {
            uint32_t left = tail + head;
            st = take_near(q, key[i], &left);
            tail = left;
            head = 0;
        }
    }
    return st;
}

/* The first packets of a conversation, half of `share` for each direction. */
static enum yg_status take_talk(struct question *q, const struct yg_index_began *b,
                                uint32_t share, uint32_t *budget)
{
    struct yg_index_row row;
    struct yg_index_range r = {
        .key = b->key, .from_us = b->time_us, .to_us = INT64_MAX, .max = 1
    };
    uint32_t half[2] = { share / 2, share / 2 };
    bool full[2] = { false, false };
    size_t n;
    enum yg_status st =
        yg_index_rows(q->pick.s->ix, &r, &q->pick.arena, &row, &n, q->pick.err);

    if (st != YG_OK || n == 0)
        return st;
    struct yg_cursor list = yg_cursor_of(row.list.p, row.list.n);
    struct yg_place p = { .at = row.at, .time_us = row.first_us };
    while (!(full[0] && full[1]) && yg_list_next(&list, &p)) {
        if (p.time_us < b->time_us || full[p.back])
            continue;
        uint32_t may = half[p.back] < *budget ? half[p.back] : *budget, left = may;
        enum yg_pick_result res = yg_pick_take(&q->pick, row.file, &p, &left);
        if (res == YG_PICK_FAIL)
            return q->pick.err->status;
        full[p.back] = res == YG_PICK_FULL;
        half[p.back] -= may - left;
        *budget -= may - left;
    }
    return YG_OK;
}

struct talks {
    struct yg_index_began talk[TALKS_MAX];
    size_t count;
};

/* Add conversations of `who` that began in the range and are not there yet. */
static enum yg_status add_talks(struct question *q, uint64_t who, int64_t from_us,
                                struct talks *t, size_t max)
{
    struct yg_index_began b[TALKS_MAX * 2];
    struct yg_index_range r = {
        .key = who, .from_us = from_us, .to_us = q->to, .max = TALKS_MAX * 2
    };
    size_t n;
    enum yg_status st = yg_index_began_of(q->pick.s->ix, &r, b, &n, q->pick.err);

    for (size_t i = 0; st == YG_OK && i < n && t->count < max; i++) {
        bool had = b[i].key == q->flow;
        for (size_t j = 0; !had && j < t->count; j++)
            had = t->talk[j].key == b[i].key;
        if (!had)
            t->talk[t->count++] = b[i];
    }
    return st;
}

static enum yg_status take_talks(struct question *q, const struct talks *t, size_t from,
                                 uint32_t *budget)
{
    size_t n = t->count - from;
    uint32_t share = n ? *budget / (uint32_t)n : 0;
    enum yg_status st = YG_OK;

    share = share < SHARE_MIN ? SHARE_MIN : share > SHARE_MAX ? SHARE_MAX : share;
    for (size_t i = from; st == YG_OK && i < t->count; i++)
        st = take_talk(q, &t->talk[i], share, budget);
    return st;
}

/* Name look-ups of the internal ends, then what both ends began. */
static enum yg_status take_around(struct question *q)
{
    const struct yg_tuple *e = &q->ask->ends;
    const unsigned char *const end[] = { e->src, e->dst };
    uint32_t budget = q->around_max, names = budget / 4;
    struct talks t = { .count = 0 };
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < 2; i++)
        if (yg_ip_is_internal(end[i]))
            st = add_talks(q, yg_key_names(end[i]), q->t - NAMES_US, &t,
                           NAMES_MAX / 2 * (i + 1));
    size_t looked_up = t.count;
    budget -= names;
    if (st == YG_OK)
        st = take_talks(q, &t, 0, &names);
    budget += names;
    if (st == YG_OK)
        st = add_talks(q, yg_key_pair(e->src, e->dst), q->t - AROUND_US, &t,
                       looked_up + (TALKS_MAX - looked_up) / 3);
    for (size_t i = 0; st == YG_OK && i < 2; i++)
        st = add_talks(q, yg_key_host(end[i]), q->t - AROUND_US, &t,
                       i == 0 ? t.count + (TALKS_MAX - t.count) / 2 : TALKS_MAX);
    return st == YG_OK ? take_talks(q, &t, looked_up, &budget) : st;
}

/* The first packets of earlier conversations between the two ends; what they leave of
 * their eighth is for the others. */
static enum yg_status take_earlier(struct question *q)
{
    struct yg_index_began b[EARLIER_MAX];
    struct yg_index_range r = { .key = yg_key_pair(q->ask->ends.src, q->ask->ends.dst),
                                .to_us = q->from - 1,
                                .down = true,
                                .max = EARLIER_MAX };
    uint32_t budget = q->around_max / 8;
    size_t n;
    enum yg_status st = yg_index_began_of(q->pick.s->ix, &r, b, &n, q->pick.err);

    q->around_max -= budget;
    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (yg_pick_take(&q->pick, b[i].file,
                         &(struct yg_place){ .at = b[i].at, .time_us = b[i].time_us },
                         &budget) == YG_PICK_FAIL)
            st = q->pick.err->status;
    q->around_max += budget;
    return st;
}

static bool has_ports(const struct yg_tuple *t)
{
    return (t->proto != YG_IP_TCP && t->proto != YG_IP_UDP && t->proto != YG_IP_SCTP) ||
           t->src_port != 0 || t->dst_port != 0;
}

static int64_t clamp_us(int64_t t_ns, int64_t add_ns)
{
    int64_t sum;

    if (__builtin_add_overflow(t_ns, add_ns, &sum))
        return add_ns > 0 ? INT64_MAX / 1000 : 0;
    return sum < 0 ? 0 : sum / 1000;
}

static enum yg_status answer(struct question *q, struct yg_buf *out)
{
    enum yg_status st = take_flow(q);

    if (st != YG_OK || q->pick.count == 0)
        return st;
    st = take_earlier(q);
    if (st == YG_OK)
        st = take_around(q);
    if (st != YG_OK)
        return st;
    yg_pick_write(&q->pick, out);
    q->pick.s->sums.answered++;
    return yg_buf_status(out) == YG_OK
               ? YG_OK
               : yg_err_set(q->pick.err, yg_buf_status(out),
                            "the packets do not fit into the buffer");
}

enum yg_status yg_spool_find(struct yg_spool *s, const struct yg_spool_ask *ask,
                             struct yg_buf *out, struct yg_err *err)
{
    struct yg_err own = { 0 };
    struct question q = {
        .flow = yg_key_flow(&ask->ends),
        .fragments = yg_key_fragments(&ask->ends),
        .t = clamp_us(ask->time_ns, 0),
        .from = clamp_us(ask->time_ns, ask->before_ns ? -ask->before_ns : -BEFORE_NS),
        .to = clamp_us(ask->time_ns, ask->after_ns ? ask->after_ns : AFTER_NS),
        .flow_max = cap_of(ask->flow_max, FLOW_MAX),
        .around_max = cap_of(ask->around_max, AROUND_MAX),
        .ask = ask,
    };
    uint64_t before = yg_index_bytes_read(s->ix);

    s->sums.questions++;
    if (!has_ports(&ask->ends)) {
        s->sums.without_ports++;
        return YG_OK;
    }
    enum yg_status st =
        yg_pick_init(&q.pick, s, (size_t)q.flow_max + q.around_max, err ? err : &own);
    if (st == YG_OK)
        st = answer(&q, out);
    yg_pick_fini(&q.pick);
    s->sums.bytes_read += yg_index_bytes_read(s->ix) - before;
    return st;
}
