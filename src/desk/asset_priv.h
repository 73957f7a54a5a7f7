/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asset_priv - rows of assets and of what is known of them, at a time. Private to
 * src/desk. What is in force holds until YG_DESK_NEVER.
 */
#ifndef YG_DESK_ASSET_PRIV_H
#define YG_DESK_ASSET_PRIV_H

#include "desk/asset.h"
#include "desk/desk_priv.h"

/* When a fact must hold to be known at `known_ns`; 0: what is in force, whatever the
 * clock says. */
static inline int64_t yg_asset_when(int64_t known_ns)
{
    return known_ns ? known_ns : YG_DESK_NEVER - 1;
}

/* What of an asset can be told; its tenant is not looked at. */
enum yg_status yg_asset_check(const struct yg_asset *a, struct yg_err *err) YG_MUST_USE;

struct yg_software_row {
    uint64_t id;
    struct yg_software v;
};
struct yg_finding_row {
    uint64_t id;
    struct yg_finding v;
};

/* The asset's own row at a time; YG_ENOTFOUND. No scope is looked at. */
enum yg_status yg_asset_row(struct yg_desk *d, uint64_t number, int64_t at_ns,
                            struct yg_arena *arena, struct yg_asset *out,
                            struct yg_err *err) YG_MUST_USE;
enum yg_status yg_asset_software(struct yg_desk *d, const struct yg_asset_at *at,
                                 struct yg_arena *arena, struct yg_software_row **out,
                                 size_t *count, struct yg_err *err);
enum yg_status yg_asset_findings(struct yg_desk *d, const struct yg_asset_at *at,
                                 struct yg_arena *arena, struct yg_finding_row **out,
                                 size_t *count, struct yg_err *err);

#endif
