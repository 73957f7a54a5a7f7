/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/acting.h"

#include "base/log.h"

#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_act(const struct yg_cli *cli)
{
    struct yg_str when = yg_str_of(cli->command->act_when);

    if (!cli->command->act)
        return false;
    if (!cli->command->act_when)
        return true;
    while (cli->arg_count > 0 && when.p)
        if (yg_str_eq(yg_str_cut(&when, ' '), yg_str_of(cli->arg[0])))
            return true;
    return false;
}

static void add_options(struct yg_buf *out, const struct yg_opt *opt,
                        const char *const *value)
{
    for (size_t i = 0; i < YG_CLI_OPTIONS_MAX && opt[i].name; i++) {
        if (!value[i])
            continue;
        yg_buf_printf(out, " --%s", opt[i].name);
        if (opt[i].arg)
            yg_buf_printf(out, " %s", value[i]);
    }
}

/* The command line again; no secret stands on one. */
static void command_line(const struct yg_cli *cli, struct yg_buf *out)
{
    yg_buf_printf(out, "%s", cli->command->name);
    for (int i = 0; i < cli->arg_count; i++)
        yg_buf_printf(out, " %s", cli->arg[i]);
    add_options(out, cli->command->opt, cli->value);
    add_options(out, yg_common_options, cli->common);
}

enum yg_status yg_acting_trail(struct yg_app *a, bool create, struct yg_trail **out,
                               struct yg_err *err)
{
    const struct yg_app_place place = yg_app_place(a, "trail");
    const struct yg_trail_options opt = {
        .where = place.where, .part = place.part, .clock = &a->clock, .create = create
    };

    if (!opt.where)
        return yg_err_set(err, YG_ENOMEM, "no memory for a path");
    enum yg_status st = yg_trail_open(&opt, out, err);
    if (st != YG_OK && err->path[0] == '\0')
        yg_err_at(err, opt.where, 0, 0);
    return st;
}

/* The value of an option that not every act has. */
static struct yg_str option(const struct yg_cli *cli, const char *name,
                            const char *otherwise)
{
    const struct yg_opt *opt = cli->command->opt;

    for (size_t i = 0; i < YG_CLI_OPTIONS_MAX && opt[i].name; i++)
        if (yg_str_eq(yg_str_of(opt[i].name), yg_str_of(name)) && cli->value[i])
            return yg_str_of(cli->value[i]);
    return yg_str_of(otherwise);
}

enum yg_status yg_acting_verify(struct yg_app *a, struct yg_trail *t,
                                const unsigned char *has, struct yg_trail_report *out,
                                struct yg_err *err)
{
    unsigned char key[YG_TRAIL_KEY] = { 0 }, secret[YG_TRAIL_SECRET];
    enum yg_status st = yg_app_keys(a, key, secret, err);

    sodium_memzero(secret, sizeof(secret));
    return st == YG_OK || st == YG_ENOTFOUND ? yg_trail_verify(t, key, has, out, err)
                                             : st;
}

static enum yg_status begin(struct yg_trail *t, const struct yg_cli *cli,
                            struct yg_trail_row *row, struct yg_buf *line,
                            struct yg_err *err)
{
    struct yg_str object = yg_str_of(cli->command->act);
    const char *user = getenv("USER");

    command_line(cli, line);
    row->outcome = YG_TRAIL_BEGUN;
    row->who = option(cli, "who", user ? user : "local");
    row->role = YG_STR("machine");
    row->via = YG_STR("command");
    row->verb = yg_str_cut(&object, ' ');
    row->object = object;
    row->tenant = option(cli, "tenant", "");
    row->subject = cli->arg_count > 0 ? yg_str_of(cli->arg[0]) : YG_STR("");
    row->detail = yg_buf_str(line);
    return yg_trail_add(t, row, err);
}

/* Where neither a store nor people are there is nothing to act upon yet: the command says
 * so itself, or makes the first of them. */
static enum yg_status open_beside(struct yg_app *a, const struct yg_cli *cli,
                                  struct yg_trail **out, struct yg_err *err)
{
    struct yg_err none;

    if (yg_app_init(a, cli, &none) != YG_OK ||
        (!yg_app_place_has(a, "yagura") && !yg_app_place_has(a, "service")))
        return YG_OK;
    return yg_acting_trail(a, true, out, err);
}

int yg_acting_run(struct yg_cli *cli)
{
    struct yg_trail *t = NULL;
    struct yg_trail_row row = { .seq = 0 };
    struct yg_err err = { 0 };
    struct yg_app app;
    struct yg_buf line;

    if (!is_act(cli))
        return cli->command->run(cli);
    yg_buf_init(&line, (size_t)4 << 20);
    enum yg_status st = open_beside(&app, cli, &t, &err);
    if (st == YG_OK && t)
        st = begin(t, cli, &row, &line, &err);
    int status = st == YG_OK ? cli->command->run(cli) : yg_cli_fail(&err);
    if (st == YG_OK && t &&
        yg_trail_end(t, &row, status == YG_EXIT_OK ? YG_TRAIL_DONE : YG_TRAIL_FAILED,
                     YG_STR(""), &err) != YG_OK)
        yg_log_err(&err, "the trail says that this was begun, not that it ended");
    yg_trail_close(t);
    yg_app_fini(&app);
    yg_buf_fini(&line);
    return status;
}
