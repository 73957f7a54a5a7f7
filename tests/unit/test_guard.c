/* SPDX-License-Identifier: Apache-2.0 */
#include "guard_util.h"

/* ---- arming ---------------------------------------------------------------------------
 */

static void nothing(struct world *w)
{
    (void)w;
}
static void good(struct world *w)
{
    certify(w, ACME, 0, false);
}
static void provisional(struct world *w)
{
    certify(w, ACME, 1U << YG_PROV_NO_COIN, false);
}
static void few_threats(struct world *w)
{
    certify(w, ACME, 0, true);
}
static void too_old(struct world *w)
{
    good(w);
    w->f->clock.manual_ns += 31 * DAY;
}
static void other_model(struct world *w)
{
    good(w);
    w->pack.model_digest[0] = 8;
}
static void pooled(struct world *w)
{
    certify(w, YG_STR_NONE, 0, false);
}
static void of_another(struct world *w)
{
    certify(w, BETA, 0, false);
}
static void overdue(struct world *w)
{
    good(w);
    begin(w);
    assert_int_equal(see(w, 1, true, T0), YG_DRAW_AUDIT);
    end(w);
    w->f->clock.manual_ns += 4 * DAY;
}

static const struct {
    const char *name;
    void (*make)(struct world *w);
    const char *accept;
    bool pooled;
    const char *refused; /* part of the reason; NULL: armed */
} arming[] = {
    { "nothing to stand on", nothing, "", false, "no certificate of acme yet" },
    { "a certificate that may arm", good, "", false, NULL },
    { "a provisional one", provisional, "", false, "the audit coin drew" },
    { "few threats, nothing accepted", few_threats, "", false, "7 of 90 judged threats" },
    { "few threats, accepted in writing", few_threats, "we know", false, NULL },
    { "its term is over", too_old, "", false, "term ended" },
    { "another model", other_model, "", false, "have changed since" },
    { "another tenant's", of_another, "", false, "no certificate of acme yet" },
    { "a pooled one, not asked for", pooled, "", false, "no certificate of acme yet" },
    { "a pooled one, not accepted", pooled, "", true, "speaks of all tenants" },
    { "a pooled one, accepted", pooled, "we are like the others", true, NULL },
    { "no pooled one", good, "x", true, "no pooled certificate" },
    { "audits overdue", overdue, "", false, "wait longer than agreed" },
};

static void arms_only_with_grounds(void **state)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(arming); i++) {
        struct fixture *f = *state;
        struct world *w = world_new(f);
        arming[i].make(w);
        begin(w);
        enum yg_status st = order(w, YG_ORDER_ARM, arming[i].accept, arming[i].pooled);
        bool fits = arming[i].refused
                        ? st == YG_EINVAL && strstr(f->err.msg, arming[i].refused)
                        : st == YG_OK;
        if (!fits)
            fail_msg("%s: %s %s", arming[i].name, yg_status_name(st),
                     st == YG_OK ? "" : f->err.msg);
        assert_int_equal(armed(w) != 0, !arming[i].refused);
        yg_guard_free(w->g);
        begin(w); /* the same from the ledger alone */
        assert_int_equal(armed(w) != 0, !arming[i].refused);
        world_free(w);
        fixture_close(f);
        fixture_wipe(f);
    }
}

static void an_order_needs_who_and_why(void **state)
{
    struct world *w = world_new(*state);
    struct yg_guard_order o = { .tenant = ACME, .who = WHO, .kind = YG_ORDER_ARM };

    good(w);
    begin(w);
    assert_status(YG_EINVAL, yg_guard_order(w->g, &o, &w->f->err));
    o.why = WHY;
    o.who = YG_STR_NONE;
    assert_status(YG_EINVAL, yg_guard_order(w->g, &o, &w->f->err));
    assert_int_equal(armed(w), 0);
    world_free(w);
}

/* A certificate counts with this store's signature, and for its own tenant alone. */
static void a_certificate_is_this_stores_and_this_tenants(void **state)
{
    struct world *w = world_new(*state);
    const unsigned char key[32] = { 1 };
    const struct yg_guard_options signed_only = { .store = w->f->st,
                                                  .pack = &w->pack,
                                                  .config = &w->config,
                                                  .clock = &w->f->clock,
                                                  .secret = secret,
                                                  .key = key };
    const struct yg_order forged = { .at_ns = T0,
                                     .tenant = YG_STR("globex"),
                                     .who = WHO,
                                     .why = WHY,
                                     .kind = YG_ORDER_ARM };
    struct yg_ledger_certificate *row;
    struct yg_order o = forged;
    struct yg_policy p;
    size_t n;

    good(w); /* not signed */
    assert_ok(w->f, yg_guard_new(&signed_only, &w->g, &w->f->err));
    assert_status(YG_ECORRUPT, order(w, YG_ORDER_ARM, "", false));
    yg_guard_free(w->g);
    assert_ok(w->f,
              yg_ledger_certificates(w->f->st, ACME, &w->f->arena, &row, &n, &w->f->err));
    memcpy(o.certificate, row[n - 1].digest, YG_DIGEST_SIZE);
    assert_ok(w->f, yg_ledger_order_put(w->f->st, &o, &w->f->err));
    begin(w);
    assert_status(YG_ECORRUPT, yg_guard_policy(w->g, forged.tenant, &p, &w->f->err));
    world_free(w);
}

static void disarm_is_always_taken(void **state)
{
    struct world *w = world_new(*state);

    good(w);
    begin(w);
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    assert_int_not_equal(armed(w), 0);
    assert_ok(w->f, order(w, YG_ORDER_DISARM, "", false));
    assert_int_equal(armed(w), 0);
    assert_ok(w->f, order(w, YG_ORDER_DISARM, "", false));
    world_free(w);
}

static void one_device_type_alone(void **state)
{
    struct world *w = world_new(*state);
    const struct yg_guard_order o = { .tenant = ACME,
                                      .who = WHO,
                                      .why = WHY,
                                      .devices = 1U << YG_DEV_IDS,
                                      .kind = YG_ORDER_ARM };

    good(w);
    begin(w);
    assert_ok(w->f, yg_guard_order(w->g, &o, &w->f->err));
    assert_int_equal(armed(w), 1U << YG_DEV_IDS);
    world_free(w);
}

/* ---- the coin -------------------------------------------------------------------------
 */

static void a_run_is_tossed_once_and_stays_whole(void **state)
{
    struct world *w = world_new(*state);
    enum yg_guard_draw first[400];
    uint64_t drawn = 0;

    w->config.audits_per_day = 20;
    begin(w);
    for (uint64_t i = 0; i < 400; i++) {
        first[i] = see(w, i, i % 4 != 3, T0 + (int64_t)i * YG_NS_PER_S);
        drawn += first[i] != YG_DRAW_NONE;
        assert_true(first[i] != YG_DRAW_DECOY || i % 4 == 3);
        assert_true(first[i] != YG_DRAW_AUDIT || i % 4 != 3);
    }
    assert_true(drawn > 10 && drawn < 200);
    for (uint64_t i = 0; i < 400; i++) /* would it close or not, by now */
        assert_int_equal(see(w, i, i % 4 != 3, T0 + (int64_t)i * YG_NS_PER_S), first[i]);
    end(w);
    begin(w); /* what was drawn is remembered by the ledger */
    for (uint64_t i = 0; i < 400; i++) {
        bool blind;
        unsigned char id[YG_ID_SIZE];
        id_of(i, id);
        assert_ok(w->f, yg_guard_blind(w->f->st, id, &blind, &w->f->err));
        assert_int_equal(blind, first[i] != YG_DRAW_NONE);
    }
    world_free(w);
}

/* The program stops while runs go on: those that were drawn are still, the others are
 * looked for in the ledger and not found. */
/* Without a day of its own a stratum expects what the policy's period had. */
static void a_stratum_begins_with_a_forecast(void **state)
{
    static const struct {
        const char *what;
        uint64_t runs, closed, tenants, judged, alerts;
        int days;
        uint32_t devices;
        double daily, open_daily;
    } t[] = {
        { "a day of one tenant", 900, 600, 1, 50, 50, 1, 1 << YG_DEV_IDS, 600, 300 },
        { "by day, tenant and type", 9600, 4800, 4, 50, 50, 6, 3 << YG_DEV_IDS, 100,
          100 },
        { "what was not judged, too", 90, 60, 1, 50, 500, 1, 1 << YG_DEV_IDS, 600, 300 },
        { "an hour is no day", 90, 60, 1, 50, 50, 0, 1 << YG_DEV_IDS, 60, 30 },
        { "nothing judged", 90, 60, 1, 0, 50, 1, 1 << YG_DEV_IDS, 0, 0 },
        { "closed nothing", 90, 0, 1, 50, 50, 1, 1 << YG_DEV_IDS, 0, 90 },
        { "no such count", 90, 91, 1, 50, 50, 1, 1 << YG_DEV_IDS, 0, 0 },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(t); i++) {
        struct world *w = world_new(*state);
        struct yg_ledger_stratum *row;
        size_t n;
        w->pack.certificate = (struct yg_certificate){
            .runs = t[i].runs,
            .runs_closed = t[i].closed,
            .tenants = t[i].tenants,
            .from_ns = T0,
            .until_ns = T0 + (t[i].days ? t[i].days * INT64_C(86400) : 3600) * YG_NS_PER_S
        };
        w->pack.judged = t[i].judged;
        w->pack.alerts = t[i].alerts;
        w->pack.devices = t[i].devices;
        begin(w);
        (void)see(w, 1, true, T0);
        end(w);
        assert_ok(w->f, yg_ledger_strata(w->f->st, &w->f->arena, &row, &n, &w->f->err));
        assert_int_equal(n, 1);
        if (row[0].budget.daily != t[i].daily ||
            row[0].budget.open_daily != t[i].open_daily)
            fail_msg("%s: %g and %g", t[i].what, row[0].budget.daily,
                     row[0].budget.open_daily);
        world_free(w);
        fixture_teardown(state);
        fixture_setup(state);
    }
}

static void runs_go_on_after_a_restart(void **state)
{
    struct world *w = world_new(*state);
    enum yg_guard_draw first[100];
    uint64_t drawn = 0;

    w->config.audits_per_day = 4;
    begin(w);
    for (uint64_t i = 0; i < 100; i++)
        drawn += (first[i] = see(w, i, true, T0)) != YG_DRAW_NONE;
    assert_in_range(drawn, 1, 99);
    end(w);
    begin(w);
    for (uint64_t i = 0; i < 100; i++) {
        enum yg_guard_draw d = see_of(w, i, false, false, T0);
        assert_int_equal(d, first[i]);
    }
    end(w);
    world_free(w);
}

static void counts_by_day(void **state)
{
    struct world *w = world_new(*state);
    struct yg_ledger_day *day;
    size_t n;

    begin(w);
    for (uint64_t i = 0; i < 10; i++)
        (void)see(w, i, i < 6, T0);
    (void)see(w, 0, true, T0);
    end(w);
    begin(w);
    w->f->clock.manual_ns += DAY;
    (void)see(w, 20, true, T0 + DAY);
    end(w);
    assert_ok(w->f, yg_ledger_days(w->f->st, ACME, &w->f->arena, &day, &n, &w->f->err));
    assert_int_equal(n, 2);
    assert_int_equal(day[0].counts.alerts, 11);
    assert_int_equal(day[0].counts.runs_closed, 6);
    assert_int_equal(day[0].counts.runs_open, 4);
    assert_int_equal(day[0].counts.closed, 0); /* shadow */
    assert_int_equal(day[1].counts.runs_closed, 1);
    world_free(w);
}

/* ---- verdicts -------------------------------------------------------------------------
 */

static void audit_of(struct world *w, uint64_t run, struct yg_audit *a)
{
    unsigned char id[YG_ID_SIZE];

    id_of(run, id);
    assert_ok(w->f, yg_guard_flush(w->g, &w->f->err));
    assert_ok(w->f, yg_ledger_audit_get(w->f->st, id, &w->f->arena, a, &w->f->err));
}

static void verdicts_of_an_audit(void **state)
{
    struct world *w = world_new(*state);
    struct yg_audit a;
    unsigned char id[YG_ID_SIZE];
    enum yg_guard_draw d;
    struct yg_guard_verdict v = {
        .run = id, .who = WHO, .level = YG_LEVEL_L2, .before = YG_LEVEL_NONE, .at_ns = T0
    };

    id_of(1, id);
    w->f->clock.manual_ns = T0 + HOUR; /* the runs are over */
    begin(w);
    assert_int_equal(see(w, 1, true, T0), YG_DRAW_AUDIT);
    audit_of(w, 1, &a);
    assert_int_equal(a.state, YG_AUDIT_WAITS);
    assert_int_equal(a.risk, 5);
    v.bulk = true;
    assert_ok(w->f, yg_guard_judged(w->g, &v, &d, &w->f->err));
    audit_of(w, 1, &a);
    assert_int_equal(a.state, YG_AUDIT_WAITS); /* bulk verdicts prove nothing */
    v.bulk = false;
    assert_ok(w->f, yg_guard_judged(w->g, &v, &d, &w->f->err));
    assert_int_equal(d, YG_DRAW_AUDIT);
    audit_of(w, 1, &a);
    assert_int_equal(a.level, YG_LEVEL_L2);
    assert_int_equal(standing(w).audits, 1);
    v.who = YG_STR("bob");
    v.level = YG_LEVEL_L1;
    assert_ok(w->f, yg_guard_judged(w->g, &v, &d, &w->f->err));
    audit_of(w, 1, &a);
    assert_int_equal(a.level, YG_LEVEL_L2);
    assert_int_equal(a.second, YG_LEVEL_L1);
    assert_int_equal(standing(w).twice, 1);
    (void)see(w, 1, true, T0 + 60 * YG_NS_PER_S); /* it goes on: judge again */
    audit_of(w, 1, &a);
    assert_int_equal(a.state, YG_AUDIT_WAITS);
    assert_int_equal(standing(w).audits, 0);
    v.undo = true;
    assert_ok(w->f, yg_guard_judged(w->g, &v, &d, &w->f->err));
    assert_int_equal(d, YG_DRAW_NONE);
    world_free(w);
}

/* Its own run is blind, the past alert is not; the verdict goes to its row. The rest,
 * over stored records, is tests/scenario/plant.t. */
static void verdicts_of_a_plant(void **state)
{
    struct world *w = world_new(*state);
    struct yg_audit a = { .tenant = ACME,
                          .kind = YG_AUDIT_PLANT,
                          .state = YG_AUDIT_WAITS,
                          .device = YG_DEV_IDS,
                          .truth = YG_LEVEL_L4,
                          .level = YG_LEVEL_NONE,
                          .predicted = YG_LEVEL_NONE,
                          .second = YG_LEVEL_NONE,
                          .first = YG_LEVEL_NONE,
                          .worst = YG_LEVEL_NONE };
    struct yg_guard_verdict v = { .run = a.run,
                                  .who = WHO,
                                  .level = YG_LEVEL_L4,
                                  .before = YG_LEVEL_NONE,
                                  .at_ns = T0 };
    struct yg_store_record rec = { .time_ns = 0 };
    enum yg_guard_draw d;
    bool blind;

    begin(w);
    assert_status(YG_EINVAL, yg_guard_plant(w->g, ACME, 0, &w->f->err));
    assert_status(YG_EINVAL, yg_guard_plant(w->g, ACME, 1, &w->f->err));
    assert_int_equal(see(w, 1, false, T0), YG_DRAW_DECOY); /* so that it has a stratum */
    id_of(10, a.run);
    id_of(11, a.alert);
    assert_ok(w->f, yg_ledger_audit_put(w->f->st, &a, &w->f->err));
    memcpy(rec.id, a.run, YG_ID_SIZE);
    assert_ok(w->f, yg_guard_blind_alert(w->f->st, ACME, &rec, &blind, NULL, &w->f->err));
    assert_true(blind);
    memcpy(rec.id, a.alert, YG_ID_SIZE);
    assert_ok(w->f, yg_guard_blind_alert(w->f->st, ACME, &rec, &blind, NULL, &w->f->err));
    assert_false(blind);
    assert_ok(w->f, yg_guard_judged(w->g, &v, &d, &w->f->err));
    assert_int_equal(d, YG_DRAW_PLANT);
    assert_int_equal(standing(w).plants, 1);
    assert_int_equal(standing(w).plants_found, 1);
    assert_int_equal(standing(w).audits, 0);
    assert_int_equal(standing(w).total.protected_open, 0);
    v.undo = true; /* too late: it was said that it is one */
    assert_ok(w->f, yg_guard_judged(w->g, &v, &d, &w->f->err));
    v.undo = false;
    v.level = YG_LEVEL_FP;
    assert_ok(w->f, yg_guard_judged(w->g, &v, &d, &w->f->err));
    assert_int_equal(standing(w).plants_found, 1);
    world_free(w);
}

/* What is said once the score is seen is kept and makes nothing better. */
static void changes_of_a_verdict(void **state)
{
    struct world *w = world_new(*state);
    struct yg_audit a;
    unsigned char id[YG_ID_SIZE];
    enum yg_guard_draw d;
    static const struct {
        enum yg_level level;
        bool undo;
        uint8_t worst;
        uint32_t changes;
    } step[] = {
        { YG_LEVEL_FP, false, YG_LEVEL_FP, 0 }, { YG_LEVEL_FP, false, YG_LEVEL_FP, 0 },
        { YG_LEVEL_L4, false, YG_LEVEL_L4, 1 }, { YG_LEVEL_FP, true, YG_LEVEL_L4, 2 },
        { YG_LEVEL_L1, false, YG_LEVEL_L4, 2 }, { YG_LEVEL_FP, false, YG_LEVEL_L4, 3 },
    };

    id_of(1, id);
    w->f->clock.manual_ns = T0 + HOUR;
    begin(w);
    assert_int_equal(see(w, 1, true, T0), YG_DRAW_AUDIT);
    assert_ok(w->f, yg_guard_flush(w->g, &w->f->err));
    for (size_t i = 0; i < YG_ARRAY_LEN(step); i++) {
        const struct yg_guard_verdict v = { .run = id,
                                            .who = WHO,
                                            .level = step[i].level,
                                            .before = YG_LEVEL_NONE,
                                            .undo = step[i].undo,
                                            .at_ns = T0 + HOUR };
        assert_ok(w->f, yg_guard_judged(w->g, &v, &d, &w->f->err));
        audit_of(w, 1, &a);
        assert_int_equal(a.first, YG_LEVEL_FP);
        assert_int_equal(a.worst, step[i].worst);
        assert_int_equal(a.changes, step[i].changes);
        assert_int_equal(standing(w).missed, step[i].worst == YG_LEVEL_L4);
    }
    (void)see(w, 1, true, T0 + 60 * YG_NS_PER_S); /* it goes on: judge again */
    audit_of(w, 1, &a);
    assert_int_equal(a.state, YG_AUDIT_WAITS);
    assert_int_equal(a.worst, YG_LEVEL_L4);
    world_free(w);
}

/* A verdict of another process, given while this one goes on, is not written over. */
static void verdicts_of_others_stay(void **state)
{
    struct world *w = world_new(*state);
    struct yg_guard *here;
    struct yg_audit a;

    w->f->clock.manual_ns = T0 + HOUR;
    begin(w);
    for (uint64_t i = 1; i < 4; i++)
        assert_int_equal(see(w, i, true, T0), YG_DRAW_AUDIT);
    assert_ok(w->f, yg_guard_flush(w->g, &w->f->err));
    here = w->g;
    begin(w); /* the other */
    judge(w, 1, YG_LEVEL_L4);
    judge(w, 2, YG_LEVEL_FP);
    yg_guard_free(w->g);
    w->g = here;
    (void)see_of(w, 1, false, true, T0 + 60 * YG_NS_PER_S);
    (void)see_of(w, 3, false, true, T0 + 60 * YG_NS_PER_S);
    audit_of(w, 1, &a); /* it goes on: judge again */
    assert_int_equal(a.state, YG_AUDIT_WAITS);
    assert_int_equal(a.worst, YG_LEVEL_L4);
    assert_int_equal(a.first, YG_LEVEL_L4);
    audit_of(w, 2, &a);
    assert_int_equal(a.state, YG_AUDIT_JUDGED);
    audit_of(w, 3, &a);
    assert_int_equal(a.first, YG_LEVEL_NONE);
    assert_int_equal(standing(w).missed, 1);
    world_free(w);
}

static void an_unended_run_counts_later(void **state)
{
    struct world *w = world_new(*state);

    begin(w);
    assert_int_equal(see(w, 1, true, T0), YG_DRAW_AUDIT);
    assert_ok(w->f, yg_guard_flush(w->g, &w->f->err));
    judge(w, 1, YG_LEVEL_FP);
    assert_int_equal(standing(w).audits, 0);
    w->f->clock.manual_ns += YG_RUN_GAP_NS;
    assert_int_equal(standing(w).audits, 1);
    world_free(w);
}

/* Whoever sends alerts chooses their times. */
static void a_time_to_come_stops_no_clock(void **state)
{
    struct world *w = world_new(*state);
    struct yg_audit a;
    uint64_t drawn = 0, run = 1;

    w->config.audits_per_day = 20;
    begin(w);
    while (see(w, run, true, T0 + 36500 * DAY) != YG_DRAW_AUDIT)
        run++;
    audit_of(w, run, &a);
    for (int day = 0; day < 6; day++) {
        w->f->clock.manual_ns = T0 + day * DAY + DAY / 2;
        drawn = 0;
        for (uint64_t i = 0; i < 400; i++)
            drawn += see(w, ++run, true, T0 + day * DAY) != YG_DRAW_NONE;
    }
    assert_in_range(drawn, 8, 60); /* of the last day: the budget, not the least rate */
    audit_of(w, run = 1, &a);
    judge(w, 1, YG_LEVEL_L4);
    assert_int_equal(standing(w).audits, 1); /* its verdict counts this year */
    world_free(w);
}

/* ---- the fall -------------------------------------------------------------------------
 */

static void audits(struct world *w, uint64_t from, uint64_t until, enum yg_level level)
{
    w->config.audits_per_day = 100000; /* all of them */
    for (uint64_t i = from; i < until; i++)
        assert_int_equal(see(w, i, true, T0 - DAY + (int64_t)i), YG_DRAW_AUDIT);
    assert_ok(w->f, yg_guard_flush(w->g, &w->f->err));
    for (uint64_t i = from; i < until; i++)
        judge(w, i, level);
}

static void falls_by_itself_and_stays_down(void **state)
{
    struct world *w = world_new(*state);
    struct yg_order *o;
    size_t n;
    uint64_t fell;

    good(w);
    begin(w);
    w->f->clock.manual_ns += HOUR;
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    audits(w, 0, 300, YG_LEVEL_FP);
    assert_ok(w->f, yg_guard_check(w->g, &fell, &w->f->err));
    assert_int_equal(fell, 0);
    assert_true(armed(w) >> YG_DEV_IDS & 1);
    audits(w, 300, 330, YG_LEVEL_L4);
    assert_ok(w->f, yg_guard_check(w->g, &fell, &w->f->err));
    assert_int_equal(fell, 1);
    assert_false(armed(w) >> YG_DEV_IDS & 1);
    assert_ok(w->f, yg_guard_check(w->g, &fell, &w->f->err));
    assert_int_equal(fell, 0); /* told once */
    end(w);
    assert_ok(w->f, yg_ledger_orders(w->f->st, ACME, &w->f->arena, &o, &n, &w->f->err));
    assert_int_equal(o[n - 1].kind, YG_ORDER_FELL);
    assert_int_equal(o[n - 1].fall, 1U << YG_FALL_BROKEN);
    assert_int_equal(o[n - 1].devices, 1U << YG_DEV_IDS);
    begin(w);
    assert_status(YG_EINVAL, order(w, YG_ORDER_ARM, "", false));
    assert_non_null(strstr(w->f->err.msg, "certify again"));
    w->f->clock.manual_ns += HOUR;
    certify(w, ACME, 0, false); /* with what was learned */
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    assert_true(armed(w) >> YG_DEV_IDS & 1);
    world_free(w);
}

/* Nobody gets rid of what audits said by arming, or by arming anew. */
static void arming_forgets_nothing(void **state)
{
    struct world *w = world_new(*state);
    unsigned char id[YG_ID_SIZE];
    const struct yg_guard_verdict taken_back = { .run = id, .who = WHO, .undo = true };
    enum yg_guard_draw d;

    good(w);
    begin(w);
    w->f->clock.manual_ns += HOUR;
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    audits(w, 0, 50, YG_LEVEL_FP);
    audits(w, 50, 51, YG_LEVEL_L4); /* too few to fall */
    assert_ok(w->f, order(w, YG_ORDER_DISARM, "", false));
    w->f->clock.manual_ns += HOUR;
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    assert_int_equal(standing(w).missed, 1);
    assert_ok(w->f, order(w, YG_ORDER_DISARM, "", false));
    audits(w, 51, 81, YG_LEVEL_L4); /* in shadow */
    assert_status(YG_EINVAL, order(w, YG_ORDER_ARM, "", false));
    assert_non_null(strstr(w->f->err.msg, "broken"));
    for (uint64_t i = 50; i < 81; i++) {
        id_of(i, id);
        assert_ok(w->f, yg_guard_judged(w->g, &taken_back, &d, &w->f->err));
        judge(w, i, YG_LEVEL_FP);
    } /* nor by changing verdicts: only a certificate that knows of it helps */
    assert_status(YG_EINVAL, order(w, YG_ORDER_ARM, "", false));
    certify(w, ACME, 0, false);
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    world_free(w);
}

static void the_term_ends(void **state)
{
    struct world *w = world_new(*state);
    uint64_t fell;

    good(w);
    begin(w);
    assert_int_equal(see(w, 9999, false, T0), YG_DRAW_DECOY);
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    assert_ok(w->f, yg_guard_flush(w->g, &w->f->err));
    judge(w, 9999, YG_LEVEL_FP);
    audits(w, 0, 300, YG_LEVEL_FP);
    w->f->clock.manual_ns += 30 * DAY;
    assert_ok(w->f, yg_guard_check(w->g, &fell, &w->f->err));
    assert_true(armed(w) >> YG_DEV_IDS & 1); /* renewed by its audits */
    assert_true(standing(w).expires_ns == yg_clock_now(&w->f->clock) + 30 * DAY);
    assert_false(armed(w) >> YG_DEV_WAF & 1); /* without audits of its own */
    assert_true(fell > 0);
    world_free(w);
}

static void a_changed_model_falls(void **state)
{
    struct world *w = world_new(*state);

    good(w);
    begin(w);
    assert_ok(w->f, order(w, YG_ORDER_ARM, "", false));
    end(w);
    w->pack.model_digest[0] = 8;
    begin(w);
    assert_int_equal(armed(w), 0);
    end(w);
    w->pack.model_digest[0] = 7; /* the old one again: a person arms, nobody else */
    begin(w);
    assert_int_equal(armed(w), 0);
    world_free(w);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(arms_only_with_grounds),
        CASE(an_order_needs_who_and_why),
        CASE(a_certificate_is_this_stores_and_this_tenants),
        CASE(disarm_is_always_taken),
        CASE(one_device_type_alone),
        CASE(a_run_is_tossed_once_and_stays_whole),
        CASE(a_stratum_begins_with_a_forecast),
        CASE(runs_go_on_after_a_restart),
        CASE(counts_by_day),
        CASE(verdicts_of_an_audit),
        CASE(verdicts_of_a_plant),
        CASE(changes_of_a_verdict),
        CASE(verdicts_of_others_stay),
        CASE(an_unended_run_counts_later),
        CASE(a_time_to_come_stops_no_clock),
        CASE(falls_by_itself_and_stays_down),
        CASE(arming_forgets_nothing),
        CASE(the_term_ends),
        CASE(a_changed_model_falls),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
