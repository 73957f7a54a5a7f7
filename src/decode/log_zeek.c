/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zeek: logs as JSON (LogAscii::use_json, also json-streaming-logs) and as its own text
 * with tabs: by the names of its #fields line, which are the keys of the JSON, or by
 * Zeek's default columns where the line is not known (input/stitch.h). Lines that begin
 * with '#' are no records.
 *
 * Source: docs.zeek.org, "Zeek Log Formats and Inspection", base/protocols.
 */
#include "decode/log_json.h"

enum slot { PATH, NOTE, MSG, QUERY, CONN_STATE, SUCCESS, NAME, PICKS };

static const struct yg_pick pick[] = {
    [PATH] = { "_path", YG_AS_NOTHING, 0 },
    [NOTE] = { "note", YG_AS_NOTHING, 0 },
    [MSG] = { "msg", YG_AS_NOTHING, 0 },
    [QUERY] = { "query", YG_AS_NOTHING, 0 },
    [CONN_STATE] = { "conn_state", YG_AS_NOTHING, 0 },
    [SUCCESS] = { "auth_success", YG_AS_NOTHING, 0 },
    [NAME] = { "name", YG_AS_NOTHING, 0 },
    [PICKS] = YG_LOG_WHEN("ts"),
    { "uid", YG_AS_TEXT, YG_F_EVENT_CODE },
    { "id.orig_h", YG_AS_NOTHING, YG_F_SOURCE_IP },
    { "id.orig_p", YG_AS_PORT, YG_F_SOURCE_PORT },
    { "id.resp_h", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "id.resp_p", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "src", YG_AS_NOTHING, YG_F_SOURCE_IP }, /* of a notice without a connection */
    { "dst", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "p", YG_AS_PORT, YG_F_DESTINATION_PORT },
    { "tx_hosts", YG_AS_NOTHING, YG_F_SOURCE_IP }, /* of files before Zeek 5 */
    { "rx_hosts", YG_AS_NOTHING, YG_F_DESTINATION_IP },
    { "host", YG_AS_TEXT, YG_F_URL_DOMAIN },
    { "proto", YG_AS_LOWER, YG_F_TRANSPORT },
    { "service", YG_AS_LOWER, YG_F_APP_PROTO },
    { "community_id", YG_AS_TEXT, YG_F_COMMUNITY_ID },
    { "duration", YG_AS_SECONDS, YG_F_DURATION },
    { "orig_bytes", YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { "resp_bytes", YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { "orig_pkts", YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { "resp_pkts", YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { "orig_l2_addr", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "mac", YG_AS_TEXT, YG_F_SOURCE_MAC },
    { "qtype_name", YG_AS_TEXT, YG_F_DNS_TYPE },
    { "rcode_name", YG_AS_TEXT, YG_F_DNS_RCODE },
    { "answers", YG_AS_LIST, YG_F_DNS_ANSWER },
    { "method", YG_AS_TEXT, YG_F_HTTP_METHOD },
    { "uri", YG_AS_TEXT, YG_F_URL },
    { "user_agent", YG_AS_TEXT, YG_F_USER_AGENT },
    { "status_code", YG_AS_U64, YG_F_HTTP_STATUS },
    { "response_body_len", YG_AS_U64, YG_F_HTTP_LENGTH },
    { "resp_mime_types", YG_AS_LIST, YG_F_HTTP_CONTENT_TYPE },
    { "username", YG_AS_TEXT, YG_F_USER_NAME },
    { "user", YG_AS_TEXT, YG_F_USER_NAME },
    { "cookie", YG_AS_TEXT, YG_F_USER_NAME }, /* of RDP: the name that was typed */
    { "server_name", YG_AS_TEXT, YG_F_TLS_SNI },
    { "ja3", YG_AS_TEXT, YG_F_TLS_JA3 },
    { "issuer", YG_AS_TEXT, YG_F_TLS_ISSUER },
    { "certificate.issuer", YG_AS_TEXT, YG_F_TLS_ISSUER },
    { "certificate.subject", YG_AS_TEXT, YG_F_TLS_SUBJECT },
    { "client", YG_AS_TEXT, YG_F_USER_AGENT }, /* of SSH: what it calls itself */
    { "filename", YG_AS_TEXT, YG_F_FILE_PATH },
    { "path", YG_AS_TEXT, YG_F_FILE_PATH }, /* of SMB */
    { "mime_type", YG_AS_TEXT, YG_F_FILE_MAGIC },
    { "seen_bytes", YG_AS_U64, YG_F_FILE_SIZE },
    { "sha256", YG_AS_TEXT, YG_F_FILE_SHA256 },
    { "sha1", YG_AS_TEXT, YG_F_FILE_SHA1 },
    { "md5", YG_AS_TEXT, YG_F_FILE_MD5 },
    { "action", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "command", YG_AS_LOWER, YG_F_EVENT_ACTION },
    { "mailfrom", YG_AS_TEXT, YG_F_MAIL_FROM },
    { "rcptto", YG_AS_LIST, YG_F_MAIL_TO },
    { "subject", YG_AS_TEXT, YG_F_MAIL_SUBJECT },
    { "msg_id", YG_AS_TEXT, YG_F_MAIL_ID },
    { "peer_descr", YG_AS_TEXT, YG_F_OBSERVER_NAME },
};

/* Severity: Zeek has none; a notice is what its scripts want people to see. */
static void put_notice(struct yg_target *t, struct yg_str note, struct yg_str msg)
{
    YG_PUT(t, TEXT, MESSAGE, msg);
    YG_PUT(t, TEXT, RULE_CATEGORY, YG_STR("notice"));
    yg_log_alert(t, note, note, 50);
}

/* S0: no answer; REJ, RSTOS0, RSTRH: refused. */
static void put_state(struct yg_target *t, struct yg_str state)
{
    if (yg_absent(state))
        return;
    YG_PUT(t, TEXT, FLOW_STATE, state);
    if (yg_is(state, "REJ") || yg_is(state, "S0") || yg_is(state, "RSTOS0") ||
        yg_is(state, "RSTRH"))
        YG_PUT(t, TEXT, OUTCOME, YG_STR("failure"));
}

/* What log is it? Its writer may say so, else a column that only it has. */
static struct yg_str log_named(const struct yg_target *t, struct yg_str path)
{
    static const struct {
        uint8_t field;
        char log[12];
    } sign[] = {
        { YG_F_FLOW_STATE, "conn" },  { YG_F_DNS_QUESTION, "dns" },
        { YG_F_HTTP_METHOD, "http" }, { YG_F_TLS_SNI, "ssl" },
        { YG_F_MAIL_FROM, "smtp" },   { YG_F_FILE_MAGIC, "files" },
    };

    if (path.n > 0)
        return path;
    for (size_t i = 0; i < YG_ARRAY_LEN(sign); i++)
        if (yg_event_has(t->e, (enum yg_field)sign[i].field))
            return yg_str_of(sign[i].log);
    return YG_STR_NONE;
}

static bool json_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str note = yg_log_at(d, t, NOTE), name = yg_log_at(d, t, NAME);

    (void)l;
    yg_log_put_hits(d, t, pick);
    YG_PUT(t, TEXT, DNS_QUESTION, yg_log_at(d, t, QUERY));
    put_state(t, yg_log_at(d, t, CONN_STATE));
    yg_log_outcome(t, yg_log_at(d, t, SUCCESS));
    if (!yg_absent(note))
        put_notice(t, note, yg_log_at(d, t, MSG));
    else if (name.n > 0 && yg_is(yg_log_at(d, t, PATH), "weird"))
        YG_PUT(t, TEXT, MESSAGE, name);
    YG_PUT(t, TEXT, EVENT_DATASET, log_named(t, yg_log_at(d, t, PATH)));
    return true;
}

const struct yg_dialect yg_dialect_zeek = {
    .name = "zeek",
    .doc = "Zeek logs as JSON",
    .product = "Zeek",
    .device = YG_DEV_IDS,
    .signs = "ts uid id.orig_h id.resp_h | ts note msg | ts fuid source | "
             "ts _path | ts host_cert",
    .pick = pick,
    .pick_count = YG_ARRAY_LEN(pick),
    .read = json_read,
};

/* ---- text ------------------------------------------------------------------------- */

#define COLUMNS 96 /* conn has about 20, custom scripts add some */

/* Default columns behind ts, uid and the four of the connection. */
struct column {
    uint8_t at, how, field;
};

static const struct column conn[] = {
    { 6, YG_AS_LOWER, YG_F_TRANSPORT },      { 7, YG_AS_LOWER, YG_F_APP_PROTO },
    { 8, YG_AS_SECONDS, YG_F_DURATION },     { 9, YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { 10, YG_AS_U64, YG_F_BYTES_TO_CLIENT }, { 16, YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { 18, YG_AS_U64, YG_F_PKTS_TO_CLIENT },
};
static const struct column dns[] = {
    { 6, YG_AS_LOWER, YG_F_TRANSPORT },  { 9, YG_AS_TEXT, YG_F_DNS_QUESTION },
    { 13, YG_AS_TEXT, YG_F_DNS_TYPE },   { 15, YG_AS_TEXT, YG_F_DNS_RCODE },
    { 21, YG_AS_TEXT, YG_F_DNS_ANSWER },
};
static const struct column http[] = {
    { 7, YG_AS_TEXT, YG_F_HTTP_METHOD }, { 8, YG_AS_TEXT, YG_F_URL_DOMAIN },
    { 9, YG_AS_TEXT, YG_F_URL },         { 12, YG_AS_TEXT, YG_F_USER_AGENT },
    { 15, YG_AS_U64, YG_F_HTTP_LENGTH }, { 16, YG_AS_U64, YG_F_HTTP_STATUS },
};
static const struct column ssl[] = {
    { 9, YG_AS_TEXT, YG_F_TLS_SNI },
};

static bool is_uid(struct yg_str s)
{
    if (s.n < 12 || s.n > 20 || (s.p[0] != 'C' && s.p[0] != 'F'))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') ||
              ((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z')))
            return false;
    return true;
}

static size_t cut_columns(struct yg_str rest, struct yg_str cell[COLUMNS])
{
    size_t n = 0;

    while (rest.p && n < COLUMNS)
        cell[n++] = yg_str_cut(&rest, '\t');
    return n;
}

static bool is_epoch(struct yg_str s)
{
    return s.n >= 12 && s.n <= 24 && s.p[0] >= '0' && s.p[0] <= '9' && s.p[10] == '.';
}

/* The names of its columns; {NULL, 0}: not known, or not as many as it has. */
static struct yg_str names_of(const struct yg_logline *l)
{
    struct yg_str rest = l->columns, line;
    size_t names = 0, cells = 0;

    while (yg_until(&rest, "\n", &line)) {
        if (!yg_eat(&line, "#fields\t"))
            continue;
        for (size_t i = 0; i < line.n; i++)
            names += line.p[i] == '\t';
        for (size_t i = 0; i < l->raw.n; i++)
            cells += l->raw.p[i] == '\t';
        return names == cells && names < COLUMNS ? line : YG_STR_NONE;
    }
    return YG_STR_NONE;
}

static int text_match(const struct yg_logline *l)
{
    struct yg_str s = l->body, rest = s, ts, uid;

    if (l->columns.n > 0 && names_of(l).n > 0)
        return 98;
    if (s.n == 0 || (s.p[0] != '#' && (s.p[0] < '0' || s.p[0] > '9')))
        return 0;
    if (yg_eat(&rest, "#separator ") || yg_eat(&rest, "#set_separator") ||
        yg_eat(&rest, "#fields\t") || yg_eat(&rest, "#types\t") ||
        yg_eat(&rest, "#path\t") || yg_eat(&rest, "#unset_field\t") ||
        yg_eat(&rest, "#empty_field\t") || yg_eat(&rest, "#open\t") ||
        yg_eat(&rest, "#close\t"))
        return 95;
    ts = yg_str_cut(&s, '\t');
    uid = yg_str_cut(&s, '\t');
    return !is_epoch(ts) ? 0 : is_uid(uid) ? 95 : yg_is(uid, "-") ? 60 : 0;
}

static bool is_name(struct yg_str s, const char *const *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (yg_is(s, name[i]))
            return true;
    return false;
}

static void put_columns(struct yg_target *t, const struct yg_str *cell, size_t n,
                        const struct column *c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c[i].at < n && !yg_absent(cell[c[i].at]) && !yg_is(cell[c[i].at], "(empty)"))
            yg_put_text(t, (enum yg_how)c[i].how, (enum yg_field)c[i].field,
                        cell[c[i].at]);
}

/* Which log: conn and dns begin with the protocol, http with its depth and method. */
static struct yg_str put_kind(struct yg_target *t, const struct yg_str *cell, size_t n)
{
    static const char *const proto[] = { "tcp", "udp", "icmp", "unknown_transport" };
    uint64_t number;

    if (n > 20 && is_name(cell[6], proto, 4) && yg_str_u64(cell[7], &number)) {
        put_columns(t, cell, n, dns, YG_ARRAY_LEN(dns));
        return YG_STR("dns");
    }
    if (n > 18 && is_name(cell[6], proto, 4)) {
        put_columns(t, cell, n, conn, YG_ARRAY_LEN(conn));
        put_state(t, cell[11]);
        return YG_STR("conn");
    }
    if (n > 20 && yg_str_u64(cell[6], &number) && yg_has(cell[9], "/")) {
        put_columns(t, cell, n, http, YG_ARRAY_LEN(http));
        return YG_STR("http");
    }
    if (n > 9 && (yg_has(cell[6], "TLSv") || yg_has(cell[6], "SSLv"))) {
        put_columns(t, cell, n, ssl, YG_ARRAY_LEN(ssl));
        return YG_STR("ssl");
    }
    return YG_STR("other");
}

/* A notice's: fuid, file_mime_type, file_desc, proto, note, msg, sub, src, dst, p. */
static bool put_notice_columns(struct yg_target *t, const struct yg_str *cell, size_t n)
{
    if (n < 17 || !yg_has(cell[10], "::") || yg_has(cell[10], " "))
        return false;
    yg_log_ip(t, YG_F_SOURCE_IP, cell[13]);
    yg_log_ip(t, YG_F_DESTINATION_IP, cell[14]);
    put_notice(t, cell[10], cell[11]);
    return true;
}

static bool unset(struct yg_str s)
{
    return yg_absent(s); /* "-" and "(empty)"; another #unset_field is rare */
}

/* One cell by its column's name. What needs a look is kept in `kept`. */
static void put_named(struct yg_target *t, struct yg_str name, struct yg_str cell,
                      struct yg_str kept[PICKS])
{
    size_t i = 0;

    if (name.n == 0 || unset(cell))
        return;
    while (i < YG_ARRAY_LEN(pick) &&
           (pick[i].path[0] != name.p[0] || !yg_str_eq(name, yg_str_of(pick[i].path))))
        i++;
    if (i == YG_ARRAY_LEN(pick))
        return;
    if (i < PICKS)
        kept[i] = cell;
    else if (pick[i].field == YG_F_FLOW_START)
        yg_log_when(t, cell);
    else if (pick[i].how == YG_AS_NOTHING)
        yg_log_ip(t, (enum yg_field)pick[i].field, cell);
    else
        yg_put_text(t, pick[i].how == YG_AS_LIST ? YG_AS_TEXT : (enum yg_how)pick[i].how,
                    (enum yg_field)pick[i].field, cell);
}

static void put_names(struct yg_target *t, const struct yg_logline *l,
                      struct yg_str names)
{
    struct yg_str kept[PICKS] = { [PATH] = YG_STR_NONE }, rest = l->raw;
    struct yg_str head = l->columns, path;

    while (names.p && rest.p) {
        struct yg_str name = yg_str_cut(&names, '\t');
        put_named(t, name, yg_str_cut(&rest, '\t'), kept);
    }
    if (yg_eat(&head, "#path\t") && yg_until(&head, "\n", &path))
        kept[PATH] = yg_str_trim(path);
    YG_PUT(t, TEXT, DNS_QUESTION, kept[QUERY]);
    put_state(t, kept[CONN_STATE]);
    if (kept[SUCCESS].n > 0)
        yg_log_outcome(t, yg_is(kept[SUCCESS], "T") ? YG_STR("true") : YG_STR("false"));
    if (kept[NOTE].n > 0)
        put_notice(t, kept[NOTE], kept[MSG]);
    else if (yg_is(kept[PATH], "weird"))
        YG_PUT(t, TEXT, MESSAGE, kept[NAME]);
    YG_PUT(t, TEXT, EVENT_DATASET, log_named(t, kept[PATH]));
}

static bool text_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str cell[COLUMNS], names = names_of(l);
    size_t n = cut_columns(l->body, cell);

    (void)d;
    if (names.n > 0) {
        put_names(t, l, names);
        return true;
    }
    if (l->body.n > 0 && l->body.p[0] == '#') {
        t->e->kind = YG_KIND_SKIP;
        return true;
    }
    if (n < 6)
        return false;
    yg_log_when(t, cell[0]);
    YG_PUT(t, TEXT, EVENT_CODE, cell[1]);
    (void)yg_log_endpoint(t, cell[2], YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
    (void)yg_log_endpoint(t, cell[4], YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
    put_columns(t, cell, n,
                (const struct column[]){ { 3, YG_AS_PORT, YG_F_SOURCE_PORT },
                                         { 5, YG_AS_PORT, YG_F_DESTINATION_PORT } },
                2);
    if (!put_notice_columns(t, cell, n))
        YG_PUT(t, TEXT, EVENT_DATASET, put_kind(t, cell, n));
    return true;
}

const struct yg_dialect yg_dialect_zeek_text = {
    .name = "zeek-text",
    .doc = "Zeek logs with tabs",
    .product = "Zeek",
    .device = YG_DEV_IDS,
    .match = text_match,
    .read = text_read,
};
