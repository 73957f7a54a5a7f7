/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli - the command line as a table: parsing, --help, man page and shell completion all
 * come from the same rows, so they cannot drift.
 *
 * Exit status: 0 ok, 1 failed, 2 wrong use. Errors are one line on standard error: what,
 * where, what to write instead.
 */
#ifndef YG_YAGURA_CLI_H
#define YG_YAGURA_CLI_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define YG_EXIT_OK     0
#define YG_EXIT_FAILED 1
#define YG_EXIT_USAGE  2

#define YG_CLI_OPTIONS_MAX 16

struct yg_opt {
    const char *name; /* without the dashes */
    const char *arg;  /* what its value is called; NULL: a flag */
    const char *help; /* one line, with the default */
};

struct yg_cli;

struct yg_command {
    const char *name;
    const char *args;                      /* "FILE..." or "" */
    const char *summary;                   /* one line */
    const char *help;                      /* paragraphs */
    struct yg_opt opt[YG_CLI_OPTIONS_MAX]; /* ends with a NULL name */
    int min_args, max_args;                /* max -1: any number */
    /* "judge verdict": what the trail calls it; NULL: it changes nothing. With `act_when`
     * only where the first argument is one of these words. */
    const char *act, *act_when;
    int (*run)(struct yg_cli *cli);
};

extern const struct yg_command *const yg_commands[]; /* commands.c; NULL-terminated */

/* Options every command has, before its own. */
extern const struct yg_opt yg_common_options[];

struct yg_cli {
    const struct yg_command *command;
    const char
        *common[YG_CLI_OPTIONS_MAX]; /* values by row; "" for a flag; NULL: not given */
    const char *value[YG_CLI_OPTIONS_MAX];
    char **arg; /* what is not an option */
    int arg_count;
};

int yg_cli_main(int argc, char **argv);

/* The value of an option of the command (or a common one), or `otherwise`. */
const char *yg_cli_text(const struct yg_cli *cli, const char *name,
                        const char *otherwise);
bool yg_cli_flag(const struct yg_cli *cli, const char *name);

/* A whole number within [min, max]; YG_EINVAL with a message otherwise. */
enum yg_status yg_cli_number(const struct yg_cli *cli, const char *name, int64_t min,
                             int64_t max, int64_t *value, struct yg_err *err) YG_MUST_USE;

/* A time, such as 2026-01-31T00:00:00Z, likewise. */
enum yg_status yg_cli_time(const struct yg_cli *cli, const char *name, int64_t *ns,
                           struct yg_err *err) YG_MUST_USE;

/* Print the error line and return the exit status that goes with it. */
int yg_cli_fail(const struct yg_err *err);

/* Write all of `b` to standard output; 0 or YG_EXIT_FAILED (closed pipe, disk full). */
int yg_cli_print(struct yg_buf *b);

/* Texts made from the table. */
void yg_cli_help(struct yg_buf *out, const struct yg_command *c); /* NULL: all commands */
void yg_cli_man(struct yg_buf *out);                              /* yagura.1, roff */
void yg_cli_completion(struct yg_buf *out); /* bash, zsh by bashcompinit */

#endif
