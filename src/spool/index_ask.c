/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/index.h"

#include "spool/index_priv.h"

static sqlite3_stmt *bound(struct yg_index *ix, const struct yg_index_range *r,
                           const enum yg_index_query by_order[2], struct yg_err *err)
{
    sqlite3_stmt *s = yg_index_stmt(ix, by_order[r->down], err);

    if (!s)
        return NULL;
    sqlite3_bind_int64(s, 1, (int64_t)r->key);
    sqlite3_bind_int64(s, 2, r->from_us);
    sqlite3_bind_int64(s, 3, r->to_us);
    if (by_order[r->down] == YG_IQ_ROWS_UP) {
        sqlite3_bind_int64(s, 4, r->file);
        sqlite3_bind_int64(s, 5, (int64_t)r->at);
    }
    return s;
}

/* The list of a row: in it, or under a number. */
static enum yg_status read_list(struct yg_index *ix, sqlite3_stmt *row,
                                struct yg_arena *a, struct yg_str *out,
                                struct yg_err *err)
{
    sqlite3_stmt *s = row, *other = NULL;
    int at = 4;

    if (sqlite3_column_type(row, at) == SQLITE_INTEGER) {
        s = other = yg_index_stmt(ix, YG_IQ_LIST, err);
        if (!s)
            return YG_EIO;
        at = 0;
        sqlite3_bind_int64(s, 1, sqlite3_column_int64(row, 4));
        enum yg_status st = yg_index_step(ix, s, err);
        if (st != YG_OK)
            return st == YG_EEND ? yg_err_set(err, YG_ECORRUPT,
                                              "packet index: a list "
                                              "is not there")
                                 : st;
    }
    const char *p = sqlite3_column_blob(s, at);
    *out = yg_arena_str(
        a, (struct yg_str){ p, p ? (size_t)sqlite3_column_bytes(s, at) : 0 });
    if (other)
        sqlite3_reset(other);
    return out->p ? YG_OK : yg_err_set(err, YG_ENOMEM, "no memory for packet lists");
}

enum yg_status yg_index_rows(struct yg_index *ix, const struct yg_index_range *range,
                             struct yg_arena *a, struct yg_index_row *out, size_t *count,
                             struct yg_err *err)
{
    static const enum yg_index_query q[] = { YG_IQ_ROWS_UP, YG_IQ_ROWS_DOWN };
    sqlite3_stmt *s = bound(ix, range, q, err);
    enum yg_status st = s ? YG_OK : YG_EIO;
    size_t n = 0;

    while (st == YG_OK && n < range->max) {
        st = yg_index_step(ix, s, err);
        if (st != YG_OK)
            break;
        out[n] = (struct yg_index_row){ .last_us = sqlite3_column_int64(s, 0),
                                        .file = sqlite3_column_int64(s, 1),
                                        .at = (uint64_t)sqlite3_column_int64(s, 2),
                                        .first_us = sqlite3_column_int64(s, 3) };
        st = read_list(ix, s, a, &out[n].list, err);
        n += st == YG_OK;
    }
    if (s)
        sqlite3_reset(s);
    *count = n;
    return st == YG_EEND ? YG_OK : st;
}

enum yg_status yg_index_began_of(struct yg_index *ix, const struct yg_index_range *range,
                                 struct yg_index_began *out, size_t *count,
                                 struct yg_err *err)
{
    static const enum yg_index_query q[] = { YG_IQ_BEGAN_UP, YG_IQ_BEGAN_DOWN };
    sqlite3_stmt *s = bound(ix, range, q, err);
    enum yg_status st = s ? YG_OK : YG_EIO;
    size_t n = 0;

    while (st == YG_OK && n < range->max) {
        st = yg_index_step(ix, s, err);
        if (st == YG_OK)
            out[n++] = (struct yg_index_began){
                .time_us = sqlite3_column_int64(s, 0),
                .file = sqlite3_column_int64(s, 1),
                .at = (uint64_t)sqlite3_column_int64(s, 2),
                .key = (uint64_t)sqlite3_column_int64(s, 3),
            };
    }
    if (s)
        sqlite3_reset(s);
    *count = n;
    return st == YG_EEND ? YG_OK : st;
}
