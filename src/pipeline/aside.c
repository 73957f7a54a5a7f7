/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/aside.h"

#include "pipeline/groups.h"
#include "store/ledger.h"

#define ALERTS_MAX ((size_t)1 << 24)
#define RUNS_MAX   ((size_t)1 << 20)
#define HOURS_MAX  ((size_t)1 << 20)
#define HOUR_NS    (INT64_C(3600) * YG_NS_PER_S)
#define ARENA_MAX  ((size_t)1 << 30)

static enum yg_status set_aside(struct yg_store *st, const struct yg_audit *a,
                                struct yg_arena *arena, struct yg_map *out,
                                struct yg_err *err)
{
    unsigned char(*ids)[YG_ID_SIZE];
    size_t n = 0;
    enum yg_status rc = yg_store_run_alerts(st, a->run, arena, &ids, &n, err);

    if (rc != YG_OK && rc != YG_ENOTFOUND)
        return rc;
    /* The past alert that a plant shows again has its verdict. */
    bool room = a->kind == YG_AUDIT_PLANT ||
                yg_map_put(out, yg_groups_key(a->alert), NULL) != NULL;
    for (size_t i = 0; rc == YG_OK && room && i < n; i++)
        room = yg_map_put(out, yg_groups_key(ids[i]), NULL) != NULL;
    return room ? YG_OK : yg_err_set(err, YG_ENOMEM, "no memory for waiting audits");
}

enum yg_status yg_aside_all(struct yg_store *st, struct yg_str tenant, struct yg_map *out,
                            struct yg_err *err)
{
    const struct yg_audit_filter f = { .tenant = tenant, .waiting = true };
    struct yg_audit *audit;
    struct yg_arena arena;
    size_t n = 0;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status rc = yg_ledger_audits(st, &f, &arena, &audit, &n, err);
    for (size_t i = 0; rc == YG_OK && i < n; i++)
        rc = set_aside(st, &audit[i], &arena, out, err);
    yg_arena_fini(&arena);
    return rc;
}

void yg_aside_init(struct yg_aside *a, struct yg_store *st)
{
    *a = (struct yg_aside){ .store = st };
    yg_map_init(&a->alert, ALERTS_MAX);
    yg_map_init(&a->run, RUNS_MAX);
    yg_map_init(&a->hour, HOURS_MAX);
}

void yg_aside_fini(struct yg_aside *a)
{
    yg_map_fini(&a->alert);
    yg_map_fini(&a->run);
    yg_map_fini(&a->hour);
}

/* Of a run each audit is read, its alerts once. */
static enum yg_status read_hour(struct yg_aside *a, int64_t from_ns, struct yg_err *err)
{
    const struct yg_audit_filter f = { .waiting = true,
                                       .around_ns = from_ns ? from_ns : 1,
                                       .until_ns = from_ns + HOUR_NS };
    struct yg_audit *audit;
    struct yg_arena arena;
    size_t n = 0;

    yg_arena_init(&arena, ARENA_MAX);
    enum yg_status rc = yg_ledger_audits(a->store, &f, &arena, &audit, &n, err);
    for (size_t i = 0; rc == YG_OK && i < n; i++) {
        bool fresh = false;
        if (!yg_map_put(&a->run, yg_groups_key(audit[i].run) ^ audit[i].kind, &fresh))
            rc = yg_err_set(err, YG_ENOMEM, "no memory for waiting audits");
        else if (fresh)
            rc = set_aside(a->store, &audit[i], &arena, &a->alert, err);
    }
    yg_arena_fini(&arena);
    return rc;
}

enum yg_status yg_aside_has(struct yg_aside *a, const unsigned char id[YG_ID_SIZE],
                            int64_t time_ns, bool *has, struct yg_err *err)
{
    int64_t n = time_ns / HOUR_NS - (time_ns % HOUR_NS < 0); /* rounded down */
    uint64_t hour = (uint64_t)n ^ (UINT64_C(1) << 63);       /* never 0 */
    enum yg_status rc = YG_OK;
    bool fresh = false;

    if (hour != a->last && !yg_map_put(&a->hour, hour, &fresh))
        rc = yg_err_set(err, YG_ENOMEM, "no memory for the hours of waiting audits");
    if (rc == YG_OK && fresh)
        rc = read_hour(a, n * HOUR_NS, err);
    if (rc == YG_OK)
        a->last = hour;
    *has = rc == YG_OK && yg_map_get(&a->alert, yg_groups_key(id)) != NULL;
    return rc;
}
