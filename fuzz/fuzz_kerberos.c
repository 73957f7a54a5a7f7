/* SPDX-License-Identifier: Apache-2.0 */
/* Two directions of bytes as Kerberos over TCP or, with bit 8 of the first byte, UDP. */
#include "talk_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct yg_app_decoder decoder = {
        YG_APP_KERBEROS, { 0 }, yg_kerberos_probe, yg_kerberos_parse
    };

    return talk_target(&decoder, size > 0 && data[0] & 8 ? YG_IP_UDP : YG_IP_TCP, data,
                       size);
}
