/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of store/store.h, which every back end must meet. */
#include "store_util.h"

/* ---- history ------------------------------------------------------------------- */

static void what_was_committed_is_read_back_in_order(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    add_range(f, ACME, 0, 3000); /* several blocks */
    commit(f);
    add_range(f, ACME, 3000, 3001);
    commit(f);
    add_range(f, ACME, 3001, 3100);
    commit(f);
    assert_history(f, ACME, 0, 3100);
    fixture_reopen(f);
    assert_history(f, ACME, 0, 3100);
    assert_history(f, BETA, 0, 0);
    uint64_t bad;
    assert_ok(f, yg_store_check(f->st, &bad, &f->err));
    assert_int_equal(bad, 0);
}

static void tenants_do_not_mix(void **state)
{
    struct fixture *f = *state;
    struct yg_store_tenant *t;
    size_t count;

    fixture_open(f);
    for (uint64_t n = 0; n < 10; n++) {
        add_range(f, BETA, 1000 + n * 100, 1100 + n * 100);
        add_range(f, ACME, n * 50, n * 50 + 50);
        if (n % 3 == 0)
            commit(f);
    }
    commit(f);
    fixture_reopen(f);
    assert_history(f, ACME, 0, 500);
    assert_history(f, BETA, 1000, 2000);
    assert_ok(f, yg_store_tenants(f->st, &f->arena, &t, &count, &f->err));
    assert_int_equal(count, 2);
    assert_true(yg_str_eq(t[0].name, ACME) && yg_str_eq(t[1].name, BETA));
    assert_int_equal(t[0].alerts + t[0].contexts + t[0].undecodable, 500);
    assert_int_equal(t[0].contexts, 100);
    assert_int_equal(t[1].alerts + t[1].contexts + t[1].undecodable, 1000);
    assert_int_equal(t[1].first_ns, T0 - 999 * YG_NS_PER_S);
    assert_int_equal(t[1].last_ns, T0);
}

static void uncommitted_work_is_not_seen_and_is_gone_after_close(void **state)
{
    struct fixture *f = *state;
    struct yg_store_record r;

    fixture_open(f);
    add_range(f, ACME, 0, 10);
    commit(f);
    add_range(f, ACME, 10, 5000); /* blocks of this batch are written already */
    add_range(f, BETA, 6000, 6010);
    assert_history(f, ACME, 0, 10);
    fixture_reopen(f);
    assert_history(f, ACME, 0, 10);
    assert_history(f, BETA, 0, 0);
    r = record_of(f, 10);
    assert_false(yg_store_has(f->st, r.id));
    add_range(f, ACME, 10, 20);
    yg_store_rollback(f->st);
    assert_false(yg_store_has(f->st, r.id));
    add_range(f, ACME, 10, 30);
    commit(f);
    assert_history(f, ACME, 0, 30);
}

static void a_tenant_of_a_dropped_batch_can_come_again(void **state)
{
    struct fixture *f = *state;
    struct yg_store_tenant *t;
    size_t count;

    fixture_open(f);
    add_range(f, BETA, 0, 3000); /* enough to be written before the commit */
    yg_store_rollback(f->st);
    assert_ok(f, yg_store_tenants(f->st, &f->arena, &t, &count, &f->err));
    assert_int_equal(count, 0);
    add_range(f, ACME, 0, 3000);
    add_range(f, BETA, 3000, 3100);
    commit(f);
    assert_history(f, ACME, 0, 3000);
    assert_history(f, BETA, 3000, 3100);
    fixture_reopen(f);
    assert_history(f, ACME, 0, 3000);
    assert_history(f, BETA, 3000, 3100);
    assert_ok(f, yg_store_tenants(f->st, &f->arena, &t, &count, &f->err));
    assert_int_equal(count, 2);
}

static void records_of_every_size(void **state)
{
    static const size_t size[] = { 0,      1, 700,   YG_STORE_RAW_MAX, 0, 300000,
                                   262144, 1, 262143 };
    struct fixture *f = *state;
    struct yg_store_query q = { .tenant = ACME };
    struct yg_store_scan *s;
    struct yg_store_record r;
    char *big = malloc(YG_STORE_RAW_MAX + 1);

    assert_non_null(big);
    fixture_open(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(size); i++) {
        r = record_of(f, i);
        memset(big, 'a' + (int)i, size[i]);
        r.raw = (struct yg_str){ big, size[i] };
        assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
    }
    r = record_of(f, 99);
    r.raw = (struct yg_str){ big, YG_STORE_RAW_MAX + 1 };
    assert_status(YG_ELIMIT, yg_store_add(f->st, ACME, &r, &f->err));
    assert_false(yg_store_has(f->st, r.id));
    commit(f);
    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    for (size_t i = 0; i < YG_ARRAY_LEN(size); i++) {
        assert_ok(f, yg_store_scan_next(s, &r, &f->err));
        assert_int_equal(r.raw.n, size[i]);
        if (r.raw.n)
            assert_true(r.raw.p[0] == 'a' + (char)i &&
                        r.raw.p[r.raw.n - 1] == 'a' + (char)i);
    }
    assert_status(YG_EEND, yg_store_scan_next(s, &r, &f->err));
    yg_store_scan_close(s);
    free(big);
}

static void scans_are_cut_by_time_and_key(void **state)
{
    static const struct {
        const char *name;
        int64_t from, until; /* seconds before T0; 0: none */
        uint64_t key, want;
        uint32_t source;
    } table[] = {
        { "all", 0, 0, 0, 4000, 0 },
        { "last ten seconds", 10, 0, 0, 44, 0 },
        { "an hour ago", 3600, 3500, 0, 0, 0 },
        { "between", 20, 10, 0, 40, 0 },
        { "signature", 0, 0, 4, 236, 0 },
        { "signature in time", 10, 0, 4, 3, 0 },
        { "unknown key", 0, 0, 12345, 0, 0 },
        { "a source", 0, 0, 0, 1333, 2 },
        { "a source in time", 20, 10, 0, 13, 2 },
        { "a source's signature", 0, 0, 4, 79, 1 },
        { "unknown source", 0, 0, 0, 0, 9 },
    };
    struct fixture *f = *state;

    fixture_open(f);
    add_range(f, ACME, 0, 4000);
    commit(f);
    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++) {
        struct yg_store_query q = { .tenant = ACME,
                                    .key = table[i].key,
                                    .source = table[i].source };
        struct yg_store_scan *s;
        struct yg_store_record r;
        uint64_t got = 0, want = 0;
        if (table[i].from)
            q.from_ns = T0 - table[i].from * YG_NS_PER_S;
        if (table[i].until)
            q.until_ns = T0 - table[i].until * YG_NS_PER_S;
        for (uint64_t n = 0; n < 4000; n++) {
            r = record_of(f, n);
            want += (!q.from_ns || r.time_ns >= q.from_ns) &&
                    (!q.until_ns || r.time_ns < q.until_ns) &&
                    (!q.key || r.key[0] == q.key) && (!q.source || r.source == q.source);
        }
        assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
        while (yg_store_scan_next(s, &r, &f->err) == YG_OK) {
            assert_true(r.raw.n > 0 && (!q.source || r.source == q.source));
            got++;
        }
        yg_store_scan_close(s);
        if (got != want || got != table[i].want)
            fail_msg("%s: %d records, not %d (%d)", table[i].name, (int)got, (int)want,
                     (int)table[i].want);
    }
}

static void a_scan_does_not_see_what_is_committed_later(void **state)
{
    struct fixture *f = *state;
    struct yg_store_query q = { .tenant = ACME };
    struct yg_store_scan *s;
    struct yg_store_record r;

    fixture_open(f);
    add_range(f, ACME, 0, 100);
    commit(f);
    assert_ok(f, yg_store_scan_open(f->st, &q, &s, &f->err));
    assert_ok(f, yg_store_scan_next(s, &r, &f->err));
    add_range(f, ACME, 100, 200);
    commit(f);
    for (uint64_t n = 1; n < 100; n++) {
        assert_ok(f, yg_store_scan_next(s, &r, &f->err));
        assert_record(f, &r, n);
    }
    assert_status(YG_EEND, yg_store_scan_next(s, &r, &f->err));
    yg_store_scan_close(s);
    assert_history(f, ACME, 0, 200);
}

static void an_alert_is_found_by_id_and_prefix(void **state)
{
    struct fixture *f = *state;
    struct yg_store_record r;
    struct yg_str tenant;
    char hex[2 * YG_ID_SIZE + 1];
    unsigned char id[YG_ID_SIZE];

    fixture_open(f);
    add_range(f, ACME, 0, 2000);
    add_range(f, BETA, 5000, 5100);
    commit(f);
    for (uint64_t n = 0; n < 2000; n += 97) {
        id_of(n, id);
        yg_hex(id, YG_ID_SIZE, hex);
        assert_ok(f,
                  yg_store_get(f->st, yg_str_of(hex), &f->arena, &r, &tenant, &f->err));
        assert_record(f, &r, n);
        assert_true(yg_str_eq(tenant, ACME));
        for (size_t digits = 9; digits < 32; digits += 5) {
            struct yg_str prefix = { hex, digits };
            assert_ok(f, yg_store_get(f->st, prefix, &f->arena, &r, NULL, &f->err));
            assert_record(f, &r, n);
        }
    }
    id_of(5050, id);
    yg_hex(id, YG_ID_SIZE, hex);
    for (char *p = hex; *p; p++)
        *p = (char)(*p >= 'a' ? *p - 32 : *p);
    assert_ok(f, yg_store_get(f->st, yg_str_of(hex), &f->arena, &r, &tenant, &f->err));
    assert_true(yg_str_eq(tenant, BETA));
    id_of(77777, id);
    yg_hex(id, YG_ID_SIZE, hex);
    assert_status(YG_ENOTFOUND,
                  yg_store_get(f->st, yg_str_of(hex), &f->arena, &r, NULL, &f->err));
    static const char *const bad[] = { "", "12345", "xyzxyz", "12345g",
                                       "0123456789abcdef0123456789abcdef0" };
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++)
        assert_status(YG_EINVAL, yg_store_get(f->st, yg_str_of(bad[i]), &f->arena, &r,
                                              NULL, &f->err));
}

static void a_prefix_of_two_ids_is_refused(void **state)
{
    struct fixture *f = *state;
    struct yg_store_record r = record_of(f, 1), other = record_of(f, 2), got;

    fixture_open(f);
    memcpy(r.id, "\xab\xcd\xef\x10 first id..", YG_ID_SIZE);
    memcpy(other.id, "\xab\xcd\xef\x11 other id..", YG_ID_SIZE);
    assert_ok(f, yg_store_add(f->st, ACME, &r, &f->err));
    commit(f);
    assert_ok(f, yg_store_add(f->st, ACME, &other, &f->err));
    commit(f);
    assert_status(YG_EINVAL,
                  yg_store_get(f->st, YG_STR("abcdef"), &f->arena, &got, NULL, &f->err));
    assert_status(YG_EINVAL,
                  yg_store_get(f->st, YG_STR("abcdef1"), &f->arena, &got, NULL, &f->err));
    assert_ok(f, yg_store_get(f->st, YG_STR("abcdef11"), &f->arena, &got, NULL, &f->err));
    assert_memory_equal(got.id, other.id, YG_ID_SIZE);
    assert_status(YG_ENOTFOUND, yg_store_get(f->st, YG_STR("abcdef12"), &f->arena, &got,
                                             NULL, &f->err));
}

/* ---- duplicates ---------------------------------------------------------------- */

static void an_id_comes_once_within_the_window(void **state)
{
    struct fixture *f = *state;
    struct yg_store_record r = record_of(f, 5);
    const int64_t day = 86400 * YG_NS_PER_S;

    f->opt.dedup_ns = 2 * day;
    fixture_open(f);
    add_range(f, ACME, 0, 1000);
    assert_status(YG_EEXIST, yg_store_add(f->st, ACME, &r, &f->err)); /* not committed */
    commit(f);
    assert_status(YG_EEXIST, yg_store_add(f->st, ACME, &r, &f->err));
    fixture_reopen(f);
    assert_true(yg_store_has(f->st, r.id));
    assert_status(YG_EEXIST, yg_store_add(f->st, ACME, &r, &f->err));
    f->clock.manual_ns += 2 * day - YG_NS_PER_S;
    commit(f);
    assert_true(yg_store_has(f->st, r.id));
    fixture_reopen(f);
    assert_true(yg_store_has(f->st, r.id));
    f->clock.manual_ns += day / 2;
    commit(f); /* prunes */
    assert_false(yg_store_has(f->st, r.id));
    fixture_reopen(f);
    assert_false(yg_store_has(f->st, r.id));
    assert_ok(f, yg_store_add(f->st, BETA, &r, &f->err));
    commit(f);
    /* The later one is found. */
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_str tenant;
    yg_hex(r.id, YG_ID_SIZE, hex);
    assert_ok(f, yg_store_get(f->st, yg_str_of(hex), &f->arena, &r, &tenant, &f->err));
    assert_true(yg_str_eq(tenant, BETA));
}

/* ---- opening ------------------------------------------------------------------- */

static void opening_says_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    struct yg_store *other = NULL;
    struct yg_store_options opt = f->opt;
    char path[128];

    opt.create = false;
    assert_status(YG_ENOTFOUND, yg_store_open(f->dir, &opt, &other, &f->err));
    assert_status(YG_ENOTFOUND, yg_store_open("/nonexistent/yg", &opt, &other, &f->err));
    fixture_open(f);
    assert_status(YG_EBUSY, yg_store_open(f->dir, &f->opt, &other, &f->err));
    fixture_close(f);
    assert_ok(f, yg_store_open(f->dir, &opt, &f->st, &f->err));
    fixture_close(f);
    assert_null(other);
    if (f->server)
        return;
    snprintf(path, sizeof(path), "%s/yagura.db", f->dir);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", out);
    fclose(out);
    assert_status(YG_ECORRUPT, yg_store_open(f->dir, &f->opt, &other, &f->err));
    assert_true(f->err.msg[0] != '\0' && strcmp(f->err.path, f->dir) == 0);
}

static void readers_work_beside_the_writer(void **state)
{
    struct fixture *f = *state;
    struct yg_store_options opt = f->opt;
    struct fixture reader = *f;

    opt.create = false;
    opt.read_only = true;
    fixture_open(f);
    add_range(f, ACME, 0, 500);
    commit(f);
    assert_ok(f, yg_store_open(f->dir, &opt, &reader.st, &f->err));
    assert_history(&reader, ACME, 0, 500);
    add_range(f, ACME, 500, 900);
    assert_history(&reader, ACME, 0, 500);
    commit(f);
    assert_history(&reader, ACME, 0, 900);
    struct yg_store_record r = record_of(f, 1000);
    assert_status(YG_EINVAL, yg_store_add(reader.st, ACME, &r, &f->err));
    assert_status(YG_EINVAL, yg_store_meta_put(reader.st, "x", YG_STR("y"), &f->err));
    assert_status(YG_EINVAL, yg_store_commit(reader.st, &f->err));
    fixture_close(f);
    assert_history(&reader, ACME, 0, 900);
    yg_store_close(reader.st);
    assert_ok(f, yg_store_open(f->dir, &opt, &f->st, &f->err)); /* no writer at all */
    assert_history(f, ACME, 0, 900);
}

/* ---- sources and small things -------------------------------------------------- */

static void sources_are_kept_with_their_mapping(void **state)
{
    struct fixture *f = *state;
    struct yg_source src = { .tenant = ACME,
                             .name = YG_STR("ids"),
                             .format = YG_STR("eve"),
                             .path = YG_STR("/a"),
                             .offset_min = 540,
                             .header = YG_STR("a,b") };
    struct yg_source *all;
    uint32_t id, again, mapped;
    size_t count;

    fixture_open(f);
    assert_ok(f, yg_store_source_put(f->st, &src, &id, &f->err));
    assert_ok(f, yg_store_source_put(f->st, &src, &again, &f->err));
    assert_int_equal(id, again);
    commit(f);
    fixture_reopen(f);
    src.path = YG_STR("/b");
    assert_ok(f, yg_store_source_put(f->st, &src, &again, &f->err));
    assert_int_equal(id, again);
    src.mapping_text = YG_STR("time: ts\n");
    assert_ok(f, yg_store_source_put(f->st, &src, &mapped, &f->err));
    assert_int_not_equal(id, mapped);
    src.tenant = BETA;
    assert_ok(f, yg_store_source_put(f->st, &src, &again, &f->err));
    assert_int_not_equal(mapped, again);
    commit(f);
    assert_ok(f, yg_store_sources(f->st, &f->arena, &all, &count, &f->err));
    assert_int_equal(count, 3);
    assert_int_equal(all[0].store_id, id);
    assert_true(yg_str_eq(all[0].header, YG_STR("a,b")));
    assert_true(yg_str_eq(all[0].path, YG_STR("/b")) && all[0].mapping_text.n == 0);
    assert_true(yg_str_eq(all[1].mapping_text, YG_STR("time: ts\n")));
    assert_true(yg_str_eq(all[2].tenant, BETA) && all[2].offset_min == 540);
}

static void meta_values_are_bytes(void **state)
{
    struct fixture *f = *state;
    struct yg_str got;

    fixture_open(f);
    assert_status(YG_ENOTFOUND,
                  yg_store_meta_get(f->st, "key", &f->arena, &got, &f->err));
    assert_ok(f, yg_store_meta_put(f->st, "key", YG_STR("a\0b"), &f->err));
    assert_ok(f, yg_store_meta_put(f->st, "empty", YG_STR_NONE, &f->err));
    assert_ok(f, yg_store_meta_get(f->st, "key", &f->arena, &got, &f->err));
    assert_true(yg_str_eq(got, YG_STR("a\0b")));
    commit(f);
    assert_ok(f, yg_store_meta_put(f->st, "key", YG_STR("gone"), &f->err));
    fixture_reopen(f);
    assert_ok(f, yg_store_meta_get(f->st, "key", &f->arena, &got, &f->err));
    assert_true(yg_str_eq(got, YG_STR("a\0b")));
    assert_ok(f, yg_store_meta_get(f->st, "empty", &f->arena, &got, &f->err));
    assert_int_equal(got.n, 0);
}

static void statistics_count_everything(void **state)
{
    struct fixture *f = *state;
    struct yg_store_stats s;

    fixture_open(f);
    add_range(f, ACME, 0, 1000);
    add_range(f, BETA, 1000, 1100);
    commit(f);
    fixture_reopen(f);
    assert_ok(f, yg_store_stats(f->st, &s, &f->err));
    assert_int_equal(s.alerts + s.contexts + s.undecodable, 1100);
    assert_int_equal(s.contexts, 220);
    assert_int_equal(s.undecodable, 80);
    assert_int_equal(s.closed, 366);
    assert_int_equal(s.window_ids, 1100);
    assert_true(s.blocks >= 2 && s.raw_bytes > 100000 && s.stored_bytes > 0);
    assert_int_equal(s.corrupt_blocks, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest both[] = {
        CASE(what_was_committed_is_read_back_in_order),
        CASE(tenants_do_not_mix),
        CASE(uncommitted_work_is_not_seen_and_is_gone_after_close),
        CASE(a_tenant_of_a_dropped_batch_can_come_again),
        CASE(records_of_every_size),
        CASE(scans_are_cut_by_time_and_key),
        CASE(a_scan_does_not_see_what_is_committed_later),
        CASE(an_alert_is_found_by_id_and_prefix),
        CASE(a_prefix_of_two_ids_is_refused),
        CASE(an_id_comes_once_within_the_window),
        CASE(opening_says_what_is_wrong),
        CASE(readers_work_beside_the_writer),
        CASE(sources_are_kept_with_their_mapping),
        CASE(meta_values_are_bytes),
        CASE(statistics_count_everything),
    };
    const struct cases c = { "store", both, NULL, YG_ARRAY_LEN(both), 0 };

    return run_on_both(&c);
}
