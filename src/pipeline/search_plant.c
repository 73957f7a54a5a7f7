/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/search_plant.h"

#include "pipeline/guard.h"

#include <stdlib.h>

#define RECORD_MAX ((size_t)16 << 20)

static int newer(const void *x, const void *y)
{
    const struct yg_search_plant *a = x, *b = y;

    if (a->time_ns != b->time_ns)
        return a->time_ns > b->time_ns ? -1 : 1;
    return -memcmp(a->id, b->id, YG_ID_SIZE);
}

static bool is_asked(const struct yg_store_newest_ask *ask, struct yg_str tenant)
{
    bool yes = ask->all;

    for (size_t i = 0; !yes && i < ask->tenants; i++)
        yes = yg_str_eq(ask->tenant[i], tenant);
    return yes;
}

/* One that is not in the queue any more is nowhere. */
static enum yg_status add(struct yg_search_plants *p,
                          const struct yg_store_newest_ask *ask,
                          const unsigned char id[YG_ID_SIZE], struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_queue_run run;

    yg_hex(id, YG_ID_SIZE, hex);
    yg_arena_clear(&p->one);
    enum yg_status st = yg_store_run_get(p->store, yg_str_of(hex), &p->one, &run, err);
    if (st != YG_OK)
        return st == YG_ENOTFOUND ? YG_OK : st;
    if (run.first_ns < ask->from_ns || run.first_ns >= ask->until_ns)
        return YG_OK;
    p->v[p->n].time_ns = run.first_ns;
    memcpy(p->v[p->n++].id, id, YG_ID_SIZE);
    return YG_OK;
}

enum yg_status yg_search_plants_open(struct yg_search_plants *p, struct yg_store *st,
                                     const struct yg_store_newest_ask *ask,
                                     struct yg_arena *arena, struct yg_err *err)
{
    const struct yg_audit_filter waits = { .plants = true };
    struct yg_audit *audit;
    size_t count = 0;

    *p = (struct yg_search_plants){ .store = st, .arena = arena };
    yg_arena_init(&p->one, RECORD_MAX);
    enum yg_status rc = yg_ledger_audits(st, &waits, arena, &audit, &count, err);
    if (rc == YG_OK)
        p->v = yg_arena_alloc(arena, (count + 1) * sizeof(*p->v));
    if (rc == YG_OK && !p->v)
        rc = yg_err_set(err, YG_ENOMEM, "no memory to search");
    for (size_t i = 0; rc == YG_OK && i < count; i++)
        if (is_asked(ask, audit[i].tenant))
            rc = add(p, ask, audit[i].run, err);
    if (rc == YG_OK)
        qsort(p->v, p->n, sizeof(*p->v), newer);
    return rc;
}

void yg_search_plants_close(struct yg_search_plants *p)
{
    yg_arena_fini(&p->one);
}

int64_t yg_search_plants_time(const struct yg_search_plants *p)
{
    return p->next < p->n ? p->v[p->next].time_ns : INT64_MIN;
}

enum yg_status yg_search_plants_take(struct yg_search_plants *p,
                                     const struct yg_store_record **rec,
                                     struct yg_str *tenant, struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];

    YG_ASSERT(p->next < p->n);
    yg_hex(p->v[p->next++].id, YG_ID_SIZE, hex);
    yg_arena_clear(&p->one);
    *rec = &p->rec;
    return yg_guard_get(p->store, yg_str_of(hex), &p->one, &p->rec, tenant, err);
}
