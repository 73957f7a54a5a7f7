/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands: every row is complete, and the texts made from it name all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "yagura/cli.h"

#include <stdio.h>
#include <string.h>

static bool starts_lower(const char *s)
{
    return s && *s >= 'a' && *s <= 'z';
}

static void options(const struct yg_command *c, const struct yg_opt *opt)
{
    for (int i = 0; opt[i].name; i++) {
        if (!starts_lower(opt[i].name) || !opt[i].help || !*opt[i].help ||
            strchr(opt[i].help, '\n') || strpbrk(opt[i].name, " =_"))
            fail_msg("%s --%s", c->name, opt[i].name);
        for (int k = 0; k < i; k++)
            if (strcmp(opt[i].name, opt[k].name) == 0)
                fail_msg("%s: two --%s", c->name, opt[i].name);
        for (int k = 0; opt != yg_common_options && yg_common_options[k].name; k++)
            if (strcmp(opt[i].name, yg_common_options[k].name) == 0)
                fail_msg("%s: --%s is a common option", c->name, opt[i].name);
    }
}

static void rows(void **state)
{
    (void)state;
    for (int i = 0; yg_commands[i]; i++) {
        const struct yg_command *c = yg_commands[i];
        if (!starts_lower(c->name) || !c->args || !c->run)
            fail_msg("command %d", i);
        if (!c->summary || !*c->summary || strchr(c->summary, '\n') || !c->help ||
            !*c->help)
            fail_msg("%s: no help", c->name);
        if (c->max_args >= 0 && c->min_args > c->max_args)
            fail_msg("%s: arguments", c->name);
        if ((c->max_args == 0) != (c->args[0] == '\0'))
            fail_msg("%s: '%s' and %d arguments", c->name, c->args, c->max_args);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(c->name, yg_commands[k]->name);
        options(c, c->opt);
        options(c, yg_common_options);
    }
}

static void text_has_all(void (*make)(struct yg_buf *), const char *dashes)
{
    struct yg_buf b;
    char word[64];

    yg_buf_init(&b, 1 << 20);
    make(&b);
    assert_int_equal(yg_buf_status(&b), YG_OK);
    const char *text = yg_buf_cstr(&b);
    for (int i = 0; yg_commands[i]; i++) {
        if (!strstr(text, yg_commands[i]->name))
            fail_msg("no %s", yg_commands[i]->name);
        for (int k = 0; yg_commands[i]->opt[k].name; k++) {
            snprintf(word, sizeof(word), "%s%s", dashes, yg_commands[i]->opt[k].name);
            if (!strstr(text, word))
                fail_msg("%s: no %s", yg_commands[i]->name, word);
        }
    }
    yg_buf_fini(&b);
}

static void all_help(struct yg_buf *b)
{
    for (int i = 0; yg_commands[i]; i++)
        yg_cli_help(b, yg_commands[i]);
}

static void texts(void **state)
{
    (void)state;
    text_has_all(all_help, "--");
    text_has_all(yg_cli_man, "\\-\\-");
    text_has_all(yg_cli_completion, "--");
}

/* No line of help is too wide for a terminal of 120 columns. */
static void narrow(void **state)
{
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 1 << 20);
    all_help(&b);
    for (const char *p = yg_buf_cstr(&b); *p;) {
        size_t n = strcspn(p, "\n");
        if (n > 120)
            fail_msg("%.*s", (int)n, p);
        p += n + (p[n] == '\n');
    }
    yg_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(texts),
        cmocka_unit_test(narrow),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
