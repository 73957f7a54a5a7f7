/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_stages - what each stage of the pipeline costs, by the pipeline's own functions.
 *
 * bench_stages FILE MODEL DIR: the alerts of FILE through framing, decoding, facts,
 * checks, identity, context, scoring, decision, audit and commit into an empty store in
 * DIR, in one process, a batch at a time, as pipeline/ingest does it. CPU time of each
 * stage, as its own sum; what `yagura triage` costs beyond their total is the price of
 * the processes. The audit is measured once more by itself, over made-up alerts that
 * would all close, at one and at ten alerts a run. The last line is one JSON object.
 */
#include "decode/decode.h"
#include "input/input.h"
#include "pipeline/guard.h"
#include "pipeline/identity.h"
#include "pipeline/judge.h"
#include "pipeline/seen.h"
#include "pipeline/workqueue.h"

#include "base/jsonw.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS          4 /* as many as triage has under way */
#define COMMIT_RECORDS 50000
#define MODEL_MAX      ((off_t)1 << 30)
#define TENANT         YG_STR("bench")

#define STAGES(X)                                                                        \
    X(FRAME, "frame")                                                                    \
    X(DECODE, "decode")                                                                  \
    X(FEATURES, "features")                                                              \
    X(CHECK, "check")                                                                    \
    X(IDENTITY, "identity")                                                              \
    X(CONTEXT, "context")                                                                \
    X(SCORE, "score")                                                                    \
    X(DECIDE, "decide")                                                                  \
    X(AUDIT, "audit")                                                                    \
    X(COMMIT, "commit")

enum stage {
#define X(id, name) ID_##id,
    STAGES(X)
#undef X
        STAGE_COUNT
};

static const char *const stage_name[] = {
#define X(id, name) name,
    STAGES(X)
#undef X
};

struct bench {
    struct yg_slot *slot; /* SLOTS */
    struct yg_input *input;
    struct yg_decode *decode;
    struct yg_analyser *analyser;
    struct yg_identity identity;
    struct yg_modelpack *pack;
    struct yg_judge *judge;
    struct yg_config config;
    struct yg_guard *guard;
    struct yg_store *store;
    struct yg_workqueue *queue;
    struct yg_clock clock;
    uint32_t store_source, tenant;
    uint64_t alerts, stored, decided, closed, pending;
    double used[STAGE_COUNT], mark;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_stages: %s\n", what);
    exit(1);
}

static void must(enum yg_status st, const struct yg_err *err)
{
    if (st != YG_OK)
        die(err->msg);
}

static void lap(struct bench *b, enum stage s)
{
    double now = yg_clock_cpu();

    b->used[s] += now - b->mark;
    b->mark = now;
}

static struct yg_modelpack *load_model(const char *path)
{
    struct yg_modelpack *m = NULL;
    struct yg_err err = { 0 };
    struct stat sb;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &sb) != 0 || sb.st_size > MODEL_MAX)
        die("the model cannot be read");
    char *p = malloc((size_t)sb.st_size + 1);
    if (!p || read(fd, p, (size_t)sb.st_size) != sb.st_size)
        die("the model cannot be read");
    close(fd);
    must(yg_modelpack_read((struct yg_str){ p, (size_t)sb.st_size }, NULL, &m, &err),
         &err);
    free(p);
    return m;
}

static void open_guard(struct bench *b)
{
    static const unsigned char secret[YG_COIN_SECRET] = "made up: this is a measurement";
    const struct yg_guard_options opt = { .store = b->store,
                                          .pack = b->pack,
                                          .config = &b->config,
                                          .clock = &b->clock,
                                          .secret = secret };
    struct yg_err err = { 0 };

    must(yg_guard_new(&opt, &b->guard, &err), &err);
}

static void begin(struct bench *b, char **argv)
{
    struct yg_source src = { .tenant = TENANT,
                             .name = YG_STR("eve"),
                             .format = YG_STR("eve") };
    struct yg_store_options opt = { .create = true, .clock = &b->clock };
    static struct yg_source kept;
    struct yg_err err = { 0 };
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);

    kept = src; /* the decoder borrows it */
    b->clock = yg_clock_real();
    b->slot = mmap(NULL, SLOTS * sizeof(*b->slot), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fd < 0 || b->slot == MAP_FAILED)
        die("the alerts cannot be read");
    b->pack = load_model(argv[2]);
    must(yg_input_open(fd, YG_FRAME_JSON, &b->input), &err);
    must(yg_decode_new(&kept, YG_STR_NONE, &b->decode, &err), &err);
    must(yg_analyser_new(&b->analyser), &err);
    yg_identity_init(&b->identity);
    must(yg_judge_new(b->pack, 0, &b->judge, &err), &err);
    must(yg_judge_tenant(b->judge, TENANT, &b->tenant, &err), &err);
    must(yg_store_open(argv[3], &opt, &b->store, &err), &err);
    must(yg_store_source_put(b->store, &kept, &b->store_source, &err), &err);
    must(yg_workqueue_new(b->store, &b->queue, &err), &err);
    yg_config_init(&b->config);
    open_guard(b);
}

static void identify(struct bench *b, struct yg_slot *s)
{
    for (uint32_t i = 0; i < s->batch.count; i++) {
        struct yg_event *e = &s->batch.event[i];
        if (i + 8 < s->batch.count) {
            yg_identity_ahead(&b->identity, s->batch.event[i + 8].id);
            yg_store_ahead(b->store, s->batch.event[i + 8].id);
        }
        if (e->kind == YG_KIND_SKIP)
            continue;
        if (yg_identity_of(&b->identity, e->id) != YG_OK || yg_store_has(b->store, e->id))
            die("an alert came twice");
    }
}

static void see(struct bench *b, struct yg_slot *s)
{
    s->rows = 0;
    for (uint32_t i = 0; i < s->batch.count; i++) {
        s->row_of[i] = UINT32_MAX;
        yg_judge_ahead(b->judge, b->tenant, s->facts, i, s->batch.count);
        if (!yg_event_is_alert(&s->batch.event[i]))
            continue;
        s->row_of[i] = s->rows++;
        yg_judge_see(b->judge, b->tenant, &s->facts[i],
                     s->row + (size_t)s->row_of[i] * YG_FEATURES_MAX);
    }
}

static void keep(struct bench *b, struct yg_slot *s, uint32_t i,
                 const struct yg_judgement *j)
{
    const struct yg_event *e = &s->batch.event[i];
    const struct yg_facts *x = &s->facts[i];
    struct yg_err err = { 0 };
    struct yg_store_record r = {
        .time_ns = e->time_ns,
        .received_ns = yg_clock_now(&b->clock),
        .source = b->store_source,
        .kind = e->kind,
        .verdict = e->verdict,
        .decision = j->decision.close ? YG_DECISION_CLOSE : YG_DECISION_OPEN,
        .predicted = j->score.predicted,
        .risk = j->score.risk,
        .gates = j->decision.gates,
        .key = { x->key[YG_KEY_SIGNATURE], x->key[YG_KEY_SOURCE],
                 x->key[YG_KEY_DESTINATION], x->key[YG_KEY_HOST] },
        .raw = yg_batch_str(&s->batch, e->raw),
        .facts = x,
    };

    memcpy(r.id, e->id, YG_ID_SIZE);
    must(yg_store_add(b->store, TENANT, &r, &err), &err);
    must(yg_workqueue_add(b->queue, TENANT, &s->batch, i, j, &err), &err);
    b->stored++;
    b->pending++;
}

static void commit(struct bench *b)
{
    struct yg_err err = { 0 };

    must(yg_guard_flush(b->guard, &err), &err);
    must(yg_workqueue_flush(b->queue, &err), &err);
    must(yg_store_commit(b->store, &err), &err);
    b->pending = 0;
}

static void audit(struct bench *b, const struct yg_slot *s, uint32_t i,
                  struct yg_judgement *j)
{
    const struct yg_guard_alert a = { .tenant = TENANT,
                                      .run = &j->run,
                                      .id = s->batch.event[i].id,
                                      .entity = s->facts[i].key[YG_KEY_ENTITY],
                                      .time_ns = s->facts[i].time_ns,
                                      .risk = j->score.risk,
                                      .device = s->facts[i].device,
                                      .predicted = j->score.predicted,
                                      .close = j->decision.close };
    enum yg_guard_draw draw;
    struct yg_err err = { 0 };

    must(yg_guard_see(b->guard, &a, &draw, &err), &err);
}

static void decide_and_keep(struct bench *b, struct yg_slot *s)
{
    static struct yg_judgement j[YG_BATCH_MAX];

    for (uint32_t i = 0; i < s->batch.count; i++) {
        uint32_t row = s->row_of[i];
        if (row == UINT32_MAX)
            continue;
        const struct yg_judge_alert a = { .facts = &s->facts[i],
                                          .id = s->batch.event[i].id,
                                          .score = &s->score[row],
                                          .distance = s->distance[row] };
        yg_judge_decide(b->judge, b->tenant, &a, &j[i]);
        b->decided++;
        b->closed += j[i].decision.close;
    }
    lap(b, ID_DECIDE);
    for (uint32_t i = 0; i < s->batch.count; i++)
        if (s->row_of[i] != UINT32_MAX)
            audit(b, s, i, &j[i]);
    lap(b, ID_AUDIT);
    for (uint32_t i = 0; i < s->batch.count; i++)
        if (s->row_of[i] != UINT32_MAX)
            keep(b, s, i, &j[i]);
    if (b->pending >= COMMIT_RECORDS)
        commit(b);
    lap(b, ID_COMMIT);
}

/* As a worker does it: with a look at the packet or payload that the alert carries. */
static void facts(struct bench *b, struct yg_slot *s, uint32_t i)
{
    const struct yg_event *e = &s->batch.event[i];
    const struct yg_analysis *seen = NULL;

    if (e->kind == YG_KIND_ALERT) {
        struct yg_analysis_in in = yg_seen_in(&s->batch, e, YG_STR_NONE);
        seen = yg_analyse(b->analyser, &in);
    }
    yg_facts_of(&s->batch, e, seen, &s->facts[i]);
}

/* One batch through all stages; false: the input has ended. */
static bool step(struct bench *b, struct yg_slot *s, uint64_t seq)
{
    struct yg_err err = { 0 };

    yg_batch_clear(&s->batch, seq, 0);
    enum yg_status st = yg_input_frame(b->input, &s->batch, &err);
    lap(b, ID_FRAME);
    if (st == YG_EEND)
        return false;
    must(st, &err);
    yg_decode_batch(b->decode, &s->batch);
    lap(b, ID_DECODE);
    for (uint32_t i = 0; i < s->batch.count; i++)
        facts(b, s, i);
    lap(b, ID_FEATURES);
    if (yg_batch_check(&s->batch) != YG_OK)
        die("a batch is out of bounds");
    lap(b, ID_CHECK);
    identify(b, s);
    lap(b, ID_IDENTITY);
    see(b, s);
    lap(b, ID_CONTEXT);
    yg_judge_score(b->pack, s);
    lap(b, ID_SCORE);
    b->alerts += s->batch.count;
    decide_and_keep(b, s);
    return true;
}

/* One day of runs of `each` alerts that would all close, a thousand of them under way at
 * once; microseconds an alert. */
static double audit_alone(struct bench *b, uint64_t each)
{
    const uint64_t alerts = 1000000, runs = alerts / each, wide = 1000;
    const int64_t from = yg_clock_now(&b->clock);
    struct yg_run run = { .first_ns = from };
    struct yg_guard_alert a = {
        .tenant = TENANT, .run = &run, .id = run.id, .device = YG_DEV_IDS, .close = true
    };
    enum yg_guard_draw draw;
    struct yg_err err = { 0 };

    yg_guard_free(b->guard);
    open_guard(b);
    double start = yg_clock_cpu();
    for (uint64_t i = 0; i < alerts; i++) {
        uint64_t n = i / (wide * each) * wide + i % wide;
        memcpy(run.id, &n, sizeof(n));
        run.fresh = i / wide % each == 0;
        run.last_ns = a.time_ns = from + (int64_t)(i * 86400);
        a.entity = n + 1;
        must(yg_guard_see(b->guard, &a, &draw, &err), &err);
    }
    double us = (yg_clock_cpu() - start) * 1e6 / (double)alerts;
    printf("audit of %llu runs of %llu alerts: %.3f us an alert\n",
           (unsigned long long)runs, (unsigned long long)each, us);
    return us;
}

static void report(const struct bench *b, double wall, const double alone[2])
{
    struct yg_buf out;
    struct yg_jsonw w = yg_jsonw_of(&out);
    double total = 0, n = (double)b->alerts;

    yg_buf_init(&out, 4096);
    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "alerts", b->alerts);
    yg_jsonw_ku64(&w, "stored", b->stored);
    yg_jsonw_ku64(&w, "decided", b->decided);
    yg_jsonw_ku64(&w, "closed", b->closed);
    yg_jsonw_key(&w, "us");
    yg_jsonw_open(&w, '{');
    for (int i = 0; i < STAGE_COUNT; i++) {
        double us = b->used[i] * 1e6 / n;
        printf("%-10s %8.3f us an alert %12.0f alerts/s\n", stage_name[i], us, 1e6 / us);
        yg_jsonw_kf64(&w, stage_name[i], us);
        total += us;
    }
    yg_jsonw_close(&w, '}');
    printf("%-10s %8.3f us an alert %12.0f alerts/s\n", "sum", total, 1e6 / total);
    yg_jsonw_kf64(&w, "sum_us", total);
    yg_jsonw_kf64(&w, "seconds", wall);
    yg_jsonw_kf64(&w, "audit_us_1", alone[0]);
    yg_jsonw_kf64(&w, "audit_us_10", alone[1]);
    yg_jsonw_close(&w, '}');
    puts(yg_buf_cstr(&out));
    yg_buf_fini(&out);
}

int main(int argc, char **argv)
{
    static struct bench b;
    uint64_t seq = 0;

    if (argc != 4)
        die("usage: bench_stages ALERTS.json MODEL.ygm EMPTY-DIRECTORY");
    begin(&b, argv);
    double start = yg_clock_wall();
    b.mark = yg_clock_cpu();
    while (step(&b, &b.slot[seq % SLOTS], seq))
        seq++;
    commit(&b);
    lap(&b, ID_COMMIT);
    double wall = yg_clock_wall() - start;
    const double alone[2] = { audit_alone(&b, 1), audit_alone(&b, 10) };
    report(&b, wall, alone);
    yg_guard_free(b.guard);
    yg_workqueue_free(b.queue);
    yg_store_close(b.store);
    yg_judge_free(b.judge);
    yg_modelpack_free(b.pack);
    yg_identity_fini(&b.identity);
    yg_analyser_free(b.analyser);
    yg_decode_free(b.decode);
    yg_input_close(b.input);
    return b.stored == b.alerts && b.decided == b.alerts ? 0 : 1;
}
