/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

#include <math.h>

#define ELEMENT_MAX 1024

static void bad(struct yg_row *r)
{
    if (r->status == YG_OK)
        r->status = YG_ECORRUPT;
}

int64_t yg_row_i64(struct yg_row *r)
{
    return yg_db_int(r->s, r->next++);
}

uint64_t yg_row_bits(struct yg_row *r)
{
    return (uint64_t)yg_row_i64(r);
}

uint64_t yg_row_u64(struct yg_row *r, uint64_t min, uint64_t max)
{
    int64_t v = yg_row_i64(r);

    if (v >= 0 && (uint64_t)v >= min && (uint64_t)v <= max)
        return (uint64_t)v;
    bad(r);
    return 0;
}

uint8_t yg_row_level(struct yg_row *r)
{
    uint8_t v = (uint8_t)yg_row_u64(r, 0, YG_LEVEL_NONE);

    if (v >= YG_LEVEL_COUNT && v != YG_LEVEL_NONE)
        bad(r);
    return v;
}

double yg_row_f64(struct yg_row *r)
{
    double v = yg_db_real(r->s, r->next++);

    if (isfinite(v) && v >= 0)
        return v;
    bad(r);
    return 0;
}

void yg_row_bytes(struct yg_row *r, unsigned char *out, size_t n)
{
    struct yg_str v = yg_db_bytes(r->s, r->next++);

    if (v.n == n) {
        memcpy(out, v.p, n);
        return;
    }
    bad(r);
    memset(out, 0, n);
}

struct yg_str yg_row_str(struct yg_row *r)
{
    struct yg_str v = yg_db_bytes(r->s, r->next++);

    if (!r->arena)
        return v;
    v = yg_arena_str(r->arena, v);
    if (!v.p)
        r->status = YG_ENOMEM;
    return v;
}

static enum yg_status no_memory(const char *what, struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "store: rows of '%s' do not fit in memory", what);
}

enum yg_status yg_row_done(const struct yg_row *r, const char *what, struct yg_err *err)
{
    switch (r->status) {
    case YG_OK:
        return YG_OK;
    case YG_ENOMEM:
        return no_memory(what, err);
    default:
        return yg_err_set(err, r->status,
                          "store: a row of '%s' holds what cannot be; restore a backup",
                          what);
    }
}

static enum yg_status collect(struct yg_store *st, struct yg_db_stmt *s,
                              const struct yg_row_kind *kind, struct yg_arena *arena,
                              struct yg_buf *rows, struct yg_err *err)
{
    _Alignas(16) unsigned char one[ELEMENT_MAX];
    enum yg_status rc;

    YG_ASSERT(kind->size <= sizeof(one));
    while ((rc = yg_db_step(st->db, s, err)) == YG_OK) {
        struct yg_row r = yg_row_of(s, arena);
        memset(one, 0, kind->size);
        kind->read(&r, one);
        rc = yg_row_done(&r, kind->what, err);
        if (rc != YG_OK)
            break;
        yg_buf_add(rows, one, kind->size);
        if (yg_buf_status(rows) != YG_OK) {
            rc = no_memory(kind->what, err);
            break;
        }
    }
    yg_db_reset(s);
    return rc == YG_EEND ? YG_OK : rc;
}

enum yg_status yg_row_all(struct yg_store *st, struct yg_db_stmt *s,
                          const struct yg_row_kind *kind, struct yg_arena *arena,
                          struct yg_row_list *out, struct yg_err *err)
{
    struct yg_buf rows;

    yg_buf_init(&rows, YG_ROWS_MAX * kind->size);
    enum yg_status rc = collect(st, s, kind, arena, &rows, err);
    void *all = rc == YG_OK ? yg_store_rows(arena, &rows) : NULL;
    if (rc == YG_OK && !all)
        rc = no_memory(kind->what, err);
    if (rc == YG_OK)
        *out = (struct yg_row_list){ all, yg_buf_str(&rows).n / kind->size };
    yg_buf_fini(&rows);
    return rc;
}
