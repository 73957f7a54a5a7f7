/* SPDX-License-Identifier: Apache-2.0 */
/* yagura sources: where records come from, what became of them, and is it well? */
#include "api/sources.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/serving.h"

static enum yg_status list(struct yg_setting *s, struct yg_buf *out, struct yg_err *err)
{
    int64_t now = yg_clock_now(&s->app.clock);
    const struct yg_sources_ask ask = { .dir = s->journal,
                                        .store = s->app.store,
                                        .inputs = s->inputs.count > 0 ? &s->inputs : NULL,
                                        .now_ns = now };
    struct yg_sources v;
    enum yg_status st = yg_sources_read(&ask, &s->app.arena, &v, err);

    if (st != YG_OK)
        return st;
    if (s->app.json)
        yg_json_sources(&v, out);
    else
        yg_text_sources(&v, now, out);
    return YG_OK;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_setting *s = NULL;
    struct yg_buf out;
    enum yg_status st = yg_setting_read(cli, &s, &err);

    yg_buf_init(&out, (size_t)16 << 20);
    if (st == YG_OK)
        st = yg_app_store(&s->app, false, true, &err);
    if (st == YG_OK)
        st = list(s, &out, &err);
    int exit_status = st == YG_OK ? yg_cli_print(&out) : yg_cli_fail(&err);
    yg_buf_fini(&out);
    yg_setting_free(s);
    return exit_status;
}

const struct yg_command yg_cmd_sources = {
    .name = "sources",
    .args = "",
    .summary = "where records come from: what became of them, and is it well",
    .help =
        "For each source of `yagura serve`: received = stored + filtered + duplicate + "
        "refused\n+ in flight (the journal has it, the store not yet), and what is not "
        "as "
        "usual: silence\nfor longer than at this hour on other days (or than its "
        "silent_after; name --config), far\nmore that is not understood, a wrong clock. "
        "Works while the server runs and when it does not.",
    .min_args = 0,
    .max_args = 0,
    .run = run,
};
