/* SPDX-License-Identifier: Apache-2.0 */
/* Two directions of bytes as SSH and as RDP: their beginnings can be read. */
#include "talk_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct yg_app_decoder decoder[] = {
        { YG_APP_SSH, { 0 }, yg_ssh_probe, yg_ssh_parse },
        { YG_APP_RDP, { 0 }, yg_rdp_probe, yg_rdp_parse },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(decoder); i++)
        (void)talk_target(&decoder[i], YG_IP_TCP, data, size);
    return 0;
}
