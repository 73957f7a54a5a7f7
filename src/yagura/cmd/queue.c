/* SPDX-License-Identifier: Apache-2.0 */
/* yagura queue: what waits for a person. */
#include "base/jsonw.h"
#include "base/risk.h"
#include "policy/decide.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/text.h"

static void json_row(struct yg_jsonw *w, const struct yg_queue_run *r)
{
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_jsonw_open(w, '{');
    yg_hex(r->id, YG_ID_SIZE, hex);
    yg_jsonw_kcstr(w, "id", hex);
    yg_hex(r->worst, YG_ID_SIZE, hex);
    yg_jsonw_kcstr(w, "worst_alert", hex);
    yg_jsonw_kstr(w, "tenant", r->tenant);
    yg_jsonw_kcstr(w, "predicted", yg_level_name(r->predicted));
    yg_jsonw_kf64(w, "risk", yg_risk_prob(r->max_risk));
    yg_jsonw_kstr(w, "rule.name", r->signature);
    yg_jsonw_kstr(w, "source.ip", r->source_ip);
    yg_jsonw_kstr(w, "destination.ip", r->destination_ip);
    yg_jsonw_kstr(w, "host.name", r->host);
    yg_jsonw_kstr(w, "observer.type", r->device);
    yg_jsonw_ku64(w, "alerts", r->alerts);
    yg_jsonw_ku64(w, "open", r->open);
    yg_jsonw_kcstr(w, "first", yg_time_text(r->first_ns, time));
    yg_jsonw_kcstr(w, "last", yg_time_text(r->last_ns, time));
    yg_jsonw_key(w, "gates");
    yg_gates_json(r->gates, w);
    yg_jsonw_kcstr(w, "verdict", yg_level_name(r->verdict));
    yg_jsonw_close(w, '}');
}

static void text_row(struct yg_buf *out, const struct yg_queue_run *r)
{
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_hex(r->id, YG_ID_SIZE, hex);
    yg_time_text(r->first_ns, time);
    time[16] = '\0'; /* to the minute */
    yg_buf_printf(out, "%.10s  %-3s %8.4f  %16s %6llu/%-6llu ", hex,
                  yg_level_name(r->predicted), yg_risk_prob(r->max_risk), time,
                  (unsigned long long)r->open, (unsigned long long)r->alerts);
    yg_text_cell(out, r->tenant, 12);
    yg_text_cell(out, r->entity, 18);
    yg_text_cell(out, r->signature, 60);
    yg_buf_char(out, '\n');
}

/* A name that is mistyped must not look like a quiet night. */
static enum yg_status known_tenant(struct yg_app *a, struct yg_str name,
                                   struct yg_err *err)
{
    struct yg_store_tenant *t;
    size_t n;
    enum yg_status st = yg_store_tenants(a->store, &a->arena, &t, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (yg_str_eq(t[i].name, name))
            return YG_OK;
    return st == YG_OK
               ? yg_err_set(err, YG_ENOTFOUND,
                            "the store has no tenant '%.*s'; `yagura doctor` lists "
                            "them",
                            YG_STR_ARG(name))
               : st;
}

static enum yg_status list(struct yg_app *a, struct yg_buf *out, struct yg_err *err)
{
    int64_t limit = 40, skip = 0;
    struct yg_queue_page page;
    enum yg_status st = yg_cli_number(a->cli, "limit", 1, 100000, &limit, err);

    if (st == YG_OK)
        st = yg_cli_number(a->cli, "skip", 0, INT64_MAX, &skip, err);
    struct yg_queue_filter f = { .tenant = yg_str_of(yg_cli_text(a->cli, "tenant", "")),
                                 .judged = yg_cli_flag(a->cli, "judged"),
                                 .limit = (size_t)limit,
                                 .skip = (size_t)skip };
    if (st == YG_OK && f.tenant.n > 0)
        st = known_tenant(a, f.tenant, err);
    if (st == YG_OK)
        st = yg_store_queue(a->store, &f, &a->arena, &page, err);
    if (st != YG_OK)
        return st;
    if (a->json) {
        struct yg_jsonw w = yg_jsonw_of(out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_ku64(&w, "total", page.total);
        yg_jsonw_key(&w, "runs");
        yg_jsonw_open(&w, '[');
        for (size_t i = 0; i < page.count; i++)
            json_row(&w, &page.run[i]);
        yg_jsonw_close(&w, ']');
        yg_jsonw_close(&w, '}');
        yg_buf_char(out, '\n');
        return YG_OK;
    }
    yg_buf_printf(out, "%-10s  %-3s %8s  %16s %6s/%-6s %-12s %-18s %s\n", "run", "as",
                  "risk", "first (UTC)", "open", "alerts", "tenant", "who", "signature");
    for (size_t i = 0; i < page.count; i++)
        text_row(out, &page.run[i]);
    yg_buf_printf(
        out,
        "%zu of %llu runs that %s. Tell more: yagura explain RUN, yagura packets RUN; "
        "judge: yagura verdict RUN FP|L1|L2|L3|L4\n",
        page.count, (unsigned long long)page.total, f.judged ? "were judged" : "wait");
    return YG_OK;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_app app;
    struct yg_buf out;
    enum yg_status st = yg_app_init(&app, cli, &err);

    yg_buf_init(&out, (size_t)256 << 20);
    if (st == YG_OK)
        st = yg_app_store(&app, false, true, &err);
    if (st == YG_OK)
        st = list(&app, &out, &err);
    int exit_status = st == YG_OK ? yg_cli_print(&out) : yg_cli_fail(&err);
    yg_buf_fini(&out);
    yg_app_fini(&app);
    return exit_status;
}

const struct yg_command yg_cmd_queue = {
    .name = "queue",
    .args = "",
    .summary = "list what waits for a person, the most dangerous first",
    .help =
        "One line a run: alerts of one source and signature with gaps under 30 minutes. "
        "Only\nruns with an alert left open are listed.",
    .opt = { { "tenant", "NAME", "of this tenant only" },
             { "judged", NULL, "those that have a verdict instead" },
             { "limit", "N", "how many (default: 40)" },
             { "skip", "N", "leave out the first N" } },
    .run = run,
};
