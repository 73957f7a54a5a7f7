/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/index.h"

#include "spool/index_priv.h"

static void bind(sqlite3_stmt *s, int at, uint64_t v)
{
    sqlite3_bind_int64(s, at, (int64_t)v);
}

static uint64_t column(sqlite3_stmt *s, int at)
{
    return (uint64_t)sqlite3_column_int64(s, at);
}

/* A row of YG_FILE_COLUMNS; then the statement is reset. */
static enum yg_status read_file(struct yg_index *ix, sqlite3_stmt *s, struct yg_arena *a,
                                struct yg_file_row *out, struct yg_str *path,
                                struct yg_err *err)
{
    enum yg_status st = yg_index_step(ix, s, err);

    if (st != YG_OK)
        return st;
    *out = (struct yg_file_row){ .id = sqlite3_column_int64(s, 0),
                                 .dev = column(s, 1),
                                 .ino = column(s, 2),
                                 .size = column(s, 3),
                                 .mtime_ns = sqlite3_column_int64(s, 4),
                                 .head = column(s, 5),
                                 .head_n = column(s, 6),
                                 .done = column(s, 7),
                                 .packets = column(s, 8),
                                 .bytes = column(s, 9),
                                 .passed = column(s, 10),
                                 .unpacked = column(s, 11),
                                 .state = column(s, 12) };
    if (path) {
        const char *p = sqlite3_column_blob(s, 13);
        *path = yg_arena_str(
            a, (struct yg_str){ p, p ? (size_t)sqlite3_column_bytes(s, 13) : 0 });
        if (!path->p)
            st = yg_err_set(err, YG_ENOMEM, "packet index: no memory for a path");
    }
    sqlite3_reset(s);
    return st;
}

enum yg_status yg_index_file(struct yg_index *ix, struct yg_str path,
                             struct yg_file_row *out, struct yg_err *err)
{
    sqlite3_stmt *s = yg_index_stmt(ix, YG_IQ_FILE, err);

    if (!s)
        return YG_EIO;
    sqlite3_bind_blob64(s, 1, path.p, path.n, SQLITE_STATIC);
    enum yg_status st = read_file(ix, s, NULL, out, NULL, err);
    return st == YG_EEND ? YG_ENOTFOUND : st;
}

enum yg_status yg_index_file_by_id(struct yg_index *ix, int64_t id, struct yg_arena *a,
                                   struct yg_file_row *out, struct yg_str *path,
                                   struct yg_err *err)
{
    sqlite3_stmt *s = yg_index_stmt(ix, YG_IQ_FILE_BY_ID, err);

    if (!s)
        return YG_EIO;
    sqlite3_bind_int64(s, 1, id);
    enum yg_status st = read_file(ix, s, a, out, path, err);
    return st == YG_EEND ? YG_ENOTFOUND : st;
}

enum yg_status yg_index_file_after(struct yg_index *ix, int64_t id, struct yg_arena *a,
                                   struct yg_file_row *out, struct yg_str *path,
                                   struct yg_err *err)
{
    sqlite3_stmt *s = yg_index_stmt(ix, YG_IQ_FILE_AFTER, err);

    if (!s)
        return YG_EIO;
    sqlite3_bind_int64(s, 1, id);
    return read_file(ix, s, a, out, path, err);
}

static sqlite3_stmt *bound_file(struct yg_index *ix, const struct yg_file_row *row,
                                struct yg_err *err)
{
    const uint64_t value[] = {
        row->dev,   row->ino,    row->size,     (uint64_t)row->mtime_ns,
        row->head,  row->head_n, row->done,     row->packets,
        row->bytes, row->passed, row->unpacked, row->state
    };
    sqlite3_stmt *s = yg_index_stmt(ix, YG_IQ_FILE_SET, err);

    if (!s)
        return NULL;
    if (row->id)
        sqlite3_bind_int64(s, 1, row->id);
    else
        sqlite3_bind_null(s, 1);
    for (size_t i = 0; i < YG_ARRAY_LEN(value); i++)
        bind(s, (int)i + 2, value[i]);
    sqlite3_bind_null(s, 14);
    return s;
}

enum yg_status yg_index_file_add(struct yg_index *ix, struct yg_str path,
                                 struct yg_file_row *row, struct yg_err *err)
{
    row->id = 0;
    sqlite3_stmt *s = bound_file(ix, row, err);
    if (!s)
        return YG_EIO;
    sqlite3_bind_blob64(s, 14, path.p, path.n, SQLITE_STATIC);
    enum yg_status st = yg_index_run(ix, s, err);
    if (st == YG_OK)
        row->id = sqlite3_last_insert_rowid(ix->h);
    return st;
}

enum yg_status yg_index_file_set(struct yg_index *ix, const struct yg_file_row *row,
                                 struct yg_err *err)
{
    sqlite3_stmt *s = bound_file(ix, row, err);

    return s ? yg_index_run(ix, s, err) : YG_EIO;
}

enum yg_status yg_index_file_forget(struct yg_index *ix, const struct yg_file_row *row,
                                    struct yg_err *err)
{
    static const enum yg_index_query step[] = { YG_IQ_FILE_FORGET, YG_IQ_FACES_FORGET,
                                                YG_IQ_GONE_ADD };
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(step); i++) {
        sqlite3_stmt *s = yg_index_stmt(ix, step[i], err);
        if (!s)
            return YG_EIO;
        sqlite3_bind_int64(s, 1, row->id);
        if (step[i] == YG_IQ_GONE_ADD)
            bind(s, 2, row->packets);
        st = yg_index_run(ix, s, err);
    }
    return st;
}

enum yg_status yg_index_faces(struct yg_index *ix, int64_t file, struct yg_face *out,
                              size_t *count, struct yg_err *err)
{
    sqlite3_stmt *s = yg_index_stmt(ix, YG_IQ_FACES, err);
    enum yg_status st;
    size_t n = 0;

    if (!s)
        return YG_EIO;
    sqlite3_bind_int64(s, 1, file);
    while ((st = yg_index_step(ix, s, err)) == YG_OK && n < YG_FACES_MAX)
        out[n++] = (struct yg_face){ .at = column(s, 0),
                                     .id = (uint32_t)column(s, 1),
                                     .shift_s = sqlite3_column_int64(s, 2),
                                     .linktype = (uint32_t)column(s, 3),
                                     .kind = (uint8_t)column(s, 4),
                                     .resol = (uint8_t)column(s, 5),
                                     .big = column(s, 6) != 0 };
    sqlite3_reset(s);
    *count = n;
    return st == YG_EEND || st == YG_OK ? YG_OK : st;
}

enum yg_status yg_index_sums(struct yg_index *ix, struct yg_index_sums *out,
                             struct yg_err *err)
{
    sqlite3_stmt *s = yg_index_stmt(ix, YG_IQ_SUMS, err);

    if (!s)
        return YG_EIO;
    enum yg_status st = yg_index_step(ix, s, err);
    if (st != YG_OK)
        return st;
    *out = (struct yg_index_sums){ .files = column(s, 0),
                                   .bad = column(s, 1),
                                   .cut = column(s, 2),
                                   .packets = column(s, 3),
                                   .bytes = column(s, 4),
                                   .passed = column(s, 5),
                                   .unpacked = column(s, 6) };
    out->files -= out->bad;
    sqlite3_reset(s);
    return YG_OK;
}

static enum yg_status sweep_slice(struct yg_index *ix, unsigned slice, struct yg_err *err)
{
    static const enum yg_index_query step[] = { YG_IQ_SWEEP_LIST, YG_IQ_SWEEP_FLOW,
                                                YG_IQ_SWEEP_BEGAN };
    uint64_t from = ((uint64_t)slice << 56) ^ (UINT64_C(1) << 63);
    enum yg_status st = yg_index_begin(ix, err);

    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(step); i++) {
        sqlite3_stmt *s = yg_index_stmt(ix, step[i], err);
        if (!s) {
            st = YG_EIO;
            break;
        }
        bind(s, 1, from);
        bind(s, 2, from + ((UINT64_C(1) << 56) - 1));
        st = yg_index_run(ix, s, err);
    }
    if (st == YG_OK)
        st = yg_index_commit(ix, err);
    if (st != YG_OK)
        yg_index_rollback(ix);
    return st;
}

enum yg_status yg_index_sweep(struct yg_index *ix, bool now, struct yg_err *err)
{
    struct yg_index_sums sums;
    sqlite3_stmt *s = yg_index_stmt(ix, YG_IQ_GONE_SUM, err);
    enum yg_status st = s ? yg_index_step(ix, s, err) : YG_EIO;

    if (st != YG_OK)
        return st;
    uint64_t packets = column(s, 0), files = column(s, 1);
    sqlite3_reset(s);
    st = yg_index_sums(ix, &sums, err);
    if (st != YG_OK || files == 0 || (!now && packets <= sums.packets / 4))
        return st;
    /* By slices of the keys, so that other writers get a turn; the list of the gone is
     * emptied last: a crash sweeps again. */
    for (unsigned i = 0; st == YG_OK && i < 256; i++)
        st = sweep_slice(ix, i, err);
    return st == YG_OK ? yg_index_exec(ix, "DELETE FROM gone", err) : st;
}
