/* SPDX-License-Identifier: Apache-2.0 */
#include "context/context.h"

#include "context/assoc.h"
#include "context/count.h"
#include "context/profile.h"

#include <math.h>
#include <stdlib.h>

/* What is counted: one yg_count per key of each kind. */
enum kind { K_SIG, K_SIG_HOST, K_HOST_DEV, K_SRC, K_DST, K_SIG_SRC, K_PAIR, K_COUNT };

struct flow {
    uint64_t key;
    uint32_t alerts, records;
    float said[YG_FLOW_COUNT];
    float pad[(16 - (4 + YG_FLOW_COUNT) % 16) % 16];
};
_Static_assert(sizeof(struct flow) % 64 == 0, "whole cache lines");

struct yg_context {
    const struct yg_history *history;
    struct yg_assoc counts, hosts, voices, sources, flows;
    struct yg_count device[YG_DEV_COUNT];
    struct yg_activity_ring activity;
    uint32_t seq; /* events so far, wraps */
    uint64_t alerts, records;
};

/* Everything the alert at hand touches; pointers NULL where it has no such key. */
struct view {
    double t;
    uint32_t second;
    struct yg_count *count[K_COUNT];
    struct yg_count *device;
    struct yg_host_profile *host;
    struct yg_voice_profile *voice;
    struct yg_source_profile *source;
    struct flow *flow;
    struct yg_history_weight weight;
};

enum yg_status yg_context_new(const struct yg_history *history, size_t memory,
                              struct yg_context **out)
{
    struct yg_context *c = calloc(1, sizeof(*c));
    enum yg_status st;

    if (!c)
        return YG_ENOMEM;
    if (memory < YG_CONTEXT_MEMORY_MIN)
        memory = YG_CONTEXT_MEMORY_MIN;
    c->history = history;
    st = yg_assoc_init(&c->counts, sizeof(struct yg_count), memory / 2);
    if (st == YG_OK)
        st = yg_assoc_init(&c->hosts, sizeof(struct yg_host_profile), memory / 4);
    if (st == YG_OK)
        st = yg_assoc_init(&c->voices, sizeof(struct yg_voice_profile), memory / 8);
    if (st == YG_OK)
        st = yg_assoc_init(&c->sources, sizeof(struct yg_source_profile), memory / 16);
    if (st == YG_OK)
        st = yg_assoc_init(&c->flows, sizeof(struct flow), memory / 16);
    if (st == YG_OK)
        *out = c;
    else
        yg_context_free(c);
    return st;
}

void yg_context_free(struct yg_context *c)
{
    if (!c)
        return;
    yg_assoc_fini(&c->counts);
    yg_assoc_fini(&c->hosts);
    yg_assoc_fini(&c->voices);
    yg_assoc_fini(&c->sources);
    yg_assoc_fini(&c->flows);
    free(c);
}

struct yg_context_stats yg_context_stats_of(const struct yg_context *c)
{
    const struct yg_assoc *table[] = { &c->counts, &c->hosts, &c->voices, &c->sources,
                                       &c->flows };
    struct yg_context_stats s = { .alerts = c->alerts, .records = c->records };

    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++) {
        s.evicted += yg_assoc_evicted(table[i]);
        s.memory += yg_assoc_memory(table[i]);
    }
    return s;
}

/* ---- looking up -------------------------------------------------------------------- */

static uint64_t pair(enum kind k, uint64_t a, uint64_t b)
{
    return a && b ? yg_hash_pair(yg_hash_pair((uint64_t)k + 1, a), b) : 0;
}

static void count_keys(const struct yg_facts *f, uint64_t key[K_COUNT])
{
    uint64_t sig = f->key[YG_KEY_SIGNATURE], host = f->key[YG_KEY_HOST];
    uint64_t src = f->key[YG_KEY_SOURCE], dst = f->key[YG_KEY_DESTINATION];

    key[K_SIG] = pair(K_SIG, sig, 1);
    key[K_SIG_HOST] = pair(K_SIG_HOST, sig, host);
    key[K_HOST_DEV] = pair(K_HOST_DEV, host, (uint64_t)f->device + 1);
    key[K_SRC] = pair(K_SRC, src, 1);
    key[K_DST] = pair(K_DST, dst, 1);
    key[K_SIG_SRC] = pair(K_SIG_SRC, sig, src);
    key[K_PAIR] = pair(K_PAIR, src, dst);
}

static void settle(struct yg_context *c)
{
    yg_assoc_settle(&c->counts);
    yg_assoc_settle(&c->hosts);
    yg_assoc_settle(&c->voices);
    yg_assoc_settle(&c->sources);
    yg_assoc_settle(&c->flows);
    c->seq++;
}

static void *touch(struct yg_assoc *a, uint64_t key, uint32_t seq)
{
    bool fresh;

    return key ? yg_assoc_touch(a, key, seq, &fresh) : NULL;
}

static struct flow *touch_flow(struct yg_context *c, uint64_t key)
{
    bool fresh = false;
    struct flow *flow = key ? yg_assoc_touch(&c->flows, key, c->seq, &fresh) : NULL;

    for (int i = 0; fresh && i < YG_FLOW_COUNT; i++)
        flow->said[i] = NAN;
    return flow;
}

/* All lines are asked for before the first is waited for. */
static void look_up(struct yg_context *c, const struct yg_facts *f, struct view *v)
{
    uint64_t key[K_COUNT], host = f->key[YG_KEY_HOST], src = f->key[YG_KEY_SOURCE];
    unsigned device = f->device < YG_DEV_COUNT ? f->device : YG_DEV_OTHER;

    count_keys(f, key);
    for (int k = 0; k < K_COUNT; k++)
        yg_assoc_prefetch(&c->counts, key[k]);
    yg_assoc_prefetch(&c->hosts, host);
    yg_assoc_prefetch(&c->voices, key[K_HOST_DEV]);
    yg_assoc_prefetch(&c->sources, src);
    yg_assoc_prefetch(&c->flows, f->key[YG_KEY_FLOW]);
    for (int k = 0; k < K_COUNT; k++)
        yg_assoc_prefetch_entry(&c->counts, key[k]);
    yg_assoc_prefetch_entry(&c->hosts, host);
    yg_assoc_prefetch_entry(&c->voices, key[K_HOST_DEV]);
    yg_assoc_prefetch_entry(&c->sources, src);
    yg_assoc_prefetch_entry(&c->flows, f->key[YG_KEY_FLOW]);

    v->t = yg_count_time(f->time_ns);
    v->second = yg_profile_second(v->t);
    for (int k = 0; k < K_COUNT; k++) {
        v->count[k] = touch(&c->counts, key[k], c->seq);
        if (v->count[k])
            yg_count_decay(v->count[k], v->t);
    }
    v->host = touch(&c->hosts, host, c->seq);
    v->voice = touch(&c->voices, key[K_HOST_DEV], c->seq);
    v->source = touch(&c->sources, src, c->seq);
    v->flow = touch_flow(c, f->key[YG_KEY_FLOW]);
    v->device = &c->device[device];
    yg_count_decay(v->device, v->t);
    if (v->host)
        yg_tallies_decay(&v->host->tally, v->t);
    if (v->source)
        yg_tallies_decay(&v->source->tally, v->t);
}

/* ---- columns ----------------------------------------------------------------------- */

static float since(double t, double then)
{
    return t > then ? (float)(t - then) : 0;
}

/* The last hour against an average hour since the first event. */
static float burst(const struct yg_count *k, double t)
{
    double age = t - k->first > 3600 ? t - k->first : 3600;

    return (float)((k->in[YG_W_1H] + 0.1) / (k->n * 3600.0 / age + 0.1));
}

static void put_signature(const struct view *v, float *row)
{
    const struct yg_count *k = v->count[K_SIG];

    if (!k)
        return;
    row[YG_X_SIG_N] = (float)k->n;
    row[YG_X_SIG_1H] = k->in[YG_W_1H];
    row[YG_X_SIG_24H] = k->in[YG_W_24H];
    if (k->n == 0)
        return;
    row[YG_X_SIG_LAST] = since(v->t, k->last);
    row[YG_X_SIG_RATIO] = burst(k, v->t);
}

static void put_signature_at_host(const struct view *v, float *row)
{
    const struct yg_count *k = v->count[K_SIG_HOST];

    if (!k)
        return;
    row[YG_X_SH_N] = (float)k->n;
    row[YG_X_SH_10M] = k->in[YG_W_10M];
    row[YG_X_SH_1H] = k->in[YG_W_1H];
    row[YG_X_SH_24H] = k->in[YG_W_24H];
    if (k->n == 0)
        return;
    row[YG_X_SH_LAST] = since(v->t, k->last);
    row[YG_X_SH_RATIO] = burst(k, v->t);
    if (k->n > 2) {
        row[YG_X_SH_GAP] = k->gap;
        row[YG_X_SH_CV] = sqrtf(k->var) / (k->gap + 1);
    }
}

/* Offsets within the block of four columns of a short counter. */
enum { S_N, S_1H, S_24H, S_LAST };
_Static_assert(YG_X_SRC_LAST - YG_X_SRC_N == S_LAST, "block of four");
_Static_assert(YG_X_DST_LAST - YG_X_DST_N == S_LAST, "block of four");
_Static_assert(YG_X_SS_LAST - YG_X_SS_N == S_LAST, "block of four");
_Static_assert(YG_X_PAIR_LAST - YG_X_PAIR_N == S_LAST, "block of four");

static void put_short(const struct yg_count *k, double t, float *out)
{
    if (!k)
        return;
    out[S_N] = (float)k->n;
    out[S_1H] = k->in[YG_W_1H];
    out[S_24H] = k->in[YG_W_24H];
    if (k->n)
        out[S_LAST] = since(t, k->last);
}

static void put_shares(const struct view *v, float *row)
{
    const struct yg_count *sig = v->count[K_SIG], *sh = v->count[K_SIG_HOST];
    const struct yg_count *hd = v->count[K_HOST_DEV], *dev = v->device;

    if (sig) {
        row[YG_X_SIG_HOSTS] = (float)sig->distinct;
        row[YG_X_SIG_OF_DEV] = (float)(((double)sig->n + 1) / ((double)dev->n + 1));
    }
    if (sig && sh)
        row[YG_X_SIG_AT_HOST] = (float)(sh->n / ((double)sig->n + 1));
    if (hd && sh)
        row[YG_X_SIG_OF_HD] = (float)(sh->n / ((double)hd->n + 1));
    if (dev->n)
        row[YG_X_DEV_RATIO] = burst(dev, v->t);
}

static float seen(const uint32_t *slot, uint32_t slots, uint32_t now, uint32_t window)
{
    return yg_seen_estimate(yg_seen_slots(slot, slots, now, window), slots);
}

static void put_device_at_host(const struct view *v, float *row)
{
    const struct yg_count *hd = v->count[K_HOST_DEV];

    if (hd) {
        row[YG_X_HD_1H] = hd->in[YG_W_1H];
        row[YG_X_HD_24H] = hd->in[YG_W_24H];
        row[YG_X_HD_SIGS] = (float)hd->distinct;
    }
    if (v->voice) {
        row[YG_X_HD_SIGS_1H] = seen(v->voice->signature, YG_SEEN_BIG, v->second, 3600);
        row[YG_X_HD_RARE_1H] = seen(v->voice->rare, YG_SEEN_SMALL, v->second, 3600);
    }
}

static void put_host(const struct view *v, float *row)
{
    const struct yg_host_profile *h = v->host;
    uint32_t now = v->second;

    if (!h)
        return;
    row[YG_X_HOST_SEVERE_24H] = h->tally.in[YG_TALLY_SEVERE];
    row[YG_X_HOST_MALWARE_24H] = h->tally.in[YG_TALLY_MALWARE];
    row[YG_X_HOST_L2_1H] = yg_activity_sum(&h->activity, YG_ACT_L2, now, 1);
    row[YG_X_HOST_L2_24H] = yg_activity_sum(&h->activity, YG_ACT_L2, now, 24);
    row[YG_X_HOST_P_1H] = yg_activity_sum(&h->activity, YG_ACT_PROTECTED, now, 1);
    row[YG_X_HOST_P_24H] = yg_activity_sum(&h->activity, YG_ACT_PROTECTED, now, 24);
    row[YG_X_HOST_NEW_1H] = yg_activity_sum(&h->activity, YG_ACT_NEW, now, 1);
    row[YG_X_HOST_NEW_24H] = yg_activity_sum(&h->activity, YG_ACT_NEW, now, 24);
    row[YG_X_HC_RECORDS] = h->tally.in[YG_TALLY_RECORDS];
    row[YG_X_HC_EXEC] = h->tally.in[YG_TALLY_PROGRAMS];
    row[YG_X_HC_NX] = h->tally.in[YG_TALLY_UNKNOWN_NAMES];
    row[YG_X_HC_NOSNI] = h->tally.in[YG_TALLY_UNNAMED_TLS];
}

static void put_source(const struct view *v, float *row)
{
    const struct yg_source_profile *s = v->source;

    if (!s)
        return;
    row[YG_X_SRC_HOSTS_1H] = seen(s->host, YG_SEEN_BIG, v->second, 3600);
    row[YG_X_SRC_PORTS_1H] = seen(s->port, YG_SEEN_SMALL, v->second, 3600);
    row[YG_X_SRC_L2_1H] = s->tally.in[YG_TALLY_L2];
    row[YG_X_SRC_P_24H] = s->tally.in[YG_TALLY_PROTECTED];
}

static void put_tenant(const struct yg_context *c, const struct view *v, float *row)
{
    uint32_t now = v->second;

    row[YG_X_TEN_L2_1H] = yg_activity_sum(&c->activity, YG_ACT_L2, now, 1);
    row[YG_X_TEN_L2_24H] = yg_activity_sum(&c->activity, YG_ACT_L2, now, 24);
    row[YG_X_TEN_P_24H] = yg_activity_sum(&c->activity, YG_ACT_PROTECTED, now, 24);
}

static void put_flow(const struct view *v, float *row)
{
    if (!v->flow)
        return;
    row[YG_X_FLOW_ALERTS] = (float)v->flow->alerts;
    row[YG_X_FLOW_RECORDS] = (float)v->flow->records;
    for (int i = 0; i < YG_FLOW_COUNT; i++)
        if (isnan(row[YG_FIXED_COUNT + i]))
            row[YG_FIXED_COUNT + i] = v->flow->said[i];
}

static void put_row(const struct yg_context *c, const struct view *v,
                    const struct yg_facts *f, float *row)
{
    memcpy(row, f->fixed, sizeof(f->fixed));
    for (int i = YG_FACTS_STATIC; i < YG_HISTORY_FIRST; i++)
        row[i] = NAN;
    put_signature(v, row);
    put_signature_at_host(v, row);
    put_device_at_host(v, row);
    put_short(v->count[K_SRC], v->t, row + YG_X_SRC_N);
    put_short(v->count[K_DST], v->t, row + YG_X_DST_N);
    put_short(v->count[K_SIG_SRC], v->t, row + YG_X_SS_N);
    put_short(v->count[K_PAIR], v->t, row + YG_X_PAIR_N);
    put_shares(v, row);
    put_host(v, row);
    put_source(v, row);
    put_tenant(c, v, row);
    put_flow(v, row);
}

/* ---- counting ---------------------------------------------------------------------- */

#define RARE 5U /* a signature is new at a host until it was seen this often there */

static void count_host(const struct yg_facts *f, struct yg_host_profile *h)
{
    if (f->fixed[YG_X_SEVERITY] >= 70)
        h->tally.in[YG_TALLY_SEVERE] += 1;
    if (f->fixed[YG_X_W_MALWARE] > 0)
        h->tally.in[YG_TALLY_MALWARE] += 1;
}

static void count_voice(const struct yg_facts *f, const struct view *v)
{
    const struct yg_count *sh = v->count[K_SIG_HOST];
    uint64_t sig = f->key[YG_KEY_SIGNATURE];

    yg_seen_mark(v->voice->signature, YG_SEEN_BIG, sig, v->second);
    if (sh && sh->n < RARE)
        yg_seen_mark(v->voice->rare, YG_SEEN_SMALL, sig, v->second);
    else if (sh && sh->n == RARE)
        yg_seen_unmark(v->voice->rare, YG_SEEN_SMALL, sig);
}

static void count_source(const struct yg_facts *f, const struct view *v)
{
    uint64_t dst = f->key[YG_KEY_DESTINATION];
    float port = f->fixed[YG_X_DST_PORT];

    yg_seen_mark(v->source->host, YG_SEEN_BIG, dst ? dst : f->key[YG_KEY_HOST],
                 v->second);
    if (port >= 0 && port <= 65535)
        yg_seen_mark(v->source->port, YG_SEEN_SMALL, yg_hash_pair((uint64_t)port, 1),
                     v->second);
    v->source->tally.in[YG_TALLY_L2] += v->weight.l2;
    v->source->tally.in[YG_TALLY_PROTECTED] += v->weight.protected_;
}

static void count_profiles(struct yg_context *c, const struct yg_facts *f,
                           const struct view *v)
{
    const struct yg_count *sh = v->count[K_SIG_HOST];
    float weight[YG_ACT_COUNT] = {
        [YG_ACT_L2] = v->weight.l2,
        [YG_ACT_PROTECTED] = v->weight.protected_,
        [YG_ACT_NEW] = sh && sh->n < RARE,
    };

    yg_activity_add(&c->activity, v->second, weight);
    if (v->host) {
        yg_activity_add(&v->host->activity, v->second, weight);
        count_host(f, v->host);
    }
    if (v->voice)
        count_voice(f, v);
    if (v->source)
        count_source(f, v);
}

static void count_all(struct yg_context *c, const struct yg_facts *f, struct view *v)
{
    struct yg_count *sh = v->count[K_SIG_HOST];

    count_profiles(c, f, v);
    if (sh && sh->n == 0) {
        if (v->count[K_SIG])
            v->count[K_SIG]->distinct++;
        if (v->count[K_HOST_DEV])
            v->count[K_HOST_DEV]->distinct++;
    }
    for (int k = 0; k < K_COUNT; k++)
        if (v->count[k])
            yg_count_add(v->count[k], v->t);
    yg_count_add(v->device, v->t);
    if (v->flow)
        v->flow->alerts++;
    c->alerts++;
}

void yg_context_row(struct yg_context *c, const struct yg_facts *f, float *row)
{
    struct view v = { 0 };

    settle(c);
    look_up(c, f, &v);
    put_row(c, &v, f, row);
    yg_history_row(c->history, f, row, &v.weight);
    count_all(c, f, &v);
}

void yg_context_count(struct yg_context *c, const struct yg_facts *f)
{
    float row[YG_FEATURE_COUNT];

    yg_context_row(c, f, row);
}

static void tally_record(struct yg_tallies *t, const float *fixed)
{
    t->in[YG_TALLY_RECORDS] += 1;
    if (fixed[YG_X_FILE_EXEC] > 0)
        t->in[YG_TALLY_PROGRAMS] += 1;
    if (fixed[YG_X_DNS_RCODE] == 1)
        t->in[YG_TALLY_UNKNOWN_NAMES] += 1;
    if (fixed[YG_X_TLS_SNI] == 0)
        t->in[YG_TALLY_UNNAMED_TLS] += 1;
}

void yg_context_see(struct yg_context *c, const struct yg_facts *f)
{
    struct yg_host_profile *host;
    struct flow *flow;

    settle(c);
    c->records++;
    host = touch(&c->hosts, f->key[YG_KEY_HOST], c->seq);
    flow = touch_flow(c, f->key[YG_KEY_FLOW]);
    if (host) {
        yg_tallies_decay(&host->tally, yg_count_time(f->time_ns));
        tally_record(&host->tally, f->fixed);
    }
    if (!flow)
        return;
    flow->records++;
    for (int i = 0; i < YG_FLOW_COUNT; i++)
        if (!isnan(f->fixed[YG_FIXED_COUNT + i]))
            flow->said[i] = f->fixed[YG_FIXED_COUNT + i];
}
