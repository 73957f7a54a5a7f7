/* SPDX-License-Identifier: Apache-2.0 */
/* Two directions of bytes as LDAP, with filters, entries and security layers. */
#include "talk_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct yg_app_decoder decoder[] = {
        { YG_APP_LDAP, { 0 }, yg_ldap_probe, yg_ldap_parse },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(decoder); i++)
        (void)talk_target(&decoder[i], YG_IP_TCP, data, size);
    return 0;
}
