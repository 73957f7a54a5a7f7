/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note - what somebody does or reads here, written into the trail (trail/trail.h) before
 * it is done.
 *
 * A write is two rows, before it and of what came of it; bytes of records that are shown
 * and exports are one; a login is one, let in or not. What cannot be written down is not
 * done. Cost: a commit each, about 1 ms. A server without a trail notes nothing.
 */
#ifndef YG_API_NOTE_H
#define YG_API_NOTE_H

#include "api/handle.h"
#include "trail/trail.h"

/* Before the handler. `row->seq` 0: nothing is to be ended. */
enum yg_status yg_note_begin(struct yg_call *c, struct yg_trail_row *row,
                             struct yg_err *err) YG_MUST_USE;
/* Behind it: `st` is what came of it. */
void yg_note_end(struct yg_call *c, const struct yg_trail_row *row, enum yg_status st);

/* Somebody showed a name and a password, or came back from his provider. */
enum yg_status yg_note_login(struct yg_call *c, struct yg_str name, bool in,
                             struct yg_err *err) YG_MUST_USE;

#endif
