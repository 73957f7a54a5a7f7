/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/standing.h"

#include "base/map.h"
#include "policy/coin.h"
#include "policy/decide.h"
#include "policy/stats.h"

#include <math.h>
#include <string.h>

#define DAY_NS       (INT64_C(86400) * 1000000000)
#define RESTART_NS   (30 * DAY_NS) /* the recent bound starts anew this often */
#define RECENT_NS    (90 * DAY_NS)
#define CLUSTERS_MAX ((size_t)1 << 24)

static const struct {
    const char *name, *text;
} fall[YG_FALL_COUNT] = {
#define X(id, name, text) { name, text },
    YG_FALLS(X)
#undef X
};

const char *yg_fall_name(unsigned f)
{
    return f < YG_FALL_COUNT ? fall[f].name : "unknown";
}

const char *yg_fall_text(unsigned f)
{
    return f < YG_FALL_COUNT ? fall[f].text
                             : "for a reason that this program cannot name";
}

static bool is_attack(const struct yg_standing_in *in, uint8_t level)
{
    return level < YG_LEVEL_COUNT && level >= in->rules->protect;
}

/* Judged, and no alert can join it any more. What was called an attack once does not
 * leave the bet because its verdict was taken back. */
static bool counts(const struct yg_standing_in *in, const struct yg_audit *a)
{
    bool judged = a->state == YG_AUDIT_JUDGED && a->level < YG_LEVEL_COUNT;

    return a->ends_ns <= in->now_ns && a->state != YG_AUDIT_VOID &&
           (judged || is_attack(in, yg_audit_level(a)));
}

static bool of_policy(const struct yg_standing_in *in, const struct yg_audit *a)
{
    return a->kind == YG_AUDIT_COIN &&
           (!in->digest || memcmp(a->certificate, in->digest, YG_DIGEST_SIZE) == 0);
}

static uint64_t cluster_of(const struct yg_audit *a)
{
    return a->entity
               ? a->entity
               : yg_hash_str(2, (struct yg_str){ (const char *)a->run, YG_ID_SIZE });
}

/* By lot, and not by time: who attacks after an hour of noise would never be looked at.
 * Nobody outside knows the certificate, so run ids cannot be made to win or to lose. */
static uint64_t lot_of(const struct yg_audit *a)
{
    struct yg_str run = { (const char *)a->run, YG_ID_SIZE };
    struct yg_str proof = { (const char *)a->certificate, YG_DIGEST_SIZE };

    return yg_hash_pair(yg_hash_str(3, proof), yg_hash_str(3, run));
}

static bool goes_before(const struct yg_audit *a, const struct yg_audit *b)
{
    uint64_t x = lot_of(a), y = lot_of(b);

    return x != y ? x < y : memcmp(a->run, b->run, YG_ID_SIZE) < 0;
}

/* Of each cluster: which audit may enter the bet, and how many were drawn. */
#define ENTERS      UINT32_MAX /* index + 1 of the audit; above it the number drawn */
#define ONE_DRAWN   ((uint64_t)1 << 32)
#define DRAWN_OF(x) ((x) >> 32)

/* Which audit of each cluster may enter the bet: one of those drawn, judged or not, so
 * that no verdict decides which it is. While the cluster's day lasts, a run drawn later
 * may still take its place. */
static bool find_first(const struct yg_standing_in *in, int64_t since, struct yg_map *m)
{
    for (size_t i = 0; i < in->audits; i++) {
        const struct yg_audit *a = &in->audit[i];
        if (!of_policy(in, a) || a->state == YG_AUDIT_VOID || a->drawn_ns < since)
            continue;
        uint64_t *at = yg_map_put(m, cluster_of(a), NULL);
        if (!at)
            return false;
        if (*at == 0 || goes_before(a, &in->audit[(*at & ENTERS) - 1]))
            *at = (*at & ~(uint64_t)ENTERS) | (i + 1);
        *at += ONE_DRAWN;
    }
    return in->audits < ENTERS;
}

struct bets {
    struct yg_cs since, recent; /* of the FOR */
    struct yg_cs runs;          /* of the share of closed runs */
    struct yg_edetector detector;
};

static void begin(const struct yg_standing_in *in, int64_t since, int64_t recent,
                  uint64_t most, struct bets *b)
{
    double delta = in->rules->delta;
    uint32_t start = (uint32_t)((recent - since) / RESTART_NS) + 1;

    yg_cs_init(&b->since, delta / 4, 1);
    yg_cs_init(&b->runs, delta / 4, 1);
    b->runs.weight = most > 1 ? (double)most : 1;
    yg_cs_init(&b->recent, yg_attempt_delta(delta / 4, start), 1);
    yg_edetector_init(&b->detector, in->rules->beta, 1, in->rules->patience);
}

/* The rate of a draw is known before its verdict, so each stake is scaled by its own
 * weight and one day of many closed runs does not make those of other days small. The
 * detector asks for the rate among runs closed at the time, of which a draw is a fair
 * sample. */
static void scale(struct bets *b, double weight)
{
    b->since.weight = b->recent.weight = b->detector.weight = weight;
}

/* When the first audit of this policy was drawn, from which the recent bound's starts are
 * counted. */
static int64_t origin(const struct yg_standing_in *in, const struct yg_map *first)
{
    int64_t from = in->now_ns;
    size_t at = 0;
    uint64_t key, i;

    if (in->armed_ns > 0)
        return in->armed_ns;
    while (yg_map_next(first, &at, &key, &i))
        if (in->audit[(i & ENTERS) - 1].drawn_ns < from)
            from = in->audit[(i & ENTERS) - 1].drawn_ns;
    return from;
}

static int64_t recent_start(int64_t since, int64_t now)
{
    int64_t periods = now - since > RECENT_NS
                          ? (now - since - RECENT_NS + RESTART_NS - 1) / RESTART_NS
                          : 0;

    return since + periods * RESTART_NS;
}

/* Both ends of a confidence sequence only ever move inwards. Where they have crossed, the
 * rate was not one and the same all the time, and nothing is known of what it is now. */
static double upper_of(const struct yg_cs *c)
{
    return yg_cs_lower(c) < yg_cs_upper(c) ? yg_cs_upper(c) : 1;
}

/* The most that were drawn of one cluster. */
static uint64_t most_drawn(const struct yg_map *first)
{
    uint64_t key, x, most = 1;
    size_t at = 0;

    while (yg_map_next(first, &at, &key, &x))
        if (DRAWN_OF(x) > most)
            most = DRAWN_OF(x);
    return most;
}

/* The audit that stands for its cluster enters. How many runs the cluster closed is known
 * without a verdict; where it is not, what is harmless says nothing and an attack all. */
static void enter(struct bets *b, const struct yg_audit *a, uint64_t drawn, bool missed,
                  int64_t recent)
{
    double coin = yg_coin_weight(a->rate), part = 1;

    if (a->closed > drawn)
        part = (double)drawn / (double)a->closed;
    else if (a->closed == 0 && !missed)
        return;
    scale(b, coin);
    yg_cs_add(&b->since, coin * part, missed);
    yg_cs_add(&b->runs, (double)drawn, missed);
    (void)yg_edetector_add(&b->detector, coin * part, missed);
    if (a->drawn_ns >= recent)
        yg_cs_add(&b->recent, coin * part, missed);
}

static void bet(const struct yg_standing_in *in, const struct yg_map *first,
                struct yg_standing *s)
{
    int64_t since = origin(in, first), recent = recent_start(since, in->now_ns);
    struct bets b;

    begin(in, since, recent, most_drawn(first), &b);
    for (size_t i = 0; i < in->audits; i++) {
        const struct yg_audit *a = &in->audit[i];
        if (!of_policy(in, a) || a->drawn_ns < since || !counts(in, a))
            continue;
        bool missed = is_attack(in, yg_audit_level(a));
        s->audits++;
        s->missed += missed;
        if (a->predicted < YG_LEVEL_COUNT)
            s->confusion[a->predicted][yg_audit_level(a)]++;
        const uint64_t *at = yg_map_get(first, cluster_of(a));
        if (at && (*at & ENTERS) == i + 1)
            enter(&b, a, DRAWN_OF(*at), missed, recent);
    }
    s->in_bet = b.since.n;
    s->for_mean = yg_cs_mean(&b.since);
    s->for_upper = upper_of(&b.since);
    s->for_upper_90 = upper_of(&b.recent);
    s->missed_runs_upper = upper_of(&b.runs);
    s->detector = yg_edetector_value(&b.detector);
    if (b.detector.alarm)
        s->falls |= 1U << YG_FALL_BROKEN;
}

/* Waits longer than agreed. */
static bool is_late(const struct yg_standing_in *in, const struct yg_audit *a)
{
    int64_t due = a->ends_ns > a->drawn_ns ? a->ends_ns : a->drawn_ns;

    return a->state == YG_AUDIT_WAITS && in->now_ns > due &&
           in->now_ns - due > in->rules->overdue_ns;
}

/* Planted alerts: how many of what is protected do people see? One that nobody looked at
 * in time was not seen: who leaves the hard ones must not look better for it. The first
 * verdict counts, for with it goes the word that it was a plant. */
static void count_plants(const struct yg_standing_in *in, struct yg_standing *s)
{
    for (size_t i = 0; i < in->audits; i++) {
        const struct yg_audit *a = &in->audit[i];
        bool judged = a->first < YG_LEVEL_COUNT && a->ends_ns <= in->now_ns;
        if (a->kind != YG_AUDIT_PLANT || (!judged && !is_late(in, a)))
            continue;
        s->plants++;
        s->plants_found += judged && is_attack(in, a->first);
    }
    s->found_lower = 1;
    if (s->plants > 0 && s->plants >= in->rules->plants_least)
        s->found_lower = yg_binom_lower(s->plants_found, s->plants, in->rules->delta / 4);
}

/* Cohen's kappa of runs that two people judged. */
static void agreement(const struct yg_standing_in *in, struct yg_standing *s)
{
    uint64_t one[YG_LEVEL_COUNT] = { 0 }, two[YG_LEVEL_COUNT] = { 0 };
    double n, chance = 0;

    for (size_t i = 0; i < in->audits; i++) {
        const struct yg_audit *a = &in->audit[i];
        if (a->state != YG_AUDIT_JUDGED || a->ends_ns > in->now_ns ||
            a->level >= YG_LEVEL_COUNT || a->second >= YG_LEVEL_COUNT)
            continue;
        s->twice++;
        s->agreed += a->level == a->second;
        one[a->level]++;
        two[a->second]++;
    }
    s->kappa = (double)NAN;
    if (s->twice == 0)
        return;
    n = (double)s->twice;
    for (int k = 0; k < YG_LEVEL_COUNT; k++)
        chance += (double)one[k] / n * ((double)two[k] / n);
    s->kappa = chance < 1 ? ((double)s->agreed / n - chance) / (1 - chance) : 1;
}

static void count_changed(const struct yg_standing_in *in, struct yg_standing *s)
{
    for (size_t i = 0; i < in->audits; i++) {
        const struct yg_audit *a = &in->audit[i];
        s->changed += a->changes > 0;
        s->softened += a->kind == YG_AUDIT_COIN && is_attack(in, yg_audit_level(a)) &&
                       !is_attack(in, a->level);
    }
}

static void count_waiting(const struct yg_standing_in *in, struct yg_standing *s)
{
    for (size_t i = 0; i < in->audits; i++) {
        const struct yg_audit *a = &in->audit[i];
        if (a->state != YG_AUDIT_WAITS)
            continue;
        s->waiting++;
        s->overdue += is_late(in, a); /* a plant, too: else this would tell it apart */
        if (s->oldest_ns == 0 || a->drawn_ns < s->oldest_ns)
            s->oldest_ns = a->drawn_ns;
    }
    if (s->overdue > in->rules->overdue_most)
        s->falls |= 1U << YG_FALL_OVERDUE;
}

/* What was found is a share s of what is there, at least. */
static void correct(const struct yg_standing_in *in, struct yg_standing *s)
{
    double *bound[] = { &s->for_upper, &s->for_upper_90, &s->missed_runs_upper };

    for (size_t i = 0; i < YG_ARRAY_LEN(bound); i++)
        *bound[i] = *bound[i] < s->found_lower ? *bound[i] / s->found_lower : 1;
    s->missed_runs_upper *= (double)in->since_arming.runs_closed;
    double all = s->missed_runs_upper + (double)in->since_arming.protected_open;
    s->fnr = all > 0 ? s->missed_runs_upper / all : 0;
}

static void term(const struct yg_standing_in *in, struct yg_standing *s)
{
    int64_t from = in->certificate ? in->certificate->made_ns : 0;

    if (!in->certificate) {
        if (in->ordered)
            s->falls |= 1U << YG_FALL_CHANGED;
        return;
    }
    if (in->renewed_ns > from)
        from = in->renewed_ns;
    s->expires_ns = from + in->rules->certificate_ns;
    if (in->now_ns < s->expires_ns)
        return;
    /* The bound since arming never forgets good months: once there are later ones, these
     * must do, too. */
    s->renew =
        s->for_upper <= in->rules->beta &&
        (in->now_ns - in->armed_ns <= RECENT_NS || s->for_upper_90 <= in->rules->beta);
    if (!s->renew)
        s->falls |= 1U << YG_FALL_UNPROVEN;
}

void yg_standing_of(const struct yg_standing_in *in, struct yg_standing *out)
{
    struct yg_standing s = { .mode = YG_MODE_SHADOW,
                             .drift_wealth = in->drift_wealth,
                             .psi = in->psi,
                             .since_arming = in->since_arming,
                             .total = in->total };
    struct yg_map first;

    yg_map_init(&first, CLUSTERS_MAX);
    if (find_first(in, in->armed_ns, &first)) {
        bet(in, &first, &s);
    } else { /* no memory: what cannot be computed proves nothing */
        s.for_upper = s.for_upper_90 = s.missed_runs_upper = 1;
        s.falls |= 1U << YG_FALL_UNREAD;
    }
    yg_map_fini(&first);
    count_plants(in, &s);
    agreement(in, &s);
    count_changed(in, &s);
    count_waiting(in, &s);
    correct(in, &s);
    term(in, &s);
    if (in->drifted)
        s.falls |= 1U << YG_FALL_DRIFTED;
    if (in->changed)
        s.falls |= 1U << YG_FALL_CHANGED;
    if (in->ordered && s.falls == 0 && in->certificate &&
        yg_certificate_may_arm(in->certificate))
        s.mode = YG_MODE_ARMED;
    *out = s;
}
