/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate - what is proved about one frozen policy, as an object.
 *
 * Counts, thresholds, the delta spent, and digests of everything it speaks of, so that it
 * can be stored, signed and computed again bit for bit. Two kinds: a time split (the
 * object of GUARANTEE.md, section 2) and a cross-fit, which is an estimate: it prints no
 * delta and can never arm. A time split speaks of one tenant or of the pool of all, and
 * was sampled in one of two ways (enum yg_certificate_mode). Plain data. The bytes are an
 * outside format: the reader checks every value, and whatever was read prints. Bytes of
 * version 1 are read as what they prove: they cannot arm.
 */
#ifndef YG_POLICY_CERTIFICATE_H
#define YG_POLICY_CERTIFICATE_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/jsonw.h"
#include "event/event.h"
#include "policy/stats.h"

enum yg_certificate_kind { YG_CERT_TIME_SPLIT = 1, YG_CERT_CROSS_FIT = 2 };

/* Whose verdicts count. */
enum yg_certificate_mode {
    YG_CERT_BY_NONE, /* an estimate */
    YG_CERT_BY_ALL,  /* every run of the period was judged, whatever its risk */
    YG_CERT_BY_COIN  /* what stayed open, and what the audit coin drew, weighted */
};
const char *yg_certificate_mode_name(unsigned mode); /* "all", "coin", "none" */

#define YG_CERT_TENANT 255 /* bytes of a tenant's name at most */

/* Why a certificate cannot arm. Bit, name, what a person reads. */
#define YG_PROVISIONALS(X)                                                               \
    X(CROSS_FIT, "cross-fitted",                                                         \
      "risks were cross-fitted over tenants, not tested on a later period: an estimate") \
    X(NO_COIN, "no-coin-verdicts",                                                       \
      "runs of the period lack a person's own verdict, and no runs that the audit "      \
      "coin drew stand for them")                                                        \
    X(FOR_NOT_TESTED, "for-too-few-clusters",                                            \
      "too few clusters close anything to test the share of attacks among closed runs")  \
    X(FOR_FAILED, "for-failed",                                                          \
      "attacks among closed runs could not be shown to be rarer than asked")             \
    X(NOTHING_CLOSES, "nothing-closes", "no threshold satisfies every test")             \
    X(NO_BULK, "gates-hold-many",                                                        \
      "the gates alone hold more than 5 % of the false positives of a tenant")           \
    X(OLD, "older-program",                                                              \
      "made by an older program, which did not check that every run was judged: "        \
      "certify again")
enum yg_provisional {
#define X(id, name, text) YG_PROV_##id,
    YG_PROVISIONALS(X)
#undef X
        YG_PROV_COUNT
};
const char *yg_provisional_name(unsigned reason);
const char *yg_provisional_text(unsigned reason);

struct yg_certificate_level {
    uint64_t threats; /* n, of exactly this level */
    uint64_t k;       /* closing below the k-th smallest risk; 0: not certifiable yet; by
                       * the coin: 1, certified */
    uint64_t need;    /* n from which the asked rate can be certified */
    uint64_t lost;    /* threats below the final tau: at most k - 1, or 0 */
    double bound;     /* FNR: alpha where k > 0, else what n supports at k = 1 */
    uint32_t tau;     /* k-th smallest risk (k = 1 if not certifiable) */
    uint64_t alerts;  /* calibration alerts with this verdict */
    uint64_t closed;  /* of these, closed at the final tau */
    double p;         /* by the coin: of the test at the final tau; else 1 */
    double weight;    /* by the coin: lost, every audited one for 1/pi; else = lost */
};

struct yg_certificate {
    uint8_t kind;                    /* enum yg_certificate_kind */
    uint8_t protect;                 /* enum yg_level: this and above is protected */
    uint8_t mode;                    /* enum yg_certificate_mode */
    uint8_t tenant_n;                /* bytes of `tenant`; 0: pooled over all tenants */
    char tenant[YG_CERT_TENANT + 1]; /* NUL-terminated */
    uint32_t provisional;            /* bits 1 << enum yg_provisional; 0: may arm */
    uint32_t tau;                    /* closes strictly below; 0: nothing */
    uint32_t tau_np;                 /* what the threats allow */
    uint32_t tau_for;                /* what the FOR walk allows; 0: nothing */
    uint32_t attempt;                /* j of this tenant, failed ones included */
    double delta;                    /* for the tenant, for all time */
    double delta_spent;              /* by this attempt */
    double share;                    /* of each test in it */
    double alpha, beta;              /* asked FNR and FOR */
    double margin; /* cross-fit: log-odds of tau below the smallest threat risk */
    double bulk;   /* cross-fit: log-odds below which 95 % of the false positives
                    * of every tenant lie (policy/margin.h); 32: there is none */
    uint64_t seed; /* of the FOR coin */

    struct yg_certificate_level level[YG_LEVEL_COUNT]; /* from `protect` on */
    uint64_t for_clusters, for_missed, for_need;       /* at the final tau */
    double for_p;                                      /* 1: not tested */

    uint64_t alerts, unjudged, gated, runs, runs_closed, clusters, threats, tenants;
    uint64_t dropped_runs, dropped_threats; /* straddle the cut */
    uint64_t trains;         /* alerts whose verdict trains and does not calibrate */
    uint64_t runs_unjudged;  /* runs of the period without a verdict that calibrates */
    uint64_t threat_tenants; /* tenants with a threat */
    uint64_t lost_tenants;   /* of these, tenants that lose one at tau */
    /* By the coin; 0 otherwise. */
    uint64_t audits;       /* runs drawn and judged */
    uint64_t late_runs;    /* begin after the oldest draw that still waits: left out */
    uint64_t unknown_runs; /* open in their day, never judged, closed at tau: counted as
                            * lost */
    double most;       /* the largest weight of a run that closes at tau; tau 0: of all */
    double for_weight; /* weighted share of missed runs, at tau */
    /* Operators' rules (thin/close.h) that it speaks of: the digest of their set, zero:
     * there are none. Alerts that only they close, and of these the protected ones. */
    unsigned char rules[YG_DIGEST_SIZE];
    uint64_t rule_alerts, rule_missed;
    int64_t cut_ns, from_ns, until_ns, made_ns;
    unsigned char model[YG_DIGEST_SIZE], gates[YG_DIGEST_SIZE], features[YG_DIGEST_SIZE],
        data[YG_DIGEST_SIZE];
};

static inline bool yg_certificate_may_arm(const struct yg_certificate *c)
{
    return c->kind == YG_CERT_TIME_SPLIT && c->provisional == 0 && c->tau > 0;
}

/* Does it speak of operators' rules? */
bool yg_certificate_has_rules(const struct yg_certificate *c);

/* Is a protected level not certified? Then arming takes the owner's written acceptance
 * besides (GUARANTEE.md, section 2, point 5). */
bool yg_certificate_needs_owner(const struct yg_certificate *c);

/* How many more judged threats of this level each rate of the ladder takes. */
void yg_certificate_more(const struct yg_certificate *c, unsigned level,
                         uint64_t more[YG_LADDER_COUNT]);

/* What an unseen tenant may expect: the sample is tenants, n of them without a loss
 * support 1 - delta^(1/n), delta of this alone; 1: nothing. */
double yg_certificate_unseen(const struct yg_certificate *c);

/* Append the versioned, little-endian form. Equal certificates give equal bytes. */
void yg_certificate_write(const struct yg_certificate *c, struct yg_buf *out);

/* Read what _write wrote, and nothing else: YG_EFORMAT, or YG_EVERSION when it was made
 * by a newer program. The cursor stands behind it. */
enum yg_status yg_certificate_read(struct yg_cursor *in, struct yg_certificate *out,
                                   struct yg_err *err) YG_MUST_USE;

/* As text a person understands, several lines. */
void yg_certificate_text(const struct yg_certificate *c, struct yg_buf *out);

/* As one JSON object. */
void yg_certificate_json(const struct yg_certificate *c, struct yg_jsonw *w);

#endif
