/* SPDX-License-Identifier: Apache-2.0 */
#include "json/index.h"

#include <memory>
#include <new>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wundef"
#include <simdjson.h>
#pragma GCC diagnostic pop

/* Stage 1 alone is what simdjson's on-demand front end runs too; it is virtual, so the
 * right one for this CPU is taken at run time. It reads no byte past the text. */
struct yg_json_index {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> impl;
    std::unique_ptr<simdjson::dom::parser> dom; /* made at first use */
    size_t max = 0;
};

extern "C" struct yg_json_index *yg_json_index_new(size_t max)
{
    std::unique_ptr<yg_json_index> x(new (std::nothrow) yg_json_index);

    if (!x || simdjson::get_active_implementation()->create_dom_parser_implementation(
                  max + 64, simdjson::DEFAULT_MAX_DEPTH, x->impl) != simdjson::SUCCESS)
        return nullptr;
    x->max = max;
    return x.release();
}

extern "C" void yg_json_index_free(struct yg_json_index *x)
{
    delete x;
}

extern "C" enum yg_json_scan yg_json_index_scan(struct yg_json_index *x, const char *p,
                                                size_t n, const uint32_t **at,
                                                uint32_t *count)
{
    if (n > x->max)
        return YG_JSON_SCAN_TOO_LONG;
    if (n == 0)
        return YG_JSON_SCAN_BAD;
    simdjson::error_code e = x->impl->stage1(reinterpret_cast<const uint8_t *>(p), n,
                                             simdjson::stage1_mode::regular);
    if (e == simdjson::UTF8_ERROR)
        return YG_JSON_SCAN_NOT_UTF8;
    if (e != simdjson::SUCCESS)
        return YG_JSON_SCAN_BAD;
    x->impl->structural_indexes[x->impl->n_structural_indexes] = static_cast<uint32_t>(n);
    *at = x->impl->structural_indexes.get();
    *count = x->impl->n_structural_indexes;
    return YG_JSON_SCAN_OK;
}

extern "C" bool yg_json_index_dom(struct yg_json_index *x, const char *p, size_t n)
{
    if (!x->dom)
        x->dom.reset(new (std::nothrow) simdjson::dom::parser(x->max));
    if (!x->dom)
        return false;
    simdjson::dom::element root;
    return x->dom->parse(p, n, false).get(root) == simdjson::SUCCESS;
}
