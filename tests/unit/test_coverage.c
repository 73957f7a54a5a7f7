/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "policy/stats.h"
#include "world.h"

#include <math.h>

/* Simulation: what is certified holds as often as it says. */

/* A world of clusters with `m` runs each: protected as a whole with probability q, then
 * one threat with risks uniform on the whole range; else risks uniform on its lower half.
 * So the true rates at any tau are known. */
static double true_fnr(double t, double m)
{
    return 1 - pow(1 - t, m);
}

static double true_for(double t, double m, double q)
{
    double hit = q * (1 - pow(1 - t, m)),
           other = (1 - q) * (1 - pow(1 - fmin(1, 2 * t), m));

    return hit / (hit + other);
}

static void draw_world(struct world *w, struct yg_rng *r, size_t clusters, size_t m,
                       double q)
{
    w->n = 0;
    for (size_t c = 0; c < clusters; c++) {
        bool hit = yg_rng_unit(r) < q;
        for (size_t i = 0; i < m; i++) {
            struct yg_judged *a = put(w, hit ? YG_LEVEL_L3 : YG_LEVEL_FP,
                                      (uint32_t)yg_rng_u64(r) >> (hit ? 0 : 1));
            a->entity = c + 1;
        }
    }
}

static void not_too_often(const char *what, uint64_t over, uint64_t of, double share)
{
    double p = 1 - (over ? yg_binom_cdf(over - 1, of, share) : 0);

    print_message("# %s: %d of %d over, share %.4f\n", what, (int)over, (int)of, share);
    if (p < 0.01 / 10) /* ten tests in all */
        fail_msg("%s: too often (p = %g)", what, p);
}

static void coverage(void **state)
{
    static const struct {
        const char *what;
        size_t clusters, m;
        double q, beta;
        uint64_t at_least; /* certificates that must come out, for power */
    } t[] = {
        { "runs alone", 300, 1, 0.0955, 0.05, 3 },
        { "few threats", 130, 1, 0.5, 0.05, 0 },
        { "many threats", 900, 1, 0.5, 0.05, 0 },
        { "clustered runs", 400, 4, 0.06, 0.05, 3 },
        { "clustered runs, few threats", 130, 4, 0.5, 0.05, 0 },
    };
    const uint64_t seed = 20181102, reps = 800;
    struct yg_rng r;

    (void)state;
    print_message("# seed %llu\n", (unsigned long long)seed);
    yg_rng_init(&r, seed);
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        uint64_t fnr = 0, loose = 0, certified = 0;
        double share = 0;
        struct world w;
        begin(&w);
        w.ask.delta = 0.3;
        w.ask.beta = t[i].beta;
        for (uint64_t j = 0; j < reps; j++) {
            w.ask.seed = yg_rng_u64(&r);
            draw_world(&w, &r, t[i].clusters, t[i].m, t[i].q);
            struct yg_certificate c = certify(&w);
            double np = c.tau_np * 0x1p-32, tau_for = c.tau_for * 0x1p-32,
                   m = (double)t[i].m;
            share = c.share;
            fnr += c.level[YG_LEVEL_L3].k > 0 && true_fnr(np, m) > 0.05;
            loose += c.tau_for > 0 && true_for(tau_for, m, t[i].q) > t[i].beta;
            certified += c.tau_for > 0;
        }
        not_too_often(t[i].what, fnr, reps, share);
        not_too_often(t[i].what, loose, reps, share);
        assert_true(certified >= t[i].at_least);
        free(w.a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coverage),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
