/* SPDX-License-Identifier: Apache-2.0 */
/* yagura audit: what waits for a blind verdict, what the audits say, and is it all true?
 */
#include "base/jsonw.h"
#include "base/text.h"
#include "pipeline/guard.h"
#include "yagura/acting.h"
#include "yagura/audit_trial.h"
#include "yagura/commands.h"
#include "yagura/recompute.h"
#include "yagura/runs.h"

#include <stdlib.h>
#include <string.h>

struct audit {
    struct yg_app app;
    struct yg_modelpack *pack;
    struct yg_guard *guard;
    struct yg_str *tenant; /* those asked for */
    size_t tenants;
    struct yg_buf out;
    struct yg_jsonw w;
};

static enum yg_status tenants(struct audit *a, struct yg_err *err)
{
    struct yg_str name = yg_str_of(yg_cli_text(a->app.cli, "tenant", ""));
    struct yg_store_tenant *t;
    size_t n = 0;
    enum yg_status st = YG_OK;

    if (name.n > 0)
        st = yg_app_known_tenant(&a->app, name, err);
    if (st == YG_OK)
        st = yg_store_tenants(a->app.store, &a->app.arena, &t, &n, err);
    if (st != YG_OK)
        return st;
    a->tenant = yg_arena_alloc(&a->app.arena, (n + 1) * sizeof(*a->tenant));
    if (!a->tenant)
        return yg_err_set(err, YG_ENOMEM, "no memory");
    for (size_t i = 0; i < n; i++)
        if (name.n == 0 || yg_str_eq(t[i].name, name))
            a->tenant[a->tenants++] = t[i].name;
    return YG_OK;
}

/* ---- what waits ------------------------------------------------------------------- */

static enum yg_status waiting(struct audit *a, struct yg_err *err)
{
    int64_t limit = 40;
    struct yg_queue_page page;
    enum yg_status st = yg_cli_number(a->app.cli, "limit", 1, 100000, &limit, err);
    struct yg_queue_filter f = { .tenant =
                                     yg_str_of(yg_cli_text(a->app.cli, "tenant", "")),
                                 .blind = true,
                                 .limit = (size_t)limit };

    if (st == YG_OK)
        st = yg_store_queue(a->app.store, &f, &a->app.arena, &page, err);
    if (st != YG_OK)
        return st;
    if (a->app.json) {
        yg_jsonw_open(&a->w, '{');
        yg_jsonw_ku64(&a->w, "total", page.total);
        yg_jsonw_key(&a->w, "runs");
        yg_jsonw_open(&a->w, '[');
        for (size_t i = 0; i < page.count; i++)
            yg_runs_blind_json(&a->w, &page.run[i]);
        yg_jsonw_close(&a->w, ']');
        yg_jsonw_close(&a->w, '}');
        yg_buf_char(&a->out, '\n');
        return YG_OK;
    }
    if (page.total == 0) {
        yg_buf_printf(&a->out, "nothing waits for a verdict without the score\n");
        return YG_OK;
    }
    yg_runs_blind_text(&a->out, page.run, page.count, page.total);
    return YG_OK;
}

/* ---- status ----------------------------------------------------------------------- */

static enum yg_status look(struct audit *a, struct yg_err *err)
{
    struct yg_err none = { 0 };

    if (yg_app_model(&a->app, &a->pack, &none) != YG_OK)
        a->pack = NULL; /* the audits speak for themselves */
    return yg_app_guard(&a->app, a->pack, false, &a->guard, err);
}

static void status_one(struct audit *a, struct yg_str tenant,
                       const struct yg_guard_stratum *s)
{

    if (a->app.json) {
        yg_jsonw_open(&a->w, '{');
        yg_jsonw_kstr(&a->w, "tenant", tenant);
        yg_jsonw_kcstr(&a->w, "device", yg_device_name(s->device));
        yg_jsonw_key(&a->w, "standing");
        yg_standing_json(&s->standing, &a->w);
        yg_jsonw_close(&a->w, '}');
        return;
    }
    yg_text_safe(&a->out, tenant);
    yg_buf_printf(&a->out, ", %s\n", yg_device_name(s->device));
    yg_standing_text(&s->standing, yg_guard_rules(a->guard), &a->out);
}

static enum yg_status others(struct audit *a, struct yg_str tenant, struct yg_err *err)
{
    struct yg_guard_others x;
    enum yg_status st = yg_guard_others(a->guard, tenant, &x, err);

    if (st != YG_OK || a->app.json || x.armed + x.shadow == 0)
        return st;
    yg_text_safe(&a->out, tenant);
    yg_buf_printf(&a->out, ", other device types: ");
    yg_guard_others_text(&x, &a->out);
    yg_buf_char(&a->out, '\n');
    return YG_OK;
}

static enum yg_status orders(struct audit *a, struct yg_str tenant, struct yg_err *err)
{
    static const char *const name[] = { "-", "arm", "disarm", "accept", "fell", "renew" };
    struct yg_order *o;
    size_t n;
    char time[YG_TIME_TEXT_MAX];
    enum yg_status st =
        yg_ledger_orders(a->app.store, tenant, &a->app.arena, &o, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++) {
        const char *kind = o[i].kind < YG_ARRAY_LEN(name) ? name[o[i].kind] : "?";
        if (!a->app.json) {
            yg_buf_printf(&a->out, "  %s %.*s: %s", yg_time_text(o[i].at_ns, time),
                          YG_STR_ARG(o[i].tenant), kind);
            for (unsigned d = 0; o[i].devices && d < YG_DEV_COUNT; d++)
                if (o[i].devices >> d & 1)
                    yg_buf_printf(&a->out, " %s", yg_device_name(d));
            yg_buf_printf(&a->out, " by %.*s: %.*s\n", YG_STR_ARG(o[i].who),
                          YG_STR_ARG(o[i].why));
            continue;
        }
        yg_jsonw_open(&a->w, '{');
        yg_jsonw_kstr(&a->w, "tenant", o[i].tenant);
        yg_jsonw_kcstr(&a->w, "at", yg_time_text(o[i].at_ns, time));
        yg_jsonw_kcstr(&a->w, "order", kind);
        yg_jsonw_kstr(&a->w, "who", o[i].who);
        yg_jsonw_kstr(&a->w, "why", o[i].why);
        yg_jsonw_close(&a->w, '}');
    }
    return st;
}

/* What the audit says of operators' rules. */
static enum yg_status rules(struct audit *a, struct yg_str tenant, struct yg_err *err)
{
    struct yg_guard_rule *r;
    size_t n;
    enum yg_status st =
        yg_guard_rules_audited(a->guard, tenant, &a->app.arena, &r, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++) {
        if (!a->app.json) {
            yg_text_safe(&a->out, tenant);
            yg_buf_printf(&a->out, ", closed by rule ");
            yg_text_safe(&a->out, r[i].says);
            yg_buf_printf(
                &a->out, ": %llu alerts; %llu runs audited, %llu %s%s\n",
                (unsigned long long)r[i].closed, (unsigned long long)r[i].audits,
                (unsigned long long)r[i].missed, r[i].missed == 1 ? "attack" : "attacks",
                r[i].proved ? "" : ": it is in shadow");
            continue;
        }
        yg_jsonw_open(&a->w, '{');
        yg_jsonw_kstr(&a->w, "tenant", tenant);
        yg_jsonw_kstr(&a->w, "name", r[i].name);
        yg_jsonw_kstr(&a->w, "rule", r[i].says);
        yg_jsonw_ku64(&a->w, "closed", r[i].closed);
        yg_jsonw_ku64(&a->w, "audits", r[i].audits);
        yg_jsonw_ku64(&a->w, "missed", r[i].missed);
        yg_jsonw_kbool(&a->w, "proved", r[i].proved);
        yg_jsonw_close(&a->w, '}');
    }
    return st;
}

static enum yg_status status(struct audit *a, struct yg_err *err)
{
    struct yg_guard_stratum *s;
    size_t n;
    enum yg_status st = look(a, err);

    if (st == YG_OK)
        st = tenants(a, err);
    if (a->app.json) {
        yg_jsonw_open(&a->w, '{');
        yg_jsonw_key(&a->w, "strata");
        yg_jsonw_open(&a->w, '[');
    }
    for (size_t i = 0; st == YG_OK && i < a->tenants; i++) {
        st = yg_guard_standings(a->guard, a->tenant[i], &a->app.arena, &s, &n, err);
        for (size_t k = 0; st == YG_OK && k < n; k++)
            status_one(a, a->tenant[i], &s[k]);
        if (st == YG_OK)
            st = others(a, a->tenant[i], err);
        if (st == YG_OK && !a->app.json)
            st = rules(a, a->tenant[i], err);
    }
    if (a->app.json) {
        yg_jsonw_close(&a->w, ']');
        yg_jsonw_key(&a->w, "rules");
        yg_jsonw_open(&a->w, '[');
    }
    for (size_t i = 0; a->app.json && st == YG_OK && i < a->tenants; i++)
        st = rules(a, a->tenant[i], err);
    if (a->app.json) {
        yg_jsonw_close(&a->w, ']');
        yg_jsonw_key(&a->w, "orders");
        yg_jsonw_open(&a->w, '[');
    }
    for (size_t i = 0; st == YG_OK && i < a->tenants; i++)
        st = orders(a, a->tenant[i], err);
    if (a->app.json) {
        yg_jsonw_close(&a->w, ']');
        yg_jsonw_close(&a->w, '}');
        yg_buf_char(&a->out, '\n');
    } else if (yg_buf_str(&a->out).n == 0 && st == YG_OK) {
        yg_buf_printf(&a->out, "no triage has counted anything yet\n");
    }
    return st;
}

/* ---- verify ----------------------------------------------------------------------- */

/* Everything that is printed of an audit is computed from its rows; here it is computed
 * once more, and the sums are shown. */
static enum yg_status add_up(struct audit *a, uint64_t *strata, uint64_t *audits,
                             struct yg_err *err)
{
    struct yg_guard_stratum *s;
    size_t n;
    enum yg_status st = look(a, err);

    if (st == YG_OK)
        st = tenants(a, err);
    for (size_t i = 0; st == YG_OK && i < a->tenants; i++) {
        st = yg_guard_standings(a->guard, a->tenant[i], &a->app.arena, &s, &n, err);
        for (size_t k = 0; st == YG_OK && k < n; k++) {
            *strata += 1;
            *audits += s[k].standing.audits;
            if (!a->app.json && s[k].standing.audits > 0)
                yg_buf_printf(&a->out, "%.*s, %s: e-value %.6g after %llu audits\n",
                              YG_STR_ARG(a->tenant[i]), yg_device_name(s[k].device),
                              s[k].standing.detector,
                              (unsigned long long)s[k].standing.in_bet);
        }
    }
    return st;
}

/* Who did what, if anything is written down. */
static enum yg_status verify_trail(struct audit *a, struct yg_trail_report *out,
                                   struct yg_err *err)
{
    struct yg_trail *t = NULL;
    struct yg_err none = { 0 };
    enum yg_status st = yg_acting_trail(&a->app, false, &t, &none);

    *out = (struct yg_trail_report){ .rows = 0 };
    if (st == YG_OK)
        st = yg_acting_verify(&a->app, t, NULL, out, err);
    else if (st != YG_ENOTFOUND)
        *err = none;
    yg_trail_close(t);
    return st == YG_ENOTFOUND ? YG_OK : st;
}

/* What is said only where there is some of it. */
static void verify_text(struct audit *a, const struct yg_recomputed *again,
                        const struct yg_trail_report *trail)
{
    if (trail->rows > 0)
        yg_buf_printf(
            &a->out, "trail: %llu rows follow from each other, %llu signed checkpoints\n",
            (unsigned long long)trail->rows, (unsigned long long)trail->checkpoints);
    if (again->other_models > 0)
        yg_buf_printf(&a->out,
                      "%llu certificates speak of another model and were not computed "
                      "again: --model FILE\n",
                      (unsigned long long)again->other_models);
}

static enum yg_status verify(struct audit *a, struct yg_err *err)
{
    struct yg_trail_report trail;
    struct yg_ledger_state state = { .orders = 0 };
    struct yg_recomputed again = { 0 };
    uint64_t strata = 0, audits = 0;
    char head[2 * YG_DIGEST_SIZE + 1];
    enum yg_status st = yg_ledger_verify_all(a->app.store, &state, err);

    if (st == YG_OK)
        st = add_up(a, &strata, &audits, err);
    if (st == YG_OK && state.tosses + state.states + state.certificates > 0)
        st = yg_recompute_all(&a->app, a->pack, &again, err);
    if (st == YG_OK)
        st = verify_trail(a, &trail, err);
    if (st != YG_OK)
        return st;
    yg_hex(state.head, YG_DIGEST_SIZE, head);
    if (a->app.json) {
        yg_jsonw_open(&a->w, '{');
        yg_jsonw_kbool(&a->w, "whole", true);
        yg_jsonw_ku64(&a->w, "orders", state.orders);
        yg_jsonw_ku64(&a->w, "certificates", state.certificates);
        yg_jsonw_ku64(&a->w, "tosses", state.tosses);
        yg_jsonw_ku64(&a->w, "audit_states", state.states);
        yg_jsonw_ku64(&a->w, "strata", strata);
        yg_jsonw_ku64(&a->w, "audits", audits);
        yg_jsonw_ku64(&a->w, "tosses_again", again.tosses);
        yg_jsonw_ku64(&a->w, "draws_again", again.draws);
        yg_jsonw_ku64(&a->w, "certificates_again", again.certificates);
        yg_jsonw_ku64(&a->w, "certificates_of_other_models", again.other_models);
        yg_jsonw_ku64(&a->w, "trail_rows", trail.rows);
        yg_jsonw_ku64(&a->w, "trail_checkpoints", trail.checkpoints);
        yg_jsonw_kcstr(&a->w, "head", head);
        yg_jsonw_close(&a->w, '}');
        yg_buf_char(&a->out, '\n');
        return YG_OK;
    }
    yg_buf_printf(
        &a->out,
        "whole: %llu orders, %llu certificates, %llu tosses and %llu states of audits in "
        "chains,\nevery digest and signature right; %llu strata computed again from %llu "
        "audits\n"
        "computed again and the same: %llu tosses, %llu draws, %llu certificates bit for "
        "bit\n"
        "head %s (kept elsewhere, it shows a ledger that was written anew)\n",
        (unsigned long long)state.orders, (unsigned long long)state.certificates,
        (unsigned long long)state.tosses, (unsigned long long)state.states,
        (unsigned long long)strata, (unsigned long long)audits,
        (unsigned long long)again.tosses, (unsigned long long)again.draws,
        (unsigned long long)again.certificates, head);
    verify_text(a, &again, &trail);
    return YG_OK;
}

/* ---- plant ------------------------------------------------------------------------ */

static enum yg_status plant(struct audit *a, struct yg_err *err)
{
    struct yg_str name = yg_str_of(yg_cli_text(a->app.cli, "tenant", "default"));
    uint64_t n = 0;
    enum yg_status st = yg_app_known_tenant(&a->app, name, err);

    if (st == YG_OK &&
        (a->app.cli->arg_count != 2 || !yg_str_u64(yg_str_of(a->app.cli->arg[1]), &n)))
        st = yg_err_set(err, YG_EINVAL, "write `audit plant N`: how many past attacks");
    if (st == YG_OK)
        st = yg_app_guard(&a->app, NULL, true, &a->guard, err);
    if (st == YG_OK)
        st = yg_guard_plant(a->guard, name, n, err);
    if (st == YG_OK)
        st = yg_store_commit(a->app.store, err);
    if (st != YG_OK)
        return st;
    if (a->app.json)
        yg_buf_printf(&a->out, "{\"planted\":%llu}\n", (unsigned long long)n);
    else
        yg_buf_printf(&a->out,
                      "%llu past attacks wait among the audits; who judges them should "
                      "not know of it\n",
                      (unsigned long long)n);
    return YG_OK;
}

/* ---- trial ------------------------------------------------------------------------ */

static enum yg_status trial(struct audit *a, struct yg_err *err)
{
    return yg_audit_trial(&a->app, &a->out, err);
}

/* ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool writes;
    enum yg_status (*run)(struct audit *a, struct yg_err *err);
} verb[] = { { "list", false, waiting },
             { "status", false, status },
             { "verify", false, verify },
             { "plant", true, plant },
             { "trial", true, trial } };

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct audit a = { .tenants = 0 };
    size_t v = 0;
    enum yg_status st = yg_app_init(&a.app, cli, &err);

    yg_buf_init(&a.out, (size_t)64 << 20);
    a.w = yg_jsonw_of(&a.out);
    while (cli->arg_count > 0 && v < YG_ARRAY_LEN(verb) &&
           strcmp(verb[v].name, cli->arg[0]) != 0)
        v++;
    if (st == YG_OK && v == YG_ARRAY_LEN(verb))
        st = yg_err_set(&err, YG_EINVAL,
                        "audit %s: write list, status, verify, plant or trial",
                        cli->arg[0]);
    if (st == YG_OK)
        st = verb[v].writes ? yg_app_rows(&a.app, true, &err)
                            : yg_app_store(&a.app, false, true, &err);
    if (st == YG_OK)
        st = verb[v].run(&a, &err);
    int exit_status = st == YG_OK ? yg_cli_print(&a.out) : yg_cli_fail(&err);
    yg_buf_fini(&a.out);
    yg_guard_free(a.guard);
    yg_modelpack_free(a.pack);
    yg_app_fini(&a.app);
    return exit_status;
}

const struct yg_command yg_cmd_audit = {
    .name = "audit",
    .args = "[list|status|verify|plant N|trial N]",
    .summary = "what a person judges without the score, and what that proves",
    .help =
        "list (the default): runs drawn by the coin, oldest first; judge them like any "
        "other:\nyagura verdict RUN LEVEL.\n"
        "status: modes, bounds, what fell and why, all orders.\n"
        "verify: the chain of orders and certificates, digests, signatures; e-values, "
        "every "
        "toss\nand every certificate of the model computed again, the first row that "
        "differs named.\n"
        "plant N: shows past attacks again among the runs that wait, to learn how many "
        "people find.\n"
        "trial N: for a first certificate, draws N runs of the days since the training "
        "that "
        "would\nclose, over all customers, and as many decoys from the riskiest.",
    .opt = { { "tenant", "NAME", "of this tenant only" },
             { "limit", "N", "of list: how many (default: 40)" },
             { "one-in", "K",
               "of trial: of the runs that would close one in K is drawn (default: 1)" },
             { "decoys", "N", "of trial: how many (default: as many as audits)" },
             { "model", "FILE", "model file (default: the store's)" } },
    .max_args = 2,
    .act = "change audit",
    .act_when = "plant trial",
    .run = run,
};
