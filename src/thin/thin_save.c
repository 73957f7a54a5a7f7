/* SPDX-License-Identifier: Apache-2.0 */
#include "thin/thin_priv.h"

#include "base/cursor.h"

#define VERSION 1U

static void save_group(const struct yg_thin *t, const struct yg_thin_group *g,
                       struct yg_buf *out)
{
    const struct yg_thin_row *row = &t->tally.row[g->row];

    yg_buf_lstr(out, row->tenant);
    yg_buf_lstr(out, row->source);
    yg_buf_lstr(out, row->rule);
    yg_buf_add(out, g->key, YG_ID_SIZE);
    yg_buf_add(out, g->first_id, YG_ID_SIZE);
    yg_buf_u64(out, (uint64_t)g->due_ns);
    yg_buf_u64(out, (uint64_t)g->first_ns);
    yg_buf_u64(out, (uint64_t)g->last_ns);
    yg_buf_u64(out, g->records);
    yg_buf_u64(out, g->bytes);
    yg_buf_u8(out, g->merge);
}

bool yg_thin_save(struct yg_thin *t, uint32_t *page, struct yg_buf *out)
{
    uint32_t p = 0, n = 0;

    while (p < YG_THIN_PAGES && !t->changed[p])
        p++;
    if (p == YG_THIN_PAGES)
        return false;
    const struct yg_thin_group *first = &t->group[p * YG_THIN_PAGE];
    for (uint32_t i = 0; i < YG_THIN_PAGE; i++)
        n += first[i].state != YG_THIN_FREE;
    yg_buf_u32(out, VERSION);
    yg_buf_u32(out, n);
    for (uint32_t i = 0; i < YG_THIN_PAGE; i++)
        if (first[i].state != YG_THIN_FREE)
            save_group(t, &first[i], out);
    t->changed[p] = false;
    *page = p;
    return true;
}

static bool load_group(struct yg_thin *t, struct yg_cursor *in, struct yg_thin_group *g)
{
    struct yg_str tenant = yg_cursor_lstr(in, YG_THIN_NAME_MAX);
    struct yg_str source = yg_cursor_lstr(in, YG_THIN_NAME_MAX);
    struct yg_str rule = yg_cursor_lstr(in, YG_THIN_NAME_MAX);
    struct yg_str key = yg_cursor_take(in, YG_ID_SIZE);
    struct yg_str first = yg_cursor_take(in, YG_ID_SIZE);

    *g = (struct yg_thin_group){ .due_ns = (int64_t)yg_cursor_le64(in) };
    g->first_ns = (int64_t)yg_cursor_le64(in);
    g->last_ns = (int64_t)yg_cursor_le64(in);
    g->records = yg_cursor_le64(in);
    g->bytes = yg_cursor_le64(in);
    g->merge = yg_cursor_u8(in) != 0;
    if (!yg_cursor_ok(in))
        return false;
    memcpy(g->key, key.p, YG_ID_SIZE);
    memcpy(g->first_id, first.p, YG_ID_SIZE);
    g->row = yg_thin_tally_row(&t->tally, tenant, source, rule);
    return g->row != 0 && yg_thin_find(t, g->key) == YG_THIN_NONE;
}

enum yg_status yg_thin_load(struct yg_thin *t, uint32_t page, struct yg_str saved,
                            struct yg_err *err)
{
    struct yg_cursor in = yg_cursor_of(saved.p, saved.n);
    uint32_t version = yg_cursor_le32(&in), n = yg_cursor_le32(&in);
    bool ok = page < YG_THIN_PAGES && version == VERSION && n <= YG_THIN_PAGE;

    for (uint32_t i = 0; ok && i < n; i++) {
        struct yg_thin_group g;
        ok = t->spares > 0 && load_group(t, &in, &g);
        if (ok) {
            uint32_t at = t->spare[--t->spares];
            t->group[at] = g;
            yg_thin_open_one(t, at);
        }
    }
    t->changed[page % YG_THIN_PAGES] = true; /* they may stand on another page now */
    if (ok && yg_cursor_ok(&in) && yg_cursor_left(&in) == 0)
        return YG_OK;
    return yg_err_set(
        err, YG_ECORRUPT,
        "what thinning rules keep in the store is damaged; restore the last "
        "backup");
}
