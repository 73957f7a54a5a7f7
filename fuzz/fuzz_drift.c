/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever reads as a reference or as a state of the drift test is written back to the
 * same bytes, and goes on counting. The first byte chooses. */
#include "policy/drift.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct yg_buf *b, const uint8_t *data, size_t used)
{
    struct yg_str s = yg_buf_str(b);

    YG_ASSERT(yg_buf_status(b) == YG_OK && s.n == used && memcmp(s.p, data, used) == 0);
}

static void look_at_reference(const uint8_t *data, size_t size)
{
    struct yg_cursor in = yg_cursor_of(data, size);
    struct yg_drift_reference ref;
    struct yg_drift d;
    struct yg_buf b;

    if (!yg_drift_reference_read(&in, &ref))
        return;
    yg_buf_init(&b, 1 << 16);
    yg_drift_reference_write(&ref, &b);
    same(&b, data, size - yg_cursor_left(&in));
    yg_buf_fini(&b);
    yg_drift_init(&d, 0.01);
    for (uint64_t i = 0; i < 150 && ref.count > 0; i++)
        yg_drift_add(&d, &ref, &ref.row[i % ref.count], i * 77);
    YG_ASSERT(ref.count == 0 || yg_drift_psi(&d) >= 0);
}

static void look_at_state(const uint8_t *data, size_t size)
{
    struct yg_cursor in = yg_cursor_of(data, size);
    struct yg_drift_row row = { { 1, 2, 3 } };
    struct yg_drift_reference ref;
    struct yg_drift d;
    struct yg_buf b;

    if (!yg_drift_read(&in, &d))
        return;
    yg_buf_init(&b, 1 << 16);
    yg_drift_write(&d, &b);
    same(&b, data, size - yg_cursor_left(&in));
    yg_drift_reference_of(&row, 1, 1, &ref);
    yg_drift_add(&d, &ref, &row, 1);
    yg_drift_psi(&d);
    yg_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] % 2)
        look_at_reference(data + 1, size - 1);
    else if (size > 0)
        look_at_state(data + 1, size - 1);
    return 0;
}
