/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

static void bind_source(struct yg_db_stmt *s, const struct yg_source *src)
{
    yg_db_bind_blob(s, 1, src->tenant);
    yg_db_bind_blob(s, 2, src->name);
    yg_db_bind_blob(s, 3, src->format);
    yg_db_bind_blob(s, 4, src->mapping_text);
    yg_db_bind_blob(s, 5, src->header);
    yg_db_bind_int(s, 6, src->offset_min);
    yg_db_bind_int(s, 7, src->log_source);
}

static enum yg_status add(struct yg_store *st, const struct yg_source *src, uint32_t *id,
                          struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_SOURCE_ADD, &rc, err);

    if (!s)
        return rc;
    bind_source(s, src);
    yg_db_bind_blob(s, 8, src->path);
    struct yg_err why = { 0 };
    rc = yg_db_step(st->db, s, &why);
    if (rc != YG_OK)
        return yg_store_fail(st, rc, &why, err);
    *id = (uint32_t)yg_db_int(s, 0);
    yg_db_reset(s);
    return YG_OK;
}

static enum yg_status set_path(struct yg_store *st, uint32_t id, struct yg_str path,
                               struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_SOURCE_PATH, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, id);
    yg_db_bind_blob(s, 2, path);
    return yg_store_run(st, s, err);
}

enum yg_status yg_store_source_put(struct yg_store *st, const struct yg_source *src,
                                   uint32_t *id, struct yg_err *err)
{
    enum yg_status rc = yg_store_begin(st, err);

    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_SOURCE_FIND, &rc, err);
    if (!s)
        return rc;
    bind_source(s, src);
    rc = yg_db_step(st->db, s, err);
    if (rc == YG_EEND)
        return add(st, src, id, err);
    if (rc != YG_OK)
        return rc;
    uint32_t found = (uint32_t)yg_db_int(s, 0);
    bool moved = !yg_str_eq(yg_db_bytes(s, 1), src->path);
    yg_db_reset(s);
    if (moved)
        rc = set_path(st, found, src->path, err);
    if (rc == YG_OK)
        *id = found;
    return rc;
}

static void read_source(struct yg_row *r, void *to)
{
    struct yg_source *v = to;

    v->store_id = (uint32_t)yg_row_u64(r, 0, UINT32_MAX);
    v->tenant = yg_row_str(r);
    v->name = yg_row_str(r);
    v->format = yg_row_str(r);
    v->mapping_text = yg_row_str(r);
    v->header = yg_row_str(r);
    v->path = yg_row_str(r);
    v->offset_min = (int)yg_row_i64(r);
    v->log_source = yg_row_u64(r, 0, 1) != 0;
}

static const struct yg_row_kind source_kind = {
    .what = "source",
    .size = sizeof(struct yg_source),
    .read = read_source,
};

static enum yg_status all_of(struct yg_store *st, enum yg_query query,
                             const struct yg_row_kind *kind, struct yg_arena *arena,
                             struct yg_row_list *out, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, query, &rc, err);

    return s ? yg_row_all(st, s, kind, arena, out, err) : rc;
}

enum yg_status yg_store_sources(struct yg_store *st, struct yg_arena *arena,
                                struct yg_source **out, size_t *count, struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc = all_of(st, YG_Q_SOURCES, &source_kind, arena, &all, err);

    if (rc == YG_OK) {
        *out = all.p;
        *count = all.n;
    }
    return rc;
}

static void read_tenant(struct yg_row *r, void *to)
{
    struct yg_store_tenant *v = to;

    (void)yg_row_u64(r, 0, INT64_MAX); /* its number is the store's own */
    v->name = yg_row_str(r);
    v->alerts = yg_row_u64(r, 0, INT64_MAX);
    v->contexts = yg_row_u64(r, 0, INT64_MAX);
    v->undecodable = yg_row_u64(r, 0, INT64_MAX);
    v->closed = yg_row_u64(r, 0, INT64_MAX);
    v->first_ns = yg_row_i64(r);
    v->last_ns = yg_row_i64(r);
}

static const struct yg_row_kind tenant_kind = {
    .what = "tenant",
    .size = sizeof(struct yg_store_tenant),
    .read = read_tenant,
};

enum yg_status yg_store_tenants(struct yg_store *st, struct yg_arena *arena,
                                struct yg_store_tenant **out, size_t *count,
                                struct yg_err *err)
{
    struct yg_row_list all;
    enum yg_status rc = all_of(st, YG_Q_TENANTS, &tenant_kind, arena, &all, err);

    if (rc == YG_OK) {
        *out = all.p;
        *count = all.n;
    }
    return rc;
}
