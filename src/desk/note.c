/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/note.h"

#include "desk/desk_priv.h"
#include "event/ip.h"

static const char *const kind_name[YG_NOTE_KIND_COUNT] = {
#define X(id, name) [YG_NOTE_##id] = name,
    YG_NOTE_KINDS(X)
#undef X
};

const char *yg_desk_note_kind_name(unsigned kind)
{
    return kind < YG_NOTE_KIND_COUNT ? kind_name[kind] : "?";
}

bool yg_desk_note_kind_of(struct yg_str name, enum yg_note_kind *out)
{
    for (unsigned k = 0; k < YG_NOTE_KIND_COUNT; k++)
        if (yg_str_eq(name, yg_str_of(kind_name[k]))) {
            *out = (enum yg_note_kind)k;
            return true;
        }
    return false;
}

/* ---- rows ------------------------------------------------------------------------- */

struct rows {
    struct yg_arena *arena;
    struct yg_desk_notes *out;
    size_t most;
};

static bool read_row(struct yg_db_stmt *s, struct yg_arena *arena, struct yg_desk_note *n)
{
    *n = (struct yg_desk_note){ .number = (uint64_t)yg_db_int(s, 0),
                                .kind = (uint8_t)yg_db_int(s, 2),
                                .version = (uint32_t)yg_db_int(s, 4),
                                .made_ns = yg_db_int(s, 8),
                                .changed_ns = yg_db_int(s, 9),
                                .until_ns = yg_db_int(s, 11),
                                .gone = yg_db_int(s, 12) != 0 };
    return yg_db_copy(s, 1, arena, &n->tenant) && yg_db_copy(s, 3, arena, &n->key) &&
           yg_db_copy(s, 5, arena, &n->text) && yg_db_copy(s, 6, arena, &n->author) &&
           yg_db_copy(s, 7, arena, &n->owner) && yg_db_copy(s, 10, arena, &n->changed_by);
}

static enum yg_status add_row(void *arg, struct yg_db_stmt *s)
{
    struct rows *r = arg;

    if (r->out->count == r->most) {
        r->out->more = true;
        return YG_EEND;
    }
    return read_row(s, r->arena, &r->out->row[r->out->count++]) ? YG_OK : YG_ENOMEM;
}

static bool rows_of(struct rows *r, struct yg_arena *arena, size_t most,
                    struct yg_desk_notes *out)
{
    *out = (struct yg_desk_notes){ .row = yg_arena_alloc(
                                       arena, (most + 1) * sizeof(struct yg_desk_note)) };
    *r = (struct rows){ arena, out, most };
    return out->row != NULL;
}

static enum yg_status one_row(void *arg, struct yg_db_stmt *s)
{
    struct rows *r = arg;

    return read_row(s, r->arena, r->out->row) ? YG_OK : YG_ENOMEM;
}

enum yg_status yg_desk_note_get(struct yg_desk *d, const struct yg_desk_by *by,
                                uint64_t number, struct yg_arena *arena,
                                struct yg_desk_note *out, struct yg_err *err)
{
    struct yg_desk_note n;
    struct yg_desk_notes one = { .row = &n };
    struct rows r = { arena, &one, 1 };
    enum yg_status st = yg_desk_row(d, YG_DQ_NOTE_GET, YG_ARGS(YG_INT(number)),
                                    (struct yg_desk_each){ one_row, &r }, "note", err);

    if (st != YG_OK)
        return st;
    if (!yg_scope_has(by->scope, n.tenant))
        return yg_desk_none("note", err);
    *out = n;
    return YG_OK;
}

/* ---- writing ---------------------------------------------------------------------- */

/* A host as we write it: an address in its usual form, else a name in small letters. */
static struct yg_str fold_host(struct yg_str key, struct yg_arena *arena)
{
    unsigned char ip[YG_IP_SIZE];
    char *out = yg_arena_alloc(arena, YG_NOTE_KEY + YG_IP_TEXT_MAX);

    if (!out)
        return YG_STR_NONE;
    if (key.n < YG_IP_TEXT_MAX && yg_ip_parse(key, ip))
        return yg_str_of(yg_ip_text(ip, out));
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    return (struct yg_str){ out, key.n };
}

static enum yg_status fold_key(unsigned kind, struct yg_str *key, struct yg_arena *arena,
                               struct yg_err *err)
{
    unsigned char id[YG_ID_SIZE];

    if (kind == YG_NOTE_TENANT && key->n > 0)
        return yg_err_set(err, YG_EINVAL, "a note on a tenant has no key");
    if (kind == YG_NOTE_ALERT && !yg_unhex(*key, id, YG_ID_SIZE))
        return yg_err_set(err, YG_EINVAL,
                          "the key of a note on an alert is its id, 32 hex digits");
    if (kind == YG_NOTE_HOST || kind == YG_NOTE_ALERT)
        *key = fold_host(*key, arena);
    return key->n > 0 && !key->p ? yg_desk_nomem(err) : YG_OK;
}

static enum yg_status check(struct yg_desk_note *n, int64_t now, struct yg_err *err)
{
    const struct yg_desk_text t[] = {
        { "a note's key", n->key, n->kind == YG_NOTE_TENANT ? 0 : 1, YG_NOTE_KEY, false },
        { "a note", n->text, 1, YG_DESK_TEXT, true },
        { "a note's owner", n->owner, 0, YG_DESK_NAME, false },
    };

    if (n->until_ns == 0)
        n->until_ns = YG_DESK_NEVER;
    if (n->until_ns <= now)
        return yg_err_set(err, YG_EINVAL, "a note expires in the future");
    return yg_desk_text(t, YG_ARRAY_LEN(t), err);
}

static enum yg_status insert(struct yg_desk *d, struct yg_desk_note *n,
                             struct yg_err *err)
{
    int64_t number = 0;
    enum yg_status st = yg_desk_room(d, YG_DQ_NOTE_COUNT, YG_ARGS(YG_TEXT(n->tenant)),
                                     YG_NOTES_MAX, "notes of this tenant", err);

    if (st == YG_OK)
        st = yg_desk_number(d, YG_DQ_NOTE_ADD,
                            YG_ARGS(YG_TEXT(n->tenant), YG_INT(n->kind), YG_TEXT(n->key),
                                    YG_TEXT(n->text), YG_TEXT(n->author),
                                    YG_TEXT(n->owner), YG_INT(n->made_ns),
                                    YG_INT(n->until_ns)),
                            &number, err);
    n->number = (uint64_t)number;
    return st;
}

enum yg_status yg_desk_note_add(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_desk_note *n, struct yg_arena *arena,
                                struct yg_desk_note *out, struct yg_err *err)
{
    struct yg_desk_note fresh = *n;
    enum yg_status st = yg_desk_tenant(by, n->tenant, err);

    if (st == YG_OK && n->kind >= YG_NOTE_KIND_COUNT)
        st = yg_err_set(err, YG_EINVAL, "a note is on a host, signature, tenant, alert");
    if (st == YG_OK)
        st = check(&fresh, yg_desk_now(d), err);
    if (st == YG_OK)
        st = fold_key(fresh.kind, &fresh.key, arena, err);
    if (st != YG_OK)
        return st;
    fresh.author = fresh.changed_by = by->name;
    if (fresh.owner.n == 0)
        fresh.owner = by->name;
    fresh.made_ns = fresh.changed_ns = yg_desk_now(d);
    fresh.version = 1;
    fresh.gone = false;
    st = yg_desk_begin(d, err);
    if (st == YG_OK)
        st = yg_desk_end(d, insert(d, &fresh, err), err);
    if (st == YG_OK)
        *out = fresh;
    return st;
}

/* In a transaction: the version that is there is kept, and this one put in its place. */
static enum yg_status replace(struct yg_desk *d, const struct yg_desk_by *by,
                              const struct yg_desk_note *n, struct yg_arena *arena,
                              struct yg_err *err)
{
    struct yg_desk_note old;
    enum yg_status st = yg_desk_note_get(d, by, n->number, arena, &old, err);

    if (st == YG_OK && old.gone)
        return yg_desk_none("note", err);
    /* removing one must always go */
    if (st == YG_OK && old.version >= YG_NOTE_VERSIONS_MAX && !n->gone)
        return yg_err_set(err, YG_ELIMIT, "it was changed %d times; write a new one",
                          YG_NOTE_VERSIONS_MAX);
    if (st == YG_OK)
        st = yg_desk_run(d, YG_DQ_NOTE_KEEP, YG_ARGS(YG_INT(n->number)), err);
    if (st != YG_OK)
        return st;
    return yg_desk_run(d, YG_DQ_NOTE_PUT,
                       YG_ARGS(YG_INT(n->number), YG_TEXT(n->gone ? old.text : n->text),
                               YG_TEXT(n->gone || n->owner.n == 0 ? old.owner : n->owner),
                               YG_INT(yg_desk_now(d)), YG_TEXT(by->name),
                               YG_INT(n->gone ? old.until_ns : n->until_ns),
                               YG_INT(n->gone)),
                       err);
}

static enum yg_status change(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_desk_note *n, struct yg_err *err)
{
    struct yg_arena arena;

    yg_arena_init(&arena, (size_t)64 << 10);
    enum yg_status st = yg_desk_begin(d, err);
    if (st == YG_OK)
        st = yg_desk_end(d, replace(d, by, n, &arena, err), err);
    yg_arena_fini(&arena);
    return st;
}

enum yg_status yg_desk_note_put(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_desk_note *n, struct yg_err *err)
{
    struct yg_desk_note fresh = *n;

    fresh.gone = false;
    fresh.kind = YG_NOTE_TENANT; /* its key is not read */
    fresh.key = YG_STR_NONE;
    enum yg_status st = check(&fresh, yg_desk_now(d), err);
    return st == YG_OK ? change(d, by, &fresh, err) : st;
}

enum yg_status yg_desk_note_remove(struct yg_desk *d, const struct yg_desk_by *by,
                                   uint64_t number, struct yg_err *err)
{
    const struct yg_desk_note n = { .number = number, .gone = true };

    return change(d, by, &n, err);
}

/* ---- lists ------------------------------------------------------------------------ */

enum yg_status yg_desk_note_history(struct yg_desk *d, const struct yg_desk_by *by,
                                    uint64_t number, struct yg_arena *arena,
                                    struct yg_desk_notes *out, struct yg_err *err)
{
    struct yg_desk_notes list;
    struct yg_desk_note now;
    struct rows r;
    enum yg_status st = yg_desk_note_get(d, by, number, arena, &now, err);

    if (st != YG_OK)
        return st;
    if (!rows_of(&r, arena, YG_NOTE_VERSIONS_MAX + 2, &list))
        return yg_desk_nomem(err);
    list.row[list.count++] = now;
    st = yg_desk_rows(d, YG_DQ_NOTE_PAST, YG_ARGS(YG_INT(number)),
                      (struct yg_desk_each){ add_row, &r }, err);
    if (st == YG_OK)
        *out = list;
    return st;
}

enum yg_status yg_desk_note_list(struct yg_desk *d, const struct yg_desk_by *by,
                                 const struct yg_desk_ask *ask, struct yg_arena *arena,
                                 struct yg_desk_notes *out, struct yg_err *err)
{
    const struct yg_desk_pages pages = { ask, YG_DQ_NOTE_IDS, YG_DQ_NOTE_IDS_OF, 0 };
    struct yg_desk_page page;
    struct yg_desk_notes list;
    struct rows r;
    enum yg_status st = yg_desk_list(d, by, &pages, arena, &page, err);

    if (st != YG_OK)
        return st;
    if (!rows_of(&r, arena, page.count, &list))
        return yg_desk_nomem(err);
    for (size_t i = 0; st == YG_OK && i < page.count; i++)
        st = yg_desk_note_get(d, by, page.number[i], arena, &list.row[list.count++], err);
    list.more = page.more;
    if (st == YG_OK)
        *out = list;
    return st;
}

enum yg_status yg_desk_note_at(struct yg_desk *d, const struct yg_desk_by *by,
                               const struct yg_desk_note_key *at, struct yg_arena *arena,
                               struct yg_desk_notes *out, struct yg_err *err)
{
    struct yg_str key = at->key;
    struct yg_desk_notes list;
    struct rows r;

    if (!yg_scope_has(by->scope, at->tenant))
        return yg_desk_none("tenant", err);
    if (!rows_of(&r, arena, YG_DESK_ABOUT_MAX, &list))
        return yg_desk_nomem(err);
    const struct yg_desk_text kept = { "a key", key, 0, YG_NOTE_KEY, false };
    if (yg_desk_text(&kept, 1, NULL) == YG_OK) { /* else no note can have it */
        if (at->kind == YG_NOTE_HOST || at->kind == YG_NOTE_ALERT)
            key = fold_host(key, arena);
        enum yg_status st =
            yg_desk_rows(d, YG_DQ_NOTE_AT,
                         YG_ARGS(YG_TEXT(at->tenant), YG_INT(at->kind), YG_TEXT(key),
                                 YG_INT(yg_desk_now(d)), YG_INT(YG_DESK_ABOUT_MAX + 1)),
                         (struct yg_desk_each){ add_row, &r }, err);
        if (st != YG_OK)
            return st;
    }
    *out = list;
    return YG_OK;
}
