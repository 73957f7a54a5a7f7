/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/companion.h"

#include "base/map.h"
#include "policy/decide.h"

#include <stdlib.h>

#define NONE   UINT32_MAX
#define WINDOW 8                    /* alerts of which one makes room */
#define STRIDE UINT64_C(2654435761) /* between them: a prime, so all are met */
#define SHARES 4 /* of addresses: one for the grave, three for the closed alerts' */

/* One remembered closed alert; those of an address hang on a chain, newest first. */
struct entry {
    struct yg_companion alert;
    uint32_t before[YG_JUDGED_ADDRESSES], after[YG_JUDGED_ADDRESSES];
    bool linked[YG_JUDGED_ADDRESSES];
    bool closed; /* still; else its place is free */
};

/* When grave alerts were: the latest in time, and the last to come, because one with a
 * time out of the future must not hide all that follow. INT64_MIN: none. */
struct graves {
    int64_t latest_ns, newest_ns;
};

struct host {
    uint64_t address;
    struct graves grave;
    uint32_t head; /* of the chain */
};

struct yg_companions {
    struct entry *entry;
    uint32_t most, used, cursor;
    struct yg_map by_address; /* address -> index + 1 */
    struct host *host;
    uint32_t hosts, host_size;
    uint32_t graves;     /* hosts with a grave alert, at most `most` */
    uint32_t patience;   /* grave alerts until it is worth making room again */
    int64_t last_ns;     /* of the last grave alert */
    struct graves crowd; /* grave alerts that there was no room for */
    uint64_t forgotten;
};

static const struct graves no_graves = { INT64_MIN, INT64_MIN };

struct yg_companions *yg_companions_new(uint32_t most)
{
    struct yg_companions *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->most = most;
    c->crowd = no_graves;
    c->last_ns = INT64_MAX;
    yg_map_init(&c->by_address, (size_t)most * SHARES);
    return c;
}

void yg_companions_free(struct yg_companions *c)
{
    if (!c)
        return;
    yg_map_fini(&c->by_address);
    free(c->entry);
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

static bool any_beside(const struct graves *g, int64_t t)
{
    return beside(g->latest_ns, t) || beside(g->newest_ns, t);
}

static void add_grave(struct graves *g, int64_t t)
{
    g->newest_ns = t;
    if (t > g->latest_ns)
        g->latest_ns = t;
}

/* An address, and not one that stands before it, too (on both sides). */
static bool is_own(const struct yg_companion *a, int i)
{
    bool own = a->address[i] != 0;

    for (int k = 0; k < i; k++)
        own &= a->address[k] != a->address[i];
    return own;
}

static struct host *known(const struct yg_companions *c, uint64_t address)
{
    const uint64_t *at = address ? yg_map_get(&c->by_address, address) : NULL;

    return at ? &c->host[*at - 1] : NULL;
}

bool yg_companions_held(const struct yg_companions *c, const struct yg_companion *a)
{
    for (int i = 0; i < YG_JUDGED_ADDRESSES; i++) {
        const struct host *h = known(c, a->address[i]);
        if (h && any_beside(&h->grave, a->time_ns))
            return true;
        if (a->address[i] && any_beside(&c->crowd, a->time_ns))
            return true;
    }
    return false;
}

/* Drop addresses without a closed alert and without a grave one within the hour. A single
 * time out of the future makes nothing forgotten. */
static void sift(struct yg_companions *c, int64_t t)
{
    int64_t now = t < c->last_ns ? t : c->last_ns;
    uint32_t n = 0;

    yg_map_clear(&c->by_address);
    c->graves = 0;
    for (uint32_t i = 0; i < c->hosts; i++) {
        struct host h = c->host[i];
        if (h.grave.latest_ns < now && !any_beside(&h.grave, now))
            h.grave = no_graves;
        bool grave = h.grave.latest_ns != INT64_MIN;
        uint64_t *at =
            grave || h.head != NONE ? yg_map_put(&c->by_address, h.address, NULL) : NULL;
        if (!at)
            continue;
        c->graves += grave;
        c->host[n++] = h;
        *at = n;
    }
    c->hosts = n;
}

static struct host *host_of(struct yg_companions *c, uint64_t address, int64_t t)
{
    struct host *h = known(c, address);

    if (h)
        return h;
    if (c->hosts == c->most * SHARES)
        sift(c, t); /* at least what the closed alerts' share has of dead ones */
    if (c->hosts == c->host_size) {
        uint32_t size = c->host_size ? c->host_size * 2 : 64;
        h = realloc(c->host, size * sizeof(*h));
        if (!h)
            return NULL;
        c->host = h;
        c->host_size = size;
    }
    uint64_t *at = yg_map_put(&c->by_address, address, NULL);
    if (!at)
        return NULL;
    c->host[c->hosts] =
        (struct host){ .address = address, .grave = no_graves, .head = NONE };
    *at = ++c->hosts;
    return &c->host[c->hosts - 1];
}

/* Which of the entry's chains is the address's? */
static int slot_of(const struct entry *e, uint64_t address)
{
    int slot = 0;

    while (slot + 1 < YG_JUDGED_ADDRESSES && e->alert.address[slot] != address)
        slot++;
    return slot;
}

static void unlink_entry(struct yg_companions *c, struct entry *e)
{
    for (int i = 0; i < YG_JUDGED_ADDRESSES; i++) {
        uint64_t address = e->alert.address[i];
        struct host *h = e->linked[i] ? known(c, address) : NULL;
        if (!h)
            continue;
        e->linked[i] = false;
        if (e->after[i] != NONE) {
            struct entry *newer = &c->entry[e->after[i]];
            newer->before[slot_of(newer, address)] = e->before[i];
        } else {
            h->head = e->before[i];
        }
        if (e->before[i] != NONE) {
            struct entry *older = &c->entry[e->before[i]];
            older->after[slot_of(older, address)] = e->after[i];
        }
    }
    e->closed = false;
}

/* Give out the closed alerts of an address that lie beside `t`. What is given out leaves
 * all its chains, so that none is walked past twice. */
static void open_chain(struct yg_companions *c, const struct host *h, int64_t t,
                       void (*open)(void *arg, const struct yg_companion *a), void *arg)
{
    uint32_t at = h->head;

    while (at != NONE) {
        struct entry *e = &c->entry[at];
        at = e->before[slot_of(e, h->address)];
        if (beside(e->alert.time_ns, t)) {
            unlink_entry(c, e);
            if (open)
                open(arg, &e->alert);
        } else if (e->alert.time_ns < t - YG_COMPANION_NS) {
            break;
        }
    }
}

static bool is_over(const struct entry *e, int64_t now)
{
    return !e->closed || e->alert.time_ns < now - YG_COMPANION_NS;
}

/* Shall `x` make room rather than `y`? */
static bool sooner(const struct entry *x, const struct entry *y, int64_t now)
{
    if (is_over(x, now) != is_over(y, now))
        return is_over(x, now);
    if (x->alert.risk != y->alert.risk)
        return x->alert.risk < y->alert.risk;
    return x->alert.time_ns < y->alert.time_ns;
}

/* A free place, of an alert whose hour is over, else of the least dangerous one of a few.
 * NULL: that is the new one itself. */
static struct entry *place_for(struct yg_companions *c, const struct yg_companion *a)
{
    struct entry *least = NULL;

    if (!c->entry)
        c->entry = calloc(c->most, sizeof(*c->entry));
    if (!c->entry)
        return NULL;
    if (c->used < c->most)
        return &c->entry[c->used++];
    for (uint32_t i = 0; i < WINDOW && i < c->most; i++) {
        struct entry *e = &c->entry[c->cursor];
        c->cursor = (uint32_t)((c->cursor + STRIDE) % c->most);
        if (!least || sooner(e, least, a->time_ns))
            least = e;
    }
    if (!is_over(least, a->time_ns)) {
        c->forgotten++;
        if (a->risk < least->alert.risk)
            return NULL;
    }
    if (least->closed)
        unlink_entry(c, least);
    return least;
}

static void remember(struct yg_companions *c, const struct yg_companion *a)
{
    struct entry *e = place_for(c, a);

    if (!e)
        return;
    *e = (struct entry){ .alert = *a, .closed = true };
    for (int i = 0; i < YG_JUDGED_ADDRESSES; i++) {
        struct host *h = is_own(a, i) ? host_of(c, a->address[i], a->time_ns) : NULL;
        e->before[i] = e->after[i] = NONE;
        if (!h)
            continue;
        uint32_t at = (uint32_t)(e - c->entry);
        e->linked[i] = true;
        e->before[i] = h->head;
        if (h->head != NONE) {
            struct entry *older = &c->entry[h->head];
            older->after[slot_of(older, h->address)] = at;
        }
        h->head = at;
    }
}

/* Room for a grave alert's addresses. Where grave ones of the last hour fill it, that is
 * looked at again after a while only. */
static void make_room(struct yg_companions *c, int64_t t)
{
    if (c->graves + YG_JUDGED_ADDRESSES <= c->most)
        return;
    if (c->patience > 0) {
        c->patience--;
        return;
    }
    sift(c, t);
    if (c->graves > c->most - c->most / 8)
        c->patience = c->most / 8;
}

static void add_grave_of(struct yg_companions *c, uint64_t address, int64_t t)
{
    struct host *h = host_of(c, address, t);

    if (h && (h->grave.latest_ns != INT64_MIN || c->graves < c->most)) {
        c->graves += h->grave.latest_ns == INT64_MIN;
        add_grave(&h->grave, t);
    } else {
        add_grave(&c->crowd, t);
        c->forgotten++;
    }
}

void yg_companions_add(struct yg_companions *c, const struct yg_companion *a, bool grave,
                       bool closed, void (*open)(void *arg, const struct yg_companion *a),
                       void *arg)
{
    if (grave)
        make_room(c, a->time_ns);
    for (int i = 0; grave && i < YG_JUDGED_ADDRESSES; i++) {
        if (!is_own(a, i))
            continue;
        const struct host *h = known(c, a->address[i]);
        if (h)
            open_chain(c, h, a->time_ns, open, arg);
        add_grave_of(c, a->address[i], a->time_ns);
    }
    if (grave)
        c->last_ns = a->time_ns;
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
