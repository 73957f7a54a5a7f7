/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger - what was promised, ordered and audited: the rows the guarantee stands on.
 *
 *   certificate  every attempt, failed ones too: bytes and signature, never changed
 *   order        who armed, disarmed, accepted, when and why, and what fell by itself:
 *                append-only, each row holds the digest of the one before (a hash chain),
 *                so that a row changed or taken out later shows
 *   toss         every run that the coin was tossed for, once for all time, chained too
 *   audit        runs drawn by the coin, decoys and plants, with their verdicts; every
 *                state that one had is kept and chained beside (`audit_log`)
 *   stratum      counts by (tenant, device type, day); the coin's budget, drift state
 *
 * Part of the store's transaction like its other rows (store.h): puts take effect with
 * the next commit, reads see them at once. Same threads as the store.
 */
#ifndef YG_STORE_LEDGER_H
#define YG_STORE_LEDGER_H

#include "policy/coin.h"
#include "policy/standing.h"
#include "store/store.h"

/* Cap on every text of the ledger; longer ones, and numbers out of their range, are
 * YG_EINVAL. What the database holds is checked the same way when it is read:
 * YG_ECORRUPT. */
#define YG_LEDGER_TEXT_MAX ((size_t)65536)

/* ---- certificates ---------------------------------------------------------------------
 */

struct yg_ledger_certificate {
    struct yg_str tenant; /* empty: pooled over all */
    uint32_t attempt;     /* of this tenant, from 1 */
    int64_t made_ns;
    unsigned char digest[YG_DIGEST_SIZE]; /* of `bytes` */
    unsigned char model[YG_DIGEST_SIZE];
    struct yg_str bytes;            /* yg_certificate_write; at most 1 MiB */
    unsigned char key[32], sig[64]; /* ed25519 over the digest; zero: not signed */
};
/* YG_EEXIST: this tenant has that attempt already. YG_EINVAL: not the next one either,
 * or `digest` is not that of `bytes`. */
enum yg_status yg_ledger_certificate_put(struct yg_store *st,
                                         const struct yg_ledger_certificate *c,
                                         struct yg_err *err) YG_MUST_USE;
/* All of a tenant (empty: the pooled ones), oldest first. */
enum yg_status yg_ledger_certificates(struct yg_store *st, struct yg_str tenant,
                                      struct yg_arena *arena,
                                      struct yg_ledger_certificate **out, size_t *count,
                                      struct yg_err *err) YG_MUST_USE;
/* One by (a unique prefix of at least 6 hex digits of) its digest. YG_ENOTFOUND,
 * YG_EINVAL: several, or not one. Equal certificates made twice: the first. */
enum yg_status yg_ledger_certificate_get(struct yg_store *st, struct yg_str hex,
                                         struct yg_arena *arena,
                                         struct yg_ledger_certificate *out,
                                         struct yg_err *err) YG_MUST_USE;
/* The next attempt's number: 1 + those made so far. */
enum yg_status yg_ledger_attempt(struct yg_store *st, struct yg_str tenant,
                                 uint32_t *attempt, struct yg_err *err) YG_MUST_USE;

/* ---- orders
 * ------------------------------------------------------------------------------ */

enum yg_order_kind {
    YG_ORDER_ARM = 1,
    YG_ORDER_DISARM,
    YG_ORDER_ACCEPT, /* the tenant's owner accepts a pooled certificate, in writing */
    YG_ORDER_FELL,   /* by itself; `fall` says why */
    YG_ORDER_RENEW   /* the audit renewed the certificate for another term */
};
struct yg_order {
    uint64_t seq; /* from 1; set by the store */
    int64_t at_ns;
    struct yg_str tenant, who, why;
    unsigned char certificate[YG_DIGEST_SIZE]; /* zero: none */
    uint32_t devices; /* bits 1 << enum yg_device it speaks of; 0: all */
    uint32_t fall;    /* bits of YG_ORDER_FELL */
    uint8_t kind;
    unsigned char
        chain[YG_DIGEST_SIZE]; /* of this row and the one before; by the store */
};
enum yg_status yg_ledger_order_put(struct yg_store *st, const struct yg_order *o,
                                   struct yg_err *err) YG_MUST_USE;
/* Of a tenant (empty: of all), oldest first. */
enum yg_status yg_ledger_orders(struct yg_store *st, struct yg_str tenant,
                                struct yg_arena *arena, struct yg_order **out,
                                size_t *count, struct yg_err *err) YG_MUST_USE;
/* Walk the chain. YG_ECORRUPT names the first row that does not fit. */
enum yg_status yg_ledger_verify(struct yg_store *st, uint64_t *rows,
                                struct yg_err *err) YG_MUST_USE;

/* The same for orders, certificates (so that a failed attempt cannot be dropped; digest
 * and signature of each are checked), tosses and audits (each must be as it was put
 * last, and none gone). `head` stands for all of it: kept
 * elsewhere, it also shows a ledger that was written anew from end to end. */
struct yg_ledger_state {
    uint64_t orders, certificates, tosses;
    uint64_t states; /* of audits: each draw, verdict and change is one */
    unsigned char head[YG_DIGEST_SIZE];
};
enum yg_status yg_ledger_verify_all(struct yg_store *st, struct yg_ledger_state *out,
                                    struct yg_err *err) YG_MUST_USE;

/* ---- audits
 * ------------------------------------------------------------------------------ */

/* Insert, or replace the row of the same run and kind. */
enum yg_status yg_ledger_audit_put(struct yg_store *st, const struct yg_audit *a,
                                   struct yg_err *err) YG_MUST_USE;
/* The row of that run (whatever its kind). YG_ENOTFOUND. */
enum yg_status yg_ledger_audit_get(struct yg_store *st,
                                   const unsigned char run[YG_ID_SIZE],
                                   struct yg_arena *arena, struct yg_audit *out,
                                   struct yg_err *err) YG_MUST_USE;
struct yg_audit_filter {
    struct yg_str tenant; /* empty: all */
    bool waiting;         /* only those that wait, oldest first; else all by judged_ns,
                           * those that wait last */
    int64_t around_ns;    /* not 0: of this tenant, those whose run lies around this time;
                           * no plants, unless `waiting` */
    bool plants;          /* only plants that wait, of all tenants */
    int64_t until_ns;     /* not 0, of waiting ones of all tenants: around that time, from
                           * around_ns to this */
    uint64_t limit;       /* 0: all, at most 64 million */
};
enum yg_status yg_ledger_audits(struct yg_store *st, const struct yg_audit_filter *f,
                                struct yg_arena *arena, struct yg_audit **out,
                                size_t *count, struct yg_err *err) YG_MUST_USE;

/* ---- tosses
 * ------------------------------------------------------------------------------ */

/* A run was tossed, or is only counted (rate 0: it had been drawn as a decoy, or did not
 * begin here). At most one a run and kind, never changed, chained like orders. */
struct yg_toss {
    unsigned char run[YG_ID_SIZE];
    struct yg_str tenant;
    uint64_t cluster; /* of the run: policy/threat.h */
    uint64_t rate;    /* in force, of YG_COIN_ONE */
    int64_t at_ns;    /* by the clock */
    uint8_t kind;     /* AUDIT: an alert of it would close; DECOY: its first ones do not;
                       * TRIAL: afterwards, below the trial's tau */
    uint8_t device;
};
/* In one piece, about 5 us each. A run of that kind is there already: the commit fails.
 */
enum yg_status yg_ledger_tosses_put(struct yg_store *st, const struct yg_toss *t,
                                    size_t n, struct yg_err *err) YG_MUST_USE;
/* Which kinds of toss has the run behind it? Bits 1 << enum yg_coin_kind; those of before
 * schema 10 included. */
enum yg_status yg_ledger_tossed(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                                unsigned *kinds, struct yg_err *err) YG_MUST_USE;
/* Its rows, by kind. */
enum yg_status yg_ledger_tosses(struct yg_store *st, const unsigned char run[YG_ID_SIZE],
                                struct yg_arena *arena, struct yg_toss **out,
                                size_t *count, struct yg_err *err) YG_MUST_USE;
/* Those of a trial (policy/trial.h) of this tenant, oldest first: every run that the draw
 * was about. Here `rate` is the chance that triage's toss draws it, or else this one.
 * Cost: a walk over all tosses. */
enum yg_status yg_ledger_trials(struct yg_store *st, struct yg_str tenant,
                                struct yg_arena *arena, struct yg_toss **out,
                                size_t *count, struct yg_err *err) YG_MUST_USE;

/* A toss with what was drawn by it: the audit (or decoy) of that run. */
struct yg_toss_row {
    struct yg_toss toss; /* strings borrowed until the call returns */
    uint64_t seq;        /* from 1 */
    bool drawn;
    uint64_t drawn_rate, drawn_cluster;
    uint8_t drawn_device;
};
typedef enum yg_status yg_toss_each_f(void *arg, const struct yg_toss_row *row,
                                      struct yg_err *err);
/* All of them, oldest first; stops with the status of `each` when it fails. */
enum yg_status yg_ledger_tosses_each(struct yg_store *st, yg_toss_each_f *each, void *arg,
                                     struct yg_err *err) YG_MUST_USE;

/* ---- strata
 * ------------------------------------------------------------------------------- */

struct yg_ledger_day { /* of one stratum and UTC day */
    struct yg_str tenant;
    int64_t day;
    uint8_t device;
    struct yg_stratum_counts counts;
};
/* Add to the day's counts; each at most 2^40 at once. */
enum yg_status yg_ledger_day_add(struct yg_store *st, const struct yg_ledger_day *d,
                                 struct yg_err *err) YG_MUST_USE;
/* All days of a tenant, oldest first. */
enum yg_status yg_ledger_days(struct yg_store *st, struct yg_str tenant,
                              struct yg_arena *arena, struct yg_ledger_day **out,
                              size_t *count, struct yg_err *err) YG_MUST_USE;

struct yg_ledger_stratum {
    struct yg_str tenant;
    uint8_t device;
    struct yg_coin_budget budget;
    struct yg_str drift;                     /* yg_drift_write; empty: none */
    unsigned char reference[YG_DIGEST_SIZE]; /* certificate whose alerts `drift` was
                                              * counted against */
};
enum yg_status yg_ledger_stratum_put(struct yg_store *st,
                                     const struct yg_ledger_stratum *s,
                                     struct yg_err *err) YG_MUST_USE;
enum yg_status yg_ledger_strata(struct yg_store *st, struct yg_arena *arena,
                                struct yg_ledger_stratum **out, size_t *count,
                                struct yg_err *err) YG_MUST_USE;

#endif
