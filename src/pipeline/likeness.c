/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/likeness.h"

#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>

#define STEPS     254
#define UNKNOWN   255
#define KEY_MAX   128
#define BYTES_MAX ((size_t)1 << 20)

uint8_t yg_likeness_far(float distance)
{
    if (!(distance >= 0.0F && distance <= 1.0F))
        return UNKNOWN;
    return (uint8_t)(distance * STEPS + 0.5F);
}

struct yg_drift_row yg_likeness_row(uint32_t risk, unsigned predicted, uint8_t far)
{
    struct yg_score s = { .risk = risk };

    if (predicted < YG_LEVEL_COUNT)
        s.p[predicted] = 1.0F;
    return yg_drift_row(&s, far == UNKNOWN ? -1.0F : (float)far / STEPS);
}

static void name_of(const unsigned char digest[YG_DIGEST_SIZE], unsigned device,
                    char out[KEY_MAX])
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(digest, YG_DIGEST_SIZE, hex);
    snprintf(out, KEY_MAX, "likeness-%s-%s", hex, yg_device_name(device));
}

static enum yg_status put_one(struct yg_store *st, const char *name,
                              const struct yg_drift_reference *ref, struct yg_err *err)
{
    struct yg_buf bytes;

    yg_buf_init(&bytes, BYTES_MAX);
    yg_drift_reference_write(ref, &bytes);
    enum yg_status rc = yg_buf_status(&bytes);
    if (rc == YG_OK)
        rc = yg_store_meta_put(st, name, yg_buf_str(&bytes), err);
    yg_buf_fini(&bytes);
    return rc;
}

/* The first alerts of the runs of one device type. `row` has room for all. */
static enum yg_status gather(const struct yg_judged *a, size_t n, int64_t cut_ns,
                             unsigned device, struct yg_drift_row *row, size_t *count)
{
    struct yg_map seen;
    enum yg_status rc = YG_OK;

    *count = 0;
    yg_map_init(&seen, n + 1);
    for (size_t i = 0; rc == YG_OK && i < n; i++) {
        bool fresh;
        if (a[i].time_ns < cut_ns || a[i].device != device)
            continue;
        if (!yg_map_put(&seen, yg_hash_pair(a[i].run, a[i].tenant + 1), &fresh))
            rc = YG_ENOMEM;
        else if (fresh)
            row[(*count)++] = yg_likeness_row(a[i].risk, a[i].predicted, a[i].far);
    }
    yg_map_fini(&seen);
    return rc;
}

enum yg_status yg_likeness_put(struct yg_store *st,
                               const unsigned char digest[YG_DIGEST_SIZE],
                               const struct yg_judged *a, size_t n, int64_t cut_ns,
                               struct yg_err *err)
{
    struct yg_drift_row *row = calloc(n + 1, sizeof(*row));
    struct yg_drift_reference *ref = malloc(sizeof(*ref));
    enum yg_status rc = row && ref ? YG_OK : YG_ENOMEM;
    char name[KEY_MAX];

    for (unsigned d = 0; rc == YG_OK && d < YG_DEV_COUNT; d++) {
        size_t count;
        rc = gather(a, n, cut_ns, d, row, &count);
        if (rc != YG_OK || count < YG_LIKENESS_LEAST)
            continue;
        yg_drift_reference_of(row, count, d + 1, ref);
        name_of(digest, d, name);
        rc = put_one(st, name, ref, err);
    }
    free(row);
    free(ref);
    return rc == YG_ENOMEM ? yg_err_set(err, rc, "no memory for what alerts look like")
                           : rc;
}

enum yg_status yg_likeness_get(struct yg_store *st,
                               const unsigned char digest[YG_DIGEST_SIZE],
                               unsigned device, struct yg_drift_reference *out,
                               struct yg_err *err)
{
    char name[KEY_MAX];
    struct yg_arena arena;
    struct yg_str bytes;

    name_of(digest, device, name);
    yg_arena_init(&arena, BYTES_MAX);
    enum yg_status rc = yg_store_meta_get(st, name, &arena, &bytes, err);
    if (rc == YG_OK) {
        struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);
        if (!yg_drift_reference_read(&c, out))
            rc =
                yg_err_set(err, YG_ECORRUPT, "store: %s is damaged: certify again", name);
    }
    yg_arena_fini(&arena);
    return rc;
}
