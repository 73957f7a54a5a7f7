/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/log_says.h"

#include "event/ip.h"

static const struct {
    char letter;
    uint8_t how, field;
} places[] = {
    { 'u', YG_AS_TEXT, YG_F_USER_NAME },    { 'v', YG_AS_TEXT, YG_F_TARGET_USER },
    { 's', YG_AS_IP, YG_F_SOURCE_IP },      { 'd', YG_AS_IP, YG_F_DESTINATION_IP },
    { 'p', YG_AS_PORT, YG_F_SOURCE_PORT },  { 'q', YG_AS_PORT, YG_F_DESTINATION_PORT },
    { 'f', YG_AS_TEXT, YG_F_FILE_PATH },    { 'c', YG_AS_TEXT, YG_F_COMMAND_LINE },
    { 'h', YG_AS_TEXT, YG_F_PROCESS_NAME }, { 'N', YG_AS_U64, YG_F_PID },
    { 'r', YG_AS_TEXT, YG_F_URL },          { 'w', YG_AS_TEXT, YG_F_URL_DOMAIN },
    { 'n', YG_AS_TEXT, YG_F_SERVICE_NAME }, { 'a', YG_AS_LOWER, YG_F_EVENT_ACTION },
    { 'e', YG_AS_TEXT, YG_F_EVENT_CODE },   { 'm', YG_AS_TEXT, YG_F_MAIL_FROM },
    { 'o', YG_AS_TEXT, YG_F_MAIL_TO },      { 'i', YG_AS_TEXT, YG_F_MAIL_ID },
    { 'j', YG_AS_TEXT, YG_F_MAIL_SUBJECT }, { 'g', YG_AS_TEXT, YG_F_DNS_QUESTION },
    { 'y', YG_AS_TEXT, YG_F_DNS_TYPE },     { 'x', YG_AS_TEXT, YG_F_DNS_ANSWER },
    { 'z', YG_AS_TEXT, YG_F_DNS_RCODE },    { 't', YG_AS_TEXT, YG_F_SOURCE_MAC },
    { 'D', YG_AS_TEXT, YG_F_USER_DOMAIN },  { 'H', YG_AS_TEXT, YG_F_HOST_NAME },
    { 'R', YG_AS_TEXT, YG_F_RULE_NAME },    { 'I', YG_AS_TEXT, YG_F_RULE_ID },
};

/* Quotes and brackets at both ends, commas and the like behind. */
static struct yg_str bare(struct yg_str s)
{
    s = yg_str_trim(s);
    while (s.n > 0 && s.p[s.n - 1] && strchr("'\"`>]),:;", s.p[s.n - 1]))
        s.n--;
    while (s.n > 0 && s.p[0] && strchr("'\"`<[(", s.p[0]))
        s.p++, s.n--;
    return s;
}

/* "192.0.2.1", "[192.0.2.1]:25", "name[192.0.2.1]:25", "name (192.0.2.1)" */
static void endpoint(struct yg_target *t, struct yg_str s, bool from)
{
    enum yg_field ip = from ? YG_F_SOURCE_IP : YG_F_DESTINATION_IP;
    enum yg_field port = from ? YG_F_SOURCE_PORT : YG_F_DESTINATION_PORT;
    struct yg_str inner = s;

    while (s.n > 0 && s.p[0] && strchr("'\"<(", s.p[0]))
        s.p++, s.n--;
    if (yg_log_endpoint(t, s, ip, port))
        return;
    if (yg_after(&inner, "[") || yg_after(&inner, "(") || yg_after(&inner, "@"))
        (void)yg_log_endpoint(t, inner, ip, port);
}

void yg_say_put(struct yg_target *t, char letter, struct yg_str value)
{
    uint64_t n;
    size_t i = 0;

    if (letter == 's' || letter == 'd') {
        endpoint(t, value, letter == 's');
        return;
    }
    while (i < YG_ARRAY_LEN(places) && places[i].letter != letter)
        i++;
    value = letter == 'c' ? yg_str_trim(value) : bare(value); /* a command is as it is */
    if (letter == 'g' && value.n > 1 && value.p[value.n - 1] == '.')
        value.n--; /* a name that ends at the root */
    if (i == YG_ARRAY_LEN(places) || yg_absent(value))
        return;
    bool number = places[i].how == YG_AS_U64 || places[i].how == YG_AS_PORT;
    if (!number || (yg_str_u64(value, &n) && (places[i].how == YG_AS_U64 || n <= 65535)))
        yg_put_text(t, (enum yg_how)places[i].how, (enum yg_field)places[i].field, value);
}

void yg_say_outcome(struct yg_target *t, enum yg_said outcome)
{
    if (outcome != YG_SAID)
        YG_PUT(t, TEXT, OUTCOME,
               outcome == YG_SAID_OK ? YG_STR("success") : YG_STR("failure"));
}

const struct yg_say *yg_says(struct yg_target *t, struct yg_str text,
                             const struct yg_say *row, size_t n)
{
    struct yg_str part[YG_SCAN_MAX];
    int count = -1;
    size_t i = 0;

    for (; i < n; i++) {
        char first = row[i].pattern[0];
        if (first != '%' && (text.n == 0 || text.p[0] != first))
            continue;
        count = yg_scan(text, row[i].pattern, part);
        if (count >= 0)
            break;
    }
    if (i == n)
        return NULL;
    for (int k = 0; k < count && row[i].into[k]; k++)
        yg_say_put(t, row[i].into[k], part[k]);
    YG_PUT(t, TEXT, EVENT_ACTION, yg_str_of(row[i].action));
    yg_say_outcome(t, (enum yg_said)row[i].outcome);
    if (row[i].severity)
        yg_log_alert(t, YG_STR_NONE, yg_str_of(row[i].action), row[i].severity);
    return &row[i];
}

bool yg_say_level(struct yg_target *t, struct yg_str *text)
{
    struct yg_str rest = *text, word;
    bool bracket = yg_eat(&rest, "[");

    if (!yg_until(&rest, bracket ? "]" : ":", &word) || word.n == 0 || word.n > 14)
        return false;
    while (word.n > 0 && word.p[word.n - 1] >= '0' && word.p[word.n - 1] <= '9')
        word.n--; /* debug1 */
    unsigned severity = word.n ? yg_log_severity(word, 101) : 101;
    if (severity > 100)
        return false;
    if (!yg_event_has(t->e, YG_F_EVENT_SEVERITY))
        yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, severity);
    if (bracket)
        (void)yg_eat(&rest, ":");
    *text = yg_str_trim(rest);
    return true;
}
