/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims - which ids has this run seen already?
 *
 * The store knows what is stored; two files read together may hold the same record before
 * either is. Whole ids are compared, so nothing is taken for another record. 32 bytes an
 * id; only runs over several inputs need it. One thread.
 */
#ifndef YG_PIPELINE_CLAIMS_H
#define YG_PIPELINE_CLAIMS_H

#include "base/hash.h"
#include "base/map.h"

struct yg_claims {
    /* private */
    struct yg_map at; /* first half of an id -> index + 1 */
    unsigned char (*id)[YG_ID_SIZE];
    size_t count, size;
};

void yg_claims_init(struct yg_claims *c);
void yg_claims_fini(struct yg_claims *c);

bool yg_claims_has(const struct yg_claims *c, const unsigned char id[YG_ID_SIZE]);

/* `*fresh`: this id was not claimed before; it is now. YG_ENOMEM, YG_ELIMIT. */
enum yg_status yg_claims_add(struct yg_claims *c, const unsigned char id[YG_ID_SIZE],
                             bool *fresh) YG_MUST_USE;

#endif
