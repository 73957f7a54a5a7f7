/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema - the tables, as steps from version to version.
 *
 * A new database takes all steps, an older one those it lacks, in one transaction after
 * a backup. A step that was released is never edited: changes are a new step.
 */
#ifndef YG_STORE_SCHEMA_H
#define YG_STORE_SCHEMA_H

#include "store/db.h"

/* Bring the open database in `dir` to YG_SCHEMA_VERSION, or say why it cannot be. */
enum yg_status yg_schema_migrate(struct yg_db *db, const char *dir, bool read_only,
                                 struct yg_err *err) YG_MUST_USE;

#endif
