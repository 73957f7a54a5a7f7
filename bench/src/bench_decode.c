/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_decode - decoding EVE alerts against a bare simdjson DOM parse of the same lines,
 * or lines of logs against a walk from line end to line end with memchr.
 *
 * Both run over the same bytes in turn, at least five rounds; medians of CPU time and
 * their ratio count (1.0: decoding every mapped field costs what the bare parse costs).
 * The hash that identifies a record is timed apart. Arguments: [FILE|- [FORMAT]], a file
 * of any compression (without one, "-", alerts of about 725 bytes or mixed syslog lines
 * are made) and a format: eve or log. The last line is one JSON object.
 */
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/rng.h"
#include "decode/decode.h"
#include "json/json.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS    15
#define MADE      20000
#define TEXT_MAX  ((size_t)512 << 20)
#define LINES_MAX 4000000
#define PADDING   64

struct lines {
    char *text;
    size_t n;          /* bytes used */
    struct yg_str *at; /* each followed by PADDING readable bytes of the block */
    size_t count;
};

static void add_line(struct lines *l, struct yg_str s)
{
    if (l->count == LINES_MAX || s.n + 1 + PADDING > TEXT_MAX - l->n)
        return;
    memcpy(l->text + l->n, s.p, s.n);
    l->text[l->n + s.n] = '\n';
    l->at[l->count++] = (struct yg_str){ l->text + l->n, s.n };
    l->n += s.n + 1;
}

static unsigned upto(struct yg_rng *rng, unsigned n)
{
    return (unsigned)yg_rng_below(rng, n);
}

/* An alert as Suricata writes it, without payload, with random values. */
static void make_lines(struct lines *l)
{
    static const char *const name[] = { "ET POLICY curl User-Agent Outbound",
                                        "ET SCAN Suspicious inbound to mySQL port 3306",
                                        "ET EXPLOIT Apache log4j RCE Attempt (tcp)" };
    struct yg_rng g;
    char line[2048];

    yg_rng_init(&g, 1);
    for (unsigned i = 0; i < MADE; i++) {
        int n = snprintf(
            line, sizeof(line),
            "{\"timestamp\":\"2021-12-%02uT16:%02u:%02u.%06u+0000\",\"flow_id\":%llu,"
            "\"in_iface\":\"eth0\",\"event_type\":\"alert\",\"src_ip\":\"192.168.%u.%u\","
            "\"src_port\":%u,\"dest_ip\":\"10.%u.%u.%u\",\"dest_port\":80,\"proto\":"
            "\"TCP\",\"tx_id\":0,"
            "\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":20%05u,"
            "\"rev\":%u,\"signature\":\"%s\",\"category\":\"Attempted Information "
            "Leak\",\"severity\":2},\"http\":{\"hostname\":\"www%u.example.com\","
            "\"url\":\"/%u\",\"http_user_agent\":\"Mozilla/5.0 (X11)\","
            "\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"length\":"
            "%u},\"app_proto\":\"http\",\"flow\":{\"pkts_toserver\":%u,"
            "\"pkts_toclient\":3,\"bytes_toserver\":504,\"bytes_toclient\":%u,\"start\":"
            "\"2021-12-14T16:04:52.%06u+0000\"}}",
            i % 28 + 1, i % 60, (i / 60) % 60, i,
            (unsigned long long)(yg_rng_u64(&g) >> 13), upto(&g, 256), upto(&g, 256),
            upto(&g, 65536), upto(&g, 256), upto(&g, 256), upto(&g, 256), upto(&g, 40000),
            i % 9, name[i % YG_ARRAY_LEN(name)], i % 100, i, upto(&g, 100000), i % 50,
            upto(&g, 1000000), i);
        add_line(l, (struct yg_str){ line, (size_t)n });
    }
}

/* What a syslog server of an office sees: firewalls of several makers, a host, a line
 * that nobody knows. */
static void make_logs(struct lines *l)
{
    struct yg_rng g;
    char line[2048];

    yg_rng_init(&g, 1);
    for (unsigned i = 0; i < MADE; i++) {
        static const char *const form[] = {
            "<189>date=2026-01-02 time=03:04:%02u devname=\"fw-1\" devid=\"FG1\" "
            "eventtime="
            "1767323045%09u tz=\"+0900\" logid=\"0000000013\" type=\"traffic\" subtype="
            "\"forward\" level=\"notice\" vd=\"root\" srcip=10.1.%u.%u srcport=%u "
            "srcintf=\"lan\" dstip=198.51.100.7 dstport=443 dstintf=\"wan1\" proto=6 "
            "action="
            "\"close\" policyid=8 service=\"HTTPS\" duration=3 sentbyte=%u rcvdbyte=3050",
            "<166>Jan  2 03:04:%02u fw : %%ASA-6-302013: Built outbound TCP connection "
            "%u for "
            "outside:198.51.%u.%u/443 (198.51.100.7/443) to inside:10.1.2.3/%u "
            "(192.0.2.1/%u)",
            "<4>Jan  2 03:04:%02u gw kernel: [%u.5] [UFW BLOCK] IN=eth0 OUT= "
            "MAC=00:00:00:00:"
            "00:01:00:00:00:00:00:02:08:00 SRC=192.0.%u.%u DST=198.51.100.2 LEN=52 "
            "TOS=0x00 "
            "PREC=0x00 TTL=52 ID=%u DF PROTO=TCP SPT=%u DPT=23 WINDOW=1024 SYN URGP=0",
            "<134>Jan  2 03:04:%02u sense filterlog[%u]: "
            "5,,,1000,em0,match,block,in,4,0x0,,128"
            ",1,0,none,6,tcp,60,192.0.%u.%u,198.51.100.2,%u,%u,0,S,1,,64240,,mss",
            "<134>Jan  2 03:04:%02u ips CEF:0|Acme|Edge IPS|1.0|%u|worm "
            "stopped|8|src=192.0.%u.%u "
            "spt=%u dst=198.51.100.2 dpt=80 proto=TCP act=Blocked cnt=%u "
            "request=http://a.example/",
            "<30>Jan  2 03:04:%02u web nobody-knows[%u]: request of 192.0.%u.%u took %u "
            "ms, %u "
            "bytes",
        };
        /* every form takes the same six numbers */
        int n = snprintf(line, sizeof(line), form[i % YG_ARRAY_LEN(form)], i % 60,
                         upto(&g, 1000000), upto(&g, 256), upto(&g, 256), upto(&g, 65536),
                         upto(&g, 65536));
        add_line(l, (struct yg_str){ line, (size_t)n });
    }
}

static bool read_lines(struct lines *l, const char *path, enum yg_framing framing)
{
    struct yg_batch *b = malloc(sizeof(*b));
    struct yg_input *in = NULL;
    struct yg_err err = { .status = YG_OK };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum yg_status st = YG_OK;

    if (fd < 0 || !b || yg_input_open(fd, framing, &in) != YG_OK) {
        fprintf(stderr, "bench_decode: cannot open %s\n", path);
        st = YG_EIO;
    }
    while (st == YG_OK) {
        yg_batch_clear(b, 0, 0);
        st = yg_input_frame(in, b, &err);
        for (uint32_t i = 0; i < b->count; i++)
            if (b->record[i].raw.len > 1)
                add_line(l, yg_batch_str(b, b->record[i].raw));
        if (b->last)
            break;
    }
    yg_input_close(in);
    free(b);
    if (fd >= 0)
        close(fd);
    return l->count > 0;
}

struct state {
    struct lines lines;
    struct yg_json *json;
    const struct yg_decoder *decoder;
    struct yg_decode *decode;
    struct yg_batch *batch;
    bool walks;   /* compare with a walk over line ends, not with a JSON parse */
    size_t first; /* line of the batch in hand */
    size_t alerts, fields, undecodable, good; /* of one round */
};

static void fill_batch(struct state *s, size_t *i)
{
    struct yg_batch *b = s->batch;

    yg_batch_clear(b, 1, 0);
    while (*i < s->lines.count && b->count < YG_BATCH_MAX &&
           b->text_used < YG_BATCH_RAW) {
        struct yg_record *r = &b->record[b->count++];
        *r = (struct yg_record){ .full_size = s->lines.at[*i].n };
        if (!yg_batch_add(b, s->lines.at[(*i)++], &r->raw))
            abort(); /* a record fits, see event/batch.h */
    }
}

/* What yg_decode_batch does with a record, but for its id. */
static void decode_events(struct state *s)
{
    struct yg_batch *b = s->batch;

    for (uint32_t i = 0; i < b->count; i++) {
        b->event[i] = (struct yg_event){ .raw = b->record[i].raw,
                                         .source = b->source,
                                         .verdict = YG_LEVEL_NONE };
        s->decoder->event(s->decode, b, i, &b->event[i]);
    }
}

struct cost {
    double own, all, bare; /* seconds of CPU: without ids, with ids, simdjson alone */
};

static void count_events(struct state *s)
{
    const struct yg_batch *b = s->batch;

    for (uint32_t k = 0; k < b->count; k++) {
        s->alerts += b->event[k].kind == YG_KIND_ALERT;
        s->undecodable += b->event[k].kind == YG_KIND_UNDECODABLE;
        for (size_t w = 0; w < YG_PRESENT_WORDS; w++)
            s->fields += (size_t)__builtin_popcountll(b->event[k].present[w]);
    }
}

/* The raw records lie one behind the other, each with a line end for the walk. */
static void time_walk(struct state *s, struct cost *c)
{
    const struct yg_str *at = &s->lines.at[s->first];
    const char *p = at[0].p,
               *end = at[s->batch->count - 1].p + at[s->batch->count - 1].n + 1;
    double start = yg_clock_cpu();

    for (; p < end; s->good++)
        p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
    c->bare += yg_clock_cpu() - start;
}

static void time_bare(struct state *s, struct cost *c)
{
    struct yg_str text[YG_BATCH_MAX];

    for (uint32_t k = 0; k < s->batch->count; k++)
        text[k] = yg_batch_str(s->batch, s->batch->record[k].raw);
    if (s->walks) {
        time_walk(s, c);
        return;
    }
    double start = yg_clock_cpu();
    s->good += yg_json_parse_only(s->json, text, s->batch->count);
    c->bare += yg_clock_cpu() - start;
}

static void time_own(struct state *s, struct cost *c)
{
    double start = yg_clock_cpu();

    decode_events(s);
    c->own += yg_clock_cpu() - start;
}

/* One round over all lines, batch by batch and in turn, so that what else the machine
 * does hits all alike, and each is as often the first to touch a batch. Filling the
 * batches is not counted: framing puts the records there anyway. */
static struct cost one_round(struct state *s)
{
    struct cost c = { 0, 0, 0 };
    unsigned turn = 0;

    s->alerts = s->fields = s->undecodable = s->good = 0;
    for (size_t i = 0; i < s->lines.count; turn++) {
        s->first = i;
        fill_batch(s, &i);
        uint32_t used = s->batch->text_used;
        (turn % 2 ? time_own : time_bare)(s, &c);
        (turn % 2 ? time_bare : time_own)(s, &c);
        s->batch->text_used = used;
        double start = yg_clock_cpu();
        yg_decode_batch(s->decode, s->batch);
        c.all += yg_clock_cpu() - start;
        count_events(s);
    }
    return c;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof(*v), by_value);
    return v[n / 2];
}

static void report(const struct state *s, const struct cost *mid, double ratio)
{
    double n = (double)s->lines.count, bytes = (double)(s->lines.n - s->lines.count);
    struct yg_buf out;
    struct yg_jsonw w = yg_jsonw_of(&out);

    printf("%zu lines, %.0f bytes each, %.1f fields each, %zu alerts, %zu undecodable, "
           "%zu read by the bare parse\n",
           s->lines.count, bytes / n, (double)s->fields / n, s->alerts, s->undecodable,
           s->good);
    printf("%-17s %7.0f ns a line  %5.2f GB/s\n",
           s->walks ? "memchr walk" : "bare DOM parse", mid->bare / n * 1e9,
           bytes / mid->bare * 1e-9);
    printf("decode, no ids    %7.0f ns a line  %5.2f GB/s\n", mid->own / n * 1e9,
           bytes / mid->own * 1e-9);
    printf("decode with ids   %7.0f ns a line\n", mid->all / n * 1e9);
    printf("speed of decoding / bare parse, median of %d rounds: %.2f\n", ROUNDS, ratio);
    yg_buf_init(&out, 4096);
    yg_jsonw_open(&w, '{');
    yg_jsonw_ku64(&w, "lines", s->lines.count);
    yg_jsonw_ku64(&w, "alerts", s->alerts);
    yg_jsonw_ku64(&w, "undecodable", s->undecodable);
    yg_jsonw_kf64(&w, s->walks ? "ratio_to_memchr" : "ratio_to_dom", ratio);
    yg_jsonw_kf64(&w, "seconds", mid->all);
    yg_jsonw_kf64(&w, s->walks ? "lines_per_s" : "alerts_per_s", n / mid->all);
    yg_jsonw_close(&w, '}');
    printf("%s\n", yg_buf_cstr(&out));
    yg_buf_fini(&out);
}

static void run(struct state *s)
{
    double own[ROUNDS], all[ROUNDS], bare[ROUNDS], ratio[ROUNDS];

    for (int r = 0; r < ROUNDS; r++) {
        struct cost c = one_round(s);
        own[r] = c.own;
        all[r] = c.all;
        bare[r] = c.bare;
        ratio[r] = c.bare / c.own;
    }
    struct cost mid = { median(own, ROUNDS), median(all, ROUNDS), median(bare, ROUNDS) };
    report(s, &mid, median(ratio, ROUNDS));
}

int main(int argc, char **argv)
{
    struct yg_source source = { .tenant = YG_STR("bench"),
                                .format = yg_str_of(argc > 2 ? argv[2] : "eve"),
                                .reference_ns = INT64_C(1767571200000000000) };
    struct yg_err err = { .status = YG_OK };
    struct state s = { .batch = malloc(sizeof(struct yg_batch)) };
    int rc = 1;

    s.lines.text = malloc(TEXT_MAX);
    s.lines.at = calloc(LINES_MAX, sizeof(*s.lines.at));
    if (sodium_init() < 0 || !s.batch || !s.lines.text || !s.lines.at ||
        yg_json_new(YG_RECORD_MAX, &s.json) != YG_OK ||
        yg_decode_new(&source, YG_STR_NONE, &s.decode, &err) != YG_OK) {
        fprintf(stderr, "bench_decode: no memory %s\n", err.msg);
        goto out;
    }
    s.decoder = yg_decoder_by_name(source.format);
    s.walks = s.decoder->framing == YG_FRAME_LINES;
    if (argc > 1 && strcmp(argv[1], "-") != 0) {
        if (!read_lines(&s.lines, argv[1], s.decoder->framing))
            goto out;
    } else {
        (s.walks ? make_logs : make_lines)(&s.lines);
    }
    run(&s);
    rc = 0;
out:
    yg_decode_free(s.decode);
    yg_json_free(s.json);
    free(s.lines.text);
    free(s.lines.at);
    free(s.batch);
    return rc;
}
