/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/factcol.h"

#include "base/rng.h"
#include "decode_fixture.h"

#include <math.h>
#include <string.h>

#define SEED 4711

/* What columns of real blocks look like, one shape a table row. */
enum shape { EQUAL, BY_SIGNATURE, FEW, MANY, ALL_DIFFER, MIXED };

struct rows {
    struct yg_facts *f, *got;
    struct yg_factcol_own *own;
    struct yg_factcol col;
    struct yg_factcol_room room;
    struct yg_buf plain;
    struct yg_rng rng;
};

static int setup(void **state)
{
    struct rows *r = calloc(1, sizeof(*r));

    r->f = calloc(YG_FACTCOL_ROWS, sizeof(*r->f));
    r->got = calloc(YG_FACTCOL_ROWS, sizeof(*r->got));
    r->own = calloc(YG_FACTCOL_ROWS, sizeof(*r->own));
    yg_factcol_init(&r->col);
    yg_buf_init(&r->plain, YG_FACTCOL_MAX);
    yg_rng_init(&r->rng, SEED);
    *state = r;
    return r->f && r->got && r->own ? 0 : -1;
}

static int teardown(void **state)
{
    struct rows *r = *state;

    free(r->f);
    free(r->got);
    free(r->own);
    yg_factcol_fini(&r->col);
    yg_buf_fini(&r->plain);
    free(r);
    return 0;
}

/* Any 32 bits, so NaNs of every kind. */
static float bits(uint64_t v)
{
    uint32_t u = (uint32_t)v;
    float f;

    memcpy(&f, &u, sizeof(f));
    return f;
}

static uint64_t value_of(struct rows *r, enum shape shape, uint64_t signature, size_t i)
{
    switch (shape) {
    case EQUAL:
        return 7;
    case BY_SIGNATURE:
        return signature * 77;
    case FEW:
        return yg_rng_below(&r->rng, 3);
    case MANY:
        return yg_rng_below(&r->rng, 200) * 12345;
    case ALL_DIFFER:
        return i * UINT64_C(0x9e3779b97f4a7c15);
    default:
        return value_of(r, (enum shape)yg_rng_below(&r->rng, MIXED), signature, i);
    }
}

static void make(struct rows *r, size_t n, enum shape shape, uint64_t signatures)
{
    for (size_t i = 0; i < n; i++) {
        struct yg_facts *f = &r->f[i];
        uint64_t sig = 1 + yg_rng_below(&r->rng, signatures);
        memset(f, 0, sizeof(*f));
        f->time_ns = (int64_t)yg_rng_u64(&r->rng);
        for (int k = 0; k < YG_KEY_COUNT; k++)
            f->key[k] = value_of(r, shape, sig, i);
        f->key[YG_KEY_SIGNATURE] = sig;
        f->device = (uint8_t)(sig % YG_DEV_COUNT);
        f->kind = (uint8_t)yg_rng_below(&r->rng, 3);
        f->verdict = (uint8_t)yg_rng_below(&r->rng, YG_LEVEL_COUNT);
        f->reason = (uint8_t)(value_of(r, shape, sig, i) % YG_REASON_COUNT);
        f->input = (uint8_t)(value_of(r, shape, sig, i) & YG_INPUT_ALL);
        f->port = (uint16_t)value_of(r, shape, sig, i);
        for (int k = 0; k < YG_FACTS_STATIC; k++)
            f->fixed[k] = k % 5 == 0 ? NAN : bits(value_of(r, shape, sig, i));
        r->own[i] = (struct yg_factcol_own){ .time_ns = f->time_ns,
                                             .kind = f->kind,
                                             .verdict = f->verdict };
        memcpy(r->own[i].key, f->key, sizeof(r->own[i].key));
        assert_true(yg_factcol_joins(f, &r->own[i]));
    }
}

static struct yg_str written(struct rows *r, size_t n)
{
    yg_factcol_clear(&r->col);
    yg_buf_clear(&r->plain);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(yg_factcol_add(&r->col, &r->f[i]), YG_OK);
    assert_int_equal(r->col.count, n);
    yg_factcol_write(&r->col, &r->room, &r->plain);
    assert_int_equal(yg_buf_status(&r->plain), YG_OK);
    return yg_buf_str(&r->plain);
}

static void rows_come_back_bit_by_bit(void **state)
{
    static const size_t count[] = { 1, 2, 3, 7, 8, 9, 360, 513, YG_FACTCOL_ROWS };
    static const uint64_t signatures[] = { 1, 2, 12, 256, 100000 };
    struct rows *r = *state;

    print_message("# seed %d\n", SEED);
    for (size_t c = 0; c < YG_ARRAY_LEN(count); c++) {
        for (int shape = EQUAL; shape <= MIXED; shape++) {
            uint64_t sigs = signatures[(c + (size_t)shape) % YG_ARRAY_LEN(signatures)];
            size_t n = count[c];
            make(r, n, (enum shape)shape, sigs);
            struct yg_str s = written(r, n);
            assert_true(s.n <= YG_FACTCOL_MAX);
            assert_int_equal(yg_factcol_read(s, r->own, n, &r->room, r->got), YG_OK);
            for (size_t i = 0; i < n; i++)
                if (memcmp(&r->got[i], &r->f[i], sizeof(r->f[i])) != 0)
                    fail_msg("row %zu of %zu, shape %d, %d signatures", i, n, shape,
                             (int)sigs);
        }
    }
}

static void what_belongs_to_the_reader_is_not_kept(void **state)
{
    struct rows *r = *state;

    make(r, 3, MIXED, 2);
    for (int i = 0; i < 3; i++) {
        r->f[i].listed = 3;
        r->f[i].rule[0] = 9;
        r->f[i].rule[1] = 8;
    }
    struct yg_str s = written(r, 3);
    assert_int_equal(yg_factcol_read(s, r->own, 3, &r->room, r->got), YG_OK);
    for (int i = 0; i < 3; i++)
        assert_true(r->got[i].listed == 0 && r->got[i].rule[0] == 0 &&
                    r->got[i].rule[1] == 0);
}

static void what_does_not_vary_is_small(void **state)
{
    struct rows *r = *state;

    make(r, 1000, EQUAL, 1);
    size_t one = written(r, 1).n, same = written(r, 1000).n;
    assert_int_equal(one, same);
    make(r, 1000, BY_SIGNATURE, 4);
    assert_true(written(r, 1000).n < 8000);
}

/* Whatever is cut off or changed: refused, or rows in range. */
static void damage_is_refused(void **state)
{
    struct rows *r = *state;
    const size_t n = 40;

    make(r, n, MIXED, 3);
    struct yg_str s = written(r, n);
    char *bytes = malloc(s.n + 1);
    memcpy(bytes, s.p, s.n);
    bytes[s.n] = 0;
    for (size_t cut = 0; cut < s.n; cut++)
        assert_int_equal(
            yg_factcol_read((struct yg_str){ bytes, cut }, r->own, n, &r->room, r->got),
            YG_ECORRUPT);
    assert_int_equal(
        yg_factcol_read((struct yg_str){ bytes, s.n + 1 }, r->own, n, &r->room, r->got),
        YG_ECORRUPT);
    for (size_t i = 0; i < 20000; i++) {
        size_t at = (size_t)yg_rng_below(&r->rng, s.n);
        char was = bytes[at];
        bytes[at] = (char)yg_rng_u64(&r->rng);
        enum yg_status st =
            yg_factcol_read((struct yg_str){ bytes, s.n }, r->own, n, &r->room, r->got);
        assert_true(st == YG_OK || st == YG_ECORRUPT);
        for (size_t k = 0; st == YG_OK && k < n; k++)
            assert_true(yg_facts_in_range(&r->got[k]));
        bytes[at] = was;
    }
    assert_int_equal(
        yg_factcol_read((struct yg_str){ bytes, s.n }, r->own, 0, &r->room, r->got),
        YG_ECORRUPT);
    assert_int_equal(yg_factcol_read((struct yg_str){ bytes, s.n }, r->own,
                                     YG_FACTCOL_ROWS + 1, &r->room, r->got),
                     YG_ECORRUPT);
    free(bytes);
}

static void small_numbers_keep_their_range(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t bad;
    } table[] = {
        { "device", offsetof(struct yg_facts, device), YG_DEV_COUNT },
        { "reason", offsetof(struct yg_facts, reason), YG_REASON_COUNT },
        { "input", offsetof(struct yg_facts, input), YG_INPUT_ALL + 1 },
    };
    struct rows *r = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++) {
        make(r, 5, EQUAL, 2);
        memcpy((char *)&r->f[3] + table[i].at, &table[i].bad, 1);
        if (yg_factcol_joins(&r->f[3], &r->own[3]))
            fail_msg("%s: taken", table[i].name);
        struct yg_str s = written(r, 5);
        if (yg_factcol_read(s, r->own, 5, &r->room, r->got) != YG_ECORRUPT)
            fail_msg("%s: read", table[i].name);
    }
}

static void facts_of_another_record_do_not_join(void **state)
{
    struct rows *r = *state;
    struct yg_factcol_own own;

    make(r, 1, MIXED, 3);
    own = r->own[0];
    own.time_ns++;
    assert_false(yg_factcol_joins(&r->f[0], &own));
    for (int k = 0; k < YG_FACTCOL_OWN; k++) {
        own = r->own[0];
        own.key[k]++;
        assert_false(yg_factcol_joins(&r->f[0], &own));
    }
    own = r->own[0];
    own.kind++;
    assert_false(yg_factcol_joins(&r->f[0], &own));
    own = r->own[0];
    own.verdict++;
    assert_false(yg_factcol_joins(&r->f[0], &own));
}

/* Kept facts are used for as long as their version is that of the code: code that makes
 * other facts of the same record must say so. When this fails, raise YG_FACTS_VERSION
 * (or YG_FEATURE_CODE, if columns of the table changed) and write down the new digest. */
static void the_version_tells_when_facts_change(void **state)
{
    static const struct {
        const char *format, *text;
    } record[] = {
        { "eve",
          "{\"timestamp\":\"2026-01-05T01:02:03.000000+0000\",\"event_type\":\"alert\","
          "\"src_ip\":\"198.18.0.9\",\"src_port\":40000,\"dest_ip\":\"10.0.0.1\","
          "\"dest_port\":443,\"proto\":\"TCP\",\"flow_id\":77,\"app_proto\":\"tls\","
          "\"community_id\":\"1:abc=\",\"tls\":{\"sni\":\"a.example\",\"ja3\":{\"hash\":"
          "\"00112233445566778899aabbccddeeff\"}},\"alert\":{\"action\":\"blocked\","
          "\"signature_id\":2001,\"signature\":\"ET MALWARE Beacon\",\"category\":"
          "\"A Network Trojan was detected\",\"severity\":1,\"metadata\":{\"confidence\":"
          "[\"High\"],\"signature_severity\":[\"Major\"]}},\"flow\":{\"pkts_toserver\":4,"
          "\"pkts_toclient\":3,\"bytes_toserver\":400,\"bytes_toclient\":900}}" },
        { "eve",
          "{\"timestamp\":\"2026-01-05T01:02:03.000000+0000\",\"event_type\":\"alert\","
          "\"src_ip\":\"198.18.0.9\",\"dest_ip\":\"10.0.0.1\",\"dest_port\":8080,"
          "\"proto\":\"TCP\",\"http\":{\"hostname\":\"10.0.0.1\",\"url\":\"/a?b=c\","
          "\"http_method\":\"POST\",\"status\":404},\"payload\":\"R0VUIC8gSFRUUC8xLjEK\","
          "\"alert\":{\"signature_id\":9,\"signature\":\"SCAN\",\"severity\":3}}" },
        { "eve", "{\"event_type\":\"dns\",\"timestamp\":\"2026-01-05T01:02:04+0000\","
                 "\"src_ip\":\"10.0.0.4\",\"dest_ip\":\"10.0.0.53\",\"proto\":\"UDP\"}" },
        { "eve", "not json" },
        { "wazuh",
          "{\"timestamp\":\"2026-01-05T01:02:03.000+0000\",\"rule\":{\"level\":10,"
          "\"description\":\"sshd: brute force\",\"id\":\"5712\",\"groups\":[\"sshd\","
          "\"authentication_failures\"]},\"agent\":{\"id\":\"003\",\"name\":\"web\","
          "\"ip\":\"10.0.0.7\"},\"data\":{\"srcip\":\"198.18.0.1\",\"dstuser\":\"root\"},"
          "\"id\":\"1.2\",\"full_log\":\"Jan  5 01:02:03 web sshd[7]: Failed\"}" },
    };
    static const char want[] =
        "1 3 ae1959c24102ab25b92be56441a4c9c6b6d2d9f277b91c21d22b56797a4156ac";
    struct yg_digest d;
    unsigned char digest[YG_DIGEST_SIZE];
    char hex[2 * YG_DIGEST_SIZE + 1], got[128];

    (void)state;
    yg_digest_init(&d);
    for (size_t i = 0; i < YG_ARRAY_LEN(record); i++) {
        struct fixture f;
        struct yg_facts facts;
        fixture_begin(&f, record[i].format);
        const struct yg_event *e = fixture_decode(&f, yg_str_of(record[i].text));
        yg_facts_of(f.b, e, NULL, &facts);
        yg_facts_source(&facts, YG_STR("sensor"));
        yg_digest_add(&d, &facts, sizeof(facts));
        fixture_end(&f);
    }
    yg_digest_done(&d, digest);
    yg_hex(digest, sizeof(digest), hex);
    snprintf(got, sizeof(got), "%d %d %s", YG_FACTS_VERSION, YG_FEATURE_CODE, hex);
    assert_string_equal(got, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_back_bit_by_bit, setup, teardown),
        cmocka_unit_test_setup_teardown(what_belongs_to_the_reader_is_not_kept, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_does_not_vary_is_small, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(small_numbers_keep_their_range, setup, teardown),
        cmocka_unit_test_setup_teardown(facts_of_another_record_do_not_join, setup,
                                        teardown),
        cmocka_unit_test(the_version_tells_when_facts_change),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
