/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inside.h"

#define SOURCES_MAX ((size_t)1 << 20)

static void bind_source(sqlite3_stmt *s, const struct yg_source *src)
{
    yg_db_bind_text(s, 1, src->tenant);
    yg_db_bind_text(s, 2, src->name);
    yg_db_bind_text(s, 3, src->format);
    yg_db_bind_text(s, 4, src->mapping_text);
    yg_db_bind_text(s, 5, src->header);
    yg_db_bind_int(s, 6, src->offset_min);
    yg_db_bind_int(s, 7, src->log_source);
}

static enum yg_status add(struct yg_store *st, const struct yg_source *src, uint32_t *id,
                          struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_SOURCE_ADD, &rc, err);

    if (!s)
        return rc;
    bind_source(s, src);
    yg_db_bind_text(s, 8, src->path);
    rc = yg_store_run(st, s, err);
    if (rc == YG_OK)
        *id = (uint32_t)sqlite3_last_insert_rowid(st->db.h);
    return rc;
}

static enum yg_status set_path(struct yg_store *st, uint32_t id, struct yg_str path,
                               struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_SOURCE_PATH, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, id);
    yg_db_bind_text(s, 2, path);
    return yg_store_run(st, s, err);
}

enum yg_status yg_store_source_put(struct yg_store *st, const struct yg_source *src,
                                   uint32_t *id, struct yg_err *err)
{
    enum yg_status rc = yg_store_begin(st, err);

    if (rc != YG_OK)
        return rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_SOURCE_FIND, &rc, err);
    if (!s)
        return rc;
    bind_source(s, src);
    rc = yg_db_step(&st->db, s, err);
    if (rc == YG_EEND)
        return add(st, src, id, err);
    if (rc != YG_OK)
        return rc;
    uint32_t found = (uint32_t)sqlite3_column_int64(s, 0);
    bool moved = !yg_str_eq(yg_db_bytes(s, 1), src->path);
    sqlite3_reset(s);
    if (moved)
        rc = set_path(st, found, src->path, err);
    if (rc == YG_OK)
        *id = found;
    return rc;
}

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "store: the sources do not fit in memory");
}

static enum yg_status read_sources(struct yg_store *st, struct yg_arena *arena,
                                   struct yg_buf *rows, struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_SOURCES, &rc, err);

    if (!s)
        return rc;
    while ((rc = yg_db_step(&st->db, s, err)) == YG_OK) {
        struct yg_source v = { .store_id = (uint32_t)sqlite3_column_int64(s, 0),
                               .offset_min = sqlite3_column_int(s, 7),
                               .log_source = sqlite3_column_int(s, 8) != 0 };
        if (!yg_db_copy(s, 1, arena, &v.tenant) || !yg_db_copy(s, 2, arena, &v.name) ||
            !yg_db_copy(s, 3, arena, &v.format) ||
            !yg_db_copy(s, 4, arena, &v.mapping_text) ||
            !yg_db_copy(s, 5, arena, &v.header) || !yg_db_copy(s, 6, arena, &v.path)) {
            rc = no_memory(err);
            break;
        }
        yg_buf_add(rows, &v, sizeof(v));
    }
    sqlite3_reset(s);
    if (rc != YG_EEND)
        return rc;
    return yg_buf_status(rows) == YG_OK ? YG_OK : no_memory(err);
}

enum yg_status yg_store_sources(struct yg_store *st, struct yg_arena *arena,
                                struct yg_source **out, size_t *count, struct yg_err *err)
{
    struct yg_buf rows;

    yg_buf_init(&rows, SOURCES_MAX * sizeof(struct yg_source));
    enum yg_status rc = read_sources(st, arena, &rows, err);
    void *all = rc == YG_OK ? yg_store_rows(arena, &rows) : NULL;
    if (rc == YG_OK && !all)
        rc = no_memory(err);
    if (rc == YG_OK) {
        *out = all;
        *count = yg_buf_str(&rows).n / sizeof(struct yg_source);
    }
    yg_buf_fini(&rows);
    return rc;
}

static enum yg_status read_tenants(struct yg_store *st, struct yg_arena *arena,
                                   struct yg_buf *rows, struct yg_err *err)
{
    enum yg_status rc;
    sqlite3_stmt *s = yg_store_stmt(st, YG_Q_TENANTS, &rc, err);

    if (!s)
        return rc;
    while ((rc = yg_db_step(&st->db, s, err)) == YG_OK) {
        struct yg_store_tenant v = { .alerts = (uint64_t)sqlite3_column_int64(s, 2),
                                     .contexts = (uint64_t)sqlite3_column_int64(s, 3),
                                     .undecodable = (uint64_t)sqlite3_column_int64(s, 4),
                                     .closed = (uint64_t)sqlite3_column_int64(s, 5),
                                     .first_ns = sqlite3_column_int64(s, 6),
                                     .last_ns = sqlite3_column_int64(s, 7) };
        if (!yg_db_copy(s, 1, arena, &v.name)) {
            rc = no_memory(err);
            break;
        }
        yg_buf_add(rows, &v, sizeof(v));
    }
    sqlite3_reset(s);
    if (rc != YG_EEND)
        return rc;
    return yg_buf_status(rows) == YG_OK ? YG_OK : no_memory(err);
}

enum yg_status yg_store_tenants(struct yg_store *st, struct yg_arena *arena,
                                struct yg_store_tenant **out, size_t *count,
                                struct yg_err *err)
{
    struct yg_buf rows;

    yg_buf_init(&rows, (size_t)YG_STORE_TENANTS * sizeof(struct yg_store_tenant));
    enum yg_status rc = read_tenants(st, arena, &rows, err);
    void *all = rc == YG_OK ? yg_store_rows(arena, &rows) : NULL;
    if (rc == YG_OK && !all)
        rc = no_memory(err);
    if (rc == YG_OK) {
        *out = all;
        *count = yg_buf_str(&rows).n / sizeof(struct yg_store_tenant);
    }
    yg_buf_fini(&rows);
    return rc;
}
