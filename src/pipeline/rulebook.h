/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulebook - the rules on alerts that a store has seen at work, by number.
 *
 * A stored alert keeps the number of the rule that asked to close it, so that who asked
 * and why is known when the settings file says something else. Entries are added and
 * never changed; what a rule does is known by its digest (thin/close.h). It is a named
 * blob of the store. Also there: the sets of digests that certificates speak of, each
 * under the digest of the set, with the rules as they were written.
 *
 * At most YG_RULEBOOK_MAX entries; an alert of a rule beyond has number 0. Same thread as
 * the store.
 */
#ifndef YG_PIPELINE_RULEBOOK_H
#define YG_PIPELINE_RULEBOOK_H

#include "store/store.h"
#include "thin/close.h"

#define YG_RULEBOOK_MAX 16384

struct yg_rulebook_entry {
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_str name, says; /* says: as in thin/rules.h */
};

struct yg_rulebook {
    struct yg_rulebook_entry *entry; /* number n is entry[n - 1] */
    uint32_t count;
    /* private */
    struct yg_arena arena;
    uint16_t *number; /* by place in `rules`; 0: not looked for */
    const struct yg_thin_rules *rules;
};

/* What the store has. `rules` (may be NULL) is borrowed. YG_ECORRUPT, YG_ENOMEM. */
enum yg_status yg_rulebook_open(struct yg_store *st, const struct yg_thin_rules *rules,
                                struct yg_rulebook *out, struct yg_err *err) YG_MUST_USE;
void yg_rulebook_close(struct yg_rulebook *b);

/* The number of the rule at this place; a new entry is part of the store's next commit.
 */
enum yg_status yg_rulebook_number(struct yg_rulebook *b, struct yg_store *st,
                                  uint32_t place, uint16_t *out,
                                  struct yg_err *err) YG_MUST_USE;
/* NULL: there is none of that number. */
const struct yg_rulebook_entry *yg_rulebook_get(const struct yg_rulebook *b,
                                                uint16_t number);
/* One alert's rule as it says itself, living with `arena`; empty: none. */
enum yg_status yg_rulebook_says(struct yg_store *st, uint16_t number,
                                struct yg_arena *arena, struct yg_str *out,
                                struct yg_err *err) YG_MUST_USE;

/* The digests of the rules that close, put down under `set`, their own digest; all zero
 * when there is no such rule. */
enum yg_status yg_rulebook_put_set(struct yg_store *st, const struct yg_thin_rules *rules,
                                   unsigned char set[YG_DIGEST_SIZE],
                                   struct yg_err *err) YG_MUST_USE;
/* The rules of a set as they were written, at `at_ns`; living with `arena`. A set of
 * zeros has none. YG_ECORRUPT: they are not what the digest says. */
enum yg_status yg_rulebook_set_rules(struct yg_store *st, const unsigned char *set,
                                     int64_t at_ns, struct yg_arena *arena,
                                     struct yg_thin_rules *out,
                                     struct yg_err *err) YG_MUST_USE;
/* Which of `rules` are in the set: bits, YG_THIN_RULES of them. `*all`: how many digests
 * the set has. A set of zeros is empty. */
enum yg_status yg_rulebook_in_set(struct yg_store *st, const unsigned char *set,
                                  const struct yg_thin_rules *rules, uint64_t *bits,
                                  uint32_t *all, struct yg_err *err) YG_MUST_USE;

#endif
