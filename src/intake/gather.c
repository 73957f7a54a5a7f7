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
    unsigned char host = (unsigned char)(peer_host.n < 64 ? peer_host.n : 64);
    size_t seen = yg_map_count(&g->seen);

    g->count = g->bytes = 0;
    g->taken = g->cut = g->ticket = 0;
    g->any = false;
    g->status = YG_OK;
    g->peer = peer;
    yg_intake_id_begin(g->in, g->source, &g->whose);
    yg_digest_add(&g->whose, "request", 7);
    yg_digest_add(&g->whose, &host, 1);
    yg_digest_add(&g->whose, peer_host.p, host);
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
        g->status = yg_intake_take_wait(g->in, g->source, g->rec, g->count, &ticket);
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

/* Of a piece that stands in the request for the first time, and of one that was there
 * `times` before. */
static void id_of(const struct yg_gather *g, struct yg_str piece, uint64_t times,
                  unsigned char id[YG_ID_SIZE])
{
    unsigned char digest[YG_DIGEST_SIZE], number[8];
    struct yg_digest d = g->whose;

    if (times > 0) {
        for (unsigned i = 0; i < sizeof(number); i++)
            number[i] = (unsigned char)(times >> 8 * i);
        yg_digest_add(&d, "again", 5);
        yg_digest_add(&d, number, sizeof(number));
    } else {
        yg_digest_add(&d, "first", 5);
    }
    yg_digest_add(&d, piece.p, piece.n);
    yg_digest_done(&d, digest);
    memcpy(id, digest, YG_ID_SIZE);
}

enum yg_status yg_gather_add(struct yg_gather *g, struct yg_str piece, struct yg_str raw,
                             bool copy)
{
    unsigned char id[YG_ID_SIZE];
    uint64_t key;

    if (g->status != YG_OK)
        return g->status;
    id_of(g, piece, 0, id);
    memcpy(&key, id, sizeof(key));
    uint64_t *times = yg_map_put(&g->seen, key ? key : 1, NULL);
    if (!times)
        return g->status = g->taken == YG_GATHER_MAX ? YG_ELIMIT : YG_ENOMEM;
    if (*times > 0)
        id_of(g, piece, *times, id);
    ++*times;
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
