/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure_print - a measurement as a table for people and as JSON.
 *
 * Counts are always beside rates, and rates per alert carry their Clopper-Pearson upper
 * bounds marked "not certified": alerts of one scan are no independent draws.
 */
#ifndef YG_POLICY_MEASURE_PRINT_H
#define YG_POLICY_MEASURE_PRINT_H

#include "base/jsonw.h"
#include "policy/measure.h"

/* The whole measurement as text; `names` has one entry for each tenant. */
void yg_measures_text(const struct yg_measures *m, const struct yg_str *names,
                      struct yg_buf *out);

/* The members of one part, for an object that the caller has opened. */
void yg_measure_members(const struct yg_measure *m, enum yg_level protect,
                        struct yg_jsonw *w);

/* One object: total, tenants, lost threats. */
void yg_measures_json(const struct yg_measures *m, const struct yg_str *names,
                      struct yg_jsonw *w);

void yg_curve_text(const struct yg_curve *c, struct yg_buf *out);
void yg_curve_json(const struct yg_curve *c, struct yg_jsonw *w);

#endif
