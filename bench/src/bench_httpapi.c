/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record costs between a request's body and the journal: `bench_httpapi [ROUNDS]`
 * gives requests of 2,000 alerts of some 700 bytes to each API and prints the time a
 * record and the bytes a second. Sockets and the journal are not in it.
 */
#include "base/clock.h"
#include "base/jsonw.h"
#include "intake/httpapi.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENTS 2000

struct yg_intake {
    uint64_t records;
};

enum yg_status yg_intake_take(struct yg_intake *in, uint32_t source,
                              struct yg_journal_record *rec, size_t n, uint64_t *ticket)
{
    (void)source;
    (void)rec;
    in->records += n;
    *ticket = in->records;
    return YG_OK;
}

enum yg_status yg_intake_take_wait(struct yg_intake *in, uint32_t source,
                                   struct yg_journal_record *rec, size_t n,
                                   uint64_t *ticket)
{
    return yg_intake_take(in, source, rec, n, ticket);
}

void yg_intake_count(struct yg_intake *in, uint32_t source, enum yg_intake_counter c,
                     uint64_t n)
{
    (void)in;
    (void)source;
    (void)c;
    (void)n;
}

void yg_intake_id(const struct yg_intake *in, uint32_t source, struct yg_str place,
                  unsigned char id[YG_ID_SIZE])
{
    (void)in;
    (void)source;
    yg_hash_id(YG_STR("bench"), place, id);
}

void yg_intake_id_begin(const struct yg_intake *in, uint32_t source, struct yg_digest *d)
{
    (void)in;
    (void)source;
    yg_digest_init(d);
    yg_digest_add(d, "yagura place acme shippers", 26);
}

static void put_event(struct yg_buf *b, int i, const char *quote)
{
    struct yg_buf e;

    yg_buf_init(&e, 4096);
    yg_buf_printf(
        &e,
        "{\"timestamp\":\"2026-01-01T00:00:%02d.%06d+0000\",\"flow_id\":%d,"
        "\"event_type\":\"alert\",\"src_ip\":\"10.0.%d.7\",\"src_port\":%d,"
        "\"dest_ip\":\"192.0.2.9\",\"dest_port\":443,\"proto\":\"TCP\",\"alert\":{"
        "\"action\":\"allowed\",\"gid\":1,\"signature_id\":2024897,\"rev\":3,"
        "\"signature\":\"made for a benchmark\",\"category\":\"Misc activity\","
        "\"severity\":3,\"metadata\":{\"created_at\":[\"2017_10_23\"]}},\"http\":{"
        "\"hostname\":\"www.example.net\",\"url\":\"/index.html?%d\","
        "\"http_user_agent\":\"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\","
        "\"http_method\":\"GET\",\"status\":200,\"length\":%d},\"flow\":{"
        "\"pkts_toserver\":5,\"pkts_toclient\":4,\"bytes_toserver\":912,"
        "\"bytes_toclient\":1412,\"start\":\"2026-01-01T00:00:00.0+0000\"}}",
        i % 60, i, i * 7919, i % 250, 1024 + i, i, i * 3);
    if (quote)
        yg_json_escape(b, yg_buf_str(&e));
    else
        yg_buf_str_add(b, yg_buf_str(&e));
    yg_buf_fini(&e);
}

static const struct {
    const char *name, *path, *type, *head, *before, *after, *between, *tail;
    bool quoted;
} api[] = {
    { "_bulk", "/_bulk", "", "", "{\"create\":{\"_index\":\"logs\"}}\n", "\n", "", "",
      false },
    { "/ingest", "/ingest", "", "", "", "\n", "", "", false },
    { "HEC object", "/services/collector", "", "",
      "{\"time\":1767225600.5,\"host\":\"h\",\"event\":", "}", "", "", false },
    { "HEC text", "/services/collector", "", "", "{\"host\":\"h\",\"event\":\"", "\"}",
      "", "", true },
    { "Loki JSON", "/loki/api/v1/push", "application/json",
      "{\"streams\":[{\"stream\":{\"job\":\"eve\",\"host\":\"h\"},\"values\":[",
      "[\"1767225600000000000\",\"", "\"]", ",", "]}]}", true },
    { "OTLP JSON", "/v1/logs", "application/json",
      "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[",
      "{\"timeUnixNano\":\"1767225600000000000\",\"body\":{\"stringValue\":\"", "\"}}",
      ",", "]}]}]}", true },
};

static void run(struct yg_intake *in, struct yg_httpapi *a, size_t which, long rounds)
{
    struct yg_httpd_reply out = { .status = 0 };
    struct yg_buf body;

    yg_buf_init(&body, (size_t)16 << 20);
    yg_buf_init(&out.body, (size_t)16 << 20);
    yg_buf_printf(&body, "%s", api[which].head);
    for (int i = 0; i < EVENTS; i++) {
        yg_buf_printf(&body, "%s%s", i ? api[which].between : "", api[which].before);
        put_event(&body, i, api[which].quoted ? "\"" : NULL);
        yg_buf_printf(&body, "%s", api[which].after);
    }
    yg_buf_printf(&body, "%s", api[which].tail);
    struct yg_httpd_request r = { .method = YG_STR("POST"),
                                  .path = yg_str_of(api[which].path),
                                  .query = YG_STR(""),
                                  .type = yg_str_of(api[which].type),
                                  .peer = YG_STR("192.0.2.7:4711"),
                                  .peer_host = YG_STR("192.0.2.7"),
                                  .body = yg_buf_str(&body) };
    in->records = 0;
    double from = yg_clock_cpu();
    for (long i = 0; i < rounds; i++) {
        yg_buf_clear(&out.body);
        yg_httpapi_handle(a, &r, &out);
    }
    double s = yg_clock_cpu() - from;
    printf("%-12s %6.0f ns a record, %5.0f MB/s%s\n", api[which].name,
           s * 1e9 / (double)(rounds * EVENTS),
           (double)r.body.n * (double)rounds / s / 1e6,
           in->records == (uint64_t)rounds * EVENTS ? "" : " (records are missing)");
    yg_buf_fini(&body);
    yg_buf_fini(&out.body);
}

int main(int argc, char **argv)
{
    struct yg_input_conf conf = { .elasticsearch_version = YG_STR("9.9.9"),
                                  .max_body = 64 << 20 };
    struct yg_intake in = { 0 };
    struct yg_httpapi *a = NULL;
    int64_t rounds = 20;

    if (sodium_init() < 0 || (argc > 1 && !yg_str_i64(yg_str_of(argv[1]), &rounds)) ||
        rounds < 1 || yg_httpapi_new(&in, 0, &conf, &a) != YG_OK)
        return 2;
    for (size_t i = 0; i < YG_ARRAY_LEN(api); i++)
        run(&in, a, i, (long)rounds);
    yg_httpapi_free(a);
    return 0;
}
