/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows events as text:
 *
 *      WinEvtLog: Security: AUDIT_FAILURE(4625): SOURCE: USER: DOMAIN: COMPUTER: MESSAGE
 *      MSWinEventLog<tab>1<tab>Security<tab>7<tab>DATE<tab>4625<tab>SOURCE<tab>USER...
 *
 * The message is prose with labels, "Account Name:  jo", parted by tabs, line ends or two
 * blanks; a section ("Subject:", "New Logon:") says whose account it is.
 */
#include "decode/log_windows.h"

#include "decode/log_json.h"

struct label {
    const char *text;
    uint8_t key;
};

/* The end of a value: a tab, a line end or two blanks. */
static struct yg_str value_at(struct yg_str s)
{
    size_t n = 0;

    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s.p++, s.n--;
    while (n < s.n && s.p[n] != '\t' && s.p[n] != '\r' && s.p[n] != '\n' &&
           !(s.p[n] == ' ' && n + 1 < s.n && s.p[n + 1] == ' '))
        n++;
    return yg_str_trim((struct yg_str){ s.p, n });
}

static struct yg_str labelled(struct yg_str text, const char *label)
{
    while (yg_after(&text, label)) {
        struct yg_str s = value_at(text);
        if (!yg_absent(s) && s.p[s.n - 1] != ':')
            return s;
    }
    return YG_STR_NONE;
}

/* The account of a section: the first name behind its title. */
static void account(struct yg_win *w, struct yg_str text, const char *section,
                    enum yg_win_key user, enum yg_win_key domain)
{
    if (w->value[user].n > 0 || !yg_after(&text, section))
        return;
    w->value[user] = labelled(text, "Account Name:");
    w->value[domain] = labelled(text, "Account Domain:");
}

static void read_message(struct yg_win *w, struct yg_str text)
{
    static const char *const target[] = {
        "New Logon:",
        "Account For Which Logon Failed:",
        "Target Account:",
        "New Account:",
        "Account Whose Credentials Were Used:",
        "Account That Was Locked Out:",
        "Account Information:",
        "Member:",
    };
    static const struct label label[] = {
        { "New Process Name:", YG_WIN_NewProcessName },
        { "ParentImage:", YG_WIN_ParentImage },
        { " Image:", YG_WIN_Image },
        { "SourceImage:", YG_WIN_SourceImage },
        { "TargetImage:", YG_WIN_TargetImage },
        { "Caller Process Name:", YG_WIN_CallerProcessName },
        { " Process Name:", YG_WIN_ProcessName },
        { "Creator Process Name:", YG_WIN_ParentProcessName },
        { " CommandLine:", YG_WIN_CommandLine },
        { "Process Command Line:", YG_WIN_CommandLine },
        { "TargetFilename:", YG_WIN_TargetFilename },
        { "TargetObject:", YG_WIN_TargetObject },
        { "ImageLoaded:", YG_WIN_ImageLoaded },
        { "HashType:", YG_WIN_Hashes },
        { "Hashes:", YG_WIN_Hashes },
        { " User:", YG_WIN_User },
        { "Source Network Address:", YG_WIN_IpAddress },
        { "Client Address:", YG_WIN_ClientAddress },
        { "Source Port:", YG_WIN_SourcePort },
        { "SourceIp:", YG_WIN_SourceIp },
        { "SourcePort:", YG_WIN_SourcePort },
        { "DestinationIp:", YG_WIN_DestinationIp },
        { "DestinationPort:", YG_WIN_DestinationPort },
        { " Protocol:", YG_WIN_Protocol },
        { "QueryName:", YG_WIN_QueryName },
        { "Service Name:", YG_WIN_ServiceName },
        { "Service File Name:", YG_WIN_ServiceFileName },
        { "Logon Account:", YG_WIN_TargetUserName },
        { "User Name:", YG_WIN_TargetUserName },
        { "Threat Name:", YG_WIN_ThreatName },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(label); i++)
        if (w->value[label[i].key].n == 0)
            w->value[label[i].key] = labelled(text, label[i].text);
    account(w, text, "Subject:", YG_WIN_SubjectUserName, YG_WIN_SubjectDomainName);
    for (size_t i = 0; i < YG_ARRAY_LEN(target); i++)
        account(w, text, target[i], YG_WIN_TargetUserName, YG_WIN_TargetDomainName);
}

/* "(no user)" and the like stand where nobody was logged in. */
static struct yg_str person(struct yg_str s)
{
    return s.n > 0 && s.p[0] == '(' ? YG_STR_NONE : s;
}

static bool wazuh_text(struct yg_win *w, struct yg_str s)
{
    struct yg_str id, domain;

    if (!yg_after(&s, "WinEvtLog: ") || !yg_until(&s, ": ", &w->value[YG_WIN_CHANNEL]) ||
        !yg_until(&s, "(", &w->value[YG_WIN_KEYWORDS]) || !yg_until(&s, "): ", &id) ||
        !yg_until(&s, ": ", &w->value[YG_WIN_PROVIDER]) ||
        !yg_until(&s, ": ", &w->value[YG_WIN_User]) || !yg_until(&s, ": ", &domain) ||
        !yg_until(&s, ": ", &w->value[YG_WIN_COMPUTER]))
        return false;
    w->value[YG_WIN_ID] = id;
    w->value[YG_WIN_User] = person(w->value[YG_WIN_User]);
    w->value[YG_WIN_MESSAGE] = s;
    return true;
}

static bool snare_text(struct yg_win *w, struct yg_str s)
{
    enum {
        CRITICALITY,
        CHANNEL,
        COUNT,
        DATE,
        ID,
        SOURCE,
        USER,
        SID,
        TYPE,
        COMPUTER,
        CATEGORY,
        DATA,
        COLUMNS
    };
    struct yg_str column[COLUMNS];

    if (!yg_after(&s, "MSWinEventLog\t"))
        return false;
    for (size_t i = 0; i < COLUMNS; i++)
        if (!yg_until(&s, "\t", &column[i]))
            return false;
    w->value[YG_WIN_CHANNEL] = column[CHANNEL];
    w->value[YG_WIN_TIME] = column[DATE];
    w->value[YG_WIN_ID] = column[ID];
    w->value[YG_WIN_PROVIDER] = column[SOURCE];
    w->value[YG_WIN_User] = column[USER];
    w->value[YG_WIN_KEYWORDS] = column[TYPE];
    w->value[YG_WIN_COMPUTER] = column[COMPUTER];
    w->value[YG_WIN_MESSAGE] = s;
    return true;
}

/* "Fri Jan 02 03:04:05 2026" begins with a day's name. */
static void put_snare_time(struct yg_target *t, struct yg_win *w)
{
    struct yg_str s = w->value[YG_WIN_TIME], day;

    w->value[YG_WIN_TIME] = YG_STR_NONE;
    if (yg_word(&s, &day))
        (void)yg_log_put_time(t, s);
}

static int text_match(const struct yg_logline *l)
{
    struct yg_str s = l->raw;

    return yg_has(s, "MSWinEventLog\t") || yg_has(s, "WinEvtLog: ") ? 95 : 0;
}

static bool text_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_win w = { 0 };

    (void)d;
    if (!wazuh_text(&w, l->raw)) {
        w = (struct yg_win){ 0 };
        if (!snare_text(&w, l->raw))
            return false;
        put_snare_time(t, &w);
    }
    read_message(&w, w.value[YG_WIN_MESSAGE]);
    if (w.value[YG_WIN_TargetUserName].n > 0 || w.value[YG_WIN_SubjectUserName].n > 0)
        w.value[YG_WIN_User] = YG_STR_NONE;
    return yg_win_put(t, &w);
}

const struct yg_dialect yg_dialect_win_text = {
    .name = "win-text",
    .doc = "Windows events as text: Wazuh's WinEvtLog, Snare",
    .device = YG_DEV_HOST,
    .on_host = true,
    .marks = "WinEvtLog: |MSWinEventLog",
    .match = text_match,
    .read = text_read,
};
