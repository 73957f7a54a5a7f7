/* SPDX-License-Identifier: Apache-2.0 */
#include "store/zones.h"

#include <stdlib.h>

struct yg_store_newest {
    struct yg_store *st;
    struct yg_zones zones;
    struct yg_block_reader *reader;
    struct yg_store_newest_ask ask;
    struct yg_block at;   /* the block that was gone to */
    char *name;           /* its tenant's */
    struct yg_str tenant; /* view of it */
    uint64_t tenant_id;   /* whose name that is; 0: nobody's */
    bool asked;           /* is that tenant among those asked for? */
    bool snapshot;        /* we hold it */
    bool ended;
    uint64_t reopened; /* not 0: some alert was opened again */
};

static enum yg_status start(struct yg_store_newest *n, struct yg_err *err)
{
    const struct yg_store_newest_ask *a = &n->ask;
    bool one = !a->all && a->tenants == 1;
    bool always = a->from_ns == 0 && a->until_ns == 0;

    n->zones.query = one ? YG_Q_ZONES_NEWEST_OF : YG_Q_ZONES_NEWEST;
    n->zones.tenant = one ? a->tenant[0] : YG_STR_NONE;
    n->zones.from_ns = always ? INT64_MIN : a->from_ns;
    n->zones.until_ns = always ? INT64_MAX : a->until_ns;
    n->zones.last = n->st->last_block;
    yg_zones_start(&n->zones);
    n->ended = !a->all && a->tenants == 0;
    enum yg_status rc = yg_store_snapshot(n->st, err);
    if (rc != YG_OK)
        return rc;
    n->snapshot = true;
    return yg_store_number(n->st, YG_Q_REOPENED_ANY, 0, &n->reopened, err);
}

enum yg_status yg_store_newest_open(struct yg_store *st,
                                    const struct yg_store_newest_ask *ask,
                                    struct yg_store_newest **out, struct yg_err *err)
{
    struct yg_store_newest *n = calloc(1, sizeof(*n));
    enum yg_status rc;

    if (n)
        n->reader = yg_block_reader_new();
    if (!n || !n->reader) {
        free(n);
        return yg_err_set(err, YG_ENOMEM, "store: no memory to read history");
    }
    n->st = st;
    n->ask = *ask;
    st->scans++;
    rc = start(n, err);
    if (rc == YG_OK)
        *out = n;
    else
        yg_store_newest_close(n);
    return rc;
}

void yg_store_newest_close(struct yg_store_newest *n)
{
    if (!n)
        return;
    if (n->snapshot)
        yg_store_snapshot_end(n->st);
    yg_block_reader_free(n->reader);
    n->st->scans--;
    free(n->name);
    free(n);
}

static bool among(const struct yg_store_newest_ask *a, struct yg_str name)
{
    size_t low = 0, high = a->tenants;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = yg_str_cmp(a->tenant[mid], name);
        if (order == 0)
            return true;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return a->all;
}

/* Whose block is this? Blocks of one tenant often follow each other. */
static enum yg_status name_it(struct yg_store_newest *n, uint64_t id, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s;

    if (n->tenant_id == id)
        return YG_OK;
    s = yg_store_stmt(n->st, YG_Q_TENANT_BY_ID, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)id);
    rc = yg_db_step(n->st->db, s, err);
    if (rc == YG_EEND)
        return yg_err_set(err, YG_ECORRUPT, "store: a block of no tenant");
    if (rc != YG_OK)
        return rc;
    struct yg_str name = yg_db_bytes(s, 0);
    free(n->name);
    n->name = malloc(name.n + 1);
    n->tenant_id = n->name ? id : 0;
    if (n->name && name.n)
        memcpy(n->name, name.p, name.n);
    n->tenant = (struct yg_str){ n->name, n->name ? name.n : 0 };
    n->asked = n->name && among(&n->ask, n->tenant);
    yg_db_reset(s);
    return n->name ? YG_OK : yg_err_set(err, YG_ENOMEM, "store: no memory for a name");
}

enum yg_status yg_store_newest_next(struct yg_store_newest *n, int64_t *latest,
                                    struct yg_err *err)
{
    enum yg_status rc = n->ended ? YG_EEND : YG_OK;

    while (rc == YG_OK) {
        rc = yg_zones_next(n->st, &n->zones, &n->at, err);
        if (rc != YG_OK)
            break;
        rc = name_it(n, n->at.tenant, err);
        if (rc == YG_OK && n->asked) {
            *latest = n->at.head.time_max;
            return YG_OK;
        }
    }
    n->ended = true; /* another step would begin anew */
    return rc;
}

/* YG_OK: may hold one of the keys; YG_ENOTFOUND: holds none. */
static enum yg_status ask_filter(struct yg_store_newest *n, struct yg_err *err)
{
    const struct yg_store_newest_ask *a = &n->ask;
    enum yg_status rc;
    struct yg_db_stmt *f = yg_store_stmt(n->st, YG_Q_FILTER_GET, &rc, err);
    bool may = false;

    if (!f || a->keys == 0)
        return rc;
    yg_db_bind_int(f, 1, (int64_t)n->at.number);
    rc = yg_db_step(n->st->db, f, err);
    for (size_t k = 0; rc == YG_OK && k < a->keys; k++)
        may |= yg_block_may_hold(yg_db_bytes(f, 0), a->key[k]);
    yg_db_reset(f);
    if (rc == YG_EEND) /* damaged: fetching the block says so */
        return YG_OK;
    return rc == YG_OK && !may ? YG_ENOTFOUND : rc;
}

static enum yg_status read_block(struct yg_store_newest *n, struct yg_store_record **rec,
                                 size_t *count, struct yg_err *err)
{
    enum yg_status rc = yg_block_fetch(n->st, &n->at, err);

    if (rc == YG_OK) {
        rc = yg_block_decode(n->reader, &n->at, true, rec, count);
        if (rc != YG_OK)
            yg_err_set(err, rc, "store: block %llu cannot be decoded",
                       (unsigned long long)n->at.number);
    }
    yg_block_done(n->st);
    if (rc == YG_ECORRUPT)
        n->st->corrupt_blocks++;
    return rc;
}

enum yg_status yg_store_newest_read(struct yg_store_newest *n, struct yg_str *tenant,
                                    const struct yg_store_record **rec, size_t *count,
                                    struct yg_err *err)
{
    struct yg_store_record *read = NULL;
    size_t have = 0;
    enum yg_status rc = ask_filter(n, err);

    *tenant = n->tenant;
    *rec = NULL;
    *count = 0;
    if (rc != YG_OK)
        return rc == YG_ENOTFOUND ? YG_OK : rc;
    rc = read_block(n, &read, &have, err);
    for (size_t i = 0; rc == YG_OK && n->reopened && i < have; i++)
        rc = yg_reopened_apply(n->st, &read[i], err);
    if (rc == YG_OK) {
        *rec = read;
        *count = have;
    }
    return rc;
}
