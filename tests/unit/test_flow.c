/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "conf/mapping.h"
#include "pipeline/flow.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SOURCES_MAX 100

/* What the sink saw. */
struct seen {
    struct one {
        uint32_t source, kind, rows;
        uint64_t line;
        int64_t time_ns;
        char rule[16];
    } * a;
    size_t n, size, done, problems, begun;
    char last_problem[512];
    bool score;      /* ask for a score of every alert */
    uint64_t kill;   /* chance in 1000 that an event kills a worker; 0: never */
    struct yg_rng r; /* for the killing */
    size_t killed;
};

/* Kill one of our children, whichever the system lists first. */
static void kill_worker(struct seen *s)
{
    char path[64], text[256] = "";

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "re");
    if (!f)
        return;
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    uint64_t pid[16], count = 0;
    struct yg_str rest = yg_str_of(text);
    while (count < 16 && yg_str_u64(yg_str_cut(&rest, ' '), &pid[count]))
        count++;
    if (count == 0)
        return;
    kill((pid_t)pid[yg_rng_below(&s->r, count)], SIGKILL);
    s->killed++;
}

static enum yg_status begin(void *arg, uint32_t source, const struct yg_source *src,
                            struct yg_err *err)
{
    struct seen *s = arg;

    (void)source;
    (void)err;
    assert_true(src->format.n > 0);
    s->begun++;
    return YG_OK;
}

static enum yg_status event(void *arg, struct yg_slot *slot, uint32_t i,
                            struct yg_err *err)
{
    struct seen *s = arg;
    const struct yg_event *e = &slot->batch.event[i];

    (void)err;
    if (s->n == s->size) {
        s->size = s->size ? 2 * s->size : 1024;
        s->a = realloc(s->a, s->size * sizeof(*s->a));
    }
    struct one *o = &s->a[s->n++];
    struct yg_str rule = yg_event_str(&slot->batch, e, YG_F_RULE_NAME);
    *o = (struct one){ .source = slot->batch.source,
                       .kind = e->kind,
                       .line = slot->batch.record[i].line,
                       .time_ns = e->time_ns };
    snprintf(o->rule, sizeof(o->rule), "%.*s", (int)(rule.n < 15 ? rule.n : 15),
             rule.n ? rule.p : "");
    if (s->score && yg_event_is_alert(e)) {
        slot->row_of[i] = slot->rows;
        slot->row[(size_t)slot->rows++ * YG_FEATURES_MAX] = (float)o->line;
    }
    if (s->kill && yg_rng_below(&s->r, 1000) < s->kill)
        kill_worker(s);
    return YG_OK;
}

static enum yg_status done(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct seen *s = arg;

    (void)err;
    assert_int_equal(yg_batch_check(&slot->batch), YG_OK);
    for (uint32_t i = 0; s->score && i < slot->batch.count; i++)
        if (slot->row_of[i] != UINT32_MAX)
            assert_int_equal(slot->score[slot->row_of[i]].risk,
                             2 * slot->batch.record[i].line + 1);
    s->done++;
    return YG_OK;
}

static void problem(void *arg, uint32_t source, const struct yg_err *err)
{
    struct seen *s = arg;

    (void)source;
    s->problems++;
    snprintf(s->last_problem, sizeof(s->last_problem), "%s", err->msg);
}

static void forget(struct seen *s)
{
    free(s->a);
    *s = (struct seen){ .score = s->score, .kill = s->kill, .r = s->r };
}

static enum yg_status run(struct yg_flow_input *in, uint32_t count, uint32_t workers,
                          void (*score)(const void *, struct yg_slot *), struct seen *s,
                          struct yg_err *err)
{
    struct yg_flow_sink sink = {
        .arg = s, .begin = begin, .event = event, .done = done, .problem = problem
    };
    struct yg_flow_options opt = { .workers = workers, .score = score };

    for (uint32_t i = 0; i < count; i++)
        if (in[i].fd >= 0)
            (void)lseek(in[i].fd, 0, SEEK_SET);
    *err = (struct yg_err){ 0 };
    return yg_flow_run(in, count, &sink, &opt, NULL, err);
}

static int file_of(const char *text, size_t n)
{
    int fd = memfd_create("flow", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* One EVE alert of second `s`. */
static int alert(char *out, size_t size, int s, const char *rule)
{
    return snprintf(out, size,
                    "{\"timestamp\":\"2026-01-05T%02d:%02d:%02d.000000+0000\","
                    "\"event_type\":\"alert\",\"src_ip\":\"198.18.0.1\","
                    "\"dest_ip\":\"10.0.0.1\",\"alert\":{\"signature_id\":7,"
                    "\"signature\":\"%s\",\"severity\":2}}\n",
                    s / 3600, s / 60 % 60, s % 60, rule);
}

/* A file of alerts at these seconds. */
static struct yg_flow_input input_of(const int *s, size_t n, const char *rule)
{
    char *text = malloc(n * 512 + 1);
    size_t at = 0;

    for (size_t i = 0; i < n; i++)
        at += (size_t)alert(text + at, 512, s[i], rule);
    struct yg_flow_input in = { .source = { .tenant = YG_STR("t"), .path = YG_STR("f") },
                                .fd = file_of(text, at) };
    free(text);
    return in;
}

static struct yg_flow_input ramp(size_t n, int first, int step, const char *rule)
{
    int *s = calloc(n + 1, sizeof(*s));

    for (size_t i = 0; i < n; i++)
        s[i] = first + (int)i * step;
    struct yg_flow_input in = input_of(s, n, rule);
    free(s);
    return in;
}

static void close_all(struct yg_flow_input *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        close(in[i].fd);
}

static void order(void **state)
{
    static const int a[] = { 10, 20, 20, 30 }, b[] = { 5, 20, 40, 15, 41 }, c[] = { 20 };
    /* b steps back in time: it keeps its own order, and holds nobody up. */
    static const struct {
        uint32_t source;
        uint64_t line;
    } want[] = { { 1, 1 }, { 0, 1 }, { 0, 2 }, { 0, 3 }, { 1, 2 },
                 { 2, 1 }, { 0, 4 }, { 1, 3 }, { 1, 4 }, { 1, 5 } };
    struct yg_flow_input in[] = { input_of(a, 4, "a"), input_of(b, 5, "b"),
                                  input_of(c, 1, "c") };
    struct seen s = { .n = 0 };
    struct yg_err err;

    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++) {
        assert_int_equal(run(in, 3, workers, NULL, &s, &err), YG_OK);
        assert_int_equal(s.n, YG_ARRAY_LEN(want));
        for (size_t i = 0; i < s.n; i++)
            if (s.a[i].source != want[i].source || s.a[i].line != want[i].line)
                fail_msg("event %zu: source %u line %d", i, s.a[i].source,
                         (int)s.a[i].line);
        assert_int_equal(s.begun, 3);
        assert_int_equal(s.problems, 0);
        forget(&s);
    }
    close_all(in, 3);
}

/* Many sources of several batches each, on fewer workers: nothing lost, in order. */
static void many_sources(void **state)
{
    struct yg_flow_input in[SOURCES_MAX];
    struct seen s = { .n = 0 };
    struct yg_err err;

    (void)state;
    for (int i = 0; i < SOURCES_MAX; i++)
        in[i] = ramp(i == 3 ? 0 : (size_t)(i % 7) * 101, i, 3, "many");
    for (uint32_t workers = 1; workers <= 3; workers += 2) {
        uint64_t line[SOURCES_MAX] = { 0 };
        assert_int_equal(run(in, SOURCES_MAX, workers, NULL, &s, &err), YG_OK);
        for (size_t i = 0; i < s.n; i++) {
            assert_int_equal(s.a[i].line, ++line[s.a[i].source]);
            if (i > 0)
                assert_true(s.a[i].time_ns >= s.a[i - 1].time_ns);
        }
        for (int i = 0; i < SOURCES_MAX; i++)
            assert_int_equal(line[i], i == 3 ? 0 : (i % 7) * 101);
        assert_int_equal(s.problems, 0);
        forget(&s);
    }
    close_all(in, SOURCES_MAX);
}

static void score_lines(const void *model, struct yg_slot *slot)
{
    (void)model;
    for (uint32_t i = 0; i < slot->rows; i++)
        slot->score[i] = (struct yg_score){
            .risk = 2 * (uint32_t)slot->row[(size_t)i * YG_FEATURES_MAX] + 1
        };
}

static void scores(void **state)
{
    struct yg_flow_input in[] = { ramp(1000, 0, 3, "a"), ramp(700, 1, 4, "b") };
    struct seen s = { .score = true };
    struct yg_err err;

    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++) {
        assert_int_equal(run(in, 2, workers, score_lines, &s, &err), YG_OK);
        assert_int_equal(s.n, 1700);
        assert_true(s.done >= 7); /* batches of 256 */
        forget(&s);
    }
    close_all(in, 2);
}

/* What a worker that was taken over could do to a slot it is to score. */
static void bad_predicted(const void *model, struct yg_slot *slot)
{
    score_lines(model, slot);
    slot->score[slot->rows - 1].predicted = 77;
}
static void bad_rows(const void *model, struct yg_slot *slot)
{
    score_lines(model, slot);
    slot->rows = 1000000;
}
static void bad_row_of(const void *model, struct yg_slot *slot)
{
    score_lines(model, slot);
    slot->row_of[0] = 1000000;
}
static void bad_count(const void *model, struct yg_slot *slot)
{
    score_lines(model, slot);
    slot->batch.count = 4000000000U;
}
static void bad_span(const void *model, struct yg_slot *slot)
{
    score_lines(model, slot);
    slot->batch.event[0].raw = (struct yg_span){ 4000000000U, 100 };
}
static void bad_value(const void *model, struct yg_slot *slot)
{
    score_lines(model, slot);
    slot->batch.event[0].value[YG_F_RULE_NAME].s.len = 4000000000U;
}
static void bad_source(const void *model, struct yg_slot *slot)
{
    score_lines(model, slot);
    slot->batch.source = 99;
}
static void bad_device(const void *model, struct yg_slot *slot)
{
    score_lines(model, slot);
    slot->facts[0].device = 200;
}

/* The core works on a copy of its own: what a worker writes later is not seen. */
static void nonsense_not_followed(void **state)
{
    static const struct {
        const char *what;
        void (*score)(const void *, struct yg_slot *);
        enum yg_status status;
    } cases[] = {
        { "predicted level", bad_predicted, YG_ECORRUPT },
        { "rows", bad_rows, YG_OK },
        { "row of an event", bad_row_of, YG_OK },
        { "count of events", bad_count, YG_OK },
        { "span of the record", bad_span, YG_OK },
        { "span of a value", bad_value, YG_OK },
        { "another source", bad_source, YG_OK },
        { "device", bad_device, YG_OK },
    };
    struct yg_flow_input in = ramp(10, 0, 1, "a");
    struct yg_err err;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        struct seen s = { .score = true };
        bool ok = cases[i].status == YG_OK;
        if (run(&in, 1, 1, cases[i].score, &s, &err) != cases[i].status ||
            s.done != (ok ? 1 : 0) || s.n != 10)
            fail_msg("%s: %zu batches done (%s)", cases[i].what, s.done, err.msg);
        forget(&s);
    }
    close(in.fd);
}

static void dies(const void *model, struct yg_slot *slot)
{
    (void)model;
    (void)slot;
    _exit(5);
}

/* No score, no decision: the run ends and says so. */
static void death_while_scoring(void **state)
{
    struct yg_flow_input in = ramp(10, 0, 1, "a");
    struct seen s = { .score = true };
    struct yg_err err;

    (void)state;
    assert_int_equal(run(&in, 1, 2, dies, &s, &err), YG_ECHILD);
    assert_int_equal(s.done, 0);
    forget(&s);
    close(in.fd);
}

/* Workers killed again and again: every record comes, once, in order. */
static void killed_workers(void **state)
{
    struct yg_flow_input in[] = { ramp(3000, 0, 3, "a"), ramp(2000, 1, 4, "b"),
                                  ramp(300, 1, 1, "c") };
    static const uint64_t total[] = { 3000, 2000, 300 };
    struct yg_err err;
    size_t killed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct seen s = { .score = true, .kill = 2 };
        uint64_t line[3] = { 0 }, undecoded = 0;
        yg_rng_init(&s.r, seed);
        if (run(in, 3, (uint32_t)seed % 3 + 1, score_lines, &s, &err) != YG_OK)
            fail_msg("seed %d: %s", (int)seed, err.msg);
        for (size_t i = 0; i < s.n; i++) {
            assert_int_equal(s.a[i].line, ++line[s.a[i].source]);
            undecoded += s.a[i].kind == YG_KIND_UNDECODABLE;
        }
        for (int i = 0; i < 3; i++)
            if (line[i] != total[i])
                fail_msg("seed %d: source %d has %d records", (int)seed, i, (int)line[i]);
        killed += s.killed;
        if (undecoded > 0 && s.problems == 0)
            fail_msg("seed %d: %d undecoded, and nobody was told", (int)seed,
                     (int)undecoded);
        forget(&s);
    }
    if (killed == 0)
        print_message("# this system does not list children: nothing was killed\n");
    close_all(in, 3);
}

/* A pipe cannot be read again: what came is right, and that it ended is told. */
static void killed_on_a_pipe(void **state)
{
    char line[512];
    struct yg_err err;

    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct seen s = { .kill = 5 };
        int fd[2];
        assert_int_equal(pipe(fd), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            close(fd[0]);
            signal(SIGPIPE, SIG_DFL);
            for (int i = 0; i < 3000; i++) {
                size_t n = (size_t)alert(line, sizeof(line), i, "p");
                if (write(fd[1], line, n) != (ssize_t)n)
                    break;
            }
            _exit(0);
        }
        close(fd[1]);
        struct yg_flow_input in = { .source = { .tenant = YG_STR("t") }, .fd = fd[0] };
        yg_rng_init(&s.r, seed);
        assert_int_equal(run(&in, 1, 2, NULL, &s, &err), YG_OK);
        for (size_t i = 0; i < s.n; i++)
            assert_int_equal(s.a[i].line, i + 1);
        assert_true(s.n == 3000 || s.problems > 0);
        forget(&s);
        close(fd[0]);
    }
}

struct feeder {
    int next, count;
    const char *rule;
};

static enum yg_status feed(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct feeder *f = arg;
    struct yg_batch *b = &slot->batch;
    char line[512];

    (void)err;
    while (f->next < f->count && b->count < 100) {
        struct yg_record *r = &b->record[b->count++];
        int n = alert(line, sizeof(line), f->next++, f->rule) - 1;
        *r = (struct yg_record){ .line = (uint64_t)f->next, .full_size = (uint64_t)n };
        assert_true(yg_batch_add(b, (struct yg_str){ line, (size_t)n }, &r->raw));
    }
    if (b->count == 0)
        return YG_EEND;
    b->last = f->next == f->count;
    return YG_OK;
}

static void fed(void **state)
{
    struct feeder f[] = { { 0, 250, "x" }, { 0, 0, "y" }, { 0, 300, "z" } };
    struct yg_flow_input in[3];
    struct seen s = { .score = true };
    struct yg_err err;

    (void)state;
    for (int i = 0; i < 3; i++)
        in[i] = (struct yg_flow_input){ .source = { .tenant = YG_STR("t"),
                                                    .format = YG_STR("eve") },
                                        .fd = -1,
                                        .feed = feed,
                                        .feed_arg = &f[i] };
    assert_int_equal(run(in, 3, 2, score_lines, &s, &err), YG_OK);
    assert_int_equal(s.n, 550);
    for (size_t i = 0; i < 500; i++) { /* one second each, the first source first */
        assert_int_equal(s.a[i].source, i % 2 ? 2 : 0);
        assert_int_equal(s.a[i].line, i / 2 + 1);
        assert_string_equal(s.a[i].rule, i % 2 ? "z" : "x");
    }
    forget(&s);
}

static const struct yg_mapping *mapping(struct yg_arena *a, const char *text)
{
    const struct yg_mapping *m;
    struct yg_err err = { 0 };

    if (yg_mapping_parse(a, "map", yg_str_of(text), &m, &err) != YG_OK)
        fail_msg("%s", err.msg);
    return m;
}

/* The header line names the columns of all batches, whoever decodes them. */
static void header_line(void **state)
{
    static const char map[] = "format: delimited\ntime: { from: t, as: epoch }\n"
                              "fields:\n  rule.name: n\n";
    struct yg_arena a;
    struct yg_err err;
    size_t size = 900 * 32, at = 0;
    char *text = malloc(size);

    (void)state;
    yg_arena_init(&a, 1 << 20);
    at += (size_t)snprintf(text, size, "ignored,n,t\n");
    for (int i = 0; i < 900; i++)
        at += (size_t)snprintf(text + at, size - at, "z,rule %d,%d\n", i, 1767000000 + i);
    struct yg_flow_input in = { .source = { .tenant = YG_STR("t"),
                                            .format = YG_STR("delimited"),
                                            .mapping = mapping(&a, map) },
                                .fd = file_of(text, at) };
    for (uint32_t workers = 1; workers <= 3; workers++) {
        struct seen s = { .n = 0 };
        assert_int_equal(run(&in, 1, workers, NULL, &s, &err), YG_OK);
        assert_int_equal(s.n, 900);
        for (size_t i = 0; i < s.n; i++) {
            char rule[32];
            snprintf(rule, sizeof(rule), "rule %zu", i);
            assert_string_equal(s.a[i].rule, rule);
            assert_int_equal(s.a[i].kind, YG_KIND_ALERT);
            assert_int_equal(s.a[i].line, i + 2);
        }
        assert_int_equal(in.source.header.n, 0); /* borrowed for the run only */
        forget(&s);
    }
    close(in.fd);
    free(text);
    yg_arena_fini(&a);
}

/* One broken source among good ones. */
static void broken_source(void **state)
{
    struct yg_flow_input in[] = { ramp(300, 0, 1, "a"), ramp(0, 0, 1, ""),
                                  ramp(300, 0, 1, "b") };
    struct seen s = { .n = 0 };
    struct yg_err err;

    (void)state;
    static const char elf[] = "\177ELF nothing of ours";
    assert_int_equal(write(in[1].fd, elf, sizeof(elf)), sizeof(elf));
    assert_int_equal(run(in, 3, 2, NULL, &s, &err), YG_OK);
    assert_int_equal(s.n, 600);
    assert_int_equal(s.problems, 1);
    assert_non_null(strstr(s.last_problem, "--format"));
    forget(&s);
    close_all(in, 3);
}

/* What cannot be read is an alert at the time of what came before it. */
static void unreadable(void **state)
{
    char text[2048];
    struct seen s = { .n = 0 };
    struct yg_err err;
    size_t n = (size_t)alert(text, sizeof(text), 100, "a");

    (void)state;
    n += (size_t)snprintf(text + n, sizeof(text) - n, "{\"timestamp\":\"20\n\n\n");
    n += (size_t)alert(text + n, sizeof(text) - n, 90, "b");
    struct yg_flow_input in = { .source = { .tenant = YG_STR("t") },
                                .fd = file_of(text, n) };
    assert_int_equal(run(&in, 1, 1, NULL, &s, &err), YG_OK);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.a[1].kind, YG_KIND_UNDECODABLE);
    assert_int_equal(s.a[1].time_ns, s.a[0].time_ns);
    assert_int_equal(s.a[1].line, 2);
    assert_int_equal(s.a[2].line, 5);
    forget(&s);
    close(in.fd);
}

static enum yg_status full(void *arg, struct yg_slot *slot, uint32_t i,
                           struct yg_err *err)
{
    size_t *n = arg;

    (void)slot;
    (void)i;
    return ++*n == 300 ? yg_err_set(err, YG_EIO, "disk full") : YG_OK;
}

/* The sink's failure ends the run with its own words. */
static void sink_fails(void **state)
{
    struct yg_flow_input in = ramp(3000, 0, 1, "a");
    size_t n = 0;
    struct yg_flow_sink sink = { .arg = &n, .event = full };
    struct yg_flow_options opt = { .workers = 2 };
    struct yg_err err = { 0 };
    uint64_t bytes = 1;

    (void)state;
    assert_int_equal(yg_flow_run(&in, 1, &sink, &opt, &bytes, &err), YG_EIO);
    assert_string_equal(err.msg, "disk full");
    assert_int_equal(n, 300);
    assert_int_equal(yg_flow_run(NULL, 0, &sink, &opt, &bytes, &err), YG_OK);
    assert_int_equal(bytes, 0);
    close(in.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),
        cmocka_unit_test(many_sources),
        cmocka_unit_test(scores),
        cmocka_unit_test(nonsense_not_followed),
        cmocka_unit_test(death_while_scoring),
        cmocka_unit_test(killed_workers),
        cmocka_unit_test(killed_on_a_pipe),
        cmocka_unit_test(fed),
        cmocka_unit_test(header_line),
        cmocka_unit_test(broken_source),
        cmocka_unit_test(unreadable),
        cmocka_unit_test(sink_fails),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
