/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_server - the store on a PostgreSQL server beside the store on SQLite.
 *
 * bench_server ADDRESS [N]: in turns (schemas bench_0 ..., which stay), by the clock on
 * the wall and by this process's CPU: N (100,000) alerts in commits of 1000; then the
 * queue's rows, 100 runs a commit; then alerts found by their ids. Only says.
 */
#include "commit_util.h"

#include "base/jsonw.h"

#define ROUNDS 5

enum { ALERTS, ALERTS_CPU, RUNS, RUNS_CPU, FOUND, NUMBERS };
#define RUN_COMMITS 20
#define RUNS_EACH   100
#define LOOK_UPS    200

static const char *const number_name[NUMBERS] = { "us_per_alert", "cpu_us_per_alert",
                                                  "us_per_run", "cpu_us_per_run",
                                                  "get_ms" };

/* Runs as triage puts them: the row, and the ids of its alerts. */
static void put_runs(struct yg_store *st, const struct alert *a)
{
    struct yg_err err = { 0 };

    for (size_t i = 0; i < (size_t)RUN_COMMITS * RUNS_EACH; i++) {
        struct yg_queue_run run = { .tenant = DATASET,
                                    .signature = YG_STR("ET POLICY rule"),
                                    .entity = YG_STR("10.0.0.1"),
                                    .alerts = 1,
                                    .open = 1,
                                    .verdict = YG_LEVEL_NONE };
        memcpy(run.id, a[i].rec.id, YG_ID_SIZE);
        memcpy(run.worst, a[i].rec.id, YG_ID_SIZE);
        if (yg_store_run_put(st, &run, &err) != YG_OK ||
            yg_store_run_add(st, run.id, run.id, 1, &err) != YG_OK ||
            ((i + 1) % RUNS_EACH == 0 && yg_store_commit(st, &err) != YG_OK))
            die(err.msg);
    }
}

static void measure(const char *dir, const struct yg_clock *clock, const struct place *at,
                    const struct alert *a, size_t n, double out[NUMBERS])
{
    struct yg_store *st = open_at(dir, clock, at);
    const double runs = (double)RUN_COMMITS * RUNS_EACH;
    double wall = yg_clock_wall(), cpu = yg_clock_cpu();

    put_alerts(st, a, n);
    out[ALERTS] = (yg_clock_wall() - wall) * 1e6 / (double)n;
    out[ALERTS_CPU] = (yg_clock_cpu() - cpu) * 1e6 / (double)n;
    wall = yg_clock_wall();
    cpu = yg_clock_cpu();
    put_runs(st, a);
    out[RUNS] = (yg_clock_wall() - wall) * 1e6 / runs;
    out[RUNS_CPU] = (yg_clock_cpu() - cpu) * 1e6 / runs;
    out[FOUND] = 0;
    for (uint64_t i = 0; i < LOOK_UPS; i++)
        out[FOUND] += look_up(st, i * n / LOOK_UPS) * 1e3 / LOOK_UPS;
    if (stats_of(st).alerts != n)
        die("the store lost alerts");
    yg_store_close(st);
    remove_files(dir);
}

static int on_server(const char *dir, const struct yg_clock *clock, const char *where,
                     size_t n)
{
    double v[2][NUMBERS][ROUNDS], one[NUMBERS];
    struct alert *a = malloc(n * sizeof(*a));
    struct yg_rng rng;
    char part[16];
    struct yg_buf out;

    if (!a || n < (size_t)RUN_COMMITS * RUNS_EACH)
        die("no memory for the alerts, or too few of them");
    yg_rng_init(&rng, 1);
    for (size_t i = 0; i < n; i++)
        make_alert(&a[i], i, &rng);
    for (int i = 0; i < 2 * ROUNDS; i++) {
        snprintf(part, sizeof(part), "bench_%d", i / 2);
        const struct place at = { i % 2 ? where : NULL, part };
        measure(dir, clock, &at, a, n, one);
        for (int k = 0; k < NUMBERS; k++)
            v[i % 2][k][i / 2] = one[k];
    }
    yg_buf_init(&out, 65536);
    struct yg_jsonw w = yg_jsonw_of(&out);
    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "alerts", n);
    for (int side = 0; side < 2; side++) {
        yg_jsonw_key(&w, side ? "postgres" : "sqlite");
        yg_jsonw_open(&w, '{');
        for (int k = 0; k < NUMBERS; k++)
            yg_jsonw_kf64(&w, number_name[k], median(v[side][k], ROUNDS));
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, '}');
    puts(yg_buf_cstr(&out));
    yg_buf_fini(&out);
    free(a);
    return 0;
}

int main(int argc, char **argv)
{
    struct yg_clock clock = yg_clock_manual(T0 + 100 * YG_NS_PER_S);
    const char *tmp = getenv("TMPDIR");
    uint64_t n = 100000;
    char dir[128];

    if (argc < 2 || argc > 3 ||
        (argc == 3 && (!yg_str_u64(yg_str_of(argv[2]), &n) || n > 5000000)))
        die("usage: bench_server ADDRESS [ALERTS]");
    snprintf(dir, sizeof(dir), "%s/yagura-bench-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir))
        die("cannot make a temporary directory");
    int status = on_server(dir, &clock, argv[1], (size_t)n);
    rmdir(dir);
    return status;
}
