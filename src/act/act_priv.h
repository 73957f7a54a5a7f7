/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act_priv - what the sources of act/ share. Private to src/act.
 */
#ifndef YG_ACT_ACT_PRIV_H
#define YG_ACT_ACT_PRIV_H

#include "act/act.h"
#include "db/db.h"

enum yg_act_query {
#define YG_QUERY(id, sql) YG_AQ_##id,
#include "act/queries.def"
    YG_AQ_COUNT
};

struct yg_acts {
    struct yg_db *db;
    const struct yg_clock *clock;
    struct yg_entropy entropy;
};

enum yg_status yg_act_nomem(struct yg_err *err);
/* Commit what went well; else roll back. */
enum yg_status yg_act_end(struct yg_acts *a, enum yg_status st,
                          struct yg_err *err) YG_MUST_USE;
/* Rows of (tenant, ids) of a bound statement. */
enum yg_status yg_act_read_parts(struct yg_acts *a, struct yg_db_stmt *s,
                                 struct yg_arena *arena, struct yg_act_part **out,
                                 size_t *count, struct yg_err *err) YG_MUST_USE;

#endif
