/* SPDX-License-Identifier: Apache-2.0 */
/* Two directions of bytes as DCE/RPC over TCP. */
#include "talk_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct yg_app_decoder decoder = {
        YG_APP_DCERPC, { 0 }, yg_dcerpc_probe, yg_dcerpc_parse
    };

    return talk_target(&decoder, YG_IP_TCP, data, size);
}
