/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decoders - the decoders there are, one file each. Private to decode.
 */
#ifndef YG_DECODE_DECODERS_H
#define YG_DECODE_DECODERS_H

#include <stdbool.h>

struct yg_decoder;

extern const struct yg_decoder yg_decoder_eve;       /* eve.c */
extern const struct yg_decoder yg_decoder_wazuh;     /* wazuh.c */
extern const struct yg_decoder yg_decoder_delimited; /* delimited.c */
extern const struct yg_decoder yg_decoder_jsonl;     /* jsonl.c */
extern const struct yg_decoder yg_decoder_log;       /* log.c: lines */
extern const struct yg_decoder yg_decoder_log_json; /* log.c: JSON, one object a record */

/* One of the two: their format may be a dialect's name. */
bool yg_decoder_is_log(const struct yg_decoder *d);

#endif
