/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/notice.h"

#define BEFORE_NS (3600 * YG_NS_PER_S) /* history may have been read for so long */
#define MEMORY    ((size_t)1 << 30)

void yg_notice_init(struct yg_notice *n, int64_t now_ns)
{
    *n = (struct yg_notice){ .from_ns = now_ns - BEFORE_NS };
    yg_claims_init(&n->seen);
}

void yg_notice_fini(struct yg_notice *n)
{
    yg_claims_fini(&n->seen);
}

static enum yg_status tell(struct yg_store *store, struct yg_judge *judge,
                           const struct yg_verdict *v, struct yg_arena *arena,
                           struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_store_record rec;
    struct yg_str tenant;
    uint32_t number;

    yg_hex(v->alert, YG_ID_SIZE, hex);
    enum yg_status st = yg_store_get(store, yg_str_of(hex), arena, &rec, &tenant, err);
    if (st == YG_ENOTFOUND || st == YG_ECORRUPT)
        return YG_OK; /* nothing can be said of what is near it */
    if (st == YG_OK)
        st = yg_judge_tenant(judge, tenant, &number, err);
    if (st != YG_OK)
        return st;
    struct yg_facts f = { .time_ns = rec.time_ns };
    f.key[YG_KEY_SOURCE] = rec.key[1];
    f.key[YG_KEY_DESTINATION] = rec.key[2];
    f.key[YG_KEY_HOST] = rec.key[3];
    yg_judge_threat(judge, number, &f, v->at_ns);
    return YG_OK;
}

enum yg_status yg_notice_threats(struct yg_notice *n, struct yg_store *store,
                                 struct yg_judge *judge, uint64_t *told,
                                 struct yg_err *err)
{
    bool first = n->seen.count == 0;
    struct yg_verdict *v = NULL;
    struct yg_arena arena;
    size_t count = 0;
    uint64_t sum = 0;

    yg_arena_init(&arena, MEMORY);
    enum yg_status st =
        yg_store_verdicts_from(store, YG_LEVEL_L3, &arena, &v, &count, err);
    for (size_t i = 0; st == YG_OK && i < count; i++) {
        bool fresh = false;
        if (yg_claims_add(&n->seen, v[i].alert, &fresh) != YG_OK)
            st = yg_err_set(err, YG_ENOMEM, "no memory for what people judged");
        if (st != YG_OK || !fresh || (first && v[i].at_ns < n->from_ns))
            continue;
        st = tell(store, judge, &v[i], &arena, err);
        sum++;
    }
    yg_arena_fini(&arena);
    if (told)
        *told = sum;
    return st;
}
