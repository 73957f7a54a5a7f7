/* SPDX-License-Identifier: Apache-2.0 */
/* A live flow: batches of several sources in the order in which they are handed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "pipeline/flow.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOURCES 3
#define T0      (INT64_C(1700000000) * 1000000000)

enum { EVE, OTHER, UNKNOWN }; /* of UNKNOWN no decoder exists */

struct world {
    struct yg_rng r;
    uint64_t total, fed, seen, done, idle, unread, problems, pause, pause_every;
    bool kill;
};

static int source_of(uint64_t n)
{
    return (int)(n / 7 % SOURCES);
}

static void id_of(uint64_t n, unsigned char id[YG_ID_SIZE])
{
    yg_hash_id(YG_STR("live"), (struct yg_str){ (const char *)&n, sizeof(n) }, id);
}

static enum yg_status feed(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct world *w = arg;
    struct yg_batch *b = &slot->batch;
    char line[512];

    (void)err;
    if (w->fed == w->total)
        return YG_EEND;
    if (w->fed == w->pause)
        return YG_EBUSY; /* until the flow is idle */
    b->source = (uint32_t)source_of(w->fed);
    uint64_t most = 1 + yg_rng_below(&w->r, 5);
    while (b->count < most && w->fed < w->total && source_of(w->fed) == (int)b->source) {
        struct yg_record *r = &b->record[b->count];
        int n = snprintf(line, sizeof(line),
                         "{\"timestamp\":\"%s\",\"event_type\":\"alert\",\"alert\":{"
                         "\"signature_id\":1,"
                         "\"signature\":\"rule %llu\"},\"src_ip\":\"10.0.0.1\"}",
                         w->fed % 11 == 5 ? "never" : "2024-01-01T00:00:00Z",
                         (unsigned long long)w->fed);
        assert_true(yg_batch_add(b, (struct yg_str){ line, (size_t)n }, &r->raw));
        r->full_size = (uint64_t)n;
        r->line = w->fed;
        r->received_ns = T0 + (int64_t)w->fed;
        id_of(w->fed++, slot->id[b->count++]);
        if (w->fed == w->pause)
            break;
    }
    return YG_OK;
}

static enum yg_status idle(void *arg, struct yg_err *err)
{
    struct world *w = arg;

    (void)err;
    assert_int_equal(w->done, w->fed); /* nothing is on its way */
    w->idle++;
    w->pause += w->pause_every;
    return YG_OK;
}

static void kill_one_worker(void)
{
    char path[64], text[64] = "";

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "re");
    if (!f)
        return;
    uint64_t pid;
    struct yg_str rest = fgets(text, sizeof(text), f) ? yg_str_of(text) : YG_STR_NONE;
    if (yg_str_u64(yg_str_cut(&rest, ' '), &pid))
        kill((pid_t)pid, SIGKILL);
    fclose(f);
}

static enum yg_status event(void *arg, struct yg_slot *slot, uint32_t i,
                            struct yg_err *err)
{
    struct world *w = arg;
    const struct yg_event *e = &slot->batch.event[i];
    unsigned char id[YG_ID_SIZE];
    char want[32];

    (void)err;
    /* One order, that of feeding; what the core fed is as it was. */
    assert_int_equal(slot->batch.record[i].line, w->seen);
    assert_int_equal(slot->batch.source, source_of(w->seen));
    id_of(w->seen, id);
    assert_memory_equal(slot->id[i], id, YG_ID_SIZE);
    assert_int_equal(slot->batch.record[i].received_ns, T0 + (int64_t)w->seen);
    snprintf(want, sizeof(want), "rule %llu\"", (unsigned long long)w->seen);
    struct yg_str raw = yg_batch_str(&slot->batch, e->raw);
    assert_non_null(memmem(raw.p, raw.n, want, strlen(want)));
    /* What says no time came when it was received. */
    if (w->seen % 11 == 5 || slot->batch.source == UNKNOWN)
        assert_int_equal(e->time_ns, T0 + (int64_t)w->seen);
    w->unread += e->kind == YG_KIND_UNDECODABLE;
    w->seen++;
    if (w->kill && yg_rng_below(&w->r, 100) < 3)
        kill_one_worker();
    if (yg_event_is_alert(e)) {
        slot->row_of[i] = slot->rows;
        slot->row[(size_t)slot->rows++ * YG_FEATURES_MAX] =
            (float)slot->batch.record[i].line;
    }
    return YG_OK;
}

static enum yg_status done(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct world *w = arg;

    (void)err;
    for (uint32_t i = 0; i < slot->batch.count; i++) {
        assert_int_equal(slot->batch.record[i].line, w->done);
        assert_int_equal(slot->score[slot->row_of[i]].risk, w->done + 1);
        w->done++;
    }
    return YG_OK;
}

static void problem(void *arg, uint32_t source, const struct yg_err *err)
{
    struct world *w = arg;

    (void)source;
    (void)err;
    w->problems++;
}

static void score(const void *model, struct yg_slot *slot)
{
    (void)model;
    for (uint32_t i = 0; i < slot->rows; i++)
        slot->score[i] =
            (struct yg_score){ .risk =
                                   (uint32_t)slot->row[(size_t)i * YG_FEATURES_MAX] + 1 };
}

static void run(struct world *w, uint32_t workers)
{
    static const char *const format[SOURCES] = { "eve", "eve", "no-such" };
    struct yg_flow_input in[SOURCES];
    const struct yg_flow_sink sink = {
        .arg = w, .event = event, .done = done, .problem = problem
    };
    const struct yg_flow_options opt = { .workers = workers, .score = score };
    const struct yg_flow_live live = { .arg = w, .feed = feed, .idle = idle };
    struct yg_err err = { 0 };

    for (int i = 0; i < SOURCES; i++)
        in[i] = (struct yg_flow_input){ .fd = -1,
                                        .source = { .tenant = YG_STR("t"),
                                                    .name = YG_STR("s"),
                                                    .format = yg_str_of(format[i]) } };
    if (yg_flow_run_live(in, SOURCES, &live, &sink, &opt, &err) != YG_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(w->seen, w->total);
    assert_int_equal(w->done, w->total);
}

/* How many of the first `n` are of the source that nobody can read. */
static uint64_t unknown(uint64_t n)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += source_of(i) == UNKNOWN;
    return sum;
}

static void test_order(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++) {
        struct world w = { .total = 3000, .pause_every = workers * 37 };
        yg_rng_init(&w.r, workers);
        run(&w, workers);
        assert_int_equal(w.unread, unknown(w.total));
        assert_int_equal(w.idle, (w.total + w.pause_every - 1) / w.pause_every);
        assert_int_equal(w.problems, 1); /* the format that nobody knows, told once */
    }
}

static void test_killed_workers(void **state)
{
    struct world w = { .total = 2000, .pause_every = 100, .kill = true };

    (void)state;
    yg_rng_init(&w.r, 42);
    run(&w, 3);
}

static void test_nothing(void **state)
{
    struct world w = { .total = 0 };

    (void)state;
    yg_rng_init(&w.r, 1);
    run(&w, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_killed_workers),
        cmocka_unit_test(test_nothing),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
