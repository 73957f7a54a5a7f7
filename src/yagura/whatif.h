/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whatif - the policies that `yagura replay` compares: how they are named, what they did.
 *
 * A policy is named by words with commas between: a model (the store's, a file), a
 * certificate of the ledger, and what is to be different from them.
 */
#ifndef YG_YAGURA_WHATIF_H
#define YG_YAGURA_WHATIF_H

#include "pipeline/replay.h"
#include "policy/measure.h"
#include "policy/whatif.h"
#include "yagura/app.h"

struct yg_whatif_name {
    const char *model;         /* file; NULL: the store's */
    struct yg_str certificate; /* digest of it, or a prefix; empty: the model's own */
    bool by_tenant;            /* certificate=tenant: each tenant's in force */
    double tau;                /* probability; 0: not given */
    double fnr;                /* share of threats; 0: not given */
    uint32_t without;          /* gates (bits) */
    uint8_t protect;           /* enum yg_level */
    struct yg_str rules; /* file of rules on alerts, or "none"; empty: the settings' */
};

/* Read "store", "model=FILE", "certificate=HEX|tenant", "tau=PROB", "fnr=RATE",
 * "without=GATE+GATE", "protect=L2", "rules=FILE|none" into `n`. YG_EINVAL says what may
 * be written. */
enum yg_status yg_whatif_read(struct yg_app *a, struct yg_str text,
                              struct yg_whatif_name *n, struct yg_err *err) YG_MUST_USE;
/* One of them; also what an option of the same name says. */
enum yg_status yg_whatif_set(struct yg_app *a, struct yg_whatif_name *n,
                             struct yg_str key, struct yg_str value,
                             struct yg_err *err) YG_MUST_USE;

/* What decides for one tenant where each has its own. */
struct yg_whatif_own {
    struct yg_policy policy;
    bool certified; /* by the certificate of this digest; else the model's estimate */
    unsigned char digest[YG_DIGEST_SIZE];
    uint64_t heeded[YG_THIN_RULES / 64]; /* rules that its certificate speaks of */
};

/* What a rule on alerts closes of the history, and the model would not. */
struct yg_whatif_rule {
    uint64_t closed, protected_, unjudged;
};

/* One policy over the history. */
struct yg_whatif_side {
    struct yg_whatif_name name;
    struct yg_modelpack *pack; /* may be the other side's */
    struct yg_policy policy;
    struct yg_whatif_own *own; /* by tenant of the replay; NULL: all by `policy` */
    struct yg_certificate certificate; /* that gives tau; meant if policy.certificate */
    bool fitted;                       /* tau was found in this very history (fnr) */
    uint64_t threats;                  /* ... among so many */
    struct yg_judged *rows;            /* as many as replay.rows[0].n */
    struct yg_measures measures;
    struct yg_workload all, *tenant;
    struct yg_gate_holds gates;
    struct yg_thin_rules rules;  /* live with the app */
    struct yg_whatif_rule *rule; /* one each */
};

/* Model and certificate of side->name. YG_ENOTFOUND, YG_EINVAL: another model's. */
enum yg_status yg_whatif_policy(struct yg_app *a, struct yg_whatif_side *side,
                                struct yg_err *err) YG_MUST_USE;
/* The rules of side `which` (0, 1), as side->rules and for facts.rule[which]. */
enum yg_status yg_whatif_rules(struct yg_app *a, struct yg_whatif_side *side, int which,
                               struct yg_err *err) YG_MUST_USE;
/* With certificate=tenant, of those the ones that have effect for the tenant. */
struct yg_guard;
void yg_whatif_rules_own(struct yg_guard *g, struct yg_str tenant,
                         const struct yg_whatif_side *side, struct yg_whatif_own *own);
/* What each closed, of rows that the policies were applied to. */
enum yg_status yg_whatif_rules_count(const struct yg_replay *r,
                                     struct yg_whatif_side *side,
                                     struct yg_err *err) YG_MUST_USE;
/* The rule without which this row would be open; NULL: none. */
const struct yg_thin_rule *yg_whatif_rule_of(const struct yg_whatif_side *side,
                                             const struct yg_judged *a);
void yg_whatif_rules_text(const struct yg_whatif_side *side, struct yg_buf *out);
void yg_whatif_rules_json(const struct yg_whatif_side *side, struct yg_jsonw *w);

/* With certificate=tenant: which policy is in force for each tenant of the replay. */
enum yg_status yg_whatif_tenants(struct yg_app *a, const struct yg_replay *r,
                                 struct yg_whatif_side *side,
                                 struct yg_err *err) YG_MUST_USE;
/* Apply it to `in` (rows of `r`, which may be side->rows) and measure. */
enum yg_status yg_whatif_run(const struct yg_replay *r, const struct yg_judged *in,
                             struct yg_whatif_side *side, struct yg_err *err) YG_MUST_USE;
void yg_whatif_fini(struct yg_whatif_side *side);

/* The report: one side, or two and their difference. */
struct yg_whatif_report {
    const struct yg_replay *replay;
    const struct yg_whatif_side *side[2]; /* [1] NULL: one */
    struct yg_whatif_diff diff;
    const struct yg_str *names; /* of tenants */
    /* Alerts that wait for a blind verdict (yg_aside_all): never in the list. */
    const struct yg_map *blind;
    uint64_t blind_rows; /* so many of the replayed ones; only known with a list */
};
void yg_whatif_text(const struct yg_whatif_report *w, struct yg_buf *out);
void yg_whatif_json(const struct yg_whatif_report *w, struct yg_buf *out);

/* Count the rows that wait for a blind verdict. */
void yg_whatif_blind_add(struct yg_whatif_report *w);

/* Row `i` as a line of the list: closed, or with two sides closed by one of them only.
 * False: it is neither, or it waits for a blind verdict. */
bool yg_whatif_line(const struct yg_whatif_report *w, size_t i, struct yg_buf *out);

#endif
