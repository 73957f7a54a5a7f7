/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/gather.h"

#include "base/buf.h"

#include <stdlib.h>

#define MADE_CAP (YG_GATHER_BYTES + 2 * (size_t)YG_RECORD_MAX)

enum yg_status yg_gather_init(struct yg_gather *g, struct yg_intake *in, uint32_t source)
{
    *g = (struct yg_gather){ .in = in, .source = source };
    yg_arena_init(&g->made, MADE_CAP);
    yg_map_init(&g->seen, YG_GATHER_MAX);
    g->rec = calloc(YG_GATHER_UNIT, sizeof(*g->rec));
    return g->rec ? YG_OK : YG_ENOMEM;
}

void yg_gather_fini(struct yg_gather *g)
{
    free(g->rec);
    yg_arena_fini(&g->made);
    yg_map_fini(&g->seen);
}

void yg_gather_begin(struct yg_gather *g, struct yg_str peer, struct yg_str peer_host)
{
    size_t seen = yg_map_count(&g->seen);

    g->count = g->bytes = 0;
    g->taken = g->cut = g->ticket = 0;
    g->any = false;
    g->status = YG_OK;
    g->peer = peer;
    g->peer_host = peer_host;
    yg_arena_clear(&g->made);
    if (seen <= YG_GATHER_UNIT) {
        yg_map_clear(&g->seen);
    } else { /* a large table is not kept and not cleared for each small request */
        yg_map_fini(&g->seen);
        yg_map_init(&g->seen, YG_GATHER_MAX);
    }
}

static void hand_on(struct yg_gather *g)
{
    uint64_t ticket = 0;

    if (g->status == YG_OK && g->count > 0) {
        g->status = yg_intake_take(g->in, g->source, g->rec, g->count, &ticket, NULL);
        if (g->status == YG_OK) {
            g->ticket = ticket;
            g->any = true;
        }
    }
    g->count = g->bytes = 0;
    yg_arena_clear(&g->made);
}

static enum yg_status add(struct yg_gather *g, const unsigned char id[YG_ID_SIZE],
                          struct yg_str raw, bool copy)
{
    struct yg_str kept = { raw.p, raw.n < YG_RECORD_MAX ? raw.n : YG_RECORD_MAX };

    if (g->status != YG_OK)
        return g->status;
    if (g->taken == YG_GATHER_MAX)
        return g->status = YG_ELIMIT;
    if (g->count == YG_GATHER_UNIT || (g->count && g->bytes + kept.n > YG_GATHER_BYTES)) {
        hand_on(g);
        if (g->status != YG_OK)
            return g->status;
    }
    if (copy) {
        kept = yg_arena_str(&g->made, kept);
        if (!kept.p)
            return g->status = YG_ENOMEM;
    }
    struct yg_journal_record *r = &g->rec[g->count++];
    *r = (struct yg_journal_record){ .raw = kept, .peer = g->peer };
    memcpy(r->id, id, YG_ID_SIZE);
    if (kept.n < raw.n) {
        r->full_size = raw.n;
        r->reason = YG_R_OVERSIZE;
        g->cut++;
    }
    g->bytes += kept.n;
    g->taken++;
    return YG_OK;
}

enum yg_status yg_gather_add(struct yg_gather *g, struct yg_str piece, struct yg_str raw,
                             bool copy)
{
    unsigned char place[YG_ID_SIZE + 8 + 64], id[YG_ID_SIZE];
    size_t host = g->peer_host.n < 64 ? g->peer_host.n : 64;
    uint64_t key;

    if (g->status != YG_OK)
        return g->status;
    yg_hash_id(YG_STR("yagura request piece"), piece, place);
    memcpy(&key, place, sizeof(key));
    uint64_t *times = yg_map_put(&g->seen, key ? key : 1, NULL);
    if (!times)
        return g->status = g->taken == YG_GATHER_MAX ? YG_ELIMIT : YG_ENOMEM;
    for (unsigned i = 0; i < 8; i++)
        place[YG_ID_SIZE + i] = (unsigned char)(*times >> 8 * i);
    ++*times;
    if (host > 0)
        memcpy(place + YG_ID_SIZE + 8, g->peer_host.p, host);
    struct yg_str s = { (const char *)place, YG_ID_SIZE + 8 + host };
    yg_intake_id(g->in, g->source, s, id);
    return add(g, id, raw, copy);
}

enum yg_status yg_gather_named(struct yg_gather *g, struct yg_str name, struct yg_str raw)
{
    unsigned char id[YG_ID_SIZE];

    yg_intake_id(g->in, g->source, name, id);
    return add(g, id, raw, false);
}

enum yg_status yg_gather_end(struct yg_gather *g)
{
    hand_on(g);
    return g->status;
}

void yg_gather_refuse(struct yg_gather *g, uint64_t n)
{
    yg_intake_count(g->in, g->source, YG_IN_REFUSED, n);
}
