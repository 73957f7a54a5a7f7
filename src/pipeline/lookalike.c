/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/lookalike.h"

#include "base/map.h"
#include "feature/features.h"
#include "pipeline/judge.h"

#include <stdlib.h>

#define REOPENED_MAX ((size_t)1 << 24)
#define OWN_MAX      ((size_t)1 << 22)

/* One audited run. */
struct target {
    uint8_t model[YG_LOOKALIKE_MODELS]
                 [YG_DISTANCE_LEAVES]; /* leaves of the run's alerts */
    size_t models;
    float nearest;
    struct yg_buf found; /* ids */
    struct yg_queue_run group;
    char hex[2 * YG_ID_SIZE + 1];
};

struct search {
    const struct yg_lookalike *ask;
    struct yg_judge *judge;
    uint32_t tenant, trees;
    float row[YG_FEATURES_MAX];
    struct target *target; /* ask->runs */
    struct yg_map own;     /* alert of an audited run -> which of them, from 1 */
    float radius;
};

static uint64_t key_of(const unsigned char id[YG_ID_SIZE])
{
    uint64_t k;

    memcpy(&k, id, sizeof(k));
    return k ? k : 1;
}

static void take_model(struct search *s, const struct yg_corpus_record *r)
{
    const uint64_t *which = yg_map_get(&s->own, key_of(r->id));
    struct target *t = which ? &s->target[*which - 1] : NULL;

    if (t && t->models < YG_LOOKALIKE_MODELS)
        yg_distance_leaves(s->ask->pack->trees, s->row, t->model[t->models++]);
}

static float nearest_of(const struct search *s, const struct target *t,
                        const uint8_t leaf[YG_DISTANCE_LEAVES])
{
    float nearest = 2;

    for (size_t i = 0; i < t->models; i++) {
        float d = yg_distance_between(t->model[i], leaf, s->trees);
        nearest = d < nearest ? d : nearest;
    }
    return nearest;
}

static void add_found(struct target *t, const struct yg_corpus_record *r, float nearest)
{
    struct yg_queue_run *g = &t->group;

    yg_buf_add(&t->found, r->id, YG_ID_SIZE);
    if (g->alerts == 0)
        g->first_ns = g->last_ns = r->facts.time_ns;
    g->first_ns = r->facts.time_ns < g->first_ns ? r->facts.time_ns : g->first_ns;
    g->last_ns = r->facts.time_ns > g->last_ns ? r->facts.time_ns : g->last_ns;
    if (g->alerts++ == 0 || nearest < t->nearest) {
        t->nearest = nearest;
        memcpy(g->worst, r->id, YG_ID_SIZE);
    }
    g->max_risk = r->risk > g->max_risk ? r->risk : g->max_risk;
}

static void compare(struct search *s, const struct yg_corpus_record *r)
{
    uint8_t leaf[YG_DISTANCE_LEAVES];

    if (r->decision != YG_DECISION_CLOSED || yg_map_get(&s->own, key_of(r->id)))
        return;
    yg_distance_leaves(s->ask->pack->trees, s->row, leaf);
    for (size_t i = 0; i < s->ask->runs; i++) {
        float nearest = nearest_of(s, &s->target[i], leaf);
        if (nearest <= s->radius) {
            add_found(&s->target[i], r, nearest);
            return;
        }
    }
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
static enum yg_status put_group(struct yg_store *store, struct target *t,
                                struct yg_err *err)
{
    struct yg_str ids = yg_buf_str(&t->found);
    struct yg_queue_run *g = &t->group;
    enum yg_status st = yg_buf_status(&t->found);

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

/* What is known of audited run `n`: whose, and its alerts. */
static enum yg_status read_target(struct search *s, size_t n, struct yg_arena *arena,
                                  struct yg_err *err)
{
    struct target *t = &s->target[n];
    struct yg_queue_run audited;
    unsigned char(*own)[YG_ID_SIZE];
    size_t count;

    yg_hex(s->ask->run[n], YG_ID_SIZE, t->hex);
    enum yg_status st =
        yg_store_run_get(s->ask->store, yg_str_of(t->hex), arena, &audited, err);
    if (st == YG_OK)
        st = yg_store_run_alerts(s->ask->store, s->ask->run[n], arena, &own, &count, err);
    if (st != YG_OK)
        return st;
    t->group.tenant = audited.tenant;
    t->group.device = audited.device;
    yg_hash_id(YG_STR("recalled"),
               (struct yg_str){ (const char *)s->ask->run[n], YG_ID_SIZE }, t->group.id);
    for (size_t i = 0; i < count; i++) {
        uint64_t *which = yg_map_put(&s->own, key_of(own[i]), NULL);
        if (!which)
            return yg_err_set(err, YG_ENOMEM, "the audited runs have too many alerts");
        *which = n + 1;
    }
    return YG_OK;
}

static enum yg_status search(struct search *s, struct yg_arena *arena, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < s->ask->runs; i++)
        st = read_target(s, i, arena, err);
    if (st == YG_OK)
        st = walk(s, take_model, err);
    if (st == YG_OK)
        st = walk(s, compare, err);
    for (size_t i = 0; st == YG_OK && i < s->ask->runs; i++) {
        struct target *t = &s->target[i];
        struct yg_buf name;
        if (t->group.alerts == 0)
            continue;
        yg_buf_init(&name, 512);
        yg_buf_printf(&name, "(opened again: like the attack %.10s that an audit found)",
                      t->hex);
        t->group.signature = yg_buf_str(&name);
        st = put_group(s->ask->store, t, err);
        yg_buf_fini(&name);
    }
    return st;
}

enum yg_status yg_lookalike_reopen(const struct yg_lookalike *ask,
                                   struct yg_lookalike_found *out, struct yg_err *err)
{
    struct search s = { .ask = ask };
    struct yg_arena arena;

    if (ask->corpus->count != 1 || ask->runs > YG_LOOKALIKE_RUNS)
        return yg_err_set(err, YG_EINVAL, "one tenant at a time, %d runs at most",
                          YG_LOOKALIKE_RUNS);
    s.target = calloc(ask->runs + 1, sizeof(*s.target));
    if (!s.target)
        return yg_err_set(err, YG_ENOMEM, "no memory to look for more like it");
    s.trees = yg_distance_trees(ask->pack->trees);
    s.radius = ask->pack->distance ? yg_distance_radius(ask->pack->distance) : 0;
    yg_map_init(&s.own, OWN_MAX);
    yg_arena_init(&arena, (size_t)1 << 30);
    for (size_t i = 0; i < ask->runs; i++)
        yg_buf_init(&s.target[i].found, REOPENED_MAX * YG_ID_SIZE);
    enum yg_status st = search(&s, &arena, err);
    for (size_t i = 0; i < ask->runs; i++) {
        out[i].reopened = st == YG_OK ? s.target[i].group.alerts : 0;
        memcpy(out[i].group, s.target[i].group.id, YG_ID_SIZE);
        yg_buf_fini(&s.target[i].found);
    }
    yg_arena_fini(&arena);
    yg_map_fini(&s.own);
    free(s.target);
    return st;
}
