/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialects - the kinds of log records there are, in the files that have their names.
 * Private to decode. Sorted; a row here and one in dialects.c adds one.
 */
#ifndef YG_DECODE_DIALECTS_H
#define YG_DECODE_DIALECTS_H

struct yg_dialect;

extern const struct yg_dialect yg_dialect_cef;   /* log_cef.c */
extern const struct yg_dialect yg_dialect_eve;   /* eve.c */
extern const struct yg_dialect yg_dialect_leef;  /* log_cef.c */
extern const struct yg_dialect yg_dialect_wazuh; /* wazuh.c */

#endif
