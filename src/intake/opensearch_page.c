/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/opensearch_page.h"

#include "base/jsonw.h"

#define NS_FROM INT64_C(100000000000000000) /* 1973 in ns, the year 5138 in ms */

void yg_opensearch_query(struct yg_buf *out, struct yg_str time_field, struct yg_str sort,
                         unsigned size)
{
    yg_buf_printf(out, "{\"size\":%u,\"track_total_hits\":false,\"sort\":[{\"", size);
    yg_json_escape(out, time_field);
    yg_buf_str_add(out, YG_STR("\":{\"order\":\"asc\",\"unmapped_type\":\"date\"}},"
                               "{\"_id\":{\"order\":\"asc\"}}],\"query\":{\"exists\":{"
                               "\"field\":\""));
    yg_json_escape(out, time_field);
    yg_buf_str_add(out, YG_STR("\"}}"));
    if (sort.n) {
        yg_buf_str_add(out, YG_STR(",\"search_after\":"));
        yg_buf_str_add(out, sort);
    }
    yg_buf_char(out, '}');
}

/* "_shards": {"failed": 0} */
static bool shards_failed(struct yg_json_pull *p)
{
    struct yg_json_value v;
    struct yg_str key;
    bool failed = false;

    if (!yg_json_pull_into(p, '{'))
        return true;
    while (yg_json_pull_member(p, &key)) {
        if (yg_str_eq(key, YG_STR("failed")) && yg_json_pull_scalar(p, &v))
            failed = !yg_str_eq(v.text, YG_STR("0"));
        else if (yg_json_pull_ok(p))
            (void)yg_json_pull_skip(p, NULL);
    }
    return failed;
}

/* To the list in {"hits": {"hits": [...]}}; false: there is none. */
static bool find_list(struct yg_json_pull *p, struct yg_json_mark *list)
{
    struct yg_str key;
    bool found = false;

    if (!yg_json_pull_into(p, '{'))
        return false;
    while (yg_json_pull_member(p, &key)) {
        if (yg_str_eq(key, YG_STR("hits")) && yg_json_pull_peek(p) == '[') {
            *list = yg_json_pull_mark(p);
            found = true;
        }
        (void)yg_json_pull_skip(p, NULL);
    }
    return found;
}

enum yg_status yg_opensearch_open(struct yg_json_pull *p, struct yg_str body)
{
    struct yg_json_mark list = { NULL };
    struct yg_json_value v;
    struct yg_str key;
    bool found = false, bad = false;

    if (!yg_json_pull_begin(p, body) || !yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (yg_json_pull_member(p, &key)) {
        if (yg_str_eq(key, YG_STR("hits")))
            found = find_list(p, &list);
        else if (yg_str_eq(key, YG_STR("_shards")))
            bad |= shards_failed(p);
        else if (yg_str_eq(key, YG_STR("timed_out")) && yg_json_pull_scalar(p, &v))
            bad |= yg_str_eq(v.text, YG_STR("true"));
        else if (yg_json_pull_ok(p))
            (void)yg_json_pull_skip(p, NULL);
    }
    if (!yg_json_pull_end(p) || !found || bad)
        return YG_EFORMAT;
    yg_json_pull_seek(p, list);
    return yg_json_pull_into(p, '[') ? YG_OK : YG_EFORMAT;
}

enum yg_status yg_opensearch_next(struct yg_json_pull *p, struct yg_opensearch_hit *out)
{
    struct yg_json_value v = { .text = YG_STR("") };
    struct yg_str key;

    *out = (struct yg_opensearch_hit){ .index = YG_STR("") };
    if (!yg_json_pull_element(p))
        return yg_json_pull_ok(p) ? YG_EEND : YG_EFORMAT;
    if (!yg_json_pull_into(p, '{'))
        return YG_EFORMAT;
    while (yg_json_pull_member(p, &key)) {
        char next = yg_json_pull_peek(p);
        struct yg_str *text = yg_str_eq(key, YG_STR("_index")) ? &out->index
                              : yg_str_eq(key, YG_STR("_id"))  ? &out->id
                                                               : NULL;
        struct yg_str *span = yg_str_eq(key, YG_STR("_source")) ? &out->source
                              : yg_str_eq(key, YG_STR("sort"))  ? &out->sort
                                                                : NULL;
        if (text && next == '"') {
            if (yg_json_pull_scalar(p, &v))
                *text = v.text;
        } else {
            (void)yg_json_pull_skip(p, span);
        }
    }
    bool good = yg_json_pull_ok(p) && out->id.n && out->source.n &&
                out->source.p[0] == '{' && out->sort.n && out->sort.p[0] == '[' &&
                out->sort.n <= YG_OPENSEARCH_SORT;
    return good ? YG_OK : YG_EFORMAT;
}

bool yg_opensearch_back(struct yg_str sort, struct yg_buf *out)
{
    struct yg_str rest = sort;
    int64_t t;

    if (rest.n < 2 || rest.p[0] != '[')
        return false;
    rest.p++;
    rest.n--;
    struct yg_str first = yg_str_trim(yg_str_cut(&rest, ','));
    if (first.n && first.p[first.n - 1] == ']')
        first.n--;
    if (!yg_str_i64(first, &t) || t < 0)
        return false;
    int64_t back = t >= NS_FROM ? (int64_t)YG_OPENSEARCH_BACK_MS * 1000000
                                : (int64_t)YG_OPENSEARCH_BACK_MS;
    yg_buf_printf(out, "[%lld,\"\"]", (long long)(t > back ? t - back : 0));
    return true;
}

bool yg_opensearch_sort_ok(struct yg_json_pull *p, struct yg_str sort)
{
    struct yg_json_value v;
    unsigned n = 0;

    if (sort.n > YG_OPENSEARCH_SORT || !yg_json_pull_begin(p, sort) ||
        !yg_json_pull_into(p, '['))
        return false;
    while (yg_json_pull_element(p)) {
        if (!yg_json_pull_scalar(p, &v))
            return false;
        n++;
    }
    return yg_json_pull_end(p) && n >= 1 && n <= 2;
}
