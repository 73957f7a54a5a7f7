/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_journal - what a record costs on its way through the journal.
 *
 * bench_journal DIR [N]: N (1,000,000) records of 700 bytes in units of 64 through a
 * journal in DIR (a folder of its own, on the disk to be measured), read by another
 * reader in the same thread once all are durable; then units of one record, each waited
 * for. Prints one line of JSON: seconds and CPU seconds a step, microseconds a record,
 * and the delay until a single record is durable. Fails if a record is lost.
 */
#include "base/clock.h"
#include "base/jsonw.h"
#include "intake/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE   700
#define UNIT   64
#define SINGLE 100

static void die(const char *what, const struct yg_err *err)
{
    fprintf(stderr, "bench_journal: %s: %s\n", what, err ? err->msg : "");
    exit(1);
}

struct step {
    double wall, cpu;
};

static struct step begin(void)
{
    return (struct step){ yg_clock_wall(), yg_clock_cpu() };
}

static void end(struct yg_jsonw *w, const char *name, struct step from, uint64_t n)
{
    double wall = yg_clock_wall() - from.wall, cpu = yg_clock_cpu() - from.cpu;

    yg_jsonw_key(w, name);
    yg_jsonw_open(w, '{');
    yg_jsonw_kf64(w, "seconds", wall);
    yg_jsonw_kf64(w, "cpu", cpu);
    yg_jsonw_kf64(w, "cpu_us_each", cpu * 1e6 / (double)n);
    yg_jsonw_close(w, '}');
}

static void add(struct yg_journal *j, uint64_t n, uint64_t unit, bool wait)
{
    char text[SIZE];
    struct yg_journal_record rec[UNIT];
    struct yg_err err = { 0 };
    uint64_t ticket = 0;

    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < UNIT; i++)
        rec[i] = (struct yg_journal_record){ .received_ns = 1,
                                             .peer = YG_STR("192.0.2.1:514"),
                                             .raw = { text, SIZE } };
    for (uint64_t done = 0; done < n; done += unit) {
        enum yg_status st = yg_journal_add(j, rec, unit, &ticket, &err);
        while (st == YG_EBUSY) { /* the disk is slower: one of both buffers is full */
            usleep(500);
            st = yg_journal_add(j, rec, unit, &ticket, &err);
        }
        if (st != YG_OK)
            die("add", &err);
        if (wait && yg_journal_wait(j, ticket, 60 * YG_NS_PER_S) != YG_OK)
            die("not durable", NULL);
    }
    if (yg_journal_wait(j, ticket, 600 * YG_NS_PER_S) != YG_OK)
        die("not durable", NULL);
}

static uint64_t read_all(const char *dir)
{
    struct yg_journal_reader *r = NULL;
    struct yg_journal_place at = { 0, 0 };
    struct yg_journal_record rec;
    struct yg_err err = { 0 };
    uint64_t n = 0;

    if (yg_journal_reader_open(dir, at, &r, &err) != YG_OK)
        die("reader", &err);
    while (yg_journal_next(r, &rec, &at, &err) == YG_OK)
        n++;
    yg_journal_consumed(r, at);
    yg_journal_reader_close(r);
    return n;
}

int main(int argc, char **argv)
{
    struct yg_clock clock = yg_clock_real();
    struct yg_source source = { .tenant = YG_STR("t"),
                                .name = YG_STR("s"),
                                .format = YG_STR("log") };
    struct yg_journal_options opt = {
        .source = &source, .source_count = 1, .cap = (uint64_t)64 << 30, .clock = &clock
    };
    struct yg_journal *j = NULL;
    struct yg_err err = { 0 };
    uint64_t n = 1000000;
    struct yg_buf out;

    if (argc < 2 || (argc > 2 && !yg_str_u64(yg_str_of(argv[2]), &n)))
        die("usage: bench_journal DIR [N]", NULL);
    n = (n / UNIT + 1) * UNIT;
    if (yg_journal_open(argv[1], &opt, &j, &err) != YG_OK)
        die("open", &err);
    yg_buf_init(&out, 65536);
    struct yg_jsonw w = yg_jsonw_of(&out);
    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "records", n);
    struct step s = begin();
    add(j, n, UNIT, false);
    end(&w, "add", s, n);
    s = begin();
    uint64_t got = read_all(argv[1]);
    end(&w, "read", s, n);
    s = begin();
    add(j, SINGLE, 1, true);
    end(&w, "single", s, SINGLE);
    yg_jsonw_close(&w, '}');
    yg_journal_close(j);
    puts(yg_buf_cstr(&out));
    yg_buf_fini(&out);
    if (got != n)
        die("records are lost", NULL);
    return 0;
}
