/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum yg_log_level log_most = YG_LOG_INFO;

void yg_log_set_level(enum yg_log_level most)
{
    log_most = most;
}

static size_t escape(const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)text; *p && n + 5 < size; p++) {
        if (*p >= 0x20 && *p != 0x7f)
            out[n++] = (char)*p;
        else
            n += (size_t)snprintf(out + n, 5, "\\x%02x", *p);
    }
    return n;
}

void yg_log(enum yg_log_level level, const char *fmt, ...)
{
    static const char *const name[] = { "error: ", "warning: ", "", "debug: " };
    char text[1024], line[2048];
    va_list ap;

    if (level > log_most)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    size_t n = (size_t)snprintf(line, sizeof(line), "yagura: %s", name[level]);
    n += escape(text, line + n, sizeof(line) - n - 1);
    line[n++] = '\n';
    /* One write, so that lines of several processes do not mix. */
    if (write(STDERR_FILENO, line, n) < 0)
        return; /* nowhere left to complain to */
}

void yg_log_err(const struct yg_err *err, const char *consequence)
{
    char text[1024];

    yg_err_text(err, text, sizeof(text));
    if (consequence && *consequence)
        yg_log(YG_LOG_ERROR, "%s; %s", text, consequence);
    else
        yg_log(YG_LOG_ERROR, "%s", text);
}
