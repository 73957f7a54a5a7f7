/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "policy/coin.h"
#include "policy/decide.h"
#include "policy/standing.h"
#include "policy/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY  (INT64_C(86400) * YG_NS_PER_S)
#define T0   (INT64_C(20000) * DAY)
#define MOST 4000

static const struct yg_standing_rules rules = { .protect = YG_LEVEL_L3,
                                                .beta = 0.05,
                                                .delta = 0.05,
                                                .certificate_ns = 30 * DAY,
                                                .overdue_ns = 3 * DAY,
                                                .patience = 10000,
                                                .plants_least = 50 };
static const unsigned char digest[YG_DIGEST_SIZE] = "the certificate in force";

struct world {
    struct yg_audit audit[MOST];
    struct yg_certificate certificate;
    struct yg_standing_in in;
};

static struct world *world_new(int64_t age_ns)
{
    struct world *w = calloc(1, sizeof(*w));

    w->certificate = (struct yg_certificate){ .kind = YG_CERT_TIME_SPLIT,
                                              .tau = 1,
                                              .made_ns = T0 - age_ns };
    w->in = (struct yg_standing_in){ .rules = &rules,
                                     .audit = w->audit,
                                     .certificate = &w->certificate,
                                     .digest = digest,
                                     .armed_ns = T0 - age_ns,
                                     .ordered = true,
                                     .now_ns = T0 };
    return w;
}

/* `n` audits of clusters of their own, judged as `level`; judged in this order. */
static struct yg_audit *audits(struct world *w, size_t n, uint8_t level)
{
    struct yg_audit *first = &w->audit[w->in.audits];

    for (size_t i = 0; i < n; i++) {
        struct yg_audit *a = &w->audit[w->in.audits];
        assert_true(w->in.audits < MOST);
        *a = (struct yg_audit){ .rate = YG_COIN_ONE,
                                .entity = ++w->in.audits,
                                .drawn_ns = T0 - DAY / 2,
                                .ends_ns = T0 - DAY / 2,
                                .judged_ns = T0 - DAY / 4,
                                .kind = YG_AUDIT_COIN,
                                .state = YG_AUDIT_JUDGED,
                                .level = level,
                                .predicted = YG_LEVEL_FP,
                                .second = YG_LEVEL_NONE,
                                .closed = 1,
                                .first = level,
                                .worst = level };
        memcpy(a->certificate, digest, YG_DIGEST_SIZE);
        memcpy(a->run, &a->entity, sizeof(a->entity));
    }
    return first;
}

static struct yg_audit *waits(struct world *w, int64_t since)
{
    struct yg_audit *a = audits(w, 1, YG_LEVEL_NONE);

    a->state = YG_AUDIT_WAITS;
    a->drawn_ns = a->ends_ns = since;
    a->judged_ns = 0;
    return a;
}

static struct yg_standing of(struct world *w)
{
    struct yg_standing s;

    yg_standing_of(&w->in, &s);
    return s;
}

/* ---- what falls, and what does not ---------------------------------------------------
 */

static void nothing(struct world *w)
{
    (void)w;
}
static void clean(struct world *w)
{
    audits(w, 500, YG_LEVEL_FP);
}
static void not_ordered(struct world *w)
{
    audits(w, 500, YG_LEVEL_FP);
    w->in.ordered = false;
}
static void provisional(struct world *w)
{
    w->certificate.provisional = 1U << YG_PROV_NO_COIN;
}
static void broken(struct world *w)
{
    audits(w, 200, YG_LEVEL_FP);
    audits(w, 20, YG_LEVEL_L3);
}
static void broken_by_another(struct world *w) /* of a certificate before this one */
{
    struct yg_audit *a = audits(w, 20, YG_LEVEL_L4);

    for (int i = 0; i < 20; i++)
        a[i].certificate[0] ^= 1;
}
static void broken_before_arming(struct world *w)
{
    struct yg_audit *a = audits(w, 20, YG_LEVEL_L4);

    for (int i = 0; i < 20; i++)
        a[i].drawn_ns = w->in.armed_ns - 1;
}
static void one_cluster(struct world *w) /* one attack, seen twenty times */
{
    struct yg_audit *a = audits(w, 20, YG_LEVEL_L4);

    for (int i = 0; i < 20; i++)
        a[i].entity = 1;
}
static void decoys_only(struct world *w)
{
    struct yg_audit *a = audits(w, 20, YG_LEVEL_L4);

    for (int i = 0; i < 20; i++)
        a[i].kind = YG_AUDIT_DECOY;
}
static void not_over(struct world *w)
{
    struct yg_audit *a = audits(w, 20, YG_LEVEL_L4);

    for (int i = 0; i < 20; i++)
        a[i].ends_ns = T0 + 1;
}
static void drifted(struct world *w)
{
    w->in.drifted = true;
}
static void changed(struct world *w)
{
    w->in.changed = true;
}
static void gone(struct world *w)
{
    w->in.certificate = NULL;
}
static void waits_long(struct world *w)
{
    waits(w, T0 - 3 * DAY - 1);
}
static void waits_short(struct world *w)
{
    waits(w, T0 - 3 * DAY);
}
static void waits_for_its_end(struct world *w)
{
    waits(w, T0 - 4 * DAY)->ends_ns = T0 - 3 * DAY;
}
static void two(struct world *w)
{
    broken(w);
    drifted(w);
}

#define FALL(id) (1U << YG_FALL_##id)
static const struct {
    const char *name;
    void (*make)(struct world *w);
    int64_t age_days; /* of certificate and order */
    uint32_t falls;
    uint8_t mode;
    bool renew;
} fall[] = {
    { "armed without an audit yet", nothing, 1, 0, YG_MODE_ARMED, false },
    { "armed, all audits clean", clean, 1, 0, YG_MODE_ARMED, false },
    { "nobody ordered it", not_ordered, 1, 0, YG_MODE_SHADOW, false },
    { "a provisional certificate never arms", provisional, 1, 0, YG_MODE_SHADOW, false },
    { "broken: attacks among the audits", broken, 1, FALL(BROKEN), YG_MODE_SHADOW,
      false },
    { "audits of another certificate", broken_by_another, 1, 0, YG_MODE_ARMED, false },
    { "audits drawn before arming", broken_before_arming, 1, 0, YG_MODE_ARMED, false },
    { "one entity and day is one audit", one_cluster, 1, 0, YG_MODE_ARMED, false },
    { "decoys are no audits", decoys_only, 1, 0, YG_MODE_ARMED, false },
    { "runs that still go on", not_over, 1, 0, YG_MODE_ARMED, false },
    { "drifted", drifted, 1, FALL(DRIFTED), YG_MODE_SHADOW, false },
    { "changed", changed, 1, FALL(CHANGED), YG_MODE_SHADOW, false },
    { "armed by a certificate that is gone", gone, 1, FALL(CHANGED), YG_MODE_SHADOW,
      false },
    { "overdue", waits_long, 5, FALL(OVERDUE), YG_MODE_SHADOW, false },
    { "not overdue to the nanosecond", waits_short, 5, 0, YG_MODE_ARMED, false },
    { "the wait begins when the run is over", waits_for_its_end, 5, 0, YG_MODE_ARMED,
      false },
    { "the last moment of the term", nothing, 29, 0, YG_MODE_ARMED, false },
    { "unproven: the term is over without audits", nothing, 30, FALL(UNPROVEN),
      YG_MODE_SHADOW, false },
    { "the term is over and audits renew it", clean, 30, 0, YG_MODE_ARMED, true },
    { "two reasons at once", two, 1, FALL(BROKEN) | FALL(DRIFTED), YG_MODE_SHADOW,
      false },
};

static void falls(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(fall); i++) {
        struct world *w = world_new(fall[i].age_days * DAY);
        fall[i].make(w);
        struct yg_standing s = of(w);
        if (s.falls != fall[i].falls || s.mode != fall[i].mode ||
            s.renew != fall[i].renew)
            fail_msg("%s: falls %x, mode %d, renew %d", fall[i].name, s.falls, s.mode,
                     s.renew);
        free(w);
    }
}

/* ---- renewal: exactly when the upper bound is at most beta ---------------------------
 */

static void renewed_iff_the_bound_is_low_enough(void **state)
{
    int renewed = 0, refused = 0;

    (void)state;
    for (size_t n = 20; n <= 400; n += 20) {
        struct world *w = world_new(31 * DAY);
        audits(w, n, YG_LEVEL_L1);
        struct yg_standing s = of(w);
        assert_int_equal(s.renew, s.for_upper <= rules.beta);
        assert_int_equal(s.falls, s.renew ? 0 : FALL(UNPROVEN));
        renewed += s.renew;
        refused += !s.renew;
        w->in.renewed_ns = T0 - DAY; /* a new term counts from there */
        assert_int_equal(of(w).falls, 0);
        assert_false(of(w).renew);
        assert_true(of(w).expires_ns == T0 + 29 * DAY);
        free(w);
    }
    assert_true(renewed > 0 && refused > 0);
}

/* A year of good audits does not renew what nobody has looked at since. */
static void good_months_renew_nothing_later(void **state)
{
    struct world *w = world_new(300 * DAY);

    (void)state;
    struct yg_audit *a = audits(w, 500, YG_LEVEL_FP);
    w->in.renewed_ns = T0 - 31 * DAY;
    assert_true(of(w).renew);
    for (int i = 0; i < 500; i++)
        a[i].drawn_ns = a[i].ends_ns = a[i].judged_ns = T0 - 200 * DAY;
    assert_true(of(w).for_upper <= rules.beta);
    assert_false(of(w).renew);
    assert_int_equal(of(w).falls, FALL(UNPROVEN));
    free(w);
}

/* ---- bounds ----------------------------------------------------------------------- */

static void plants(struct world *w, size_t n, size_t found)
{
    struct yg_audit *a = audits(w, n, YG_LEVEL_FP);

    for (size_t i = 0; i < n; i++) {
        a[i].kind = YG_AUDIT_PLANT;
        a[i].truth = YG_LEVEL_L4;
        a[i].first = i < found ? YG_LEVEL_L3 : YG_LEVEL_L2;
    }
}

/* What nobody looked at in time was not found; it is overdue as any other audit, or one
 * could tell by that what it is. */
static void late_plants_were_not_found(void **state)
{
    struct world *w = world_new(300 * DAY);

    (void)state;
    plants(w, 60, 60);
    struct yg_audit *a = w->audit;
    for (int i = 0; i < 20; i++) {
        a[i].state = YG_AUDIT_WAITS;
        a[i].level = a[i].first = a[i].worst = YG_LEVEL_NONE;
        a[i].drawn_ns = a[i].ends_ns = i < 10 ? T0 : T0 - 30 * DAY;
    }
    assert_int_equal(of(w).plants, 50);
    assert_int_equal(of(w).plants_found, 40);
    assert_int_equal(of(w).waiting, 20);
    assert_int_equal(of(w).overdue, 10);
    assert_int_equal(of(w).falls & FALL(OVERDUE), FALL(OVERDUE));
    assert_true(of(w).found_lower < 0.8);
    free(w);
}

static void analysts_err(void **state)
{
    static const struct {
        const char *name;
        size_t plants, found;
        bool known;
    } c[] = { { "none planted", 0, 0, false },
              { "49 are too few", 49, 30, false },
              { "50 do", 50, 40, true },
              { "all found", 60, 60, true },
              { "none found: the bounds say nothing", 50, 0, true } };

    (void)state;
    struct world *plain = world_new(DAY);
    audits(plain, 1000, YG_LEVEL_FP);
    double upper = of(plain).for_upper;
    free(plain);
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct world *w = world_new(DAY);
        audits(w, 1000, YG_LEVEL_FP);
        plants(w, c[i].plants, c[i].found);
        struct yg_standing s = of(w);
        double low = yg_binom_lower(c[i].found, c[i].plants, rules.delta / 4);
        double want = !c[i].known ? 1 : low, bound = upper / want;
        assert_int_equal(s.plants, c[i].plants);
        assert_int_equal(s.plants_found, c[i].found);
        if (s.found_lower != want || s.for_upper != (upper < want ? bound : 1))
            fail_msg("%s: s %g, bound %g", c[i].name, s.found_lower, s.for_upper);
        free(w);
    }
}

static void rates_against_what_was_found_open(void **state)
{
    struct world *w = world_new(DAY);

    (void)state;
    audits(w, 1000, YG_LEVEL_FP);
    w->in.since_arming =
        (struct yg_stratum_counts){ .runs_closed = 2000, .protected_open = 30 };
    struct yg_standing s = of(w);
    assert_true(s.missed_runs_upper == s.for_upper * 2000);
    assert_true(s.fnr == s.missed_runs_upper / (s.missed_runs_upper + 30));
    w->in.since_arming = (struct yg_stratum_counts){ .runs_closed = 0 };
    assert_true(of(w).fnr == 0); /* nothing closed, nothing lost */
    free(w);
}

static void what_is_drawn_rarely_weighs_more(void **state)
{
    (void)state;
    double mean[2];
    for (int k = 0; k < 2; k++) {
        struct world *w = world_new(DAY);
        audits(w, 300, YG_LEVEL_FP);
        struct yg_audit *a = audits(w, 3, YG_LEVEL_L3);
        for (int i = 0; i < 3; i++)
            a[i].rate = k ? YG_COIN_ONE / 8 : YG_COIN_ONE;
        mean[k] = of(w).for_mean;
        free(w);
    }
    assert_true(fabs(mean[0] - 3.0 / 303) < 1e-12);
    assert_true(fabs(mean[1] - 24.0 / 324) < 1e-12);
}

/* The first drawn of a cluster enters, judged or not: a verdict cannot choose. */
static void one_a_cluster_and_day(void **state)
{
    struct world *w = world_new(DAY);
    int chosen = -1;

    (void)state;
    struct yg_audit *a = audits(w, 3, YG_LEVEL_FP);
    for (int i = 0; i < 3; i++)
        a[i].entity = 77;
    for (int i = 0; i < 3; i++) {
        a[i].level = YG_LEVEL_L4;
        struct yg_standing s = of(w);
        assert_int_equal(s.audits, 3);
        assert_int_equal(s.in_bet, 1);
        if (s.for_mean == 1) {
            assert_int_equal(chosen, -1);
            chosen = i;
        }
        a[i].level = YG_LEVEL_FP;
    }
    assert_in_range(chosen, 0, 2);
    a[chosen].level = a[chosen].first = a[chosen].worst = YG_LEVEL_NONE;
    a[chosen].state = YG_AUDIT_WAITS;
    struct yg_standing s = of(w);
    assert_int_equal(s.audits, 2);
    assert_int_equal(s.in_bet, 0);
    a[chosen].state = YG_AUDIT_VOID; /* its alerts are gone: another stands for it */
    s = of(w);
    assert_int_equal(s.in_bet, 1);
    assert_true(s.for_mean == 0);
    free(w);
}

/* Every source first makes harmless noise and then breaks in: half of what closes is an
 * attack, however late in the day it comes. */
static void noise_first_hides_nothing(void **state)
{
    struct world *w = world_new(DAY);

    (void)state;
    struct yg_audit *noise = audits(w, 300, YG_LEVEL_FP);
    struct yg_audit *attack = audits(w, 300, YG_LEVEL_L4);
    for (int i = 0; i < 300; i++) {
        attack[i].entity = noise[i].entity;
        attack[i].drawn_ns = noise[i].drawn_ns + DAY / 8;
    }
    struct yg_standing s = of(w);
    assert_int_equal(s.in_bet, 300);
    assert_true(s.for_mean > 0.4 && s.for_mean < 0.6);
    assert_true(s.for_upper == 1); /* the clean ones were judged first: refuted */
    assert_true(s.for_upper_90 == 1);
    assert_true(s.falls >> YG_FALL_BROKEN & 1);
    free(w);
}

/* Old trouble leaves the recent bound, and each start pays for itself. */
static void ninety_days(void **state)
{
    struct world *w = world_new(200 * DAY);

    (void)state;
    w->in.renewed_ns = T0 - DAY;
    struct yg_audit *a = audits(w, 1000, YG_LEVEL_FP);
    for (int i = 0; i < 1000; i++)
        a[i].drawn_ns = a[i].ends_ns = T0 - 190 * DAY;
    for (int i = 0; i < 40; i++)
        a[i].level = YG_LEVEL_L3;
    audits(w, 1000, YG_LEVEL_FP);
    struct yg_standing s = of(w);
    assert_true(s.for_upper > 0.02);
    assert_true(s.for_upper_90 < 0.02);
    struct world *fresh = world_new(DAY);
    audits(fresh, 1000, YG_LEVEL_FP);
    assert_true(s.for_upper_90 > of(fresh).for_upper_90);
    free(fresh);
    free(w);
}

/* The score is seen with the first verdict: what is said later makes no bound better. */
static void later_verdicts_do_not_help(void **state)
{
    static const struct {
        const char *name;
        uint8_t state, level, second, first, worst;
        bool missed, softened;
    } c[] = {
        { "an attack", YG_AUDIT_JUDGED, YG_LEVEL_L4, YG_LEVEL_NONE, YG_LEVEL_L4,
          YG_LEVEL_L4, true, false },
        { "an attack, harmless later", YG_AUDIT_JUDGED, YG_LEVEL_FP, YG_LEVEL_NONE,
          YG_LEVEL_L4, YG_LEVEL_L4, true, true },
        { "an attack, taken back", YG_AUDIT_WAITS, YG_LEVEL_NONE, YG_LEVEL_NONE,
          YG_LEVEL_L3, YG_LEVEL_L3, true, true },
        { "harmless, an attack later", YG_AUDIT_JUDGED, YG_LEVEL_L3, YG_LEVEL_NONE,
          YG_LEVEL_FP, YG_LEVEL_L3, true, false },
        { "harmless, an attack to a second person", YG_AUDIT_JUDGED, YG_LEVEL_FP,
          YG_LEVEL_L4, YG_LEVEL_FP, YG_LEVEL_L4, true, true },
        { "harmless to both", YG_AUDIT_JUDGED, YG_LEVEL_FP, YG_LEVEL_L2, YG_LEVEL_FP,
          YG_LEVEL_L2, false, false },
        { "harmless, taken back", YG_AUDIT_WAITS, YG_LEVEL_NONE, YG_LEVEL_NONE,
          YG_LEVEL_FP, YG_LEVEL_FP, false, false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct world *w = world_new(DAY);
        audits(w, 100, YG_LEVEL_FP);
        struct yg_audit *a = audits(w, 1, YG_LEVEL_FP);
        a->state = c[i].state;
        a->level = c[i].level;
        a->second = c[i].second;
        a->first = c[i].first;
        a->worst = c[i].worst;
        a->changes = 1;
        struct yg_standing s = of(w);
        bool counted = c[i].state == YG_AUDIT_JUDGED || c[i].missed;
        if (s.missed != c[i].missed || s.audits != 100U + counted ||
            s.in_bet != s.audits || s.softened != c[i].softened || s.changed != 1)
            fail_msg("%s: %d of %d, %d in the bet, %d softened", c[i].name, (int)s.missed,
                     (int)s.audits, (int)s.in_bet, (int)s.softened);
        a->kind = YG_AUDIT_PLANT; /* after the first it is known to be one */
        s = of(w);
        assert_int_equal(s.plants, 1);
        assert_int_equal(s.plants_found, c[i].first >= YG_LEVEL_L3);
        free(w);
    }
}

static void confusion_and_agreement(void **state)
{
    struct world *w = world_new(DAY);

    (void)state;
    struct yg_audit *a = audits(w, 10, YG_LEVEL_FP);
    for (int i = 0; i < 10; i++) {
        a[i].predicted = i < 4 ? YG_LEVEL_L1 : YG_LEVEL_L2;
        a[i].level = i % 2 ? YG_LEVEL_L1 : YG_LEVEL_L2;
        a[i].second = i < 8 ? a[i].level : i == 8 ? YG_LEVEL_L1 : YG_LEVEL_NONE;
    }
    struct yg_standing s = of(w);
    assert_int_equal(s.confusion[YG_LEVEL_L1][YG_LEVEL_L1], 2);
    assert_int_equal(s.confusion[YG_LEVEL_L1][YG_LEVEL_L2], 2);
    assert_int_equal(s.confusion[YG_LEVEL_L2][YG_LEVEL_L1], 3);
    assert_int_equal(s.confusion[YG_LEVEL_L2][YG_LEVEL_L2], 3);
    assert_int_equal(s.twice, 9);
    assert_int_equal(s.agreed, 8);
    /* One said L1 4 and L2 5 of 9 times, the other 5 and 4. */
    double chance = (4.0 * 5 + 5.0 * 4) / 81;
    assert_true(fabs(s.kappa - (8.0 / 9 - chance) / (1 - chance)) < 1e-12);
    free(w);
}

static void the_same_bits_again(void **state)
{
    struct world *w = world_new(DAY);
    struct yg_standing a, b;

    (void)state;
    audits(w, 700, YG_LEVEL_FP);
    audits(w, 3, YG_LEVEL_L3);
    audits(w, 700, YG_LEVEL_L2);
    plants(w, 60, 50);
    w->audit[5].second = YG_LEVEL_FP;
    a = of(w);
    b = of(w);
    assert_memory_equal(&a.for_upper, &b.for_upper, sizeof(double));
    assert_memory_equal(&a.for_upper_90, &b.for_upper_90, sizeof(double));
    assert_memory_equal(&a.detector, &b.detector, sizeof(double));
    assert_memory_equal(&a.kappa, &b.kappa, sizeof(double));
    free(w);
}

static void is_told(void **state)
{
    struct world *w = world_new(DAY);
    struct yg_buf out;

    (void)state;
    broken(w);
    waits(w, T0 - DAY / 2);
    struct yg_standing s = of(w);
    yg_buf_init(&out, 1 << 16);
    yg_standing_text(&s, &rules, &out);
    yg_buf_char(&out, '\0');
    assert_non_null(strstr(yg_buf_str(&out).p, "hide more attacks than promised"));
    assert_non_null(strstr(yg_buf_str(&out).p, "assumes faultless verdicts (0 of 50"));
    assert_non_null(strstr(yg_buf_str(&out).p, "1 wait for a verdict"));
    yg_buf_clear(&out);
    struct yg_jsonw j = yg_jsonw_of(&out);
    yg_standing_json(&s, &j);
    yg_buf_char(&out, '\0');
    assert_non_null(strstr(yg_buf_str(&out).p, "\"falls\":[\"broken\"]"));
    assert_non_null(strstr(yg_buf_str(&out).p, "\"kappa\":null"));
    assert_string_equal(yg_fall_name(99), "unknown");
    yg_buf_fini(&out);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(falls),
        cmocka_unit_test(renewed_iff_the_bound_is_low_enough),
        cmocka_unit_test(good_months_renew_nothing_later),
        cmocka_unit_test(analysts_err),
        cmocka_unit_test(late_plants_were_not_found),
        cmocka_unit_test(rates_against_what_was_found_open),
        cmocka_unit_test(what_is_drawn_rarely_weighs_more),
        cmocka_unit_test(one_a_cluster_and_day),
        cmocka_unit_test(noise_first_hides_nothing),
        cmocka_unit_test(ninety_days),
        cmocka_unit_test(later_verdicts_do_not_help),
        cmocka_unit_test(confusion_and_agreement),
        cmocka_unit_test(the_same_bits_again),
        cmocka_unit_test(is_told),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
