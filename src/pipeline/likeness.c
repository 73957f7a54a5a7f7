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

/* The first alerts of all runs, in one walk: those of device d from row[end[d - 1]] to
 * row[end[d]], in their order. `row` and `first` have room for all alerts. */
static enum yg_status gather(const struct yg_judged *a, size_t n, int64_t cut_ns,
                             size_t *first, struct yg_drift_row *row,
                             size_t end[YG_DEV_COUNT])
{
    struct yg_map seen;
    size_t runs = 0, at[YG_DEV_COUNT] = { 0 };

    yg_map_init(&seen, n + 1);
    for (size_t i = 0; i < n; i++) {
        bool fresh;
        if (a[i].time_ns < cut_ns || a[i].device >= YG_DEV_COUNT)
            continue;
        uint64_t run = yg_hash_pair(a[i].run, a[i].tenant + 1);
        if (!yg_map_put(&seen, yg_hash_pair(run, a[i].device), &fresh)) {
            yg_map_fini(&seen);
            return YG_ENOMEM;
        }
        if (!fresh)
            continue;
        first[runs++] = i;
        at[a[i].device]++;
    }
    yg_map_fini(&seen);
    for (size_t d = 0, sum = 0; d < YG_DEV_COUNT; d++) {
        size_t count = at[d];
        at[d] = sum;
        end[d] = sum += count;
    }
    for (size_t i = 0; i < runs; i++) {
        const struct yg_judged *x = &a[first[i]];
        row[at[x->device]++] =
            yg_likeness_row(x->rule[0] ? x->scored : x->risk, x->predicted, x->far);
    }
    return YG_OK;
}

enum yg_status yg_likeness_put(struct yg_store *st,
                               const unsigned char digest[YG_DIGEST_SIZE],
                               const struct yg_judged *a, size_t n, int64_t cut_ns,
                               struct yg_err *err)
{
    struct yg_drift_row *row = calloc(n + 1, sizeof(*row));
    struct yg_drift_reference *ref = malloc(sizeof(*ref));
    size_t *first = calloc(n + 1, sizeof(*first)), end[YG_DEV_COUNT];
    enum yg_status rc = row && ref && first ? YG_OK : YG_ENOMEM;
    char name[KEY_MAX];

    if (rc == YG_OK)
        rc = gather(a, n, cut_ns, first, row, end);
    for (unsigned d = 0; rc == YG_OK && d < YG_DEV_COUNT; d++) {
        size_t from = d ? end[d - 1] : 0;
        if (end[d] - from < YG_LIKENESS_LEAST)
            continue;
        yg_drift_reference_of(row + from, end[d] - from, d + 1, ref);
        name_of(digest, d, name);
        rc = put_one(st, name, ref, err);
    }
    free(row);
    free(ref);
    free(first);
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
