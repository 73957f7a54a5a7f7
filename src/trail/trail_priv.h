/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail_priv - rows of trail.db and their digests: what the sources of trail.h share.
 */
#ifndef YG_TRAIL_TRAIL_PRIV_H
#define YG_TRAIL_TRAIL_PRIV_H

#include "db/db.h"
#include "trail/trail.h"

enum yg_trail_query {
#define YG_QUERY(id, sql) YG_TQ_##id,
#include "trail/queries.def"
    YG_TQ_COUNT
};

struct yg_trail {
    struct yg_db *db;
    const struct yg_clock *clock;
};

#define YG_TRAIL_TEXTS 9

static inline struct yg_str *yg_trail_text(struct yg_trail_row *r, size_t i)
{
    struct yg_str *const text[YG_TRAIL_TEXTS] = { &r->who,     &r->role,   &r->via,
                                                  &r->address, &r->verb,   &r->object,
                                                  &r->subject, &r->tenant, &r->detail };

    return text[i];
}

/* A row of the columns of queries.def, texts borrowed until the next step. YG_ECORRUPT:
 * it is none. */
enum yg_status yg_trail_read(struct yg_db_stmt *s, struct yg_trail_row *out,
                             struct yg_err *err) YG_MUST_USE;

/* The digest of this row behind that one. */
void yg_trail_digest(const unsigned char before[YG_DIGEST_SIZE],
                     const struct yg_trail_row *row, unsigned char out[YG_DIGEST_SIZE]);

/* Where the chain stands: 0 and zeros when it is empty. */
enum yg_status yg_trail_last(struct yg_trail *t, uint64_t *seq,
                             unsigned char digest[YG_DIGEST_SIZE],
                             struct yg_err *err) YG_MUST_USE;

/* Commit when `st` is YG_OK, else roll back; what came of it. */
enum yg_status yg_trail_commit(struct yg_trail *t, enum yg_status st,
                               struct yg_err *err) YG_MUST_USE;

static inline struct yg_str yg_trail_bytes(const unsigned char *p, size_t n)
{
    return (struct yg_str){ (const char *)p, n };
}

#endif
