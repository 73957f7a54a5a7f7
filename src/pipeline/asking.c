/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/asking.h"

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

/* Counts by signature or look; those of one tenant are kept under a hash with it. */
enum count { REACH = 1, NEED, WANTED, ASKED, TENANT };

static uint64_t key_of(uint64_t what, enum count count)
{
    return yg_hash_pair(what, count);
}

static uint64_t of_tenant(uint64_t what, const struct yg_asking *a)
{
    return yg_hash_pair(yg_hash_pair(what, TENANT), a->tenant);
}

static bool wanted(const struct yg_asking *a)
{
    return a->g->own && !a->g->random;
}

static int by_gain(const void *x, const void *y)
{
    const struct yg_group *a = (*(struct yg_asking *const *)x)->g,
                          *b = (*(struct yg_asking *const *)y)->g;

    if (a->gain != b->gain)
        return a->gain > b->gain ? -1 : 1;
    return memcmp(a->id, b->id, YG_ID_SIZE);
}

/* What a signature may close in all tenants that ask for it, and what it lacks: one that
 * knows of more verdicts than the others is right. */
static enum yg_status add(struct yg_map *m, const struct yg_asking *a)
{
    bool fresh;
    uint64_t sig = a->g->signature;
    uint64_t *need = yg_map_put(m, key_of(sig, NEED), &fresh);

    if (!need)
        return YG_ENOMEM;
    if (fresh || a->g->need < *need)
        *need = a->g->need;
    if (!yg_map_put(m, of_tenant(key_of(sig, REACH), a), &fresh))
        return YG_ENOMEM;
    uint64_t *reach = yg_map_put(m, key_of(sig, REACH), NULL);
    if (!reach)
        return YG_ENOMEM;
    *reach += fresh ? a->g->reach : 0;
    return YG_OK;
}

static uint64_t get(const struct yg_map *m, uint64_t key)
{
    const uint64_t *n = yg_map_get(m, key);

    return n ? *n : 0;
}

/* The next of them in order of what it is worth. */
static enum yg_status take(struct yg_map *m, struct yg_asking *a)
{
    uint64_t key =
        wanted(a) ? key_of(a->g->signature, WANTED) : key_of(a->g->look, ASKED);
    uint64_t *all = yg_map_put(m, key, NULL);

    if (!all)
        return YG_ENOMEM;
    if (wanted(a)) {
        a->spare = *all >= get(m, key_of(a->g->signature, NEED));
        *all += a->spare ? 0 : a->g->alerts;
        return YG_OK;
    }
    uint64_t before = ++*all;
    uint64_t *own = yg_map_put(m, of_tenant(key, a), NULL); /* `all` may have moved */
    if (!own)
        return YG_ENOMEM;
    a->g->gain /= (double)(1 + before - ++*own);
    return YG_OK;
}

enum yg_status yg_asking_balance(struct yg_asking *v, size_t n)
{
    struct yg_asking **order = malloc((n + 1) * sizeof(struct yg_asking *));
    enum yg_status st = order ? YG_OK : YG_ENOMEM;
    struct yg_map m;
    size_t kept = 0;

    yg_map_init(&m, 6 * n + 6);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        v[i].spare = false;
        if (v[i].g->random)
            continue;
        order[kept++] = &v[i];
        if (wanted(&v[i]))
            st = add(&m, &v[i]);
    }
    for (size_t i = 0; st == YG_OK && i < kept; i++)
        if (wanted(order[i])) {
            struct yg_group *g = order[i]->g;
            g->gain = (double)get(&m, key_of(g->signature, REACH)) /
                      (double)(get(&m, key_of(g->signature, NEED)) + 1);
        }
    if (kept > 0 && st == YG_OK)
        qsort(order, kept, sizeof(struct yg_asking *), by_gain);
    for (size_t i = 0; st == YG_OK && i < kept; i++)
        st = take(&m, order[i]);
    yg_map_fini(&m);
    free(order);
    return st;
}
