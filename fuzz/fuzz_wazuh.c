/* SPDX-License-Identifier: Apache-2.0 */
/* The wazuh decoder over any bytes, taken as lines. */
#include "decode_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decode_target target;

    if (!target.decode)
        target_make(&target, "wazuh", NULL, YG_STR_NONE);
    target_run(&target, (struct yg_str){ (const char *)data, size });
    return 0;
}
