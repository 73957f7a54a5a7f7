/* SPDX-License-Identifier: Apache-2.0 */
/* The indexer's child: its walls, and what is believed of a child that was taken over. */
#include "spool_util.h"

#include "base/sanitized.h"
#include "spool/indexer.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <zlib.h>

struct probe {
    int given, other; /* a descriptor that the child is given, and one that it is not */
};

/* Says for each thing it tries whether it succeeded. */
static void try_all(void *arg, int out)
{
    const struct probe *p = arg;
    char c, did[5];

    did[0] = read(p->given, &c, 1) == 1;
    did[1] = fcntl(p->other, F_GETFD) >= 0 || read(p->other, &c, 1) == 1;
    did[2] = !YG_SANITIZED && open("/etc/passwd", O_RDONLY) >= 0;
    did[3] = socket(AF_INET, SOCK_STREAM, 0) >= 0;
    did[4] = fork() >= 0;
    (void)!write(out, did, sizeof(did));
}

static void child_is_walled_in(void **state)
{
    struct probe p = { open("/dev/zero", O_RDONLY), open("/dev/zero", O_RDONLY) };
    const int keep[] = { p.given, -1 };
    const char want[5] = { 1, 0, 0, 0, 0 };
    struct yg_err err = { 0 };
    char did[8];
    pid_t pid;
    int in;

    (void)state;
    assert_true(p.given >= 0 && p.other >= 0);
    assert_int_equal(yg_indexer_child(try_all, &p, keep, &pid, &in, &err), YG_OK);
    assert_int_equal(read(in, did, sizeof(did)), sizeof(want));
    assert_memory_equal(did, want, sizeof(want));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(in);
    close(p.given);
    close(p.other);
}

struct taken {
    struct fixture f;
    struct yg_index *ix;
    struct yg_file_row row;
    struct yg_buf out;
};

static void taken_begin(struct taken *t)
{
    char path[128];
    bool made;

    *t = (struct taken){ .row = { .size = 1000, .state = YG_FILE_NEW } };
    fixture_begin(&t->f);
    yg_buf_init(&t->out, (size_t)1 << 20);
    snprintf(path, sizeof(path), "%s/other.index", t->f.dir);
    assert_ok(&t->f, yg_index_open(path, &t->ix, &made, &t->f.err));
    assert_true(made);
    assert_ok(&t->f, yg_index_file_add(t->ix, YG_STR("/a"), &t->row, &t->f.err));
}

static void taken_end(struct taken *t)
{
    yg_index_free(t->ix);
    yg_buf_fini(&t->out);
    fixture_end(&t->f);
}

/* Let the parent hear `t->out`, in two pieces cut anywhere. */
static enum yg_status hear(struct taken *t, uint64_t size)
{
    struct yg_str s = yg_buf_str(&t->out);
    int fd[2];

    assert_true(s.n < 65536); /* fits into the pipe */
    assert_int_equal(pipe(fd), 0);
    assert_int_equal(write(fd[1], s.p, s.n), (ssize_t)s.n);
    close(fd[1]);
    enum yg_status st = yg_indexer_take(t->ix, &t->row, size, fd[0], &t->f.err);
    close(fd[0]);
    return st;
}

static size_t rows_of(struct taken *t, uint64_t key)
{
    struct yg_index_range r = { .key = key, .to_us = INT64_MAX, .max = 8 };
    struct yg_index_row row[8];
    struct yg_arena a;
    size_t n;

    yg_arena_init(&a, 1 << 20);
    assert_ok(&t->f, yg_index_rows(t->ix, &r, &a, row, &n, &t->f.err));
    yg_arena_fini(&a);
    return n;
}

/* What the notes below are made of. */
enum { ROW, BEGAN, FACE, MARK, END };

struct told {
    int kind;
    uint64_t at;   /* of the first packet; of the mark */
    uint64_t step; /* to the second packet; of a face: number */
    int64_t time_us;
    uint32_t packets; /* claimed; 0: as many as there are */
};

static void tell(struct yg_buf *out, const struct told *w)
{
    struct yg_note n = { 0 };
    struct yg_buf list;

    yg_buf_init(&list, 1000);
    switch (w->kind) {
    case ROW: {
        struct yg_place last = { .at = w->at, .time_us = w->time_us }, p = last;
        yg_list_add(&list, &last, &p);
        p.at += w->step;
        yg_list_add(&list, &last, &p);
        n.kind = YG_NOTE_ROW;
        n.row = (struct yg_note_row){ .key = 7,
                                      .at = w->at,
                                      .first_us = w->time_us,
                                      .packets = w->packets ? w->packets : 2,
                                      .list = yg_buf_str(&list) };
        break;
    }
    case BEGAN:
        n.kind = YG_NOTE_BEGAN;
        n.began = (struct yg_note_began){
            .key = 7, .host = 1, .pair = 2, .at = w->at, .time_us = w->time_us
        };
        break;
    case FACE:
        n.kind = YG_NOTE_FACE;
        n.face = (struct yg_face){ .at = w->at, .id = (uint32_t)w->step, .linktype = 1 };
        break;
    case MARK:
        n.kind = YG_NOTE_MARK;
        n.mark = (struct yg_note_mark){ .done = w->at, .packets = w->packets };
        break;
    default:
        n.kind = YG_NOTE_END;
        n.end = (enum yg_walk_step)w->at;
    }
    yg_note_write(out, &n);
    yg_buf_fini(&list);
}

static const struct {
    const char *what;
    enum yg_status want;
    size_t rows;
    struct told told[5];
} hostile[] = {
    { "the truth",
      YG_OK,
      1,
      { { ROW, 24, 100, 5, 0 },
        { MARK, 900, 0, 0, 2 },
        { END, YG_WALK_WHOLE, 0, 0, 0 } } },
    { "past the end of the file",
      YG_EFORMAT,
      0,
      { { ROW, 24, 2000, 5, 0 }, { MARK, 900, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "no room for a record",
      YG_EFORMAT,
      0,
      { { ROW, 24, 970, 5, 0 }, { MARK, 1000, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "round and round",
      YG_EFORMAT,
      0,
      { { ROW, 24, UINT64_MAX, 5, 0 }, { MARK, 900, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "the same packet twice",
      YG_EFORMAT,
      0,
      { { ROW, 24, 0, 5, 0 }, { MARK, 900, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "a time before 1970",
      YG_EFORMAT,
      0,
      { { ROW, 24, 100, -5, 0 }, { MARK, 900, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "a time after 2262",
      YG_EFORMAT,
      0,
      { { ROW, 24, 100, INT64_MAX / 1000 + 1, 0 },
        { MARK, 900, 0, 0, 2 },
        { END, 1, 0, 0, 0 } } },
    { "more packets than told",
      YG_EFORMAT,
      0,
      { { ROW, 24, 100, 5, 9 }, { MARK, 900, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "a mark before its packets",
      YG_EFORMAT,
      0,
      { { ROW, 24, 100, 5, 0 }, { MARK, 100, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "a mark past the file",
      YG_EFORMAT,
      0,
      { { ROW, 24, 100, 5, 0 }, { MARK, 1001, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "a mark that goes back",
      YG_EFORMAT,
      1,
      { { ROW, 24, 100, 5, 0 }, { MARK, 900, 0, 0, 2 }, { MARK, 800, 0, 0, 2 } } },
    { "packets before the last mark",
      YG_EFORMAT,
      1,
      { { ROW, 24, 100, 5, 0 }, { MARK, 500, 0, 0, 2 }, { ROW, 24, 100, 5, 0 } } },
    { "a begin outside",
      YG_EFORMAT,
      0,
      { { BEGAN, 990, 0, 5, 0 }, { MARK, 1000, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "an interface outside",
      YG_EFORMAT,
      0,
      { { FACE, 1000, 0, 0, 0 }, { MARK, 1000, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "an interface with a wild number",
      YG_EFORMAT,
      0,
      { { FACE, 0, YG_FACES_MAX, 0, 0 }, { MARK, 1000, 0, 0, 2 }, { END, 1, 0, 0, 0 } } },
    { "an end that is none",
      YG_EFORMAT,
      1,
      { { ROW, 24, 100, 5, 0 }, { MARK, 900, 0, 0, 2 }, { END, 200, 0, 0, 0 } } },
    { "words after the end",
      YG_EFORMAT,
      0,
      { { END, 1, 0, 0, 0 }, { ROW, 24, 100, 5, 0 } } },
    { "no mark: nothing is kept",
      YG_OK,
      0,
      { { ROW, 24, 100, 5, 0 }, { END, 1, 0, 0, 0 } } },
    { "death in the middle keeps what was marked",
      YG_EFORMAT,
      1,
      { { ROW, 24, 100, 5, 0 }, { MARK, 500, 0, 0, 2 }, { ROW, 524, 100, 5, 0 } } },
};

static void lies_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(hostile); i++) {
        struct taken t;
        taken_begin(&t);
        for (size_t j = 0; j < YG_ARRAY_LEN(hostile[i].told); j++)
            if (j == 0 || hostile[i].told[j].at)
                tell(&t.out, &hostile[i].told[j]);
        enum yg_status st = hear(&t, 1000);
        if (st != hostile[i].want || rows_of(&t, 7) != hostile[i].rows)
            fail_msg("%s: %s, %zu rows", hostile[i].what, yg_status_name(st),
                     rows_of(&t, 7));
        taken_end(&t);
    }
}

static const struct {
    const char *what;
    struct yg_str bytes;
} noise[] = {
    { "nothing at all", { "", 0 } },
    { "a length without end", { "\xff\xff\xff\xff\5\1", 6 } },
    { "a note of no length", { "\0\0\0\0", 4 } },
    { "an unknown kind", { "\2\0\0\0\x09\1", 6 } },
    { "a note that stops", { "\x1d\0\0\0\2xx", 7 } },
    { "an end with more in it", { "\3\0\0\0\5\1\1", 7 } },
    { "a byte after the end", { "\2\0\0\0\5\1x", 7 } },
};

static void noise_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(noise); i++) {
        struct taken t;
        taken_begin(&t);
        yg_buf_str_add(&t.out, noise[i].bytes);
        enum yg_status st = hear(&t, 1000);
        if (st != YG_EFORMAT)
            fail_msg("%s: %s", noise[i].what, yg_status_name(st));
        taken_end(&t);
    }
}

/* More packets told of than fit into the file. */
static void flood_is_refused(void **state)
{
    struct taken t;

    (void)state;
    taken_begin(&t);
    for (int i = 0; i < 32; i++)
        tell(&t.out, &(struct told){ ROW, 24, 100, 5 + i, 0 });
    tell(&t.out, &(struct told){ MARK, 900, 0, 0, 2 });
    assert_int_equal(hear(&t, 1000), YG_EFORMAT);
    assert_int_equal(rows_of(&t, 7), 0);
    taken_end(&t);
}

/* Rows of files that are gone are swept, those of others stay. */
static void gone_files_are_swept(void **state)
{
    struct yg_file_row other = { .size = 1000 };
    struct taken t;

    (void)state;
    taken_begin(&t);
    tell(&t.out, &hostile[0].told[0]);
    tell(&t.out, &hostile[0].told[1]);
    tell(&t.out, &hostile[0].told[2]);
    assert_int_equal(hear(&t, 1000), YG_OK);
    struct yg_file_row first = t.row;
    assert_ok(&t.f, yg_index_file_add(t.ix, YG_STR("/b"), &other, &t.f.err));
    t.row = other;
    assert_int_equal(hear(&t, 1000), YG_OK);
    assert_int_equal(rows_of(&t, 7), 2);
    assert_ok(&t.f, yg_index_file_forget(t.ix, &first, &t.f.err));
    assert_int_equal(rows_of(&t, 7), 1); /* at once */
    assert_ok(&t.f, yg_index_sweep(t.ix, true, &t.f.err));
    assert_int_equal(rows_of(&t, 7), 1);
    struct yg_index_sums sums;
    assert_ok(&t.f, yg_index_sums(t.ix, &sums, &t.f.err));
    assert_int_equal(sums.files, 1);
    assert_int_equal(sums.packets, 2);
    taken_end(&t);
}

/* What unpacks to more than it may is told apart; one byte less room decides. */
static void bomb_is_large(void **state)
{
    static const uint64_t room[] = { 120, 1 << 16, 99999, 100000 };
    struct yg_face face[YG_FACES_MAX];
    struct taken t;
    char path[128];

    (void)state;
    taken_begin(&t);
    snprintf(path, sizeof(path), "%s/bomb.gz", t.f.dir);
    gzFile gz = gzopen(path, "wb");
    for (int i = 0; i < 100000; i++)
        assert_int_equal(gzputc(gz, 0), 0);
    assert_int_equal(gzclose(gz), Z_OK);
    for (size_t i = 0; i < YG_ARRAY_LEN(room); i++) {
        snprintf(path, sizeof(path), "%s/copy", t.f.dir);
        int copy = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
        snprintf(path, sizeof(path), "%s/bomb.gz", t.f.dir);
        struct yg_indexing job = { .fd = open(path, O_RDONLY),
                                   .unpacked = copy,
                                   .unpack_max = room[i],
                                   .face = face };
        t.row.state = YG_FILE_NEW;
        assert_ok(&t.f, yg_indexer_run(t.ix, &t.row, &job, &t.f.err));
        assert_int_equal(t.row.state, room[i] < 100000 ? YG_FILE_LARGE : YG_FILE_ALIEN);
        assert_true((uint64_t)lseek(copy, 0, SEEK_END) <= room[i]);
        close(job.fd);
        close(copy);
    }
    taken_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_is_walled_in),   cmocka_unit_test(lies_are_refused),
        cmocka_unit_test(noise_is_refused),     cmocka_unit_test(flood_is_refused),
        cmocka_unit_test(gone_files_are_swept), cmocka_unit_test(bomb_is_large),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
