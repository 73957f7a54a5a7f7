/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/coin.h"

#include "base/clock.h"

#include <sodium.h>
#include <string.h>

_Static_assert(YG_COIN_SECRET == crypto_auth_hmacsha256_KEYBYTES, "one key");
_Static_assert(YG_DIGEST_SIZE == crypto_auth_hmacsha256_BYTES, "one digest");
_Static_assert(sizeof(crypto_auth_hmacsha256_state) <= sizeof(struct yg_coin), "it fits");

#define DAY_NS    (86400 * YG_NS_PER_S)
#define FORGETS   14   /* days without a run count as 0, up to here */
#define SMOOTHING 0.3  /* share of the last day in the forecast */
#define PRIOR     0.25 /* days: how much the forecast counts beside today */
#define RUNS_MAX  1e15 /* a forecast beyond this is none */

void yg_coin_init(struct yg_coin *c, const unsigned char secret[YG_COIN_SECRET])
{
    crypto_auth_hmacsha256_state s;

    crypto_auth_hmacsha256_init(&s, secret, YG_COIN_SECRET);
    memcpy(c->state, &s, sizeof(s));
    sodium_memzero(&s, sizeof(s));
}

void yg_coin_fini(struct yg_coin *c)
{
    sodium_memzero(c->state, sizeof(c->state));
}

void yg_coin_number(const struct yg_coin *c, unsigned char use, struct yg_str about,
                    unsigned char out[YG_DIGEST_SIZE])
{
    crypto_auth_hmacsha256_state s;

    memcpy(&s, c->state, sizeof(s));
    crypto_auth_hmacsha256_update(&s, &use, 1);
    crypto_auth_hmacsha256_update(&s, (const unsigned char *)about.p, about.n);
    crypto_auth_hmacsha256_final(&s, out);
}

bool yg_coin_toss(const struct yg_coin *c, enum yg_coin_kind kind,
                  const unsigned char run[YG_ID_SIZE], uint64_t rate)
{
    unsigned char mac[YG_DIGEST_SIZE];
    uint64_t toss = 0;

    yg_coin_number(c, (unsigned char)kind,
                   (struct yg_str){ (const char *)run, YG_ID_SIZE }, mac);
    for (int i = 0; i < 4; i++)
        toss = toss << 8 | mac[i];
    return toss < rate;
}

double yg_coin_weight(uint64_t rate)
{
    if (rate >= YG_COIN_ONE)
        return 1;
    return (double)YG_COIN_ONE / (double)(rate > YG_COIN_LEAST ? rate : YG_COIN_LEAST);
}

static double smoothed(double daily, uint64_t today)
{
    return daily > 0 ? daily + SMOOTHING * ((double)today - daily) : (double)today;
}

static int64_t day_of(int64_t ns)
{
    return ns / DAY_NS - (ns % DAY_NS < 0);
}

static bool begins(const struct yg_coin_budget *b)
{
    return b->today == 0 && b->open_today == 0 && b->daily <= 0 && b->open_daily <= 0;
}

void yg_coin_expect(struct yg_coin_budget *b, double closed, double open, int64_t now_ns)
{
    if (!begins(b))
        return;
    b->day = day_of(now_ns);
    b->daily = closed > 0 && closed < RUNS_MAX ? closed : 0;
    b->open_daily = open > 0 && open < RUNS_MAX ? open : 0;
}

/* Close the days that are over. A clock that goes back stays in its day. */
static void advance(struct yg_coin_budget *b, int64_t now_ns)
{
    int64_t day = day_of(now_ns);

    if (begins(b))
        b->day = day;
    for (int i = 0; i < FORGETS && b->day < day; i++, b->day++) {
        b->daily = smoothed(b->daily, b->today);
        b->open_daily = smoothed(b->open_daily, b->open_today);
        b->today = b->open_today = b->drawn_today = b->decoys_today = 0;
    }
    if (b->day < day)
        b->day = day;
}

/* How many runs this day will have: the forecast weighs as much as a quarter of a day. */
static double expected(double daily, uint64_t today, double gone)
{
    return (PRIOR * daily + (double)today) / (PRIOR + gone);
}

/* The power of two next to `share` (as a ratio) of YG_COIN_ONE, at most 1. */
static uint64_t power_of_two(double share)
{
    uint64_t rate = YG_COIN_ONE;

    while (rate > 1 && share < 0x1.6a09e667f3bcdp-1) { /* sqrt 1/2 */
        share *= 2;
        rate >>= 1;
    }
    return rate;
}

uint64_t yg_coin_rate(struct yg_coin_budget *b, enum yg_coin_kind kind, uint64_t audits,
                      int64_t now_ns)
{
    bool decoy = kind == YG_COIN_DECOY;

    advance(b, now_ns);
    int64_t since = now_ns - b->day * DAY_NS;
    double gone = since > 0 ? (double)since / (double)DAY_NS : 0;
    /* As many decoys as audits, also where the least rate draws more than the budget. */
    uint64_t most = decoy && b->drawn_today > audits ? b->drawn_today : audits,
             drawn = decoy ? b->decoys_today : b->drawn_today;
    double runs = decoy ? expected(b->open_daily, b->open_today, gone)
                        : expected(b->daily, b->today, gone);
    double share = runs > (double)most ? (double)most / runs : most > 0 ? 1 : 0;
    /* A day that brings far more than was forecast: half the rate at each budget spent.
     */
    for (uint64_t spent = most; spent <= drawn && share > 0x1p-32; spent += most + 1)
        share /= 2;
    uint64_t rate = power_of_two(share);
    return decoy || rate > YG_COIN_LEAST ? rate : YG_COIN_LEAST;
}

void yg_coin_count(struct yg_coin_budget *b, enum yg_coin_kind kind, bool chosen)
{
    if (kind == YG_COIN_DECOY) {
        b->open_today++;
        b->decoys_today += chosen;
    } else {
        b->today++;
        b->drawn_today += chosen;
    }
}
