/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/watch.h"

#include "conf/watchlist.h"
#include "desk/desk_priv.h"
#include "desk/watchentry.h"

#define SWEPT 1000 /* entries of a list that was dropped, with each write */

const char *yg_watch_type_name(unsigned type)
{
    static const char *const name[] = {
#define X(id, name) name,
        YG_WATCH_TYPES(X)
#undef X
            "url"
    };
    return type < YG_ARRAY_LEN(name) ? name[type] : "?";
}

/* ---- lists ------------------------------------------------------------------------ */

struct list_row {
    struct yg_arena *arena;
    struct yg_watch_list *out;
};

static enum yg_status read_list(void *arg, struct yg_db_stmt *s)
{
    struct list_row *r = arg;
    struct yg_watch_list *l = r->out;

    *l = (struct yg_watch_list){ .number = (uint64_t)yg_db_int(s, 0),
                                 .everywhere = yg_db_int(s, 1) != 0,
                                 .made_ns = yg_db_int(s, 7),
                                 .entries = (uint64_t)yg_db_int(s, 8) };
    return yg_db_copy(s, 2, r->arena, &l->tenant) &&
                   yg_db_copy(s, 3, r->arena, &l->name) &&
                   yg_db_copy(s, 4, r->arena, &l->source) &&
                   yg_db_copy(s, 5, r->arena, &l->note) &&
                   yg_db_copy(s, 6, r->arena, &l->made_by)
               ? YG_OK
               : YG_ENOMEM;
}

static bool sees(const struct yg_desk_by *by, const struct yg_watch_list *l)
{
    return l->everywhere ? by->scope->all || by->scope->tenants > 0
                         : yg_scope_has(by->scope, l->tenant);
}

enum yg_status yg_watch_get(struct yg_desk *d, const struct yg_desk_by *by,
                            uint64_t number, struct yg_arena *arena,
                            struct yg_watch_list *out, struct yg_err *err)
{
    struct yg_watch_list l = { .number = 0 };
    struct list_row r = { arena, &l };
    enum yg_status st = yg_desk_row(d, YG_DQ_LIST_GET, YG_ARGS(YG_INT(number)),
                                    (struct yg_desk_each){ read_list, &r }, "list", err);

    if (st != YG_OK)
        return st;
    if (!sees(by, &l))
        return yg_desk_none("list", err);
    *out = l;
    return YG_OK;
}

/* A list that he may change. */
static enum yg_status his(struct yg_desk *d, const struct yg_desk_by *by, uint64_t number,
                          struct yg_err *err)
{
    struct yg_watch_list l;
    struct yg_arena arena;

    yg_arena_init(&arena, (size_t)64 << 10);
    enum yg_status st = yg_watch_get(d, by, number, &arena, &l, err);
    yg_arena_fini(&arena);
    if (st == YG_OK && l.everywhere && !by->scope->all)
        return yg_err_set(err, YG_EPERM,
                          "a list of all tenants is changed by who sees all of them");
    return st;
}

/* In a transaction: some of what was dropped goes for good. */
static enum yg_status sweep(struct yg_desk *d, struct yg_err *err)
{
    int64_t list = 0, left = 0;
    enum yg_status st = yg_desk_number(d, YG_DQ_LIST_SWEEP, NULL, &list, err);

    if (st != YG_OK)
        return st == YG_ENOTFOUND ? YG_OK : st;
    st = yg_desk_run(d, YG_DQ_ENTRY_SWEEP, YG_ARGS(YG_INT(list), YG_INT(SWEPT)), err);
    if (st == YG_OK)
        st = yg_desk_number(d, YG_DQ_ENTRY_COUNT, YG_ARGS(YG_INT(list)), &left, err);
    return st == YG_OK && left == 0
               ? yg_desk_run(d, YG_DQ_LIST_DROP, YG_ARGS(YG_INT(list)), err)
               : st;
}

static enum yg_status check_list(const struct yg_watch_list *l, struct yg_err *err)
{
    const struct yg_desk_text t[] = {
        { "a list's name", l->name, 1, YG_DESK_NAME, false },
        { "a list's source", l->source, 0, YG_DESK_NAME, false },
        { "a list's note", l->note, 0, YG_DESK_TEXT, true },
    };

    return yg_desk_text(t, YG_ARRAY_LEN(t), err);
}

static enum yg_status insert(struct yg_desk *d, struct yg_watch_list *l,
                             struct yg_err *err)
{
    int64_t number = 0;
    enum yg_status st = sweep(d, err);

    if (st == YG_OK)
        st = yg_desk_room(d, YG_DQ_LIST_COUNT, NULL, YG_WATCHLISTS_MAX, "lists", err);
    if (st == YG_OK)
        st =
            yg_desk_number(d, YG_DQ_LIST_ADD,
                           YG_ARGS(YG_INT(l->everywhere), YG_TEXT(l->tenant),
                                   YG_TEXT(l->name), YG_TEXT(l->source), YG_TEXT(l->note),
                                   YG_TEXT(l->made_by), YG_INT(l->made_ns)),
                           &number, err);
    l->number = (uint64_t)number;
    return st == YG_EEXIST ? yg_err_set(err, st, "there is a list of this name already")
                           : st;
}

enum yg_status yg_watch_make(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_watch_list *l, struct yg_watch_list *out,
                             struct yg_err *err)
{
    struct yg_watch_list fresh = *l;
    enum yg_status st = YG_OK;

    if (l->everywhere && !by->scope->all)
        st = yg_err_set(err, YG_EPERM,
                        "a list of all tenants is made by who sees all of them");
    else if (!l->everywhere)
        st = yg_desk_tenant(by, l->tenant, err);
    if (st == YG_OK)
        st = check_list(l, err);
    if (st == YG_OK)
        st = yg_desk_begin(d, err);
    if (st != YG_OK)
        return st;
    fresh.tenant = l->everywhere ? YG_STR("") : l->tenant;
    fresh.made_by = by->name;
    fresh.made_ns = yg_desk_now(d);
    fresh.entries = 0;
    st = yg_desk_end(d, insert(d, &fresh, err), err);
    if (st == YG_OK)
        *out = fresh;
    return st;
}

enum yg_status yg_watch_put(struct yg_desk *d, const struct yg_desk_by *by,
                            const struct yg_watch_list *l, struct yg_err *err)
{
    struct yg_watch_list fresh = *l;

    fresh.name = YG_STR("x"); /* is not changed */
    enum yg_status st = check_list(&fresh, err);
    if (st == YG_OK)
        st = yg_desk_begin(d, err);
    if (st != YG_OK)
        return st;
    st = his(d, by, l->number, err);
    if (st == YG_OK)
        st = yg_desk_run(d, YG_DQ_LIST_PUT,
                         YG_ARGS(YG_INT(l->number), YG_TEXT(l->source), YG_TEXT(l->note)),
                         err);
    return yg_desk_end(d, st, err);
}

enum yg_status yg_watch_drop(struct yg_desk *d, const struct yg_desk_by *by,
                             uint64_t number, struct yg_err *err)
{
    enum yg_status st = yg_desk_begin(d, err);

    if (st != YG_OK)
        return st;
    st = his(d, by, number, err);
    if (st == YG_OK)
        st = yg_desk_run(d, YG_DQ_LIST_GONE, YG_ARGS(YG_INT(number)), err);
    if (st == YG_OK)
        st = sweep(d, err);
    return yg_desk_end(d, st, err);
}

enum yg_status yg_watch_lists(struct yg_desk *d, const struct yg_desk_by *by,
                              const struct yg_desk_ask *ask, struct yg_arena *arena,
                              struct yg_watch_lists *out, struct yg_err *err)
{
    const struct yg_desk_pages pages = { ask, YG_DQ_LIST_IDS, YG_DQ_LIST_IDS_OF, 0 };
    struct yg_desk_page page = { .count = 0 };
    enum yg_status st = yg_desk_list(d, by, &pages, arena, &page, err);
    struct yg_watch_lists list = { .more = page.more };

    if (st != YG_OK)
        return st;
    list.row = yg_arena_alloc(arena, (page.count + 1) * sizeof(*list.row));
    if (!list.row)
        return yg_desk_nomem(err);
    for (size_t i = 0; st == YG_OK && i < page.count; i++)
        st = yg_watch_get(d, by, page.number[i], arena, &list.row[list.count++], err);
    if (st == YG_OK)
        *out = list;
    return st;
}

/* ---- entries ---------------------------------------------------------------------- */

static enum yg_status refuse(int line, struct yg_str word, struct yg_str s,
                             const char *wrong, struct yg_err *err)
{
    yg_err_at(err, "", line, (int)(word.p && word.p >= s.p ? word.p - s.p : 0) + 1);
    return yg_err_set(err, YG_EFORMAT, "\"%.*s\" %s", (int)(word.n < 60 ? word.n : 60),
                      word.p ? word.p : "", wrong);
}

/* One line of `lines`; `put` it, or only read it. */
static enum yg_status one_line(struct yg_desk *d, struct yg_str s, int line,
                               const struct yg_watch_entry *put, struct yg_err *err)
{
    struct yg_watch_parsed p;
    struct yg_str word;
    const char *wrong = yg_watch_entry_read(s, &p, &word);
    const struct yg_desk_text t[] = { { "an entry", p.value, 0, YG_WATCH_VALUE, false },
                                      { "a note", p.note, 0, YG_WATCH_NOTE, false } };

    if (wrong)
        return refuse(line, word, s, wrong, err);
    if (!p.some)
        return YG_OK;
    if (yg_desk_text(t, YG_ARRAY_LEN(t), err) != YG_OK) {
        yg_err_at(err, "", line, 1);
        return err->status;
    }
    if (!put)
        return YG_OK;
    return yg_desk_run(d, YG_DQ_ENTRY_PUT,
                       YG_ARGS(YG_INT(put->list), YG_INT(p.type),
                               YG_BLOB(((struct yg_str){ (const char *)p.form, p.n })),
                               YG_TEXT(p.value), YG_TEXT(p.note), YG_TEXT(put->made_by),
                               YG_INT(put->made_ns), YG_INT(p.until_ns)),
                       err);
}

static enum yg_status each_line(struct yg_desk *d, struct yg_str lines,
                                const struct yg_watch_entry *put, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (int line = 1; st == YG_OK && lines.n > 0; line++) {
        if (line > YG_WATCH_LINES_MAX)
            return yg_err_set(err, YG_ELIMIT, "at most %d lines at once",
                              YG_WATCH_LINES_MAX);
        st = one_line(d, yg_str_cut(&lines, '\n'), line, put, err);
    }
    return st;
}

/* In a transaction. */
static enum yg_status add(struct yg_desk *d, const struct yg_watch_entry *put,
                          struct yg_str lines, uint64_t *added, struct yg_err *err)
{
    int64_t before = 0, after = 0, total = 0;
    enum yg_status st = sweep(d, err);

    if (st == YG_OK)
        st = yg_desk_number(d, YG_DQ_ENTRY_COUNT, YG_ARGS(YG_INT(put->list)), &before,
                            err);
    if (st == YG_OK)
        st = each_line(d, lines, put, err);
    if (st == YG_OK)
        st =
            yg_desk_number(d, YG_DQ_ENTRY_COUNT, YG_ARGS(YG_INT(put->list)), &after, err);
    if (st == YG_OK)
        st = yg_desk_number(d, YG_DQ_ENTRY_TOTAL, NULL, &total, err);
    if (st == YG_OK && (after > YG_WATCHLIST_ENTRIES || total > YG_WATCH_ROWS_MAX))
        st = yg_err_set(err, YG_ELIMIT,
                        "a list has at most %d entries, all together %d; drop some",
                        YG_WATCHLIST_ENTRIES, YG_WATCH_ROWS_MAX);
    *added = (uint64_t)(after - before);
    return st;
}

enum yg_status yg_watch_add(struct yg_desk *d, const struct yg_desk_by *by, uint64_t list,
                            struct yg_str lines, uint64_t *added, struct yg_err *err)
{
    const struct yg_watch_entry put = { .list = list,
                                        .made_by = by->name,
                                        .made_ns = yg_desk_now(d) };
    uint64_t n = 0;
    enum yg_status st = his(d, by, list, err);

    if (st == YG_OK)
        st = each_line(d, lines, NULL, err);
    if (st == YG_OK)
        st = yg_desk_begin(d, err);
    if (st == YG_OK)
        st = yg_desk_end(d, add(d, &put, lines, &n, err), err);
    if (st == YG_OK)
        *added = n;
    return st;
}

struct entry_rows {
    struct yg_arena *arena;
    struct yg_watch_entries *out;
    size_t most;
};

static enum yg_status read_entry(void *arg, struct yg_db_stmt *s)
{
    struct entry_rows *r = arg;

    if (r->out->count == r->most) {
        r->out->more = true;
        return YG_EEND;
    }
    struct yg_watch_entry *e = &r->out->row[r->out->count++];
    *e = (struct yg_watch_entry){ .number = (uint64_t)yg_db_int(s, 0),
                                  .list = (uint64_t)yg_db_int(s, 1),
                                  .type = (uint8_t)yg_db_int(s, 2),
                                  .made_ns = yg_db_int(s, 6),
                                  .until_ns = yg_db_int(s, 7) };
    return yg_db_copy(s, 3, r->arena, &e->value) &&
                   yg_db_copy(s, 4, r->arena, &e->note) &&
                   yg_db_copy(s, 5, r->arena, &e->made_by)
               ? YG_OK
               : YG_ENOMEM;
}

enum yg_status yg_watch_entries(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_watch_ask_entries *ask,
                                struct yg_arena *arena, struct yg_watch_entries *out,
                                struct yg_err *err)
{
    const size_t limit =
        ask->limit == 0 || ask->limit > YG_DESK_LIST_MAX ? YG_DESK_LIST_MAX : ask->limit;
    struct yg_watch_entries list = { .row = yg_arena_alloc(
                                         arena, limit * sizeof(struct yg_watch_entry)) };
    struct entry_rows r = { arena, &list, limit };
    struct yg_watch_list l;
    enum yg_status st = yg_watch_get(d, by, ask->list, arena, &l, err);

    if (st != YG_OK)
        return st;
    if (!list.row)
        return yg_desk_nomem(err);
    st = yg_desk_rows(d, YG_DQ_ENTRIES,
                      YG_ARGS(YG_INT(ask->list),
                              YG_INT(ask->before ? (int64_t)ask->before : INT64_MAX),
                              YG_INT(limit + 1)),
                      (struct yg_desk_each){ read_entry, &r }, err);
    if (st == YG_OK)
        *out = list;
    return st;
}

enum yg_status yg_watch_entry_drop(struct yg_desk *d, const struct yg_desk_by *by,
                                   uint64_t list, uint64_t entry, struct yg_err *err)
{
    int64_t has = 0;
    enum yg_status st = yg_desk_begin(d, err);

    if (st != YG_OK)
        return st;
    st = his(d, by, list, err);
    if (st == YG_OK)
        st = yg_desk_number(d, YG_DQ_ENTRY_HAS, YG_ARGS(YG_INT(entry), YG_INT(list)),
                            &has, err);
    if (st == YG_OK)
        st = yg_desk_run(d, YG_DQ_ENTRY_DROP, YG_ARGS(YG_INT(entry), YG_INT(list)), err);
    return yg_desk_end(d, st == YG_ENOTFOUND ? yg_desk_none("entry", err) : st, err);
}

/* ---- as a file -------------------------------------------------------------------- */

static void write_entry(struct yg_buf *out, const struct yg_watch_entry *e)
{
    char time[YG_TIME_TEXT_MAX];
    struct yg_watch_parsed p;
    struct yg_str word, v = e->value;

    if (e->type == YG_WATCH_URL && !yg_watch_entry_read(v, &p, &word)) {
        struct yg_str form = { (const char *)p.form, p.n };
        v = yg_str_cut(&form, '/'); /* files know hosts */
    }
    yg_buf_str_add(out, v);
    if (e->until_ns != YG_DESK_NEVER)
        yg_buf_printf(out, " expires=%s", yg_time_text(e->until_ns, time));
    if (e->note.n > 0) {
        yg_buf_printf(out, " # ");
        yg_buf_str_add(out, e->note);
    }
    yg_buf_char(out, '\n');
}

enum yg_status yg_watch_text(struct yg_desk *d, const struct yg_desk_by *by,
                             uint64_t list, struct yg_buf *out, struct yg_err *err)
{
    struct yg_watch_ask_entries ask = { .list = list };
    struct yg_watch_entries page = { .more = true };
    struct yg_arena arena;
    enum yg_status st = YG_OK;

    yg_arena_init(&arena, (size_t)8 << 20);
    while (st == YG_OK && page.more) {
        yg_arena_clear(&arena);
        st = yg_watch_entries(d, by, &ask, &arena, &page, err);
        for (size_t i = 0; st == YG_OK && i < page.count; i++) {
            write_entry(out, &page.row[i]);
            ask.before = page.row[i].number;
        }
    }
    yg_arena_fini(&arena);
    return st == YG_OK && yg_buf_status(out) != YG_OK
               ? yg_err_set(err, yg_buf_status(out),
                            "the list is too long for one answer")
               : st;
}
