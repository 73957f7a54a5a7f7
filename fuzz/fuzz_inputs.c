/* SPDX-License-Identifier: Apache-2.0 */
/* A list of inputs of any bytes is read or refused; what is read prints and reads back.
 */
#include "conf/inputs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_inputs *in = calloc(1, sizeof(*in));
    struct yg_str text = { (const char *)data, size };
    struct yg_arena arena;
    struct yg_buf a, b;

    yg_arena_init(&arena, (size_t)64 * 1024 * 1024);
    yg_buf_init(&a, (size_t)4 << 20);
    yg_buf_init(&b, (size_t)4 << 20);
    if (in && yg_inputs_parse(in, &arena, "/nonexistent/c", text, NULL) == YG_OK) {
        uint32_t count = in->count;
        yg_inputs_print(in, &a);
        if (yg_inputs_parse(in, &arena, "/nonexistent/c", yg_buf_str(&a), NULL) !=
                YG_OK ||
            in->count != count)
            abort();
        yg_inputs_print(in, &b);
        if (!yg_str_eq(yg_buf_str(&a), yg_buf_str(&b)))
            abort();
    }
    yg_buf_fini(&a);
    yg_buf_fini(&b);
    yg_arena_fini(&arena);
    free(in);
    return 0;
}
