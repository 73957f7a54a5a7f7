/* SPDX-License-Identifier: Apache-2.0 */
/*
 * effect - can what an alert tells of have had an effect, going by the CVEs its rule
 * names and by what is known of the machine it went to?
 *
 * Evidence for people, never a reason to close by itself: scanners are wrong, machines
 * change between scans. The CVEs are those the rule names (rule.name, its tags,
 * vulnerability.id), never those in what the attacker sent. "cannot" needs an asset of
 * just this address or name, of which for every CVE named some scanner says fixed or not
 * affected and none says vulnerable, seen within YG_ASSET_FRESH_NS.
 */
#ifndef YG_DESK_EFFECT_H
#define YG_DESK_EFFECT_H

#include "desk/asset.h"

#define YG_EFFECT_CVES 16 /* looked at; more make it unknown */

#define YG_EFFECTS(X)                                                                    \
    X(UNKNOWN, "unknown")                                                                \
    X(CANNOT, "cannot-have-effect")                                                      \
    X(MAY, "may-have-effect")
enum yg_effect_kind {
#define X(id, name) YG_EFFECT_##id,
    YG_EFFECTS(X)
#undef X
        YG_EFFECT_COUNT
};
const char *yg_effect_name(unsigned kind);

struct yg_desk_effect {
    enum yg_effect_kind kind;
    struct yg_str why;        /* a sentence */
    int64_t seen_ns;          /* the oldest knowledge it rests on; 0: none */
    char (*cve)[YG_CVE_TEXT]; /* those that the rule names */
    size_t cves;
};

/* The CVEs that a rule names, each once; `*more`: there are others. */
size_t yg_effect_cves(const struct yg_batch *b, const struct yg_event *e,
                      char out[YG_EFFECT_CVES][YG_CVE_TEXT], bool *more);

/* `target`: the asset it went to, with findings; NULL: none is known. `now_ns`: the time
 * that knowledge is as old as. */
enum yg_status yg_effect_of(const struct yg_desk_alert *alert,
                            const struct yg_asset *target, int64_t now_ns,
                            struct yg_arena *arena, struct yg_desk_effect *out,
                            struct yg_err *err) YG_MUST_USE;

#endif
