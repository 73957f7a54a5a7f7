/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/status.h"
#include "base/str.h"
#include "policy/coin.h"
#include "sim_util.h"

#include <math.h>

#define SEED 20240102
#define DAY  (86400 * YG_NS_PER_S)
#define T0   (INT64_C(1700006400) * YG_NS_PER_S) /* midnight UTC */

static void run_id(uint64_t n, unsigned char id[YG_ID_SIZE])
{
    yg_hash_id(YG_STR("test"), (struct yg_str){ (const char *)&n, sizeof(n) }, id);
}

/* ---- the toss ------------------------------------------------------------------ */

/* RFC 4231 has no key of 32 bytes: the reference is HMAC-SHA-256 of another library
 * (Python's) over kind and id, key 0, 1 ... 31, id 0x10 ... 0x1f. Its first four bytes
 * decide: one below is not chosen, one above is. */
static void toss_is_hmac_sha256(void **state)
{
    static const struct {
        enum yg_coin_kind kind;
        uint64_t first;
    } t[] = { { YG_COIN_AUDIT, UINT64_C(0xe993dce0) },
              { YG_COIN_DECOY, UINT64_C(0x480f1a71) } };
    unsigned char secret[YG_COIN_SECRET], id[YG_ID_SIZE];
    struct yg_coin key;

    (void)state;
    for (size_t i = 0; i < sizeof(secret); i++)
        secret[i] = (unsigned char)i;
    yg_coin_init(&key, secret);
    for (size_t i = 0; i < sizeof(id); i++)
        id[i] = (unsigned char)(0x10 + i);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        assert_false(yg_coin_toss(&key, t[i].kind, id, t[i].first));
        assert_true(yg_coin_toss(&key, t[i].kind, id, t[i].first + 1));
    }
}

static void toss_ends(void **state)
{
    const unsigned char secret[YG_COIN_SECRET] = { 7 };
    unsigned char id[YG_ID_SIZE];
    struct yg_coin key;

    (void)state;
    yg_coin_init(&key, secret);
    for (uint64_t n = 0; n < 1000; n++) {
        run_id(n, id);
        assert_true(yg_coin_toss(&key, YG_COIN_AUDIT, id, YG_COIN_ONE));
        assert_false(yg_coin_toss(&key, YG_COIN_AUDIT, id, 0));
    }
}

/* |count - n p| in standard deviations: 3.5 is exceeded once in 2000. */
static void count_fits(const char *what, uint64_t count, uint64_t n, double p)
{
    double z = ((double)count - (double)n * p) / sqrt((double)n * p * (1 - p));

    print_message("# %s: %llu of %llu, z %.2f\n", what, (unsigned long long)count,
                  (unsigned long long)n, z);
    if (!(fabs(z) < 3.5))
        fail_msg("%s: z = %.2f", what, z);
}

/* Uniform over ids, and audits, decoys and another secret know nothing of each other:
 * each pair of tosses at 1/4 comes together once in 16. A larger rate keeps what a
 * smaller one chose. */
static void toss_is_uniform_and_independent(void **state)
{
    const uint64_t n = 200000, quarter = YG_COIN_ONE / 4;
    const unsigned char one[YG_COIN_SECRET] = { 1 }, two[YG_COIN_SECRET] = { 2 };
    unsigned char id[YG_ID_SIZE];
    struct yg_coin key, other;
    uint64_t audit = 0, decoy = 0, least = 0, both = 0, secrets = 0, in_row = 0;
    bool before = false;

    (void)state;
    yg_coin_init(&key, one);
    yg_coin_init(&other, two);
    for (uint64_t i = 0; i < n; i++) {
        run_id(i, id);
        bool a = yg_coin_toss(&key, YG_COIN_AUDIT, id, quarter),
             d = yg_coin_toss(&key, YG_COIN_DECOY, id, quarter),
             o = yg_coin_toss(&other, YG_COIN_AUDIT, id, quarter),
             l = yg_coin_toss(&key, YG_COIN_AUDIT, id, YG_COIN_LEAST);
        assert_true(a == yg_coin_toss(&key, YG_COIN_AUDIT, id, quarter));
        assert_true(a || !l);
        audit += a;
        decoy += d;
        least += l;
        both += a && d;
        secrets += a && o;
        in_row += a && before;
        before = a;
    }
    count_fits("audits", audit, n, 0.25);
    count_fits("decoys", decoy, n, 0.25);
    count_fits("audits at the least rate", least, n, 0.005);
    count_fits("audit and decoy", both, n, 1.0 / 16);
    count_fits("two secrets", secrets, n, 1.0 / 16);
    count_fits("two in a row", in_row, n, 1.0 / 16);
}

static void weights(void **state)
{
    static const struct {
        uint64_t rate;
        double weight;
    } t[] = {
        { 0, 200 },
        { 1, 200 },
        { YG_COIN_LEAST, 200 },
        { YG_COIN_ONE / 128, 128 },
        { YG_COIN_ONE / 2, 2 },
        { YG_COIN_ONE, 1 },
        { UINT64_MAX, 1 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        double w = yg_coin_weight(t[i].rate);
        assert_true(w >= 1 && w <= 200 && fabs(w - t[i].weight) < 1e-4);
    }
}

/* ---- the rate ------------------------------------------------------------------ */

static void rate_cases(void **state)
{
    static const struct {
        const char *what;
        struct yg_coin_budget b;
        enum yg_coin_kind kind;
        uint64_t audits;
        double hour, share; /* share: 0 stands for the least */
    } t[] = {
        { "nothing known", { 0 }, YG_COIN_AUDIT, 50, 8, 1 },
        { "no budget", { .daily = 100 }, YG_COIN_AUDIT, 0, 8, 0 },
        { "fewer runs than audits", { .daily = 30 }, YG_COIN_AUDIT, 50, 0, 1 },
        { "one in eight", { .daily = 400 }, YG_COIN_AUDIT, 50, 0, 0.125 },
        { "next power of two", { .daily = 500 }, YG_COIN_AUDIT, 50, 0, 0.125 },
        { "the one after", { .daily = 600 }, YG_COIN_AUDIT, 50, 0, 0.0625 },
        { "never under the least", { .daily = 1e9 }, YG_COIN_AUDIT, 50, 0, 0 },
        { "as forecast at noon",
          { .daily = 400, .today = 200 },
          YG_COIN_AUDIT,
          50,
          12,
          0.125 },
        { "far more than forecast",
          { .daily = 400, .today = 6300 },
          YG_COIN_AUDIT,
          50,
          24,
          0.0078125 },
        { "budget spent",
          { .daily = 400, .today = 200, .drawn_today = 50 },
          YG_COIN_AUDIT,
          50,
          12,
          0.0625 },
        { "spent twice",
          { .daily = 400, .today = 200, .drawn_today = 110 },
          YG_COIN_AUDIT,
          50,
          12,
          0.03125 },
        { "decoys by open runs",
          { .daily = 400, .open_daily = 3200 },
          YG_COIN_DECOY,
          50,
          0,
          1.0 / 64 },
        { "decoys may be rarer",
          { .open_daily = 51200 },
          YG_COIN_DECOY,
          50,
          0,
          1.0 / 1024 },
        { "no decoys without audits",
          { .open_daily = 100 },
          YG_COIN_DECOY,
          0,
          0,
          0x1p-32 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct yg_coin_budget b = t[i].b;
        b.day = T0 / DAY;
        uint64_t want =
            t[i].share > 0 ? (uint64_t)(t[i].share * (double)YG_COIN_ONE) : YG_COIN_LEAST;
        uint64_t got =
            yg_coin_rate(&b, t[i].kind, t[i].audits,
                         T0 + (int64_t)(t[i].hour * 3600e9) - (t[i].hour > 23));
        if (got != want)
            fail_msg("%s: %g instead of %g", t[i].what, (double)got / 0x1p32,
                     (double)want / 0x1p32);
    }
}

static void days(void **state)
{
    struct yg_coin_budget b = { 0 };

    (void)state;
    yg_coin_rate(&b, YG_COIN_AUDIT, 50, -1); /* 1969: a day of its own */
    assert_true(b.day == -1);
    yg_coin_rate(&b, YG_COIN_AUDIT, 50, T0);
    for (int i = 0; i < 100; i++)
        yg_coin_count(&b, YG_COIN_AUDIT, i < 3);
    yg_coin_count(&b, YG_COIN_DECOY, true);
    assert_true(b.today == 100 && b.drawn_today == 3);
    assert_true(b.open_today == 1 && b.decoys_today == 1 && b.daily == 0);
    yg_coin_rate(&b, YG_COIN_AUDIT, 50, T0 - DAY); /* back: nothing moves */
    assert_true(b.today == 100 && b.day == T0 / DAY);
    yg_coin_rate(&b, YG_COIN_DECOY, 50, T0 + DAY);
    assert_true(b.today == 0 && b.drawn_today == 0 && b.daily == 100);
    assert_true(b.open_today == 0 && b.decoys_today == 0 && b.open_daily == 1);
    yg_coin_rate(&b, YG_COIN_AUDIT, 50, T0 + 3 * DAY); /* two days of nothing */
    assert_true(fabs(b.daily - 49) < 1e-9);
    yg_coin_rate(&b, YG_COIN_AUDIT, 50, INT64_MAX);
    assert_true(b.day == INT64_MAX / DAY && b.daily < 1);
}

/* Days of jumping volumes: half a day's runs come in two hours. */
struct plan {
    const char *what;
    uint64_t runs[6]; /* a day, in turns */
    uint64_t audits;
    double least, most; /* of min(budget, runs), the mean of the days that can */
};

static void one_day(struct yg_coin_budget *b, const struct plan *p, int64_t day,
                    struct yg_rng *r, uint64_t *drawn, double *weighed)
{
    uint64_t runs = p->runs[day % 6];

    *drawn = 0;
    for (uint64_t i = 0; i < runs; i++) {
        double at = (double)i / (double)runs, /* of the day's runs */
            hour = at < 0.5 ? 9 * 2 * at : 9 + (at - 0.5) * 4;
        if (hour > 11)
            hour = 11;
        int64_t now = T0 + day * DAY + (int64_t)(hour * 3600e9);
        uint64_t rate = yg_coin_rate(b, YG_COIN_AUDIT, p->audits, now);
        assert_true(rate >= YG_COIN_LEAST && rate <= YG_COIN_ONE);
        bool chosen = (double)rate > yg_rng_unit(r) * (double)YG_COIN_ONE;
        yg_coin_count(b, YG_COIN_AUDIT, chosen);
        *drawn += chosen;
        *weighed += chosen ? yg_coin_weight(rate) : 0;
        rate = yg_coin_rate(b, YG_COIN_DECOY, p->audits, now);
        yg_coin_count(b, YG_COIN_DECOY,
                      (double)rate > yg_rng_unit(r) * (double)YG_COIN_ONE);
    }
}

static void budget_holds(void **state)
{
    static const struct plan t[] = {
        { "steady", { 2000, 2000, 2000, 2000, 2000, 2000 }, 50, 0.7, 1.5 },
        { "few", { 30, 30, 30, 30, 30, 30 }, 50, 0.9, 1.0 },
        { "weekends", { 3000, 3000, 3000, 3000, 300, 300 }, 50, 0.4, 1.6 },
        { "ten times in turns", { 500, 5000, 500, 5000, 500, 5000 }, 50, 0.4, 2 },
        { "bursts", { 200, 200, 200, 200, 200, 8000 }, 50, 0.4, 2.5 },
        { "one audit a day", { 100, 100, 100, 1000, 100, 100 }, 1, 0.5, 2.5 },
    };
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct yg_coin_budget b = { 0 };
        double sum = 0, can = 0, weighed = 0, all = 0, worst = 0, decoys = 0;
        for (int64_t day = 0; day < 120; day++) {
            uint64_t drawn, runs = t[i].runs[day % 6];
            one_day(&b, &t[i], day, &r, &drawn, &weighed);
            double most = (double)(runs < t[i].audits ? runs : t[i].audits);
            sum += (double)drawn;
            decoys += (double)b.decoys_today;
            can += most;
            all += (double)runs;
            worst = fmax(worst, (double)drawn / most);
        }
        print_message("# %s: %.2f of the budget, worst day %.2f, decoys %.2f of the "
                      "audits, weights sum to %.3f of the runs\n",
                      t[i].what, sum / can, worst, decoys / sum, weighed / all);
        if (!(sum / can >= t[i].least && sum / can <= t[i].most))
            fail_msg("%s: %.2f of the budget", t[i].what, sum / can);
        assert_true(worst <= (t[i].audits < 10 ? 12 : 4));
        assert_true(decoys / sum > 0.5 && decoys / sum < 2);
        /* 1/pi weighs right: the deviation is at most sqrt(sum of w) by run. */
        assert_true(fabs(weighed / all - 1) < 4 * sqrt(200 / all));
    }
}

/* The first day of a stratum: with a forecast from elsewhere the budget is neither spent
 * in the first hours nor exceeded, where the forecast is right; where it is wrong by four
 * either way the day's own pace corrects it, and no weight is wrong. */
static void first_day(void **state)
{
    static const struct {
        const char *what;
        uint64_t runs;
        double expect;
        double least, most; /* of the budget of 50, the mean of 200 days */
    } t[] = {
        { "no forecast", 2000, 0, 1.3, 2 },
        { "right", 2000, 2000, 0.7, 1.4 },
        { "four times too low", 2000, 500, 0.7, 2 },
        { "four times too high", 500, 2000, 0.25, 1.2 },
        { "fewer runs than audits", 30, 30, 0.599, 0.601 },
        { "a forecast that is none", 30, NAN, 0.599, 0.601 },
        { "nor this", 30, INFINITY, 0.599, 0.601 },
        { "nor this one", 30, -1, 0.599, 0.601 },
    };
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED + 2);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        const struct plan p = { .runs = { t[i].runs, t[i].runs, t[i].runs, t[i].runs,
                                          t[i].runs, t[i].runs },
                                .audits = 50 };
        double sum = 0, weighed = 0;
        for (int64_t day = 0; day < 200; day++) {
            struct yg_coin_budget b = { 0 };
            uint64_t drawn;
            yg_coin_expect(&b, t[i].expect, t[i].expect, T0 + day * DAY);
            one_day(&b, &p, day, &r, &drawn, &weighed);
            sum += (double)drawn / 50;
        }
        double all = 200 * (double)t[i].runs;
        print_message("# %s: %.2f of the budget, weights sum to %.3f of the runs\n",
                      t[i].what, sum / 200, weighed / all);
        if (!(sum / 200 >= t[i].least && sum / 200 <= t[i].most))
            fail_msg("%s: %.2f of the budget", t[i].what, sum / 200);
        assert_true(fabs(weighed / all - 1) < 4 * sqrt(200 / all));
    }
}

/* What a stratum counted or forecast itself is never replaced. */
static void expected_once(void **state)
{
    struct yg_coin_budget b = { 0 };

    (void)state;
    yg_coin_expect(&b, 400, 800, T0 + DAY);
    assert_true(b.daily == 400 && b.open_daily == 800 && b.day == T0 / DAY + 1);
    assert_true(yg_coin_rate(&b, YG_COIN_AUDIT, 50, T0 + DAY) == YG_COIN_ONE / 8);
    yg_coin_expect(&b, 1, 1, T0 + 2 * DAY);
    assert_true(b.daily == 400 && b.open_daily == 800 && b.day == T0 / DAY + 1);
    b = (struct yg_coin_budget){ .today = 1, .day = 7 };
    yg_coin_expect(&b, 400, 800, T0);
    assert_true(b.daily == 0 && b.open_daily == 0 && b.day == 7);
}

/* The rate of a run is the same whatever comes of its own toss. */
static void rate_is_of_the_past(void **state)
{
    struct yg_coin_budget b = { 0 }, ask;
    struct yg_rng r;

    (void)state;
    yg_rng_init(&r, SEED + 1);
    for (int i = 0; i < 20000; i++) {
        int64_t now = T0 + i * (DAY / 3000);
        uint64_t rate = yg_coin_rate(&b, YG_COIN_AUDIT, 50, now);
        ask = b;
        assert_true(yg_coin_rate(&ask, YG_COIN_AUDIT, 50, now) == rate);
        assert_memory_equal(&ask, &b, sizeof(b)); /* asking changes nothing */
        yg_coin_count(&b, YG_COIN_AUDIT,
                      (double)rate > yg_rng_unit(&r) * (double)YG_COIN_ONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(toss_is_hmac_sha256),
        cmocka_unit_test(toss_ends),
        cmocka_unit_test(toss_is_uniform_and_independent),
        cmocka_unit_test(weights),
        cmocka_unit_test(rate_cases),
        cmocka_unit_test(days),
        cmocka_unit_test(budget_holds),
        cmocka_unit_test(first_day),
        cmocka_unit_test(expected_once),
        cmocka_unit_test(rate_is_of_the_past),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
