/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/history.h"

#include "base/map.h"
#include "feature/history_priv.h"

#include <math.h>
#include <stdlib.h>

#define FORMAT 1U

static unsigned side(float internal)
{
    return isnan(internal) ? 2 : internal > 0;
}

void yg_history_keys(const struct yg_facts *f, uint64_t key[YG_HS_COUNT])
{
    uint64_t sig = f->key[YG_KEY_SIGNATURE];
    unsigned role =
        side(f->fixed[YG_X_SRC_INTERNAL]) * 3 + side(f->fixed[YG_X_DST_INTERNAL]);

    key[YG_HS_SIGNATURE] = sig ? yg_history_signature_key(sig) : 0;
    key[YG_HS_ROLE] =
        sig && role != 8 ? yg_hash_pair(yg_hash_pair(YG_HS_ROLE + 100, role), sig) : 0;
}

uint64_t yg_history_signature_key(uint64_t signature)
{
    return yg_hash_pair(YG_HS_SIGNATURE + 100, signature);
}

enum yg_status yg_history_alloc(size_t count, struct yg_history **out)
{
    struct yg_history *h = calloc(1, sizeof(*h) + count * sizeof(h->entry[0]));

    if (!h)
        return YG_ENOMEM;
    h->count = count;
    yg_map_init(&h->index, YG_HISTORY_ENTRIES);
    *out = h;
    return YG_OK;
}

enum yg_status yg_history_index(struct yg_history *h)
{
    for (size_t i = 0; i < h->count; i++) {
        uint64_t *at = yg_map_put(&h->index, h->entry[i].key, NULL);
        if (!at)
            return YG_ENOMEM;
        *at = i;
    }
    return YG_OK;
}

void yg_history_free(struct yg_history *h)
{
    if (!h)
        return;
    yg_map_fini(&h->index);
    free(h);
}

size_t yg_history_entries(const struct yg_history *h)
{
    return h->count;
}

uint32_t yg_history_tenants(const struct yg_history *h)
{
    return h->tenants;
}

static const struct yg_history_entry *find(const struct yg_history *h, uint64_t key)
{
    const uint64_t *at = key ? yg_map_get(&h->index, key) : NULL;

    return at ? &h->entry[*at] : NULL;
}

uint64_t yg_history_verdicts(const struct yg_history *h, uint64_t signature)
{
    const struct yg_history_entry *e =
        signature ? find(h, yg_history_signature_key(signature)) : NULL;

    return e ? e->verdicts : 0;
}

void yg_history_row(const struct yg_history *h, const struct yg_facts *f, float *row,
                    struct yg_history_weight *w)
{
    /* Columns that come straight from the signature's entry. */
    static const struct {
        int column;
        enum yg_history_value value;
    } from[] = {
        { YG_X_H_VOLUME, YG_HV_VOLUME },
        { YG_X_H_RUNS, YG_HV_RUNS },
        { YG_X_H_P, YG_HV_P },
        { YG_X_H_L2, YG_HV_L2 },
        { YG_X_H_TENANTS, YG_HV_TENANTS },
        { YG_X_H_PA, YG_HV_PA },
        { YG_X_H_L2A, YG_HV_L2A },
    };
    uint64_t key[YG_HS_COUNT];
    const struct yg_history_entry *e;

    for (int i = YG_HISTORY_FIRST; i < YG_FEATURE_COUNT; i++)
        row[i] = NAN;
    *w = (struct yg_history_weight){ 0 };
    if (!h)
        return;
    yg_history_keys(f, key);
    if (!(e = find(h, key[YG_HS_SIGNATURE])))
        return;
    for (size_t i = 0; i < YG_ARRAY_LEN(from); i++)
        row[from[i].column] = e->v[from[i].value];
    *w = (struct yg_history_weight){ e->v[YG_HV_WEIGHT_L2], e->v[YG_HV_WEIGHT_P] };
    if ((e = find(h, key[YG_HS_ROLE])))
        row[YG_X_H_ROLE_P] = e->v[YG_HV_P];
}

void yg_history_write(const struct yg_history *h, struct yg_buf *out)
{
    yg_buf_u32(out, FORMAT);
    yg_buf_u32(out, h->tenants);
    yg_buf_u32(out, (uint32_t)h->count);
    for (size_t i = 0; i < h->count; i++) {
        yg_buf_u64(out, h->entry[i].key);
        yg_buf_u64(out, h->entry[i].verdicts);
        for (int k = 0; k < YG_HV_COUNT; k++)
            yg_buf_f32(out, h->entry[i].v[k]);
    }
}

/* Volumes are finite and not negative, all else are shares. */
static bool is_sane(const struct yg_history_entry *e)
{
    for (int k = 0; k < YG_HV_COUNT; k++) {
        float most = k == YG_HV_VOLUME || k == YG_HV_RUNS ? 1e18F : 1.0F;
        if (!(e->v[k] >= 0 && e->v[k] <= most))
            return false;
    }
    return true;
}

static enum yg_status read_entries(struct yg_cursor *in, struct yg_history *h,
                                   struct yg_err *err)
{
    uint64_t before = 0;

    for (size_t i = 0; i < h->count; i++) {
        struct yg_history_entry *e = &h->entry[i];
        e->key = yg_cursor_le64(in);
        e->verdicts = yg_cursor_le64(in);
        for (int k = 0; k < YG_HV_COUNT; k++)
            e->v[k] = yg_cursor_f32(in);
        if (!yg_cursor_ok(in) || e->key <= before || !is_sane(e))
            return yg_err_set(err, YG_EFORMAT,
                              "verdict history: entry %zu of %zu is damaged: train the "
                              "model again",
                              i + 1, h->count);
        before = e->key;
    }
    return YG_OK;
}

enum yg_status yg_history_read(struct yg_cursor *in, struct yg_history **out,
                               struct yg_err *err)
{
    uint32_t format = yg_cursor_le32(in), tenants = yg_cursor_le32(in);
    uint32_t count = yg_cursor_le32(in);
    struct yg_history *h = NULL;
    enum yg_status st;

    if (!yg_cursor_ok(in) || format != FORMAT)
        return yg_err_set(err, YG_EFORMAT,
                          "verdict history: format %u is not %u: train the model again",
                          format, FORMAT);
    /* Believe the count only as far as bytes are there: no memory for a mere claim. */
    if (count > YG_HISTORY_ENTRIES || yg_cursor_left(in) / (16 + 4 * YG_HV_COUNT) < count)
        return yg_err_set(err, YG_EFORMAT,
                          "verdict history: %u entries are more than the file holds: "
                          "train the model again",
                          count);
    st = yg_history_alloc(count, &h);
    if (st == YG_OK) {
        h->tenants = tenants;
        st = read_entries(in, h, err);
    }
    if (st == YG_OK)
        st = yg_history_index(h);
    if (st == YG_OK)
        *out = h;
    else
        yg_history_free(h);
    return st;
}
