/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns element by element; and that what is asked before a rule is tried (bytes
 * ahead, marks of a gate) hides no match: against trying every rule at every place.
 */
#include "base/rng.h"
#include "base/status.h"
#include "packet/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct yg_match_rule rule[] = {
    { .pattern = "union%sselect" },  { .pattern = "%bor%b" },     { .pattern = "a" },
    { .pattern = "%d%o=%o%d" },      { .pattern = "%c%oor%b" },   { .pattern = "%^b%$" },
    { .pattern = "%q%p..%p" },       { .pattern = "<%w%aon%w=" }, { .pattern = "%.%p" },
    { .pattern = "%%2e" },           { .pattern = "%o;" },        { .pattern = "%x:%n" },
    { .pattern = "%b%^a%q" },        { .pattern = "a%q%q%q" },    { .pattern = "%$" },
    { .pattern = "\xac\xed%.\x05" }, { .pattern = "b%aa" },       { .pattern = "%sb" },
};

static void each_element(void **state)
{
    static const struct {
        const char *what, *pattern, *text;
        size_t at, end; /* YG_NOWHERE: no match */
    } c[] = {
        { "letters match either case", "ab", "xAb", 1, 3 },
        { "digits, all of them", "%d", "a123b", 1, 4 },
        { "a comment is a blank", "a%sb", "a/**/b", 0, 6 },
        { "a long comment is none", "a%sb",
          "a/*xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
          "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx*/b",
          YG_NOWHERE, 0 },
        { "blanks may be missing", "a%ob", "ab", 0, 2 },
        { "any bytes of the line", "a%ac", "axxc", 0, 4 },
        { "not beyond it", "a%ac", "ax\nc", YG_NOWHERE, 0 },
        { "the edge of a word", "%bor%b", "nor or", 4, 6 },
        { "the start of a line", "%^b", "ab\nb", 3, 4 },
        { "the end of a line", "a%$", "ab a\r\n", 3, 4 },
        { "a quote, or none", "%qx", "'x", 0, 2 },
        { "far away", "z", "yyyyyyyyyyyyyyyyyyyyyyZyyyyyyyyyyyyyyyy", 22, 23 },
        { "at the very end", "ab", "xxxxxxxxxxxxxxxab", 15, 17 },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        size_t end = 0, at = yg_match_find(c[i].pattern, yg_str_of(c[i].text), 0, &end);
        if (at != c[i].at || (at != YG_NOWHERE && end != c[i].end))
            fail_msg("%s: at %zu, to %zu", c[i].what, at, end);
    }
}

/* Every rule at every place, as if nothing was known before. */
static size_t all_hits(struct yg_str s, size_t at, size_t r, size_t *end)
{
    for (; at < s.n; at++, r = 0)
        for (; r < YG_ARRAY_LEN(rule); r++)
            if (yg_match_at(rule[r].pattern, s, at, end))
                return at * YG_ARRAY_LEN(rule) + r;
    return YG_NOWHERE;
}

static void compare(const struct yg_matcher *m, struct yg_str s, const uint8_t *marks)
{
    struct yg_hit h = { .marks = marks, .bit = 4 };
    size_t end = 0, next = all_hits(s, 0, 0, &end);

    while (yg_match_next(m, s, &h)) {
        size_t got = h.at * YG_ARRAY_LEN(rule) + (size_t)(h.rule - rule);
        if (got != next || h.end != end)
            fail_msg("'%.*s': hit %zu, wanted %zu", YG_STR_ARG(s), got, next);
        next++;
        next = all_hits(s, next / YG_ARRAY_LEN(rule), next % YG_ARRAY_LEN(rule), &end);
    }
    if (next != YG_NOWHERE)
        fail_msg("'%.*s': hit %zu was passed over", YG_STR_ARG(s), next);
}

static void nothing_is_passed_over(void **state)
{
    static const char byte[] = "abor1 =;'\"/\\.<%2e:*\n+unionSELECT\xac\xed\x05";
    static struct yg_matcher m;
    static struct yg_match_gate gate;
    char text[40];
    uint8_t marks[sizeof(text)];
    struct yg_rng rng;

    (void)state;
    yg_rng_init(&rng, 1);
    yg_matcher_init(&m, rule, YG_ARRAY_LEN(rule));
    yg_match_gate_rules(&gate, 4, &m);
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = (size_t)yg_rng_below(&rng, sizeof(text) + 1);
        for (size_t i = 0; i < n; i++)
            text[i] = byte[yg_rng_below(&rng, sizeof(byte) - 1)];
        if (n > 20 && round % 3 == 0)
            memcpy(text + round % 16, "/**/", 4);
        struct yg_str s = { text, n };
        compare(&m, s, NULL);
        yg_match_mark(&gate, s, marks);
        compare(&m, s, marks);
    }
}

static void marks_of_bytes(void **state)
{
    static struct yg_match_gate gate;
    static const char text[] = "a;b$(c$d;";
    uint8_t marks[sizeof(text)];
    size_t n = sizeof(text) - 1;

    (void)state;
    yg_match_gate_bytes(&gate, 1, ";", NULL);
    yg_match_gate_bytes(&gate, 2, "$", "(");
    yg_match_mark(&gate, (struct yg_str){ text, n }, marks);
    assert_int_equal(yg_match_marked(marks, n, 0, 1), 1);
    assert_int_equal(yg_match_marked(marks, n, 2, 1), n - 1);
    assert_int_equal(yg_match_marked(marks, n, 0, 2), 3);
    assert_int_equal(yg_match_marked(marks, n, 4, 2), n - 1); /* nothing is known of it */
    assert_int_equal(yg_match_marked(marks, n, n, 2), n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_element),
        cmocka_unit_test(nothing_is_passed_over),
        cmocka_unit_test(marks_of_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
