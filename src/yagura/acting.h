/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acting - a subcommand that changes something, with its rows in the trail
 * (trail/trail.h).
 *
 * What the table of commands names as an act is written down before it runs, and what
 * came of it afterwards: the command line, by whom (--who, else $USER), with role
 * "machine". What cannot be written down is not done. Reads at the machine are no rows:
 * who may run the program there may read its files.
 */
#ifndef YG_YAGURA_ACTING_H
#define YG_YAGURA_ACTING_H

#include "trail/trail.h"
#include "yagura/app.h"

/* Run the command; its exit status. */
int yg_acting_run(struct yg_cli *cli);

/* trail.db beside the store; made when it is not there and `create`. */
enum yg_status yg_acting_trail(struct yg_app *a, bool create, struct yg_trail **out,
                               struct yg_err *err) YG_MUST_USE;

/* Compute it again, signatures by the store's own key (the store is open; without a key
 * yet nothing can be signed by it). See yg_trail_verify. */
enum yg_status yg_acting_verify(struct yg_app *a, struct yg_trail *t,
                                const unsigned char *has, struct yg_trail_report *out,
                                struct yg_err *err) YG_MUST_USE;

#endif
