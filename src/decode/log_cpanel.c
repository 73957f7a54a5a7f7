/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cPanel and WHM: login_log, and logins in error_log. All context.
 *
 *      [2026-01-02 03:04:05 +0000] info [cpaneld] 192.0.2.1 - jo "POST
 * /login/?login_only=1 HTTP/1.1" FAILED LOGIN cpaneld: user password incorrect
 *
 * Source: docs.cpanel.net, "The cPanel Log Files".
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

static const struct yg_say rows[] = {
    { "[%*] %s [%s] %s - %* \"%s %s %*\" FAILED LOGIN %s: %*", "--nsu-r---", "login",
      YG_SAID_FAILED, 0 },
    { "[%*] %s [%s] %s - %* \"%s %s %*\" DEFERRED LOGIN %s: %*", "--nsu-r---", "login",
      YG_SAID_FAILED, 0 },
    { "[%*] %s [%s] %s NEW %*:%* ", "--ns-u", "login", YG_SAID_OK, 0 },
    { "[%*] %s [%s] %s PURGE %*:%* ", "--ns-u", "logout", YG_SAID, 0 },
};

static bool read_(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str time = l->raw, part[YG_SCAN_MAX];

    (void)d;
    if (!yg_says(t, l->raw, rows, YG_ARRAY_LEN(rows)))
        return false;
    if (yg_eat(&time, "["))
        (void)yg_log_put_time(t, time);
    if (yg_scan(l->raw, "%*\"%s %s HTTP/", part) == 3)
        YG_PUT(t, TEXT, HTTP_METHOD, part[1]);
    return true;
}

static int match(const struct yg_logline *l)
{
    struct yg_str part[YG_SCAN_MAX];

    if (l->app.n > 0 || yg_scan(l->raw, "[%*] %s [%s] %s ", part) != 4)
        return 0;
    return yg_is(part[2], "cpaneld") || yg_is(part[2], "whostmgrd") ||
                   yg_is(part[2], "webmaild") || yg_is(part[2], "cpsrvd") ||
                   yg_is(part[2], "cpdavd")
               ? 92
               : 0;
}

const struct yg_dialect yg_dialect_cpanel = {
    .name = "cpanel",
    .doc = "cPanel and WHM: logins",
    .product = "cPanel",
    .device = YG_DEV_AUTH,
    .on_host = true,
    .no_host = true,
    .marks = " LOGIN | NEW | PURGE ",
    .match = match,
    .read = read_,
};
