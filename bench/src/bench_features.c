/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_features - what facts and context rows cost, and that rows do not get dearer
 * with history: a made-up stream over many hosts, timed at 10^4 .. 10^N alerts.
 *
 *      bench_features [N]        N 4 to 7, default 6
 */
#include "base/clock.h"
#include "base/rng.h"
#include "context/context.h"
#include "feature/packetcols.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK  4096U
#define BATCH  256U
#define MEMORY (256U << 20)

static uint64_t key(uint64_t kind, uint64_t i)
{
    return yg_hash_pair(kind + 1000, i + 1);
}

/* Heavy-tailed choice among n: small numbers are frequent, all occur. */
static uint64_t tail(struct yg_rng *r, uint64_t n)
{
    double u = yg_rng_unit(r);

    return (uint64_t)(u * u * u * (double)n);
}

static void make(struct yg_rng *r, struct yg_facts *f, uint64_t i)
{
    uint64_t host = tail(r, 20000), src = tail(r, 200000), sig = tail(r, 3000);

    memset(f, 0, sizeof(*f));
    for (int k = 0; k < YG_FACTS_STATIC; k++)
        f->fixed[k] = NAN;
    f->time_ns = INT64_C(1767225600000000000) + (int64_t)(i * 50000000U);
    f->device = (uint8_t)(sig % 3 + 1);
    f->key[YG_KEY_SIGNATURE] = key(1, sig);
    f->key[YG_KEY_SOURCE] = key(2, src);
    f->key[YG_KEY_DESTINATION] = f->key[YG_KEY_HOST] = key(2, host);
    f->key[YG_KEY_ENTITY] = f->key[YG_KEY_SOURCE];
    f->key[YG_KEY_FLOW] = key(4, i / 2);
    f->fixed[YG_X_SRC_INTERNAL] = 0;
    f->fixed[YG_X_DST_INTERNAL] = 1;
    f->port = (uint16_t)(src % 1000);
}

static struct yg_history *history(void)
{
    struct yg_history_builder *b = NULL;
    struct yg_history *h = NULL;
    struct yg_rng r;
    struct yg_facts f;

    yg_rng_init(&r, 2);
    if (yg_history_builder_new(&b) != YG_OK)
        return NULL;
    for (uint64_t i = 0; i < 50000; i++) {
        make(&r, &f, i);
        enum yg_level level = yg_rng_below(&r, 50) ? YG_LEVEL_FP : YG_LEVEL_L3;
        if (yg_history_builder_add(b, &f, level) != YG_OK)
            break;
    }
    if (yg_history_merge(&b, 1, NULL, &h) != YG_OK)
        h = NULL;
    yg_history_builder_free(b);
    return h;
}

/* Rows over 10^digits alerts; microseconds each over the last tenth. */
static double rows(const struct yg_history *h, int digits, double *sum)
{
    static struct yg_facts chunk[CHUNK];
    static float row[BATCH * YG_FEATURE_COUNT];
    struct yg_context *c = NULL;
    struct yg_rng r;
    uint64_t n = 1, timed = 0;
    double seconds = 0;

    for (int i = 0; i < digits; i++)
        n *= 10;
    yg_rng_init(&r, 1);
    if (yg_context_new(h, MEMORY, &c) != YG_OK)
        return -1;
    for (uint64_t at = 0; at < n; at += CHUNK) {
        for (uint64_t i = 0; i < CHUNK; i++)
            make(&r, &chunk[i], at + i);
        double start = yg_clock_cpu();
        for (uint64_t i = 0; i < CHUNK; i += BATCH)
            yg_context_batch(c, chunk + i, BATCH, row);
        if (at + CHUNK > n / 10 * 9) {
            seconds += yg_clock_cpu() - start;
            timed += CHUNK;
        }
        *sum += (double)row[YG_X_SIG_N];
    }
    struct yg_context_stats s = yg_context_stats_of(c);
    printf("10^%d alerts: %.3f us a row, %zu MiB, %llu evicted\n", digits,
           seconds / (double)timed * 1e6, s.memory >> 20, (unsigned long long)s.evicted);
    yg_context_free(c);
    return seconds / (double)timed * 1e6;
}

/* Facts of one alert as a sensor writes it, with `payload` bytes. */
static double facts(size_t payload)
{
    struct yg_batch *b = calloc(1, sizeof(*b));
    struct yg_event *e;
    struct yg_facts f;
    struct yg_rng r;
    enum { TIMES = 100000 };
    double sum = 0;

    if (!b)
        return -1;
    e = &b->event[0];
    yg_rng_init(&r, 3);
    char *bytes = calloc(1, payload + 1);
    for (size_t i = 0; bytes && i < payload; i++)
        bytes[i] = (char)yg_rng_below(&r, 1 + yg_rng_below(&r, 256));
    bool ok =
        bytes && yg_event_set_str(b, e, YG_F_RULE_ID, YG_STR("2034704")) &&
        yg_event_set_str(b, e, YG_F_RULE_RULESET, YG_STR("suricata")) &&
        yg_event_set_str(b, e, YG_F_RULE_NAME,
                         YG_STR("EXAMPLE POLICY Anonymous Directory Bind Outbound")) &&
        yg_event_set_str(b, e, YG_F_RULE_CATEGORY, YG_STR("Privacy Violation")) &&
        yg_event_set_ip(b, e, YG_F_SOURCE_IP, YG_STR("192.0.2.17")) &&
        yg_event_set_ip(b, e, YG_F_DESTINATION_IP, YG_STR("10.1.2.3")) &&
        yg_event_set_str(b, e, YG_F_TRANSPORT, YG_STR("tcp")) &&
        yg_event_set_str(b, e, YG_F_APP_PROTO, YG_STR("http")) &&
        yg_event_set_str(b, e, YG_F_URL, YG_STR("/a/path/of/usual/length.php?x=1&y=2")) &&
        yg_event_set_str(b, e, YG_F_USER_AGENT,
                         YG_STR("Mozilla/5.0 (X11; Linux x86_64) Gecko/1 Firefox/1")) &&
        yg_event_set_str(b, e, YG_F_COMMUNITY_ID,
                         YG_STR("1:gZPPQNO9Tlt63OO0i4BYYcWDClw=")) &&
        (payload == 0 ||
         yg_event_set_str(b, e, YG_F_PAYLOAD, (struct yg_str){ bytes, payload }));
    double start = yg_clock_cpu();
    for (int i = 0; ok && i < TIMES; i++) {
        e->time_ns = i;
        yg_facts_of(b, e, NULL, &f);
        sum += (double)(f.key[YG_KEY_SIGNATURE] & 1);
    }
    double us = (yg_clock_cpu() - start) / TIMES * 1e6;
    free(bytes);
    free(b);
    return ok && sum >= 0 ? us : -1;
}

/* The columns of one conversation of `bytes` each way with one question and answer. */
static double packets(size_t bytes)
{
    const int times = 2000;
    char *text = malloc(bytes + 1);
    struct yg_segment seg = { .time_ns = 1,
                              .len = (uint32_t)bytes,
                              .wire = (uint32_t)bytes };
    struct yg_exchange ask = { .app = YG_APP_HTTP, .status = 200 };
    struct yg_talk talk = { .app = YG_APP_HTTP, .exchange = &ask, .exchanges = 1 };
    struct yg_talk *talks[] = { &talk };
    struct yg_arena arena;
    struct yg_analysis a = {
        .talk = talks, .talks = 1, .has_pcap = true, .arena = &arena
    };
    float row[YG_FEATURE_COUNT];
    double sum = 0;

    if (!text)
        return -1;
    for (size_t i = 0; i < bytes; i++)
        text[i] = (char)(' ' + i * i % 90);
    for (int k = 0; k < YG_SIDES; k++) {
        talk.side[k].bytes = (struct yg_str){ text, bytes };
        talk.side[k].segment = &seg;
        talk.side[k].segments = 1;
        talk.side[k].packets = 1;
    }
    ask.verb = YG_STR("GET");
    ask.target = YG_STR("/a/path/of/usual/length.php?x=1&y=%41%42");
    ask.head = YG_STR("GET / HTTP/1.1\r\nHost: www.example\r\nAccept: */*\r\n\r\n");
    ask.answer_body = (struct yg_str){ text, bytes };
    yg_arena_init(&arena, (size_t)1 << 20);
    double start = yg_clock_cpu();
    for (int i = 0; i < times; i++) {
        yg_arena_clear(&arena);
        yg_packet_columns(&a, row);
        sum += (double)row[YG_X_P_ASKS];
    }
    double us = (yg_clock_cpu() - start) / times * 1e6;
    yg_arena_fini(&arena);
    free(text);
    return sum > 0 ? us : -1;
}

int main(int argc, char **argv)
{
    uint64_t most = 6;
    struct yg_history *h = history();
    double sum = 0, first = 0, last = 0, worst = 0;

    if (argc > 1 && (!yg_str_u64(yg_str_of(argv[1]), &most) || most < 4 || most > 7)) {
        fprintf(stderr, "bench_features: %s: write a number from 4 to 7\n", argv[1]);
        return 2;
    }
    double none = facts(0), some = facts(4096);
    printf("facts: %.3f us an alert, %.2f ns a payload byte\n", none,
           (some - none) / 4096 * 1e3);
    double dry = packets(0), wet = packets(16384);
    printf("packets: %.3f us an alert, %.2f ns a byte of both sides and the answer\n",
           dry, (wet - dry) / (3 * 16384) * 1e3);
    for (int d = 4; d <= (int)most; d++) {
        last = rows(h, d, &sum);
        if (d == 4)
            first = last;
        worst = last > worst ? last : worst;
    }
    printf("{\"columns\":%d,\"alerts\":1e%d,\"facts_us\":%.3f,"
           "\"payload_ns_per_byte\":%.2f,\"packets_us\":%.3f,\"row_us_first\":%.3f,\"row_"
           "us_last\":%.3f,"
           "\"row_us_worst\":%.3f,\"checksum\":%.0f}\n",
           (int)YG_FEATURE_COUNT, (int)most, none, (some - none) / 4096 * 1e3, wet, first,
           last, worst, sum);
    yg_history_free(h);
    return 0;
}
