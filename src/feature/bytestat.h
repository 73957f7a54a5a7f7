/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytestat - what kind of bytes are these? One pass, one histogram.
 *
 * At most YG_BYTESTAT_MAX bytes are read, from the front. At most 1 ns a byte plus about
 * 1 us for the entropy of many different bytes. Pure.
 */
#ifndef YG_FEATURE_BYTESTAT_H
#define YG_FEATURE_BYTESTAT_H

#include "base/str.h"

#define YG_BYTESTAT_MAX 16384

struct yg_bytestat {
    float entropy;      /* bits a byte, 0 to 8; 0 for no bytes */
    float printable;    /* share of 0x20-0x7e, tab, CR and LF */
    float zero;         /* share of 0x00 */
    float high;         /* share of 0x80-0xff */
    uint32_t different; /* byte values that occur */
};

struct yg_bytestat yg_bytestat_of(struct yg_str bytes);

#endif
