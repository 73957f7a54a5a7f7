/* SPDX-License-Identifier: Apache-2.0 */
/*
 * style - the one style sheet (style.css beside this file), as bytes inside the program.
 * Pure; no cost.
 */
#ifndef YG_API_STYLE_H
#define YG_API_STYLE_H

#include "base/str.h"

struct yg_str yg_style(void);

#endif
