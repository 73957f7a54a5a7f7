/* SPDX-License-Identifier: Apache-2.0 */
#include "event/batch.h"

#include "base/rng.h"
#include "event/ip.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void every_field_is_documented(void **state)
{
    (void)state;
    for (int i = 0; i < YG_FIELD_COUNT; i++) {
        const struct yg_field_info *f = &yg_field_info[i];
        assert_true(strlen(f->name) > 2 && strlen(f->doc) > 5);
        assert_int_equal(yg_field_by_name(yg_str_of(f->name)), i);
        for (const char *p = f->name; *p; p++)
            if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._", *p))
                fail_msg("%s is not a dotted lower-case name", f->name);
    }
    assert_int_equal(yg_field_by_name(YG_STR("Rule.id")), -1);
    assert_int_equal(yg_field_by_name(YG_STR("")), -1);
}

static void names_of_enums(void **state)
{
    enum yg_level level;
    enum yg_device device;

    (void)state;
    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
        assert_true(yg_level_of(yg_str_of(yg_level_name(i)), &level) && level == i);
    assert_true(yg_level_of(YG_STR("l4"), &level) && level == YG_LEVEL_L4);
    assert_false(yg_level_of(YG_STR("-"), &level));
    assert_false(yg_level_of(YG_STR("L"), &level));
    assert_string_equal(yg_level_name(YG_LEVEL_NONE), "-");
    for (unsigned i = 0; i < YG_DEV_COUNT; i++)
        assert_true(yg_device_of(yg_str_of(yg_device_name(i)), &device) && device == i);
    assert_false(yg_device_of(YG_STR("toaster"), &device));
    assert_string_equal(yg_device_name(999), "other");
    assert_string_equal(yg_reason_name(YG_R_NOT_JSON), "not-json");
    assert_string_equal(yg_reason_name(999), "unknown");
}

static void addresses(void **state)
{
    static const struct {
        const char *text, *want; /* want: NULL if it is no address */
        bool v4, internal, group;
        const char *net;
    } row[] = {
        { "8.8.4.4", "8.8.4.4", true, false, false, "8.8.4.0" },
        { "10.1.2.3", "10.1.2.3", true, true, false, "10.1.2.0" },
        { "172.15.255.255", "172.15.255.255", true, false, false, "172.15.255.0" },
        { "172.31.0.1", "172.31.0.1", true, true, false, "172.31.0.0" },
        { "172.32.0.1", "172.32.0.1", true, false, false, "172.32.0.0" },
        { "192.168.0.1", "192.168.0.1", true, true, false, "192.168.0.0" },
        { "100.64.0.1", "100.64.0.1", true, true, false, "100.64.0.0" },
        { "100.128.0.1", "100.128.0.1", true, false, false, "100.128.0.0" },
        { "127.0.0.1", "127.0.0.1", true, true, false, "127.0.0.0" },
        { "224.0.0.251", "224.0.0.251", true, false, true, "224.0.0.0" },
        { "255.255.255.255", "255.255.255.255", true, false, true, "255.255.255.0" },
        { "::ffff:10.0.0.1", "10.0.0.1", true, true, false, "10.0.0.0" },
        { "::1", "::1", false, true, false, "::" },
        { "::", "::", false, true, false, "::" },
        { "::2", "::2", false, false, false, "::" },
        { "2A02:0:0:1::42", "2a02:0:0:1::42", false, false, false, "2a02:0:0:1::" },
        { "fe80::1%eth0", "fe80::1", false, true, false, "fe80::" },
        { "febf::1", "febf::1", false, true, false, "febf::" },
        { "fec0::1", "fec0::1", false, false, false, "fec0::" },
        { "fd00::5", "fd00::5", false, true, false, "fd00::" },
        { "ff02::1", "ff02::1", false, false, true, "ff02::" },
        { "", NULL, false, false, false, NULL },
        { "1.2.3", NULL, false, false, false, NULL },
        { "1.2.3.256", NULL, false, false, false, NULL },
        { "01.2.3.4 ", NULL, false, false, false, NULL },
        { "1.2.3.4:80", NULL, false, false, false, NULL },
        { "[::1]", NULL, false, false, false, NULL },
        { ":::", NULL, false, false, false, NULL },
        { "1:2:3:4:5:6:7:8:9", NULL, false, false, false, NULL },
        { "host.example", NULL, false, false, false, NULL },
        { "00000000000000000000000000000000000000000000001.1.1.1", NULL, false, false,
          false, NULL },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        unsigned char ip[YG_IP_SIZE], net[YG_IP_SIZE];
        char text[YG_IP_TEXT_MAX];
        bool good = yg_ip_parse(yg_str_of(row[i].text), ip);
        if (good != (row[i].want != NULL))
            fail_msg("%s", row[i].text);
        if (!good)
            continue;
        assert_string_equal(yg_ip_text(ip, text), row[i].want);
        if (yg_ip_is_v4(ip) != row[i].v4 || yg_ip_is_internal(ip) != row[i].internal ||
            yg_ip_is_group(ip) != row[i].group)
            fail_msg("%s: v4 %d internal %d group %d", row[i].text, yg_ip_is_v4(ip),
                     yg_ip_is_internal(ip), yg_ip_is_group(ip));
        yg_ip_net(ip, net);
        assert_string_equal(yg_ip_text(net, text), row[i].net);
    }
    unsigned char ip[YG_IP_SIZE];
    assert_false(yg_ip_parse((struct yg_str){ "1.2.3.4\0x", 9 }, ip));
}

static int batch_setup(void **state)
{
    struct yg_batch *b = malloc(sizeof(*b));

    if (!b)
        return -1;
    memset(b, 0xa5, offsetof(struct yg_batch, text));
    yg_batch_clear(b, 3, 7);
    *state = b;
    return 0;
}

static int batch_teardown(void **state)
{
    free(*state);
    return 0;
}

/* A batch of two decoded records, as a worker hands it back. */
static struct yg_event *fill(struct yg_batch *b)
{
    yg_batch_clear(b, 3, 7);
    for (uint32_t i = 0; i < 2; i++) {
        struct yg_event *e = &b->event[i];
        *e = (struct yg_event){ .source = 7, .verdict = YG_LEVEL_NONE };
        b->record[i] = (struct yg_record){ .line = i + 1 };
        assert_true(yg_batch_add(b, YG_STR("{raw}"), &b->record[i].raw));
        e->raw = b->record[i].raw;
        assert_true(yg_event_set_str(b, e, YG_F_RULE_NAME, YG_STR("a rule")));
        assert_true(yg_event_set_ip(b, e, YG_F_SOURCE_IP, YG_STR("10.0.0.1")));
        yg_event_set_u64(e, YG_F_SOURCE_PORT, 80);
        yg_event_set_time(e, YG_F_FLOW_START, -5);
        b->count++;
    }
    return &b->event[1];
}

static void fields_are_set_and_read(void **state)
{
    struct yg_batch *b = *state;
    struct yg_event *e = fill(b);

    assert_int_equal(yg_batch_check(b), YG_OK);
    assert_true(yg_str_eq(yg_event_str(b, e, YG_F_RULE_NAME), YG_STR("a rule")));
    assert_null(yg_event_str(b, e, YG_F_RULE_ID).p);
    assert_int_equal(yg_event_str(b, e, YG_F_SOURCE_IP).n, 16);
    assert_int_equal(yg_event_u64(e, YG_F_SOURCE_PORT, 1), 80);
    assert_int_equal(yg_event_u64(e, YG_F_DESTINATION_PORT, 1), 1);
    assert_true(e->value[YG_F_FLOW_START].t == -5);
    assert_false(yg_event_set_ip(b, e, YG_F_HOST_IP, YG_STR("nonsense")));
    assert_false(yg_event_has(e, YG_F_HOST_IP));
    assert_true(yg_event_set_str(b, e, YG_F_MESSAGE, YG_STR("")));
    assert_true(yg_event_has(e, YG_F_MESSAGE));
}

static void the_text_area_has_an_end(void **state)
{
    struct yg_batch *b = *state;
    struct yg_event *e = fill(b);
    struct yg_span span = { 1, 1 };

    b->text_used = YG_BATCH_TEXT - 3;
    assert_false(yg_batch_add(b, YG_STR("four"), &span));
    assert_int_equal(span.off, 1);
    assert_int_equal(b->text_used, YG_BATCH_TEXT - 3);
    assert_false(yg_event_set_str(b, e, YG_F_RULE_ID, YG_STR("four")));
    assert_false(yg_event_has(e, YG_F_RULE_ID));
    assert_true(yg_batch_add(b, YG_STR("abc"), &span));
    assert_true(yg_batch_add(b, YG_STR(""), &span));
    assert_int_equal(yg_batch_check(b), YG_OK);
    assert_false(yg_batch_add(b, YG_STR("x"), &span));
    assert_false(yg_batch_add(b, (struct yg_str){ "x", SIZE_MAX }, &span));
}

/* What a compromised worker may write: each is found, and only by being wrong. */
static void hostile_batches_are_refused(void **state)
{
    enum {
        COUNT,
        USED,
        RAW_OFF,
        RAW_LEN,
        RAW_WRAP,
        E_RAW,
        STR_OFF,
        STR_WRAP,
        IP_LEN,
        REASON,
        E_REASON,
        KIND,
        DEVICE,
        SOURCE,
        VERDICT,
        UNKNOWN_FIELD,
        CASES
    };
    struct yg_batch *b = *state;

    for (int c = 0; c < CASES; c++) {
        struct yg_event *e = fill(b);
        struct yg_record *r = &b->record[1];
        struct yg_span *str = &e->value[YG_F_RULE_NAME].s;
        assert_int_equal(yg_batch_check(b), YG_OK);
        switch (c) {
        case COUNT:
            b->count = YG_BATCH_MAX + 1;
            break;
        case USED:
            b->text_used = YG_BATCH_TEXT + 1;
            break;
        case RAW_OFF:
            r->raw.off = b->text_used + 1;
            r->raw.len = 0;
            break;
        case RAW_LEN:
            r->raw.len = b->text_used - r->raw.off + 1;
            break;
        case RAW_WRAP:
            r->raw.len = UINT32_MAX;
            break;
        case E_RAW:
            e->raw.len = UINT32_MAX - e->raw.off + 1;
            break;
        case STR_OFF:
            str->off = UINT32_MAX;
            break;
        case STR_WRAP:
            str->len = UINT32_MAX - str->off + 2;
            break;
        case IP_LEN:
            e->value[YG_F_SOURCE_IP].s.len = 4;
            break;
        case REASON:
            r->reason = YG_REASON_COUNT;
            break;
        case E_REASON:
            e->reason = YG_REASON_COUNT;
            break;
        case KIND:
            e->kind = YG_KIND_SKIP + 1;
            break;
        case DEVICE:
            e->device = YG_DEV_COUNT;
            break;
        case SOURCE:
            e->source = 8;
            break;
        case VERDICT:
            e->verdict = YG_LEVEL_COUNT;
            break;
        case UNKNOWN_FIELD:
            e->present[1] |= UINT64_C(1) << 63;
            break;
        default:
            break;
        }
        if (yg_batch_check(b) != YG_ECORRUPT)
            fail_msg("case %d was not noticed", c);
    }
}

/* After a check that passed, following every span stays inside the text area. */
static void random_damage(void **state)
{
    static const uint64_t seed = 99;
    struct yg_batch *b = *state;
    struct yg_rng rng;
    unsigned passed = 0;

    print_message("# seed %" PRIu64 "\n", seed);
    yg_rng_init(&rng, seed);
    for (int round = 0; round < 20000; round++) {
        struct yg_event *e = fill(b);
        unsigned char *p = (unsigned char *)e;
        for (uint64_t k = 1 + yg_rng_below(&rng, 3); k > 0; k--)
            p[yg_rng_below(&rng, sizeof(*e))] = (unsigned char)yg_rng_u64(&rng);
        if (yg_batch_check(b) != YG_OK)
            continue;
        passed++;
        for (int f = 0; f < YG_FIELD_COUNT; f++) {
            enum yg_field_type type = yg_field_info[f].type;
            if (type == YG_T_U64 || type == YG_T_TIME)
                continue;
            struct yg_str s = yg_event_str(b, e, (enum yg_field)f);
            assert_true(s.n == 0 || (s.p >= b->text && s.n <= b->text_used &&
                                     s.p + s.n <= b->text + b->text_used));
        }
    }
    assert_true(passed > 100 && passed < 19900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_documented),
        cmocka_unit_test(names_of_enums),
        cmocka_unit_test(addresses),
        cmocka_unit_test_setup_teardown(fields_are_set_and_read, batch_setup,
                                        batch_teardown),
        cmocka_unit_test_setup_teardown(the_text_area_has_an_end, batch_setup,
                                        batch_teardown),
        cmocka_unit_test_setup_teardown(hostile_batches_are_refused, batch_setup,
                                        batch_teardown),
        cmocka_unit_test_setup_teardown(random_damage, batch_setup, batch_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
