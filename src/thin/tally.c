/* SPDX-License-Identifier: Apache-2.0 */
#include "thin/tally.h"

#include "base/cursor.h"
#include "base/hash.h"

#include <stdlib.h>

#define VERSION 2U          /* 1: without `closed` */
#define SALT    0x7468696eU /* of rows: "thin" */

enum yg_status yg_thin_tally_init(struct yg_thin_tally *t)
{
    *t = (struct yg_thin_tally){ .rows = 0 };
    yg_arena_init(&t->arena, (size_t)YG_THIN_ROWS * (3 * YG_THIN_NAME_MAX + 64));
    yg_map_init(&t->at, YG_THIN_ROWS);
    t->row = calloc(YG_THIN_ROWS, sizeof(*t->row));
    t->rows = t->row ? 1 : 0;
    return t->row ? YG_OK : YG_ENOMEM;
}

void yg_thin_tally_fini(struct yg_thin_tally *t)
{
    free(t->row);
    yg_map_fini(&t->at);
    yg_arena_fini(&t->arena);
    *t = (struct yg_thin_tally){ .rows = 0 };
}

static struct yg_str cut(struct yg_str s)
{
    return (struct yg_str){ s.p, s.n < YG_THIN_NAME_MAX ? s.n : YG_THIN_NAME_MAX };
}

uint32_t yg_thin_tally_row(struct yg_thin_tally *t, struct yg_str tenant,
                           struct yg_str source, struct yg_str rule)
{
    struct yg_str name[3] = { cut(tenant), cut(source), cut(rule) };
    uint64_t key = yg_hash_str(SALT, name[0]);

    key = yg_hash_pair(key, yg_hash_str(SALT, name[1]));
    key = yg_hash_pair(key, yg_hash_str(SALT, name[2]));
    uint64_t *at = yg_map_get(&t->at, key);
    if (at)
        return (uint32_t)*at;
    if (t->rows == YG_THIN_ROWS || (name[0].n == 0 && name[1].n == 0 && name[2].n == 0))
        return 0;
    for (int i = 0; i < 3; i++) {
        name[i] = yg_arena_str(&t->arena, name[i]);
        if (!name[i].p)
            return 0;
    }
    at = yg_map_put(&t->at, key, NULL);
    if (!at)
        return 0;
    *at = t->rows;
    t->row[t->rows] =
        (struct yg_thin_row){ .tenant = name[0], .source = name[1], .rule = name[2] };
    return t->rows++;
}

static void add(struct yg_thin_row *to, const struct yg_thin_row *n)
{
    to->in += n->in;
    to->out += n->out;
    to->bytes_in += n->bytes_in;
    to->bytes_out += n->bytes_out;
    to->closed += n->closed;
}

void yg_thin_tally_add(struct yg_thin_tally *t, const struct yg_thin_tally *part)
{
    for (uint32_t i = 0; i < part->rows; i++) {
        const struct yg_thin_row *p = &part->row[i];
        if (p->in > 0)
            add(&t->row[yg_thin_tally_row(t, p->tenant, p->source, p->rule)], p);
    }
}

void yg_thin_tally_write(const struct yg_thin_tally *t, struct yg_buf *out)
{
    yg_buf_u32(out, VERSION);
    yg_buf_u32(out, t->rows);
    for (uint32_t i = 0; i < t->rows; i++) {
        const struct yg_thin_row *r = &t->row[i];
        yg_buf_lstr(out, r->tenant);
        yg_buf_lstr(out, r->source);
        yg_buf_lstr(out, r->rule);
        yg_buf_u64(out, r->in);
        yg_buf_u64(out, r->out);
        yg_buf_u64(out, r->bytes_in);
        yg_buf_u64(out, r->bytes_out);
        yg_buf_u64(out, r->closed);
    }
}

enum yg_status yg_thin_tally_read(struct yg_thin_tally *t, struct yg_str blob,
                                  struct yg_err *err)
{
    struct yg_cursor in = yg_cursor_of(blob.p, blob.n);
    uint32_t version = yg_cursor_le32(&in);
    uint32_t rows = yg_cursor_le32(&in);

    for (uint32_t i = 0; i < rows && yg_cursor_ok(&in); i++) {
        struct yg_thin_row r = { .in = 0 };
        r.tenant = yg_cursor_lstr(&in, YG_THIN_NAME_MAX);
        r.source = yg_cursor_lstr(&in, YG_THIN_NAME_MAX);
        r.rule = yg_cursor_lstr(&in, YG_THIN_NAME_MAX);
        r.in = yg_cursor_le64(&in);
        r.out = yg_cursor_le64(&in);
        r.bytes_in = yg_cursor_le64(&in);
        r.bytes_out = yg_cursor_le64(&in);
        r.closed = version > 1 ? yg_cursor_le64(&in) : 0;
        if (yg_cursor_ok(&in))
            add(&t->row[yg_thin_tally_row(t, r.tenant, r.source, r.rule)], &r);
    }
    if (version >= 1 && version <= VERSION && yg_cursor_ok(&in) &&
        yg_cursor_left(&in) == 0)
        return YG_OK;
    return yg_err_set(
        err, YG_ECORRUPT,
        "the store's counts of thinning rules are damaged; restore the last "
        "backup");
}
