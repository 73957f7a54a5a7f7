/* SPDX-License-Identifier: Apache-2.0 */
/* What yagura itself writes where thinning rules left out log records (thin/thin.h). */
#include "decode/dialects.h"
#include "decode/log.h"

static const struct yg_pick pick[] = {
    { "time", YG_AS_TIME, 0 },
    { "thin.rule", YG_AS_TEXT, YG_F_MESSAGE },
    { "thin.from", YG_AS_ISO, YG_F_FLOW_START },
    { "thin.first", YG_AS_TEXT, YG_F_EVENT_CODE },
};

static bool thin_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    (void)l;
    yg_put_hits(t, pick, yg_log_hits(d));
    yg_put_text(t, YG_AS_TEXT, YG_F_EVENT_DATASET, YG_STR("thin"));
    return true;
}

const struct yg_dialect yg_dialect_thin = {
    .name = "thin",
    .doc = "yagura's own: how many log records a rule left out",
    .product = "yagura",
    .device = YG_DEV_OTHER,
    .signs = "thin.rule thin.records thin.first",
    .pick = pick,
    .pick_count = YG_ARRAY_LEN(pick),
    .read = thin_read,
};
