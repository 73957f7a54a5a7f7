/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix of roles and what must hold of it whatever its cells are; scopes; and the
 * table that docs/people.md shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "event/scope.h"
#include "people/role.h"

#include <stdio.h>

#define EACH_ROLE(r)                                                                     \
    for (enum yg_role r = YG_ROLE_NONE + 1; r < YG_ROLE_COUNT; r = (enum yg_role)(r + 1))
#define EACH_VERB(v)                                                                     \
    for (enum yg_verb v = 0; v < YG_VERB_COUNT; v = (enum yg_verb)(v + 1))
#define EACH_OBJECT(o)                                                                   \
    for (enum yg_object o = 0; o < YG_OBJECT_COUNT; o = (enum yg_object)(o + 1))

#define assert_cell(want, r, v, o)                                                       \
    do {                                                                                 \
        if (yg_role_may(r, v, o) != (want))                                              \
            fail_msg("%s %s %s", yg_role_name(r), yg_verb_name(v), yg_object_name(o));   \
    } while (0)

/* ---- the matrix -------------------------------------------------------------------- */

static void cells_are_whole(void **state)
{
    (void)state;
    EACH_OBJECT(o)
    {
        unsigned readers = 0;
        EACH_ROLE(r)
        {
            const char *cell = yg_role_cell(r, o);
            if (strcmp(cell, "-") != 0) /* letters of verbs, none twice */
                for (size_t i = 0; cell[i]; i++)
                    assert_true(strchr("rcwdjxap", cell[i]) &&
                                !strchr(cell + i + 1, cell[i]));
            assert_true(cell[0] != '\0');
            readers += yg_role_may(r, YG_VERB_READ, o);
            /* who may do anything with it may look at it */
            EACH_VERB(v)
            {
                if (yg_role_may(r, v, o))
                    assert_cell(true, r, YG_VERB_READ, o);
            }
        }
        assert_true(readers > 0);
        assert_true(yg_object_help(o)[0] != '\0');
    }
}

static void who_has_no_role_may_nothing(void **state)
{
    static const enum yg_role none[] = { YG_ROLE_NONE, YG_ROLE_COUNT, (enum yg_role)77 };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(none); i++) {
        EACH_VERB(v)
        {
            EACH_OBJECT(o)
            assert_false(yg_role_may(none[i], v, o));
        }
        assert_false(yg_role_reaches(none[i], true) || yg_role_reaches(none[i], false));
        assert_true(yg_role_within(none[i], YG_ROLE_VIEWER));
    }
    assert_false(yg_role_may(YG_ROLE_SYSTEM_ADMIN, YG_VERB_COUNT, YG_OBJ_ALERT));
    assert_false(yg_role_may(YG_ROLE_SYSTEM_ADMIN, YG_VERB_READ, YG_OBJECT_COUNT));
}

static void an_auditor_changes_nothing(void **state)
{
    (void)state;
    EACH_OBJECT(o)
    {
        EACH_VERB(v)
        {
            if (v != YG_VERB_READ && v != YG_VERB_EXPORT)
                assert_cell(false, YG_ROLE_AUDITOR, v, o);
        }
        /* and reads all that somebody else could have done something with */
        if (o != YG_OBJ_TOKEN && o != YG_OBJ_SELECTION)
            assert_cell(true, YG_ROLE_AUDITOR, YG_VERB_READ, o);
    }
}

static void a_customer_reads_what_is_told(void **state)
{
    (void)state;
    EACH_OBJECT(o)
    {
        bool may = o == YG_OBJ_TOLD || o == YG_OBJ_QUESTION || o == YG_OBJ_ASSET ||
                   o == YG_OBJ_TENANT;
        assert_cell(may, YG_ROLE_CUSTOMER, YG_VERB_READ, o);
        EACH_VERB(v)
        {
            if (v != YG_VERB_READ)
                assert_cell((o == YG_OBJ_QUESTION && v == YG_VERB_CHANGE) ||
                                (o == YG_OBJ_TOLD && v == YG_VERB_EXPORT),
                            YG_ROLE_CUSTOMER, v, o);
        }
    }
    assert_false(yg_role_reaches(YG_ROLE_CUSTOMER, true));
}

static void a_viewer_only_looks(void **state)
{
    (void)state;
    EACH_OBJECT(o)
    {
        EACH_VERB(v)
        {
            if (v != YG_VERB_READ)
                assert_cell(false, YG_ROLE_VIEWER, v, o);
        }
    }
    assert_cell(false, YG_ROLE_VIEWER, YG_VERB_READ, YG_OBJ_RAW);
    assert_cell(false, YG_ROLE_VIEWER, YG_VERB_READ, YG_OBJ_PACKETS);
}

static void who_manages_people(void **state)
{
    (void)state;
    EACH_ROLE(r)
    {
        bool admin = r == YG_ROLE_SYSTEM_ADMIN, tenant = r == YG_ROLE_TENANT_ADMIN;
        assert_cell(admin || tenant, r, YG_VERB_CREATE, YG_OBJ_USER);
        assert_cell(admin || tenant, r, YG_VERB_CHANGE, YG_OBJ_USER);
        assert_cell(admin || tenant, r, YG_VERB_DELETE, YG_OBJ_USER);
        assert_cell(admin || tenant || r == YG_ROLE_AUDITOR, r, YG_VERB_READ,
                    YG_OBJ_USER);
        /* of the whole server */
        assert_cell(admin, r, YG_VERB_CHANGE, YG_OBJ_SERVICE);
        assert_cell(admin, r, YG_VERB_CREATE, YG_OBJ_TENANT);
        /* who could manage people of all tenants is the system's admin only */
        if (yg_role_may(r, YG_VERB_CREATE, YG_OBJ_USER) && yg_role_reaches(r, true))
            assert_int_equal(r, YG_ROLE_SYSTEM_ADMIN);
    }
    assert_false(yg_role_reaches(YG_ROLE_SYSTEM_ADMIN, false));
}

/* Who gives a role needs all that it has: so what a tenant's admin may give is a matter
 * of the matrix, and approving is not among it. */
static void who_is_within_whom(void **state)
{
    (void)state;
    EACH_ROLE(r)
    {
        assert_true(yg_role_within(r, r));
        assert_true(yg_role_within(r, YG_ROLE_SYSTEM_ADMIN));
        bool gives =
            r != YG_ROLE_SYSTEM_ADMIN && r != YG_ROLE_APPROVER && r != YG_ROLE_AUDITOR;
        assert_int_equal(yg_role_within(r, YG_ROLE_TENANT_ADMIN), gives);
        if (r != YG_ROLE_CUSTOMER && r != YG_ROLE_NONE)
            assert_true(yg_role_within(YG_ROLE_VIEWER, r) || r == YG_ROLE_CUSTOMER);
    }
    assert_true(yg_role_within(YG_ROLE_ANALYST, YG_ROLE_SENIOR));
    assert_true(yg_role_within(YG_ROLE_ANALYST, YG_ROLE_RESPONDER));
    assert_false(yg_role_within(YG_ROLE_SENIOR, YG_ROLE_ANALYST));
    assert_false(yg_role_within(YG_ROLE_CUSTOMER, YG_ROLE_VIEWER));
}

static void approving_is_apart(void **state)
{
    (void)state;
    EACH_OBJECT(o)
    {
        bool approved = o == YG_OBJ_POLICY || o == YG_OBJ_CERTIFICATE;
        EACH_ROLE(r)
        {
            assert_cell(approved && (r == YG_ROLE_APPROVER || r == YG_ROLE_SYSTEM_ADMIN),
                        r, YG_VERB_APPROVE, o);
            if (r == YG_ROLE_APPROVER && o != YG_OBJ_POLICY)
                assert_cell(false, r, YG_VERB_ARM, o);
        }
    }
    assert_cell(false, YG_ROLE_APPROVER, YG_VERB_ARM, YG_OBJ_POLICY);
}

static void names_go_both_ways(void **state)
{
    enum yg_role got;

    (void)state;
    EACH_ROLE(r)
    {
        assert_true(yg_role_of(yg_str_of(yg_role_name(r)), &got) && got == r);
        assert_true(yg_role_reaches(r, true) || yg_role_reaches(r, false));
    }
    assert_false(yg_role_of(YG_STR("none"), &got));
    assert_false(yg_role_of(YG_STR(""), &got));
    assert_false(yg_role_of(YG_STR("Analyst"), &got));
    assert_false(yg_role_of(YG_STR("analyst\0"), &got));
    assert_string_equal(yg_role_name((enum yg_role)99), "?");
    assert_string_equal(yg_verb_name((enum yg_verb)99), "?");
    assert_string_equal(yg_object_name((enum yg_object)99), "?");
}

/* docs/people.md has the matrix as a table, line by line. */
static void the_doc_has_the_matrix(void **state)
{
    static char doc[65536];
    char line[512];

    (void)state;
    FILE *f = fopen("docs/people.md", "r");
    if (!f)
        fail_msg("docs/people.md: not found; tests run in the top folder");
    size_t n = fread(doc, 1, sizeof(doc) - 1, f);
    fclose(f);
    doc[n] = '\0';
    EACH_OBJECT(o)
    {
        int at = snprintf(line, sizeof(line), "| %s |", yg_object_name(o));
        EACH_ROLE(r)
        at += snprintf(line + at, sizeof(line) - (size_t)at, " %s |", yg_role_cell(r, o));
        snprintf(line + at, sizeof(line) - (size_t)at, " %s |\n", yg_object_help(o));
        if (!strstr(doc, line))
            fail_msg("docs/people.md lacks this row: %s", line);
    }
    EACH_ROLE(r)
    {
        snprintf(line, sizeof(line), "| `%s` | %s |", yg_role_name(r), yg_role_help(r));
        if (!strstr(doc, line))
            fail_msg("docs/people.md lacks this row: %s", line);
    }
}

/* ---- scopes -------------------------------------------------------------------------
 */

static void scopes(void **state)
{
    struct yg_str a[] = { YG_STR("c"), YG_STR("a"), YG_STR("b"), YG_STR("a") };
    struct yg_str b[] = { YG_STR("b"), YG_STR("ab"), YG_STR("d"), YG_STR("c") };
    struct yg_str room[4];
    const struct yg_scope none = { .all = false }, all = YG_SCOPE_ALL;

    (void)state;
    struct yg_scope x = yg_scope_of(a, 4), y = yg_scope_of(b, 4);
    assert_int_equal(x.tenants, 3);
    assert_true(yg_scope_has(&x, YG_STR("a")) && yg_scope_has(&x, YG_STR("c")));
    assert_false(yg_scope_has(&x, YG_STR("d")) || yg_scope_has(&x, YG_STR("")) ||
                 yg_scope_has(&x, YG_STR_NONE) || yg_scope_has(&x, YG_STR("ab")));
    assert_true(yg_scope_has(&all, YG_STR("anything")));
    assert_false(yg_scope_has(&none, YG_STR("anything")));
    struct yg_scope m = yg_scope_meet(&x, &y, room);
    assert_true(!m.all && m.tenants == 2 && yg_scope_has(&m, YG_STR("b")) &&
                yg_scope_has(&m, YG_STR("c")));
    assert_true(yg_scope_within(&m, &x) && yg_scope_within(&m, &y));
    assert_false(yg_scope_within(&x, &m));
    m = yg_scope_meet(&all, &x, NULL);
    assert_true(!m.all && m.tenants == 3);
    m = yg_scope_meet(&x, &all, NULL);
    assert_true(!m.all && m.tenants == 3);
    assert_true(yg_scope_meet(&all, &all, NULL).all);
    m = yg_scope_meet(&none, &y, room);
    assert_true(!m.all && m.tenants == 0);
    assert_true(yg_scope_within(&none, &none) && yg_scope_within(&none, &x));
    assert_false(yg_scope_within(&all, &x) || yg_scope_within(&x, &none));
    assert_true(yg_scope_within(&all, &all) && yg_scope_within(&x, &all));
    assert_int_equal(yg_scope_of(NULL, 0).tenants, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_whole),
        cmocka_unit_test(who_has_no_role_may_nothing),
        cmocka_unit_test(an_auditor_changes_nothing),
        cmocka_unit_test(a_customer_reads_what_is_told),
        cmocka_unit_test(a_viewer_only_looks),
        cmocka_unit_test(who_manages_people),
        cmocka_unit_test(who_is_within_whom),
        cmocka_unit_test(approving_is_apart),
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(the_doc_has_the_matrix),
        cmocka_unit_test(scopes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
