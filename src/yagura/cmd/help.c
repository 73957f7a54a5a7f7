/* SPDX-License-Identifier: Apache-2.0 */
/* yagura help: the command table as help, man page or shell completion. */
#include "base/log.h"
#include "yagura/commands.h"

#include <string.h>

static int run(struct yg_cli *cli)
{
    const struct yg_command *c = NULL;
    struct yg_buf out;

    if (cli->arg_count == 1) {
        for (int i = 0; yg_commands[i]; i++)
            if (strcmp(cli->arg[0], yg_commands[i]->name) == 0)
                c = yg_commands[i];
        if (!c) {
            yg_log(YG_LOG_ERROR, "no such command '%s'; see `yagura help`", cli->arg[0]);
            return YG_EXIT_USAGE;
        }
    }
    yg_buf_init(&out, 1 << 20);
    if (yg_cli_flag(cli, "man"))
        yg_cli_man(&out);
    else if (yg_cli_flag(cli, "completion"))
        yg_cli_completion(&out);
    else
        yg_cli_help(&out, c);
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

const struct yg_command yg_cmd_help = {
    .name = "help",
    .args = "[COMMAND]",
    .summary = "list the commands, or tell about one",
    .help = "The man page and the shell completion are made from the same table:\n"
            "  yagura help --man > yagura.1\n  source <(yagura help --completion)",
    .opt = { { "man", NULL, "the man page, for man(1)" },
             { "completion", NULL, "completion for bash, and zsh with bashcompinit" } },
    .max_args = 1,
    .run = run,
};
