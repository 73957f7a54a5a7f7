/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as encoded text, and as a compressed body. What comes out keeps its caps, and
 * peeling what was peeled to the end changes nothing.
 */
#include "packet/peel.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str in = { (const char *)data, size }, out;
    struct yg_arena a;
    bool over;

    yg_arena_init(&a, (size_t)16 << 20);
    struct yg_peeled p = yg_peel(in, &a);
    if (p.layers > YG_PEEL_DEPTH + 1 || (p.layers == 0) != (p.what == 0))
        abort();
    if (p.what ? p.text.n > YG_PEEL_MAX : p.text.p != in.p || p.text.n != in.n)
        abort();
    if (p.what && p.layers < YG_PEEL_DEPTH && p.text.n < YG_PEEL_MAX) {
        struct yg_peeled again = yg_peel(p.text, &a);
        if (again.what)
            abort();
    }
    bool ok = yg_inflate(in, 65536, &a, &out, &over);
    if (out.n > 65536 || (ok && over))
        abort();
    yg_arena_fini(&a);
    return 0;
}
