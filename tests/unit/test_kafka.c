/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/kafka.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "intake_fake.h"

#define TOPIC "alerts"

/* librdkafka makes its threads with thrd_create, which gcc 12's ThreadSanitizer does not
 * see: it falls over in the first of them. */
#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#else
#define UNDER_TSAN 0
#endif

struct broker {
    struct yg_intake in;
    rd_kafka_t *producer; /* its mock cluster is what both sides speak to */
    const char *address;
};

static int setup(void **state)
{
    struct broker *b = calloc(1, sizeof(*b));
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    char why[256];

    fake_init(&b->in);
    rd_kafka_conf_set(c, "test.mock.num.brokers", "1", why, sizeof(why));
    b->producer = rd_kafka_new(RD_KAFKA_PRODUCER, c, why, sizeof(why));
    assert_non_null(b->producer);
    rd_kafka_mock_cluster_t *mock = rd_kafka_handle_mock_cluster(b->producer);
    rd_kafka_mock_topic_create(mock, TOPIC, 2, 1);
    b->address = rd_kafka_mock_cluster_bootstraps(mock);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct broker *b = *state;

    rd_kafka_destroy(b->producer);
    fake_fini(&b->in);
    free(b);
    return 0;
}

static void produce(struct broker *b, int from, int to)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(b->producer, TOPIC, NULL);
    char text[32];

    for (int i = from; i < to; i++) {
        int n = snprintf(text, sizeof(text), "{\"n\":%d}", i);
        assert_int_equal(rd_kafka_produce(topic, i % 2, RD_KAFKA_MSG_F_COPY, text,
                                          (size_t)n, NULL, 0, NULL),
                         0);
    }
    rd_kafka_topic_destroy(topic);
    assert_int_equal(rd_kafka_flush(b->producer, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void *begin(struct broker *b)
{
    struct yg_input_conf conf = { .brokers = yg_str_of(b->address),
                                  .topics = YG_STR(TOPIC),
                                  .group = YG_STR("g"),
                                  .options = YG_STR("session.timeout.ms=6000, "
                                                    "fetch.wait.max.ms=50") };
    struct yg_err err = { 0 };
    void *state = NULL;

    if (yg_intake_kafka.start(&b->in, &conf, 0, &state, &err) != YG_OK)
        fail_msg("%s", err.msg);
    return state;
}

static void end(void *state)
{
    yg_intake_kafka.stop(state);
    yg_intake_kafka.free(state);
}

static void each_message_once_with_its_own_id(void **state)
{
    struct broker *b = *state;

    produce(b, 0, 500);
    void *k = begin(b);
    assert_int_equal(fake_wait(&b->in, 500, 30), 500);
    end(k);
    assert_int_equal(b->in.count, 500);
    for (size_t i = 1; i < 500; i++) {
        assert_memory_not_equal(b->in.rec[i].id, b->in.rec[0].id, YG_ID_SIZE);
        assert_true(yg_str_starts(b->in.rec[i].raw, YG_STR("{\"n\":")));
    }
}

/* What was durable is committed: the next member begins behind it. */
static void goes_on_where_it_was(void **state)
{
    struct broker *b = *state;

    produce(b, 0, 100);
    void *k = begin(b);
    assert_int_equal(fake_wait(&b->in, 100, 30), 100);
    end(k);
    fake_clear(&b->in);
    produce(b, 100, 110);
    k = begin(b);
    assert_int_equal(fake_wait(&b->in, 10, 30), 10);
    end(k);
    assert_int_equal(b->in.count, 10);
}

/* What was not durable is not committed: it is read again, with the same ids. */
static void not_durable_is_not_committed(void **state)
{
    struct broker *b = *state;
    unsigned char id[20][YG_ID_SIZE];

    b->in.stuck = true;
    produce(b, 0, 20);
    void *k = begin(b);
    assert_int_equal(fake_wait(&b->in, 20, 30), 20);
    end(k);
    for (size_t i = 0; i < 20; i++)
        memcpy(id[i], b->in.rec[i].id, YG_ID_SIZE);
    b->in.stuck = false;
    fake_clear(&b->in);
    k = begin(b);
    assert_int_equal(fake_wait(&b->in, 20, 30), 20);
    end(k);
    for (size_t i = 0; i < 20; i++) {
        bool found = false;
        for (size_t j = 0; j < 20; j++)
            found |= memcmp(id[i], b->in.rec[j].id, YG_ID_SIZE) == 0;
        assert_true(found);
    }
}

static void a_full_journal_holds_the_group(void **state)
{
    struct broker *b = *state;
    const struct timespec a_while = { .tv_nsec = 900 * 1000 * 1000 };

    b->in.full = true;
    produce(b, 0, 50);
    void *k = begin(b);
    nanosleep(&a_while, NULL);
    assert_int_equal(fake_count(&b->in), 0);
    b->in.full = false;
    assert_int_equal(fake_wait(&b->in, 50, 30), 50);
    end(k);
    assert_int_equal(b->in.count, 50);
}

static void options_that_cannot_be(void **state)
{
    static const struct {
        const char *options, *said;
    } row[] = {
        { "enable.auto.commit=true", "committed when" },
        { "no.such.option=1", "No such configuration property" },
        { "session.timeout.ms", "key=value" },
        { "session.timeout.ms=x", "session.timeout.ms" },
    };
    struct broker *b = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_input_conf conf = { .brokers = yg_str_of(b->address),
                                      .topics = YG_STR(TOPIC),
                                      .options = yg_str_of(row[i].options) };
        struct yg_err err = { 0 };
        void *made = NULL;
        assert_int_equal(yg_intake_kafka.start(&b->in, &conf, 0, &made, &err), YG_EINVAL);
        assert_non_null(strstr(err.msg, row[i].said));
        assert_null(made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_message_once_with_its_own_id, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(goes_on_where_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(not_durable_is_not_committed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_journal_holds_the_group, setup, teardown),
        cmocka_unit_test_setup_teardown(options_that_cannot_be, setup, teardown),
    };

    if (UNDER_TSAN) {
        puts("1..0 # SKIP librdkafka's threads and ThreadSanitizer do not agree");
        return 0;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
