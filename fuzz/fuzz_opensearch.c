/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of a search: what is read of one lies in it, twice the same, and its sort
 * values can be sent back. */
#include "intake/opensearch_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct yg_str body, struct yg_str s)
{
    YG_ASSERT(s.n == 0 || (s.p >= body.p && s.p + s.n <= body.p + body.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str body = { (const char *)data, size };
    struct yg_opensearch_hit h;
    struct yg_json_pull *p = NULL, *other = NULL;
    struct yg_buf b;

    if (yg_json_pull_new(size + 1, &p) != YG_OK)
        return 0;
    if (yg_json_pull_new(65536, &other) == YG_OK &&
        yg_opensearch_open(p, body) == YG_OK) {
        while (yg_opensearch_next(p, &h) == YG_OK) {
            inside(body, h.index);
            inside(body, h.id);
            inside(body, h.source);
            inside(body, h.sort);
            YG_ASSERT(yg_json_pull_is_object(other, h.source) || h.source.n > 65536);
            yg_buf_init(&b, 65536);
            yg_opensearch_query(&b, h.id, h.sort, 10);
            YG_ASSERT(yg_json_pull_is_object(other, yg_buf_str(&b)));
            yg_buf_clear(&b);
            if (yg_opensearch_back(h.sort, &b))
                YG_ASSERT(yg_opensearch_sort_ok(other, yg_buf_str(&b)));
            yg_buf_fini(&b);
        }
    }
    if (other)
        (void)yg_opensearch_sort_ok(other, body);
    yg_json_pull_free(p);
    yg_json_pull_free(other);
    return 0;
}
