/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opinion_frame - where the records of a JSON export begin and end. Private to decode.
 *
 * Looks at braces, brackets and strings only; whether it is JSON, the walk of each record
 * says. Pure functions, each byte is looked at once.
 */
#ifndef YG_DECODE_OPINION_FRAME_H
#define YG_DECODE_OPINION_FRAME_H

#include "base/str.h"

/* The length of the object at the front of `s`; 0: it does not end within `max`. */
size_t yg_opinion_object_end(struct yg_str s, size_t max);

/* Where the first record of an API's answer begins; 0: it is none. */
size_t yg_opinion_unwrap(struct yg_str text);

#endif
