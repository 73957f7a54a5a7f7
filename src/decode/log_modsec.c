/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions of ModSecurity's and Coraza's native audit log (SecAuditLogType Serial),
 * put together from their lines by input/stitch.h:
 *
 *      --4a5b6c7d-A--
 *      [02/Jan/2026:03:04:05 +0000] ID 192.0.2.1 4711 198.51.100.2 80
 *      --4a5b6c7d-B--  the request's line and headers   --4a5b6c7d-F--  the answer's
 *      --4a5b6c7d-H--  "Message: .." of each rule that matched        --4a5b6c7d-Z--
 *
 * What a client sends stands in sections B and C: only section H's messages are findings,
 * and a line that opens a section needs the transaction's own boundary. Of several rules
 * the first is the alert. Source: ModSecurity Reference Manual, "Audit Log Parts".
 */
#include "decode/dialects.h"
#include "decode/log_web.h"

struct audit {
    struct yg_str boundary; /* "--4a5b6c7d-" */
    struct yg_str message;  /* the first with a rule's number */
    unsigned in_section;    /* lines of it that were seen */
    char section;
};

static bool opens(const struct audit *a, struct yg_str line)
{
    return line.n == a->boundary.n + 3 && yg_str_starts(line, a->boundary) &&
           line.p[line.n - 1] == '-' && line.p[line.n - 2] == '-';
}

static bool begin(struct yg_str raw, struct audit *a)
{
    struct yg_str line = yg_str_trim(yg_str_cut(&raw, '\n'));

    *a = (struct audit){ .section = 'A' };
    if (!raw.p || line.n < 9 || !yg_str_starts(line, YG_STR("--")) ||
        !yg_str_eq(yg_skip(line, line.n - 4), YG_STR("-A--")) || raw.n == 0 ||
        raw.p[0] != '[')
        return false;
    a->boundary = (struct yg_str){ line.p, line.n - 3 };
    return true;
}

static int audit_match(const struct yg_logline *l)
{
    struct audit a;

    return begin(l->raw, &a) ? 98 : 0;
}

/* "[time] id client port server port" */
static void put_head(struct yg_target *t, struct yg_str line)
{
    struct yg_str time, part[YG_SCAN_MAX];

    if (!yg_eat(&line, "[") || !yg_until(&line, "]", &time))
        return;
    (void)yg_log_put_time(t, time);
    if (yg_scan(yg_skip_blanks(line), "%s %s %s %s %s", part) != 5)
        return;
    YG_PUT(t, TEXT, EVENT_CODE, part[0]);
    yg_log_ip(t, YG_F_SOURCE_IP, part[1]);
    yg_web_number(t, YG_AS_PORT, YG_F_SOURCE_PORT, part[2]);
    yg_log_ip(t, YG_F_DESTINATION_IP, part[3]);
    yg_web_number(t, YG_AS_PORT, YG_F_DESTINATION_PORT, part[4]);
}

static void put_request(struct yg_target *t, struct yg_str line, bool first)
{
    struct yg_str method, url, name = line;

    if (first) {
        if (yg_word(&line, &method) && yg_word(&line, &url)) {
            YG_PUT(t, TEXT, HTTP_METHOD, method);
            YG_PUT(t, TEXT, URL, url);
        }
        return;
    }
    name = yg_str_cut(&line, ':');
    if (!line.p)
        return;
    if (yg_is(name, "Host"))
        YG_PUT(t, TEXT, URL_DOMAIN, yg_str_trim(line));
    else if (yg_is(name, "User-Agent"))
        YG_PUT(t, TEXT, USER_AGENT, yg_str_trim(line));
}

static void put_line(struct yg_target *t, struct audit *a, struct yg_str line)
{
    struct yg_str word;
    bool first = a->in_section++ == 0;

    if (a->section == 'A' && first)
        put_head(t, line);
    else if (a->section == 'B')
        put_request(t, line, first);
    else if (a->section == 'F' && first && yg_word(&line, &word) && yg_word(&line, &word))
        yg_web_status(t, word);
    else if (a->section == 'H' && a->message.n == 0 && yg_eat(&line, "Message: ") &&
             yg_has(line, "[id \""))
        a->message = line;
}

static bool audit_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str rest = l->raw;
    struct audit a;

    (void)d;
    if (!begin(rest, &a))
        return false;
    (void)yg_str_cut(&rest, '\n');
    while (rest.p) {
        struct yg_str line = yg_str_trim(yg_str_cut(&rest, '\n'));
        if (opens(&a, line)) {
            a.section = line.p[a.boundary.n];
            a.in_section = 0;
        } else {
            put_line(t, &a, line);
        }
    }
    if (a.message.n > 0)
        yg_web_finding(t, a.message);
    return true;
}

const struct yg_dialect yg_dialect_modsec_audit = {
    .name = "modsec-audit",
    .doc = "transactions of ModSecurity's and Coraza's serial audit log",
    .product = "ModSecurity",
    .device = YG_DEV_WAF,
    .marks = "-A--",
    .match = audit_match,
    .read = audit_read,
};
