/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asking - the questions of several tenants (pipeline/groups.h) put together.
 *
 * Tenants share the model and its verdicts on signatures, so what one of them answers
 * need not be asked of all: a signature that lacks n verdicts is asked for n of them in
 * all, not in each tenant, and for what it may close in all of them; and a group is worth
 * less with every group of other tenants that looks alike and is asked before it. Asking
 * one tenant alone changes nothing. Random questions are left as they are: they are a
 * sample. Deterministic; no verdict is read. Cost: a sort of the questions.
 */
#ifndef YG_PIPELINE_ASKING_H
#define YG_PIPELINE_ASKING_H

#include "pipeline/groups.h"

struct yg_asking {
    struct yg_group *g; /* borrowed; `gain` becomes what it is worth among all */
    uint32_t tenant;
    bool spare; /* out: enough others are asked for the same */
};

/* YG_ENOMEM. */
enum yg_status yg_asking_balance(struct yg_asking *v, size_t n) YG_MUST_USE;

#endif
