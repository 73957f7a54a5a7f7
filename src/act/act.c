/* SPDX-License-Identifier: Apache-2.0 */
#include "act/act.h"

#include "act/act_priv.h"
#include "db/db_copy.h"

#include <stdlib.h>

#define APPLICATION 0x79676163 /* "ygac" */
#define DAY_NS      (INT64_C(86400) * YG_NS_PER_S)

static const struct yg_db_text statement[YG_AQ_COUNT] = {
#define YG_QUERY(id, sql) [YG_AQ_##id] = { sql, NULL },
#include "act/queries.def"
};

static const struct yg_db_text step[] = {
#define YG_STEP(sql) { sql, NULL },
#include "act/queries.def"
};

enum yg_status yg_acts_open(const struct yg_acts_options *opt, struct yg_acts **out,
                            struct yg_err *err)
{
    const struct yg_db_options db = { .where = opt->where,
                                      .part = opt->part,
                                      .statement = statement,
                                      .statements = YG_AQ_COUNT,
                                      .step = step,
                                      .steps = YG_ARRAY_LEN(step),
                                      .application = APPLICATION,
                                      .create = opt->create,
                                      .patience_ms = opt->patience_ms };
    struct yg_acts *a = calloc(1, sizeof(*a));

    if (!a)
        return yg_act_nomem(err);
    a->clock = opt->clock;
    a->entropy = opt->entropy;
    enum yg_status st = yg_db_open(&db, &a->db, err);
    if (st == YG_OK)
        *out = a;
    else
        yg_acts_close(a);
    return st;
}

void yg_acts_close(struct yg_acts *a)
{
    if (!a)
        return;
    yg_db_close(a->db);
    free(a);
}

enum yg_status yg_acts_copy(struct yg_acts *a, const char *to, struct yg_err *err)
{
    return yg_db_copy_to(a->db, to, err);
}

enum yg_status yg_act_nomem(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "acts: out of memory");
}

enum yg_status yg_act_end(struct yg_acts *a, enum yg_status st, struct yg_err *err)
{
    if (st == YG_OK)
        return yg_db_commit(a->db, err);
    yg_db_rollback(a->db);
    return st;
}

/* ---- lists of alerts -------------------------------------------------------------- */

enum yg_status yg_act_read_parts(struct yg_acts *a, struct yg_db_stmt *s,
                                 struct yg_arena *arena, struct yg_act_part **out,
                                 size_t *count, struct yg_err *err)
{
    struct yg_act_part *part = NULL;
    size_t n = 0, size = 0;
    enum yg_status st;

    while ((st = yg_db_step(a->db, s, err)) == YG_OK) {
        struct yg_str ids;
        if (n == size) {
            struct yg_act_part *more =
                yg_arena_alloc(arena, (size ? 2 * size : 16) * sizeof(*more));
            if (!more)
                break;
            if (n > 0)
                memcpy(more, part, n * sizeof(*more));
            size = size ? 2 * size : 16;
            part = more;
        }
        if (!yg_db_copy(s, 0, arena, &part[n].tenant) || !yg_db_copy(s, 1, arena, &ids))
            break;
        part[n].ids = (const unsigned char *)ids.p;
        part[n++].n = ids.n / YG_ID_SIZE;
    }
    yg_db_reset(s);
    if (st == YG_OK)
        return yg_act_nomem(err);
    *out = part;
    *count = n;
    return st == YG_EEND ? YG_OK : st;
}

/* ---- again ------------------------------------------------------------------------ */

enum yg_status yg_act_again_put(struct yg_acts *a, const struct yg_act_again *row,
                                struct yg_err *err)
{
    enum yg_status st = yg_db_begin(a->db, true, err);
    struct yg_db_stmt *s = st == YG_OK ? yg_db_stmt(a->db, YG_AQ_AGAIN_OLD, err) : NULL;

    if (st != YG_OK)
        return st;
    if (s)
        yg_db_bind_int(s, 1, row->at_ns - DAY_NS);
    st = s ? yg_db_run(a->db, s, err) : err->status;
    s = st == YG_OK ? yg_db_stmt(a->db, YG_AQ_AGAIN_PUT, err) : NULL;
    if (s) {
        yg_db_bind_blob(s, 1, (struct yg_str){ (const char *)row->key, 16 });
        yg_db_bind_blob(s, 2, (struct yg_str){ (const char *)row->body, 16 });
        yg_db_bind_int(s, 3, row->at_ns);
        yg_db_bind_int(s, 4, row->status);
        yg_db_bind_text(s, 5, row->type);
        yg_db_bind_blob(s, 6, row->answer);
        st = yg_db_run(a->db, s, err);
    } else if (st == YG_OK) {
        st = err->status;
    }
    return yg_act_end(a, st, err);
}

enum yg_status yg_act_again_get(struct yg_acts *a,
                                const unsigned char key[YG_ACT_AGAIN_KEY],
                                struct yg_arena *arena, struct yg_act_again *out,
                                struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_AGAIN_GET, err);
    struct yg_act_again row = { .status = 0 };

    if (!s)
        return err->status;
    yg_db_bind_blob(s, 1, (struct yg_str){ (const char *)key, YG_ACT_AGAIN_KEY });
    yg_db_bind_int(s, 2, yg_clock_now(a->clock) - DAY_NS);
    enum yg_status st = yg_db_step(a->db, s, err);
    if (st == YG_EEND)
        return yg_err_set(err, YG_ENOTFOUND, "no answer is kept under this key");
    if (st != YG_OK)
        return st;
    struct yg_str body = yg_db_bytes(s, 0);
    memcpy(row.key, key, sizeof(row.key));
    memcpy(row.body, body.p, body.n == sizeof(row.body) ? body.n : 0);
    row.status = (unsigned)yg_db_int(s, 1);
    bool room =
        yg_db_copy(s, 2, arena, &row.type) && yg_db_copy(s, 3, arena, &row.answer);
    yg_db_reset(s);
    if (!room)
        return yg_act_nomem(err);
    *out = row;
    return YG_OK;
}
