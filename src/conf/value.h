/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value - the texts that operators write for numbers with units, and back.
 *
 * Shared by the settings (config.h) and the inputs (inputs.h). Pure; a few nanoseconds.
 */
#ifndef YG_CONF_VALUE_H
#define YG_CONF_VALUE_H

#include "base/buf.h"
#include "base/str.h"

struct yg_unit {
    const char *name;
    uint64_t factor;
};

/* Largest first, ended by a row without a name. */
extern const struct yg_unit yg_span_unit[]; /* d, h, min, s: kept in seconds */
extern const struct yg_unit yg_size_unit[]; /* GiB, MiB, KiB, none: kept in bytes */

/* "7 d", "7d": a whole number and one of the units. */
bool yg_value_unit(struct yg_str s, const struct yg_unit *unit, uint64_t *out);
/* In the largest unit that divides it, so that what is printed reads back equal. */
void yg_value_print_unit(uint64_t u, const struct yg_unit *unit, char *out, size_t size);

/* No control characters, byte order marks, line separators or non-characters: nothing
 * that a path or a name holds on purpose, and all that YAML would not give back. */
bool yg_value_printable(struct yg_str s);

/* A printable text in double quotes, as YAML reads it. */
void yg_value_quote(struct yg_buf *out, struct yg_str s);

#endif
