/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source - where records come from, as the operator said: never as the payload says.
 *
 * Plain data, made before the workers are forked and constant afterwards.
 */
#ifndef YG_EVENT_SOURCE_H
#define YG_EVENT_SOURCE_H

#include "event/event.h"

struct yg_mapping; /* conf/mapping.h */

struct yg_source {
    struct yg_str tenant; /* whose records */
    struct yg_str name;   /* stable name of the source within the tenant */
    struct yg_str format; /* decoder's name, decode/decode.h */
    struct yg_str path;   /* file it is read from, "-" for standard input, "" for none */
    struct yg_str mapping_text;       /* the mapping file verbatim, or empty */
    struct yg_str header;             /* header line of a delimited source, or empty */
    const struct yg_mapping *mapping; /* parsed; NULL for native formats */
    int64_t reference_ns; /* a time without a year is near it, where a record does not
                           * say when it came; 0: not known */
    int offset_min;       /* zone of times without one, minutes east of UTC */
    bool log_source;      /* records are logs, not alerts, unless they say so */
    uint32_t store_id;    /* row in the store; 0: none */
};

#endif
