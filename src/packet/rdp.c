/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

bool yg_rdp_probe(const struct yg_talk *talk)
{
    (void)talk;
    return false;
}

void yg_rdp_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    (void)talk;
    (void)arena;
}
