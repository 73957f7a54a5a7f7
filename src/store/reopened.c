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

/* It is open among the counts of its hour, too. One that is not in history yet (it closes
 * and opens in one transaction) is left as it was counted. */
static enum yg_status count_open(struct yg_store *st, uint64_t tenant,
                                 const unsigned char alert[YG_ID_SIZE], bool closed,
                                 struct yg_err *err)
{
    struct yg_store_record was, is;
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_arena arena;
    struct yg_err none;

    yg_hex(alert, YG_ID_SIZE, hex);
    yg_arena_init(&arena, (size_t)4 << 20);
    enum yg_status rc = yg_store_get(st, yg_str_of(hex), &arena, &was, NULL, &none);
    if (rc == YG_OK) { /* it reads as open by now */
        is = was;
        is.decision = YG_DECISION_OPEN;
        was.decision = closed ? YG_DECISION_CLOSED : YG_DECISION_CLOSE;
        rc = yg_sums_move(st, tenant, &was, &is, err);
    } else {
        rc = YG_OK;
    }
    yg_arena_fini(&arena);
    return rc;
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
    if (rc != YG_OK || yg_db_changes(st->db) == 0)
        return rc;
    rc = count_open(st, t->id, alert, closed, err);
    return rc == YG_OK && closed ? uncount(st, t->id, err) : rc;
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
