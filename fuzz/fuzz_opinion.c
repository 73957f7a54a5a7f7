/* SPDX-License-Identifier: Apache-2.0 */
/* An export of any bytes in any format is taken apart into records that read back. */
#include "decode/opinion.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_opinion o;
    struct yg_buf out;
    enum yg_status st;

    if (size == 0)
        return 0;
    enum yg_opinion_format format =
        (enum yg_opinion_format)(data[0] % YG_OPINION_FORMAT_COUNT);
    yg_buf_init(&out, (size_t)16 << 20);
    st = yg_opinions_read(format, (struct yg_str){ (const char *)data + 1, size - 1 },
                          &out);
    if (st == YG_OK || st == YG_EFORMAT) {
        struct yg_cursor in = yg_cursor_of(yg_buf_str(&out).p, yg_buf_str(&out).n);
        while ((st = yg_opinion_next(&in, &o)) == YG_OK) {
            yg_opinion_judge(format, NULL, 0, &o);
            if (o.kind >= YG_OPINION_KIND_COUNT ||
                (o.kind == YG_OPINION_VERDICT) != (o.level < YG_LEVEL_COUNT))
                abort();
        }
        if (st != YG_EEND)
            abort();
    }
    /* And the bytes themselves as records. */
    struct yg_cursor in = yg_cursor_of(data + 1, size - 1);
    while (yg_opinion_next(&in, &o) == YG_OK)
        yg_opinion_judge(format, NULL, 0, &o);
    yg_buf_fini(&out);
    return 0;
}
