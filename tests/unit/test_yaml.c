/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct yg_arena arena;

    yg_arena_init(&arena, (size_t)16 * 1024 * 1024);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    yg_arena_fini(*state);
    return 0;
}

static const struct yg_yaml *parse(struct yg_arena *arena, const char *text)
{
    const struct yg_yaml *root = NULL;
    struct yg_err err = { 0 };

    if (yg_yaml_parse(arena, "t.yaml", yg_str_of(text), &root, &err) != YG_OK)
        fail_msg("%d:%d: %s", err.line, err.column, err.msg);
    return root;
}

static void tree_and_places(void **state)
{
    const struct yg_yaml *root = parse(*state, "a: 1\n"
                                               "list: [x, 'y z', {k: v}]\n"
                                               "table:\n"
                                               "  'q:r': \"tab\\t\"\n"
                                               "  none:\n"
                                               "block: |\n"
                                               "  two\n"
                                               "  lines\n");
    const struct yg_yaml *n;

    assert_int_equal(root->type, YG_YAML_TABLE);
    assert_int_equal(root->count, 4);
    n = yg_yaml_get(root, "a");
    assert_string_equal(n->text.p, "1");
    assert_int_equal(n->line, 1);
    assert_int_equal(n->column, 4);
    assert_false(n->quoted);
    n = yg_yaml_get(root, "list");
    assert_int_equal(n->type, YG_YAML_LIST);
    assert_int_equal(n->count, 3);
    assert_int_equal(n->key.line, 2);
    assert_int_equal(n->key.column, 1);
    assert_string_equal(n->first->next->text.p, "y z");
    assert_true(n->first->next->quoted);
    assert_int_equal(n->first->next->column, 11);
    assert_int_equal(n->first->next->next->type, YG_YAML_TABLE);
    assert_null(n->first->next->next->next);
    n = yg_yaml_get(root, "table");
    assert_string_equal(yg_yaml_get(n, "q:r")->text.p, "tab\t");
    assert_true(yg_yaml_is_null(yg_yaml_get(n, "none")));
    assert_false(yg_yaml_is_null(n));
    assert_string_equal(yg_yaml_get(root, "block")->text.p, "two\nlines\n");
    assert_null(yg_yaml_get(root, "A"));
    assert_null(yg_yaml_get(yg_yaml_get(root, "a"), "x"));
}

static void nulls_and_bools(void **state)
{
    const struct yg_yaml *root =
        parse(*state, "{a: ~, b: null, c: '', d: '~', e: true, f: False, g: yes, h: []}");
    bool v = false;

    assert_true(yg_yaml_is_null(yg_yaml_get(root, "a")));
    assert_true(yg_yaml_is_null(yg_yaml_get(root, "b")));
    assert_false(yg_yaml_is_null(yg_yaml_get(root, "c")));
    assert_false(yg_yaml_is_null(yg_yaml_get(root, "d")));
    assert_true(yg_yaml_bool(yg_yaml_get(root, "e"), &v) && v);
    assert_true(yg_yaml_bool(yg_yaml_get(root, "f"), &v) && !v);
    assert_false(yg_yaml_bool(yg_yaml_get(root, "g"), &v));
    assert_false(yg_yaml_bool(yg_yaml_get(root, "h"), &v));
}

static void empty_file_is_an_empty_table(void **state)
{
    static const char *const text[] = { "", "\n\n", "# only a comment\n" };

    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++) {
        const struct yg_yaml *root = parse(*state, text[i]);
        assert_int_equal(root->type, YG_YAML_TABLE);
        assert_int_equal(root->count, 0);
    }
}

static void refuses(void **state)
{
    const struct {
        const char *name;
        struct yg_str text;
        enum yg_status st;
        int line, column;
        const char *msg;
    } row[] = {
        { "alias", YG_STR("a: x\nb: *y\n"), YG_EINVAL, 2, 4, "aliases" },
        { "anchor on text", YG_STR("a: &x 1\n"), YG_EINVAL, 1, 4, "anchors" },
        { "anchor on list", YG_STR("a: &x [1]\n"), YG_EINVAL, 1, 4, "anchors" },
        { "anchor on table", YG_STR("a: &x {b: 1}\n"), YG_EINVAL, 1, 4, "anchors" },
        { "tag", YG_STR("a: !!int 1\n"), YG_EINVAL, 1, 4, "tags" },
        { "key twice", YG_STR("a: 1\nb: 2\na: 3\n"), YG_EINVAL, 3, 1, "in line 1" },
        { "list as key", YG_STR("? [a]\n: b\n"), YG_EINVAL, 1, 3, "a key must be" },
        { "second document", YG_STR("a: 1\n---\nb: 2\n"), YG_EINVAL, 2, 1, "second" },
        { "NUL in quotes", YG_STR("a: \"x\\0y\"\n"), YG_EINVAL, 1, 4, "NUL" },
        { "unclosed list", YG_STR("a: [1, 2\nb: 3\n"), YG_EFORMAT, 2, 2, "not YAML" },
        { "tab as indent", YG_STR("a:\n\tb: 1\n"), YG_EFORMAT, 2, 1, "not YAML" },
        { "not UTF-8", YG_STR("a: \xff\n"), YG_EFORMAT, 0, 0, "UTF-8" },
        { "raw NUL", YG_STR("a: \0\n"), YG_EFORMAT, 0, 0, "UTF-8" },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const struct yg_yaml *root = NULL;
        struct yg_err err = { 0 };
        enum yg_status st = yg_yaml_parse(*state, "t.yaml", row[i].text, &root, &err);
        if (st != row[i].st || err.line != row[i].line || err.column != row[i].column ||
            !strstr(err.msg, row[i].msg) || root)
            fail_msg("%s: %s at %d:%d: %s", row[i].name, yg_status_name(st), err.line,
                     err.column, err.msg);
        assert_int_equal(yg_yaml_parse(*state, "t.yaml", row[i].text, &root, NULL),
                         row[i].st);
    }
}

/* `n` times `piece` between `head` and `tail`. */
static enum yg_status repeated(struct yg_arena *arena, const char *head,
                               const char *piece, int n)
{
    const struct yg_yaml *root;
    struct yg_buf text;

    yg_buf_init(&text, (size_t)4 * 1024 * 1024);
    yg_buf_str_add(&text, yg_str_of(head));
    for (int i = 0; i < n; i++)
        yg_buf_printf(&text, piece, i);
    enum yg_status st = yg_yaml_parse(arena, "t.yaml", yg_buf_str(&text), &root, NULL);
    yg_buf_fini(&text);
    return st;
}

static void caps(void **state)
{
    static const struct {
        const char *name, *head, *piece;
        int n;
        enum yg_status st;
    } row[] = {
        { "nodes that fit", "", "- %d\n", YG_YAML_NODES_MAX - 1, YG_OK },
        { "nodes", "", "- %d\n", YG_YAML_NODES_MAX, YG_ELIMIT },
        { "keys that fit", "", "k%d: 1\n", YG_YAML_KEYS_MAX, YG_OK },
        { "keys", "", "k%d: 1\n", YG_YAML_KEYS_MAX + 1, YG_ELIMIT },
        { "text that fits", "a: ", "%1d", 9, YG_OK },
        { "long text", "a: ", "%0100d", 41, YG_ELIMIT },
        { "depth", "", "[", YG_YAML_DEPTH_MAX + 1, YG_ELIMIT },
        { "depth of many", "", "[", 100000, YG_ELIMIT },
        { "file", "", "# %06d\n", 150000, YG_ELIMIT },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_arena arena;
        yg_arena_init(&arena, (size_t)16 * 1024 * 1024);
        enum yg_status st = repeated(&arena, row[i].head, row[i].piece, row[i].n);
        if (st != row[i].st)
            fail_msg("%s: %s", row[i].name, yg_status_name(st));
        yg_arena_fini(&arena);
    }
    (void)state;
}

static void known_keys(void **state)
{
    static const char *const names[] = { "alpha", "beta" };
    struct yg_err err = { 0 };

    assert_int_equal(
        yg_yaml_known_keys(parse(*state, "beta: 1\nalpha: 2\n"), "t", names, 2, &err),
        YG_OK);
    assert_int_equal(
        yg_yaml_known_keys(parse(*state, "alpha: 1\n  \nbeat: 2\n"), "t", names, 2, &err),
        YG_EINVAL);
    assert_string_equal(err.msg, "unknown key \"beat\"; did you mean \"beta\"?");
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 1);
}

/* The path of the error may be the path argument itself. */
static void error_place(void **state)
{
    const struct yg_yaml *root = parse(*state, "a:\n  b: 1\n");
    const struct yg_yaml *b = yg_yaml_get(yg_yaml_get(root, "a"), "b");
    struct yg_err err = { 0 };

    assert_int_equal(yg_yaml_error(&err, "p", b, "%d", 5), YG_EINVAL);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 6);
    assert_string_equal(err.msg, "5");
    assert_int_equal(yg_yaml_key_error(&err, "p", b, "x"), YG_EINVAL);
    assert_int_equal(err.column, 3);
    assert_int_equal(yg_yaml_key_error(&err, "p", root, "x"), YG_EINVAL);
    assert_int_equal(err.line, 1);
    assert_int_equal(yg_yaml_key_error(NULL, "p", root, "x"), YG_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tree_and_places, setup, teardown),
        cmocka_unit_test_setup_teardown(nulls_and_bools, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_file_is_an_empty_table, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses, setup, teardown),
        cmocka_unit_test(caps),
        cmocka_unit_test_setup_teardown(known_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(error_place, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
