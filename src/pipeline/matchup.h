/* SPDX-License-Identifier: Apache-2.0 */
/*
 * matchup - which stored alert does a row of another tool's export speak of?
 *
 * By our own id where the row has it; else by time, signature, addresses and ports: what
 * the row says must fit, what it does not say is not compared, and exactly one alert must
 * be left. The alerts of the export's time are decoded once (pipeline/corpus.h) and kept
 * as 96 bytes each. One thread.
 */
#ifndef YG_PIPELINE_MATCHUP_H
#define YG_PIPELINE_MATCHUP_H

#include "decode/opinion.h"
#include "store/store.h"

/* How far a row's time may be from the alert's. A row with a fraction of a second first
 * tries the same millisecond. */
#define YG_MATCH_NS YG_NS_PER_S

enum yg_match {
    YG_MATCH_ONE,
    YG_MATCH_NONE,
    YG_MATCH_SEVERAL,
    YG_MATCH_VAGUE /* no id, and no time with a signature or an address */
};

struct yg_matchup_options {
    uint32_t workers;
    struct yg_str tenant; /* empty: all */
    int64_t from_ns, until_ns;
};
struct yg_matchup;
enum yg_status yg_matchup_new(struct yg_store *st, const struct yg_matchup_options *opt,
                              struct yg_matchup **out, struct yg_err *err) YG_MUST_USE;
void yg_matchup_free(struct yg_matchup *m);

/* On YG_MATCH_ONE `id` and `tenant` (living with the matchup) are set. */
enum yg_match yg_matchup_find(struct yg_matchup *m, const struct yg_opinion *o,
                              unsigned char id[YG_ID_SIZE], struct yg_str *tenant);

#endif
