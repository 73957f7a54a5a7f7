/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_windows - a Windows event, whatever shape it came in. Private to decode.
 *
 * The shapes (log_winjson.c: evtx_dump, Winlogbeat, NXLog, Wazuh; log_wintext.c: Wazuh's
 * classic text, Snare) fill this record with texts; log_windows.c says what they mean.
 */
#ifndef YG_DECODE_LOG_WINDOWS_H
#define YG_DECODE_LOG_WINDOWS_H

#include "decode/log.h"

/* What stands outside the event's own data. */
enum yg_win_system {
    YG_WIN_ID,
    YG_WIN_CHANNEL,
    YG_WIN_PROVIDER,
    YG_WIN_COMPUTER,
    YG_WIN_TIME,
    YG_WIN_KEYWORDS, /* or the type of audit in words */
    YG_WIN_MESSAGE,
    YG_WIN_SYSTEM,
};

enum yg_win_key {
    YG_WIN_BEFORE = YG_WIN_SYSTEM - 1,
#define WIN(id, name, small, how, field) YG_WIN_##id,
#include "decode/log_windows.def"
#undef WIN
    YG_WIN_VALUES,
};

struct yg_win {
    struct yg_str value[YG_WIN_VALUES]; /* by enum yg_win_system, then enum yg_win_key */
};

/* Set the event's fields. False: it has no event id, so it is no event. */
bool yg_win_put(struct yg_target *t, const struct yg_win *w);

#endif
