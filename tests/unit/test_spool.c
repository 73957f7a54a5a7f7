/* SPDX-License-Identifier: Apache-2.0 */
/* Rolling captures and what is found in them. */
#include "spool_util.h"

#include <dirent.h>
#include <sys/file.h>
#include <zlib.h>

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

/* What is no capture, or damaged, is told with its file, place and remedy; what is only
 * cut is not: a sensor may be writing it. */
static void faults_are_named(struct fixture *f)
{
    struct yg_spool_fault fault = { .id = 0 };
    unsigned alien = 0, damaged = 0;
    struct yg_arena a;
    struct yg_err err;

    yg_arena_init(&a, (size_t)1 << 20);
    while (yg_spool_fault_next(f->s, &a, &fault, &err) == YG_OK) {
        bool is_damaged = yg_str_has_nocase(fault.path, YG_STR("/damaged"));
        damaged += is_damaged;
        alien += yg_str_has_nocase(fault.path, YG_STR("/garbage")) ||
                 yg_str_has_nocase(fault.path, YG_STR("/gzip"));
        assert_non_null(strstr(fault.what, is_damaged ? "damaged" : "no capture"));
        assert_true(strlen(fault.remedy) > 0);
        /* the damage begins behind a file's head and whole records */
        assert_int_equal(fault.at > 24, is_damaged);
        assert_false(fault.unpacked);
    }
    yg_arena_fini(&a);
    assert_int_equal(alien, 2);
    assert_int_equal(damaged, 1);
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
    faults_are_named(&f);
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

/* One flow over three rolled files, beside another one; and a copy of one of the files.
 */
static void flow_over_files(void **state)
{
    const struct ends other = { OUTSIDE, VICTIM, 40000, 80, YG_IP_TCP };
    struct fixture f;
    struct capture c;
    char name[16];

    (void)state;
    fixture_begin(&f);
    for (int i = 0; i < 4; i++) {
        int part = i < 3 ? i : 1; /* the last repeats the second */
        capture_begin(&c, plain);
        if (part == 0)
            capture_packet(&c, &attack,
                           (struct packet){ .time_ns = T0, .flags = YG_TCP_SYN });
        for (int j = 0; j < 5; j++) {
            struct packet p = { .time_ns = T0 + (part * 5 + j + 1) * S / 10,
                                .flags = YG_TCP_ACK,
                                .n = 10 };
            capture_packet(&c, &attack, p);
            capture_packet(&c, &other, p);
        }
        snprintf(name, sizeof(name), "%d", i);
        capture_end(&c, &f, name);
    }
    assert_int_equal(refresh(&f).packets, 41);
    struct found n = ask(&f, &attack, true, T0 + S);
    assert_int_equal(n.of_flow, 16); /* what stands in two files comes once */
    assert_int_equal(n.packets, 16);
    assert_int_equal(n.first_ns, T0);
    fixture_end(&f);
}

/* A flow far longer than the cap: its begin, and what is nearest the alert. */
static void caps_hold(void **state)
{
    enum { PACKETS = 6000 };
    struct fixture f;
    struct capture c;
    struct yg_frame frame;
    int64_t alert = T0 + 40 * S, near = INT64_MAX, before = 0;
    size_t at = 0;
    unsigned head = 0, run = 0;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, PACKETS); /* a minute */
    capture_end(&c, &f, "a");
    assert_int_equal(refresh(&f).packets, PACKETS + 2);
    struct yg_spool_ask a = { .ends = tuple_of(&attack, false),
                              .time_ns = alert,
                              .flow_max = 32768 };
    assert_ok(&f, yg_spool_find(f.s, &a, &f.out, &f.err));
    assert_in_range(f.out.n, 32768 - 400, 32768 + 24);
    while (yg_pcap_next(yg_buf_str(&f.out), &at, &frame)) {
        run += before && frame.time_ns - before > S; /* one gap, between both parts */
        head += frame.time_ns < T0 + 2 * S;
        before = frame.time_ns;
        int64_t far =
            frame.time_ns > alert ? frame.time_ns - alert : alert - frame.time_ns;
        near = far < near ? far : near;
    }
    assert_int_equal(run, 1);
    assert_in_range(head, 90, 110); /* half the cap, 156 bytes a packet */
    assert_int_equal(near, 0);
    /* The same question, the same bytes. */
    struct yg_buf again;
    yg_buf_init(&again, (size_t)1 << 20);
    assert_ok(&f, yg_spool_find(f.s, &a, &again, &f.err));
    assert_true(yg_str_eq(yg_buf_str(&again), yg_buf_str(&f.out)));
    yg_buf_fini(&again);
    fixture_end(&f);
}

/* What stands around an alert at T0 + 10 s, and whether it is to be found. */
static const struct {
    const char *what;
    struct ends ends;
    int64_t at_ns;
    unsigned want; /* packets */
} around[] = {
    { "the flow itself", { ATTACKER, VICTIM, 40000, 80, 6 }, 9 * S, 6 },
    { "victim goes to the attacker", { VICTIM, ATTACKER, 1025, 4444, 6 }, 15 * S, 6 },
    { "victim fetches elsewhere", { VICTIM, OUTSIDE, 1026, 80, 6 }, 20 * S, 6 },
    { "attacker comes again", { ATTACKER, VICTIM, 40001, 22, 6 }, 30 * S, 6 },
    { "a conversation that began before", { VICTIM, OUTSIDE, 1027, 80, 6 }, 5 * S, 0 },
    { "a conversation after a minute", { VICTIM, OUTSIDE, 1028, 80, 6 }, 71 * S, 0 },
    { "others talk", { OUTSIDE, 0x0a000009, 1029, 80, 6 }, 12 * S, 0 },
    { "somebody asks the victim", { OUTSIDE, VICTIM, 1030, 80, 6 }, 12 * S, 0 },
    { "attacker came an hour before: SYN",
      { ATTACKER, VICTIM, 39999, 80, 6 },
      -3600 * S,
      1 },
    { "victim looked a name up", { VICTIM, 0x0a000035, 5353, 53, 17 }, 4 * S, 4 },
    { "victim looks another up", { VICTIM, 0x0a000035, 5354, 53, 17 }, 11 * S, 4 },
    { "long ago it looked up, too", { VICTIM, 0x0a000035, 5355, 53, 17 }, -5 * S, 0 },
};

static int by_start(const void *a, const void *b)
{
    int64_t x = around[*(const size_t *)a].at_ns, y = around[*(const size_t *)b].at_ns;

    return (x > y) - (x < y);
}

static void around_the_alert(void **state)
{
    size_t order[YG_ARRAY_LEN(around)];
    struct fixture f;
    struct capture c;

    (void)state;
    fixture_begin(&f);
    for (size_t i = 0; i < YG_ARRAY_LEN(around); i++)
        order[i] = i;
    qsort(order, YG_ARRAY_LEN(order), sizeof(order[0]), by_start);
    capture_begin(&c, plain);
    for (size_t i = 0; i < YG_ARRAY_LEN(order); i++)
        capture_talk(&c, &around[order[i]].ends, T0 + around[order[i]].at_ns, 4);
    capture_end(&c, &f, "a");
    refresh(&f);
    for (int turned = 0; turned < 2; turned++) {
        ask(&f, &around[0].ends, turned, T0 + 10 * S);
        for (size_t i = 0; i < YG_ARRAY_LEN(around); i++) {
            struct found n = count_of(&f, &around[i].ends);
            if (n.of_flow != around[i].want)
                fail_msg("%s: %u packets", around[i].what, n.of_flow);
        }
    }
    fixture_end(&f);
}

/* Many follow-ups share the room; no direction of one takes the other's. */
static void around_is_shared(void **state)
{
    struct fixture f;
    struct capture c;
    unsigned seen = 0;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, 2);
    for (uint16_t i = 0; i < 50; i++)
        capture_talk(&c, &(struct ends){ VICTIM, OUTSIDE, (uint16_t)(2000 + i), 443, 6 },
                     T0 + S + i, 100);
    capture_end(&c, &f, "a");
    refresh(&f);
    ask(&f, &attack, false, T0);
    for (uint16_t i = 0; i < 50; i++) {
        struct found n =
            count_of(&f, &(struct ends){ VICTIM, OUTSIDE, (uint16_t)(2000 + i), 443, 6 });
        assert_true(n.of_flow < 20);
        seen += n.of_flow > 8;
    }
    assert_in_range(seen, 12, 32);
    assert_in_range(f.out.n, 32768, 65536 + 1000);
    fixture_end(&f);
}

/* The same ports again, an hour later: another conversation. */
static void ports_come_again(void **state)
{
    struct fixture f;
    struct capture c;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0 - 3600 * S, 10);
    capture_packet(&c, &attack, (struct packet){ .time_ns = T0, .flags = YG_TCP_SYN });
    capture_talk(&c, &attack, T0 + S, 10); /* the SYN was repeated: begins nothing */
    capture_end(&c, &f, "a");
    refresh(&f);
    struct found n = ask(&f, &attack, false, T0 + 2 * S);
    assert_int_equal(n.packets, 14);
    assert_int_equal(n.first_ns, T0 - 3600 * S); /* its SYN, as an earlier one */
    fixture_end(&f);
}

/* What a conversation says first is what is wanted: nothing after what did not fit. */
static void talks_have_no_holes(void **state)
{
    const struct ends fetch = { VICTIM, OUTSIDE, 2000, 80, YG_IP_TCP };
    struct fixture f;
    struct capture c;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, 2);
    capture_talk(&c, &fetch, T0 + S, 2);
    capture_packet(&c, &fetch,
                   (struct packet){ .time_ns = T0 + 2 * S, .back = true, .n = 9000 });
    capture_packet(&c, &fetch,
                   (struct packet){ .time_ns = T0 + 3 * S, .back = true, .n = 10 });
    capture_packet(&c, &fetch, (struct packet){ .time_ns = T0 + 4 * S, .n = 10 });
    capture_end(&c, &f, "a");
    refresh(&f);
    ask(&f, &attack, false, T0);
    struct found n = count_of(&f, &fetch);
    assert_int_equal(n.of_flow, 5); /* the other direction goes on */
    assert_int_equal(n.last_ns, T0 + 4 * S);
    fixture_end(&f);
}

/* Whatever there is, the answer stays within both caps. */
static void never_larger(void **state)
{
    struct fixture f;
    struct capture c;
    unsigned earlier = 0;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    for (uint16_t i = 0; i < 40; i++)
        capture_packet(&c,
                       &(struct ends){ ATTACKER, VICTIM, (uint16_t)(3000 + i), 69, 17 },
                       (struct packet){ .time_ns = T0 - 3600 * S + i * S, .n = 500 });
    capture_talk(&c, &attack, T0, 1000);
    for (uint16_t i = 0; i < 50; i++)
        capture_talk(&c, &(struct ends){ VICTIM, OUTSIDE, (uint16_t)(2000 + i), 443, 6 },
                     T0 + S + i, 100);
    capture_end(&c, &f, "a");
    refresh(&f);
    struct yg_spool_ask a = { .ends = tuple_of(&attack, false),
                              .time_ns = T0 + S,
                              .flow_max = 20000,
                              .around_max = 30000 };
    assert_ok(&f, yg_spool_find(f.s, &a, &f.out, &f.err));
    assert_in_range(f.out.n, 24 + 50000 - 3000, 24 + 50000);
    for (uint16_t i = 0; i < 40; i++)
        earlier +=
            count_of(&f, &(struct ends){ ATTACKER, VICTIM, (uint16_t)(3000 + i), 69, 17 })
                .of_flow;
    assert_int_equal(earlier, 30000 / 8 / (16 + 28 + 500));
    fixture_end(&f);
}

/* Fragments tell no ports: those between the ends come with the flow. */
static void fragments_come_along(void **state)
{
    const struct ends udp = { ATTACKER, VICTIM, 40000, 500, YG_IP_UDP };
    struct fixture f;
    struct capture c;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_packet(&c, &udp, (struct packet){ .time_ns = T0, .n = 20 });
    for (uint16_t i = 1; i <= 3; i++)
        capture_packet(&c, &udp,
                       (struct packet){ .time_ns = T0 + i,
                                        .n = 64,
                                        .fragment = (uint16_t)(0x2000 | 8 * i) });
    capture_end(&c, &f, "a");
    refresh(&f);
    struct found n = ask(&f, &udp, true, T0);
    assert_int_equal(n.packets, 4);
    assert_int_equal(n.of_flow, 1);
    fixture_end(&f);
}

/* A pcapng of two sections and interfaces: other order, clock, link types. */
static void sections_and_faces(void **state)
{
    struct style ng = { "", YG_CAP_PCAPNG, false, false };
    struct capture c, b;
    struct fixture f;
    struct yg_buf frame;
    struct yg_spool_sums sums;

    (void)state;
    fixture_begin(&f);
    yg_buf_init(&frame, 1 << 16);
    make_frame(&frame, &attack, &(struct packet){ .flags = YG_TCP_ACK, .n = 9 });
    capture_begin(&c, ng);
    capture_face(&c, LINK, 0x94, 0);     /* 2^-20 s */
    capture_face(&c, LINK, 3, -1000000); /* ms, a shifted clock */
    capture_face(&c, YG_LINK_IPV4, 9, 0);
    capture_block(&c, 0, T0 / 1000, yg_buf_str(&frame));
    capture_block(&c, 1, (uint64_t)(T0 / S) << 20 | 1 << 19, yg_buf_str(&frame));
    capture_block(&c, 2, (uint64_t)(T0 / S + 1000001) * 1000, yg_buf_str(&frame));
    capture_block(&c, 3, T0 + 2 * S, yg_buf_str(&frame)); /* another link type */
    capture_block(&c, 4, T0, yg_buf_str(&frame));         /* nobody's */
    ng.big = true;
    b.style = ng;
    b.b = c.b;
    capture_section(&b);
    capture_face(&b, LINK, 6, 0);
    capture_block(&b, 0, T0 / 1000 + 3000000, yg_buf_str(&frame));
    capture_end(&b, &f, "a");
    sums = refresh(&f);
    assert_int_equal(sums.packets, 5);
    assert_int_equal(sums.passed, 1);
    struct found n = ask(&f, &attack, false, T0);
    assert_int_equal(n.packets, 4);
    assert_int_equal(n.first_ns, T0);
    assert_int_equal(n.last_ns, T0 + 3 * S);
    yg_spool_sums_of(f.s, &sums);
    assert_int_equal(sums.other_link, 1);
    assert_int_equal(sums.stale, 0);
    yg_buf_fini(&frame);
    fixture_end(&f);
}

/* gzip: one stored block by hand. */
static void write_packed(struct fixture *f, const char *name, struct yg_str bytes)
{
    struct yg_buf gz;

    yg_buf_init(&gz, 1 << 17);
    yg_buf_add(&gz, "\x1f\x8b\x08\0\0\0\0\0\0\3\1", 11);
    put(&gz, false, bytes.n, 2);
    put(&gz, false, ~bytes.n & 0xffff, 2);
    yg_buf_str_add(&gz, bytes);
    put(&gz, false, crc32(0, (const unsigned char *)bytes.p, (unsigned)bytes.n), 4);
    put(&gz, false, bytes.n, 4);
    write_bytes(f, name, yg_buf_str(&gz), false);
    yg_buf_fini(&gz);
}

/* Bytes of unpacked copies in the cache; SIZE_MAX: there is none. */
static size_t copies(const struct fixture *f)
{
    DIR *d = opendir(f->cache);
    size_t sum = SIZE_MAX;
    struct dirent *e;
    struct stat sb;

    assert_non_null(d);
    while ((e = readdir(d)))
        if (strstr(e->d_name, "unpacked") && fstatat(dirfd(d), e->d_name, &sb, 0) == 0)
            sum = (sum == SIZE_MAX ? 0 : sum) + (size_t)sb.st_size;
    closedir(d);
    return sum;
}

static void packed_file(void **state)
{
    struct fixture f;
    struct capture c;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, 10);
    write_packed(&f, "a.gz", yg_buf_str(&c.b));
    size_t whole = c.b.n;
    yg_buf_fini(&c.b);
    assert_int_equal(refresh(&f).packets, 12);
    assert_int_equal(refresh(&f).packets, 12);
    assert_int_equal(copies(&f), whole);
    fixture_open(&f);
    assert_int_equal(ask(&f, &attack, true, T0).of_flow, 12);
    assert_int_equal(unlink(fixture_path(&f, "a.gz")), 0);
    assert_int_equal(refresh(&f).packets, 0);
    assert_int_equal(copies(&f), SIZE_MAX); /* nothing of it stays */
    fixture_end(&f);
}

/* What comes after the last packet is not kept: padding must not take others' room. */
static void packed_padding_is_not_kept(void **state)
{
    struct fixture f;
    struct capture c;

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, 10);
    size_t whole = c.b.n;
    while (c.b.n < 60000)
        yg_buf_u8(&c.b, 0xff);
    write_packed(&f, "a.gz", yg_buf_str(&c.b));
    c.b.n = 1000; /* not a capture at all: no copy */
    memset(c.b.p, 0, c.b.n);
    write_packed(&f, "b.gz", yg_buf_str(&c.b));
    yg_buf_fini(&c.b);
    assert_int_equal(refresh(&f).packets, 12);
    assert_int_equal(copies(&f), whole);
    assert_int_equal(ask(&f, &attack, false, T0).of_flow, 12);
    fixture_end(&f);
}

/* A cache is of the paths that all its files lie under. */
static void cache_of_other_paths(void **state)
{
    static const struct {
        const char *path; /* in the fixture's folder */
        bool ours;
    } cases[] = { { "", true },
                  { "/one", false },   /* and /two is forgotten */
                  { "/one/a", false }, /* a file */
                  { "x", false },      /* begins with the same bytes */
                  { "/..", false } };
    struct fixture f;
    struct capture c;
    char path[128];
    const char *const name = path;
    bool ours;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(mkdir(fixture_path(&f, "one"), 0700), 0);
    assert_int_equal(mkdir(fixture_path(&f, "two"), 0700), 0);
    for (int i = 0; i < 2; i++) {
        capture_begin(&c, plain);
        capture_talk(&c, &attack, T0 + i * S, 1);
        capture_end(&c, &f, i ? "one/a" : "two/b");
    }
    for (int full = 0; full < 2; full++) {
        for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
            snprintf(path, sizeof(path), "%s%s", f.spool, cases[i].path);
            yg_spool_free(f.s);
            f.s = NULL;
            assert_ok(&f, yg_spool_open(f.cache, &name, 1, &f.s, &f.err));
            assert_ok(&f, yg_spool_is_ours(f.s, &ours, &f.err));
            if (ours != (cases[i].ours || !full))
                fail_msg("%s, %d", cases[i].path, full);
        }
        fixture_open(&f);
        refresh(&f);
    }
    fixture_end(&f);
}

static void one_process_indexes(void **state)
{
    struct fixture f;
    char path[128];

    (void)state;
    fixture_begin(&f);
    snprintf(path, sizeof(path), "%s/lock", f.cache);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(yg_spool_refresh(f.s, &f.err), YG_EBUSY);
    close(fd);
    assert_int_equal(yg_spool_refresh(f.s, &f.err), YG_OK);
    fixture_end(&f);
}

/* An index that is none, or of another version, is made again. */
static void lost_index(void **state)
{
    static const char *const what[] = { "", "not a database, whatever its name may say" };
    struct fixture f;
    struct capture c;
    char path[128];

    (void)state;
    fixture_begin(&f);
    capture_begin(&c, plain);
    capture_talk(&c, &attack, T0, 10);
    capture_end(&c, &f, "a");
    snprintf(path, sizeof(path), "%s/packets.index", f.cache);
    for (size_t i = 0; i < YG_ARRAY_LEN(what); i++) {
        yg_spool_free(f.s);
        f.s = NULL;
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(what[i], out);
        fclose(out);
        fixture_open(&f);
        assert_int_equal(refresh(&f).packets, 12);
        assert_int_equal(ask(&f, &attack, false, T0).of_flow, 12);
    }
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
        cmocka_unit_test(flow_over_files),
        cmocka_unit_test(caps_hold),
        cmocka_unit_test(around_the_alert),
        cmocka_unit_test(around_is_shared),
        cmocka_unit_test(ports_come_again),
        cmocka_unit_test(talks_have_no_holes),
        cmocka_unit_test(never_larger),
        cmocka_unit_test(fragments_come_along),
        cmocka_unit_test(sections_and_faces),
        cmocka_unit_test(packed_file),
        cmocka_unit_test(packed_padding_is_not_kept),
        cmocka_unit_test(one_process_indexes),
        cmocka_unit_test(cache_of_other_paths),
        cmocka_unit_test(lost_index),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
