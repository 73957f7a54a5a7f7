/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/syslog.h"

#include "intake_util.h"

#include "event/batch.h"

#include <signal.h>
#include <sys/un.h>
#include <sys/wait.h>

static int setup(void **state)
{
    struct intake_box *b = malloc(sizeof(*b));

    assert_non_null(b);
    intake_box_init(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    intake_box_fini(*state);
    free(*state);
    return 0;
}

static void start(struct intake_box *b, const char *yaml)
{
    if (intake_box_start(b, yaml) != YG_OK)
        fail_msg("start: %s", b->err.msg);
}

#define TCP "inputs:\n- { type: syslog, source: s, listen: '127.0.0.1:0'"

static void tcp_frames(void **state)
{
    struct intake_box *b = *state;

    start(b, TCP " }\n");
    int fd = intake_box_dial(b, 0, SOCK_STREAM);
    SAY(fd, "<13>one\r\n<14>two\n9 <15>three11 <16>fo\nu\n\nr<17>five\0"
            "2024-01-01 six\n12345\n\n\n\n7 <18>se");
    usleep(30000);
    SAY(fd, "v<19>no end");
    shutdown(fd, SHUT_WR);
    static const char *const want[] = { "<13>one",        "<14>two",  "<15>three",
                                        "<16>fo\nu\n\nr", "<17>five", "2024-01-01 six",
                                        "12345",          "<18>sev",  "<19>no end" };
    for (size_t i = 0; i < YG_ARRAY_LEN(want); i++)
        intake_box_expect(b, want[i]);
    assert_true(yg_str_starts(b->rec.peer, YG_STR("127.0.0.1:")));
    assert_true(b->rec.reason == YG_R_NONE && b->rec.received_ns > 0);
    assert_int_equal(intake_box_count(b, 0, YG_IN_RECEIVED), 9);
    assert_int_equal(intake_box_count(b, 0, YG_IN_CONNECTIONS), 1);
    close(fd);
}

/* A long record is cut, and what follows it is whole; a counted one that ends is told. */
static void tcp_cuts(void **state)
{
    struct intake_box *b = *state;
    const size_t n = YG_RECORD_MAX + 300000;
    char *big = malloc(n);

    assert_non_null(big);
    memset(big, 'x', n);
    start(b, TCP " }\n");
    for (int counted = 0; counted < 2; counted++) {
        int fd = intake_box_dial(b, 0, SOCK_STREAM);
        if (counted) {
            char head[16];
            intake_box_say(fd, head, (size_t)snprintf(head, sizeof(head), "%zu ", n + 1));
            SAY(fd, "<");
        }
        intake_box_say(fd, big, n);
        if (!counted)
            SAY(fd, "\n");
        SAY(fd, "8 <1>next!99 <2>lost");
        assert_true(intake_box_next(b, 10000));
        assert_int_equal(b->rec.raw.n, YG_RECORD_MAX);
        assert_int_equal(b->rec.full_size, n + (size_t)counted);
        assert_int_equal(b->rec.reason, YG_R_OVERSIZE);
        intake_box_expect(b, "<1>next!");
        close(fd);
        intake_box_expect(b, "<2>lost");
        assert_int_equal(b->rec.reason, YG_R_TRUNCATED);
    }
    assert_int_equal(intake_box_count(b, 0, YG_IN_OVERSIZE), 2);
    free(big);
}

static void json_over_tcp_and_unix(void **state)
{
    struct intake_box *b = *state;
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    struct stat sb;

    start(b, TCP ", framing: json }\n"
                 "- { type: unix, source: eve, path: eve.sock, framing: json }\n"
                 "- { type: unix, source: d, path: d.sock, transport: dgram }\n");
    int fd = intake_box_dial(b, 0, SOCK_STREAM);
    SAY(fd, "[{\"a\":\"}{\"},\n {\"b\":{\"c\":[1,2]}}]{\"d\":1}");
    intake_box_expect(b, "{\"a\":\"}{\"}");
    intake_box_expect(b, "{\"b\":{\"c\":[1,2]}}");
    intake_box_expect(b, "{\"d\":1}");
    close(fd);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/eve.sock", b->dir);
    assert_int_equal(stat(a.sun_path, &sb), 0);
    assert_int_equal(sb.st_mode & 0777, 0660);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    SAY(fd, "{\"e\":1}\n{\"f\":2}\n");
    intake_box_expect(b, "{\"e\":1}");
    intake_box_expect(b, "{\"f\":2}");
    assert_true(yg_str_eq(b->rec.peer, YG_STR("unix")));
    close(fd);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/d.sock", b->dir);
    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    SAY(fd, "<13>over a\nsocket\n");
    intake_box_expect(b, "<13>over a\nsocket");
    close(fd);
    intake_box_stop(b);
    assert_int_not_equal(stat(a.sun_path, &sb), 0);
}

/* What a killed process left is replaced; what is in use or no socket is not. */
static void socket_files(void **state)
{
    struct intake_box *b = *state;
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    const char *yaml = "inputs:\n- { type: unix, source: u, path: u.sock }\n";

    snprintf(a.sun_path, sizeof(a.sun_path), "%s/u.sock", b->dir);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(intake_box_start(b, yaml), YG_EEXIST);
    close(fd);
    start(b, yaml);
    intake_box_stop(b);
    fd = open(a.sun_path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(intake_box_start(b, yaml), YG_EEXIST);
    assert_non_null(strstr(b->err.msg, "remove it"));
}

static void udp_datagrams(void **state)
{
    struct intake_box *b = *state;
    char *big = malloc(60000);

    assert_non_null(big);
    memset(big, 'y', 60000);
    start(b, "inputs:\n- { type: syslog, source: u, listen: '127.0.0.1:0', "
             "transport: udp }\n");
    int fd = intake_box_dial(b, 0, SOCK_DGRAM);
    SAY(fd, "<13>one\n");
    SAY(fd, "\n");
    SAY(fd, "9 <14>two\n<15>three\0");
    intake_box_say(fd, big, 60000);
    intake_box_expect(b, "<13>one");
    assert_true(yg_str_starts(b->rec.peer, YG_STR("127.0.0.1:")));
    intake_box_expect(b, "9 <14>two\n<15>three");
    assert_true(intake_box_next(b, 5000));
    assert_int_equal(b->rec.raw.n, 60000);
    for (int i = 0; i < 500; i++)
        SAY(fd, "<13>many");
    for (int i = 0; i < 500; i++)
        intake_box_expect(b, "<13>many");
    assert_int_equal(intake_box_count(b, 0, YG_IN_RECEIVED), 503);
    close(fd);
    free(big);
}

static void connections_are_bounded(void **state)
{
    struct intake_box *b = *state;
    char byte;

    start(b, TCP ", max_connections: 2, idle_timeout: 1 s }\n");
    int one = intake_box_dial(b, 0, SOCK_STREAM);
    int two = intake_box_dial(b, 0, SOCK_STREAM);
    intake_box_until(b, 0, YG_IN_CONNECTIONS, 2);
    int three = intake_box_dial(b, 0, SOCK_STREAM);
    assert_int_equal(recv(three, &byte, 1, 0), 0);
    assert_int_equal(intake_box_count(b, 0, YG_IN_REJECTED), 1);
    SAY(one, "<13>slow lor"); /* one that stops inside a record */
    assert_int_equal(recv(one, &byte, 1, 0), 0);
    assert_int_equal(recv(two, &byte, 1, 0), 0);
    intake_box_expect(b, "<13>slow lor");
    int four = intake_box_dial(b, 0, SOCK_STREAM);
    SAY(four, "<13>fast\n");
    intake_box_expect(b, "<13>fast");
    close(one);
    close(two);
    close(three);
    close(four);
}

/* Who holds a connection and never brought a record does not keep others out. */
static void half_open_ones_make_room(void **state)
{
    struct intake_box *b = *state;
    char byte;

    start(b, TCP ", max_connections: 3 }\n");
    int good = intake_box_dial(b, 0, SOCK_STREAM);
    intake_box_until(b, 0, YG_IN_CONNECTIONS, 1);
    int begun = intake_box_dial(b, 0, SOCK_STREAM);
    intake_box_until(b, 0, YG_IN_CONNECTIONS, 2);
    int silent = intake_box_dial(b, 0, SOCK_STREAM);
    intake_box_until(b, 0, YG_IN_CONNECTIONS, 3);
    SAY(good, "<13>one\n");
    SAY(begun, "<13>half");
    intake_box_expect(b, "<13>one");
    usleep(5200000); /* YG_SOCK_GRACE_NS */
    int fresh = intake_box_dial(b, 0, SOCK_STREAM);
    assert_int_equal(recv(begun, &byte, 1, 0), 0); /* the oldest, not the good one */
    SAY(fresh, "<13>two\n");
    intake_box_expect(b, "<13>half");
    intake_box_expect(b, "<13>two");
    int next = intake_box_dial(b, 0, SOCK_STREAM);
    assert_int_equal(recv(silent, &byte, 1, 0), 0);
    int late = intake_box_dial(b, 0, SOCK_STREAM); /* `next` has its time, too */
    assert_int_equal(recv(late, &byte, 1, 0), 0);
    SAY(good, "<13>three\n");
    intake_box_expect(b, "<13>three");
    assert_int_equal(intake_box_count(b, 0, YG_IN_REJECTED), 3);
    const int fd[] = { good, begun, silent, fresh, next, late };
    for (size_t i = 0; i < YG_ARRAY_LEN(fd); i++)
        close(fd[i]);
}

/* Long records in progress, all together, are no more than 64 MiB: the longest is cut. */
static void long_records_have_an_end(void **state)
{
    struct intake_box *b = *state;
    char *big = malloc(1 << 20);
    int fd[70];

    assert_non_null(big);
    memset(big, 'x', 1 << 20);
    start(b, TCP " }\n");
    int good = intake_box_dial(b, 0, SOCK_STREAM);
    SAY(good, "<13>one\n");
    intake_box_expect(b, "<13>one");
    for (size_t i = 0; i < YG_ARRAY_LEN(fd); i++) {
        fd[i] = intake_box_dial(b, 0, SOCK_STREAM);
        intake_box_say(fd[i], big, 1 << 20);
    }
    intake_box_until(b, 0, YG_IN_REJECTED, 3);
    SAY(good, "<13>two\n");
    do
        assert_true(intake_box_next(b, 5000));
    while (b->rec.raw.n > 100); /* what had been sent of those that were cut */
    assert_true(yg_str_eq(b->rec.raw, YG_STR("<13>two")));
    for (size_t i = 0; i < YG_ARRAY_LEN(fd); i++)
        close(fd[i]);
    close(good);
    free(big);
}

/* A journal that is full: the senders wait, and no record is lost or doubled. */
static void full_journal_holds_senders(void **state)
{
    struct intake_box *b = *state;
    char line[1100];
    int fd[3];

    b->opt.cap = (uint64_t)1 << 20;
    start(b, TCP " }\n- { type: unix, source: d, path: d.sock, transport: dgram }\n");
    uint64_t sent = 0, got = 0;
    for (int i = 0; i < 3; i++) {
        fd[i] = intake_box_dial(b, 0, SOCK_STREAM);
        assert_int_equal(fcntl(fd[i], F_SETFL, O_NONBLOCK), 0);
    }
    int n = snprintf(line, sizeof(line), "<13>%01000d\n", 7);
    size_t part[3] = { 0 };
    for (int quiet = 0; quiet < 30;) { /* until nobody takes any more */
        bool some = false;
        for (int i = 0; i < 3; i++) {
            ssize_t done = send(fd[i], line + part[i], (size_t)n - part[i], MSG_NOSIGNAL);
            if (done <= 0)
                continue;
            some = true;
            part[i] += (size_t)done;
            sent += part[i] == (size_t)n;
            part[i] %= (size_t)n;
        }
        quiet = some ? 0 : quiet + 1;
        if (!some)
            usleep(10000);
    }
    assert_true(intake_box_count(b, 0, YG_IN_HELD) > 0);
    assert_true(sent > 1000);
    for (int i = 0; i < 3; i++) { /* the rest goes out while the journal is read */
        while (part[i] > 0) {
            ssize_t done = send(fd[i], line + part[i], (size_t)n - part[i], MSG_NOSIGNAL);
            if (done > 0)
                part[i] = (part[i] + (size_t)done) % (size_t)n;
            sent += done > 0 && part[i] == 0;
            got += intake_box_next(b, 0);
        }
        close(fd[i]);
    }
    while (got < sent && intake_box_next(b, 3000)) {
        assert_int_equal(b->rec.raw.n, (size_t)n - 1);
        got++;
    }
    assert_int_equal(got, sent);
    assert_false(intake_box_next(b, 200));
}

static void start_errors(void **state)
{
    static const struct {
        const char *yaml, *msg;
    } row[] = {
        { "inputs:\n- { type: syslog, source: a, listen: '203.0.113.77:1' }\n",
          "address of this machine" },
        { "inputs:\n- { type: syslog, source: a, listen: 'host.example:1' }\n",
          "numeric address" },
        { TCP ", transport: tls, certificate: no.pem, key: no.pem }\n", "must be PEM" },
        { "inputs:\n- { type: unix, source: a, path: /nonexistent/s }\n",
          "No such file" },
    };
    struct intake_box *b = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        enum yg_status st = intake_box_start(b, row[i].yaml);
        if (st == YG_OK || !strstr(b->err.msg, row[i].msg) || b->err.line != 2)
            fail_msg("case %zu: %s line %d: %s", i, yg_status_name(st), b->err.line,
                     b->err.msg);
    }
    start(b, TCP " }\n");
    char yaml[200];
    snprintf(yaml, sizeof(yaml),
             "inputs:\n- { type: syslog, source: b, listen: '127.0.0.1:%u' }\n",
             yg_intake_port(b->in, 0));
    struct intake_box other;
    intake_box_init(&other);
    assert_int_equal(intake_box_start(&other, yaml), YG_EIO);
    assert_non_null(strstr(other.err.msg, "another program has it"));
    intake_box_fini(&other);
}

/* Behind its walls: it works, and can neither start programs nor write elsewhere. */
static void behind_walls(void **state)
{
    struct intake_box *b = *state;
    int status = 0;

    b->opt.sandbox = true;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char path[96];
        start(b, TCP " }\n- { type: unix, source: u, path: u.sock }\n");
        int fd = intake_box_dial(b, 0, SOCK_STREAM);
        SAY(fd, "<13>walls\n");
        intake_box_expect(b, "<13>walls");
        execl("/bin/true", "true", (char *)NULL);
        bool ok = errno == EPERM || errno == EACCES;
        snprintf(path, sizeof(path), "%s/elsewhere", b->dir);
        int out = open(path, O_CREAT | O_WRONLY, 0600);
        ok = ok && (out < 0 || access("/sys/kernel/security/landlock", F_OK) != 0);
        intake_box_stop(b);
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(tcp_frames),
        T(tcp_cuts),
        T(json_over_tcp_and_unix),
        T(socket_files),
        T(udp_datagrams),
        T(connections_are_bounded),
        T(half_open_ones_make_room),
        T(long_records_have_an_end),
        T(full_journal_holds_senders),
        T(start_errors),
        T(behind_walls),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("syslog", tests, NULL, NULL);
}
