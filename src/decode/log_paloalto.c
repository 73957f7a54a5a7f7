/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Palo Alto Networks PAN-OS: comma-separated fields, told apart by position alone.
 *
 *      1,2026/01/02 03:04:05,0011,THREAT,vulnerability,2561,2026/01/02
 * 03:04:05,src,dst,..
 *
 * Every version of PAN-OS appends columns and none moves one (PAN-OS Administrator's
 * Guide, "Syslog Field Descriptions", 6.0 to 11.2), so a table of positions a type serves
 * all: what a version does not have yet is behind the end of its record. Alerts are the
 * threats (vulnerability, spyware, virus, WildFire's verdicts, floods, scans) and
 * correlations; URL and file logs are context.
 */
#include "decode/csv.h"
#include "decode/dialects.h"
#include "decode/log_json.h"

#define COLUMNS_MAX 130

struct column {
    uint8_t at, how, field;
};

#define OF_FLOW                                                                          \
    { 7, YG_AS_IP, YG_F_SOURCE_IP }, { 8, YG_AS_IP, YG_F_DESTINATION_IP },               \
        { 9, YG_AS_IP, YG_F_NAT_SOURCE_IP }, { 10, YG_AS_IP, YG_F_NAT_DESTINATION_IP },  \
        { 12, YG_AS_TEXT, YG_F_USER_NAME }, { 13, YG_AS_TEXT, YG_F_TARGET_USER },        \
        { 14, YG_AS_LOWER, YG_F_APP_PROTO }, { 18, YG_AS_TEXT, YG_F_INTERFACE_IN },      \
        { 19, YG_AS_TEXT, YG_F_INTERFACE_OUT }, { 22, YG_AS_U64, YG_F_FLOW_ID },         \
        { 24, YG_AS_PORT, YG_F_SOURCE_PORT }, { 25, YG_AS_PORT, YG_F_DESTINATION_PORT }, \
        { 29, YG_AS_LOWER, YG_F_TRANSPORT },                                             \
    {                                                                                    \
        30, YG_AS_LOWER, YG_F_EVENT_ACTION                                               \
    }

static const struct column traffic[] = {
    OF_FLOW,
    { 11, YG_AS_TEXT, YG_F_RULE_NAME },
    { 32, YG_AS_U64, YG_F_BYTES_TO_SERVER },
    { 33, YG_AS_U64, YG_F_BYTES_TO_CLIENT },
    { 36, YG_AS_SECONDS, YG_F_DURATION },
    { 37, YG_AS_TEXT, YG_F_RULE_CATEGORY },
    { 44, YG_AS_U64, YG_F_PKTS_TO_SERVER },
    { 45, YG_AS_U64, YG_F_PKTS_TO_CLIENT },
    { 46, YG_AS_TEXT, YG_F_FLOW_STATE },
    { 52, YG_AS_TEXT, YG_F_OBSERVER_NAME },
};

static const struct column threat[] = {
    OF_FLOW,
    { 41, YG_AS_TEXT, YG_F_HTTP_CONTENT_TYPE },
    { 43, YG_AS_TEXT, YG_F_FILE_SHA256 },
    { 46, YG_AS_TEXT, YG_F_USER_AGENT },
    { 47, YG_AS_TEXT, YG_F_FILE_MAGIC },
    { 50, YG_AS_TEXT, YG_F_MAIL_FROM },
    { 51, YG_AS_TEXT, YG_F_MAIL_SUBJECT },
    { 52, YG_AS_TEXT, YG_F_MAIL_TO },
    { 59, YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { 63, YG_AS_TEXT, YG_F_HTTP_METHOD },
};

static const struct column system_[] = {
    { 8, YG_AS_LOWER, YG_F_EVENT_ACTION },
    { 14, YG_AS_TEXT, YG_F_MESSAGE },
    { 22, YG_AS_TEXT, YG_F_OBSERVER_NAME },
};

static const struct column config[] = {
    { 7, YG_AS_IP, YG_F_SOURCE_IP },       { 9, YG_AS_LOWER, YG_F_EVENT_ACTION },
    { 10, YG_AS_TEXT, YG_F_USER_NAME },    { 12, YG_AS_LOWER, YG_F_OUTCOME },
    { 13, YG_AS_TEXT, YG_F_COMMAND_LINE },
};

static const struct column userid[] = {
    { 8, YG_AS_IP, YG_F_SOURCE_IP },
    { 9, YG_AS_TEXT, YG_F_USER_NAME },
    { 4, YG_AS_LOWER, YG_F_EVENT_ACTION },
};

static const struct column hip[] = {
    { 7, YG_AS_TEXT, YG_F_USER_NAME },
    { 9, YG_AS_TEXT, YG_F_HOST_NAME },
    { 11, YG_AS_IP, YG_F_SOURCE_IP },
    { 12, YG_AS_TEXT, YG_F_RULE_NAME },
};

static const struct column protect[] = {
    { 8, YG_AS_LOWER, YG_F_EVENT_ACTION }, { 12, YG_AS_TEXT, YG_F_USER_NAME },
    { 14, YG_AS_TEXT, YG_F_HOST_NAME },    { 15, YG_AS_IP, YG_F_SOURCE_IP },
    { 17, YG_AS_IP, YG_F_NAT_SOURCE_IP },  { 28, YG_AS_LOWER, YG_F_OUTCOME },
};

static const struct column auth[] = {
    { 8, YG_AS_IP, YG_F_SOURCE_IP },
    { 9, YG_AS_TEXT, YG_F_USER_NAME },
    { 11, YG_AS_TEXT, YG_F_SERVICE_NAME },
    { 18, YG_AS_TEXT, YG_F_MESSAGE },
};

static const struct column correlation[] = {
    { 7, YG_AS_IP, YG_F_SOURCE_IP },        { 8, YG_AS_TEXT, YG_F_USER_NAME },
    { 10, YG_AS_TEXT, YG_F_RULE_CATEGORY }, { 17, YG_AS_TEXT, YG_F_OBSERVER_NAME },
    { 21, YG_AS_TEXT, YG_F_MESSAGE },
};

static const struct kind {
    const char *type;
    const struct column *column;
    uint8_t count, severity; /* column of the severity; 0: none */
} kinds[] = {
    { "TRAFFIC", traffic, YG_ARRAY_LEN(traffic), 0 },
    { "THREAT", threat, YG_ARRAY_LEN(threat), 34 },
    { "SYSTEM", system_, YG_ARRAY_LEN(system_), 13 },
    { "CONFIG", config, YG_ARRAY_LEN(config), 0 },
    { "USERID", userid, YG_ARRAY_LEN(userid), 0 },
    { "HIPMATCH", hip, YG_ARRAY_LEN(hip), 0 },
    { "HIP-MATCH", hip, YG_ARRAY_LEN(hip), 0 },
    { "GLOBALPROTECT", protect, YG_ARRAY_LEN(protect), 0 },
    { "AUTHENTICATION", auth, YG_ARRAY_LEN(auth), 0 },
    { "CORRELATION", correlation, YG_ARRAY_LEN(correlation), 11 },
    { "TUNNEL", traffic, 14, 0 },
    { "DECRYPTION", traffic, 14, 0 },
};

static size_t cut(struct yg_str rest, struct yg_str cell[COLUMNS_MAX])
{
    size_t n = 0;

    while (rest.p && n < COLUMNS_MAX) {
        if (!yg_csv_cut(&rest, ',', &cell[n]))
            cell[n] = yg_str_cut(&rest, ','); /* a quote that never closes: cut off */
        if (cell[n].n > 1 && cell[n].p[0] == '"' && cell[n].p[cell[n].n - 1] == '"')
            cell[n] = (struct yg_str){ cell[n].p + 1, cell[n].n - 2 };
        n++;
    }
    return n;
}

static bool is_null(struct yg_str s)
{
    return yg_absent(s) || yg_str_eq(s, YG_STR("0.0.0.0")) || yg_is(s, "any");
}

/* "SQL Injection Attempt(30514)": name and number */
static void split_threat(struct yg_str s, struct yg_str *name, struct yg_str *id)
{
    const char *open = s.n && s.p[s.n - 1] == ')' ? memrchr(s.p, '(', s.n) : NULL;

    *name = s;
    *id = YG_STR_NONE;
    if (!open)
        return;
    *name = yg_str_trim((struct yg_str){ s.p, (size_t)(open - s.p) });
    *id = (struct yg_str){ open + 1, (size_t)(s.p + s.n - open) - 2 };
}

/* Column 31 holds the URL or the file name, by the kind of threat. */
static void put_misc(struct yg_target *t, struct yg_str subtype, struct yg_str misc)
{
    if (yg_is(subtype, "url") || yg_is(subtype, "vulnerability") ||
        yg_is(subtype, "spyware"))
        YG_PUT(t, TEXT, URL, misc);
    else
        YG_PUT(t, TEXT, FILE_PATH, misc);
}

static bool detected(struct yg_str subtype)
{
    static const char *const kind[] = { "vulnerability", "spyware",        "virus",
                                        "wildfire",      "wildfire-virus", "ml-virus",
                                        "flood",         "scan",           "packet" };

    for (size_t i = 0; i < YG_ARRAY_LEN(kind); i++)
        if (yg_is(subtype, kind[i]))
            return true;
    return false;
}

static void put_threat(struct yg_target *t, struct yg_str *cell, size_t n)
{
    struct yg_str name, id;

    put_misc(t, cell[4], n > 31 ? cell[31] : YG_STR_NONE);
    split_threat(n > 32 ? cell[32] : YG_STR_NONE, &name, &id);
    /* the threat's class (PAN-OS 8 and later), else the URL's; "any": none */
    YG_PUT(t, TEXT, RULE_CATEGORY,
           n > 69 && !is_null(cell[69])   ? cell[69]
           : n > 33 && !is_null(cell[33]) ? cell[33]
                                          : YG_STR_NONE);
    unsigned severity = yg_log_severity(n > 34 ? cell[34] : YG_STR_NONE, 50);
    bool harmless = yg_is(cell[4], "wildfire") && n > 33 && yg_is(cell[33], "benign");
    if (detected(cell[4]) && !harmless) {
        yg_log_alert(t, id, name.n ? name : cell[4], severity);
        t->e->device = yg_has(cell[4], "virus") || yg_is(cell[4], "wildfire")
                           ? YG_DEV_ANTIVIRUS
                           : YG_DEV_IDS;
    }
}

/* "failed authentication for user 'jo'.  Reason: ..  From: 192.0.2.1." and the like. */
static void put_system(struct yg_target *t, struct yg_str event, struct yg_str text)
{
    struct yg_str rest = text, name;

    if (yg_has(event, "-fail"))
        YG_PUT(t, TEXT, OUTCOME, YG_STR("failure"));
    else if (yg_has(event, "-succ"))
        YG_PUT(t, TEXT, OUTCOME, YG_STR("success"));
    if ((yg_after(&rest, "user '") || yg_after(&rest, "User '")) &&
        yg_until(&rest, "'", &name))
        yg_log_account(t, name);
    rest = text;
    if (yg_after(&rest, "From: ") || yg_after(&rest, "from: "))
        (void)yg_log_endpoint(t, rest, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
}

static const struct kind *kind_of(struct yg_str type)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(kinds); i++)
        if (yg_is(type, kinds[i].type))
            return &kinds[i];
    return NULL;
}

/* Where the fields begin: at the front, or behind a header that is none of syslog's, at
 * the first " 1," (what stands there is 1 or 0). */
static struct yg_str fields_of(struct yg_str body)
{
    size_t far = body.n < 100 ? body.n : 100;

    for (size_t i = 0; i + 2 < far; i++)
        if ((i == 0 || body.p[i - 1] == ' ') && (body.p[i] == '0' || body.p[i] == '1') &&
            body.p[i + 1] == ',')
            return (struct yg_str){ body.p + i, body.n - i };
    return YG_STR_NONE;
}

static const struct kind *find_kind(struct yg_str s)
{
    struct yg_str cell;

    for (int i = 0; i < 4; i++) {
        if (!s.p)
            return NULL;
        cell = yg_str_cut(&s, ',');
    }
    return s.p ? kind_of(cell) : NULL;
}

static int pan_match(const struct yg_logline *l)
{
    struct yg_str fields = fields_of(l->body);

    if (!find_kind(fields))
        return 0;
    return fields.p == l->body.p ? 98 : 60;
}

static bool pan_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str cell[COLUMNS_MAX];
    size_t n = cut(fields_of(l->body), cell);
    const struct kind *k = n > 4 ? kind_of(cell[3]) : NULL;

    (void)d;
    if (!k)
        return false;
    if (n < 6 || !yg_log_put_time(t, n > 6 && cell[6].n ? cell[6] : cell[1]))
        (void)yg_log_put_time(t, cell[1]);
    YG_PUT(t, LOWER, EVENT_DATASET, cell[3]);
    YG_PUT(t, LOWER, EVENT_CODE, cell[4]);
    for (size_t i = 0; i < k->count; i++) {
        const struct column *c = &k->column[i];
        if (c->at >= n || is_null(cell[c->at]))
            continue;
        if (c->how == YG_AS_IP)
            yg_log_ip(t, (enum yg_field)c->field, cell[c->at]);
        else if (c->field == YG_F_FILE_SHA256)
            yg_put_hash(t, cell[c->at]);
        else if (c->field == YG_F_USER_NAME)
            yg_log_account(t, cell[c->at]);
        else
            yg_put_text(t, (enum yg_how)c->how, (enum yg_field)c->field, cell[c->at]);
    }
    if (k->column == threat)
        put_threat(t, cell, n);
    else if (k->column == correlation && n > 20)
        yg_log_alert(t, cell[20], cell[19], yg_log_severity(cell[11], 50));
    else if (k->severity && k->severity < n)
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY,
                         yg_log_severity(cell[k->severity], 0));
    if (k->column == system_ && n > 14)
        put_system(t, cell[8], cell[14]);
    return true;
}

const struct yg_dialect yg_dialect_paloalto = {
    .name = "paloalto",
    .doc = "Palo Alto Networks PAN-OS, its comma-separated records",
    .product = "PAN-OS",
    .device = YG_DEV_FIREWALL,
    .match = pan_match,
    .read = pan_read,
};
