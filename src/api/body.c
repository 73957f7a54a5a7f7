/* SPDX-License-Identifier: Apache-2.0 */
#include "api/body.h"

#include "api/request.h"
#include "json/pull.h"

#define FORM "application/x-www-form-urlencoded"

const struct yg_body_info yg_body_info[YG_BODY_COUNT] = {
    [YG_BODY_NONE] = { "", "" },
#define YG_BODY(id, name, help) [YG_BODY_##id] = { name, help },
#include "api/bodies.def"
};

const struct yg_member_info yg_member_info[YG_MEMBER_COUNT] = {
#define YG_MEMBER(body, id, name, least, most, help)                                     \
    [YG_M_##body##_##id] = { YG_BODY_##body, name, help, least, most },
#include "api/bodies.def"
};

static enum yg_status no_memory(struct yg_err *err)
{
    return yg_err_set(err, YG_ENOMEM, "no memory for the request");
}

/* Is the media type this one, whatever its parameters? */
static bool is_type(struct yg_str header, struct yg_str type)
{
    return yg_str_eq_nocase(yg_str_trim(yg_str_cut(&header, ';')), type);
}

static int find_member(enum yg_body_kind kind, struct yg_str name)
{
    for (int i = 0; i < YG_MEMBER_COUNT; i++)
        if (yg_member_info[i].body == kind &&
            yg_str_eq(name, yg_str_of(yg_member_info[i].name)))
            return i;
    return -1;
}

/* `value` is plain text, in the arena. */
static enum yg_status take(int i, struct yg_str value, struct yg_body *out,
                           struct yg_err *err)
{
    const struct yg_member_info *m = i >= 0 ? &yg_member_info[i] : NULL;

    if (!m)
        return yg_err_set(err, YG_EINVAL, "the body has a member that is not known here");
    if (out->text[i].p)
        return yg_err_set(err, YG_EINVAL, "%s is given twice", m->name);
    if (value.n > m->most || memchr(value.p, '\0', value.n))
        return yg_err_set(err, YG_EINVAL, "%s: write text of at most %zu bytes", m->name,
                          m->most);
    out->text[i] = value;
    return YG_OK;
}

static enum yg_status read_form(enum yg_body_kind kind, struct yg_str in,
                                struct yg_arena *arena, struct yg_body *out,
                                struct yg_err *err)
{
    while (in.n > 0) {
        struct yg_str value = yg_str_cut(&in, '&'), text;
        struct yg_str name = yg_str_cut(&value, '=');
        enum yg_status st = yg_form_decode(value.p ? value : YG_STR(""), arena, &text);
        if (st == YG_ENOMEM)
            return no_memory(err);
        if (st != YG_OK)
            return yg_err_set(err, YG_EINVAL, "the form has a broken escape");
        if (yg_str_eq(name, YG_STR("csrf")))
            out->csrf = text;
        else
            st = take(find_member(kind, name), text, out, err);
        if (st != YG_OK)
            return st;
    }
    return YG_OK;
}

static enum yg_status read_member(struct yg_json_pull *p, int i, struct yg_arena *arena,
                                  struct yg_body *out, struct yg_err *err)
{
    struct yg_json_value v;

    if (!yg_json_pull_scalar(p, &v) || v.type != YG_JSON_STRING)
        return yg_err_set(err, YG_EINVAL, "every member of the body is a text");
    char *text = yg_arena_alloc(arena, v.text.n + 1);
    if (!text)
        return no_memory(err);
    size_t n = yg_json_unescape(v.text, text);
    text[n] = '\0';
    return take(i, (struct yg_str){ text, n }, out, err);
}

static enum yg_status read_json(enum yg_body_kind kind, struct yg_str in,
                                struct yg_arena *arena, struct yg_body *out,
                                struct yg_err *err)
{
    struct yg_json_pull *p = NULL;
    struct yg_str key;
    enum yg_status st = yg_json_pull_new(in.n + 1, &p);

    if (st != YG_OK)
        return no_memory(err);
    bool ok = yg_json_pull_begin(p, in) && yg_json_pull_into(p, '{');
    while (ok && st == YG_OK && yg_json_pull_member(p, &key))
        st = read_member(p, find_member(kind, key), arena, out, err);
    if (st == YG_OK && !(ok && yg_json_pull_end(p)))
        st = yg_err_set(err, YG_EINVAL, "the body is not one JSON object of texts");
    yg_json_pull_free(p);
    return st;
}

enum yg_status yg_body_read(enum yg_body_kind kind, struct yg_str type, struct yg_str in,
                            struct yg_arena *arena, struct yg_body *out,
                            struct yg_err *err)
{
    struct yg_body b = { .form = is_type(type, YG_STR(FORM)) };
    enum yg_status st = YG_OK;

    if (b.form)
        st = read_form(kind, in, arena, &b, err);
    else if (is_type(type, YG_STR("application/json")))
        st = read_json(kind, in, arena, &b, err);
    else if (in.n > 0 || kind != YG_BODY_NONE)
        st = yg_err_set(err, YG_EFORMAT, "send application/json");
    for (int i = 0; st == YG_OK && i < YG_MEMBER_COUNT; i++) {
        const struct yg_member_info *m = &yg_member_info[i];
        if (m->body == kind && b.text[i].n < m->least)
            st = yg_err_set(err, YG_EINVAL, "%s is missing: %s", m->name, m->help);
    }
    if (st == YG_OK)
        *out = b;
    return st;
}
