/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/claims.h"

#include <stdlib.h>
#include <string.h>

#define CLAIMS_MAX ((size_t)64 * 1000 * 1000)

void yg_claims_init(struct yg_claims *c)
{
    *c = (struct yg_claims){ .count = 0 };
    yg_map_init(&c->at, CLAIMS_MAX);
}

void yg_claims_fini(struct yg_claims *c)
{
    yg_map_fini(&c->at);
    free(c->id);
    *c = (struct yg_claims){ .count = 0 };
}

bool yg_claims_has(const struct yg_claims *c, const unsigned char id[YG_ID_SIZE])
{
    uint64_t key;

    memcpy(&key, id, sizeof(key));
    const uint64_t *at = yg_map_get(&c->at, key ? key : 1);
    return at && memcmp(c->id[*at - 1], id, YG_ID_SIZE) == 0;
}

enum yg_status yg_claims_add(struct yg_claims *c, const unsigned char id[YG_ID_SIZE],
                             bool *fresh)
{
    uint64_t key;
    bool made;

    memcpy(&key, id, sizeof(key));
    if (c->count == c->size) {
        size_t size = c->size ? c->size * 2 : 4096;
        void *p = realloc(c->id, size * sizeof(*c->id));
        if (!p)
            return YG_ENOMEM;
        c->id = p;
        c->size = size;
    }
    uint64_t *at = yg_map_put(&c->at, key ? key : 1, &made);
    if (!at)
        return YG_ELIMIT;
    /* Another id with the same first half keeps its place: it is nobody's duplicate. */
    *fresh = made || memcmp(c->id[*at - 1], id, YG_ID_SIZE) != 0;
    if (made) {
        memcpy(c->id[c->count++], id, YG_ID_SIZE);
        *at = c->count;
    }
    return YG_OK;
}
