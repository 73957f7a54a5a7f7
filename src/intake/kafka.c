/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/kafka.h"

#include "base/buf.h"
#include "base/log.h"
#include "intake/gather.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGES  1000
#define BYTES     ((size_t)1 << 20)
#define POLL_MS   100
#define LAST_NS   ((int64_t)2 * YG_NS_PER_S) /* for what is under way when stopping */
#define COMMIT_NS ((int64_t)1 * YG_NS_PER_S) /* between two commits */
#define PLACE_MAX 512

struct kafka {
    struct yg_intake *in;
    uint32_t source;
    rd_kafka_t *rk;
    struct yg_gather gather;
    pthread_t thread;
    atomic_bool stop;
    bool held, told; /* paused; an error was logged and nothing came since */
    rd_kafka_message_t *msg[MESSAGES]; /* polled, not yet in the journal */
    size_t count, bytes;
    rd_kafka_topic_partition_list_t *taken; /* offsets behind what is in the journal */
    rd_kafka_topic_partition_list_t *due;   /* to commit when `due_ticket` is durable */
    uint64_t ticket, due_ticket;
    double committed; /* when, monotonic */
};

/* ---- messages -----------------------------------------------------------------------
 */

static enum yg_status add(struct kafka *k, const rd_kafka_message_t *m)
{
    unsigned char name[PLACE_MAX];
    struct yg_str topic = yg_str_of(rd_kafka_topic_name(m->rkt));
    uint64_t n[] = { (uint64_t)m->partition, (uint64_t)m->offset };
    size_t len = topic.n < 249 ? topic.n : 249; /* Kafka's longest */

    memcpy(name, "kafka ", 6);
    memcpy(name + 6, topic.p, len);
    len += 6;
    name[len++] = '\0';
    for (unsigned i = 0; i < 16; i++)
        name[len++] = (unsigned char)(n[i / 8] >> 8 * (i % 8));
    return yg_gather_named(&k->gather, (struct yg_str){ (const char *)name, len },
                           (struct yg_str){ m->payload, m->len });
}

static void forget_messages(struct kafka *k)
{
    for (size_t i = 0; i < k->count; i++)
        rd_kafka_message_destroy(k->msg[i]);
    k->count = k->bytes = 0;
}

static void note_taken(struct kafka *k)
{
    for (size_t i = 0; i < k->count; i++) {
        const char *topic = rd_kafka_topic_name(k->msg[i]->rkt);
        rd_kafka_topic_partition_t *p =
            rd_kafka_topic_partition_list_find(k->taken, topic, k->msg[i]->partition);
        if (!p)
            p = rd_kafka_topic_partition_list_add(k->taken, topic, k->msg[i]->partition);
        p->offset = k->msg[i]->offset + 1;
    }
}

/* Hand the messages to the journal, all or none of them as far as offsets go. */
static enum yg_status take(struct kafka *k)
{
    enum yg_status st = YG_OK;

    if (k->count == 0)
        return YG_OK;
    yg_gather_begin(&k->gather, YG_STR("kafka"), YG_STR(""));
    for (size_t i = 0; st == YG_OK && i < k->count; i++)
        if (k->msg[i]->len > 0 && k->msg[i]->payload)
            st = add(k, k->msg[i]);
    st = yg_gather_end(&k->gather);
    if (st != YG_OK)
        return st;
    if (k->gather.any)
        k->ticket = k->gather.ticket;
    note_taken(k);
    forget_messages(k);
    return YG_OK;
}

/* ---- commits ------------------------------------------------------------------------
 */

static void commit_due(struct kafka *k, bool wait)
{
    if (!k->due || yg_journal_wait(yg_intake_journal(k->in), k->due_ticket,
                                   wait ? LAST_NS : 0) != YG_OK)
        return;
    (void)rd_kafka_commit(k->rk, k->due, !wait);
    rd_kafka_topic_partition_list_destroy(k->due);
    k->due = NULL;
    k->committed = yg_clock_wall();
}

static void commit(struct kafka *k, bool last)
{
    double since = yg_clock_wall() - k->committed;

    commit_due(k, last);
    if (k->due || k->taken->cnt == 0 ||
        (!last && since * (double)YG_NS_PER_S < (double)COMMIT_NS))
        return;
    k->due = rd_kafka_topic_partition_list_copy(k->taken);
    k->due_ticket = k->ticket;
    rd_kafka_topic_partition_list_destroy(k->taken);
    k->taken = rd_kafka_topic_partition_list_new(8);
    commit_due(k, last);
}

/* ---- the thread ---------------------------------------------------------------------
 */

/* Polling must go on while nothing can be taken, or the group gives our partitions away;
 * paused partitions bring nothing. */
static void hold(struct kafka *k, bool on)
{
    rd_kafka_topic_partition_list_t *all = NULL;

    if (rd_kafka_assignment(k->rk, &all) == RD_KAFKA_RESP_ERR_NO_ERROR && all) {
        if (on)
            (void)rd_kafka_pause_partitions(k->rk, all);
        else
            (void)rd_kafka_resume_partitions(k->rk, all);
        rd_kafka_topic_partition_list_destroy(all);
    }
    k->held = on;
}

/* A message of a partition that came to us while paused: it is fetched again. */
static void put_back(struct kafka *k, rd_kafka_message_t *m)
{
    (void)rd_kafka_seek(m->rkt, m->partition, m->offset, 0);
    rd_kafka_message_destroy(m);
    hold(k, true);
}

static void poll_once(struct kafka *k, int ms)
{
    rd_kafka_message_t *m = rd_kafka_consumer_poll(k->rk, ms);

    if (!m)
        return;
    if (m->err) {
        if (m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF && !k->told)
            yg_log(YG_LOG_WARN, "kafka: %s; tried again", rd_kafka_message_errstr(m));
        k->told |= m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF;
        rd_kafka_message_destroy(m);
    } else if (k->held) {
        put_back(k, m);
    } else {
        k->told = false;
        k->bytes += m->len;
        k->msg[k->count++] = m;
    }
}

static void fill(struct kafka *k)
{
    size_t before;

    poll_once(k, POLL_MS);
    do {
        before = k->count;
        if (k->held || k->count == MESSAGES || k->bytes >= BYTES)
            return;
        poll_once(k, 0);
    } while (k->count > before);
}

static void *run(void *arg)
{
    struct kafka *k = arg;

    while (!atomic_load(&k->stop)) {
        fill(k);
        enum yg_status st = take(k);
        if (st != YG_OK && !k->held)
            hold(k, true);
        else if (st == YG_OK && k->held)
            hold(k, false);
        commit(k, false);
    }
    return NULL;
}

/* ---- configuration ------------------------------------------------------------------
 */

static enum yg_status set(rd_kafka_conf_t *c, const char *key, const char *value,
                          struct yg_err *err)
{
    char why[256];

    if (rd_kafka_conf_set(c, key, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return YG_OK;
    return yg_err_set(err, YG_EINVAL, "kafka: %s", why);
}

static enum yg_status set_text(rd_kafka_conf_t *c, const char *key, struct yg_str value,
                               struct yg_err *err)
{
    struct yg_buf b;

    if (value.n == 0)
        return YG_OK;
    yg_buf_init(&b, 65536);
    yg_buf_str_add(&b, value);
    enum yg_status st = set(c, key, yg_buf_cstr(&b), err);
    yg_buf_fini(&b);
    return st;
}

/* "key=value,key=value": what decides about loss cannot be set. */
static enum yg_status set_options(rd_kafka_conf_t *c, struct yg_str options,
                                  struct yg_err *err)
{
    enum yg_status st = YG_OK;
    char name[128];

    while (st == YG_OK && options.p && options.n > 0) {
        struct yg_str value = yg_str_cut(&options, ','),
                      key = yg_str_trim(yg_str_cut(&value, '='));
        if (!value.p || key.n == 0 || key.n >= sizeof(name))
            return yg_err_set(err, YG_EINVAL,
                              "kafka: options are key=value, comma between");
        if (yg_str_starts(key, YG_STR("enable.auto.")))
            return yg_err_set(err, YG_EINVAL,
                              "kafka: %.*s is not an option: offsets are committed when "
                              "their messages are on disk",
                              YG_STR_ARG(key));
        snprintf(name, sizeof(name), "%.*s", YG_STR_ARG(key));
        st = set_text(c, name, yg_str_trim(value), err);
    }
    return st;
}

static void quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    yg_log(YG_LOG_DEBUG, "kafka: %s: %s", facility, text);
}

static enum yg_status configure(rd_kafka_conf_t *c, const struct yg_input_conf *conf,
                                struct yg_err *err)
{
    static const char *const fixed[][2] = {
        { "auto.offset.reset", "earliest" }, /* unless `options` says otherwise */
        { "queued.max.messages.kbytes", "65536" },
        { "topic.metadata.refresh.interval.ms", "10000" }, /* finds topics that are new */
        { "client.id", "yagura" },
        { "enable.auto.commit", "false" },
        { "enable.auto.offset.store", "false" },
    };
    enum yg_status st = set_text(c, "bootstrap.servers", conf->brokers, err);

    if (st == YG_OK)
        st = set_text(c, "group.id", conf->group.n ? conf->group : YG_STR("yagura"), err);
    if (st == YG_OK)
        st = set_text(c, "ssl.ca.location", conf->ca, err);
    for (size_t i = 0; st == YG_OK && i < YG_ARRAY_LEN(fixed); i++)
        st = set(c, fixed[i][0], fixed[i][1], err);
    if (st == YG_OK)
        st = set_options(c, conf->options, err);
    rd_kafka_conf_set_log_cb(c, quiet);
    return st;
}

static enum yg_status subscribe(struct kafka *k, struct yg_str topics, struct yg_err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    char name[256];

    while (topics.p) {
        struct yg_str t = yg_str_trim(yg_str_cut(&topics, ','));
        if (t.n == 0 || t.n >= sizeof(name))
            continue;
        snprintf(name, sizeof(name), "%.*s", YG_STR_ARG(t));
        rd_kafka_topic_partition_list_add(list, name, RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t e =
        list->cnt ? rd_kafka_subscribe(k->rk, list) : RD_KAFKA_RESP_ERR__INVALID_ARG;
    rd_kafka_topic_partition_list_destroy(list);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR)
        return yg_err_set(err, YG_EINVAL, "kafka: cannot subscribe: %s",
                          rd_kafka_err2str(e));
    return YG_OK;
}

static void free_kafka(void *state)
{
    struct kafka *k = state;

    if (!k)
        return;
    if (k->rk) {
        commit(k, true);
        commit(k, true);
        forget_messages(k);
        (void)rd_kafka_consumer_close(k->rk);
        rd_kafka_destroy(k->rk);
    }
    if (k->taken)
        rd_kafka_topic_partition_list_destroy(k->taken);
    if (k->due)
        rd_kafka_topic_partition_list_destroy(k->due);
    yg_gather_fini(&k->gather);
    free(k);
}

static enum yg_status connect_to(struct kafka *k, const struct yg_input_conf *conf,
                                 struct yg_err *err)
{
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    char why[256] = "";

    enum yg_status st = configure(c, conf, err);
    if (st == YG_OK) {
        k->rk = rd_kafka_new(RD_KAFKA_CONSUMER, c, why, sizeof(why));
        if (!k->rk)
            st = yg_err_set(err, YG_EINVAL, "kafka: %s", why);
    }
    if (st != YG_OK) {
        rd_kafka_conf_destroy(c);
        return st;
    }
    (void)rd_kafka_poll_set_consumer(k->rk);
    return subscribe(k, conf->topics, err);
}

static enum yg_status start(struct yg_intake *in, const struct yg_input_conf *conf,
                            uint32_t source, void **state, struct yg_err *err)
{
    struct kafka *k = calloc(1, sizeof(*k));

    if (!k)
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    k->in = in;
    k->source = source;
    k->taken = rd_kafka_topic_partition_list_new(8);
    enum yg_status st = yg_gather_init(&k->gather, in, source);
    if (st != YG_OK)
        (void)yg_err_set(err, st, "no memory for an input");
    if (st == YG_OK)
        st = connect_to(k, conf, err);
    if (st == YG_OK && pthread_create(&k->thread, NULL, run, k) != 0)
        st = yg_err_set(err, YG_ENOMEM, "no thread for an input");
    if (st != YG_OK) {
        free_kafka(k);
        return st;
    }
    *state = k;
    return YG_OK;
}

static void stop(void *state)
{
    struct kafka *k = state;

    if (!atomic_exchange(&k->stop, true))
        pthread_join(k->thread, NULL);
}

static void end(void *state)
{
    if (state)
        stop(state);
    free_kafka(state);
}

const struct yg_intake_kind yg_intake_kafka = {
    .name = "kafka",
    .doc = "topics of Kafka, as a member of a consumer group",
    .start = start,
    .stop = stop,
    .free = end,
};
