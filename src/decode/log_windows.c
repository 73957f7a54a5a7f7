/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Windows events mean. Sources: the manifests of Microsoft-Windows-Security-Auditing
 * and Sysmon, "Security auditing events" and "Microsoft Defender Antivirus event IDs" of
 * learn.microsoft.com.
 */
#include "decode/log_windows.h"

#include "decode/log_json.h"

enum provider { ANY, SECURITY, SYSMON, SYSTEM, DEFENDER, POWERSHELL };

/* Who is it about? */
enum actor {
    ACTS,   /* the subject, who does something to the target */
    LOGS_ON /* the target: the subject is the machine that asks */
};

struct meaning {
    uint16_t id;
    uint8_t provider, actor;
    char action[30]; /* also the data set's name */
    bool failed;     /* by its nature */
};

/* Sorted by id, then provider. */
static const struct meaning known[] = {
    { 1, SYSMON, ACTS, "process-created", false },
    { 2, SYSMON, ACTS, "file-time-changed", false },
    { 3, SYSMON, ACTS, "network-connection", false },
    { 4, SYSMON, ACTS, "sysmon-state-changed", false },
    { 5, SYSMON, ACTS, "process-ended", false },
    { 6, SYSMON, ACTS, "driver-loaded", false },
    { 7, SYSMON, ACTS, "image-loaded", false },
    { 8, SYSMON, ACTS, "remote-thread-created", false },
    { 9, SYSMON, ACTS, "raw-disk-read", false },
    { 10, SYSMON, ACTS, "process-accessed", false },
    { 11, SYSMON, ACTS, "file-created", false },
    { 12, SYSMON, ACTS, "registry-key-changed", false },
    { 13, SYSMON, ACTS, "registry-value-set", false },
    { 14, SYSMON, ACTS, "registry-renamed", false },
    { 15, SYSMON, ACTS, "file-stream-created", false },
    { 16, SYSMON, ACTS, "sysmon-config-changed", false },
    { 17, SYSMON, ACTS, "pipe-created", false },
    { 18, SYSMON, ACTS, "pipe-connected", false },
    { 19, SYSMON, ACTS, "wmi-filter", false },
    { 20, SYSMON, ACTS, "wmi-consumer", false },
    { 21, SYSMON, ACTS, "wmi-binding", false },
    { 22, SYSMON, ACTS, "dns-query", false },
    { 23, SYSMON, ACTS, "file-deleted", false },
    { 24, SYSMON, ACTS, "clipboard-changed", false },
    { 25, SYSMON, ACTS, "process-tampered", false },
    { 26, SYSMON, ACTS, "file-delete-logged", false },
    { 27, SYSMON, ACTS, "executable-blocked", false },
    { 28, SYSMON, ACTS, "shredding-blocked", false },
    { 29, SYSMON, ACTS, "executable-detected", false },
    { 104, SYSTEM, ACTS, "log-cleared", false },
    { 400, POWERSHELL, ACTS, "engine-started", false },
    { 800, POWERSHELL, ACTS, "pipeline-executed", false },
    { 1102, SECURITY, ACTS, "log-cleared", false },
    { 4103, POWERSHELL, ACTS, "module-logged", false },
    { 4104, POWERSHELL, ACTS, "script-block", false },
    { 4624, SECURITY, LOGS_ON, "logged-in", false },
    { 4625, SECURITY, LOGS_ON, "logon-failed", true },
    { 4634, SECURITY, LOGS_ON, "logged-out", false },
    { 4647, SECURITY, LOGS_ON, "logged-out", false },
    { 4648, SECURITY, ACTS, "logged-in-explicit", false },
    { 4656, SECURITY, ACTS, "handle-requested", false },
    { 4657, SECURITY, ACTS, "registry-value-set", false },
    { 4663, SECURITY, ACTS, "object-accessed", false },
    { 4672, SECURITY, ACTS, "privileges-assigned", false },
    { 4688, SECURITY, ACTS, "process-created", false },
    { 4689, SECURITY, ACTS, "process-ended", false },
    { 4697, SECURITY, ACTS, "service-installed", false },
    { 4698, SECURITY, ACTS, "task-created", false },
    { 4719, SECURITY, ACTS, "audit-policy-changed", false },
    { 4720, SECURITY, ACTS, "user-created", false },
    { 4722, SECURITY, ACTS, "user-enabled", false },
    { 4723, SECURITY, ACTS, "password-changed", false },
    { 4724, SECURITY, ACTS, "password-reset", false },
    { 4725, SECURITY, ACTS, "user-disabled", false },
    { 4726, SECURITY, ACTS, "user-deleted", false },
    { 4728, SECURITY, ACTS, "member-added", false },
    { 4729, SECURITY, ACTS, "member-removed", false },
    { 4732, SECURITY, ACTS, "member-added", false },
    { 4733, SECURITY, ACTS, "member-removed", false },
    { 4738, SECURITY, ACTS, "user-changed", false },
    { 4740, SECURITY, ACTS, "user-locked-out", false },
    { 4741, SECURITY, ACTS, "computer-created", false },
    { 4756, SECURITY, ACTS, "member-added", false },
    { 4767, SECURITY, ACTS, "user-unlocked", false },
    { 4768, SECURITY, LOGS_ON, "kerberos-ticket", false },
    { 4769, SECURITY, LOGS_ON, "kerberos-service-ticket", false },
    { 4771, SECURITY, LOGS_ON, "kerberos-failed", true },
    { 4776, SECURITY, LOGS_ON, "credential-checked", false },
    { 5140, SECURITY, ACTS, "share-accessed", false },
    { 5145, SECURITY, ACTS, "share-checked", false },
    { 5156, SECURITY, ACTS, "connection-allowed", false },
    { 5157, SECURITY, ACTS, "connection-blocked", true },
    { 7036, SYSTEM, ACTS, "service-state", false },
    { 7040, SYSTEM, ACTS, "service-start-changed", false },
    { 7045, SYSTEM, ACTS, "service-installed", false },
};

static enum provider provider_of(const struct yg_win *w)
{
    struct yg_str p = w->value[YG_WIN_PROVIDER], c = w->value[YG_WIN_CHANNEL];

    if (yg_has(p, "Sysmon") || yg_has(c, "Sysmon"))
        return SYSMON;
    if (yg_has(p, "Windows Defender") || yg_has(c, "Windows Defender") ||
        yg_has(p, "Microsoft Antimalware"))
        return DEFENDER;
    if (yg_has(p, "PowerShell") || yg_has(c, "PowerShell"))
        return POWERSHELL;
    if (yg_has(p, "Security-Auditing") || yg_is(c, "Security"))
        return SECURITY;
    return yg_is(c, "System") ? SYSTEM : ANY;
}

static const struct meaning *meaning_of(uint64_t id, enum provider provider)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (known[i].id == id && known[i].provider == provider)
            return &known[i];
    return NULL;
}

/* Accounts are "-" or a machine's placeholder where there is none. */
static void put_user(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    if (!yg_absent(s))
        yg_put_text(t, YG_AS_TEXT, f, s);
}

static void put_accounts(struct yg_target *t, const struct yg_win *w, bool logs_on)
{
    const struct yg_str *v = w->value;
    bool by_target = logs_on || yg_absent(v[YG_WIN_SubjectUserName]);

    if (by_target) {
        put_user(t, YG_F_USER_NAME, v[YG_WIN_TargetUserName]);
        put_user(t, YG_F_USER_DOMAIN, v[YG_WIN_TargetDomainName]);
    } else {
        put_user(t, YG_F_USER_NAME, v[YG_WIN_SubjectUserName]);
        put_user(t, YG_F_USER_DOMAIN, v[YG_WIN_SubjectDomainName]);
        put_user(t, YG_F_TARGET_USER, v[YG_WIN_TargetUserName]);
    }
    yg_log_account(t, v[YG_WIN_User]);
    yg_log_account(t, v[YG_WIN_SourceUser]);
    yg_log_account(t, v[YG_WIN_DetectionUser]);
    yg_log_account(t, v[YG_WIN_UserContext]);
    yg_log_account(t, v[YG_WIN_UserName]);
    yg_log_account(t, v[YG_WIN_AccountName]);
}

/* Bits 52 and 53 of the keywords say how an audit ended. */
static void put_outcome(struct yg_target *t, const struct yg_win *w,
                        const struct meaning *m)
{
    struct yg_str k = w->value[YG_WIN_KEYWORDS], status = w->value[YG_WIN_Status];
    bool kerberos = m && (m->id == 4768 || m->id == 4769 || m->id == 4776);

    if ((m && m->failed) || yg_has(k, "0x8010") || yg_has(k, "0x801000") ||
        yg_has(k, "AUDIT_FAILURE") || yg_has(k, "Audit Failure") ||
        yg_has(k, "Failure Audit"))
        YG_PUT(t, TEXT, OUTCOME, YG_STR("failure"));
    else if (kerberos && status.n > 0)
        YG_PUT(t, TEXT, OUTCOME,
               yg_is(status, "0x0") ? YG_STR("success") : YG_STR("failure"));
    else if (yg_has(k, "0x8020") || yg_has(k, "AUDIT_SUCCESS") ||
             yg_has(k, "Audit Success") || yg_has(k, "Success Audit"))
        YG_PUT(t, TEXT, OUTCOME, YG_STR("success"));
}

/* "4660" and "0x1234". */
static void put_pid(struct yg_target *t, struct yg_str s)
{
    uint64_t n = 0;

    if (!yg_eat(&s, "0x")) {
        if (yg_str_u64(s, &n))
            YG_PUT(t, U64, PID, s);
        return;
    }
    for (size_t i = 0; i < s.n; i++) {
        unsigned c = (unsigned char)s.p[i] | 0x20U;
        unsigned digit = c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - ('0' | 0x20U);
        if (digit > 15 || i == 8)
            return;
        n = n * 16 + digit;
    }
    if (s.n > 0)
        yg_event_set_u64(t->e, YG_F_PID, n);
}

static void put_port(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    uint64_t n;

    if (yg_str_u64(s, &n) && n > 0 && n <= 65535)
        yg_put_text(t, YG_AS_PORT, f, s);
}

/* "technique_id=T1059,technique_name=..", as public Sysmon configurations tag rules. */
static void put_technique(struct yg_target *t, struct yg_str s)
{
    if (yg_after(&s, "technique_id="))
        YG_PUT(t, TEXT, TECHNIQUE, yg_str_cut(&s, ','));
}

static void put_special(struct yg_target *t, enum yg_win_key key, struct yg_str s)
{
    switch (key) {
    case YG_WIN_SourceIp:
    case YG_WIN_IpAddress:
    case YG_WIN_SourceAddress:
    case YG_WIN_ClientAddress:
        yg_log_ip(t, YG_F_SOURCE_IP, s);
        break;
    case YG_WIN_DestinationIp:
    case YG_WIN_DestAddress:
        yg_log_ip(t, YG_F_DESTINATION_IP, s);
        break;
    case YG_WIN_SourcePort:
    case YG_WIN_IpPort:
        put_port(t, YG_F_SOURCE_PORT, s);
        break;
    case YG_WIN_DestinationPort:
    case YG_WIN_DestPort:
        put_port(t, YG_F_DESTINATION_PORT, s);
        break;
    case YG_WIN_Path: /* of Defender: "file:_C:\\a.exe" */
        (void)yg_eat(&s, "file:_");
        YG_PUT(t, TEXT, FILE_PATH, s);
        break;
    case YG_WIN_Hashes:
        yg_log_hashes(t, s);
        break;
    case YG_WIN_Protocol:
        yg_log_protocol(t, s);
        break;
    case YG_WIN_ProcessId:
        put_pid(t, s);
        break;
    case YG_WIN_RuleName:
        put_technique(t, s);
        break;
    default: /* looked at elsewhere */
        break;
    }
}

static void put_values(struct yg_target *t, const struct yg_win *w)
{
    static const struct {
        uint8_t key, how, field;
    } row[] = {
#define WIN(id, name, small, how, field) { YG_WIN_##id, YG_AS_##how, YG_F_##field },
#include "decode/log_windows.def"
#undef WIN
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_str s = w->value[row[i].key];
        if (yg_absent(s))
            continue;
        if (row[i].how == YG_AS_NOTHING)
            put_special(t, (enum yg_win_key)row[i].key, s);
        else
            yg_put_text(t, (enum yg_how)row[i].how, (enum yg_field)row[i].field, s);
    }
}

/* Malware found (1006, 1015, 1116), acted on (1007, 1008, 1117 to 1119), a rule of attack
 * surface reduction or exploit protection that blocked (1121, 1123). */
static bool is_detection(uint64_t id)
{
    return (id >= 1006 && id <= 1008) || id == 1015 || (id >= 1116 && id <= 1119) ||
           id == 1121 || id == 1123;
}

static void put_detection(struct yg_target *t, const struct yg_win *w)
{
    struct yg_str name = w->value[YG_WIN_ThreatName], id = w->value[YG_WIN_ThreatID];

    t->e->device = YG_DEV_ANTIVIRUS;
    YG_PUT(t, TEXT, RULE_RULESET, YG_STR("defender")); /* whoever brought the event */
    if (!yg_is(w->value[YG_WIN_ActionName], "Not Applicable")) /* nothing done yet */
        YG_PUT(t, LOWER, EVENT_ACTION, w->value[YG_WIN_ActionName]);
    yg_log_alert(t, id.n ? id : w->value[YG_WIN_ID],
                 name.n ? name : YG_STR("Microsoft Defender detection"),
                 yg_log_severity(w->value[YG_WIN_SeverityName], 75));
}

bool yg_win_put(struct yg_target *t, const struct yg_win *w)
{
    enum provider provider = provider_of(w);
    const struct meaning *m;
    uint64_t id;

    if (!yg_str_u64(w->value[YG_WIN_ID], &id))
        return false;
    m = meaning_of(id, provider);
    yg_log_when(t, w->value[YG_WIN_TIME]);
    YG_PUT(t, TEXT, EVENT_CODE, w->value[YG_WIN_ID]);
    YG_PUT(t, TEXT, HOST_NAME, w->value[YG_WIN_COMPUTER]);
    YG_PUT(t, TEXT, OBSERVER_PRODUCT, w->value[YG_WIN_PROVIDER]);
    YG_PUT(t, TEXT, EVENT_DATASET, w->value[YG_WIN_CHANNEL]);
    put_accounts(t, w, m && m->actor == LOGS_ON);
    if (provider == DEFENDER && is_detection(id))
        put_detection(t, w);
    put_values(t, w);
    put_outcome(t, w, m);
    if (m)
        YG_PUT(t, TEXT, EVENT_ACTION, yg_str_of(m->action));
    YG_PUT(t, TEXT, MESSAGE, w->value[YG_WIN_MESSAGE]);
    return true;
}
