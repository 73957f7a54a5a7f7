/* SPDX-License-Identifier: Apache-2.0 */
/* Which stored alert a row of another tool speaks of: exactly one must fit what it says.
 */
#include "pipeline/matchup.h"

#include "pipeline/ingest.h"
#include "store_util.h"

#include <string.h>
#include <sys/mman.h>

/* 2026-01-05T10:00:00Z */
#define TEN (INT64_C(1767607200) * YG_NS_PER_S)
#define MS  (YG_NS_PER_S / 1000)

/* Stored, by what the table of rows calls them. */
static const struct {
    char name;
    const char *time, *event, *source, *destination, *signature;
    int source_port, sid;
} stored[] = {
    { 'a', "10:00:00.000000", "alert", "198.18.0.1", "10.0.0.1", "scan", 1000, 1 },
    { 'b', "10:00:00.000000", "alert", "198.18.0.1", "10.0.0.1", "scan", 2000, 1 },
    { 'c', "10:00:00.400000", "alert", "198.18.0.2", "10.0.0.1", "exploit", 1000, 2 },
    { 'd', "10:00:00.900000", "alert", "198.18.0.2", "10.0.0.1", "exploit", 1000, 2 },
    { '-', "10:00:00.000000", "http", "198.18.0.9", "10.0.0.1", "", 1000, 0 },
    { 'e', "11:00:00.000000", "alert", "2001:db8::1", "2001:db8::2", "exploit", 1, 2 },
};

static void import(struct fixture *f)
{
    int fd = memfd_create("matchup", MFD_CLOEXEC);
    char line[512];
    struct yg_flow_input in = { .source = { .tenant = ACME, .name = YG_STR("a") },
                                .fd = fd };
    struct yg_counters sum = { 0 };
    struct yg_ingest g = {
        .input = &in, .count = 1, .workers = 1, .store = f->st, .clock = &f->clock
    };

    assert_true(fd >= 0);
    for (size_t i = 0; i < YG_ARRAY_LEN(stored); i++) {
        int n = snprintf(line, sizeof(line),
                         "{\"timestamp\":\"2026-01-05T%s+0000\",\"event_type\":\"%s\","
                         "\"src_ip\":\"%s\",\"src_port\":%d,\"dest_ip\":\"%s\","
                         "\"dest_port\":443,\"alert\":{\"gid\":1,\"signature_id\":%d,"
                         "\"signature\":\"%s\"}}\n",
                         stored[i].time, stored[i].event, stored[i].source,
                         stored[i].source_port, stored[i].destination, stored[i].sid,
                         stored[i].signature);
        assert_int_equal(write(fd, line, (size_t)n), n);
    }
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_ok(f, yg_ingest_run(&g, &sum, NULL, &f->err));
    assert_int_equal(sum.v[YG_C_STORED], YG_ARRAY_LEN(stored));
    close(fd);
}

static const struct {
    const char *name;
    int64_t time_ns;
    const char *signature, *signature_id, *source, *destination;
    uint16_t source_port, destination_port;
    enum yg_match want;
    char which; /* of `stored` */
} rows[] = {
    { "all that is known", TEN, "scan", "", "198.18.0.1", "10.0.0.1", 1000, 443,
      YG_MATCH_ONE, 'a' },
    { "two but for the port", TEN, "scan", "", "198.18.0.1", "10.0.0.1", 0, 443,
      YG_MATCH_SEVERAL, 0 },
    { "the port alone tells", TEN, "scan", "", "", "", 2000, 0, YG_MATCH_ONE, 'b' },
    { "another port", TEN, "scan", "", "198.18.0.1", "", 3000, 0, YG_MATCH_NONE, 0 },
    { "the port of the other end", TEN, "scan", "", "198.18.0.1", "", 1000, 80,
      YG_MATCH_NONE, 0 },
    { "another signature", TEN, "flood", "", "198.18.0.1", "10.0.0.1", 1000, 443,
      YG_MATCH_NONE, 0 },
    { "no signature", TEN, "", "", "198.18.0.1", "10.0.0.1", 1000, 0, YG_MATCH_ONE, 'a' },
    { "by number", TEN + 3600 * YG_NS_PER_S, "", "2", "", "", 0, 0, YG_MATCH_ONE, 'e' },
    { "by generator and number", TEN + 3600 * YG_NS_PER_S, "", "1:2", "", "", 0, 0,
      YG_MATCH_ONE, 'e' },
    { "a number where a name stands", TEN + 3600 * YG_NS_PER_S, "2", "", "", "", 0, 0,
      YG_MATCH_ONE, 'e' },
    { "renamed, same number", TEN + 3600 * YG_NS_PER_S, "exploit, second edition", "2",
      "", "", 0, 0, YG_MATCH_ONE, 'e' },
    { "another spelling of the address", TEN + 3600 * YG_NS_PER_S, "", "",
      "2001:0DB8:0:0::1", "", 0, 0, YG_MATCH_ONE, 'e' },
    { "turned around", TEN + 3600 * YG_NS_PER_S, "", "", "2001:db8::2", "2001:db8::1", 0,
      0, YG_MATCH_NONE, 0 },
    { "whole seconds: within one", TEN, "exploit", "", "198.18.0.2", "", 0, 0,
      YG_MATCH_SEVERAL, 0 },
    { "a fraction: the same millisecond first", TEN + 400 * MS, "exploit", "", "", "", 0,
      0, YG_MATCH_ONE, 'c' },
    { "a fraction that fits none: within a second", TEN + 500 * MS, "exploit", "", "", "",
      0, 0, YG_MATCH_SEVERAL, 0 },
    { "at the edge of the second", TEN + 1900 * MS, "exploit", "", "", "", 0, 0,
      YG_MATCH_ONE, 'd' },
    { "at its other edge", TEN - YG_NS_PER_S, "scan", "", "", "", 1000, 0, YG_MATCH_ONE,
      'a' },
    { "before it", TEN - 1001 * MS, "scan", "", "", "", 1000, 0, YG_MATCH_NONE, 0 },
    { "beyond it", TEN + 1902 * MS, "exploit", "", "", "", 0, 0, YG_MATCH_NONE, 0 },
    { "a log is no alert", TEN, "", "", "198.18.0.9", "", 0, 0, YG_MATCH_NONE, 0 },
    { "a time alone", TEN, "", "", "", "10.0.0.1", 0, 0, YG_MATCH_VAGUE, 0 },
    { "no time", 0, "scan", "", "198.18.0.1", "", 1000, 0, YG_MATCH_VAGUE, 0 },
    { "the end of time", INT64_MAX, "scan", "", "198.18.0.1", "", 0, 0, YG_MATCH_VAGUE,
      0 },
};

/* All alerts of the day, under the name the table has for them. */
static struct yg_matchup *load(struct fixture *f, const char *tenant)
{
    const struct yg_matchup_options opt = { .workers = 1,
                                            .tenant = yg_str_of(tenant),
                                            .from_ns = TEN - 3600 * YG_NS_PER_S,
                                            .until_ns = TEN + 7200 * YG_NS_PER_S };
    struct yg_matchup *m = NULL;

    assert_ok(f, yg_matchup_new(f->st, &opt, &m, &f->err));
    return m;
}

/* The id of stored alert `which`: found by what only it has. */
static void id_by_name(struct yg_matchup *m, char which, unsigned char id[YG_ID_SIZE])
{
    struct yg_str tenant;
    struct yg_opinion o = { .signature = YG_STR("scan"), .time_ns = TEN };

    if (which == 'a' || which == 'b') {
        o.source_port = which == 'a' ? 1000 : 2000;
    } else {
        o.signature = YG_STR("exploit");
        o.time_ns = which == 'c'   ? TEN + 400 * MS
                    : which == 'd' ? TEN + 900 * MS
                                   : TEN + 3600 * YG_NS_PER_S;
    }
    assert_int_equal(yg_matchup_find(m, &o, id, &tenant), YG_MATCH_ONE);
    assert_true(yg_str_eq(tenant, ACME));
}

static void rows_fit_one_alert_or_none(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    import(f);
    struct yg_matchup *m = load(f, "");
    unsigned char id[YG_ID_SIZE], want[YG_ID_SIZE];
    struct yg_str tenant;
    for (size_t i = 0; i < YG_ARRAY_LEN(rows); i++) {
        const struct yg_opinion o = { .time_ns = rows[i].time_ns,
                                      .signature = yg_str_of(rows[i].signature),
                                      .signature_id = yg_str_of(rows[i].signature_id),
                                      .source = yg_str_of(rows[i].source),
                                      .destination = yg_str_of(rows[i].destination),
                                      .source_port = rows[i].source_port,
                                      .destination_port = rows[i].destination_port };
        enum yg_match got = yg_matchup_find(m, &o, id, &tenant);
        if (got != rows[i].want)
            fail_msg("%s: %d, not %d", rows[i].name, (int)got, (int)rows[i].want);
        if (got != YG_MATCH_ONE)
            continue;
        id_by_name(m, rows[i].which, want);
        if (memcmp(id, want, YG_ID_SIZE) != 0)
            fail_msg("%s: another alert", rows[i].name);
    }
    yg_matchup_free(m);
}

/* Our own id is enough, whatever else the row says; a foreign one says nothing. */
static void an_id_of_ours_is_enough(void **state)
{
    struct fixture *f = *state;
    unsigned char id[YG_ID_SIZE], want[YG_ID_SIZE];
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_str tenant = YG_STR_NONE;

    fixture_open(f);
    import(f);
    struct yg_matchup *m = load(f, "acme");
    id_by_name(m, 'c', want);
    yg_hex(want, YG_ID_SIZE, hex);
    struct yg_opinion o = { .id = yg_str_of(hex), .signature = YG_STR("flood") };
    assert_int_equal(yg_matchup_find(m, &o, id, &tenant), YG_MATCH_ONE);
    assert_memory_equal(id, want, YG_ID_SIZE);
    assert_true(yg_str_eq(tenant, ACME));
    hex[0] = hex[0] == '0' ? '1' : '0';
    assert_int_equal(yg_matchup_find(m, &o, id, &tenant), YG_MATCH_VAGUE);
    o.id = YG_STR("AXQ-f3oBzz");
    assert_int_equal(yg_matchup_find(m, &o, id, &tenant), YG_MATCH_VAGUE);
    yg_matchup_free(m);
}

static void only_the_tenant_that_is_named(void **state)
{
    struct fixture *f = *state;
    struct yg_matchup_options opt = { .workers = 1, .tenant = YG_STR("nobody") };
    struct yg_matchup *m = NULL;
    unsigned char id[YG_ID_SIZE];
    struct yg_str tenant;

    fixture_open(f);
    import(f);
    add_range(f, BETA, 0, 10);
    commit(f);
    assert_status(YG_ENOTFOUND, yg_matchup_new(f->st, &opt, &m, &f->err));
    assert_non_null(strstr(f->err.msg, "nobody"));
    m = load(f, "beta");
    const struct yg_opinion o = { .time_ns = TEN,
                                  .signature = YG_STR("scan"),
                                  .source_port = 1000 };
    assert_int_equal(yg_matchup_find(m, &o, id, &tenant), YG_MATCH_NONE);
    yg_matchup_free(m);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rows_fit_one_alert_or_none),
        CASE(an_id_of_ours_is_enough),
        CASE(only_the_tenant_that_is_named),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
