/* SPDX-License-Identifier: Apache-2.0 */
/*
 * say_act - selections and acts on many alerts (act/act.h) as JSON. Pure.
 */
#ifndef YG_API_SAY_ACT_H
#define YG_API_SAY_ACT_H

#include "act/act.h"
#include "base/jsonw.h"

void yg_say_act_selection(struct yg_jsonw *w, const struct yg_selection *s,
                          const struct yg_act_part *part, size_t parts);
void yg_say_act(struct yg_jsonw *w, const struct yg_act *a);

#endif
