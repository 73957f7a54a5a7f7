/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration of any bytes is read or refused; what is read prints and reads back. */
#include "conf/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct yg_config *a, const struct yg_config *b)
{
    return yg_str_eq(a->data, b->data) && yg_str_eq(a->listen, b->listen) &&
           a->workers == b->workers && a->protect == b->protect && a->delta == b->delta &&
           a->fnr_rate == b->fnr_rate && a->for_rate == b->for_rate &&
           a->dedup_window == b->dedup_window && a->context_memory == b->context_memory;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_config a, b;
    struct yg_arena arena;
    struct yg_buf out;

    yg_arena_init(&arena, (size_t)32 * 1024 * 1024);
    yg_buf_init(&out, (size_t)1024 * 1024);
    yg_config_init(&a);
    yg_config_init(&b);
    if (yg_config_parse(&a, &arena, "conf", (struct yg_str){ (const char *)data, size },
                        NULL) == YG_OK) {
        yg_config_print(&a, &out);
        if (yg_config_parse(&b, &arena, "printed", yg_buf_str(&out), NULL) != YG_OK ||
            !same(&a, &b))
            abort();
    } else if (!same(&a, &b)) {
        abort(); /* a refused file must change nothing */
    }
    yg_buf_fini(&out);
    yg_arena_fini(&arena);
    return 0;
}
