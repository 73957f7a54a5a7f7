/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/opensearch.h"

#include "intake/opensearch_page.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "intake_fake.h"

#define DOCS 4096
#define BASE INT64_C(1767225600000)

/* A search that is answered as OpenSearch does: documents behind the sort values. */
struct server {
    pthread_mutex_t lock;
    int64_t time[DOCS]; /* of document i, which is called "dI" */
    size_t count;
    atomic_int broken; /* so many answers are 503 */
    atomic_int asked, authorised;
    atomic_bool stop;
    int fd;
    uint16_t port;
    pthread_t thread;
};

struct world {
    struct yg_intake in;
    struct server s;
    char dir[64], url[64];
    struct yg_input_conf conf;
};

static int after(int64_t t, const char *id, int64_t than, const char *than_id)
{
    return t != than ? t > than : strcmp(id, than_id) > 0;
}

/* The place in the request's search_after; from the beginning if there is none. */
static void place_of(const char *body, int64_t *t, char id[16])
{
    const char *at = strstr(body, "\"search_after\":[");

    *t = -1;
    id[0] = '\0';
    if (!at)
        return;
    struct yg_str rest = yg_str_of(at + 16), first = yg_str_cut(&rest, ',');
    assert_true(yg_str_i64(first, t));
    rest = (struct yg_str){ rest.p + 1, rest.n - 1 };
    struct yg_str name = yg_str_cut(&rest, '"');
    snprintf(id, 16, "%.*s", YG_STR_ARG(name));
}

static void search(struct server *s, const char *body, struct yg_buf *out)
{
    int64_t t, best_t = 0;
    char id[16], best[16], name[16];
    unsigned n = 0, size = strstr(body, "\"size\":1000,") ? 1000 : 10;

    place_of(body, &t, id);
    yg_buf_str_add(out,
                   YG_STR("{\"took\":1,\"timed_out\":false,\"_shards\":{\"failed\":0},"
                          "\"hits\":{\"max_score\":null,\"hits\":["));
    pthread_mutex_lock(&s->lock);
    for (; n < size; n++) {
        best[0] = '\0';
        for (size_t i = 0; i < s->count; i++) {
            snprintf(name, sizeof(name), "d%zu", i);
            if (after(s->time[i], name, t, id) &&
                (!best[0] || after(best_t, best, s->time[i], name))) {
                best_t = s->time[i];
                snprintf(best, sizeof(best), "%s", name);
            }
        }
        if (!best[0])
            break;
        yg_buf_printf(out,
                      "%s{\"_index\":\"f\",\"_id\":\"%s\",\"_source\":{\"doc\":\"%s\"},"
                      "\"sort\":[%lld,\"%s\"]}",
                      n ? "," : "", best, best, (long long)best_t, best);
        t = best_t;
        snprintf(id, sizeof(id), "%s", best);
    }
    pthread_mutex_unlock(&s->lock);
    yg_buf_str_add(out, YG_STR("]}}"));
}

static void serve_one(struct server *s, int c)
{
    char in[8192];
    size_t n = 0;
    const char *body = NULL;
    struct yg_buf out, page;
    bool broken = s->broken > 0 && s->broken-- > 0;

    do {
        ssize_t got = read(c, in + n, sizeof(in) - 1 - n);
        if (got <= 0)
            return;
        n += (size_t)got;
        in[n] = '\0';
        body = strstr(in, "\r\n\r\n");
    } while (!body || body[4] != '{' || in[n - 1] != '}');
    s->asked++;
    s->authorised += strstr(in, "Authorization: Basic dTpwdw==") != NULL;
    yg_buf_init(&out, 1 << 20);
    yg_buf_init(&page, 1 << 20);
    search(s, body + 4, &page);
    yg_buf_printf(&out, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                  broken ? "503 no" : "200 OK", yg_buf_str(&page).n);
    yg_buf_str_add(&out, yg_buf_str(&page));
    struct yg_str rest = yg_buf_str(&out);
    for (ssize_t w; rest.n > 0 && (w = write(c, rest.p, rest.n)) > 0;)
        rest = (struct yg_str){ rest.p + w, rest.n - (size_t)w };
    yg_buf_fini(&out);
    yg_buf_fini(&page);
}

static void *serve(void *arg)
{
    struct server *s = arg;
    struct pollfd p = { .fd = s->fd, .events = POLLIN };

    while (!s->stop) {
        if (poll(&p, 1, 20) != 1)
            continue;
        int c = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (c >= 0) {
            serve_one(s, c);
            close(c);
        }
    }
    return NULL;
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(a);

    fake_init(&w->in);
    snprintf(w->dir, sizeof(w->dir), "/tmp/yagura-test-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    w->in.dir = w->dir;
    pthread_mutex_init(&w->s.lock, NULL);
    w->s.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w->s.fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(w->s.fd, 16), 0);
    assert_int_equal(getsockname(w->s.fd, (struct sockaddr *)&a, &len), 0);
    w->s.port = ntohs(a.sin_port);
    snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u/", w->s.port);
    w->conf = (struct yg_input_conf){ .url = yg_str_of(w->url),
                                      .index = YG_STR("f-*"),
                                      .time_field = YG_STR("@timestamp"),
                                      .user = YG_STR("u"),
                                      .password = YG_STR("pw"),
                                      .every = 1 };
    assert_int_equal(pthread_create(&w->s.thread, NULL, serve, &w->s), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    char path[512];

    w->s.stop = true;
    pthread_join(w->s.thread, NULL);
    close(w->s.fd);
    DIR *d = opendir(w->dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof(path), "%s/%s", w->dir, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(w->dir);
    fake_fini(&w->in);
    free(w);
    return 0;
}

static void add_docs(struct world *w, size_t n, int64_t from, int64_t step)
{
    pthread_mutex_lock(&w->s.lock);
    for (size_t i = 0; i < n; i++)
        w->s.time[w->s.count++] = from + (int64_t)i * step;
    pthread_mutex_unlock(&w->s.lock);
}

static void *begin(struct world *w)
{
    struct yg_err err = { 0 };
    void *state = NULL;

    if (yg_intake_opensearch.start(&w->in, &w->conf, 0, &state, &err) != YG_OK)
        fail_msg("%s", err.msg);
    return state;
}

static void end(void *state)
{
    yg_intake_opensearch.stop(state);
    yg_intake_opensearch.free(state);
}

/* Wait for two more searches: what was to come has come. */
static void settle(struct world *w)
{
    const struct timespec step = { .tv_nsec = 20 * 1000 * 1000 };

    for (int until = w->s.asked + 3; w->s.asked < until;)
        nanosleep(&step, NULL);
}

static void all_documents_once(void **state)
{
    struct world *w = *state;

    add_docs(w, 2500, BASE, 1);  /* three pages */
    add_docs(w, 3, BASE + 7, 0); /* of one moment */
    void *p = begin(w);
    assert_int_equal(fake_wait(&w->in, 2503, 30), 2503);
    settle(w);
    assert_int_equal(fake_count(&w->in), 2503);
    assert_int_equal(w->s.authorised, w->s.asked);
    assert_true(yg_str_eq(w->in.rec[0].raw, YG_STR("{\"doc\":\"d0\"}")));
    end(p);
}

/* A document that becomes visible when newer ones were read already. */
static void late_documents(void **state)
{
    struct world *w = *state;

    add_docs(w, 5, BASE + 100000, 10);
    void *p = begin(w);
    assert_int_equal(fake_wait(&w->in, 5, 30), 5);
    add_docs(w, 1, BASE, 0);
    assert_int_equal(fake_wait(&w->in, 6, 30), 6);
    settle(w);
    assert_int_equal(fake_count(&w->in), 6);
    end(p);
}

/* Begun again, it reads from shortly before the cursor: ids are as they were. */
static void goes_on_at_the_cursor(void **state)
{
    struct world *w = *state;
    unsigned char id[YG_ID_SIZE];

    add_docs(w, 1500, BASE, 1000);
    void *p = begin(w);
    assert_int_equal(fake_wait(&w->in, 1500, 30), 1500);
    memcpy(id, w->in.rec[1499].id, sizeof(id));
    settle(w);
    end(p);
    fake_clear(&w->in);
    add_docs(w, 1, BASE + 2000000, 0);
    p = begin(w);
    /* 120 s before the last, which is 120 and the last itself, and the new one */
    assert_int_equal(fake_wait(&w->in, 122, 30), 122);
    settle(w);
    assert_int_equal(fake_count(&w->in), 122);
    assert_memory_equal(w->in.rec[120].id, id, sizeof(id));
    end(p);
}

static void errors_are_tried_again(void **state)
{
    struct world *w = *state;

    add_docs(w, 3, BASE, 1);
    w->s.broken = 1;
    w->in.full = true;
    void *p = begin(w);
    settle(w);
    assert_int_equal(fake_count(&w->in), 0);
    w->in.full = false;
    assert_int_equal(fake_wait(&w->in, 3, 30), 3);
    end(p);
}

static void urls(void **state)
{
    static const struct {
        const char *url, *index;
        bool good;
    } row[] = {
        { "https://search.example.net:9200", "a-*,b", true },
        { "http://localhost:9", "a", true },
        { "http://[::1]:9/", "a", true },
        { "http://127.0.0.1", "a", true },
        { "http://search.example.net:9200", "a", false },
        { "http://127.0.0.1.example.net", "a", false },
        { "http://localhost@example.net", "a", false },
        { "http://localhost:x@example.net", "a", false },
        { "ftp://localhost", "a", false },
        { "", "a", false },
        { "https://h", "", false },
        { "https://h", "a/../b", false },
        { "https://h", "a?x", false },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_err err = { 0 };
        void *made = NULL;
        w->conf.url = yg_str_of(row[i].url);
        w->conf.index = yg_str_of(row[i].index);
        print_message("# %s %s\n", row[i].url, row[i].index);
        enum yg_status st = yg_intake_opensearch.start(&w->in, &w->conf, 0, &made, &err);
        assert_int_equal(st, row[i].good ? YG_OK : YG_EINVAL);
        if (made)
            end(made);
    }
}

static void pages(void **state)
{
    static const struct {
        const char *name, *body;
        enum yg_status open, next;
    } row[] = {
        { "a hit",
          "{\"hits\":{\"total\":{\"value\":1},\"hits\":[{\"_index\":\"i\",\"_id\":\"1\","
          "\"_score\":null,\"_source\":{},\"sort\":[1,\"1\"]}]}}",
          YG_OK, YG_OK },
        { "none", "{\"hits\":{\"hits\":[]}}", YG_OK, YG_EEND },
        { "a shard failed",
          "{\"_shards\":{\"total\":2,\"failed\":1},\"hits\":{\"hits\":[]}}", YG_EFORMAT,
          YG_OK },
        { "timed out", "{\"timed_out\":true,\"hits\":{\"hits\":[]}}", YG_EFORMAT, YG_OK },
        { "an error", "{\"error\":{\"type\":\"x\"},\"status\":400}", YG_EFORMAT, YG_OK },
        { "cut", "{\"hits\":{\"hits\":[", YG_EFORMAT, YG_OK },
        { "no source", "{\"hits\":{\"hits\":[{\"_id\":\"1\",\"sort\":[1]}]}}", YG_OK,
          YG_EFORMAT },
        { "no sort values", "{\"hits\":{\"hits\":[{\"_id\":\"1\",\"_source\":{}}]}}",
          YG_OK, YG_EFORMAT },
        { "a hit that is none", "{\"hits\":{\"hits\":[5]}}", YG_OK, YG_EFORMAT },
    };
    struct yg_json_pull *p = NULL;

    (void)state;
    assert_int_equal(yg_json_pull_new(4096, &p), YG_OK);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_opensearch_hit h;
        print_message("# %s\n", row[i].name);
        assert_int_equal(yg_opensearch_open(p, yg_str_of(row[i].body)), row[i].open);
        if (row[i].open == YG_OK)
            assert_int_equal(yg_opensearch_next(p, &h), row[i].next);
    }
    yg_json_pull_free(p);
}

static void back(void **state)
{
    static const struct {
        const char *sort, *back;
    } row[] = {
        { "[1767225600123,\"a\"]", "[1767225480123,\"\"]" },
        { "[1767225600123456789, \"a\"]", "[1767225480123456789,\"\"]" },
        { "[5]", "[0,\"\"]" },
        { "[\"2026-01-01\",\"a\"]", NULL },
        { "[-5,\"a\"]", NULL },
        { "", NULL },
    };
    struct yg_buf b;

    (void)state;
    yg_buf_init(&b, 256);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        yg_buf_clear(&b);
        assert_int_equal(yg_opensearch_back(yg_str_of(row[i].sort), &b),
                         row[i].back != NULL);
        if (row[i].back)
            assert_string_equal(yg_buf_cstr(&b), row[i].back);
    }
    yg_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_documents_once, setup, teardown),
        cmocka_unit_test_setup_teardown(late_documents, setup, teardown),
        cmocka_unit_test_setup_teardown(goes_on_at_the_cursor, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_are_tried_again, setup, teardown),
        cmocka_unit_test_setup_teardown(urls, setup, teardown),
        cmocka_unit_test(pages),
        cmocka_unit_test(back),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
