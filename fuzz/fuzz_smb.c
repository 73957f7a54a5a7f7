/* SPDX-License-Identifier: Apache-2.0 */
/* Two directions of bytes as SMB 1 to 3 with what their pipes carry. */
#include "talk_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct yg_app_decoder decoder = {
        YG_APP_SMB, { 0 }, yg_smb_probe, yg_smb_parse
    };

    return talk_target(&decoder, YG_IP_TCP, data, size);
}
