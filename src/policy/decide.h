/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide - close it, or leave it open?
 *
 * An alert is closed iff its risk is strictly below tau and no gate objects. The gates
 * are the rows of gates.def: what no score may overrule (GUARANTEE.md, section 3). Shadow
 * or armed makes no difference to the decision, only to what is done with it: the mode is
 * recorded beside it.
 *
 * An operator's rule (thin/close.h) stands for the least risk there is: an alert that it
 * matches closes where any threshold closes anything and no gate objects. A certificate
 * speaks of the rules that were there when it was made; any other rule is in shadow, also
 * where the model closes. Pure functions over plain data; a few nanoseconds an alert.
 */
#ifndef YG_POLICY_DECIDE_H
#define YG_POLICY_DECIDE_H

#include "base/buf.h"
#include "base/jsonw.h"
#include "event/event.h"

enum yg_gate {
#define YG_GATE(id, name, test, help, sentence) YG_GATE_##id,
#include "policy/gates.def"
#undef YG_GATE
    YG_GATE_COUNT
};
_Static_assert(YG_GATE_COUNT <= 32, "gates are bits of a uint32_t");

#define YG_GATE_BIT(id) (1U << YG_GATE_##id)

extern const struct yg_gate_info {
    const char *name, *help, *sentence;
} yg_gate_info[YG_GATE_COUNT];

enum yg_mode { YG_MODE_SHADOW, YG_MODE_ARMED };
const char *yg_mode_name(unsigned mode); /* "shadow", "armed" */

#define YG_SIGNATURE_VERDICTS 20 /* of people, in the tenant's group */

/* Of a device type: its training alerts had packets; had packets or bytes of their own.
 */
#define YG_INPUTS_PACKETS(device) (1U << (device))
#define YG_INPUTS_BYTES(device)   (1U << (16 + (device)))
_Static_assert(YG_DEV_COUNT <= 16, "two bits a device type");

/* Gates whose answer depends on what people know and list on the day: judged of a past
 * period they would use what was learned from it, so certificates are made without them.
 * They can only close less: of threats no more are lost, of runs no more are missed. */
#define YG_GATES_LIVE                                                                    \
    (YG_GATE_BIT(INTELLIGENCE) | YG_GATE_BIT(CRITICAL) | YG_GATE_BIT(OPEN_THREAT) |      \
     YG_GATE_BIT(DRAWN))

struct yg_policy {
    uint32_t tau;                /* closes strictly below */
    uint32_t signature_verdicts; /* fewer human verdicts than this: a new signature */
    uint32_t devices;            /* bit (1 << enum yg_device): was in training */
    float most_distance;         /* above: too far from training; 1: no limit */
    uint32_t not_evaluated;      /* gates switched off; shown wherever they are */
    uint32_t armed;              /* bit (1 << enum yg_device): closing has effect */
    uint32_t inputs;             /* bits YG_INPUTS_*: what training alerts had */
    bool certificate;            /* it has one (or an estimate): tau is meant */
    bool version_differs;        /* from the certificate's model, features, gates */
    /* For policy/whatif.h alone: 1 + which of yg_judged.rule is heeded, 0: none; and of
     * these rules those with a bit, NULL: all. */
    uint8_t rules;
    const uint64_t *heeded;
};

struct yg_decide_in {
    uint32_t risk;
    uint32_t signature_verdicts; /* human verdicts of its signature so far */
    float distance;              /* share of trees, 0 .. 1; negative: not measured */
    uint8_t device;              /* enum yg_device */
    uint8_t kind;                /* enum yg_event_kind */
    uint16_t reason;             /* enum yg_reason */
    bool scored;                 /* the model gave a finite score */
    bool companion;              /* a graver alert is beside it (policy/companion.h) */
    bool calibrated;             /* the tenant has calibration mass, or accepted a pool */
    bool open_threat;        /* a verdict L3 or L4 of the last 24 h shares an address */
    bool no_packets;         /* it has none, and names a conversation */
    bool no_bytes;           /* nor does the record carry a packet or payload */
    bool burst;              /* policy/burst.h holds its signature */
    uint8_t listed;          /* enum yg_watch (conf/watchlist.h) */
    bool recalled;           /* it resembles an attack that an audit found */
    bool drawn;              /* the audit coin drew its run, or it is a decoy */
    uint8_t predicted;       /* enum yg_level of the model */
    bool rule_proved;        /* the certificate in force speaks of the rule, nothing since
                              * refuted it */
    uint16_t rule;           /* a rule asks to close it: its number + 1; 0: none */
    struct yg_str rule_says; /* which (thin/rules.h); borrowed */
};

struct yg_decision {
    bool close;
    bool by_rule;   /* only because of the rule; it matches, whether or not it closes */
    uint8_t mode;   /* enum yg_mode, of the alert's device type or of the rule */
    uint32_t gates; /* bits of those that object */
};

struct yg_decision yg_decide(const struct yg_policy *p, const struct yg_decide_in *in);

/* Why it stays open, or that it closes, in words: sentences separated by spaces. */
void yg_decide_text(const struct yg_policy *p, const struct yg_decide_in *in,
                    const struct yg_decision *d, struct yg_buf *out);

/* The names of the gates in `bits`, as a JSON array. */
void yg_gates_json(uint32_t bits, struct yg_jsonw *w);

/* How often each gate objected, and what came of the alerts. Plain data: add them up. */
struct yg_decide_counts {
    uint64_t alerts, closed, gated, would_close; /* would_close: but for a gate */
    uint64_t by_rule;                            /* of `closed`, would or in fact */
    uint64_t gate[YG_GATE_COUNT];
};
void yg_decide_count(const struct yg_policy *p, const struct yg_decide_in *in,
                     const struct yg_decision *d, struct yg_decide_counts *c);

/* What a certificate binds of the gates: the rows, the limits and what is switched off,
 * but for YG_GATES_LIVE; not tau, not the mode. */
void yg_gates_digest(const struct yg_policy *p, unsigned char out[YG_DIGEST_SIZE]);

#endif
