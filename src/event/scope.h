/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope - whose records somebody may see: all tenants, or a sorted set of names.
 *
 * Made in one place (from the principal by the server's gate; for the command line, where
 * it is everything) and demanded by everything that reads on behalf of somebody. What
 * lies outside is answered like what does not exist. A zeroed scope is nobody's: it has
 * no tenant. Plain data; names are borrowed. A look costs a binary search.
 */
#ifndef YG_EVENT_SCOPE_H
#define YG_EVENT_SCOPE_H

#include "base/str.h"

struct yg_scope {
    bool all;                    /* then there are no names */
    const struct yg_str *tenant; /* sorted by yg_str_cmp, no name twice */
    size_t tenants;
};

#define YG_SCOPE_ALL ((struct yg_scope){ .all = true })

/* Sort `tenant` in place, drop names that stand there twice, and look at it as a scope.
 */
struct yg_scope yg_scope_of(struct yg_str *tenant, size_t tenants);

bool yg_scope_has(const struct yg_scope *s, struct yg_str tenant);
/* Is all of `part` in `whole`? Nothing is in everything. */
bool yg_scope_within(const struct yg_scope *part, const struct yg_scope *whole);
/* Those of both. `room` has places for the smaller of the two lists of names (none when
 * one of them is all) and lives as long as the result. */
struct yg_scope yg_scope_meet(const struct yg_scope *a, const struct yg_scope *b,
                              struct yg_str *room);

#endif
