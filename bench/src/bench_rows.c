/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_rows - the rows of features of an EVE file, column by column, to the last bit.
 *
 * bench_rows EVE [CACHE CAPTURE]: every alert as triage would see it on an empty store,
 * with the packets that the spool finds in CAPTURE (index in CACHE). One line an alert
 * and column that is not absent: line number, name, value as a hexadecimal float. For
 * tests that compare rows (tests/scenario/identity.t) and for looking at what a model
 * sees; the last line says what a row cost.
 */
#include "base/clock.h"
#include "context/context.h"
#include "decode/decode.h"
#include "pipeline/seen.h"
#include "spool/spool.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MEMORY   ((size_t)64 << 20)
#define PCAP_MAX ((size_t)1 << 20)

struct rows {
    struct yg_spool *spool; /* NULL: no packets */
    struct yg_analyser *analyser;
    struct yg_context *context;
    struct yg_buf pcap;
    uint64_t alerts, with_packets;
    double find, analyse, facts;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_rows: %s\n", what);
    exit(1);
}

static void must(enum yg_status st, const struct yg_err *err)
{
    if (st != YG_OK)
        die(err->msg);
}

static const struct yg_analysis *look(struct rows *r, const struct yg_batch *b,
                                      const struct yg_event *e)
{
    struct yg_analysis_in in = yg_seen_in(b, e, YG_STR_NONE);
    struct yg_err err = { 0 };
    double start = yg_clock_cpu();

    yg_buf_clear(&r->pcap);
    if (r->spool && in.has_ends) {
        struct yg_spool_ask ask = { .ends = in.ends, .time_ns = e->time_ns };
        must(yg_spool_find(r->spool, &ask, &r->pcap, &err), &err);
        in.pcap = yg_buf_str(&r->pcap);
    }
    double found = yg_clock_cpu();
    const struct yg_analysis *a = yg_analyse(r->analyser, &in);
    r->find += found - start;
    r->analyse += yg_clock_cpu() - found;
    r->with_packets += a && a->has_pcap;
    return a;
}

static void print_row(uint64_t line, const float *row)
{
    for (int i = 0; i < YG_FEATURE_COUNT; i++)
        if (!isnan(row[i]))
            printf("%llu %s %a\n", (unsigned long long)line, yg_feature_info[i].name,
                   (double)row[i]);
}

static void take(struct rows *r, const struct yg_batch *b)
{
    float row[YG_FEATURE_COUNT];
    struct yg_facts f;

    for (uint32_t i = 0; i < b->count; i++) {
        const struct yg_event *e = &b->event[i];
        bool alert = e->kind == YG_KIND_ALERT || e->kind == YG_KIND_UNDECODABLE;
        if (e->kind == YG_KIND_SKIP)
            continue;
        const struct yg_analysis *seen = alert ? look(r, b, e) : NULL;
        double start = yg_clock_cpu();
        yg_facts_of(b, e, seen, &f);
        r->facts += alert ? yg_clock_cpu() - start : 0;
        if (!alert) {
            yg_context_see(r->context, &f);
            continue;
        }
        yg_context_row(r->context, &f, row);
        print_row(b->record[i].line, row);
        r->alerts++;
    }
}

static void open_spool(struct rows *r, char **argv)
{
    struct yg_err err = { 0 };
    const char *path[] = { argv[3] };

    must(yg_spool_open(argv[2], path, 1, &r->spool, &err), &err);
    must(yg_spool_refresh(r->spool, &err), &err);
}

int main(int argc, char **argv)
{
    static struct yg_batch batch;
    struct yg_source source = { .tenant = YG_STR("rows"),
                                .name = YG_STR("eve"),
                                .format = YG_STR("eve") };
    struct yg_input *input = NULL;
    struct yg_decode *decode = NULL;
    struct rows r = { 0 };
    struct yg_err err = { 0 };
    enum yg_status st;

    if (argc != 2 && argc != 4)
        die("usage: bench_rows EVE [CACHE CAPTURE]");
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    must(yg_input_open(fd, YG_FRAME_JSON, &input), &err);
    must(yg_decode_new(&source, YG_STR_NONE, &decode, &err), &err);
    if (argc == 4)
        open_spool(&r, argv);
    yg_buf_init(&r.pcap, PCAP_MAX);
    if (yg_analyser_new(&r.analyser) != YG_OK ||
        yg_context_new(NULL, MEMORY, &r.context) != YG_OK)
        die("no memory");
    for (uint64_t seq = 0;; seq++) {
        yg_batch_clear(&batch, seq, 0);
        st = yg_input_frame(input, &batch, &err);
        if (st == YG_EEND)
            break;
        must(st, &err);
        yg_decode_batch(decode, &batch);
        take(&r, &batch);
    }
    double n = r.alerts ? (double)r.alerts : 1;
    fprintf(stderr,
            "%llu alerts, %llu with packets; us an alert: %.1f to find them, %.1f to "
            "understand them, %.1f for the facts\n",
            (unsigned long long)r.alerts, (unsigned long long)r.with_packets,
            r.find / n * 1e6, r.analyse / n * 1e6, r.facts / n * 1e6);
    yg_spool_free(r.spool);
    yg_analyser_free(r.analyser);
    yg_context_free(r.context);
    yg_decode_free(decode);
    yg_input_close(input);
    yg_buf_fini(&r.pcap);
    return 0;
}
