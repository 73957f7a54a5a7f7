/* SPDX-License-Identifier: Apache-2.0 */
#include "api/request.h"

#define ID_MIN 6
#define ID_MAX 32

const struct yg_param_info yg_param_info[YG_PARAM_COUNT] = {
#define YG_PARAM(id, name, min, max, otherwise, help)                                    \
    [YG_P_##id] = { name, help, min, max, otherwise },
#include "api/params.def"
#undef YG_PARAM
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool yg_target_split(struct yg_str target, struct yg_str *path, struct yg_str *query)
{
    if (target.n == 0 || target.p[0] != '/' || memchr(target.p, '#', target.n))
        return false;
    *path = yg_str_cut(&target, '?');
    *query = target;
    return true;
}

static bool is_id(struct yg_str s)
{
    if (s.n < ID_MIN || s.n > ID_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (hex_digit(s.p[i]) < 0)
            return false;
    return true;
}

static bool is_number(struct yg_str s)
{
    uint64_t v;

    return s.n > 0 && s.p[0] != '0' && yg_str_u64(s, &v);
}

static bool is_name(struct yg_str s)
{
    return s.n > 0 && !memchr(s.p, '/', s.n);
}

static const struct place {
    const char *text;
    bool (*fits)(struct yg_str s);
} places[] = { { "{id}", is_id }, { "{name}", is_name }, { "{number}", is_number } };

/* The place in the pattern; NULL: it has none. */
static const char *place_of(const char *pattern, const struct place **which)
{
    const char *at = NULL;

    for (size_t i = 0; i < YG_ARRAY_LEN(places) && !at; i++) {
        at = strstr(pattern, places[i].text);
        *which = &places[i];
    }
    return at;
}

bool yg_path_match(const char *pattern, struct yg_str path, struct yg_str *id)
{
    const struct place *which;
    const char *at = place_of(pattern, &which);

    *id = YG_STR_NONE;
    if (!at)
        return yg_str_eq(path, yg_str_of(pattern));
    struct yg_str head = { pattern, (size_t)(at - pattern) };
    struct yg_str tail = yg_str_of(at + strlen(which->text));
    if (path.n < head.n + tail.n || !yg_str_starts(path, head) ||
        memcmp(path.p + path.n - tail.n, tail.p, tail.n) != 0)
        return false;
    *id = (struct yg_str){ path.p + head.n, path.n - head.n - tail.n };
    return which->fits(*id);
}

/* Undo %XX, and in a form '+'. */
static enum yg_status decode(struct yg_str in, bool form, struct yg_arena *arena,
                             struct yg_str *out)
{
    char *p = yg_arena_alloc(arena, in.n + 1);
    size_t n = 0;

    if (!p)
        return YG_ENOMEM;
    for (size_t i = 0; i < in.n; i++) {
        char c = form && in.p[i] == '+' ? ' ' : in.p[i];
        if (c == '%') {
            int high = in.n - i > 2 ? hex_digit(in.p[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(in.p[i + 2]) : -1;
            if (low < 0)
                return YG_EINVAL;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0')
            return YG_EINVAL;
        p[n++] = c;
    }
    p[n] = '\0';
    *out = (struct yg_str){ p, n };
    return YG_OK;
}

enum yg_status yg_form_decode(struct yg_str in, struct yg_arena *arena,
                              struct yg_str *out)
{
    return decode(in, true, arena, out);
}

enum yg_status yg_path_decode(struct yg_str in, struct yg_arena *arena,
                              struct yg_str *out)
{
    enum yg_status st = decode(in, false, arena, out);

    return st == YG_OK && out->n > YG_PATH_NAME_MAX ? YG_EINVAL : st;
}

static int find_param(struct yg_str name, uint32_t allowed)
{
    for (int i = 0; i < YG_PARAM_COUNT; i++)
        if ((allowed >> i & 1) && yg_str_eq(name, yg_str_of(yg_param_info[i].name)))
            return i;
    return -1;
}

static enum yg_status take(int i, struct yg_str value, struct yg_arena *arena,
                           struct yg_params *out, struct yg_err *err)
{
    const struct yg_param_info *info = &yg_param_info[i];
    struct yg_str text;
    uint64_t v;
    enum yg_status st = yg_form_decode(value, arena, &text);

    if (st == YG_ENOMEM)
        return yg_err_set(err, st, "no memory for the request");
    if (st != YG_OK || text.n > YG_PARAM_TEXT_MAX)
        return yg_err_set(err, YG_EINVAL,
                          "%s: write at most %d bytes, others than letters and digits "
                          "as %%XX",
                          info->name, YG_PARAM_TEXT_MAX);
    if (info->max == 0) {
        out->text[i] = text;
    } else {
        if (!yg_str_u64(text, &v) || v < info->min || v > info->max)
            return yg_err_set(
                err, YG_EINVAL, "%s: write a whole number from %llu to %llu", info->name,
                (unsigned long long)info->min, (unsigned long long)info->max);
        out->number[i] = v;
    }
    out->given |= 1U << i;
    return YG_OK;
}

enum yg_status yg_foreign_value(struct yg_str query, struct yg_str name,
                                struct yg_arena *arena, struct yg_str *out)
{
    struct yg_str found = YG_STR_NONE;

    *out = YG_STR_NONE;
    while (query.p) {
        struct yg_str value = yg_str_cut(&query, '&');
        if (!yg_str_eq(yg_str_cut(&value, '='), name))
            continue;
        if (found.p)
            return YG_EINVAL;
        found = value.p ? value : YG_STR("");
    }
    return found.p ? yg_form_decode(found, arena, out) : YG_OK;
}

enum yg_status yg_params_read(struct yg_str query, uint32_t allowed,
                              struct yg_arena *arena, struct yg_params *out,
                              struct yg_err *err)
{
    struct yg_params p = { 0 };

    for (int i = 0; i < YG_PARAM_COUNT; i++)
        p.number[i] = yg_param_info[i].otherwise;
    while (query.p) {
        struct yg_str value = yg_str_cut(&query, '&');
        if (value.n == 0)
            continue;
        struct yg_str name = yg_str_cut(&value, '=');
        int i = find_param(name, allowed);
        if (i < 0)
            return yg_err_set(err, YG_EINVAL, "there is no such parameter here");
        if (p.given >> i & 1)
            return yg_err_set(err, YG_EINVAL, "%s is given twice", yg_param_info[i].name);
        enum yg_status st = take(i, value, arena, &p, err);
        if (st != YG_OK)
            return st;
    }
    *out = p;
    return YG_OK;
}
