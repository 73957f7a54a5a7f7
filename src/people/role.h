/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role - who may do what: (verb, object) by role, one constant table (objects.def).
 *
 * For which tenants it holds is the principal's scope (event/scope.h). What a cell does
 * not name is forbidden; there is no pair that everybody may: what concerns only oneself
 * (password, second factor, own sessions) is in people.h and asks for no role. `auditor`
 * reads and changes nothing; `customer` reads what was told to it, never the alert as the
 * analyst sees it nor the model's insides. That nobody approves what he asked for himself
 * is no matter of roles: the act checks it. Constant data, any thread, a few nanoseconds.
 */
#ifndef YG_PEOPLE_ROLE_H
#define YG_PEOPLE_ROLE_H

#include "base/str.h"

enum yg_role {
    YG_ROLE_NONE, /* may nothing: what a zeroed principal has */
#define YG_ROLE(id, name, reach, help) YG_ROLE_##id,
#include "people/roles.def"
#undef YG_ROLE
    YG_ROLE_COUNT
};

enum yg_role_reach { YG_REACH_ALL, YG_REACH_NAMED, YG_REACH_ANY };

/* id, name, its letter in objects.def */
#define YG_VERBS(X)                                                                      \
    X(READ, "read", 'r')                                                                 \
    X(CREATE, "create", 'c')                                                             \
    X(CHANGE, "change", 'w')                                                             \
    X(DELETE, "delete", 'd')                                                             \
    X(JUDGE, "judge", 'j')                                                               \
    X(EXPORT, "export", 'x')                                                             \
    X(ARM, "arm", 'a')                                                                   \
    X(APPROVE, "approve", 'p')

enum yg_verb {
#define YG_VERB(id, name, letter) YG_VERB_##id,
    YG_VERBS(YG_VERB)
#undef YG_VERB
        YG_VERB_COUNT
};

enum yg_object {
#define YG_OBJECT(id, ...) YG_OBJ_##id,
#include "people/objects.def"
#undef YG_OBJECT
    YG_OBJECT_COUNT
};

bool yg_role_may(enum yg_role r, enum yg_verb v, enum yg_object o);
/* May `whole` everything that `part` may? NONE is within every role. */
bool yg_role_within(enum yg_role part, enum yg_role whole);
/* For all tenants, for named ones? False: the role is not given so. */
bool yg_role_reaches(enum yg_role r, bool all);

/* Names for tables, JSON and the trail; "none" and "?" for what is none. */
const char *yg_role_name(enum yg_role r);
const char *yg_role_help(enum yg_role r);
bool yg_role_of(struct yg_str name, enum yg_role *out); /* never NONE */
const char *yg_verb_name(enum yg_verb v);
const char *yg_object_name(enum yg_object o);
const char *yg_object_help(enum yg_object o);
/* The cell as objects.def has it: "rcw", "-". */
const char *yg_role_cell(enum yg_role r, enum yg_object o);

#endif
