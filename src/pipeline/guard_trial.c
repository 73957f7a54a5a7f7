/* SPDX-License-Identifier: Apache-2.0 */
/* The part of guard.h that draws runs afterwards, for a first certificate. */
#include "pipeline/evaluate.h"
#include "pipeline/guard_priv.h"
#include "policy/threat.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ALERTS 8 /* of a run: one of these gave it its name */

/* One run of the days in shadow. */
struct lot {
    unsigned char id[YG_ID_SIZE]; /* of its first alerts, until triage's name is known */
    uint32_t tenant;
    uint64_t entity, number;
    int64_t first_ns, last_ns;
    uint32_t close_risk, top_risk;
    uint32_t alerts, judged;
    uint8_t device, predicted;
    bool known; /* to triage */
};

struct draw {
    struct yg_guard *g;
    const struct yg_guard_trial_ask *ask;
    struct yg_arena arena;
    struct lot *lot;
    struct yg_trial_run *run;
    size_t n;
    struct yg_map by_id; /* hash of a run's id -> its lot */
};

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "no memory for the trial");
}

static uint64_t key_of(const unsigned char id[YG_ID_SIZE])
{
    return yg_hash_str(1, (struct yg_str){ (const char *)id, YG_ID_SIZE });
}

/* A policy that closes makes its own draws; what it closed cannot be drawn any more. */
static enum yg_status in_shadow(struct yg_guard *g, struct yg_err *err)
{
    struct yg_order *o = NULL;
    struct yg_arena arena;
    size_t n = 0;
    bool armed = false;

    yg_arena_init(&arena, (size_t)1 << 30);
    enum yg_status st = yg_ledger_orders(g->opt.store, YG_STR_NONE, &arena, &o, &n, err);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        armed |= o[i].kind == YG_ORDER_ARM;
    yg_arena_fini(&arena);
    if (st == YG_OK && armed)
        st = yg_err_set(err, YG_EINVAL,
                        "a policy was armed: its audits are drawn as alerts come in, a "
                        "trial is for the days before");
    return st;
}

static void add(struct lot *l, const struct yg_judged *a,
                const struct yg_corpus_record *r)
{
    if (l->alerts == 0) {
        l->entity = a->entity;
        l->first_ns = l->last_ns = a->time_ns;
        l->device = a->device;
        l->predicted = a->predicted;
        l->close_risk = YG_RISK_MAX;
        memcpy(l->id, r->id, YG_ID_SIZE);
    }
    l->alerts++;
    l->judged += yg_judged_is(a) && !a->trains;
    if (a->time_ns < l->first_ns)
        l->first_ns = a->time_ns;
    if (a->time_ns > l->last_ns)
        l->last_ns = a->time_ns;
    if (yg_judged_risk(a) < l->close_risk)
        l->close_risk = yg_judged_risk(a);
    if (a->risk > l->top_risk)
        l->top_risk = a->risk;
}

/* The name that triage gave it: that of the alert that came first, which is one of the
 * first in order of time. */
static enum yg_status name(struct draw *d, struct lot *l, const unsigned char *id,
                           struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_queue_run run;
    struct yg_err none = { 0 };

    yg_hex(id, YG_ID_SIZE, hex);
    enum yg_status st =
        yg_store_run_get(d->g->opt.store, yg_str_of(hex), &d->arena, &run, &none);
    if (st == YG_ENOTFOUND)
        return YG_OK;
    if (st != YG_OK) {
        *err = none;
        return st;
    }
    memcpy(l->id, run.id, YG_ID_SIZE);
    l->known = true;
    return YG_OK;
}

/* The runs of tenant `t` after the lots that there are. */
static enum yg_status collect(struct draw *d, uint32_t t, struct yg_err *err)
{
    const struct yg_corpus_tenant *ten = &d->ask->corpus->tenant[t];
    const struct yg_judged_list *rows = &d->ask->rows[t];
    enum yg_status st = YG_OK;
    struct yg_map at; /* run -> its lot + 1 */
    size_t record = 0;

    yg_map_init(&at, rows->n + 1);
    for (size_t i = 0; st == YG_OK && i < rows->n; i++, record++) {
        while (ten->record[record].facts.kind == YG_KIND_CONTEXT)
            record++;
        uint64_t *place = yg_map_put(&at, rows->a[i].run + 1, NULL);
        if (!place)
            st = no_memory(err);
        if (st != YG_OK)
            break;
        if (*place == 0) {
            *place = ++d->n;
            d->lot[*place - 1] = (struct lot){ .tenant = t, .number = rows->a[i].run };
        }
        struct lot *l = &d->lot[*place - 1];
        add(l, &rows->a[i], &ten->record[record]);
        if (!l->known && l->alerts <= FIRST_ALERTS)
            st = name(d, l, ten->record[record].id, err);
    }
    yg_map_fini(&at);
    return st;
}

/* What the coin of triage made of it. A verdict that people chose to give settles a run
 * that was never tossed for: it is known for sure, and counts once. Of one that triage
 * tossed for only draws may speak, or what was judged would decide what counts. */
static enum yg_status past(struct draw *d, const struct lot *l, struct yg_trial_run *r,
                           struct yg_err *err)
{
    struct yg_store *store = d->g->opt.store;
    struct yg_toss *toss = NULL;
    struct yg_audit a;
    struct yg_err none = { 0 };
    size_t n = 0;
    bool again = false;
    enum yg_status st = yg_ledger_tosses(store, l->id, &d->arena, &toss, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++) {
        again |= toss[i].kind == YG_COIN_TRIAL;
        if (toss[i].kind == YG_COIN_AUDIT)
            r->before = toss[i].rate;
    }
    r->settled = again || (l->judged == l->alerts && r->before == 0);
    if (st == YG_OK)
        st = yg_ledger_audit_get(store, l->id, &d->arena, &a, &none);
    if (st == YG_ENOTFOUND)
        return YG_OK;
    if (st != YG_OK) {
        if (none.status != YG_OK)
            *err = none;
        return st;
    }
    r->drawn = a.kind == YG_AUDIT_COIN;
    r->settled |= !r->drawn; /* a decoy is judged anyway */
    return YG_OK;
}

/* Lots that began after the training and that triage knows, as the draw wants them. Of
 * two with one name the first stands for both. */
static enum yg_status enter(struct draw *d, struct yg_guard_trial *out,
                            struct yg_err *err)
{
    int64_t cut = d->g->opt.pack->trained_until_ns;
    enum yg_status st = YG_OK;
    size_t n = 0;

    for (size_t i = 0; st == YG_OK && i < d->n; i++) {
        const struct lot *l = &d->lot[i];
        bool fresh = false;
        if (l->first_ns <= cut)
            continue;
        out->runs++;
        out->untriaged += !l->known;
        uint64_t *at = l->known ? yg_map_put(&d->by_id, key_of(l->id), &fresh) : NULL;
        if (l->known && !at)
            st = no_memory(err);
        if (!fresh || st != YG_OK)
            continue;
        *at = i;
        struct yg_trial_run *r = &d->run[n++];
        *r = (struct yg_trial_run){ .cluster = yg_cluster_of(l->tenant, l->entity,
                                                             l->number, l->first_ns),
                                    .close_risk = l->close_risk,
                                    .top_risk = l->top_risk };
        memcpy(r->id, l->id, YG_ID_SIZE);
        st = past(d, l, r, err);
    }
    d->n = n;
    return st;
}

static uint64_t entity_of(const struct lot *l)
{
    return yg_cluster_of(0, l->entity, key_of(l->id), l->first_ns);
}

static int64_t end_of(const struct lot *l, int64_t now)
{
    int64_t gap = l->last_ns + YG_RUN_GAP_NS, span = l->first_ns + YG_RUN_SPAN_NS,
            most = now + YG_RUN_SPAN_NS;

    gap = gap < span ? gap : span;
    return gap < most ? gap : most;
}

static enum yg_status put_audit(struct draw *d, const struct lot *l,
                                const struct yg_trial_run *r, struct yg_err *err)
{
    int64_t now = yg_clock_now(d->g->opt.clock);
    struct yg_audit x = { .tenant = d->ask->corpus->tenant[l->tenant].name,
                          .rate = r->rate,
                          .entity = entity_of(l),
                          .drawn_ns = now,
                          .ends_ns = end_of(l, now),
                          .risk = l->close_risk,
                          .kind = YG_AUDIT_TRIAL,
                          .state = YG_AUDIT_WAITS,
                          .device = l->device,
                          .level = YG_LEVEL_NONE,
                          .predicted = l->predicted,
                          .truth = YG_LEVEL_NONE,
                          .second = YG_LEVEL_NONE,
                          .first = YG_LEVEL_NONE,
                          .worst = YG_LEVEL_NONE };

    memcpy(x.run, l->id, YG_ID_SIZE);
    memcpy(x.alert, l->id, YG_ID_SIZE);
    return yg_ledger_audit_put(d->g->opt.store, &x, err);
}

static enum yg_status put(struct draw *d, uint32_t tau, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < d->n; i++) {
        const struct yg_trial_run *r = &d->run[i];
        const struct lot *l = &d->lot[*yg_map_get(&d->by_id, key_of(r->id))];
        if (r->tossed && r->close_risk < tau) {
            struct yg_toss toss = { .tenant = d->ask->corpus->tenant[l->tenant].name,
                                    .cluster = entity_of(l),
                                    .rate = r->rate,
                                    .at_ns = yg_clock_now(d->g->opt.clock),
                                    .kind = YG_COIN_TRIAL,
                                    .device = l->device };
            memcpy(toss.run, r->id, YG_ID_SIZE);
            st = yg_ledger_tosses_put(d->g->opt.store, &toss, 1, err);
        }
        if (st == YG_OK && (r->audit || r->decoy))
            st = put_audit(d, l, r, err);
    }
    return st;
}

static enum yg_status draw(struct draw *d, struct yg_guard_trial *out, struct yg_err *err)
{
    const struct yg_modelpack *m = d->g->opt.pack;
    const struct yg_guard_trial_ask *ask = d->ask;
    struct yg_trial_ask how = { m->grid,     m->grid_count, ask->audits,
                                ask->decoys, ask->rate,     &d->g->coin };
    enum yg_status st = YG_OK;

    for (uint32_t t = 0; st == YG_OK && t < ask->corpus->count; t++)
        st = collect(d, t, err);
    if (st == YG_OK)
        st = enter(d, out, err);
    if (st != YG_OK)
        return st;
    st = yg_trial_draw(d->run, d->n, &how, &out->drawn);
    if (st != YG_OK)
        return yg_err_set(err, st, "one run in 1 to 200 can be drawn");
    return put(d, out->drawn.tau, err);
}

enum yg_status yg_guard_trial(struct yg_guard *g, const struct yg_guard_trial_ask *ask,
                              struct yg_guard_trial *out, struct yg_err *err)
{
    struct draw d = { .g = g, .ask = ask };
    size_t alerts = 0;

    *out = (struct yg_guard_trial){ .runs = 0 };
    if (!g->tosses || !g->opt.pack)
        return yg_err_set(err, YG_EINVAL,
                          "nothing is drawn without a model and the store's secret");
    enum yg_status st = in_shadow(g, err);
    if (st != YG_OK)
        return st;
    for (size_t t = 0; t < ask->corpus->count; t++)
        alerts += ask->rows[t].n;
    yg_arena_init(&d.arena, (size_t)4 << 30);
    yg_map_init(&d.by_id, alerts + 1);
    d.lot = calloc(alerts + 1, sizeof(*d.lot));
    d.run = calloc(alerts + 1, sizeof(*d.run));
    st = d.lot && d.run ? draw(&d, out, err) : no_memory(err);
    if (st == YG_OK && out->drawn.tau == 0 && out->drawn.decoys == 0)
        st =
            yg_err_set(err, YG_EINVAL,
                       "%llu runs began after the training, of %llu of them triage knows "
                       "nothing; there is nothing to draw from",
                       (unsigned long long)out->runs, (unsigned long long)out->untriaged);
    yg_map_fini(&d.by_id);
    yg_arena_fini(&d.arena);
    free(d.lot);
    free(d.run);
    return st;
}
