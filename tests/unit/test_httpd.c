/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/http.h"

#include "intake/httpd.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "intake_fake.h"

#define MAX_BODY ((size_t)65536)

struct live {
    struct yg_intake in;
    void *state;
    CURL *curl;
    char url[64];
    struct yg_buf said, heads;
};

static struct yg_input_conf conf_of(void)
{
    return (struct yg_input_conf){ .listen = YG_STR("127.0.0.1:0"),
                                   .elasticsearch_version = YG_STR("9.9.9"),
                                   .max_body = MAX_BODY,
                                   .max_connections = 64,
                                   .idle_timeout = 5 };
}

static int setup(void **state)
{
    struct live *l = calloc(1, sizeof(*l));
    struct yg_input_conf conf = conf_of();
    struct yg_err err;

    fake_init(&l->in);
    assert_int_equal(yg_intake_http.start(&l->in, &conf, 0, &l->state, &err), YG_OK);
    snprintf(l->url, sizeof(l->url), "http://127.0.0.1:%u", yg_http_port(l->state));
    l->curl = curl_easy_init();
    yg_buf_init(&l->said, 1 << 20);
    yg_buf_init(&l->heads, 1 << 16);
    *state = l;
    return 0;
}

static int teardown(void **state)
{
    struct live *l = *state;

    curl_easy_cleanup(l->curl);
    if (l->state) {
        yg_intake_http.stop(l->state);
        yg_intake_http.free(l->state);
    }
    yg_buf_fini(&l->said);
    yg_buf_fini(&l->heads);
    fake_fini(&l->in);
    free(l);
    return 0;
}

static size_t keep(char *p, size_t size, size_t n, void *arg)
{
    yg_buf_add(arg, p, size * n);
    return size * n;
}

/* Status; 0: no answer. `headers`: up to two more, NULL-terminated. */
static long post(struct live *l, const char *path, struct yg_str body,
                 const char *const *headers)
{
    char url[128];
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    long status = 0;

    for (; headers && *headers; headers++)
        list = curl_slist_append(list, *headers);
    snprintf(url, sizeof(url), "%s%s", l->url, path);
    yg_buf_clear(&l->said);
    yg_buf_clear(&l->heads);
    curl_easy_reset(l->curl);
    curl_easy_setopt(l->curl, CURLOPT_URL, url);
    curl_easy_setopt(l->curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(l->curl, CURLOPT_POSTFIELDS, body.p);
    curl_easy_setopt(l->curl, CURLOPT_POSTFIELDSIZE, (long)body.n);
    curl_easy_setopt(l->curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(l->curl, CURLOPT_WRITEDATA, &l->said);
    curl_easy_setopt(l->curl, CURLOPT_HEADERFUNCTION, keep);
    curl_easy_setopt(l->curl, CURLOPT_HEADERDATA, &l->heads);
    curl_easy_setopt(l->curl, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(l->curl, CURLOPT_NOSIGNAL, 1L);
    if (curl_easy_perform(l->curl) == CURLE_OK)
        curl_easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    return status;
}

static void lines(void **state)
{
    struct live *l = *state;

    assert_int_equal(post(l, "/ingest", YG_STR("one\ntwo\r\n\nthree"), NULL), 200);
    assert_string_equal(yg_buf_cstr(&l->said), "{\"records\":3,\"cut\":0}");
    assert_int_equal(l->in.count, 3);
    assert_true(yg_str_eq(l->in.rec[1].raw, YG_STR("two")));
    assert_true(yg_str_starts(l->in.rec[0].peer, YG_STR("127.0.0.1:")));
    assert_int_equal(l->in.counter[YG_IN_CONNECTIONS], 1);
    /* The same connection serves the next request. */
    assert_int_equal(post(l, "/ingest/x?y=z", YG_STR("four"), NULL), 200);
    assert_int_equal(l->in.count, 4);
    assert_int_equal(l->in.counter[YG_IN_CONNECTIONS], 1);
}

static void elastic_header_on_every_answer(void **state)
{
    static const char *const path[] = { "/_bulk", "/nothing", "/ingest", "/ready" };
    struct live *l = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(path); i++) {
        (void)post(l, path[i], YG_STR("x"), NULL);
        assert_non_null(
            strstr(yg_buf_cstr(&l->heads), "X-Elastic-Product: Elasticsearch"));
    }
}

static void compressed_and_chunked(void **state)
{
    static const char *const gz[] = { "Content-Encoding: gzip",
                                      "Transfer-Encoding: chunked", NULL };
    static const char *const odd[] = { "Content-Encoding: br", NULL };
    struct live *l = *state;
    unsigned char in[256];
    z_stream z = { 0 };
    Bytef text[] = "one\ntwo\n";

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    z.next_in = text;
    z.avail_in = 8;
    z.next_out = in;
    z.avail_out = sizeof(in);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = sizeof(in) - z.avail_out;
    deflateEnd(&z);
    struct yg_str body = { (const char *)in, n };
    assert_int_equal(post(l, "/ingest", body, gz), 200);
    assert_int_equal(l->in.count, 2);
    body.n--;
    assert_int_equal(post(l, "/ingest", body, gz), 400);
    assert_int_equal(post(l, "/ingest", body, odd), 415);
    assert_int_equal(l->in.count, 2);
    assert_int_equal(l->in.counter[YG_IN_REJECTED], 2);
}

static void too_large(void **state)
{
    static const char *const chunked[] = { "Transfer-Encoding: chunked", NULL };
    struct live *l = *state;
    char *big = malloc(MAX_BODY + 1);

    assert_non_null(big);
    memset(big, 'x', MAX_BODY + 1);
    assert_int_equal(post(l, "/ingest", (struct yg_str){ big, MAX_BODY }, NULL), 200);
    assert_int_equal(l->in.count, 1);
    assert_int_equal(post(l, "/ingest", (struct yg_str){ big, MAX_BODY + 1 }, NULL), 413);
    assert_int_equal(post(l, "/ingest", (struct yg_str){ big, MAX_BODY + 1 }, chunked),
                     413);
    assert_int_equal(l->in.count, 1);
    free(big);
}

static void waits_for_the_journal(void **state)
{
    struct live *l = *state;

    l->in.slow = 5;
    double before = yg_clock_wall();
    assert_int_equal(post(l, "/ingest", YG_STR("x"), NULL), 200);
    assert_true(yg_clock_wall() - before > 0.05);
    assert_int_equal(l->in.slow, 0);
}

static void full_journal(void **state)
{
    struct live *l = *state;

    l->in.full = true;
    assert_int_equal(post(l, "/ingest", YG_STR("x"), NULL), 429);
    assert_non_null(strstr(yg_buf_cstr(&l->heads), "Retry-After: 3"));
    assert_int_equal(post(l, "/services/collector", YG_STR("{\"event\":1}"), NULL), 503);
    l->in.full = false;
    assert_int_equal(post(l, "/ingest", YG_STR("x"), NULL), 200);
}

/* A body that is never whole brings nothing. */
static void early_end(void **state)
{
    static const char text[] =
        "POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\none\ntwo\n";
    struct live *l = *state;
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(yg_http_port(l->state)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(s, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(write(s, text, sizeof(text) - 1), sizeof(text) - 1);
    close(s);
    assert_int_equal(post(l, "/ingest", YG_STR("three"), NULL), 200);
    assert_int_equal(l->in.count, 1);
}

/* Who holds all connections and is never answered well does not keep others out; who
 * was keeps its own. */
static void half_open_ones_make_room(void **state)
{
    static const char text[] = "POST /ingest HTTP/1.1\r\nHost: a\r\nX-Slow: ";
    struct live *l = *state;
    struct yg_input_conf conf = conf_of();
    struct yg_err err;
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int s[5];

    yg_intake_http.stop(l->state);
    yg_intake_http.free(l->state);
    l->state = NULL;
    conf.max_connections = 4;
    conf.idle_timeout = 600;
    assert_int_equal(yg_intake_http.start(&l->in, &conf, 0, &l->state, &err), YG_OK);
    snprintf(l->url, sizeof(l->url), "http://127.0.0.1:%u", yg_http_port(l->state));
    assert_int_equal(post(l, "/ingest", YG_STR("one"), NULL), 200);
    to.sin_port = htons(yg_http_port(l->state));
    for (size_t i = 0; i < YG_ARRAY_LEN(s); i++) { /* the last one is not accepted yet */
        s[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(s[i], (struct sockaddr *)&to, sizeof(to)), 0);
        assert_int_equal(write(s[i], text, sizeof(text) - 1), sizeof(text) - 1);
    }
    assert_int_equal(recv(s[0], (char[1]){ 0 }, 1, 0), 0);
    assert_int_equal(post(l, "/ingest", YG_STR("two"), NULL), 200);
    assert_int_equal(l->in.counter[YG_IN_CONNECTIONS], 5); /* one was kept: 1 + 4 */
    assert_true(l->in.counter[YG_IN_REJECTED] >= 1);
    for (size_t i = 0; i < YG_ARRAY_LEN(s); i++)
        close(s[i]);
}

static void *post_one(void *arg)
{
    struct live *l = arg;
    static long status;

    status = post(l, "/ingest", YG_STR("x"), NULL);
    return &status;
}

/* Stopped while an answer waits for a disk that does not come: the sender is told to
 * send again, and nobody waits for ever. */
static void stopped_while_stuck(void **state)
{
    struct live *l = *state;
    const struct timespec step = { .tv_nsec = 10 * 1000 * 1000 };
    pthread_t t;
    void *status = NULL;

    l->in.stuck = true;
    assert_int_equal(pthread_create(&t, NULL, post_one, l), 0);
    for (bool there = false; !there; nanosleep(&step, NULL)) {
        pthread_mutex_lock(&l->in.lock);
        there = l->in.count == 1;
        pthread_mutex_unlock(&l->in.lock);
    }
    yg_intake_http.stop(l->state);
    yg_intake_http.free(l->state);
    l->state = NULL;
    pthread_join(t, &status);
    assert_int_equal(*(long *)status, 503);
}

static void bad_configurations(void **state)
{
    struct live *l = *state;
    const struct {
        const char *name, *listen, *certificate, *key, *said;
    } row[] = {
        { "taken", l->url + 7, "", "", "another program" },
        { "no port", "127.0.0.1", "", "", "no address to listen on" },
        { "a name", "example.net:80", "", "", "no numeric address" },
        { "certificate alone", "127.0.0.1:0", "/dev/null", "", "both" },
        { "no such file", "127.0.0.1:0", "/nonexistent/c", "/nonexistent/k", "" },
        { "no certificate in it", "127.0.0.1:0", "/dev/null", "/dev/null", "together" },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_input_conf conf = conf_of();
        struct yg_err err = { 0 };
        void *made = NULL;
        print_message("# %s\n", row[i].name);
        conf.listen = yg_str_of(row[i].listen);
        conf.certificate = yg_str_of(row[i].certificate);
        conf.key = yg_str_of(row[i].key);
        assert_int_not_equal(yg_intake_http.start(&l->in, &conf, 0, &made, &err), YG_OK);
        assert_null(made);
        assert_non_null(strstr(err.msg, row[i].said));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines, setup, teardown),
        cmocka_unit_test_setup_teardown(elastic_header_on_every_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(compressed_and_chunked, setup, teardown),
        cmocka_unit_test_setup_teardown(too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_for_the_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(full_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(early_end, setup, teardown),
        cmocka_unit_test_setup_teardown(half_open_ones_make_room, setup, teardown),
        cmocka_unit_test_setup_teardown(stopped_while_stuck, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_configurations, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
