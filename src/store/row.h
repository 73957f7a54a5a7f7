/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row - the columns of a row in order, each checked as it is read, with a sticky error.
 *
 * A database is a file that others can write: a number out of its range or bytes of the
 * wrong length make the row YG_ECORRUPT, and what is read then is zero. As with a cursor
 * the caller reads straight down and asks once. Same thread as the store.
 */
#ifndef YG_STORE_ROW_H
#define YG_STORE_ROW_H

#include "store/inside.h"

struct yg_row {
    /* private */
    struct yg_db_stmt *s;
    struct yg_arena *arena; /* NULL: strings are borrowed until the next step */
    int next;
    enum yg_status status;
};

static inline struct yg_row yg_row_of(struct yg_db_stmt *s, struct yg_arena *arena)
{
    return (struct yg_row){ .s = s, .arena = arena, .status = YG_OK };
}

uint64_t yg_row_u64(struct yg_row *r, uint64_t min, uint64_t max);
int64_t yg_row_i64(struct yg_row *r);
uint64_t yg_row_bits(struct yg_row *r); /* all 64, kept as a signed number */
uint8_t yg_row_level(struct yg_row *r); /* enum yg_level or NONE */
double yg_row_f64(struct yg_row *r);    /* finite, not negative */
void yg_row_bytes(struct yg_row *r, unsigned char *out, size_t n);
struct yg_str yg_row_str(struct yg_row *r);

/* YG_OK, YG_ECORRUPT, YG_ENOMEM, with the message: `what` is the kind of row. */
enum yg_status yg_row_done(const struct yg_row *r, const char *what,
                           struct yg_err *err) YG_MUST_USE;

/* How rows of one kind become an array. */
struct yg_row_kind {
    const char *what;
    size_t size;                              /* of one element */
    void (*read)(struct yg_row *r, void *to); /* all columns */
};
struct yg_row_list {
    void *p; /* also when there are none */
    size_t n;
};
/* All rows of a bound statement as one array of the arena, at most YG_ROWS_MAX; the
 * statement is reset. */
#define YG_ROWS_MAX ((size_t)1 << 26)
enum yg_status yg_row_all(struct yg_store *st, struct yg_db_stmt *s,
                          const struct yg_row_kind *kind, struct yg_arena *arena,
                          struct yg_row_list *out, struct yg_err *err) YG_MUST_USE;

#endif
