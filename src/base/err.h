/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err - a failure with its place: what, where, and what to write instead.
 *
 * Plain data, filled by the function that knows, printed once by the caller that
 * decides what happens. The message is one line and ends with the remedy.
 */
#ifndef YG_BASE_ERR_H
#define YG_BASE_ERR_H

#include "base/status.h"

#include <stddef.h>

struct yg_err {
    enum yg_status status;
    int line;       /* 1-based; 0: not known */
    int column;     /* 1-based; 0: not known */
    char path[256]; /* file the error is in; "" if none */
    char msg[512];
};

/* Fill `err` (which may be NULL) and return `st`, so that `return yg_err_set(...)`
 * reads as one step. Path and line are left as they are. */
enum yg_status yg_err_set(struct yg_err *err, enum yg_status st, const char *fmt, ...)
    YG_PRINTF(3, 4);

/* As yg_err_set, with strerror(errno) appended: ": No space left on device". */
enum yg_status yg_err_errno(struct yg_err *err, const char *fmt, ...) YG_PRINTF(2, 3);

/* Say where: `path` is copied (cut if too long). */
void yg_err_at(struct yg_err *err, const char *path, int line, int column);

/* "path:line:column: msg", cut to `size`. Returns `out`. */
const char *yg_err_text(const struct yg_err *err, char *out, size_t size);

#endif
