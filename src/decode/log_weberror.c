/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What web servers complain about, and what web application firewalls within them found:
 * error logs of Apache and nginx, PHP's, ModSecurity and Coraza. Findings of a rule are
 * alerts, the rest is context.
 *
 *      [Fri Jan 02 03:04:05.678 2026] [core:error] [pid 1:tid 2] [client 192.0.2.1:4711]
 *              AH00037: text, referer: http://..
 *      2026/01/02 03:04:05 [error] 1#1: *5 text, client: 192.0.2.1, server: w.example,
 *              request: "GET / HTTP/1.1", upstream: "..", host: "w.example"
 *      .. ModSecurity: Warning. text [file ".."] [id "942100"] [msg ".."] [severity ..]
 */
#include "decode/dialects.h"
#include "decode/log_says.h"
#include "decode/log_web.h"

#define OK     YG_SAID_OK
#define FAILED YG_SAID_FAILED

/* ---- Apache -------------------------------------------------------------------------
 */

static const struct yg_say apache_rows[] = {
    { "user %+ not found: %s", "ur", "login", FAILED, 0 },
    { "user %+: authentication failure for %s: Password Mismatch", "ur", "login", FAILED,
      0 },
    { "user %+: authentication failure for %s", "ur", "login", FAILED, 0 },
    { "user %+ in realm %* not found: %s", "u-r", "login", FAILED, 0 },
    { "File does not exist: %*", "f", "not-found", FAILED, 0 },
    { "script '%*' not found", "f", "not-found", FAILED, 0 },
    { "script not found or unable to stat: %*", "f", "not-found", FAILED, 0 },
    { "client denied by server configuration: %*", "f", "denied", FAILED, 0 },
    { "Directory index forbidden by %*: %*", "-f", "denied", FAILED, 0 },
    { "Cannot serve directory %*: ", "f", "denied", FAILED, 0 },
    { "Symbolic link not allowed %*: %*", "-f", "denied", FAILED, 0 },
    { "Attempt to serve directory: %*", "f", "denied", FAILED, 0 },
    { "(%*)Permission denied: %*", "--", "denied", FAILED, 0 },
    { "Invalid method in request %s %s", "-r", "bad-request", FAILED, 0 },
    { "Invalid URI in request %s %s", "-r", "bad-request", FAILED, 0 },
    { "request failed: ", "", "bad-request", FAILED, 0 },
    { "Client sent malformed Host header", "", "bad-request", FAILED, 0 },
    { "Hostname %s provided via SNI and hostname %s provided via HTTP", "-w",
      "bad-request", FAILED, 0 },
    { "SSL library error", "", "tls", FAILED, 0 },
    { "SSL Library Error", "", "tls", FAILED, 0 },
    { "PHP %*: %* in %s on line", "--f", "php", FAILED, 0 },
    { "PHP ", "", "php", FAILED, 0 },
    { "Apache%* configured", "-", "start", OK, 0 },
    { "caught SIGTERM", "", "stop", 0, 0 },
};

/* "error", "core:error" (severity at most the word itself): its severity, 101 if none. */
static unsigned level_of(struct yg_str s)
{
    struct yg_str level = s;

    (void)yg_str_cut(&s, ':');
    if (s.p)
        level = s;
    if (yg_str_starts(level, YG_STR("trace")))
        return 0;
    return level.n > 3 ? yg_log_severity(level, 101) : 101;
}

static bool bracket(struct yg_str *rest, struct yg_str *out)
{
    struct yg_str s = yg_skip_blanks(*rest);

    if (!yg_eat(&s, "[") || !yg_until(&s, "]", out))
        return false;
    *rest = s;
    return true;
}

/* The elements in brackets; `t` may be NULL: only looked at. True: one is a level. */
static bool apache_head(struct yg_target *t, struct yg_str *rest)
{
    struct yg_str part, pid;
    bool level = false;

    for (int i = 0; i < 6 && bracket(rest, &part); i++) {
        unsigned severity = level ? 101 : level_of(part);
        level |= severity <= 100;
        if (!t)
            continue;
        if (severity <= 100) {
            if (!yg_event_has(t->e, YG_F_EVENT_SEVERITY))
                yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, severity);
        } else if (yg_eat(&part, "pid ")) {
            pid = yg_str_cut(&part, ':');
            yg_say_put(t, 'N', pid);
        } else if (yg_eat(&part, "client ") || yg_eat(&part, "remote ")) {
            yg_say_put(t, 's', part);
        } else if (i == 0) {
            (void)yg_log_put_time(t, part);
        }
    }
    return level;
}

static int apache_match(const struct yg_logline *l)
{
    struct yg_str rest = l->body;

    return apache_head(NULL, &rest) && rest.n > 0 ? 70 : 0;
}

static bool apache_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    struct yg_str rest = l->body, code, text;

    (void)d;
    if (!apache_head(t, &rest))
        return false;
    rest = yg_skip_blanks(rest);
    code = text = rest;
    if (yg_eat(&text, "AH") && yg_until(&text, ": ", &code) && code.n == 5) {
        code.p -= 2, code.n += 2;
        YG_PUT(t, TEXT, EVENT_CODE, code);
        rest = text;
    }
    text = rest;
    if (yg_until(&rest, ", referer: ", &text))
        (void)yg_says(t, text, apache_rows, YG_ARRAY_LEN(apache_rows));
    else
        (void)yg_says(t, rest, apache_rows, YG_ARRAY_LEN(apache_rows));
    return true;
}

#define LEVELS "emerg] |alert] |crit] |error] |warn] |notice] |info] |debug] "

const struct yg_dialect yg_dialect_apache_error = {
    .name = "apache-error",
    .doc = "Apache httpd, error log",
    .product = "Apache httpd",
    .device = YG_DEV_WEB,
    .on_host = true,
    .marks = LEVELS,
    .match = apache_match,
    .read = apache_read,
};

/* ---- nginx --------------------------------------------------------------------------
 */

static const struct yg_say nginx_rows[] = {
    { "user \"%*\": password mismatch", "u", "login", FAILED, 0 },
    { "user \"%*\" was not found in \"%*\"", "uf", "login", FAILED, 0 },
    { "no user/password was provided for basic authentication", "", "login", FAILED, 0 },
    { "open() \"%*\" failed (2:", "f", "not-found", FAILED, 0 },
    { "open() \"%*\" failed (13:", "f", "denied", FAILED, 0 },
    { "open() \"%*\" failed", "f", "error", FAILED, 0 },
    { "\"%*\" is not found", "f", "not-found", FAILED, 0 },
    { "directory index of \"%*\" is forbidden", "f", "denied", FAILED, 0 },
    { "access forbidden by rule", "", "denied", FAILED, 0 },
    { "limiting requests, excess: %* by zone \"%*\"", "--", "limited", FAILED, 0 },
    { "limiting connections by zone \"%*\"", "-", "limited", FAILED, 0 },
    { "client intended to send too large body", "", "bad-request", FAILED, 0 },
    { "client sent invalid", "", "bad-request", FAILED, 0 },
    { "SSL_do_handshake() failed", "", "tls", FAILED, 0 },
    { "upstream ", "", "upstream", FAILED, 0 },
    { "connect() failed", "", "upstream", FAILED, 0 },
    { "FastCGI sent in stderr: \"PHP message: ", "", "php", FAILED, 0 },
};

/* What follows `key` outside quotes, which hold strangers' text: up to a comma. */
static struct yg_str named(struct yg_str s, const char *key)
{
    size_t n = 0, length = strlen(key);
    bool inside = false;

    for (; n + length < s.n; n++) {
        if (s.p[n] == '\\') {
            n++;
        } else if (s.p[n] == '"') {
            inside = !inside;
        } else if (!inside && s.p[n] == ',' && memcmp(s.p + n, key, length) == 0) {
            s = yg_skip(s, n + length);
            if (yg_eat(&s, "\"")) {
                const char *end = memchr(s.p, '"', s.n);
                return end ? (struct yg_str){ s.p, (size_t)(end - s.p) } : s;
            }
            return yg_str_cut(&s, ',');
        }
    }
    return YG_STR_NONE;
}

/* "[error] 80#2: *5 text": behind the numbers. */
static bool nginx_head(struct yg_str *rest, unsigned *severity, struct yg_str *pid)
{
    struct yg_str level, number;
    uint64_t n;

    if (!bracket(rest, &level) || (*severity = level_of(level)) > 100 ||
        !yg_word(rest, &number))
        return false;
    *pid = yg_str_cut(&number, '#');
    if (!number.p) /* "80:2" */
        *pid = yg_str_cut(pid, ':');
    *rest = yg_skip_blanks(*rest);
    if (yg_eat(rest, "*") && !yg_word(rest, &number))
        return false;
    *rest = yg_skip_blanks(*rest);
    return yg_str_u64(*pid, &n);
}

static int nginx_match(const struct yg_logline *l)
{
    struct yg_str rest = l->body, pid;
    unsigned severity;

    return nginx_head(&rest, &severity, &pid) ? 90 : 0;
}

static void nginx_request(struct yg_target *t, struct yg_str text)
{
    struct yg_str request = named(text, ", request: "), method, url;

    yg_say_put(t, 's', named(text, ", client: "));
    yg_say_put(t, 'w', named(text, ", host: "));
    yg_say_put(t, 'w', named(text, ", server: "));
    if (yg_word(&request, &method) && yg_word(&request, &url)) {
        YG_PUT(t, TEXT, HTTP_METHOD, method);
        YG_PUT(t, TEXT, URL, url);
    }
}

static bool nginx_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str rest = l->body, pid;
    unsigned severity;

    (void)d;
    if (!nginx_head(&rest, &severity, &pid))
        return false;
    yg_event_set_u64(t->e, YG_F_EVENT_SEVERITY, severity);
    YG_PUT(t, U64, PID, pid);
    (void)yg_says(t, rest, nginx_rows, YG_ARRAY_LEN(nginx_rows));
    nginx_request(t, rest);
    return true;
}

const struct yg_dialect yg_dialect_nginx_error = {
    .name = "nginx-error",
    .doc = "nginx, error log",
    .product = "nginx",
    .device = YG_DEV_WEB,
    .on_host = true,
    .marks = LEVELS,
    .match = nginx_match,
    .read = nginx_read,
};

/* ---- ModSecurity, Coraza ------------------------------------------------------------
 */

struct finding {
    struct yg_str id, message, severity, tag, data, host, uri;
};

/* The elements [name "value"] behind the text; backslashes hide quotes. */
static void findings(struct yg_str s, struct finding *f)
{
    static const struct yg_kv_slot slot[] = {
        { "id", offsetof(struct finding, id) },
        { "msg", offsetof(struct finding, message) },
        { "severity", offsetof(struct finding, severity) },
        { "tag", offsetof(struct finding, tag) },
        { "data", offsetof(struct finding, data) },
        { "hostname", offsetof(struct finding, host) },
        { "uri", offsetof(struct finding, uri) },
    };
    struct yg_kv kv;

    while (yg_after(&s, "[")) {
        size_t n = 0;
        while (n < s.n && ((s.p[n] >= 'a' && s.p[n] <= 'z') || s.p[n] == '_'))
            n++;
        kv = (struct yg_kv){ .key = { s.p, n } };
        s = yg_skip(s, n);
        if (n == 0 || !yg_eat(&s, " \""))
            continue;
        for (n = 0; n < s.n && s.p[n] != '"';)
            n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
        n = n < s.n ? n : s.n;
        kv.value = (struct yg_str){ s.p, n };
        (void)yg_kv_keep(f, slot, YG_ARRAY_LEN(slot), &kv);
        s = yg_skip(s, n);
    }
}

static bool waf_text(struct yg_str s, struct yg_str *text)
{
    *text = s;
    if (yg_after(text, "ModSecurity: "))
        return true;
    *text = s;
    if (yg_after(text, "Coraza: "))
        return true;
    *text = s; /* section H of the audit log */
    return yg_eat(text, "Message: ") && yg_has(*text, "[id \"");
}

static int waf_match(const struct yg_logline *l)
{
    struct yg_str text;

    return waf_text(l->body, &text) ? 97 : 0;
}

static unsigned waf_severity(struct yg_str s)
{
    uint64_t n;

    return yg_str_u64(s, &n) && n < 8 ? yg_log_severity_syslog((int)n)
                                      : yg_log_severity(s, 50);
}

void yg_web_finding(struct yg_target *t, struct yg_str text)
{
    struct finding f = { .id = YG_STR_NONE };
    struct yg_str part = text, code; /* "with code 403 (phase 2)" */

    findings(text, &f);
    if (f.id.n > 0) {
        yg_log_alert(t, f.id, f.message.n ? f.message : f.id, waf_severity(f.severity));
        YG_PUT(t, TEXT, RULE_RULESET, YG_STR("modsecurity"));
        YG_PUT(t, TEXT, RULE_CATEGORY, f.tag);
        YG_PUT(t, TEXT, PAYLOAD, f.data);
    }
    YG_PUT(t, TEXT, EVENT_ACTION,
           yg_has(text, "Access denied") ? YG_STR("blocked") : YG_STR("detected"));
    YG_PUT(t, TEXT, URL, f.uri);
    YG_PUT(t, TEXT, URL_DOMAIN, f.host);
    if (yg_after(&part, "with code ") && yg_word(&part, &code) && code.n == 3)
        YG_PUT(t, U64, HTTP_STATUS, code);
}

static bool waf_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str text, rest = l->body, part, pid;
    unsigned severity;

    (void)d;
    if (!waf_text(l->body, &text))
        return false;
    yg_web_finding(t, text);
    if (nginx_head(&rest, &severity, &pid)) {
        YG_PUT(t, U64, PID, pid);
        nginx_request(t, rest);
        return true;
    }
    rest = l->body;
    (void)apache_head(t, &rest);
    if (yg_after(&rest, "[client \"") && yg_until(&rest, "\"", &part))
        yg_say_put(t, 's', part);
    return true;
}

const struct yg_dialect yg_dialect_modsecurity = {
    .name = "modsecurity",
    .doc = "ModSecurity and Coraza, in error logs and audit logs",
    .product = "ModSecurity",
    .device = YG_DEV_WAF,
    .marks = "ModSecurity: |Coraza: |Message: ",
    .match = waf_match,
    .read = waf_read,
};
