/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inside.h"

#include <stdlib.h>

struct yg_store_scan {
    struct yg_store *st;
    sqlite3_stmt *zones; /* open while the scan is: it holds the snapshot */
    struct yg_block_reader *reader;
    int64_t from_ns, until_ns;
    uint64_t key;
    uint32_t source;
    unsigned want;
    bool ended;
    uint64_t reopened;           /* not 0: some alert was opened again */
    struct yg_store_record *rec; /* of the block being read */
    size_t count, next;
};

static const char zones_sql[] =
    "SELECT tenant, block, time_min, time_max, received_min, received_max, count, "
    "alerts, contexts, undecodable, closed, raw_bytes, digest FROM zone "
    "WHERE tenant = (SELECT id FROM tenant WHERE name = ?1) AND block <= ?2 "
    "AND time_max >= ?3 AND time_min < ?4 ORDER BY block";

enum yg_status yg_store_scan_open(struct yg_store *st, const struct yg_store_query *q,
                                  struct yg_store_scan **out, struct yg_err *err)
{
    struct yg_store_scan *s = calloc(1, sizeof(*s));
    char *name = malloc(q->tenant.n + 1);

    if (s)
        s->reader = yg_block_reader_new();
    if (!s || !name || !s->reader) {
        if (s)
            yg_block_reader_free(s->reader);
        free(s);
        free(name);
        return yg_err_set(err, YG_ENOMEM, "store: no memory to read history");
    }
    s->st = st;
    s->key = q->key;
    s->source = q->source;
    s->want = q->want;
    s->from_ns = q->from_ns || q->until_ns ? q->from_ns : INT64_MIN;
    s->until_ns = q->until_ns ? q->until_ns : INT64_MAX;
    s->zones = yg_db_stmt_own(&st->db, zones_sql, err);
    if (!s->zones) {
        enum yg_status rc = yg_db_err(&st->db, sqlite3_errcode(st->db.h), err);
        yg_block_reader_free(s->reader);
        free(s);
        free(name);
        return rc;
    }
    memcpy(name, q->tenant.n ? q->tenant.p : "", q->tenant.n);
    sqlite3_bind_text64(s->zones, 1, name, q->tenant.n, free, SQLITE_UTF8);
    yg_db_bind_int(s->zones, 2, (int64_t)st->last_block);
    yg_db_bind_int(s->zones, 3, s->from_ns);
    yg_db_bind_int(s->zones, 4, s->until_ns);
    st->scans++;
    enum yg_status rc = yg_store_number(st, YG_Q_REOPENED_ANY, 0, &s->reopened, err);
    if (rc != YG_OK)
        yg_store_scan_close(s);
    else
        *out = s;
    return rc;
}

void yg_store_scan_close(struct yg_store_scan *s)
{
    if (!s)
        return;
    sqlite3_finalize(s->zones);
    yg_block_reader_free(s->reader);
    s->st->scans--;
    free(s);
}

static bool has_key(const struct yg_store_record *r, uint64_t key)
{
    for (size_t k = 0; k < YG_BLOCK_KEYS; k++)
        if (r->key[k] == key)
            return true;
    return key == 0;
}

static bool wanted(const struct yg_store_scan *s, const struct yg_store_record *r)
{
    return r->time_ns >= s->from_ns && r->time_ns < s->until_ns && has_key(r, s->key) &&
           (s->source == 0 || r->source == s->source);
}

/* YG_OK: may hold the key; YG_ENOTFOUND: does not. */
static enum yg_status ask_filter(struct yg_store_scan *s, const struct yg_block *b,
                                 struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *f = yg_store_stmt(s->st, YG_Q_FILTER_GET, &rc, err);

    if (!f || s->key == 0)
        return rc;
    yg_db_bind_int(f, 1, (int64_t)b->number);
    rc = yg_db_step(&s->st->db, f, err);
    if (rc == YG_OK && !yg_block_may_hold(yg_db_bytes(f, 0), s->key))
        rc = YG_ENOTFOUND;
    sqlite3_reset(f);
    /* Without its filter the block is damaged; fetching it says so. */
    return rc == YG_EEND ? YG_OK : rc;
}

/* The first record that is wanted. */
static size_t first_wanted(const struct yg_store_scan *s)
{
    size_t i = 0;

    while (i < s->count && !wanted(s, &s->rec[i]))
        i++;
    return i;
}

/* Without what only decoding needs. `*whole`: some record that is wanted has no facts, or
 * something is amiss, which the way of all blocks tells. */
static enum yg_status load_lean(struct yg_store_scan *s, struct yg_block *b, bool *whole,
                                struct yg_err *err)
{
    enum yg_status rc = yg_block_fetch_facts(s->st, b, err);

    *whole = true;
    if (rc != YG_OK || b->facts.bytes.n == 0)
        return rc;
    rc = yg_block_fetch_lean(s->st, b, err);
    if (rc == YG_OK)
        rc = yg_block_verify_facts(s->reader, b);
    if (rc == YG_OK)
        rc = yg_block_decode(s->reader, b, false, &s->rec, &s->count);
    s->next = rc == YG_OK ? first_wanted(s) : 0;
    if (rc == YG_OK && s->next < s->count)
        rc = yg_block_decode_facts(s->reader, b);
    if (rc != YG_OK) {
        s->count = 0;
        return rc == YG_ECORRUPT || rc == YG_EVERSION ? YG_OK : rc;
    }
    *whole = false;
    for (size_t i = s->next; i < s->count; i++)
        *whole |= !s->rec[i].facts && wanted(s, &s->rec[i]);
    return YG_OK;
}

/* Decode what the block has for us; the raw bytes only if some record is wanted. */
static enum yg_status load(struct yg_store_scan *s, struct yg_block *b,
                           struct yg_err *err)
{
    enum yg_status rc = ask_filter(s, b, err);
    bool whole = true;

    s->next = s->count = 0;
    if (rc != YG_OK)
        return rc == YG_ENOTFOUND ? YG_OK : rc;
    if (s->want == YG_STORE_EITHER)
        rc = load_lean(s, b, &whole, err);
    if (rc != YG_OK || !whole)
        return rc;
    yg_block_done(s->st);
    s->next = s->count = 0;
    rc = yg_block_fetch(s->st, b, err);
    if (rc != YG_OK)
        return rc;
    if (s->key || s->source) {
        rc = yg_block_decode(s->reader, b, false, &s->rec, &s->count);
        s->next = rc == YG_OK ? first_wanted(s) : 0;
    }
    if (rc == YG_OK && (s->next < s->count || s->count == 0))
        rc = yg_block_decode(s->reader, b, true, &s->rec, &s->count);
    if (rc != YG_OK)
        yg_err_set(err, rc, "store: block %llu cannot be decoded",
                   (unsigned long long)b->number);
    if (rc == YG_OK && s->want != YG_STORE_RAW && s->next < s->count)
        rc = yg_block_add_facts(s->st, s->reader, b, err);
    return rc;
}

static enum yg_status next_block(struct yg_store_scan *s, struct yg_err *err)
{
    struct yg_block b = { 0 };

    if (s->ended)
        return YG_EEND;
    enum yg_status rc = yg_db_step(&s->st->db, s->zones, err);
    if (rc != YG_OK) {
        s->ended = true; /* another step would begin anew */
        return rc;
    }
    yg_block_head_of(s->zones, &b);
    rc = load(s, &b, err);
    yg_block_done(s->st);
    if (rc != YG_OK)
        s->next = s->count = 0;
    if (rc == YG_ECORRUPT)
        s->st->corrupt_blocks++;
    return rc;
}

enum yg_status yg_store_scan_next(struct yg_store_scan *s, struct yg_store_record *out,
                                  struct yg_err *err)
{
    for (;;) {
        while (s->next < s->count) {
            const struct yg_store_record *r = &s->rec[s->next++];
            if (!wanted(s, r))
                continue;
            *out = *r;
            return s->reopened ? yg_reopened_apply(s->st, out, err) : YG_OK;
        }
        enum yg_status rc = next_block(s, err);
        if (rc != YG_OK)
            return rc;
    }
}
