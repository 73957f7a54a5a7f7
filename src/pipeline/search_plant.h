/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search_plant - past attacks shown again (guard.h) among what a search finds.
 *
 * They are in no block of history; were they not found, one could tell them from the runs
 * that the coin drew by asking for them. While they wait for their verdict they stand
 * where their time says, as all that waits to be judged without the score; then they are
 * gone, as from all lists.
 *
 * Cost: a row each that waits; a millisecond each whose time a search comes past. One
 * thread, that of the store.
 */
#ifndef YG_PIPELINE_SEARCH_PLANT_H
#define YG_PIPELINE_SEARCH_PLANT_H

#include "store/store.h"

struct yg_search_plants {
    struct yg_search_plant {
        int64_t time_ns;
        unsigned char id[YG_ID_SIZE];
    } * v; /* newest first */
    size_t n, next;
    struct yg_store *store;
    struct yg_arena *arena; /* of the list */
    struct yg_arena one;    /* of the record at hand */
    struct yg_store_record rec;
};

/* Those of the tenants and time asked for (0, 0 is no time); the list lives with `arena`.
 */
enum yg_status yg_search_plants_open(struct yg_search_plants *p, struct yg_store *st,
                                     const struct yg_store_newest_ask *ask,
                                     struct yg_arena *arena,
                                     struct yg_err *err) YG_MUST_USE;
void yg_search_plants_close(struct yg_search_plants *p);

/* The time of the next one; INT64_MIN: there is none. */
int64_t yg_search_plants_time(const struct yg_search_plants *p);

/* The next one, borrowed until the call after; `*tenant`, too. YG_ENOTFOUND: its alert is
 * gone (retention); go on. */
enum yg_status yg_search_plants_take(struct yg_search_plants *p,
                                     const struct yg_store_record **rec,
                                     struct yg_str *tenant,
                                     struct yg_err *err) YG_MUST_USE;

#endif
