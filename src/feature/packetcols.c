/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/packetcols.h"

#include "feature/features.h"

void yg_packet_columns(const struct yg_analysis *a, float *row)
{
    if (!a)
        return;
    row[YG_X_PK_SEEN] = a->has_pcap;
    row[YG_X_PK_OUTCOME] = a->outcome.class;
    row[YG_X_PK_SUCCESS] = a->outcome.success;
}
