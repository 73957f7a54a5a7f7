/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder of logs over any bytes, taken as lines: as a stream of any devices, and
 * line by line as a record of each dialect. The first byte chooses the dialect.
 */
#include "decode_target.h"

#include "decode/log.h"

#define DIALECTS_MAX 160

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decode_target any, one[DIALECTS_MAX];
    size_t count = 0, k;

    while (yg_dialects[count])
        count++;
    if (!any.decode) {
        target_make(&any, "log", NULL, YG_STR_NONE);
        any.source.reference_ns = INT64_C(1767225600000000000);
    }
    if (size == 0)
        return 0;
    k = data[0] % count;
    /* the two that are formats of their own have targets of their own */
    if (!one[k].decode) {
        target_make(&one[k], yg_dialects[k]->name, NULL, YG_STR_NONE);
        one[k].source.reference_ns = any.source.reference_ns;
        one[k].source.log_source = true;
    }
    target_run(&any, (struct yg_str){ (const char *)data, size });
    target_run(&one[k], (struct yg_str){ (const char *)data + 1, size - 1 });
    return 0;
}
