/* SPDX-License-Identifier: Apache-2.0 */
/* The server for people over real sockets: methods and bodies, TLS with its own
 * certificate, tags, compression, streams, and clients that do not read. */
#include "api/encode.h"
#include "api/http.h"
#include "api/listen.h"
#include "api/selfsigned.h"
#include "base/clock.h"
#include "intake/tls.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#define LONG_ANSWER 5000
#define SMALL_BODY  1000

struct web {
    char dir[64], pem[128], key[128];
    struct yg_listen listen;
    struct yg_http *http;
    CURL *curl;
    struct yg_buf said, heads;
    atomic_uint streams, ended;
    unsigned asked; /* streams: how often */
};

static size_t most(void *arg, const struct yg_http_request *in)
{
    (void)arg;
    return in->method == YG_HTTP_POST ? SMALL_BODY : 0;
}

static void handle(void *arg, const struct yg_http_request *in,
                   struct yg_http_response *out)
{
    struct web *w = arg;

    if (yg_str_eq(in->target, YG_STR("/long"))) {
        for (int i = 0; i < LONG_ANSWER; i++)
            yg_buf_char(&out->body, (char)('a' + i % 7));
    } else if (yg_str_starts(in->target, YG_STR("/stream"))) {
        out->type = "text/event-stream";
        out->stream = w;
        yg_buf_str_add(&out->body, YG_STR("first\n"));
        atomic_fetch_add(&w->streams, 1);
    } else if (yg_str_eq(in->target, YG_STR("/header"))) {
        yg_http_header(out, "X-Own", YG_STR("value"));
        out->status = 204;
    } else {
        yg_buf_printf(&out->body, "%s %.*s|%.*s|%.*s", yg_http_method_name(in->method),
                      YG_STR_ARG(in->target), YG_STR_ARG(in->cookie),
                      YG_STR_ARG(in->body));
    }
}

/* Says something each other time, and ends after the fourth word; of a client that does
 * not read there is no end. */
static bool stream(void *arg, void *s, struct yg_buf *out)
{
    struct web *w = arg;

    (void)s;
    if (w->asked >= 100) {
        for (int i = 0; i < 4096; i++)
            yg_buf_str_add(out, YG_STR("a line that is sixty-four bytes long, over and "
                                       "over again, .....\n"));
        return true;
    }
    if (w->asked++ % 2)
        yg_buf_printf(out, "more %u\n", w->asked);
    return w->asked < 4;
}

static void stream_end(void *arg, void *s)
{
    struct web *w = arg;

    assert_ptr_equal(s, w);
    atomic_fetch_add(&w->ended, 1);
}

static void write_file(const char *path, struct yg_str bytes)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    fclose(f);
}

static void put_certificate(const struct web *w)
{
    struct yg_buf pem, key;
    struct yg_err err;

    yg_buf_init(&pem, 65536);
    yg_buf_init(&key, 65536);
    assert_int_equal(yg_selfsigned_make(&w->listen, (int64_t)time(NULL) * YG_NS_PER_S,
                                        &pem, &key, &err),
                     YG_OK);
    write_file(w->pem, yg_buf_str(&pem));
    write_file(w->key, yg_buf_str(&key));
    yg_buf_fini(&pem);
    yg_buf_fini(&key);
}

static int begin(struct web **out, bool tls)
{
    struct web *w = calloc(1, sizeof(*w));
    struct yg_http_options opt = { .arg = w,
                                   .timeout_s = 2,
                                   .most = most,
                                   .handle = handle,
                                   .stream = stream,
                                   .stream_end = stream_end };
    struct yg_err err;

    snprintf(w->dir, sizeof(w->dir), "/tmp/yg_web_XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->pem, sizeof(w->pem), "%s/c.pem", w->dir);
    snprintf(w->key, sizeof(w->key), "%s/c.key", w->dir);
    assert_int_equal(yg_listen_parse(YG_STR("127.0.0.1:0"), &w->listen, &err), YG_OK);
    snprintf(w->listen.name, sizeof(w->listen.name), "soc.example");
    assert_int_equal(yg_listen_open(&w->listen, &opt.fd, &err), YG_OK);
    if (tls) {
        put_certificate(w);
        assert_int_equal(yg_tls_server_new(yg_str_of(w->pem), yg_str_of(w->key),
                                           YG_STR_NONE, &opt.tls, &err),
                         YG_OK);
    }
    assert_int_equal(yg_http_start(&opt, &w->http, &err), YG_OK);
    w->curl = curl_easy_init();
    yg_buf_init(&w->said, (size_t)1 << 20);
    yg_buf_init(&w->heads, (size_t)1 << 20);
    *out = w;
    return 0;
}

static int setup(void **state)
{
    return begin((struct web **)state, false);
}

static int setup_tls(void **state)
{
    return begin((struct web **)state, true);
}

static int teardown(void **state)
{
    struct web *w = *state;

    curl_easy_cleanup(w->curl);
    yg_http_stop(w->http);
    assert_int_equal(atomic_load(&w->streams), atomic_load(&w->ended));
    yg_buf_fini(&w->said);
    yg_buf_fini(&w->heads);
    unlink(w->pem);
    unlink(w->key);
    rmdir(w->dir);
    free(w);
    return 0;
}

static size_t keep(char *p, size_t size, size_t n, void *arg)
{
    yg_buf_add(arg, p, size * n);
    return size * n;
}

struct ask {
    const char *method, *path, *header, *name; /* name: of the host */
    struct yg_str body;
    bool tls;
};

/* Status; 0: no answer. */
static long ask(struct web *w, const struct ask *a)
{
    char url[128], path[128];
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *known = NULL;
    long status = 0;

    if (a->header)
        list = curl_slist_append(list, a->header);
    snprintf(url, sizeof(url), "http%s://%s:%u%s", a->tls ? "s" : "",
             a->name ? a->name : "127.0.0.1", w->listen.port, a->path);
    yg_buf_clear(&w->said);
    yg_buf_clear(&w->heads);
    curl_easy_reset(w->curl);
    if (a->name) {
        snprintf(path, sizeof(path), "%s:%u:127.0.0.1", a->name, w->listen.port);
        known = curl_slist_append(NULL, path);
        curl_easy_setopt(w->curl, CURLOPT_RESOLVE, known);
    }
    curl_easy_setopt(w->curl, CURLOPT_CAINFO, w->pem);
    curl_easy_setopt(w->curl, CURLOPT_URL, url);
    curl_easy_setopt(w->curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(w->curl, CURLOPT_CUSTOMREQUEST, a->method ? a->method : "GET");
    if (a->method && strcmp(a->method, "HEAD") == 0)
        curl_easy_setopt(w->curl, CURLOPT_NOBODY, 1L);
    if (a->body.p) {
        curl_easy_setopt(w->curl, CURLOPT_POSTFIELDS, a->body.p);
        curl_easy_setopt(w->curl, CURLOPT_POSTFIELDSIZE, (long)a->body.n);
    }
    curl_easy_setopt(w->curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(w->curl, CURLOPT_WRITEDATA, &w->said);
    curl_easy_setopt(w->curl, CURLOPT_HEADERFUNCTION, keep);
    curl_easy_setopt(w->curl, CURLOPT_HEADERDATA, &w->heads);
    curl_easy_setopt(w->curl, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(w->curl, CURLOPT_NOSIGNAL, 1L);
    if (curl_easy_perform(w->curl) == CURLE_OK)
        curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    curl_slist_free_all(known);
    return status;
}

static long get(struct web *w, const char *path, const char *header)
{
    return ask(w, &(struct ask){ .path = path, .header = header });
}

static void methods_and_bodies(void **state)
{
    static const char *const method[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
    struct web *w = *state;
    char want[64], big[SMALL_BODY + 1];

    for (size_t i = 0; i < YG_ARRAY_LEN(method); i++) {
        bool posts = strcmp(method[i], "POST") == 0;
        struct ask a = { .method = method[i],
                         .path = "/x?y=%20",
                         .header = "Cookie: a=b",
                         .body = posts ? YG_STR("hello") : YG_STR_NONE };
        snprintf(want, sizeof(want), "%s /x?y=%%20|a=b|%s", method[i],
                 posts ? "hello" : "");
        assert_int_equal(ask(w, &a), 200);
        assert_string_equal(yg_buf_cstr(&w->said), want);
    }
    memset(big, 'x', sizeof(big));
    struct ask fits = { .method = "POST", .path = "/", .body = { big, SMALL_BODY } };
    struct ask more = { .method = "POST", .path = "/", .body = { big, sizeof(big) } };
    assert_int_equal(ask(w, &fits), 200);
    assert_int_equal(ask(w, &more), 413);
    more.header = "Transfer-Encoding: chunked";
    assert_int_equal(ask(w, &more), 413);
    more.method = "PUT"; /* wants none: it is read and dropped */
    assert_int_equal(ask(w, &more), 200);
    assert_int_equal(get(w, "/header", NULL), 204);
    assert_non_null(strstr(yg_buf_cstr(&w->heads), "X-Own: value"));
    assert_null(strstr(yg_buf_cstr(&w->heads), "Strict-Transport-Security"));
}

/* The value of a header of the last answer. */
static const char *head_of(struct web *w, const char *name, char out[128])
{
    char *p = strstr(yg_buf_cstr(&w->heads), name);

    out[0] = '\0';
    if (!p)
        return out;
    p += strlen(name) + 2;
    size_t n = strcspn(p, "\r\n");
    snprintf(out, 128, "%.*s", n < 127 ? (int)n : 127, p);
    return out;
}

static void tags(void **state)
{
    struct web *w = *state;
    char tag[128], again[160], other[128];

    assert_int_equal(get(w, "/long", NULL), 200);
    assert_int_equal(strlen(head_of(w, "ETag", tag)), 36);
    snprintf(again, sizeof(again), "If-None-Match: \"x\", %s", tag);
    assert_int_equal(get(w, "/long", again), 304);
    assert_int_equal(yg_buf_str(&w->said).n, 0);
    assert_string_equal(head_of(w, "ETag", other), tag);
    assert_int_equal(get(w, "/short", again), 200);
    assert_string_not_equal(head_of(w, "ETag", other), tag);
    struct ask post = { .method = "POST", .path = "/long", .header = again };
    assert_int_equal(ask(w, &post), 200);
    struct ask head = { .method = "HEAD", .path = "/long" };
    assert_int_equal(ask(w, &head), 200);
    assert_string_equal(head_of(w, "ETag", other), tag);
    assert_string_equal(head_of(w, "Content-Length", other), "5000");
}

static void compressed(void **state)
{
    struct web *w = *state;
    char value[128], plain[LONG_ANSWER];

    assert_int_equal(get(w, "/long", "Accept-Encoding: gzip, zstd"), 200);
    assert_string_equal(head_of(w, "Content-Encoding", value), "zstd");
    assert_string_equal(head_of(w, "Vary", value), "Accept-Encoding");
    struct yg_str s = yg_buf_str(&w->said);
    assert_int_equal(ZSTD_decompress(plain, sizeof(plain), s.p, s.n), LONG_ANSWER);
    assert_int_equal(get(w, "/long", "Accept-Encoding: gzip"), 200);
    assert_string_equal(head_of(w, "Content-Encoding", value), "gzip");
    assert_true(yg_str_starts(yg_buf_str(&w->said), YG_STR("\x1f\x8b")));
    assert_int_equal(get(w, "/short", "Accept-Encoding: gzip"), 200);
    assert_string_equal(head_of(w, "Content-Encoding", value), "");
}

static void accepted(void **state)
{
    static const struct {
        const char *header;
        enum yg_encoding want;
    } row[] = {
        { "", YG_ENCODE_PLAIN },
        { "gzip", YG_ENCODE_GZIP },
        { "GZIP", YG_ENCODE_GZIP },
        { "br, deflate", YG_ENCODE_PLAIN },
        { "gzip, deflate, br, zstd", YG_ENCODE_ZSTD },
        { "gzip;q=1.0, zstd;q=0.5", YG_ENCODE_GZIP },
        { "gzip;q=0", YG_ENCODE_PLAIN },
        { "zstd;q=0, gzip ; q=0.1", YG_ENCODE_GZIP },
        { "identity, gzip;q=0.5", YG_ENCODE_PLAIN },
        { "gzip;q=much", YG_ENCODE_PLAIN },
        { ",,;q=1,gzip;;", YG_ENCODE_GZIP },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++)
        if (yg_encoding_of(yg_str_of(row[i].header)) != row[i].want)
            fail_msg("%s", row[i].header);
}

static void streams(void **state)
{
    struct web *w = *state;

    assert_int_equal(get(w, "/stream", NULL), 200);
    assert_string_equal(yg_buf_cstr(&w->said), "first\nmore 2\nmore 4\n");
    struct ask head = { .method = "HEAD", .path = "/stream" };
    assert_int_equal(ask(w, &head), 200);
    curl_easy_cleanup(w->curl); /* with the connection */
    w->curl = curl_easy_init();
    for (int i = 0; i < 50 && atomic_load(&w->ended) < 2; i++)
        usleep(100000);
    assert_int_equal(atomic_load(&w->ended), 2);
}

/* Who asks for a stream and does not read it loses it. */
static void does_not_read(void **state)
{
    struct web *w = *state;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(w->listen.port) };
    struct yg_str say = YG_STR("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = socket(AF_INET, SOCK_STREAM, 0), small = 4096;

    w->asked = 100;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_int_equal(connect(s, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(write(s, say.p, say.n), say.n);
    for (int i = 0; i < 100 && atomic_load(&w->ended) == 0; i++)
        usleep(100000);
    assert_int_equal(atomic_load(&w->ended), 1);
    close(s);
    assert_int_equal(get(w, "/x", NULL), 200);
}

static void over_tls(void **state)
{
    struct web *w = *state;
    char value[128];
    struct ask a = { .path = "/x", .tls = true };

    assert_int_equal(ask(w, &a), 200);
    assert_string_equal(head_of(w, "Strict-Transport-Security", value),
                        "max-age=31536000");
    a.name = "localhost";
    assert_int_equal(ask(w, &a), 200);
    a.name = "soc.example";
    assert_int_equal(ask(w, &a), 200);
    a.name = "other.example"; /* not in the certificate */
    assert_int_equal(ask(w, &a), 0);
    a.tls = false;
    a.name = NULL;
    assert_int_equal(ask(w, &a), 0);
    struct ask on = { .path = "/stream", .tls = true };
    assert_int_equal(ask(w, &on), 200);
    assert_string_equal(yg_buf_cstr(&w->said), "first\nmore 2\nmore 4\n");
}

/* A certificate that is made anew is that of the next connections. */
static void renewed(void **state)
{
    struct web *w = *state;
    struct ask a = { .path = "/x", .tls = true };

    assert_int_equal(ask(w, &a), 200);
    put_certificate(w); /* curl believes this one only */
    curl_easy_cleanup(w->curl);
    w->curl = curl_easy_init();
    sleep(2); /* files are looked at once a second */
    assert_int_equal(ask(w, &a), 200);
}

static void own_certificate(void **state)
{
    struct yg_listen l = { .v6 = false }, other = { .v6 = false };
    char one[YG_FINGERPRINT_MAX], two[YG_FINGERPRINT_MAX];
    int64_t now = INT64_C(1700000000) * YG_NS_PER_S, day = 86400 * YG_NS_PER_S;
    struct yg_buf pem, key;

    (void)state;
    assert_int_equal(yg_listen_parse(YG_STR("192.0.2.7:8433"), &l, NULL), YG_OK);
    assert_int_equal(yg_listen_parse(YG_STR("[2001:db8::1]:8433"), &other, NULL), YG_OK);
    yg_buf_init(&pem, 65536);
    yg_buf_init(&key, 65536);
    assert_int_equal(yg_selfsigned_make(&l, now, &pem, &key, NULL), YG_OK);
    assert_non_null(strstr(yg_buf_cstr(&key), "BEGIN PRIVATE KEY"));
    assert_true(yg_selfsigned_good(yg_buf_str(&pem), &l, now));
    assert_true(yg_selfsigned_good(yg_buf_str(&pem), &l, now + 700 * day));
    assert_false(yg_selfsigned_good(yg_buf_str(&pem), &l, now + 800 * day));
    assert_false(yg_selfsigned_good(yg_buf_str(&pem), &other, now));
    assert_false(yg_selfsigned_good(YG_STR("no certificate"), &l, now));
    snprintf(l.name, sizeof(l.name), "soc.example");
    assert_false(yg_selfsigned_good(yg_buf_str(&pem), &l, now));
    assert_true(yg_certificate_fingerprint(yg_buf_str(&pem), one));
    assert_int_equal(strlen(one), 95);
    yg_buf_clear(&pem);
    assert_int_equal(yg_selfsigned_make(&other, now, &pem, &key, NULL), YG_OK);
    assert_true(yg_selfsigned_good(yg_buf_str(&pem), &other, now));
    assert_true(yg_certificate_fingerprint(yg_buf_str(&pem), two));
    assert_string_not_equal(one, two);
    yg_buf_fini(&pem);
    yg_buf_fini(&key);
}

#define T(name)   cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TLS(name) cmocka_unit_test_setup_teardown(name, setup_tls, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(methods_and_bodies),
        T(tags),
        T(compressed),
        cmocka_unit_test(accepted),
        T(streams),
        T(does_not_read),
        TLS(over_tls),
        TLS(renewed),
        cmocka_unit_test(own_certificate),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
