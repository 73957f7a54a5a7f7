/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words - flags from the words a device uses for its rules.
 *
 * A rule's number says nothing to a tenant that never saw it; that its text says "scan"
 * or "login" does. The words are one table, feature/words.def. At most 512 bytes of each
 * text are read. About 1 ns a byte. Pure.
 */
#ifndef YG_FEATURE_WORDS_H
#define YG_FEATURE_WORDS_H

#include "base/str.h"

/* Raise (set to 1) the flags, columns of enum yg_feature, whose words `text` holds. */
void yg_words_flag(struct yg_str text, float *row);

#endif
