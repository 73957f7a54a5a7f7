/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of store/ledger.h: what is put comes back, in order and whole. */
#include "ledger_util.h"

#include <math.h>

/* ---- certificates -------------------------------------------------------------- */

static void assert_certificate(const struct yg_ledger_certificate *got,
                               const struct yg_ledger_certificate *want)
{
    assert_true(yg_str_eq(got->tenant, want->tenant));
    assert_true(yg_str_eq(got->bytes, want->bytes));
    assert_int_equal(got->attempt, want->attempt);
    assert_int_equal(got->made_ns, want->made_ns);
    assert_memory_equal(got->digest, want->digest, sizeof(want->digest));
    assert_memory_equal(got->model, want->model, sizeof(want->model));
    assert_memory_equal(got->key, want->key, sizeof(want->key));
    assert_memory_equal(got->sig, want->sig, sizeof(want->sig));
}

static void certificates_come_back(void **state)
{
    struct fixture *f = *state;
    struct yg_ledger_certificate *c, one;
    uint32_t attempt;
    size_t n;

    fixture_open(f);
    assert_ok(f, yg_ledger_certificates(f->st, ACME, &f->arena, &c, &n, &f->err));
    assert_int_equal(n, 0);
    assert_non_null(c);
    put_certificates(f, ACME, 8);
    put_certificates(f, YG_STR(""), 3);
    commit(f);
    fixture_reopen(f);
    assert_ok(f, yg_ledger_certificates(f->st, ACME, &f->arena, &c, &n, &f->err));
    assert_int_equal(n, 7);
    for (uint32_t i = 0; i < n; i++) {
        struct yg_ledger_certificate want = certificate_of(ACME, i + 1);
        assert_certificate(&c[i], &want);
    }
    assert_ok(f, yg_ledger_certificates(f->st, YG_STR(""), &f->arena, &c, &n, &f->err));
    assert_int_equal(n, 2);
    assert_ok(f, yg_ledger_attempt(f->st, ACME, &attempt, &f->err));
    assert_int_equal(attempt, 8);
    assert_ok(f, yg_ledger_attempt(f->st, BETA, &attempt, &f->err));
    assert_int_equal(attempt, 1);
    assert_int_equal(stats(f).certificates, 9);
    one = certificate_of(ACME, 7);
    assert_status(YG_EEXIST, yg_ledger_certificate_put(f->st, &one, &f->err));
    commit(f);
    assert_int_equal(stats(f).certificates, 9);
}

static void a_certificate_is_found_by_a_prefix(void **state)
{
    struct fixture *f = *state;
    struct yg_ledger_certificate want = certificate_of(ACME, 3), got;
    char hex[2 * YG_DIGEST_SIZE + 2];

    fixture_open(f);
    put_certificates(f, ACME, 8);
    put_certificates(f, BETA, 2); /* the bytes of acme's first */
    yg_hex(want.digest, sizeof(want.digest), hex);
    for (size_t digits = 6; digits <= 64; digits++) {
        assert_ok(f, yg_ledger_certificate_get(f->st, (struct yg_str){ hex, digits },
                                               &f->arena, &got, &f->err));
        assert_certificate(&got, &want);
    }
    for (size_t digits = 0; digits < 6; digits++)
        assert_status(YG_EINVAL,
                      yg_ledger_certificate_get(f->st, (struct yg_str){ hex, digits },
                                                &f->arena, &got, &f->err));
    hex[64] = 'a';
    assert_status(YG_EINVAL, yg_ledger_certificate_get(f->st, (struct yg_str){ hex, 65 },
                                                       &f->arena, &got, &f->err));
    hex[20] = 'x';
    assert_status(YG_EINVAL, yg_ledger_certificate_get(f->st, (struct yg_str){ hex, 64 },
                                                       &f->arena, &got, &f->err));
    assert_status(YG_ENOTFOUND,
                  yg_ledger_certificate_get(f->st, YG_STR("0000000000000000"), &f->arena,
                                            &got, &f->err));
    want = certificate_of(ACME, 1);
    yg_hex(want.digest, sizeof(want.digest), hex);
    assert_ok(f,
              yg_ledger_certificate_get(f->st, yg_str_of(hex), &f->arena, &got, &f->err));
    assert_certificate(&got, &want);
    commit(f);
    fixture_close(f);
    sql(f,
        "UPDATE certificate SET digest = CAST(x'abcdef' || substr(digest, 4) AS BLOB)");
    fixture_open(f);
    assert_status(YG_EINVAL, yg_ledger_certificate_get(f->st, YG_STR("abcdef"), &f->arena,
                                                       &got, &f->err));
    assert_non_null(strstr(f->err.msg, "more digits"));
}

static void what_is_no_certificate_is_refused(void **state)
{
    struct fixture *f = *state;
    struct yg_ledger_certificate c;

    fixture_open(f);
    put_certificates(f, ACME, 3);
    c = certificate_of(ACME, 5);
    assert_status(YG_EINVAL, yg_ledger_certificate_put(f->st, &c, &f->err)); /* a gap */
    c = certificate_of(BETA, 0);
    assert_status(YG_EINVAL, yg_ledger_certificate_put(f->st, &c, &f->err));
    c = certificate_of(ACME, 3);
    c.digest[31] ^= 1;
    assert_status(YG_EINVAL, yg_ledger_certificate_put(f->st, &c, &f->err));
    c = certificate_of(ACME, 3);
    c.bytes.n = 0;
    yg_digest_of(c.bytes.p, c.bytes.n, c.digest);
    assert_status(YG_EINVAL, yg_ledger_certificate_put(f->st, &c, &f->err));
    char *large = calloc(1, (1 << 20) + 1);
    c.bytes = (struct yg_str){ large, (1 << 20) + 1 };
    yg_digest_of(c.bytes.p, c.bytes.n, c.digest);
    assert_status(YG_EINVAL, yg_ledger_certificate_put(f->st, &c, &f->err));
    c.bytes.n--;
    yg_digest_of(c.bytes.p, c.bytes.n, c.digest);
    c.tenant = (struct yg_str){ large, YG_LEDGER_TEXT_MAX + 1 };
    c.attempt = 1;
    assert_status(YG_EINVAL, yg_ledger_certificate_put(f->st, &c, &f->err));
    c.tenant.n--;
    memset(c.key, 0, sizeof(c.key));
    memset(c.sig, 0, sizeof(c.sig));
    assert_ok(f, yg_ledger_certificate_put(f->st, &c, &f->err));
    free(large);
    commit(f); /* refusals left nothing behind */
    assert_int_equal(stats(f).certificates, 3);
    uint64_t rows;
    assert_ok(f, yg_ledger_verify(f->st, &rows, &f->err));
}

/* ---- orders -------------------------------------------------------------------- */

static void orders_come_back_chained(void **state)
{
    enum { ORDERS = 40 };
    struct fixture *f = *state;
    struct yg_order *o;
    uint64_t rows = 99;
    size_t n, mine = 0;

    fixture_open(f);
    assert_ok(f, yg_ledger_verify(f->st, &rows, &f->err));
    assert_int_equal(rows, 0);
    put_orders(f, 0, ORDERS / 2);
    commit(f);
    fixture_reopen(f);
    put_orders(f, ORDERS / 2, ORDERS);
    assert_ok(f, yg_ledger_orders(f->st, YG_STR(""), &f->arena, &o, &n, &f->err));
    assert_int_equal(n, ORDERS);
    for (uint64_t i = 0; i < n; i++) {
        struct yg_order want = order_of(i);
        assert_int_equal(o[i].seq, i + 1);
        assert_int_equal(o[i].at_ns, want.at_ns);
        assert_true(yg_str_eq(o[i].tenant, want.tenant));
        assert_true(yg_str_eq(o[i].who, want.who));
        assert_true(yg_str_eq(o[i].why, want.why));
        assert_memory_equal(o[i].certificate, want.certificate, YG_DIGEST_SIZE);
        assert_int_equal(o[i].devices, want.devices);
        assert_int_equal(o[i].fall, want.fall);
        assert_int_equal(o[i].kind, want.kind);
        assert_true(i == 0 || memcmp(o[i].chain, o[i - 1].chain, YG_DIGEST_SIZE) != 0);
        mine += yg_str_eq(want.tenant, BETA);
    }
    assert_ok(f, yg_ledger_orders(f->st, BETA, &f->arena, &o, &n, &f->err));
    assert_int_equal(n, mine);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(o[i].seq, 3 * i + 1);
    assert_ok(f, yg_ledger_verify(f->st, &rows, &f->err));
    assert_int_equal(rows, ORDERS);
    commit(f);
    assert_int_equal(stats(f).orders, ORDERS);
}

/* The chain of equal rows is equal, and every field is part of it. */
static void every_field_of_an_order_is_chained(void **state)
{
    struct fixture *f = *state;
    unsigned char seen[12][YG_DIGEST_SIZE];
    struct yg_order o, *got;
    size_t n;

    fixture_open(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(seen); i++) {
        o = order_of(9);
        o.kind = YG_ORDER_ARM;
        o.who = YG_STR("ab");
        o.why = YG_STR("c");
        switch (i) {
        case 2:
            o.at_ns ^= 1;
            break;
        case 3:
            o.tenant = ACME;
            break;
        case 4: /* the same bytes, cut elsewhere */
            o.who = YG_STR("a");
            o.why = YG_STR("bc");
            break;
        case 5:
            o.why = YG_STR("d");
            break;
        case 6:
            o.certificate[31] ^= 1;
            break;
        case 7:
            o.devices ^= 1;
            break;
        case 8:
            o.fall ^= 1;
            break;
        case 9:
            o.kind = YG_ORDER_DISARM;
            break;
        case 10:
            o.devices = order_of(9).fall;
            o.fall = order_of(9).devices + 1;
            break;
        case 11: /* another row before it */
            put_orders(f, 1, 2);
            break;
        default: /* 0 and 1 are equal */
            break;
        }
        assert_ok(f, yg_ledger_order_put(f->st, &o, &f->err));
        assert_ok(f, yg_ledger_orders(f->st, YG_STR(""), &f->arena, &got, &n, &f->err));
        memcpy(seen[i], got[n - 1].chain, YG_DIGEST_SIZE);
        for (size_t k = 0; k < i; k++)
            assert_int_equal(memcmp(seen[k], seen[i], YG_DIGEST_SIZE) == 0,
                             k == 0 && i == 1);
        yg_store_rollback(f->st);
    }
}

static void what_is_no_order_is_refused(void **state)
{
    struct fixture *f = *state;
    struct yg_order o;

    fixture_open(f);
    o = order_of(1);
    o.kind = 0;
    assert_status(YG_EINVAL, yg_ledger_order_put(f->st, &o, &f->err));
    o.kind = YG_ORDER_RENEW + 1;
    assert_status(YG_EINVAL, yg_ledger_order_put(f->st, &o, &f->err));
    o = order_of(1);
    o.devices = 1U << YG_DEV_COUNT;
    assert_status(YG_EINVAL, yg_ledger_order_put(f->st, &o, &f->err));
    o = order_of(1);
    o.fall = 1U << YG_FALL_COUNT;
    assert_status(YG_EINVAL, yg_ledger_order_put(f->st, &o, &f->err));
    char *large = calloc(1, YG_LEDGER_TEXT_MAX + 1);
    struct yg_str too_long = { large, YG_LEDGER_TEXT_MAX + 1 };
    struct yg_str *text[] = { &o.tenant, &o.who, &o.why };
    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++) {
        o = order_of(1);
        *text[i] = too_long;
        assert_status(YG_EINVAL, yg_ledger_order_put(f->st, &o, &f->err));
    }
    too_long.n--;
    o.why = too_long;
    assert_ok(f, yg_ledger_order_put(f->st, &o, &f->err));
    free(large);
}

/* ---- audits -------------------------------------------------------------------- */

static void assert_audit(const struct yg_audit *got, const struct yg_audit *want)
{
    struct yg_audit a = *got, b = *want;

    assert_true(yg_str_eq(a.tenant, b.tenant));
    assert_true(yg_str_eq(a.who, b.who));
    assert_memory_equal(a.run, b.run, sizeof(a.run));
    assert_memory_equal(a.alert, b.alert, sizeof(a.alert));
    assert_memory_equal(a.certificate, b.certificate, sizeof(a.certificate));
    assert_int_equal(a.rate, b.rate);
    assert_true(a.entity == b.entity);
    assert_int_equal(a.drawn_ns, b.drawn_ns);
    assert_int_equal(a.ends_ns, b.ends_ns);
    assert_int_equal(a.judged_ns, b.judged_ns);
    assert_int_equal(a.risk, b.risk);
    assert_int_equal(a.kind, b.kind);
    assert_int_equal(a.state, b.state);
    assert_int_equal(a.device, b.device);
    assert_int_equal(a.level, b.level);
    assert_int_equal(a.predicted, b.predicted);
    assert_int_equal(a.truth, b.truth);
    assert_int_equal(a.armed, b.armed);
    assert_int_equal(a.second, b.second);
    assert_int_equal(a.first, b.first);
    assert_int_equal(a.worst, b.worst);
    assert_int_equal(a.changes, b.changes);
}

static void audits_come_back_and_are_replaced(void **state)
{
    enum { AUDITS = 60 };
    struct fixture *f = *state;
    struct yg_audit got, want;
    uint64_t waiting = 0;

    fixture_open(f);
    put_audits(f, 0, AUDITS);
    commit(f);
    fixture_reopen(f);
    for (uint64_t n = 0; n < AUDITS; n++) {
        want = audit_of(n);
        assert_ok(f, yg_ledger_audit_get(f->st, want.run, &f->arena, &got, &f->err));
        assert_audit(&got, &want);
        waiting += want.state == YG_AUDIT_WAITS;
    }
    assert_int_equal(stats(f).audits_waiting, waiting);
    assert_true(audit_of(0).state == YG_AUDIT_WAITS);
    for (uint64_t n = 0; n < AUDITS; n++) { /* every other field anew */
        struct yg_audit now = audit_of(n + 3);
        memcpy(now.run, audit_of(n).run, sizeof(now.run));
        now.kind = audit_of(n).kind;
        now.predicted = YG_LEVEL_L2;
        assert_ok(f, yg_ledger_audit_put(f->st, &now, &f->err));
        assert_ok(f, yg_ledger_audit_get(f->st, now.run, &f->arena, &got, &f->err));
        assert_audit(&got, &now);
    }
    struct yg_audit_filter all = { .limit = 0 };
    struct yg_audit *list;
    size_t count;
    assert_ok(f, yg_ledger_audits(f->st, &all, &f->arena, &list, &count, &f->err));
    assert_int_equal(count, AUDITS);
    id_of(5000, want.run);
    assert_status(YG_ENOTFOUND,
                  yg_ledger_audit_get(f->st, want.run, &f->arena, &got, &f->err));
}

static void audits_are_listed_in_order(void **state)
{
    struct fixture *f = *state;
    struct yg_audit *a;
    size_t n, of_beta = 0, waiting = 0;

    fixture_open(f);
    put_audits(f, 0, 90);
    for (unsigned i = 0; i < 8; i++) {
        struct yg_audit_filter q = { .tenant = i & 1 ? BETA : YG_STR(""),
                                     .waiting = i & 2,
                                     .limit = i & 4 ? 10 : 0 };
        assert_ok(f, yg_ledger_audits(f->st, &q, &f->arena, &a, &n, &f->err));
        assert_int_equal(n, i & 4 ? 10 : i == 0 ? 90 : i == 1 ? 45 : i == 2 ? 30 : 15);
        for (size_t k = 0; k < n; k++) {
            bool waits = a[k].state == YG_AUDIT_WAITS;
            of_beta += yg_str_eq(a[k].tenant, BETA);
            waiting += waits;
            assert_true(!q.tenant.n || yg_str_eq(a[k].tenant, BETA));
            assert_true(!q.waiting || waits);
            if (k == 0)
                continue;
            bool waited = a[k - 1].state == YG_AUDIT_WAITS;
            assert_true(!waited || waits);
            assert_true(waited != waits || q.waiting ||
                        a[k - 1].judged_ns <= a[k].judged_ns);
            assert_true(!q.waiting || a[k - 1].drawn_ns <= a[k].drawn_ns);
        }
    }
    assert_true(of_beta > 90 && waiting > 60);
}

static void what_is_no_audit_is_refused(void **state)
{
    struct fixture *f = *state;
    char *large = calloc(1, YG_LEDGER_TEXT_MAX + 1);

    fixture_open(f);
    for (int i = 0; i < 14; i++) {
        struct yg_audit a = audit_of(1);
        uint8_t *level[] = { &a.level, &a.predicted, &a.truth, &a.second };
        if (i < 4)
            *level[i] = YG_LEVEL_COUNT;
        else if (i < 8)
            *level[i - 4] = YG_LEVEL_NONE - 1;
        a.kind = i == 8 ? 0 : i == 9 ? YG_AUDIT_TRIAL + 1 : a.kind;
        a.state = i == 10 ? YG_AUDIT_VOID + 1 : a.state;
        a.device = i == 11 ? YG_DEV_COUNT : a.device;
        a.rate = i == 12 ? YG_COIN_ONE + 1 : a.rate;
        if (i == 13)
            a.who = (struct yg_str){ large, YG_LEDGER_TEXT_MAX + 1 };
        enum yg_status rc = yg_ledger_audit_put(f->st, &a, &f->err);
        if (rc != YG_EINVAL)
            fail_msg("case %d: %s", i, yg_status_name(rc));
    }
    struct yg_audit two = audit_of(1);
    two.armed = 2;
    assert_status(YG_EINVAL, yg_ledger_audit_put(f->st, &two, &f->err));
    commit(f);
    assert_int_equal(stats(f).audits_waiting, 0);
    free(large);
}

/* ---- strata -------------------------------------------------------------------- */

static void days_add_up(void **state)
{
    struct fixture *f = *state;
    struct yg_ledger_day *got, d = { .tenant = ACME, .device = 2 };
    size_t n;

    fixture_open(f);
    for (int64_t i = 0; i < 30; i++) {
        d.day = 19000 - i % 3;
        d.device = (uint8_t)(i % 2);
        d.counts = (struct yg_stratum_counts){ .alerts = 100,
                                               .closed = 50,
                                               .runs_closed = (uint64_t)i,
                                               .runs_open = 3,
                                               .protected_open = 1 };
        d.tenant = i == 29 ? BETA : ACME;
        assert_ok(f, yg_ledger_day_add(f->st, &d, &f->err));
    }
    commit(f);
    fixture_reopen(f);
    assert_ok(f, yg_ledger_days(f->st, ACME, &f->arena, &got, &n, &f->err));
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(got[i].day, 18998 + (int64_t)i / 2);
        assert_int_equal(got[i].device, i % 2);
        assert_true(yg_str_eq(got[i].tenant, ACME));
    }
    assert_int_equal(got[0].counts.alerts, 500); /* 2, 8, 14, 20, 26 */
    assert_int_equal(got[0].counts.closed, 250);
    assert_int_equal(got[0].counts.runs_closed, 70);
    assert_int_equal(got[0].counts.runs_open, 15);
    assert_int_equal(got[0].counts.protected_open, 5);
    assert_int_equal(got[1].counts.alerts, 400); /* the 29th is beta's */
    d.counts.alerts = UINT64_MAX;
    assert_status(YG_EINVAL, yg_ledger_day_add(f->st, &d, &f->err));
    d.counts.alerts = 0;
    d.device = YG_DEV_COUNT;
    assert_status(YG_EINVAL, yg_ledger_day_add(f->st, &d, &f->err));
}

static void strata_come_back(void **state)
{
    struct fixture *f = *state;
    struct yg_ledger_stratum *got, s;
    size_t n;

    fixture_open(f);
    for (int round = 0; round < 2; round++) {
        for (uint8_t i = 0; i < 6; i++) {
            s = (struct yg_ledger_stratum){ .tenant = i < 3 ? BETA : ACME,
                                            .device = (uint8_t)(i % 3),
                                            .drift = text_of(i) };
            s.budget = (struct yg_coin_budget){ 19000 + i, i, 0.1 * i + round, 2,
                                                3U + i,    4, 1e9 + round };
            memset(s.reference, i + round, sizeof(s.reference));
            assert_ok(f, yg_ledger_stratum_put(f->st, &s, &f->err));
        }
        commit(f);
        fixture_reopen(f);
        assert_ok(f, yg_ledger_strata(f->st, &f->arena, &got, &n, &f->err));
        assert_int_equal(n, 6);
        for (size_t k = 0; k < n; k++) { /* acme first */
            uint8_t i = (uint8_t)((k + 3) % 6);
            assert_true(yg_str_eq(got[k].tenant, i < 3 ? BETA : ACME));
            assert_int_equal(got[k].device, i % 3);
            assert_int_equal(got[k].budget.day, 19000 + i);
            assert_int_equal(got[k].budget.today, i);
            assert_true(got[k].budget.daily == 0.1 * i + round);
            assert_int_equal(got[k].budget.drawn_today, 2);
            assert_int_equal(got[k].budget.decoys_today, 3U + i);
            assert_int_equal(got[k].budget.open_today, 4);
            assert_true(got[k].budget.open_daily == 1e9 + round);
            assert_true(yg_str_eq(got[k].drift, text_of(i)));
            assert_int_equal(got[k].reference[31], i + round);
        }
    }
    s.budget.daily = NAN;
    assert_status(YG_EINVAL, yg_ledger_stratum_put(f->st, &s, &f->err));
    s.budget.daily = 1;
    s.budget.open_daily = -1;
    assert_status(YG_EINVAL, yg_ledger_stratum_put(f->st, &s, &f->err));
    s.budget.open_daily = 0;
    s.budget.today = UINT64_MAX;
    assert_status(YG_EINVAL, yg_ledger_stratum_put(f->st, &s, &f->err));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(certificates_come_back),
        CASE(a_certificate_is_found_by_a_prefix),
        CASE(what_is_no_certificate_is_refused),
        CASE(orders_come_back_chained),
        CASE(every_field_of_an_order_is_chained),
        CASE(what_is_no_order_is_refused),
        CASE(audits_come_back_and_are_replaced),
        CASE(audits_are_listed_in_order),
        CASE(what_is_no_audit_is_refused),
        CASE(days_add_up),
        CASE(strata_come_back),
    };
    const struct cases c = { "ledger", both, NULL, YG_ARRAY_LEN(both), 0 };

    return run_on_both(&c);
}
