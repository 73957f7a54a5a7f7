/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/packetcols_priv.h"

#include "base/status.h"

#include <math.h>

#define SMALL 100U

/* The segments of both sides in order of time; of equal times the client's first. */
struct walk {
    const struct yg_side *side[YG_SIDES];
    uint32_t at[YG_SIDES];
};

/* The next segment and its side; NULL at the end. */
static const struct yg_segment *step(struct walk *w, int *side)
{
    const struct yg_segment *next[YG_SIDES];

    for (int s = 0; s < YG_SIDES; s++)
        next[s] = w->at[s] < w->side[s]->segments ? &w->side[s]->segment[w->at[s]] : NULL;
    if (!next[YG_TO_SERVER] && !next[YG_TO_CLIENT])
        return NULL;
    *side = !next[YG_TO_SERVER] || (next[YG_TO_CLIENT] && next[YG_TO_CLIENT]->time_ns <
                                                              next[YG_TO_SERVER]->time_ns)
                ? YG_TO_CLIENT
                : YG_TO_SERVER;
    w->at[*side]++;
    return next[*side];
}

static void put_timing(const struct yg_talk *t, float *row)
{
    struct walk w = { { &t->side[YG_TO_SERVER], &t->side[YG_TO_CLIENT] }, { 0, 0 } };
    const struct yg_segment *s;
    int64_t asked = 0, last = 0;
    bool has_asked = false;
    uint32_t segments = 0, small = 0, turns = 0;
    float silence = 0;
    int side = 0, speaker = -1;

    while ((s = step(&w, &side))) {
        if (segments++)
            silence = fmaxf(silence, yg_packet_seconds(last, s->time_ns));
        last = s->time_ns;
        small += s->wire <= SMALL;
        turns += speaker >= 0 && side != speaker;
        speaker = side;
        if (side == YG_TO_SERVER && !has_asked) {
            has_asked = true;
            asked = s->time_ns;
        }
        if (side == YG_TO_CLIENT && has_asked && isnan(row[YG_X_P_ANSWER_TIME]))
            row[YG_X_P_ANSWER_TIME] = yg_packet_seconds(asked, s->time_ns);
    }
    row[YG_X_P_TURNS] = (float)turns;
    if (segments == 0)
        return;
    row[YG_X_P_SMALL] = (float)small / (float)segments;
    if (segments > 1)
        row[YG_X_P_GAP_MAX] = silence;
}

static void put_gaps(const struct yg_side *s, float *row)
{
    struct yg_packet_spread gap = { 0 };

    for (uint32_t i = 1; i < s->segments; i++)
        yg_packet_spread_add(&gap, (double)yg_packet_seconds(s->segment[i - 1].time_ns,
                                                             s->segment[i].time_ns));
    if (gap.n > 0)
        row[YG_X_P_GAP_MEAN] = (float)(gap.sum / gap.n);
    row[YG_X_P_GAP_CV] = yg_packet_spread_of(&gap);
}

static void put_sizes(const struct yg_side *s, float *four)
{
    for (uint32_t i = 0; i < 4 && i < s->segments; i++)
        four[i] = (float)s->segment[i].wire;
}

/* Systems begin with one of few values; what is missing are the routers passed. */
static void put_ttl(const struct yg_side *s, float *initial, float *hops)
{
    static const uint8_t first[] = { 32, 64, 128, 255 };

    if (s->packets == 0 || s->ttl_max == 0)
        return;
    for (size_t i = 0; i < YG_ARRAY_LEN(first); i++)
        if (s->ttl_max <= first[i]) {
            *initial = first[i];
            *hops = (float)(first[i] - s->ttl_max);
            return;
        }
}

static bool same_net(const struct yg_talk *t)
{
    unsigned char a[YG_IP_SIZE], b[YG_IP_SIZE];

    yg_ip_net(t->client, a);
    yg_ip_net(t->server, b);
    return memcmp(a, b, sizeof(a)) == 0;
}

void yg_packet_talk(const struct yg_talk *t, float *row)
{
    const struct yg_side *c = &t->side[YG_TO_SERVER], *s = &t->side[YG_TO_CLIENT];

    row[YG_X_P_START] = t->from_start;
    row[YG_X_P_ACCEPTED] = t->accepted;
    row[YG_X_P_N_C] = (float)c->packets;
    row[YG_X_P_N_S] = (float)s->packets;
    row[YG_X_P_BYTES_C] = (float)c->payload;
    row[YG_X_P_BYTES_S] = (float)s->payload;
    if (c->payload || s->payload)
        row[YG_X_P_SHARE] =
            (float)((double)c->payload / ((double)c->payload + (double)s->payload));
    row[YG_X_P_TIME] = yg_packet_seconds(t->first_ns, t->last_ns);
    put_timing(t, row);
    put_gaps(c, row);
    put_sizes(c, row + YG_X_P_C1);
    put_sizes(s, row + YG_X_P_S1);
    row[YG_X_P_REPEATED] = (float)(c->repeated + s->repeated);
    row[YG_X_P_LOST] = (float)(c->gap_bytes + s->gap_bytes);
    row[YG_X_P_RST_C] = c->rst > 0;
    row[YG_X_P_RST_S] = s->rst > 0;
    row[YG_X_P_UNREACHABLE] = t->unreachable > 0;
    row[YG_X_P_FIN] = c->fin > 0 || s->fin > 0;
    put_ttl(c, row + YG_X_P_TTL_C, row + YG_X_P_HOPS_C);
    put_ttl(s, row + YG_X_P_TTL_S, row + YG_X_P_HOPS_S);
    if (c->packets && c->ttl_max)
        row[YG_X_P_TTL_SPREAD] = (float)(c->ttl_max - c->ttl_min);
    row[YG_X_P_SAME_NET] = same_net(t);
}
