/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/cli.h"

#include "base/clock.h"
#include "base/log.h"
#include "yagura/acting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct yg_opt yg_common_options[] = {
    { "data", "DIR", "where the store is (default: $YAGURA_HOME, else ./yagura-data)" },
    { "config", "FILE", "settings (default: built in; see `yagura check-config`)" },
    { "workers", "N", "worker processes (default: one per core, at most 8)" },
    { "json", NULL, "one JSON object or line instead of text" },
    { "quiet", NULL, "no progress on standard error" },
    { "help", NULL, "this text" },
    { NULL, NULL, NULL },
};

static int find_opt(const struct yg_opt *opt, struct yg_str name)
{
    for (int i = 0; opt[i].name; i++)
        if (yg_str_eq(name, yg_str_of(opt[i].name)))
            return i;
    return -1;
}

const char *yg_cli_text(const struct yg_cli *cli, const char *name, const char *otherwise)
{
    int i = find_opt(cli->command->opt, yg_str_of(name));
    const char *v = i >= 0 ? cli->value[i] : NULL;

    if (i < 0) {
        i = find_opt(yg_common_options, yg_str_of(name));
        YG_ASSERT(i >= 0);
        v = cli->common[i];
    }
    return v ? v : otherwise;
}

bool yg_cli_flag(const struct yg_cli *cli, const char *name)
{
    return yg_cli_text(cli, name, NULL) != NULL;
}

enum yg_status yg_cli_number(const struct yg_cli *cli, const char *name, int64_t min,
                             int64_t max, int64_t *value, struct yg_err *err)
{
    const char *text = yg_cli_text(cli, name, NULL);
    int64_t v;

    if (!text)
        return YG_OK;
    if (!yg_str_i64(yg_str_of(text), &v) || v < min || v > max)
        return yg_err_set(err, YG_EINVAL,
                          "--%s %s: write a whole number from %lld to %lld", name, text,
                          (long long)min, (long long)max);
    *value = v;
    return YG_OK;
}

enum yg_status yg_cli_time(const struct yg_cli *cli, const char *name, int64_t *ns,
                           struct yg_err *err)
{
    const char *text = yg_cli_text(cli, name, NULL);

    if (text && !yg_time_iso(yg_str_of(text), 0, ns, NULL))
        return yg_err_set(err, YG_EINVAL, "--%s %s: write a time as 2026-01-31T00:00:00Z",
                          name, text);
    return YG_OK;
}

int yg_cli_fail(const struct yg_err *err)
{
    yg_log_err(err, "");
    return err->status == YG_EINVAL ? YG_EXIT_USAGE : YG_EXIT_FAILED;
}

int yg_cli_print(struct yg_buf *b)
{
    struct yg_str s = yg_buf_str(b);

    if (yg_buf_status(b) != YG_OK) {
        yg_log(YG_LOG_ERROR, "the output does not fit in memory; ask for less at once");
        return YG_EXIT_FAILED;
    }
    if ((s.n && fwrite(s.p, 1, s.n, stdout) != s.n) || fflush(stdout) != 0) {
        yg_log(YG_LOG_ERROR, "standard output cannot be written");
        return YG_EXIT_FAILED;
    }
    return YG_EXIT_OK;
}

static int usage(const char *what, const char *word, const char *command)
{
    yg_log(YG_LOG_ERROR, "%s '%s'; see `yagura %s%shelp`", what, word,
           command ? command : "", command ? " --" : "");
    return YG_EXIT_USAGE;
}

/* One "--name", "--name VALUE" or "--name=VALUE"; 0 or the exit status. */
static int take_option(struct yg_cli *cli, int argc, char **argv, int *at)
{
    struct yg_str rest = yg_str_of(argv[*at] + 2), name = yg_str_cut(&rest, '=');
    const struct yg_opt *opt = cli->command->opt;
    const char **value = cli->value;
    int i = find_opt(opt, name);

    if (i < 0) {
        opt = yg_common_options;
        value = cli->common;
        i = find_opt(opt, name);
    }
    if (i < 0)
        return usage("no such option", argv[*at], cli->command->name);
    if (!opt[i].arg) {
        if (rest.p)
            return usage("no value goes with", argv[*at], cli->command->name);
        value[i] = "";
        return YG_EXIT_OK;
    }
    if (!rest.p && *at + 1 >= argc)
        return usage("a value must follow", argv[*at], cli->command->name);
    value[i] = rest.p ? rest.p : argv[++*at];
    return YG_EXIT_OK;
}

static int parse(struct yg_cli *cli, int argc, char **argv)
{
    bool options = true;

    for (int i = 2; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && strncmp(argv[i], "--", 2) == 0) {
            int st = take_option(cli, argc, argv, &i);
            if (st != YG_EXIT_OK)
                return st;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            return usage("no such option", argv[i], cli->command->name);
        } else {
            cli->arg[cli->arg_count++] = argv[i];
        }
    }
    if (yg_cli_flag(cli, "help"))
        return YG_EXIT_OK;
    if (cli->arg_count < cli->command->min_args ||
        (cli->command->max_args >= 0 && cli->arg_count > cli->command->max_args)) {
        yg_log(YG_LOG_ERROR, "write: yagura %s %s", cli->command->name,
               cli->command->args);
        return YG_EXIT_USAGE;
    }
    return YG_EXIT_OK;
}

static const struct yg_command *find_command(const char *name)
{
    for (int i = 0; yg_commands[i]; i++)
        if (strcmp(name, yg_commands[i]->name) == 0)
            return yg_commands[i];
    return NULL;
}

static int print_help(const struct yg_command *c)
{
    struct yg_buf b;

    yg_buf_init(&b, 1 << 20);
    yg_cli_help(&b, c);
    int st = yg_cli_print(&b);
    yg_buf_fini(&b);
    return st;
}

int yg_cli_main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(NULL);
        return YG_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help(NULL);
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    struct yg_cli cli = { .command = find_command(name) };
    if (!cli.command)
        return usage("no such command", name, NULL);
    cli.arg = calloc((size_t)argc, sizeof(*cli.arg));
    if (!cli.arg) {
        yg_log(YG_LOG_ERROR, "no memory");
        return YG_EXIT_FAILED;
    }
    int st = parse(&cli, argc, argv);
    if (st == YG_EXIT_OK)
        st = yg_cli_flag(&cli, "help") ? print_help(cli.command) : yg_acting_run(&cli);
    free(cli.arg);
    return st;
}
