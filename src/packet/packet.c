/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/packet.h"

/* clang-format off */
const struct yg_anomaly_info yg_anomaly_info[YG_ANOMALY_COUNT] = {
#define YG_ANOMALY(id, name, doc) { name, doc },
#include "packet/anomalies.def"
#undef YG_ANOMALY
};
/* clang-format on */

bool yg_dissect(uint32_t linktype, struct yg_str frame, uint32_t wire,
                struct yg_packet *out)
{
    (void)linktype;
    (void)frame;
    (void)wire;
    memset(out, 0, sizeof(*out));
    return false;
}

void yg_dissect_transport(struct yg_packet *ip)
{
    (void)ip;
}
