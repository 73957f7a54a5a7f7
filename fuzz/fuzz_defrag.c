/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as IP packets one after the other, fragments given to the reassembler: two
 * bytes of length, one of seconds that passed, one of bytes that the capture lost. */
#include "base/cursor.h"
#include "packet/defrag.h"

static volatile unsigned char sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_cursor c = yg_cursor_of(data, size);
    struct yg_defrag *d = yg_defrag_new();
    struct yg_packet p = { .time_ns = 0 };
    int64_t now = 0;

    while (d && yg_cursor_left(&c) >= 4) {
        size_t n = yg_cursor_be16(&c);
        now += (int64_t)yg_cursor_u8(&c) * 1000000000;
        uint32_t lost = yg_cursor_u8(&c);
        struct yg_str s = yg_cursor_take(&c, n < yg_cursor_left(&c) ? n : 0);
        p.time_ns = now;
        if (!yg_dissect(YG_LINK_RAW, s, (uint32_t)s.n + lost, &p) || !p.fragment)
            continue;
        bool whole = yg_defrag_add(d, &p);
        YG_ASSERT(whole != p.fragment && p.payload_wire >= p.payload.n);
        for (size_t i = 0; whole && i < p.payload.n; i++)
            sink ^= (unsigned char)p.payload.p[i];
    }
    yg_defrag_free(d);
    return 0;
}
