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

enum yg_word_end { YG_WORD_PREFIX, YG_WORD_WHOLE };

struct yg_word {
    const char *text; /* lower case; tables are sorted by its first letter */
    uint8_t length;
    uint8_t end;   /* enum yg_word_end: may the word go on? */
    uint8_t value; /* the caller's */
};

/* Raise (set to 1) the flags, columns of enum yg_feature, whose words `text` holds. */
void yg_words_flag(struct yg_str text, float *row);

/* Does `text` hold any word of a table of `n`? */
bool yg_words_any(struct yg_str text, const struct yg_word *table, size_t n);

#endif
