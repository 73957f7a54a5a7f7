/* SPDX-License-Identifier: Apache-2.0 */
/* The part of act.h about frozen lists of alerts. */
#include "act/act_priv.h"

static struct yg_str id_str(const unsigned char id[YG_ID_SIZE])
{
    return (struct yg_str){ (const char *)id, YG_ID_SIZE };
}

static struct yg_str shown_str(const struct yg_selection_shown *s)
{
    return (struct yg_str){ (const char *)s, sizeof(*s) };
}

static enum yg_status run_int(struct yg_acts *a, enum yg_act_query q, int64_t v,
                              struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, q, err);

    if (!s)
        return err->status;
    if (yg_db_params(s) > 0)
        yg_db_bind_int(s, 1, v);
    return yg_db_run(a->db, s, err);
}

static enum yg_status put_row(struct yg_acts *a, const struct yg_selection *x,
                              struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_SELECTION_PUT, err);

    if (!s)
        return err->status;
    yg_db_bind_blob(s, 1, id_str(x->id));
    yg_db_bind_text(s, 2, x->who);
    yg_db_bind_int(s, 3, x->made_ns);
    yg_db_bind_int(s, 4, x->until_ns);
    yg_db_bind_int(s, 5, (int64_t)x->alerts);
    yg_db_bind_int(s, 6, x->ready);
    yg_db_bind_blob(s, 7, x->query);
    yg_db_bind_blob(s, 8, x->tenant);
    yg_db_bind_text(s, 9, x->place);
    yg_db_bind_blob(s, 10, shown_str(&x->shown));
    return yg_db_run(a->db, s, err);
}

static enum yg_status put_parts(struct yg_acts *a, const struct yg_selection *x,
                                const struct yg_act_part *part, size_t parts,
                                struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < parts; i++) {
        struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_SELECTION_PART, err);
        if (!s)
            return err->status;
        yg_db_bind_blob(s, 1, id_str(x->id));
        yg_db_bind_blob(s, 2, part[i].tenant);
        yg_db_bind_blob(
            s, 3, (struct yg_str){ (const char *)part[i].ids, part[i].n * YG_ID_SIZE });
        st = yg_db_run(a->db, s, err);
    }
    return st;
}

static enum yg_status count(struct yg_selection *x, const struct yg_act_part *part,
                            size_t parts, struct yg_err *err)
{
    uint64_t more = 0;

    for (size_t i = 0; i < parts; i++)
        more += part[i].n;
    if (x->alerts + more > YG_SELECTION_ALERTS)
        return yg_err_set(err, YG_ELIMIT, "more than %d alerts: select fewer at a time",
                          YG_SELECTION_ALERTS);
    x->alerts += more;
    return YG_OK;
}

/* What is over goes, and what somebody has too many of. */
static enum yg_status sweep(struct yg_acts *a, const struct yg_selection *x,
                            struct yg_err *err)
{
    enum yg_status st = run_int(a, YG_AQ_SELECTION_OLD, x->made_ns, err);
    struct yg_db_stmt *s =
        st == YG_OK ? yg_db_stmt(a->db, YG_AQ_SELECTION_MANY, err) : NULL;

    if (st != YG_OK || !s)
        return st != YG_OK ? st : err->status;
    yg_db_bind_text(s, 1, x->who);
    yg_db_bind_int(s, 2, YG_SELECTIONS_MAX);
    st = yg_db_run(a->db, s, err);
    return st == YG_OK ? run_int(a, YG_AQ_SELECTION_LOST, 0, err) : st;
}

enum yg_status yg_selection_make(struct yg_acts *a, struct yg_selection *x,
                                 const struct yg_act_part *part, size_t parts,
                                 struct yg_err *err)
{
    x->alerts = 0;
    enum yg_status st = count(x, part, parts, err);
    if (st != YG_OK)
        return st;
    yg_entropy_fill(&a->entropy, x->id, sizeof(x->id));
    x->made_ns = yg_clock_now(a->clock);
    x->until_ns = x->made_ns + YG_SELECTION_S * YG_NS_PER_S;
    st = yg_db_begin(a->db, true, err);
    if (st != YG_OK)
        return st;
    st = put_row(a, x, err);
    if (st == YG_OK)
        st = put_parts(a, x, part, parts, err);
    if (st == YG_OK)
        st = sweep(a, x, err);
    return yg_act_end(a, st, err);
}

enum yg_status yg_selection_add(struct yg_acts *a, struct yg_selection *x,
                                const struct yg_act_part *part, size_t parts,
                                struct yg_err *err)
{
    enum yg_status st = count(x, part, parts, err);

    if (st == YG_OK)
        st = yg_db_begin(a->db, true, err);
    if (st != YG_OK)
        return st;
    st = put_row(a, x, err);
    if (st == YG_OK)
        st = put_parts(a, x, part, parts, err);
    return yg_act_end(a, st, err);
}

enum yg_status yg_selection_get(struct yg_acts *a, const unsigned char id[YG_ID_SIZE],
                                struct yg_str who, struct yg_arena *arena,
                                struct yg_selection *out, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_SELECTION_GET, err);
    struct yg_selection x = { .alerts = 0 };

    if (!s)
        return err->status;
    yg_db_bind_blob(s, 1, id_str(id));
    yg_db_bind_text(s, 2, who);
    yg_db_bind_int(s, 3, yg_clock_now(a->clock));
    enum yg_status st = yg_db_step(a->db, s, err);
    if (st == YG_EEND)
        return yg_err_set(err, YG_ENOTFOUND, "there is no such selection");
    if (st != YG_OK)
        return st;
    memcpy(x.id, id, YG_ID_SIZE);
    x.made_ns = yg_db_int(s, 1);
    x.until_ns = yg_db_int(s, 2);
    x.alerts = (uint64_t)yg_db_int(s, 3);
    x.ready = yg_db_int(s, 4) != 0;
    struct yg_str shown = yg_db_bytes(s, 8);
    if (shown.n == sizeof(x.shown))
        memcpy(&x.shown, shown.p, shown.n);
    bool room = yg_db_copy(s, 0, arena, &x.who) && yg_db_copy(s, 5, arena, &x.query) &&
                yg_db_copy(s, 6, arena, &x.tenant) && yg_db_copy(s, 7, arena, &x.place);
    yg_db_reset(s);
    if (!room)
        return yg_act_nomem(err);
    *out = x;
    return YG_OK;
}

enum yg_status yg_selection_drop(struct yg_acts *a, const unsigned char id[YG_ID_SIZE],
                                 struct yg_str who, struct yg_err *err)
{
    enum yg_status st = yg_db_begin(a->db, true, err);
    struct yg_db_stmt *s =
        st == YG_OK ? yg_db_stmt(a->db, YG_AQ_SELECTION_DROP, err) : NULL;

    if (st != YG_OK)
        return st;
    if (s) {
        yg_db_bind_blob(s, 1, id_str(id));
        yg_db_bind_text(s, 2, who);
        st = yg_db_run(a->db, s, err);
    } else {
        st = err->status;
    }
    if (st == YG_OK && yg_db_changes(a->db) == 0)
        st = yg_err_set(err, YG_ENOTFOUND, "there is no such selection");
    if (st == YG_OK)
        st = run_int(a, YG_AQ_SELECTION_LOST, 0, err);
    return yg_act_end(a, st, err);
}

enum yg_status yg_selection_parts(struct yg_acts *a, const unsigned char id[YG_ID_SIZE],
                                  struct yg_arena *arena, struct yg_act_part **out,
                                  size_t *count_out, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(a->db, YG_AQ_SELECTION_PARTS, err);

    if (!s)
        return err->status;
    yg_db_bind_blob(s, 1, id_str(id));
    return yg_act_read_parts(a, s, arena, out, count_out, err);
}
