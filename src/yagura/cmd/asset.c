/* SPDX-License-Identifier: Apache-2.0 */
/* yagura asset: what tenants protect, from the machine itself. */
#include "base/text.h"
#include "conf/textfile.h"
#include "desk/about.h"
#include "desk/import.h"
#include "yagura/commands.h"
#include "yagura/door.h"
#include "yagura/text.h"

#include <stdio.h>
#include <unistd.h>

static const struct yg_scope everybody = { .all = true };

struct work {
    struct yg_app app;
    struct yg_desk *desk;
    struct yg_desk_by by;
    struct yg_str tenant; /* empty: none was named */
    struct yg_buf out;
};

static enum yg_status needs_tenant(const struct work *x, struct yg_err *err)
{
    return x->tenant.n > 0 ? YG_OK
                           : yg_err_set(err, YG_EINVAL, "say whose with --tenant NAME");
}

/* ---- import -------------------------------------------------------------------------
 */

static void problems(const char *path, const struct yg_import *im)
{
    for (size_t i = 0; i < im->problems; i++) {
        fprintf(stderr, "yagura: %s:%d: ", path, im->problem[i].line);
        struct yg_buf safe;
        yg_buf_init(&safe, 4 * YG_IMPORT_WHAT);
        yg_text_safe(&safe, yg_str_of(im->problem[i].what));
        fprintf(stderr, "%s\n", yg_buf_cstr(&safe));
        yg_buf_fini(&safe);
    }
}

static void told(struct work *x, const char *path, const struct yg_import *im)
{
    if (!x->app.json) {
        yg_text_safe(&x->out, yg_str_of(path));
        yg_buf_printf(&x->out,
                      ": %s: %zu assets, %llu findings, %llu lines passed over\n",
                      im->kind, im->count, (unsigned long long)im->findings,
                      (unsigned long long)im->passed);
        return;
    }
    struct yg_jsonw w = yg_jsonw_of(&x->out);
    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "file", path);
    yg_jsonw_kcstr(&w, "kind", im->kind);
    yg_jsonw_ku64(&w, "assets", im->count);
    yg_jsonw_ku64(&w, "findings", im->findings);
    yg_jsonw_ku64(&w, "passed_over", im->passed);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&x->out, '\n');
}

static enum yg_status import_one(struct work *x, const char *path, struct yg_err *err)
{
    const struct yg_cli *cli = x->app.cli;
    struct yg_import_ask ask = {
        .tenant = x->tenant,
        .name = yg_str_of(strrchr(path, '/') ? strrchr(path, '/') + 1 : path),
        .subject = yg_str_of(yg_cli_text(cli, "asset", "")),
        .scanner = yg_str_of(yg_cli_text(cli, "scanner", "")),
    };
    struct yg_arena arena;
    struct yg_import im;

    yg_arena_init(&arena, (size_t)2 << 30);
    enum yg_status st = yg_textfile_read(&arena, path, YG_IMPORT_BYTES, &ask.data, err);
    if (st == YG_OK) {
        st = yg_import(x->desk, &x->by, &ask, &arena, &im, err);
        if (st == YG_OK)
            told(x, path, &im);
        else if (st == YG_EFORMAT)
            problems(path, &im);
    }
    yg_arena_fini(&arena);
    return st == YG_EFORMAT ? yg_err_set(err, st, "nothing of %s was imported", path)
                            : st;
}

static enum yg_status import(struct work *x, struct yg_err *err)
{
    const struct yg_cli *cli = x->app.cli;
    enum yg_status st = needs_tenant(x, err);

    if (st == YG_OK && cli->arg_count < 2)
        st = yg_err_set(err, YG_EINVAL, "write: yagura asset import FILE...");
    for (int i = 1; st == YG_OK && i < cli->arg_count; i++)
        st = import_one(x, cli->arg[i], err);
    return st;
}

/* ---- list, export, remove -----------------------------------------------------------
 */

static void row(struct work *x, const struct yg_asset *a)
{
    if (x->app.json) {
        struct yg_jsonw w = yg_jsonw_of(&x->out);
        yg_asset_json(&w, a);
    } else {
        yg_text_cell(&x->out, a->tenant, 12);
        yg_text_cell(&x->out, a->subject, 20);
        yg_text_cell(&x->out, a->name, 20);
        yg_text_cell(&x->out, a->role, 16);
        yg_text_cell(&x->out, a->owner, 16);
        yg_buf_printf(&x->out, "%u", a->criticality);
    }
    yg_buf_char(&x->out, '\n');
}

static enum yg_status list(struct work *x, struct yg_err *err)
{
    struct yg_desk_ask ask = { .tenant = x->tenant, .limit = YG_DESK_LIST_MAX };
    struct yg_assets page = { .more = true };
    enum yg_status st = YG_OK;

    while (st == YG_OK && page.more) {
        struct yg_arena arena;
        yg_arena_init(&arena, (size_t)64 << 20);
        st = yg_asset_list(x->desk, &x->by, &ask, &arena, &page, err);
        for (size_t i = 0; st == YG_OK && i < page.count; i++) {
            row(x, &page.row[i]);
            ask.before = page.row[i].number;
        }
        yg_arena_fini(&arena);
    }
    return st;
}

static enum yg_status export(struct work *x, struct yg_err *err) {
    return yg_asset_csv(x->desk, &x->by, x->tenant, &x->out, err);
}

static enum yg_status remove_one(struct work *x, struct yg_err *err)
{
    const struct yg_cli *cli = x->app.cli;
    char subject[YG_ASSET_SUBJECT];
    struct yg_asset a;
    enum yg_status st = needs_tenant(x, err);

    if (st == YG_OK && cli->arg_count != 2)
        st = yg_err_set(err, YG_EINVAL, "write: yagura asset remove ADDRESS|HOST");
    if (st == YG_OK)
        st = yg_asset_subject(yg_str_of(cli->arg[1]), subject, err);
    if (st != YG_OK)
        return st;
    st = yg_asset_named(x->desk, &x->by, x->tenant, yg_str_of(subject), &a.number, err);
    if (st == YG_OK)
        st = yg_asset_remove(x->desk, &x->by, a.number, err);
    if (st == YG_OK && x->app.json)
        yg_buf_printf(&x->out, "{\"subject\":\"%s\",\"done\":\"removed\"}\n", subject);
    else if (st == YG_OK)
        yg_buf_printf(&x->out, "%s removed\n", subject);
    return st;
}

/* ---- running ------------------------------------------------------------------------
 */

static enum yg_status dispatch(struct work *x, struct yg_err *err)
{
    static const struct {
        const char *name;
        enum yg_status (*run)(struct work *x, struct yg_err *err);
    } verb[] = { { "import", import },
                 { "list", list },
                 { "export", export },
                 { "remove", remove_one } };
    const char *name = x->app.cli->arg[0];

    for (size_t i = 0; i < YG_ARRAY_LEN(verb); i++)
        if (strcmp(verb[i].name, name) == 0)
            return verb[i].run(x, err);
    return yg_err_set(err, YG_EINVAL, "asset %s: write import, list, export or remove",
                      name);
}

static int run(struct yg_cli *cli)
{
    struct work x = { .by = { YG_STR("machine"), &everybody } };
    struct yg_err err = { 0 };
    enum yg_status st = yg_app_init(&x.app, cli, &err);

    yg_buf_init(&x.out, (size_t)256 << 20);
    x.tenant = yg_str_of(yg_cli_text(cli, "tenant", ""));
    if (st == YG_OK && access(x.app.dir, F_OK) != 0)
        st = yg_err_set(&err, YG_ENOTFOUND, "no store at %s", x.app.dir);
    if (st == YG_OK)
        st = yg_door_desk(&x.app, 0, &x.desk, &err);
    if (st == YG_OK)
        st = dispatch(&x, &err);
    int exit_status = yg_cli_print(&x.out); /* files before the one that failed are in */
    if (st != YG_OK)
        exit_status = yg_cli_fail(&err);
    yg_desk_close(x.desk);
    yg_buf_fini(&x.out);
    yg_app_fini(&x.app);
    return exit_status;
}

const struct yg_command yg_cmd_asset = {
    .name = "asset",
    .args = "import FILE...|list|export|remove NAME",
    .summary = "what tenants protect: inventories, scanners' reports, VEX",
    .help =
        "import: each FILE whole or not at all: CSV or JSON inventories, vulnerability\n"
        "scanners' CSV, CycloneDX VEX and OpenVEX of the asset that --asset names "
        "(docs/desk.md).\nexport: the inventory as CSV. remove: by its address, network "
        "or host name.",
    .opt = { { "tenant", "NAME", "whose; list and export: all unless it is said" },
             { "asset", "NAME", "of import: what a VEX document is about" },
             { "scanner", "NAME", "of import: who says so, where the file does not" } },
    .min_args = 1,
    .max_args = 100,
    .act = "change asset",
    .act_when = "import remove",
    .run = run,
};
