/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/ldapfilter.h"

enum choice {
    AND = 0xa0,
    OR = 0xa1,
    NOT = 0xa2,
    EQUAL = 0xa3,
    SUBSTRINGS = 0xa4,
    AT_LEAST = 0xa5,
    AT_MOST = 0xa6,
    PRESENT = 0x87,
    APPROXIMATELY = 0xa8,
    EXTENSIBLE = 0xa9,
};

static void put_pair(struct yg_textbuf *t, struct yg_str body, struct yg_str sign)
{
    struct yg_cursor c = yg_cursor_of(body.p, body.n);
    struct yg_der name, value;

    if (!yg_der_next(&c, &name) || !yg_der_next(&c, &value))
        return;
    yg_textbuf_clean(t, name.body);
    yg_textbuf_add(t, sign);
    yg_textbuf_clean(t, value.body);
}

/* { type, SEQUENCE OF [0] initial, [1] any, [2] final } */
static void put_substrings(struct yg_textbuf *t, struct yg_str body)
{
    struct yg_cursor c = yg_cursor_of(body.p, body.n);
    struct yg_der name, list, piece = { .tag = 0 };

    if (!yg_der_next(&c, &name) || !yg_der_next(&c, &list))
        return;
    yg_textbuf_clean(t, name.body);
    yg_textbuf_add(t, YG_STR("="));
    c = yg_cursor_of(list.body.p, list.body.n);
    while (!t->full && yg_der_next(&c, &piece)) {
        if (piece.tag != 0x80)
            yg_textbuf_add(t, YG_STR("*"));
        yg_textbuf_clean(t, piece.body);
    }
    if (piece.tag != 0x82)
        yg_textbuf_add(t, YG_STR("*"));
}

/* { [1] matching rule, [2] type, [3] value, [4] dn attributes } */
static void put_extensible(struct yg_textbuf *t, struct yg_str body)
{
    yg_textbuf_clean(t, yg_der_find(body, 0x82));
    yg_textbuf_add(t, YG_STR(":"));
    yg_textbuf_clean(t, yg_der_find(body, 0x81));
    yg_textbuf_add(t, YG_STR(":="));
    yg_textbuf_clean(t, yg_der_find(body, 0x83));
}

static void put_leaf(struct yg_textbuf *t, const struct yg_der *f)
{
    yg_textbuf_add(t, YG_STR("("));
    switch (f->tag) {
    case EQUAL:
        put_pair(t, f->body, YG_STR("="));
        break;
    case AT_LEAST:
        put_pair(t, f->body, YG_STR(">="));
        break;
    case AT_MOST:
        put_pair(t, f->body, YG_STR("<="));
        break;
    case APPROXIMATELY:
        put_pair(t, f->body, YG_STR("~="));
        break;
    case SUBSTRINGS:
        put_substrings(t, f->body);
        break;
    case PRESENT:
        yg_textbuf_clean(t, f->body);
        yg_textbuf_add(t, YG_STR("=*"));
        break;
    case EXTENSIBLE:
        put_extensible(t, f->body);
        break;
    default:
        yg_textbuf_add(t, YG_STR("?"));
        break;
    }
    yg_textbuf_add(t, YG_STR(")"));
}

struct yg_str yg_ldap_filter_text(const struct yg_der *filter, struct yg_arena *arena)
{
    struct yg_cursor level[YG_LDAP_FILTER_DEPTH];
    struct yg_textbuf t;
    struct yg_der f = *filter;
    size_t depth = 0;

    yg_textbuf_init(&t, arena, YG_LDAP_FILTER_MAX);
    do {
        bool list = f.tag == AND || f.tag == OR || f.tag == NOT;
        if (list && depth < YG_LDAP_FILTER_DEPTH) {
            yg_textbuf_add(&t, f.tag == AND  ? YG_STR("(&")
                               : f.tag == OR ? YG_STR("(|")
                                             : YG_STR("(!"));
            level[depth++] = yg_cursor_of(f.body.p, f.body.n);
        } else {
            put_leaf(&t, &f);
        }
        while (depth > 0 && !yg_der_next(&level[depth - 1], &f)) {
            yg_textbuf_add(&t, YG_STR(")"));
            depth--;
        }
    } while (depth > 0 && !t.full);
    return yg_textbuf_str(&t);
}
