/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_history - the verdict history of a model file, as an attacker would write it.
 *
 * What is accepted must be usable and read back to the same bytes.
 */
#include "feature/history.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_cursor in = yg_cursor_of(data, size);
    struct yg_history *h = NULL;
    struct yg_history_weight w;
    struct yg_facts f;
    struct yg_err err;
    struct yg_buf out;
    float row[YG_FEATURE_COUNT];

    if (yg_history_read(&in, &h, &err) != YG_OK)
        return 0;
    yg_buf_init(&out, 64U << 20);
    yg_history_write(h, &out);
    if (yg_buf_status(&out) != YG_OK || yg_buf_str(&out).n > size ||
        memcmp(yg_buf_str(&out).p, data, yg_buf_str(&out).n) != 0)
        abort();
    memset(&f, 0, sizeof(f));
    f.key[YG_KEY_SIGNATURE] = size;
    yg_history_row(h, &f, row, &w);
    yg_buf_fini(&out);
    yg_history_free(h);
    return 0;
}
