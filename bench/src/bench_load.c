/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_load - an endless-enough sensor: EVE alerts of 725 bytes on average.
 *
 * bench_load N [--seed S] [--size BYTES] [--verdicts FILE --as NAME]: N alerts to
 * standard output, longer ones (--size) by their payload, the same for the same seed, and
 * an analyst's verdict for each in FILE (the CSV that `yagura import --verdicts` takes,
 * for a file called NAME). Alerts come as they do from a border sensor: runs of like
 * alerts of one source, few signatures making most of the noise, and now and then an
 * intrusion of several steps. Signatures and hosts are the same for every seed. About 2
 * us an alert.
 */
#include "base/clock.h"
#include "base/rng.h"
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T0         (INT64_C(1767225600) * YG_NS_PER_S)
#define STEP_NS    50000000U /* 20 alerts a second on average */
#define MEAN       725       /* unless asked for others */
#define MEAN_MAX   8000
#define SPREAD     120 /* bytes either way */
#define SIGNATURES 200
#define SOURCES    20000
#define SERVERS    300
#define RUNS       64  /* under way at any time */
#define BREAK_IN   200 /* one in so many new runs */
#define PAYLOAD    8192
#define LINE_BYTES 10240

enum theme { SCAN, POLICY, WEB, EXPLOIT, MALWARE, THEMES };

static const struct {
    const char *set, *what, *category, *severity;
    int priority;
} theme[THEMES] = {
    { "ET SCAN", "Inbound probe for service", "Detection of a Network Scan", "Minor", 3 },
    { "ET POLICY", "Unusual client or protocol", "Potential Corporate Privacy Violation",
      "Informational", 3 },
    { "ET WEB_SERVER", "Attack on application", "Web Application Attack", "Major", 1 },
    { "ET EXPLOIT", "Attempt on known hole in product",
      "Attempted Administrator Privilege Gain", "Major", 1 },
    { "ET MALWARE", "Command and control check-in of family",
      "Malware Command and Control Activity Detected", "Critical", 1 },
};

struct run {
    uint32_t source, server, signature, left;
    bool broke_in;
};

struct load {
    struct yg_rng rng;
    struct run run[RUNS];
    char payload[THEMES][PAYLOAD]; /* base64 */
    FILE *verdicts;
    const char *as;
    int64_t now;
    uint64_t mean;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_load: %s\n", what);
    exit(2);
}

/* Heavy-tailed choice among n: small numbers are frequent, all occur. */
static uint32_t tail(struct yg_rng *r, uint32_t n)
{
    double u = yg_rng_unit(r);

    return (uint32_t)(u * u * u * (double)n);
}

static enum theme theme_of(uint32_t signature)
{
    static const enum theme of[] = { SCAN, POLICY, SCAN,    WEB,    POLICY,
                                     SCAN, WEB,    EXPLOIT, POLICY, MALWARE };

    return of[signature % YG_ARRAY_LEN(of)];
}

static void next_run(struct load *l, struct run *x)
{
    struct yg_rng *r = &l->rng;

    x->source = tail(r, SOURCES);
    x->server = tail(r, SERVERS);
    x->broke_in = yg_rng_below(r, BREAK_IN) == 0;
    x->signature = tail(r, SIGNATURES);
    if (x->broke_in) /* what follows a break-in is seen from inside */
        x->signature = x->signature / 10 * 10 + 9;
    x->left = 1 + tail(r, x->broke_in ? 12 : 160);
}

/* What an analyst would have said. Noise is noise whatever the rule; some rules are
 * worth a note; what phones home from a broken host is an incident. */
static const char *level_of(const struct run *x)
{
    if (x->broke_in)
        return x->server % 3 ? "L3" : "L4";
    switch (theme_of(x->signature)) {
    case EXPLOIT:
        return x->source % 4 ? "L1" : "L2";
    case WEB:
        return x->source % 8 ? "FP" : "L2";
    case SCAN:
        return x->source % 16 ? "FP" : "L1";
    default:
        return "FP";
    }
}

static int flow_text(struct load *l, const struct run *x, char *p, size_t n)
{
    uint64_t out =
        x->broke_in ? 40 + yg_rng_below(&l->rng, 400) : 1 + yg_rng_below(&l->rng, 12);
    char start[YG_TIME_TEXT_MAX];

    yg_time_text(l->now - (int64_t)yg_rng_below(&l->rng, 3000000000U), start);
    return snprintf(p, n,
                    "\"flow\":{\"pkts_toserver\":%llu,\"pkts_toclient\":%llu,"
                    "\"bytes_toserver\":%llu,\"bytes_toclient\":%llu,\"start\":\"%s\"},",
                    (unsigned long long)out, (unsigned long long)out + 2,
                    (unsigned long long)out * 90, (unsigned long long)out * 310, start);
}

static int http_text(struct load *l, const struct run *x, char *p, size_t n)
{
    enum theme t = theme_of(x->signature);

    if (t != WEB && t != EXPLOIT)
        return snprintf(p, n, "\"app_proto\":\"tls\",\"tls\":{\"sni\":\"w%u.example\"},",
                        x->server % 50);
    return snprintf(
        p, n,
        "\"app_proto\":\"http\",\"http\":{\"hostname\":\"w%u.example\","
        "\"url\":\"/a%u/index.php?id=%llx\",\"http_method\":\"GET\","
        "\"status\":%d,\"length\":%llu},",
        x->server % 50, x->server, (unsigned long long)yg_rng_below(&l->rng, 65536),
        x->source % 8 ? 404 : 200, (unsigned long long)yg_rng_below(&l->rng, 9000));
}

static int head_text(struct load *l, const struct run *x, char *p, size_t n)
{
    enum theme t = theme_of(x->signature);
    char time[YG_TIME_TEXT_MAX], outside[20], inside[20];
    bool web = t == WEB || t == EXPLOIT;

    snprintf(outside, sizeof(outside), "198.%u.%u.%u", 18 + (x->source & 1),
             x->source >> 8 & 255, x->source & 255);
    snprintf(inside, sizeof(inside), "10.%u.%u.%u", x->server & 3, x->server >> 2 & 63,
             x->server % 200 + 1);
    return snprintf(
        p, n,
        "{\"timestamp\":\"%.26s+0000\",\"flow_id\":%llu,\"event_type\":\"alert\","
        "\"src_ip\":\"%s\",\"src_port\":%llu,\"dest_ip\":\"%s\",\"dest_port\":%d,"
        "\"proto\":\"TCP\",\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%"
        "u,"
        "\"rev\":%u,\"signature\":\"%s %s %u\",\"category\":\"%s\",\"severity\":%d,"
        "\"metadata\":{\"signature_severity\":[\"%s\"]}},",
        yg_time_text(l->now, time), (unsigned long long)(yg_rng_u64(&l->rng) >> 12),
        x->broke_in ? inside : outside,
        (unsigned long long)yg_rng_below(&l->rng, 60000) + 1024,
        x->broke_in ? outside : inside, web ? 80 : 443, 2000000 + x->signature,
        x->signature % 9 + 1, theme[t].set, theme[t].what, x->signature,
        theme[t].category, theme[t].priority, theme[t].severity);
}

static void alert(struct load *l, const struct run *x)
{
    static const char digit[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char line[LINE_BYTES];
    size_t want = l->mean - SPREAD + (size_t)yg_rng_below(&l->rng, 2 * SPREAD + 1);
    int n = head_text(l, x, line, sizeof(line));

    n += flow_text(l, x, line + n, sizeof(line) - (size_t)n);
    n += http_text(l, x, line + n, sizeof(line) - (size_t)n);
    n += snprintf(line + n, sizeof(line) - (size_t)n, "\"payload\":\"");
    size_t at = (size_t)n, size = want > at + 20 ? (want - at - 3) / 4 * 4 : 16;
    memcpy(line + at, l->payload[theme_of(x->signature)], size);
    uint64_t part = yg_rng_u64(&l->rng); /* what varies in like payloads */
    for (size_t i = 0; i < 10; i++)
        line[at + i] = digit[part >> (6 * i) & 63];
    memcpy(line + at + size, "\"}\n", 3);
    if (fwrite(line, at + size + 3, 1, stdout) != 1)
        die("standard output cannot be written");
}

static void run(struct load *l, uint64_t n)
{
    for (uint64_t i = 0; i < RUNS; i++)
        next_run(l, &l->run[i]);
    for (uint64_t i = 0; i < n; i++) {
        struct run *x = &l->run[yg_rng_below(&l->rng, RUNS)];
        l->now += (int64_t)yg_rng_below(&l->rng, 2 * STEP_NS);
        alert(l, x);
        if (l->verdicts)
            fprintf(l->verdicts, "%s,%llu,%s\n", l->as, (unsigned long long)i + 1,
                    level_of(x));
        if (--x->left == 0)
            next_run(l, x);
    }
}

static void make_payloads(struct load *l)
{
    static const char digit[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct yg_rng r;

    yg_rng_init(&r, 7);
    for (size_t t = 0; t < THEMES; t++)
        for (size_t i = 0; i < PAYLOAD; i++)
            l->payload[t][i] = digit[yg_rng_below(&r, 64)];
}

int main(int argc, char **argv)
{
    static char buffer[1 << 20];
    static struct load l;
    const char *verdicts = NULL;
    uint64_t n = 0, seed = 1;

    l.mean = MEAN;

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--seed") == 0 && value &&
            yg_str_u64(yg_str_of(value), &seed))
            i++;
        else if (strcmp(argv[i], "--size") == 0 && value &&
                 yg_str_u64(yg_str_of(value), &l.mean) && l.mean >= MEAN &&
                 l.mean <= MEAN_MAX)
            i++;
        else if (strcmp(argv[i], "--verdicts") == 0 && value)
            verdicts = argv[++i];
        else if (strcmp(argv[i], "--as") == 0 && value)
            l.as = argv[++i];
        else if (!yg_str_u64(yg_str_of(argv[i]), &n))
            die("usage: bench_load N [--seed S] [--size 725..8000] [--verdicts FILE --as "
                "NAME]");
    }
    if (verdicts && (!l.as || !(l.verdicts = fopen(verdicts, "w"))))
        die("the verdicts cannot be written; --as says for which file they are");
    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    if (l.verdicts)
        fputs("file,line,level\n", l.verdicts);
    yg_rng_init(&l.rng, seed);
    l.now = T0 + (int64_t)(seed % 1000) * 86400 * YG_NS_PER_S;
    make_payloads(&l);
    run(&l, n);
    if (fflush(stdout) != 0 || (l.verdicts && fclose(l.verdicts) != 0))
        die("the output cannot be written");
    return 0;
}
