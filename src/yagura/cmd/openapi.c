/* SPDX-License-Identifier: Apache-2.0 */
/* yagura openapi: the API described for programs. */
#include "api/openapi.h"

#include "yagura/commands.h"

static int run(struct yg_cli *cli)
{
    struct yg_buf out;

    (void)cli;
    yg_buf_init(&out, 4 << 20);
    yg_openapi(&out);
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

const struct yg_command yg_cmd_openapi = {
    .name = "openapi",
    .args = "",
    .summary = "print the description of the API (OpenAPI 3.1)",
    .help = "The same as `serve` answers at /api/v1/openapi.json, and docs/openapi.json: "
            "made from the\ntable by which requests are served.",
    .run = run,
};
