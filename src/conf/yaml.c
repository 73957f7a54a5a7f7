/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml.h"

#include "conf/nearest.h"
#include "conf/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <yaml.h>

struct level {
    struct yg_yaml *node; /* the list or table that is open */
    struct yg_yaml *last; /* its newest child */
    bool have_key;
    struct yg_yaml_key key; /* the key whose value comes next */
};

struct build {
    struct yg_arena *arena;
    const char *path;
    struct yg_err *err;
    struct level level[YG_YAML_DEPTH_MAX];
    size_t depth, nodes;
    struct yg_yaml *root;
    unsigned documents;
};

static int line_of(const yaml_mark_t *m)
{
    return m->line < INT32_MAX ? (int)m->line + 1 : 0;
}

static int column_of(const yaml_mark_t *m)
{
    return m->column < INT32_MAX ? (int)m->column + 1 : 0;
}

static enum yg_status refuse(struct build *b, enum yg_status st, const yaml_mark_t *at,
                             const char *what)
{
    yg_err_at(b->err, b->path, line_of(at), column_of(at));
    return yg_err_set(b->err, st, "%s", what);
}

static enum yg_status node_new(struct build *b, enum yg_yaml_type type,
                               const yaml_event_t *ev, struct yg_yaml **out)
{
    if (b->nodes >= YG_YAML_NODES_MAX)
        return refuse(b, YG_ELIMIT, &ev->start_mark, "too many values; split the file");
    struct yg_yaml *n = yg_arena_zalloc(b->arena, sizeof(*n));
    if (!n)
        return refuse(b, YG_ENOMEM, &ev->start_mark, "no memory left for this file");
    b->nodes++;
    n->type = type;
    n->line = line_of(&ev->start_mark);
    n->column = column_of(&ev->start_mark);
    *out = n;
    return YG_OK;
}

/* Hang a finished node under the open list or table, or make it the root. */
static void attach(struct build *b, struct yg_yaml *n)
{
    if (b->depth == 0) {
        b->root = n;
        return;
    }
    struct level *top = &b->level[b->depth - 1];
    if (top->node->type == YG_YAML_TABLE) {
        n->key = top->key;
        top->have_key = false;
    }
    if (top->last)
        top->last->next = n;
    else
        top->node->first = n;
    top->last = n;
    top->node->count++;
}

static bool key_expected(const struct build *b)
{
    return b->depth > 0 && b->level[b->depth - 1].node->type == YG_YAML_TABLE &&
           !b->level[b->depth - 1].have_key;
}

static enum yg_status take_key(struct build *b, struct yg_str text,
                               const yaml_event_t *ev)
{
    struct level *top = &b->level[b->depth - 1];

    if (top->node->count >= YG_YAML_KEYS_MAX)
        return refuse(b, YG_ELIMIT, &ev->start_mark, "too many keys in one table");
    for (const struct yg_yaml *n = top->node->first; n; n = n->next) {
        if (yg_str_eq(n->key.text, text)) {
            yg_err_at(b->err, b->path, line_of(&ev->start_mark),
                      column_of(&ev->start_mark));
            return yg_err_set(b->err, YG_EINVAL,
                              "\"%.*s\" stands here and in line %d; remove one",
                              YG_STR_ARG(text), n->key.line);
        }
    }
    top->key = (struct yg_yaml_key){ text, line_of(&ev->start_mark),
                                     column_of(&ev->start_mark) };
    top->have_key = true;
    return YG_OK;
}

static enum yg_status take_scalar(struct build *b, const yaml_event_t *ev)
{
    struct yg_str text = { (const char *)ev->data.scalar.value, ev->data.scalar.length };

    if (ev->data.scalar.anchor || ev->data.scalar.tag)
        return refuse(b, YG_EINVAL, &ev->start_mark,
                      "anchors and tags are not read here; write the value itself");
    if (text.n > YG_YAML_SCALAR_MAX)
        return refuse(b, YG_ELIMIT, &ev->start_mark, "text too long");
    if (memchr(text.p, '\0', text.n))
        return refuse(b, YG_EINVAL, &ev->start_mark, "text holds a NUL byte");
    text = yg_arena_str(b->arena, text);
    if (!text.p)
        return refuse(b, YG_ENOMEM, &ev->start_mark, "no memory left for this file");
    if (key_expected(b))
        return take_key(b, text, ev);
    struct yg_yaml *n;
    enum yg_status st = node_new(b, YG_YAML_TEXT, ev, &n);
    if (st != YG_OK)
        return st;
    n->text = text;
    n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    attach(b, n);
    return YG_OK;
}

static enum yg_status open_level(struct build *b, enum yg_yaml_type type,
                                 const yaml_event_t *ev, bool decorated)
{
    if (decorated)
        return refuse(b, YG_EINVAL, &ev->start_mark,
                      "anchors and tags are not read here; write the value itself");
    if (key_expected(b))
        return refuse(b, YG_EINVAL, &ev->start_mark, "a key must be plain text");
    if (b->depth >= YG_YAML_DEPTH_MAX)
        return refuse(b, YG_ELIMIT, &ev->start_mark, "nested too deep");
    struct yg_yaml *n;
    enum yg_status st = node_new(b, type, ev, &n);
    if (st != YG_OK)
        return st;
    attach(b, n);
    b->level[b->depth++] = (struct level){ .node = n };
    return YG_OK;
}

static enum yg_status take_event(struct build *b, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents++ > 0)
            return refuse(b, YG_EINVAL, &ev->start_mark,
                          "a second document begins here; one file holds one");
        return YG_OK;
    case YAML_ALIAS_EVENT:
        return refuse(b, YG_EINVAL, &ev->start_mark,
                      "aliases are not read here; write the value itself");
    case YAML_SCALAR_EVENT:
        return take_scalar(b, ev);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(b, YG_YAML_LIST, ev,
                          ev->data.sequence_start.anchor || ev->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_level(b, YG_YAML_TABLE, ev,
                          ev->data.mapping_start.anchor || ev->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        YG_ASSERT(b->depth > 0);
        b->depth--;
        return YG_OK;
    default: /* stream begin and end, document end, nothing */
        return YG_OK;
    }
}

static enum yg_status parser_error(struct build *b, const yaml_parser_t *p)
{
    const char *what = p->problem ? p->problem : "cannot be read as YAML";

    if (p->error == YAML_MEMORY_ERROR)
        return refuse(b, YG_ENOMEM, &p->mark, "no memory left for this file");
    if (p->error == YAML_READER_ERROR) {
        yg_err_at(b->err, b->path, 0, 0);
        return yg_err_set(b->err, YG_EFORMAT, "byte %zu: %s; the file must be UTF-8 text",
                          p->problem_offset, what);
    }
    yg_err_at(b->err, b->path, line_of(&p->problem_mark), column_of(&p->problem_mark));
    return yg_err_set(b->err, YG_EFORMAT, "not YAML: %s%s%s", what, p->context ? " " : "",
                      p->context ? p->context : "");
}

static enum yg_status run(struct build *b, yaml_parser_t *p)
{
    enum yg_status st = YG_OK;
    bool end = false;

    while (st == YG_OK && !end) {
        yaml_event_t ev;
        if (!yaml_parser_parse(p, &ev))
            return parser_error(b, p);
        end = ev.type == YAML_STREAM_END_EVENT;
        st = take_event(b, &ev);
        yaml_event_delete(&ev);
    }
    return st;
}

enum yg_status yg_yaml_parse(struct yg_arena *arena, const char *path, struct yg_str text,
                             const struct yg_yaml **out, struct yg_err *err)
{
    struct build b = { .arena = arena, .path = path, .err = err };
    yaml_parser_t p;

    if (text.n > YG_YAML_TEXT_MAX) {
        yg_err_at(err, path, 0, 0);
        return yg_err_set(err, YG_ELIMIT, "larger than %zu bytes", YG_YAML_TEXT_MAX);
    }
    if (!yaml_parser_initialize(&p)) {
        yg_err_at(err, path, 0, 0);
        return yg_err_set(err, YG_ENOMEM, "no memory to read YAML");
    }
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p, (const unsigned char *)(text.p ? text.p : ""),
                                 text.n);
    enum yg_status st = run(&b, &p);
    yaml_parser_delete(&p);
    if (st == YG_OK && !b.root) {
        static const struct yg_yaml empty = { .type = YG_YAML_TABLE,
                                              .line = 1,
                                              .column = 1 };
        *out = &empty;
    } else if (st == YG_OK) {
        *out = b.root;
    }
    return st;
}

const struct yg_yaml *yg_yaml_get(const struct yg_yaml *table, const char *key)
{
    struct yg_str want = yg_str_of(key);

    if (table->type != YG_YAML_TABLE)
        return NULL;
    for (const struct yg_yaml *n = table->first; n; n = n->next)
        if (yg_str_eq(n->key.text, want))
            return n;
    return NULL;
}

bool yg_yaml_is_null(const struct yg_yaml *node)
{
    return node->type == YG_YAML_TEXT && !node->quoted &&
           (node->text.n == 0 || yg_str_eq(node->text, YG_STR("~")) ||
            yg_str_eq_nocase(node->text, YG_STR("null")));
}

bool yg_yaml_bool(const struct yg_yaml *node, bool *out)
{
    bool yes = yg_str_eq_nocase(node->text, YG_STR("true"));

    if (node->type != YG_YAML_TEXT ||
        (!yes && !yg_str_eq_nocase(node->text, YG_STR("false"))))
        return false;
    *out = yes;
    return true;
}

void yg_yaml_print(const struct yg_yaml *node, int indent, struct yg_buf *out)
{
    if (node->type == YG_YAML_TEXT) {
        yg_buf_char(out, ' ');
        yg_value_quote(out, node->text);
    } else if (node->count == 0 || node->type == YG_YAML_LIST) {
        yg_buf_printf(out, node->type == YG_YAML_LIST ? " [" : " {");
        for (const struct yg_yaml *c = node->first; c; c = c->next) {
            yg_value_quote(out, c->text);
            yg_buf_str_add(out, c->next ? YG_STR(", ") : YG_STR(""));
        }
        yg_buf_char(out, node->type == YG_YAML_LIST ? ']' : '}');
    }
    yg_buf_char(out, '\n');
    for (const struct yg_yaml *c = node->type == YG_YAML_TABLE ? node->first : NULL; c;
         c = c->next) {
        yg_buf_printf(out, "%*s", indent, "");
        yg_value_quote(out, c->key.text);
        yg_buf_char(out, ':');
        yg_yaml_print(c, indent + 2, out);
    }
}

/* The messages are formatted first: arguments may point into `err`'s own path. */
static void set_text(struct yg_err *err, const char *fmt, va_list ap)
{
    char msg[sizeof(err->msg)];

    vsnprintf(msg, sizeof(msg), fmt, ap);
    yg_err_set(err, YG_EINVAL, "%s", msg);
}

enum yg_status yg_yaml_error(struct yg_err *err, const char *path,
                             const struct yg_yaml *node, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return YG_EINVAL;
    va_start(ap, fmt);
    set_text(err, fmt, ap);
    va_end(ap);
    yg_err_at(err, path, node->line, node->column);
    return YG_EINVAL;
}

enum yg_status yg_yaml_key_error(struct yg_err *err, const char *path,
                                 const struct yg_yaml *node, const char *fmt, ...)
{
    bool keyed = node->key.line > 0;
    va_list ap;

    if (!err)
        return YG_EINVAL;
    va_start(ap, fmt);
    set_text(err, fmt, ap);
    va_end(ap);
    yg_err_at(err, path, keyed ? node->key.line : node->line,
              keyed ? node->key.column : node->column);
    return YG_EINVAL;
}

static bool is_one_of(struct yg_str s, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (yg_str_eq(s, yg_str_of(names[i])))
            return true;
    return false;
}

enum yg_status yg_yaml_known_keys(const struct yg_yaml *table, const char *path,
                                  const char *const *names, size_t n, struct yg_err *err)
{
    char hint[YG_NEAREST_HINT_MAX];

    for (const struct yg_yaml *c = table->first; c; c = c->next)
        if (!is_one_of(c->key.text, names, n))
            return yg_yaml_key_error(err, path, c, "unknown key \"%.*s\"%s",
                                     YG_STR_ARG(c->key.text),
                                     yg_nearest_hint(c->key.text, names, n, hint));
    return YG_OK;
}
