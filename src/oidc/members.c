/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/members.h"

#include <sodium.h>

#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

/* Escapes undone, in the arena; what has none is borrowed. */
static bool plain(struct yg_str s, struct yg_arena *arena, struct yg_str *out)
{
    *out = s;
    if (s.n == 0 || !memchr(s.p, '\\', s.n))
        return true;
    char *p = yg_arena_alloc(arena, s.n);
    if (!p)
        return false;
    *out = (struct yg_str){ p, yg_json_unescape(s, p) };
    return true;
}

/* The value that is next. */
static bool value(struct yg_json_pull *json, struct yg_arena *arena,
                  struct yg_member_value *out)
{
    char c = yg_json_pull_peek(json);
    struct yg_json_value v;

    if (c == '{' || c == '[') {
        out->kind = c == '{' ? YG_VALUE_OBJECT : YG_VALUE_LIST;
        return yg_json_pull_skip(json, &out->text);
    }
    if (!yg_json_pull_scalar(json, &v))
        return false;
    out->kind = v.type == YG_JSON_STRING ? YG_VALUE_TEXT
                : v.type == YG_JSON_BOOL ? YG_VALUE_BOOL
                : v.type == YG_JSON_NULL ? YG_VALUE_NULL
                                         : YG_VALUE_NUMBER;
    out->text = v.text;
    return out->kind != YG_VALUE_TEXT || plain(v.text, arena, &out->text);
}

static const struct yg_member_value *find(const struct yg_members *m, struct yg_str name)
{
    for (size_t i = 0; i < m->n; i++)
        if (yg_str_eq(m->v[i].name, name))
            return &m->v[i];
    return NULL;
}

bool yg_members_read(struct yg_json_pull *json, struct yg_str text,
                     struct yg_arena *arena, struct yg_members *out)
{
    struct yg_str key;

    out->n = 0;
    if (!yg_json_pull_begin(json, text) || !yg_json_pull_into(json, '{'))
        return false;
    while (yg_json_pull_member(json, &key)) {
        struct yg_member_value m;
        if (out->n == YG_MEMBERS_MAX || !plain(key, arena, &m.name) ||
            find(out, m.name) || !value(json, arena, &m))
            return false;
        out->v[out->n++] = m;
    }
    return yg_json_pull_end(json);
}

const struct yg_member_value *yg_members_get(const struct yg_members *m, const char *name)
{
    return find(m, yg_str_of(name));
}

struct yg_str yg_members_text(const struct yg_members *m, const char *name)
{
    const struct yg_member_value *v = yg_members_get(m, name);

    return v && v->kind == YG_VALUE_TEXT && v->text.n > 0 ? v->text : YG_STR_NONE;
}

bool yg_members_whole(const struct yg_members *m, const char *name, int64_t *out)
{
    const struct yg_member_value *v = yg_members_get(m, name);
    double d;

    if (!v || v->kind != YG_VALUE_NUMBER || !yg_str_f64(v->text, &d) || d < -1e15 ||
        d > 1e15)
        return false;
    *out = (int64_t)d;
    return true;
}

bool yg_members_true(const struct yg_members *m, const char *name)
{
    const struct yg_member_value *v = yg_members_get(m, name);

    return v && v->kind == YG_VALUE_BOOL && yg_str_eq(v->text, YG_STR("true"));
}

/* ---- lists ------------------------------------------------------------------------ */

struct list {
    struct yg_arena *arena;
    struct yg_str *v;
    size_t n, size;
};

static bool push(struct list *l, struct yg_str text)
{
    if (l->n == YG_VALUES_MAX)
        return false;
    if (l->n == l->size) {
        l->size = l->size ? 2 * l->size : 8;
        struct yg_str *more = yg_arena_alloc(l->arena, l->size * sizeof(*more));
        if (more && l->n > 0)
            memcpy(more, l->v, l->n * sizeof(*more));
        l->v = more;
    }
    if (!l->v)
        return false;
    l->v[l->n++] = text;
    return true;
}

/* The texts of the list that is next. */
static bool push_all(struct yg_json_pull *json, struct list *l, bool *only)
{
    struct yg_member_value one;

    if (!yg_json_pull_into(json, '['))
        return false;
    while (yg_json_pull_element(json)) {
        if (!value(json, l->arena, &one))
            return false;
        if (one.kind != YG_VALUE_TEXT)
            *only = false;
        else if (!push(l, one.text))
            return false;
    }
    return yg_json_pull_end(json);
}

bool yg_members_values(struct yg_json_pull *json, const struct yg_member_value *m,
                       struct yg_arena *arena, struct yg_values *out, bool *strict)
{
    struct list l = { .arena = arena };
    bool only = true;
    bool good = m->kind == YG_VALUE_TEXT
                    ? push(&l, m->text)
                    : m->kind == YG_VALUE_LIST && yg_json_pull_begin(json, m->text) &&
                          push_all(json, &l, &only);

    if (good)
        *out = (struct yg_values){ l.v, l.n };
    if (good && strict)
        *strict = only;
    return good;
}

bool yg_values_have(const struct yg_values *l, struct yg_str text)
{
    for (size_t i = 0; i < l->n; i++)
        if (yg_str_eq(l->v[i], text))
            return true;
    return false;
}

/* ---- base64url -------------------------------------------------------------------- */

bool yg_base64url(struct yg_str text, struct yg_arena *arena, struct yg_str *out)
{
    size_t room = text.n / 4 * 3 + 3, n = 0;
    unsigned char *p = yg_arena_alloc(arena, room);

    if (!p || (text.n > 0 &&
               sodium_base642bin(p, room, text.p, text.n, NULL, &n, NULL, VARIANT) != 0))
        return false;
    *out = (struct yg_str){ (const char *)p, n };
    return true;
}

void yg_base64url_text(const void *p, size_t n, char *out)
{
    sodium_bin2base64(out, yg_base64url_room(n), p, n, VARIANT);
}
