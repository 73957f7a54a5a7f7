/* SPDX-License-Identifier: Apache-2.0 */
/* The part of import.h that writes: the inventory as CSV. */
#include "base/csvw.h"
#include "desk/desk_priv.h"
#include "desk/import.h"

#include <stdio.h>

static void software(struct yg_buf *out, const struct yg_asset *a)
{
    struct yg_buf cell;

    yg_buf_init(&cell, (size_t)1 << 20);
    for (size_t i = 0; i < a->software_count; i++) {
        const struct yg_software *s = &a->software[i];
        yg_buf_printf(&cell, i ? "; " : "");
        yg_buf_str_add(&cell, s->cpe.n > 0 ? s->cpe : s->product);
        if (s->cpe.n == 0 && s->version.n > 0) {
            yg_buf_char(&cell, ' ');
            yg_buf_str_add(&cell, s->version);
        }
    }
    yg_csvw_cell(out, false, yg_buf_str(&cell));
    yg_buf_fini(&cell);
}

static void row(struct yg_buf *out, const struct yg_asset *a)
{
    char critical[2] = { a->criticality ? (char)('0' + a->criticality) : '\0', '\0' };
    size_t vulnerable = 0;
    char count[24];

    for (size_t i = 0; i < a->findings; i++)
        vulnerable += a->finding[i].state == YG_FINDING_VULNERABLE;
    snprintf(count, sizeof(count), "%zu", vulnerable);
    yg_csvw_cell(out, true, a->tenant);
    yg_csvw_cell(out, false, a->subject);
    yg_csvw_cell(out, false, a->name);
    yg_csvw_cell(out, false, a->role);
    yg_csvw_cell(out, false, a->owner);
    yg_csvw_cell(out, false, yg_str_of(critical));
    software(out, a);
    yg_csvw_cell(out, false, yg_str_of(count));
    yg_csvw_end(out);
}

enum yg_status yg_asset_csv(struct yg_desk *d, const struct yg_desk_by *by,
                            struct yg_str tenant, struct yg_buf *out, struct yg_err *err)
{
    struct yg_desk_ask ask = { .tenant = tenant, .limit = YG_DESK_LIST_MAX };
    struct yg_assets page = { .more = true };
    struct yg_arena arena;
    enum yg_status st = YG_OK;

    yg_buf_printf(out, "tenant,subject,name,role,owner,criticality,software,"
                       "vulnerable_to\r\n");
    yg_arena_init(&arena, (size_t)256 << 20);
    while (st == YG_OK && page.more) {
        yg_arena_clear(&arena);
        st = yg_asset_list(d, by, &ask, &arena, &page, err);
        for (size_t i = 0; st == YG_OK && i < page.count; i++) {
            const struct yg_asset_at at = { page.row[i].number, 0 };
            struct yg_asset a;
            struct yg_arena one;
            ask.before = at.number;
            yg_arena_init(&one, (size_t)4 << 20);
            st = yg_asset_get(d, by, &at, &one, &a, err);
            if (st == YG_OK)
                row(out, &a);
            yg_arena_fini(&one);
        }
    }
    yg_arena_fini(&arena);
    return st == YG_OK && yg_buf_status(out) != YG_OK
               ? yg_err_set(err, YG_ELIMIT,
                            "too many assets for one answer; export one tenant's")
               : st;
}
