/* SPDX-License-Identifier: Apache-2.0 */
/* Windows events as JSON: the same values at other places; see log_windows.h. */
#include "decode/log_windows.h"

#include "decode/log_json.h"

#define NOTHING(path)                                                                    \
    {                                                                                    \
        path, YG_AS_NOTHING, 0                                                           \
    }

/* evtx_dump (EVTX to JSON), and what converts XML literally. */
static const struct yg_pick evtx_pick[] = {
    [YG_WIN_ID] = NOTHING("Event.System.EventID"),
    [YG_WIN_CHANNEL] = NOTHING("Event.System.Channel"),
    [YG_WIN_PROVIDER] = NOTHING("Event.System.Provider.#attributes.Name"),
    [YG_WIN_COMPUTER] = NOTHING("Event.System.Computer"),
    [YG_WIN_TIME] = NOTHING("Event.System.TimeCreated.#attributes.SystemTime"),
    [YG_WIN_KEYWORDS] = NOTHING("Event.System.Keywords"),
    [YG_WIN_MESSAGE] = NOTHING("Event.RenderingInfo.Message"),
#define WIN(id, name, small, how, field) [YG_WIN_##id] = NOTHING("Event.EventData." name),
#include "decode/log_windows.def"
#undef WIN
    [YG_WIN_VALUES] = NOTHING("Event.System.EventID.#text"),
    NOTHING("Event.UserData.LogFileCleared.SubjectUserName"),
    NOTHING("Event.UserData.LogFileCleared.SubjectDomainName"),
};

/* Winlogbeat 7 and 8, Elastic Agent; the second half is Winlogbeat 6. */
static const struct yg_pick beat_pick[] = {
    [YG_WIN_ID] = NOTHING("winlog.event_id"),
    [YG_WIN_CHANNEL] = NOTHING("winlog.channel"),
    [YG_WIN_PROVIDER] = NOTHING("winlog.provider_name"),
    [YG_WIN_COMPUTER] = NOTHING("winlog.computer_name"),
    [YG_WIN_TIME] = NOTHING("@timestamp"),
    [YG_WIN_KEYWORDS] = NOTHING("winlog.keywords"),
    [YG_WIN_MESSAGE] = NOTHING("message"),
#define WIN(id, name, small, how, field)                                                 \
    [YG_WIN_##id] = NOTHING("winlog.event_data." name),
#include "decode/log_windows.def"
#undef WIN
};

static const struct yg_pick beat6_pick[] = {
    [YG_WIN_ID] = NOTHING("event_id"),
    [YG_WIN_CHANNEL] = NOTHING("log_name"),
    [YG_WIN_PROVIDER] = NOTHING("source_name"),
    [YG_WIN_COMPUTER] = NOTHING("computer_name"),
    [YG_WIN_TIME] = NOTHING("@timestamp"),
    [YG_WIN_KEYWORDS] = NOTHING("keywords"),
    [YG_WIN_MESSAGE] = NOTHING("message"),
#define WIN(id, name, small, how, field) [YG_WIN_##id] = NOTHING("event_data." name),
#include "decode/log_windows.def"
#undef WIN
};

/* NXLog's im_msvistalog through to_json(): flat. */
static const struct yg_pick nxlog_pick[] = {
    [YG_WIN_ID] = NOTHING("EventID"),          [YG_WIN_CHANNEL] = NOTHING("Channel"),
    [YG_WIN_PROVIDER] = NOTHING("SourceName"), [YG_WIN_COMPUTER] = NOTHING("Hostname"),
    [YG_WIN_TIME] = NOTHING("EventTime"),      [YG_WIN_KEYWORDS] = NOTHING("EventType"),
    [YG_WIN_MESSAGE] = NOTHING("Message"),
#define WIN(id, name, small, how, field) [YG_WIN_##id] = NOTHING(name),
#include "decode/log_windows.def"
#undef WIN
    [YG_WIN_VALUES] = NOTHING("Keywords"),     NOTHING("@timestamp"),
};

static const struct yg_pick wazuh_pick[] = {
    [YG_WIN_ID] = NOTHING("win.system.eventID"),
    [YG_WIN_CHANNEL] = NOTHING("win.system.channel"),
    [YG_WIN_PROVIDER] = NOTHING("win.system.providerName"),
    [YG_WIN_COMPUTER] = NOTHING("win.system.computer"),
    [YG_WIN_TIME] = NOTHING("win.system.systemTime"),
    [YG_WIN_KEYWORDS] = NOTHING("win.system.severityValue"),
    [YG_WIN_MESSAGE] = NOTHING("win.system.message"),
#define WIN(id, name, small, how, field) [YG_WIN_##id] = NOTHING("win.eventdata." small),
#include "decode/log_windows.def"
#undef WIN
    [YG_WIN_VALUES] = NOTHING("win.logFileCleared.subjectUserName"),
    NOTHING("win.logFileCleared.subjectDomainName"),
};

static void take(struct yg_decode *d, struct yg_target *t, struct yg_win *w)
{
    for (unsigned k = 0; k < YG_WIN_VALUES; k++)
        w->value[k] = yg_str_trim(yg_log_at(d, t, k));
}

static struct yg_str either(struct yg_str a, struct yg_str b)
{
    return a.n ? a : b;
}

/* Who cleared a log stands elsewhere: from these two rows of the pick. */
static void put_cleared(struct yg_decode *d, struct yg_target *t, struct yg_win *w,
                        unsigned slot)
{
    struct yg_str *user = &w->value[YG_WIN_SubjectUserName];
    struct yg_str *domain = &w->value[YG_WIN_SubjectDomainName];

    *user = either(*user, yg_log_at(d, t, slot));
    *domain = either(*domain, yg_log_at(d, t, slot + 1));
}

static bool evtx_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_win w;

    (void)l;
    take(d, t, &w);
    w.value[YG_WIN_ID] = either(w.value[YG_WIN_ID], yg_log_at(d, t, YG_WIN_VALUES));
    put_cleared(d, t, &w, YG_WIN_VALUES + 1);
    return yg_win_put(t, &w);
}

static bool plain_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_win w;

    (void)l;
    take(d, t, &w);
    return yg_win_put(t, &w);
}

/* The keywords as a number, signed in some versions, beside the type of event in words.
 */
static bool nxlog_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str keywords = yg_log_at(d, t, YG_WIN_VALUES);
    struct yg_win w;

    (void)l;
    take(d, t, &w);
    w.value[YG_WIN_KEYWORDS] = either(w.value[YG_WIN_KEYWORDS], keywords);
    w.value[YG_WIN_TIME] =
        either(yg_log_at(d, t, YG_WIN_VALUES + 1), w.value[YG_WIN_TIME]);
    return yg_win_put(t, &w);
}

/* Wazuh's agent escapes backslashes and quotes once more than JSON needs. */
static bool wazuh_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_win w;

    (void)l;
    take(d, t, &w);
    for (unsigned k = YG_WIN_SYSTEM; k < YG_WIN_VALUES; k++)
        if (yg_has(w.value[k], "\\\\") || yg_has(w.value[k], "\\\""))
            w.value[k] = yg_put_unslashed(t, w.value[k]);
    put_cleared(d, t, &w, YG_WIN_VALUES);
    return yg_win_put(t, &w);
}

#define WINDOWS(id, tag, text, sign, function)                                           \
    const struct yg_dialect yg_dialect_win_##id = {                                      \
        .name = "win-" tag,                                                              \
        .doc = text,                                                                     \
        .device = YG_DEV_HOST,                                                           \
        .on_host = true,                                                                 \
        .signs = sign,                                                                   \
        .pick = id##_pick,                                                               \
        .pick_count = YG_ARRAY_LEN(id##_pick),                                           \
        .read = function,                                                                \
    }

WINDOWS(evtx, "evtx", "Windows events, JSON of evtx_dump",
        "Event.System.EventID Event.System.Computer | Event.System.EventID.#text "
        "Event.System.Computer",
        evtx_read);
WINDOWS(beat, "beat", "Windows events of Winlogbeat 7 and later",
        "winlog.event_id winlog.channel @timestamp", plain_read);
WINDOWS(beat6, "beat6", "Windows events of Winlogbeat 6",
        "event_id log_name source_name computer_name", plain_read);
WINDOWS(nxlog, "nxlog", "Windows events of NXLog, flat JSON",
        "EventID Channel Hostname | EventID SourceName Hostname", nxlog_read);
WINDOWS(wazuh, "wazuh", "Windows events of Wazuh's agent",
        "win.system.eventID | win.system.channel", wazuh_read);
