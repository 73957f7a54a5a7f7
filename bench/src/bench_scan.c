/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_scan - what reading stored history costs by itself: what a replay is measured
 * against.
 *
 * bench_scan STORE: every record of every tenant, digest checked and unpacked, nothing
 * done with it. Prints records, bytes and CPU microseconds a record as JSON.
 */
#include "base/clock.h"
#include "base/jsonw.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

struct sum {
    uint64_t records, bytes, mixed;
};

static void die(const struct yg_err *err)
{
    fprintf(stderr, "bench_scan: %s\n", err->msg);
    exit(1);
}

static void scan(struct yg_store *st, struct yg_str tenant, struct sum *sum)
{
    const struct yg_store_query q = { .tenant = tenant };
    struct yg_store_scan *s;
    struct yg_store_record r;
    struct yg_err err = { 0 };
    enum yg_status rc = yg_store_scan_open(st, &q, &s, &err);

    if (rc != YG_OK)
        die(&err);
    while ((rc = yg_store_scan_next(s, &r, &err)) == YG_OK) {
        sum->records++;
        sum->bytes += r.raw.n + r.packets.n;
        sum->mixed += r.risk + (r.raw.n > 0 ? (unsigned char)r.raw.p[r.raw.n - 1] : 0U);
    }
    if (rc != YG_EEND)
        die(&err);
    yg_store_scan_close(s);
}

int main(int argc, char **argv)
{
    struct yg_clock clock = yg_clock_real();
    const struct yg_store_options opt = { .read_only = true, .clock = &clock };
    struct yg_store *st;
    struct yg_store_tenant *tenant;
    struct yg_arena arena;
    struct yg_err err = { 0 };
    struct yg_buf out;
    struct sum sum = { 0, 0, 0 };
    size_t n = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: bench_scan STORE\n");
        return 2;
    }
    yg_arena_init(&arena, (size_t)1 << 30);
    if (yg_store_open(argv[1], &opt, &st, &err) != YG_OK ||
        yg_store_tenants(st, &arena, &tenant, &n, &err) != YG_OK)
        die(&err);
    double start = yg_clock_cpu();
    for (size_t i = 0; i < n; i++)
        scan(st, tenant[i].name, &sum);
    double took = yg_clock_cpu() - start;
    yg_buf_init(&out, 4096);
    struct yg_jsonw w = yg_jsonw_of(&out);
    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "records", sum.records);
    yg_jsonw_ku64(&w, "bytes", sum.bytes);
    yg_jsonw_ku64(&w, "sum", sum.mixed);
    yg_jsonw_kf64(&w, "us", sum.records ? took * 1e6 / (double)sum.records : 0);
    yg_jsonw_close(&w, '}');
    printf("%.*s\n", YG_STR_ARG(yg_buf_str(&out)));
    yg_buf_fini(&out);
    yg_store_close(st);
    yg_arena_fini(&arena);
    return 0;
}
