/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query: what is understood prints as a query that is understood as the same and prints
 * the same; matching ends, whatever the record holds; a blind alert answers as one
 * without a score does.
 */
#include "query/query.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct yg_query_clock when = { .now_ns = INT64_C(1780012345000000000) };

static const struct yg_query *read_back(const struct yg_query *q, struct yg_arena *arena,
                                        struct yg_str *text)
{
    struct yg_buf b;
    const struct yg_query *again = NULL;
    enum yg_status st;

    yg_buf_init(&b, 1 << 20);
    yg_query_print(q, &b);
    *text = yg_arena_str(arena, yg_buf_str(&b));
    yg_buf_fini(&b);
    if (text->n > YG_QUERY_BYTES)
        return NULL;
    st = yg_query_parse(arena, *text, when, &again, NULL);
    if (st == YG_EINVAL)
        abort();
    return st == YG_OK ? again : NULL;
}

static void ask(const struct yg_query *q, const struct yg_query *again, struct yg_str raw)
{
    struct yg_query_alert a = { .tenant = YG_STR("acme"),
                                .raw = raw,
                                .decision = 2,
                                .risk = 3000000000U,
                                .predicted = YG_LEVEL_L3,
                                .verdict = YG_LEVEL_NONE,
                                .time_ns = when.now_ns - 1 };
    struct yg_query_alert other = a;

    if (again &&
        yg_query_matches(q, &a, NULL, NULL) != yg_query_matches(again, &a, NULL, NULL))
        abort();
    a.blind = other.blind = true;
    other.decision = 1;
    other.risk = 5;
    other.predicted = YG_LEVEL_FP;
    if (yg_query_matches(q, &a, NULL, NULL) != yg_query_matches(q, &other, NULL, NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str s = { (const char *)data, size }, one, two;
    const struct yg_query *q, *again;
    struct yg_query_bounds bounds;
    struct yg_arena arena;

    yg_arena_init(&arena, (size_t)16 << 20);
    if (yg_query_parse(&arena, s, when, &q, NULL) == YG_OK) {
        yg_query_bounds(q, &bounds);
        if (bounds.ends > YG_QUERY_ENDS)
            abort();
        again = read_back(q, &arena, &one);
        if (again && read_back(again, &arena, &two) && !yg_str_eq(one, two))
            abort();
        ask(q, again, s);
    }
    yg_arena_fini(&arena);
    return 0;
}
