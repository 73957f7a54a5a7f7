/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note - what people wrote down for those who come after: about a host, a signature, a
 * tenant or one alert. Shown at every alert it matches, until it expires or is removed;
 * every version is kept.
 *
 * Key of a host: its address or its name, in small letters; of a signature: rule.id or
 * rule.name as the alert says it; of an alert: its id, 32 hex digits; of a tenant: empty.
 */
#ifndef YG_DESK_NOTE_H
#define YG_DESK_NOTE_H

#include "desk/desk.h"

#define YG_NOTES_MAX         50000 /* of a tenant; removed ones count */
#define YG_NOTE_VERSIONS_MAX 100   /* of one note: it is not changed any more */
#define YG_NOTE_KEY          512

#define YG_NOTE_KINDS(X)                                                                 \
    X(HOST, "host")                                                                      \
    X(SIGNATURE, "signature")                                                            \
    X(TENANT, "tenant")                                                                  \
    X(ALERT, "alert")
enum yg_note_kind {
#define X(id, name) YG_NOTE_##id,
    YG_NOTE_KINDS(X)
#undef X
        YG_NOTE_KIND_COUNT
};
const char *yg_desk_note_kind_name(unsigned kind);
bool yg_desk_note_kind_of(struct yg_str name, enum yg_note_kind *out);

struct yg_desk_note {
    uint64_t number;
    struct yg_str tenant, key, text;
    struct yg_str author, owner; /* who wrote it first; who answers for it */
    struct yg_str changed_by;
    int64_t made_ns, changed_ns, until_ns; /* until YG_DESK_NEVER: it does not expire */
    uint32_t version;                      /* from 1 */
    uint8_t kind;                          /* enum yg_note_kind */
    bool gone;                             /* removed */
};
struct yg_desk_notes {
    struct yg_desk_note *row;
    size_t count;
    bool more; /* there are more than were asked for */
};

/* Of `n` tenant, kind, key, text, owner (empty: who asks) and until_ns are read; 0 there
 * is YG_DESK_NEVER. YG_EINVAL, YG_ELIMIT. `out` lives with `arena`. */
enum yg_status yg_desk_note_add(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_desk_note *n, struct yg_arena *arena,
                                struct yg_desk_note *out, struct yg_err *err) YG_MUST_USE;
/* text, owner and until_ns become those of `n`, whose number says which. */
enum yg_status yg_desk_note_put(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_desk_note *n,
                                struct yg_err *err) YG_MUST_USE;
/* It is not shown at alerts any more; its versions stay. */
enum yg_status yg_desk_note_remove(struct yg_desk *d, const struct yg_desk_by *by,
                                   uint64_t number, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_desk_note_get(struct yg_desk *d, const struct yg_desk_by *by,
                                uint64_t number, struct yg_arena *arena,
                                struct yg_desk_note *out, struct yg_err *err) YG_MUST_USE;
/* Its versions, newest first, the present one among them. */
enum yg_status yg_desk_note_history(struct yg_desk *d, const struct yg_desk_by *by,
                                    uint64_t number, struct yg_arena *arena,
                                    struct yg_desk_notes *out,
                                    struct yg_err *err) YG_MUST_USE;
/* Those that are not removed, expired ones among them. */
enum yg_status yg_desk_note_list(struct yg_desk *d, const struct yg_desk_by *by,
                                 const struct yg_desk_ask *ask, struct yg_arena *arena,
                                 struct yg_desk_notes *out,
                                 struct yg_err *err) YG_MUST_USE;
/* Those in force with exactly this key, newest first, YG_DESK_ABOUT_MAX at most. */
struct yg_desk_note_key {
    struct yg_str tenant, key;
    enum yg_note_kind kind;
};
enum yg_status yg_desk_note_at(struct yg_desk *d, const struct yg_desk_by *by,
                               const struct yg_desk_note_key *at, struct yg_arena *arena,
                               struct yg_desk_notes *out, struct yg_err *err) YG_MUST_USE;

#endif
