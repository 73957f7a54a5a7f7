/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/analysis.h"

#include "packet/app.h"
#include "packet/capfile.h"

#include <stdlib.h>

#define TALKS_MAX   256U
#define TRACKED     1024U /* before the choice of TALKS_MAX */
#define BEFORE_MAIN 64U
#define STREAM_MAX  (256U * 1024U)
#define MEMORY_MAX  ((size_t)64 << 20)
#define ARENA_MAX   ((size_t)64 << 20)

struct yg_analyser {
    struct yg_track *track;
    struct yg_intent_rules *rules;
    struct yg_arena arena;
    struct yg_analysis result;
};

enum yg_status yg_analyser_new(struct yg_analyser **out)
{
    /* What is kept with an alert is chosen already: nothing in it is given out early for
     * its silence. */
    static const struct yg_track_limits limits = {
        .talks = TRACKED,
        .stream = STREAM_MAX,
        .memory = MEMORY_MAX,
        .idle_ns = INT64_MAX,
    };
    struct yg_analyser *a = calloc(1, sizeof(*a));

    if (!a)
        return YG_ENOMEM;
    yg_arena_init(&a->arena, ARENA_MAX);
    a->rules = yg_intent_rules_new();
    enum yg_status st = a->rules ? yg_track_new(&limits, &a->track) : YG_ENOMEM;
    if (st != YG_OK) {
        yg_analyser_free(a);
        return st;
    }
    *out = a;
    return YG_OK;
}

void yg_analyser_free(struct yg_analyser *a)
{
    if (!a)
        return;
    yg_track_free(a->track);
    yg_intent_rules_free(a->rules);
    yg_arena_fini(&a->arena);
    free(a);
}

/* All packets there are, into the tracker. True: any. */
static bool take_packets(struct yg_analyser *a, const struct yg_analysis_in *in)
{
    struct yg_frame f;
    size_t at = 0;

    while (yg_pcap_next(in->pcap, &at, &f)) {
        a->result.has_pcap = true;
        yg_track_frame(a->track, f.linktype, f.time_ns, f.bytes, f.wire);
    }
    if (!a->result.has_pcap && in->packet.n)
        yg_track_frame(a->track, in->linktype, in->time_ns, in->packet,
                       (uint32_t)in->packet.n);
    return a->result.has_pcap || in->packet.n;
}

enum match { MATCH_NONE, MATCH_TURNED, MATCH_AS_TOLD };

static bool ports_match(const struct yg_talk *k, uint16_t client, uint16_t server)
{
    if (k->proto == YG_IP_ICMP || k->proto == YG_IP_ICMP6)
        return true;
    return (client == 0 || client == k->client_port) &&
           (server == 0 || server == k->server_port);
}

/* Is `k` between the alert's ends, and is its source the client? */
static enum match match_ends(const struct yg_talk *k, const struct yg_tuple *e)
{
    if (e->proto && e->proto != k->proto)
        return MATCH_NONE;
    if (memcmp(e->src, k->client, YG_IP_SIZE) == 0 &&
        memcmp(e->dst, k->server, YG_IP_SIZE) == 0 &&
        ports_match(k, e->src_port, e->dst_port))
        return MATCH_AS_TOLD;
    if (memcmp(e->dst, k->client, YG_IP_SIZE) == 0 &&
        memcmp(e->src, k->server, YG_IP_SIZE) == 0 &&
        ports_match(k, e->dst_port, e->src_port))
        return MATCH_TURNED;
    return MATCH_NONE;
}

/* How far the alert's time lies outside of the conversation. */
static uint64_t distance(const struct yg_talk *k, int64_t time_ns)
{
    if (time_ns < k->first_ns)
        return (uint64_t)k->first_ns - (uint64_t)time_ns;
    if (time_ns > k->last_ns)
        return (uint64_t)time_ns - (uint64_t)k->last_ns;
    return 0;
}

/* The alert's own conversation: of those between its ends the one that holds its time,
 * or is nearest to it; among equals the last that had begun. */
static void find_main(struct yg_analysis *r, const struct yg_analysis_in *in)
{
    uint64_t best = UINT64_MAX;

    r->main = -1;
    r->to_server = true;
    if (!in->has_ends) { /* nothing to tell by: a single one it must be */
        r->main = r->talks == 1 ? 0 : -1;
        return;
    }
    for (uint32_t i = 0; i < r->talks; i++) {
        enum match m = match_ends(r->talk[i], &in->ends);
        if (m == MATCH_NONE)
            continue;
        uint64_t d = distance(r->talk[i], in->time_ns);
        if (r->main >= 0 && d > best)
            continue;
        best = d;
        r->main = (int)i;
        r->to_server = m == MATCH_AS_TOLD;
    }
}

/* One direction's bytes as one segment, in place of what the side had. */
static bool set_bytes(struct yg_analyser *a, struct yg_side *side, struct yg_str bytes,
                      int64_t time_ns)
{
    struct yg_segment *seg = yg_arena_zalloc(&a->arena, sizeof(*seg));

    if (bytes.n > STREAM_MAX)
        bytes.n = STREAM_MAX;
    struct yg_str copy = yg_arena_str(&a->arena, bytes);
    if (!seg || !copy.p)
        return false;
    *seg = (struct yg_segment){
        .time_ns = side->first_ns ? side->first_ns : time_ns,
        .len = (uint32_t)copy.n,
        .wire = (uint32_t)copy.n,
    };
    side->bytes = copy;
    side->segment = seg;
    side->segments = 1;
    if (side->packets == 0) {
        side->first_ns = side->last_ns = time_ns;
        side->packets = 1;
        side->wire = side->payload = copy.n;
    }
    return true;
}

/* A conversation out of what the sensor says: its ends and one direction's bytes. */
static struct yg_talk *talk_of_payload(struct yg_analyser *a,
                                       const struct yg_analysis_in *in)
{
    const struct yg_tuple *e = &in->ends;
    struct yg_talk *k = yg_arena_zalloc(&a->arena, sizeof(*k));
    bool asks = in->payload_to_server;

    if (!k || !set_bytes(a, &k->side[asks ? YG_TO_SERVER : YG_TO_CLIENT], in->payload,
                         in->time_ns))
        return NULL;
    k->accepted = !asks;
    k->first_ns = k->last_ns = in->time_ns;
    if (!in->has_ends)
        return k;
    memcpy(k->client, asks ? e->src : e->dst, YG_IP_SIZE);
    memcpy(k->server, asks ? e->dst : e->src, YG_IP_SIZE);
    k->client_port = asks ? e->src_port : e->dst_port;
    k->server_port = asks ? e->dst_port : e->src_port;
    k->proto = e->proto;
    return k;
}

/* The sensor's stream bytes, where the packets lack them: a capture may be cut, or hold
 * a single packet of the stream. */
static void add_payload(struct yg_analyser *a, const struct yg_analysis_in *in)
{
    struct yg_analysis *r = &a->result;

    if (in->payload.n == 0)
        return;
    if (r->main < 0) {
        struct yg_talk *k = r->talks < TALKS_MAX ? talk_of_payload(a, in) : NULL;
        if (!k)
            return;
        r->talk[r->talks] = k;
        r->main = (int)r->talks++;
        r->to_server = in->payload_to_server;
        return;
    }
    struct yg_talk *k = r->talk[r->main];
    struct yg_side *side = &k->side[r->to_server ? YG_TO_SERVER : YG_TO_CLIENT];
    if (in->payload.n < side->bytes.n ||
        (in->payload.n == side->bytes.n && side->gap_bytes == 0) ||
        memmem(side->bytes.p ? side->bytes.p : "", side->bytes.n, in->payload.p,
               in->payload.n))
        return;
    if (set_bytes(a, side, in->payload, in->time_ns))
        k->accepted |= !r->to_server;
}

/* At most TALKS_MAX conversations: the alert's own, some before and most after it. */
static bool take_talks(struct yg_analyser *a, const struct yg_analysis_in *in)
{
    struct yg_analysis *r = &a->result;
    uint32_t n, first = 0;

    r->talk = yg_track_all(a->track, &n);
    r->talks = n;
    find_main(r, in);
    if (n > TALKS_MAX) {
        uint32_t main = r->main < 0 ? 0 : (uint32_t)r->main;
        first = main > BEFORE_MAIN ? main - BEFORE_MAIN : 0;
        if (first > n - TALKS_MAX)
            first = n - TALKS_MAX;
        n = TALKS_MAX;
        r->anomalies |= YG_ANOMALY_BIT(YG_A_TALK_CAP);
        r->main = r->main < 0 ? -1 : (int)(main - first);
    }
    struct yg_talk **talk = yg_arena_alloc(&a->arena, (n + 1) * sizeof(struct yg_talk *));
    if (!talk)
        return false;
    if (n)
        memcpy(talk, r->talk + first, n * sizeof(struct yg_talk *));
    r->talk = talk;
    r->talks = n;
    return true;
}

const struct yg_analysis *yg_analyse(struct yg_analyser *a,
                                     const struct yg_analysis_in *in)
{
    struct yg_analysis *r = &a->result;

    yg_arena_clear(&a->arena);
    yg_track_clear(a->track);
    *r = (struct yg_analysis){ .arena = &a->arena, .main = -1 };
    if (!take_packets(a, in) && in->payload.n == 0)
        return NULL;
    if (!take_talks(a, in))
        return NULL;
    add_payload(a, in);
    for (uint32_t i = 0; i < r->talks; i++) {
        yg_app_parse(r->talk[i], &a->arena);
        r->anomalies |= r->talk[i]->anomalies;
    }
    const struct yg_track_counts *c = yg_track_counts_of(a->track);
    for (unsigned i = 0; i < YG_ANOMALY_COUNT; i++)
        if (c->anomaly[i]) /* of what is in no conversation */
            r->anomalies |= YG_ANOMALY_BIT(i);
    yg_outcome_of(&(struct yg_outcome_ask){ .talk = r->talk,
                                            .talks = r->talks,
                                            .main = r->main,
                                            .alert_ns = in->time_ns,
                                            .rules = a->rules },
                  &a->arena, &r->outcome);
    return r;
}
