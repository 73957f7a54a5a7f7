/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_priv - what the sources of desk/ share: statements with what is bound to them,
 * lists by page, texts that may be kept. Private to src/desk.
 */
#ifndef YG_DESK_DESK_PRIV_H
#define YG_DESK_DESK_PRIV_H

#include "db/db.h"
#include "desk/desk.h"

enum yg_desk_query {
#define YG_QUERY(id, sql) YG_DQ_##id,
#include "desk/queries.def"
    YG_DQ_COUNT
};

struct yg_desk {
    struct yg_db *db;
    const struct yg_clock *clock;
};

/* What ?1, ?2 ... of a statement are: YG_ARGS(YG_INT(7), YG_TEXT(name)). */
struct yg_desk_arg {
    enum { YG_ARG_INT, YG_ARG_TEXT, YG_ARG_BLOB } kind;
    int64_t i;
    struct yg_str s;
};
struct yg_desk_args {
    const struct yg_desk_arg *arg;
    size_t count;
};
#define YG_INT(v)                                                                        \
    {                                                                                    \
        .kind = YG_ARG_INT, .i = (int64_t)(v)                                            \
    }
#define YG_TEXT(v)                                                                       \
    {                                                                                    \
        .kind = YG_ARG_TEXT, .s = (v)                                                    \
    }
#define YG_BLOB(v)                                                                       \
    {                                                                                    \
        .kind = YG_ARG_BLOB, .s = (v)                                                    \
    }
#define YG_ARGS(...)                                                                     \
    (&(const struct yg_desk_args){ (const struct yg_desk_arg[]){ __VA_ARGS__ },          \
                                   sizeof((const struct yg_desk_arg[]){ __VA_ARGS__ }) / \
                                       sizeof(struct yg_desk_arg) })

static inline int64_t yg_desk_now(const struct yg_desk *d)
{
    return yg_clock_now(d->clock);
}
static inline struct yg_str yg_desk_id(const unsigned char id[YG_ID_SIZE])
{
    return (struct yg_str){ (const char *)id, YG_ID_SIZE };
}

/* A statement run to its end. */
enum yg_status yg_desk_run(struct yg_desk *d, enum yg_desk_query q,
                           const struct yg_desk_args *args,
                           struct yg_err *err) YG_MUST_USE;
/* The number that its first row says; YG_ENOTFOUND, without a message, when it has none.
 */
enum yg_status yg_desk_number(struct yg_desk *d, enum yg_desk_query q,
                              const struct yg_desk_args *args, int64_t *out,
                              struct yg_err *err) YG_MUST_USE;
/* `row` for each of its rows, until it says no: YG_EEND ends them well. */
typedef enum yg_status yg_desk_row_f(void *arg, struct yg_db_stmt *s);
struct yg_desk_each {
    yg_desk_row_f *row;
    void *arg;
};
enum yg_status yg_desk_rows(struct yg_desk *d, enum yg_desk_query q,
                            const struct yg_desk_args *args, struct yg_desk_each each,
                            struct yg_err *err) YG_MUST_USE;
/* Its first row; YG_ENOTFOUND "there is no such WHAT". */
enum yg_status yg_desk_row(struct yg_desk *d, enum yg_desk_query q,
                           const struct yg_desk_args *args, struct yg_desk_each each,
                           const char *what, struct yg_err *err) YG_MUST_USE;

enum yg_status yg_desk_begin(struct yg_desk *d, struct yg_err *err) YG_MUST_USE;
/* Commit when `st` is YG_OK, else roll back; what came of it. */
enum yg_status yg_desk_end(struct yg_desk *d, enum yg_status st,
                           struct yg_err *err) YG_MUST_USE;

/* The numbers of a page of rows, newest first, with perhaps one more than the limit.
 * `everybody` and `of_tenant` are statements that say a number a row, with ?1 the number
 * they are below, ?2 the limit, ?3 a filter's number, and ?4 the tenant. */
struct yg_desk_pages {
    const struct yg_desk_ask *ask;
    enum yg_desk_query everybody, of_tenant;
    int64_t filter;
};
struct yg_desk_page {
    uint64_t *number;
    size_t count;
    bool more;
};
enum yg_status yg_desk_list(struct yg_desk *d, const struct yg_desk_by *by,
                            const struct yg_desk_pages *pages, struct yg_arena *arena,
                            struct yg_desk_page *out, struct yg_err *err) YG_MUST_USE;

/* Is the tenant one that he sees, and its name one that can be? */
enum yg_status yg_desk_tenant(const struct yg_desk_by *by, struct yg_str tenant,
                              struct yg_err *err) YG_MUST_USE;
/* Nothing invisible in it, and not too long; `lines`: line ends may be. YG_EINVAL says
 * that "WHAT is at most N bytes of visible text". */
struct yg_desk_text {
    const char *what;
    struct yg_str text;
    size_t least, most;
    bool lines;
};
enum yg_status yg_desk_text(const struct yg_desk_text *t, size_t count,
                            struct yg_err *err) YG_MUST_USE;
/* YG_ELIMIT when the number that a statement says is `most` already. */
enum yg_status yg_desk_room(struct yg_desk *d, enum yg_desk_query q,
                            const struct yg_desk_args *args, int64_t most,
                            const char *what, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_desk_nomem(struct yg_err *err) YG_MUST_USE;
/* "there is no such WHAT": of what lies outside, too. */
enum yg_status yg_desk_none(const char *what, struct yg_err *err) YG_MUST_USE;

#endif
