/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity - an id that says where a record came from, not what it says.
 *
 * id = hash(tenant, source, bytes of the record) for the first such bytes of a file or
 * request, and hash(that, n) for their n-th repetition: two equal lines are two events,
 * and the same file read again gives the same ids. One per source and run. 24 bytes of
 * memory a distinct record; 64 million distinct records are the cap.
 */
#ifndef YG_PIPELINE_IDENTITY_H
#define YG_PIPELINE_IDENTITY_H

#include "base/hash.h"
#include "base/map.h"

struct yg_identity {
    struct yg_map seen; /* private: first half of the content id -> repetitions */
};

void yg_identity_init(struct yg_identity *x);
void yg_identity_fini(struct yg_identity *x);

/* Turn the content id that the decoder set into the record's identity. YG_ELIMIT. */
enum yg_status yg_identity_of(struct yg_identity *x,
                              unsigned char id[YG_ID_SIZE]) YG_MUST_USE;

/* Ask for the memory that this content id will need a few records later. Speed only. */
void yg_identity_ahead(const struct yg_identity *x, const unsigned char id[YG_ID_SIZE]);

#endif
