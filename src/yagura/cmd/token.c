/* SPDX-License-Identifier: Apache-2.0 */
/* yagura token: what scripts and other tools show instead of a password. */
#include "api/people_json.h"
#include "base/text.h"
#include "yagura/commands.h"
#include "yagura/service.h"

#include <sodium.h>

#define DAY_NS (INT64_C(86400) * YG_NS_PER_S)

static const struct yg_principal *const by = &yg_principal_machine;

static enum yg_status make(struct yg_service *s, struct yg_err *err)
{
    const struct yg_cli *cli = s->app.cli;
    char text[YG_SECRET_TEXT] = "", time[YG_TIME_TEXT_MAX];
    int64_t days = 90;
    uint64_t id = 0;
    struct yg_user u = { .id = 0 };
    enum yg_status st = yg_cli_number(cli, "days", 1, 366, &days, err);

    if (st == YG_OK)
        st = yg_people_user(s->people, by, yg_service_name(s), &s->app.arena, &u, err);
    struct yg_token t = { .user = u.name,
                          .label = yg_str_of(yg_cli_text(cli, "label", "")),
                          .role = u.role,
                          .scope = u.scope,
                          .expires_ns = yg_clock_now(&s->app.clock) + days * DAY_NS };
    if (st == YG_OK)
        st = yg_service_rights(s, &t.role, &t.scope, err);
    if (st == YG_OK)
        st = yg_people_token_make(s->people, by, &t, text, &id, err);
    if (st != YG_OK)
        return st;
    if (s->app.json) {
        yg_jsonw_open(&s->w, '{');
        yg_jsonw_ku64(&s->w, "id", id);
        yg_jsonw_kcstr(&s->w, "token", text);
        yg_jsonw_ktime(&s->w, "expires", t.expires_ns);
        yg_jsonw_close(&s->w, '}');
        yg_buf_char(&s->out, '\n');
    } else {
        yg_buf_printf(&s->out,
                      "token %llu of %.*s, %s, until %s UTC; told only now:\n%s\n",
                      (unsigned long long)id, YG_STR_ARG(u.name), yg_role_name(t.role),
                      yg_service_time(t.expires_ns, time), text);
    }
    sodium_memzero(text, sizeof(text));
    return YG_OK;
}

static void token_json(struct yg_jsonw *w, const struct yg_token *t)
{
    yg_jsonw_open(w, '{');
    yg_json_token(w, t);
    yg_jsonw_close(w, '}');
}

static void token_text(struct yg_buf *out, const struct yg_token *t)
{
    char a[YG_TIME_TEXT_MAX], b[YG_TIME_TEXT_MAX];

    yg_buf_printf(out, "%6llu  %-12s  %-16s  %-16s  ", (unsigned long long)t->id,
                  yg_role_name(t->role), yg_service_time(t->expires_ns, a),
                  yg_service_time(t->used_ns, b));
    yg_text_safe(out, t->user);
    yg_buf_printf(out, " / ");
    yg_text_safe(out, t->label.n > 0 ? t->label : YG_STR("(no label)"));
    yg_buf_printf(out, ": ");
    yg_service_scope_text(out, &t->scope);
    yg_buf_char(out, '\n');
}

static enum yg_status list(struct yg_service *s, struct yg_err *err)
{
    struct yg_tokens tokens = { .count = 0 };
    enum yg_status st =
        yg_people_tokens(s->people, by, yg_service_name(s), &s->app.arena, &tokens, err);

    if (st != YG_OK)
        return st;
    if (s->app.json) {
        yg_jsonw_open(&s->w, '{');
        yg_jsonw_key(&s->w, "tokens");
        yg_jsonw_open(&s->w, '[');
    } else {
        yg_buf_printf(&s->out, "%6s  %-12s  %-16s  %-16s  %s\n", "token", "role",
                      "expires (UTC)", "last used", "user / label: tenants");
    }
    for (size_t i = 0; i < tokens.count; i++)
        if (s->app.json)
            token_json(&s->w, &tokens.row[i]);
        else
            token_text(&s->out, &tokens.row[i]);
    if (s->app.json) {
        yg_jsonw_close(&s->w, ']');
        yg_jsonw_close(&s->w, '}');
        yg_buf_char(&s->out, '\n');
    }
    return YG_OK;
}

static enum yg_status end(struct yg_service *s, struct yg_err *err)
{
    uint64_t id;

    if (!yg_str_u64(yg_service_name(s), &id) || id > INT64_MAX)
        return yg_err_set(err, YG_EINVAL,
                          "token end: write the number that `yagura token list` shows");
    enum yg_status st = yg_people_token_end(s->people, by, id, err);
    if (st != YG_OK)
        return st;
    if (s->app.json)
        yg_buf_printf(&s->out, "{\"id\":%llu,\"done\":\"ended\"}\n",
                      (unsigned long long)id);
    else
        yg_buf_printf(&s->out, "token %llu ended\n", (unsigned long long)id);
    return YG_OK;
}

static const struct yg_service_verb verb[] = {
    { "make", 1, 0, false, make },
    { "list", 0, 1, false, list },
    { "end", 1, 0, false, end },
};

static int run(struct yg_cli *cli)
{
    return yg_service_run(cli, verb, YG_ARRAY_LEN(verb));
}

const struct yg_command yg_cmd_token = {
    .name = "token",
    .args = "make USER|list [USER]|end N",
    .summary = "API tokens: what scripts show instead of a password",
    .help =
        "make USER: prints a token once; it may what its role and tenants say, and never "
        "more\nthan its user may when it is used. list: those that have not expired. "
        "end N: from now on\nit is refused.",
    .opt = { { "label", "TEXT", "of make: what it is for" },
             { "role", "ROLE", "of make: its user's, or less (default: his)" },
             { "tenants", "NAMES",
               "of make: his, or fewer, comma between (default: his)" },
             { "days", "N",
               "of make: it expires after so many, at most 366 (default: 90)" } },
    .min_args = 1,
    .max_args = 2,
    .act = "change token",
    .act_when = "make end",
    .run = run,
};
