/* SPDX-License-Identifier: Apache-2.0 */
#include "api/guarantee.h"

#include "api/seen.h"

#define TENANTS_MAX 1000 /* shown at once */

static enum yg_status open_guard(const struct yg_view_source *v, struct yg_guard **out,
                                 struct yg_err *err)
{
    const struct yg_guard_options opt = { .store = v->store,
                                          .pack = v->pack ? v->pack(v->policy_arg) : NULL,
                                          .config = v->config,
                                          .clock = v->clock };

    return yg_guard_new(&opt, out, err);
}

/* The newest attempt, whatever came of it: the page says why it cannot arm. */
static enum yg_status read_promise(const struct yg_view_source *v, struct yg_arena *arena,
                                   struct yg_view_promise *p, struct yg_err *err)
{
    struct yg_ledger_certificate *row;
    size_t n;
    enum yg_status st = yg_ledger_certificates(v->store, p->tenant, arena, &row, &n, err);

    if (st != YG_OK || n == 0)
        return st;
    p->attempts = row[n - 1].attempt;
    struct yg_cursor c = yg_cursor_of(row[n - 1].bytes.p, row[n - 1].bytes.n);
    p->certified = yg_certificate_read(&c, &p->certificate, NULL) == YG_OK;
    p->damaged = !p->certified;
    memcpy(p->digest, row[n - 1].digest, YG_DIGEST_SIZE);
    return YG_OK;
}

static enum yg_status read_tenant(const struct yg_view_source *v, struct yg_guard *g,
                                  struct yg_arena *arena, struct yg_view_promise *p,
                                  struct yg_err *err)
{
    enum yg_status st = read_promise(v, arena, p, err);

    if (st == YG_OK)
        st = yg_guard_standings(g, p->tenant, arena, &p->stratum, &p->strata, err);
    if (st == YG_OK)
        st = yg_guard_others(g, p->tenant, &p->others, err);
    p->armed = p->others.armed > 0;
    for (size_t i = 0; st == YG_OK && i < p->strata; i++) {
        const struct yg_standing *s = &p->stratum[i].standing;
        p->waiting += s->waiting;
        p->overdue += s->overdue;
        p->armed |= s->mode == YG_MODE_ARMED;
    }
    return st;
}

static enum yg_status read_orders(const struct yg_view_source *v, struct yg_arena *arena,
                                  struct yg_view_guarantee *out, struct yg_err *err)
{
    struct yg_order *all;
    size_t n;
    enum yg_status st = yg_ledger_orders(v->store, out->chosen, arena, &all, &n, err);

    if (st != YG_OK)
        return st;
    out->orders = n < YG_VIEW_ORDERS_MAX ? n : YG_VIEW_ORDERS_MAX;
    out->order = yg_arena_alloc(arena, (out->orders + 1) * sizeof(*out->order));
    if (!out->order)
        return yg_err_set(err, YG_ENOMEM, "no memory for the orders");
    for (size_t i = 0; i < out->orders; i++)
        out->order[i] = all[n - 1 - i];
    return YG_OK;
}

/* The pool, and the chosen tenant or all of them. */
static enum yg_status read_promises(const struct yg_view_source *v, struct yg_guard *g,
                                    struct yg_arena *arena, struct yg_view_guarantee *out,
                                    struct yg_err *err)
{
    struct yg_store_tenant *tenant;
    size_t n;
    enum yg_status st = yg_seen_tenants(v, arena, &tenant, &n, err);

    if (st != YG_OK)
        return st;
    out->tenants = n;
    size_t most = n < TENANTS_MAX ? n : TENANTS_MAX;
    out->promise = yg_arena_zalloc(arena, (most + 2) * sizeof(*out->promise));
    if (!out->promise)
        return yg_err_set(err, YG_ENOMEM, "no memory for the guarantee");
    out->promises = 1; /* the pool's, which is of all tenants */
    out->whole = v->scope.all;
    if (out->whole)
        st = read_promise(v, arena, &out->promise[0], err);
    for (size_t i = 0; st == YG_OK && i < n && out->promises <= most; i++) {
        if (out->chosen.n && !yg_str_eq(tenant[i].name, out->chosen))
            continue;
        out->promise[out->promises].tenant = tenant[i].name;
        st = read_tenant(v, g, arena, &out->promise[out->promises++], err);
    }
    return st == YG_OK && out->chosen.n && out->promises == 1
               ? yg_err_set(err, YG_ENOTFOUND, "there is no such tenant")
               : st;
}

enum yg_status yg_view_guarantee(const struct yg_view_source *v,
                                 const struct yg_params *p, struct yg_arena *arena,
                                 struct yg_view_guarantee *out, struct yg_err *err)
{
    struct yg_guard *g = NULL;

    *out = (struct yg_view_guarantee){ .now_ns = yg_clock_now(v->clock),
                                       .who = v->who,
                                       .chosen = p->text[YG_P_TENANT] };
    enum yg_status st = yg_seen_tenant(v, out->chosen, err);
    if (st == YG_OK)
        st = open_guard(v, &g, err);
    if (st == YG_OK) {
        out->rules = *yg_guard_rules(g);
        st = read_promises(v, g, arena, out, err);
    }
    if (st == YG_OK && out->chosen.n)
        st = read_orders(v, arena, out, err);
    yg_guard_free(g);
    if (st == YG_OK)
        v->policy(v->policy_arg, &out->policy);
    return st;
}

static enum yg_status read_audit(const struct yg_view_source *v, struct yg_arena *arena,
                                 const struct yg_audit *a, struct yg_view_audit *out,
                                 struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];

    *out = (struct yg_view_audit){ .audit = *a };
    yg_hex(a->run, YG_ID_SIZE, hex);
    enum yg_status st = yg_seen_run(v, yg_str_of(hex), arena, &out->run, err);
    out->known = st == YG_OK;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

enum yg_status yg_view_audits(const struct yg_view_source *v, const struct yg_params *p,
                              struct yg_arena *arena, struct yg_view_audits *out,
                              struct yg_err *err)
{
    struct yg_guard *g = NULL;
    struct yg_audit *all = NULL;
    size_t n = 0;

    *out = (struct yg_view_audits){
        .now_ns = yg_clock_now(v->clock),
        .who = v->who,
        .paging = { .page = p->number[YG_P_PAGE], .limit = p->number[YG_P_LIMIT] },
        .chosen = p->text[YG_P_TENANT],
    };
    const struct yg_audit_filter filter = { .tenant = out->chosen, .waiting = true };
    enum yg_status st = open_guard(v, &g, err);
    if (st == YG_OK) {
        out->rules = *yg_guard_rules(g);
        st = yg_seen_audits(v, &filter, arena, &all, &n, err);
    }
    yg_guard_free(g);
    if (st != YG_OK)
        return st;
    size_t first, count = yg_view_slice(&out->paging, n, &first);
    out->audit = yg_arena_alloc(arena, (count + 1) * sizeof(*out->audit));
    if (!out->audit)
        return yg_err_set(err, YG_ENOMEM, "no memory for the audits");
    for (; out->count < count && st == YG_OK; out->count++)
        st = read_audit(v, arena, &all[first + out->count], &out->audit[out->count], err);
    return st;
}
