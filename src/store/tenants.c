/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inside.h"

#include <stdlib.h>

/* The place of the name in the map: its entry, or the free one where it belongs. Two
 * names of one hash follow each other along a chain of hashes. */
static uint64_t find_key(const struct yg_tenants *t, struct yg_str name, size_t *index)
{
    for (uint64_t key = yg_hash_str('t', name);; key = yg_hash_pair(key, 1)) {
        const uint64_t *at = yg_map_get(&t->by_name, key);
        *index = at ? (size_t)*at - 1 : SIZE_MAX;
        if (!at)
            return key;
        const struct yg_tenant *row = &t->row[*index];
        if (yg_str_eq((struct yg_str){ row->name, row->name_len }, name))
            return key;
    }
}

static bool grow(struct yg_tenants *t)
{
    size_t size = t->size ? t->size * 2 : 16;
    struct yg_tenant *row = realloc(t->row, size * sizeof(*row));

    if (!row)
        return false;
    t->row = row;
    uint32_t *dirty = realloc(t->dirty, size * sizeof(*dirty));
    if (!dirty)
        return false;
    t->dirty = dirty;
    t->size = size;
    return true;
}

struct yg_tenant *yg_tenants_put(struct yg_tenants *t, struct yg_str name)
{
    size_t index;

    if (t->last < t->count) {
        struct yg_tenant *row = &t->row[t->last];
        if (yg_str_eq((struct yg_str){ row->name, row->name_len }, name))
            return row;
    }
    uint64_t key = find_key(t, name, &index);
    if (index == SIZE_MAX) {
        char *copy = malloc(name.n + 1);
        if (!copy || (t->count == t->size && !grow(t))) {
            free(copy);
            return NULL;
        }
        uint64_t *at = yg_map_put(&t->by_name, key, NULL);
        if (!at) {
            free(copy);
            return NULL;
        }
        memcpy(copy, name.n ? name.p : "", name.n);
        copy[name.n] = '\0';
        index = t->count++;
        *at = index + 1;
        t->row[index] =
            (struct yg_tenant){ .name = copy, .name_len = name.n, .unmerged = true };
    }
    t->last = index;
    return &t->row[index];
}

void yg_tenants_mark(struct yg_tenants *t, struct yg_tenant *row)
{
    if (row->dirty)
        return;
    row->dirty = true;
    t->dirty[t->dirty_count++] = (uint32_t)(row - t->row);
}

void yg_tenants_fini(struct yg_tenants *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->row[i].name);
    free(t->row);
    free(t->dirty);
    yg_map_fini(&t->by_name);
    *t = (struct yg_tenants){ 0 };
}

enum yg_status yg_tenants_load(struct yg_store *st, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TENANT_ROWS, &rc, err);

    if (!s)
        return rc;
    while ((rc = yg_db_step(st->db, s, err)) == YG_OK) {
        struct yg_tenant *t = yg_tenants_put(&st->tenants, yg_db_bytes(s, 1));
        if (!t) {
            rc = yg_err_set(err, YG_ENOMEM, "store: out of memory for its tenants");
            break;
        }
        t->id = (uint64_t)yg_db_int(s, 0);
        if (t->id > st->tenants.rows)
            st->tenants.rows = t->id;
    }
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

enum yg_status yg_tenants_make_row(struct yg_store *st, struct yg_tenant *t,
                                   struct yg_err *err)
{
    enum yg_status rc;

    if (t->id)
        return YG_OK;
    if (st->rows) /* only with its first record, so that two cannot make the same */
        return yg_err_set(err, YG_ENOTFOUND, "the store has no such tenant");
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TENANT_ADD, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)st->tenants.rows + 1);
    yg_db_bind_blob(s, 2, (struct yg_str){ t->name, t->name_len });
    rc = yg_store_run(st, s, err);
    if (rc == YG_OK) {
        t->id = ++st->tenants.rows;
        t->fresh = true;
    }
    return rc;
}

enum yg_status yg_tenants_add_sum(struct yg_store *st, struct yg_tenant *t,
                                  struct yg_err *err)
{
    enum yg_status rc;

    if (t->blocks == 0)
        return YG_OK;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TENANT_SUM, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)t->id);
    yg_db_bind_int(s, 2, t->sum.alerts);
    yg_db_bind_int(s, 3, t->sum.contexts);
    yg_db_bind_int(s, 4, t->sum.undecodable);
    yg_db_bind_int(s, 5, t->sum.closed);
    yg_db_bind_int(s, 6, (int64_t)t->blocks);
    yg_db_bind_int(s, 7, (int64_t)t->sum.raw_bytes);
    yg_db_bind_int(s, 8, t->sum.time_min);
    yg_db_bind_int(s, 9, t->sum.time_max);
    return yg_store_run(st, s, err);
}
