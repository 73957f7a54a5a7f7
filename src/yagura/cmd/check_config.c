/* SPDX-License-Identifier: Apache-2.0 */
/* yagura check-config: is a settings file right, and what is in force? */
#include "conf/watchlist.h"
#include "yagura/app.h"
#include "yagura/commands.h"

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_watchlist *watch = NULL;
    struct yg_app app;
    struct yg_buf out;

    yg_buf_init(&out, 1 << 20);
    enum yg_status st = yg_app_init(&app, cli, &err);
    if (st == YG_OK && cli->arg_count == 1)
        st = yg_config_read(&app.config, &app.arena, cli->arg[0], &err);
    if (st == YG_OK) /* a list that cannot be read would stop triage at its start */
        st = yg_app_watchlist(&app, &watch, &err);
    if (st == YG_OK)
        yg_config_print(&app.config, &out);
    int exit_status = st == YG_OK ? yg_cli_print(&out) : yg_cli_fail(&err);
    yg_watchlist_free(watch);
    yg_buf_fini(&out);
    yg_app_fini(&app);
    return exit_status;
}

const struct yg_command yg_cmd_check_config = {
    .name = "check-config",
    .args = "[FILE]",
    .summary = "check a settings file and print what is in force",
    .help =
        "Prints every setting with its meaning, unit and range, as a file that --config "
        "reads.\nAn unknown key or a value out of range is an error with its line, and "
        "so is a "
        "line of a\nlist (intelligence, critical_assets) that is no entry.",
    .max_args = 1,
    .run = run,
};
