/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/attack.h"

#include "base/clock.h"
#include "sample/shape.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE_NS (60 * YG_NS_PER_S)

/* Everything a threat decides once. */
struct cast {
    const struct yg_sample_day *day;
    const struct yg_sample_world *world;
    const struct yg_sample_threat *threat;
    uint32_t number;
    struct yg_rng rng;
    struct yg_sample_end attacker, c2, victim, second;
    uint16_t stolen, fresh_user;
    uint32_t cause;
    bool sql; /* the hole is an SQL injection */
};

const char *yg_sample_family_name(unsigned family)
{
    return yg_sample_family[family].name;
}

static int by_start(const void *a, const void *b)
{
    const struct yg_sample_threat *x = a, *y = b;

    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->seed < y->seed ? -1 : x->seed > y->seed;
}

void yg_sample_threats_plan(struct yg_sample_threat *t, uint32_t n,
                            const struct yg_sample_world *w, int64_t start_ns,
                            uint32_t days)
{
    struct yg_rng r;
    int64_t length = (int64_t)days * 86400 * YG_NS_PER_S;
    unsigned shift;

    yg_rng_init(&r, w->seed ^ 0x7468726561747321ULL);
    shift = (unsigned)yg_rng_below(&r, yg_sample_family_count);
    for (uint32_t i = 0; i < n; i++) {
        /* Not in the last tenth of the last day: there would be nothing to see. */
        double at = 0.002 + yg_rng_unit(&r) * (1.0 - 0.1 / days - 0.002);
        t[i] = (struct yg_sample_threat){
            .start_ns = start_ns + (int64_t)(at * (double)length),
            .seed = yg_rng_u64(&r),
            .family = (uint16_t)((i + shift) % yg_sample_family_count),
            .quiet = yg_rng_below(&r, 100) < 35,
            .undecided = yg_rng_below(&r, 100) < 25,
            .late = at >= 0.5,
        };
    }
    if (n > 1)
        qsort(t, n, sizeof(*t), by_start);
}

static void make_cast(struct cast *c)
{
    const struct yg_sample_family *f = &yg_sample_family[c->threat->family];
    const struct yg_sample_world *w = c->world;

    yg_rng_init(&c->rng, c->threat->seed);
    c->attacker = yg_sample_pick(w, &c->rng, YG_PICK_EXT, 0);
    c->c2 = yg_rng_below(&c->rng, 3) == 0
                ? c->attacker
                : (struct yg_sample_end){ yg_sample_outside(&c->rng), YG_SAMPLE_NO_HOST };
    c->victim = yg_sample_pick(w, &c->rng, (enum yg_sample_pick)f->victim, 0);
    c->second = yg_sample_pick(w, &c->rng, (enum yg_sample_pick)f->second, 0);
    c->stolen = yg_sample_pick_user(w, &c->rng, YG_WHO_STOLEN, YG_SAMPLE_NO_HOST);
    c->fresh_user = yg_sample_pick_user(w, &c->rng, YG_WHO_NEW, YG_SAMPLE_NO_HOST);
    c->cause = (uint32_t)yg_rng_u64(&c->rng) | 1;
    c->sql = strcmp(f->name, "sql-theft") == 0;
}

static struct yg_sample_end end_of(struct cast *c, unsigned pick)
{
    switch (pick) {
    case YG_PICK_ATTACKER:
        return c->attacker;
    case YG_PICK_C2:
        return c->c2;
    case YG_PICK_VICTIM:
        return c->victim;
    case YG_PICK_SECOND:
        return c->second;
    default:
        return yg_sample_pick(c->world, &c->rng, (enum yg_sample_pick)pick, 0);
    }
}

static uint16_t user_of(struct cast *c, unsigned who, uint16_t host)
{
    if (who == YG_WHO_STOLEN)
        return c->stolen;
    if (who == YG_WHO_NEW)
        return c->fresh_user;
    return yg_sample_pick_user(c->world, &c->rng, (enum yg_sample_who)who, host);
}

/* One of a pool: the first ones often, fresh ones in fashion once they exist. */
static uint16_t shape_of(struct cast *c, uint16_t shape)
{
    if (shape < YG_S_POOL)
        return shape;
    const struct yg_sample_pool *p = &yg_sample_pool[shape - YG_S_POOL];
    uint32_t n = 0, fresh = 0;

    while (n < YG_ARRAY_LEN(p->shape) && p->shape[n] != YG_S_NONE) {
        fresh += n >= p->fresh;
        n++;
    }
    if (c->threat->late && fresh > 0 && yg_rng_below(&c->rng, 4) == 0)
        return p->shape[n - 1];
    return p->shape[yg_sample_tail(&c->rng, 1, n - fresh) - 1];
}

static uint16_t variant_of(struct cast *c, unsigned shape)
{
    uint32_t n = shape < YG_S_IDS_END ? yg_sample_ids_of(shape)->variants : 1;

    if (shape == YG_S_WEB_EXPLOIT || shape == YG_S_WEB_ATTACK) {
        bool fresh = c->threat->late && yg_rng_below(&c->rng, 2) == 0;
        uint32_t v = fresh ? yg_sample_between(&c->rng, YG_SAMPLE_WEB_FRESH,
                                               YG_SAMPLE_WEB_VARIANTS - 1)
                           : (uint32_t)yg_rng_below(&c->rng, YG_SAMPLE_WEB_FRESH);
        return (uint16_t)(c->sql ? v - v % YG_SAMPLE_WEB_CLASSES + 2 : v);
    }
    if (shape == YG_S_WATCHLIST)
        return (uint16_t)(c->world->index % n);
    return n > 1 ? (uint16_t)yg_rng_below(&c->rng, n) : 0;
}

static void set_ports(struct cast *c, struct yg_sample_item *it)
{
    uint16_t port = yg_sample_port(it->shape);

    it->sport = (uint16_t)yg_sample_between(&c->rng, 1025, 65000);
    it->dport = port ? port : (uint16_t)yg_sample_tail(&c->rng, 20, 49000);
}

/* Level, reason and how much shows of it. */
static void set_verdict(struct cast *c, const struct yg_sample_step *s,
                        struct yg_sample_item *it)
{
    it->level = s->level;
    it->outcome = s->outcome;
    if (c->threat->undecided && it->level == YG_LEVEL_L4) {
        it->level = YG_LEVEL_L3;
        it->outcome = YG_OUT_UNSURE;
    }
    it->reason = it->level == YG_LEVEL_L4   ? YG_WHY_CONFIRMED
                 : it->level == YG_LEVEL_L3 ? YG_WHY_UNKNOWN
                                            : YG_WHY_FAILED;
    /* Careful intruders look like administrators on a host; the analyst knew it from
     * what went before. */
    bool host = it->shape >= YG_S_IDS_END && it->shape < YG_S_HOST_END;
    if (it->outcome == YG_OUT_OK && host && yg_rng_below(&c->rng, 8) == 0)
        it->outcome = YG_OUT_FAIL;
}

static struct yg_sample_item first_item(struct cast *c, const struct yg_sample_step *s)
{
    struct yg_sample_item it = { .cause = c->cause,
                                 .threat = c->number,
                                 .shape = shape_of(c, s->shape) };
    bool host = it.shape >= YG_S_IDS_END && it.shape < YG_S_HOST_END;
    bool dns = it.shape < YG_S_IDS_END && yg_sample_ids_of(it.shape)->app == YG_APP_DNS;
    struct yg_sample_end src = end_of(c, s->src);
    struct yg_sample_end dst = end_of(c, dns ? YG_PICK_DNS : s->dst);

    /* A pool may put a network signature where a host rule could stand. */
    if (!host && dst.ip == src.ip)
        dst = end_of(c, src.host == c->world->first[YG_ROLE_DC] ? YG_PICK_FILES
                                                                : YG_PICK_DC);
    it.src = src.ip;
    it.src_host = src.host;
    it.dst = dst.ip;
    it.dst_host = dst.host;
    it.agent = dst.host != YG_SAMPLE_NO_HOST ? dst.host : src.host;
    it.user = user_of(c, s->who, it.agent);
    set_verdict(c, s, &it);
    return it;
}

/* Make the alerts of one step from `at_ns` on; returns when the last one was. */
static int64_t play(struct yg_sample_items *l, struct cast *c,
                    const struct yg_sample_step *s, int64_t at_ns)
{
    uint32_t n = yg_sample_tail(&c->rng, s->lo, s->hi);
    struct yg_sample_item it = first_item(c, s);
    int64_t stop =
        c->threat->start_ns + (int64_t)(YG_SAMPLE_THREAT_DAYS - 1) * 86400 * YG_NS_PER_S;

    if (c->threat->quiet)
        n = s->lo > 3 ? 3 : s->lo;
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            at_ns += 1 + (int64_t)(yg_sample_exp(&c->rng, s->gap_s) * 1e9);
        it.time_ns = at_ns;
        it.seed = yg_rng_u64(&c->rng);
        if (i == 0 || it.level <= YG_LEVEL_L2)
            it.variant = variant_of(c, it.shape);
        if (s->who == YG_WHO_GUESS)
            it.user = user_of(c, s->who, it.agent);
        set_ports(c, &it);
        if (at_ns >= c->day->start_ns && at_ns < c->day->end_ns && at_ns < stop)
            yg_sample_items_add(l, &it, c->day->end_ns);
    }
    return at_ns;
}

void yg_sample_attack_add(struct yg_sample_items *l, const struct yg_sample_day *d,
                          const struct yg_sample_threat *t, uint32_t number)
{
    const struct yg_sample_family *f = &yg_sample_family[t->family];
    struct cast c = { .day = d, .world = d->world, .threat = t, .number = number };
    struct yg_sample_step step[YG_SAMPLE_STEPS_MAX];
    int64_t at_ns = t->start_ns;
    unsigned n = 0;

    make_cast(&c);
    for (unsigned i = 0; i < YG_SAMPLE_STEPS_MAX && f->step[i].hi > 0; i++) {
        unsigned chance = f->step[i].chance;
        if (t->quiet && chance < 100)
            chance = f->step[i].level <= YG_LEVEL_L2 ? chance / 4 : chance * 2 / 3;
        if (yg_rng_below(&c.rng, 100) < chance)
            step[n++] = f->step[i];
    }
    /* Not always in the same order. */
    for (unsigned i = 0; i + 1 < n; i++) {
        if (step[i].chance < 100 && step[i + 1].chance < 100 &&
            yg_rng_below(&c.rng, 5) == 0) {
            struct yg_sample_step swap = step[i];
            step[i] = step[i + 1];
            step[i + 1] = swap;
        }
    }
    for (unsigned i = 0; i < n; i++) {
        double wait = yg_sample_exp(&c.rng, step[i].wait_min) * (t->quiet ? 3.0 : 1.0);
        at_ns += (int64_t)(wait * (double)MINUTE_NS);
        at_ns = play(l, &c, &step[i], at_ns);
    }
}
