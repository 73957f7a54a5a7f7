/* SPDX-License-Identifier: Apache-2.0 */
/* yagura features: the table of what a model sees. */
#include "feature/features.h"

#include "yagura/commands.h"

static int run(struct yg_cli *cli)
{
    struct yg_buf out;

    yg_buf_init(&out, 1 << 20);
    yg_features_print(&out, yg_cli_flag(cli, "json"));
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

const struct yg_command yg_cmd_features = {
    .name = "features",
    .args = "",
    .summary = "list the features a model sees",
    .help =
        "Each row: name, type, unit, window and what it means. All are causal: made of "
        "an alert\nand of what came before it.",
    .run = run,
};
