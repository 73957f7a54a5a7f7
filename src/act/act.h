/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act - what is done to many alerts at once, and what of requests outlives the server.
 *
 *   selection  a frozen list of alerts: what somebody was shown. Known by a random
 *              token, for an hour, by nobody but him; a bulk act names token and count
 *   act        one verdict on all alerts of a selection, in slices that are each whole;
 *              it goes on where it stopped after a crash, and is undone by its number
 *   again      answers to writes with an Idempotency-Key, for a day
 *
 * In a database of its own (acts.db, 0600), which no part of the decision reads. Who
 * carries an act out is pipeline/bulk.h. Cost: a row is 20 us, a list of 100,000 alerts
 * 2 ms. One thread at a time; several processes take turns.
 */
#ifndef YG_ACT_ACT_H
#define YG_ACT_ACT_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "base/err.h"
#include "base/hash.h"
#include "event/event.h"
#include "event/scope.h"

#define YG_SELECTION_ALERTS 100000
#define YG_SELECTION_S      3600
#define YG_SELECTIONS_MAX   50 /* of one person; the oldest go */
#define YG_ACT_KEPT_DAYS    90 /* then an act cannot be undone any more */
#define YG_ACTS_PAGE        500

struct yg_acts;
struct yg_acts_options {
    const char *where; /* see yg_db_options */
    const char *part;
    const struct yg_clock *clock;
    struct yg_entropy entropy;
    bool create;
    int patience_ms; /* 0: the database's */
};
enum yg_status yg_acts_open(const struct yg_acts_options *opt, struct yg_acts **out,
                            struct yg_err *err) YG_MUST_USE;
void yg_acts_close(struct yg_acts *a); /* NULL is fine */
/* A copy as of now, one SQLite file (db/db_copy.h). */
enum yg_status yg_acts_copy(struct yg_acts *a, const char *to,
                            struct yg_err *err) YG_MUST_USE;

/* ---- selections ------------------------------------------------------------------- */

/* What was shown of them. */
struct yg_selection_shown {
    uint64_t decision[4];                   /* by YG_DECISION_* */
    uint64_t predicted[YG_LEVEL_COUNT + 1]; /* by enum yg_level; the last: none */
    uint64_t verdict[YG_LEVEL_COUNT + 1];
    uint64_t blind; /* wait to be judged without the score; among no decision */
};

struct yg_selection {
    unsigned char id[YG_ID_SIZE]; /* random */
    struct yg_str who;
    int64_t made_ns, until_ns;
    uint64_t alerts;
    bool ready;                  /* no more are added: it may be acted on */
    struct yg_str query, tenant; /* it is made by; empty: of ids */
    struct yg_str place;         /* where the search goes on while it is not ready */
    struct yg_selection_shown shown;
};

/* Those of one tenant, `n` ids of YG_ID_SIZE bytes one after the other; borrowed. */
struct yg_act_part {
    struct yg_str tenant;
    const unsigned char *ids;
    size_t n;
};

/* A new one: of `s` who, ready, query, tenant, place and shown are read, the rest is set.
 */
enum yg_status yg_selection_make(struct yg_acts *a, struct yg_selection *s,
                                 const struct yg_act_part *part, size_t parts,
                                 struct yg_err *err) YG_MUST_USE;
/* More of them; ready, place and shown become those of `s`. YG_ELIMIT: too many. */
enum yg_status yg_selection_add(struct yg_acts *a, struct yg_selection *s,
                                const struct yg_act_part *part, size_t parts,
                                struct yg_err *err) YG_MUST_USE;
/* YG_ENOTFOUND: there is none, it is over, or it is another's. */
enum yg_status yg_selection_get(struct yg_acts *a, const unsigned char id[YG_ID_SIZE],
                                struct yg_str who, struct yg_arena *arena,
                                struct yg_selection *out, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_selection_drop(struct yg_acts *a, const unsigned char id[YG_ID_SIZE],
                                 struct yg_str who, struct yg_err *err) YG_MUST_USE;
/* Its alerts, in the order they were added; live with `arena`. */
enum yg_status yg_selection_parts(struct yg_acts *a, const unsigned char id[YG_ID_SIZE],
                                  struct yg_arena *arena, struct yg_act_part **out,
                                  size_t *count, struct yg_err *err) YG_MUST_USE;

/* ---- acts ------------------------------------------------------------------------- */

enum yg_act_state {
    YG_ACT_RUNS,
    YG_ACT_DONE,
    YG_ACT_UNDOES, /* is being taken back */
    YG_ACT_UNDONE
};
const char *yg_act_state_name(unsigned state); /* "running", "done", ... */

struct yg_act {
    uint64_t number;
    struct yg_str who, reason, note;
    bool own;      /* he does not overrule others' verdicts */
    int64_t at_ns; /* of its verdicts; of no other act's */
    uint8_t level, state;
    uint64_t alerts, done; /* of the selection, and how far it came, forth or back */
    uint64_t given;        /* judged by it */
    uint64_t aside;        /* left out: they wait to be judged without the score */
    uint64_t others;       /* left out: somebody else's verdict is in force */
    uint64_t undone;       /* taken back */
    uint64_t changed;      /* not taken back: judged otherwise since */
    struct yg_str undone_by;
};

/* Begin one on a selection that is ready: of `act` who, own, level, reason and note are
 * read. `count` must be that of the selection: YG_EEXIST. YG_ENOTFOUND as above. */
enum yg_status yg_act_begin(struct yg_acts *a, const unsigned char selection[YG_ID_SIZE],
                            uint64_t count, struct yg_act *act,
                            struct yg_err *err) YG_MUST_USE;
/* YG_ENOTFOUND: there is none, or some of its tenants lie outside. */
enum yg_status yg_act_get(struct yg_acts *a, const struct yg_scope *scope,
                          uint64_t number, struct yg_arena *arena, struct yg_act *out,
                          struct yg_err *err) YG_MUST_USE;
/* The newest first, of numbers below `before` (0: all); at most `limit`. */
struct yg_acts_ask {
    const struct yg_scope *scope;
    uint64_t before;
    size_t limit;
};
enum yg_status yg_acts_list(struct yg_acts *a, const struct yg_acts_ask *ask,
                            struct yg_arena *arena, struct yg_act **out, size_t *count,
                            struct yg_err *err) YG_MUST_USE;
/* It is to be taken back. YG_EEXIST: it is under way, or was. YG_ELIMIT: too old. */
enum yg_status yg_act_undo(struct yg_acts *a, const struct yg_act *act, struct yg_str by,
                           struct yg_err *err) YG_MUST_USE;

/* For who carries them out: the oldest that is under way (YG_ENOTFOUND), its alerts, and
 * how far it came. */
enum yg_status yg_act_unfinished(struct yg_acts *a, struct yg_arena *arena,
                                 struct yg_act *out, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_act_parts(struct yg_acts *a, uint64_t number, struct yg_arena *arena,
                            struct yg_act_part **out, size_t *count,
                            struct yg_err *err) YG_MUST_USE;
enum yg_status yg_act_put(struct yg_acts *a, const struct yg_act *act,
                          struct yg_err *err) YG_MUST_USE;

/* ---- again ------------------------------------------------------------------------ */

#define YG_ACT_AGAIN_KEY 16
struct yg_act_again {
    unsigned char key[YG_ACT_AGAIN_KEY], body[YG_ACT_AGAIN_KEY]; /* digests */
    int64_t at_ns;
    unsigned status;
    struct yg_str type, answer;
};
enum yg_status yg_act_again_put(struct yg_acts *a, const struct yg_act_again *row,
                                struct yg_err *err) YG_MUST_USE;
/* One that is at most a day old. YG_ENOTFOUND. */
enum yg_status yg_act_again_get(struct yg_acts *a,
                                const unsigned char key[YG_ACT_AGAIN_KEY],
                                struct yg_arena *arena, struct yg_act_again *out,
                                struct yg_err *err) YG_MUST_USE;

#endif
