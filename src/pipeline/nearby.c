/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/nearby.h"

#include "base/clock.h"
#include "event/show.h"
#include "feature/facts.h"
#include "pipeline/aside.h"
#include "pipeline/groups.h"
#include "pipeline/guard.h"
#include "pipeline/recall.h"
#include "pipeline/search_plant.h"

#define FEW       (YG_NEARBY_KINDS * YG_NEARBY_SHOWN)
#define FIELD_MAX ((size_t)64 << 10) /* shown of one field */

/* One that may be shown. */
struct near {
    unsigned char id[YG_ID_SIZE];
    int64_t time_ns;
};

struct looking {
    struct yg_store *store;
    const struct yg_nearby_ask *ask;
    struct yg_arena *arena;
    struct yg_nearby *out;
    struct near near[YG_NEARBY_KINDS][YG_NEARBY_SHOWN]; /* nearest first */
    double until;
    /* Those that are decoded: each once, whatever it is near by. */
    struct yg_store_record rec[FEW];
    struct yg_search_hit hit[FEW];
    bool flow[FEW], told[FEW];
    size_t few;
    struct yg_source *source;
    size_t sources;
};

const char *yg_nearby_name(unsigned kind)
{
    static const char *const name[] = { "host", "pair", "signature" };

    return kind < YG_NEARBY_KINDS ? name[kind] : "?";
}

/* ---- counting --------------------------------------------------------------------- */

static bool among(uint64_t key, const uint64_t ends[3])
{
    return key != 0 && (ends[0] == key || ends[1] == key || ends[2] == key);
}

/* Bits 1 << kind. `signature`, `ends`: source, destination, host of the other one. */
static unsigned near_by(const struct yg_nearby_ask *a, uint64_t signature,
                        const uint64_t ends[3])
{
    uint64_t source = a->key[YG_KEY_SOURCE], host = a->key[YG_KEY_HOST];
    unsigned is = 0;

    is |= among(host ? host : source, ends) ? 1U << YG_NEARBY_HOST : 0;
    is |= among(source, ends) && among(a->key[YG_KEY_DESTINATION], ends)
              ? 1U << YG_NEARBY_PAIR
              : 0;
    is |= signature != 0 && signature == a->key[YG_KEY_SIGNATURE]
              ? 1U << YG_NEARBY_SIGNATURE
              : 0;
    return is;
}

static uint64_t away(const struct looking *l, int64_t time_ns)
{
    return time_ns > l->ask->time_ns ? (uint64_t)time_ns - (uint64_t)l->ask->time_ns
                                     : (uint64_t)l->ask->time_ns - (uint64_t)time_ns;
}

/* Ties by id, so that the answer hangs on nothing else. */
static bool nearer(const struct looking *l, const struct near *a, const struct near *b)
{
    uint64_t x = away(l, a->time_ns), y = away(l, b->time_ns);

    return x != y ? x < y : memcmp(a->id, b->id, YG_ID_SIZE) < 0;
}

static void count(struct looking *l, unsigned is, const unsigned char id[YG_ID_SIZE],
                  int64_t time_ns)
{
    struct near one = { .time_ns = time_ns };

    memcpy(one.id, id, YG_ID_SIZE);
    for (unsigned k = 0; k < YG_NEARBY_KINDS; k++) {
        struct yg_nearby_part *p = &l->out->part[k];
        struct near *of = l->near[k];
        if ((is >> k & 1) == 0)
            continue;
        p->count++;
        size_t at = p->shown < YG_NEARBY_SHOWN ? p->shown++ : YG_NEARBY_SHOWN;
        for (; at > 0 && nearer(l, &one, &of[at - 1]); at--)
            if (at < YG_NEARBY_SHOWN)
                of[at] = of[at - 1];
        if (at < YG_NEARBY_SHOWN)
            of[at] = one;
    }
}

static void count_record(struct looking *l, const struct yg_store_record *r)
{
    const struct yg_nearby_ask *a = l->ask;

    l->out->records++;
    if (r->time_ns < a->from_ns || r->time_ns >= a->until_ns ||
        memcmp(r->id, a->id, YG_ID_SIZE) == 0)
        return;
    const uint64_t ends[3] = { r->key[1], r->key[2], r->key[3] };
    count(l, near_by(a, r->key[0], ends), r->id, r->time_ns);
}

static enum yg_status walk(struct looking *l, struct yg_store_newest *n,
                           struct yg_err *err)
{
    const struct yg_store_record *rec;
    struct yg_str tenant;
    int64_t latest;
    size_t have;
    enum yg_status st;

    while ((st = yg_store_newest_next(n, &latest, err)) == YG_OK) {
        l->out->whole = yg_clock_wall() <= l->until;
        if (!l->out->whole)
            return YG_OK;
        st = yg_store_newest_read(n, &tenant, &rec, &have, err);
        if (st != YG_OK && st != YG_ECORRUPT)
            return st;
        for (size_t i = 0; st == YG_OK && i < have; i++)
            count_record(l, &rec[i]);
    }
    return st == YG_EEND ? YG_OK : st;
}

static enum yg_status count_history(struct looking *l, struct yg_err *err)
{
    const uint64_t *key = l->ask->key;
    uint64_t keys[4];
    size_t n = 0;
    struct yg_store_newest_ask ask = { .tenant = &l->ask->tenant,
                                       .tenants = 1,
                                       .from_ns = l->ask->from_ns,
                                       .until_ns = l->ask->until_ns,
                                       .key = keys };
    const uint64_t mine[4] = { key[YG_KEY_SIGNATURE], key[YG_KEY_SOURCE],
                               key[YG_KEY_DESTINATION], key[YG_KEY_HOST] };
    struct yg_store_newest *newest = NULL;

    for (size_t i = 0; i < 4; i++)
        if (mine[i] != 0)
            keys[n++] = mine[i];
    ask.keys = n;
    l->out->whole = true;
    if (n == 0) /* it names nothing */
        return YG_OK;
    enum yg_status st = yg_store_newest_open(l->store, &ask, &newest, err);
    if (st == YG_OK)
        st = walk(l, newest, err);
    yg_store_newest_close(newest);
    return st;
}

/* ---- what is in no block ---------------------------------------------------------- */

struct planted {
    struct looking *l;
    struct yg_store_record *rec;
};

static enum yg_status on_plant(void *arg, size_t i, const struct yg_batch *b,
                               const struct yg_event *e, const struct yg_facts *facts,
                               struct yg_err *err)
{
    const struct planted *p = arg;
    const struct yg_store_record *r = &p->rec[i];
    const uint64_t ends[3] = { facts->key[YG_KEY_SOURCE], facts->key[YG_KEY_DESTINATION],
                               facts->key[YG_KEY_HOST] };

    (void)b;
    (void)e;
    (void)err;
    if (memcmp(r->id, p->l->ask->id, YG_ID_SIZE) != 0)
        count(p->l, near_by(p->l->ask, facts->key[YG_KEY_SIGNATURE], ends), r->id,
              r->time_ns);
    return YG_OK;
}

/* As many as there is time to read. */
static enum yg_status read_plants(struct planted *p, const struct yg_search_plants *all,
                                  size_t *n, struct yg_err *err)
{
    struct looking *l = p->l;
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_str tenant;
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < all->n && l->out->whole; i++) {
        yg_hex(all->v[i].id, YG_ID_SIZE, hex);
        st = yg_guard_get(l->store, yg_str_of(hex), l->arena, &p->rec[*n], &tenant, err);
        *n += st == YG_OK;
        st = st == YG_ENOTFOUND || st == YG_ECORRUPT ? YG_OK : st;
        l->out->whole = yg_clock_wall() <= l->until;
    }
    return st;
}

static enum yg_status count_plants(struct looking *l, struct yg_err *err)
{
    const struct yg_store_newest_ask ask = { .tenant = &l->ask->tenant,
                                             .tenants = 1,
                                             .from_ns = l->ask->from_ns,
                                             .until_ns = l->ask->until_ns };
    struct yg_search_plants plants;
    struct planted p = { .l = l };
    size_t n = 0;
    enum yg_status st = yg_search_plants_open(&plants, l->store, &ask, l->arena, err);

    if (st == YG_OK)
        p.rec = yg_arena_alloc(l->arena, (plants.n + 1) * sizeof(*p.rec));
    if (st == YG_OK && !p.rec)
        st = yg_err_set(err, YG_ENOMEM, "no memory to look around");
    if (st == YG_OK)
        st = read_plants(&p, &plants, &n, err);
    if (st == YG_OK && n > 0)
        st = yg_recall_each(l->store, p.rec, n, on_plant, &p, err);
    yg_search_plants_close(&plants);
    return st;
}

/* ---- those that are shown --------------------------------------------------------- */

static enum yg_status on_shown(void *arg, size_t i, const struct yg_batch *b,
                               const struct yg_event *e, const struct yg_facts *facts,
                               struct yg_err *err)
{
    struct looking *l = arg;
    struct yg_search_hit *h = &l->hit[i];
    uint64_t flow = facts->key[YG_KEY_FLOW];
    struct yg_buf text;

    h->device = e->device;
    if (e->kind != YG_KIND_SKIP)
        h->kind = e->kind;
    l->flow[i] = flow != 0 && flow == l->ask->key[YG_KEY_FLOW];
    l->told[i] = true;
    yg_buf_init(&text, (size_t)4 << 20);
    for (size_t f = 0; f < l->ask->fields; f++) {
        yg_buf_clear(&text);
        yg_event_show(&text, b, e, l->ask->field[f]);
        struct yg_str s = yg_buf_str(&text);
        s.n = s.n < FIELD_MAX ? s.n : FIELD_MAX;
        h->field[f] = yg_arena_str(l->arena, s);
    }
    yg_buf_fini(&text);
    (void)err;
    return YG_OK;
}

/* Its record, and what else is known of it. What is gone or damaged is not shown. */
static enum yg_status get(struct looking *l, const struct near *n, struct yg_aside *blind,
                          struct yg_err *err)
{
    struct yg_search_hit *h = &l->hit[l->few];
    struct yg_store_record *r = &l->rec[l->few];
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_verdict v;

    yg_hex(n->id, YG_ID_SIZE, hex);
    enum yg_status st =
        yg_guard_get(l->store, yg_str_of(hex), l->arena, r, &h->tenant, err);
    if (st != YG_OK)
        return st == YG_ENOTFOUND || st == YG_ECORRUPT ? YG_OK : st;
    *h = (struct yg_search_hit){ .time_ns = r->time_ns,
                                 .received_ns = r->received_ns,
                                 .verdict = r->verdict,
                                 .kind = r->kind,
                                 .packets = r->packets.n > 0,
                                 .tenant = l->ask->tenant,
                                 .decision = YG_DECISION_NONE,
                                 .predicted = YG_LEVEL_NONE };
    for (size_t i = 0; i < l->sources; i++)
        if (l->source[i].store_id == r->source)
            h->source = l->source[i].name;
    memcpy(h->id, r->id, YG_ID_SIZE);
    st = yg_aside_has(blind, h->id, h->time_ns, &h->blind, err);
    if (st != YG_OK)
        return st;
    if (!h->blind) {
        h->risk = r->risk;
        h->decision = r->decision;
        h->predicted = r->predicted;
    }
    h->field = yg_arena_zalloc(l->arena, (l->ask->fields + 1) * sizeof(*h->field));
    if (!h->field)
        return yg_err_set(err, YG_ENOMEM, "no memory for what is near");
    st = yg_store_verdict_get(l->store, h->id, l->arena, &v, err);
    if (st == YG_OK)
        h->verdict = v.level;
    l->few++;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

static size_t find(const struct looking *l, const unsigned char id[YG_ID_SIZE])
{
    size_t i = 0;

    while (i < l->few && memcmp(l->hit[i].id, id, YG_ID_SIZE) != 0)
        i++;
    return i;
}

static void hand_out(struct looking *l)
{
    for (unsigned k = 0; k < YG_NEARBY_KINDS; k++) {
        struct yg_nearby_part *p = &l->out->part[k];
        size_t n = 0;
        for (size_t i = 0; i < p->shown; i++) {
            size_t at = find(l, l->near[k][i].id);
            if (at == l->few || !l->told[at])
                continue;
            p->hit[n] = yg_arena_alloc(l->arena, sizeof(**p->hit));
            if (!p->hit[n])
                break;
            *p->hit[n] = l->hit[at];
            p->flow[n++] = l->flow[at];
        }
        p->shown = n;
    }
}

static enum yg_status show(struct looking *l, struct yg_err *err)
{
    struct yg_aside blind;

    yg_aside_init(&blind, l->store);
    enum yg_status st =
        yg_store_sources(l->store, l->arena, &l->source, &l->sources, err);
    for (unsigned k = 0; st == YG_OK && k < YG_NEARBY_KINDS; k++)
        for (size_t i = 0; st == YG_OK && i < l->out->part[k].shown; i++)
            if (find(l, l->near[k][i].id) == l->few)
                st = get(l, &l->near[k][i], &blind, err);
    if (st == YG_OK && l->few > 0)
        st = yg_recall_each(l->store, l->rec, l->few, on_shown, l, err);
    if (st == YG_OK)
        hand_out(l);
    yg_aside_fini(&blind);
    return st;
}

enum yg_status yg_nearby(struct yg_store *st, const struct yg_nearby_ask *ask,
                         struct yg_arena *arena, struct yg_nearby *out,
                         struct yg_err *err)
{
    struct looking *l = yg_arena_zalloc(arena, sizeof(*l));

    *out = (struct yg_nearby){ .whole = true };
    if (!l)
        return yg_err_set(err, YG_ENOMEM, "no memory to look around");
    l->store = st;
    l->ask = ask;
    l->arena = arena;
    l->out = out;
    l->until = yg_clock_wall() + ask->seconds;
    enum yg_status rc = count_history(l, err);
    if (rc == YG_OK)
        rc = count_plants(l, err);
    return rc == YG_OK ? show(l, err) : rc;
}
