/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "base/str.h"
#include "pipeline/asking.h"

#include <math.h>

#define SPARE -1.0

enum kind { GROUP, WANTED, RANDOM };

/* Questions of one case, in the order given; `want`: the gain afterwards, or SPARE. */
struct question {
    enum kind kind;
    uint32_t tenant;
    uint64_t signature, look, alerts, need, reach;
    double gain, want;
};

static struct yg_group group_of(const struct question *q, size_t number)
{
    return (struct yg_group){ .id = { (unsigned char)number },
                              .signature = q->signature,
                              .look = q->look,
                              .alerts = q->alerts,
                              .need = q->need,
                              .reach = q->reach,
                              .gain = q->gain,
                              .own = q->kind != GROUP,
                              .random = q->kind == RANDOM };
}

static void balanced(void **state)
{
    static const struct {
        const char *what;
        struct question q[6];
    } t[] = {
        { "one tenant's groups keep their worth",
          { { GROUP, 0, 1, 11, 9, 20, 9, 90, 90 },
            { GROUP, 0, 1, 11, 8, 20, 9, 80, 80 },
            { GROUP, 0, 2, 12, 7, 20, 9, 70, 70 } } },
        { "each group of another tenant that looks alike halves, then thirds",
          { { GROUP, 0, 1, 11, 9, 20, 9, 90, 90 },
            { GROUP, 1, 1, 11, 8, 20, 9, 80, 40 },
            { GROUP, 2, 1, 11, 6, 20, 9, 60, 20 },
            { GROUP, 1, 1, 12, 5, 20, 9, 50, 50 } } },
        { "what is worth most comes first, not what is listed first",
          { { GROUP, 0, 1, 11, 4, 20, 9, 40, 20 },
            { GROUP, 1, 1, 11, 9, 20, 9, 90, 90 } } },
        { "a signature is asked for what it lacks once",
          { { WANTED, 0, 1, 11, 1, 2, 30, 10, 20 },
            { WANTED, 0, 1, 11, 1, 2, 30, 10, 20 },
            { WANTED, 1, 1, 11, 1, 2, 30, 10, SPARE } } },
        { "who knows of more verdicts is right",
          { { WANTED, 0, 1, 11, 1, 1, 10, 5, 10 },
            { WANTED, 1, 1, 11, 1, 9, 10, 1, SPARE } } },
        { "a run of many alerts is as many verdicts",
          { { WANTED, 0, 1, 11, 5, 4, 10, 2, 2 },
            { WANTED, 0, 1, 11, 1, 4, 10, 2, SPARE } } },
        { "two signatures do not share",
          { { WANTED, 0, 1, 11, 1, 1, 8, 4, 4 }, { WANTED, 1, 2, 11, 1, 1, 6, 3, 3 } } },
        { "random ones stay as they are",
          { { RANDOM, 0, 1, 11, 1, 1, 8, 0.5, 0.5 },
            { RANDOM, 1, 1, 11, 1, 1, 8, 0.4, 0.4 },
            { WANTED, 1, 1, 11, 1, 1, 8, 4, 4 } } },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct yg_group g[6];
        struct yg_asking v[6];
        size_t n = 0;
        for (; n < 6 && t[i].q[n].signature; n++) {
            g[n] = group_of(&t[i].q[n], n);
            v[n] = (struct yg_asking){ &g[n], t[i].q[n].tenant, true };
        }
        assert_int_equal(yg_asking_balance(v, n), YG_OK);
        for (size_t k = 0; k < n; k++) {
            double want = t[i].q[k].want;
            if (v[k].spare != (want == SPARE) ||
                (!v[k].spare && fabs(g[k].gain - want) > 1e-9))
                fail_msg("%s: question %zu is worth %g%s, not %g", t[i].what, k,
                         g[k].gain, v[k].spare ? " (spare)" : "", want);
        }
    }
}

static void nothing(void **state)
{
    (void)state;
    assert_int_equal(yg_asking_balance(NULL, 0), YG_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced),
        cmocka_unit_test(nothing),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
