/* SPDX-License-Identifier: Apache-2.0 */
/* Text to tree, by recursive descent: one function a rule of query.h's grammar. */
#include "query/query_priv.h"

#include <string.h>

struct parser {
    struct yg_query_values values;
    struct yg_str text;
    size_t at; /* of the next token */
    struct {
        enum kind {
            END,
            WORD,
            QUOTED,
            PUNCTUATION /* one of ( ) [ ] : */
        } kind;
        struct yg_str s; /* of a quoted one what stands between the quotes */
        size_t at;
    } token;
    struct yg_query_node *node;
    size_t nodes;
    unsigned depth;
    struct yg_err *err;
};

/* ---- tokens ------------------------------------------------------------------------ */

static enum yg_status fail(struct parser *p, size_t at, enum yg_status st,
                           const char *why)
{
    yg_err_set(p->err, st, "%s", why);
    if (p->err)
        p->err->column = (int)at + 1;
    return st;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_word(char c)
{
    return blank(c) || (c != 0 && strchr("()[]\"", c));
}

/* Where a word that begins at `at` ends: at a blank, a bracket, a quote, and at the first
 * colon when it could be a field's name. */
static size_t word_end(struct yg_str t, size_t at, bool name)
{
    for (size_t i = at; i < t.n; i++) {
        if (t.p[i] == '\\')
            i++;
        else if (ends_word(t.p[i]) || (name && t.p[i] == ':' && i > at))
            return i;
    }
    return t.n;
}

/* No digit begins a name, and an address with colons is none. */
static bool may_be_name(struct yg_str t, size_t at)
{
    size_t i = at;

    while (i < t.n &&
           (t.p[i] == '.' || t.p[i] == '_' || t.p[i] == '@' || t.p[i] == '-' ||
            (t.p[i] >= '0' && t.p[i] <= '9') || (t.p[i] >= 'a' && t.p[i] <= 'z') ||
            (t.p[i] >= 'A' && t.p[i] <= 'Z')))
        i++;
    if (i == at || i >= t.n || t.p[i] != ':' || (t.p[at] >= '0' && t.p[at] <= '9'))
        return false;
    struct yg_query_node scratch;
    struct yg_str whole = { t.p + at, word_end(t, at, false) - at };
    return !yg_query_address(whole, &scratch);
}

static enum yg_status quoted(struct parser *p)
{
    struct yg_str t = p->text;
    size_t i = p->at + 1;

    while (i < t.n && t.p[i] != '"')
        i += t.p[i] == '\\' ? 2 : 1;
    if (i >= t.n)
        return fail(p, p->at, YG_EINVAL, "a quote is opened here and not closed");
    p->token.kind = QUOTED;
    p->token.s = (struct yg_str){ t.p + p->at + 1, i - p->at - 1 };
    p->at = i + 1;
    return YG_OK;
}

/* Read the next token; `value`: one is expected, colons belong to it. */
static enum yg_status next(struct parser *p, bool value)
{
    struct yg_str t = p->text;

    while (p->at < t.n && blank(t.p[p->at]))
        p->at++;
    p->token.at = p->at;
    if (p->at >= t.n) {
        p->token.kind = END;
        p->token.s = YG_STR("");
        return YG_OK;
    }
    if (t.p[p->at] == '"')
        return quoted(p);
    size_t end = p->at + 1;
    p->token.kind = PUNCTUATION;
    if (t.p[p->at] == 0 || !strchr(value ? "()[]" : "()[]:", t.p[p->at])) {
        p->token.kind = WORD;
        end = word_end(t, p->at, !value && may_be_name(t, p->at));
    }
    p->token.s = (struct yg_str){ t.p + p->at, end - p->at };
    p->at = end;
    return p->token.s.n <= YG_QUERY_TEXT
               ? YG_OK
               : fail(p, p->token.at, YG_ELIMIT, "a text is longer than 256 bytes");
}

static bool is(const struct parser *p, char c)
{
    return p->token.kind == PUNCTUATION && p->token.s.p[0] == c;
}

static bool is_word(const struct parser *p, const char *word)
{
    return p->token.kind == WORD && yg_str_eq_nocase(p->token.s, yg_str_of(word));
}

/* ---- nodes ------------------------------------------------------------------------- */

static enum yg_status add(struct parser *p, const struct yg_query_node *n, uint16_t *out)
{
    if (p->nodes == YG_QUERY_NODES)
        return fail(p, p->token.at, YG_ELIMIT, "too many terms: at most about 128");
    p->node[p->nodes] = *n;
    *out = (uint16_t)p->nodes++;
    return YG_OK;
}

static enum yg_status join(struct parser *p, unsigned op, uint16_t *a, uint16_t b)
{
    struct yg_query_node n = { .op = (uint8_t)op, .a = *a, .b = b };

    return add(p, &n, a);
}

static enum yg_status deeper(struct parser *p)
{
    return ++p->depth <= YG_QUERY_DEPTH
               ? YG_OK
               : fail(p, p->token.at, YG_ELIMIT, "brackets in brackets: at most 16 deep");
}

/* ---- values ------------------------------------------------------------------------ */

static enum yg_status said_at(struct parser *p, size_t at, enum yg_status st)
{
    if (st != YG_OK && p->err)
        p->err->column = (int)at + 1;
    return st;
}

static enum yg_status between(struct parser *p, struct yg_query_node *t)
{
    struct yg_str end[2];
    size_t at = p->token.at;
    enum yg_status st = YG_OK;

    for (int i = 0; st == YG_OK && i < 2; i++) {
        st = next(p, true);
        if (st == YG_OK && p->token.kind != WORD && p->token.kind != QUOTED)
            st = fail(p, p->token.at, YG_EINVAL, "a range is written [a to b]");
        end[i] = p->token.s;
        if (st == YG_OK)
            st = next(p, true);
        if (st == YG_OK && (i == 0 ? !is_word(p, "to") : !is(p, ']')))
            st = fail(p, p->token.at, YG_EINVAL, "a range is written [a to b]");
    }
    if (st == YG_OK)
        st = said_at(p, at, yg_query_between(&p->values, end[0], end[1], t, p->err));
    return st;
}

/* "<", ">=", ... in front of a value, cut off. */
static enum yg_query_cmp comparison(struct yg_str *s)
{
    static const struct {
        const char *sign;
        enum yg_query_cmp cmp;
    } known[] = {
        { ">=", YG_QC_GE }, { "<=", YG_QC_LE }, { ">", YG_QC_GT }, { "<", YG_QC_LT }
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++) {
        struct yg_str sign = yg_str_of(known[i].sign);
        if (yg_str_starts(*s, sign)) {
            *s = (struct yg_str){ s->p + sign.n, s->n - sign.n };
            return known[i].cmp;
        }
    }
    return YG_QC_EQ;
}

/* A word or quoted text as the value of `t->what`; the token behind it is not read. */
static enum yg_status single(struct parser *p, struct yg_query_node *t)
{
    enum yg_query_cmp cmp = YG_QC_EQ;
    struct yg_str s = p->token.s;
    size_t at = p->token.at;
    enum yg_status st = YG_OK;

    if (p->token.kind != WORD && p->token.kind != QUOTED)
        return fail(p, at, YG_EINVAL, "a value is expected here");
    if (p->token.kind == WORD && yg_str_eq(s, YG_STR("*"))) {
        t->test = YG_QT_EXISTS;
        return YG_OK;
    }
    if (p->token.kind == WORD)
        cmp = comparison(&s);
    if (cmp != YG_QC_EQ && s.n == 0) { /* ">= 5" */
        st = next(p, true);
        s = p->token.s;
    }
    if (st == YG_OK && s.n == 0 && p->token.kind != QUOTED)
        return fail(p, at, YG_EINVAL, "a value is expected here");
    if (st == YG_OK)
        st = said_at(p, at, yg_query_value(&p->values, cmp, s, t, p->err));
    return st;
}

static enum yg_status value(struct parser *p, unsigned what, uint16_t *out);

/* "(a or b c)": the bracket is read. */
static enum yg_status values(struct parser *p, unsigned what, uint16_t *out)
{
    enum yg_status st = deeper(p);
    uint16_t one;

    for (size_t n = 0; st == YG_OK; n++) {
        st = next(p, true);
        if (st == YG_OK && n > 0 && is_word(p, "or"))
            st = next(p, true);
        else if (st == YG_OK && n > 0 && is(p, ')'))
            break;
        if (st == YG_OK)
            st = value(p, what, n > 0 ? &one : out);
        if (st == YG_OK && n > 0)
            st = join(p, YG_QN_OR, out, one);
    }
    p->depth--;
    return st;
}

/* The current token begins the value; the token behind it is not read. */
static enum yg_status value(struct parser *p, unsigned what, uint16_t *out)
{
    struct yg_query_node t = { .op = YG_QN_TERM, .what = (uint16_t)what };
    enum yg_status st;

    if (is(p, '('))
        return values(p, what, out);
    st = is(p, '[') ? between(p, &t) : single(p, &t);
    return st == YG_OK ? add(p, &t, out) : st;
}

/* ---- terms ------------------------------------------------------------------------- */

/* A text without a field: an address or network in any field, or a text anywhere. */
static enum yg_status anywhere(struct parser *p, uint16_t *out)
{
    struct yg_query_node t = {
        .op = YG_QN_TERM, .test = YG_QT_TEXT, .what = YG_QO_ANYWHERE, .text = p->token.s
    };

    if (t.text.n == 0)
        return fail(p, p->token.at, YG_EINVAL, "an empty text is in everything");
    if (p->token.kind == WORD && yg_query_address(t.text, &t)) {
        t.what = YG_QO_ANY_IP;
        t.text = YG_STR("");
    }
    return add(p, &t, out);
}

static enum yg_status term(struct parser *p, uint16_t *out)
{
    struct yg_str name = p->token.s;
    size_t at = p->token.at, behind = p->at;
    bool named = p->token.kind == WORD && behind < p->text.n &&
                 p->text.p[behind] == ':' && may_be_name(p->text, at);
    enum yg_status st;
    int what;

    if ((p->token.kind != WORD && p->token.kind != QUOTED) || is_word(p, "or") ||
        is_word(p, "and"))
        return fail(p, at, YG_EINVAL,
                    p->token.kind == END
                        ? "a term is expected at the end"
                        : "a term is expected here: field:value or a text");
    if (!named) {
        st = anywhere(p, out);
        return st == YG_OK ? next(p, false) : st;
    }
    what = yg_query_what(name);
    if (what < 0) {
        yg_err_set(
            p->err, YG_EINVAL,
            "no field \"%.*s\": is it %s? A text with a colon in it stands in quotes",
            (int)(name.n < 60 ? name.n : 60), name.p, yg_query_nearest(name));
        return said_at(p, at, YG_EINVAL);
    }
    p->at = behind + 1;
    st = next(p, true);
    if (st == YG_OK)
        st = value(p, (unsigned)what, out);
    return st == YG_OK ? next(p, false) : st;
}

static enum yg_status either(struct parser *p, uint16_t *out);

static enum yg_status bracket(struct parser *p, uint16_t *out)
{
    size_t at = p->token.at;
    enum yg_status st = deeper(p);

    if (st == YG_OK)
        st = next(p, false);
    if (st == YG_OK)
        st = either(p, out);
    if (st == YG_OK && !is(p, ')'))
        st = fail(p, at, YG_EINVAL, "a bracket is opened here and not closed");
    p->depth--;
    return st == YG_OK ? next(p, false) : st;
}

static bool minus(const struct parser *p)
{
    return p->token.kind == WORD && p->token.s.n > 0 && p->token.s.p[0] == '-';
}

static enum yg_status unit(struct parser *p, uint16_t *out)
{
    bool negated = is_word(p, "not") || minus(p);
    enum yg_status st;

    if (!negated)
        return is(p, '(') ? bracket(p, out) : term(p, out);
    st = deeper(p);
    if (minus(p))
        p->at = p->token.at + 1;
    if (st == YG_OK)
        st = next(p, false);
    if (st == YG_OK)
        st = unit(p, out);
    p->depth--;
    return st == YG_OK ? join(p, YG_QN_NOT, out, 0) : st;
}

static bool ends(const struct parser *p)
{
    return p->token.kind == END || is(p, ')') || is_word(p, "or");
}

static enum yg_status both(struct parser *p, uint16_t *out)
{
    enum yg_status st = unit(p, out);
    uint16_t one;

    while (st == YG_OK && !ends(p)) {
        if (is_word(p, "and"))
            st = next(p, false);
        if (st == YG_OK)
            st = unit(p, &one);
        if (st == YG_OK)
            st = join(p, YG_QN_AND, out, one);
    }
    return st;
}

static enum yg_status either(struct parser *p, uint16_t *out)
{
    enum yg_status st = both(p, out);
    uint16_t one;

    while (st == YG_OK && is_word(p, "or")) {
        st = next(p, false);
        if (st == YG_OK)
            st = both(p, &one);
        if (st == YG_OK)
            st = join(p, YG_QN_OR, out, one);
    }
    return st;
}

static enum yg_status whole(struct parser *p, uint16_t *root)
{
    enum yg_status st = next(p, false);

    if (st == YG_OK && p->token.kind == END) {
        struct yg_query_node all = { .op = YG_QN_ALL };
        return add(p, &all, root);
    }
    if (st == YG_OK)
        st = either(p, root);
    if (st == YG_OK && p->token.kind != END)
        st = fail(p, p->token.at, YG_EINVAL, "a bracket is closed that was not opened");
    return st;
}

enum yg_status yg_query_parse(struct yg_arena *arena, struct yg_str text,
                              struct yg_query_clock clock, const struct yg_query **out,
                              struct yg_err *err)
{
    struct parser p = { .values = { arena, clock }, .err = err };
    struct yg_query *q;
    enum yg_status st;

    if (text.n > YG_QUERY_BYTES)
        return fail(&p, YG_QUERY_BYTES, YG_ELIMIT, "a query is at most 4096 bytes long");
    p.text = yg_arena_str(arena, text);
    p.node = yg_arena_alloc(arena, YG_QUERY_NODES * sizeof(*p.node));
    q = yg_arena_alloc(arena, sizeof(*q));
    if (!p.text.p || !p.node || !q)
        return yg_err_set(err, YG_ENOMEM, "no room for the query");
    st = whole(&p, &q->root);
    q->node = p.node;
    q->nodes = p.nodes;
    *out = q;
    return st;
}
