/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What watches hosts and files: osquery, verdicts of sandboxes (CAPE, Cuckoo, Joe),
 * ClamAV, ESET Protect, McAfee ePO.
 *
 * Source: osquery.readthedocs.io ("Logging"), the reports and APIs of the sandboxes,
 * docs.clamav.net, help.eset.com ("Events exported to JSON format"), Trellix "ePO
 * events".
 */
#include "decode/log_json.h"

static struct yg_str either(struct yg_str a, struct yg_str b)
{
    return a.n ? a : b;
}

/* ---- osquery ---------------------------------------------------------------------- */

static const struct yg_pick osquery_pick[] = {
    YG_LOG_WHEN("unixTime"),
    { "name", YG_AS_TEXT, YG_F_EVENT_DATASET },
    { "action", YG_AS_TEXT, YG_F_EVENT_ACTION },
    { "hostIdentifier", YG_AS_TEXT, YG_F_HOST_NAME },
    { "columns.name", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "columns.path", YG_AS_TEXT, YG_F_FILE_PATH },
    { "columns.target_path", YG_AS_TEXT, YG_F_FILE_PATH },
    { "columns.cmdline", YG_AS_TEXT, YG_F_COMMAND_LINE },
    { "columns.pid", YG_AS_NOTHING, YG_F_PID },
    { "columns.username", YG_AS_TEXT, YG_F_USER_NAME },
    { "columns.user", YG_AS_TEXT, YG_F_USER_NAME },
    { "columns.sha256", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "columns.sha1", YG_AS_TEXT, YG_F_FILE_SHA1 },
    { "columns.md5", YG_AS_TEXT, YG_F_FILE_MD5 },
    { "columns.local_address", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "columns.remote_address", YG_AS_NOTHING, YG_F_DESTINATION_IP },
};

static bool osquery_read(struct yg_decode *d, struct yg_target *t,
                         const struct yg_logline *l)
{
    (void)l;
    yg_log_put_hits(d, t, osquery_pick);
    return true;
}

const struct yg_dialect yg_dialect_osquery = {
    .name = "osquery",
    .doc = "osquery results",
    .product = "osquery",
    .device = YG_DEV_HOST,
    .on_host = true,
    .signs = "hostIdentifier calendarTime name | hostIdentifier unixTime name",
    .pick = osquery_pick,
    .pick_count = YG_ARRAY_LEN(osquery_pick),
    .read = osquery_read,
};

/* ---- sandboxes -------------------------------------------------------------------- */

enum sandbox {
    BOX_MALSCORE,
    BOX_SCORE,
    BOX_JOE,
    BOX_JOE_SCORE,
    BOX_FAMILY,
    BOX_SIGN,
    BOX_PICKS
};

static const struct yg_pick box_pick[] = {
    [BOX_MALSCORE] = { "malscore", YG_AS_NOTHING, 0 },
    [BOX_SCORE] = { "info.score", YG_AS_NOTHING, 0 },
    [BOX_JOE] = { "detection", YG_AS_NOTHING, 0 },
    [BOX_JOE_SCORE] = { "score", YG_AS_NOTHING, 0 },
    [BOX_FAMILY] = { "malfamily", YG_AS_NOTHING, 0 },
    [BOX_SIGN] = { "signatures.name", YG_AS_NOTHING, 0 },
    [BOX_PICKS] = YG_LOG_WHEN("info.ended"),
    YG_LOG_WHEN("time"),
    { "info.id", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "webid", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "target.file.name", YG_AS_TEXT, YG_F_FILE_PATH },
    { "filename", YG_AS_TEXT, YG_F_FILE_PATH },
    { "target.file.sha256", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "sha256", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "target.file.sha1", YG_AS_TEXT, YG_F_FILE_SHA1 },
    { "sha1", YG_AS_TEXT, YG_F_FILE_SHA1 },
    { "target.file.md5", YG_AS_TEXT, YG_F_FILE_MD5 },
    { "md5", YG_AS_TEXT, YG_F_FILE_MD5 },
    { "target.file.type", YG_AS_TEXT, YG_F_FILE_MAGIC },
    { "target.file.size", YG_AS_U64, YG_F_FILE_SIZE },
    { "target.url", YG_AS_TEXT, YG_F_URL },
    { "threatname", YG_AS_TEXT, YG_F_RULE_CATEGORY },
};

static unsigned score_of(struct yg_str s, double top)
{
    double v;

    return yg_str_f64(s, &v) && v >= 0.0 ? (unsigned)(v >= top ? 100.0 : v * 100.0 / top)
                                         : 50;
}

/* Ten is the worst of Cuckoo's and CAPE's scores, 100 of Joe's. */
static bool box_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str joe = yg_log_at(d, t, BOX_JOE), family = yg_log_at(d, t, BOX_FAMILY);
    struct yg_str score =
        either(yg_log_at(d, t, BOX_MALSCORE), yg_log_at(d, t, BOX_SCORE));
    struct yg_str name = either(family, yg_log_at(d, t, BOX_SIGN));

    (void)l;
    yg_log_put_hits(d, t, box_pick);
    YG_PUT(t, TEXT, OBSERVER_PRODUCT,
           joe.n > 0                             ? YG_STR("Joe Sandbox")
           : yg_log_at(d, t, BOX_MALSCORE).n > 0 ? YG_STR("CAPE")
                                                 : YG_STR("Cuckoo"));
    if (joe.n > 0)
        yg_log_alert(t, joe, either(yg_event_str(t->b, t->e, YG_F_RULE_CATEGORY), joe),
                     score_of(yg_log_at(d, t, BOX_JOE_SCORE), 100.0));
    else
        yg_log_alert(t, yg_log_at(d, t, BOX_SIGN),
                     either(name, YG_STR("sandbox verdict")), score_of(score, 10.0));
    return true;
}

const struct yg_dialect yg_dialect_sandbox = {
    .name = "sandbox",
    .doc = "verdicts of CAPE, Cuckoo and Joe Sandbox as JSON",
    .device = YG_DEV_SANDBOX,
    .signs = "malscore info.id | info.score info.id | target.file.sha256 info.id | "
             "webid detection score | webid detection sha256",
    .pick = box_pick,
    .pick_count = YG_ARRAY_LEN(box_pick),
    .read = box_read,
};

/* ---- ClamAV ----------------------------------------------------------------------- */

enum { CLAM_VIRUS, CLAM_PICKS };

static const struct yg_pick clam_pick[] = {
    [CLAM_VIRUS] = { "Viruses", YG_AS_NOTHING, 0 },
    [CLAM_PICKS] = { "FileName", YG_AS_TEXT, YG_F_FILE_PATH },
    { "FileType", YG_AS_TEXT, YG_F_FILE_MAGIC },
    { "FileSize", YG_AS_U64, YG_F_FILE_SIZE },
    { "FileSHA256", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "FileMD5", YG_AS_TEXT, YG_F_FILE_MD5 },
};

static bool clam_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str virus = yg_log_at(d, t, CLAM_VIRUS);

    (void)l;
    yg_log_put_hits(d, t, clam_pick);
    if (virus.n > 0)
        yg_log_alert(t, virus, virus, 75);
    YG_PUT(t, TEXT, RULE_RULESET, virus.n > 0 ? YG_STR("clamav") : YG_STR_NONE);
    return true;
}

const struct yg_dialect yg_dialect_clamav_json = {
    .name = "clamav-json",
    .doc = "ClamAV's JSON (clamscan --gen-json)",
    .product = "ClamAV",
    .device = YG_DEV_ANTIVIRUS,
    .on_host = true,
    .signs = "Magic=CLAMJSON* | RootFileType FileName FileMD5",
    .pick = clam_pick,
    .pick_count = YG_ARRAY_LEN(clam_pick),
    .read = clam_read,
};

/* ---- ESET ------------------------------------------------------------------------- */

enum {
    ESET_TYPE,
    ESET_SEVERITY,
    ESET_THREAT,
    ESET_EVENT,
    ESET_RULE,
    ESET_RESULT,
    ESET_USER,
    ESET_USER2,
    ESET_HASH,
    ESET_PICKS
};

static const struct yg_pick eset_pick[] = {
    [ESET_TYPE] = { "event_type", YG_AS_NOTHING, 0 },
    [ESET_SEVERITY] = { "severity", YG_AS_NOTHING, 0 },
    [ESET_THREAT] = { "threat_name", YG_AS_NOTHING, 0 },
    [ESET_EVENT] = { "event", YG_AS_NOTHING, 0 },
    [ESET_RULE] = { "rule_name", YG_AS_NOTHING, 0 },
    [ESET_RESULT] = { "result", YG_AS_NOTHING, 0 },
    [ESET_USER] = { "username", YG_AS_NOTHING, 0 },
    [ESET_USER2] = { "user", YG_AS_NOTHING, 0 },
    [ESET_HASH] = { "hash", YG_AS_NOTHING, 0 },
    [ESET_PICKS] = { "hostname", YG_AS_TEXT, YG_F_HOST_NAME },
    YG_LOG_WHEN("occured"),
    { "ipv4", YG_AS_NOTHING, YG_F_HOST_IP },
    { "ipv6", YG_AS_NOTHING, YG_F_HOST_IP },
    { "source_uuid", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "threat_type", YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { "object_uri", YG_AS_TEXT, YG_F_FILE_PATH },
    { "action_taken", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "processname", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "process_name", YG_AS_TEXT, YG_F_PROCESS_NAME },
    { "source_address", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "source_port", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "target_address", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "target_port", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "protocol", YG_AS_LOWER, YG_F_TRANSPORT },
};

static bool eset_detected(struct yg_str type)
{
    return yg_is(type, "Threat_Event") || yg_is(type, "HipsAggregated_Event") ||
           yg_is(type, "FirewallAggregated_Event") || yg_is(type, "BlockedFiles_Event") ||
           yg_is(type, "EnterpriseInspectorAlert_Event") ||
           yg_is(type, "EsetInspectAlert_Event");
}

static bool eset_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str type = yg_log_at(d, t, ESET_TYPE), name;

    (void)l;
    yg_log_put_hits(d, t, eset_pick);
    yg_log_outcome(t, yg_log_at(d, t, ESET_RESULT));
    yg_log_account(t, yg_log_at(d, t, ESET_USER));
    yg_log_account(t, yg_log_at(d, t, ESET_USER2));
    yg_put_hash(t, yg_log_at(d, t, ESET_HASH));
    name = either(yg_log_at(d, t, ESET_THREAT), yg_log_at(d, t, ESET_RULE));
    name = either(either(name, yg_log_at(d, t, ESET_EVENT)), type);
    if (eset_detected(type))
        yg_log_alert(t, YG_STR_NONE, name,
                     yg_log_severity(yg_log_at(d, t, ESET_SEVERITY), 50));
    else
        YG_PUT(t, TEXT, EVENT_DATASET, type);
    return true;
}

const struct yg_dialect yg_dialect_eset = {
    .name = "eset",
    .doc = "ESET Protect, JSON in syslog",
    .product = "ESET Protect",
    .device = YG_DEV_ANTIVIRUS,
    .signs = "event_type source_uuid occured",
    .pick = eset_pick,
    .pick_count = YG_ARRAY_LEN(eset_pick),
    .read = eset_read,
};

/* ---- McAfee, Trellix ePO ---------------------------------------------------------- */

/* The text of the first <tag>text</tag>; empty: not there. */
static struct yg_str tag_text(struct yg_str xml, const char *open)
{
    struct yg_str out;

    return yg_after(&xml, open) && yg_until(&xml, "</", &out) && !yg_has(out, "<")
               ? yg_str_trim(out)
               : YG_STR_NONE;
}

static int epo_match(const struct yg_logline *l)
{
    return yg_has(l->raw, "<EPOevent>") || yg_has(l->raw, "<EPOEvent>") ? 95 : 0;
}

/* ePO counts severity as syslog does; an event without a threat's name is news. */
static bool epo_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str xml = l->raw, name = tag_text(xml, "<ThreatName>");
    struct yg_str id = tag_text(xml, "<EventID>");
    struct yg_str level =
        either(tag_text(xml, "<ThreatSeverity>"), tag_text(xml, "<Severity>"));
    uint64_t n;

    (void)d;
    (void)yg_log_put_time(t, tag_text(xml, "<GMTTime>"));
    YG_PUT(t, TEXT, HOST_NAME, tag_text(xml, "<MachineName>"));
    yg_log_ip(t, YG_F_HOST_IP, tag_text(xml, "<IPAddress>"));
    YG_PUT(t, TEXT, USER_NAME, tag_text(xml, "<UserName>"));
    YG_PUT(t, TEXT, EVENT_CODE, id);
    yg_log_ip(t, YG_F_SOURCE_IP, tag_text(xml, "<SourceIPV4>"));
    yg_log_ip(t, YG_F_DESTINATION_IP, tag_text(xml, "<TargetIPV4>"));
    YG_PUT(t, TEXT, FILE_PATH, tag_text(xml, "<TargetFileName>"));
    YG_PUT(t, TEXT, PROCESS_NAME, tag_text(xml, "<SourceProcessName>"));
    YG_PUT(t, LOWER, EVENT_ACTION, tag_text(xml, "<ThreatActionTaken>"));
    YG_PUT(t, TEXT, RULE_CATEGORY, tag_text(xml, "<ThreatCategory>"));
    if (!yg_absent(name) && name.p[0] != '_')
        yg_log_alert(t, id, name,
                     yg_str_u64(level, &n) && n < 8 ? yg_log_severity_syslog((int)n)
                                                    : 50);
    return true;
}

const struct yg_dialect yg_dialect_epo = {
    .name = "epo",
    .doc = "McAfee and Trellix ePO, XML in syslog",
    .product = "ePO",
    .device = YG_DEV_ANTIVIRUS,
    .marks = "<EPOevent>|<EPOEvent>",
    .match = epo_match,
    .read = epo_read,
};
