/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a provider that misbehaves on the wire. */
#include "oidc/fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum how { ANSWER, HUGE, ENDLESS, SILENT, CLOSE };

struct server {
    int fd;
    unsigned port;
    enum how how;
    const char *answer;
    atomic_bool stop, over;
    char got[4096]; /* of the last request */
    atomic_uint requests;
    pthread_t thread;
    struct yg_fetcher f;
    struct yg_buf out;
    struct yg_err err;
};

static void send_text(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void nap(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

static void answer(struct server *s, int fd)
{
    char block[1024];
    ssize_t n = recv(fd, s->got, sizeof(s->got) - 1, 0);

    s->got[n > 0 ? n : 0] = '\0';
    atomic_fetch_add(&s->requests, 1);
    if (s->how == ANSWER) {
        send_text(fd, s->answer);
    } else if (s->how == SILENT) {
        while (!atomic_load(&s->over) && !atomic_load(&s->stop))
            nap();
    } else if (s->how == HUGE || s->how == ENDLESS) {
        memset(block, 'x', sizeof(block));
        send_text(fd, s->how == HUGE ? "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n"
                                     : "HTTP/1.1 200 OK\r\n\r\n");
        for (int i = 0; i < 100; i++)
            if (send(fd, block, sizeof(block), MSG_NOSIGNAL) < 0)
                break;
    }
}

static void *serve(void *arg)
{
    struct server *s = arg;

    while (!atomic_load(&s->over)) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            break;
        if (!atomic_load(&s->over))
            answer(s, fd);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    return NULL;
}

static int setup(void **state)
{
    struct server *s = calloc(1, sizeof(*s));
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(a);

    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s->fd, (struct sockaddr *)&a, n) != 0 || listen(s->fd, 8) != 0 ||
        getsockname(s->fd, (struct sockaddr *)&a, &n) != 0)
        return -1;
    s->port = ntohs(a.sin_port);
    s->f = yg_fetcher_curl();
    yg_buf_init(&s->out, YG_FETCH_MAX);
    *state = s;
    return pthread_create(&s->thread, NULL, serve, s);
}

static int end(void **state)
{
    struct server *s = *state;

    atomic_store(&s->over, true);
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    yg_buf_fini(&s->out);
    free(s);
    return 0;
}

static enum yg_status fetch(struct server *s, struct yg_fetch w, unsigned *status)
{
    char url[100];

    snprintf(url, sizeof(url), "http://127.0.0.1:%u/x?y=1", s->port);
    if (!w.url)
        w.url = url;
    w.stop = &s->stop;
    *status = 0;
    yg_buf_clear(&s->out);
    return s->f.get(s->f.arg, &w, &s->out, status, &s->err);
}

static void good(void **state)
{
    struct server *s = *state;
    unsigned status;

    s->answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    assert_int_equal(fetch(s, (struct yg_fetch){ .plain = true }, &status), YG_OK);
    assert_int_equal(status, 200);
    assert_string_equal(yg_buf_cstr(&s->out), "{}");
    assert_non_null(strstr(s->got, "GET /x?y=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(s->got, "Accept: application/json\r\n"));
    assert_null(strstr(s->got, "Authorization"));
    const struct yg_fetch post = {
        .plain = true, .form = "a=b", .user = "kim", .password = "x%3A"
    };
    assert_int_equal(fetch(s, post, &status), YG_OK);
    assert_non_null(strstr(s->got, "POST /x?y=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(s->got, "Authorization: Basic a2ltOnglM0E=\r\n"));
    assert_non_null(strstr(s->got, "application/x-www-form-urlencoded\r\n"));
    assert_non_null(strstr(s->got, "\r\n\r\na=b"));
}

static void others(void **state)
{
    static const struct {
        const char *name, *answer;
        enum how how;
        enum yg_status st;
        unsigned status;
    } row[] = {
        { "not found", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", ANSWER,
          YG_OK, 404 },
        { "a redirect",
          "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: "
          "0\r\n\r\n",
          ANSWER, YG_OK, 302 },
        { "a redirect to a file",
          "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: "
          "0\r\n\r\n",
          ANSWER, YG_OK, 301 },
        { "cut", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}", ANSWER, YG_EIO, 200 },
        { "no HTTP", "hello\r\n", ANSWER, YG_EIO, 0 },
        { "closed", "", CLOSE, YG_EIO, 0 },
        { "huge", "", HUGE, YG_ELIMIT, 200 },
        { "without end", "", ENDLESS, YG_ELIMIT, 200 },
    };
    struct server *s = *state;
    unsigned status;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        s->answer = row[i].answer;
        s->how = row[i].how;
        unsigned before = atomic_load(&s->requests);
        enum yg_status st = fetch(s, (struct yg_fetch){ .plain = true }, &status);
        if (st != row[i].st || status != row[i].status ||
            atomic_load(&s->requests) != before + 1)
            fail_msg("%s: %s, %u, %s", row[i].name, yg_status_name(st), status,
                     s->err.msg);
    }
}

/* HTTPS is asked for and HTTP was not spoken of. */
static void schemes(void **state)
{
    struct server *s = *state;
    char url[100];
    unsigned status;

    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", s->port);
    s->answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    assert_int_equal(fetch(s, (struct yg_fetch){ .plain = false }, &status), YG_EIO);
    assert_int_equal(atomic_load(&s->requests), 0);
    assert_int_equal(
        fetch(s, (struct yg_fetch){ .plain = true, .url = "file:///etc/passwd" },
              &status),
        YG_EIO);
    assert_int_equal(fetch(s, (struct yg_fetch){ .url = url }, &status), YG_EIO);
    assert_int_equal(s->out.n, 0);
}

static void *stop_soon(void *arg)
{
    struct server *s = arg;

    for (int i = 0; i < 5; i++)
        nap();
    atomic_store(&s->stop, true);
    return NULL;
}

static void given_up(void **state)
{
    struct server *s = *state;
    struct timespec from, to;
    pthread_t thread;
    unsigned status;

    s->how = SILENT;
    clock_gettime(CLOCK_MONOTONIC, &from);
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, s), 0);
    assert_int_equal(fetch(s, (struct yg_fetch){ .plain = true }, &status), YG_EIO);
    pthread_join(thread, NULL);
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_true(to.tv_sec - from.tv_sec < 4);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, end)
int main(void)
{
    const struct CMUnitTest tests[] = { T(good), T(others), T(schemes), T(given_up) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
