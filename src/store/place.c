/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an id lies. New blocks are searched id by id; every 65,536 ids become a segment
 * of the index: six bytes an id, apart by its first byte, so that a look-up reads one
 * 256th of what it is about:
 *
 *      place(part 0xab | first 1700):  | id bytes 1-4 | block - 1700 | ...
 *
 * A merge of indexed blocks leaves the index alone and says in `moved` where they went.
 */
#include "store/inside.h"

#include <stdlib.h>

#define SEGMENT_IDS 65536U
#define PARTS       256
#define ENTRY_SIZE  6U
#define HEAD_SIZE   4U /* of an entry: id bytes 1 to 4 */
#define PART_SHIFT                                                                       \
    48 /* a row's key is part and first block: rows of a part are neighbours */
#define FIRST_MASK ((INT64_C(1) << PART_SHIFT) - 1)
#define MOVES_MAX  64 /* of one block; a longer chain is damage */

/* ---- build --------------------------------------------------------------------- */

struct entry {
    unsigned char id[1 + HEAD_SIZE];
    unsigned char block[2]; /* little-endian, less the segment's first */
};

struct segment {
    struct entry *entry;
    size_t count;
    uint64_t first, last;    /* block numbers */
    size_t start[PARTS + 1]; /* entry numbers, after sorting */
    unsigned char *sorted;
};

static void sort_parts(struct segment *g)
{
    size_t next[PARTS] = { 0 };

    for (size_t i = 0; i < g->count; i++)
        next[g->entry[i].id[0]]++;
    g->start[0] = 0;
    for (size_t p = 0; p < PARTS; p++) {
        g->start[p + 1] = g->start[p] + next[p];
        next[p] = g->start[p];
    }
    for (size_t i = 0; i < g->count; i++) {
        const struct entry *e = &g->entry[i];
        unsigned char *to = g->sorted + next[e->id[0]]++ * ENTRY_SIZE;
        memcpy(to, e->id + 1, HEAD_SIZE);
        memcpy(to + HEAD_SIZE, e->block, sizeof(e->block));
    }
}

static enum yg_status put_segment(struct yg_store *st, struct segment *g,
                                  struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_INDEXED_ADD, &rc, err);

    if (!s || g->count == 0)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)g->first);
    yg_db_bind_int(s, 2, (int64_t)g->last);
    rc = yg_store_run(st, s, err);
    sort_parts(g);
    for (int p = 0; rc == YG_OK && p < PARTS; p++) {
        size_t from = g->start[p] * ENTRY_SIZE, until = g->start[p + 1] * ENTRY_SIZE;
        s = yg_store_stmt(st, YG_Q_PLACE_ADD, &rc, err);
        if (!s || from == until)
            continue;
        yg_db_bind_int(s, 1, (int64_t)p << PART_SHIFT | (int64_t)g->first);
        yg_db_bind_blob(s, 2, (struct yg_str){ (char *)g->sorted + from, until - from });
        rc = yg_store_run(st, s, err);
    }
    return rc;
}

static void add_block(struct segment *g, uint64_t number, struct yg_str ids)
{
    uint64_t delta = number - g->first;

    for (size_t i = 0; (i + 1) * YG_ID_SIZE <= ids.n; i++) {
        struct entry *e = &g->entry[g->count++];
        memcpy(e->id, ids.p + i * YG_ID_SIZE, sizeof(e->id));
        e->block[0] = (unsigned char)delta;
        e->block[1] = (unsigned char)(delta >> 8);
    }
    g->last = number;
}

/* Does the segment take no more? `next`: the block that would follow. */
static bool is_full(const struct segment *g, uint64_t next)
{
    return g->count >= SEGMENT_IDS || next - g->first > UINT16_MAX;
}

static enum yg_status build(struct yg_store *st, struct segment *g, uint64_t *rest,
                            struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_IDS_AFTER, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)g->first - 1);
    while ((rc = yg_db_step(st->db, s, err)) == YG_OK) {
        uint64_t number = (uint64_t)yg_db_int(s, 0);
        struct yg_str ids = yg_db_bytes(s, 2);
        if (ids.n > (size_t)YG_BLOCK_RECORDS * YG_ID_SIZE)
            continue; /* damage; the block itself says so when it is read */
        if (is_full(g, number)) {
            rc = put_segment(st, g, err);
            if (rc != YG_OK)
                break;
            g->first = number;
            g->count = 0;
        }
        add_block(g, number, ids);
    }
    yg_db_reset(s);
    if (rc == YG_EEND && is_full(g, st->next_block)) {
        rc = put_segment(st, g, err);
        g->first = st->next_block;
        g->count = 0;
    }
    *rest = g->count;
    return rc == YG_EEND ? YG_OK : rc;
}

enum yg_status yg_place_extend(struct yg_store *st, uint64_t *indexed, uint64_t *rest,
                               struct yg_err *err)
{
    struct segment g = { .first = st->indexed + 1 };

    *indexed = st->indexed;
    *rest = st->unindexed + yg_buf_str(&st->added).n / YG_ID_SIZE;
    if (*rest < SEGMENT_IDS && st->next_block - g.first <= UINT16_MAX)
        return YG_OK;
    g.entry = malloc((SEGMENT_IDS + YG_BLOCK_RECORDS) * sizeof(*g.entry));
    g.sorted = malloc((size_t)(SEGMENT_IDS + YG_BLOCK_RECORDS) * ENTRY_SIZE);
    enum yg_status rc = YG_ENOMEM;
    if (g.entry && g.sorted)
        rc = build(st, &g, rest, err);
    else
        yg_err_set(err, rc, "store: no memory for the index of ids");
    *indexed = g.first - 1;
    free(g.entry);
    free(g.sorted);
    return rc;
}

/* ---- search -------------------------------------------------------------------- */

struct search {
    const unsigned char *low, *high; /* the ids wanted */
    bool whole;                      /* one id: its latest record is enough */
    bool found, several;
    struct yg_place *out;
};

static bool is_done(const struct search *q)
{
    return q->several || (q->found && q->whole);
}

static uint64_t front_of(const unsigned char *id)
{
    uint64_t v;

    memcpy(&v, id, sizeof(v));
    return __builtin_bswap64(v);
}

/* Look at all ids of a block. */
static void search_ids(struct search *q, struct yg_str ids, uint64_t tenant,
                       uint64_t block)
{
    const unsigned char *p = (const unsigned char *)ids.p;
    uint64_t a = front_of(q->low), b = front_of(q->high);

    for (size_t i = 0; (i + 1) * YG_ID_SIZE <= ids.n; i++, p += YG_ID_SIZE) {
        uint64_t v = front_of(p);
        if (v < a || v > b || memcmp(p, q->low, YG_ID_SIZE) < 0 ||
            memcmp(p, q->high, YG_ID_SIZE) > 0)
            continue;
        if (q->found) {
            q->several |= memcmp(p, q->out->id, YG_ID_SIZE) != 0;
            continue;
        }
        q->found = true;
        *q->out = (struct yg_place){ .tenant = tenant, .block = block, .slot = i };
        memcpy(q->out->id, p, YG_ID_SIZE);
    }
}

/* The blocks after the index, newest first. */
static enum yg_status search_tail(struct yg_store *st, struct search *q, uint64_t indexed,
                                  struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_IDS_TAIL, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)indexed);
    yg_db_bind_int(s, 2, (int64_t)st->last_block);
    while (!is_done(q) && (rc = yg_db_step(st->db, s, err)) == YG_OK)
        search_ids(q, yg_db_bytes(s, 2), (uint64_t)yg_db_int(s, 1),
                   (uint64_t)yg_db_int(s, 0));
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

static enum yg_status follow_moves(struct yg_store *st, uint64_t *block,
                                   struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_MOVED_GET, &rc, err);

    for (int i = 0; s && i < MOVES_MAX; i++) {
        yg_db_bind_int(s, 1, (int64_t)*block);
        rc = yg_db_step(st->db, s, err);
        if (rc != YG_OK)
            return rc == YG_EEND ? YG_OK : rc;
        *block = (uint64_t)yg_db_int(s, 0);
        yg_db_reset(s);
    }
    return s ? yg_err_set(err, YG_ECORRUPT, "store: block %llu was moved too often",
                          (unsigned long long)*block)
             : rc;
}

/* The index says the block may have it. */
static enum yg_status search_block(struct yg_store *st, struct search *q, uint64_t block,
                                   struct yg_err *err)
{
    enum yg_status rc = follow_moves(st, &block, err);

    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_IDS_GET, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)block);
    rc = yg_db_step(st->db, s, err);
    if (rc == YG_OK)
        search_ids(q, yg_db_bytes(s, 0), (uint64_t)yg_db_int(s, 1), block);
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

static enum yg_status search_part(struct yg_store *st, struct search *q, uint64_t first,
                                  struct yg_str entries, struct yg_err *err)
{
    const unsigned char *p = (const unsigned char *)entries.p;
    enum yg_status rc = YG_OK;

    for (size_t i = entries.n / ENTRY_SIZE; rc == YG_OK && i-- > 0 && !is_done(q);) {
        const unsigned char *e = p + i * ENTRY_SIZE;
        if (memcmp(e, q->low + 1, HEAD_SIZE) < 0 || memcmp(e, q->high + 1, HEAD_SIZE) > 0)
            continue;
        rc = search_block(st, q, first + (e[HEAD_SIZE] | (uint64_t)e[HEAD_SIZE + 1] << 8),
                          err);
    }
    return rc;
}

/* The index, newest segment first. */
static enum yg_status search_index(struct yg_store *st, struct search *q,
                                   struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_PLACES, &rc, err);

    if (!s)
        return rc;
    int64_t part = q->low[0]; /* a prefix holds the whole first byte */
    yg_db_bind_int(s, 1, part << PART_SHIFT);
    yg_db_bind_int(s, 2, part << PART_SHIFT | FIRST_MASK);
    while (!is_done(q) && (rc = yg_db_step(st->db, s, err)) == YG_OK) {
        rc = search_part(st, q, (uint64_t)(yg_db_int(s, 0) & FIRST_MASK),
                         yg_db_bytes(s, 1), err);
        if (rc != YG_OK)
            break;
    }
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

enum yg_status yg_place_find(struct yg_store *st, const unsigned char low[YG_ID_SIZE],
                             const unsigned char high[YG_ID_SIZE], struct yg_place *out,
                             struct yg_err *err)
{
    struct search q = {
        .low = low, .high = high, .whole = memcmp(low, high, YG_ID_SIZE) == 0, .out = out
    };
    uint64_t indexed = 0;
    enum yg_status rc = yg_store_number(st, YG_Q_INDEXED_LAST, 0, &indexed, err);

    if (rc == YG_OK)
        rc = search_tail(st, &q, indexed, err);
    if (rc == YG_OK && !is_done(&q))
        rc = search_index(st, &q, err);
    if (rc != YG_OK)
        return rc;
    return q.several ? YG_EINVAL : q.found ? YG_OK : YG_ENOTFOUND;
}
