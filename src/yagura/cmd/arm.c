/* SPDX-License-Identifier: Apache-2.0 */
/* yagura arm, yagura disarm: a person orders that closing has effect, or has none. */
#include "base/jsonw.h"
#include "base/text.h"
#include "pipeline/guard.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/service.h"

#include <stdlib.h>

struct arm {
    struct yg_app app;
    struct yg_modelpack *pack;
    struct yg_guard *guard;
    struct yg_guard_order order;
};

static enum yg_status read_order(struct arm *a, struct yg_err *err)
{
    const struct yg_cli *cli = a->app.cli;
    const char *device = yg_cli_text(cli, "device", NULL);
    enum yg_device d;

    a->order.tenant = yg_str_of(yg_cli_text(cli, "tenant", "default"));
    a->order.who = yg_str_of(yg_cli_text(cli, "who", ""));
    a->order.why = yg_str_of(yg_cli_text(cli, "why", ""));
    if (a->order.kind == YG_ORDER_ARM) {
        a->order.pooled = yg_cli_flag(cli, "pooled");
        a->order.accept = yg_str_of(yg_cli_text(cli, "accept", ""));
    }
    if (!device)
        return YG_OK;
    if (!yg_device_of(yg_str_of(device), &d))
        return yg_err_set(err, YG_EINVAL,
                          "--device %s: there is no such type of device; `yagura audit "
                          "status` names those of a tenant",
                          device);
    a->order.devices = 1U << d;
    return YG_OK;
}

static int print_result(struct arm *a, const struct yg_guard_stratum *s, size_t n,
                        const struct yg_guard_others *others)
{
    struct yg_buf out;
    struct yg_jsonw w;
    char time[YG_TIME_TEXT_MAX];

    yg_buf_init(&out, 65536);
    w = yg_jsonw_of(&out);
    if (a->app.json)
        yg_jsonw_open(&w, '{');
    for (size_t i = 0; i < n; i++) {
        const char *mode = yg_mode_name(s[i].standing.mode);
        if (a->app.json) {
            yg_jsonw_kcstr(&w, yg_device_name(s[i].device), mode);
            continue;
        }
        yg_text_safe(&out, a->order.tenant);
        yg_buf_printf(&out, ", %s: %s", yg_device_name(s[i].device), mode);
        if (s[i].standing.mode == YG_MODE_ARMED)
            yg_buf_printf(&out,
                          " until %s; longer if the audits renew it, shorter if they "
                          "break it",
                          yg_time_text(s[i].standing.expires_ns, time));
        yg_buf_char(&out, '\n');
    }
    if (!a->app.json && others->armed + others->shadow > 0) {
        yg_text_safe(&out, a->order.tenant);
        yg_buf_printf(&out, ", other device types: ");
        yg_guard_others_text(others, &out);
        yg_buf_char(&out, '\n');
    }
    if (a->app.json)
        yg_jsonw_close(&w, '}');
    if (a->app.json)
        yg_buf_char(&out, '\n');
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

/* What was set for the tenant stands above what could be proved for it. */
static enum yg_status may_arm(struct arm *a, struct yg_err *err)
{
    struct yg_tenant t;
    enum yg_status st = yg_service_tenant(&a->app, a->order.tenant, &t, err);

    if (st == YG_OK && !yg_tenant_flag(&t, YG_TENANT_ARM))
        st = yg_err_set(err, YG_EPERM,
                        "nothing is closed for %.*s: its setting may_arm is false "
                        "(`yagura tenant`)",
                        YG_STR_ARG(a->order.tenant));
    return st;
}

static int run(struct yg_cli *cli, uint8_t kind)
{
    struct yg_err err = { 0 }, none = { 0 };
    struct arm a = { .order = { .kind = kind } };
    struct yg_guard_stratum *s = NULL;
    struct yg_guard_others others = { .armed = 0 };
    size_t n = 0;
    enum yg_status st = yg_app_init(&a.app, cli, &err);

    if (st == YG_OK)
        st = read_order(&a, &err);
    if (st == YG_OK)
        st = yg_app_rows(&a.app, false, &err);
    if (st == YG_OK)
        st = yg_app_known_tenant(&a.app, a.order.tenant, &err);
    if (st == YG_OK && kind == YG_ORDER_ARM)
        st = may_arm(&a, &err);
    /* Without a model there is nothing to arm, but always something to disarm. */
    if (st == YG_OK && yg_app_model(&a.app, &a.pack, &none) != YG_OK &&
        kind == YG_ORDER_ARM) {
        err = none;
        st = err.status;
    }
    if (st == YG_OK)
        st = yg_app_guard(&a.app, a.pack, true, &a.guard, &err);
    if (st == YG_OK)
        st = yg_store_hold(a.app.store, &err);
    if (st == YG_OK)
        st = yg_guard_order(a.guard, &a.order, &err);
    if (st == YG_OK)
        st = yg_store_commit(a.app.store, &err);
    if (st == YG_OK)
        st = yg_guard_standings(a.guard, a.order.tenant, &a.app.arena, &s, &n, &err);
    if (st == YG_OK)
        st = yg_guard_others(a.guard, a.order.tenant, &others, &err);
    int exit_status = st == YG_OK ? print_result(&a, s, n, &others) : yg_cli_fail(&err);
    yg_guard_free(a.guard);
    yg_modelpack_free(a.pack);
    yg_app_fini(&a.app);
    return exit_status;
}

static int arm(struct yg_cli *cli)
{
    return run(cli, YG_ORDER_ARM);
}

static int disarm(struct yg_cli *cli)
{
    return run(cli, YG_ORDER_DISARM);
}

const struct yg_command yg_cmd_arm = {
    .name = "arm",
    .args = "",
    .summary = "let closing have effect, if the certificate and the audits allow it",
    .help = "Needs a certificate of the present model that may arm (`yagura certify`). "
            "What is not\ncertified for want of verdicts, or is certified for all "
            "tenants together, the owner\naccepts in writing. Refused with the reason "
            "and what would help. From then on audits watch\nit: it falls back to "
            "shadow by itself when they no longer bear it out.",
    .opt = { { "tenant", "NAME", "whose alerts (default: default)" },
             { "device", "TYPE", "only this type of device (default: all)" },
             { "who", "NAME", "who orders it" },
             { "why", "TEXT", "why; both are kept for good" },
             { "accept", "TEXT",
               "what is not certified is accepted, in the owner's words" },
             { "pooled", NULL, "by the certificate over all tenants" },
             { "model", "FILE", "model file (default: the store's)" } },
    .act = "arm policy",
    .run = arm,
};

const struct yg_command yg_cmd_disarm = {
    .name = "disarm",
    .args = "",
    .summary = "back to shadow mode: nothing more is closed",
    .help = "What was closed stays closed and is found like any other alert. A triage "
            "that runs now\nholds the store: stop it first.",
    .opt = { { "tenant", "NAME", "whose alerts (default: default)" },
             { "device", "TYPE", "only this type of device (default: all)" },
             { "who", "NAME", "who orders it" },
             { "why", "TEXT", "why; both are kept for good" },
             { "model", "FILE", "model file (default: the store's)" } },
    .act = "disarm policy",
    .run = disarm,
};
