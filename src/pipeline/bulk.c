/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/bulk.h"

#include "pipeline/aside.h"
#include "pipeline/groups.h"
#include "pipeline/question.h"
#include "pipeline/recall.h"
#include "pipeline/ruling.h"
#include "pipeline/settle.h"
#include "pipeline/workqueue.h"

#include <stdlib.h>

#define ASIDE_MAX ((size_t)1 << 24)

struct bulk {
    struct yg_store *store;
    struct yg_acts *acts;
    struct yg_act act;
    struct yg_arena arena; /* of a slice */
    /* The slice at hand. */
    struct yg_act_part part;
    struct yg_store_record rec[YG_BULK_SLICE];
    size_t found;
    unsigned char run[YG_BULK_SLICE][YG_ID_SIZE]; /* of its alerts, each once */
    size_t runs;
    struct yg_map aside;
};

/* ---- whose runs ------------------------------------------------------------------- */

static void keep_run(struct bulk *b, const unsigned char id[YG_ID_SIZE])
{
    size_t i = 0;

    while (i < b->runs && memcmp(b->run[i], id, YG_ID_SIZE) != 0)
        i++;
    if (i == b->runs && b->runs < YG_BULK_SLICE)
        memcpy(b->run[b->runs++], id, YG_ID_SIZE);
}

static enum yg_status on_record(void *arg, size_t i, const struct yg_batch *batch,
                                const struct yg_event *e, const struct yg_facts *facts,
                                struct yg_err *err)
{
    struct bulk *b = arg;
    struct yg_queue_run like = { .alerts = 0 }, run;
    struct yg_err none;

    (void)facts;
    yg_workqueue_describe(&b->arena, &like, b->part.tenant, batch, e);
    const struct yg_store_run_ask ask = { .tenant = b->part.tenant,
                                          .signature = like.signature,
                                          .entity = like.entity,
                                          .time_ns = b->rec[i].time_ns,
                                          .alert = b->rec[i].id };
    enum yg_status st = yg_store_run_of(b->store, &ask, &b->arena, &run, &none);
    if (st == YG_OK)
        keep_run(b, run.id);
    else if (st != YG_ENOTFOUND)
        *err = none;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

static enum yg_status find_runs(struct bulk *b, struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    enum yg_status st = YG_OK;

    b->found = b->runs = 0;
    for (size_t i = 0; st == YG_OK && i < b->part.n; i++) {
        yg_hex(b->part.ids + i * YG_ID_SIZE, YG_ID_SIZE, hex);
        st = yg_store_get(b->store, yg_str_of(hex), &b->arena, &b->rec[b->found], NULL,
                          err);
        b->rec[b->found].packets = YG_STR_NONE;
        b->found += st == YG_OK;
        st = st == YG_ENOTFOUND || st == YG_ECORRUPT ? YG_OK : st;
    }
    return st == YG_OK && b->found > 0
               ? yg_recall_each(b->store, b->rec, b->found, on_record, b, err)
               : st;
}

/* ---- verdicts --------------------------------------------------------------------- */

static bool is_of_act(const struct bulk *b, const struct yg_verdict *v)
{
    return v->source == YG_BY_GROUP && v->at_ns == b->act.at_ns &&
           yg_str_eq(v->who, b->act.who);
}

/* One that is gone, or was never there, is left out. */
static enum yg_status give(struct bulk *b, const unsigned char *alert, struct yg_err *err)
{
    struct yg_act *x = &b->act;
    struct yg_verdict now, row = { .level = x->level,
                                   .source = YG_BY_GROUP,
                                   .at_ns = x->at_ns,
                                   .tenant = b->part.tenant,
                                   .reason = x->reason,
                                   .note = x->note,
                                   .who = x->who };

    if (yg_map_get(&b->aside, yg_groups_key(alert))) {
        x->aside++;
        return YG_OK;
    }
    enum yg_status st = yg_store_verdict_get(b->store, alert, &b->arena, &now, err);
    if (st == YG_OK && is_of_act(b, &now)) { /* before a crash */
        x->given++;
        return YG_OK;
    }
    if (st == YG_OK && x->own && yg_ruling_is_anothers(&now, x->who)) {
        x->others++;
        return YG_OK;
    }
    if (st != YG_OK && st != YG_ENOTFOUND)
        return st;
    memcpy(row.alert, alert, YG_ID_SIZE);
    st = yg_store_verdict_put(b->store, &row, err);
    x->given += st == YG_OK;
    x->aside += st == YG_ENOTFOUND;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

static enum yg_status take_back(struct bulk *b, const unsigned char *alert,
                                struct yg_err *err)
{
    struct yg_act *x = &b->act;
    struct yg_verdict *v;
    size_t n = 0;
    enum yg_status st = yg_store_verdict_history(b->store, alert, &b->arena, &v, &n, err);

    for (size_t i = n; st == YG_OK && i > 0; i--) {
        if (!is_of_act(b, &v[i - 1]))
            continue;
        if (v[i - 1].state == YG_VERDICT_IN_FORCE)
            st = yg_store_verdict_undo(b->store, alert, err);
        x->undone += st == YG_OK && v[i - 1].state != YG_VERDICT_SUPERSEDED;
        x->changed += v[i - 1].state == YG_VERDICT_SUPERSEDED;
        break;
    }
    return st;
}

static enum yg_status judge(struct bulk *b, struct yg_err *err)
{
    bool undo = b->act.state == YG_ACT_UNDOES;
    enum yg_status st = YG_OK;

    yg_map_clear(&b->aside);
    if (!undo)
        st = yg_aside_all(b->store, b->part.tenant, &b->aside, err);
    for (size_t i = 0; st == YG_OK && i < b->part.n; i++)
        st = undo ? take_back(b, b->part.ids + i * YG_ID_SIZE, err)
                  : give(b, b->part.ids + i * YG_ID_SIZE, err);
    for (size_t i = 0; st == YG_OK && i < b->runs; i++)
        st = yg_settle_run(b->store, b->run[i], err);
    return st;
}

/* ---- slices ----------------------------------------------------------------------- */

/* What it came to is written down only with what it did. */
static enum yg_status slice(struct bulk *b, struct yg_err *err)
{
    struct yg_act before = b->act;

    yg_arena_clear(&b->arena);
    enum yg_status st = find_runs(b, err);
    if (st == YG_OK)
        st = yg_store_hold(b->store, err);
    if (st != YG_OK)
        return st;
    st = judge(b, err);
    if (st == YG_OK)
        st = yg_store_commit(b->store, err);
    if (st != YG_OK) {
        yg_store_rollback(b->store);
        b->act = before;
        return st;
    }
    b->act.done += b->part.n;
    return yg_act_put(b->acts, &b->act, err);
}

static enum yg_status carry_out(struct bulk *b, struct yg_err *err)
{
    struct yg_act_part *part;
    struct yg_arena lists;
    size_t parts = 0;
    uint64_t at = 0;

    yg_arena_init(&lists, (size_t)64 << 20);
    enum yg_status st = yg_act_parts(b->acts, b->act.number, &lists, &part, &parts, err);
    for (size_t i = 0; st == YG_OK && i < parts; i++) {
        size_t from = b->act.done > at ? (size_t)(b->act.done - at) : 0;
        while (st == YG_OK && from < part[i].n) {
            size_t left = part[i].n - from;
            b->part = (struct yg_act_part){
                .tenant = part[i].tenant,
                .ids = part[i].ids + from * YG_ID_SIZE,
                .n = left < YG_BULK_SLICE ? left : YG_BULK_SLICE,
            };
            st = slice(b, err);
            from += b->part.n;
        }
        at += part[i].n;
    }
    yg_arena_fini(&lists);
    if (st != YG_OK)
        return st;
    b->act.state = b->act.state == YG_ACT_UNDOES ? YG_ACT_UNDONE : YG_ACT_DONE;
    return yg_act_put(b->acts, &b->act, err);
}

enum yg_status yg_bulk_run(struct yg_store *store, struct yg_acts *a, uint64_t *acts,
                           struct yg_err *err)
{
    struct bulk *b = calloc(1, sizeof(*b));
    struct yg_arena one;
    enum yg_status st = YG_OK;

    *acts = 0;
    if (!b)
        return yg_err_set(err, YG_ENOMEM, "no memory to judge");
    *b = (struct bulk){ .store = store, .acts = a };
    yg_arena_init(&b->arena, (size_t)256 << 20);
    yg_arena_init(&one, (size_t)1 << 20);
    yg_map_init(&b->aside, ASIDE_MAX);
    for (;;) {
        yg_arena_clear(&one);
        st = yg_act_unfinished(a, &one, &b->act, err);
        if (st == YG_OK)
            st = carry_out(b, err);
        if (st != YG_OK)
            break;
        (*acts)++;
    }
    yg_map_fini(&b->aside);
    yg_arena_fini(&one);
    yg_arena_fini(&b->arena);
    free(b);
    return st == YG_ENOTFOUND ? YG_OK : st;
}
