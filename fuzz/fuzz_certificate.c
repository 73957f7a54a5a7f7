/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever reads as a certificate is written back to the same bytes (those of an older
 * version once more to the same), and prints. */
#include "policy/certificate.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_cursor in = yg_cursor_of(data, size);
    struct yg_certificate c;
    struct yg_err err;
    struct yg_buf b;

    if (yg_certificate_read(&in, &c, &err) != YG_OK)
        return 0;
    size_t used = size - yg_cursor_left(&in);
    yg_buf_init(&b, 1 << 16);
    yg_certificate_write(&c, &b);
    if (data[4] == 1 && data[5] == 0) {
        struct yg_cursor again = yg_cursor_of(yg_buf_str(&b).p, yg_buf_str(&b).n);
        YG_ASSERT(yg_certificate_read(&again, &c, &err) == YG_OK);
    } else {
        YG_ASSERT(yg_buf_str(&b).n == used && memcmp(yg_buf_str(&b).p, data, used) == 0);
    }
    yg_buf_clear(&b);
    yg_certificate_text(&c, &b);
    struct yg_jsonw w = yg_jsonw_of(&b);
    yg_certificate_json(&c, &w);
    YG_ASSERT(yg_buf_status(&b) == YG_OK);
    yg_buf_fini(&b);
    return 0;
}
