/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that ask to close alerts: which alerts, until when, and what they are known by.
 */
#include "thin/close.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T0  (INT64_C(1780000000) * YG_NS_PER_S) /* 2026-05-28 */
#define END (INT64_C(1782864000) * YG_NS_PER_S) /* 2026-07-01 */

static const struct yg_source source = { .tenant = { "acme", 4 }, .name = { "ids", 3 } };

static struct yg_thin_rules parse(struct yg_arena *arena, const char *list)
{
    struct yg_thin_rules rules;
    struct yg_err err = { 0 };

    if (yg_thin_parse(arena, "y.yaml", yg_str_of(list), T0, &rules, &err) != YG_OK)
        fail_msg("%s: %s", list, err.msg);
    return rules;
}

/* An alert of 192.0.2.7 at `when`. */
static struct yg_batch *alert(int64_t when)
{
    struct yg_batch *b = malloc(sizeof(*b));

    assert_non_null(b);
    yg_batch_clear(b, 0, 0);
    struct yg_event *e = &b->event[0];
    memset(e, 0, sizeof(*e));
    b->count = 1;
    e->kind = YG_KIND_ALERT;
    e->device = YG_DEV_IDS;
    e->time_ns = when;
    assert_true(yg_event_set_ip(b, e, YG_F_SOURCE_IP, YG_STR("192.0.2.7")));
    assert_true(yg_event_set_str(b, e, YG_F_RULE_NAME, YG_STR("ET SCAN sweep")));
    return b;
}

#define RULE(name, match, what)                                                          \
    "  - name: " name "\n    owner: o\n    reason: w\n    expires: 2026-07-01\n"         \
    "    match: " match "\n    do: " what "\n"

static void which(void **state)
{
    static const struct {
        const char *what, *list;
        int64_t when, received;
        uint16_t rule;
    } row[] = {
        { "matches", "thin:\n" RULE("a", "{ source.ip: 192.0.2.0/24 }", "close"), T0, 0,
          1 },
        { "another address", "thin:\n" RULE("a", "{ source.ip: 192.0.3.0/24 }", "close"),
          T0, 0, 0 },
        { "the first that matches",
          "thin:\n" RULE("a", "{ device: dns }", "close") RULE(
              "b", "{ device: ids }", "close") RULE("c", "{ tenant: acme }", "close"),
          T0, 0, 2 },
        { "no other action",
          "thin:\n" RULE("a", "{ device: ids }", "drop")
              RULE("b", "{ device: ids }", "close"),
          T0, 0, 2 },
        { "another source", "thin:\n" RULE("a", "{ source: waf }", "close"), T0, 0, 0 },
        { "before it ends", "thin:\n" RULE("a", "{ device: ids }", "close"), END - 1,
          END - 1, 1 },
        { "happened after", "thin:\n" RULE("a", "{ device: ids }", "close"), END, 0, 0 },
        { "received after", "thin:\n" RULE("a", "{ device: ids }", "close"), T0, END, 0 },
        { "no rules", "thin: []\n", T0, 0, 0 },
    };
    struct yg_arena arena;
    struct yg_closing c;

    (void)state;
    yg_arena_init(&arena, (size_t)32 << 20);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_thin_rules rules = parse(&arena, row[i].list);
        struct yg_batch *b = alert(row[i].when);
        assert_int_equal(yg_closing_init(&c, &rules, &source), YG_OK);
        uint16_t got = yg_closing_of(&c, b, &b->event[0], row[i].received);
        if (got != row[i].rule)
            fail_msg("%s: rule %u", row[i].what, got);
        yg_closing_fini(&c);
        free(b);
    }
    assert_int_equal(yg_closing_init(&c, NULL, &source), YG_OK);
    yg_closing_fini(&c);
    yg_arena_fini(&arena);
}

/* Over at the start: over for all alerts, however old. */
static void expired(void **state)
{
    struct yg_arena arena;
    struct yg_closing c;
    struct yg_thin_rules rules;
    struct yg_batch *b = alert(T0);

    (void)state;
    yg_arena_init(&arena, (size_t)32 << 20);
    assert_int_equal(
        yg_thin_parse(&arena, "y",
                      YG_STR("thin:\n" RULE("a", "{ device: ids }", "close")), END,
                      &rules, NULL),
        YG_OK);
    assert_int_equal(yg_closing_init(&c, &rules, &source), YG_OK);
    assert_int_equal(yg_closing_of(&c, b, &b->event[0], 0), 0);
    yg_closing_fini(&c);
    free(b);
    yg_arena_fini(&arena);
}

static void says(void **state)
{
    struct yg_arena arena;

    (void)state;
    yg_arena_init(&arena, (size_t)32 << 20);
    struct yg_thin_rules rules =
        parse(&arena, "thin:\n" RULE("a", "{ device: ids }", "close"));
    assert_true(yg_str_eq(rules.rule[0].says, YG_STR("a (o, w, expires 2026-07-01)")));
    yg_arena_fini(&arena);
}

/* What it does makes the digest, not who answers for it. */
static void digests(void **state)
{
    static const struct {
        const char *what, *rule;
        bool same;
    } row[] = {
        { "as written",
          "name: a, owner: o, reason: w, expires: 2026-07-01, match: { device: ids, "
          "source.port: 1-2 }",
          true },
        { "another owner",
          "name: a, owner: p, reason: w, expires: 2026-07-01, match: { device: ids, "
          "source.port: 1-2 }",
          true },
        { "another reason",
          "name: a, owner: o, reason: x, expires: 2026-07-01, match: { device: ids, "
          "source.port: 1-2 }",
          true },
        { "another name",
          "name: b, owner: o, reason: w, expires: 2026-07-01, match: { device: ids, "
          "source.port: 1-2 }",
          false },
        { "longer",
          "name: a, owner: o, reason: w, expires: 2026-07-02, match: { device: ids, "
          "source.port: 1-2 }",
          false },
        { "wider",
          "name: a, owner: o, reason: w, expires: 2026-07-01, match: { device: ids, "
          "source.port: 1-3 }",
          false },
        { "another field",
          "name: a, owner: o, reason: w, expires: 2026-07-01, match: { device: ids, "
          "destination.port: 1-2 }",
          false },
        { "one condition less",
          "name: a, owner: o, reason: w, expires: 2026-07-01, match: { source.port: 1-2 "
          "}",
          false },
        { "one value more",
          "name: a, owner: o, reason: w, expires: 2026-07-01, match: { device: [ids, "
          "dns], source.port: 1-2 }",
          false },
    };
    unsigned char first[YG_DIGEST_SIZE], digest[YG_DIGEST_SIZE];
    struct yg_arena arena;
    char text[512];

    (void)state;
    yg_arena_init(&arena, (size_t)32 << 20);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        snprintf(text, sizeof(text), "thin:\n  - { %s, do: close }\n", row[i].rule);
        struct yg_thin_rules rules = parse(&arena, text);
        yg_closing_digest(&rules.rule[0], digest);
        if (i == 0)
            memcpy(first, digest, sizeof(first));
        if ((memcmp(first, digest, sizeof(first)) == 0) != row[i].same)
            fail_msg("%s", row[i].what);
    }
    yg_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which),
        cmocka_unit_test(expired),
        cmocka_unit_test(says),
        cmocka_unit_test(digests),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
