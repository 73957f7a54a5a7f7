/* SPDX-License-Identifier: Apache-2.0 */
#include "api/seen.h"

#include "pipeline/guard.h"
#include "pipeline/question.h"

#include <stdlib.h>

#define FULL_ID (2 * YG_ID_SIZE)

enum yg_status yg_seen_tenant(const struct yg_view_source *v, struct yg_str name,
                              struct yg_err *err)
{
    return v->scope.all || name.n == 0 || yg_scope_has(&v->scope, name)
               ? YG_OK
               : yg_err_set(err, YG_ENOTFOUND, "there is no such tenant");
}

enum yg_status yg_seen_tenants(const struct yg_view_source *v, struct yg_arena *arena,
                               struct yg_store_tenant **out, size_t *count,
                               struct yg_err *err)
{
    enum yg_status st = yg_store_tenants(v->store, arena, out, count, err);
    size_t n = 0;

    if (st != YG_OK || v->scope.all)
        return st;
    for (size_t i = 0; i < *count; i++)
        if (yg_scope_has(&v->scope, (*out)[i].name))
            (*out)[n++] = (*out)[i];
    *count = n;
    return YG_OK;
}

/* ---- the queue -------------------------------------------------------------------- */

/* yg_store_queue's order. */
static int compare(const struct yg_queue_run *a, const struct yg_queue_run *b, bool blind)
{
    bool shadow_a = a->would > 0 && a->would == a->open;
    bool shadow_b = b->would > 0 && b->would == b->open;
    int rank_a = a->predicted == YG_LEVEL_NONE ? -1 : a->predicted;
    int rank_b = b->predicted == YG_LEVEL_NONE ? -1 : b->predicted;

    if (!blind && shadow_a != shadow_b)
        return shadow_a ? 1 : -1;
    if (!blind && a->max_risk != b->max_risk)
        return a->max_risk > b->max_risk ? -1 : 1;
    if (!blind && rank_a != rank_b)
        return rank_a > rank_b ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return memcmp(a->id, b->id, YG_ID_SIZE);
}

/* Of each tenant what could stand on the page, merged. */
static void merge(const struct yg_queue_page *part, size_t parts,
                  const struct yg_queue_filter *f, size_t *at, struct yg_queue_page *out)
{
    for (uint64_t skip = f->skip; out->count < f->limit;) {
        size_t best = parts;
        for (size_t i = 0; i < parts; i++)
            if (at[i] < part[i].count &&
                (best == parts ||
                 compare(&part[i].run[at[i]], &part[best].run[at[best]], f->blind) < 0))
                best = i;
        if (best == parts)
            return;
        if (skip > 0)
            skip--;
        else
            out->run[out->count++] = part[best].run[at[best]];
        at[best]++;
    }
}

static enum yg_status queue_of_some(const struct yg_view_source *v,
                                    const struct yg_queue_filter *f,
                                    struct yg_arena *arena, struct yg_queue_page *out,
                                    struct yg_err *err)
{
    size_t n = v->scope.tenants;
    struct yg_queue_page *part = yg_arena_zalloc(arena, (n + 1) * sizeof(*part));
    size_t *at = yg_arena_zalloc(arena, (n + 1) * sizeof(*at));
    struct yg_queue_page page = { .run = yg_arena_zalloc(arena, (f->limit + 1) *
                                                                    sizeof(*page.run)) };

    if (!part || !at || !page.run)
        return yg_err_set(err, YG_ENOMEM, "no memory for the queue");
    for (size_t i = 0; i < n; i++) {
        struct yg_queue_filter one = *f;
        one.tenant = v->scope.tenant[i];
        one.limit = f->skip + f->limit;
        one.skip = 0;
        enum yg_status st = yg_store_queue(v->store, &one, arena, &part[i], err);
        if (st != YG_OK)
            return st;
        page.total += part[i].total;
    }
    if (f->skip < page.total)
        merge(part, n, f, at, &page);
    *out = page;
    return YG_OK;
}

enum yg_status yg_seen_queue(const struct yg_view_source *v,
                             const struct yg_queue_filter *f, struct yg_arena *arena,
                             struct yg_queue_page *out, struct yg_err *err)
{
    enum yg_status st = yg_seen_tenant(v, f->tenant, err);

    if (st != YG_OK)
        return st;
    return v->scope.all || f->tenant.n > 0 ? yg_store_queue(v->store, f, arena, out, err)
                                           : queue_of_some(v, f, arena, out, err);
}

enum yg_status yg_seen_stats(const struct yg_view_source *v, struct yg_store_stats *out,
                             struct yg_err *err)
{
    struct yg_store_stats sum = { 0 };
    struct yg_queue_filter f = { .limit = 1 };
    struct yg_queue_page page = { .total = 0 };
    struct yg_store_tenant *t;
    struct yg_arena arena;
    size_t n = 0;

    if (v->scope.all)
        return yg_store_stats(v->store, out, err);
    yg_arena_init(&arena, (size_t)64 << 20);
    enum yg_status st = yg_seen_tenants(v, &arena, &t, &n, err);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        sum.alerts += t[i].alerts;
        sum.contexts += t[i].contexts;
        sum.undecodable += t[i].undecodable;
        sum.closed += t[i].closed;
    }
    if (st == YG_OK)
        st = yg_seen_queue(v, &f, &arena, &page, err);
    sum.queue_waiting = page.total;
    f.judged = true;
    if (st == YG_OK)
        st = yg_seen_queue(v, &f, &arena, &page, err);
    sum.queue_judged = page.total;
    yg_arena_fini(&arena);
    if (st == YG_OK)
        *out = sum;
    return st;
}

/* ---- by id ------------------------------------------------------------------------ */

static enum yg_status not_there(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOTFOUND, "there is no such run or alert");
}

enum yg_status yg_seen_run(const struct yg_view_source *v, struct yg_str hex_id,
                           struct yg_arena *arena, struct yg_queue_run *out,
                           struct yg_err *err)
{
    struct yg_queue_run run;

    if (!v->scope.all && hex_id.n != FULL_ID)
        return not_there(err);
    enum yg_status st = yg_store_run_get(v->store, hex_id, arena, &run, err);
    if (st == YG_OK && !v->scope.all && !yg_scope_has(&v->scope, run.tenant))
        return not_there(err);
    if (st == YG_OK)
        *out = run;
    return st;
}

enum yg_status yg_seen_alert(const struct yg_view_source *v, struct yg_str hex_id,
                             struct yg_arena *arena, struct yg_store_record *out,
                             struct yg_str *tenant, struct yg_err *err)
{
    struct yg_store_record r;

    if (!v->scope.all && hex_id.n != FULL_ID)
        return not_there(err);
    enum yg_status st = yg_guard_get(v->store, hex_id, arena, &r, tenant, err);
    /* A damaged block of somebody else's says nothing either. */
    if (st == YG_ECORRUPT && !v->scope.all)
        return not_there(err);
    if (st == YG_OK && !v->scope.all && !yg_scope_has(&v->scope, *tenant))
        return not_there(err);
    if (st == YG_OK)
        *out = r;
    return st;
}

/* A past attack shown again is an alert as any other. */
enum yg_status yg_seen_whose(const struct yg_view_source *v,
                             const unsigned char id[YG_ID_SIZE], struct yg_arena *arena,
                             struct yg_str *tenant, struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_queue_run run;
    enum yg_status st = yg_store_whose(v->store, id, arena, tenant, err);

    if (st == YG_ENOTFOUND) {
        yg_hex(id, YG_ID_SIZE, hex);
        st = yg_store_run_get(v->store, yg_str_of(hex), arena, &run, err);
        *tenant = st == YG_OK ? run.tenant : YG_STR_NONE;
    }
    if (st == YG_OK && !v->scope.all && !yg_scope_has(&v->scope, *tenant))
        return not_there(err);
    return st;
}

enum yg_status yg_seen_group(const struct yg_view_source *v, struct yg_str hex_id,
                             struct yg_arena *arena, struct yg_question *out,
                             struct yg_err *err)
{
    struct yg_question q;

    if (hex_id.n != FULL_ID)
        return not_there(err);
    enum yg_status st = yg_question_get(v->store, hex_id, arena, &q, err);
    if (st == YG_OK && !v->scope.all && !yg_scope_has(&v->scope, q.tenant))
        return not_there(err);
    if (st == YG_OK)
        *out = q;
    return st;
}

enum yg_status yg_seen_audits(const struct yg_view_source *v,
                              const struct yg_audit_filter *f, struct yg_arena *arena,
                              struct yg_audit **out, size_t *count, struct yg_err *err)
{
    enum yg_status st = yg_seen_tenant(v, f->tenant, err);
    size_t n = 0;

    if (st == YG_OK)
        st = yg_ledger_audits(v->store, f, arena, out, count, err);
    if (st != YG_OK || v->scope.all)
        return st;
    for (size_t i = 0; i < *count; i++)
        if (yg_scope_has(&v->scope, (*out)[i].tenant))
            (*out)[n++] = (*out)[i];
    *count = n;
    return YG_OK;
}

/* ---- search ----------------------------------------------------------------------- */

enum yg_status yg_seen_search(const struct yg_view_source *v, struct yg_str tenant,
                              struct yg_search_ask *ask, struct yg_arena *arena,
                              struct yg_search_page *out, struct yg_err *err)
{
    enum yg_status st = yg_seen_tenant(v, tenant, err);

    ask->all = v->scope.all && tenant.n == 0;
    ask->tenant = tenant.n > 0 ? &tenant : v->scope.tenant;
    ask->tenants = tenant.n > 0 ? 1 : v->scope.tenants;
    return st == YG_OK ? yg_search(v->store, ask, arena, out, err) : st;
}

enum yg_status yg_seen_gone(const struct yg_view_source *v, struct yg_str tenant,
                            struct yg_arena *arena, int64_t *until_ns, struct yg_err *err)
{
    struct yg_forgotten *list = NULL;
    size_t n = 0;
    enum yg_status st = yg_store_forgotten(v->store, arena, &list, &n, err);

    *until_ns = INT64_MIN;
    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (yg_scope_has(&v->scope, list[i].tenant) &&
            (tenant.n == 0 || yg_str_eq(tenant, list[i].tenant)) &&
            list[i].until_ns > *until_ns)
            *until_ns = list[i].until_ns;
    return st;
}
