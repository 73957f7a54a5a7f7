/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>

const char *yg_status_name(enum yg_status st)
{
    static const char *const name[YG_STATUS_COUNT] = {
        [YG_OK] = "ok",
        [YG_ENOMEM] = "no-memory",
        [YG_EINVAL] = "invalid",
        [YG_EIO] = "io-error",
        [YG_EFORMAT] = "bad-format",
        [YG_ELIMIT] = "limit",
        [YG_ENOTFOUND] = "not-found",
        [YG_EEXIST] = "exists",
        [YG_EVERSION] = "wrong-version",
        [YG_ECORRUPT] = "corrupt",
        [YG_EBUSY] = "busy",
        [YG_EEND] = "end",
        [YG_ECHILD] = "worker-died",
        [YG_EPERM] = "denied",
    };

    return (unsigned)st < YG_STATUS_COUNT ? name[st] : "unknown";
}

noreturn void yg_assert_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "yagura: internal error at %s:%d: %s\n", file, line, what);
    abort();
}
