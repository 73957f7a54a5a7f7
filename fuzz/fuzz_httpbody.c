/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed bodies: whatever comes, no more than the cap comes out. */
#include "intake/httpbody.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t max = 100000;
    struct yg_err err;
    struct yg_buf out;

    if (size == 0)
        return 0;
    yg_buf_init(&out, max + YG_HTTPBODY_ROOM);
    enum yg_status st = yg_httpbody_undo(
        data[0] & 1 ? YG_HTTPBODY_GZIP : YG_HTTPBODY_ZSTD,
        (struct yg_str){ (const char *)data + 1, size - 1 }, max, &out, &err);
    YG_ASSERT(st != YG_OK || yg_buf_str(&out).n <= max);
    yg_buf_fini(&out);
    return 0;
}
