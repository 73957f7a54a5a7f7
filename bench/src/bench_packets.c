/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_packets - captures through as much of the packet path as is asked for.
 *
 *      bench_packets bare FILE...        libpcap alone, every frame read
 *      bench_packets dissect FILE...     and taken apart
 *      bench_packets track FILE...       and put together to conversations
 *      bench_packets app FILE...         and their protocols read
 *      bench_packets alerts FILE...      and one in twenty judged, and its columns
 * computed bench_packets columns FILE...     and each judged, and the columns of each
 * computed bench_packets community FILE...   a line a frame: number, Community ID or "-"
 *
 *      bench_packets MODE --twice FILE...    a first pass that is not counted
 *
 * All but the last print a line a file that could not be read whole (name: why), and at
 * the end one JSON object with counts and CPU seconds. Fails only on wrong use: damaged
 * captures are what it is for.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "feature/facts.h"
#include "feature/packetcols.h"
#include "packet/app.h"
#include "packet/capfile.h"
#include "packet/community.h"
#include "packet/defrag.h"
#include "packet/track.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_CAP ((size_t)64 << 20)

#define ALERT_EVERY 20 /* conversations */

enum mode { BARE, DISSECT, TRACK, APP, ALERTS, COLUMNS, COMMUNITY, MODES };

struct bench {
    enum mode mode;
    uint64_t files, refused, cut, frames, bytes, talks, sum;
    uint64_t app[YG_APP_COUNT], anomaly[YG_ANOMALY_COUNT], outcome[YG_OUT_COUNT];
    struct yg_track *track;
    struct yg_defrag *defrag;
    struct yg_arena arena;
};

/* As if an alert had fired on this conversation, with no others around it. */
static void columns(struct bench *b, struct yg_talk *t)
{
    static float row[YG_FEATURE_COUNT];
    struct yg_analysis a = { .talk = &t,
                             .talks = 1,
                             .to_server = true,
                             .has_pcap = true,
                             .anomalies = t->anomalies,
                             .arena = &b->arena };

    yg_outcome_of(
        &(struct yg_outcome_ask){ .talk = a.talk, .talks = 1, .alert_ns = t->first_ns },
        &b->arena, &a.outcome);
    yg_packet_columns(&a, row);
    b->outcome[a.outcome.class < YG_OUT_COUNT ? a.outcome.class : 0]++;
    b->sum += row[YG_FEATURE_COUNT - 1] > 0;
}

static void talk(struct bench *b, struct yg_talk *t)
{
    b->talks++;
    if (b->mode != TRACK) {
        yg_app_parse(t, &b->arena);
        b->sum += t->exchanges;
        b->app[t->app < YG_APP_COUNT ? t->app : 0]++;
        if (b->mode == COLUMNS || (b->mode == ALERTS && b->talks % ALERT_EVERY == 0))
            columns(b, t);
        yg_arena_clear(&b->arena);
    }
    for (unsigned i = 0; i < YG_ANOMALY_COUNT; i++)
        b->anomaly[i] += t->anomalies >> i & 1;
}

static void drain(struct bench *b, bool all)
{
    for (struct yg_talk *t; (t = yg_track_next(b->track, all)) != NULL;)
        talk(b, t);
}

static void community(struct bench *b, struct yg_packet *p, uint64_t number)
{
    struct yg_tuple t = { .src_port = p->src_port,
                          .dst_port = p->dst_port,
                          .proto = p->proto };
    char id[YG_COMMUNITY_MAX] = "-";

    if (p->version && (!p->fragment || yg_defrag_add(b->defrag, p))) {
        t.src_port = p->src_port;
        t.dst_port = p->dst_port;
        t.proto = p->proto;
        memcpy(t.src, p->src, YG_IP_SIZE);
        memcpy(t.dst, p->dst, YG_IP_SIZE);
        yg_community_id(&t, 0, id);
    }
    printf("%llu %s\n", (unsigned long long)number, id);
}

static void frame(struct bench *b, const struct yg_frame *f, uint64_t number)
{
    struct yg_packet p = { .time_ns = f->time_ns };

    b->frames++;
    b->bytes += f->bytes.n;
    switch (b->mode) {
    case DISSECT:
        b->sum += yg_dissect(f->linktype, f->bytes, f->wire, &p) ? p.payload_wire : 0;
        for (uint64_t a = p.anomalies; a; a &= a - 1)
            b->anomaly[__builtin_ctzll(a)]++;
        break;
    case TRACK:
    case APP:
    case ALERTS:
    case COLUMNS:
        yg_track_frame(b->track, f->linktype, f->time_ns, f->bytes, f->wire);
        drain(b, false);
        break;
    default:
        yg_dissect(f->linktype, f->bytes, f->wire, &p);
        community(b, &p, number);
        break;
    }
}

static void problem(uint64_t *count, const char *path, const char *why)
{
    (*count)++;
    printf("# %s: %s\n", path, why);
}

static void bare(struct bench *b, const char *path)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    pcap_t *p = pcap_open_offline(path, why);
    struct pcap_pkthdr *h;
    const unsigned char *bytes;
    int got;

    if (!p) {
        problem(&b->refused, path, why);
        return;
    }
    while ((got = pcap_next_ex(p, &h, &bytes)) == 1) {
        b->frames++;
        b->bytes += h->caplen;
        b->sum += h->caplen ? bytes[0] : 0;
    }
    if (got != PCAP_ERROR_BREAK)
        problem(&b->cut, path, pcap_geterr(p));
    pcap_close(p);
}

static void file(struct bench *b, const char *path)
{
    struct yg_capfile *f = NULL;
    struct yg_frame x;
    struct yg_err err = { 0 };
    enum yg_status st = YG_OK;
    uint64_t number = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || yg_capfile_open(fd, &f, &err) != YG_OK) {
        problem(&b->refused, path, fd < 0 ? "cannot be opened" : err.msg);
        return;
    }
    while ((st = yg_capfile_next(f, &x, &err)) == YG_OK)
        frame(b, &x, ++number);
    if (st != YG_EEND)
        problem(&b->cut, path, err.msg);
    yg_capfile_free(f);
    if (b->track) {
        drain(b, true);
        yg_track_clear(b->track);
    }
}

/* One object of those of `n` numbers that are not 0. */
static void object(const char *title, const uint64_t *v, unsigned n,
                   const char *(*name)(unsigned))
{
    const char *comma = "";

    printf(",\"%s\":{", title);
    for (unsigned i = 0; i < n; i++) {
        if (!v[i])
            continue;
        printf("%s\"%s\":%llu", comma, name(i), (unsigned long long)v[i]);
        comma = ",";
    }
    printf("}");
}

static const char *anomaly_name(unsigned a)
{
    return yg_anomaly_info[a].name;
}

static void counts(const struct bench *b, double seconds)
{
    printf("{\"files\":%llu,\"refused\":%llu,\"cut\":%llu,\"frames\":%llu,\"bytes\":%llu,"
           "\"conversations\":%llu,\"checksum\":%llu,\"cpu\":%.4f",
           (unsigned long long)b->files, (unsigned long long)b->refused,
           (unsigned long long)b->cut, (unsigned long long)b->frames,
           (unsigned long long)b->bytes, (unsigned long long)b->talks,
           (unsigned long long)b->sum, seconds);
    object("anomalies", b->anomaly, YG_ANOMALY_COUNT, anomaly_name);
    object("protocols", b->app, YG_APP_COUNT, yg_app_name);
    object("outcomes", b->outcome, YG_OUT_COUNT, yg_outcome_name);
    printf("}\n");
}

/* What is counted; what works is kept. */
static void forget(struct bench *b)
{
    struct bench keep = *b;

    *b = (struct bench){
        .mode = keep.mode, .track = keep.track, .defrag = keep.defrag, .arena = keep.arena
    };
}

static void files(struct bench *b, char **path)
{
    for (; *path; path++) {
        b->files++;
        if (b->mode == BARE)
            bare(b, *path);
        else
            file(b, *path);
    }
}

int main(int argc, char **argv)
{
    static const char *const name[MODES] = { "bare",   "dissect", "track",    "app",
                                             "alerts", "columns", "community" };
    struct bench b = { .mode = BARE };
    double start = yg_clock_cpu();
    int status = 1;

    while (argc > 1 && b.mode < MODES && strcmp(argv[1], name[b.mode]) != 0)
        b.mode++;
    if (argc < 3 || b.mode == MODES) {
        fprintf(stderr, "usage: bench_packets bare|dissect|track|app|alerts|"
                        "columns|community FILE...\n");
        return 2;
    }
    yg_arena_init(&b.arena, ARENA_CAP);
    b.defrag = yg_defrag_new();
    bool tracks = b.mode >= TRACK && b.mode <= COLUMNS;
    if (!b.defrag || (tracks && yg_track_new(NULL, &b.track) != YG_OK))
        goto out;
    char **path = argv + 2;
    if (strcmp(*path, "--twice") == 0) {
        files(&b, ++path);
        forget(&b);
        start = yg_clock_cpu();
    }
    files(&b, path);
    if (b.mode != COMMUNITY)
        counts(&b, yg_clock_cpu() - start);
    status = 0;
out:
    yg_track_free(b.track);
    yg_defrag_free(b.defrag);
    yg_arena_fini(&b.arena);
    return status;
}
