/* SPDX-License-Identifier: Apache-2.0 */
#include "store/zones.h"

static bool is_newest(const struct yg_zones *z)
{
    return z->query == YG_Q_ZONES_NEWEST || z->query == YG_Q_ZONES_NEWEST_OF;
}

void yg_zones_start(struct yg_zones *z)
{
    z->count = z->next = 0;
    z->ended = false;
    z->behind[0] = z->behind[1] = is_newest(z) ? INT64_MAX : 0;
}

static void bind(const struct yg_zones *z, struct yg_db_stmt *s)
{
    if (z->query == YG_Q_ZONES_OF)
        yg_db_bind_blob(s, 1, z->tenant);
    else
        yg_db_bind_int(s, 1, z->behind[0]);
    yg_db_bind_int(s, 2, z->behind[1]);
    yg_db_bind_int(s, 3, YG_ZONES_PAGE);
    if (z->query == YG_Q_ZONES)
        return;
    yg_db_bind_int(s, 4, (int64_t)z->last);
    yg_db_bind_int(s, 5, z->from_ns);
    yg_db_bind_int(s, 6, z->until_ns);
    if (z->query == YG_Q_ZONES_NEWEST_OF)
        yg_db_bind_blob(s, 7, z->tenant);
}

static enum yg_status turn(struct yg_store *st, struct yg_zones *z, struct yg_err *err)
{
    enum yg_status rc;
    struct yg_db_stmt *s = yg_store_stmt(st, z->query, &rc, err);

    if (!s)
        return rc;
    bind(z, s);
    z->count = z->next = 0;
    while (z->count < YG_ZONES_PAGE && (rc = yg_db_step(st->db, s, err)) == YG_OK)
        yg_block_head_of(s, &z->page[z->count++]);
    yg_db_reset(s);
    if (rc != YG_OK && rc != YG_EEND)
        return rc;
    z->ended = z->count < YG_ZONES_PAGE;
    if (z->count > 0) {
        const struct yg_block *b = &z->page[z->count - 1];
        z->behind[0] = is_newest(z) ? b->head.time_max : (int64_t)b->tenant;
        z->behind[1] = (int64_t)b->number;
    }
    return YG_OK;
}

enum yg_status yg_zones_next(struct yg_store *st, struct yg_zones *z,
                             struct yg_block *out, struct yg_err *err)
{
    if (z->next == z->count && !z->ended) {
        enum yg_status rc = turn(st, z, err);
        if (rc != YG_OK) {
            z->ended = true;
            z->count = z->next = 0;
            return rc;
        }
    }
    if (z->next == z->count)
        return YG_EEND;
    *out = z->page[z->next++];
    return YG_OK;
}
