/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of guard.h that every alert passes: tossing, counting, drift, flush. */
#include "pipeline/guard_priv.h"
#include "pipeline/likeness.h"
#include "policy/threat.h"

#include <stdlib.h>
#include <string.h>

#define DRAWN_MAX ((size_t)1 << 20) /* in memory between two flushes */

/* What is known of a run, in one number: bits, and the place of its audit + 1. */
enum { SEEN_OPEN = 1, SEEN_CLOSED = 2, FLAGS = 4 };

static uint64_t key_of(const unsigned char id[YG_ID_SIZE])
{
    return yg_hash_str(1, (struct yg_str){ (const char *)id, YG_ID_SIZE });
}

static uint64_t *run_of(struct yg_guard_tenant *t, const unsigned char id[YG_ID_SIZE],
                        bool *fresh)
{
    uint64_t key = key_of(id);
    uint64_t *at = yg_map_get(&t->now, key);

    *fresh = false;
    if (at)
        return at;
    if (yg_map_count(&t->now) == YG_GUARD_RUNS) { /* the older half is forgotten */
        struct yg_map old = t->before;
        t->before = t->now;
        t->now = old;
        yg_map_clear(&t->now);
    }
    const uint64_t *past = yg_map_get(&t->before, key);
    at = yg_map_put(&t->now, key, NULL);
    if (at && past)
        *at = *past;
    *fresh = !past;
    return at;
}

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "no memory for the guard");
}

static enum yg_status remember(struct yg_guard *g, const struct yg_audit *a,
                               uint64_t *known, struct yg_err *err)
{
    if (g->drawn_count == g->drawn_size) {
        size_t size = g->drawn_size ? g->drawn_size * 2 : 64;
        struct yg_guard_drawn *d =
            size <= DRAWN_MAX ? realloc(g->drawn, size * sizeof(*d)) : NULL;
        if (!d)
            return no_memory(err);
        g->drawn = d;
        g->drawn_size = size;
    }
    g->drawn[g->drawn_count] = (struct yg_guard_drawn){ .audit = *a };
    *known = (*known & (FLAGS - 1)) | ++g->drawn_count * FLAGS;
    return YG_OK;
}

static enum yg_status find_drawn(struct yg_guard *g, struct yg_guard_tenant *t,
                                 const unsigned char run[YG_ID_SIZE], uint64_t *known,
                                 struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_audit a;
    struct yg_err none = { 0 };

    yg_arena_init(&arena, 1 << 20);
    enum yg_status st = yg_ledger_audit_get(g->opt.store, run, &arena, &a, &none);
    if (st == YG_OK) {
        a.tenant = t->name;
        a.who = a.who.n ? yg_arena_str(&g->arena, a.who) : YG_STR_NONE;
        st = remember(g, &a, known, err);
    }
    yg_arena_fini(&arena);
    if (st == YG_ENOTFOUND)
        return YG_OK;
    if (none.status != YG_OK)
        *err = none;
    return st;
}

/* A run that is not in memory, also one that seems to begin now (a record may come again
 * after the store's window): what became of it? */
static enum yg_status look_up(struct yg_guard *g, struct yg_guard_tenant *t,
                              const unsigned char run[YG_ID_SIZE], uint64_t *known,
                              struct yg_err *err)
{
    unsigned kinds = 0;
    enum yg_status st = yg_ledger_tossed(g->opt.store, run, &kinds, err);

    if (st != YG_OK || kinds == 0)
        return st;
    *known |= kinds >> YG_COIN_AUDIT & 1 ? SEEN_CLOSED : 0;
    *known |= kinds >> YG_COIN_DECOY & 1 ? SEEN_OPEN : 0;
    *known |= kinds >> YG_COIN_TRIAL & 1 ? SEEN_OPEN | SEEN_CLOSED : 0;
    return find_drawn(g, t, run, known, err);
}

/* When nothing joins any more, by the clock at the latest a run's span after the draw:
 * alerts that bear a time to come must not keep a verdict from counting, nor an audit
 * from being overdue. */
static int64_t end_of(const struct yg_run *r, int64_t drawn_ns)
{
    int64_t gap = r->last_ns + YG_RUN_GAP_NS, span = r->first_ns + YG_RUN_SPAN_NS,
            most = drawn_ns + YG_RUN_SPAN_NS;

    gap = gap < span ? gap : span;
    return gap < most ? gap : most;
}

/* A verdict given before speaks of less than the run has now. */
static void judge_again(struct yg_audit *x)
{
    if (x->state != YG_AUDIT_JUDGED)
        return;
    x->state = YG_AUDIT_WAITS;
    x->level = x->second = YG_LEVEL_NONE;
    x->who = YG_STR_NONE;
    x->judged_ns = 0;
}

/* One more alert of a run that was drawn. */
static void joins(struct yg_guard_drawn *d, const struct yg_guard_alert *a)
{
    struct yg_audit *x = &d->audit;

    d->changed = true;
    x->ends_ns = end_of(a->run, x->drawn_ns);
    if (a->risk < x->risk)
        x->risk = a->risk;
    judge_again(x);
}

static uint64_t cluster_of(const struct yg_guard_alert *a)
{
    return yg_cluster_of(0, a->entity, key_of(a->run->id), a->run->first_ns);
}

static enum yg_status draw(struct yg_guard *g, struct yg_guard_tenant *t,
                           const struct yg_guard_alert *a, uint64_t rate, uint64_t *known,
                           struct yg_err *err)
{
    int64_t now = yg_clock_now(g->opt.clock);
    struct yg_audit x = { .tenant = t->name,
                          .rate = rate,
                          .entity = cluster_of(a),
                          .drawn_ns = now,
                          .ends_ns = end_of(a->run, now),
                          .risk = a->risk,
                          .kind = a->close ? YG_AUDIT_COIN : YG_AUDIT_DECOY,
                          .state = YG_AUDIT_WAITS,
                          .device = a->device,
                          .level = YG_LEVEL_NONE,
                          .predicted = a->predicted,
                          .truth = YG_LEVEL_NONE,
                          .armed = a->armed,
                          .second = YG_LEVEL_NONE,
                          .first = YG_LEVEL_NONE,
                          .worst = YG_LEVEL_NONE };

    memcpy(x.run, a->run->id, YG_ID_SIZE);
    memcpy(x.alert, a->id, YG_ID_SIZE);
    if (t->ground != YG_GROUND_ESTIMATE && !a->apart)
        memcpy(x.certificate, t->digest, YG_DIGEST_SIZE);
    enum yg_status st = remember(g, &x, known, err);
    if (st == YG_OK)
        g->drawn[g->drawn_count - 1].changed = true;
    return st;
}

static uint64_t budget(const struct yg_guard *g, const struct yg_guard_tenant *t)
{
    uint64_t each = g->opt.config->audits_per_day / (t->strata ? t->strata : 1);

    return each ? each : 1;
}

/* A stratum that begins expects what the period of the policy's certificate (or estimate)
 * had: the same share for each tenant and device type, for want of better. An estimate
 * counts judged runs: of the others as many are expected to close. */
static void expect(const struct yg_guard *g, const struct yg_guard_tenant *t,
                   struct yg_coin_budget *b, int64_t now_ns)
{
    const struct yg_modelpack *m = g->opt.pack;
    bool own = t->ground == YG_GROUND_OWN;
    const struct yg_certificate *c = t->ground != YG_GROUND_ESTIMATE ? &t->certificate
                                     : m                             ? &m->certificate
                                                                     : NULL;

    if (!c || c->runs < c->runs_closed || c->until_ns <= c->from_ns)
        return;
    double days = ((double)c->until_ns - (double)c->from_ns) / YG_GUARD_DAY_NS,
           parts = own || c->tenants == 0 ? 1 : (double)c->tenants;
    if (t->ground == YG_GROUND_ESTIMATE && m->alerts > 0)
        parts *= (double)m->judged / (double)m->alerts;
    unsigned types = m ? (unsigned)__builtin_popcount(m->devices) : 0;
    parts *= (days > 1 ? days : 1) * (types ? types : 1);
    yg_coin_expect(b, (double)c->runs_closed / parts,
                   (double)(c->runs - c->runs_closed) / parts, now_ns);
}

/* About as many as there are audits: where little closes, few are needed. */
static uint64_t decoys(const struct yg_coin_budget *b, uint64_t most)
{
    uint64_t audits =
        b->daily > (double)b->drawn_today ? (uint64_t)b->daily + 1 : b->drawn_today + 1;

    return audits < most ? audits : most;
}

/* Toss; the rate in force is told. */
static enum yg_status toss(struct yg_guard *g, struct yg_guard_stratum_state *s,
                           const struct yg_guard_alert *a, uint64_t *known,
                           uint64_t *rate, struct yg_err *err)
{
    struct yg_guard_tenant *t = &g->tenant[s->tenant];
    enum yg_coin_kind coin = a->close ? YG_COIN_AUDIT : YG_COIN_DECOY;
    uint64_t most = a->close ? budget(g, t) : decoys(&s->budget, budget(g, t));
    /* An alert with a time to come would open a day that never ends: all that follows
     * would be drawn at the least rate. */
    int64_t now = yg_clock_now(g->opt.clock);
    now = a->time_ns < now ? a->time_ns : now;
    expect(g, t, &s->budget, now);
    *rate = yg_coin_rate(&s->budget, coin, most, now);
    bool chosen = yg_coin_toss(&g->coin, coin, a->run->id, *rate);

    yg_coin_count(&s->budget, coin, chosen);
    return chosen ? draw(g, t, a, *rate, known, err) : YG_OK;
}

static enum yg_status put_tosses(struct yg_guard *g, struct yg_err *err)
{
    enum yg_status st = yg_ledger_tosses_put(g->opt.store, g->toss, g->tosses_count, err);

    g->tosses_count = 0;
    return st;
}

/* People judge while alerts come in: what they said since is in the store, and is not
 * written over with what memory has. */
static enum yg_status put_one(struct yg_guard *g, struct yg_audit *x, struct yg_err *err)
{
    struct yg_arena arena;
    struct yg_audit was;
    struct yg_err none = { 0 };

    yg_arena_init(&arena, 1 << 20);
    enum yg_status st = yg_ledger_audit_get(g->opt.store, x->run, &arena, &was, &none);
    if (st == YG_OK) {
        x->state = was.state;
        x->level = was.level;
        x->second = was.second;
        x->judged_ns = was.judged_ns;
        x->first = was.first;
        x->worst = was.worst;
        x->changes = was.changes;
        x->who = was.who.n ? yg_arena_str(&g->arena, was.who) : YG_STR_NONE;
        judge_again(x);
    }
    yg_arena_fini(&arena);
    if (st == YG_OK || st == YG_ENOTFOUND)
        return yg_ledger_audit_put(g->opt.store, x, err);
    *err = none;
    return st;
}

static enum yg_status put_drawn(struct yg_guard *g, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < g->drawn_count; i++) {
        if (g->drawn[i].changed)
            st = put_one(g, &g->drawn[i].audit, err);
        g->drawn[i].changed = false;
    }
    return st;
}

/* The first alert of a run that stays open, and the first that would close, are told;
 * each is tossed once, an open one only if it begins the run. That it was is written
 * down, so that it is counted once and never tossed again. */
static enum yg_status first_of_kind(struct yg_guard *g, struct yg_guard_tenant *t,
                                    struct yg_guard_stratum_state *s,
                                    const struct yg_guard_alert *a, uint64_t *known,
                                    struct yg_err *err)
{
    struct yg_toss row = { .tenant = t->name,
                           .cluster = cluster_of(a),
                           .at_ns = yg_clock_now(g->opt.clock),
                           .kind = a->close ? YG_COIN_AUDIT : YG_COIN_DECOY,
                           .device = a->device };
    enum yg_status st = YG_OK;

    if (g->tosses && *known < FLAGS && (a->close || a->run->fresh))
        st = toss(g, s, a, known, &row.rate, err);
    memcpy(row.run, a->run->id, YG_ID_SIZE);
    if (st == YG_OK && g->tosses)
        g->toss[g->tosses_count++] = row;
    s->fresh.runs_closed += a->close;
    s->fresh.runs_open += !a->close;
    if (st == YG_OK && g->tosses_count == YG_GUARD_TOSSES)
        st = put_tosses(g, err);
    return st;
}

static enum yg_guard_draw draw_of(const struct yg_guard *g, uint64_t known)
{
    if (known < FLAGS)
        return YG_DRAW_NONE;
    return g->drawn[known / FLAGS - 1].audit.kind == YG_AUDIT_DECOY ? YG_DRAW_DECOY
                                                                    : YG_DRAW_AUDIT;
}

static enum yg_status see(struct yg_guard *g, const struct yg_guard_alert *a,
                          enum yg_guard_draw *out, struct yg_err *err)
{
    struct yg_guard_tenant *t;
    bool fresh;
    enum yg_status st = yg_guard_tenant(g, a->tenant, &t, err);
    struct yg_guard_stratum_state *s =
        st == YG_OK ? yg_guard_stratum(g, t, a->device) : NULL;

    /* What is about to be forgotten is looked up in the store from then on. */
    if (s && yg_map_count(&t->now) == YG_GUARD_RUNS)
        st = put_tosses(g, err);
    if (st == YG_OK && s && yg_map_count(&t->now) == YG_GUARD_RUNS)
        st = put_drawn(g, err);
    if (st != YG_OK)
        return st;
    uint64_t *known = s ? run_of(t, a->run->id, &fresh) : NULL;
    if (!known)
        return no_memory(err);
    if (fresh)
        st = look_up(g, t, a->run->id, known, err);
    if (st == YG_OK && *known >= FLAGS)
        joins(&g->drawn[*known / FLAGS - 1], a);
    uint64_t before = a->close ? SEEN_CLOSED : SEEN_OPEN | SEEN_CLOSED;
    if (st == YG_OK && (*known & before) == 0)
        st = first_of_kind(g, t, s, a, known, err);
    if (st != YG_OK)
        return st;
    *known |= a->close ? SEEN_CLOSED : SEEN_OPEN;
    *out = draw_of(g, *known);
    s->changed = true;
    s->fresh.alerts++;
    s->fresh.closed += a->close && a->armed && *out == YG_DRAW_NONE;
    return YG_OK;
}

enum yg_status yg_guard_see(struct yg_guard *g, const struct yg_guard_alert *a,
                            enum yg_guard_draw *out, struct yg_err *err)
{
    struct yg_err bad = { 0 };

    if (g->failed.status == YG_OK && see(g, a, out, &bad) != YG_OK)
        g->failed = bad; /* what was only looked for and not found leaves no trace */
    if (g->failed.status != YG_OK && err)
        *err = g->failed;
    return g->failed.status;
}

/* What the alerts of the certificate in force looked like, looked for once. A count
 * against another certificate's is over: it starts anew. */
static enum yg_status find_like(struct yg_guard *g, const struct yg_guard_tenant *t,
                                struct yg_guard_stratum_state *x)
{
    struct yg_err none = { 0 };

    if (memcmp(x->like_of, t->digest, YG_DIGEST_SIZE) != 0) {
        yg_drift_init(&x->drift, g->rules.delta);
        x->has_drift = false;
        free(x->like);
        x->like = NULL;
    }
    if (x->like)
        return YG_OK;
    x->like = calloc(1, sizeof(*x->like));
    if (!x->like)
        return yg_err_set(&g->failed, YG_ENOMEM, "no memory for the guard");
    memcpy(x->like_of, t->digest, YG_DIGEST_SIZE);
    enum yg_status st =
        yg_likeness_get(g->opt.store, t->digest, x->device, x->like, &none);
    if (st == YG_OK || st == YG_ENOTFOUND)
        return YG_OK;
    g->failed = none;
    return st;
}

void yg_guard_drift(struct yg_guard *g, struct yg_str tenant, uint8_t device,
                    const struct yg_score *s, float distance,
                    const unsigned char run[YG_ID_SIZE])
{
    struct yg_guard_tenant *t;
    struct yg_err bad = { 0 };

    if (!g->tosses || !g->opt.pack || g->failed.status != YG_OK)
        return;
    if (yg_guard_tenant(g, tenant, &t, &bad) != YG_OK) {
        g->failed = bad;
        return;
    }
    struct yg_guard_stratum_state *x = yg_guard_stratum(g, t, device);
    if (!x || t->ground == YG_GROUND_ESTIMATE || find_like(g, t, x) != YG_OK ||
        x->like->count == 0)
        return;
    const struct yg_drift_row row =
        yg_likeness_row(s->risk, s->predicted, yg_likeness_far(distance));
    unsigned char pick[YG_ID_SIZE + 1];
    memcpy(pick, run, YG_ID_SIZE);
    pick[YG_ID_SIZE] = 'd';
    yg_drift_add(&x->drift, x->like, &row,
                 yg_hash_str(4, (struct yg_str){ (const char *)pick, sizeof(pick) }));
    x->has_drift = x->changed = true;
}

static enum yg_status put_stratum(struct yg_guard *g, struct yg_guard_stratum_state *s,
                                  struct yg_buf *drift, struct yg_err *err)
{
    struct yg_ledger_stratum row = { .tenant = g->tenant[s->tenant].name,
                                     .device = s->device,
                                     .budget = s->budget };
    struct yg_ledger_day day = { .tenant = row.tenant,
                                 .day = yg_clock_now(g->opt.clock) / YG_GUARD_DAY_NS,
                                 .device = s->device,
                                 .counts = s->fresh };

    yg_buf_clear(drift);
    if (s->has_drift) {
        yg_drift_write(&s->drift, drift);
        row.drift = yg_buf_str(drift);
        memcpy(row.reference, s->like_of, YG_DIGEST_SIZE);
    }
    enum yg_status st = yg_ledger_day_add(g->opt.store, &day, err);
    if (st == YG_OK)
        st = yg_ledger_stratum_put(g->opt.store, &row, err);
    if (st == YG_OK) {
        s->fresh = (struct yg_stratum_counts){ 0 };
        s->changed = false;
    }
    return st;
}

/* Forget what is written: a run that goes on is looked up again. */
static void forget(struct yg_guard *g)
{
    for (size_t i = 0; i < g->tenants; i++) {
        yg_map_clear(&g->tenant[i].now);
        yg_map_clear(&g->tenant[i].before);
    }
    g->drawn_count = 0;
}

enum yg_status yg_guard_refresh(struct yg_guard *g, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    forget(g);
    for (size_t i = 0; st == YG_OK && i < g->tenants; i++)
        st = yg_guard_load(g, &g->tenant[i], err);
    return st;
}

enum yg_status yg_guard_flush(struct yg_guard *g, struct yg_err *err)
{
    struct yg_buf drift;
    enum yg_status st = g->failed.status;

    if (st != YG_OK) {
        *err = g->failed;
        return st;
    }
    yg_buf_init(&drift, 65536);
    st = put_tosses(g, err);
    if (st == YG_OK)
        st = put_drawn(g, err);
    for (size_t i = 0; st == YG_OK && i < g->strata; i++)
        if (g->stratum[i].changed)
            st = put_stratum(g, &g->stratum[i], &drift, err);
    yg_buf_fini(&drift);
    if (g->drawn_count > DRAWN_MAX / 2)
        forget(g);
    return st;
}
