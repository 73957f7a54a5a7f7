/* SPDX-License-Identifier: Apache-2.0 */
/* --help, the man page and the completion, all from the command table. */
#include "yagura/cli.h"

#include <string.h>

static void options_text(struct yg_buf *out, const struct yg_opt *opt)
{
    for (int i = 0; opt[i].name; i++) {
        size_t at = yg_buf_str(out).n;
        yg_buf_printf(out, "  --%s%s%s", opt[i].name, opt[i].arg ? " " : "",
                      opt[i].arg ? opt[i].arg : "");
        size_t wide = yg_buf_str(out).n - at;
        yg_buf_printf(out, "%*s%s\n", wide < 24 ? (int)(24 - wide) : 2, "", opt[i].help);
    }
}

void yg_cli_help(struct yg_buf *out, const struct yg_command *c)
{
    if (c) {
        yg_buf_printf(out, "yagura %s %s\n    %s\n\n%s\n\nOptions:\n", c->name, c->args,
                      c->summary, c->help);
        options_text(out, c->opt);
        options_text(out, yg_common_options);
        return;
    }
    yg_buf_printf(out, "yagura - alert triage that proves how little it misses\n\n"
                       "yagura COMMAND [--data DIR] [--json] ...\n\n");
    for (int i = 0; yg_commands[i]; i++)
        yg_buf_printf(out, "  %-10s %s\n", yg_commands[i]->name, yg_commands[i]->summary);
    yg_buf_printf(
        out, "\n`yagura COMMAND --help` tells more. Exit status: 0 ok, 1 failed, 2 wrong "
             "use.\n");
}

/* roff: a backslash and a leading dot or quote would be commands. */
static void roff(struct yg_buf *out, const char *text)
{
    bool start = true;

    for (const char *p = text; *p; p++) {
        if (start && (*p == '.' || *p == '\''))
            yg_buf_str_add(out, YG_STR("\\&"));
        if (*p == '\\')
            yg_buf_str_add(out, YG_STR("\\e"));
        else if (*p == '-')
            yg_buf_str_add(out, YG_STR("\\-"));
        else
            yg_buf_char(out, *p);
        start = *p == '\n';
    }
}

static void options_roff(struct yg_buf *out, const struct yg_opt *opt)
{
    for (int i = 0; opt[i].name; i++) {
        yg_buf_printf(out, ".TP\n.B \\-\\-%s", opt[i].name);
        if (opt[i].arg)
            yg_buf_printf(out, " \\fI%s\\fR", opt[i].arg);
        yg_buf_char(out, '\n');
        roff(out, opt[i].help);
        yg_buf_char(out, '\n');
    }
}

void yg_cli_man(struct yg_buf *out)
{
    yg_buf_printf(
        out, ".TH YAGURA 1\n.SH NAME\nyagura \\- alert triage that proves how little "
             "it misses\n.SH SYNOPSIS\n.B yagura\n.I COMMAND\n[\\fIoption\\fR ...] "
             "[\\fIargument\\fR ...]\n.SH COMMANDS\n");
    for (int i = 0; yg_commands[i]; i++) {
        const struct yg_command *c = yg_commands[i];
        yg_buf_printf(out, ".SS yagura %s %s\n", c->name, c->args);
        roff(out, c->summary);
        yg_buf_str_add(out, YG_STR(".\n.PP\n"));
        roff(out, c->help);
        yg_buf_char(out, '\n');
        options_roff(out, c->opt);
    }
    yg_buf_str_add(out, YG_STR(".SH COMMON OPTIONS\n"));
    options_roff(out, yg_common_options);
    yg_buf_str_add(out, YG_STR(".SH EXIT STATUS\n0 ok, 1 failed, 2 wrong use.\n"));
}

static void words(struct yg_buf *out, const struct yg_opt *opt)
{
    for (int i = 0; opt[i].name; i++)
        yg_buf_printf(out, " --%s", opt[i].name);
}

void yg_cli_completion(struct yg_buf *out)
{
    yg_buf_str_add(
        out, YG_STR("# bash completion of yagura; zsh: autoload bashcompinit first\n"
                    "_yagura() {\n    local cur=${COMP_WORDS[COMP_CWORD]} words=\n"
                    "    if [ \"$COMP_CWORD\" -eq 1 ]; then words=\""));
    for (int i = 0; yg_commands[i]; i++)
        yg_buf_printf(out, "%s%s", i ? " " : "", yg_commands[i]->name);
    yg_buf_str_add(out, YG_STR("\"\n    else case ${COMP_WORDS[1]} in\n"));
    for (int i = 0; yg_commands[i]; i++) {
        yg_buf_printf(out, "    %s) words=\"", yg_commands[i]->name);
        words(out, yg_commands[i]->opt);
        yg_buf_str_add(out, YG_STR("\" ;;\n"));
    }
    yg_buf_str_add(out, YG_STR("    esac; words+=\""));
    words(out, yg_common_options);
    yg_buf_str_add(out,
                   YG_STR("\"; fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                          "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "
                          "\"$cur\"))\n}\ncomplete -o filenames -F _yagura yagura\n"));
}
