/* SPDX-License-Identifier: Apache-2.0 */
/* Do the bounds of an audit cover what they speak of, where clusters differ in how many
 * runs they close? By simulation, with a stated false-alarm rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "policy/coin.h"
#include "policy/standing.h"
#include "sim_util.h"

#include <stdlib.h>
#include <string.h>

#define DAY        (INT64_C(86400) * YG_NS_PER_S)
#define T0         (INT64_C(20000) * DAY)
#define DAYS       30
#define CLUSTERS   100 /* a day */
#define LARGE      40  /* runs of a large cluster; the others close one */
#define MOST       60000
#define REPLICATES 100
#define DELTA      0.05

static const struct yg_standing_rules rules = { .protect = YG_LEVEL_L3,
                                                .beta = 0.05,
                                                .delta = DELTA,
                                                .certificate_ns = 30 * DAY,
                                                .overdue_ns = 3 * DAY,
                                                .patience = 10000,
                                                .plants_least = 50 };

/* A fifth of the clusters are large. */
static const struct world {
    const char *name;
    double small, large; /* share of protected runs */
    bool alike;          /* all runs of a cluster share their fate */
} world[] = {
    { "attacks in small clusters", 0.1, 0.001, false },
    { "attacks in large clusters", 0.001, 0.1, false },
    { "attacks in small clusters, alike", 0.1, 0.001, true },
    { "attacks in large clusters, alike", 0.001, 0.1, true },
    { "the same everywhere", 0.03, 0.03, true },
};

struct sim {
    struct yg_audit *audit;
    size_t n;
    uint64_t closed, clusters;
};

static void add(struct sim *s, uint64_t rate, uint32_t m, bool missed)
{
    struct yg_audit *a = &s->audit[s->n++];

    assert_true(s->n < MOST);
    *a = (struct yg_audit){ .rate = rate,
                            .entity = s->clusters,
                            .drawn_ns = T0 - DAY / 2,
                            .ends_ns = T0 - DAY / 2,
                            .judged_ns = T0 - DAY / 4,
                            .kind = YG_AUDIT_COIN,
                            .state = YG_AUDIT_JUDGED,
                            .level = missed ? YG_LEVEL_L4 : YG_LEVEL_FP,
                            .second = YG_LEVEL_NONE,
                            .closed = m };
    a->first = a->worst = a->level;
    memcpy(a->run, &s->n, sizeof(s->n));
}

/* The rate is the budget's: it changes from day to day and knows no verdict. */
static void simulate(struct sim *s, const struct world *w, struct yg_rng *r)
{
    s->n = s->closed = s->clusters = 0;
    for (int day = 0; day < DAYS; day++) {
        uint64_t rate = YG_COIN_ONE >> (2 + yg_rng_below(r, 3));
        for (int c = 0; c < CLUSTERS; c++) {
            bool large = yg_rng_below(r, 5) == 0;
            double p = large ? w->large : w->small;
            uint32_t m = large ? LARGE : 1;
            bool fate = yg_rng_unit(r) < p;
            s->clusters++;
            s->closed += m;
            for (uint32_t i = 0; i < m; i++) {
                bool missed = w->alike ? fate : yg_rng_unit(r) < p;
                if (yg_rng_unit(r) < (double)rate / (double)YG_COIN_ONE)
                    add(s, rate, m, missed);
            }
        }
    }
}

static struct yg_standing stand(const struct sim *s)
{
    const struct yg_standing_in in = { .rules = &rules,
                                       .audit = s->audit,
                                       .audits = s->n,
                                       .armed_ns = T0 - DAY,
                                       .since_arming = { .runs_closed = s->closed },
                                       .now_ns = T0 };
    struct yg_standing out;

    yg_standing_of(&in, &out);
    return out;
}

static void bounds_cover_clusters_of_any_size(void **state)
{
    struct sim s = { .audit = calloc(MOST, sizeof(*s.audit)) };
    const uint64_t of = 3 * YG_ARRAY_LEN(world);

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(world); i++) {
        const struct world *w = &world[i];
        double rate_c = 0.8 * w->small + 0.2 * w->large;
        double rate_r = (0.8 * w->small + 0.2 * LARGE * w->large) / (0.8 + 0.2 * LARGE);
        uint64_t over = 0, over_90 = 0, over_runs = 0, over_old = 0;
        double bound = 0;
        struct yg_rng r;
        yg_rng_init(&r, 4100 + i);
        for (int k = 0; k < REPLICATES; k++) {
            simulate(&s, w, &r);
            struct yg_standing x = stand(&s);
            over += x.for_upper < rate_c;
            over_90 += x.for_upper_90 < rate_c;
            over_runs += x.missed_runs_upper < rate_r * (double)s.closed;
            bound += x.for_upper / REPLICATES;
            for (size_t a = 0; a < s.n; a++) /* as if each cluster closed one run */
                s.audit[a].closed = 1;
            over_old += stand(&s).for_upper < rate_c;
        }
        print_message("# %s: FOR %.4f, bound %.4f on average; without the weight %d of "
                      "%d bounds below it\n",
                      w->name, rate_c, bound, (int)over_old, REPLICATES);
        not_too_often("of clusters", over, REPLICATES, DELTA / 4, of);
        not_too_often("of the last 90 days", over_90, REPLICATES, DELTA / 4, of);
        not_too_often("of runs", over_runs, REPLICATES, DELTA / 4, of);
        assert_true(bound < 3 * rate_c); /* and it says something */
        if (w->small > w->large)         /* where the weight matters, its lack shows */
            assert_true(over_old > REPLICATES / 2);
    }
    free(s.audit);
}

/* Of draws that an older program made the size of the cluster is not known: an attack
 * counts, what is harmless does not. */
static void an_unknown_size_helps_nobody(void **state)
{
    struct sim s = { .audit = calloc(MOST, sizeof(*s.audit)) };

    (void)state;
    for (int i = 0; i < 500; i++) {
        s.clusters++;
        add(&s, YG_COIN_ONE, 0, i % 100 == 99);
    }
    assert_int_equal(stand(&s).in_bet, 5);
    assert_int_equal(stand(&s).audits, 500);
    assert_true(stand(&s).for_upper > 0.9);
    free(s.audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_cover_clusters_of_any_size),
        cmocka_unit_test(an_unknown_size_helps_nobody),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
