/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "yagura/verdictfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum yg_status read_text(struct yg_app *a, const char *text,
                                struct yg_verdictfile **v, struct yg_err *err)
{
    char path[] = "/tmp/yg_verdicts_XXXXXX";
    int fd = mkstemp(path);

    *err = (struct yg_err){ 0 };
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    enum yg_status st = yg_verdictfile_read(a, path, v, err);
    if (st != YG_OK)
        assert_string_equal(err->path, path);
    unlink(path);
    return st;
}

static void found(void **state)
{
    static const struct {
        const char *path;
        uint64_t line;
        unsigned level; /* COUNT: none */
        const char *reason;
    } cases[] = {
        { "eve.json", 1, YG_LEVEL_FP, "noise" },
        { "/data/t/eve.json", 1, YG_LEVEL_FP, "noise" },
        { "day-02/eve.json", 1, YG_LEVEL_L4, "hit" }, /* the longer name wins */
        { "x/day-02/eve.json", 1, YG_LEVEL_L4, "hit" },
        { "x/day-02/eve.json", 3, YG_LEVEL_L2, "" }, /* found by the shorter one */
        { "eve.json", 2, YG_LEVEL_COUNT, "" },
        { "eve.json.gz", 1, YG_LEVEL_COUNT, "" },
        { "notthe-eve.json", 1, YG_LEVEL_COUNT, "" },
        { "", 1, YG_LEVEL_COUNT, "" },
    };
    struct yg_app a = { .json = false };
    struct yg_verdictfile *v;
    struct yg_ingest_verdict got;
    struct yg_err err;

    (void)state;
    yg_arena_init(&a.arena, 1 << 20);
    assert_int_equal(read_text(&a,
                               "level,reason, line ,file\r\n"
                               "FP,noise,1,eve.json\r\n"
                               "\n"
                               " l4 , hit , 1 , day-02/eve.json\n"
                               "L2,,3,eve.json",
                               &v, &err),
                     YG_OK);
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        bool is = yg_verdictfile_get(v, yg_str_of(cases[i].path), cases[i].line, &got);
        if (is != (cases[i].level < YG_LEVEL_COUNT))
            fail_msg("%s:%d", cases[i].path, (int)cases[i].line);
        if (is && (got.level != cases[i].level ||
                   !yg_str_eq(got.reason, yg_str_of(cases[i].reason))))
            fail_msg("%s:%d level %d", cases[i].path, (int)cases[i].line, got.level);
    }
    yg_verdictfile_free(v);
    yg_arena_fini(&a.arena);
}

static void refused(void **state)
{
    static const struct {
        const char *what, *text;
        int line;
    } cases[] = {
        { "no header", "", 1 },
        { "no column", "file,line\n", 1 },
        { "level", "file,line,level\na,1,FP\na,2,L5\n", 3 },
        { "line 0", "file,line,level\na,0,FP\n", 2 },
        { "line is no number", "file,line,level\na,1,FP\n\na,-1,FP\n", 4 },
        { "no file", "file,line,level\n,1,FP\n", 2 },
        { "short row", "file,line,level\na,1\n", 2 },
    };
    struct yg_app a = { .json = false };
    struct yg_verdictfile *v = NULL;
    struct yg_err err;

    (void)state;
    yg_arena_init(&a.arena, 1 << 20);
    for (size_t i = 0; i < YG_ARRAY_LEN(cases); i++) {
        if (read_text(&a, cases[i].text, &v, &err) != YG_EINVAL ||
            err.line != cases[i].line)
            fail_msg("%s: line %d: %s", cases[i].what, err.line, err.msg);
        assert_null(v);
    }
    yg_arena_fini(&a.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found),
        cmocka_unit_test(refused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
