/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

bool yg_ldap_probe(const struct yg_talk *talk)
{
    (void)talk;
    return false;
}

void yg_ldap_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    (void)talk;
    (void)arena;
}
