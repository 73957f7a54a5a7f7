/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/judge.h"

#include "base/map.h"
#include "context/context.h"
#include "feature/features.h"
#include "pipeline/guard.h"
#include "pipeline/score.h"
#include "policy/burst.h"
#include "policy/openthreat.h"
#include "thin/rules.h"

#include <stdlib.h>

#define TENANTS_MAX 65536
#define RUNS_OPEN   65536
#define COMPANIONS  65536
#define THREATS     131072

struct tenant {
    struct yg_policy policy;
    char *name;
    size_t name_len;
    struct yg_context *context;
    struct yg_runs *runs;
    struct yg_companions *companions;
    struct yg_bursts *bursts;
    struct yg_openthreats *threats;
};

struct yg_judge {
    const struct yg_modelpack *pack;
    struct yg_guard *guard;
    const struct yg_thin_rules *rules;
    struct yg_policy policy;
    size_t memory;
    struct yg_map by_name; /* hash -> index + 1 */
    struct tenant *tenant;
    uint32_t count, size;
    void (*reopen)(void *arg, const struct yg_companion *a);
    void *reopen_arg;
};

enum yg_status yg_judge_new(const struct yg_modelpack *pack, size_t memory,
                            struct yg_judge **out, struct yg_err *err)
{
    struct yg_judge *j = calloc(1, sizeof(*j));

    if (!j)
        return yg_err_set(err, YG_ENOMEM, "no memory to judge");
    j->pack = pack;
    j->policy = yg_modelpack_policy(pack);
    j->memory = memory ? memory : YG_JUDGE_MEMORY;
    yg_map_init(&j->by_name, TENANTS_MAX);
    *out = j;
    return YG_OK;
}

static struct yg_str name_of(const struct tenant *t)
{
    return (struct yg_str){ t->name, t->name_len };
}

static void tenant_fini(struct tenant *t)
{
    yg_context_free(t->context);
    yg_runs_free(t->runs);
    yg_companions_free(t->companions);
    yg_bursts_free(t->bursts);
    yg_openthreats_free(t->threats);
    free(t->name);
}

void yg_judge_free(struct yg_judge *j)
{
    if (!j)
        return;
    for (uint32_t i = 0; i < j->count; i++)
        tenant_fini(&j->tenant[i]);
    free(j->tenant);
    yg_map_fini(&j->by_name);
    free(j);
}

const struct yg_modelpack *yg_judge_pack(const struct yg_judge *j)
{
    return j->pack;
}

struct yg_policy *yg_judge_policy(struct yg_judge *j)
{
    return &j->policy;
}

const struct yg_policy *yg_judge_policy_of(const struct yg_judge *j, uint32_t tenant)
{
    YG_ASSERT(tenant < j->count);
    return &j->tenant[tenant].policy;
}

void yg_judge_guard(struct yg_judge *j, struct yg_guard *g)
{
    j->guard = g;
}

void yg_judge_rules(struct yg_judge *j, const struct yg_thin_rules *rules)
{
    j->rules = rules;
}

struct yg_guard *yg_judge_guarded(const struct yg_judge *j)
{
    return j->guard;
}

enum yg_status yg_judge_again(struct yg_judge *j, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (uint32_t i = 0; st == YG_OK && j->guard && i < j->count; i++)
        st = yg_guard_policy(j->guard, name_of(&j->tenant[i]), &j->tenant[i].policy, err);
    return st;
}

static enum yg_status name_tenant(struct yg_judge *j, struct tenant *t,
                                  struct yg_str name, struct yg_err *err)
{
    char *copy = malloc(name.n + 1);
    enum yg_status st =
        copy ? YG_OK : yg_err_set(err, YG_ENOMEM, "no memory for a tenant's state");

    t->policy = j->policy;
    if (st == YG_OK && name.n > 0)
        memcpy(copy, name.p, name.n);
    if (st == YG_OK && j->guard)
        st = yg_guard_policy(j->guard, name, &t->policy, err);
    t->name = copy;
    t->name_len = name.n;
    return st;
}

enum yg_status yg_judge_tenant(struct yg_judge *j, struct yg_str name, uint32_t *tenant,
                               struct yg_err *err)
{
    uint64_t *at = yg_map_put(&j->by_name, yg_hash_str(3, name), NULL);

    if (!at)
        return yg_err_set(err, YG_ELIMIT, "more than %d tenants", TENANTS_MAX);
    if (*at > 0) {
        *tenant = (uint32_t)*at - 1;
        return YG_OK;
    }
    if (j->count == j->size) {
        uint32_t size = j->size ? j->size * 2 : 16;
        struct tenant *t = realloc(j->tenant, size * sizeof(*t));
        if (!t)
            return yg_err_set(err, YG_ENOMEM, "no memory for a tenant's state");
        j->tenant = t;
        j->size = size;
    }
    struct tenant *t = &j->tenant[j->count];
    *t = (struct tenant){ .runs = yg_runs_new(RUNS_OPEN),
                          .companions = yg_companions_new(COMPANIONS),
                          .bursts = yg_bursts_new(YG_BURST_SIGNATURES),
                          .threats = yg_openthreats_new(THREATS) };
    enum yg_status st = yg_context_new(j->pack->history, j->memory, &t->context);
    if (!t->runs || !t->companions || !t->bursts || !t->threats || st != YG_OK) {
        yg_runs_free(t->runs);
        yg_companions_free(t->companions);
        yg_bursts_free(t->bursts);
        yg_openthreats_free(t->threats);
        if (st == YG_OK)
            yg_context_free(t->context);
        return yg_err_set(err, YG_ENOMEM, "no memory for a tenant's state");
    }
    st = name_tenant(j, t, name, err);
    if (st != YG_OK) {
        tenant_fini(t);
        return st;
    }
    *at = ++j->count;
    *tenant = j->count - 1;
    return YG_OK;
}

void yg_judge_see(struct yg_judge *j, uint32_t tenant, const struct yg_facts *facts,
                  float *row)
{
    YG_ASSERT(tenant < j->count);
    if (row)
        yg_context_row(j->tenant[tenant].context, facts, row);
    else
        yg_context_see(j->tenant[tenant].context, facts);
}

void yg_judge_ahead(const struct yg_judge *j, uint32_t tenant,
                    const struct yg_facts *facts, uint32_t at, uint32_t n)
{
    YG_ASSERT(tenant < j->count);
    /* The lines of the sets first; those of the entries when the sets are there. */
    yg_context_ahead(j->tenant[tenant].context, at + 8 < n ? &facts[at + 8] : NULL,
                     at + 4 < n ? &facts[at + 4] : NULL);
}

static struct yg_companion companion_of(const struct yg_facts *f,
                                        const unsigned char id[YG_ID_SIZE],
                                        const struct yg_run *run)
{
    struct yg_companion c = { .time_ns = f->time_ns,
                              .address = { f->key[YG_KEY_SOURCE],
                                           f->key[YG_KEY_DESTINATION],
                                           f->key[YG_KEY_HOST] } };

    memcpy(c.id, id, YG_ID_SIZE);
    memcpy(c.run, run->id, YG_ID_SIZE);
    return c;
}

static bool is_grave(unsigned predicted)
{
    return predicted < YG_LEVEL_COUNT && predicted >= YG_LEVEL_L3;
}

void yg_judge_threat(struct yg_judge *j, uint32_t tenant, const struct yg_facts *f,
                     int64_t judged_ns)
{
    const uint64_t address[YG_JUDGED_ADDRESSES] = { f->key[YG_KEY_SOURCE],
                                                    f->key[YG_KEY_DESTINATION],
                                                    f->key[YG_KEY_HOST] };
    struct yg_openthreats *o = j->tenant[tenant].threats;

    yg_openthreats_add(o, address, f->time_ns);
    if (judged_ns > f->time_ns)
        yg_openthreats_add(o, address, judged_ns);
}

void yg_judge_replay(struct yg_judge *j, uint32_t tenant, const struct yg_past_event *e)
{
    struct tenant *t = &j->tenant[tenant];
    const struct yg_facts *f = e->facts;

    if (f->kind == YG_KIND_CONTEXT) {
        yg_context_see(t->context, f);
        return;
    }
    yg_context_count(t->context, f);
    if (is_grave(e->level))
        yg_judge_threat(j, tenant, f, e->judged_ns);
    struct yg_run run = yg_runs_add(t->runs, f->key[YG_KEY_ENTITY],
                                    f->key[YG_KEY_SIGNATURE], f->time_ns, e->id);
    struct yg_companion c = companion_of(f, e->id, &run);
    c.risk = e->risk;
    c.predicted = e->predicted;
    /* The graver one has opened it then, whichever comes first here: nobody is told
     * twice. */
    bool closed =
        yg_decision_closes(e->decision) && !yg_companions_held(t->companions, &c);
    c.shadow = e->decision != YG_DECISION_CLOSED;
    yg_companions_add(t->companions, &c, is_grave(e->predicted), closed, NULL, NULL);
    if (yg_decision_closes(e->decision))
        (void)yg_bursts_hold(t->bursts, f->key[YG_KEY_SIGNATURE], f->time_ns);
}

void yg_judge_score(const void *model, struct yg_slot *slot)
{
    const struct yg_modelpack *m = model;
    uint32_t n = slot->rows < YG_BATCH_MAX ? slot->rows : YG_BATCH_MAX;

    yg_score_rows(m->trees, &m->calibration, slot->row, n, YG_FEATURES_MAX, slot->score);
    yg_modelpack_distances(m, slot->row, n, YG_FEATURES_MAX, slot->score, slot->distance);
}

struct yg_run yg_judge_run(struct yg_judge *j, uint32_t tenant,
                           const struct yg_facts *facts,
                           const unsigned char id[YG_ID_SIZE])
{
    return yg_runs_add(j->tenant[tenant].runs, facts->key[YG_KEY_ENTITY],
                       facts->key[YG_KEY_SIGNATURE], facts->time_ns, id);
}

void yg_judge_on_reopen(struct yg_judge *j,
                        void (*open)(void *arg, const struct yg_companion *a), void *arg)
{
    j->reopen = open;
    j->reopen_arg = arg;
}

/* It names a conversation, and this of it is not there. */
static bool missing(const struct yg_facts *f, enum yg_input_bit input)
{
    return f->kind == YG_KIND_ALERT && (f->input & YG_INPUT_ENDS) && !(f->input & input);
}

/* The coin: a run that it draws stays open as a whole. When the guard fails, all stays
 * open; its owner learns why at the next commit. */
static void ask_guard(struct yg_judge *j, const struct tenant *t,
                      const struct yg_judge_alert *a, struct yg_judgement *out)
{
    const struct yg_guard_alert alert = {
        .tenant = name_of(t),
        .run = &out->run,
        .id = a->id,
        .entity = a->facts->key[YG_KEY_ENTITY],
        .time_ns = a->facts->time_ns,
        .risk = a->score->risk,
        .device = a->facts->device,
        .predicted = a->score->predicted,
        .close = out->decision.close,
        .armed = out->decision.mode == YG_MODE_ARMED,
        .apart = out->decision.by_rule && !out->in.rule_proved,
    };
    enum yg_guard_draw draw = YG_DRAW_NONE;

    out->in.drawn =
        yg_guard_see(j->guard, &alert, &draw, NULL) != YG_OK || draw != YG_DRAW_NONE;
    out->draw = (uint8_t)draw;
    if (out->run.fresh)
        yg_guard_drift(j->guard, name_of(t), a->facts->device, a->score, a->distance,
                       out->run.id);
    if (out->in.drawn)
        out->decision = yg_decide(&t->policy, &out->in);
}

/* What an operator's rule asks for. A number that a worker made up is none. */
static void take_rule(const struct yg_judge *j, const struct tenant *t, uint16_t rule,
                      struct yg_decide_in *in)
{
    if (j->rules && rule > j->rules->count)
        return;
    in->rule = rule;
    if (!j->rules || rule == 0)
        return;
    in->rule_says = j->rules->rule[rule - 1].says;
    in->rule_proved = j->guard && yg_guard_proves(j->guard, name_of(t), rule - 1U);
}

void yg_judge_decide(struct yg_judge *j, uint32_t tenant, const struct yg_judge_alert *a,
                     struct yg_judgement *out)
{
    struct tenant *t = &j->tenant[tenant];
    uint64_t verdicts =
        yg_history_verdicts(j->pack->history, a->facts->key[YG_KEY_SIGNATURE]);

    out->run = a->run ? *a->run : yg_judge_run(j, tenant, a->facts, a->id);
    struct yg_companion c = companion_of(a->facts, a->id, &out->run);
    c.mark = a->mark;
    c.risk = a->score->risk;
    c.predicted = a->score->predicted;
    out->in = (struct yg_decide_in){
        .risk = a->score->risk,
        .signature_verdicts = verdicts < UINT32_MAX ? (uint32_t)verdicts : UINT32_MAX,
        .distance = a->distance,
        .device = a->facts->device,
        .kind = a->facts->kind,
        .reason = a->facts->reason,
        .scored = true,
        .companion = yg_companions_held(t->companions, &c),
        .calibrated = true,
        .open_threat = yg_openthreats_near(t->threats, c.address, c.time_ns),
        .no_packets = missing(a->facts, YG_INPUT_PACKETS),
        .no_bytes = missing(a->facts, YG_INPUT_BYTES),
        .listed = a->facts->listed,
        .predicted = a->score->predicted,
    };
    take_rule(j, t, a->facts->rule[0], &out->in);
    out->tenant = tenant;
    out->score = *a->score;
    out->decision = yg_decide(&t->policy, &out->in);
    if (out->decision.close && /* only what would close counts */
        yg_bursts_hold(t->bursts, a->facts->key[YG_KEY_SIGNATURE], a->facts->time_ns)) {
        out->in.burst = true;
        out->decision = yg_decide(&t->policy, &out->in);
    }
    out->draw = YG_DRAW_NONE;
    if (j->guard)
        ask_guard(j, t, a, out);
    out->closed = out->decision.close && out->decision.mode == YG_MODE_ARMED;
    c.shadow = !out->closed;
    bool gated = (t->policy.not_evaluated & YG_GATE_BIT(COMPANION)) == 0;
    yg_companions_add(t->companions, &c, gated && is_grave(c.predicted),
                      out->decision.close, j->reopen, j->reopen_arg);
}
