/* SPDX-License-Identifier: Apache-2.0 */
/* Two directions of bytes as TLS from the start, and behind something else. */
#include "talk_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct yg_app_decoder decoder[] = {
        { YG_APP_TLS, { 0 }, yg_tls_probe, yg_tls_parse },
        { YG_APP_TLS, { 0 }, yg_tlslate_probe, yg_tlslate_parse },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(decoder); i++)
        (void)talk_target(&decoder[i], YG_IP_TCP, data, size);
    return 0;
}
