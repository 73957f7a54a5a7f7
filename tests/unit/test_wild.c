/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns: the same answer as the plainest matcher gives, at a cost that no text and no
 * pattern can drive up. */
#include "query/wild.h"

#include "base/clock.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char low(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Every way there is, one after the other. */
static bool plainly(struct yg_str p, struct yg_str s, bool open)
{
    if (p.n == 0)
        return open || s.n == 0;
    struct yg_str rest = { p.p + 1, p.n - 1 }, less = { s.p + 1, s.n - 1 };
    if (p.p[0] == '*')
        return plainly(rest, s, open) || (s.n > 0 && plainly(p, less, open));
    if (s.n == 0)
        return false;
    if (p.p[0] == '?') {
        bool begins = ((unsigned char)s.p[0] & 0xc0) == 0xc0;
        while (begins && less.n > 0 && ((unsigned char)less.p[0] & 0xc0) == 0x80)
            less = (struct yg_str){ less.p + 1, less.n - 1 };
        return plainly(rest, less, open);
    }
    if (p.p[0] == '\\' && p.n > 1)
        rest = (struct yg_str){ p.p + 2, p.n - 2 };
    char c = p.p[0] == '\\' && p.n > 1 ? p.p[1] : p.p[0];
    return low(c) == low(s.p[0]) && plainly(rest, less, open);
}

static bool plainly_in(struct yg_str p, struct yg_str s)
{
    for (size_t i = 0; i <= s.n; i++)
        if (plainly(p, (struct yg_str){ s.p + i, s.n - i }, true))
            return true;
    return false;
}

/* Few letters, so that much matches in part; characters of more bytes, whole and torn. */
static struct yg_str draw(struct yg_rng *rng, const char *const *of, size_t kinds,
                          size_t most, char *room)
{
    struct yg_str s = { room, 0 };

    for (uint64_t n = yg_rng_below(rng, most + 1); n > 0; n--)
        for (const char *c = of[yg_rng_below(rng, kinds)]; *c; c++)
            room[s.n++] = *c;
    return s;
}

static void as_plainly(void **state)
{
    static const char *const text[] = {
        "a", "a", "a", "a", "A", "b", "\xc3\xa4", "\xa4", "\xe2\x82\xac", "*"
    };
    static const char *const pattern[] = { "a", "a", "a",        "aa",  "b",
                                           "?", "*", "\xc3\xa4", "\\*", "\\" };
    char p_room[64], s_room[256];
    struct yg_rng rng;
    size_t found = 0;

    (void)state;
    yg_rng_init(&rng, 1);
    for (int i = 0; i < 200000; i++) {
        struct yg_str p = draw(&rng, pattern, YG_ARRAY_LEN(pattern), 9, p_room);
        struct yg_str s = draw(&rng, text, i % 2 ? YG_ARRAY_LEN(text) : 7, 30, s_room);
        bool is = yg_wild_is(p, s), in = yg_wild_in(p, s);
        if (is != plainly(p, s, false) || in != plainly_in(p, s))
            fail_msg("%.*s in %.*s: %d, %d", YG_STR_ARG(p), YG_STR_ARG(s), is, in);
        found += is + in;
    }
    assert_true(found > 10000);
}

/* What takes the longest: a text of one letter, and a pattern that nearly is it. */
static void hostile(void **state)
{
    static const struct {
        const char *name, *first, *middle, *last;
        bool whole;
    } row[] = {
        { "a run of letters and another one", "", "a", "b", false },
        { "with any character at its end", "", "a", "?b", false },
        { "with stars between", "*a", "a", "*b", false },
        { "of any characters", "", "?", "b", false },
        { "the whole", "*", "a", "b*", true },
    };
    const size_t n = (size_t)1 << 20;
    char *text = malloc(n);
    char pattern[300];

    (void)state;
    assert_non_null(text);
    memset(text, 'a', n);
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_str p = { pattern, 0 };
        p.n += (size_t)snprintf(pattern, sizeof(pattern), "%s", row[i].first);
        while (p.n < 250)
            pattern[p.n++] = row[i].middle[0];
        p.n += (size_t)snprintf(pattern + p.n, sizeof(pattern) - p.n, "%s", row[i].last);
        struct yg_str s = { text, n };
        double begun = yg_clock_wall();
        assert_false(row[i].whole ? yg_wild_is(p, s) : yg_wild_in(p, s));
        text[n - 1] = 'b';
        assert_true(row[i].whole ? yg_wild_is(p, s) : yg_wild_in(p, s));
        text[n - 1] = 'a';
        /* some 20 ms; the product would be over half a second */
        if (yg_clock_wall() - begun > 2)
            fail_msg("%s: %.2f s", row[i].name, yg_clock_wall() - begun);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(as_plainly),
                                        cmocka_unit_test(hostile) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
