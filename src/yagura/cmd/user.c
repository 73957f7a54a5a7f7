/* SPDX-License-Identifier: Apache-2.0 */
/* yagura user: the people of the server, from the machine itself. */
#include "api/people_json.h"
#include "base/text.h"
#include "oidc/settings.h"
#include "yagura/commands.h"
#include "yagura/service.h"

#include <sodium.h>

static const struct yg_principal *const by = &yg_principal_machine;

/* ---- looking ---------------------------------------------------------------------- */

static void user_json(struct yg_jsonw *w, const struct yg_user *u)
{
    yg_jsonw_open(w, '{');
    yg_json_user(w, u);
    yg_jsonw_close(w, '}');
}

static void user_text(struct yg_buf *out, const struct yg_user *u)
{
    char time[YG_TIME_TEXT_MAX];
    const char *state = u->disabled ? "disabled" : u->must_change ? "new" : "-";
    size_t from = out->n;

    yg_text_safe(out, u->name);
    size_t wide = out->n - from;
    yg_buf_printf(out, "%*s  %-12s  %-8s  %-8s  %-16s  ",
                  wide < 24 ? (int)(24 - wide) : 0, "", yg_role_name(u->role), state,
                  u->totp      ? "totp"
                  : u->vouched ? "provider"
                               : "-",
                  yg_service_time(u->login_ns, time));
    yg_service_scope_text(out, &u->scope);
    yg_buf_char(out, '\n');
}

static enum yg_status list(struct yg_service *s, struct yg_err *err)
{
    struct yg_users users = { .count = 0 };
    enum yg_status st = yg_people_users(s->people, by, &s->app.arena, &users, err);

    if (st != YG_OK)
        return st;
    if (s->app.json) {
        yg_jsonw_open(&s->w, '{');
        yg_jsonw_key(&s->w, "users");
        yg_jsonw_open(&s->w, '[');
    } else {
        yg_buf_printf(&s->out, "%-24s  %-12s  %-8s  %-8s  %-16s  %s\n", "name", "role",
                      "state", "second", "last login (UTC)", "tenants");
    }
    for (size_t i = 0; i < users.count; i++)
        if (s->app.json)
            user_json(&s->w, &users.row[i]);
        else
            user_text(&s->out, &users.row[i]);
    if (s->app.json) {
        yg_jsonw_close(&s->w, ']');
        yg_jsonw_close(&s->w, '}');
        yg_buf_char(&s->out, '\n');
    }
    return YG_OK;
}

static enum yg_status sessions(struct yg_service *s, struct yg_err *err)
{
    struct yg_sessions of = { .count = 0 };
    char a[YG_TIME_TEXT_MAX], b[YG_TIME_TEXT_MAX];
    enum yg_status st =
        yg_people_sessions(s->people, by, yg_service_name(s), &s->app.arena, &of, err);

    if (st != YG_OK)
        return st;
    if (s->app.json) {
        yg_jsonw_open(&s->w, '{');
        yg_jsonw_key(&s->w, "sessions");
        yg_jsonw_open(&s->w, '[');
    } else {
        yg_buf_printf(&s->out, "%8s  %-16s  %-16s  %-6s  %s\n", "session", "began (UTC)",
                      "last seen", "second", "address");
    }
    for (size_t i = 0; i < of.count; i++) {
        const struct yg_session *r = &of.row[i];
        if (!s->app.json) {
            yg_buf_printf(&s->out, "%8llu  %-16s  %-16s  %-6s  ",
                          (unsigned long long)r->id, yg_service_time(r->made_ns, a),
                          yg_service_time(r->seen_ns, b), r->second ? "totp" : "-");
            yg_text_safe(&s->out, r->address);
            yg_buf_char(&s->out, '\n');
            continue;
        }
        yg_jsonw_open(&s->w, '{');
        yg_json_session(&s->w, r);
        yg_jsonw_close(&s->w, '}');
    }
    if (s->app.json) {
        yg_jsonw_close(&s->w, ']');
        yg_jsonw_close(&s->w, '}');
        yg_buf_char(&s->out, '\n');
    }
    return YG_OK;
}

/* ---- changing --------------------------------------------------------------------- */

/* What was done, and the password that was made up, if one was. */
static void done(struct yg_service *s, const char *what, const char *made)
{
    struct yg_str name = yg_service_name(s);

    if (s->app.json) {
        yg_jsonw_open(&s->w, '{');
        yg_jsonw_kstr(&s->w, "name", name);
        yg_jsonw_kcstr(&s->w, "done", what);
        if (made && made[0])
            yg_jsonw_kcstr(&s->w, "password", made);
        yg_jsonw_close(&s->w, '}');
        yg_buf_char(&s->out, '\n');
        return;
    }
    yg_text_safe(&s->out, name);
    yg_buf_printf(&s->out, ": %s\n", what);
    if (made && made[0])
        yg_buf_printf(&s->out, "password, told only now, to be changed at login: %s\n",
                      made);
}

static enum yg_status options(struct yg_service *s, struct yg_user *u, struct yg_err *err)
{
    const struct yg_cli *cli = s->app.cli;

    if (yg_cli_text(cli, "full-name", NULL))
        u->full = yg_str_of(yg_cli_text(cli, "full-name", ""));
    if (yg_cli_text(cli, "language", NULL))
        u->language = yg_str_of(yg_cli_text(cli, "language", ""));
    if (yg_cli_text(cli, "zone", NULL))
        u->zone = yg_str_of(yg_cli_text(cli, "zone", ""));
    return yg_service_rights(s, &u->role, &u->scope, err);
}

static enum yg_status add(struct yg_service *s, struct yg_err *err)
{
    struct yg_user u = { .name = yg_service_name(s) };
    char made[YG_PASSWORD_MADE] = "", typed[YG_SERVICE_TYPED] = "";
    enum yg_status st = options(s, &u, err);

    if (st == YG_OK && u.role == YG_ROLE_NONE)
        st = yg_err_set(err, YG_EINVAL,
                        "a user needs a role and tenants: --role analyst --tenants acme");
    if (st == YG_OK)
        st = yg_service_password(s, typed, err);
    if (st == YG_OK)
        st = yg_people_add(s->people, by, &u, yg_str_of(typed), made, err);
    if (st == YG_OK)
        done(s, "added", made);
    sodium_memzero(made, sizeof(made));
    sodium_memzero(typed, sizeof(typed));
    return st;
}

static enum yg_status change(struct yg_service *s, const bool *disabled, const char *what,
                             struct yg_err *err)
{
    struct yg_user u;
    enum yg_status st =
        yg_people_user(s->people, by, yg_service_name(s), &s->app.arena, &u, err);

    if (st == YG_OK && disabled)
        u.disabled = *disabled;
    else if (st == YG_OK)
        st = options(s, &u, err);
    if (st == YG_OK)
        st = yg_people_put(s->people, by, &u, err);
    if (st == YG_OK)
        done(s, what, NULL);
    return st;
}

static enum yg_status set(struct yg_service *s, struct yg_err *err)
{
    return change(s, NULL, "changed", err);
}

static enum yg_status disable(struct yg_service *s, struct yg_err *err)
{
    return change(s, &(bool){ true }, "disabled", err);
}

static enum yg_status enable(struct yg_service *s, struct yg_err *err)
{
    return change(s, &(bool){ false }, "enabled", err);
}

static enum yg_status password(struct yg_service *s, struct yg_err *err)
{
    char made[YG_PASSWORD_MADE] = "", typed[YG_SERVICE_TYPED] = "";
    struct yg_user u;
    struct yg_str name = yg_service_name(s);
    /* before anything is asked for */
    enum yg_status st = yg_people_user(s->people, by, name, &s->app.arena, &u, err);

    if (st == YG_OK)
        st = yg_service_password(s, typed, err);
    if (st == YG_OK)
        st = yg_people_set_password(s->people, by, name, yg_str_of(typed), made, err);
    if (st == YG_OK)
        done(s, "has a new password; sessions ended", made);
    sodium_memzero(made, sizeof(made));
    sodium_memzero(typed, sizeof(typed));
    return st;
}

static enum yg_status totp_drop(struct yg_service *s, struct yg_err *err)
{
    enum yg_status st = yg_people_totp_drop(s->people, by, yg_service_name(s), err);

    if (st == YG_OK)
        done(s, "has no second factor now; sessions ended", NULL);
    return st;
}

static enum yg_status end_sessions(struct yg_service *s, struct yg_err *err)
{
    int64_t id = 0;
    enum yg_status st = yg_cli_number(s->app.cli, "session", 1, INT64_MAX, &id, err);

    if (st == YG_OK)
        st = yg_people_session_end(s->people, by, yg_service_name(s), (uint64_t)id, err);
    if (st == YG_OK)
        done(s, id ? "session ended" : "sessions ended", NULL);
    return st;
}

/* The issuer of --issuer, or of the settings. */
static enum yg_status issuer_of(struct yg_service *s, struct yg_str *out,
                                struct yg_err *err)
{
    const char *named = yg_cli_text(s->app.cli, "issuer", NULL),
               *file = yg_cli_text(s->app.cli, "config", NULL);
    struct yg_oidc_settings oidc = { .on = false };

    *out = yg_str_of(named ? named : "");
    enum yg_status st =
        !named && file ? yg_oidc_read(&s->app.arena, file, &oidc, err) : YG_OK;
    if (oidc.on)
        *out = oidc.issuer;
    return st == YG_OK && out->n == 0
               ? yg_err_set(err, YG_EINVAL,
                            "whose identity is it? Name the issuer with --issuer, or the "
                            "settings with --config")
               : st;
}

static enum yg_status bind(struct yg_service *s, struct yg_err *err)
{
    const char *subject = yg_cli_text(s->app.cli, "subject", NULL);
    struct yg_str issuer;

    if (!subject)
        return yg_err_set(err, YG_EINVAL,
                          "--subject: what the provider calls the person (`sub`)");
    enum yg_status st = issuer_of(s, &issuer, err);
    if (st == YG_OK)
        st = yg_people_bind(s->people, by, yg_service_name(s), issuer, yg_str_of(subject),
                            err);
    if (st == YG_OK)
        done(s, "may log in at the provider", NULL);
    return st;
}

static enum yg_status unbind(struct yg_service *s, struct yg_err *err)
{
    enum yg_status st = yg_people_unbind(s->people, by, yg_service_name(s), err);

    if (st == YG_OK)
        done(s, "may not log in at a provider any more; sessions ended", NULL);
    return st;
}

static const struct yg_service_verb verb[] = {
    { "list", 0, 0, false, list },
    { "add", 1, 0, true, add },
    { "set", 1, 0, false, set },
    { "password", 1, 0, false, password },
    { "disable", 1, 0, false, disable },
    { "enable", 1, 0, false, enable },
    { "totp-drop", 1, 0, false, totp_drop },
    { "sessions", 1, 0, false, sessions },
    { "end-sessions", 1, 0, false, end_sessions },
    { "bind", 1, 0, false, bind },
    { "unbind", 1, 0, false, unbind },
};

static int run(struct yg_cli *cli)
{
    return yg_service_run(cli, verb, YG_ARRAY_LEN(verb));
}

const struct yg_command yg_cmd_user = {
    .name = "user",
    .args = "list|add|set|password|disable|enable|totp-drop|sessions|end-sessions|bind|"
            "unbind [NAME]",
    .summary = "who may log in: people, their roles and tenants",
    .help =
        "From the machine itself, without logging in; docs/people.md says what a role "
        "may.\n"
        "add NAME --role R --tenants T: its password is made up and printed once, or "
        "read;\n"
        "it must be changed at the first login. set NAME: what the options say; "
        "sessions\n"
        "end when role or tenants change. password NAME: a new one, for who lost his.\n"
        "totp-drop NAME: takes the second factor away. A lost admin: password admin.\n"
        "bind NAME --subject SUB: a login at the identity provider of the settings is "
        "his.",
    .opt = { { "role", "ROLE", "of add and set: what he may do" },
             { "tenants", "NAMES",
               "of add and set: whose records, comma between; or all" },
             { "full-name", "TEXT", "of add and set" },
             { "language", "en|ja", "of add and set (default: en)" },
             { "zone", "ZONE", "of add and set: Z, +09:00, Asia/Tokyo (default: Z)" },
             { "read", NULL,
               "of add and password: ask for the password, or read it from standard "
               "input" },
             { "session", "N", "of end-sessions: this one only" },
             { "subject", "SUB", "of bind: the person's `sub` at the provider" },
             { "issuer", "URL", "of bind: the provider (default: the settings')" } },
    .min_args = 1,
    .max_args = 2,
    .act = "change user",
    .act_when = "add set password disable enable totp-drop end-sessions bind unbind",
    .run = run,
};
