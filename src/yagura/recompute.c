/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/recompute.h"

#include "pipeline/attest.h"
#include "pipeline/rulebook.h"

#include <sodium.h>

/* ---- certificates -------------------------------------------------------------------
 */

static enum yg_status again(struct yg_attest *t, struct yg_str tenant,
                            const struct yg_certificate *c, struct yg_err *err)
{
    struct yg_judged_list pool = { 0 };
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < t->corpus->count; i++) {
        struct yg_judged_list rows = { 0 };
        st = yg_attest_rows(t, i, &rows, err);
        if (st == YG_OK && tenant.n > 0)
            st = yg_attest_again(t, c, &rows, err);
        else if (st == YG_OK)
            st = yg_attest_pool(&pool, &rows, i, err);
        yg_judged_list_fini(&rows);
    }
    if (st == YG_OK && tenant.n == 0)
        st = yg_attest_again(t, c, &pool, err);
    yg_judged_list_fini(&pool);
    return st;
}

enum yg_status yg_recompute_certificate(struct yg_app *a, const struct yg_modelpack *m,
                                        const unsigned char *key,
                                        const struct yg_ledger_certificate *row,
                                        struct yg_err *err)
{
    struct yg_certificate c;
    struct yg_corpus corpus;
    enum yg_status st = yg_attest_read(row, key, &c, err);

    if (st == YG_OK && (!m || memcmp(c.model, m->model_digest, YG_DIGEST_SIZE) != 0))
        st = yg_err_set(err, YG_ENOTFOUND,
                        "that certificate speaks of another model: name its file with "
                        "--model");
    if (st != YG_OK)
        return st;
    struct yg_thin_rules rules = { NULL, 0 };
    const struct yg_corpus_options opt = { .workers = a->workers,
                                           .close = &rules,
                                           .tenant = &row->tenant,
                                           .tenant_count = row->tenant.n > 0,
                                           .as_of_ns = c.made_ns };
    struct yg_attest t = { .store = a->store,
                           .m = m,
                           .corpus = &corpus,
                           .rules = &rules,
                           .protect = (enum yg_level)c.protect,
                           .as_of_ns = c.made_ns };
    st = yg_rulebook_set_rules(a->store, c.rules, c.made_ns, &a->arena, &rules, err);
    if (st == YG_OK)
        st = yg_app_corpus(a, &opt, &corpus, err);
    if (st != YG_OK)
        return st;
    st = again(&t, row->tenant, &c, err);
    yg_corpus_free(&corpus);
    return st;
}

static enum yg_status of_tenant(struct yg_app *a, const struct yg_modelpack *m,
                                const unsigned char *key, struct yg_str tenant,
                                struct yg_recomputed *out, struct yg_err *err)
{
    struct yg_ledger_certificate *row;
    struct yg_err why = { 0 };
    char hex[13];
    size_t n = 0;
    enum yg_status st =
        yg_ledger_certificates(a->store, tenant, &a->arena, &row, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++) {
        enum yg_status same = yg_recompute_certificate(a, m, key, &row[i], &why);
        yg_hex(row[i].digest, 6, hex);
        if (same == YG_OK)
            out->certificates++;
        else if (same == YG_ENOTFOUND)
            out->other_models++;
        else
            st = yg_err_set(err, same, "certificate %s of %.*s, attempt %u: %s", hex,
                            YG_STR_ARG(tenant.n ? tenant : YG_STR("all")),
                            (unsigned)row[i].attempt, why.msg);
    }
    return st;
}

/* ---- tosses --------------------------------------------------------------------------
 */

struct tosses {
    struct yg_store *store;
    const struct yg_coin *coin;
    struct yg_recomputed *out;
};

static enum yg_status wrong(const char *kind, uint64_t seq,
                            const unsigned char run[YG_ID_SIZE], const char *how,
                            struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];

    yg_hex(run, YG_ID_SIZE, hex);
    if (seq == 0)
        return yg_err_set(err, YG_ECORRUPT, "the %s of run %s %s", kind, hex, how);
    return yg_err_set(err, YG_ECORRUPT, "row %llu of 'toss': the %s of run %s %s",
                      (unsigned long long)seq, kind, hex, how);
}

/* What a trial's toss names was drawn by triage already. */
static enum yg_status in_audit(const struct tosses *t, const struct yg_toss_row *x,
                               struct yg_err *err)
{
    struct yg_audit a;
    struct yg_arena arena;

    yg_arena_init(&arena, 1 << 20);
    enum yg_status st = yg_ledger_audit_get(t->store, x->toss.run, &arena, &a, err);
    if (st == YG_ENOTFOUND || (st == YG_OK && a.kind != YG_AUDIT_COIN))
        st = wrong("trial's toss", x->seq, x->toss.run,
                   "draws it, and it is not among the audits", err);
    yg_arena_fini(&arena);
    return st;
}

/* A run without a rate was not tossed: it had been drawn already, or began before. */
static enum yg_status check_toss(void *arg, const struct yg_toss_row *x,
                                 struct yg_err *err)
{
    struct tosses *t = arg;
    const struct yg_toss *toss = &x->toss;
    const char *kind = toss->kind == YG_COIN_AUDIT   ? "toss"
                       : toss->kind == YG_COIN_TRIAL ? "trial's toss"
                                                     : "decoy's toss";

    if (toss->rate == 0)
        return x->drawn ? wrong(kind, x->seq, toss->run, "has no rate, and a draw", err)
                        : YG_OK;
    if (toss->kind == YG_COIN_AUDIT && toss->rate < YG_COIN_LEAST)
        return wrong(kind, x->seq, toss->run, "has a rate below the least one", err);
    bool chosen =
        yg_coin_toss(t->coin, (enum yg_coin_kind)toss->kind, toss->run, toss->rate);
    if (toss->kind == YG_COIN_TRIAL && chosen && !x->drawn) { /* triage drew it before */
        t->out->tosses++;
        return in_audit(t, x, err);
    }
    if (chosen != x->drawn)
        return wrong(kind, x->seq, toss->run,
                     chosen ? "draws it, and it is not among the audits"
                            : "does not draw it, and it is among the audits",
                     err);
    if (x->drawn && x->drawn_rate != toss->rate)
        return wrong(kind, x->seq, toss->run, "has another rate than its audit", err);
    if (x->drawn &&
        (x->drawn_cluster != toss->cluster || x->drawn_device != toss->device))
        return wrong(kind, x->seq, toss->run, "is of another entity than its audit", err);
    t->out->tosses++;
    return YG_OK;
}

static enum yg_coin_kind tossed_as(const struct yg_audit *a, unsigned kinds)
{
    if (a->kind == YG_AUDIT_TRIAL)
        return kinds >> YG_COIN_TRIAL & 1 ? YG_COIN_TRIAL : YG_COIN_SCREEN;
    return a->kind == YG_AUDIT_DECOY ? YG_COIN_DECOY : YG_COIN_AUDIT;
}

/* Those of before there were rows of tosses, too. */
static enum yg_status check_draws(struct yg_app *a, const struct yg_coin *coin,
                                  struct yg_recomputed *out, struct yg_err *err)
{
    const struct yg_audit_filter all = { .limit = 0 };
    struct yg_audit *x;
    struct yg_arena arena;
    size_t n = 0;
    unsigned kinds = 0;

    yg_arena_init(&arena, (size_t)4 << 30);
    enum yg_status st = yg_ledger_audits(a->store, &all, &arena, &x, &n, err);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        if (x[i].kind == YG_AUDIT_PLANT)
            continue;
        st = yg_ledger_tossed(a->store, x[i].run, &kinds, err);
        enum yg_coin_kind by = tossed_as(&x[i], kinds);
        const char *kind =
            by == YG_COIN_DECOY || by == YG_COIN_SCREEN ? "decoy" : "audit";
        if (st == YG_OK && !yg_coin_toss(coin, by, x[i].run, x[i].rate))
            st = wrong(kind, 0, x[i].run, "is not drawn at its rate", err);
        else if (st == YG_OK && kinds == 0)
            st = wrong(kind, 0, x[i].run, "was never tossed", err);
        out->draws += st == YG_OK;
    }
    yg_arena_fini(&arena);
    return st;
}

static enum yg_status all_tosses(struct yg_app *a, struct yg_recomputed *out,
                                 struct yg_err *err)
{
    unsigned char secret[YG_COIN_SECRET];
    struct yg_coin coin;
    struct tosses t = { a->store, &coin, out };
    enum yg_status st = yg_app_coin(a, secret, err);

    if (st != YG_OK)
        return st;
    yg_coin_init(&coin, secret);
    sodium_memzero(secret, sizeof(secret));
    st = yg_ledger_tosses_each(a->store, check_toss, &t, err);
    if (st == YG_OK)
        st = check_draws(a, &coin, out, err);
    yg_coin_fini(&coin);
    return st;
}

/* ----------------------------------------------------------------------------------- */

enum yg_status yg_recompute_all(struct yg_app *a, const struct yg_modelpack *m,
                                struct yg_recomputed *out, struct yg_err *err)
{
    unsigned char key[32], secret[64];
    struct yg_store_tenant *t;
    size_t n = 0;

    *out = (struct yg_recomputed){ 0 };
    enum yg_status st = all_tosses(a, out, err);
    if (st == YG_OK)
        st = yg_app_keys(a, key, secret, err);
    sodium_memzero(secret, sizeof(secret));
    if (st == YG_OK)
        st = yg_store_tenants(a->store, &a->arena, &t, &n, err);
    if (st == YG_OK)
        st = of_tenant(a, m, key, YG_STR_NONE, out, err);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        st = of_tenant(a, m, key, t[i].name, out, err);
    return st;
}
