/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain - a table whose every row holds the digest of itself and the row before.
 *
 *      0...0 <-- row 1 <-- row 2 <-- ... <-- row n <-- head (table `chain`)
 *
 * A row changed, taken out, put between or cut off the end then shows, unless who did it
 * computed all later rows anew; against that the head is shown to people (yagura doctor),
 * who can keep it elsewhere. Same thread as the store.
 */
#ifndef YG_STORE_CHAIN_H
#define YG_STORE_CHAIN_H

#include "store/row.h"

struct yg_chain {
    uint64_t rows;
    unsigned char head[YG_DIGEST_SIZE];
};

/* What differs between chained tables. */
struct yg_chain_table {
    const char *name;   /* of the table; the first thing digested */
    enum yg_query last; /* its last row: seq, chain */
    enum yg_query rows; /* all its rows, by seq */
    /* Read all columns of a row, digest them after `prev`, and tell seq and digest that
     * it holds. Strings are borrowed. `fault`: what else is wrong with it, or NULL. */
    void (*digest)(struct yg_row *r, const unsigned char prev[YG_DIGEST_SIZE],
                   uint64_t *seq, unsigned char held[YG_DIGEST_SIZE],
                   unsigned char made[YG_DIGEST_SIZE], const char **fault);
};

/* Where the chain ends. YG_ECORRUPT: its end is not what it was. */
enum yg_status yg_chain_end(struct yg_store *st, const struct yg_chain_table *t,
                            struct yg_chain *out, struct yg_err *err) YG_MUST_USE;
/* Note the new end. */
enum yg_status yg_chain_put(struct yg_store *st, const struct yg_chain_table *t,
                            const struct yg_chain *end, struct yg_err *err) YG_MUST_USE;
/* Walk it all. YG_ECORRUPT names the first row that does not fit. */
enum yg_status yg_chain_verify(struct yg_store *st, const struct yg_chain_table *t,
                               struct yg_chain *out, struct yg_err *err) YG_MUST_USE;

/* Fields of a row, so that no two rows give the same bytes. */
void yg_chain_init(struct yg_digest *d, const struct yg_chain_table *t,
                   const unsigned char prev[YG_DIGEST_SIZE]);
void yg_chain_u64(struct yg_digest *d, uint64_t v);
void yg_chain_str(struct yg_digest *d, struct yg_str v);

#endif
