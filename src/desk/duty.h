/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duty - who works on which run, and until when it must have been looked at and judged.
 *
 * A claim ends by itself after YG_CLAIM_NS unless its run is opened or claimed again. A
 * run has been looked at when somebody claimed or opened it. Both clocks start with the
 * run's first alert; how long they run is said for each tenant and level: that of the
 * verdict, else the predicted one. What waits for a blind verdict has clocks of its own,
 * the same for all of them, which tell neither level nor risk.
 */
#ifndef YG_DESK_DUTY_H
#define YG_DESK_DUTY_H

#include "desk/desk.h"

#define YG_CLAIM_NS       (INT64_C(30) * 60 * YG_NS_PER_S)
#define YG_CLAIM_RENEW_NS (INT64_C(5) * 60 * YG_NS_PER_S)
#define YG_CLAIMS_MAX     100     /* of one person */
#define YG_LOOKS_MAX      1000000 /* first looks that are remembered: the latest */
#define YG_TARGETS_MAX    10000   /* tenants with targets of their own, times levels */
#define YG_TARGET_MAX_NS  (INT64_C(90) * 86400 * YG_NS_PER_S)

struct yg_claim {
    unsigned char run[YG_ID_SIZE];
    struct yg_str tenant, who;
    int64_t made_ns, until_ns;
};
struct yg_claim_rows {
    struct yg_claim *row;
    size_t count;
    bool more;
};

/* The run is of `tenant`. One's own is renewed. YG_EEXIST: it is another's (err says
 * whose), and not `over`. YG_ELIMIT: he has too many. */
struct yg_claim_ask {
    const unsigned char *run;
    struct yg_str tenant;
    bool over; /* take it from another: the caller has asked whether he may */
};
enum yg_status yg_claim_take(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_claim_ask *ask, struct yg_arena *arena,
                             struct yg_claim *out, struct yg_err *err) YG_MUST_USE;
/* YG_ENOTFOUND: nobody has it; YG_EPERM: another has, and not `over`. */
enum yg_status yg_claim_release(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_claim_ask *ask,
                                struct yg_err *err) YG_MUST_USE;
/* Those in force, of one person (`who`) or of all; at most YG_DESK_LIST_MAX. */
enum yg_status yg_claim_list(struct yg_desk *d, const struct yg_desk_by *by,
                             struct yg_str who, struct yg_arena *arena,
                             struct yg_claim_rows *out, struct yg_err *err) YG_MUST_USE;

/* Who has claimed it has judged it: his claim ends; nothing if he had none. */
enum yg_status yg_claim_done(struct yg_desk *d, const struct yg_desk_by *by,
                             const unsigned char run[YG_ID_SIZE],
                             struct yg_err *err) YG_MUST_USE;

/* Somebody has opened it: only the first time counts. His claim is renewed, at most every
 * YG_CLAIM_RENEW_NS. */
enum yg_status yg_duty_looked(struct yg_desk *d, const struct yg_desk_by *by,
                              const unsigned char run[YG_ID_SIZE], struct yg_str tenant,
                              struct yg_err *err) YG_MUST_USE;

struct yg_clock_target {  /* of a tenant and level */
    struct yg_str tenant; /* empty: what holds where a tenant has none */
    uint8_t level; /* enum yg_level; NONE: not predicted, or judged without the score */
    int64_t look_ns, verdict_ns;
    bool own; /* said for this tenant, not the default */
};
struct yg_clock_targets {
    struct yg_clock_target *row;
    size_t count;
};
/* All six of a tenant. */
enum yg_status yg_clock_target_list(struct yg_desk *d, const struct yg_desk_by *by,
                                    struct yg_str tenant, struct yg_arena *arena,
                                    struct yg_clock_targets *out,
                                    struct yg_err *err) YG_MUST_USE;
/* look_ns 0 and verdict_ns 0: the default again. YG_EINVAL. */
enum yg_status yg_clock_target_put(struct yg_desk *d, const struct yg_desk_by *by,
                                   const struct yg_clock_target *t,
                                   struct yg_err *err) YG_MUST_USE;

/* What is asked of a row of the queue, and told. */
struct yg_duty_run {
    const unsigned char *run;
    struct yg_str tenant;
    int64_t first_ns;
    int64_t judged_ns; /* 0: it waits */
    uint8_t level;     /* of the verdict, else predicted; of blind ones not looked at */
    bool blind;
};
struct yg_duty {
    struct yg_str claimed_by; /* empty: nobody */
    int64_t claimed_until_ns;
    struct yg_str looked_by;
    int64_t looked_ns; /* 0: nobody has */
    int64_t look_due_ns, verdict_due_ns;
    bool look_late, verdict_late; /* missed: done too late, or not yet and it is past */
};
struct yg_duty_ask {
    const struct yg_duty_run *run;
    size_t count; /* at most YG_DESK_LIST_MAX */
};
/* One for each of `ask`, in their order; they and their texts live with `arena`. */
enum yg_status yg_duty_of(struct yg_desk *d, const struct yg_desk_by *by,
                          const struct yg_duty_ask *ask, struct yg_arena *arena,
                          struct yg_duty **out, struct yg_err *err) YG_MUST_USE;

#endif
