/* SPDX-License-Identifier: Apache-2.0 */
#include "input/stitch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MAX 4096

/* Each line of a file, in order, and what is put before the last of them. */
static void header_lines(void **state)
{
    static const struct {
        const char *what, *file, *want;
    } row[] = {
        { "no header", "a b c", "" },
        { "Zeek's names", "#fields\tts\tuid\nx\ty", "#fields\tts\tuid\n" },
        { "Zeek's with the log's", "#separator \\x09\n#path\tconn\n#fields\tts\n1",
          "#path\tconn\n#fields\tts\n" },
        { "W3C", "#Software: x\r\n#Fields: date time\r\n1 2", "#Fields: date time\n" },
        { "other notes change nothing", "#Fields: a b\n#Date: 2026\n1 2",
          "#Fields: a b\n" },
        { "the later one counts", "#Fields: a b\n1 2\n#Fields: c d\n3 4",
          "#Fields: c d\n" },
        { "a path without names leads nothing",
          "#path\tconn\n#fields\tts\n1\n#path\tdns\n2", "" },
        { "a note itself has none", "#fields\tts\n#close\t2026", "" },
        { "an empty line has none", "#fields\tts\n", "" },
        { "names further in are none", "x #fields\tts\ny", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct yg_stitch s = { .n = 0 };
        struct yg_str rest = yg_str_of(row[i].file), got = YG_STR_NONE;
        while (rest.p)
            got = yg_stitch_line(&s, yg_str_cut(&rest, '\n'), MAX);
        print_message("# %s\n", row[i].what);
        assert_int_equal(got.n, strlen(row[i].want));
        assert_true(got.n == 0 || memcmp(got.p, row[i].want, got.n) == 0);
    }
}

static void header_too_long(void **state)
{
    static char line[YG_STITCH_HEAD + 10];
    struct yg_stitch s = { .n = 0 };
    struct yg_str record = YG_STR("1 2");

    (void)state;
    (void)yg_stitch_line(&s, YG_STR("#Fields: a b"), MAX);
    assert_int_equal(yg_stitch_line(&s, record, MAX).n, 13);
    assert_int_equal(yg_stitch_line(&s, record, 15).n, 0); /* both would be too long */
    assert_int_equal(yg_stitch_line(&s, record, 16).n, 13);
    memset(line, 'x', sizeof(line));
    memcpy(line, "#Fields: ", 9);
    (void)yg_stitch_line(&s, (struct yg_str){ line, sizeof(line) }, MAX);
    assert_int_equal(yg_stitch_line(&s, record, MAX).n, 0);
    (void)yg_stitch_line(&s, (struct yg_str){ line, YG_STITCH_HEAD - 1 }, MAX);
    assert_int_equal(yg_stitch_line(&s, record, 2 * YG_STITCH_HEAD).n, YG_STITCH_HEAD);
}

#define A   "--4a5b6c7d-A--\n[02/Jan/2026:03:04:05 +0000] x\n"
#define Z   "--4a5b6c7d-Z--\n"
#define WIN "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>"

static const struct {
    const char *what, *text;
    size_t want, want_ended;
} blocks[] = {
    { "a line", "-- a\nb\n", 0, 0 },
    { "an audit record", A "--4a5b6c7d-B--\nGET / HTTP/1.1\n\n" Z "next\n",
      sizeof(A "--4a5b6c7d-B--\nGET / HTTP/1.1\n\n" Z) - 1,
      sizeof(A "--4a5b6c7d-B--\nGET / HTTP/1.1\n\n" Z) - 1 },
    { "not ended yet", A "--4a5b6c7d-B--\nGET", YG_STITCH_MORE,
      sizeof(A "--4a5b6c7d-B--\nGET") - 1 },
    { "another's end is not its own", A "--00000000-Z--\n", YG_STITCH_MORE,
      sizeof(A "--00000000-Z--\n") - 1 },
    { "cut off by the next", A "x\n" A, sizeof(A "x\n") - 1, sizeof(A "x\n") - 1 },
    { "a boundary without a time", "--4a5b6c7d-A--\nmail\n", 0, 0 },
    { "nothing behind the boundary yet", "--4a5b6c7d-A--\n", YG_STITCH_MORE, 15 },
    { "another section", "--4a5b6c7d-B--\n[x\n", 0, 0 },
    { "a short boundary", "--1-A--\n[x\n", 0, 0 },
    { "line ends of Windows", "--4a5b6c7d-A--\r\n[x\r\n--4a5b6c7d-Z--\r\n",
      sizeof("--4a5b6c7d-A--\r\n[x\r\n--4a5b6c7d-Z--\r\n") - 1,
      sizeof("--4a5b6c7d-A--\r\n[x\r\n--4a5b6c7d-Z--\r\n") - 1 },
    { "an event on one line", WIN "</Event>\nx\n", 0, 0 },
    { "an event over several", WIN "\n<System/>\n</Event>\nx\n",
      sizeof(WIN "\n<System/>\n</Event>\n") - 1,
      sizeof(WIN "\n<System/>\n</Event>\n") - 1 },
    { "an event cut off by the next", WIN "\n<System/>\n" WIN "\n",
      sizeof(WIN "\n<System/>\n") - 1, sizeof(WIN "\n<System/>\n") - 1 },
    { "somebody else's event", "<Event a='1'>\n</Event>\n", 0, 0 },
    { "syslog", "<134>x\n</Event>\n", 0, 0 },
};

static void several_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        struct yg_str s = yg_str_of(blocks[i].text);
        size_t scan = 0, again = 0, got = YG_STITCH_MORE;
        print_message("# %s\n", blocks[i].what);
        assert_int_equal(yg_stitch_end(s, &scan, MAX, false), blocks[i].want);
        scan = 0;
        assert_int_equal(yg_stitch_end(s, &scan, MAX, true), blocks[i].want_ended);
        /* however it comes in pieces */
        const char *lf = memchr(s.p, '\n', s.n);
        for (size_t n = (size_t)(lf - s.p) + 1; n <= s.n && got == YG_STITCH_MORE; n++)
            got = yg_stitch_end((struct yg_str){ s.p, n }, &again, MAX, false);
        assert_int_equal(got, blocks[i].want);
    }
}

/* What never ends does not swallow what follows it for ever. */
static void without_end(void **state)
{
    static char text[3 * MAX];
    size_t n = sizeof(A) - 1, scan = 0;

    (void)state;
    memcpy(text, A, n);
    while (n + 2 <= sizeof(text))
        memcpy(text + n, "x\n", 2), n += 2;
    assert_int_equal(yg_stitch_end((struct yg_str){ text, n }, &scan, MAX, false), 0);
    scan = 0;
    assert_int_equal(yg_stitch_end((struct yg_str){ text, MAX }, &scan, MAX, false),
                     YG_STITCH_MORE);
    assert_int_equal(yg_stitch_end((struct yg_str){ text, MAX + 2 }, &scan, MAX, false),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_lines),
        cmocka_unit_test(header_too_long),
        cmocka_unit_test(several_lines),
        cmocka_unit_test(without_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
