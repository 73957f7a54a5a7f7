/* SPDX-License-Identifier: Apache-2.0 */
/* yagura version: what this program is and what it is made with. */
#include "yagura/version.h"
#include "base/hash.h"
#include "base/jsonw.h"
#include "feature/features.h"
#include "yagura/commands.h"

/* The libraries linked in, with the licence each comes under. */
static const struct {
    const char *name, *licence;
} library[] = {
    { "simdjson", "Apache-2.0" },
    { "XGBoost", "Apache-2.0" },
    { "SQLite", "public domain" },
    { "libsodium", "ISC" },
    { "zstd", "BSD-3-Clause" },
    { "liblzma", "public domain" },
    { "zlib", "Zlib" },
    { "libyaml", "MIT" },
    { "libseccomp", "LGPL-2.1-only" },
    { "libmicrohttpd", "LGPL-2.1-or-later" },
};

static int run(struct yg_cli *cli)
{
    struct yg_buf out;
    unsigned char schema[YG_DIGEST_SIZE];
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_feature_schema_digest(schema);
    yg_hex(schema, YG_DIGEST_SIZE, hex);
    yg_buf_init(&out, 1 << 16);
    if (yg_cli_flag(cli, "json")) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_kcstr(&w, "version", YG_VERSION);
        yg_jsonw_kcstr(&w, "feature_schema", hex);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        yg_buf_printf(&out, "yagura %s\n", YG_VERSION);
        if (yg_cli_flag(cli, "licences")) {
            yg_buf_printf(&out, "yagura itself: Apache-2.0. Linked libraries, as Debian "
                                "packages them:\n");
            for (size_t i = 0; i < YG_ARRAY_LEN(library); i++)
                yg_buf_printf(&out, "  %-14s %s\n", library[i].name, library[i].licence);
        }
    }
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

const struct yg_command yg_cmd_version = {
    .name = "version",
    .args = "",
    .summary = "say which version this is",
    .help =
        "With --json also the digest of the feature schema, which a model must match.",
    .opt = { { "licences", NULL, "the licences of what is linked in" } },
    .run = run,
};
