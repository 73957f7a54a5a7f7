/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruling - a person's verdict on an alert or on a whole run, given or taken back: what
 * the command `verdict` and the API have in common.
 *
 * The verdict goes to every alert it stands for, the run's row and the audit that the run
 * may be part of (guard.h), whose blindness ends with it. A plant's alerts keep the
 * verdict that they have. All of it is part of the store's next commit; when an audit
 * found an attack, the caller looks for what closed like it after that commit
 * (lookalike.h).
 *
 * Cost: under 1 ms an alert. The store is open to write rows, and held (yg_store_hold).
 */
#ifndef YG_PIPELINE_RULING_H
#define YG_PIPELINE_RULING_H

#include "pipeline/guard.h"
#include "store/store.h"

struct yg_ruling {
    struct yg_store *store;
    const struct yg_config *config;
    const struct yg_clock *clock;
    struct yg_str id; /* hexadecimal, of a run or of an alert */
    bool alone;       /* only the alert with this id, not its run */
    bool undo, bulk;  /* bulk: given to many at once: it trains, and proves nothing */
    bool own;         /* another person's verdict is not touched: YG_EPERM */
    enum yg_level level;
    struct yg_str reason, note, incident, who;
};

struct yg_ruled {
    struct yg_str tenant;     /* lives with the arena */
    size_t changed;           /* alerts whose verdict is another now */
    bool is_run;              /* it stands for the whole run */
    enum yg_guard_draw drawn; /* what the run was, once it is judged */
    bool recall;              /* an audit found an attack where the model saw none */
    unsigned char run[YG_ID_SIZE];
};

/* YG_ENOTFOUND: nothing has this id, or there is nothing to take back. YG_EPERM: one of
 * the alerts has a verdict in force that another person gave, alone or to a group. */
enum yg_status yg_rule(const struct yg_ruling *r, struct yg_arena *arena,
                       struct yg_ruled *out, struct yg_err *err) YG_MUST_USE;

/* Is this verdict one that somebody gave by hand, who is not `who`? */
bool yg_ruling_is_anothers(const struct yg_verdict *in_force, struct yg_str who);

#endif
