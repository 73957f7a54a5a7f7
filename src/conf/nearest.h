/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest - the name somebody probably meant, for "did you mean ...?".
 *
 * Optimal string alignment distance (insert, delete, replace, swap neighbours), ASCII
 * case ignored. Names longer than 63 bytes are never near anything. Pure.
 */
#ifndef YG_CONF_NEAREST_H
#define YG_CONF_NEAREST_H

#include "base/str.h"

/* The first of the closest names if it is close enough to be a slip (about a third of
 * the letters may differ), else NULL. */
const char *yg_nearest(struct yg_str name, const char *const *names, size_t n);

#define YG_NEAREST_HINT_MAX 96

/* "; did you mean \"x\"?" or "" in `out`, to be appended to a message. */
const char *yg_nearest_hint(struct yg_str name, const char *const *names, size_t n,
                            char out[YG_NEAREST_HINT_MAX]);

#endif
