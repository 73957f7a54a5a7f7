/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk - what analysts know and agree on besides the alerts: who works on what and until
 * when (duty.h), notes (note.h), what a tenant protects (asset.h), questions to customers
 * (question.h), watch lists (watch.h). In a database of its own (desk.db, 0600), which
 * no part of the decision reads: nothing here closes an alert.
 *
 * Everything takes `by`, who asks and for which tenants. What lies outside of them is
 * YG_ENOTFOUND, as what does not exist; whether his role may is the caller's gate. Texts
 * are what people and tools wrote: one that holds what cannot be seen is YG_EINVAL, with
 * what to write instead. The caller writes the trail.
 *
 * Cost: a row is 5-20 us; all of one alert (yg_desk_about) about 1 ms. Lists stop at
 * their caps. One thread at a time; several processes take turns.
 */
#ifndef YG_DESK_DESK_H
#define YG_DESK_DESK_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "event/batch.h"
#include "event/scope.h"

#define YG_DESK_NAME      100  /* bytes of a name, a role, an owner */
#define YG_DESK_TENANT    200  /* of a tenant's name */
#define YG_DESK_TEXT      4000 /* of a note, a question, an answer */
#define YG_DESK_LIST_MAX  500  /* rows of one list */
#define YG_DESK_ABOUT_MAX 50   /* notes, hits and questions shown at one alert, of each */
#define YG_DESK_NEVER     INT64_MAX

struct yg_desk;

struct yg_desk_options {
    const char *where; /* see yg_db_options: desk.db, or a server */
    const char *part;
    const struct yg_clock *clock; /* borrowed */
    bool create, read_only;
    int patience_ms; /* for another's transaction, then YG_EBUSY; 0: as yg_db_options */
};

/* YG_ENOTFOUND: nothing is there (and not `create`); else as yg_db_open. */
enum yg_status yg_desk_open(const struct yg_desk_options *opt, struct yg_desk **out,
                            struct yg_err *err) YG_MUST_USE;
void yg_desk_close(struct yg_desk *d); /* NULL is fine */
/* A copy as of now, one SQLite file (db/db_copy.h). */
enum yg_status yg_desk_copy(struct yg_desk *d, const char *to,
                            struct yg_err *err) YG_MUST_USE;

/* Who asks; borrowed during a call. */
struct yg_desk_by {
    struct yg_str name; /* "kim@example.org" */
    const struct yg_scope *scope;
};

/* Which rows of a list: newest first, page by page. */
struct yg_desk_ask {
    struct yg_str tenant; /* empty: of all that he sees */
    uint64_t before;      /* number of the last row of the page before; 0: the newest */
    size_t limit;         /* at most YG_DESK_LIST_MAX; 0: 50 */
};

/* ---- all of one alert (about.c) -----------------------------------------------------
 */

/* The alert; borrowed during the call. */
struct yg_desk_alert {
    struct yg_str tenant;
    const unsigned char *id;  /* YG_ID_SIZE bytes */
    const unsigned char *run; /* the run it belongs to; NULL: not known */
    const struct yg_batch *batch;
    const struct yg_event *event; /* decoded, in `batch`, or without any field */
    int64_t known_ns;             /* assets as they were known then; 0: now */
};

struct yg_desk_about;
/* Notes, assets, whether it can have had an effect, watch hits, questions: everything
 * lives with `arena`. YG_ENOTFOUND: it lies outside. */
enum yg_status yg_desk_about(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_desk_alert *alert, struct yg_arena *arena,
                             struct yg_desk_about *out, struct yg_err *err) YG_MUST_USE;

#endif
