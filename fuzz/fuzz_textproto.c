/* SPDX-License-Identifier: Apache-2.0 */
/* Two directions of bytes as FTP, and as SMTP with its mails. */
#include "talk_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct yg_app_decoder decoder[] = {
        { YG_APP_FTP, { 0 }, yg_ftp_probe, yg_ftp_parse },
        { YG_APP_SMTP, { 0 }, yg_smtp_probe, yg_smtp_parse },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(decoder); i++)
        (void)talk_target(&decoder[i], YG_IP_TCP, data, size);
    return 0;
}
