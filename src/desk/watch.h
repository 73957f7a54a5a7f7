/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch - lists of indicators that people keep: of a tenant, or of all. What an alert
 * hits is shown at it.
 *
 * An entry is written as in the files of conf/watchlist.h (address, CIDR network, domain,
 * hash, host:NAME), and the same fields of an event are looked at in the same forms; or
 * it is url:HOST/PATH, which matches addresses that begin so, up to a slash or a question
 * mark. Files keep alerts open, too; these are for people's eyes only. `yg_watch_text` is
 * a list as such a file.
 */
#ifndef YG_DESK_WATCH_H
#define YG_DESK_WATCH_H

#include "base/buf.h"
#include "desk/desk.h"

#define YG_WATCHLISTS_MAX    1000   /* of all tenants */
#define YG_WATCHLIST_ENTRIES 100000 /* of one list */
#define YG_WATCH_ROWS_MAX    1000000
#define YG_WATCH_LINES_MAX   5000 /* taken at once */
#define YG_WATCH_VALUE       1024 /* bytes of an entry */

struct yg_watch_list {
    uint64_t number;
    struct yg_str tenant, name, source, note, made_by;
    int64_t made_ns;
    uint64_t entries;
    bool everywhere; /* of all tenants; `tenant` is empty */
};
struct yg_watch_lists {
    struct yg_watch_list *row;
    size_t count;
    bool more;
};

/* Of `l` tenant or everywhere, name, source and note are read. Lists of all are made and
 * changed by who sees all, and seen by everybody. YG_EEXIST: the name is taken. `out`
 * borrows its texts. */
enum yg_status yg_watch_make(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_watch_list *l, struct yg_watch_list *out,
                             struct yg_err *err) YG_MUST_USE;
/* source and note become those of `l`, whose number says which. */
enum yg_status yg_watch_put(struct yg_desk *d, const struct yg_desk_by *by,
                            const struct yg_watch_list *l,
                            struct yg_err *err) YG_MUST_USE;
/* With its entries. */
enum yg_status yg_watch_drop(struct yg_desk *d, const struct yg_desk_by *by,
                             uint64_t number, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_watch_get(struct yg_desk *d, const struct yg_desk_by *by,
                            uint64_t number, struct yg_arena *arena,
                            struct yg_watch_list *out, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_watch_lists(struct yg_desk *d, const struct yg_desk_by *by,
                              const struct yg_desk_ask *ask, struct yg_arena *arena,
                              struct yg_watch_lists *out, struct yg_err *err) YG_MUST_USE;

struct yg_watch_entry {
    uint64_t number, list;
    struct yg_str value, note, made_by;
    int64_t made_ns, until_ns; /* YG_DESK_NEVER */
    uint8_t type;              /* enum yg_watch_type, or YG_WATCH_URL */
};
enum { YG_WATCH_URL = 4 }; /* behind those of conf/watchlist.h */
const char *yg_watch_type_name(unsigned type);

struct yg_watch_entries {
    struct yg_watch_entry *row;
    size_t count;
    bool more;
};

/* Lines as in a file: value, then perhaps expires=DATE, then perhaps # note. All of them
 * or none: YG_EFORMAT with line and remedy. What is there already takes the new date and
 * note. `*added`: entries that were not there. */
enum yg_status yg_watch_add(struct yg_desk *d, const struct yg_desk_by *by, uint64_t list,
                            struct yg_str lines, uint64_t *added,
                            struct yg_err *err) YG_MUST_USE;
struct yg_watch_ask_entries {
    uint64_t list;
    uint64_t before; /* as in yg_desk_ask */
    size_t limit;
};
enum yg_status yg_watch_entries(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_watch_ask_entries *ask,
                                struct yg_arena *arena, struct yg_watch_entries *out,
                                struct yg_err *err) YG_MUST_USE;
enum yg_status yg_watch_entry_drop(struct yg_desk *d, const struct yg_desk_by *by,
                                   uint64_t list, uint64_t entry,
                                   struct yg_err *err) YG_MUST_USE;
/* A list as a file for the settings `intelligence` and `critical_assets`; of url: entries
 * the host. At most the buffer's cap: YG_ELIMIT. */
enum yg_status yg_watch_text(struct yg_desk *d, const struct yg_desk_by *by,
                             uint64_t list, struct yg_buf *out,
                             struct yg_err *err) YG_MUST_USE;

struct yg_desk_hit {
    struct yg_str list, source; /* name of the list, where it is from */
    struct yg_str value;        /* the entry */
    struct yg_str seen;         /* of the alert, as text */
    struct yg_str note;
    const char *field; /* "destination.ip" */
    uint64_t number;   /* of the list */
    int64_t until_ns;
};
struct yg_desk_hits {
    struct yg_desk_hit *row;
    size_t count;
    bool more;
};
/* What this alert hits, of its tenant's lists and of those of all, not expired at its
 * time. Some 40 look-ups. */
enum yg_status yg_watch_hits(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_desk_alert *alert, struct yg_arena *arena,
                             struct yg_desk_hits *out, struct yg_err *err) YG_MUST_USE;

#endif
