/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/risk.h"
#include "policy/decide.h"

#include "conf/watchlist.h"

#include <math.h>
#include <string.h>

static struct yg_policy policy(void)
{
    return (struct yg_policy){ .tau = 1000,
                               .signature_verdicts = YG_SIGNATURE_VERDICTS,
                               .devices = 1U << YG_DEV_IDS,
                               .most_distance = 0.5F,
                               .armed = 1U << YG_DEV_IDS,
                               .certificate = true };
}

static struct yg_decide_in quiet(void)
{
    return (struct yg_decide_in){ .risk = 999,
                                  .signature_verdicts = 20,
                                  .distance = 0.5F,
                                  .device = YG_DEV_IDS,
                                  .kind = YG_KIND_ALERT,
                                  .scored = true,
                                  .calibrated = true };
}

/* Each case changes one thing in an alert that would be closed. */
static void expect(const char *what, const struct yg_policy *p,
                   const struct yg_decide_in *in, bool close, uint32_t gates)
{
    struct yg_decision d = yg_decide(p, in);

    if (d.close != close || d.gates != gates)
        fail_msg("%s: close %d gates %x", what, d.close, d.gates);
}

#define CASE(what, close, gates, ...)                                                    \
    do {                                                                                 \
        struct yg_policy p = policy();                                                   \
        struct yg_decide_in in = quiet();                                                \
        __VA_ARGS__;                                                                     \
        expect(what, &p, &in, close, gates);                                             \
    } while (0)

static void risks(void **state)
{
    (void)state;
    CASE("a quiet alert closes", true, 0, (void)0);
    CASE("in shadow it would, too", true, 0, p.armed = 0);
    CASE("a tie stays open", false, 0, in.risk = 1000);
    CASE("above", false, 0, in.risk = 1001);
    CASE("tau 0 closes nothing", false, 0, p.tau = 0, in.risk = 0);
    CASE("the highest risk never closes", false, 0, p.tau = YG_RISK_MAX,
         in.risk = YG_RISK_MAX);
}

static void gates(void **state)
{
    (void)state;
    CASE("19 verdicts", false, YG_GATE_BIT(NEW_SIGNATURE), in.signature_verdicts = 19);
    CASE("new device", false, YG_GATE_BIT(NEW_DEVICE), in.device = YG_DEV_WAF);
    CASE("device out of range", false, YG_GATE_BIT(NEW_DEVICE), in.device = 255);
    CASE("far", false, YG_GATE_BIT(TOO_FAR), in.distance = 0.51F);
    CASE("distance not measured", true, 0, in.distance = -1.0F);
    CASE("distance broken", false, YG_GATE_BIT(TOO_FAR), in.distance = NAN);
    CASE("undecodable", false, YG_GATE_BIT(UNDECODABLE), in.kind = YG_KIND_UNDECODABLE);
    CASE("partly read", false, YG_GATE_BIT(PARSE_ERROR), in.reason = YG_R_BAD_VALUE);
    CASE("no score", false, YG_GATE_BIT(NO_SCORE), in.scored = false);
    CASE("listed as bad", false, YG_GATE_BIT(INTELLIGENCE), in.listed = YG_WATCH_INTEL);
    CASE("listed as critical", false, YG_GATE_BIT(CRITICAL),
         in.listed = YG_WATCH_CRITICAL);
    CASE("open threat", false, YG_GATE_BIT(OPEN_THREAT), in.open_threat = true);
    CASE("packets expected and missing", false, YG_GATE_BIT(NO_INPUT),
         in.no_packets = true, p.inputs = YG_INPUTS_PACKETS(YG_DEV_IDS));
    CASE("payload expected and missing", false, YG_GATE_BIT(NO_INPUT),
         in.no_packets = in.no_bytes = true, p.inputs = YG_INPUTS_BYTES(YG_DEV_IDS));
    CASE("payload expected and there", true, 0, in.no_packets = true,
         p.inputs = YG_INPUTS_BYTES(YG_DEV_IDS));
    CASE("expected of another device", true, 0, in.no_packets = in.no_bytes = true,
         p.inputs = YG_INPUTS_BYTES(YG_DEV_HOST) | YG_INPUTS_PACKETS(YG_DEV_WAF));
    CASE("of a device out of range", false, YG_GATE_BIT(NEW_DEVICE), in.device = 255,
         in.no_packets = in.no_bytes = true, p.inputs = UINT32_MAX);
    CASE("an address of either list", false,
         YG_GATE_BIT(INTELLIGENCE) | YG_GATE_BIT(CRITICAL), in.listed = 0x11);
    CASE("packets never were there", true, 0, in.no_packets = true);
    CASE("burst", false, YG_GATE_BIT(BURST), in.burst = true);
    CASE("drawn by the coin", false, YG_GATE_BIT(DRAWN), in.drawn = true);
    CASE("no mass", false, YG_GATE_BIT(UNCALIBRATED), in.calibrated = false);
}

static void gates_of_the_policy(void **state)
{
    (void)state;
    CASE("switched off", true, 0, in.calibrated = false,
         p.not_evaluated = YG_GATE_BIT(UNCALIBRATED));
    CASE("no certificate", false, YG_GATE_BIT(NO_CERTIFICATE), p.certificate = false);
    CASE("other version", false, YG_GATE_BIT(VERSION), p.version_differs = true);
    CASE("two at once", false, YG_GATE_BIT(NEW_DEVICE) | YG_GATE_BIT(NEW_SIGNATURE),
         in.device = YG_DEV_WAF, in.signature_verdicts = 0);
}

/* A rule is the least risk there is: gates, the tie at no threshold, and what proves it.
 */
static void rules(void **state)
{
    static const struct {
        const char *what;
        uint32_t risk, tau, gates;
        uint8_t predicted;
        bool rule, proved, armed, close, by_rule, effect;
    } row[] = {
        { "closes above tau", 5000, 1000, 0, 0, true, true, true, true, true, true },
        { "in shadow as the stratum is", 5000, 1000, 0, 0, true, true, false, true, true,
          false },
        { "not proved: in shadow alone", 5000, 1000, 0, 0, true, false, true, true, true,
          false },
        { "the highest risk", YG_RISK_MAX, 1, 0, 0, true, true, true, true, true, true },
        { "the model's close is the model's", 999, 1000, 0, 0, true, false, true, true,
          false, true },
        { "no rule", 5000, 1000, 0, 0, false, true, true, false, false, true },
        { "nothing closes, so no rule does", 5000, 0, 0, 0, true, true, true, false,
          false, true },
        { "the model takes it for an attack", 5000, 1000, YG_GATE_BIT(CONTRADICTED),
          YG_LEVEL_L3, true, true, true, false, true, true },
        { "which is the rule's gate alone", 5000, 1000, 0, YG_LEVEL_L4, false, true, true,
          false, false, true },
        { "no level", 5000, 1000, 0, YG_LEVEL_NONE, true, true, true, true, true, true },
    };
    struct yg_decide_counts c = { 0 };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_policy p = policy();
        struct yg_decide_in in = quiet();
        p.tau = row[i].tau;
        p.armed = row[i].armed ? p.armed : 0;
        in.risk = row[i].risk;
        in.predicted = row[i].predicted;
        in.rule = row[i].rule;
        in.rule_proved = row[i].proved;
        struct yg_decision d = yg_decide(&p, &in);
        yg_decide_count(&p, &in, &d, &c);
        if (d.close != row[i].close || d.by_rule != row[i].by_rule ||
            d.gates != row[i].gates || (d.mode == YG_MODE_ARMED) != row[i].effect)
            fail_msg("%s: close %d by_rule %d gates %x mode %u", row[i].what, d.close,
                     d.by_rule, d.gates, d.mode);
    }
    assert_int_equal(c.by_rule, 5);
    /* Every other gate holds it as it holds anything. */
    CASE("a listed address", false, YG_GATE_BIT(INTELLIGENCE), in.rule = 1,
         in.risk = 5000, in.rule_proved = true, in.listed = YG_WATCH_INTEL);
    CASE("a new signature", false, YG_GATE_BIT(NEW_SIGNATURE), in.rule = 1,
         in.risk = 5000, in.rule_proved = true, in.signature_verdicts = 0);
    CASE("drawn by the coin", false, YG_GATE_BIT(DRAWN), in.rule = 1, in.risk = 5000,
         in.rule_proved = true, in.drawn = true);
}

static void words(void **state)
{
    struct yg_policy p = policy();
    struct yg_decide_in in = quiet();
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 4096);
    struct yg_decision d = yg_decide(&p, &in);
    yg_decide_text(&p, &in, &d, &b);
    assert_non_null(strstr(yg_buf_cstr(&b), "it is closed."));
    yg_buf_clear(&b);
    p.armed = 0;
    d = yg_decide(&p, &in);
    yg_decide_text(&p, &in, &d, &b);
    assert_non_null(strstr(yg_buf_cstr(&b), "would be closed (shadow mode)"));
    yg_buf_clear(&b);
    in.signature_verdicts = 3;
    d = yg_decide(&p, &in);
    yg_decide_text(&p, &in, &d, &b);
    assert_non_null(strstr(yg_buf_cstr(&b), "judged by people (3 of 20). "));
    assert_non_null(strstr(yg_buf_cstr(&b), "it stays open."));
    yg_buf_clear(&b);
    in = quiet();
    in.listed = 1U << YG_WATCH_ADDRESS | 1U << YG_WATCH_HOST | 16U << YG_WATCH_DOMAIN;
    d = yg_decide(&p, &in);
    yg_decide_text(&p, &in, &d, &b);
    assert_non_null(strstr(yg_buf_cstr(&b), "file or host of it (address, host). "));
    assert_non_null(strstr(yg_buf_cstr(&b), "declared critical (domain). "));
    yg_buf_clear(&b);
    in = quiet();
    p.version_differs = true;
    d = yg_decide(&p, &in);
    yg_decide_text(&p, &in, &d, &b);
    assert_non_null(strstr(
        yg_buf_cstr(&b),
        "The program or model differs from the one the certificate speaks of. Risk"));
    yg_buf_clear(&b);
    p.version_differs = false;
    in.signature_verdicts = 3;
    d = yg_decide(&p, &in);
    struct yg_jsonw w = yg_jsonw_of(&b);
    yg_gates_json(d.gates, &w);
    assert_string_equal(yg_buf_cstr(&b), "[\"new-signature\"]");
    yg_buf_fini(&b);
}

static void counts(void **state)
{
    struct yg_policy p = policy();
    struct yg_decide_in in = quiet();
    struct yg_decide_counts c = { 0 };
    struct yg_decision d = yg_decide(&p, &in);

    (void)state;
    yg_decide_count(&p, &in, &d, &c);
    in.device = YG_DEV_WAF;
    d = yg_decide(&p, &in);
    yg_decide_count(&p, &in, &d, &c);
    assert_true(c.alerts == 2 && c.closed == 1 && c.gated == 1 && c.would_close == 1);
    assert_int_equal(c.gate[YG_GATE_NEW_DEVICE], 1);
}

static void table(void **state)
{
    (void)state;
    for (unsigned g = 0; g < YG_GATE_COUNT; g++) {
        const struct yg_gate_info *i = &yg_gate_info[g];
        assert_true(strlen(i->name) > 3 && strlen(i->help) > 10);
        assert_true(i->sentence[strlen(i->sentence) - 1] == '.');
        for (unsigned h = 0; h < g; h++)
            assert_string_not_equal(i->name, yg_gate_info[h].name);
    }
}

static void digest(void **state)
{
    unsigned char a[YG_DIGEST_SIZE], b[YG_DIGEST_SIZE];
    struct yg_policy p = policy();

    (void)state;
    yg_gates_digest(&p, a);
    p.tau++;
    p.armed = 0;
    yg_gates_digest(&p, b);
    assert_memory_equal(a, b, sizeof(a)); /* found later, or not part of the gates */
    p.not_evaluated ^= YG_GATES_LIVE;     /* no certificate speaks of them */
    yg_gates_digest(&p, b);
    assert_memory_equal(a, b, sizeof(a));
    p.not_evaluated ^= YG_GATE_BIT(TOO_FAR);
    yg_gates_digest(&p, b);
    assert_memory_not_equal(a, b, sizeof(a));
    p.not_evaluated ^= YG_GATE_BIT(TOO_FAR);
    p.inputs ^= YG_INPUTS_BYTES(YG_DEV_IDS);
    yg_gates_digest(&p, b);
    assert_memory_not_equal(a, b, sizeof(a));
    p.inputs ^= YG_INPUTS_BYTES(YG_DEV_IDS);
    p.signature_verdicts++;
    yg_gates_digest(&p, b);
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(risks), cmocka_unit_test(gates),
        cmocka_unit_test(rules), cmocka_unit_test(gates_of_the_policy),
        cmocka_unit_test(words), cmocka_unit_test(counts),
        cmocka_unit_test(table), cmocka_unit_test(digest),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
