/* SPDX-License-Identifier: Apache-2.0 */
#include "api/body.h"

#include "api/request.h"
#include "base/buf.h"
#include "json/pull.h"

#define FORM "application/x-www-form-urlencoded"

const struct yg_body_info yg_body_info[YG_BODY_COUNT] = {
    [YG_BODY_NONE] = { "", "", NULL },
#define YG_BODY(id, name, help)         [YG_BODY_##id] = { name, help, NULL },
#define YG_UPLOAD(id, name, type, help) [YG_BODY_##id] = { name, help, type },
#include "api/bodies.def"
};

enum { YG_MEMBER_MAY, YG_MEMBER_MUST };
const struct yg_member_info yg_member_info[YG_MEMBER_COUNT] = {
#define YG_MEMBER(body, id, name, kind, must, least, most, help)                         \
    [YG_M_##body##_##id] = { YG_BODY_##body,   name,  help, YG_MEMBER_##kind,            \
                             YG_MEMBER_##must, least, most },
#include "api/bodies.def"
};

struct reading {
    enum yg_body_kind kind;
    struct yg_arena *arena;
    struct yg_json_pull *pull; /* of JSON */
    struct yg_body *out;
    struct yg_err *err;
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

/* Its index, marked as given; -1 with the message. */
static int find_member(struct reading *r, struct yg_str name)
{
    for (int i = 0; i < YG_MEMBER_COUNT; i++) {
        const struct yg_member_info *m = &yg_member_info[i];
        if (m->body != r->kind || !yg_str_eq(name, yg_str_of(m->name)))
            continue;
        if (r->out->given[i]) {
            yg_err_set(r->err, YG_EINVAL, "%s is given twice", m->name);
            return -1;
        }
        r->out->given[i] = true;
        return i;
    }
    yg_err_set(r->err, YG_EINVAL, "the body has a member that is not known here");
    return -1;
}

/* ---- values ------------------------------------------------------------------------ */

static enum yg_status take_text(struct reading *r, int i, struct yg_str v)
{
    const struct yg_member_info *m = &yg_member_info[i];

    if ((int64_t)v.n > m->most || (v.n > 0 && (int64_t)v.n < m->least) ||
        memchr(v.p, '\0', v.n))
        return yg_err_set(r->err, YG_EINVAL, "%s: write text of %lld to %lld bytes",
                          m->name, (long long)m->least, (long long)m->most);
    r->out->text[i] = v;
    return YG_OK;
}

/* A whole number: digits, perhaps behind a minus. */
static bool whole(struct yg_str s, int64_t *out)
{
    bool minus = yg_str_starts(s, YG_STR("-"));
    uint64_t v;

    if (minus)
        s = (struct yg_str){ s.p + 1, s.n - 1 };
    if (!yg_str_u64(s, &v) || v > INT64_MAX)
        return false;
    *out = minus ? -(int64_t)v : (int64_t)v;
    return true;
}

static enum yg_status take_number(struct reading *r, int i, struct yg_str v)
{
    const struct yg_member_info *m = &yg_member_info[i];

    if (!whole(v, &r->out->number[i]) || r->out->number[i] < m->least ||
        r->out->number[i] > m->most)
        return yg_err_set(r->err, YG_EINVAL, "%s: write a whole number from %lld to %lld",
                          m->name, (long long)m->least, (long long)m->most);
    return YG_OK;
}

static enum yg_status wrong_kind(struct reading *r, int i)
{
    static const char *const say[] = { "a text", "a whole number", "true or false",
                                       "a list of texts" };

    return yg_err_set(r->err, YG_EINVAL, "%s: write %s", yg_member_info[i].name,
                      say[yg_member_info[i].kind]);
}

static enum yg_status plain(struct reading *r, struct yg_str escaped, struct yg_str *out)
{
    char *text = yg_arena_alloc(r->arena, escaped.n + 1);

    if (!text)
        return no_memory(r->err);
    size_t n = yg_json_unescape(escaped, text);
    text[n] = '\0';
    *out = (struct yg_str){ text, n };
    return YG_OK;
}

static enum yg_status read_items(struct reading *r, int i, struct yg_buf *items)
{
    const struct yg_member_info *m = &yg_member_info[i];
    struct yg_json_value v;
    struct yg_str text;
    int64_t n = 0;

    while (yg_json_pull_element(r->pull)) {
        if (!yg_json_pull_scalar(r->pull, &v) || v.type != YG_JSON_STRING)
            return wrong_kind(r, i);
        enum yg_status st = plain(r, v.text, &text);
        if (st != YG_OK)
            return st;
        if (++n > m->most || text.n == 0 || text.n > YG_BODY_ITEM_MAX ||
            memchr(text.p, '\0', text.n))
            return yg_err_set(r->err, YG_EINVAL,
                              "%s: write at most %lld texts of 1 to %d bytes", m->name,
                              (long long)m->most, YG_BODY_ITEM_MAX);
        yg_buf_add(items, &text, sizeof(text));
    }
    return n < m->least ? yg_err_set(r->err, YG_EINVAL, "%s: write at least %lld",
                                     m->name, (long long)m->least)
                        : YG_OK;
}

static enum yg_status take_list(struct reading *r, int i)
{
    struct yg_texts *list = &r->out->list[i];
    struct yg_buf items;

    if (!yg_json_pull_into(r->pull, '['))
        return wrong_kind(r, i);
    yg_buf_init(&items, sizeof(struct yg_str) * ((size_t)yg_member_info[i].most + 1));
    enum yg_status st = read_items(r, i, &items);
    if (st == YG_OK && yg_buf_str(&items).n > 0) {
        list->n = yg_buf_str(&items).n / sizeof(*list->v);
        list->v = yg_arena_alloc(r->arena, yg_buf_str(&items).n);
        if (!list->v || yg_buf_status(&items) != YG_OK)
            st = no_memory(r->err);
        else
            memcpy(list->v, yg_buf_str(&items).p, yg_buf_str(&items).n);
    }
    yg_buf_fini(&items);
    return st;
}

/* ---- forms ------------------------------------------------------------------------- */

static enum yg_status take_field(struct reading *r, int i, struct yg_str v)
{
    switch (yg_member_info[i].kind) {
    case YG_MEMBER_TEXT:
        return take_text(r, i, v);
    case YG_MEMBER_NUMBER:
        return take_number(r, i, v);
    case YG_MEMBER_FLAG:
        r->out->flag[i] = yg_str_eq(v, YG_STR("true"));
        return r->out->flag[i] || yg_str_eq(v, YG_STR("false")) ? YG_OK
                                                                : wrong_kind(r, i);
    case YG_MEMBER_LIST:
        break;
    }
    return wrong_kind(r, i);
}

static enum yg_status read_form(struct reading *r, struct yg_str in)
{
    while (in.n > 0) {
        struct yg_str value = yg_str_cut(&in, '&'), text;
        struct yg_str name = yg_str_cut(&value, '=');
        enum yg_status st = yg_form_decode(value.p ? value : YG_STR(""), r->arena, &text);
        if (st == YG_ENOMEM)
            return no_memory(r->err);
        if (st != YG_OK)
            return yg_err_set(r->err, YG_EINVAL, "the form has a broken escape");
        if (yg_str_eq(name, YG_STR("csrf"))) {
            r->out->csrf = text;
            continue;
        }
        int i = find_member(r, name);
        st = i < 0 ? YG_EINVAL : take_field(r, i, text);
        if (st != YG_OK)
            return st;
    }
    return YG_OK;
}

/* ---- JSON -------------------------------------------------------------------------- */

static enum yg_status read_member(struct reading *r, int i)
{
    enum yg_member_kind kind = yg_member_info[i].kind;
    struct yg_json_value v;
    struct yg_str text;

    if (kind == YG_MEMBER_LIST)
        return take_list(r, i);
    if (!yg_json_pull_scalar(r->pull, &v))
        return wrong_kind(r, i);
    if (kind == YG_MEMBER_NUMBER && v.type == YG_JSON_NUMBER)
        return take_number(r, i, v.text);
    if (kind == YG_MEMBER_FLAG && v.type == YG_JSON_BOOL) {
        r->out->flag[i] = yg_str_eq(v.text, YG_STR("true"));
        return YG_OK;
    }
    if (kind != YG_MEMBER_TEXT || v.type != YG_JSON_STRING)
        return wrong_kind(r, i);
    enum yg_status st = plain(r, v.text, &text);
    return st == YG_OK ? take_text(r, i, text) : st;
}

static enum yg_status read_json(struct reading *r, struct yg_str in)
{
    struct yg_str key;
    enum yg_status st = yg_json_pull_new(in.n + 1, &r->pull);

    if (st != YG_OK)
        return no_memory(r->err);
    bool ok = yg_json_pull_begin(r->pull, in) && yg_json_pull_into(r->pull, '{');
    while (ok && st == YG_OK && yg_json_pull_member(r->pull, &key)) {
        int i = find_member(r, key);
        st = i < 0 ? YG_EINVAL : read_member(r, i);
    }
    if (st == YG_OK && !(ok && yg_json_pull_end(r->pull)))
        st = yg_err_set(r->err, YG_EINVAL, "the body is not one JSON object");
    yg_json_pull_free(r->pull);
    return st;
}

/* ------------------------------------------------------------------------------------ */

static enum yg_status missing(const struct reading *r)
{
    for (int i = 0; i < YG_MEMBER_COUNT; i++) {
        const struct yg_member_info *m = &yg_member_info[i];
        bool empty = m->kind == YG_MEMBER_TEXT && m->least > 0 && r->out->text[i].n == 0;
        if (m->body == r->kind && m->must && (!r->out->given[i] || empty))
            return yg_err_set(r->err, YG_EINVAL, "%s is missing: %s", m->name, m->help);
    }
    return YG_OK;
}

static enum yg_status read_upload(struct reading *r, struct yg_str type, struct yg_str in)
{
    const char *want = yg_body_info[r->kind].upload;

    if (!is_type(type, yg_str_of(want)))
        return yg_err_set(r->err, YG_EFORMAT, "send %s", want);
    r->out->data = in;
    return YG_OK;
}

enum yg_status yg_body_read(enum yg_body_kind kind, struct yg_str type, struct yg_str in,
                            struct yg_arena *arena, struct yg_body *out,
                            struct yg_err *err)
{
    struct reading r = { .kind = kind, .arena = arena, .out = out, .err = err };
    enum yg_status st = YG_OK;

    *out = (struct yg_body){ .form = is_type(type, YG_STR(FORM)) };
    if (yg_body_info[kind].upload)
        return read_upload(&r, type, in);
    if (out->form)
        st = read_form(&r, in);
    else if (is_type(type, YG_STR("application/json")))
        st = read_json(&r, in);
    else if (in.n > 0 || kind != YG_BODY_NONE)
        st = yg_err_set(err, YG_EFORMAT, "send application/json");
    return st == YG_OK ? missing(&r) : st;
}
