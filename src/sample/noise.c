/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/noise.h"

#include "base/clock.h"
#include "sample/shape.h"

#include <math.h>

#define NOISE_MAX 128
#define DAY_S     86400

struct outage {
    unsigned device; /* 0 IDS, 1 host, 2 firewall, 3 none */
    int64_t from_ns, to_ns;
};

static struct yg_rng day_rng(const struct yg_sample_world *w, uint32_t day, uint64_t what)
{
    struct yg_rng root;

    yg_rng_init(&root, w->seed ^ what * 0x9e3779b97f4a7c15ULL);
    return yg_rng_fork(&root, day);
}

static unsigned weekday(uint32_t day)
{
    return day % 7; /* the period starts on a Monday */
}

double yg_sample_day_weight(const struct yg_sample_world *w, uint32_t day)
{
    struct yg_rng r = day_rng(w, day, 1);
    double x = w->size * yg_sample_spread(&r, 0.25);

    if (weekday(day) >= 5)
        x *= 0.7;
    return yg_rng_below(&r, 12) == 0 ? x * 2.5 : x;
}

static unsigned device_of(unsigned shape)
{
    return shape < YG_S_IDS_END ? 0 : shape < YG_S_HOST_END ? 1 : 2;
}

/* The organisation's own rate of this kind; 0: it does not have it. */
static double habit(const struct yg_sample_world *w, size_t kind)
{
    struct yg_rng r = day_rng(w, (uint32_t)kind, 2);

    if (yg_rng_below(&r, 100) >= yg_sample_noise[kind].prevalence)
        return 0.0;
    double x = yg_sample_noise[kind].weight * yg_sample_spread(&r, 0.9);
    return yg_rng_below(&r, 40) == 0 ? x * 12.0 : x; /* a noisy signature of its own */
}

static double rate_today(const struct yg_sample_day *d, size_t kind, struct yg_rng *r)
{
    const struct yg_sample_noise *n = &yg_sample_noise[kind];
    double x = habit(d->world, kind) * yg_sample_spread(r, 0.5);
    unsigned burst = (unsigned)yg_rng_below(r, 30), wd = weekday(d->day);

    if ((uint64_t)d->day * 100 < (uint64_t)n->since * d->days)
        return 0.0;
    if (n->since && ((uint64_t)d->day * 100 < (uint64_t)n->since * d->days + 500))
        x *= 3.0; /* the first days after it was rolled out */
    if ((n->when == YG_WHEN_OFFICE || n->when == YG_WHEN_MORNING) && wd >= 5)
        x *= 0.08;
    if (n->when == YG_WHEN_WEEKLY)
        x *= wd == (d->world->seed >> 5) % 5 ? 5.0 : 0.0;
    return burst == 0 ? x * 8.0 : x;
}

/* ns after midnight UTC */
static int64_t pick_time(const struct yg_sample_day *d, const struct yg_sample_noise *n,
                         struct yg_rng *r)
{
    const struct yg_sample_world *w = d->world;
    double minute;

    switch (n->when) {
    case YG_WHEN_OFFICE:
        minute = w->open_min + yg_rng_unit(r) * (w->close_min - w->open_min);
        break;
    case YG_WHEN_MORNING:
        minute = w->open_min - 25 + yg_rng_unit(r) * 80;
        break;
    case YG_WHEN_NIGHT:
        minute = 120 + (double)(w->seed >> 3 & 63) + yg_rng_unit(r) * 4;
        break;
    case YG_WHEN_WEEKLY:
        minute = 1140 + yg_rng_unit(r) * 240;
        break;
    default:
        minute = yg_rng_unit(r) * 1440;
    }
    minute -= n->when == YG_WHEN_ALWAYS ? 0 : w->tz_min;
    minute = fmod(minute + 2880.0, 1440.0);
    return (int64_t)(minute * 60e9);
}

static unsigned shape_count(const struct yg_sample_noise *n)
{
    unsigned c = 0;

    while (c < YG_ARRAY_LEN(n->shape) && n->shape[c] != YG_S_NONE)
        c++;
    return c;
}

static uint16_t variant_of(const struct yg_sample_day *d, unsigned shape,
                           struct yg_rng *r)
{
    uint32_t n = shape < YG_S_IDS_END ? yg_sample_ids_of(shape)->variants : 1;
    bool fresh = (uint64_t)d->day * 2 >= d->days;

    if (shape == YG_S_WEB_EXPLOIT || shape == YG_S_WEB_ATTACK)
        return (uint16_t)yg_rng_below(r, fresh ? YG_SAMPLE_WEB_VARIANTS
                                               : YG_SAMPLE_WEB_FRESH);
    if (shape == YG_S_WATCHLIST)
        return (uint16_t)(d->world->index % n);
    return n > 1 ? (uint16_t)(yg_sample_tail(r, 1, n) - 1) : 0;
}

static void set_ends(struct yg_sample_item *it, const struct yg_sample_day *d,
                     size_t kind, struct yg_rng *r, bool both)
{
    const struct yg_sample_noise *n = &yg_sample_noise[kind];
    struct yg_sample_end dst = yg_sample_pick(d->world, r, n->dst, (uint32_t)kind);
    struct yg_sample_end src = { it->src, it->src_host };

    if (both)
        src = n->src == YG_PICK_NONE
                  ? dst
                  : yg_sample_pick(d->world, r, n->src, (uint32_t)kind);
    it->src = src.ip;
    it->src_host = src.host;
    it->dst = dst.ip;
    it->dst_host = dst.host;
    it->agent = dst.host != YG_SAMPLE_NO_HOST ? dst.host : src.host;
}

static void set_ports(struct yg_sample_item *it, struct yg_rng *r)
{
    uint16_t port = yg_sample_port(it->shape);

    it->sport = (uint16_t)yg_sample_between(r, 1025, 65000);
    it->dport = port ? port : (uint16_t)yg_sample_tail(r, 20, 49000);
}

/* One episode of at most `most` alerts; returns how many were made. */
static uint64_t episode(struct yg_sample_items *l, const struct yg_sample_day *d,
                        size_t kind, struct yg_rng *r, const struct outage *dead,
                        uint64_t most)
{
    const struct yg_sample_noise *n = &yg_sample_noise[kind];
    uint64_t len = yg_sample_tail(r, n->lo, n->hi), made = 0;
    unsigned shapes = shape_count(n);
    struct yg_sample_item it = { .time_ns = d->start_ns + pick_time(d, n, r),
                                 .level = n->level,
                                 .reason = n->reason,
                                 .outcome = n->outcome };

    if (len > most)
        len = most;
    double gap = n->gap_s < 40000.0 / (double)len ? n->gap_s : 40000.0 / (double)len;
    set_ends(&it, d, kind, r, true);
    it.user = yg_sample_pick_user(
        d->world, r, n->who, it.src_host != YG_SAMPLE_NO_HOST ? it.src_host : it.agent);
    for (uint64_t i = 0; i < len; i++) {
        if (i > 0)
            it.time_ns += 1 + (int64_t)(yg_sample_exp(r, gap) * 1e9);
        if (n->sweep && i > 0)
            set_ends(&it, d, kind, r, false);
        if (n->who == YG_WHO_GUESS)
            it.user = yg_sample_pick_user(d->world, r, n->who, it.agent);
        it.shape = n->shape[shapes > 1 ? yg_rng_below(r, shapes) : 0];
        it.variant = variant_of(d, it.shape, r);
        it.seed = yg_rng_u64(r);
        set_ports(&it, r);
        if (it.time_ns >= d->end_ns)
            break;
        if (device_of(it.shape) == dead->device && it.time_ns >= dead->from_ns &&
            it.time_ns < dead->to_ns)
            continue;
        yg_sample_items_add(l, &it, d->end_ns);
        made++;
    }
    return made;
}

/* Pages that customers read: only in the web server's log. */
static void ordinary(struct yg_sample_items *l, const struct yg_sample_day *d,
                     struct yg_rng *r, uint64_t pages)
{
    static const struct yg_sample_noise shop = { .when = YG_WHEN_OFFICE };

    for (uint64_t i = 0; i < pages; i++) {
        struct yg_sample_end web = yg_sample_pick(d->world, r, YG_PICK_WEB, 0);
        struct yg_sample_item it = {
            .time_ns = d->start_ns + (yg_rng_below(r, 3)
                                          ? pick_time(d, &shop, r)
                                          : (int64_t)(yg_rng_unit(r) * DAY_S * 1e9)),
            .seed = yg_rng_u64(r),
            .src = yg_sample_outside(r),
            .src_host = YG_SAMPLE_NO_HOST,
            .dst = web.ip,
            .dst_host = web.host,
            .agent = web.host,
            .shape = YG_S_COUNT,
            .record = YG_REC_ACCESS,
        };
        yg_sample_items_push(l, &it);
    }
}

static struct outage pick_outage(const struct yg_sample_day *d, struct yg_rng *r)
{
    struct outage o = { 3, 0, 0 };

    if (yg_rng_below(r, 20) == 0) {
        o.device = (unsigned)yg_rng_below(r, 3);
        o.from_ns = d->start_ns + (int64_t)(yg_rng_unit(r) * 80000e9);
        o.to_ns = o.from_ns + (int64_t)((0.5 + yg_rng_unit(r) * 3.5) * 3600e9);
    }
    return o;
}

void yg_sample_noise_add(struct yg_sample_items *l, const struct yg_sample_day *d,
                         uint64_t target)
{
    struct yg_rng r = day_rng(d->world, d->day, 3);
    struct outage dead = pick_outage(d, &r);
    double rate[NOISE_MAX], sum = 0.0;

    YG_ASSERT(yg_sample_noise_count <= NOISE_MAX);
    for (size_t k = 0; k < yg_sample_noise_count; k++)
        sum += rate[k] = rate_today(d, k, &r);
    for (size_t k = 0; k < yg_sample_noise_count; k++) {
        double share = sum > 0.0 ? (double)target * rate[k] / sum : 0.0;
        uint64_t quota = (uint64_t)share, tries = 0;
        quota += yg_rng_unit(&r) < share - (double)quota;
        /* Episodes that end at midnight or in an outage give less than they should. */
        for (uint64_t made = 0; made < quota && tries < 2 * quota + 8; tries++)
            made += episode(l, d, k, &r, &dead, quota - made);
    }
    ordinary(l, d, &r, target / 6);
}
