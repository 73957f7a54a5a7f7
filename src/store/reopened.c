/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts stored as closed that are open after all: rows beside the blocks, which never
 * change. */
#include "store/inside.h"

static enum yg_status uncount(struct yg_store *st, uint64_t tenant, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_TENANT_REOPENED, &rc, err);

    if (!s)
        return rc;
    yg_db_bind_int(s, 1, (int64_t)tenant);
    return yg_store_run(st, s, err);
}

enum yg_status yg_store_reopen(struct yg_store *st, struct yg_str tenant,
                               const unsigned char alert[YG_ID_SIZE], uint32_t gates,
                               bool closed, struct yg_err *err)
{
    enum yg_status rc = yg_store_begin(st, err);

    if (rc != YG_OK)
        return rc;
    struct yg_tenant *t = yg_tenants_put(&st->tenants, tenant);
    if (!t)
        return yg_err_set(err, YG_ENOMEM, "store: out of memory for its tenants");
    yg_tenants_mark(&st->tenants, t);
    rc = yg_tenants_make_row(st, t, err);
    if (rc != YG_OK)
        return rc;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_REOPENED_ADD, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(alert));
    yg_db_bind_int(s, 2, gates);
    rc = yg_store_run(st, s, err);
    if (rc != YG_OK || !closed || yg_db_changes(st->db) == 0)
        return rc;
    return uncount(st, t->id, err);
}

enum yg_status yg_reopened_apply(struct yg_store *st, struct yg_store_record *rec,
                                 struct yg_err *err)
{
    enum yg_status rc;

    if (!yg_decision_closes(rec->decision))
        return YG_OK;
    struct yg_db_stmt *s = yg_store_stmt(st, YG_Q_REOPENED_GET, &rc, err);
    if (!s)
        return rc;
    yg_db_bind_blob(s, 1, yg_id_str(rec->id));
    rc = yg_db_step(st->db, s, err);
    if (rc == YG_OK) {
        rec->decision = YG_DECISION_OPEN;
        rec->gates |= (uint32_t)yg_db_int(s, 0);
        yg_db_reset(s);
    }
    return rc == YG_EEND ? YG_OK : rc;
}
