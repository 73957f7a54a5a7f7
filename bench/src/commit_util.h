/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit_util - what the benchmarks of the store share: made-up alerts of 725 bytes, a
 * store for them, and putting and finding them. Dies where anything fails.
 */
#ifndef YG_BENCH_COMMIT_UTIL_H
#define YG_BENCH_COMMIT_UTIL_H

#include "base/clock.h"
#include "base/rng.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ALERT   725
#define BATCH   1000 /* alerts a commit */
#define T0      (INT64_C(1700000000) * YG_NS_PER_S)
#define DATASET YG_STR("bench")

static inline void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* ---- alerts -------------------------------------------------------------------- */

struct alert {
    struct yg_store_record rec;
    uint32_t source_ip, destination_ip, signature;
    char text[ALERT + 1];
};

/* An EVE-like line: what repeats in real ones repeats, flow ids, ports, times and
 * addresses vary; padded to the size of the average alert. */
static inline void write_text(struct alert *a, struct yg_rng *r)
{
    char time[YG_TIME_TEXT_MAX];
    uint64_t bytes = yg_rng_below(r, 100000);
    int n = snprintf(
        a->text, sizeof(a->text),
        "{\"timestamp\":\"%s\",\"flow_id\":%llu,\"in_iface\":\"eth0\",\"event_type\":"
        "\"alert\","
        "\"src_ip\":\"10.%u.%u.%u\",\"src_port\":%llu,\"dest_ip\":\"192.168.%u.%u\","
        "\"dest_port\":%u,\"proto\":\"TCP\",\"alert\":{\"action\":\"allowed\",\"gid\":1,"
        "\"signature_id\":%u,\"rev\":%u,\"signature\":\"ET POLICY rule number %u of the "
        "set "
        "seen in outbound traffic\",\"category\":\"Potentially Bad Traffic %u\","
        "\"severity\":%u},\"flow\":{\"pkts_toserver\":%llu,\"pkts_toclient\":%llu,"
        "\"bytes_toserver\":%llu,\"bytes_toclient\":%llu,\"start\":\"%s\"},\"http\":{"
        "\"hostname\":\"host%u.example.com\",\"url\":\"/%llx/"
        "index.html\"},\"payload\":\"",
        yg_time_text(a->rec.time_ns, time), (unsigned long long)(yg_rng_u64(r) >> 12),
        a->source_ip >> 16 & 7, a->source_ip >> 8 & 255, a->source_ip & 255,
        (unsigned long long)yg_rng_below(r, 60000) + 1024, a->destination_ip >> 8 & 255,
        a->destination_ip & 255, a->signature % 3 ? 80U : 443U, a->signature + 2000000,
        a->signature % 9, a->signature, a->signature % 12, a->signature % 3 + 1,
        (unsigned long long)bytes / 1000, (unsigned long long)bytes / 800,
        (unsigned long long)bytes, (unsigned long long)bytes * 7, time,
        a->destination_ip % 50, (unsigned long long)yg_rng_below(r, 65536));

    for (; n < ALERT - 2; n++)
        a->text[n] = 'A'; /* the padding of real payloads */
    a->text[ALERT - 2] = '"';
    a->text[ALERT - 1] = '}';
    a->text[ALERT] = '\0';
}

static inline void make_alert(struct alert *a, uint64_t n, struct yg_rng *r)
{
    a->source_ip = (uint32_t)(yg_rng_below(r, 64) * yg_rng_below(r, 64));
    a->destination_ip = (uint32_t)yg_rng_below(r, 300);
    a->signature = (uint32_t)(yg_rng_below(r, 20) * yg_rng_below(r, 20));
    a->rec = (struct yg_store_record){
        .time_ns = T0 + (int64_t)(n * 1000000 + yg_rng_below(r, 1000000)),
        .received_ns = T0 + (int64_t)(n / 100 * 100000000),
        .source = 1,
        .kind = YG_KIND_ALERT,
        .verdict = YG_LEVEL_NONE,
        .decision = (uint8_t)(1 + yg_rng_below(r, 2)),
        .predicted = (uint8_t)yg_rng_below(r, 3),
        .risk = (uint32_t)(yg_rng_u64(r) >> 40),
        .key = { a->signature + 1, yg_hash_pair(a->source_ip, 2),
                 yg_hash_pair(a->destination_ip, 3), 0 },
    };
    yg_hash_id(DATASET, (struct yg_str){ (const char *)&n, sizeof(n) }, a->rec.id);
    write_text(a, r);
    a->rec.raw = (struct yg_str){ a->text, ALERT };
}

/* ---- a store of them ------------------------------------------------------------- */

static inline void remove_files(const char *dir)
{
    static const char *const name[] = { "yagura.db",   "yagura.db-wal", "yagura.db-shm",
                                        "lock",        "plain.db",      "plain.db-wal",
                                        "plain.db-shm" };
    char path[256];

    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
        unlink(path);
    }
}

/* A schema of a server; NULL: SQLite. */
struct place {
    const char *where, *part;
};

static inline struct yg_store *open_at(const char *dir, const struct yg_clock *clock,
                                       const struct place *at)
{
    struct yg_store_options opt = {
        .create = true, .clock = clock, .where = at->where, .part = at->part
    };
    struct yg_store *st;
    struct yg_err err = { 0 };

    if (yg_store_open(dir, &opt, &st, &err) != YG_OK)
        die(err.msg);
    return st;
}

static inline void put_alerts(struct yg_store *st, const struct alert *a, size_t n)
{
    struct yg_err err = { 0 };

    for (size_t i = 0; i < n; i++) {
        if (yg_store_add(st, DATASET, &a[i].rec, &err) != YG_OK)
            die(err.msg);
        if ((i + 1) % BATCH == 0 && yg_store_commit(st, &err) != YG_OK)
            die(err.msg);
    }
    if (yg_store_commit(st, &err) != YG_OK)
        die(err.msg);
}

static inline struct yg_store_stats stats_of(struct yg_store *st)
{
    struct yg_store_stats s;
    struct yg_err err = { 0 };

    if (yg_store_stats(st, &s, &err) != YG_OK)
        die(err.msg);
    return s;
}

static inline double look_up(struct yg_store *st, uint64_t n)
{
    struct yg_store_record rec;
    struct yg_err err = { 0 };
    struct yg_arena arena;
    unsigned char id[YG_ID_SIZE];
    char hex[2 * YG_ID_SIZE + 1];

    yg_hash_id(DATASET, (struct yg_str){ (const char *)&n, sizeof(n) }, id);
    yg_hex(id, YG_ID_SIZE, hex);
    yg_arena_init(&arena, 1 << 20);
    double start = yg_clock_wall();
    if (yg_store_get(st, yg_str_of(hex), &arena, &rec, NULL, &err) != YG_OK)
        die(err.msg);
    double used = yg_clock_wall() - start;
    if (memcmp(rec.id, id, YG_ID_SIZE) != 0)
        die("another alert was found");
    yg_arena_fini(&arena);
    return used;
}

static inline int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static inline double median(double *v, size_t n)
{
    qsort(v, n, sizeof(*v), by_value);
    return v[n / 2];
}

#endif
