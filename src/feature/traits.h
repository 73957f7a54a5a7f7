/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traits - the columns that describe a protocol exchange: flow, HTTP, DNS, TLS, file.
 *
 * Part of facts.h, split for size. Pure; a few ns a byte of the texts, which are read
 * up to 2 kB.
 */
#ifndef YG_FEATURE_TRAITS_H
#define YG_FEATURE_TRAITS_H

#include "event/batch.h"

/* Fill the FLOW group's columns of `row`, which are NaN before, with what `e` says. */
void yg_traits_fill(const struct yg_batch *b, const struct yg_event *e, float *row);

#endif
