/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum yg_status yg_err_set(struct yg_err *err, enum yg_status st, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return st;
    err->status = st;
    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    return st;
}

enum yg_status yg_err_errno(struct yg_err *err, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;

    if (!err)
        return YG_EIO;
    err->status = YG_EIO;
    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    size_t used = strlen(err->msg);
    snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", strerror(saved));
    return YG_EIO;
}

void yg_err_at(struct yg_err *err, const char *path, int line, int column)
{
    if (!err)
        return;
    if (path != err->path) /* the same file, another line */
        snprintf(err->path, sizeof(err->path), "%s", path ? path : "");
    err->line = line;
    err->column = column;
}

const char *yg_err_text(const struct yg_err *err, char *out, size_t size)
{
    if (!err->path[0])
        snprintf(out, size, "%s", err->msg);
    else if (err->line <= 0)
        snprintf(out, size, "%s: %s", err->path, err->msg);
    else if (err->column <= 0)
        snprintf(out, size, "%s:%d: %s", err->path, err->line, err->msg);
    else
        snprintf(out, size, "%s:%d:%d: %s", err->path, err->line, err->column, err->msg);
    return out;
}
