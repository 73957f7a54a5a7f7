/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packetcols - the columns of group PACKET: what the packets of one alert tell.
 *
 * From a finished analysis, in the sandboxed worker. Values depend on what was sent and
 * answered, never on who: addresses, MACs, ports nobody owns and the date change no bit
 * of them (tests/scenario/identity.t). Pure but for the analysis' arena (peeled texts);
 * about 1 us and 2 ns a byte of the first 16 KiB each way, bodies of answers 1 ns a byte
 * (bench/features).
 */
#ifndef YG_FEATURE_PACKETCOLS_H
#define YG_FEATURE_PACKETCOLS_H

#include "packet/analysis.h"

/* Set the PACKET columns of `row` (feature/features.def). `a` NULL: all stay NaN. */
void yg_packet_columns(const struct yg_analysis *a, float *row);

#endif
