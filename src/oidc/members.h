/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members - the members of one JSON object, by name: what a provider says of itself, the
 * head and the claims of a token, a key.
 *
 * Read strictly: an object and nothing else, no name twice (RFC 7515, section 4: who
 * signs and who reads must see the same one), at most YG_MEMBERS_MAX. Cost: one pass;
 * names and texts with escapes are copied. A struct is plain data and lives with its
 * arena.
 */
#ifndef YG_OIDC_MEMBERS_H
#define YG_OIDC_MEMBERS_H

#include "base/arena.h"
#include "base/str.h"
#include "json/pull.h"

#define YG_MEMBERS_MAX 256
#define YG_VALUES_MAX  1000 /* of a list */

enum yg_value_kind {
    YG_VALUE_TEXT,   /* `text`: escapes undone */
    YG_VALUE_NUMBER, /* `text`: as it is written */
    YG_VALUE_BOOL,   /* likewise */
    YG_VALUE_NULL,
    YG_VALUE_LIST, /* `text`: from bracket to bracket */
    YG_VALUE_OBJECT
};

struct yg_members {
    struct yg_member_value {
        struct yg_str name, text;
        enum yg_value_kind kind;
    } v[YG_MEMBERS_MAX];
    size_t n;
};

/* False: it is none, or there is no memory. `text` is borrowed. */
bool yg_members_read(struct yg_json_pull *json, struct yg_str text,
                     struct yg_arena *arena, struct yg_members *out);

/* NULL: it is not there. */
const struct yg_member_value *yg_members_get(const struct yg_members *m,
                                             const char *name);
/* A text that is there and not empty; else p is NULL. */
struct yg_str yg_members_text(const struct yg_members *m, const char *name);
/* A number, as JSON writes it, cut to whole seconds or the like; at most 15 digits. */
bool yg_members_whole(const struct yg_members *m, const char *name, int64_t *out);
bool yg_members_true(const struct yg_members *m, const char *name);

/* The texts of a list, or of a text one. `*strict` (may be NULL): nothing else was there.
 * At most YG_VALUES_MAX. False: no list and no text, too many, or no memory. */
struct yg_values {
    const struct yg_str *v;
    size_t n;
};
bool yg_members_values(struct yg_json_pull *json, const struct yg_member_value *m,
                       struct yg_arena *arena, struct yg_values *out, bool *strict);
bool yg_values_have(const struct yg_values *l, struct yg_str text);

/* base64url without padding, one spelling only (RFC 7515, section 2). */
bool yg_base64url(struct yg_str text, struct yg_arena *arena, struct yg_str *out);
/* The other way; `out` has room for yg_base64url_room(n). */
#define yg_base64url_room(n) (((n)*4 + 2) / 3 + 1)
void yg_base64url_text(const void *p, size_t n, char *out);

#endif
