/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/defrag.h"

#include "base/hash.h"

#include <stdlib.h>

#define SIZE_MAX_IP 65535U
#define UNITS       8192U /* of 8 bytes: offsets count in these */

/* One datagram being made whole. `have` has a bit a unit; the last one may be short. */
struct slot {
    uint64_t have[UNITS / 64];
    unsigned char bytes[UNITS * 8];
    unsigned char src[YG_IP_SIZE], dst[YG_IP_SIZE];
    uint64_t age; /* grows from datagram to datagram */
    int64_t first_ns;
    uint64_t anomalies;
    uint32_t id, wire;
    uint32_t units;    /* bits set */
    uint32_t end;      /* furthest byte */
    uint32_t total;    /* 0: the last fragment has not come */
    uint32_t captured; /* bytes from here on may be missing in the capture */
    uint8_t version, proto, first_proto, ttl;
    bool dropped; /* what still comes of it is not wanted */
};

struct yg_defrag {
    struct slot *slot[YG_DEFRAG_MAX];
    uint64_t key[YG_DEFRAG_MAX]; /* of the slots' datagrams; 0: free */
    uint64_t age;
    unsigned lent; /* the slot whose bytes the caller holds; YG_DEFRAG_MAX: none */
};

struct yg_defrag *yg_defrag_new(void)
{
    return calloc(1, sizeof(struct yg_defrag));
}

void yg_defrag_free(struct yg_defrag *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < YG_DEFRAG_MAX; i++)
        free(d->slot[i]);
    free(d);
}

/* RFC 791: source, destination, protocol, identification; RFC 8200: without protocol. */
static uint8_t key_proto(const struct yg_packet *p)
{
    return p->version == 4 ? p->proto : 0;
}

static uint64_t key_of(const struct yg_packet *p)
{
    struct yg_str src = { (const char *)p->src, YG_IP_SIZE };
    struct yg_str dst = { (const char *)p->dst, YG_IP_SIZE };
    uint64_t tail =
        (uint64_t)p->fragment_id << 16 | (uint64_t)key_proto(p) << 8 | p->version;

    return yg_hash_pair(yg_hash_str(1, src), yg_hash_pair(yg_hash_str(2, dst), tail));
}

static bool same(const struct slot *s, const struct yg_packet *p)
{
    return s->id == p->fragment_id && s->version == p->version &&
           s->proto == key_proto(p) && memcmp(s->src, p->src, YG_IP_SIZE) == 0 &&
           memcmp(s->dst, p->dst, YG_IP_SIZE) == 0;
}

static void start(struct yg_defrag *d, unsigned i, const struct yg_packet *p,
                  uint64_t key)
{
    struct slot *s = d->slot[i];

    memset(s->have, 0, sizeof(s->have));
    d->key[i] = key;
    memcpy(s->src, p->src, YG_IP_SIZE);
    memcpy(s->dst, p->dst, YG_IP_SIZE);
    s->age = ++d->age;
    s->first_ns = p->time_ns;
    s->id = p->fragment_id;
    s->version = p->version;
    s->proto = key_proto(p);
    s->first_proto = p->proto;
    s->ttl = p->ttl;
    s->anomalies = 0;
    s->wire = s->units = s->end = s->total = 0;
    s->captured = SIZE_MAX_IP;
    s->dropped = false;
}

/* A place for a new datagram: a free one, else the oldest; not the one that is lent. */
static unsigned place(struct yg_defrag *d, struct yg_packet *p)
{
    unsigned oldest = YG_DEFRAG_MAX;

    for (unsigned i = 0; i < YG_DEFRAG_MAX; i++) {
        if (i == d->lent)
            continue;
        if (d->key[i] == 0)
            return i;
        if (oldest == YG_DEFRAG_MAX || d->slot[i]->age < d->slot[oldest]->age)
            oldest = i;
    }
    if (!d->slot[oldest]->dropped)
        p->anomalies |= YG_ANOMALY_BIT(YG_A_FRAGMENT_LOST);
    return oldest;
}

/* The datagram of this fragment, begun if it is new. NULL: no memory. */
static struct slot *find(struct yg_defrag *d, struct yg_packet *p)
{
    uint64_t key = key_of(p);
    unsigned i = 0;

    while (i < YG_DEFRAG_MAX && !(d->key[i] == key && same(d->slot[i], p)))
        i++;
    if (i < YG_DEFRAG_MAX) {
        struct slot *s = d->slot[i];
        if ((int64_t)((uint64_t)p->time_ns - (uint64_t)s->first_ns) <= YG_DEFRAG_NS)
            return s;
        if (!s->dropped) /* the number came round again */
            p->anomalies |= YG_ANOMALY_BIT(YG_A_FRAGMENT_LOST);
    } else {
        i = place(d, p);
    }
    if (!d->slot[i])
        d->slot[i] = calloc(1, sizeof(*d->slot[i]));
    if (!d->slot[i]) {
        p->anomalies |= YG_ANOMALY_BIT(YG_A_FRAGMENT_LOST);
        return NULL;
    }
    start(d, i, p, key);
    return d->slot[i];
}

static void drop(struct slot *s, struct yg_packet *p, enum yg_anomaly why)
{
    s->dropped = true;
    p->anomalies |= YG_ANOMALY_BIT(why) | YG_ANOMALY_BIT(YG_A_FRAGMENT_LOST);
}

/* Where the fragment ends, in bytes of the datagram; 0: it cannot be part of it. */
static uint32_t end_of(struct slot *s, struct yg_packet *p)
{
    uint32_t end = p->fragment_offset + p->payload_wire;

    if (end > SIZE_MAX_IP) { /* "ping of death" */
        drop(s, p, YG_A_FRAGMENT_LOST);
        return 0;
    }
    if (p->fragment_more && p->payload_wire % 8 != 0) {
        p->anomalies |= YG_ANOMALY_BIT(YG_A_IP_HEADER);
        return 0;
    }
    /* Two ends, or bytes behind the end: no telling which is meant. */
    if ((s->total && (p->fragment_more ? end > s->total : end != s->total)) ||
        (!p->fragment_more && end < s->end)) {
        drop(s, p, YG_A_FRAGMENT_OVERLAP);
        return 0;
    }
    return end;
}

/* The bytes of one unit. True: they are new, or the same that were there before. */
static bool take_unit(struct slot *s, uint32_t at, const struct yg_packet *p, uint32_t n)
{
    uint32_t unit = at / 8, from = at - p->fragment_offset;
    uint64_t bit = UINT64_C(1) << unit % 64;
    size_t held = p->payload.n > from ? p->payload.n - from : 0;

    if (held > n)
        held = n;
    if (!(s->have[unit / 64] & bit)) {
        s->have[unit / 64] |= bit;
        s->units++;
        if (held)
            memcpy(s->bytes + at, p->payload.p + from, held);
        if (held < n && s->captured > at + held)
            s->captured = at + (uint32_t)held;
        return true;
    }
    return held == 0 || at + held > s->captured ||
           memcmp(s->bytes + at, p->payload.p + from, held) == 0;
}

/* False: other bytes were there. */
static bool take_bytes(struct slot *s, const struct yg_packet *p, uint32_t end)
{
    bool equal = true;

    for (uint32_t at = p->fragment_offset; at < end; at += 8)
        equal &= take_unit(s, at, p, end - at < 8 ? end - at : 8);
    if (end > s->end)
        s->end = end;
    if (!p->fragment_more)
        s->total = end;
    return equal;
}

static bool whole(const struct slot *s)
{
    return s->total && s->units == (s->total + 7) / 8;
}

/* One fragment into its datagram. True: whole, `*p` is it. */
static bool add(struct yg_defrag *d, struct yg_packet *p)
{
    struct slot *s = find(d, p);

    if (!s || s->dropped)
        return false;
    uint32_t end = end_of(s, p);
    if (end == 0)
        return false;
    if (!take_bytes(s, p, end)) {
        p->anomalies |= YG_ANOMALY_BIT(YG_A_FRAGMENT_OVERLAP);
        if (p->version == 6)
            drop(s, p, YG_A_FRAGMENT_OVERLAP);
    }
    if (p->fragment_offset == 0) { /* RFC 8200: what follows is what the first one says */
        s->first_proto = p->proto;
        s->ttl = p->ttl;
    }
    s->wire += p->wire;
    s->anomalies |= p->anomalies;
    if (s->dropped || !whole(s))
        return false;
    for (unsigned i = 0; i < YG_DEFRAG_MAX; i++)
        if (d->slot[i] == s)
            d->lent = i;
    d->key[d->lent] = 0;
    p->payload = (struct yg_str){ (const char *)s->bytes,
                                  s->captured < s->total ? s->captured : s->total };
    p->payload_wire = s->total;
    p->wire = s->wire;
    p->anomalies = s->anomalies;
    p->proto = s->first_proto;
    p->ttl = s->ttl;
    p->fragment = p->fragment_more = false;
    p->fragment_offset = 0;
    yg_dissect_transport(p);
    return true;
}

/* A datagram made whole may carry, in a tunnel, a fragment of another. */
bool yg_defrag_add(struct yg_defrag *d, struct yg_packet *p)
{
    d->lent = YG_DEFRAG_MAX;
    for (unsigned deep = 0; p->fragment && deep <= YG_TUNNELS_MAX; deep++)
        if (!add(d, p))
            return false;
    return !p->fragment;
}
