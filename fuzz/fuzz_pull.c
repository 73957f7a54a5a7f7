/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON puller: whatever is read in whatever order stays inside the text, and a text
 * that one skip calls good is good when read value by value, and so it is again. */
#include "json/pull.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct yg_str text, struct yg_str s)
{
    YG_ASSERT(s.p >= text.p && s.n <= text.n && s.p + s.n <= text.p + text.n);
}

/* False: an error, or deeper than YG_JSON_DEPTH. */
static bool read_all(struct yg_json_pull *p, struct yg_str text, unsigned depth)
{
    struct yg_json_value v;
    struct yg_str key;

    if (depth > YG_JSON_DEPTH)
        return false;
    if (yg_json_pull_into(p, '{')) {
        while (yg_json_pull_member(p, &key)) {
            inside(text, key);
            if (!read_all(p, text, depth + 1))
                return false;
        }
    } else if (yg_json_pull_into(p, '[')) {
        while (yg_json_pull_element(p))
            if (!read_all(p, text, depth + 1))
                return false;
    } else if (yg_json_pull_scalar(p, &v)) {
        char *room = malloc(v.text.n + 1);
        inside(text, v.text);
        if (room && v.type == YG_JSON_STRING)
            YG_ASSERT(yg_json_unescape(v.text, room) <= v.text.n);
        free(room);
    }
    return yg_json_pull_ok(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_json_pull *p = NULL;
    struct yg_str text = { (const char *)data, size }, span = YG_STR("");

    if (yg_json_pull_new(size + 1, &p) != YG_OK)
        return 0;
    if (yg_json_pull_begin(p, text)) {
        struct yg_json_mark m = yg_json_pull_mark(p);
        bool good = yg_json_pull_skip(p, &span);
        if (good) {
            inside(text, span);
            size_t end = yg_json_pull_offset(p);
            yg_json_pull_seek(p, m);
            YG_ASSERT(read_all(p, text, 0));
            YG_ASSERT(yg_json_pull_offset(p) == end);
            YG_ASSERT(yg_json_pull_begin(p, span) && yg_json_pull_skip(p, NULL) &&
                      yg_json_pull_end(p));
            YG_ASSERT(yg_json_pull_again(p) && yg_json_pull_skip(p, NULL) &&
                      yg_json_pull_end(p));
            YG_ASSERT(yg_json_pull_again(p) && read_all(p, span, 0) &&
                      yg_json_pull_end(p));
        } else {
            YG_ASSERT(yg_json_pull_begin(p, text));
            YG_ASSERT(!read_all(p, text, 1) || !yg_json_pull_ok(p));
        }
    }
    yg_json_pull_free(p);
    return 0;
}
