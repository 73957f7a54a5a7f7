/* SPDX-License-Identifier: Apache-2.0 */
#include "event/scope.h"

#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
    return yg_str_cmp(*(const struct yg_str *)a, *(const struct yg_str *)b);
}

struct yg_scope yg_scope_of(struct yg_str *tenant, size_t tenants)
{
    size_t kept = 0;

    if (tenants > 1)
        qsort(tenant, tenants, sizeof(*tenant), by_bytes);
    for (size_t i = 0; i < tenants; i++)
        if (kept == 0 || !yg_str_eq(tenant[kept - 1], tenant[i]))
            tenant[kept++] = tenant[i];
    return (struct yg_scope){ .tenant = tenant, .tenants = kept };
}

bool yg_scope_has(const struct yg_scope *s, struct yg_str tenant)
{
    if (s->all)
        return true;
    return s->tenants > 0 &&
           bsearch(&tenant, s->tenant, s->tenants, sizeof(*s->tenant), by_bytes) != NULL;
}

bool yg_scope_within(const struct yg_scope *part, const struct yg_scope *whole)
{
    if (part->all || whole->all)
        return whole->all;
    for (size_t i = 0; i < part->tenants; i++)
        if (!yg_scope_has(whole, part->tenant[i]))
            return false;
    return true;
}

struct yg_scope yg_scope_meet(const struct yg_scope *a, const struct yg_scope *b,
                              struct yg_str *room)
{
    size_t n = 0;

    if (a->all)
        return *b;
    if (b->all)
        return *a;
    if (a->tenants > b->tenants) {
        const struct yg_scope *larger = a;
        a = b;
        b = larger;
    }
    for (size_t i = 0; i < a->tenants; i++)
        if (yg_scope_has(b, a->tenant[i]))
            room[n++] = a->tenant[i];
    return (struct yg_scope){ .tenant = room, .tenants = n };
}
