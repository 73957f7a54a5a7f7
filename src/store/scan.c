/* SPDX-License-Identifier: Apache-2.0 */
#include "store/zones.h"

#include <stdlib.h>

struct yg_store_scan {
    struct yg_store *st;
    struct yg_zones zones;
    char *tenant;
    struct yg_block_reader *reader;
    int64_t from_ns, until_ns;
    uint64_t key;
    uint32_t source;
    unsigned want;
    bool snapshot;               /* we hold it */
    uint64_t reopened;           /* not 0: some alert was opened again */
    struct yg_store_record *rec; /* of the block being read */
    size_t count, next;
};

static void set(struct yg_store_scan *s, const struct yg_store_query *q)
{
    s->key = q->key;
    s->source = q->source;
    s->want = q->want;
    s->from_ns = q->from_ns || q->until_ns ? q->from_ns : INT64_MIN;
    s->until_ns = q->until_ns ? q->until_ns : INT64_MAX;
    s->zones.query = YG_Q_ZONES_OF;
    s->zones.tenant = (struct yg_str){ s->tenant, q->tenant.n };
    s->zones.from_ns = s->from_ns;
    s->zones.until_ns = s->until_ns;
    s->zones.last = s->st->last_block;
    yg_zones_start(&s->zones);
}

enum yg_status yg_store_scan_open(struct yg_store *st, const struct yg_store_query *q,
                                  struct yg_store_scan **out, struct yg_err *err)
{
    struct yg_store_scan *s = calloc(1, sizeof(*s));

    if (!s)
        return yg_err_set(err, YG_ENOMEM, "store: no memory to read history");
    s->st = st;
    st->scans++;
    s->reader = yg_block_reader_new();
    s->tenant = malloc(q->tenant.n + 1);
    enum yg_status rc = YG_ENOMEM;
    if (!s->reader || !s->tenant) {
        yg_err_set(err, rc, "store: no memory to read history");
        goto out;
    }
    memcpy(s->tenant, q->tenant.n ? q->tenant.p : "", q->tenant.n);
    set(s, q);
    rc = yg_store_snapshot(st, err);
    if (rc != YG_OK)
        goto out;
    s->snapshot = true;
    rc = yg_store_number(st, YG_Q_REOPENED_ANY, 0, &s->reopened, err);
out:
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
    if (s->snapshot)
        yg_store_snapshot_end(s->st);
    yg_block_reader_free(s->reader);
    s->st->scans--;
    free(s->tenant);
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
    struct yg_db_stmt *f = yg_store_stmt(s->st, YG_Q_FILTER_GET, &rc, err);

    if (!f || s->key == 0)
        return rc;
    yg_db_bind_int(f, 1, (int64_t)b->number);
    rc = yg_db_step(s->st->db, f, err);
    if (rc == YG_OK && !yg_block_may_hold(yg_db_bytes(f, 0), s->key))
        rc = YG_ENOTFOUND;
    yg_db_reset(f);
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
    struct yg_block b;
    enum yg_status rc = yg_zones_next(s->st, &s->zones, &b, err);
    if (rc != YG_OK)
        return rc;
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
