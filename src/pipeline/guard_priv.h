/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_priv - what the sources of guard.h share.
 *
 * guard.c loads tenants and says which policy decides; guard_see.c tosses and counts;
 * guard_audit.c computes standings and takes verdicts; guard_order.c takes orders;
 * guard_plant.c shows past attacks again; guard_rules.c says which rules are proved. Only
 * these include it. One thread.
 */
#ifndef YG_PIPELINE_GUARD_PRIV_H
#define YG_PIPELINE_GUARD_PRIV_H

#include "base/map.h"
#include "pipeline/guard.h"
#include "policy/drift.h"

#define YG_GUARD_DAY_NS (INT64_C(86400) * 1000000000)
#define YG_GUARD_RUNS   131072 /* of a tenant, twice: those of late and those before */
#define YG_GUARD_TOSSES 4096   /* in memory until they are put */

/* Where a tenant's threshold comes from. */
enum yg_guard_ground {
    YG_GROUND_ESTIMATE, /* of the model file, if it has one */
    YG_GROUND_OWN,      /* a certificate of the tenant */
    YG_GROUND_POOLED    /* a pooled one that the tenant accepted */
};

struct yg_guard_stratum_state {
    uint32_t tenant;
    uint8_t device;
    bool changed;
    struct yg_coin_budget budget;
    struct yg_drift drift;
    bool has_drift; /* counted against `like` */
    /* What the alerts of the certificate in force looked like; NULL: not known. */
    struct yg_drift_reference *like;
    unsigned char like_of[YG_DIGEST_SIZE]; /* zero: not looked for yet */
    struct yg_stratum_counts fresh;        /* since the last flush */
};

/* What people and the guard ordered for one device type. */
struct yg_guard_device {
    bool ordered;
    bool own; /* a person ordered something for this type by name */
    int64_t armed_ns, renewed_ns, fell_ns;
    uint32_t falls; /* of the last fall */
    unsigned char certificate[YG_DIGEST_SIZE];
};

struct yg_guard_tenant {
    struct yg_str name;
    uint32_t stratum[YG_DEV_COUNT]; /* index + 1; 0: none yet */
    uint32_t strata;
    struct yg_guard_device device[YG_DEV_COUNT];
    unsigned char accepted[YG_DIGEST_SIZE]; /* the certificate accepted last */
    bool has_accepted;
    enum yg_guard_ground ground;
    struct yg_certificate certificate; /* unless it is the estimate */
    unsigned char digest[YG_DIGEST_SIZE];
    uint32_t armed;                      /* bits: ordered, and standing holds */
    uint64_t proved[YG_THIN_RULES / 64]; /* bits: rules that the certificate speaks of */
    bool checked;
    struct yg_map now, before; /* hash of a run's id -> what is known of it */
};

struct yg_guard {
    struct yg_guard_options opt;
    struct yg_coin coin; /* if it tosses */
    bool tosses;
    unsigned char key[32]; /* of the store, if `keyed` */
    bool keyed;
    struct yg_standing_rules rules;
    struct yg_arena arena; /* names */
    struct yg_map by_name; /* hash -> index + 1 */
    struct yg_guard_tenant *tenant;
    size_t tenants, tenants_size, last;
    struct yg_guard_stratum_state *stratum;
    size_t strata, strata_size;
    struct yg_guard_drawn {
        struct yg_audit audit; /* strings live with `arena` */
        bool changed;
    } * drawn;
    size_t drawn_count, drawn_size;
    struct yg_toss *toss; /* not yet put; room for YG_GUARD_TOSSES */
    size_t tosses_count;
    struct yg_err failed; /* status YG_OK: nothing did */
};

/* The tenant of that name, loaded from the ledger when it is new. */
enum yg_status yg_guard_tenant(struct yg_guard *g, struct yg_str name,
                               struct yg_guard_tenant **out,
                               struct yg_err *err) YG_MUST_USE;
/* Read its orders and certificates (again). */
enum yg_status yg_guard_load(struct yg_guard *g, struct yg_guard_tenant *t,
                             struct yg_err *err) YG_MUST_USE;
/* Its stratum of that device type, made if new. NULL: no memory. */
struct yg_guard_stratum_state *
yg_guard_stratum(struct yg_guard *g, struct yg_guard_tenant *t, uint8_t device);
/* A certificate's bytes, as an object: signed by this store, of the row's tenant. */
enum yg_status yg_guard_certificate(const struct yg_guard *g,
                                    const struct yg_ledger_certificate *row,
                                    struct yg_certificate *out,
                                    struct yg_err *err) YG_MUST_USE;
/* Do model, features or gates differ from what the certificate speaks of? */
bool yg_guard_differs(const struct yg_guard *g, const struct yg_certificate *c);

/* Standing of every ordered device type; what fell and what is renewed is written down,
 * unless this guard only looks (it has no secret). */
enum yg_status yg_guard_check_tenant(struct yg_guard *g, struct yg_guard_tenant *t,
                                     uint64_t *fell, struct yg_err *err) YG_MUST_USE;

/* What standings of a tenant are computed from. */
struct yg_guard_view {
    struct yg_audit *audit;
    size_t audits;
    struct yg_stratum_counts since[YG_DEV_COUNT], total[YG_DEV_COUNT];
};
enum yg_status yg_guard_view(struct yg_guard *g, const struct yg_guard_tenant *t,
                             struct yg_arena *arena, struct yg_guard_view *out,
                             struct yg_err *err) YG_MUST_USE;
/* Is there anything for yg_guard_rules_of to find? In shadow, too: what is drawn then is
 * drawn for the certificate. */
bool yg_guard_has_rules(const struct yg_guard *g, const struct yg_guard_tenant *t);
/* Which rules the certificate in force speaks of, without those that an audited attack
 * refuted. `v`: the tenant's audits. */
enum yg_status yg_guard_rules_of(struct yg_guard *g, struct yg_guard_tenant *t,
                                 const struct yg_guard_view *v,
                                 struct yg_err *err) YG_MUST_USE;

/* `scratch` has room for v->audits audits. */
void yg_guard_standing(const struct yg_guard *g, const struct yg_guard_tenant *t,
                       uint8_t device, const struct yg_guard_view *v,
                       struct yg_audit *scratch, struct yg_standing *out);

#endif
