/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ruling.h"

struct work {
    const struct yg_ruling *r;
    struct yg_arena *arena;
    struct yg_ruled out;
    unsigned char (*alert)[YG_ID_SIZE]; /* it stands for */
    size_t count;
    struct yg_queue_run run;
    struct yg_store_record record; /* of an alert judged on its own */
    bool plant_waits;
    bool plant; /* a past attack shown again: its verdict is of the person, not of it */
    struct yg_str plant_by; /* who judged it; empty: nobody */
};

/* A past attack shown again? And does it wait for its verdict? */
static enum yg_status is_plant(struct work *v, struct yg_err *err)
{
    struct yg_audit a;
    enum yg_status st = yg_ledger_audit_get(v->r->store, v->run.id, v->arena, &a, err);

    v->plant = st == YG_OK && a.kind == YG_AUDIT_PLANT;
    v->plant_waits = v->plant && a.state == YG_AUDIT_WAITS;
    v->plant_by = v->plant && a.state == YG_AUDIT_JUDGED ? a.who : YG_STR_NONE;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

/* The alerts an ID stands for: those of a run, or one alert. */
static enum yg_status find(struct work *v, struct yg_err *err)

{
    enum yg_status st = yg_store_run_get(v->r->store, v->r->id, v->arena, &v->run, err);

    if (st == YG_OK)
        st = is_plant(v, err);
    if (st == YG_OK && (v->plant || !v->r->alone)) {
        v->out.is_run = true;
        v->out.tenant = v->run.tenant;
        return yg_store_run_alerts(v->r->store, v->run.id, v->arena, &v->alert, &v->count,
                                   err);
    }
    if (st != YG_OK && st != YG_ENOTFOUND)
        return st;
    st = yg_store_get(v->r->store, v->r->id, v->arena, &v->record, &v->out.tenant, err);
    v->alert = st == YG_OK ? yg_arena_alloc(v->arena, YG_ID_SIZE) : NULL;
    if (st == YG_OK && !v->alert)
        return yg_err_set(err, YG_ENOMEM, "no memory");
    if (st == YG_OK) {
        memcpy(v->alert[0], v->record.id, YG_ID_SIZE);
        v->count = 1;
    }
    return st;
}

/* What alerts are judged as now, the gravest of them: an undo brings back the verdict
 * given before, if any. */
static enum yg_status in_force(struct work *v, unsigned char (*alert)[YG_ID_SIZE],
                               size_t n, uint8_t *level, struct yg_err *err)
{
    struct yg_verdict row;

    *level = YG_LEVEL_NONE;
    for (size_t i = 0; i < n; i++) {
        enum yg_status st =
            yg_store_verdict_get(v->r->store, alert[i], v->arena, &row, err);
        if (st == YG_ENOTFOUND)
            continue;
        if (st != YG_OK)
            return st;
        if (*level == YG_LEVEL_NONE || row.level > *level)
            *level = row.level;
    }
    return YG_OK;
}

/* An alert judged on its own: what does it say of its run, if that is drawn? One attack
 * makes the run one; a harmless alert says nothing of the others. Of a run that was
 * judged it changes the verdict to what is in force then. */
static enum yg_status of_its_run(struct work *v, struct yg_guard_verdict *said,
                                 bool *counts, struct yg_err *err)
{
    struct yg_audit a = { .kind = 0 };
    unsigned char(*ids)[YG_ID_SIZE];
    struct yg_err none = { 0 };
    uint8_t now = YG_LEVEL_NONE;
    size_t n;
    enum yg_status st =
        yg_guard_audit_of(v->r->store, v->out.tenant, &v->record, v->arena, &a, &none);

    *counts = false;
    if (st == YG_ENOTFOUND || a.state == YG_AUDIT_VOID)
        return YG_OK;
    if (st != YG_OK) {
        *err = none;
        return st;
    }
    memcpy(v->run.id, a.run, YG_ID_SIZE);
    st = yg_store_run_alerts(v->r->store, a.run, v->arena, &ids, &n, err);
    if (st == YG_OK && a.state == YG_AUDIT_WAITS) {
        *counts = n <= 1 || (!v->r->undo && v->r->level >= v->r->config->protect);
        return YG_OK;
    }
    if (st == YG_OK)
        st = in_force(v, ids, n, &now, err);
    *counts = st == YG_OK && now != a.level;
    said->undo = now >= YG_LEVEL_COUNT;
    said->level = said->undo ? YG_LEVEL_FP : (enum yg_level)now;
    return st;
}

/* Tell the audit. Blindness ends with it. */
static enum yg_status tell_guard(struct work *v, const struct yg_verdict *row,
                                 uint8_t before, struct yg_err *err)
{
    const struct yg_guard_options opt = { .store = v->r->store,
                                          .config = v->r->config,
                                          .clock = v->r->clock };
    struct yg_guard *g = NULL;
    bool counts = true;
    struct yg_guard_verdict said = { .run = v->run.id,
                                     .who = row->who,
                                     .level = v->r->level,
                                     .before = before,
                                     .at_ns = row->at_ns,
                                     .bulk = v->r->bulk,
                                     .undo = v->r->undo };
    enum yg_status st = v->out.is_run ? YG_OK : of_its_run(v, &said, &counts, err);

    if (st != YG_OK || !counts)
        return st;
    st = yg_guard_new(&opt, &g, err);
    if (st == YG_OK)
        st = yg_guard_judged(g, &said, &v->out.drawn, err);
    yg_guard_free(g);
    return st;
}

/* A plant's alerts keep the verdict that they have. */
static enum yg_status put_verdicts(struct work *v, struct yg_verdict *row,
                                   struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (v->plant) {
        v->out.changed = v->r->undo && v->plant_waits ? 0 : v->count;
        return YG_OK;
    }
    for (size_t i = 0; st == YG_OK && i < v->count; i++) {
        memcpy(row->alert, v->alert[i], YG_ID_SIZE);
        st = v->r->undo ? yg_store_verdict_undo(v->r->store, row->alert, err)
                        : yg_store_verdict_put(v->r->store, row, err);
        v->out.changed += st == YG_OK;
        if (v->r->undo && v->out.is_run && st == YG_ENOTFOUND)
            st = YG_OK; /* alerts that came after the verdict have none */
    }
    return st;
}

/* A plant is neither judged nor closed then: it is gone from all lists. */
static enum yg_status put_run(struct work *v, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (!v->plant)
        st = in_force(v, v->alert, v->count, &v->run.verdict, err);
    else if (!v->r->bulk)
        v->run.open = v->r->undo;
    return st == YG_OK ? yg_store_run_put(v->r->store, &v->run, err) : st;
}

static enum yg_status give(struct work *v, struct yg_err *err)
{
    const struct yg_ruling *r = v->r;
    uint8_t before = v->run.verdict;
    struct yg_verdict row = {
        .level = (uint8_t)r->level,
        .source = r->bulk ? YG_BY_GROUP : YG_BY_HUMAN,
        .at_ns = yg_clock_now(r->clock),
        .tenant = v->out.tenant,
        .reason = r->reason,
        .note = r->note,
        .incident = r->incident,
        .who = r->who,
    };
    enum yg_status st = put_verdicts(v, &row, err);

    if (st == YG_OK && r->undo && v->out.changed == 0)
        return yg_err_set(err, YG_ENOTFOUND, "no verdict is in force on any alert of it");
    if (st == YG_OK && v->out.is_run)
        st = put_run(v, err);
    if (st == YG_OK)
        st = tell_guard(v, &row, before, err);
    return st;
}

/* Is another person's verdict in force on one of them? A plant's is in its audit, and
 * stands in the way as that of any other run. */
static enum yg_status overrules(const struct work *v, bool *yes, struct yg_err *err)
{
    struct yg_verdict row;
    struct yg_arena scratch;
    enum yg_status st = YG_OK;

    *yes = v->plant_by.n > 0 && !yg_str_eq(v->plant_by, v->r->who);
    yg_arena_init(&scratch, (size_t)1 << 20);
    for (size_t i = 0; st == YG_OK && i < v->count && !*yes && !v->plant; i++) {
        yg_arena_clear(&scratch);
        st = yg_store_verdict_get(v->r->store, v->alert[i], &scratch, &row, err);
        *yes = st == YG_OK && yg_ruling_is_anothers(&row, v->r->who);
        st = st == YG_ENOTFOUND ? YG_OK : st;
    }
    yg_arena_fini(&scratch);
    return st;
}

bool yg_ruling_is_anothers(const struct yg_verdict *in_force, struct yg_str who)
{
    return (in_force->source == YG_BY_HUMAN || in_force->source == YG_BY_GROUP) &&
           !yg_str_eq(in_force->who, who);
}

enum yg_status yg_rule(const struct yg_ruling *r, struct yg_arena *arena,
                       struct yg_ruled *out, struct yg_err *err)
{
    struct work v = { .r = r, .arena = arena };
    enum yg_status st = find(&v, err);
    uint8_t before = v.run.verdict; /* said again, it tells nothing new */
    bool anothers = false;

    if (st == YG_OK && r->own)
        st = overrules(&v, &anothers, err);
    if (st == YG_OK && anothers)
        st = yg_err_set(err, YG_EPERM,
                        "Somebody else's verdict is in force; your role does not "
                        "overrule it.");
    if (st == YG_OK)
        st = give(&v, err);
    if (st != YG_OK)
        return st;
    v.out.recall = v.out.drawn == YG_DRAW_AUDIT && !v.plant && !r->undo &&
                   r->level >= r->config->protect &&
                   (before == YG_LEVEL_NONE || before < r->config->protect);
    memcpy(v.out.run, v.run.id, YG_ID_SIZE);
    *out = v.out;
    return YG_OK;
}
