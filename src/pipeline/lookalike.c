/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/lookalike.h"

#include "feature/features.h"
#include "pipeline/judge.h"

#include <stdlib.h>

#define REOPENED_MAX ((size_t)1 << 24)

struct search {
    const struct yg_lookalike *ask;
    struct yg_judge *judge;
    uint32_t tenant, trees;
    float row[YG_FEATURES_MAX];
    uint8_t model[YG_LOOKALIKE_MODELS]
                 [YG_DISTANCE_LEAVES]; /* leaves of the run's alerts */
    size_t models;
    unsigned char (*own)[YG_ID_SIZE]; /* ids of the run's alerts */
    size_t own_count;
    float radius, nearest;
    struct yg_buf found; /* ids */
    struct yg_queue_run group;
};

static bool is_own(const struct search *s, const unsigned char id[YG_ID_SIZE])
{
    for (size_t i = 0; i < s->own_count; i++)
        if (memcmp(s->own[i], id, YG_ID_SIZE) == 0)
            return true;
    return false;
}

static void take_model(struct search *s, const struct yg_corpus_record *r)
{
    if (s->models < YG_LOOKALIKE_MODELS && is_own(s, r->id))
        yg_distance_leaves(s->ask->pack->trees, s->row, s->model[s->models++]);
}

static void compare(struct search *s, const struct yg_corpus_record *r)
{
    uint8_t leaf[YG_DISTANCE_LEAVES];
    struct yg_queue_run *g = &s->group;
    float nearest = 2;

    if (r->decision != YG_DECISION_CLOSED || is_own(s, r->id))
        return;
    yg_distance_leaves(s->ask->pack->trees, s->row, leaf);
    for (size_t i = 0; i < s->models; i++) {
        float d = yg_distance_between(s->model[i], leaf, s->trees);
        nearest = d < nearest ? d : nearest;
    }
    if (nearest > s->radius)
        return;
    yg_buf_add(&s->found, r->id, YG_ID_SIZE);
    if (g->alerts == 0)
        g->first_ns = g->last_ns = r->facts.time_ns;
    g->first_ns = r->facts.time_ns < g->first_ns ? r->facts.time_ns : g->first_ns;
    g->last_ns = r->facts.time_ns > g->last_ns ? r->facts.time_ns : g->last_ns;
    if (g->alerts++ == 0 || nearest < s->nearest) {
        s->nearest = nearest;
        memcpy(g->worst, r->id, YG_ID_SIZE);
    }
    g->max_risk = r->risk > g->max_risk ? r->risk : g->max_risk;
}

/* The tenant's history in order, with the row of every alert as triage saw it. */
static enum yg_status
walk(struct search *s, void (*each)(struct search *s, const struct yg_corpus_record *r),
     struct yg_err *err)
{
    const struct yg_corpus_tenant *t = &s->ask->corpus->tenant[0];
    enum yg_status st = yg_judge_new(s->ask->pack, 0, &s->judge, err);

    if (st == YG_OK)
        st = yg_judge_tenant(s->judge, t->name, &s->tenant, err);
    for (size_t i = 0; st == YG_OK && i < t->count; i++) {
        const struct yg_corpus_record *r = &t->record[i];
        bool alert = r->facts.kind != YG_KIND_CONTEXT;
        yg_judge_see(s->judge, s->tenant, &r->facts, alert ? s->row : NULL);
        if (alert)
            each(s, r);
    }
    yg_judge_free(s->judge);
    s->judge = NULL;
    return st;
}

/* One run of the queue for all that was found. */
static enum yg_status put_group(struct search *s, struct yg_err *err)
{
    struct yg_str ids = yg_buf_str(&s->found);
    struct yg_queue_run *g = &s->group;
    struct yg_store *store = s->ask->store;
    enum yg_status st = yg_buf_status(&s->found);

    if (st != YG_OK)
        return yg_err_set(err, st, "too many alerts resemble it");
    g->open = g->alerts;
    g->gates = YG_GATE_BIT(RECALLED);
    g->predicted = YG_LEVEL_L3;
    g->verdict = YG_LEVEL_NONE;
    for (size_t i = 0; st == YG_OK && i < ids.n; i += YG_ID_SIZE)
        st = yg_store_reopen(store, g->tenant, (const unsigned char *)ids.p + i,
                             YG_GATE_BIT(RECALLED), true, err);
    if (st == YG_OK)
        st = yg_store_run_put(store, g, err);
    if (st == YG_OK)
        st = yg_store_run_add(store, g->id, (const unsigned char *)ids.p,
                              ids.n / YG_ID_SIZE, err);
    return st;
}

static enum yg_status search(struct search *s, struct yg_arena *arena, struct yg_err *err)
{
    const struct yg_lookalike *ask = s->ask;
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_queue_run audited;

    yg_hex(ask->run, YG_ID_SIZE, hex);
    enum yg_status st =
        yg_store_run_get(ask->store, yg_str_of(hex), arena, &audited, err);
    if (st == YG_OK)
        st =
            yg_store_run_alerts(ask->store, ask->run, arena, &s->own, &s->own_count, err);
    if (st == YG_OK)
        st = walk(s, take_model, err);
    if (st == YG_OK && s->models > 0)
        st = walk(s, compare, err);
    if (st != YG_OK || s->group.alerts == 0)
        return st;
    struct yg_buf name;
    yg_buf_init(&name, 512);
    yg_buf_printf(&name, "(opened again: like the attack %.10s that an audit found)",
                  hex);
    s->group.tenant = audited.tenant;
    s->group.device = audited.device;
    s->group.signature = yg_buf_str(&name);
    yg_hash_id(YG_STR("recalled"), (struct yg_str){ (const char *)ask->run, YG_ID_SIZE },
               s->group.id);
    st = put_group(s, err);
    yg_buf_fini(&name);
    return st;
}

enum yg_status yg_lookalike_reopen(const struct yg_lookalike *ask, uint64_t *reopened,
                                   unsigned char group[YG_ID_SIZE], struct yg_err *err)
{
    struct search *s = calloc(1, sizeof(*s));
    struct yg_arena arena;

    if (!s)
        return yg_err_set(err, YG_ENOMEM, "no memory to look for more like it");
    s->ask = ask;
    s->trees = yg_distance_trees(ask->pack->trees);
    s->radius = ask->pack->distance ? yg_distance_radius(ask->pack->distance) : 0;
    yg_buf_init(&s->found, REOPENED_MAX * YG_ID_SIZE);
    yg_arena_init(&arena, (size_t)1 << 30);
    enum yg_status st = ask->corpus->count == 1
                            ? search(s, &arena, err)
                            : yg_err_set(err, YG_EINVAL, "one tenant at a time");
    if (st == YG_OK) {
        *reopened = s->group.alerts;
        memcpy(group, s->group.id, YG_ID_SIZE);
    }
    yg_arena_fini(&arena);
    yg_buf_fini(&s->found);
    free(s);
    return st;
}
