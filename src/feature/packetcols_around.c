/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/packetcols_priv.h"

#include "feature/traits.h"
#include "packet/filekind.h"

#include <math.h>

#define TALKS_MAX 256U  /* that are looked at */
#define LOOKS_MAX 32U   /* answers whose content is looked at */
#define LOOK_LEN  1024U /* of each */

/* The machine it is about, as feature/facts.c has it: the end that is ours, of two of
 * ours (or none) the server. Ends are told apart by equality only. */
struct view {
    const struct yg_talk *alert;
    const unsigned char *ours, *other;
    const unsigned char *met[TALKS_MAX]; /* whom it met before */
    uint32_t mets, looks;
};

static bool same(const unsigned char *a, const unsigned char *b)
{
    return memcmp(a, b, YG_IP_SIZE) == 0;
}

static bool has_met(const struct view *v, const unsigned char *ip)
{
    for (uint32_t i = 0; i < v->mets; i++)
        if (same(v->met[i], ip))
            return true;
    return false;
}

static void meet(struct view *v, const unsigned char *ip)
{
    if (v->mets < TALKS_MAX && !has_met(v, ip))
        v->met[v->mets++] = ip;
}

/* Whom ours speaks with in `t`; NULL: it has no part in it. */
static const unsigned char *peer_of(const struct view *v, const struct yg_talk *t)
{
    if (same(t->client, v->ours))
        return t->server;
    return same(t->server, v->ours) ? t->client : NULL;
}

static bool is_after(const struct view *v, const struct yg_talk *t)
{
    return t->first_ns > v->alert->first_ns;
}

static struct view view_of(const struct yg_analysis *a, const struct yg_talk *alert)
{
    bool client = yg_ip_is_internal(alert->client) && !yg_ip_is_internal(alert->server);
    struct view v = { .alert = alert,
                      .ours = client ? alert->client : alert->server,
                      .other = client ? alert->server : alert->client };

    meet(&v, v.other);
    for (uint32_t i = 0; i < a->talks && i < TALKS_MAX; i++) {
        const unsigned char *peer = peer_of(&v, a->talk[i]);
        if (peer && !is_after(&v, a->talk[i]))
            meet(&v, peer);
    }
    return v;
}

/* Conversations that ours had afterwards, and those that it opened. */
static void put_after(struct view *v, const struct yg_analysis *a, float *row)
{
    uint32_t after = 0, back = 0, fresh = 0, outside = 0;
    uint64_t out = 0, in = 0, all_out = 0, all = 0;

    for (uint32_t i = 0; i < a->talks && i < TALKS_MAX; i++) {
        const struct yg_talk *t = a->talk[i];
        const unsigned char *peer = peer_of(v, t);
        if (!peer)
            continue;
        bool opened = same(t->client, v->ours);
        uint64_t sent = t->side[opened ? YG_TO_SERVER : YG_TO_CLIENT].payload;
        uint64_t got = t->side[opened ? YG_TO_CLIENT : YG_TO_SERVER].payload;
        all_out += sent;
        all += sent + got;
        if (!is_after(v, t))
            continue;
        after++;
        out += sent;
        in += got;
        if (!opened)
            continue;
        back += same(peer, v->other);
        outside += !yg_ip_is_internal(peer) && !yg_ip_is_group(peer);
        if (!has_met(v, peer) && !yg_ip_is_group(peer)) {
            fresh++;
            meet(v, peer);
        }
    }
    row[YG_X_P_AROUND] = (float)after;
    row[YG_X_P_BACK] = (float)back;
    row[YG_X_P_NEW] = (float)fresh;
    row[YG_X_P_OUTSIDE] = (float)outside;
    row[YG_X_P_AROUND_OUT] = (float)out;
    row[YG_X_P_AROUND_IN] = (float)in;
    if (all)
        row[YG_X_P_AROUND_SHARE] = (float)((double)all_out / (double)all);
}

/* How evenly do the two ends meet? Conversations are in order of their first packets. */
static void put_pair(const struct view *v, const struct yg_analysis *a, float *row)
{
    struct yg_packet_spread gap = { 0 };
    int64_t last = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < a->talks && i < TALKS_MAX; i++) {
        const struct yg_talk *t = a->talk[i];
        const unsigned char *peer = peer_of(v, t);
        if (!peer || !same(peer, v->other))
            continue;
        if (n++)
            yg_packet_spread_add(&gap, (double)yg_packet_seconds(last, t->first_ns));
        last = t->first_ns;
    }
    row[YG_X_P_PAIR] = n ? (float)(n - 1) : 0;
    row[YG_X_P_PAIR_CV] = yg_packet_spread_of(&gap);
}

/* What was said in the other conversations. */
struct said {
    uint32_t programs, names, failed, raw, bare, self;
};

static void hear(struct view *v, const struct yg_talk *t, struct said *s)
{
    if (t->hello) {
        s->bare += t->hello->sni.n == 0;
        s->self += t->hello->self_signed;
    }
    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        struct yg_str body = x->answer_body;
        if (x->app == YG_APP_DNS) {
            s->names++;
            s->failed += x->answer == YG_ANSWER_MISSING || x->answer == YG_ANSWER_ERROR;
            continue;
        }
        s->raw += x->app == YG_APP_HTTP && yg_host_is_address(x->host);
        if (body.n == 0 || v->looks++ >= LOOKS_MAX)
            continue;
        body.n = body.n < LOOK_LEN ? body.n : LOOK_LEN;
        s->programs += yg_file_glance(body, x->answer_type, YG_STR_NONE).executable;
    }
}

static void put_said(struct view *v, const struct yg_analysis *a, float *row)
{
    struct said s = { 0 };

    for (uint32_t i = 0; i < a->talks && i < TALKS_MAX; i++)
        if (a->talk[i] != v->alert)
            hear(v, a->talk[i], &s);
    row[YG_X_P_AROUND_EXEC] = (float)s.programs;
    row[YG_X_P_AROUND_RAW] = (float)s.raw;
    row[YG_X_P_AROUND_BARE] = (float)s.bare;
    row[YG_X_P_AROUND_SELF] = (float)s.self;
    if (s.names)
        row[YG_X_P_AROUND_NX] = (float)s.failed / (float)s.names;
}

void yg_packet_around(const struct yg_analysis *a, const struct yg_talk *t, float *row)
{
    if (!a->has_pcap) /* the record itself holds one conversation only */
        return;
    struct view v = view_of(a, t);
    put_after(&v, a, row);
    put_pair(&v, a, row);
    put_said(&v, a, row);
}
