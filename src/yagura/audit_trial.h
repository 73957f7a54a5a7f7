/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_trial - `yagura audit trial N`: runs for a first certificate are drawn from the
 * days in shadow (pipeline/guard.h, policy/trial.h).
 */
#ifndef YG_YAGURA_AUDIT_TRIAL_H
#define YG_YAGURA_AUDIT_TRIAL_H

#include "base/buf.h"
#include "yagura/app.h"

/* Draw as the command line asks, commit, and say what was drawn, as text or JSON. The
 * store is open for rows. YG_EINVAL: the arguments; else as yg_guard_trial. */
enum yg_status yg_audit_trial(struct yg_app *app, struct yg_buf *out,
                              struct yg_err *err) YG_MUST_USE;

#endif
