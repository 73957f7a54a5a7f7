/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema - what the store gives db/: its tables, as steps from version to version, and
 * its statements.
 *
 * A new database takes all steps, an older one those it lacks. A step that was released
 * is never edited: changes are a new step. Constants only.
 *
 * What records say (names of tenants, signatures, hosts, notes) is any bytes, so such a
 * column is BLOB: bind and compare it as one. TEXT is for names of our own.
 */
#ifndef YG_STORE_SCHEMA_H
#define YG_STORE_SCHEMA_H

#include "db/db.h"

#define YG_SCHEMA_VERSION     19
#define YG_SCHEMA_APPLICATION 0x59475552U /* "YGUR" */

enum yg_query {
#define YG_QUERY(id, sql)               YG_Q_##id,
#define YG_QUERY_OWN(id, sql, postgres) YG_Q_##id,
#include "store/queries.def"
#undef YG_QUERY_OWN
#undef YG_QUERY
    YG_QUERY_COUNT
};

extern const struct yg_db_text yg_store_statement[YG_QUERY_COUNT];
extern const struct yg_db_text yg_store_step[YG_SCHEMA_VERSION];

#endif
