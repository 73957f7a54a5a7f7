/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/attest.h"

#include "base/clock.h"
#include "feature/features.h"
#include "pipeline/likeness.h"
#include "pipeline/rulebook.h"

#include <sodium.h>
#include <stdlib.h>

/* Gates about the certificate itself: what is being made cannot hold anything yet. */
#define UNGATED                                                                          \
    (YG_GATE_BIT(UNCALIBRATED) | YG_GATE_BIT(VERSION) | YG_GATE_BIT(NO_CERTIFICATE))

/* Those drawn until then, and what was judged later waits. */
static size_t as_of(struct yg_audit *a, size_t n, int64_t until_ns)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (a[i].drawn_ns > until_ns)
            continue;
        a[kept] = a[i];
        if (a[i].state == YG_AUDIT_JUDGED && a[i].judged_ns > until_ns)
            a[kept].state = YG_AUDIT_WAITS;
        kept++;
    }
    return kept;
}

static size_t tossed_as_of(struct yg_toss *t, size_t n, int64_t until_ns)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (t[i].at_ns <= until_ns)
            t[kept++] = t[i];
    return kept;
}

enum yg_status yg_attest_rows(const struct yg_attest *a, size_t t,
                              struct yg_judged_list *out, struct yg_err *err)
{
    struct yg_audit_filter all = { .tenant = a->corpus->tenant[t].name };
    struct yg_draws draws = { .weight = { 0 } };
    struct yg_audit *audit = NULL;
    struct yg_toss *trial = NULL;
    size_t audits = 0, trials = 0, first = out->n;
    struct yg_arena arena;

    yg_arena_init(&arena, (size_t)4 << 30);
    enum yg_status st = yg_ledger_audits(a->store, &all, &arena, &audit, &audits, err);
    if (st == YG_OK && a->as_of_ns)
        audits = as_of(audit, audits, a->as_of_ns);
    if (st == YG_OK)
        st = yg_ledger_trials(a->store, all.tenant, &arena, &trial, &trials, err);
    if (st == YG_OK && a->as_of_ns)
        trials = tossed_as_of(trial, trials, a->as_of_ns);
    if (st == YG_OK) {
        struct yg_draws_ask ask = { audit, audits, trial, trials };
        st = yg_draws_of(&ask, &draws, err);
    }
    if (st == YG_OK) {
        const struct yg_evaluate_ask ask = { .corpus = a->corpus,
                                             .tenant = t,
                                             .m = a->m,
                                             .ungated = UNGATED,
                                             .draws = &draws,
                                             .gravest_from = a->protect };
        st = yg_evaluate_tenant(&ask, out, err);
        yg_draws_fini(&draws);
    }
    for (size_t i = first; st == YG_OK && i < out->n; i++)
        out->a[i].tenant = 0;
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_attest_pool(struct yg_judged_list *pool,
                              const struct yg_judged_list *rows, size_t t,
                              struct yg_err *err)
{
    enum yg_status st = yg_judged_list_grow(pool, rows->n, err);

    if (st != YG_OK)
        return st;
    for (size_t i = 0; i < rows->n; i++) {
        struct yg_judged *a = &pool->a[pool->n++];
        *a = rows->a[i];
        a->run += pool->runs;
        a->tenant = (uint32_t)t;
    }
    pool->runs += rows->runs;
    return YG_OK;
}

uint64_t yg_attest_later(const struct yg_attest *a, const struct yg_judged_list *rows)
{
    uint64_t n = 0;

    for (size_t i = 0; i < rows->n; i++)
        n += rows->a[i].time_ns > a->m->trained_until_ns && yg_judged_is(&rows->a[i]) &&
             !rows->a[i].trains;
    return n;
}

/* The digests of what a certificate speaks of. */
struct bound {
    unsigned char gates[YG_DIGEST_SIZE], features[YG_DIGEST_SIZE], rules[YG_DIGEST_SIZE];
};

static struct yg_certify_ask
ask_of(const struct yg_attest *a, const struct yg_judged_list *rows, struct bound *bound)
{
    struct yg_policy policy = yg_modelpack_policy(a->m);

    yg_gates_digest(&policy, bound->gates);
    yg_feature_schema_digest(bound->features);
    return (struct yg_certify_ask){ .a = rows->a,
                                    .n = rows->n,
                                    .cut_ns = a->m->trained_until_ns + 1,
                                    .protect = a->protect,
                                    .delta = a->delta,
                                    .alpha = a->alpha,
                                    .beta = a->beta,
                                    .seed = a->seed,
                                    .grid = a->m->grid,
                                    .points = a->m->grid_count,
                                    .now_ns = a->now_ns,
                                    .model = a->m->model_digest,
                                    .gates = bound->gates,
                                    .features = bound->features };
}

/* Was a policy of this tenant (of any, for the pool) armed at some time after the cut?
 * Then verdicts are cut off at its tau. */
static enum yg_status was_armed(const struct yg_attest *a, struct yg_str tenant,
                                bool *armed, struct yg_err *err)
{
    struct yg_order *o = NULL;
    size_t n = 0;
    struct yg_arena arena;

    *armed = false;
    yg_arena_init(&arena, (size_t)1 << 30);
    enum yg_status st = yg_ledger_orders(a->store, tenant, &arena, &o, &n, err);
    /* When alerts happened and when people gave orders are two clocks: an order at any
     * time counts. */
    for (size_t i = 0; st == YG_OK && i < n; i++)
        *armed |= o[i].kind == YG_ORDER_ARM;
    yg_arena_fini(&arena);
    return st;
}

static enum yg_status next_attempt(const struct yg_attest *a, struct yg_str tenant,
                                   uint32_t *ledger, uint32_t *attempt,
                                   struct yg_err *err)
{
    struct yg_str text;
    struct yg_arena arena;
    uint64_t old = 0;
    enum yg_status st = yg_ledger_attempt(a->store, tenant, ledger, err);

    *attempt = *ledger;
    if (st != YG_OK || tenant.n > 0)
        return st;
    yg_arena_init(&arena, 1 << 20);
    st = yg_store_meta_get(a->store, YG_ATTEST_OLD, &arena, &text, err);
    if (st == YG_OK && (!yg_str_u64(text, &old) || old >= UINT32_MAX / 2))
        st = yg_err_set(err, YG_ECORRUPT, "the store's count of attempts is damaged");
    yg_arena_fini(&arena);
    *attempt += (uint32_t)old;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

static enum yg_status put_down(const struct yg_attest *a, struct yg_str tenant,
                               uint32_t attempt, const struct yg_certificate *c,
                               unsigned char digest[YG_DIGEST_SIZE], struct yg_err *err)
{
    struct yg_ledger_certificate row = { .tenant = tenant,
                                         .attempt = attempt,
                                         .made_ns = c->made_ns };
    struct yg_buf bytes;

    yg_buf_init(&bytes, 1 << 20);
    yg_certificate_write(c, &bytes);
    enum yg_status st = yg_buf_status(&bytes);
    if (st == YG_OK) {
        row.bytes = yg_buf_str(&bytes);
        yg_digest_of(row.bytes.p, row.bytes.n, row.digest);
        memcpy(row.model, c->model, YG_DIGEST_SIZE);
        memcpy(row.key, a->key, sizeof(row.key));
        crypto_sign_ed25519_detached(row.sig, NULL, row.digest, YG_DIGEST_SIZE,
                                     a->secret);
        memcpy(digest, row.digest, YG_DIGEST_SIZE);
        st = yg_ledger_certificate_put(a->store, &row, err);
    }
    yg_buf_fini(&bytes);
    return st;
}

struct now {
    struct yg_certify_ask ask;
    struct bound bound;
    uint32_t number; /* of the attempt, in the ledger */
};

/* What is asked of these rows. */
static enum yg_status ask_now(const struct yg_attest *a, struct yg_str tenant,
                              const struct yg_judged_list *rows, struct now *now,
                              struct yg_err *err)
{
    struct yg_certify_ask *ask = &now->ask;
    bool armed;
    enum yg_status st = was_armed(a, tenant, &armed, err);

    *ask = ask_of(a, rows, &now->bound);
    ask->tenant = tenant;
    if (st == YG_OK)
        st = next_attempt(a, tenant, &now->number, &ask->attempt, err);
    if (st == YG_OK)
        ask->mode = yg_certify_mode(ask->a, ask->n, ask->cut_ns, armed);
    return st;
}

enum yg_status yg_attest_ready(const struct yg_attest *a, struct yg_str tenant,
                               const struct yg_judged_list *rows,
                               struct yg_certify_ready *out, struct yg_err *err)
{
    struct now now;
    enum yg_status st = ask_now(a, tenant, rows, &now, err);

    *out = (struct yg_certify_ready){ .starts = true };
    return st == YG_OK && now.ask.mode == YG_CERT_BY_COIN
               ? yg_certify_ready(&now.ask, out, err)
               : st;
}

enum yg_status yg_attest_make(const struct yg_attest *a, struct yg_str tenant,
                              const struct yg_judged_list *rows,
                              struct yg_certificate *out, unsigned char digest[32],
                              struct yg_err *err)
{
    struct now now;
    enum yg_status st = ask_now(a, tenant, rows, &now, err);

    if (st == YG_OK)
        st = yg_rulebook_put_set(a->store, a->rules, now.bound.rules, err);
    now.ask.rules = now.bound.rules;
    if (st == YG_OK)
        st = yg_certify(&now.ask, out, err);
    if (st == YG_OK)
        st = put_down(a, tenant, now.number, out, digest, err);
    return st == YG_OK
               ? yg_likeness_put(a->store, digest, rows->a, rows->n, now.ask.cut_ns, err)
               : st;
}

static enum yg_status compare(const struct yg_certificate *was,
                              const struct yg_certificate *is, struct yg_err *err)
{
    static const struct {
        const char *what;
        size_t at;
    } part[] = {
        { "the model", offsetof(struct yg_certificate, model) },
        { "the gates", offsetof(struct yg_certificate, gates) },
        { "the rules", offsetof(struct yg_certificate, rules) },
        { "the features", offsetof(struct yg_certificate, features) },
        { "the alerts and verdicts", offsetof(struct yg_certificate, data) },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(part); i++)
        if (memcmp((const char *)was + part[i].at, (const char *)is + part[i].at,
                   YG_DIGEST_SIZE) != 0)
            return yg_err_set(err, YG_ECORRUPT,
                              "not the same: %s are not those it was computed from",
                              part[i].what);
    return yg_err_set(err, YG_ECORRUPT,
                      "not the same although model, gates, features and data are: it was "
                      "not computed by this program, or was changed");
}

enum yg_status yg_attest_again(const struct yg_attest *a, const struct yg_certificate *c,
                               const struct yg_judged_list *rows, struct yg_err *err)
{
    struct bound bound;
    struct yg_certify_ask ask = ask_of(a, rows, &bound);
    struct yg_certificate again;
    struct yg_buf x, y;

    ask.tenant = (struct yg_str){ c->tenant, c->tenant_n };
    ask.attempt = c->attempt;
    ask.mode = c->mode;
    ask.cut_ns = c->cut_ns;
    ask.protect = c->protect;
    ask.delta = c->delta;
    ask.alpha = c->alpha;
    ask.beta = c->beta;
    ask.seed = c->seed;
    ask.now_ns = c->made_ns;
    ask.rules = c->rules; /* the caller saw to it that these are the ones */
    enum yg_status st = yg_certify(&ask, &again, err);
    if (st != YG_OK)
        return st;
    yg_buf_init(&x, 1 << 20);
    yg_buf_init(&y, 1 << 20);
    yg_certificate_write(c, &x);
    yg_certificate_write(&again, &y);
    if (yg_buf_status(&x) != YG_OK || yg_buf_status(&y) != YG_OK)
        st = yg_err_set(err, YG_ENOMEM, "no memory to compare certificates");
    else if (!yg_str_eq(yg_buf_str(&x), yg_buf_str(&y)))
        st = compare(c, &again, err);
    yg_buf_fini(&x);
    yg_buf_fini(&y);
    return st;
}

enum yg_status yg_attest_read(const struct yg_ledger_certificate *row,
                              const unsigned char *key, struct yg_certificate *out,
                              struct yg_err *err)
{
    struct yg_cursor in = yg_cursor_of(row->bytes.p, row->bytes.n);
    unsigned char digest[YG_DIGEST_SIZE];

    yg_digest_of(row->bytes.p, row->bytes.n, digest);
    if (memcmp(digest, row->digest, sizeof(digest)) != 0)
        return yg_err_set(err, YG_ECORRUPT, "the certificate is not what was put down");
    if ((key && memcmp(key, row->key, sizeof(row->key)) != 0) ||
        crypto_sign_ed25519_verify_detached(row->sig, row->digest, YG_DIGEST_SIZE,
                                            row->key) != 0)
        return yg_err_set(err, YG_ECORRUPT,
                          "the certificate does not carry this store's signature");
    return yg_certificate_read(&in, out, err);
}
