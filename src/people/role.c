/* SPDX-License-Identifier: Apache-2.0 */
#include "people/role.h"

#include "base/status.h"

static const struct {
    const char *name, *help;
    enum yg_role_reach reach;
} role[YG_ROLE_COUNT] = {
    [YG_ROLE_NONE] = { "none", "may nothing", YG_REACH_NAMED },
#define YG_ROLE(id, name, reach, help) [YG_ROLE_##id] = { name, help, YG_REACH_##reach },
#include "people/roles.def"
#undef YG_ROLE
};

static const struct {
    const char *name, *help;
    const char *cell[YG_ROLE_COUNT - 1]; /* from the role after NONE on */
} object[YG_OBJECT_COUNT] = {
#define YG_OBJECT(id, name, help, ...) [YG_OBJ_##id] = { name, help, { __VA_ARGS__ } },
#include "people/objects.def"
#undef YG_OBJECT
};

static const struct {
    const char *name;
    char letter;
} verb[YG_VERB_COUNT] = {
#define YG_VERB(id, name, letter) [YG_VERB_##id] = { name, letter },
    YG_VERBS(YG_VERB)
#undef YG_VERB
};

const char *yg_role_cell(enum yg_role r, enum yg_object o)
{
    if (r <= YG_ROLE_NONE || r >= YG_ROLE_COUNT || (unsigned)o >= YG_OBJECT_COUNT)
        return "-";
    return object[o].cell[r - 1];
}

bool yg_role_may(enum yg_role r, enum yg_verb v, enum yg_object o)
{
    return (unsigned)v < YG_VERB_COUNT && strchr(yg_role_cell(r, o), verb[v].letter);
}

bool yg_role_within(enum yg_role part, enum yg_role whole)
{
    for (int o = 0; o < YG_OBJECT_COUNT; o++)
        for (int v = 0; v < YG_VERB_COUNT; v++)
            if (yg_role_may(part, (enum yg_verb)v, (enum yg_object)o) &&
                !yg_role_may(whole, (enum yg_verb)v, (enum yg_object)o))
                return false;
    return true;
}

bool yg_role_reaches(enum yg_role r, bool all)
{
    if (r <= YG_ROLE_NONE || r >= YG_ROLE_COUNT)
        return false;
    return role[r].reach == YG_REACH_ANY || (role[r].reach == YG_REACH_ALL) == all;
}

const char *yg_role_name(enum yg_role r)
{
    return (unsigned)r < YG_ROLE_COUNT ? role[r].name : "?";
}

const char *yg_role_help(enum yg_role r)
{
    return (unsigned)r < YG_ROLE_COUNT ? role[r].help : "?";
}

bool yg_role_of(struct yg_str name, enum yg_role *out)
{
    for (int r = YG_ROLE_NONE + 1; r < YG_ROLE_COUNT; r++)
        if (yg_str_eq(name, yg_str_of(role[r].name))) {
            *out = (enum yg_role)r;
            return true;
        }
    return false;
}

const char *yg_verb_name(enum yg_verb v)
{
    return (unsigned)v < YG_VERB_COUNT ? verb[v].name : "?";
}

const char *yg_object_name(enum yg_object o)
{
    return (unsigned)o < YG_OBJECT_COUNT ? object[o].name : "?";
}

const char *yg_object_help(enum yg_object o)
{
    return (unsigned)o < YG_OBJECT_COUNT ? object[o].help : "?";
}
