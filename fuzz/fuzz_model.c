/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model files and what is in them. A file whose digest does not fit gets one that does,
 * else no input would come past it; then the trees are read, used and written again. The
 * same bytes are also taken for the training library's model and for bare sections.
 */
#include "base/buf.h"
#include "base/cursor.h"
#include "model/calibrate.h"
#include "model/file.h"
#include "model/model.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_trees(struct yg_trees *t)
{
    float row[YG_FEATURES_MAX] = { 0 }, p[YG_LEVEL_COUNT], part[YG_FEATURES_MAX];
    struct yg_buf out;

    row[0] = __builtin_nanf("");
    yg_trees_predict(t, row, 1, YG_FEATURES_MAX, p);
    for (int c = 0; c < YG_LEVEL_COUNT; c++)
        if (!(p[c] >= 0.0F && p[c] <= 1.0F))
            abort();
    yg_trees_attribute(t, row, part);
    yg_buf_init(&out, (size_t)1 << 26);
    yg_trees_write(t, &out);
    yg_buf_fini(&out);
    yg_trees_free(t);
}

static void read_trees(struct yg_str bytes)
{
    struct yg_cursor in = yg_cursor_of(bytes.p, bytes.n);
    struct yg_trees *t;
    struct yg_err err;

    if (yg_trees_read(&in, &t, &err) == YG_OK)
        use_trees(t);
}

static void read_calibration(struct yg_str bytes)
{
    struct yg_cursor in = yg_cursor_of(bytes.p, bytes.n);
    struct yg_calibration cal;
    struct yg_err err;
    double before = -100.0;

    if (yg_calibrate_read(&in, &cal, &err) != YG_OK)
        return;
    before = yg_calibrate_logit(&cal, before);
    for (double raw = -40.0; raw < 40.0; raw += 0.5) {
        double y = yg_calibrate_logit(&cal, raw);
        if (!(y >= before))
            abort();
        before = y;
    }
}

static void read_file(const uint8_t *data, size_t size)
{
    const size_t tail = YG_DIGEST_SIZE + 32 + 64;
    struct yg_model_file f;
    struct yg_err err;
    unsigned char *copy = calloc(1, size + 1);

    if (!copy)
        return;
    memcpy(copy, data, size);
    if (size > tail) {
        yg_digest_of(copy, size - tail, copy + size - tail);
    }
    struct yg_str bytes = { (const char *)copy, size };
    if (yg_model_file_open(bytes, NULL, &f, &err) == YG_OK)
        read_trees(yg_model_file_section(&f, "trees"));
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str bytes = { (const char *)data, size };
    struct yg_trees *t;
    struct yg_err err;

    read_file(data, size);
    read_trees(bytes);
    read_calibration(bytes);
    for (uint32_t features = 1; features <= 3; features++)
        if (yg_trees_from_xgboost(bytes, features, &t, &err) == YG_OK)
            use_trees(t);
    return 0;
}
