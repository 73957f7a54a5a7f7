/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/gather.h"

#include "base/map.h"
#include "spool/keys.h"

#include <stdlib.h>

#define IDLE_US  INT64_C(60000000)
#define NONE     UINT32_MAX
#define SEND_AT  (48U << 10)
#define DNS_PORT 53

struct packet {
    uint64_t at;
    int64_t time_us;
    uint32_t next; /* of the same flow; NONE: the last */
    bool back;
};

struct flow {
    uint64_t key;
    struct yg_tuple ends; /* src: the client */
    int64_t last_us;
    uint32_t first, last; /* of packet[], in this stretch; NONE: no packet */
    bool alive;           /* more than the SYN has been seen */
};

struct began {
    uint64_t at;
    int64_t time_us;
    uint32_t flow;
};

struct yg_gather {
    uint32_t packets, flows, begans, touches;
    uint64_t frames, bytes;
    struct yg_map by_key; /* flow key to index + 1 */
    struct flow flow[YG_GATHER_FLOWS];
    uint32_t touched[YG_GATHER_FLOWS]; /* flows with packets in this stretch */
    struct packet packet[YG_GATHER_PACKETS];
    struct began began[YG_GATHER_PACKETS];
};

struct yg_gather *yg_gather_new(void)
{
    /* Zero pages of a large piece cost nothing until they are touched. */
    struct yg_gather *g = calloc(1, sizeof(*g));

    if (g)
        yg_map_init(&g->by_key, YG_GATHER_FLOWS);
    return g;
}

void yg_gather_free(struct yg_gather *g)
{
    if (!g)
        return;
    yg_map_fini(&g->by_key);
    free(g);
}

static bool by_server(const struct yg_packet *p)
{
    if (p->proto == YG_IP_TCP)
        return (p->tcp_flags & (YG_TCP_SYN | YG_TCP_ACK)) == (YG_TCP_SYN | YG_TCP_ACK);
    return p->proto == YG_IP_UDP && p->src_port < 1024 && p->dst_port >= 1024;
}

static struct yg_tuple ends_of(const struct yg_packet *p, bool turned)
{
    struct yg_tuple t = { .proto = p->proto };

    memcpy(t.src, turned ? p->dst : p->src, YG_IP_SIZE);
    memcpy(t.dst, turned ? p->src : p->dst, YG_IP_SIZE);
    if (!p->fragment) {
        t.src_port = turned ? p->dst_port : p->src_port;
        t.dst_port = turned ? p->src_port : p->dst_port;
    }
    return t;
}

/* Does this packet begin a conversation of `f`? */
static bool begins(const struct flow *f, bool fresh, const struct yg_packet *p,
                   int64_t time_us)
{
    if (p->fragment)
        return false;
    if (p->proto == YG_IP_TCP) {
        if (!(p->tcp_flags & YG_TCP_SYN))
            return false;
        /* A repeated SYN and its answer begin nothing new. */
        return fresh || (f->alive && !(p->tcp_flags & YG_TCP_ACK));
    }
    return fresh || time_us - f->last_us > IDLE_US;
}

static struct flow *flow_of(struct yg_gather *g, const struct yg_packet *p, bool *fresh)
{
    struct yg_tuple t = ends_of(p, by_server(p));
    uint64_t key = p->fragment ? yg_key_fragments(&t) : yg_key_flow(&t);
    uint64_t *i = yg_map_put(&g->by_key, key, fresh);

    if (!i)
        return NULL;
    if (*fresh) {
        *i = ++g->flows;
        g->flow[*i - 1] =
            (struct flow){ .key = key, .ends = t, .first = NONE, .last = NONE };
    }
    return &g->flow[*i - 1];
}

static bool from_server(const struct flow *f, const struct yg_packet *p)
{
    if (memcmp(f->ends.src, p->src, YG_IP_SIZE) != 0)
        return true;
    return f->ends.src_port != p->src_port && !p->fragment &&
           (p->proto == YG_IP_TCP || p->proto == YG_IP_UDP);
}

static void add_packet(struct yg_gather *g, struct flow *f, const struct packet *p)
{
    uint32_t i = g->packets++;

    g->packet[i] = *p;
    g->packet[i].next = NONE;
    if (f->first == NONE) {
        g->touched[g->touches++] = (uint32_t)(f - g->flow);
        f->first = i;
    } else {
        g->packet[f->last].next = i;
    }
    f->last = i;
}

bool yg_gather_frame(struct yg_gather *g, const struct yg_frame *frame)
{
    struct yg_packet p;
    bool fresh;

    g->frames++;
    g->bytes += frame->bytes.n;
    if (!yg_dissect(frame->linktype, frame->bytes, frame->wire, &p))
        return false;
    struct flow *f = flow_of(g, &p, &fresh);
    if (!f)
        return true; /* no memory: told early; this packet is not in the index */
    int64_t time_us = frame->time_ns / 1000;
    if (begins(f, fresh, &p, time_us)) {
        f->ends = ends_of(&p, by_server(&p));
        f->alive = false;
        g->began[g->begans++] = (struct began){ .at = frame->offset,
                                                .time_us = time_us,
                                                .flow = (uint32_t)(f - g->flow) };
    }
    if (!(p.tcp_flags & YG_TCP_SYN))
        f->alive = true;
    f->last_us = time_us;
    add_packet(g, f,
               &(struct packet){
                   .at = frame->offset, .time_us = time_us, .back = from_server(f, &p) });
    return g->packets == YG_GATHER_PACKETS || g->flows == YG_GATHER_FLOWS;
}

static int by_key(const void *a, const void *b, void *arg)
{
    const struct yg_gather *g = arg;
    uint64_t x = g->flow[*(const uint32_t *)a].key, y = g->flow[*(const uint32_t *)b].key;

    /* SQLite orders its integers signed. */
    return ((int64_t)x > (int64_t)y) - ((int64_t)x < (int64_t)y);
}

/* The packets of one flow from `i` on: one row. Returns where the next one begins. */
static uint32_t tell_row(struct yg_gather *g, const struct flow *f, uint32_t i,
                         struct yg_buf *list, struct yg_buf *out)
{
    struct yg_note n = { .kind = YG_NOTE_ROW };
    struct yg_place last = { .at = g->packet[i].at, .time_us = g->packet[i].time_us };

    n.row.key = f->key;
    n.row.at = last.at;
    n.row.first_us = last.time_us;
    yg_buf_clear(list);
    for (; i != NONE && n.row.packets < YG_NOTE_PACKETS; i = g->packet[i].next) {
        const struct packet *p = &g->packet[i];
        yg_list_add(
            list, &last,
            &(struct yg_place){ .at = p->at, .time_us = p->time_us, .back = p->back });
        n.row.packets++;
    }
    n.row.list = yg_buf_str(list);
    yg_note_write(out, &n);
    return i;
}

static void tell_began(const struct yg_gather *g, const struct began *b,
                       struct yg_buf *out)
{
    const struct flow *f = &g->flow[b->flow];
    struct yg_note n = { .kind = YG_NOTE_BEGAN };

    n.began = (struct yg_note_began){ .key = f->key,
                                      .host = yg_key_host(f->ends.src),
                                      .pair = yg_key_pair(f->ends.src, f->ends.dst),
                                      .at = b->at,
                                      .time_us = b->time_us };
    if (f->ends.dst_port == DNS_PORT &&
        (f->ends.proto == YG_IP_UDP || f->ends.proto == YG_IP_TCP))
        n.began.names = yg_key_names(f->ends.src);
    yg_note_write(out, &n);
}

/* The next stretch begins empty; flows stay known while there is room for as many more.
 */
static void forget(struct yg_gather *g)
{
    for (uint32_t i = 0; i < g->touches; i++)
        g->flow[g->touched[i]].first = g->flow[g->touched[i]].last = NONE;
    g->packets = g->begans = g->touches = 0;
    g->frames = g->bytes = 0;
    if (g->flows > YG_GATHER_FLOWS / 2) {
        yg_map_clear(&g->by_key);
        g->flows = 0;
    }
}

bool yg_gather_tell(struct yg_gather *g, struct yg_buf *out,
                    bool (*send)(void *arg, struct yg_buf *out), void *arg)
{
    struct yg_buf list;
    bool ok = true;

    yg_buf_init(&list, YG_NOTE_MAX);
    qsort_r(g->touched, g->touches, sizeof(g->touched[0]), by_key, g);
    for (uint32_t t = 0; ok && t < g->touches; t++) {
        const struct flow *f = &g->flow[g->touched[t]];
        for (uint32_t i = f->first; ok && i != NONE;) {
            i = tell_row(g, f, i, &list, out);
            ok = yg_buf_str(out).n < SEND_AT || send(arg, out);
        }
    }
    for (uint32_t i = 0; ok && i < g->begans; i++) {
        tell_began(g, &g->began[i], out);
        ok = yg_buf_str(out).n < SEND_AT || send(arg, out);
    }
    ok = ok && yg_buf_status(&list) == YG_OK && send(arg, out);
    yg_buf_fini(&list);
    forget(g);
    return ok;
}

void yg_gather_sums(const struct yg_gather *g, uint64_t *packets, uint64_t *bytes)
{
    *packets = g->frames;
    *bytes = g->bytes;
}
