/* SPDX-License-Identifier: Apache-2.0 */
/* Policies over rows that were judged once: tau, gates, bursts, what is lost, what
 * differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/burst.h"
#include "policy/whatif.h"

#include <stdlib.h>
#include <string.h>

#define HOUR ((int64_t)3600 * 1000000000)
#define T0   (INT64_C(1767225600) * 1000000000)
#define MANY 1000

static struct yg_policy policy(uint32_t tau, uint32_t without)
{
    return (
        struct yg_policy){ .tau = tau, .not_evaluated = without, .certificate = true };
}

static void gates_and_tau(void **state)
{
    static const struct {
        const char *name;
        uint32_t risk, gates, tau, without;
        bool none, differs, closed;
        uint32_t want;
    } table[] = {
        { "below", 9, 0, 10, 0, false, false, true, 0 },
        { "a tie stays open", 10, 0, 10, 0, false, false, false, 0 },
        { "held", 9, YG_GATE_BIT(NEW_SIGNATURE), 10, 0, false, false, false,
          YG_GATE_BIT(NEW_SIGNATURE) },
        { "without that gate", 9, YG_GATE_BIT(NEW_SIGNATURE), 10,
          YG_GATE_BIT(NEW_SIGNATURE), false, false, true, 0 },
        { "without another one", 9, YG_GATE_BIT(NEW_SIGNATURE), 10, YG_GATE_BIT(TOO_FAR),
          false, false, false, YG_GATE_BIT(NEW_SIGNATURE) },
        { "held by two, without one", 9,
          YG_GATE_BIT(NEW_SIGNATURE) | YG_GATE_BIT(CRITICAL), 10,
          YG_GATE_BIT(NEW_SIGNATURE), false, false, false, YG_GATE_BIT(CRITICAL) },
        { "no certificate", 9, 0, 10, 0, true, false, false,
          YG_GATE_BIT(NO_CERTIFICATE) },
        { "another version", 9, 0, 10, 0, false, true, false, YG_GATE_BIT(VERSION) },
        { "another version, gate off", 9, 0, 10, YG_GATE_BIT(VERSION), false, true, true,
          0 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++) {
        struct yg_judged a = { .risk = table[i].risk,
                               .gates = table[i].gates,
                               .level = YG_LEVEL_NONE };
        struct yg_policy p = policy(table[i].tau, table[i].without);
        p.certificate = !table[i].none;
        p.version_differs = table[i].differs;
        assert_int_equal(yg_whatif_apply(&a, 1, &p, &a), YG_OK);
        if (a.closed != table[i].closed || a.gates != table[i].want)
            fail_msg("%s: closed %u, gates %x", table[i].name, a.closed, a.gates);
    }
}

/* As many as may close in an hour without a past, then the breaker. */
static void bursts(void **state)
{
    static struct yg_judged in[MANY], out[MANY];
    struct yg_policy p = policy(10, 0);
    size_t closed = 0;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        in[i] = (struct yg_judged){ .signature = 7,
                                    .time_ns = T0 + (int64_t)i * 1000000,
                                    .level = YG_LEVEL_NONE };
    assert_int_equal(yg_whatif_apply(in, MANY, &p, out), YG_OK);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(out[i].gates, out[i].closed ? 0 : YG_GATE_BIT(BURST));
        assert_int_equal(in[i].gates, 0);
        closed += out[i].closed;
    }
    assert_in_range(closed, YG_BURST_FLOOR, YG_BURST_FLOOR + 10);
    p.not_evaluated = YG_GATE_BIT(BURST);
    assert_int_equal(yg_whatif_apply(in, MANY, &p, out), YG_OK);
    for (size_t i = 0; i < MANY; i++)
        assert_true(out[i].closed);
    p = policy(0, 0); /* what does not close is no burst */
    assert_int_equal(yg_whatif_apply(in, MANY, &p, out), YG_OK);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(out[i].gates, 0);
}

/* A graver one opens what closed before it, in whatever order policies are asked. */
static void companions(void **state)
{
    struct yg_judged in[2] = {
        { .time_ns = T0, .address = { 5 }, .predicted = YG_LEVEL_FP, .risk = 1 },
        { .time_ns = T0 + HOUR / 2,
          .address = { 5 },
          .predicted = YG_LEVEL_L4,
          .risk = 99 },
    };
    struct yg_judged out[2];
    struct yg_policy p = policy(10, 0);

    (void)state;
    assert_int_equal(yg_whatif_apply(in, 2, &p, out), YG_OK);
    assert_false(out[0].closed);
    assert_int_equal(out[0].gates, YG_GATE_BIT(COMPANION));
    p.not_evaluated = YG_GATE_BIT(COMPANION);
    assert_int_equal(yg_whatif_apply(in, 2, &p, out), YG_OK);
    assert_true(out[0].closed);
}

static void tau_of_a_share(void **state)
{
    static const struct {
        const char *name;
        double share;
        uint32_t tau;
    } table[] = {
        { "none may be lost", 0.05, 100 }, { "one of ten", 0.1, 200 },
        { "not quite two", 0.199, 200 },   { "two of ten", 0.2, 300 },
        { "all but one", 0.9, 1000 },
    };
    struct yg_judged a[11] = { { .level = YG_LEVEL_FP, .risk = 5, .entity = 99 } };
    uint32_t tau = 0;
    uint64_t threats = 7;

    (void)state;
    for (unsigned i = 1; i <= 10; i++)
        a[i] = (struct yg_judged){
            .level = YG_LEVEL_L3, .run = i, .entity = i, .time_ns = T0, .risk = 100 * i
        };
    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++) {
        assert_int_equal(
            yg_whatif_tau(a, 11, YG_LEVEL_L3, table[i].share, &tau, &threats), YG_OK);
        if (tau != table[i].tau)
            fail_msg("%s: %u", table[i].name, tau);
        assert_int_equal(threats, 10);
    }
    a[1].gates = YG_GATE_BIT(CRITICAL); /* what a gate holds is never lost */
    assert_int_equal(yg_whatif_tau(a, 11, YG_LEVEL_L3, 0.05, &tau, &threats), YG_OK);
    assert_int_equal(tau, 200);
    assert_int_equal(yg_whatif_tau(a, 1, YG_LEVEL_L3, 0.05, &tau, &threats), YG_OK);
    assert_int_equal(tau, YG_RISK_MAX);
    assert_int_equal(threats, 0);
}

static void counts(void **state)
{
    struct yg_judged a[4] = {
        { .run = 0, .time_ns = T0, .closed = 1, .level = YG_LEVEL_FP },
        { .run = 0,
          .time_ns = T0 + 48 * HOUR,
          .level = YG_LEVEL_FP,
          .gates = YG_GATE_BIT(BURST) },
        { .run = 70, .time_ns = T0, .closed = 1, .level = YG_LEVEL_NONE },
        { .run = 71,
          .time_ns = T0,
          .level = YG_LEVEL_L4,
          .gates = YG_GATE_BIT(BURST) | YG_GATE_BIT(COMPANION) },
    };
    struct yg_judged b[4];
    uint64_t bits[4] = { 0 };
    struct yg_workload w = { 0 };
    struct yg_gate_holds h = { 0 };
    struct yg_whatif_diff d = { 0 };

    (void)state;
    yg_workload_add(a, 4, bits, bits + 2, &w);
    assert_int_equal(w.alerts, 4);
    assert_int_equal(w.open, 2);
    assert_int_equal(w.runs, 3);
    assert_int_equal(w.runs_open, 2);
    assert_true(yg_workload_days(&w) == 2.0);
    yg_gate_holds_add(a, 4, 10, &h);
    assert_int_equal(h.held[YG_GATE_BURST], 2);
    assert_int_equal(h.alone[YG_GATE_BURST], 1);
    assert_int_equal(h.held[YG_GATE_COMPANION], 1);
    assert_int_equal(h.alone[YG_GATE_COMPANION], 0);
    memcpy(b, a, sizeof(b));
    b[2].closed = 0;
    b[3].closed = 1;
    yg_whatif_diff_add(a, b, 4, &d);
    assert_int_equal(d.both, 1);
    assert_int_equal(d.neither, 1);
    assert_int_equal(d.only[0], 1);
    assert_int_equal(d.level[0][YG_LEVEL_COUNT], 1);
    assert_int_equal(d.only[1], 1);
    assert_int_equal(d.level[1][YG_LEVEL_L4], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates_and_tau), cmocka_unit_test(bursts),
        cmocka_unit_test(companions),    cmocka_unit_test(tau_of_a_share),
        cmocka_unit_test(counts),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
