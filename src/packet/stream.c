/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/stream.h"

#include <stdlib.h>

#define BYTES_MIN    1024U /* also what a cleared stream keeps */
#define SEGMENTS_MIN 8U
#define CACHE_LINE   64U
#define SKIP_AFTER   4U /* held pieces; a capture may swap neighbours */
/* A hole that another side's ACK or a FIN claims, but that is larger, is a forgery or
 * another connection's packet. */
#define HOLE_MAX (1 << 30)

static int32_t ahead(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

/* Blocks of 2^(8 + i) bytes. */
static unsigned size_index(size_t n)
{
    return n <= 256 ? 0 : 56U - (unsigned)__builtin_clzll(n - 1);
}

static void *block_take(struct yg_stream_budget *b, size_t n)
{
    unsigned i = size_index(n);
    void *p = i < YG_STREAM_SIZES ? b->block[i] : NULL;

    if (!p)
        return malloc(i < YG_STREAM_SIZES ? (size_t)256 << i : n);
    memcpy(&b->block[i], p, sizeof(p));
    b->kept -= (size_t)256 << i;
    return p;
}

static void block_give(struct yg_stream_budget *b, void *p, size_t n)
{
    unsigned i = size_index(n);

    if (!p || i >= YG_STREAM_SIZES || b->kept + ((size_t)256 << i) > b->keep) {
        free(p);
        return;
    }
    memcpy(p, &b->block[i], sizeof(p));
    b->block[i] = p;
    b->kept += (size_t)256 << i;
}

void yg_stream_budget_fini(struct yg_stream_budget *b)
{
    b->keep = 0;
    for (unsigned i = 0; i < YG_STREAM_SIZES; i++)
        while (b->block[i])
            free(block_take(b, (size_t)256 << i));
}

/* Sizes of a growing block, in items. */
struct shape {
    uint32_t least, most;
    size_t item;
};

/* Room for `want` items in all, by doubling. NULL: no memory. */
static void *grow(void *p, uint32_t *size, uint32_t want, struct shape shape,
                  struct yg_stream_budget *b)
{
    uint32_t to = *size ? *size : shape.least;

    if (want <= *size)
        return p;
    while (to < want)
        to = to > shape.most / 2 ? shape.most : to * 2;
    void *q = block_take(b, to * shape.item);
    if (!q)
        return NULL;
    if (p)
        memcpy(q, p, *size * shape.item);
    block_give(b, p, *size * shape.item);
    b->used += (to - *size) * shape.item;
    *size = to;
    return q;
}

static struct shape bytes_shape(const struct yg_stream_budget *b)
{
    return (struct shape){ BYTES_MIN, b->cap > BYTES_MIN ? b->cap : BYTES_MIN, 1 };
}

static void add_segment(struct yg_stream *s, struct yg_side *side,
                        struct yg_stream_budget *b, const struct yg_segment *seg)
{
    static const struct shape shape = { SEGMENTS_MIN, YG_SEGMENTS_MAX,
                                        sizeof(struct yg_segment) };

    if (side->segments == YG_SEGMENTS_MAX)
        return;
    void *p = grow(s->segment, &s->segment_size, side->segments + 1, shape, b);
    if (!p)
        return;
    side->segment = s->segment = p;
    s->segment[side->segments++] = *seg;
}

/* The place where the next piece, likely as long, will come: it has not been touched for
 * long, and other conversations' packets come first (speed only; bench/packets, track).
 */
static void fetch_next(const struct yg_stream *s, uint32_t at, uint32_t n)
{
    uint32_t end = n < s->size - at ? at + n : s->size;

    for (; at < end; at += CACHE_LINE)
        __builtin_prefetch(s->bytes + at, 1);
}

/* Append what the cap leaves room for. */
static uint64_t append(struct yg_stream *s, struct yg_side *side,
                       struct yg_stream_budget *b, const struct yg_stream_held *h,
                       const char *p)
{
    uint32_t n = (uint32_t)side->bytes.n, take = h->len;
    uint64_t odd = 0;

    if (take > b->cap - n)
        take = b->cap - n;
    void *to = take ? grow(s->bytes, &s->size, n + take, bytes_shape(b), b) : s->bytes;
    if (to)
        s->bytes = to;
    else
        take = 0;
    if (take < h->len) {
        s->full = side->cut = true;
        odd = YG_ANOMALY_BIT(YG_A_STREAM_CAP);
    }
    if (take) {
        memcpy(s->bytes + n, p, take);
        fetch_next(s, n + take, take);
    }
    side->bytes = (struct yg_str){ s->bytes, n + take };
    add_segment(s, side, b,
                &(struct yg_segment){
                    .time_ns = h->time_ns, .at = n, .len = take, .wire = h->wire });
    return odd;
}

/* Are the bytes of a repeated piece those that were kept? Only the run since the last gap
 * can be compared. */
static uint64_t compare(const struct yg_stream *s, const struct yg_side *side,
                        uint32_t seq, const char *p, uint32_t n)
{
    int32_t back = ahead(s->run_seq, seq);

    if (back > 0) {
        if ((uint32_t)back >= n)
            return 0;
        p += back;
        n -= (uint32_t)back;
        seq = s->run_seq;
    }
    uint64_t at = (uint64_t)s->run_at + (uint32_t)ahead(seq, s->run_seq);
    if (at >= side->bytes.n)
        return 0;
    if (n > side->bytes.n - at)
        n = (uint32_t)(side->bytes.n - at);
    return memcmp(side->bytes.p + at, p, n) == 0 ? 0 : YG_ANOMALY_BIT(YG_A_TCP_OVERLAP);
}

/* Leave out the first `n` bytes of a piece. Returns where the rest is. */
static const char *advance(struct yg_stream_held *h, const char *p, uint32_t n)
{
    uint32_t there = n < h->len ? n : h->len;

    h->seq += n;
    h->wire -= n;
    h->len -= there;
    return p + there;
}

/* A piece that begins at or before `next`. */
static uint64_t deliver(struct yg_stream *s, struct yg_side *side,
                        struct yg_stream_budget *b, struct yg_stream_held h,
                        const char *p)
{
    int32_t old = ahead(s->next, h.seq);
    uint64_t odd = 0;

    if (old > 0) {
        uint32_t cut = (uint32_t)old < h.wire ? (uint32_t)old : h.wire;
        side->repeated += cut;
        odd = compare(s, side, h.seq, p, cut < h.len ? cut : h.len);
        p = advance(&h, p, cut);
    }
    if (h.wire == 0)
        return odd;
    s->next += h.wire;
    odd |= append(s, side, b, &h, p);
    if (h.len < h.wire) {
        side->gap_bytes += h.wire - h.len;
        s->run_seq = s->next;
        s->run_at = (uint32_t)side->bytes.n;
        odd |= YG_ANOMALY_BIT(YG_A_TCP_GAP);
    }
    return odd;
}

/* Go on at `seq`, past bytes that were never seen. */
static uint64_t skip_to(struct yg_stream *s, struct yg_side *side, uint32_t seq)
{
    side->gap_bytes += (uint32_t)ahead(seq, s->next);
    s->next = s->run_seq = seq;
    s->run_at = (uint32_t)side->bytes.n;
    return YG_ANOMALY_BIT(YG_A_TCP_GAP);
}

/* Of pieces that were wholly cut there may be no block at all. */
static const char *held_bytes(const struct yg_stream *s, const struct yg_stream_held *h)
{
    return h->len ? s->hold + h->at : "";
}

/* Deliver what is held and in order now; with `all`, holes are skipped. */
static uint64_t drain(struct yg_stream *s, struct yg_side *side,
                      struct yg_stream_budget *b, bool all)
{
    uint64_t odd = 0;
    uint32_t i = 0;

    for (; i < s->held_count && !s->full; i++) {
        struct yg_stream_held h = s->held[i];
        if (ahead(h.seq, s->next) > 0) {
            if (!all)
                break;
            odd |= skip_to(s, side, h.seq);
        }
        odd |= deliver(s, side, b, h, held_bytes(s, &h));
    }
    if (s->full)
        i = s->held_count;
    if (i && i < s->held_count)
        memmove(s->held, s->held + i, (s->held_count - i) * sizeof(*s->held));
    s->held_count -= i;
    if (s->held_count == 0)
        s->hold_used = 0;
    return odd;
}

/* The other side has what lies before the first held piece: only the capture missed it.
 */
static uint64_t skip_acked(struct yg_stream *s, struct yg_side *side,
                           struct yg_stream_budget *b)
{
    uint64_t odd = 0;

    while (s->held_count >= SKIP_AFTER && s->has_acked &&
           ahead(s->acked, s->held[0].seq) >= 0) {
        odd |= skip_to(s, side, s->held[0].seq);
        odd |= drain(s, side, b, false);
    }
    return odd;
}

static bool room_to_hold(struct yg_stream *s, struct yg_stream_budget *b, uint32_t n)
{
    static const struct shape all = { YG_STREAM_HELD, YG_STREAM_HELD,
                                      sizeof(struct yg_stream_held) };

    if (s->held_count == YG_STREAM_HELD || n > b->cap - s->hold_used)
        return false;
    void *held = grow(s->held, &s->held_size, YG_STREAM_HELD, all, b);
    if (!held)
        return false;
    s->held = held;
    if (n == 0)
        return true;
    void *p = grow(s->hold, &s->hold_size, s->hold_used + n, bytes_shape(b), b);
    if (p)
        s->hold = p;
    return p != NULL;
}

/* The held piece that `h` begins in, and how many of its bytes are there already. */
static uint32_t overlap(const struct yg_stream *s, uint32_t i,
                        const struct yg_stream_held *h)
{
    if (i == 0)
        return 0;
    int32_t n = ahead(s->held[i - 1].seq + s->held[i - 1].wire, h->seq);
    return n <= 0 ? 0 : (uint32_t)n < h->wire ? (uint32_t)n : h->wire;
}

/* Are the first `n` bytes of `h` those that were held first? */
static uint64_t compare_held(const struct yg_stream *s, const struct yg_stream_held *was,
                             const struct yg_stream_held *h, const char *p, uint32_t n)
{
    uint32_t at = h->seq - was->seq;

    if (n > h->len)
        n = h->len;
    if (at >= was->len)
        return 0;
    if (n > was->len - at)
        n = was->len - at;
    return memcmp(held_bytes(s, was) + at, p, n) == 0 ? 0
                                                      : YG_ANOMALY_BIT(YG_A_TCP_OVERLAP);
}

static bool put_held(struct yg_stream *s, struct yg_stream_budget *b, uint32_t i,
                     struct yg_stream_held h, const char *p)
{
    if (!room_to_hold(s, b, h.len))
        return false;
    memmove(s->held + i + 1, s->held + i, (s->held_count - i) * sizeof(*s->held));
    h.at = s->hold_used;
    if (h.len)
        memcpy(s->hold + h.at, p, h.len);
    s->hold_used += h.len;
    s->held[i] = h;
    s->held_count++;
    return true;
}

/* No room: the holes before what is held are given up, in order. */
static uint64_t give_up(struct yg_stream *s, struct yg_side *side,
                        struct yg_stream_budget *b, struct yg_stream_held h,
                        const char *p)
{
    uint64_t odd = drain(s, side, b, true);

    if (s->full)
        return odd;
    if (ahead(h.seq, s->next) > 0)
        odd |= skip_to(s, side, h.seq);
    return odd | deliver(s, side, b, h, p);
}

/* Hold what of a piece is not held yet: the bytes that came first stay. */
static uint64_t hold(struct yg_stream *s, struct yg_side *side,
                     struct yg_stream_budget *b, struct yg_stream_held h, const char *p)
{
    uint64_t odd = 0;

    while (h.wire) {
        uint32_t i = s->held_count;
        while (i > 0 && ahead(s->held[i - 1].seq, h.seq) > 0)
            i--;
        uint32_t n = overlap(s, i, &h);
        if (n) {
            side->repeated += n;
            odd |= compare_held(s, &s->held[i - 1], &h, p, n);
            p = advance(&h, p, n);
            continue;
        }
        struct yg_stream_held part = h;
        if (i < s->held_count && ahead(h.seq + h.wire, s->held[i].seq) > 0) {
            part.wire = s->held[i].seq - h.seq;
            part.len = h.len < part.wire ? h.len : part.wire;
        }
        if (!put_held(s, b, i, part, p))
            return odd | give_up(s, side, b, h, p);
        p = advance(&h, p, part.wire);
    }
    return odd;
}

void yg_stream_begin(struct yg_stream *s, const struct yg_side *side, uint32_t seq)
{
    if (s->known) {
        bool used = side->segments || s->held_count;
        if (used || (s->has_acked && s->acked == s->next))
            return;
        s->has_acked = s->has_end = false;
    }
    s->known = true;
    s->next = s->run_seq = seq;
}

uint64_t yg_stream_tcp(struct yg_stream *s, struct yg_side *side,
                       struct yg_stream_budget *b, const struct yg_packet *p,
                       uint32_t seq)
{
    struct yg_stream_held h = {
        .time_ns = p->time_ns,
        .seq = seq,
        .len = (uint32_t)p->payload.n,
        .wire = p->payload_wire,
    };

    if (s->full)
        return 0;
    if (!s->known)
        yg_stream_begin(s, side, seq);
    if (p->tcp_flags & YG_TCP_FIN && !s->has_end) {
        s->has_end = true;
        s->end = seq + h.wire;
    }
    if (h.wire == 0)
        return 0;
    const char *bytes = h.len ? p->payload.p : "";
    if (s->held_count == 0 && ahead(seq, s->next) <= 0)
        return deliver(s, side, b, h, bytes);
    uint64_t odd = hold(s, side, b, h, bytes);
    odd |= drain(s, side, b, false);
    return odd | skip_acked(s, side, b);
}

uint64_t yg_stream_ack(struct yg_stream *s, struct yg_side *side,
                       struct yg_stream_budget *b, uint32_t ack)
{
    if (s->has_acked && ahead(ack, s->acked) <= 0)
        return 0;
    s->has_acked = true;
    s->acked = ack;
    return s->held_count ? skip_acked(s, side, b) : 0;
}

uint64_t yg_stream_datagram(struct yg_stream *s, struct yg_side *side,
                            struct yg_stream_budget *b, const struct yg_packet *p)
{
    struct yg_stream_held h = {
        .time_ns = p->time_ns,
        .len = (uint32_t)p->payload.n,
        .wire = p->payload_wire,
    };

    if (s->full)
        return 0;
    side->gap_bytes += h.wire - h.len;
    return append(s, side, b, &h, p->payload.p);
}

uint64_t yg_stream_finish(struct yg_stream *s, struct yg_side *side,
                          struct yg_stream_budget *b)
{
    uint64_t odd = drain(s, side, b, true);
    uint32_t missing = 0;

    if (!s->known || s->full)
        return odd;
    if (s->has_end && ahead(s->end, s->next) > 0)
        missing = s->end - s->next;
    /* An ACK also counts a FIN, which may not have been seen. */
    if (s->has_acked && ahead(s->acked, s->next) > 1 && s->acked - s->next - 1 > missing)
        missing = s->acked - s->next - (s->has_end ? 1 : 0);
    if (missing == 0 || missing > HOLE_MAX)
        return odd;
    return odd | skip_to(s, side, s->next + missing);
}

void yg_stream_clear(struct yg_stream *s, struct yg_stream_budget *b)
{
    char *keep = s->size <= BYTES_MIN ? s->bytes : NULL;

    if (keep)
        s->bytes = NULL;
    uint32_t size = keep ? s->size : 0;
    if (keep)
        s->size = 0;
    yg_stream_fini(s, b);
    s->bytes = keep;
    s->size = size;
}

void yg_stream_fini(struct yg_stream *s, struct yg_stream_budget *b)
{
    b->used -= s->size + (size_t)s->hold_size + s->segment_size * sizeof(*s->segment) +
               s->held_size * sizeof(*s->held);
    block_give(b, s->bytes, s->size);
    block_give(b, s->segment, s->segment_size * sizeof(*s->segment));
    block_give(b, s->hold, s->hold_size);
    block_give(b, s->held, s->held_size * sizeof(*s->held));
    *s = (struct yg_stream){ 0 };
}
