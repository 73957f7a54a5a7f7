/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network sensor's file: alerts with payload and packet, and the logs of requests,
 * files and connections with the same flow_id.
 */
#include "base/clock.h"
#include "sample/frame.h"
#include "sample/render.h"
#include "sample/shape.h"
#include "sample/text.h"

struct flow {
    uint64_t id;
    uint32_t pkts_s, pkts_c, bytes_s, bytes_c, seq, ack;
    int64_t start_ns;
};

/* What all records of one connection agree on. */
static struct flow flow_of(const struct yg_sample_item *it,
                           const struct yg_sample_ids *ids)
{
    struct yg_rng r;
    struct flow f;
    bool ok = it->outcome == YG_OUT_OK, scan = !*ids->ask && !*ids->answer;

    yg_rng_init(&r, it->seed ^ it->shape);
    f.id = yg_rng_u64(&r) >> 13;
    f.seq = (uint32_t)yg_rng_u64(&r);
    f.ack = (uint32_t)yg_rng_u64(&r);
    f.pkts_s = scan ? 1 : yg_sample_tail(&r, ok ? 6 : 3, ok ? 4000 : 900);
    f.pkts_c = scan ? 0 : yg_sample_between(&r, f.pkts_s / 2 + 1, f.pkts_s * 2);
    if (ids->app == YG_APP_DNS || it->outcome == YG_OUT_UNSURE)
        f.pkts_c = ids->app == YG_APP_DNS;
    f.bytes_s = f.pkts_s * yg_sample_between(&r, 60, ok ? 900 : 500);
    f.bytes_c = f.pkts_c * yg_sample_between(&r, 60, 1100);
    f.start_ns = it->time_ns - (int64_t)(yg_rng_u64(&r) >> 36) * 5;
    return f;
}

static void member_u64(struct yg_buf *b, const char *name, uint64_t v)
{
    yg_buf_str_add(b, yg_str_of(name));
    yg_sample_put_u64(b, v);
}

/* {"timestamp": ... to "proto"; `back`: the packet came from the server. */
static void common(struct yg_buf *b, const struct yg_sample_item *it,
                   const struct flow *f, const char *type, bool back)
{
    const struct yg_sample_ids *ids = yg_sample_ids_of(it->shape);
    bool udp = ids->app == YG_APP_DNS || ids->app == YG_APP_UDP;

    YG_SAMPLE_LIT(b, "{\"timestamp\":\"");
    yg_sample_put_time(b, it->time_ns, YG_TEXT_EVE);
    member_u64(b, "\",\"flow_id\":", f->id);
    YG_SAMPLE_LIT(b, ",\"in_iface\":\"mon0\",\"event_type\":\"");
    yg_buf_str_add(b, yg_str_of(type));
    YG_SAMPLE_LIT(b, "\",\"src_ip\":\"");
    yg_sample_put_ip(b, back ? it->dst : it->src);
    member_u64(b, "\",\"src_port\":", back ? it->dport : it->sport);
    YG_SAMPLE_LIT(b, ",\"dest_ip\":\"");
    yg_sample_put_ip(b, back ? it->src : it->dst);
    member_u64(b, "\",\"dest_port\":", back ? it->sport : it->dport);
    if (udp)
        YG_SAMPLE_LIT(b, ",\"proto\":\"UDP\"");
    else
        YG_SAMPLE_LIT(b, ",\"proto\":\"TCP\"");
}

static void http_host(struct yg_buf *b, const struct yg_sample_world *w,
                      const struct yg_sample_item *it)
{
    struct yg_sample_pen pen = yg_sample_pen_of(b, w, it, 4);

    if (it->shape == YG_S_IP_HOST)
        yg_sample_put_ip(b, it->dst);
    else if (it->dst_host != YG_SAMPLE_NO_HOST)
        yg_sample_expand(&pen, "www.$D");
    else
        yg_sample_expand(&pen, it->cause ? "$E" : "$e");
}

static void http_object(struct yg_buf *b, const struct yg_sample_world *w,
                        const struct yg_sample_item *it, const struct yg_sample_http *h,
                        bool answered)
{
    YG_SAMPLE_LIT(b, ",\"http\":{\"hostname\":\"");
    http_host(b, w, it);
    YG_SAMPLE_LIT(b, "\",\"url\":\"");
    yg_sample_put_json(b, h->uri);
    YG_SAMPLE_LIT(b, "\",\"http_user_agent\":\"");
    yg_sample_put_json(b, h->agent);
    YG_SAMPLE_LIT(b, "\",\"http_method\":\"");
    yg_buf_str_add(b, h->method);
    YG_SAMPLE_LIT(b, "\",\"protocol\":\"HTTP/1.1\"");
    if (answered) {
        YG_SAMPLE_LIT(b, ",\"http_content_type\":\"");
        yg_sample_put_json(b, h->type);
        YG_SAMPLE_LIT(b, "\",\"status\":");
        yg_buf_str_add(b, h->status);
        member_u64(b, ",\"length\":", h->length);
    } else {
        YG_SAMPLE_LIT(b, ",\"length\":0");
    }
    yg_buf_char(b, '}');
}

static void put_text(struct yg_buf *b, const struct yg_sample_world *w,
                     const struct yg_sample_item *it, unsigned part, const char *tpl)
{
    struct yg_sample_pen pen = yg_sample_pen_of(b, w, it, part);

    yg_sample_expand(&pen, tpl);
}

static const char *ask_of(const struct yg_sample_ids *ids,
                          const struct yg_sample_item *it)
{
    return it->outcome != YG_OUT_FAIL && ids->ask_ok ? ids->ask_ok : ids->ask;
}

static const char *with_of(const struct yg_sample_ids *ids,
                           const struct yg_sample_item *it)
{
    return it->outcome != YG_OUT_FAIL && ids->with_ok ? ids->with_ok : ids->with;
}

static void dns_object(struct yg_buf *b, const struct yg_sample_world *w,
                       const struct yg_sample_item *it, bool answer)
{
    const struct yg_sample_ids *ids = yg_sample_ids_of(it->shape);

    if (answer)
        YG_SAMPLE_LIT(b, ",\"dns\":{\"version\":2,\"type\":\"answer\",\"rrname\":\"");
    else
        YG_SAMPLE_LIT(b, ",\"dns\":{\"query\":[{\"type\":\"query\",\"rrname\":\"");
    put_text(b, w, it, 1, ask_of(ids, it));
    YG_SAMPLE_LIT(b, "\",\"rrtype\":\"");
    put_text(b, w, it, 2, with_of(ids, it));
    if (answer) {
        YG_SAMPLE_LIT(b, "\",\"rcode\":\"");
        yg_buf_str_add(b, yg_str_of(ids->answer));
        YG_SAMPLE_LIT(b, "\"}");
    } else {
        YG_SAMPLE_LIT(b, "\",\"tx_id\":0}]}");
    }
}

static void tls_object(struct yg_buf *b, const struct yg_sample_world *w,
                       const struct yg_sample_item *it)
{
    const struct yg_sample_ids *ids = yg_sample_ids_of(it->shape);
    bool self = it->shape == YG_S_TLS_SELF;

    YG_SAMPLE_LIT(b, ",\"tls\":{\"subject\":\"");
    put_text(b, w, it, self ? 2 : 1, self ? with_of(ids, it) : ask_of(ids, it));
    YG_SAMPLE_LIT(b, "\",\"issuerdn\":\"");
    put_text(b, w, it, 2, with_of(ids, it));
    YG_SAMPLE_LIT(b, "\",\"sni\":\"");
    put_text(b, w, it, 1, ask_of(ids, it));
    YG_SAMPLE_LIT(b, "\",\"version\":\"TLS 1.2\",\"ja3\":{\"hash\":\"");
    /* the program that speaks: by signature, not by flow */
    uint64_t x = ((uint64_t)it->shape << 8 | it->variant) * 0x9e3779b97f4a7c15ULL;
    if (it->cause)
        x += it->cause % 13 * 0xd1342543de82ef95ULL;
    yg_sample_put_hex(b, x, 16);
    yg_sample_put_hex(b, x * 31, 16);
    YG_SAMPLE_LIT(b, "\"}}");
}

static void app_object(struct yg_buf *b, struct yg_sample_scratch *s,
                       const struct yg_sample_world *w, const struct yg_sample_item *it,
                       bool whole)
{
    struct yg_sample_http h;

    switch (yg_sample_ids_of(it->shape)->app) {
    case YG_APP_HTTP:
        yg_sample_http_of(&h, s, w, it);
        http_object(b, w, it, &h, whole);
        break;
    case YG_APP_DNS:
        dns_object(b, w, it, whole);
        break;
    case YG_APP_TLS:
        tls_object(b, w, it);
        break;
    default:
        break;
    }
}

static void flow_members(struct yg_buf *b, const struct yg_sample_item *it,
                         const struct flow *f)
{
    member_u64(b, ",\"flow\":{\"pkts_toserver\":", f->pkts_s);
    member_u64(b, ",\"pkts_toclient\":", f->pkts_c);
    member_u64(b, ",\"bytes_toserver\":", f->bytes_s);
    member_u64(b, ",\"bytes_toclient\":", f->bytes_c);
    YG_SAMPLE_LIT(b, ",\"start\":\"");
    yg_sample_put_time(b, f->start_ns, YG_TEXT_EVE);
    if (it->record == YG_REC_ALERT) {
        YG_SAMPLE_LIT(b, "\"}");
        return;
    }
    YG_SAMPLE_LIT(b, "\",\"end\":\"");
    yg_sample_put_time(b, it->time_ns, YG_TEXT_EVE);
    member_u64(b, "\",\"age\":", (uint64_t)((it->time_ns - f->start_ns) / YG_NS_PER_S));
    if (f->pkts_c == 0)
        YG_SAMPLE_LIT(b,
                      ",\"state\":\"new\",\"reason\":\"timeout\",\"alerted\":true}}\n");
    else
        YG_SAMPLE_LIT(
            b, ",\"state\":\"closed\",\"reason\":\"timeout\",\"alerted\":true}}\n");
}

/* The bytes that the signature saw. */
static void payload_of(struct yg_sample_scratch *s, const struct yg_sample_world *w,
                       const struct yg_sample_item *it, const struct flow *f)
{
    const struct yg_sample_ids *ids = yg_sample_ids_of(it->shape);
    struct yg_buf *p = &s->payload;
    struct yg_rng r;

    yg_buf_clear(p);
    yg_rng_init(&r, it->seed ^ 77);
    switch (ids->app) {
    case YG_APP_DNS:
        yg_buf_clear(&s->text);
        put_text(&s->text, w, it, 1, ask_of(ids, it));
        yg_sample_dns_put(p, (uint16_t)f->seq, yg_buf_str(&s->text),
                          with_of(ids, it)[0] == 'T' ? 16 : 1);
        break;
    case YG_APP_TLS:
        yg_buf_clear(&s->text);
        put_text(&s->text, w, it, 1, ask_of(ids, it));
        if (ids->dir == YG_DIR_C2S)
            yg_sample_hello_put(p, &r, yg_buf_str(&s->text),
                                it->variant + it->cause % 13);
        else
            yg_sample_server_hello_put(p, &r);
        break;
    default:
        if (ids->dir == YG_DIR_C2S)
            put_text(p, w, it, 1, ask_of(ids, it));
        else
            put_text(p, w, it, 3,
                     it->outcome == YG_OUT_OK && ids->answer_ok ? ids->answer_ok
                                                                : ids->answer);
    }
}

static void http_payload(struct yg_sample_scratch *s, const struct yg_sample_world *w,
                         const struct yg_sample_item *it, const struct yg_sample_http *h)
{
    const struct yg_sample_ids *ids = yg_sample_ids_of(it->shape);
    struct yg_buf *p = &s->payload;

    yg_buf_clear(p);
    if (ids->dir == YG_DIR_S2C) {
        YG_SAMPLE_LIT(p, "HTTP/1.1 ");
        yg_buf_str_add(p, h->status);
        YG_SAMPLE_LIT(p, " -\r\nServer: web\r\nContent-Type: ");
        yg_buf_str_add(p, h->type);
        member_u64(p, "\r\nContent-Length: ", h->length);
        YG_SAMPLE_LIT(p, "\r\nConnection: keep-alive\r\n\r\n");
        yg_buf_str_add(p, h->body);
        return;
    }
    yg_buf_str_add(p, h->method);
    yg_buf_char(p, ' ');
    yg_buf_str_add(p, h->uri);
    YG_SAMPLE_LIT(p, " HTTP/1.1\r\nHost: ");
    http_host(p, w, it);
    YG_SAMPLE_LIT(p, "\r\nUser-Agent: ");
    yg_buf_str_add(p, h->agent);
    YG_SAMPLE_LIT(p, "\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n");
    if (ids->body)
        put_text(p, w, it, 5, ids->body);
}

/* The sensor shows a dot for what is no text. */
static void put_printable(struct yg_buf *b, struct yg_buf *scratch, struct yg_str payload)
{
    yg_buf_clear(scratch);
    char *q = yg_buf_reserve(scratch, payload.n);

    if (!q)
        return;
    for (size_t i = 0; i < payload.n; i++) {
        unsigned char c = (unsigned char)payload.p[i];
        q[i] = c == '\r' || c == '\n' || (c >= 0x20 && c < 0x7f) ? (char)c : '.';
    }
    yg_sample_put_json(b, yg_buf_str(scratch));
}

static void packet_members(struct yg_buf *b, struct yg_sample_scratch *s,
                           const struct yg_sample_item *it, const struct flow *f)
{
    const struct yg_sample_ids *ids = yg_sample_ids_of(it->shape);
    bool back = ids->dir == YG_DIR_S2C;
    struct yg_str payload = yg_buf_str(&s->payload);
    struct yg_sample_frame frame = {
        .src = back ? it->dst : it->src,
        .dst = back ? it->src : it->dst,
        .sport = back ? it->dport : it->sport,
        .dport = back ? it->sport : it->dport,
        .udp = ids->app == YG_APP_DNS || ids->app == YG_APP_UDP,
        .syn = payload.n == 0,
        .ttl = it->src_host == YG_SAMPLE_NO_HOST ? (uint8_t)(40 + it->src % 20) : 64,
        .seq = f->seq,
        .ack = f->ack,
    };

    yg_buf_clear(&s->frame);
    yg_sample_frame_put(&s->frame, &frame, payload);
    if (payload.n > 0) {
        YG_SAMPLE_LIT(b, ",\"payload\":\"");
        yg_sample_put_base64(b, payload);
        YG_SAMPLE_LIT(b, "\",\"payload_printable\":\"");
        put_printable(b, &s->text, payload);
        yg_buf_char(b, '"');
    }
    YG_SAMPLE_LIT(b, ",\"stream\":0,\"packet\":\"");
    yg_sample_put_base64(b, yg_buf_str(&s->frame));
    YG_SAMPLE_LIT(b, "\",\"packet_info\":{\"linktype\":1}");
}

static void alert_object(struct yg_buf *b, struct yg_sample_scratch *s,
                         const struct yg_sample_world *w, const struct yg_sample_item *it)
{
    static const char *const level[] = { "Minor", "Major", "Minor", "Informational" };
    static const char *const sure[] = { "Low", "High", "Medium", "Low" };
    const struct yg_sample_ids *ids = yg_sample_ids_of(it->shape);
    struct yg_sample_pen pen = yg_sample_pen_of(b, w, it, 6);

    YG_SAMPLE_LIT(
        b, ",\"tx_id\":0,\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":");
    yg_sample_put_u64(b, ids->sid + it->variant);
    member_u64(b, ",\"rev\":", 1U + it->variant % 4);
    YG_SAMPLE_LIT(b, ",\"signature\":\"");
    yg_sample_expand_json(&pen, &s->text, ids->name);
    YG_SAMPLE_LIT(b, "\",\"category\":\"");
    yg_buf_str_add(b, yg_str_of(ids->category));
    member_u64(b, "\",\"severity\":", ids->severity);
    YG_SAMPLE_LIT(b, ",\"metadata\":{\"signature_severity\":[\"");
    yg_buf_str_add(b, yg_str_of(level[ids->severity]));
    YG_SAMPLE_LIT(b, "\"],\"confidence\":[\"");
    yg_buf_str_add(b, yg_str_of(sure[ids->severity]));
    if (it->dst_host != YG_SAMPLE_NO_HOST)
        YG_SAMPLE_LIT(b, "\"],\"attack_target\":[\"Server\"]}}");
    else
        YG_SAMPLE_LIT(b, "\"],\"attack_target\":[\"Client_Endpoint\"]}}");
}

static const char *protocol_of(const struct yg_sample_ids *ids)
{
    static const char *const known[] = { "http", "dns", "tls" };
    static const struct {
        uint16_t port;
        const char *name;
    } by_port[] = { { 22, "ssh" },   { 445, "smb" },  { 3389, "rdp" },
                    { 161, "snmp" }, { 5060, "sip" }, { 123, "ntp" } };

    if (ids->app <= YG_APP_TLS)
        return known[ids->app];
    for (size_t i = 0; i < YG_ARRAY_LEN(by_port); i++)
        if (by_port[i].port == ids->port)
            return by_port[i].name;
    return "failed";
}

static void put_alert(struct yg_buf *b, struct yg_sample_scratch *s,
                      const struct yg_sample_world *w, const struct yg_sample_item *it)
{
    const struct yg_sample_ids *ids = yg_sample_ids_of(it->shape);
    struct flow f = flow_of(it, ids);
    /* Many signatures fire on the request, before there is an answer. */
    bool answered =
        ids->dir == YG_DIR_S2C || (it->outcome != YG_OUT_UNSURE && it->seed % 5 < 4);
    struct yg_sample_http h;

    common(b, it, &f, "alert", ids->dir == YG_DIR_S2C);
    alert_object(b, s, w, it);
    if (ids->app == YG_APP_HTTP) {
        yg_sample_http_of(&h, s, w, it);
        http_object(b, w, it, &h, answered);
        http_payload(s, w, it, &h);
    } else {
        app_object(b, s, w, it, false);
        payload_of(s, w, it, &f);
    }
    YG_SAMPLE_LIT(b, ",\"app_proto\":\"");
    yg_buf_str_add(b, yg_str_of(protocol_of(ids)));
    if (ids->dir == YG_DIR_S2C)
        YG_SAMPLE_LIT(b, "\",\"direction\":\"to_client\"");
    else
        YG_SAMPLE_LIT(b, "\",\"direction\":\"to_server\"");
    flow_members(b, it, &f);
    packet_members(b, s, it, &f);
    YG_SAMPLE_LIT(b, "}\n");
}

static void put_file(struct yg_buf *b, struct yg_sample_scratch *s,
                     const struct yg_sample_world *w, const struct yg_sample_item *it)
{
    struct yg_sample_http h;
    struct yg_sample_pen pen;

    yg_sample_http_of(&h, s, w, it);
    http_object(b, w, it, &h, true);
    YG_SAMPLE_LIT(b, ",\"app_proto\":\"http\",\"fileinfo\":{\"filename\":\"");
    yg_sample_put_json(b, h.uri);
    if (yg_str_starts(h.body, YG_STR("MZ")))
        YG_SAMPLE_LIT(b, "\",\"magic\":\"PE32 executable (GUI), for MS Windows");
    else if (yg_str_starts(h.body, YG_STR("PK")))
        YG_SAMPLE_LIT(b, "\",\"magic\":\"Zip archive data");
    else
        YG_SAMPLE_LIT(b, "\",\"magic\":\"ASCII text");
    YG_SAMPLE_LIT(b, "\",\"sha256\":\"");
    pen = yg_sample_pen_of(b, w, it, 7);
    yg_sample_expand(&pen, "$X$X");
    member_u64(b, "\",\"state\":\"CLOSED\",\"stored\":false,\"size\":", h.length);
    YG_SAMPLE_LIT(b, ",\"tx_id\":0}}\n");
}

void yg_sample_eve(struct yg_buf *b, struct yg_sample_scratch *s,
                   const struct yg_sample_world *w, const struct yg_sample_item *it)
{
    static const char *const type[] = { "http", "dns", "tls", "", "" };
    const struct yg_sample_ids *ids = yg_sample_ids_of(it->shape);
    struct flow f;

    if (it->record == YG_REC_ALERT) {
        put_alert(b, s, w, it);
        return;
    }
    f = flow_of(it, ids);
    switch (it->record) {
    case YG_REC_APP:
        common(b, it, &f, type[ids->app], false);
        app_object(b, s, w, it, true);
        YG_SAMPLE_LIT(b, "}\n");
        break;
    case YG_REC_FILE:
        common(b, it, &f, "fileinfo", true);
        put_file(b, s, w, it);
        break;
    default:
        common(b, it, &f, "flow", false);
        flow_members(b, it, &f);
    }
}
