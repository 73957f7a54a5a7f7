/* SPDX-License-Identifier: Apache-2.0 */
/* yagura tenant: what is set for customers, from the machine itself. */
#include "people/tenant.h"
#include "base/text.h"
#include "yagura/commands.h"
#include "yagura/service.h"

static const struct yg_principal *const by = &yg_principal_machine;

static void value_json(struct yg_jsonw *w, const struct yg_tenant *t, int i)
{
    yg_jsonw_kstr(w, yg_tenant_info[i].name, t->value[i]);
}

static enum yg_status list(struct yg_service *s, struct yg_err *err)
{
    struct yg_str *name = NULL;
    size_t n = 0;
    enum yg_status st =
        yg_tenant_names(s->people, &by->scope, &s->app.arena, &name, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++) {
        struct yg_tenant t;
        st = yg_tenant_get(s->people, &by->scope, name[i], &s->app.arena, &t, err);
        if (st != YG_OK)
            break;
        if (s->app.json) {
            yg_jsonw_open(&s->w, '{');
            yg_jsonw_kstr(&s->w, "name", t.name);
            for (int k = 0; k < YG_TENANT_SETTINGS; k++)
                value_json(&s->w, &t, k);
            yg_jsonw_close(&s->w, '}');
            yg_buf_char(&s->out, '\n');
            s->w = yg_jsonw_of(&s->out);
            continue;
        }
        yg_text_safe(&s->out, t.name);
        for (int k = 0; k < YG_TENANT_SETTINGS; k++) {
            if (!t.set[k])
                continue;
            yg_buf_printf(&s->out, "  %s=", yg_tenant_info[k].name);
            yg_text_safe(&s->out, t.value[k]);
        }
        yg_buf_char(&s->out, '\n');
    }
    return st;
}

static enum yg_status show(struct yg_service *s, struct yg_err *err)
{
    struct yg_tenant t;
    enum yg_status st =
        yg_tenant_get(s->people, &by->scope, yg_service_name(s), &s->app.arena, &t, err);

    for (int i = 0; st == YG_OK && i < YG_TENANT_SETTINGS && !s->app.json; i++) {
        yg_buf_printf(&s->out, "%-18s  ", yg_tenant_info[i].name);
        yg_text_safe(&s->out, t.value[i]);
        yg_buf_printf(&s->out, "%s  (%s)\n", t.set[i] ? "" : " [not set]",
                      yg_tenant_info[i].help);
    }
    if (st != YG_OK || !s->app.json)
        return st;
    yg_jsonw_open(&s->w, '{');
    yg_jsonw_kstr(&s->w, "name", t.name);
    for (int i = 0; i < YG_TENANT_SETTINGS; i++)
        value_json(&s->w, &t, i);
    yg_jsonw_close(&s->w, '}');
    yg_buf_char(&s->out, '\n');
    return YG_OK;
}

/* NAME SETTING=VALUE */
static enum yg_status set(struct yg_service *s, struct yg_err *err)
{
    struct yg_str value = yg_str_of(s->app.cli->arg[2]);
    struct yg_str name = yg_str_cut(&value, '=');
    struct yg_tenant t = { .name = yg_service_name(s) };
    enum yg_tenant_setting which;

    if (!yg_tenant_setting_of(name, &which)) {
        struct yg_buf all;
        yg_buf_init(&all, 1024);
        for (int i = 0; i < YG_TENANT_SETTINGS; i++)
            yg_buf_printf(&all, "%s%s", i ? ", " : "", yg_tenant_info[i].name);
        enum yg_status st = yg_err_set(
            err, YG_EINVAL, "write SETTING=VALUE; settings are %s", yg_buf_cstr(&all));
        yg_buf_fini(&all);
        return st;
    }
    t.set[which] = true;
    t.value[which] = value.p ? value : YG_STR("");
    enum yg_status st = yg_tenant_put(s->people, by, &t, err);
    return st == YG_OK ? show(s, err) : st;
}

static enum yg_status changes(struct yg_service *s, struct yg_err *err)
{
    struct yg_tenant_history x = { .count = 0 };
    char time[YG_TIME_TEXT_MAX];
    enum yg_status st = yg_tenant_changes(s->people, &by->scope, yg_service_name(s),
                                          &s->app.arena, &x, err);

    for (size_t i = 0; st == YG_OK && i < x.count; i++) {
        yg_buf_printf(&s->out, "%-16s  ", yg_service_time(x.row[i].at_ns, time));
        yg_text_safe(&s->out, x.row[i].who);
        yg_buf_printf(&s->out, "  %.*s: ", YG_STR_ARG(x.row[i].name));
        yg_text_safe(&s->out, x.row[i].before);
        yg_buf_printf(&s->out, " -> ");
        yg_text_safe(&s->out, x.row[i].after);
        yg_buf_char(&s->out, '\n');
    }
    return st;
}

static const struct yg_service_verb verb[] = {
    { "list", 0, 0, false, list },
    { "show", 1, 0, true, show },
    { "set", 2, 0, true, set },
    { "changes", 1, 0, false, changes },
};

static int run(struct yg_cli *cli)
{
    return yg_service_run(cli, verb, YG_ARRAY_LEN(verb));
}

const struct yg_command yg_cmd_tenant = {
    .name = "tenant",
    .args = "list|show NAME|set NAME SETTING=VALUE|changes NAME",
    .summary = "what is set for a customer: how long records stay, may closing be armed",
    .help =
        "list: those for whom something is set. show: all settings with what they mean "
        "(docs/tenants.md).\nset: one of them, such as keep_days=90. changes: who set "
        "what when.",
    .min_args = 1,
    .max_args = 3,
    .act = "change tenant",
    .act_when = "set",
    .run = run,
};
