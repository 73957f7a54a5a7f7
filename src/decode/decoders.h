/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decoders - the decoders there are, one file each. Private to decode.
 */
#ifndef YG_DECODE_DECODERS_H
#define YG_DECODE_DECODERS_H

struct yg_decoder;

extern const struct yg_decoder yg_decoder_eve;       /* eve.c */
extern const struct yg_decoder yg_decoder_wazuh;     /* wazuh.c */
extern const struct yg_decoder yg_decoder_delimited; /* delimited.c */
extern const struct yg_decoder yg_decoder_jsonl;     /* jsonl.c */

#endif
