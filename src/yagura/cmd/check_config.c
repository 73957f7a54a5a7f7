/* SPDX-License-Identifier: Apache-2.0 */
/* yagura check-config: is a settings file right, and what is in force? */
#include "conf/inputs.h"
#include "conf/watchlist.h"
#include "oidc/settings.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <stdlib.h>

/* The file that was named, else that of --config; NULL: none. */
static const char *file_of(const struct yg_cli *cli)
{
    return cli->arg_count == 1 ? cli->arg[0] : yg_cli_text(cli, "config", NULL);
}

static enum yg_status read_inputs(struct yg_app *app, struct yg_inputs *in,
                                  struct yg_err *err)
{
    const char *file = file_of(app->cli);

    return file ? yg_inputs_read(in, &app->arena, file, err) : YG_OK;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_watchlist *watch = NULL;
    struct yg_app app;
    struct yg_buf out;
    struct yg_inputs *in = calloc(1, sizeof(*in));
    struct yg_oidc_settings oidc = { .on = false };

    yg_buf_init(&out, 1 << 22);
    enum yg_status st = yg_app_init(&app, cli, &err);
    if (st == YG_OK && cli->arg_count == 1)
        st = yg_config_read(&app.config, &app.arena, cli->arg[0], &err);
    if (st == YG_OK && !in)
        st = yg_err_set(&err, YG_ENOMEM, "no memory for the inputs");
    if (st == YG_OK)
        st = read_inputs(&app, in, &err);
    if (st == YG_OK && file_of(cli))
        st = yg_oidc_read(&app.arena, file_of(cli), &oidc, &err);
    if (st == YG_OK && file_of(cli))
        st = yg_thin_read(&app.arena, file_of(cli), yg_clock_now(&app.clock), &app.thin,
                          &err);
    if (st == YG_OK) /* a list that cannot be read would stop triage at its start */
        st = yg_app_watchlist(&app, &watch, &err);
    if (st == YG_OK) {
        yg_config_print(&app.config, &out);
        yg_oidc_print(&oidc, &out);
        yg_inputs_print(in, &out);
        yg_thin_print(&app.thin, &out);
    }
    int exit_status = st == YG_OK ? yg_cli_print(&out) : yg_cli_fail(&err);
    yg_watchlist_free(watch);
    yg_buf_fini(&out);
    free(in);
    yg_app_fini(&app);
    return exit_status;
}

const struct yg_command yg_cmd_check_config = {
    .name = "check-config",
    .args = "[FILE]",
    .summary = "check a settings file and print what is in force",
    .help =
        "Prints every setting with its meaning, unit and range, as a file that --config "
        "reads,\nthen `oidc`, the inputs of a running server and the thinning rules. An "
        "unknown "
        "key or a value out of "
        "range is an\nerror with its line, and so are a line of a list (intelligence, "
        "critical_assets) that is\nno entry, a mapping, a secret's file and an input "
        "that "
        "lacks something.",
    .max_args = 1,
    .run = run,
};
