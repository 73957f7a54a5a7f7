/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/item.h"

#include "base/clock.h"
#include "sample/shape.h"
#include "sample/world.h"

#include <stdlib.h>

void yg_sample_items_init(struct yg_sample_items *l, size_t cap)
{
    *l = (struct yg_sample_items){ .cap = cap };
}

void yg_sample_items_fini(struct yg_sample_items *l)
{
    if (!l)
        return;
    free(l->v);
    *l = (struct yg_sample_items){ .cap = l->cap };
}

void yg_sample_items_clear(struct yg_sample_items *l)
{
    l->n = l->alerts = 0;
    l->status = YG_OK;
}

static YG_NOINLINE enum yg_status grow(struct yg_sample_items *l)
{
    size_t size = l->size ? l->size * 2 : 1024;

    if (size > l->cap)
        size = l->cap;
    if (size == l->size)
        return YG_ELIMIT;
    struct yg_sample_item *v = realloc(l->v, size * sizeof(*v));
    if (!v)
        return YG_ENOMEM;
    l->v = v;
    l->size = size;
    return YG_OK;
}

void yg_sample_items_push(struct yg_sample_items *l, const struct yg_sample_item *it)
{
    if (l->status == YG_OK && l->n == l->size)
        l->status = grow(l);
    if (l->status != YG_OK)
        return;
    l->v[l->n] = *it;
    l->v[l->n].order = (uint32_t)l->n;
    l->n++;
    l->alerts += it->record == YG_REC_ALERT;
}

static void push_context(struct yg_sample_items *l, struct yg_sample_item it,
                         enum yg_sample_record record, int64_t after, int64_t day_end)
{
    it.record = (uint8_t)record;
    it.time_ns += it.time_ns + after < day_end ? after : -1000;
    yg_sample_items_push(l, &it);
}

void yg_sample_items_add(struct yg_sample_items *l, const struct yg_sample_item *it,
                         int64_t day_end)
{
    yg_sample_items_push(l, it);
    if (it->shape >= YG_S_IDS_END)
        return;
    const struct yg_sample_ids *s = yg_sample_ids_of(it->shape);
    int64_t ms = YG_NS_PER_S / 1000;
    int64_t late = (int64_t)(it->seed >> 32 & 0x7fff);
    /* The answer was not seen: the log of the request is missing, the flow is short. */
    bool unsure = it->outcome == YG_OUT_UNSURE;

    if (s->app <= YG_APP_TLS && !unsure)
        push_context(l, *it, YG_REC_APP, (1 + late % 97) * ms, day_end);
    if (s->app == YG_APP_HTTP && s->dir == YG_DIR_S2C && !unsure)
        push_context(l, *it, YG_REC_FILE, (2 + late % 199) * ms, day_end);
    if (s->app != YG_APP_DNS)
        push_context(l, *it, YG_REC_FLOW, (60 + late) * ms, day_end);
    if (s->app == YG_APP_HTTP && it->dst_host != YG_SAMPLE_NO_HOST && !unsure)
        push_context(l, *it, YG_REC_ACCESS, (1 + late % 50) * ms, day_end);
}

static int by_time(const void *a, const void *b)
{
    const struct yg_sample_item *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

void yg_sample_items_sort(struct yg_sample_items *l)
{
    if (l->n > 1)
        qsort(l->v, l->n, sizeof(*l->v), by_time);
}
