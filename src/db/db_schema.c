/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema of a database: is it ours, and is it of this program's version? Looked at
 * again inside the transaction that changes it, since two programs may open an old one at
 * the same time.
 */
#include "db/db_priv.h"

static enum yg_status judge(const struct yg_db *db, const struct yg_db_seen *seen,
                            struct yg_err *err)
{
    const int64_t newest = (int64_t)db->opt.steps;

    if (seen->empty && (!db->opt.create || db->opt.read_only))
        return yg_err_set(err, YG_ENOTFOUND, "database: nothing is there yet");
    if (!seen->empty && !seen->ours)
        return yg_err_set(err, YG_EFORMAT,
                          "this database was not made by yagura, or for something else; "
                          "name another place");
    if (seen->version < 0 || seen->version > newest)
        return yg_err_set(err, YG_EVERSION,
                          "the database has schema version %lld and this yagura knows up "
                          "to %lld; use the yagura that wrote it, or a newer one",
                          (long long)seen->version, (long long)newest);
    if (seen->version < newest && (db->opt.read_only || db->opt.as_is))
        return yg_err_set(err, YG_EVERSION,
                          "the database has schema version %lld and is only read here; "
                          "%s brings it to version %lld",
                          (long long)seen->version, db->remedy, (long long)newest);
    return YG_OK;
}

static enum yg_status forward(struct yg_db *db, struct yg_err *err)
{
    struct yg_db_seen seen;
    enum yg_status rc = db->ops->look(db, &seen, err);

    if (rc == YG_OK)
        rc = judge(db, &seen, err);
    if (rc != YG_OK || (!seen.empty && seen.version == (int64_t)db->opt.steps))
        return rc;
    for (size_t v = (size_t)seen.version; rc == YG_OK && v < db->opt.steps; v++)
        rc = db->ops->apply(db, &db->opt.step[v], err);
    return rc == YG_OK ? db->ops->mark(db, err) : rc;
}

enum yg_status yg_db_migrate(struct yg_db *db, struct yg_err *err)
{
    struct yg_db_seen seen;
    enum yg_status rc = db->ops->look(db, &seen, err);

    if (rc == YG_OK)
        rc = judge(db, &seen, err);
    if (rc != YG_OK || (!seen.empty && seen.version == (int64_t)db->opt.steps))
        return rc;
    if (seen.version > 0)
        rc = db->ops->backup(db, seen.version, err);
    if (rc == YG_OK)
        rc = yg_db_begin_tx(db, YG_DB_TX_SCHEMA, err);
    if (rc != YG_OK)
        return rc;
    rc = forward(db, err);
    if (rc != YG_OK) {
        yg_db_rollback(db);
        return rc;
    }
    return yg_db_commit(db, err);
}
