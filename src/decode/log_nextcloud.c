/* SPDX-License-Identifier: Apache-2.0 */
/* Nextcloud and ownCloud: nextcloud.log and audit.log (admin manual, "Logging"). */
#include "decode/log_json.h"
#include "decode/log_says.h"

enum { CLOUD_MESSAGE, CLOUD_USER, CLOUD_PICKS };

static const struct yg_pick pick[] = {
    [CLOUD_MESSAGE] = { "message", YG_AS_NOTHING, 0 },
    [CLOUD_USER] = { "user", YG_AS_NOTHING, 0 },
    [CLOUD_PICKS] = { "reqId", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "remoteAddr", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "app", YG_AS_TEXT, YG_F_EVENT_DATASET },
    { "method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "url", YG_AS_TEXT, YG_F_URL },
    { "userAgent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "time", YG_AS_NOTHING, 0 },
};

/* "Login failed: 'jo' (Remote IP: '192.0.2.1')", older ones without quotes */
static void put_failed(struct yg_target *t, struct yg_str message)
{
    struct yg_str part[YG_SCAN_MAX];

    YG_PUT(t, TEXT, OUTCOME, YG_STR("failure"));
    YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("login"));
    if (yg_scan(message, "Login failed: %+ (Remote IP: %*)", part) == 2)
        yg_say_put(t, 'u', part[0]);
}

/* The time is spelled as the administrator likes: quietly none if it is not known. */
static bool cloud_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str message = yg_log_at(d, t, CLOUD_MESSAGE);
    struct yg_str user = yg_log_at(d, t, CLOUD_USER);

    (void)l;
    yg_log_put_hits(d, t, pick);
    (void)yg_log_put_time(t, yg_log_at(d, t, YG_ARRAY_LEN(pick) - 1));
    YG_PUT(t, TEXT, MESSAGE, message);
    if (!yg_is(user, "--")) /* nobody has logged in */
        yg_say_put(t, 'u', user);
    if (yg_str_starts(message, YG_STR("Login failed")))
        put_failed(t, message);
    if (yg_str_starts(message, YG_STR("Login successful"))) {
        YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("login"));
        YG_PUT(t, TEXT, OUTCOME, YG_STR("success"));
    }
    return true;
}

const struct yg_dialect yg_dialect_nextcloud = {
    .name = "nextcloud",
    .doc = "Nextcloud and ownCloud",
    .product = "Nextcloud",
    .device = YG_DEV_WEB,
    .signs = "reqId remoteAddr app | reqId remoteAddr message",
    .pick = pick,
    .pick_count = YG_ARRAY_LEN(pick),
    .read = cloud_read,
};
