/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts kept with a block. The input is what a damaged disk might give:
 *
 *      u8 records, u8 signatures - 1, then their columns: what lies behind the digest and
 *      the compression.
 *
 * What is read is in range, and written again it comes out the same.
 */
#include "base/cursor.h"
#include "feature/factcol.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 255

static void check_again(const struct yg_facts *row, const struct yg_factcol_own *own,
                        size_t n, struct yg_factcol_room *room)
{
    struct yg_factcol col;
    struct yg_buf out;
    struct yg_facts *again = malloc(ROWS * sizeof(*again));

    if (!again)
        abort();
    yg_factcol_init(&col);
    yg_buf_init(&out, YG_FACTCOL_MAX);
    for (size_t i = 0; i < n; i++)
        if (!yg_factcol_joins(&row[i], &own[i]) || yg_factcol_add(&col, &row[i]) != YG_OK)
            abort();
    yg_factcol_write(&col, room, &out);
    if (yg_buf_status(&out) != YG_OK ||
        yg_factcol_read(yg_buf_str(&out), own, n, room, again) != YG_OK ||
        memcmp(again, row, n * sizeof(*row)) != 0)
        abort();
    yg_factcol_fini(&col);
    yg_buf_fini(&out);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_cursor c = yg_cursor_of(data, size);
    struct yg_factcol_own *own = calloc(ROWS, sizeof(*own));
    struct yg_factcol_room *room = malloc(sizeof(*room));
    struct yg_facts *row = malloc(ROWS * sizeof(*row));
    size_t n = yg_cursor_u8(&c), signatures = yg_cursor_u8(&c) + 1U;

    if (!own || !room || !row)
        abort();
    for (size_t i = 0; i < n; i++) {
        own[i].time_ns = (int64_t)i;
        own[i].key[YG_KEY_SIGNATURE] = i * i % signatures;
        own[i].key[YG_KEY_SOURCE] = i % 3;
        own[i].key[YG_KEY_HOST] = i % 5;
    }
    struct yg_str plain = yg_cursor_take(&c, yg_cursor_left(&c));
    if (yg_cursor_ok(&c) && yg_factcol_read(plain, own, n, room, row) == YG_OK)
        check_again(row, own, n, room);
    free(own);
    free(room);
    free(row);
    return 0;
}
