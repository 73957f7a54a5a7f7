/* SPDX-License-Identifier: Apache-2.0 */
/* yagura queue: what waits for a person. */
#include "base/jsonw.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/runs.h"

static void print_json(const struct yg_queue_page *page,
                       const struct yg_queue_page *blind, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "total", page->total);
    yg_jsonw_ku64(&w, "blind_total", blind->total);
    yg_jsonw_key(&w, "blind");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < blind->count; i++)
        yg_runs_blind_json(&w, &blind->run[i]);
    yg_jsonw_close(&w, ']');
    yg_jsonw_key(&w, "runs");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < page->count; i++)
        yg_runs_json(&w, &page->run[i]);
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

static void print_text(const struct yg_queue_filter *f, const struct yg_queue_page *page,
                       const struct yg_queue_page *blind, struct yg_buf *out)
{
    bool would = false;

    if (blind->total > 0) {
        yg_runs_blind_text(out, blind->run, blind->count, blind->total);
        yg_buf_char(out, '\n');
    }
    yg_buf_printf(out, "%-10s  %-3s %8s  %16s %6s/%-6s %-12s %-18s %s\n", "run", "as",
                  "risk", "first (UTC)", "open", "alerts", "tenant", "who", "signature");
    for (size_t i = 0; i < page->count; i++) {
        yg_runs_text(out, &page->run[i]);
        would |= page->run[i].would > 0 && page->run[i].would == page->run[i].open;
    }
    yg_buf_printf(
        out,
        "%zu of %llu runs that %s. Tell more: yagura explain RUN, yagura packets RUN; "
        "judge: yagura verdict RUN FP|L1|L2|L3|L4\n",
        page->count, (unsigned long long)page->total, f->judged ? "were judged" : "wait");
    if (would)
        yg_buf_printf(out, "* would close, were it not for shadow mode\n");
}

static enum yg_status list(struct yg_app *a, struct yg_buf *out, struct yg_err *err)
{
    int64_t limit = 40, skip = 0;
    struct yg_queue_page page, blind = { .count = 0 };
    enum yg_status st = yg_cli_number(a->cli, "limit", 1, 100000, &limit, err);

    if (st == YG_OK)
        st = yg_cli_number(a->cli, "skip", 0, INT64_MAX, &skip, err);
    struct yg_queue_filter f = { .tenant = yg_str_of(yg_cli_text(a->cli, "tenant", "")),
                                 .judged = yg_cli_flag(a->cli, "judged"),
                                 .limit = (size_t)limit,
                                 .skip = (size_t)skip };
    if (st == YG_OK && f.tenant.n > 0)
        st = yg_app_known_tenant(a, f.tenant, err);
    if (st == YG_OK)
        st = yg_store_queue(a->store, &f, &a->arena, &page, err);
    if (st == YG_OK && !f.judged && skip == 0) {
        f.blind = true;
        st = yg_store_queue(a->store, &f, &a->arena, &blind, err);
    }
    if (st != YG_OK)
        return st;
    if (a->json)
        print_json(&page, &blind, out);
    else
        print_text(&f, &page, &blind, out);
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
        "Only\nruns with an alert left open are listed; in shadow mode these are all. On "
        "top, oldest first,\nwhat was drawn for a check: it is judged without the score.",
    .opt = { { "tenant", "NAME", "of this tenant only" },
             { "judged", NULL, "those that have a verdict instead" },
             { "limit", "N", "how many (default: 40)" },
             { "skip", "N", "leave out the first N" } },
    .run = run,
};
