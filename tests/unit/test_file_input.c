/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/file.h"

#include "intake_util.h"

#include "conf/textfile.h"

static int setup(void **state)
{
    struct intake_box *b = malloc(sizeof(*b));

    assert_non_null(b);
    intake_box_init(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    intake_box_fini(*state);
    free(*state);
    return 0;
}

static void start(struct intake_box *b, const char *yaml)
{
    if (intake_box_start(b, yaml) != YG_OK)
        fail_msg("start: %s", b->err.msg);
}

static const char *path_of(const struct intake_box *b, const char *name, char out[160])
{
    snprintf(out, 160, "%s/%s", b->dir, name);
    return out;
}

/* Append to a file as a program that logs does. */
static void put(const struct intake_box *b, const char *name, const char *text, size_t n)
{
    char path[160];
    int fd =
        open(path_of(b, name, path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
}
#define PUT(b, name, lit) put(b, name, lit, sizeof(lit) - 1)

static void move(const struct intake_box *b, const char *from, const char *to)
{
    char a[160], c[160];

    assert_int_equal(rename(path_of(b, from, a), path_of(b, to, c)), 0);
}

static void cut(const struct intake_box *b, const char *name)
{
    char path[160];

    assert_int_equal(truncate(path_of(b, name, path), 0), 0);
}

/* Lines "TAG 0", "TAG 1", ... of about 100 bytes. */
static void put_lines(const struct intake_box *b, const char *name, const char *tag,
                      int from, int to)
{
    char *text = malloc((size_t)(to - from) * 120);
    size_t n = 0;

    assert_non_null(text);
    for (int i = from; i < to; i++)
        n += (size_t)snprintf(text + n, 120, "%s %d %080d\n", tag, i, 0);
    put(b, name, text, n);
    free(text);
}

static void expect_lines(struct intake_box *b, const char *tag, int from, int to)
{
    char want[120];

    for (int i = from; i < to; i++) {
        snprintf(want, sizeof(want), "%s %d %080d", tag, i, 0);
        intake_box_expect(b, want);
    }
}

#define ONE "inputs:\n- { type: file, source: f, path: x.log"
#define ALL "inputs:\n- { type: file, source: f, path: x.log* }\n"

static void follows_what_grows(void **state)
{
    struct intake_box *b = *state;

    PUT(b, "x.log", "one\r\ntwo\n\npart");
    start(b, ONE " }\n");
    intake_box_expect(b, "one");
    intake_box_expect(b, "two");
    assert_true(yg_str_eq(b->rec.peer, YG_STR("x.log")));
    assert_false(intake_box_next(b, 300)); /* it may go on */
    PUT(b, "x.log", "ial\nthree\n");
    intake_box_expect(b, "partial");
    intake_box_expect(b, "three");
    put_lines(b, "x.log", "many", 0, 20000);
    expect_lines(b, "many", 0, 20000);
}

/* Offset of the one file that is kept; 0: none is. */
static uint64_t kept_offset(const struct intake_box *b)
{
    uint64_t offset = 0;
    char path[512], text[300] = "";
    DIR *d = opendir(b->journal);

    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n < 7 || strcmp(e->d_name + n - 7, ".places") != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", b->journal, e->d_name);
        FILE *f = fopen(path, "re");
        struct yg_str line = yg_str_of(f ? fgets(text, sizeof(text), f) : NULL);
        for (int i = 0; i < 3; i++) /* generation, device, inode */
            (void)yg_str_cut(&line, ' ');
        if (line.p && !yg_str_u64(yg_str_cut(&line, ' '), &offset))
            offset = 0;
        if (f)
            fclose(f);
    }
    closedir(d);
    return offset;
}

/* Whoever is killed once a second must come further each time. */
static void place_is_kept_soon(void **state)
{
    struct intake_box *b = *state;
    int tenths = 0;

    PUT(b, "x.log", "one\n");
    start(b, ONE " }\n");
    intake_box_expect(b, "one");
    while (kept_offset(b) < 4 && tenths < 50) {
        usleep(100000);
        tenths++;
    }
    assert_true(tenths < 8); /* it was two seconds */
}

static void rotation_by_rename(void **state)
{
    struct intake_box *b = *state;

    start(b, ALL);
    put_lines(b, "x.log", "a", 0, 100);
    expect_lines(b, "a", 0, 100);
    move(b, "x.log", "x.log.1"); /* and the program has it open still */
    put_lines(b, "x.log.1", "a", 100, 200);
    put_lines(b, "x.log", "b", 0, 100);
    expect_lines(b, "a", 100, 200);
    expect_lines(b, "b", 0, 100);
    move(b, "x.log.1", "x.log.2");
    PUT(b, "x.log.3.gz", "\x1f\x8b not a line\n");
    PUT(b, "x.log", "end\n");
    intake_box_expect(b, "end");
    assert_false(intake_box_next(b, 1500));
}

/* copytruncate: what was copied is known, whether its name is followed or not. */
static void rotation_by_copy(void **state)
{
    struct intake_box *b = *state;

    start(b, ALL);
    put_lines(b, "x.log", "a", 0, 100);
    expect_lines(b, "a", 0, 100);
    usleep(2500000); /* its place is kept by now */
    put_lines(b, "x.log.1", "a", 0, 100);
    PUT(b, "x.log.1", "just before\n");
    cut(b, "x.log");
    put_lines(b, "x.log", "b", 0, 50);
    int a = 0, n = 0, before = 0;
    while (n + before < 51 && intake_box_next(b, 8000)) {
        a += yg_str_starts(b->rec.raw, YG_STR("a "));
        n += yg_str_starts(b->rec.raw, YG_STR("b "));
        before += yg_str_eq(b->rec.raw, YG_STR("just before"));
    }
    assert_int_equal(a, 0);
    assert_int_equal(n, 50);
    assert_int_equal(before, 1);
    assert_false(intake_box_next(b, 1500));
}

/* A program that goes on at its old offset after the file was cut leaves a hole. */
static void hole_after_truncation(void **state)
{
    struct intake_box *b = *state;
    char path[160];

    put_lines(b, "x.log", "a", 0, 30);
    start(b, ONE " }\n");
    expect_lines(b, "a", 0, 30);
    usleep(2500000);
    int fd = open(path_of(b, "x.log", path), O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "new\n", 4, 5000), 4);
    close(fd);
    intake_box_expect(b, "new");
    assert_false(intake_box_next(b, 1200));
}

/* Stopped and started, renamed and replaced meanwhile: nothing twice, nothing missing. */
static void goes_on_after_a_restart(void **state)
{
    struct intake_box *b = *state;

    put_lines(b, "x.log", "a", 0, 50);
    start(b, ALL);
    expect_lines(b, "a", 0, 50);
    intake_box_stop(b);
    put_lines(b, "x.log", "a", 50, 60);
    move(b, "x.log", "x.log.1");
    put_lines(b, "x.log", "b", 0, 40);
    start(b, ALL);
    int a = 50, n = 0;
    while (a + n < 100 && intake_box_next(b, 5000)) {
        char want[120];
        bool is_a = yg_str_starts(b->rec.raw, YG_STR("a "));
        snprintf(want, sizeof(want), "%s %d %080d", is_a ? "a" : "b", is_a ? a++ : n++,
                 0);
        assert_true(yg_str_eq(b->rec.raw, yg_str_of(want)));
    }
    assert_true(a == 60 && n == 40);
    intake_box_stop(b);
    cut(b, "x.log"); /* cut and grown beyond its old place while nobody looked */
    put_lines(b, "x.log", "c", 0, 200);
    start(b, ALL);
    expect_lines(b, "c", 0, 200);
    assert_false(intake_box_next(b, 1500));
}

/* Places that were not kept any more: what is read again has the ids it had. */
static void read_again_it_is_known(void **state)
{
    struct intake_box *b = *state;
    unsigned char id[2][40][YG_ID_SIZE];
    struct yg_str text;
    char path[512] = "";

    put_lines(b, "x.log", "a", 0, 20);
    start(b, ONE " }\n");
    expect_lines(b, "a", 0, 20);
    intake_box_stop(b);
    DIR *d = opendir(b->journal);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        if (strstr(e->d_name, ".places"))
            snprintf(path, sizeof(path), "%s/%.200s", b->journal, e->d_name);
    closedir(d);
    assert_int_equal(yg_textfile_read(&b->arena, path, 65536, &text, &b->err), YG_OK);
    for (int round = 0; round < 2; round++) {
        if (round == 0)
            put_lines(b, "x.log", "a", 20, 60);
        start(b, ONE " }\n");
        for (int i = 0; i < 40; i++) {
            expect_lines(b, "a", 20 + i, 21 + i);
            memcpy(id[round][i], b->rec.id, YG_ID_SIZE);
        }
        intake_box_stop(b);
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        assert_int_equal(write(fd, text.p, text.n), text.n);
        close(fd);
    }
    assert_memory_equal(id[0], id[1], sizeof(id[0]));
    assert_memory_not_equal(id[0][0], id[0][1], YG_ID_SIZE);
}

static void begins_at_the_end_if_told(void **state)
{
    struct intake_box *b = *state;

    PUT(b, "x.log", "old\n");
    start(b, ONE ", from_start: false }\n");
    usleep(500000);
    PUT(b, "x.log", "new\n");
    intake_box_expect(b, "new");
    move(b, "x.log", "y.log");
    PUT(b, "x.log", "another file, so all of it\n");
    intake_box_expect(b, "another file, so all of it");
}

#define FIELDS "#fields\tts\tuid\n"
#define AUDIT  "--4a5b6c7d-A--\n[02/Jan/2026:03:04:05 +0000] x\n--4a5b6c7d-Z--"

/* Each record is complete, also behind a restart (input/stitch.h). */
static void lines_that_belong_together(void **state)
{
    struct intake_box *b = *state;

    PUT(b, "x.log", "#path\tconn\n#fields\told\n#path\tconn\n" FIELDS "1\ta\n");
    start(b, ONE " }\n");
    intake_box_expect(b, "#path\tconn");
    intake_box_expect(b, "#fields\told");
    intake_box_expect(b, "#path\tconn");
    intake_box_expect(b, "#fields\tts\tuid");
    intake_box_expect(b, "#path\tconn\n" FIELDS "1\ta");
    PUT(b, "x.log", "2\tb\n");
    intake_box_expect(b, "#path\tconn\n" FIELDS "2\tb");
    intake_box_stop(b);
    PUT(b, "x.log", "3\tc\n--4a5b6c7d-A--\n[02/Jan/2026:03:04:05 +0000] x\n");
    start(b, ONE " }\n");
    intake_box_expect(b, "#path\tconn\n" FIELDS "3\tc");
    assert_false(intake_box_next(b, 300)); /* it has not ended */
    PUT(b, "x.log", "--4a5b6c7d-Z--\n4\td\n");
    intake_box_expect(b, "#path\tconn\n" FIELDS AUDIT);
    intake_box_expect(b, "#path\tconn\n" FIELDS "4\td");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(follows_what_grows),        T(rotation_by_rename),
        T(place_is_kept_soon),        T(rotation_by_rename),
        T(rotation_by_copy),          T(hole_after_truncation),
        T(goes_on_after_a_restart),   T(read_again_it_is_known),
        T(begins_at_the_end_if_told), T(lines_that_belong_together),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("file-input", tests, NULL, NULL);
}
