/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_traffic - a capture of ordinary mixed traffic, the same bytes for a seed.
 *
 *      bench_traffic MEGABYTES [SEED] >FILE
 *
 * 256 conversations at a time, one packet of any of them after the other: HTTP with
 * answers of 1 to 60 kB, TLS with a greeting and bulk, name look-ups, a terminal, echo
 * requests and clock queries; a fifth over IPv6. Full segments, an acknowledgement for
 * every second one, opened and closed as TCP does.
 */
#include "base/rng.h"
#include "packet/capfile.h"

#include <stdio.h>
#include <stdlib.h>

#define LIVE     256U
#define SEGMENT  1448U
#define TEXT_MAX 70000U

enum kind { HTTP, TLS, DNS, TERMINAL, ECHO_REQUEST, CLOCK };

/* One conversation. Messages alternate; the first is the client's. */
struct talk {
    enum kind kind;
    bool v6;
    unsigned char host[2], net;
    uint16_t port[2];
    uint32_t seq[2];
    unsigned step;          /* TCP: 0 to 2 the opening */
    unsigned message, left; /* to come after this one */
    size_t at, n;           /* of this message */
    unsigned unacked;
    unsigned closing; /* 1, 2: the two FINs; 3: the last ACK */
    unsigned char text[TEXT_MAX];
};

struct out {
    struct yg_rng rng;
    struct yg_buf frames;
    int64_t now;
    uint64_t bytes;
    unsigned char frame[1600];
    size_t n;
};

static void put(struct out *o, uint64_t v, unsigned size)
{
    while (size-- > 0)
        o->frame[o->n++] = (unsigned char)(v >> 8 * size);
}

static void flush(struct out *o)
{
    fwrite(o->frames.p, 1, o->frames.n, stdout);
    yg_buf_clear(&o->frames);
}

static void address(struct out *o, const struct talk *t, unsigned side)
{
    if (t->v6) {
        put(o, 0x20010db800000000, 8);
        put(o, side, 7);
    } else {
        put(o, side ? 0xc63364 : 0x0a0100U + t->net, 3);
    }
    put(o, t->host[side], 1);
}

/* Link and IP headers for `size` bytes of transport. */
static void begin(struct out *o, const struct talk *t, unsigned from, unsigned proto,
                  size_t size)
{
    o->n = 0;
    put(o, 0x020000000000 + t->host[!from], 6);
    put(o, 0x020000000000 + t->host[from], 6);
    if (t->v6) {
        put(o, 0x86dd60000000, 6);
        put(o, size, 2);
        put(o, proto << 8 | 64, 2);
    } else {
        put(o, 0x08004500, 4);
        put(o, size + 20, 2);
        put(o, yg_rng_below(&o->rng, 65536) << 16 | 0x4000, 4);
        put(o, (uint64_t)(64U << 8 | proto) << 16, 4);
    }
    address(o, t, from);
    address(o, t, !from);
}

static void end(struct out *o, const unsigned char *p, size_t n)
{
    memcpy(o->frame + o->n, n ? p : o->frame, n);
    o->n += n;
    while (o->n < 60)
        o->frame[o->n++] = 0;
    o->now += (int64_t)(2000 + yg_rng_below(&o->rng, 120000));
    o->bytes += o->n;
    yg_pcap_add(&o->frames, o->now, (struct yg_str){ (char *)o->frame, o->n },
                (uint32_t)o->n);
    if (o->frames.n > 1U << 20)
        flush(o);
}

static void tcp(struct out *o, struct talk *t, unsigned from, unsigned flags, size_t n)
{
    begin(o, t, from, 6, 32 + n);
    put(o, t->port[from], 2);
    put(o, t->port[!from], 2);
    put(o, t->seq[from], 4);
    put(o, flags & 0x10 ? t->seq[!from] : 0, 4);
    put(o, 0x8000 | flags, 2);
    put(o, 0xffff0000, 4);
    put(o, 0, 2);
    put(o, 0x0101080a, 4); /* timestamps */
    put(o, (uint64_t)o->now / 1000000, 4);
    put(o, 0, 4);
    end(o, t->text + t->at, n);
    t->seq[from] += (uint32_t)n + ((flags & 3) != 0);
}

static void datagram(struct out *o, struct talk *t, unsigned from)
{
    if (t->kind == ECHO_REQUEST) {
        begin(o, t, from, t->v6 ? 58 : 1, 8 + t->n);
        put(o, (t->v6 ? (from ? 129U : 128U) : (from ? 0U : 8U)) << 8, 2);
        put(o, (uint64_t)t->port[0] << 16 | t->message / 2, 6);
    } else {
        begin(o, t, from, 17, 8 + t->n);
        put(o, t->port[from], 2);
        put(o, t->port[!from], 2);
        put(o, (8 + t->n) << 16, 4);
    }
    end(o, t->text, t->n);
}

static void add(struct talk *t, const void *p, size_t n)
{
    memcpy(t->text + t->n, p, n);
    t->n += n;
}

static void add_run(struct out *o, struct talk *t, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t v = yg_rng_u64(&o->rng);
        memcpy(t->text + t->n + i, &v, n - i < 8 ? n - i : 8);
    }
    t->n += n;
}

static void http_message(struct out *o, struct talk *t)
{
    static const char *const path[] = { "/", "/index.html", "/assets/app.js?v=17",
                                        "/api/v2/items?page=3&sort=name", "/img/a.png" };
    static const char text[] = "<div class=\"row\"><a href=\"/item/12\">An item</a> and "
                               "what is said of it, in a few words</div>\n";
    char head[512];
    int n;

    if (t->message % 2 == 0) {
        n = snprintf(head, sizeof(head),
                     "GET %s HTTP/1.1\r\nHost: www%u.example.net\r\n"
                     "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\n"
                     "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
                     "Accept-Language: en-US,en;q=0.5\r\nCookie: session=%llx\r\n\r\n",
                     path[yg_rng_below(&o->rng, 5)], t->host[1],
                     (unsigned long long)yg_rng_u64(&o->rng));
        add(t, head, (size_t)n);
        return;
    }
    size_t body = 1000 + yg_rng_below(&o->rng, 1 + yg_rng_below(&o->rng, 60000));
    n = snprintf(head, sizeof(head),
                 "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n"
                 "Content-Length: %zu\r\nConnection: keep-alive\r\n\r\n",
                 body);
    add(t, head, (size_t)n);
    for (size_t i = 0; i < body; i += sizeof(text) - 1)
        add(t, text, body - i < sizeof(text) - 1 ? body - i : sizeof(text) - 1);
}

/* RFC 8446, 4.1.2 and 4.1.3 as far as a dissector looks; then records of noise. */
static void tls_message(struct out *o, struct talk *t)
{
    static const unsigned char client[] = "\x16\x03\x01\x00\x62\x01\x00\x00\x5e\x03\x03";
    static const unsigned char client_rest[] =
        "\x00\x00\x06\x13\x01\x13\x02\xc0\x2f\x01\x00\x00\x2f"
        "\x00\x00\x00\x14\x00\x12\x00\x00\x0fwww.example.net"
        "\x00\x10\x00\x05\x00\x03\x02h2\x00\x0a\x00\x04\x00\x02\x00\x1d"
        "\x00\x0b\x00\x02\x01\x00";
    static const unsigned char server[] = "\x16\x03\x03\x00\x2c\x02\x00\x00\x28\x03\x03";
    static const unsigned char server_rest[] = "\x00\xc0\x2f\x00\x00\x00";

    if (t->message == 0) {
        add(t, client, sizeof(client) - 1);
        add_run(o, t, 32);
        add(t, client_rest, sizeof(client_rest) - 1);
        return;
    }
    if (t->message == 1) {
        add(t, server, sizeof(server) - 1);
        add_run(o, t, 32);
        add(t, server_rest, sizeof(server_rest) - 1);
    }
    size_t records = t->message % 2 ? 1 + yg_rng_below(&o->rng, 4) : 1;
    for (; records > 0; records--) {
        size_t n = t->message % 2 ? 1000 + yg_rng_below(&o->rng, 15000)
                                  : 60 + yg_rng_below(&o->rng, 400);
        unsigned char head[5] = { 23, 3, 3, (unsigned char)(n >> 8), (unsigned char)n };
        add(t, head, sizeof(head));
        add_run(o, t, n);
    }
}

static void dns_message(struct talk *t)
{
    unsigned char id[2] = { t->host[1], t->net };
    char label[16];
    bool answer = t->message % 2;

    add(t, id, 2);
    add(t, answer ? "\x81\x80\0\1\0\1\0\0\0" : "\1\0\0\1\0\0\0\0\0", 9);
    add(t, "\0", 1);
    snprintf(label, sizeof(label), "%ccache%03u", 8, t->host[1]);
    add(t, label, 9);
    add(t, "\7example\3net\0\0\1\0\1", 17);
    if (answer) {
        add(t, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc6\x33\x64", 15);
        add(t, &t->host[1], 1);
    }
}

static void make_message(struct out *o, struct talk *t)
{
    t->at = t->n = 0;
    switch (t->kind) {
    case HTTP:
        http_message(o, t);
        break;
    case TLS:
        tls_message(o, t);
        break;
    case DNS:
        dns_message(t);
        break;
    case TERMINAL:
        if (t->message < 2)
            add(t, "SSH-2.0-OpenSSH_9.2\r\n", 21);
        else
            add_run(o, t, 36 + yg_rng_below(&o->rng, 60));
        break;
    case CLOCK:
        add(t, t->message % 2 ? "\x24\2\0\0" : "\x23\0\0\0", 4);
        add_run(o, t, 44);
        break;
    case ECHO_REQUEST:
        add_run(o, t, 56);
        break;
    }
}

static void start(struct out *o, struct talk *t)
{
    static const struct {
        enum kind kind;
        uint16_t port;
        unsigned share, most; /* of a hundred; messages */
    } row[] = {
        { HTTP, 80, 26, 12 },    { TLS, 443, 34, 30 },       { DNS, 53, 30, 2 },
        { TERMINAL, 22, 3, 80 }, { ECHO_REQUEST, 0, 4, 10 }, { CLOCK, 123, 3, 2 },
    };
    unsigned of = (unsigned)yg_rng_below(&o->rng, 100), i = 0;

    while (of >= row[i].share)
        of -= row[i++].share;
    t->kind = row[i].kind;
    t->v6 = yg_rng_below(&o->rng, 5) == 0;
    t->net = (unsigned char)yg_rng_below(&o->rng, 8);
    t->host[0] = (unsigned char)(1 + yg_rng_below(&o->rng, 250));
    t->host[1] = (unsigned char)(1 + yg_rng_below(&o->rng, 250));
    t->port[0] = (uint16_t)(32768 + yg_rng_below(&o->rng, 28000));
    t->port[1] = row[i].port;
    t->seq[0] = (uint32_t)yg_rng_u64(&o->rng);
    t->seq[1] = (uint32_t)yg_rng_u64(&o->rng);
    t->step = t->unacked = t->closing = t->message = 0;
    t->left = 2 + 2 * (unsigned)yg_rng_below(&o->rng, row[i].most / 2);
    make_message(o, t);
}

static void next_message(struct out *o, struct talk *t)
{
    t->left--;
    t->message++;
    if (t->left > 0)
        make_message(o, t);
}

/* One packet of a TCP conversation; false: it is over. */
static bool tcp_packet(struct out *o, struct talk *t)
{
    unsigned from = t->message % 2;

    if (t->step < 3) {
        tcp(o, t, t->step == 1, t->step == 0 ? 0x02 : t->step == 1 ? 0x12 : 0x10, 0);
        t->step++;
        return true;
    }
    if (t->closing) {
        t->at = 0;
        tcp(o, t, t->closing == 2, t->closing == 3 ? 0x10 : 0x11, 0);
        return t->closing++ < 3;
    }
    if (t->unacked >= 2) {
        t->unacked = 0;
        tcp(o, t, !from, 0x10, 0);
        return true;
    }
    size_t n = t->n - t->at < SEGMENT ? t->n - t->at : SEGMENT;
    tcp(o, t, from, t->at + n == t->n ? 0x18 : 0x10, n);
    t->unacked++;
    t->at += n;
    if (t->at == t->n) {
        t->unacked = 0;
        next_message(o, t);
        t->closing = t->left == 0;
    }
    return true;
}

static bool packet(struct out *o, struct talk *t)
{
    if (t->kind == HTTP || t->kind == TLS || t->kind == TERMINAL)
        return tcp_packet(o, t);
    datagram(o, t, t->message % 2);
    next_message(o, t);
    return t->left > 0;
}

int main(int argc, char **argv)
{
    uint64_t megabytes = 0, seed = 1;
    struct out *o = calloc(1, sizeof(*o));
    struct talk *talk = calloc(LIVE, sizeof(*talk));
    int status = 1;

    if (argc < 2 || !yg_str_u64(yg_str_of(argv[1]), &megabytes) || megabytes > 4096 ||
        (argc > 2 && !yg_str_u64(yg_str_of(argv[2]), &seed))) {
        fprintf(stderr, "usage: bench_traffic MEGABYTES [SEED] >FILE\n");
        status = 2;
        goto out;
    }
    if (!o || !talk)
        goto out;
    yg_rng_init(&o->rng, seed);
    yg_buf_init(&o->frames, (size_t)4 << 20);
    o->now = INT64_C(1767225600000000000);
    yg_pcap_begin(&o->frames, 1);
    for (unsigned i = 0; i < LIVE; i++)
        start(o, &talk[i]);
    while (o->bytes < megabytes << 20) {
        struct talk *t = &talk[yg_rng_below(&o->rng, LIVE)];
        if (!packet(o, t))
            start(o, t);
    }
    flush(o);
    yg_buf_fini(&o->frames);
    status = ferror(stdout) ? 1 : 0;
out:
    free(talk);
    free(o);
    return status;
}
