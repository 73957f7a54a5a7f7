/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of db_postgres*.c in a build without libpq. */
#include "db/db_priv.h"

const struct yg_db_ops yg_db_postgres = { .kind = YG_DB_POSTGRES };
