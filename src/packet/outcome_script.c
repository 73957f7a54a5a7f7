/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Did the script come back so that it runs, made harmless, or neither?
 *
 * "Made harmless" is a claim about the whole page, and needs that the page did it: every
 * copy of the value there is either written with references or escapes where its brackets
 * (and, inside of a tag or a script, its quotes) were, or stands where it cannot run. An
 * encoding that the question brought along, or that every browser puts on an address, is
 * nobody's protection. All else stays undecided.
 */
#include "packet/outcome_priv.h"

#include "packet/peel.h"

/* Candidates that are looked at closely: who writes question or answer must not choose
 * the work. */
#define TRIES_MAX 32U
#define STEPS_MAX (1U << 22) /* characters compared with the value's */
#define VALUE_MAX 200U
#define BEFORE    4096U /* looked back for what a place is in */
#define ALIKE     16U   /* characters of a value that was changed on the way */

/* Would a browser read the answer as a page? */
static bool is_page(const struct yg_asked *a)
{
    struct yg_str type = a->x->answer_type;
    size_t end = 0;

    if (type.n > 0)
        return yg_str_has_nocase(type, YG_STR("html")) ||
               yg_str_has_nocase(type, YG_STR("svg"));
    return yg_match_find("<%w", yg_sub(a->answer, 0, 512), 0, &end) != YG_NOWHERE;
}

/* Between tags; inside a tag; in the text of a script or style; or in a comment, title or
 * text area, where nothing runs until it is closed. */
enum place { PLACE_TEXT, PLACE_TAG, PLACE_SCRIPT, PLACE_DEAD };

struct spot {
    enum place place;
    const char *closer; /* of PLACE_DEAD */
};

static bool is_open(struct yg_str before, const char *opens, const char *closes)
{
    size_t end = 0, from = YG_NOWHERE;

    for (size_t k = 0; (k = yg_match_find(opens, before, k, &end)) != YG_NOWHERE; k++)
        from = k;
    return from != YG_NOWHERE && yg_match_find(closes, before, from, &end) == YG_NOWHERE;
}

static struct spot spot_of(struct yg_str page, size_t at)
{
    static const char *const inside[][2] = {
        { "<!--", "-->" },
        { "<title", "</title" },
        { "<textarea", "</textarea" },
        { "<noscript", "</noscript" },
        { "<script", "</script" },
        { "<style", "</style" },
    };
    size_t open = YG_NOWHERE, close = YG_NOWHERE;
    struct yg_str before = yg_sub(page, at > BEFORE ? at - BEFORE : 0, at);

    for (size_t i = 0; i < YG_ARRAY_LEN(inside); i++)
        if (is_open(before, inside[i][0], inside[i][1]))
            return (struct spot){ i < 4 ? PLACE_DEAD : PLACE_SCRIPT, inside[i][1] };
    for (size_t i = 0; i < before.n; i++) {
        if (before.p[i] == '<')
            open = i;
        else if (before.p[i] == '>')
            close = i;
    }
    if (open == YG_NOWHERE || (close != YG_NOWHERE && close > open))
        return (struct spot){ PLACE_TEXT, "" };
    return (struct spot){ PLACE_TAG, "" };
}

/* The part of the payload that would run: from its first bracket or quote to the end of
 * that tag, or the whole. */
static struct yg_str core_of(struct yg_str s)
{
    size_t from = 0, to = 0;

    while (from < s.n && !(s.p[from] == '<' && from + 1 < s.n &&
                           (yg_is_alpha(s.p[from + 1]) || s.p[from + 1] == '/')))
        from++;
    if (from == s.n)
        return yg_sub(yg_str_trim(s), 0, 120);
    /* "<b>" alone is too little to be sure that it is the same */
    for (to = from; to != YG_NOWHERE && to < from + 12;) {
        to = yg_find(s, YG_STR(">"), to);
        to = to == YG_NOWHERE ? to : to + 1;
        if (to == s.n)
            break;
    }
    return yg_sub(s, from, to == YG_NOWHERE ? from + 120 : to);
}

static bool has_quote(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (memchr("'\"`", s.p[i], 3))
            return true;
    return false;
}

/* What was asked to be shown, and what is known of its copies so far. */
struct copies {
    struct yg_str page, value, core;
    bool tag;         /* the core begins with one */
    uint32_t raw;     /* as they were sent */
    bool runs, doubt; /* one does, or may */
    size_t at, end;   /* where it runs, else a harmless copy */
    bool harmless;
};

static void keep(struct copies *c, bool runs, size_t at, size_t n)
{
    if (runs || !c->harmless) {
        c->at = at;
        c->end = at + n;
    }
    c->runs |= runs;
    c->harmless |= !runs;
}

/* Copies with no character changed. */
static void raw_copies(struct copies *c)
{
    bool breaks = memchr("'\"`", c->core.p[0], 3);
    bool ends_script = yg_str_has_nocase(yg_sub(c->core, 0, 8), YG_STR("</script"));
    size_t end = 0;

    for (size_t i = 0; c->raw < TRIES_MAX && !c->runs &&
                       (i = yg_find(c->page, c->core, i)) != YG_NOWHERE;
         i++, c->raw++) {
        struct spot s = spot_of(c->page, i);
        bool runs =
            c->tag ? s.place == PLACE_TEXT || (s.place == PLACE_SCRIPT && ends_script)
                   : breaks && s.place == PLACE_TAG;
        bool dead = (s.place == PLACE_DEAD &&
                     yg_match_find(s.closer, c->value, 0, &end) == YG_NOWHERE) ||
                    (s.place == PLACE_TEXT && !memchr(c->value.p, '<', c->value.n));
        if (runs || dead)
            keep(c, runs, i, c->core.n);
        else
            c->doubt = true;
    }
    c->doubt |= c->raw == TRIES_MAX;
    /* in other letters, or cut: nobody knows what that does */
    if (c->raw == 0 && c->tag && yg_str_has_nocase(c->page, yg_sub(c->core, 0, ALIKE)))
        c->doubt = true;
}

/* A character reference ("&lt;", "&#60;", "&#x3c;"); its length, 0: none. */
static size_t reference(struct yg_str s, uint64_t *c)
{
    static const struct {
        const char *name, c;
    } known[] = {
        { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' }, { "amp", '&' }
    };
    size_t end = yg_find(yg_sub(s, 0, 12), YG_STR(";"), 0);

    if (end == YG_NOWHERE || end < 2)
        return 0;
    struct yg_str name = yg_sub(s, 1, end);
    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (yg_str_eq_nocase(name, yg_str_of(known[i].name))) {
            *c = (unsigned char)known[i].c;
            return end + 1;
        }
    if (name.n < 2 || name.p[0] != '#')
        return 0;
    bool hex = (name.p[1] | 0x20) == 'x';
    bool read = hex ? yg_str_hex64(yg_sub(name, 2, name.n), c)
                    : yg_str_u64(yg_sub(name, 1, name.n), c);
    return read ? end + 1 : 0;
}

/* An escape of scripts ("\u003c", "\x3c", "\""); its length, 0: none. */
static size_t escape(struct yg_str s, uint64_t *c)
{
    if (s.n < 2)
        return 0;
    size_t digits = s.p[1] == 'u' ? 4 : s.p[1] == 'x' ? 2 : 0;
    if (digits)
        return s.n >= 2 + digits && yg_str_hex64(yg_sub(s, 2, 2 + digits), c) ? 2 + digits
                                                                              : 0;
    *c = (unsigned char)s.p[1];
    return memchr("\"'`/<>&\\", s.p[1], 8) ? 2 : 0;
}

/* Does a copy with its brackets encoded begin at `at`? Its length, 0: no. `*bare`: quotes
 * of it are as they were. `*how`: the encodings, enum yg_peel. */
static size_t encoded_copy(struct yg_str page, size_t at, struct yg_str what, bool *bare,
                           uint32_t *how)
{
    uint32_t coded = 0;
    size_t i = at;

    *bare = false;
    for (size_t k = 0; k < what.n; k++) {
        struct yg_str s = yg_sub(page, i, i + 12);
        uint64_t c = 0;
        size_t n = s.n == 0         ? 0
                   : s.p[0] == '&'  ? reference(s, &c)
                   : s.p[0] == '\\' ? escape(s, &c)
                                    : 0;
        if (n > 0 && c == (unsigned char)what.p[k]) {
            coded |= s.p[0] == '&' ? YG_PEEL_HTML : YG_PEEL_ESCAPE;
            i += n;
        } else if (s.n > 0 && s.p[0] == what.p[k] && what.p[k] != '<') {
            *bare |= memchr("'\"`", what.p[k], 3) != NULL;
            i++;
        } else {
            return 0;
        }
    }
    *how = coded;
    return coded ? i - at : 0;
}

/* Copies that the page encoded. `how` collects the encodings. */
static uint32_t encoded_copies(struct copies *c, struct yg_str what, uint32_t *how)
{
    /* inside of a tag or script the quotes before the core matter, too */
    bool part = what.n < c->value.n && has_quote(c->value);
    uint32_t found = 0;
    size_t steps = 0;

    for (size_t i = 0; i < c->page.n && found < TRIES_MAX; i++) {
        uint32_t coded = 0;
        bool bare = false;
        char first = c->page.p[i];
        if (first != '&' && first != '\\' && first != what.p[0])
            continue;
        size_t n = encoded_copy(c->page, i, what, &bare, &coded);
        steps += n ? n : VALUE_MAX / 8;
        if (steps > STEPS_MAX) {
            c->doubt = true;
            break;
        }
        if (n == 0)
            continue;
        enum place place = spot_of(c->page, i).place;
        found++;
        *how |= coded;
        if ((place == PLACE_TAG || place == PLACE_SCRIPT) && (bare || part))
            c->doubt = true;
        else
            keep(c, false, i, n);
        i += n - 1;
    }
    c->doubt |= found == TRIES_MAX;
    return found;
}

/* Did the question bring these encodings along? Then they are not the page's doing. */
static bool brought_along(const struct yg_judging *j, const struct yg_exchange *x,
                          uint32_t how)
{
    return ((yg_peel(x->target, j->arena).what | yg_peel(x->body, j->arena).what |
             yg_peel(x->head, j->arena).what) &
            how) != 0;
}

/* A later part may hold a copy that runs. */
static bool is_whole(const struct yg_exchange *x)
{
    return !(x->flags & YG_XF_CUT) && x->answer_size <= x->answer_body.n;
}

void yg_judge_script(struct yg_judging *j, const struct yg_asked *a)
{
    struct copies c = { .page = a->answer };
    struct yg_mark_at where = yg_judge_answer_of(j, a->x);
    uint32_t how = 0;

    c.value = a->intent->object.n ? a->intent->object : a->intent->text;
    c.core = core_of(c.value);
    if (c.core.n < 6 || !is_page(a))
        return;
    c.tag = c.core.p[0] == '<';
    raw_copies(&c);
    if (c.runs) {
        yg_judge_mark(j, YG_M_REFLECTED, &where, yg_sub(c.page, c.at, c.end + 80));
        return;
    }
    if (c.doubt || yg_judge_blind_too(j, a) || !is_whole(a->x))
        return;
    if (c.value.n > VALUE_MAX || encoded_copies(&c, c.value, &how) == 0)
        (void)encoded_copies(&c, c.core, &how);
    if (c.harmless && !c.doubt && !brought_along(j, a->x, how))
        yg_judge_mark(j, YG_M_ESCAPED, &where, yg_sub(c.page, c.at, c.end));
}
