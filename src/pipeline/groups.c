/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/groups.h"

#include "base/risk.h"
#include "pipeline/groups_priv.h"

#include <stdlib.h>

#define NO_SLOT UINT32_MAX
#define BAR     20 /* human verdicts a signature needs, where no model says (gates.def) */
#define DAY_NS  (INT64_C(86400) * 1000000000)

/* Counts of a signature, in alerts. VERDICTS as the gate for new signatures counts them:
 * alerts judged on their own, and one for all that a group's answer settled. CLOSABLE: of
 * runs that are not predicted L3 or L4. */
enum tally { CLOSABLE = 1, VERDICTS, WANTED, SETTLED };

/* A slot is what may become a question: a group, or a run that was drawn. */
struct work {
    const struct yg_groups_ask *ask;
    const struct yg_corpus_tenant *ten;
    struct yg_looks looks;
    struct yg_map chain;     /* signature and shape -> its latest group + 1 */
    struct yg_map signature; /* what is counted of each: enum tally */
    struct bunch {
        uint32_t leader, next, length; /* next: group + 1; length: of the chain */
        uint64_t judged;               /* runs with a verdict */
    } * bunch;
    uint32_t bunches, drawn_end, slots; /* slots: groups, drawn runs, wanted runs */
    uint32_t *slot;                     /* by run */
    uint32_t *order;                    /* runs by slot */
    size_t *start;                      /* by slot, into order; one more at the end */
    struct yg_group *v;
    uint32_t *member;
};

static void work_fini(struct work *w)
{
    yg_looks_fini(&w->looks);
    yg_map_fini(&w->chain);
    yg_map_fini(&w->signature);
    free(w->bunch);
    free(w->slot);
    free(w->order);
    free(w->start);
    free(w->v);
    free(w->member);
}

static float apart(const struct work *w, uint32_t a, uint32_t b)
{
    return yg_distance_between(w->looks.v[a].leaf, w->looks.v[b].leaf, w->looks.width);
}

/* The group whose first run looks like this one, in the order in which they were met;
 * else a new one. What finds no place in a full chain is a group of its own. */
static enum yg_status join(struct work *w, uint32_t run)
{
    struct yg_look *l = &w->looks.v[run];
    uint64_t *last = yg_map_put(&w->chain, yg_hash_pair(l->signature, l->shape), NULL);
    uint32_t length = 0;

    if (!last)
        return YG_ENOMEM;
    for (uint64_t at = *last; at > 0; at = w->bunch[at - 1].next) {
        if (length == 0)
            length = w->bunch[at - 1].length;
        if (!w->ask->pack || apart(w, w->bunch[at - 1].leader, run) <= YG_GROUPS_ALIKE) {
            l->group = (uint32_t)at - 1;
            return YG_OK;
        }
    }
    l->group = w->bunches;
    w->bunch[w->bunches] = (struct bunch){ .leader = run, .length = length + 1 };
    if (length < YG_GROUPS_LEADERS) {
        w->bunch[w->bunches].next = (uint32_t)*last;
        *last = w->bunches + 1;
    }
    w->bunches++;
    return YG_OK;
}

static enum yg_status form(struct work *w)
{
    enum yg_status st = YG_OK;

    w->bunch = calloc(w->looks.n + 1, sizeof(*w->bunch));
    if (!w->bunch)
        return YG_ENOMEM;
    for (uint32_t r = 0; st == YG_OK && r < w->looks.n; r++) {
        st = join(w, r);
        if (st == YG_OK)
            w->bunch[w->looks.v[r].group].judged +=
                w->looks.v[r].alerts > w->looks.v[r].unjudged;
    }
    return st;
}

struct draw {
    uint64_t key;
    uint32_t run;
};

static int by_key(const void *x, const void *y)
{
    const struct draw *a = x, *b = y;

    return a->key != b->key ? (a->key < b->key ? -1 : 1) : (a->run < b->run ? -1 : 1);
}

static uint64_t draw_key(const struct work *w, const unsigned char id[YG_ID_SIZE])
{
    struct yg_str s = { (const char *)id, YG_ID_SIZE };

    return yg_hash_pair(yg_hash_str(0x6472, s), w->ask->seed);
}

static uint64_t tallied(const struct work *w, uint64_t signature, enum tally what)
{
    const uint64_t *n = yg_map_get(&w->signature, yg_hash_pair(signature, what));

    return n ? *n : 0;
}

static enum yg_status tally(struct work *w, uint64_t signature, enum tally what,
                            uint64_t by)
{
    uint64_t *n = yg_map_put(&w->signature, yg_hash_pair(signature, what), NULL);

    if (!n)
        return YG_ENOMEM;
    *n += by;
    return YG_OK;
}

static enum yg_status tally_all(struct work *w)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < w->ten->count; i++) {
        const struct yg_corpus_record *r = &w->ten->record[i];
        uint64_t sig = r->facts.key[YG_KEY_SIGNATURE];
        bool counts = r->level < YG_LEVEL_COUNT;
        if (w->looks.of[i] == YG_NO_RUN)
            continue;
        uint8_t predicted = w->looks.v[w->looks.of[i]].predicted;
        st = tally(w, sig, CLOSABLE,
                   predicted >= YG_LEVEL_COUNT || predicted < YG_LEVEL_L3);
        if (counts && r->trains &&
            !yg_map_put(&w->signature,
                        yg_hash_pair(yg_hash_pair(sig, SETTLED), (uint64_t)r->judged_ns),
                        &counts))
            st = YG_ENOMEM;
        if (st == YG_OK && counts)
            st = tally(w, sig, VERDICTS, 1);
    }
    return st;
}

static uint64_t bar_of(const struct work *w)
{
    const struct yg_modelpack *m = w->ask->pack;

    return m && m->signature_bar ? m->signature_bar : BAR;
}

/* Verdicts that the signature still needs before any of its alerts may be closed. */
static uint64_t missing(const struct work *w, uint64_t signature)
{
    const struct yg_modelpack *m = w->ask->pack;
    uint64_t n = tallied(w, signature, VERDICTS);
    uint64_t learned = m ? yg_history_verdicts(m->history, signature) : 0;

    n = learned > n ? learned : n;
    return n < bar_of(w) ? bar_of(w) - n : 0;
}

/* Each run that lacks a verdict of its own and comes early enough in the order of the
 * hash gets a slot of its own, behind those of the groups; then, in that order, runs that
 * only a group's answer speaks for, as many as their signature lacks verdicts. */
static enum yg_status draw(struct work *w, size_t most)
{
    struct draw *d = malloc((w->looks.n + 1) * sizeof(*d));
    enum yg_status st = d ? YG_OK : YG_ENOMEM;
    size_t n = 0;

    for (uint32_t r = 0; d && r < w->looks.n; r++) {
        const struct yg_look *l = &w->looks.v[r];
        if (l->not_own > 0 && !l->aside)
            d[n++] = (struct draw){ draw_key(w, l->id), r };
    }
    if (n > 0)
        qsort(d, n, sizeof(*d), by_key);
    for (size_t i = 0; i < n && i < most; i++)
        w->slot[d[i].run] = w->slots++;
    w->drawn_end = w->slots;
    for (size_t i = most; st == YG_OK && w->ask->want > 0 && i < n; i++) {
        const struct yg_look *l = &w->looks.v[d[i].run];
        if (l->unjudged > 0 ||
            tallied(w, l->signature, WANTED) >= missing(w, l->signature))
            continue;
        w->slot[d[i].run] = w->slots++;
        st = tally(w, l->signature, WANTED, l->not_own);
    }
    free(d);
    return st;
}

/* Which run goes where. */
static enum yg_status deal(struct work *w)
{
    const struct yg_groups_ask *ask = w->ask;
    enum yg_status st = YG_OK;

    w->slot = malloc((w->looks.n + 1) * sizeof(*w->slot));
    if (!w->slot)
        return YG_ENOMEM;
    for (size_t r = 0; r < w->looks.n; r++)
        w->slot[r] = NO_SLOT;
    w->slots = w->drawn_end = ask->plain ? 0 : w->bunches;
    if (!ask->plain)
        st = tally_all(w);
    if (!ask->plain && st == YG_OK)
        st = draw(w, ask->want / YG_ASK_RANDOM);
    for (size_t r = 0; r < w->looks.n; r++) {
        const struct yg_look *l = &w->looks.v[r];
        if (w->slot[r] == NO_SLOT && l->unjudged > 0 && !l->aside)
            w->slot[r] = ask->plain ? w->slots++ : l->group;
    }
    return st;
}

/* Does the question of this slot ask for the verdict of this alert? */
static bool asks(const struct work *w, uint32_t slot, const struct yg_corpus_record *r)
{
    bool own = !w->ask->plain && slot >= w->bunches;

    return r->level >= YG_LEVEL_COUNT || (own && r->trains);
}

static enum yg_status sort_runs(struct work *w)
{
    w->order = malloc((w->looks.n + 1) * sizeof(*w->order));
    w->start = calloc((size_t)w->slots + 2, sizeof(*w->start));
    w->v = calloc((size_t)w->slots + 1, sizeof(*w->v));
    w->member = malloc((w->ten->count + 1) * sizeof(*w->member));
    if (!w->order || !w->start || !w->v || !w->member)
        return YG_ENOMEM;
    for (size_t r = 0; r < w->looks.n; r++)
        if (w->slot[r] != NO_SLOT)
            w->start[w->slot[r] + 1]++;
    for (uint32_t s = 0; s < w->slots; s++)
        w->start[s + 1] += w->start[s];
    for (uint32_t r = 0; r < w->looks.n; r++) { /* each slot's runs in order of time */
        uint32_t s = w->slot[r];
        if (s != NO_SLOT)
            w->order[w->start[s] + w->v[s].runs++] = r;
    }
    return YG_OK;
}

/* Different values of `what` within a slot. */
static enum yg_status distinct(struct yg_map *seen, uint32_t slot, uint64_t what,
                               uint64_t *count)
{
    bool fresh;

    if (!yg_map_put(seen, yg_hash_pair((uint64_t)slot + 1, what), &fresh))
        return YG_ENOMEM;
    *count += fresh;
    return YG_OK;
}

static enum yg_status count_alert(struct work *w, struct yg_map *seen, size_t i)
{
    const struct yg_corpus_record *r = &w->ten->record[i];
    uint32_t run = w->looks.of[i], s = run == YG_NO_RUN ? NO_SLOT : w->slot[run];

    if (s == NO_SLOT || !asks(w, s, r))
        return YG_OK;
    struct yg_group *g = &w->v[s];
    int64_t t = r->facts.time_ns;
    g->first_ns = g->alerts == 0 || t < g->first_ns ? t : g->first_ns;
    g->last_ns = g->alerts == 0 || t > g->last_ns ? t : g->last_ns;
    g->alerts++;
    enum yg_status st =
        distinct(seen, s, yg_hash_pair(r->facts.key[YG_KEY_HOST], 2), &g->hosts);
    int64_t day = t / DAY_NS - (t % DAY_NS < 0);
    return st == YG_OK ? distinct(seen, s, yg_hash_pair((uint64_t)day, 3), &g->days) : st;
}

static enum yg_status count(struct work *w)
{
    struct yg_map seen;
    enum yg_status st = YG_OK;
    size_t first = 0;

    yg_map_init(&seen, 2 * w->ten->count + 2);
    for (size_t i = 0; st == YG_OK && i < w->ten->count; i++)
        st = count_alert(w, &seen, i);
    yg_map_fini(&seen);
    for (uint32_t s = 0; s < w->slots; s++) {
        w->v[s].first = first;
        first += w->v[s].alerts;
    }
    for (size_t i = 0; st == YG_OK && i < w->ten->count; i++) {
        uint32_t run = w->looks.of[i], s = run == YG_NO_RUN ? NO_SLOT : w->slot[run];
        if (s != NO_SLOT && asks(w, s, &w->ten->record[i]))
            w->member[w->v[s].first + w->v[s].count++] = (uint32_t)i;
    }
    return st;
}

/* The run with the least distance to the others, sought among an even sample. */
static uint32_t medoid(const struct work *w, const uint32_t *run, size_t n)
{
    size_t k = n < YG_GROUPS_SAMPLE ? n : YG_GROUPS_SAMPLE;
    uint32_t best = run[0];
    double least = 2.0 * YG_GROUPS_SAMPLE;

    for (size_t i = 0; i < k; i++) {
        uint32_t a = run[i * n / k];
        double sum = 0;
        for (size_t j = 0; j < k; j++)
            sum += (double)apart(w, a, run[j * n / k]);
        if (sum < least) {
            least = sum;
            best = a;
        }
    }
    return best;
}

/* An alert to look at: the worst that is asked for. */
static const unsigned char *alert_of(const struct work *w, uint32_t run)
{
    const struct yg_look *l = &w->looks.v[run];

    return l->show != YG_NO_RUN ? w->ten->record[l->show].id : l->id;
}

static void describe(struct work *w, uint32_t s)
{
    struct yg_group *g = &w->v[s];
    const uint32_t *run = w->order + w->start[s];
    uint32_t show = medoid(w, run, g->runs), far = show;

    g->predicted = YG_LEVEL_NONE;
    g->risk_low = w->ask->pack ? YG_RISK_MAX : 0;
    for (size_t i = 0; i < g->runs; i++) {
        const struct yg_look *l = &w->looks.v[run[i]];
        float d = apart(w, show, run[i]);
        if (d > g->spread) {
            g->spread = d;
            far = run[i];
        }
        if (l->predicted < YG_LEVEL_COUNT &&
            (g->predicted >= YG_LEVEL_COUNT || l->predicted > g->predicted))
            g->predicted = l->predicted;
        if (w->ask->pack) {
            g->risk_low = l->rank < g->risk_low ? l->rank : g->risk_low;
            g->risk_high = l->rank > g->risk_high ? l->rank : g->risk_high;
        }
    }
    g->signature = w->looks.v[show].signature;
    g->look =
        yg_hash_pair(yg_hash_pair(g->signature, w->looks.v[show].shape), g->predicted);
    g->own = !w->ask->plain && s >= w->bunches;
    g->random = g->own && s < w->drawn_end;
    g->judged = w->ask->plain || g->own ? 0 : w->bunch[s].judged;
    memcpy(g->id, w->looks.v[run[0]].id, YG_ID_SIZE);
    memcpy(g->show, alert_of(w, show), YG_ID_SIZE);
    memcpy(g->far, alert_of(w, far), YG_ID_SIZE);
}

/* Near the threshold the model is undecided whether to close: 1 there, half of it one
 * unit of log-odds away. */
static double undecided(const struct work *w, const struct yg_group *g)
{
    const struct yg_modelpack *m = w->ask->pack;

    if (!m)
        return 0.0;
    double tau = yg_risk_logit(m->certified ? m->certificate.tau : 0);
    double away = yg_risk_logit(g->risk_high) - tau;
    return 1.0 / (1.0 + (away < 0 ? -away : away));
}

static void value(struct work *w, uint32_t s)
{
    struct yg_group *g = &w->v[s];
    uint64_t need = g->need = missing(w, g->signature);
    double a = (double)need / (double)bar_of(w), b = undecided(w, g);

    g->reach = tallied(w, g->signature, CLOSABLE);
    if (g->random) {
        g->gain = 1.0 - (double)draw_key(w, g->id) * 0x1p-64;
        return;
    }
    if (g->own) { /* so many of them open all alerts of the signature */
        g->gain = (double)g->reach / (double)(need + 1);
        return;
    }
    g->gain = (double)g->alerts * (a > b ? a : b) / (1.0 + (double)g->judged);
}

static int by_time(const void *x, const void *y)
{
    const struct yg_group *a = x, *b = y;

    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return memcmp(a->id, b->id, YG_ID_SIZE);
}

static int by_gain(const void *x, const void *y)
{
    const struct yg_group *a = x, *b = y;

    return a->gain != b->gain ? (a->gain > b->gain ? -1 : 1) : by_time(x, y);
}

/* Every fifth question is one of the `random` ones, which stand at the end of `v`. */
static enum yg_status weave(const struct work *w, size_t groups, size_t random,
                            struct yg_groups *out)
{
    size_t want = w->ask->want ? w->ask->want : groups, a = 0, b = 0;

    out->v =
        calloc(want < groups + random ? want + 1 : groups + random + 1, sizeof(*out->v));
    if (!out->v)
        return YG_ENOMEM;
    while (out->n < want && (a < groups || b < random)) {
        bool draw_now =
            b < random && (out->n % YG_ASK_RANDOM == YG_ASK_RANDOM - 1 || a == groups);
        out->v[out->n++] = draw_now ? w->v[w->slots + b++] : w->v[a++];
    }
    return YG_OK;
}

/* Put what has something to ask in front, by gain, the drawn runs behind `slots`. */
static enum yg_status order(struct work *w, struct yg_groups *out)
{
    size_t groups = 0, random = 0;
    uint32_t first = w->ask->plain ? w->slots : w->bunches;
    struct yg_group *drawn = calloc((size_t)w->slots + 1, sizeof(*drawn));

    if (!drawn)
        return YG_ENOMEM;
    for (uint32_t s = 0; s < w->slots; s++) {
        if (w->v[s].runs == 0)
            continue;
        describe(w, s);
        value(w, s);
        if (s >= first && s < w->drawn_end)
            drawn[random++] = w->v[s];
        else
            w->v[groups++] = w->v[s];
    }
    qsort(w->v, groups, sizeof(*w->v), w->ask->plain ? by_time : by_gain);
    memcpy(w->v + groups, drawn, random * sizeof(*drawn));
    free(drawn);
    w->slots = (uint32_t)groups; /* where the drawn ones begin now */
    return weave(w, groups, random, out);
}

enum yg_status yg_groups_of(const struct yg_groups_ask *ask, struct yg_groups *out,
                            struct yg_err *err)
{
    struct work w = { .ask = ask, .ten = &ask->corpus->tenant[ask->tenant] };
    struct yg_groups g = { 0 };

    yg_map_init(&w.chain, w.ten->count + 1);
    yg_map_init(&w.signature, 4 * w.ten->count + 4);
    enum yg_status st = yg_looks_of(ask, &w.looks, err);
    if (st == YG_OK) {
        st = form(&w);
        st = st == YG_OK ? deal(&w) : st;
        st = st == YG_OK ? sort_runs(&w) : st;
        st = st == YG_OK ? count(&w) : st;
        st = st == YG_OK ? order(&w, &g) : st;
        if (st != YG_OK)
            yg_err_set(err, st, "no memory to group the alerts of a tenant");
    }
    if (st == YG_OK) {
        g.member = w.member;
        w.member = NULL;
        g.runs = w.looks.n;
        *out = g;
    }
    work_fini(&w);
    return st;
}

void yg_groups_fini(struct yg_groups *g)
{
    free(g->v);
    free(g->member);
    *g = (struct yg_groups){ 0 };
}
