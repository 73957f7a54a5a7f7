/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/packetcols.h"

#include "feature/packetcols_priv.h"

#include <math.h>

float yg_packet_seconds(int64_t then, int64_t now)
{
    return now > then ? (float)((double)((uint64_t)now - (uint64_t)then) * 1e-9) : 0;
}

void yg_packet_spread_add(struct yg_packet_spread *s, double x)
{
    s->n += 1;
    s->sum += x;
    s->squares += x * x;
}

float yg_packet_spread_of(const struct yg_packet_spread *s)
{
    if (s->n < 2)
        return NAN;
    double mean = s->sum / s->n, var = s->squares / s->n - mean * mean;
    return mean > 0 && var > 0 ? (float)(sqrt(var) / mean) : 0;
}

static uint32_t bits(uint64_t set)
{
    return (uint32_t)__builtin_popcountll(set);
}

/* Kinds count, not how often: one login more is no more evidence. */
static void put_marks(const struct yg_outcome *o, float *row)
{
    uint64_t refused = 0, granted = 0, acted = 0, all = 0;
    _Static_assert(YG_MARK_COUNT <= 64, "a set is 64 bits");

    for (uint32_t i = 0; i < o->marks && i < YG_MARKS_MAX; i++) {
        uint8_t kind = o->mark[i].kind;
        if (kind >= YG_MARK_COUNT)
            continue;
        uint64_t bit = UINT64_C(1) << kind;
        all |= bit;
        refused |= yg_mark_info[kind].class == YG_OUT_REFUSED ? bit : 0;
        granted |= yg_mark_info[kind].class == YG_OUT_GRANTED ? bit : 0;
        acted |= yg_mark_info[kind].class == YG_OUT_ACTED ? bit : 0;
    }
    row[YG_X_P_MARK_REFUSED] = (float)bits(refused);
    row[YG_X_P_MARK_GRANTED] = (float)bits(granted);
    row[YG_X_P_MARK_ACTED] = (float)bits(acted);
    row[YG_X_P_BEACON] = (all >> YG_M_BEACON & 1) != 0;
}

static void put_outcome(const struct yg_outcome *o, float *row)
{
    uint64_t kinds = 0;
    uint32_t layers = 0;
    _Static_assert(YG_INTENT_COUNT <= 64, "a set is 64 bits");

    row[YG_X_P_OUTCOME] = o->class;
    row[YG_X_P_SUCCESS] = o->success;
    row[YG_X_P_INTENT] = o->intents ? o->intent[0].kind : 0;
    for (uint32_t i = 0; i < o->intents && i < YG_INTENTS_MAX; i++) {
        kinds |= UINT64_C(1) << (o->intent[i].kind & 63);
        layers = o->intent[i].layers > layers ? o->intent[i].layers : layers;
    }
    row[YG_X_P_INTENTS] = (float)bits(kinds);
    row[YG_X_P_HIDDEN] = (float)layers;
    put_marks(o, row);
}

static void put_anomalies(uint64_t set, float *row)
{
    const uint64_t overlap =
        YG_ANOMALY_BIT(YG_A_FRAGMENT_OVERLAP) | YG_ANOMALY_BIT(YG_A_TCP_OVERLAP);

    row[YG_X_P_ANOMALIES] = (float)bits(set);
    row[YG_X_P_OVERLAP] = (set & overlap) != 0;
    row[YG_X_P_ODD_PORT] = (set & YG_ANOMALY_BIT(YG_A_PORT_PROTOCOL)) != 0;
    row[YG_X_P_BROKEN] = (set & YG_ANOMALY_BIT(YG_A_APP_BROKEN)) != 0;
}

void yg_packet_columns(const struct yg_analysis *a, float *row)
{
    if (!a)
        return;
    row[YG_X_P_KEPT] = a->has_pcap;
    put_anomalies(a->anomalies, row);
    put_outcome(&a->outcome, row);
    if (a->main < 0 || (uint32_t)a->main >= a->talks)
        return;
    const struct yg_talk *t = a->talk[a->main];
    row[YG_X_P_ASKER] = a->to_server;
    yg_packet_talk(t, row);
    yg_packet_bytes(t, row);
    yg_packet_asks(t, a->arena, row);
    yg_packet_names(t, row);
    yg_packet_around(a, t, row);
}
