/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/world.h"

#include "base/fmath.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>

static const char *const role_name[] = {
#define X(id, name) name,
    YG_SAMPLE_ROLES(X)
#undef X
};

static const char *const tenant_name[] = {
    "aoba",  "birch", "cedar",  "delta", "ember", "fjord", "grove", "heron",
    "iris",  "juno",  "kelp",   "larch", "maple", "north", "onyx",  "pine",
    "quill", "reed",  "sakura", "tide",  "umber", "vale",  "wren",  "yuzu",
};

static const char *const surname[] = {
    "mori",   "sato",  "tanaka", "kato",  "abe",    "endo",   "ito",   "ueda",
    "berg",   "lund",  "holm",   "dahl",  "costa",  "silva",  "rossi", "conti",
    "weber",  "frank", "novak",  "horak", "martin", "dubois", "khan",  "patel",
    "nguyen", "tran",  "kim",    "park",  "okafor", "mensah", "smith", "jones",
    "brown",  "clark", "lopez",  "reyes", "ivanov", "popov",  "cohen", "haddad",
};

static const char *const special[] = {
    [YG_SAMPLE_USER_ROOT - 1000] = "root",
    [YG_SAMPLE_USER_WWW - 1000] = "www-data",
    [YG_SAMPLE_USER_BACKUP - 1000] = "backup",
    [YG_SAMPLE_USER_MONITOR - 1000] = "svc-monitor",
    [YG_SAMPLE_USER_GUESS - 1000] = "root",
    "admin",
    "test",
    "oracle",
    "ubuntu",
    "postgres",
    "git",
    "ftp",
    "deploy",
    "user",
    "guest",
    "pi",
    "support",
    "info",
    "mysql",
    "nagios", /* 1019 */
    [YG_SAMPLE_USER_NEW - 1000] = "sysupd",
    "helpdesk1",
    "ftpuser",
    "backup2",
    "svc-print",
    "tmpadm",
    "www-admin",
    "support1",
};

uint32_t yg_sample_between(struct yg_rng *r, uint32_t lo, uint32_t hi)
{
    return hi <= lo ? lo : lo + (uint32_t)yg_rng_below(r, (uint64_t)hi - lo + 1);
}

double yg_sample_exp(struct yg_rng *r, double mean)
{
    return -mean * yg_ln(1.0 - yg_rng_unit(r));
}

uint32_t yg_sample_tail(struct yg_rng *r, uint32_t lo, uint32_t hi)
{
    if (hi <= lo)
        return lo;
    double inv_lo = 1.0 / lo, inv_hi = 1.0 / (hi + 1.0);
    double x = 1.0 / (inv_lo - yg_rng_unit(r) * (inv_lo - inv_hi));
    return x >= hi ? hi : (uint32_t)x;
}

double yg_sample_spread(struct yg_rng *r, double sigma)
{
    double sum = -2.0; /* four uniforms: near enough to a normal, sd 0.577 */

    for (int i = 0; i < 4; i++)
        sum += yg_rng_unit(r);
    return yg_exp(sigma * sum / 0.577);
}

uint32_t yg_sample_outside(struct yg_rng *r)
{
    /* 198.18.0.0/15, never .0 nor .255 */
    uint32_t net = (uint32_t)yg_rng_below(r, 512);
    return 0xc6120000U | net << 8 | yg_sample_between(r, 1, 254);
}

static void make_hosts(struct yg_sample_world *w, struct yg_rng *r)
{
    uint32_t desktops = yg_sample_tail(r, 12, 260);
    uint32_t net = yg_rng_below(r, 3) == 0
                       ? 0xc0a80000U | (uint32_t)yg_rng_below(r, 200) << 8
                       : 0x0a000000U | (uint32_t)yg_rng_below(r, 60000) << 8;
    uint32_t many = 1 + desktops / 90;

    for (unsigned role = 0; role < YG_ROLE_COUNT; role++) {
        uint32_t n = 1;
        if (role == YG_ROLE_DESKTOP)
            n = desktops;
        else if (role == YG_ROLE_WEB || role == YG_ROLE_DB || role == YG_ROLE_DEV)
            n = yg_sample_between(r, 1, 2 * many);
        else if (role <= YG_ROLE_DC)
            n = yg_sample_between(r, 1, many);
        w->first[role] = (uint16_t)w->host_count;
        for (uint32_t i = 0; i < n && w->host_count < YG_SAMPLE_HOSTS_MAX; i++) {
            struct yg_sample_host *h = &w->host[w->host_count++];
            /* servers in the first /24, desktops behind it, 200 to a net */
            uint32_t at = role == YG_ROLE_DESKTOP ? ((1 + i / 200) << 8) + 20 + i % 200
                                                  : 10 + 12 * role + i;
            h->ip = net + at;
            h->role = (uint8_t)role;
            snprintf(h->name, sizeof(h->name),
                     role == YG_ROLE_DESKTOP ? "%s%03u" : "%s%u", role_name[role], i + 1);
        }
        w->count[role] = (uint16_t)(w->host_count - w->first[role]);
    }
}

static void make_users(struct yg_sample_world *w, struct yg_rng *r)
{
    uint32_t n = w->count[YG_ROLE_DESKTOP] + YG_SAMPLE_ADMINS;
    const uint32_t names = YG_ARRAY_LEN(surname);

    w->user_count = n > YG_SAMPLE_USERS_MAX ? YG_SAMPLE_USERS_MAX : n;
    /* Surnames in turn, so that no two people share an account. */
    uint32_t shift = (uint32_t)yg_rng_below(r, names);
    for (uint32_t i = 0; i < w->user_count; i++)
        snprintf(w->user[i], sizeof(w->user[i]), "%c%s%.0u",
                 'a' + (int)yg_rng_below(r, 26), surname[(i * 7 + shift) % names],
                 i / names);
}

void yg_sample_world_make(struct yg_sample_world *w, uint64_t seed, uint32_t index)
{
    static const int zone[] = { -480, -300, 0, 60, 120, 330, 540, 540 };
    struct yg_rng root, r;

    yg_rng_init(&root, seed);
    r = yg_rng_fork(&root, 1000 + (uint64_t)index);
    *w = (struct yg_sample_world){ .index = index, .seed = yg_rng_u64(&r) };
    snprintf(w->name, sizeof(w->name), "%s-%02u",
             tenant_name[index % YG_ARRAY_LEN(tenant_name)], index + 1);
    snprintf(w->domain, sizeof(w->domain), "%s.example", w->name);
    w->tz_min = zone[yg_rng_below(&r, YG_ARRAY_LEN(zone))];
    w->open_min = (int)yg_sample_between(&r, 7 * 60, 9 * 60 + 30);
    w->close_min = w->open_min + (int)yg_sample_between(&r, 9 * 60, 10 * 60);
    w->size = yg_sample_spread(&r, 0.7);
    w->wan = yg_sample_outside(&r);
    for (int i = 0; i < YG_SAMPLE_PEERS; i++)
        w->peer[i] = yg_sample_outside(&r);
    make_hosts(w, &r);
    make_users(w, &r);
}

struct yg_sample_end yg_sample_end_of(const struct yg_sample_world *w, uint16_t host)
{
    return (struct yg_sample_end){ w->host[host].ip, host };
}

/* The few busiest scanners of the internet are seen by everybody: no tenant here. */
static uint32_t busy_scanner(struct yg_rng *r)
{
    uint64_t x = yg_sample_tail(r, 1, 30000) * 0x9e3779b97f4a7c15ULL;
    return 0xc6120000U | (uint32_t)(x >> 47 & 0x1ff) << 8 | (uint32_t)(x >> 40 & 0x7f) |
           1;
}

struct yg_sample_end yg_sample_pick(const struct yg_sample_world *w, struct yg_rng *r,
                                    enum yg_sample_pick pick, uint32_t habit)
{
    uint32_t servers = w->first[YG_ROLE_DESKTOP];
    uint64_t fixed = (w->seed ^ habit * 0x9e3779b97f4a7c15ULL) >> 7;
    struct yg_sample_end out = { 0, YG_SAMPLE_NO_HOST };

    switch (pick) {
    case YG_PICK_ANY:
        return yg_sample_end_of(w, (uint16_t)yg_rng_below(r, w->host_count));
    case YG_PICK_SERVER:
        return yg_sample_end_of(w, (uint16_t)yg_rng_below(r, servers));
    case YG_PICK_HABIT_PC:
        return yg_sample_end_of(w,
                                (uint16_t)(servers + fixed % w->count[YG_ROLE_DESKTOP]));
    case YG_PICK_HABIT:
        return yg_sample_end_of(w, (uint16_t)(fixed % servers));
    case YG_PICK_EXT:
        out.ip = yg_rng_below(r, 4) == 0 ? yg_sample_outside(r) : busy_scanner(r);
        return out;
    case YG_PICK_PEER:
        out.ip = w->peer[yg_sample_tail(r, 1, YG_SAMPLE_PEERS) - 1];
        return out;
    case YG_PICK_WAN:
        out.ip = w->wan;
        return out;
    default:
        break;
    }
    if ((unsigned)pick < YG_ROLE_COUNT && w->count[pick] > 0)
        return yg_sample_end_of(
            w, (uint16_t)(w->first[pick] + yg_rng_below(r, w->count[pick])));
    return out;
}

uint16_t yg_sample_pick_user(const struct yg_sample_world *w, struct yg_rng *r,
                             enum yg_sample_who who, uint16_t host)
{
    uint32_t servers = w->first[YG_ROLE_DESKTOP];

    switch (who) {
    case YG_WHO_OWNER:
        if (host != YG_SAMPLE_NO_HOST && host >= servers)
            return (uint16_t)(YG_SAMPLE_ADMINS +
                              (host - servers) % (w->user_count - YG_SAMPLE_ADMINS));
        return (uint16_t)yg_rng_below(r, YG_SAMPLE_ADMINS);
    case YG_WHO_ADMIN:
        return (uint16_t)yg_rng_below(r, YG_SAMPLE_ADMINS);
    case YG_WHO_STAFF:
    case YG_WHO_STOLEN:
        return (uint16_t)yg_sample_between(r, YG_SAMPLE_ADMINS, w->user_count - 1);
    case YG_WHO_ROOT:
        return YG_SAMPLE_USER_ROOT;
    case YG_WHO_WWW:
        return YG_SAMPLE_USER_WWW;
    case YG_WHO_BACKUP:
        return YG_SAMPLE_USER_BACKUP;
    case YG_WHO_MONITOR:
        return YG_SAMPLE_USER_MONITOR;
    case YG_WHO_GUESS:
        return (uint16_t)(YG_SAMPLE_USER_GUESS + yg_sample_tail(r, 1, 15) - 1);
    case YG_WHO_NEW:
        return (uint16_t)(YG_SAMPLE_USER_NEW + yg_rng_below(r, 8));
    case YG_WHO_NONE:
        break;
    }
    return YG_SAMPLE_USER_NONE;
}

const char *yg_sample_user(const struct yg_sample_world *w, uint16_t user)
{
    if (user < w->user_count)
        return w->user[user];
    if (user >= 1000 && user - 1000U < YG_ARRAY_LEN(special) && special[user - 1000])
        return special[user - 1000];
    return "-";
}
