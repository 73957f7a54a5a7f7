/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: what is refused and where, what matches, what is left out and counted. */
#include "thin/thin.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define S  YG_NS_PER_S
#define T0 (INT64_C(1780000000) * S) /* 2026-05-28 */

struct fixture {
    struct yg_arena arena;
    struct yg_thin_rules rules;
    struct yg_thin *thin;
    struct yg_batch *b;
    struct yg_err err;
    uint64_t ids;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->b = malloc(sizeof(*f->b));
    assert_non_null(f->b);
    yg_batch_clear(f->b, 0, 0);
    yg_arena_init(&f->arena, (size_t)32 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    yg_thin_free(f->thin);
    yg_arena_fini(&f->arena);
    free(f->b);
    free(f);
    return 0;
}

#define HEAD "name: r\n    owner: o\n    reason: w\n    expires: 2099-01-01\n    "

static enum yg_status parse(struct fixture *f, const char *text)
{
    return yg_thin_parse(&f->arena, "y.yaml", yg_str_of(text), T0, &f->rules, &f->err);
}

static void test_refused(void **state)
{
    static const struct {
        const char *what, *text, *say;
        int line, column;
    } row[] = {
        { "no list", "thin: yes\n", "a list", 1, 1 },
        { "no table", "thin:\n  - drop\n", "a table", 2, 5 },
        { "no name", "thin:\n  - owner: o\n", "`name`", 2, 5 },
        { "no owner", "thin:\n  - name: n\n", "`owner`", 2, 5 },
        { "no reason", "thin:\n  - { name: n, owner: o }\n", "`reason`", 2, 5 },
        { "no expiry", "thin:\n  - { name: n, owner: o, reason: w }\n", "`expires`", 2,
          5 },
        { "empty owner", "thin:\n  - name: n\n    owner: \"\"\n", "1 to 256", 3, 5 },
        { "unknown key", "thin:\n  - name: n\n    onwer: o\n", "owner", 3, 5 },
        { "no day",
          "thin:\n  - { name: n, owner: o, reason: w, expires: 2026-02-30, match: {}, "
          "do: drop }\n",
          "a day", 2, 46 },
        { "no match", "thin:\n  - " HEAD "do: drop\n", "`match`", 2, 5 },
        { "empty match", "thin:\n  - " HEAD "match: {}\n    do: drop\n", "1 to 16", 6,
          5 },
        { "unknown field",
          "thin:\n  - " HEAD "match: { sorce.ip: 1.2.3.4 }\n    do: drop\n", "source.ip",
          6, 14 },
        { "bytes", "thin:\n  - " HEAD "match: { yagura.payload: x }\n    do: drop\n",
          "bytes", 6, 14 },
        { "no number", "thin:\n  - " HEAD "match: { source.port: web }\n    do: drop\n",
          "a range", 6, 27 },
        { "range backwards",
          "thin:\n  - " HEAD "match: { source.port: 9-1 }\n    do: drop\n", "a range", 6,
          27 },
        { "no address", "thin:\n  - " HEAD "match: { source.ip: 10.0.0 }\n    do: drop\n",
          "a network", 6, 25 },
        { "bits beside the prefix",
          "thin:\n  - " HEAD "match: { source.ip: 10.1.0.0/8 }\n    do: drop\n",
          "a network", 6, 25 },
        { "long prefix",
          "thin:\n  - " HEAD "match: { source.ip: 10.0.0.0/33 }\n    do: drop\n",
          "a network", 6, 25 },
        { "no device", "thin:\n  - " HEAD "match: { device: fridge }\n    do: drop\n",
          "a kind of device", 6, 22 },
        { "no value", "thin:\n  - " HEAD "match: { user.name: [] }\n    do: drop\n",
          "1 to 64", 6, 25 },
        { "null", "thin:\n  - " HEAD "match: { user.name: ~ }\n    do: drop\n", "a text",
          6, 25 },
        { "no do", "thin:\n  - " HEAD "match: { user.name: x }\n", "`do`", 2, 5 },
        { "unknown do", "thin:\n  - " HEAD "match: { user.name: x }\n    do: forget\n",
          "drop", 7, 9 },
        { "sample 1", "thin:\n  - " HEAD "match: { user.name: x }\n    do: sample 1\n",
          "sample N", 7, 9 },
        { "drop all", "thin:\n  - " HEAD "match: { user.name: x }\n    do: drop all\n",
          "drop", 7, 9 },
        { "merge without by",
          "thin:\n  - " HEAD "match: { user.name: x }\n    do: merge 1 s\n", "`by`", 2,
          5 },
        { "merge for a year",
          "thin:\n  - " HEAD "match: { user.name: x }\n    do: merge 365 d\n", "merge T",
          7, 9 },
        { "by without merge",
          "thin:\n  - " HEAD
          "match: { user.name: x }\n    do: drop\n    by: [user.name]\n",
          "merge", 8, 5 },
        { "by nothing known",
          "thin:\n  - " HEAD
          "match: { user.name: x }\n    do: merge 1 s\n    by: [user.nam]\n",
          "user.name", 8, 10 },
        { "twins",
          "thin:\n  - " HEAD "match: { user.name: x }\n    do: drop\n  - " HEAD
          "match: { user.name: y }\n    do: drop\n",
          "two rules", 8, 5 },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        f->err = (struct yg_err){ 0 };
        if (parse(f, row[i].text) == YG_OK || f->rules.count > 0)
            fail_msg("%s: accepted", row[i].what);
        if (!strstr(f->err.msg, row[i].say) ||
            (row[i].line &&
             (f->err.line != row[i].line || f->err.column != row[i].column)))
            fail_msg("%s: %d:%d: %s", row[i].what, f->err.line, f->err.column,
                     f->err.msg);
    }
}

static void test_read(void **state)
{
    struct fixture *f = *state;
    struct yg_buf a, b;

    assert_int_equal(parse(f, "listen: \":1\"\n"), YG_OK);
    assert_int_equal(f->rules.count, 0);
    assert_int_equal(parse(f, "thin:\n"), YG_OK);
    assert_int_equal(f->rules.count, 0);
    assert_int_equal(
        parse(f, "thin:\n"
                 "  - name: a\n    owner: o\n    reason: w\n"
                 "    expires: 2026-05-28\n"
                 "    match: { source: [x, \"y\\\"*\"], source.ip: 10.0.0.0/8 }\n"
                 "    do: merge 2 min\n    by: [source.ip, source.port]\n"
                 "  - " HEAD "match: { device: dns }\n    do: sample 7\n"),
        YG_OK);
    const struct yg_thin_rule *r = f->rules.rule;
    assert_int_equal(f->rules.count, 2);
    assert_true(r[0].expired && !r[1].expired);
    assert_int_equal(r[0].what, YG_THIN_MERGE);
    assert_int_equal(r[0].span_ns, 120 * S);
    assert_int_equal(r[0].bys, 2);
    assert_int_equal(r[1].n, 7);
    yg_buf_init(&a, 1 << 16);
    yg_buf_init(&b, 1 << 16);
    yg_thin_print(&f->rules, &a);
    assert_int_equal(parse(f, yg_buf_cstr(&a)), YG_OK);
    yg_thin_print(&f->rules, &b);
    assert_string_equal(yg_buf_cstr(&a), yg_buf_cstr(&b));
    yg_buf_fini(&a);
    yg_buf_fini(&b);
}

static void test_like(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool like;
    } row[] = {
        { "", "", true },
        { "", "a", false },
        { "*", "", true },
        { "a", "A", true },
        { "a", "ab", false },
        { "?", "", false },
        { "?b", "ab", true },
        { "*.corp.example", "h.CORP.example", true },
        { "*.corp.example", "corp.example", false },
        { "a*b*c", "a-b-b-c", true },
        { "a*b*c", "a-c-b", false },
        { "**", "x", true },
        { "*ab", "aab", true },
        { "*?", "", false },
        { "@", "`", false },
    };
    char big[YG_THIN_TEXT + 2];

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (yg_thin_like(yg_str_of(row[i].pattern), yg_str_of(row[i].text)) !=
            row[i].like)
            fail_msg("%s on %s", row[i].pattern, row[i].text);
    memset(big, 'a', sizeof(big));
    assert_true(yg_thin_like(YG_STR("*"), (struct yg_str){ big, YG_THIN_TEXT }));
    assert_false(yg_thin_like(YG_STR("*"), (struct yg_str){ big, YG_THIN_TEXT + 1 }));
}

/* A context record of a dns device at T0 + `at` seconds. */
static uint32_t add(struct fixture *f, int64_t at, const char *user, const char *ip,
                    uint64_t port)
{
    struct yg_batch *b = f->b;
    struct yg_event *e = &b->event[0];

    yg_batch_clear(b, 0, 0);
    b->count = 1;
    memset(e, 0, sizeof(*e));
    e->kind = YG_KIND_CONTEXT;
    e->device = YG_DEV_DNS;
    e->time_ns = T0 + at * S;
    assert_true(yg_batch_add(b, YG_STR("0123456789"), &e->raw));
    if (user)
        assert_true(yg_event_set_str(b, e, YG_F_USER_NAME, yg_str_of(user)));
    if (ip)
        assert_true(yg_event_set_ip(b, e, YG_F_SOURCE_IP, yg_str_of(ip)));
    if (port)
        yg_event_set_u64(e, YG_F_SOURCE_PORT, port);
    yg_hash_id(YG_STR("test"), (struct yg_str){ (const char *)&f->ids, sizeof(f->ids) },
               e->id);
    f->ids++;
    return 0;
}

static void rules(struct fixture *f, const char *match, const char *what)
{
    static const struct yg_source src = { .tenant = { "acme", 4 }, .name = { "res", 3 } };
    char text[1024];

    snprintf(text, sizeof(text), "thin:\n  - " HEAD "match: %s\n    do: %s\n", match,
             what);
    if (parse(f, text) != YG_OK)
        fail_msg("%s: %s", text, f->err.msg);
    yg_thin_free(f->thin);
    f->thin = NULL;
    assert_int_equal(yg_thin_new(&f->rules, &f->thin, &f->err), YG_OK);
    assert_int_equal(yg_thin_source(f->thin, 0, &src, &f->err), YG_OK);
}

static bool event(struct fixture *f, bool known)
{
    return yg_thin_event(f->thin, 0, f->b, 0, f->b->event[0].time_ns, known);
}

static void test_matches(void **state)
{
    static const struct {
        const char *match;
        bool is;
    } row[] = {
        { "{ tenant: ACME }", true },
        { "{ tenant: acm }", false },
        { "{ tenant: acme, source: \"r*\" }", true },
        { "{ tenant: [x, acme], source: x }", false },
        { "{ device: dns }", true },
        { "{ device: [ids, firewall] }", false },
        { "{ user.name: \"al?ce\" }", true },
        { "{ user.name: bob }", false },
        { "{ host.name: \"*\" }", false }, /* it has none */
        { "{ source.ip: 10.1.2.3 }", true },
        { "{ source.ip: 10.1.2.2/31 }", true },
        { "{ source.ip: 10.1.2.0/31 }", false },
        { "{ source.ip: 10.0.0.0/8 }", true },
        { "{ source.ip: 0.0.0.0/0 }", true },
        { "{ source.ip: \"::/0\" }", true },
        { "{ source.ip: [\"2001:db8::/32\", 11.0.0.0/8] }", false },
        { "{ source.port: 53 }", true },
        { "{ source.port: 54-99 }", false },
        { "{ source.port: [1, 50-53] }", true },
        { "{ source.port: 53, user.name: bob }", false },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        rules(f, row[i].match, "drop");
        add(f, 0, "Alice", "10.1.2.3", 53);
        if (event(f, false) != row[i].is)
            fail_msg("%s", row[i].match);
        const struct yg_thin_tally *n = yg_thin_counts(f->thin);
        assert_int_equal(n->rows, 2);
        assert_int_equal(n->row[1].in, 1);
        assert_int_equal(n->row[1].out, row[i].is);
        assert_int_equal(n->row[1].bytes_out, row[i].is ? 10 : 0);
        assert_int_equal(n->row[1].rule.n, row[i].is ? 1 : 0);
    }
}

static void test_never(void **state)
{
    static const struct {
        const char *what;
        uint8_t kind;
        uint16_t reason;
        int64_t at_s;
        bool out;
    } row[] = {
        { "a context record", YG_KIND_CONTEXT, YG_R_NONE, 0, true },
        { "an alert", YG_KIND_ALERT, YG_R_NONE, 0, false },
        { "an unreadable alert", YG_KIND_UNDECODABLE, YG_R_NOT_JSON, 0, false },
        { "an unknown log record", YG_KIND_CONTEXT, YG_R_UNKNOWN_TYPE, 0, false },
        { "after the expiry", YG_KIND_CONTEXT, YG_R_NONE, 4070908800 - T0 / S, false },
        { "before the expiry", YG_KIND_CONTEXT, YG_R_NONE, 4070908799 - T0 / S, true },
    };
    struct fixture *f = *state;

    rules(f, "{ tenant: \"*\" }", "drop");
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        add(f, row[i].at_s, NULL, NULL, 0);
        f->b->event[0].kind = row[i].kind;
        f->b->event[0].reason = row[i].reason;
        if (event(f, false) != row[i].out)
            fail_msg("%s", row[i].what);
    }
    parse(f, "thin:\n  - name: n\n    owner: o\n    reason: w\n    expires: 2026-01-01\n"
             "    match: { tenant: \"*\" }\n    do: drop\n");
    yg_thin_free(f->thin);
    f->thin = NULL;
    assert_int_equal(yg_thin_new(&f->rules, &f->thin, &f->err), YG_OK);
    const struct yg_source src = { .tenant = YG_STR("t"), .format = YG_STR("kv") };
    assert_int_equal(yg_thin_source(f->thin, 0, &src, &f->err), YG_OK);
    add(f, -1000000000, NULL, NULL, 0); /* old records, but the rule is over now */
    assert_false(event(f, false));
}

static void test_sample(void **state)
{
    struct fixture *f = *state;
    unsigned kept = 0, again = 0;

    for (int pass = 0; pass < 2; pass++) {
        rules(f, "{ tenant: \"*\" }", "sample 10");
        f->ids = 0;
        for (int i = 0; i < 20000; i++) {
            add(f, i, NULL, NULL, 0);
            if (!event(f, false))
                (*(pass ? &again : &kept))++;
        }
    }
    assert_int_equal(kept, again);
    assert_in_range(kept, 1830, 2170); /* 2000, four standard deviations */
}

static bool next_has(struct fixture *f, const char *text, int64_t time_s)
{
    struct yg_thin_record r;
    char got[1024];

    if (!yg_thin_next(f->thin, &r))
        return false;
    snprintf(got, sizeof(got), "%.*s", YG_STR_ARG(r.text));
    if (!strstr(got, text) || r.time_ns != T0 + time_s * S ||
        !yg_str_eq(r.tenant, YG_STR("acme")) || !yg_str_eq(r.source, YG_STR("res")))
        fail_msg("%s instead of %s", got, text);
    return true;
}

#define MERGE "merge 60 s\n    by: [user.name, source.port]"

static void test_merge(void **state)
{
    static const struct {
        const char *what;
        int64_t at;
        const char *user;
        uint64_t port;
        bool known, out, due;
    } row[] = {
        { "the first is kept", 0, "a", 1, false, false, false },
        { "an equal one is not", 1, "a", 1, false, true, false },
        { "another user", 2, "b", 1, false, false, false },
        { "another port", 3, "a", 2, false, false, false },
        { "no port is not port 0", 4, "a", 0, false, false, false },
        { "older, equal", -5, "a", 1, false, true, false },
        { "known ones do not count", 6, "a", 1, true, true, false },
        { "just before its end", 59, "a", 1, false, true, false },
        { "its end: said, and a new first", 60, "a", 1, false, false, true },
        { "nothing followed the others: not said", 200, "c", 1, false, false, false },
        { "a known first stands for itself", 201, "d", 1, true, false, false },
        { "and what follows is left out", 202, "d", 1, false, true, false },
    };
    struct fixture *f = *state;

    rules(f, "{ tenant: \"*\" }", MERGE);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        add(f, row[i].at, row[i].user, NULL, row[i].port);
        if (event(f, row[i].known) != row[i].out)
            fail_msg("%s", row[i].what);
        if (yg_thin_waiting(f->thin) != row[i].due)
            fail_msg("%s: due", row[i].what);
        if (row[i].due)
            assert_true(next_has(f,
                                 "\"did\":\"merge\",\"records\":3,\"bytes\":30,\"from\":"
                                 "\"2026-05-28T20:26:35",
                                 59));
    }
    yg_thin_pass(f->thin, INT64_MAX);
    assert_true(next_has(f, "\"records\":1,", 202));
    assert_false(next_has(f, "", 0));
    const struct yg_thin_tally *n = yg_thin_counts(f->thin);
    assert_int_equal(n->row[1].in, 10);
    assert_int_equal(n->row[1].out, 4);
    yg_thin_forget(f->thin);
    assert_int_equal(n->row[1].in, 0);
}

static void test_count(void **state)
{
    struct fixture *f = *state;
    struct yg_thin_record a, b;

    rules(f, "{ tenant: \"*\" }", "count");
    for (int i = 0; i < 100; i++) {
        add(f, i, i % 2 ? "a" : "b", NULL, 0);
        assert_true(event(f, false));
    }
    add(f, 3599, NULL, NULL, 0);
    assert_true(event(f, false));
    assert_false(yg_thin_waiting(f->thin));
    add(f, 3600, NULL, NULL, 0);
    assert_true(event(f, false));
    assert_true(next_has(f, "\"did\":\"count\",\"records\":101,\"bytes\":1010", 3599));
    yg_thin_pass(f->thin, INT64_MAX);
    assert_true(yg_thin_next(f->thin, &a));
    /* read again: the same id */
    f->ids--;
    rules(f, "{ tenant: \"*\" }", "count");
    add(f, 3600, NULL, NULL, 0);
    assert_true(event(f, false));
    yg_thin_pass(f->thin, INT64_MAX);
    assert_true(yg_thin_next(f->thin, &b));
    assert_memory_equal(a.id, b.id, YG_ID_SIZE);
}

static void test_full(void **state)
{
    struct fixture *f = *state;
    unsigned out = 0, said = 0;
    struct yg_thin_record r;
    char user[24];

    rules(f, "{ tenant: \"*\" }", MERGE);
    for (int i = 0; i < 2 * (YG_THIN_OPEN + 100); i++) {
        snprintf(user, sizeof(user), "u%d", i / 2);
        add(f, 0, user, NULL, 0);
        out += event(f, false);
    }
    assert_int_equal(out, YG_THIN_OPEN); /* beyond: kept */
    add(f, INT64_C(1) << 32, NULL, NULL, 0);
    assert_false(event(f, false)); /* no room until they are said */
    while (yg_thin_next(f->thin, &r))
        said++;
    assert_int_equal(said, YG_THIN_OPEN);
    add(f, 1, "u", NULL, 0);
    assert_false(event(f, false));
    add(f, 1, "u", NULL, 0);
    assert_true(event(f, false));
}

/* Groups go on in another process. */
static void test_restart(void **state)
{
    struct fixture *f = *state;
    struct yg_buf page[3];
    uint32_t number[3], n = 0;
    struct yg_thin_record r;
    unsigned said = 0;
    char user[24];

    rules(f, "{ tenant: \"*\" }", MERGE);
    for (int i = 0; i < 2 * 150; i++) {
        snprintf(user, sizeof(user), "u%d", i / 2);
        add(f, i, user, NULL, 0);
        event(f, false);
        while (yg_thin_next(f->thin, &r))
            said++;
    }
    for (; n < 3; n++) {
        yg_buf_init(&page[n], 1 << 20);
        if (!yg_thin_save(f->thin, &number[n], &page[n]))
            break;
    }
    assert_int_equal(n, 1); /* 30 are open at a time: one page changes */
    struct yg_buf none;
    yg_buf_init(&none, 1 << 20);
    assert_false(yg_thin_save(f->thin, &number[1], &none));
    rules(f, "{ tenant: \"*\" }", MERGE);
    assert_int_equal(yg_thin_load(f->thin, number[0], yg_buf_str(&page[0]), &f->err),
                     YG_OK);
    snprintf(user, sizeof(user), "u149");
    add(f, 300, user, NULL, 0);
    assert_true(event(f, false));
    yg_thin_pass(f->thin, INT64_MAX);
    while (yg_thin_next(f->thin, &r))
        said++;
    assert_int_equal(said, 150);
    for (size_t cut = 0; cut < yg_buf_str(&page[0]).n; cut++) {
        rules(f, "{ tenant: \"*\" }", MERGE);
        struct yg_str part = { yg_buf_str(&page[0]).p, cut };
        assert_int_equal(yg_thin_load(f->thin, 0, part, &f->err), YG_ECORRUPT);
        cut += 97;
    }
    yg_buf_fini(&none);
    yg_buf_fini(&page[0]);
}

static void test_tally(void **state)
{
    struct yg_thin_tally a, b;
    struct yg_buf blob;
    struct yg_err err;
    char name[24];

    (void)state;
    assert_int_equal(yg_thin_tally_init(&a), YG_OK);
    assert_int_equal(yg_thin_tally_init(&b), YG_OK);
    for (int i = 0; i < YG_THIN_ROWS + 10; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        uint32_t at = yg_thin_tally_row(&a, YG_STR("t"), yg_str_of(name), YG_STR("r"));
        assert_int_equal(at, i + 1 < YG_THIN_ROWS ? i + 1 : 0);
        a.row[at].in += 3;
        a.row[at].out += 1;
    }
    yg_buf_init(&blob, 1 << 22);
    yg_thin_tally_write(&a, &blob);
    assert_int_equal(yg_thin_tally_read(&b, yg_buf_str(&blob), &err), YG_OK);
    yg_thin_tally_add(&b, &a);
    for (uint32_t i = 0; i < YG_THIN_ROWS; i++) {
        assert_int_equal(b.row[i].in, 2 * a.row[i].in);
        assert_int_equal(b.row[i].out, 2 * a.row[i].out);
    }
    for (size_t n = 0; n < yg_buf_str(&blob).n; n += 1009) {
        struct yg_str part = { yg_buf_str(&blob).p, n };
        assert_int_equal(yg_thin_tally_read(&b, part, &err), YG_ECORRUPT);
    }
    yg_buf_fini(&blob);
    yg_thin_tally_fini(&a);
    yg_thin_tally_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read, setup, teardown),
        cmocka_unit_test(test_like),
        cmocka_unit_test_setup_teardown(test_matches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sample, setup, teardown),
        cmocka_unit_test_setup_teardown(test_merge, setup, teardown),
        cmocka_unit_test_setup_teardown(test_count, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
        cmocka_unit_test(test_tally),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
