/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naive - the rule any model has to beat: close every alert whose signature was never
 * seen in an attack (L2 or above) in training, signatures never seen at all included.
 *
 * It is printed beside every measurement, because on many data sets it already closes
 * most false positives, and loses break-ins that nobody would notice in a rate per alert.
 * Cost: one table look-up an alert. Pure functions.
 */
#ifndef YG_POLICY_NAIVE_H
#define YG_POLICY_NAIVE_H

#include "base/status.h"
#include "policy/judged.h"

#include <stddef.h>

/* Set `naive` of the `m` rows of `test` from the `n` rows of `train`. YG_ENOMEM. */
enum yg_status yg_naive_mark(const struct yg_judged *train, size_t n,
                             struct yg_judged *test, size_t m) YG_MUST_USE;

#endif
