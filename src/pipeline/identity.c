/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/identity.h"

#define DISTINCT_MAX ((size_t)64 * 1000 * 1000)

void yg_identity_init(struct yg_identity *x)
{
    yg_map_init(&x->seen, DISTINCT_MAX);
}

void yg_identity_fini(struct yg_identity *x)
{
    yg_map_fini(&x->seen);
}

static uint64_t key_of(const unsigned char id[YG_ID_SIZE])
{
    uint64_t key;

    memcpy(&key, id, sizeof(key));
    return key ? key : 1;
}

void yg_identity_ahead(const struct yg_identity *x, const unsigned char id[YG_ID_SIZE])
{
    yg_map_ahead(&x->seen, key_of(id));
}

enum yg_status yg_identity_of(struct yg_identity *x, unsigned char id[YG_ID_SIZE])
{
    bool fresh;

    uint64_t *n = yg_map_put(&x->seen, key_of(id), &fresh);
    if (!n)
        return YG_ELIMIT;
    if (!fresh) {
        unsigned char again[YG_ID_SIZE + sizeof(*n)];
        ++*n;
        memcpy(again, id, YG_ID_SIZE);
        memcpy(again + YG_ID_SIZE, n, sizeof(*n));
        yg_hash_id(YG_STR("repetition"), (struct yg_str){ (char *)again, sizeof(again) },
                   id);
    }
    return YG_OK;
}
