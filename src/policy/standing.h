/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing - may this stratum close alerts today, and what does the audit say?
 *
 * A stratum is (tenant, device type). Its standing is computed anew from the ledger
 * (store/ledger.h): what people ordered (arm, disarm), the certificate in force, every
 * audit with its weight and verdict, and the clock. Nothing is remembered elsewhere, so
 * anybody can compute it again, bit for bit. It can only fall by itself: from armed to
 * shadow, with a reason of the table below; only a person arms.
 *
 * What the bets speak of is the FOR, the chance that a random closed run of a random
 * cluster is protected. Of a cluster that closed m runs, d of them drawn, one drawn run
 * enters, by lot, and weighs d / m of the largest stake: with 1/pi that is on average one
 * for every cluster, however many runs it closed. Were the weight left out, clusters of
 * many closed runs, which are drawn more often, would speak for those of few, where
 * attacks are. The bound on missed runs counts runs: there the same run weighs d.
 *
 * Pure functions over plain data; cost: about 2 us an audit.
 */
#ifndef YG_POLICY_STANDING_H
#define YG_POLICY_STANDING_H

#include "base/buf.h"
#include "base/jsonw.h"
#include "event/event.h"
#include "policy/betting.h"
#include "policy/certificate.h"

/* Why a stratum fell to shadow. Name (stored), sentence for people. Add at the end. */
#define YG_FALLS(X)                                                                      \
    X(BROKEN, "broken", "audits show that closed runs hide more attacks than promised")  \
    X(DRIFTED, "drifted", "alerts no longer look like those of the training")            \
    X(UNPROVEN, "unproven",                                                              \
      "the certificate ran out and the audits of its time do not renew it")              \
    X(OVERDUE, "overdue", "audits wait longer than agreed: nobody watches")              \
    X(CHANGED, "changed", "model, features or gates are not the certificate's any more") \
    X(UNREAD, "unread", "the audit's records could not be read")
enum yg_fall {
#define X(id, name, text) YG_FALL_##id,
    YG_FALLS(X)
#undef X
        YG_FALL_COUNT
};
const char *yg_fall_name(unsigned fall);
const char *yg_fall_text(unsigned fall);

enum yg_audit_kind {
    YG_AUDIT_COIN = 1, /* would close, drawn: calibrates */
    YG_AUDIT_DECOY,    /* open, drawn, so that nobody can tell */
    YG_AUDIT_PLANT,    /* a confirmed L3/L4 shown again, re-addressed */
    YG_AUDIT_TRIAL /* drawn afterwards (policy/trial.h): calibrates a certificate where
                    * there is a toss of that kind, else a decoy; no part of a standing */
};
enum yg_audit_state {
    YG_AUDIT_WAITS, /* for a verdict */
    YG_AUDIT_JUDGED,
    YG_AUDIT_VOID /* its alerts are gone, or another of its entity and day was drawn */
};

/* One audited run; a row of the ledger. */
struct yg_audit {
    unsigned char run[YG_ID_SIZE];
    unsigned char alert[YG_ID_SIZE]; /* the one shown; of a plant: the past alert */
    unsigned char certificate[YG_DIGEST_SIZE]; /* in force when drawn; zero: none */
    struct yg_str tenant, who;
    uint64_t rate;   /* of the coin, of YG_COIN_ONE (policy/coin.h) */
    uint64_t entity; /* its cluster, (entity, day): policy/threat.h. One of it is in the
                      * bet, by lot */
    int64_t drawn_ns, judged_ns; /* by the clock */
    int64_t ends_ns;             /* the run is over: its verdict counts from here on */
    uint32_t risk;               /* smallest of its alerts when drawn */
    uint8_t kind, state, device;
    uint8_t level;     /* the verdict, or NONE */
    uint8_t predicted; /* when drawn */
    uint8_t truth;     /* of a plant: the verdict that was confirmed */
    uint8_t armed;     /* 1: it would have been closed in fact */
    uint8_t second;    /* a second person's verdict on the same run, or NONE: kappa */
    uint8_t first;     /* the first verdict ever: all later ones saw the score; or NONE */
    uint8_t worst;    /* the gravest ever given, by anybody, taken back or not; or NONE */
    uint32_t changes; /* how often a verdict was changed or taken back */
    uint32_t closed;  /* runs of its cluster that closed, or would, by now: counted when
                       * it is read, not put; 0: not known (drawn before schema 10) */
};

/* Did people ever call it an attack? A verdict shows the score, so what is said later is
 * not blind: an attack found later counts, one taken back counts all the same. Holds for
 * audits of the coin and decoys; of a plant the first verdict counts. */
static inline uint8_t yg_audit_level(const struct yg_audit *a)
{
    uint8_t level = a->level;

    if (level >= YG_LEVEL_COUNT || (a->second < YG_LEVEL_COUNT && a->second > level))
        level = a->second;
    if (level >= YG_LEVEL_COUNT || (a->worst < YG_LEVEL_COUNT && a->worst > level))
        level = a->worst;
    return level < YG_LEVEL_COUNT ? level : YG_LEVEL_NONE;
}

/* What a stratum did, counted by day and summed by the caller. */
struct yg_stratum_counts {
    uint64_t alerts, closed; /* alerts */
    uint64_t runs_closed;    /* runs that would close, or closed */
    uint64_t runs_open;
    uint64_t protected_open; /* runs found open and judged protected */
};

struct yg_standing_rules { /* from the configuration */
    enum yg_level protect;
    double beta, delta;
    int64_t certificate_ns; /* a certificate lasts this long: 30 days */
    int64_t overdue_ns;     /* an audit's SLA: 3 days */
    uint32_t overdue_most;  /* audits that may be older than that: 0 */
    double patience;        /* of the e-detector: 10000 audits */
    uint32_t plants_least;  /* before s is known: 50 */
};

struct yg_standing_in {
    const struct yg_standing_rules *rules;
    const struct yg_audit *audit; /* of this stratum, by judged_ns (waiting ones last) */
    size_t audits;
    const struct yg_certificate *certificate; /* NULL: none */
    const unsigned char *digest;              /* the certificate's */
    struct yg_stratum_counts since_arming, total;
    int64_t armed_ns;   /* last ordered to arm; 0: never */
    int64_t renewed_ns; /* the audit last renewed the certificate; 0: never */
    bool ordered;       /* a person's last order is: armed */
    bool changed;       /* model, features or gates differ from the certificate's */
    bool drifted;
    double drift_wealth, psi;
    int64_t now_ns;
};

struct yg_standing {
    uint8_t mode;   /* enum yg_mode */
    uint32_t falls; /* bits 1 << enum yg_fall: why it may not be armed, or fell */
    bool renew;     /* the term is over and the audits renew it: write that down */
    int64_t expires_ns;
    /* The audit of this certificate since arming, "if nothing changed", and of the last
     * 60 to 90 days (started anew every 30, each start with a share of delta of its own).
     */
    uint64_t audits, missed, in_bet; /* judged coin runs; protected ones; that entered */
    double for_mean, for_upper, for_upper_90; /* already divided by s */
    double missed_runs_upper; /* bound of the share of closed runs x closed runs */
    double fnr;               /* at most: these / (these + protected runs found open) */
    double detector;          /* of `patience` */
    uint64_t changed;  /* judged otherwise, or taken back, after the score was seen */
    uint64_t softened; /* of these: an attack no more, and counted as one all the same */
    uint64_t waiting, overdue;
    int64_t oldest_ns;                                  /* of those that wait; 0: none */
    uint64_t confusion[YG_LEVEL_COUNT][YG_LEVEL_COUNT]; /* [predicted][audited] */
    uint64_t plants, plants_found;
    double found_lower; /* s; 1 until plants_least were judged: "assumes faultless" */
    uint64_t twice, agreed;
    double kappa; /* of double-judged runs; NaN: none */
    double drift_wealth, psi;
    struct yg_stratum_counts since_arming, total;
};

/* Of rules->delta the audit's bounds since arming on clusters and on runs, that of the
 * last 90 days and the planted alerts have a quarter each. */
void yg_standing_of(const struct yg_standing_in *in, struct yg_standing *out);

/* As a person reads it, and as one JSON object. */
void yg_standing_text(const struct yg_standing *s, const struct yg_standing_rules *r,
                      struct yg_buf *out);
void yg_standing_json(const struct yg_standing *s, struct yg_jsonw *w);

#endif
