/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/search.h"

#include <stdio.h>

void yg_search_place_text(const struct yg_search_place *p, char out[YG_SEARCH_PLACE_TEXT])
{
    snprintf(out, YG_SEARCH_PLACE_TEXT, "%016llx",
             (unsigned long long)p->time_ns ^ 1ULL << 63);
    yg_hex(p->id, YG_ID_SIZE, out + 16);
}

bool yg_search_place_of(struct yg_str text, struct yg_search_place *out)
{
    uint64_t time;

    if (text.n != YG_SEARCH_PLACE_TEXT - 1 ||
        !yg_str_hex64((struct yg_str){ text.p, 16 }, &time) ||
        !yg_unhex((struct yg_str){ text.p + 16, text.n - 16 }, out->id, YG_ID_SIZE))
        return false;
    out->time_ns = (int64_t)(time ^ 1ULL << 63);
    return true;
}
