/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decide.h"

#include "base/risk.h"
#include "conf/watchlist.h"

#include <string.h>

#define IN const struct yg_policy *p, const struct yg_decide_in *in
typedef bool gate_f(IN);

static bool no_certificate(IN)
{
    (void)in;
    return !p->certificate;
}

static bool other_version(IN)
{
    (void)in;
    return p->version_differs;
}

static bool uncalibrated(IN)
{
    (void)p;
    return !in->calibrated;
}

static bool undecodable(IN)
{
    (void)p;
    return in->kind != YG_KIND_ALERT;
}

static bool parse_error(IN)
{
    (void)p;
    return in->kind == YG_KIND_ALERT && in->reason != YG_R_NONE;
}

static bool new_signature(IN)
{
    return in->signature_verdicts < p->signature_verdicts;
}

static bool new_device(IN)
{
    return in->device >= YG_DEV_COUNT || (p->devices >> in->device & 1) == 0;
}

static bool too_far(IN)
{
    return !(in->distance <= p->most_distance); /* a NaN is far */
}

static bool no_score(IN)
{
    (void)p;
    return !in->scored;
}

static bool companion(IN)
{
    (void)p;
    return in->companion;
}

static bool intelligence(IN)
{
    (void)p;
    return (in->listed & YG_WATCH_INTEL) != 0;
}

static bool critical(IN)
{
    (void)p;
    return (in->listed & YG_WATCH_CRITICAL) != 0;
}

static bool open_threat(IN)
{
    (void)p;
    return in->open_threat;
}

static bool missing_input(IN)
{
    if (in->device >= YG_DEV_COUNT)
        return false; /* another gate's */
    return (in->no_packets && (p->inputs & YG_INPUTS_PACKETS(in->device))) ||
           (in->no_bytes && (p->inputs & YG_INPUTS_BYTES(in->device)));
}

static bool burst(IN)
{
    (void)p;
    return in->burst;
}

static bool recalled(IN)
{
    (void)p;
    return in->recalled;
}

static bool drawn(IN)
{
    (void)p;
    return in->drawn;
}

static bool contradicted(IN)
{
    (void)p;
    return in->rule != 0 && in->predicted >= YG_LEVEL_L3 &&
           in->predicted < YG_LEVEL_COUNT;
}

static gate_f *const test[YG_GATE_COUNT] = {
#define YG_GATE(id, name, test, help, sentence) test,
#include "policy/gates.def"
#undef YG_GATE
};

const struct yg_gate_info yg_gate_info[YG_GATE_COUNT] = {
#define YG_GATE(id, name, test, help, sentence) { name, help, sentence },
#include "policy/gates.def"
#undef YG_GATE
};

const char *yg_mode_name(unsigned mode)
{
    return mode == YG_MODE_ARMED ? "armed" : "shadow";
}

struct yg_decision yg_decide(IN)
{
    bool armed = in->device < YG_DEV_COUNT && (p->armed >> in->device & 1);
    struct yg_decision d = { .mode = armed ? YG_MODE_ARMED : YG_MODE_SHADOW };

    for (unsigned g = 0; g < YG_GATE_COUNT; g++)
        d.gates |= (uint32_t)test[g](p, in) << g;
    d.gates &= ~p->not_evaluated;
    d.by_rule = in->rule != 0 && p->tau > 0 && in->risk >= p->tau;
    d.close = d.gates == 0 && (in->risk < p->tau || d.by_rule);
    if (d.by_rule && !in->rule_proved)
        d.mode = YG_MODE_SHADOW;
    return d;
}

/* The numbers behind a gate's sentence, where it has any. */
static void numbers(unsigned gate, IN, struct yg_buf *out)
{
    switch (gate) {
    case YG_GATE_NEW_SIGNATURE:
        yg_buf_printf(out, " (%u of %u)", in->signature_verdicts, p->signature_verdicts);
        break;
    case YG_GATE_NEW_DEVICE:
        yg_buf_printf(out, " (%s)", yg_device_name(in->device));
        break;
    case YG_GATE_TOO_FAR:
        yg_buf_printf(out, " (distance %.3f, limit %.3f)", (double)in->distance,
                      (double)p->most_distance);
        break;
    case YG_GATE_UNDECODABLE:
    case YG_GATE_PARSE_ERROR:
        yg_buf_printf(out, " (%s)", yg_reason_name(in->reason));
        break;
    case YG_GATE_INTELLIGENCE:
    case YG_GATE_CRITICAL:
        yg_buf_str_add(out, YG_STR(" ("));
        yg_watch_types(in->listed,
                       gate == YG_GATE_CRITICAL ? YG_WATCH_CRITICAL : YG_WATCH_INTEL,
                       out);
        yg_buf_char(out, ')');
        break;
    default:
        break;
    }
}

void yg_decide_text(IN, const struct yg_decision *d, struct yg_buf *out)
{
    for (unsigned g = 0; g < YG_GATE_COUNT; g++) {
        if ((d->gates >> g & 1) == 0)
            continue;
        struct yg_str sentence = yg_str_of(yg_gate_info[g].sentence);
        yg_buf_add(out, sentence.p, sentence.n - 1); /* its full stop comes last */
        numbers(g, p, in, out);
        yg_buf_add(out, ". ", 2);
    }
    if (in->rule != 0)
        yg_buf_printf(out, "Rule %.*s asks to close it%s. ", YG_STR_ARG(in->rule_says),
                      in->rule_proved ? "" : " and is in shadow");
    yg_buf_printf(out, "Risk %.3g is %s the closing threshold %.3g",
                  yg_risk_prob(in->risk), in->risk < p->tau ? "below" : "not below",
                  yg_risk_prob(p->tau));
    if (!d->close)
        yg_buf_str_add(out, YG_STR("; it stays open."));
    else if (d->mode == YG_MODE_ARMED)
        yg_buf_printf(out, "; it is closed%s.", d->by_rule ? " by the rule" : "");
    else
        yg_buf_printf(out, "; it would be closed%s (shadow mode).",
                      d->by_rule ? " by the rule" : "");
}

void yg_gates_json(uint32_t bits, struct yg_jsonw *w)
{
    yg_jsonw_open(w, '[');
    for (unsigned g = 0; g < YG_GATE_COUNT; g++)
        if (bits >> g & 1)
            yg_jsonw_str(w, yg_str_of(yg_gate_info[g].name));
    yg_jsonw_close(w, ']');
}

void yg_decide_count(IN, const struct yg_decision *d, struct yg_decide_counts *c)
{
    c->alerts++;
    c->closed += d->close;
    c->by_rule += d->close && d->by_rule;
    c->gated += d->gates != 0;
    c->would_close += d->gates != 0 && (in->risk < p->tau || d->by_rule);
    for (unsigned g = 0; g < YG_GATE_COUNT; g++)
        c->gate[g] += d->gates >> g & 1;
}

static void digest_u32(struct yg_digest *d, uint32_t v)
{
    unsigned char le[4];

    for (unsigned i = 0; i < 4; i++)
        le[i] = (unsigned char)(v >> (8 * i));
    yg_digest_add(d, le, sizeof(le));
}

void yg_gates_digest(const struct yg_policy *p, unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_digest d;
    uint32_t bits;

    yg_digest_init(&d);
    for (unsigned g = 0; g < YG_GATE_COUNT; g++)
        yg_digest_add(&d, yg_gate_info[g].name, strlen(yg_gate_info[g].name) + 1);
    memcpy(&bits, &p->most_distance, sizeof(bits));
    digest_u32(&d, bits);
    digest_u32(&d, p->signature_verdicts);
    digest_u32(&d, p->devices);
    digest_u32(&d, p->inputs);
    digest_u32(&d, p->not_evaluated & ~YG_GATES_LIVE);
    yg_digest_done(&d, out);
}
