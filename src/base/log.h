/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - one line on standard error for the operator: "yagura: level: text".
 *
 * Library code does not log: it returns yg_err, and the caller that decides what
 * happens logs once, with the consequence. The sink is the one allowed global.
 */
#ifndef YG_BASE_LOG_H
#define YG_BASE_LOG_H

#include "base/err.h"

enum yg_log_level { YG_LOG_ERROR, YG_LOG_WARN, YG_LOG_INFO, YG_LOG_DEBUG };

void yg_log_set_level(enum yg_log_level most);

/* Control bytes in the text are shown as \xNN: a log line is always one line. */
void yg_log(enum yg_log_level level, const char *fmt, ...) YG_PRINTF(2, 3);

/* "path:line: message; consequence" */
void yg_log_err(const struct yg_err *err, const char *consequence);

#endif
