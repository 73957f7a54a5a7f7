/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_commit - the store against plain SQLite, and its cost as history grows.
 *
 * bench_commit [N] [--long]: rounds of N (200,000) made-up alerts of 725 bytes, in turns
 * through the store and through SQLite with a row an alert, three indexes and the raw
 * text, committed every 1000 with synchronous=FULL, on the same disk. Then one store
 * grows to 10^6 (--long: 10^7) alerts and is measured on the way. CPU time of the
 * process. Fails if the store is less than 3 times as cheap, or loses records, or costs
 * half as much again when it is large.
 */
#include "commit_util.h"

#include "base/jsonw.h"

#include <sqlite3.h>

#define ROUNDS 5
#define CHUNK  50000 /* alerts made at once while growing */

/* ---- the two ways -------------------------------------------------------------- */

static struct yg_store *open_store(const char *dir, const struct yg_clock *clock)
{
    const struct place file = { NULL, NULL };

    return open_at(dir, clock, &file);
}

/* CPU seconds; `*bytes` on disk afterwards. */
static double run_store(const char *dir, const struct yg_clock *clock,
                        const struct alert *a, size_t n, uint64_t *bytes)
{
    double start = yg_clock_cpu();
    struct yg_store *st = open_store(dir, clock);

    put_alerts(st, a, n);
    double used = yg_clock_cpu() - start;
    struct yg_store_stats s = stats_of(st);
    if (s.alerts != n)
        die("the store lost alerts");
    *bytes = s.stored_bytes;
    yg_store_close(st);
    remove_files(dir);
    return used;
}

static const char plain_schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE alert(id BLOB, time INTEGER, received INTEGER, source INTEGER,"
    " source_ip INTEGER, destination_ip INTEGER, signature INTEGER, decision INTEGER,"
    " risk INTEGER, raw TEXT);"
    "CREATE INDEX alert_time ON alert(time);"
    "CREATE INDEX alert_source ON alert(source_ip, time);"
    "CREATE INDEX alert_signature ON alert(signature, time);";

static void plain_exec(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
}

static void plain_row(sqlite3_stmt *s, const struct alert *a)
{
    const sqlite3_int64 v[] = { a->rec.time_ns,  a->rec.received_ns, a->rec.source,
                                a->source_ip,    a->destination_ip,  a->signature,
                                a->rec.decision, a->rec.risk };

    sqlite3_bind_blob(s, 1, a->rec.id, YG_ID_SIZE, SQLITE_STATIC);
    for (int i = 0; i < (int)YG_ARRAY_LEN(v); i++)
        sqlite3_bind_int64(s, i + 2, v[i]);
    sqlite3_bind_text(s, 10, a->text, ALERT, SQLITE_STATIC);
    if (sqlite3_step(s) != SQLITE_DONE)
        die("plain SQLite refused a row");
    sqlite3_reset(s);
}

static double run_plain(const char *dir, const struct alert *a, size_t n, uint64_t *bytes)
{
    double start = yg_clock_cpu();
    sqlite3_stmt *s, *size;
    sqlite3 *db;
    char path[256];

    snprintf(path, sizeof(path), "%s/plain.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        die("cannot open plain SQLite");
    plain_exec(db, plain_schema);
    if (sqlite3_prepare_v2(db, "INSERT INTO alert VALUES(?,?,?,?,?,?,?,?,?,?)", -1, &s,
                           NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
    for (size_t i = 0; i < n; i++) {
        if (i % BATCH == 0)
            plain_exec(db, "BEGIN");
        plain_row(s, &a[i]);
        if ((i + 1) % BATCH == 0 || i + 1 == n)
            plain_exec(db, "COMMIT");
    }
    double used = yg_clock_cpu() - start;
    sqlite3_finalize(s);
    sqlite3_prepare_v2(db,
                       "SELECT page_count * page_size FROM pragma_page_count, "
                       "pragma_page_size",
                       -1, &size, NULL);
    *bytes =
        sqlite3_step(size) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(size, 0) : 0;
    sqlite3_finalize(size);
    sqlite3_close(db);
    remove_files(dir);
    return used;
}

/* ---- rounds -------------------------------------------------------------------- */

struct result {
    double ratio, store_us, plain_us, store_bytes, plain_bytes;
};

static struct result compare(const char *dir, const struct yg_clock *clock, size_t n)
{
    double ratio[ROUNDS], ours[ROUNDS], theirs[ROUNDS], each = 1e6 / (double)n;
    uint64_t our_bytes = 0, their_bytes = 0;
    struct alert *a = malloc(n * sizeof(*a));
    struct yg_rng rng;

    if (!a)
        die("no memory for the alerts");
    yg_rng_init(&rng, 1);
    for (size_t i = 0; i < n; i++)
        make_alert(&a[i], i, &rng);
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = run_store(dir, clock, a, n, &our_bytes) * each;
        theirs[i] = run_plain(dir, a, n, &their_bytes) * each;
        ratio[i] = theirs[i] / ours[i];
        printf("round %d: store %.2f us, plain SQLite %.2f us an alert, ratio %.2f\n",
               i + 1, ours[i], theirs[i], ratio[i]);
    }
    free(a);
    return (struct result){ .ratio = median(ratio, ROUNDS),
                            .store_us = median(ours, ROUNDS),
                            .plain_us = median(theirs, ROUNDS),
                            .store_bytes = (double)our_bytes / (double)n,
                            .plain_bytes = (double)their_bytes / (double)n };
}

/* ---- growth -------------------------------------------------------------------- */

/* CPU microseconds an alert of the chunk that follows each of these sizes. */
static const uint64_t stop[] = { 100000, 300000, 1000000, 3000000, 10000000 };

static double grow(const char *dir, const struct yg_clock *clock, size_t stops,
                   struct yg_jsonw *w)
{
    struct alert *a = malloc(CHUNK * sizeof(*a));
    double first = 0, last = 0;
    struct yg_rng rng;
    uint64_t n = 0;

    if (!a)
        die("no memory for the alerts");
    yg_rng_init(&rng, 2);
    struct yg_store *st = open_store(dir, clock);
    for (size_t s = 0; s < stops;) {
        for (size_t i = 0; i < CHUNK; i++)
            make_alert(&a[i], n + i, &rng);
        double start = yg_clock_cpu();
        put_alerts(st, a, CHUNK);
        last = (yg_clock_cpu() - start) * 1e6 / CHUNK;
        n += CHUNK;
        if (n <= stop[s])
            continue;
        double get = look_up(st, 5);
        printf("at %llu alerts: %.2f us an alert, oldest found in %.1f ms\n",
               (unsigned long long)stop[s], last, get * 1e3);
        yg_jsonw_open(w, '{');
        yg_jsonw_ku64(w, "stored", stop[s]);
        yg_jsonw_kf64(w, "us_per_alert", last);
        yg_jsonw_kf64(w, "get_oldest_ms", get * 1e3);
        yg_jsonw_close(w, '}');
        if (s++ == 0)
            first = last;
    }
    yg_store_close(st);
    double start = yg_clock_wall();
    st = open_store(dir, clock);
    double open = yg_clock_wall() - start;
    struct yg_store_stats sum = stats_of(st);
    printf("opened in %.2f s with %llu ids in the window; %.1f bytes an alert\n", open,
           (unsigned long long)sum.window_ids, (double)sum.stored_bytes / (double)n);
    if (sum.alerts != n || sum.window_ids != n)
        die("the store lost alerts");
    yg_store_close(st);
    remove_files(dir);
    free(a);
    return last / first;
}

int main(int argc, char **argv)
{
    struct yg_clock clock = yg_clock_manual(T0 + 100 * YG_NS_PER_S);
    const char *tmp = getenv("TMPDIR");
    size_t stops = 3;
    uint64_t n = 200000;
    char dir[128];
    struct yg_buf out;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--long") == 0)
            stops = YG_ARRAY_LEN(stop);
        else if (!yg_str_u64(yg_str_of(argv[i]), &n) || n < BATCH || n > 5000000)
            die("usage: bench_commit [ALERTS, 1000 to 5000000] [--long | --postgres "
                "ADDRESS]");
    }
    snprintf(dir, sizeof(dir), "%s/yagura-bench-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir))
        die("cannot make a temporary directory");
    double wall = yg_clock_wall();
    struct result r = compare(dir, &clock, (size_t)n);
    yg_buf_init(&out, 65536);
    struct yg_jsonw w = yg_jsonw_of(&out);
    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "alerts", n);
    yg_jsonw_kf64(&w, "ratio", r.ratio);
    yg_jsonw_kf64(&w, "store_us", r.store_us);
    yg_jsonw_kf64(&w, "plain_us", r.plain_us);
    yg_jsonw_kf64(&w, "store_bytes", r.store_bytes);
    yg_jsonw_kf64(&w, "plain_bytes", r.plain_bytes);
    yg_jsonw_key(&w, "growth");
    yg_jsonw_open(&w, '[');
    double growth = grow(dir, &clock, stops, &w);
    yg_jsonw_close(&w, ']');
    yg_jsonw_kf64(&w, "growth_ratio", growth);
    yg_jsonw_kf64(&w, "seconds", yg_clock_wall() - wall);
    yg_jsonw_kbool(&w, "ok", r.ratio >= 3 && growth < 1.5);
    yg_jsonw_close(&w, '}');
    puts(yg_buf_cstr(&out));
    yg_buf_fini(&out);
    rmdir(dir);
    return r.ratio >= 3 && growth < 1.5 ? 0 : 1;
}
