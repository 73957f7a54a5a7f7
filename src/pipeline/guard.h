/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard - stands between a decision and its effect: modes, the coin, the audit.
 *
 * Loads the ledger (store/ledger.h) and says for each tenant which policy decides and
 * which device types are armed; tosses the coin for every run whose first alert would
 * close (audit) or stays open (decoy) and writes what was drawn; computes standings anew
 * and writes it down when one falls to shadow. The judge asks it; `triage` and `serve`
 * own one each, the commands `audit`, `verdict`, `arm` make one for a moment.
 *
 * A run is tossed once for all time and counted once: both are written down with the rate
 * (store/ledger.h), for HMAC gives the same number again, but not the same rate.
 *
 * Memory: 64 bytes a run that may still go on, at most 262,144 a tenant; the older ones
 * are looked up in the store. Cost: under 0.1 us an alert, 15 us a run, most of it the
 * look-up and the row that is put. Same thread as the store.
 */
#ifndef YG_PIPELINE_GUARD_H
#define YG_PIPELINE_GUARD_H

#include "conf/config.h"
#include "pipeline/modelpack.h"
#include "policy/run.h"
#include "policy/standing.h"
#include "policy/trial.h"
#include "store/ledger.h"
#include "thin/rules.h"

struct yg_guard;

struct yg_guard_options {
    struct yg_store *store;          /* borrowed */
    const struct yg_modelpack *pack; /* borrowed; NULL: standings only */
    const struct yg_config *config;  /* borrowed */
    const struct yg_clock *clock;
    /* Of the coin, YG_COIN_SECRET bytes, copied; NULL: nothing is drawn, standings and
     * orders only. */
    const unsigned char *secret;
    /* The store's public key, 32 bytes, copied: certificates must carry its signature.
     * NULL: not checked. */
    const unsigned char *key;
    const struct yg_thin_rules *rules; /* borrowed; that ask to close; NULL: none */
};
enum yg_status yg_guard_new(const struct yg_guard_options *opt, struct yg_guard **out,
                            struct yg_err *err) YG_MUST_USE;
void yg_guard_free(struct yg_guard *g);
/* The rules that standings are computed by, from the configuration. */
const struct yg_standing_rules *yg_guard_rules(const struct yg_guard *g);

/* The policy that decides for this tenant: its certificate's (or an accepted pooled
 * one's) tau, else the model's estimate; `armed` is set by device type. */
enum yg_status yg_guard_policy(struct yg_guard *g, struct yg_str tenant,
                               struct yg_policy *out, struct yg_err *err) YG_MUST_USE;
/* The digest of that certificate; YG_ENOTFOUND: it is the model's estimate. */
enum yg_status yg_guard_ground(struct yg_guard *g, struct yg_str tenant,
                               unsigned char digest[YG_DIGEST_SIZE],
                               struct yg_err *err) YG_MUST_USE;

/* Does the certificate in force speak of this rule (its place in the list), and has no
 * run that the rule closed been found an attack since? */
bool yg_guard_proves(struct yg_guard *g, struct yg_str tenant, uint32_t rule);

/* What the audit says of rules, of those that a judged run was drawn for since the
 * certificate in force. Strings live with `arena`. About 1 ms an audit of a tenant whose
 * store has seen rules. */
struct yg_guard_rule {
    uint16_t number; /* pipeline/rulebook.h */
    struct yg_str name, says;
    uint64_t closed;         /* alerts that rules of this name closed, of all time */
    uint64_t audits, missed; /* judged runs, and those found protected */
    bool proved;             /* none was */
};
enum yg_status yg_guard_rules_audited(struct yg_guard *g, struct yg_str tenant,
                                      struct yg_arena *arena, struct yg_guard_rule **out,
                                      size_t *count, struct yg_err *err) YG_MUST_USE;

/* An alert was decided (without regard to the coin). Returns whether its run is audited
 * or a decoy: it then stays open as a whole. */
struct yg_guard_alert {
    struct yg_str tenant;
    const struct yg_run *run;
    const unsigned char *id;
    uint64_t entity;
    int64_t time_ns;
    uint32_t risk;
    uint8_t device, predicted;
    bool close; /* tau and gates would close it */
    bool armed; /* and it would be closed in fact */
    bool apart; /* only because of a rule that the certificate does not speak of */
};
enum yg_guard_draw { YG_DRAW_NONE, YG_DRAW_AUDIT, YG_DRAW_DECOY, YG_DRAW_PLANT };
enum yg_status yg_guard_see(struct yg_guard *g, const struct yg_guard_alert *a,
                            enum yg_guard_draw *out, struct yg_err *err) YG_MUST_USE;
/* How the model sees one alert a run, for drift. The first failure of this and of
 * yg_guard_see is kept: flush and check report it, and until then all stays open. */
void yg_guard_drift(struct yg_guard *g, struct yg_str tenant, uint8_t device,
                    const struct yg_score *s, float distance,
                    const unsigned char run[YG_ID_SIZE]);

/* Put what was drawn and counted: part of the store's next commit. */
enum yg_status yg_guard_flush(struct yg_guard *g, struct yg_err *err) YG_MUST_USE;

/* Another process has written to the store: what was read from it is read again. Only
 * with nothing to flush. Ask for all policies again. */
enum yg_status yg_guard_refresh(struct yg_guard *g, struct yg_err *err) YG_MUST_USE;

/* Compute every standing anew at the clock's time; write what fell (and what is renewed).
 * `fell` (may be NULL): how many strata. Policies given before are as they were: ask
 * again. */
enum yg_status yg_guard_check(struct yg_guard *g, uint64_t *fell,
                              struct yg_err *err) YG_MUST_USE;

/* A person judged an alert: if its run is audited, that is its verdict (or, from another
 * person, the second one). `bulk`: given to a group or many at once; it never counts.
 * `*drawn` says what the run was, once it is judged: blindness ends. */
struct yg_guard_verdict {
    const unsigned char *run;
    struct yg_str who;
    enum yg_level level;
    uint8_t before; /* what was in force for the run: enum yg_level, or NONE */
    int64_t at_ns;
    bool bulk, undo;
};
enum yg_status yg_guard_judged(struct yg_guard *g, const struct yg_guard_verdict *v,
                               enum yg_guard_draw *drawn, struct yg_err *err) YG_MUST_USE;

/* Must risk, order, reasons of this run be withheld (it waits for a blind verdict)? */
enum yg_status yg_guard_blind(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                              bool *blind, struct yg_err *err) YG_MUST_USE;
/* The same for any alert (its id and time, as yg_guard_get has them): is it of such a
 * run? `run` (may be NULL): which. Looks at the waiting runs of its tenant around its
 * time. */
struct yg_store_record;
enum yg_status yg_guard_blind_alert(struct yg_store *st, struct yg_str tenant,
                                    const struct yg_store_record *alert, bool *blind,
                                    unsigned char *run, struct yg_err *err) YG_MUST_USE;

/* The audit that an alert of this tenant and time is part of, judged or not. */
enum yg_status yg_guard_audit_of(struct yg_store *st, struct yg_str tenant,
                                 const struct yg_store_record *alert,
                                 struct yg_arena *arena, struct yg_audit *out,
                                 struct yg_err *err) YG_MUST_USE;

/* What people see: standings of one tenant's strata, of those that had alerts or an order
 * of their own. */
struct yg_guard_stratum {
    uint8_t device;
    struct yg_standing standing;
};
enum yg_status yg_guard_standings(struct yg_guard *g, struct yg_str tenant,
                                  struct yg_arena *arena, struct yg_guard_stratum **out,
                                  size_t *count, struct yg_err *err) YG_MUST_USE;
/* All other device types, which an order for all of them spoke of. */
struct yg_guard_others {
    unsigned armed, shadow; /* device types */
    int64_t expires_ns;     /* of those armed */
};
enum yg_status yg_guard_others(struct yg_guard *g, struct yg_str tenant,
                               struct yg_guard_others *out,
                               struct yg_err *err) YG_MUST_USE;
/* "armed until ..., no alert seen"; nothing if no order speaks of them. */
void yg_guard_others_text(const struct yg_guard_others *x, struct yg_buf *out);

/* A person's order. YG_EINVAL with the reason when it may not be armed: no certificate,
 * provisional, expired, fallen and not re-certified, changed. */
struct yg_guard_order {
    struct yg_str tenant, who, why;
    struct yg_str accept; /* to arm: what is not certified, or a pooled certificate, is
                           * accepted in writing; empty: it is not */
    uint32_t devices;     /* bits; 0: all */
    uint8_t kind;         /* YG_ORDER_ARM or _DISARM */
    bool pooled;          /* to arm: by the pooled certificate */
};
enum yg_status yg_guard_order(struct yg_guard *g, const struct yg_guard_order *o,
                              struct yg_err *err) YG_MUST_USE;

/* Show `count` past alerts of the tenant that people judged as attacks again among the
 * audits, re-addressed (pipeline/readdress.h), drawn by the secret, each as a run of one
 * alert in the day before the tenant's last record. The stored record and its verdict are
 * not touched; the new verdict goes to the audit's row only. YG_EINVAL: there are fewer.
 * A few milliseconds each. Part of the store's next commit. */
enum yg_status yg_guard_plant(struct yg_guard *g, struct yg_str tenant, size_t count,
                              struct yg_err *err) YG_MUST_USE;

/* Draw the runs that a first certificate needs judged (policy/trial.h) from the days in
 * shadow after the model's training, over all tenants of the corpus: audits and decoys
 * among those that `audit list` shows, to be judged blind. `rows`: by tenant of the
 * corpus, yg_attest_rows. Part of the store's next commit. YG_EINVAL: a policy was armed;
 * there is nothing to draw from. About 30 us a run of these days. */
struct yg_corpus;
struct yg_judged_list;
struct yg_guard_trial_ask {
    const struct yg_corpus *corpus;
    const struct yg_judged_list *rows;
    uint64_t audits, decoys;
    uint64_t rate; /* of YG_COIN_ONE */
};
struct yg_guard_trial {
    struct yg_trial drawn;
    uint64_t runs;      /* that began after the training */
    uint64_t untriaged; /* of them not known to triage: imported; left out */
};
enum yg_status yg_guard_trial(struct yg_guard *g, const struct yg_guard_trial_ask *ask,
                              struct yg_guard_trial *out, struct yg_err *err) YG_MUST_USE;

/* As yg_store_get, and the id of a plant gives the past record as it is shown now. All
 * that people look at goes through it. */
enum yg_status yg_guard_get(struct yg_store *st, struct yg_str hex_id,
                            struct yg_arena *arena, struct yg_store_record *out,
                            struct yg_str *tenant, struct yg_err *err) YG_MUST_USE;

#endif
