/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/history.h"

#include "base/map.h"
#include "feature/history_priv.h"

#include <stdlib.h>

#define SHRINK_RUNS   5.0
#define SHRINK_ALERTS 20.0

#define GAP_NS (1800 * INT64_C(1000000000))
#define CUT_NS (86400 * INT64_C(1000000000))

struct tally {
    uint64_t key, parent; /* parent: key of the signature as a whole */
    uint64_t alerts[YG_LEVEL_COUNT];
    uint64_t verdicts;             /* alerts judged on their own, and groups */
    uint64_t runs[YG_LEVEL_COUNT]; /* closed ones and, under their level so far, open */
};

struct run {
    int64_t first, last;
    enum yg_level level;
};

struct vec {
    void *p;
    size_t n, size;
};

struct yg_history_builder {
    struct yg_map tally_of; /* key to position in tally */
    struct yg_map run_of;   /* signature and entity to position in run */
    struct yg_map groups;   /* tally and group: counted already */
    struct vec tally, run;
};

static void *vec_add(struct vec *v, size_t item)
{
    if (v->n == v->size) {
        size_t size = v->size ? v->size * 2 : 64;
        void *p = realloc(v->p, size * item);
        if (!p)
            return NULL;
        v->p = p;
        v->size = size;
    }
    void *at = (char *)v->p + v->n++ * item;
    memset(at, 0, item);
    return at;
}

enum yg_status yg_history_builder_new(struct yg_history_builder **out)
{
    struct yg_history_builder *b = calloc(1, sizeof(*b));

    if (!b)
        return YG_ENOMEM;
    yg_map_init(&b->tally_of, YG_HISTORY_ENTRIES);
    yg_map_init(&b->run_of, YG_HISTORY_ENTRIES);
    yg_map_init(&b->groups, YG_HISTORY_ENTRIES);
    *out = b;
    return YG_OK;
}

void yg_history_builder_free(struct yg_history_builder *b)
{
    if (!b)
        return;
    yg_map_fini(&b->tally_of);
    yg_map_fini(&b->run_of);
    yg_map_fini(&b->groups);
    free(b->tally.p);
    free(b->run.p);
    free(b);
}

/* The position of `key` in `v`, made if new; SIZE_MAX: no memory or at the cap. A new
 * position is entered into the map only when its item exists. */
static size_t position(struct yg_map *m, struct vec *v, size_t item, uint64_t key,
                       bool *fresh)
{
    uint64_t *have = yg_map_get(m, key);

    *fresh = !have;
    if (have)
        return (size_t)*have;
    if (!vec_add(v, item))
        return SIZE_MAX;
    uint64_t *at = yg_map_put(m, key, NULL);
    if (!at) {
        v->n--;
        return SIZE_MAX;
    }
    *at = v->n - 1;
    return v->n - 1;
}

/* Does an alert at `t` continue the run? Differences are taken so that no hostile pair
 * of times overflows. */
static bool continues(const struct run *r, int64_t t)
{
    return (t <= r->last || (uint64_t)t - (uint64_t)r->last < (uint64_t)GAP_NS) &&
           (t <= r->first || (uint64_t)t - (uint64_t)r->first < (uint64_t)CUT_NS);
}

/* Enter the alert into its run. `*before` = the level the run was counted under, or NONE
 * if this alert opens one; returns the run's level now. */
static enum yg_level join_run(struct run *r, bool fresh, int64_t t, enum yg_level level,
                              enum yg_level *before)
{
    if (fresh || !continues(r, t)) {
        *r = (struct run){ t, t, level };
        *before = YG_LEVEL_NONE;
        return level;
    }
    *before = r->level;
    if (t > r->last)
        r->last = t;
    if (level > r->level)
        r->level = level;
    return r->level;
}

/* Is it a verdict that this tally has not counted? Past the cap none is: a signature is
 * rather new for too long. */
static bool counts(struct yg_history_builder *b, uint64_t key, uint64_t group)
{
    bool fresh = false;

    if (group == 0)
        return true;
    return yg_map_put(&b->groups, yg_hash_pair(key, group), &fresh) && fresh;
}

enum yg_status yg_history_builder_add(struct yg_history_builder *b,
                                      const struct yg_facts *f, enum yg_level level)
{
    return yg_history_builder_add_group(b, f, level, 0);
}

enum yg_status yg_history_builder_add_group(struct yg_history_builder *b,
                                            const struct yg_facts *f, enum yg_level level,
                                            uint64_t group)
{
    uint64_t key[YG_HS_COUNT];
    size_t at[YG_HS_COUNT], run;
    bool fresh, unused;
    enum yg_level before, now;

    YG_ASSERT(level < YG_LEVEL_COUNT);
    yg_history_keys(f, key);
    if (!key[YG_HS_SIGNATURE])
        return YG_OK;
    for (int s = 0; s < YG_HS_COUNT; s++) {
        at[s] = SIZE_MAX;
        if (!key[s])
            continue;
        at[s] = position(&b->tally_of, &b->tally, sizeof(struct tally), key[s], &unused);
        if (at[s] == SIZE_MAX)
            return YG_ELIMIT;
        struct tally *t = (struct tally *)b->tally.p + at[s];
        t->key = key[s];
        t->parent = key[YG_HS_SIGNATURE];
    }
    run = position(&b->run_of, &b->run, sizeof(struct run),
                   yg_hash_pair(key[YG_HS_SIGNATURE], f->key[YG_KEY_ENTITY]), &fresh);
    if (run == SIZE_MAX)
        return YG_ELIMIT;
    now = join_run((struct run *)b->run.p + run, fresh, f->time_ns, level, &before);
    for (int s = 0; s < YG_HS_COUNT; s++) {
        if (at[s] == SIZE_MAX)
            continue;
        struct tally *t = (struct tally *)b->tally.p + at[s];
        t->alerts[level]++;
        t->verdicts += counts(b, key[s], group);
        /* A run may cross roles: each counts it from where it met it. */
        if (before != YG_LEVEL_NONE && t->runs[before] > 0)
            t->runs[before]--;
        t->runs[now]++;
    }
    return YG_OK;
}

/* ---- merge ------------------------------------------------------------------------- */

/* Sums over tenants. Weighted counts are integers in units of 1/UNIT, so that the order
 * of the builders cannot change a sum. */
#define UNIT 1024U

struct merged {
    uint64_t key, parent;
    uint64_t verdicts, all_alerts, all_runs;
    uint64_t alerts[YG_LEVEL_COUNT], runs[YG_LEVEL_COUNT]; /* weighted */
    uint64_t tenants, protected_;
};

struct merge {
    struct yg_map of; /* key to position in item */
    struct vec item;
    size_t tenants;
};

static uint64_t sum_of(const uint64_t *v)
{
    uint64_t sum = 0;

    for (int i = 0; i < YG_LEVEL_COUNT; i++)
        sum += v[i];
    return sum;
}

/* Add one tenant's counts, scaled down to weigh at most `most`. */
static void add_capped(uint64_t *to, const uint64_t *count, uint64_t most)
{
    uint64_t n = sum_of(count);

    for (int i = 0; i < YG_LEVEL_COUNT; i++)
        to[i] += n <= most
                     ? count[i] * UNIT
                     : (uint64_t)((double)count[i] / (double)n * (double)most * UNIT);
}

static enum yg_status merge_builder(struct merge *m, const struct yg_history_builder *b)
{
    for (size_t i = 0; i < b->tally.n; i++) {
        const struct tally *t = (const struct tally *)b->tally.p + i;
        bool fresh;
        size_t at = position(&m->of, &m->item, sizeof(struct merged), t->key, &fresh);
        if (at == SIZE_MAX)
            return YG_ELIMIT;
        struct merged *to = (struct merged *)m->item.p + at;
        to->key = t->key;
        to->parent = t->parent;
        to->verdicts += t->verdicts;
        to->all_alerts += sum_of(t->alerts);
        to->all_runs += sum_of(t->runs);
        add_capped(to->alerts, t->alerts, YG_HISTORY_ALERTS);
        add_capped(to->runs, t->runs, YG_HISTORY_RUNS);
        to->tenants++;
        to->protected_ += t->alerts[YG_LEVEL_L3] + t->alerts[YG_LEVEL_L4] > 0;
    }
    m->tenants++;
    return YG_OK;
}

static double shrunk(uint64_t part, uint64_t all, double k, double towards)
{
    double n = (double)all / UNIT;

    return ((double)part / UNIT + k * towards) / (n + k);
}

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : 0;
}

static uint64_t protected_of(const uint64_t *v)
{
    return v[YG_LEVEL_L3] + v[YG_LEVEL_L4];
}

/* The frozen values of `m`, shrunk towards the counts of `prior`. */
static void freeze(const struct merged *m, const struct merged *prior, size_t tenants,
                   struct yg_history_entry *e)
{
    uint64_t runs = sum_of(m->runs), alerts = sum_of(m->alerts);
    uint64_t all_runs = sum_of(prior->runs);
    double v[YG_HV_COUNT] = {
        [YG_HV_VOLUME] = (double)m->all_alerts / (double)tenants,
        [YG_HV_RUNS] = (double)m->all_runs / (double)tenants,
        [YG_HV_P] = shrunk(protected_of(m->runs), runs, SHRINK_RUNS,
                           share(protected_of(prior->runs), all_runs)),
        [YG_HV_L2] = shrunk(m->runs[YG_LEVEL_L2], runs, SHRINK_RUNS,
                            share(prior->runs[YG_LEVEL_L2], all_runs)),
        [YG_HV_TENANTS] = share(m->protected_, m->tenants),
        [YG_HV_PA] = shrunk(protected_of(m->alerts), alerts, SHRINK_ALERTS,
                            share(protected_of(prior->runs), all_runs)),
        [YG_HV_L2A] = shrunk(m->alerts[YG_LEVEL_L2], alerts, SHRINK_ALERTS,
                             share(prior->runs[YG_LEVEL_L2], all_runs)),
        [YG_HV_WEIGHT_L2] = shrunk(m->alerts[YG_LEVEL_L2], alerts, SHRINK_RUNS, 0),
        [YG_HV_WEIGHT_P] = shrunk(protected_of(m->runs), runs, SHRINK_RUNS, 0),
    };

    e->key = m->key;
    e->verdicts = m->verdicts;
    for (int k = 0; k < YG_HV_COUNT; k++)
        e->v[k] = (float)v[k];
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct merged *)a)->key, y = ((const struct merged *)b)->key;

    return x < y ? -1 : x > y;
}

static void freeze_all(struct merge *m, struct yg_history *h)
{
    const struct merged *item = m->item.p;
    struct merged all = { 0 };

    for (size_t i = 0; i < m->item.n; i++)
        if (item[i].key == item[i].parent)
            for (int l = 0; l < YG_LEVEL_COUNT; l++)
                all.runs[l] += item[i].runs[l];
    for (size_t i = 0; i < m->item.n; i++) {
        /* A role leans on its signature, a signature on all. */
        const struct merged *prior = &all;
        if (item[i].key != item[i].parent)
            prior = bsearch(&(struct merged){ .key = item[i].parent }, item, m->item.n,
                            sizeof(*item), by_key);
        freeze(&item[i], prior ? prior : &all, m->tenants, &h->entry[i]);
    }
}

enum yg_status yg_history_merge(struct yg_history_builder *const *b, size_t n,
                                const bool *exclude, struct yg_history **out)
{
    struct merge m = { 0 };
    struct yg_history *h = NULL;
    enum yg_status st = YG_OK;

    yg_map_init(&m.of, YG_HISTORY_ENTRIES);
    for (size_t i = 0; i < n && st == YG_OK; i++)
        if (!exclude || !exclude[i])
            st = merge_builder(&m, b[i]);
    if (st == YG_OK)
        st = yg_history_alloc(m.item.n, &h);
    if (st == YG_OK)
        h->tenants = (uint32_t)m.tenants;
    if (st == YG_OK && m.item.n) {
        qsort(m.item.p, m.item.n, sizeof(struct merged), by_key);
        freeze_all(&m, h);
        st = yg_history_index(h);
    }
    yg_map_fini(&m.of);
    free(m.item.p);
    if (st == YG_OK)
        *out = h;
    else
        yg_history_free(h);
    return st;
}
