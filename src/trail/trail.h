/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail - who did and read what, in the order it happened, in a form that shows
 * tampering.
 *
 * Rows of a database of their own (trail.db, 0600), only ever added. The digest of a row
 * is BLAKE2b-256 over the digest before it and all its columns, so no row can be changed,
 * left out or put between without all that follow. Who can write the file could make the
 * whole chain anew: so a checkpoint a day, signed with the server's key (Ed25519), stands
 * beside it, and its digest is worth writing down elsewhere: it holds all before it.
 *
 * An act is two rows: what is about to be done, on disk before it is done, and what came
 * of it. What was begun and has no second row was cut short. A read is one row, before
 * the answer. The clock may be set back; the order is that of the numbers.
 *
 * Texts are what people and clients sent: hostile. They are kept as they are, cut to
 * YG_TRAIL_TEXT (a detail to YG_TRAIL_DETAIL), never a secret among them: that is the
 * caller's care. It grows for ever, about 300 bytes a row: laws ask for that, and only
 * whoever may delete the file may shorten it. Adding a row is a commit: about 1 ms of a
 * disk, 30 us CPU. One thread at a time; several processes take turns.
 */
#ifndef YG_TRAIL_TRAIL_H
#define YG_TRAIL_TRAIL_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "event/scope.h"

#define YG_TRAIL_TEXT   256
#define YG_TRAIL_DETAIL 4096
#define YG_TRAIL_PAGE   10000 /* rows of one list */
#define YG_TRAIL_KEY    32    /* Ed25519: public, */
#define YG_TRAIL_SECRET 64    /* secret, */
#define YG_TRAIL_SIGN   64    /* signature */

struct yg_trail;

struct yg_trail_options {
    const char *where; /* see yg_db_options: trail.db, or a server */
    const char *part;
    const struct yg_clock *clock; /* borrowed */
    bool create, read_only;
};
/* YG_ENOTFOUND: nothing is there (and not `create`); else as yg_db_open. */
enum yg_status yg_trail_open(const struct yg_trail_options *opt, struct yg_trail **out,
                             struct yg_err *err) YG_MUST_USE;
void yg_trail_close(struct yg_trail *t); /* NULL is fine */
/* A copy as of now, one SQLite file (db/db_copy.h). */
enum yg_status yg_trail_copy(struct yg_trail *t, const char *to,
                             struct yg_err *err) YG_MUST_USE;

enum yg_trail_outcome {
    YG_TRAIL_BEGUN, /* about to be done */
    YG_TRAIL_DONE,
    YG_TRAIL_REFUSED, /* he may not */
    YG_TRAIL_FAILED,
    YG_TRAIL_OUTCOMES
};
const char *yg_trail_outcome_name(unsigned outcome); /* "begun", ... */

struct yg_trail_row {
    uint64_t seq;            /* 1, 2, 3 ... without a gap; set by add */
    uint64_t begun;          /* seq of the row that this one ends; 0: it stands alone */
    int64_t at_ns;           /* set by add */
    uint8_t outcome;         /* enum yg_trail_outcome */
    struct yg_str who, role; /* "kim@example.org", "analyst" */
    struct yg_str via;       /* "console", "api", "command" */
    struct yg_str address;   /* of the client; empty at the machine */
    struct yg_str verb, object, subject;  /* "judge", "verdict", an id */
    struct yg_str tenant;                 /* whose; empty: nobody's or all of them */
    struct yg_str detail;                 /* what else, for people; no secrets */
    unsigned char digest[YG_DIGEST_SIZE]; /* set by add */
};

/* Add a row and commit it: seq, at_ns and digest of `row` are set. What fails here must
 * keep the act from being done. */
enum yg_status yg_trail_add(struct yg_trail *t, struct yg_trail_row *row,
                            struct yg_err *err) YG_MUST_USE;
/* What came of the act that `row` (as add left it) began: a row like it with this outcome
 * and, when not empty, this detail. */
enum yg_status yg_trail_end(struct yg_trail *t, const struct yg_trail_row *row,
                            enum yg_trail_outcome outcome, struct yg_str detail,
                            struct yg_err *err) YG_MUST_USE;

/* Rows that all of this holds for, newest first. */
struct yg_trail_ask {
    const struct yg_scope *scope; /* rows of nobody's tenant only for all tenants */
    uint64_t before;              /* rows with smaller numbers; 0: from the newest */
    int64_t from_ns, until_ns;    /* until is exclusive; 0, 0: all */
    struct yg_str who, verb, object, subject, tenant; /* empty: any */
    size_t limit;                                     /* 1..YG_TRAIL_PAGE */
    size_t looks;      /* at so many rows at most; 0: all */
    uint64_t *reached; /* the last row that was looked at: go on before it; 0: there are
                        * no more. May be NULL */
};
enum yg_status yg_trail_list(struct yg_trail *t, const struct yg_trail_ask *ask,
                             struct yg_arena *arena, struct yg_trail_row **out,
                             size_t *count, struct yg_err *err) YG_MUST_USE;

/* For export, oldest first: up to `limit` rows behind number `after`, and the checkpoints
 * that stand at one of those. Whoever may see all of it. */
struct yg_trail_mark {
    uint64_t seq; /* of the row it signs */
    int64_t at_ns;
    unsigned char digest[YG_DIGEST_SIZE], sign[YG_TRAIL_SIGN];
};
struct yg_trail_piece {
    struct yg_trail_row *row;
    size_t rows;
    struct yg_trail_mark *mark;
    size_t marks;
    bool more;
};
enum yg_status yg_trail_piece(struct yg_trail *t, uint64_t after, size_t limit,
                              struct yg_arena *arena, struct yg_trail_piece *out,
                              struct yg_err *err) YG_MUST_USE;

/* Sign where the chain stands, unless it was signed less than a day ago by the clock
 * (`now`: whatever it says) or nothing came since. `*made`: it was. */
enum yg_status yg_trail_checkpoint(struct yg_trail *t,
                                   const unsigned char secret[YG_TRAIL_SECRET], bool now,
                                   bool *made, struct yg_err *err) YG_MUST_USE;

/* Compute the whole chain again. Cost: about 2 us a row. */
struct yg_trail_report {
    uint64_t rows, checkpoints;
    uint64_t after;      /* rows after the last checkpoint: only the chain holds them */
    uint64_t unfinished; /* acts without an end */
    int64_t signed_ns;   /* when it was signed last; 0: never */
    unsigned char digest[YG_DIGEST_SIZE]; /* of the last row */
    bool has; /* the digest that was asked for is one of its rows */
    uint64_t has_seq;
};
/* `has`: NULL, or a digest that was written down elsewhere. YG_ECORRUPT: the message
 * names the first row or checkpoint that differs; the report is of what is before it. */
enum yg_status yg_trail_verify(struct yg_trail *t, const unsigned char key[YG_TRAIL_KEY],
                               const unsigned char *has, struct yg_trail_report *out,
                               struct yg_err *err) YG_MUST_USE;

#endif
