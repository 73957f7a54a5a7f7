/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate - what is proved about one frozen policy, as an object.
 *
 * Counts, thresholds, the delta spent, and digests of everything it speaks of, so that it
 * can be stored, signed and computed again bit for bit. Two kinds: a time split (the
 * object of GUARANTEE.md, section 2) and a cross-fit, which is an estimate: it prints no
 * delta and can never arm. Plain data. The bytes are an outside format: the reader checks
 * every value, and whatever was read prints.
 */
#ifndef YG_POLICY_CERTIFICATE_H
#define YG_POLICY_CERTIFICATE_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/jsonw.h"
#include "event/event.h"

enum yg_certificate_kind { YG_CERT_TIME_SPLIT = 1, YG_CERT_CROSS_FIT = 2 };

/* Why a certificate cannot arm. Bit, name, what a person reads. */
#define YG_PROVISIONALS(X)                                                               \
    X(CROSS_FIT, "cross-fitted",                                                         \
      "risks were cross-fitted over tenants, not tested on a later period: an estimate") \
    X(NO_COIN, "no-coin-verdicts",                                                       \
      "the verdicts were not given to every run of the period, nor to runs the audit "   \
      "coin drew")                                                                       \
    X(FOR_NOT_TESTED, "for-too-few-clusters",                                            \
      "too few clusters close anything to test the share of attacks among closed runs")  \
    X(FOR_FAILED, "for-failed",                                                          \
      "attacks among closed runs could not be shown to be rarer than asked")             \
    X(NOTHING_CLOSES, "nothing-closes", "no threshold satisfies every test")             \
    X(NO_BULK, "gates-hold-many",                                                        \
      "the gates alone hold more than 5 % of the false positives of a tenant")
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
    uint64_t k;       /* closing below the k-th smallest risk; 0: not certifiable yet */
    uint64_t need;    /* n from which the asked rate can be certified */
    uint64_t lost;    /* threats below the final tau: at most k - 1, or 0 */
    double bound;     /* FNR: alpha where k > 0, else what n supports at k = 1 */
    uint32_t tau;     /* k-th smallest risk (k = 1 if not certifiable) */
    uint64_t alerts;  /* calibration alerts with this verdict */
    uint64_t closed;  /* of these, closed at the final tau */
};

struct yg_certificate {
    uint8_t kind;         /* enum yg_certificate_kind */
    uint8_t protect;      /* enum yg_level: this and above is protected */
    uint32_t provisional; /* bits 1 << enum yg_provisional; 0: may arm */
    uint32_t tau;         /* closes strictly below; 0: nothing */
    uint32_t tau_np;      /* what the threats allow */
    uint32_t tau_for;     /* what the FOR walk allows; 0: nothing */
    uint32_t attempt;     /* j of this tenant, failed ones included */
    double delta;         /* for the tenant, for all time */
    double delta_spent;   /* by this attempt */
    double share;         /* of each test in it */
    double alpha, beta;   /* asked FNR and FOR */
    double margin;        /* cross-fit: log-odds of tau below the smallest threat risk */
    double bulk;          /* cross-fit: log-odds below which 95 % of the false positives
                           * of every tenant lie (policy/margin.h); 32: there is none */
    uint64_t seed;        /* of the FOR coin */

    struct yg_certificate_level level[YG_LEVEL_COUNT]; /* from `protect` on */
    uint64_t for_clusters, for_missed, for_need;       /* at the final tau */
    double for_p;                                      /* 1: not tested */

    uint64_t alerts, unjudged, gated, runs, runs_closed, clusters, threats, tenants;
    uint64_t dropped_runs, dropped_threats; /* straddle the cut */
    int64_t cut_ns, from_ns, until_ns, made_ns;
    unsigned char model[YG_DIGEST_SIZE], gates[YG_DIGEST_SIZE], features[YG_DIGEST_SIZE],
        data[YG_DIGEST_SIZE];
};

static inline bool yg_certificate_may_arm(const struct yg_certificate *c)
{
    return c->kind == YG_CERT_TIME_SPLIT && c->provisional == 0 && c->tau > 0;
}

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
