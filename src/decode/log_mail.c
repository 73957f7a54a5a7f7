/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail servers and what looks through mail: Postfix, Dovecot, Exim, sendmail, OpenSMTPD,
 * SpamAssassin; amavis, whose finds are alerts. The rest is context: spam is no attack.
 * A message is named by the server's queue id.
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

#define OK     YG_SAID_OK
#define FAILED YG_SAID_FAILED

/* ---- Postfix, SpamAssassin ----------------------------------------------------------
 */

static const struct yg_say postfix_rows[] = {
    { "NOQUEUE: reject: %s from %s %*; from=<%*> to=<%*> proto=%s helo=", "-s-mo-",
      "rejected", FAILED, 0 },
    { "NOQUEUE: reject: %s from %s %*; from=<%*>, to=<%*>, proto=%s", "-s-mo-",
      "rejected", FAILED, 0 },
    { "NOQUEUE: reject: %s from %s", "-s", "rejected", FAILED, 0 },
    { "NOQUEUE: %s: %s from %s", "--s", "filtered", 0, 0 },
    { "%s: reject: %s from %s %*; from=<%*> to=<%*> proto=", "i-s-mo", "rejected", FAILED,
      0 },
    { "%s: milter-reject: %s from %s %*; from=<%*> to=<%*>", "i-s-mo", "rejected", FAILED,
      0 },
    { "%s: reject: %s from %s", "i-s", "rejected", FAILED, 0 },
    { "connect from %s", "s", "connect", 0, 0 },
    { "disconnect from %s", "s", "disconnect", 0, 0 },
    { "lost connection after %s from %s", "-s", "disconnect", 0, 0 },
    { "timeout after %s from %s", "-s", "disconnect", 0, 0 },
    { "too many errors after %s from %s", "-s", "disconnect", FAILED, 0 },
    { "improper command pipelining after %s from %s", "-s", "bad-command", FAILED, 0 },
    { "%s TLS connection established from %s", "-s", "tls", OK, 0 },
    { "%s TLS connection established to %s", "-d", "tls", OK, 0 },
    { "SSL_accept error from %s", "s", "tls", FAILED, 0 },
    { "warning: non-SMTP command from %s", "s", "bad-command", FAILED, 0 },
    { "warning: hostname %s does not resolve to address %s", "-s", "reverse-mapping",
      FAILED, 0 },
    { "warning: %s: SASL %s authentication failed%*sasl_username=%s", "s--u", "login",
      FAILED, 0 },
    { "warning: %s: SASL %s authentication failed", "s-", "login", FAILED, 0 },
    { "warning: Connection rate limit exceeded: %s from %s", "-s", "limited", FAILED, 0 },
    { "%s: client=%s sasl_method=%s sasl_username=%s", "is-u", "login", OK, 0 },
    { "%s: client=%s", "is", "accepted", 0, 0 },
    { "%s: message-id=<%*>", "i-", "accepted", 0, 0 },
    { "%s: from=<%*>, ", "im", "queued", 0, 0 },
    { "%s: uid=%s from=<%*>", "i-m", "queued", 0, 0 },
    { "%s: removed", "i", "removed", 0, 0 },
    { "%s: to=<%*>,%*status=sent (", "io-", "sent", OK, 0 },
    { "%s: to=<%*>,%*status=%s (", "io-a", NULL, FAILED, 0 },
    { "%s: warning: header Subject: %* from %s; from=<%*> to=<%*>", "ijsmo", "header", 0,
      0 },
    { "CONNECT from %s to %s", "sd", "connect", 0, 0 },
    { "PASS NEW %s", "s", "accepted", OK, 0 },
    { "PASS OLD %s", "s", "accepted", OK, 0 },
    { "DISCONNECT %s", "s", "disconnect", 0, 0 },
    { "PREGREET %s after %s from %s", "--s", "rejected", FAILED, 0 },
    { "HANGUP after %s from %s", "-s", "disconnect", 0, 0 },
    { "DNSBL rank %s for %s", "-s", "blocklisted", FAILED, 0 },
    { "COMMAND %s from %s", "-s", "bad-command", FAILED, 0 },
    { "DENYLISTED %s", "s", "blocklisted", FAILED, 0 },
    { "BLACKLISTED %s", "s", "blocklisted", FAILED, 0 },
    /* SpamAssassin's daemon */
    { "spamd: identified spam (%*) for %*:", "-u", "spam", 0, 0 },
    { "spamd: clean message (%*) for %*:", "-u", "clean", 0, 0 },
    { "spamd: result: Y %s", "-", "spam", 0, 0 },
    { "spamd: result: . %s", "-", "clean", 0, 0 },
    { "spamd: processing message <%*> for %*:", "iu", "checking", 0, 0 },
};

/* "4F5A: to=<a@b>, orig_to=<c>, relay=mail.b[192.0.2.25]:25, ..": where it went */
static void postfix_relay(struct yg_target *t, struct yg_str text)
{
    struct yg_str passed, relay;

    if (!yg_after(&text, ": to=<") || !yg_until(&text, ">, ", &passed))
        return;
    if (yg_eat(&text, "orig_to=<") && !yg_until(&text, ">, ", &passed))
        return;
    if (yg_eat(&text, "relay=") && yg_until(&text, ",", &relay))
        yg_say_put(t, 'd', relay);
}

static bool postfix_read(struct yg_decode *d, struct yg_target *t,
                         const struct yg_logline *l)
{
    (void)d;
    (void)yg_says(t, l->body, postfix_rows, YG_ARRAY_LEN(postfix_rows));
    postfix_relay(t, l->body);
    return true;
}

const struct yg_dialect yg_dialect_postfix = {
    .name = "postfix",
    .doc = "Postfix, SpamAssassin's spamd",
    .product = "Postfix",
    .device = YG_DEV_MAIL,
    .on_host = true,
    .apps = "postfix spamd",
    .read = postfix_read,
};

/* ---- Dovecot ------------------------------------------------------------------------
 */

static const struct yg_say dovecot_rows[] = {
    { "Login: user=<%*>,", "u", "login", OK, 0 },
    { "Logged out", "", "logout", 0, 0 },
    { "Disconnected (auth failed", "", "login", FAILED, 0 },
    { "Disconnected: Connection closed (auth failed", "", "login", FAILED, 0 },
    { "Disconnected: Inactivity (auth failed", "", "login", FAILED, 0 },
    { "Aborted login", "", "login", FAILED, 0 },
    { "Disconnected", "", "disconnect", 0, 0 },
    { "Maximum number of connections from user+IP exceeded", "", "limited", FAILED, 0 },
    { "msgid=%*: saved mail to %*", "--", "saved", OK, 0 },
    { "Dovecot v%s starting up", "e", "start", OK, 0 },
    { "Auth process died", "", "stop", FAILED, 0 },
    { "Support not compiled in for passdb driver %s", "n", "configuration", FAILED, 0 },
};

/* "imap-login: ", "auth-worker(12): ", "imap(jo)<7><x>: ": the service before the text */
static struct yg_str dovecot_service(struct yg_target *t, struct yg_str text)
{
    struct yg_str rest = text, service, user;

    if (!yg_until(&rest, ": ", &service) || service.n > 80 || yg_has(service, " "))
        return text;
    user = service;
    service = yg_str_cut(&user, '(');
    YG_PUT(t, TEXT, SERVICE_NAME, service);
    if (user.p && !yg_str_starts(service, YG_STR("auth")) &&
        yg_until(&user, ")", &service))
        YG_PUT(t, TEXT, USER_NAME, service);
    return rest;
}

static bool dovecot_read(struct yg_decode *d, struct yg_target *t,
                         const struct yg_logline *l)
{
    struct yg_str text = l->body, part[YG_SCAN_MAX];
    struct yg_kv_style style = { '=', ',', false };

    (void)d;
    (void)yg_say_level(t, &text);
    text = dovecot_service(t, text);
    (void)yg_say_level(t, &text);
    /* "pam(jo,192.0.2.1,<x>): unknown user" */
    if (yg_scan(text, "%s(%+,%*): %*", part) == 4 && !yg_has(part[1], ")")) {
        yg_say_put(t, 'u', yg_str_cut(&part[1], ','));
        yg_say_put(t, 's', part[1].p ? part[1] : part[2]);
        YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("login"));
        yg_say_outcome(t, FAILED);
        return true;
    }
    (void)yg_says(t, text, dovecot_rows, YG_ARRAY_LEN(dovecot_rows));
    yg_say_put(t, 'u', yg_kv_find(text, style, "user"));
    yg_say_put(t, 's', yg_kv_find(text, style, "rip"));
    yg_say_put(t, 'd', yg_kv_find(text, style, "lip"));
    return true;
}

const struct yg_dialect yg_dialect_dovecot = {
    .name = "dovecot",
    .doc = "Dovecot: logins, deliveries",
    .product = "Dovecot",
    .device = YG_DEV_MAIL,
    .on_host = true,
    .apps = "dovecot imap-login pop3-login managesieve-login auth auth-worker",
    .read = dovecot_read,
};

/* ---- Exim ---------------------------------------------------------------------------
 */

static const struct yg_say exim_rows[] = {
    { "%s authenticator failed for %* [%*]:%s %*(set_id=%*)", "--sp-u", "login", FAILED,
      0 },
    { "%s authenticator failed for %* [%*]: %*(set_id=%*)", "--s-u", "login", FAILED, 0 },
    { "%s authenticator failed for %* [%*]:%s", "--sp", "login", FAILED, 0 },
    { "%s authenticator failed for %* [%*]", "--s", "login", FAILED, 0 },
    { "%s authenticator failed for [%*]:%s", "-sp", "login", FAILED, 0 },
    { "SMTP connection from %*[%*]:%s %*lost", "-sp-", "disconnect", 0, 0 },
    { "SMTP connection from %*[%*]:%s", "-sp", "connect", 0, 0 },
    { "SMTP call from %*[%*]:%s dropped", "-sp", "disconnect", FAILED, 0 },
    { "SMTP protocol %*rejected %*[%*]", "--s", "rejected", FAILED, 0 },
    { "SMTP protocol ", "", "bad-command", FAILED, 0 },
    { "H=%*[%*]%*F=<%*> rejected %s <%*>", "-s-m-o", "rejected", FAILED, 0 },
    { "H=%*[%*]%*rejected ", "-s-", "rejected", FAILED, 0 },
    { "%s <= %s H=%*[%*]:%s", "im-sp", "accepted", OK, 0 },
    { "%s <= %s", "im", "accepted", OK, 0 },
    { "%s => %* <%*> R=%*H=%*[%*]", "i-o--d", "sent", OK, 0 },
    { "%s => %s", "io", "sent", OK, 0 },
    { "%s -> %s", "io", "sent", OK, 0 },
    { "%s ** %s", "io", "bounced", FAILED, 0 },
    { "%s == %s", "io", "deferred", FAILED, 0 },
    { "%s Completed", "i", "removed", 0, 0 },
    { "%s H=%*[%*]%*rejected ", "i-s-", "rejected", FAILED, 0 },
};

/* Its own file has no program's name: what is behind the time. */
static struct yg_str exim_text(const struct yg_logline *l)
{
    struct yg_str s = l->raw, pid;
    int64_t ns;
    int zone;

    if (l->app.n == 0 && yg_log_time(&s, 0, 0, &ns, &zone)) {
        s = yg_skip_blanks(s);
        if (s.n > 1 && s.p[0] == '[' && s.p[1] >= '0' && s.p[1] <= '9' &&
            yg_word(&s, &pid))
            s = yg_skip_blanks(s);
        return s;
    }
    return l->body;
}

/* Message ids: 6-6-2 letters and digits, since 4.97 6-11-4. */
static bool exim_id(struct yg_str s)
{
    return s.n > 17 && s.p[6] == '-' &&
           ((s.p[13] == '-' && s.p[16] == ' ') ||
            (s.n > 24 && s.p[18] == '-' && s.p[23] == ' '));
}

static int exim_match(const struct yg_logline *l)
{
    struct yg_str text = exim_text(l);

    if (yg_str_starts(l->app, YG_STR("exim")) || exim_id(text))
        return 90;
    return yg_has(text, " authenticator failed for ") ||
                   yg_str_starts(text, YG_STR("SMTP ")) ||
                   (yg_str_starts(text, YG_STR("H=")) && yg_has(text, " rejected "))
               ? 85
               : 0;
}

static bool exim_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    (void)d;
    return yg_says(t, exim_text(l), exim_rows, YG_ARRAY_LEN(exim_rows)) ||
           yg_str_starts(l->app, YG_STR("exim"));
}

const struct yg_dialect yg_dialect_exim = {
    .name = "exim",
    .doc = "Exim, main and reject log",
    .product = "Exim",
    .device = YG_DEV_MAIL,
    .on_host = true,
    .marks = "exim| authenticator failed for |SMTP c|SMTP protocol | rejected | <= | => |"
             " -> | ** | == | Completed",
    .match = exim_match,
    .no_host = true,
    .read = exim_read,
};

/* ---- sendmail, OpenSMTPD, amavis ----------------------------------------------------
 */

static const struct yg_kv_pick sendmail_pick[] = {

    { "stat", YG_AS_LOWER, YG_F_EVENT_ACTION },
};

static const struct yg_say sendmail_rows[] = {
    { "smtp-in: Failed command on session %s %*", "e-", "bad-command", FAILED, 0 },
    { "smtp-in: New session %s from host %s [%*]", "e-s", "connect", 0, 0 },
    { "smtp-in: Accepted message %s on session %s from=<%*>, to=<%*>,", "iemo",
      "accepted", OK, 0 },
    { "smtp-in: Closing session %s", "e", "disconnect", 0, 0 },
    { "smtp-in: Received disconnect from session %s", "e", "disconnect", 0, 0 },
    { "smtp-in: Disconnecting session %s", "e", "disconnect", FAILED, 0 },
    { "smtp-in: Started TLS on session %s", "e", "tls", OK, 0 },
    { "smtp-in: Authentication failed for user %s on session %s", "ue", "login", FAILED,
      0 },
    { "%s smtp connected address=%s", "es", "connect", 0, 0 },
    { "%s smtp disconnected", "e", "disconnect", 0, 0 },
    { "%s smtp authentication user=%s result=permfail", "eu", "login", FAILED, 0 },
    { "%s smtp authentication user=%s result=ok", "eu", "login", OK, 0 },
    { "%s smtp message %*from=<%*> to=<%*>", "e-mo", "accepted", OK, 0 },
    { "%s smtp failed-command", "e", "bad-command", FAILED, 0 },
    { "%s mta delivery %*from=<%*> to=<%*>", "e-mo", "sent", 0, 0 },
};

static bool sendmail_read(struct yg_decode *d, struct yg_target *t,
                          const struct yg_logline *l)
{
    struct yg_str rest = l->body, id;
    struct yg_kv kv;

    (void)d;
    if (yg_says(t, l->body, sendmail_rows, YG_ARRAY_LEN(sendmail_rows)))
        return true;
    if (yg_until(&rest, ": ", &id) && id.n > 7 && !yg_has(id, " "))
        yg_say_put(t, 'i', id);
    while (yg_kv_next(&rest, (struct yg_kv_style){ '=', ',', true }, &kv)) {
        if (yg_is(kv.key, "relay")) {
            yg_say_put(t, yg_event_has(t->e, YG_F_MAIL_TO) ? 'd' : 's', kv.value);
        } else if (yg_is(kv.key, "from") || yg_is(kv.key, "to")) {
            yg_say_put(t, yg_is(kv.key, "to") ? 'o' : 'm', kv.value);
        } else if (yg_is(kv.key, "reject")) {
            YG_PUT(t, TEXT, EVENT_ACTION, YG_STR("rejected"));
            yg_say_outcome(t, FAILED);
        } else {
            yg_kv_put(t, sendmail_pick, YG_ARRAY_LEN(sendmail_pick), &kv);
        }
    }
    return true;
}

/* postfix/smtpd has that name, too */
static int sendmail_match(const struct yg_logline *l)
{
    return memchr(l->app.p, '/', l->app.n) ? 0 : 82;
}

const struct yg_dialect yg_dialect_sendmail = {
    .name = "sendmail",
    .doc = "sendmail and OpenSMTPD",
    .product = "sendmail",
    .device = YG_DEV_MAIL,
    .on_host = true,
    .apps = "sendmail sm-mta sm-msp-queue smtpd",
    .match = sendmail_match,
    .read = sendmail_read,
};

/* "(1-2) Blocked INFECTED (Eicar) {..}, [192.0.2.1]:25 <a> -> <b>, Queue-ID: X, .." */
static const struct yg_say amavis_rows[] = {
    { "(%*) %s INFECTED (%*)", "-aR", NULL, 0, 75 },
    { "(%*) %s BANNED (%*)", "-a-", NULL, 0, 0 },
    { "(%*) %s %s ", "-a-", NULL, 0, 0 },
};

static bool amavis_read(struct yg_decode *d, struct yg_target *t,
                        const struct yg_logline *l)
{
    struct yg_str rest = l->body, part[YG_SCAN_MAX];

    (void)d;
    if (!yg_says(t, l->body, amavis_rows, YG_ARRAY_LEN(amavis_rows)))
        return true;
    if (yg_after(&rest, ", [")) {
        yg_say_put(t, 's', rest);
        if (yg_scan(rest, "%*<%*> -> <%*>", part) == 3) {
            yg_say_put(t, 'm', part[1]);
            yg_say_put(t, 'o', part[2]);
        }
    }
    if (yg_after(&rest, "Queue-ID: "))
        yg_say_put(t, 'i', yg_str_cut(&rest, ','));
    return true;
}

const struct yg_dialect yg_dialect_amavis = {
    .name = "amavis",
    .doc = "amavis: verdicts on mail",
    .product = "amavis",
    .device = YG_DEV_MAIL,
    .on_host = true,
    .apps = "amavis amavisd",
    .read = amavis_read,
};
