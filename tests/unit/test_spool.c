/* SPDX-License-Identifier: Apache-2.0 */
/* Rolling captures and what is found in them. */
#include "spool_util.h"

#include <dirent.h>
#include <sys/file.h>
#include <sys/wait.h>

static const struct style styles[] = {
    { "pcap, microseconds", YG_CAP_PCAP, false, false },
    { "pcap, nanoseconds", YG_CAP_PCAP, false, true },
    { "pcap, microseconds, big-endian", YG_CAP_PCAP, true, false },
    { "pcap, nanoseconds, big-endian", YG_CAP_PCAP, true, true },
    { "pcapng", YG_CAP_PCAPNG, false, false },
    { "pcapng, nanoseconds", YG_CAP_PCAPNG, false, true },
    { "pcapng, big-endian", YG_CAP_PCAPNG, true, false },
};

static void found_in_every_style(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(styles); i++) {
        struct fixture f;
        struct capture c;
        int64_t at = T0 + (styles[i].nano ? 123456789 : 123456000);
        fixture_begin(&f);
        capture_begin(&c, styles[i]);
        capture_talk(&c, &attack, at, 10);
        capture_end(&c, &f, "a");
        struct yg_spool_sums sums = refresh(&f);
        assert_int_equal(sums.files, 1);
        assert_int_equal(sums.packets, 12);
        assert_int_equal(sums.cut_files + sums.bad_files, 0);
        for (int turned = 0; turned < 2; turned++) {
            struct found n = ask(&f, &attack, turned, at + S / 20);
            if (n.of_flow != 12 || n.packets != 12 || n.first_ns != at)
                fail_msg("%s, %s: %u of the flow, %u in all", styles[i].what,
                         turned ? "turned" : "as it is", n.of_flow, n.packets);
        }
        fixture_end(&f);
    }
}

static void grown_file_is_gone_on_with(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(styles); i++) {
        struct fixture f;
        struct capture c, more;
        fixture_begin(&f);
        capture_begin(&c, styles[i]);
        size_t head = yg_buf_str(&c.b).n;
        capture_talk(&c, &attack, T0, 10);
        capture_end(&c, &f, "a");
        assert_int_equal(refresh(&f).packets, 12);
        assert_int_equal(refresh(&f).packets, 12);
        capture_begin(&more, styles[i]);
        capture_packet(&more, &attack,
                       (struct packet){ .time_ns = T0 + S, .flags = YG_TCP_FIN, .n = 3 });
        struct yg_str all = yg_buf_str(&more.b);
        /* In two steps: the first ends inside the packet. */
        write_bytes(&f, "a", (struct yg_str){ all.p + head, 20 }, true);
        struct yg_spool_sums sums = refresh(&f);
        assert_int_equal(sums.packets, 12);
        assert_int_equal(sums.cut_files, 1);
        write_bytes(&f, "a", (struct yg_str){ all.p + head + 20, all.n - head - 20 },
                    true);
        sums = refresh(&f);
        assert_int_equal(sums.packets, 13);
        assert_int_equal(sums.cut_files, 0);
        yg_buf_fini(&more.b);
        struct found n = ask(&f, &attack, false, T0);
        if (n.of_flow != 13)
            fail_msg("%s: %u packets", styles[i].what, n.of_flow);
        fixture_end(&f);
    }
}

static void replaced_and_gone(void **state)
{
    const struct ends other = { OUTSIDE, VICTIM, 1234, 443, YG_IP_TCP };
    struct fixture f;
    struct capture c;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, 10);
    capture_end(&c, &f, "a");
    assert_int_equal(refresh(&f).packets, 12);
    capture_begin(&c, plain);
    capture_talk(&c, &other, T0 + S, 20);
    capture_end(&c, &f, "a"); /* longer, same inode, other content */
    assert_int_equal(ask(&f, &attack, false, T0).packets, 0); /* told by their times */
    assert_int_equal(refresh(&f).packets, 22);
    assert_int_equal(ask(&f, &attack, false, T0).packets, 0);
    assert_int_equal(ask(&f, &other, false, T0 + S).of_flow, 22);

    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, 1);
    capture_end(&c, &f, "b");
    assert_int_equal(refresh(&f).packets, 25);
    assert_int_equal(unlink(fixture_path(&f, "a")), 0);
    assert_int_equal(ask(&f, &other, false, T0 + S).packets, 0);
    assert_int_equal(refresh(&f).packets, 3);
    assert_int_equal(ask(&f, &other, false, T0 + S).packets, 0);
    assert_int_equal(ask(&f, &attack, false, T0).of_flow, 3);
    fixture_end(&f);
}

static void cut_and_garbage(void **state)
{
    struct fixture f;
    struct capture c;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, 10);
    c.b.n -= 7;
    capture_end(&c, &f, "cut");
    write_bytes(&f, "garbage", YG_STR("this is no capture file at all"), false);
    write_bytes(&f, "empty", YG_STR(""), false);
    write_bytes(&f, "head", YG_STR("\xd4\xc3\xb2\xa1\2\0\4\0"), false);
    write_bytes(&f, "gzip", YG_STR("\x1f\x8b\x08 nonsense nonsense"), false);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0 + S / 2, 0);
    yg_buf_str_add(&c.b, YG_STR("\xff\xff\xff\xff\xff\xff\xff\xff"
                                "\xff\xff\xff\xff\xff\xff\xff\xff damaged"));
    capture_end(&c, &f, "damaged");
    assert_int_equal(mkdir(fixture_path(&f, "folder"), 0700), 0);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0 + S, 0);
    capture_end(&c, &f, "folder/more");
    struct yg_spool_sums sums = refresh(&f);
    assert_int_equal(sums.bad_files, 2);
    assert_int_equal(sums.cut_files, 3);
    assert_int_equal(sums.packets, 15);
    assert_int_equal(ask(&f, &attack, false, T0).of_flow, 15); /* three begins */
    fixture_end(&f);
}

static void no_ports_no_flow(void **state)
{
    const struct ends bare = { ATTACKER, VICTIM, 0, 0, YG_IP_TCP };
    struct fixture f;
    struct capture c;
    struct yg_spool_sums sums;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, 10);
    capture_end(&c, &f, "a");
    refresh(&f);
    assert_int_equal(ask(&f, &bare, false, T0).packets, 0);
    assert_int_equal(f.out.n, 0);
    assert_int_equal(
        ask(&f, &(struct ends){ ATTACKER, VICTIM, 1, 2, 6 }, false, T0).packets, 0);
    assert_int_equal(ask(&f, &attack, false, T0 - 61 * S).packets, 0);
    assert_int_equal(ask(&f, &attack, false, T0 + 86402 * S).packets, 0);
    yg_spool_sums_of(f.s, &sums);
    assert_int_equal(sums.questions, 4);
    assert_int_equal(sums.without_ports, 1);
    assert_int_equal(sums.answered, 0);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_in_every_style),
        cmocka_unit_test(grown_file_is_gone_on_with),
        cmocka_unit_test(replaced_and_gone),
        cmocka_unit_test(cut_and_garbage),
        cmocka_unit_test(no_ports_no_flow),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
