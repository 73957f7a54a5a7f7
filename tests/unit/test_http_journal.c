/* SPDX-License-Identifier: Apache-2.0 */
/* From a request through the real intake to what the core reads. */
#include "intake/http.h"

#include "intake_util.h"

#include <curl/curl.h>

#define POSTERS  4
#define REQUESTS 25
#define LINES    20

static const char yaml[] = "inputs:\n"
                           "  - type: http\n"
                           "    source: shippers\n"
                           "    listen: 127.0.0.1:0\n"
                           "    token: token\n";

static int setup(void **state)
{
    struct intake_box *b = calloc(1, sizeof(*b));
    char path[96];

    intake_box_init(b);
    snprintf(path, sizeof(path), "%s/token", b->dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "secret\n", 7), 7);
    close(fd);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    intake_box_fini(*state);
    free(*state);
    return 0;
}

static size_t ignore(const char *p, size_t size, size_t n, void *arg)
{
    (void)p;
    (void)arg;
    return size * n;
}

static long post(uint16_t port, const char *path, const char *token, struct yg_str body)
{
    CURL *c = curl_easy_init();
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    char url[128], auth[128];
    long status = 0;

    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
    snprintf(auth, sizeof(auth), "Authorization: Bearer %s", token);
    list = curl_slist_append(list, auth);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.p);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body.n);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    if (curl_easy_perform(c) == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    curl_easy_cleanup(c);
    return status;
}

/* What was answered is there to be read, with its id, and the counters add up. */
static void answered_is_durable(void **state)
{
    struct intake_box *b = *state;
    unsigned char id[YG_ID_SIZE];

    assert_int_equal(intake_box_start(b, yaml), YG_OK);
    uint16_t port = yg_intake_port(b->in, 0);
    assert_int_not_equal(port, 0);
    assert_int_equal(post(port, "/ingest", "wrong", YG_STR("x")), 401);
    assert_int_equal(post(port, "/ingest", "secret", YG_STR("one\ntwo\n")), 200);
    intake_box_expect(b, "one");
    memcpy(id, b->rec.id, sizeof(id));
    assert_true(yg_str_starts(b->rec.peer, YG_STR("127.0.0.1:")));
    assert_true(b->rec.received_ns > 0);
    intake_box_expect(b, "two");
    assert_memory_not_equal(id, b->rec.id, sizeof(id));
    assert_int_equal(post(port, "/_bulk", "secret",
                          YG_STR("{\"create\":{}}\n{\"x\":1}\n{\"delete\":{}}\n")),
                     200);
    intake_box_expect(b, "{\"x\":1}");
    assert_int_equal(post(port, "/ingest", "secret", YG_STR("one\n")), 200);
    intake_box_expect(b, "one");
    assert_memory_equal(id, b->rec.id, sizeof(id));
    intake_box_until(b, 0, YG_IN_RECEIVED, 5);
    assert_int_equal(intake_box_count(b, 0, YG_IN_RECEIVED), 5);
    assert_int_equal(intake_box_count(b, 0, YG_IN_REFUSED), 1);
    assert_int_equal(intake_box_count(b, 0, YG_IN_REJECTED), 1);
    assert_int_equal(intake_box_count(b, 0, YG_IN_BYTES), 3 + 3 + 7 + 3);
}

struct poster {
    uint16_t port;
    int number;
    long bad;
};

static void *post_many(void *arg)
{
    struct poster *p = arg;
    char text[LINES * 32];

    for (int i = 0; i < REQUESTS; i++) {
        size_t n = 0;
        for (int k = 0; k < LINES; k++)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%d\n",
                                  (p->number * REQUESTS + i) * LINES + k);
        if (post(p->port, "/ingest", "secret", (struct yg_str){ text, n }) != 200)
            p->bad++;
    }
    return NULL;
}

static void many_at_once(void **state)
{
    struct intake_box *b = *state;
    struct poster p[POSTERS];
    pthread_t t[POSTERS];
    static bool seen[POSTERS * REQUESTS * LINES];
    size_t n = 0;

    assert_int_equal(intake_box_start(b, yaml), YG_OK);
    for (int i = 0; i < POSTERS; i++) {
        p[i] = (struct poster){ .port = yg_intake_port(b->in, 0), .number = i };
        assert_int_equal(pthread_create(&t[i], NULL, post_many, &p[i]), 0);
    }
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(t[i], NULL);
        assert_int_equal(p[i].bad, 0);
    }
    for (; intake_box_next(b, n < POSTERS * REQUESTS * LINES ? 5000 : 100); n++) {
        uint64_t number = POSTERS * REQUESTS * LINES;
        assert_true(yg_str_u64(b->rec.raw, &number));
        assert_in_range(number, 0, POSTERS * REQUESTS * LINES - 1);
        assert_false(seen[number]);
        seen[number] = true;
    }
    assert_int_equal(n, POSTERS * REQUESTS * LINES);
}

/* At the cap senders are held back; when the core has read, they are taken again. */
static void full_and_free_again(void **state)
{
    struct intake_box *b = *state;
    size_t size = (size_t)1 << 20;
    char *big = malloc(size);
    long status = 200;
    int sent = 0, read = 0;

    assert_non_null(big);
    for (size_t i = 0; i < size; i++)
        big[i] = i % 1000 == 999 ? '\n' : (char)('a' + i % 23);
    b->opt.cap = (uint64_t)96 << 20;
    assert_int_equal(intake_box_start(b, yaml), YG_OK);
    uint16_t port = yg_intake_port(b->in, 0);
    while (sent < 400 && (status = post(port, "/ingest", "secret",
                                        (struct yg_str){ big, size })) == 200)
        sent++;
    assert_int_equal(status, 429);
    assert_in_range(sent, 20, 96);
    assert_true(intake_box_count(b, 0, YG_IN_HELD) > 0);
    while (intake_box_next(b, 200))
        read++;
    assert_true(read >= sent * 1048);
    assert_int_equal(post(port, "/ingest", "secret", YG_STR("after")), 200);
    while (intake_box_next(b, 500) && !yg_str_eq(b->rec.raw, YG_STR("after"))) {
    }
    assert_true(yg_str_eq(b->rec.raw, YG_STR("after")));
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answered_is_durable, setup, teardown),
        cmocka_unit_test_setup_teardown(many_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(full_and_free_again, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
