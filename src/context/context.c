/* SPDX-License-Identifier: Apache-2.0 */
#include "context/context.h"

#include "context/context_priv.h"

#include <math.h>
#include <stdlib.h>

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
        st = yg_assoc_init(&c->flows, sizeof(struct yg_context_flow), memory / 16);
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

static uint64_t pair(enum yg_context_kind k, uint64_t a, uint64_t b)
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
    key[K_HELLO] = pair(K_HELLO, f->key[YG_KEY_CLIENT_HELLO], 1);
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

/* Places end when the table grows: take them again. */
static void touch_counts(struct yg_context *c, const uint64_t key[K_COUNT],
                         struct yg_count *count[K_COUNT])
{
    size_t size;

    do {
        size = yg_assoc_memory(&c->counts);
        for (int k = 0; k < K_COUNT; k++)
            count[k] = touch(&c->counts, key[k], c->seq);
    } while (yg_assoc_memory(&c->counts) != size);
}

static struct yg_context_flow *touch_flow(struct yg_context *c, uint64_t key)
{
    bool fresh = false;
    struct yg_context_flow *flow =
        key ? yg_assoc_touch(&c->flows, key, c->seq, &fresh) : NULL;

    for (int i = 0; fresh && i < YG_FLOW_COUNT; i++)
        flow->said[i] = NAN;
    return flow;
}

/* Ask for the lines an event will need: first those of the sets (stage 0), later, when
 * these are there, those of the entries (stage 1). Keys of 0 are harmless. */
static void prefetch(const struct yg_context *c, const struct yg_facts *f, int stage)
{
    uint64_t key[K_COUNT];
    uint64_t host = f->key[YG_KEY_HOST], src = f->key[YG_KEY_SOURCE];
    uint64_t flow = f->key[YG_KEY_FLOW];

    count_keys(f, key);
    if (stage == 0) {
        for (int k = 0; k < K_COUNT; k++)
            yg_assoc_prefetch(&c->counts, key[k]);
        yg_assoc_prefetch(&c->hosts, host);
        yg_assoc_prefetch(&c->voices, key[K_HOST_DEV]);
        yg_assoc_prefetch(&c->sources, src);
        yg_assoc_prefetch(&c->flows, flow);
    } else {
        for (int k = 0; k < K_COUNT; k++)
            yg_assoc_prefetch_entry(&c->counts, key[k], c->seq);
        yg_assoc_prefetch_entry(&c->hosts, host, c->seq);
        yg_assoc_prefetch_entry(&c->voices, key[K_HOST_DEV], c->seq);
        yg_assoc_prefetch_entry(&c->sources, src, c->seq);
        yg_assoc_prefetch_entry(&c->flows, flow, c->seq);
    }
}

static void look_up(struct yg_context *c, const struct yg_facts *f,
                    struct yg_context_view *v)
{
    uint64_t key[K_COUNT], host = f->key[YG_KEY_HOST], src = f->key[YG_KEY_SOURCE];
    unsigned device = f->device < YG_DEV_COUNT ? f->device : YG_DEV_OTHER;

    count_keys(f, key);
    v->t = yg_count_time(f->time_ns);
    v->second = yg_profile_second(v->t);
    v->host = touch(&c->hosts, host, c->seq);
    if (v->host)
        yg_activity_prefetch(&v->host->activity, v->second);
    touch_counts(c, key, v->count);
    for (int k = 0; k < K_COUNT; k++)
        if (v->count[k])
            yg_count_decay(v->count[k], v->t);
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

/* ---- counting ---------------------------------------------------------------------- */

#define RARE 5U /* a signature is new at a host until it was seen this often there */

static void count_host(const struct yg_facts *f, struct yg_host_profile *h)
{
    if (f->fixed[YG_X_SEVERITY] >= 70)
        h->tally.in[YG_TALLY_SEVERE] += 1;
    if (f->fixed[YG_X_W_MALWARE] > 0)
        h->tally.in[YG_TALLY_MALWARE] += 1;
}

static void count_voice(const struct yg_facts *f, const struct yg_context_view *v)
{
    const struct yg_count *sh = v->count[K_SIG_HOST];
    uint64_t sig = f->key[YG_KEY_SIGNATURE];

    yg_seen_mark(v->voice->signature, YG_SEEN_BIG, sig, v->second);
    if (sh && sh->n < RARE)
        yg_seen_mark(v->voice->rare, YG_SEEN_SMALL, sig, v->second);
    else if (sh && sh->n == RARE)
        yg_seen_unmark(v->voice->rare, YG_SEEN_SMALL, sig);
}

static void count_source(const struct yg_facts *f, const struct yg_context_view *v)
{
    uint64_t dst = f->key[YG_KEY_DESTINATION];

    yg_seen_mark(v->source->host, YG_SEEN_BIG, dst ? dst : f->key[YG_KEY_HOST],
                 v->second);
    if (f->port)
        yg_seen_mark(v->source->port, YG_SEEN_SMALL, f->port, v->second);
    v->source->tally.in[YG_TALLY_L2] += v->weight.l2;
    v->source->tally.in[YG_TALLY_PROTECTED] += v->weight.protected_;
}

static void count_profiles(struct yg_context *c, const struct yg_facts *f,
                           const struct yg_context_view *v)
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

static void count_all(struct yg_context *c, const struct yg_facts *f,
                      struct yg_context_view *v)
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
    if (v->count[K_HELLO])
        c->hellos++;
    if (v->flow)
        v->flow->alerts++;
    c->alerts++;
}

void yg_context_row(struct yg_context *c, const struct yg_facts *f, float *row)
{
    struct yg_context_view v = { 0 };

    settle(c);
    look_up(c, f, &v);
    yg_context_columns(c, &v, f, row);
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

static void see_hello(struct yg_context *c, const struct yg_facts *f)
{
    uint64_t key = pair(K_HELLO, f->key[YG_KEY_CLIENT_HELLO], 1);
    double t = yg_count_time(f->time_ns);
    struct yg_count *k = touch(&c->counts, key, c->seq);

    if (!k)
        return;
    yg_count_decay(k, t);
    yg_count_add(k, t);
    c->hellos++;
}

void yg_context_see(struct yg_context *c, const struct yg_facts *f)
{
    struct yg_host_profile *host;
    struct yg_context_flow *flow;

    settle(c);
    c->records++;
    host = touch(&c->hosts, f->key[YG_KEY_HOST], c->seq);
    flow = touch_flow(c, f->key[YG_KEY_FLOW]);
    if (host) {
        yg_tallies_decay(&host->tally, yg_count_time(f->time_ns));
        tally_record(&host->tally, f->fixed);
    }
    see_hello(c, f);
    if (!flow)
        return;
    flow->records++;
    for (int i = 0; i < YG_FLOW_COUNT; i++)
        if (!isnan(f->fixed[YG_FIXED_COUNT + i]))
            flow->said[i] = f->fixed[YG_FIXED_COUNT + i];
}

void yg_context_ahead(const struct yg_context *c, const struct yg_facts *far,
                      const struct yg_facts *near)
{
    if (far)
        prefetch(c, far, 0);
    if (near)
        prefetch(c, near, 1);
}

#define SETS_AHEAD    8U
#define ENTRIES_AHEAD 4U

void yg_context_batch(struct yg_context *c, const struct yg_facts *f, size_t n,
                      float *rows)
{
    for (size_t i = 0; i < n; i++) {
        /* speed only: bench_features, a third less time a row with cold tables */
        if (i + SETS_AHEAD < n)
            prefetch(c, &f[i + SETS_AHEAD], 0);
        if (i + ENTRIES_AHEAD < n)
            prefetch(c, &f[i + ENTRIES_AHEAD], 1);
        if (f[i].kind == YG_KIND_CONTEXT)
            yg_context_see(c, &f[i]);
        else if (f[i].kind != YG_KIND_SKIP)
            yg_context_row(c, &f[i], rows + i * YG_FEATURE_COUNT);
    }
}
