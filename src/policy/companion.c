/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/companion.h"

#include "base/map.h"
#include "policy/decide.h"

#include <stdlib.h>

#define NONE UINT32_MAX

/* One remembered alert; the closed ones of an address hang on a chain, newest first. */
struct entry {
    struct yg_companion alert;
    uint32_t before[YG_JUDGED_ADDRESSES];
    uint64_t number; /* tells an entry from the one that took its place */
    bool closed;
};

struct host {
    /* Grave alerts: the latest in time, and the last to come, because one with a time
     * out of the future must not hide all that follow. INT64_MIN: none. */
    int64_t latest_ns, newest_ns;
    uint32_t head;   /* of the chain */
    uint64_t number; /* of the head's entry */
};

struct yg_companions {
    struct entry *ring;
    uint32_t most;
    uint64_t next;            /* alerts remembered so far */
    struct yg_map by_address; /* address -> index + 1 */
    struct host *host;
    uint32_t hosts, host_size;
    uint64_t forgotten;
};

struct yg_companions *yg_companions_new(uint32_t most)
{
    struct yg_companions *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->most = most;
    yg_map_init(&c->by_address, most);
    return c;
}

void yg_companions_free(struct yg_companions *c)
{
    if (!c)
        return;
    yg_map_fini(&c->by_address);
    free(c->ring);
    free(c->host);
    free(c);
}

uint64_t yg_companions_forgotten(const struct yg_companions *c)
{
    return c->forgotten;
}

static bool beside(int64_t a, int64_t b)
{
    if (a == INT64_MIN || b == INT64_MIN)
        return false;
    return a >= b ? a - b <= YG_COMPANION_NS : b - a <= YG_COMPANION_NS;
}

static const struct host *known(const struct yg_companions *c, uint64_t address)
{
    const uint64_t *at = address ? yg_map_get(&c->by_address, address) : NULL;

    return at ? &c->host[*at - 1] : NULL;
}

bool yg_companions_held(const struct yg_companions *c, const struct yg_companion *a)
{
    for (int i = 0; i < YG_JUDGED_ADDRESSES; i++) {
        const struct host *h = known(c, a->address[i]);
        if (h && (beside(h->latest_ns, a->time_ns) || beside(h->newest_ns, a->time_ns)))
            return true;
    }
    return false;
}

/* All of it at once: a flood of addresses costs memory of the recent past, not order. */
static void forget(struct yg_companions *c)
{
    c->forgotten += c->hosts;
    yg_map_clear(&c->by_address);
    c->hosts = 0;
}

static struct host *host_of(struct yg_companions *c, uint64_t address)
{
    bool fresh = false;

    if (address == 0)
        return NULL;
    if (c->hosts == c->most && !yg_map_get(&c->by_address, address))
        forget(c);
    if (c->hosts == c->host_size) {
        uint32_t size = c->host_size ? c->host_size * 2 : 64;
        struct host *h = realloc(c->host, size * sizeof(*h));
        if (!h)
            return NULL;
        c->host = h;
        c->host_size = size;
    }
    uint64_t *at = yg_map_put(&c->by_address, address, &fresh);
    if (!at)
        return NULL;
    if (fresh) {
        *at = c->hosts + 1;
        c->host[c->hosts++] =
            (struct host){ .latest_ns = INT64_MIN, .newest_ns = INT64_MIN, .head = NONE };
    }
    return &c->host[*at - 1];
}

static struct entry *alive(const struct yg_companions *c, uint32_t at, uint64_t number)
{
    if (at == NONE || c->ring[at].number != number)
        return NULL; /* the ring has come round */
    return &c->ring[at];
}

/* Give out the closed alerts of an address that lie beside `t`, and unlink what is open
 * from its chain, so that none is walked past twice. */
static void open_chain(struct yg_companions *c, struct host *h, uint64_t address,
                       int64_t t, void (*open)(void *arg, const struct yg_companion *a),
                       void *arg)
{
    uint32_t *link = &h->head;
    struct entry *e = alive(c, h->head, h->number);

    while (e) {
        uint64_t own = e->number;
        int slot = 0;
        while (slot + 1 < YG_JUDGED_ADDRESSES && e->alert.address[slot] != address)
            slot++;
        if (e->closed && beside(e->alert.time_ns, t)) {
            e->closed = false;
            if (open)
                open(arg, &e->alert);
        } else if (e->closed && e->alert.time_ns < t - YG_COMPANION_NS) {
            break;
        }
        uint32_t next = e->before[slot];
        if (next != NONE && c->ring[next].number >= own)
            next = NONE; /* the ring has come round */
        if (e->closed)
            link = &e->before[slot];
        else
            *link = next;
        if (link == &h->head)
            h->number = next == NONE ? 0 : c->ring[next].number;
        e = next == NONE ? NULL : &c->ring[next];
    }
}

static void remember(struct yg_companions *c, const struct yg_companion *a)
{
    if (!c->ring) {
        c->ring = calloc(c->most, sizeof(*c->ring));
        if (!c->ring)
            return;
    }
    uint32_t at = (uint32_t)(c->next % c->most);
    struct entry *e = &c->ring[at];
    c->forgotten += e->closed;
    *e = (struct entry){ .alert = *a, .number = ++c->next, .closed = true };
    for (int i = 0; i < YG_JUDGED_ADDRESSES; i++) {
        struct host *h = host_of(c, a->address[i]);
        e->before[i] = NONE;
        bool again = false; /* one chain an address, even if it is on both sides */
        for (int k = 0; k < i; k++)
            again |= a->address[k] == a->address[i];
        if (!h || again)
            continue;
        e->before[i] = alive(c, h->head, h->number) ? h->head : NONE;
        h->head = at;
        h->number = e->number;
    }
}

void yg_companions_add(struct yg_companions *c, const struct yg_companion *a, bool grave,
                       bool closed, void (*open)(void *arg, const struct yg_companion *a),
                       void *arg)
{
    for (int i = 0; grave && i < YG_JUDGED_ADDRESSES; i++) {
        struct host *h = host_of(c, a->address[i]);
        if (!h)
            continue;
        open_chain(c, h, a->address[i], a->time_ns, open, arg);
        h->newest_ns = a->time_ns;
        if (a->time_ns > h->latest_ns)
            h->latest_ns = a->time_ns;
    }
    if (closed)
        remember(c, a);
}

/* ---- all alerts known ------------------------------------------------------------- */

static int by_time(const void *x, const void *y)
{
    const struct yg_judged *const *a = x, *const *b = y;

    return (*a)->time_ns < (*b)->time_ns ? -1 : (*a)->time_ns > (*b)->time_ns;
}

/* One pass in one direction of time: an address's nearest grave alert so far. */
static enum yg_status pass(struct yg_judged **a, size_t n, unsigned protect, bool forward)
{
    struct yg_map last;
    enum yg_status st = YG_OK;

    yg_map_init(&last, n * YG_JUDGED_ADDRESSES + 1);
    for (size_t i = 0; st == YG_OK && i < n; i++) {
        struct yg_judged *x = a[forward ? i : n - 1 - i];
        bool grave = x->predicted < YG_LEVEL_COUNT && x->predicted >= protect;
        for (int k = 0; k < YG_JUDGED_ADDRESSES; k++) {
            const uint64_t *at = x->address[k] ? yg_map_get(&last, x->address[k]) : NULL;
            if (at && beside((int64_t)*at, x->time_ns))
                x->gates |= YG_GATE_BIT(COMPANION);
        }
        for (int k = 0; grave && k < YG_JUDGED_ADDRESSES; k++) {
            uint64_t *at = x->address[k] ? yg_map_put(&last, x->address[k], NULL) : NULL;
            if (at)
                *at = (uint64_t)x->time_ns;
            else if (x->address[k])
                st = YG_ENOMEM;
        }
    }
    yg_map_fini(&last);
    return st;
}

enum yg_status yg_companions_mark(struct yg_judged *a, size_t n, unsigned protect)
{
    struct yg_judged **order = calloc(n + 1, sizeof(struct yg_judged *));

    if (!order)
        return YG_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        a[i].gates &= ~YG_GATE_BIT(COMPANION);
        order[i] = &a[i];
    }
    qsort(order, n, sizeof(struct yg_judged *), by_time);
    enum yg_status st = pass(order, n, protect, true);
    if (st == YG_OK)
        st = pass(order, n, protect, false);
    free(order);
    return st;
}
