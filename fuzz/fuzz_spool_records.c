/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of a taken-over indexer. The first two bytes are how far the file was indexed
 * (in 256ths) and its size (in units of 64 bytes), the rest is what comes out of the
 * pipe. What is believed must be in bounds and read back as it was written. */
#include "spool/note.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(const struct yg_note_row *r, uint64_t from, uint64_t size)
{
    struct yg_cursor list = yg_cursor_of(r->list.p, r->list.n);
    struct yg_place p = { .at = r->at, .time_us = r->first_us };
    uint64_t before = 0;
    uint32_t n = 0;

    for (; yg_list_next(&list, &p); n++) {
        if (p.at < from || p.at >= size || (n > 0 && p.at <= before) || p.time_us < 0 ||
            p.time_us > r->last_us)
            abort();
        before = p.at;
    }
    if (!yg_cursor_ok(&list) || n != r->packets)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_note_check check = { 0 };
    struct yg_str in = { (const char *)data + 2, size - 2 };
    struct yg_buf again;
    struct yg_note n;
    size_t used = 0;

    if (size < 2)
        return 0;
    check.size = data[1] * 64U;
    check.done = check.size * data[0] / 256;
    yg_buf_init(&again, (size_t)1 << 20);
    for (;;) {
        uint64_t done = check.done;
        if (yg_note_read(&check, in, &n, &used, NULL) != YG_OK)
            break;
        if (used > in.n || check.done < done || check.done > check.size ||
            check.packets > check.size / 16)
            abort();
        if (n.kind == YG_NOTE_ROW)
            check_list(&n.row, done, check.size);
        yg_buf_clear(&again);
        yg_note_write(&again, &n);
        if (!yg_str_eq(yg_buf_str(&again), (struct yg_str){ in.p, used }))
            abort();
        in.p += used;
        in.n -= used;
    }
    yg_buf_fini(&again);
    return 0;
}
