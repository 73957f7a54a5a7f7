/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/journal.h"

#include "journal_util.h"

#include "base/rng.h"
#include "conf/mapping.h"
#include "event/batch.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

static int setup(void **state)
{
    struct journal_box *b = malloc(sizeof(*b));

    assert_non_null(b);
    box_init(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    box_fini(*state);
    free(*state);
    return 0;
}

static struct yg_journal_reader *reader_at(struct journal_box *b,
                                           struct yg_journal_place from)
{
    struct yg_journal_reader *r = NULL;

    if (yg_journal_reader_open(b->dir, from, &r, &b->err) != YG_OK)
        fail_msg("reader: %s", b->err.msg);
    return r;
}

static const struct yg_journal_place START = { 0, 0 };

static void gives_back_what_was_added(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_record out, rec[2] = {
        { .id = { 1, 2, 3 },
          .received_ns = 7,
          .source = 1,
          .reason = YG_R_OVERSIZE,
          .full_size = 5000000,
          .peer = YG_STR("[2001:db8::1]:99"),
          .raw = YG_STR("a\0b") },
        { .received_ns = -8, .raw = YG_STR("") },
    };
    struct yg_journal_place first, second;
    const struct yg_source *s;
    uint32_t count = 0;
    uint64_t ticket = 0;

    box_open(b);
    struct yg_journal_reader *r = reader_at(b, START);
    assert_int_equal(yg_journal_next(r, &out, &first, &b->err), YG_EEND);
    assert_int_equal(yg_journal_add(b->j, rec, 2, &ticket, &b->err), YG_OK);
    assert_int_equal(yg_journal_reader_wait(r, JOURNAL_WAIT), YG_OK);
    assert_int_equal(yg_journal_next(r, &out, &first, &b->err), YG_OK);
    assert_true(yg_str_eq(out.raw, rec[0].raw) && yg_str_eq(out.peer, rec[0].peer));
    assert_memory_equal(out.id, rec[0].id, YG_ID_SIZE);
    assert_true(out.received_ns == 7 && out.reason == YG_R_OVERSIZE &&
                out.full_size == 5000000);
    assert_int_equal(yg_journal_sources(r, &s, &count, &b->err), YG_OK);
    assert_int_equal(count, 2);
    assert_true(yg_str_eq(s[out.source].name, YG_STR("web")) && s[out.source].log_source);
    assert_int_equal(yg_journal_next(r, &out, &second, &b->err), YG_OK);
    assert_true(out.received_ns == -8 && out.raw.n == 0 &&
                s[out.source].offset_min == 540);
    assert_true(first.segment == second.segment && first.offset < second.offset);
    assert_int_equal(yg_journal_next(r, &out, &second, &b->err), YG_EEND);
    while (yg_journal_reader_wait(r, 1000000) == YG_OK) /* it may be told late */
        assert_int_equal(yg_journal_next(r, &out, &second, &b->err), YG_EEND);
    yg_journal_reader_close(r);
    assert_true(yg_journal_durable(b->j) >= ticket);
}

static void refuses_what_is_no_unit(void **state)
{
    struct journal_box *b = *state;
    char *big = calloc(1, YG_RECORD_MAX + 1);
    struct yg_journal_record rec[5] = { { .source = 2 } };
    char peer[65] = { 0 };

    assert_non_null(big);
    box_open(b);
    assert_int_equal(yg_journal_add(b->j, rec, 1, NULL, &b->err), YG_EINVAL);
    rec[0] = (struct yg_journal_record){ .raw = { big, YG_RECORD_MAX + 1 } };
    assert_int_equal(yg_journal_add(b->j, rec, 1, NULL, &b->err), YG_EINVAL);
    rec[0] = (struct yg_journal_record){ .peer = { peer, 65 } };
    assert_int_equal(yg_journal_add(b->j, rec, 1, NULL, &b->err), YG_EINVAL);
    for (int i = 0; i < 5; i++)
        rec[i] = (struct yg_journal_record){ .raw = { big, YG_RECORD_MAX } };
    assert_int_equal(yg_journal_add(b->j, rec, 5, NULL, &b->err), YG_ELIMIT);
    assert_int_equal(yg_journal_add(b->j, rec, 3, NULL, &b->err), YG_OK);
    assert_int_equal(yg_journal_add(b->j, rec, 0, NULL, &b->err), YG_OK);
    free(big);
}

/* More than memory holds, as fast as it goes: who may wait is not refused. */
static void who_may_wait_finds_room(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_record rec[3];
    char *big = calloc(1, YG_RECORD_MAX);

    assert_non_null(big);
    box_open(b);
    for (int i = 0; i < 3; i++)
        rec[i] = (struct yg_journal_record){ .raw = { big, YG_RECORD_MAX } };
    for (int i = 0; i < 16; i++)
        assert_int_equal(yg_journal_add_wait(b->j, rec, 3, JOURNAL_WAIT, NULL, &b->err),
                         YG_OK);
    free(big);
}

/* A lone sender is not kept for those who might come: the shortest of many. */
static void who_waits_is_written_at_once(void **state)
{
    struct journal_box *b = *state;
    const double timer = (double)YG_JOURNAL_FLUSH_NS / (double)YG_NS_PER_S;
    double best = timer;
    uint64_t ticket = 0;

    box_open(b);
    for (int i = 0; i < 100 && best >= timer; i++) {
        const struct yg_journal_record rec = { .raw = YG_STR("alone") };
        double from = yg_clock_wall();
        assert_int_equal(yg_journal_add(b->j, &rec, 1, &ticket, &b->err), YG_OK);
        assert_int_equal(yg_journal_wait(b->j, ticket, JOURNAL_WAIT), YG_OK);
        double took = yg_clock_wall() - from;
        best = took < best ? took : best;
    }
    assert_true(best < timer);
}

static void one_writer_at_a_time(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal *other = NULL;

    box_open(b);
    assert_int_equal(yg_journal_open(b->dir, &b->opt, &other, &b->err), YG_EBUSY);
    assert_non_null(strstr(b->err.msg, "stop it first"));
    box_close(b);
    box_open(b);
}

/* Two of the same bytes are two records; read again they are the same two. */
static void ids_are_of_the_place(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_record out,
        same[2] = { { .raw = YG_STR("x") }, { .raw = YG_STR("x") } };
    unsigned char id[2][6][YG_ID_SIZE];
    struct yg_journal_place after;
    uint64_t ticket = 0;

    for (int i = 0; i < 3; i++) {
        box_open(b);
        assert_int_equal(yg_journal_add(b->j, same, 2, &ticket, &b->err), YG_OK);
        box_durable(b, ticket);
        box_close(b);
    }
    for (int round = 0; round < 2; round++) {
        struct yg_journal_reader *r = reader_at(b, START);
        for (int i = 0; i < 6; i++) {
            assert_int_equal(yg_journal_next(r, &out, &after, &b->err), YG_OK);
            memcpy(id[round][i], out.id, YG_ID_SIZE);
        }
        yg_journal_reader_close(r);
    }
    assert_memory_equal(id[0], id[1], sizeof(id[0]));
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(id[0][i], id[0][k], YG_ID_SIZE);
}

static void sources_outlive_the_configuration(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_record out;
    struct yg_journal_place after;
    const struct yg_source *s = NULL;
    uint32_t count = 0;
    uint64_t ticket = 0;

    box_open(b);
    assert_int_equal(box_add(b, 0, 2, 50, &ticket), YG_OK);
    box_durable(b, ticket);
    box_close(b);
    b->source[0].format = YG_STR("jsonl");
    b->source[0].mapping_text =
        YG_STR("format: jsonl\ntime: { from: t, as: iso }\nfields: { rule.id: n }\n");
    box_open(b);
    assert_int_equal(box_add(b, 2, 2, 50, &ticket), YG_OK);
    box_durable(b, ticket);
    struct yg_journal_reader *r = reader_at(b, START);
    assert_int_equal(yg_journal_sources(r, &s, &count, &b->err), YG_OK);
    assert_int_equal(count, 3);
    static const char *const format[] = { "log", "eve", "jsonl", "eve" };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(yg_journal_next(r, &out, &after, &b->err), YG_OK);
        assert_true(yg_str_eq(s[out.source].format, yg_str_of(format[i])));
    }
    assert_true(s[0].mapping == NULL && s[2].mapping->shape == YG_MAP_JSONL);
    yg_journal_reader_close(r);
}

static void full_holds_back_until_consumed(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_place after = START;
    uint64_t n = 0, next = 0, ticket = 0;
    char name[64][64];

    b->opt.cap = (uint64_t)1 << 20;
    box_open(b);
    struct yg_journal_reader *r = reader_at(b, START);
    for (int round = 0; round < 3; round++) {
        while (box_add(b, n, 1, 10000, &ticket) == YG_OK)
            n++;
        assert_string_equal(b->err.msg, "the journal is full");
        assert_true(yg_journal_full(b->j));
        box_durable(b, ticket);
        assert_int_equal(box_read(r, &next, UINT64_MAX, &after), YG_EEND);
        assert_int_equal(next, n);
        yg_journal_consumed(r, after);
        assert_false(yg_journal_full(b->j));
    }
    assert_true(n > 250 && n < 330);
    assert_true(box_segments(b, name, 64) == 1); /* all before were deleted */
    yg_journal_reader_close(r);
}

/* The journal's files end in a half-written block, in zeros, in foreign bytes. */
static void torn_tail_is_cut(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_place after = START;
    uint64_t next = 0, ticket = 0;
    char name[16][64], path[160];
    struct stat sb, cut;

    for (int round = 0; round < 3; round++) {
        box_open(b);
        assert_int_equal(box_add(b, (uint64_t)round, 1, 900, &ticket), YG_OK);
        box_durable(b, ticket);
        box_close(b);
        size_t n = box_segments(b, name, 16);
        box_path(b, name[n - 1], path);
        assert_int_equal(stat(path, &sb), 0);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        char block[1200] = { 0 };
        if (round == 1) /* the head of a block that goes on past the end */
            assert_true(pread(fd, block, 500, sb.st_size - 990) == 500);
        memset(block, round == 2 ? 'Y' : block[0], round == 2 ? sizeof(block) : 1);
        assert_int_equal(pwrite(fd, block, sizeof(block), sb.st_size), sizeof(block));
        close(fd);
        box_open(b);
        box_close(b);
        assert_int_equal(stat(path, &cut), 0);
        assert_int_equal(cut.st_size, sb.st_size);
    }
    struct yg_journal_reader *r = reader_at(b, START);
    assert_int_equal(box_read(r, &next, UINT64_MAX, &after), YG_EEND);
    assert_int_equal(next, 3);
    yg_journal_reader_close(r);
}

/* Where each of ten blocks is damaged by a byte, the nine others are read. */
static void damaged_block_is_skipped(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_record out;
    struct yg_journal_place at[11], after;
    uint64_t ticket = 0;
    char name[16][64], path[160], byte;

    box_open(b);
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(box_add(b, i, 1, 300 + 50 * i, &ticket), YG_OK);
    box_durable(b, ticket);
    box_close(b);
    struct yg_journal_reader *r = reader_at(b, START);
    for (int i = 0; i < 10; i++)
        assert_int_equal(yg_journal_next(r, &out, &at[i + 1], &b->err), YG_OK);
    yg_journal_reader_close(r);
    box_segments(b, name, 16);
    box_path(b, name[0], path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    for (uint64_t bad = 1; bad < 10; bad++) {
        off_t where = (off_t)(at[bad].offset + (bad * 37) % 300);
        assert_int_equal(pread(fd, &byte, 1, where), 1);
        byte ^= 0x40;
        assert_int_equal(pwrite(fd, &byte, 1, where), 1);
        r = reader_at(b, START);
        for (uint64_t i = 0; i < 10; i++) {
            enum yg_status st = yg_journal_next(r, &out, &after, &b->err);
            assert_int_equal(st, i == bad ? YG_ECORRUPT : YG_OK);
            assert_true(st != YG_OK || number_of(&out) == i);
        }
        assert_int_equal(yg_journal_next(r, &out, &after, &b->err), YG_EEND);
        yg_journal_reader_close(r);
        byte ^= 0x40;
        assert_int_equal(pwrite(fd, &byte, 1, where), 1);
    }
    close(fd);
}

/* A damaged segment is not deleted but set aside; its name is of no segment. */
static void damaged_segment_is_set_aside(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_record out;
    struct yg_journal_place after = START;
    uint64_t ticket = 0;
    char name[16][64], path[160];

    for (uint64_t i = 0; i < 3; i++) {
        box_open(b);
        assert_int_equal(box_add(b, i, 1, 300, &ticket), YG_OK);
        box_durable(b, ticket);
        box_close(b);
    }
    assert_int_equal(box_segments(b, name, 16), 3);
    box_path(b, name[1], path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "?", 1, 30), 1); /* in its head */
    close(fd);
    struct yg_journal_reader *r = reader_at(b, START);
    assert_int_equal(yg_journal_next(r, &out, &after, &b->err), YG_OK);
    assert_int_equal(yg_journal_next(r, &out, &after, &b->err), YG_ECORRUPT);
    assert_int_equal(yg_journal_next(r, &out, &after, &b->err), YG_OK);
    assert_int_equal(number_of(&out), 2);
    yg_journal_consumed(r, after);
    yg_journal_reader_close(r);
    assert_int_equal(box_segments(b, name, 16), 1);
    char kept[180];
    snprintf(kept, sizeof(kept), "%s.damaged", path);
    assert_int_equal(access(kept, F_OK), 0);
}

/* What a sender puts into a record can not pass for a block. */
static void record_cannot_forge_a_block(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_record out, rec = { .raw = YG_STR("first") };
    struct yg_journal_place after, second;
    uint64_t ticket = 0;
    char name[16][64], path[160], bytes[400] = { 0 };
    struct stat sb;

    box_open(b);
    assert_int_equal(yg_journal_add(b->j, &rec, 1, &ticket, &b->err), YG_OK);
    box_durable(b, ticket);
    box_segments(b, name, 16);
    box_path(b, name[0], path);
    assert_int_equal(stat(path, &sb), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ssize_t n = pread(fd, bytes, 89, sb.st_size - 89); /* 40 + 44 + 5: the block */
    assert_int_equal(n, 89);
    uint64_t place = (uint64_t)sb.st_size + 40 + 44; /* where its copy will be */
    for (size_t i = 0; i < 8; i++)
        bytes[32 + i] = (char)(place >> (8 * i));
    rec.raw = (struct yg_str){ bytes, 89 };
    assert_int_equal(yg_journal_add(b->j, &rec, 1, &ticket, &b->err), YG_OK);
    box_durable(b, ticket);
    bytes[0] = 0;
    assert_int_equal(pwrite(fd, bytes, 1, sb.st_size), 1); /* damage what is around it */
    assert_int_equal(pwrite(fd, bytes, 1, sb.st_size + 1), 1);
    close(fd);
    struct yg_journal_reader *r = reader_at(b, START);
    assert_int_equal(yg_journal_next(r, &out, &after, &b->err), YG_OK);
    assert_int_equal(yg_journal_next(r, &out, &second, &b->err), YG_ECORRUPT);
    assert_int_equal(yg_journal_next(r, &out, &second, &b->err), YG_EEND);
    yg_journal_reader_close(r);
}

/* The folder is lost with its state: the numbers go on behind the store's place. */
static void numbers_never_come_again(void **state)
{
    struct journal_box *b = *state;
    struct yg_journal_place after = START;
    uint64_t next = 0, ticket = 0;
    char name[16][64], path[160];

    box_open(b);
    assert_int_equal(box_add(b, 0, 1, 100, &ticket), YG_OK);
    box_durable(b, ticket);
    struct yg_journal_reader *r = reader_at(b, START);
    assert_int_equal(box_read(r, &next, 1, &after), YG_OK);
    yg_journal_reader_close(r);
    box_close(b);
    size_t n = box_segments(b, name, 16);
    while (n > 0) {
        box_path(b, name[--n], path);
        unlink(path);
    }
    box_path(b, "state", path);
    unlink(path);
    b->clock = yg_clock_manual(YG_NS_PER_S); /* and the clock is wrong */
    b->opt.consumed = after;
    box_open(b);
    assert_int_equal(box_add(b, 1, 1, 100, &ticket), YG_OK);
    box_durable(b, ticket);
    r = reader_at(b, after);
    assert_int_equal(box_read(r, &next, 1, &after), YG_OK);
    assert_int_equal(next, 2);
    yg_journal_reader_close(r);
}

static void counts_are_of_what_is_durable(void **state)
{
    struct journal_box *b = *state;
    struct yg_intake_state *s = NULL;
    uint64_t ticket = 0;

    box_open(b);
    assert_int_equal(box_add(b, 0, 3, 100, &ticket), YG_OK);
    box_durable(b, ticket);
    assert_int_equal(yg_intake_state_open(b->dir, true, &s, &b->err), YG_OK);
    int edge = yg_intake_state_row(s, YG_STR("acme"), YG_STR("edge"));
    int web = yg_intake_state_row(s, YG_STR("acme"), YG_STR("web"));
    assert_true(edge >= 0 && web >= 0 && edge != web);
    assert_int_equal(yg_intake_state_get(s, (uint32_t)edge, YG_IN_RECEIVED), 2);
    assert_int_equal(yg_intake_state_get(s, (uint32_t)edge, YG_IN_BYTES), 200);
    assert_int_equal(yg_intake_state_get(s, (uint32_t)edge, YG_IN_LAST_SEEN), 1002);
    assert_int_equal(yg_intake_state_get(s, (uint32_t)web, YG_IN_RECEIVED), 1);
    struct yg_str tenant, source;
    assert_true(yg_intake_state_name(s, (uint32_t)web, &tenant, &source));
    assert_true(yg_str_eq(tenant, YG_STR("acme")) && yg_str_eq(source, YG_STR("web")));
    yg_intake_state_add(s, (uint32_t)web, YG_IN_STORED, 5);
    assert_int_equal(yg_intake_state_get(s, (uint32_t)web, YG_IN_STORED), 5);
    assert_int_equal(yg_intake_state_rows(s), 2);
    char text[16];
    for (int i = 2; i < YG_JOURNAL_SOURCES; i++) {
        snprintf(text, sizeof(text), "%d", i);
        assert_int_equal(yg_intake_state_row(s, YG_STR("t"), yg_str_of(text)), i);
    }
    assert_int_equal(yg_intake_state_row(s, YG_STR("t"), YG_STR("more")), -1);
    yg_intake_state_close(s);
}

/* ---- many threads, and a long random life ------------------------------------------ */

#define THREADS 4
#define EACH    400

struct adder {
    struct journal_box *b;
    uint32_t number;
};

static void *add_many(void *arg)
{
    struct adder *a = arg;
    char text[64];

    for (uint32_t i = 0; i < EACH; i++) {
        int n = snprintf(text, sizeof(text), "%u %u", a->number, i);
        struct yg_journal_record rec = { .raw = { text, (size_t)n } };
        uint64_t ticket = 0;
        while (yg_journal_add(a->b->j, &rec, 1, &ticket, NULL) != YG_OK)
            ;
        if (i % 100 == 0 && yg_journal_wait(a->b->j, ticket, JOURNAL_WAIT) != YG_OK)
            return NULL;
    }
    return a;
}

static void threads_add_in_their_order(void **state)
{
    struct journal_box *b = *state;
    struct adder adder[THREADS];
    pthread_t thread[THREADS];
    uint64_t next[THREADS] = { 0 };
    struct yg_journal_record out;
    struct yg_journal_place after;
    void *ok = NULL;

    box_open(b);
    for (uint32_t i = 0; i < THREADS; i++) {
        adder[i] = (struct adder){ b, i };
        assert_int_equal(pthread_create(&thread[i], NULL, add_many, &adder[i]), 0);
    }
    struct yg_journal_reader *r = reader_at(b, START);
    for (int n = 0; n < THREADS * EACH;) {
        enum yg_status st = yg_journal_next(r, &out, &after, &b->err);
        if (st == YG_EEND)
            assert_int_equal(yg_journal_reader_wait(r, JOURNAL_WAIT), YG_OK);
        if (st == YG_EEND)
            continue;
        assert_int_equal(st, YG_OK);
        struct yg_str rest = out.raw;
        uint64_t who = 0, i = 0;
        assert_true(yg_str_u64(yg_str_cut(&rest, ' '), &who) && yg_str_u64(rest, &i));
        assert_true(who < THREADS && i == next[who]);
        next[who]++;
        n++;
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], &ok);
        assert_non_null(ok);
    }
    yg_journal_reader_close(r);
}

#define LIFE_STEPS 3000

struct life {
    struct journal_box *b;
    struct yg_rng rng;
    struct yg_journal_reader *r;
    struct yg_journal_place after, committed;
    uint64_t added, next, resume; /* resume: what `committed` leads to */
    uint64_t ticket;
    bool begins[9 * LIFE_STEPS]; /* a unit, with this number */
};

static void life_add(struct life *l)
{
    size_t n = 1 + (size_t)yg_rng_below(&l->rng, 8);
    uint64_t ticket;

    if (box_add(l->b, l->added, n, (size_t)yg_rng_below(&l->rng, 3000), &ticket) != YG_OK)
        return;
    l->ticket = ticket;
    l->begins[l->added] = true;
    l->added += n;
    l->begins[l->added] = true;
}

static void life_read(struct life *l)
{
    if (!l->r) {
        l->r = reader_at(l->b, l->committed);
        l->next = l->resume;
        l->after = l->committed;
    }
    enum yg_status st = box_read(l->r, &l->next, yg_rng_below(&l->rng, 60), &l->after);
    assert_true(st == YG_OK || st == YG_EEND);
}

/* A place inside a unit is where the unit begins: it will be read again from there. */
static void life_commit(struct life *l)
{
    if (!l->r)
        return;
    l->committed = l->after;
    l->resume = l->next;
    while (!l->begins[l->resume])
        l->resume--;
    yg_journal_consumed(l->r, l->committed);
}

/* Units of all sizes, readers and writers that come and go at any moment: every record is
 * read once, in order, when each reader begins at the place the last one committed. */
static void a_long_life(void **state)
{
    struct life *l = calloc(1, sizeof(*l));

    assert_non_null(l);
    l->b = *state;
    l->begins[0] = true;
    yg_rng_init(&l->rng, 42);
    l->b->opt.cap = (uint64_t)2 << 20;
    box_open(l->b);
    for (int step = 0; step < LIFE_STEPS; step++) {
        uint64_t what = yg_rng_below(&l->rng, 100);
        if (what < 60) {
            life_add(l);
        } else if (what < 80) {
            life_read(l);
        } else if (what < 92) {
            life_commit(l);
        } else if (what < 95) {
            yg_journal_reader_close(l->r); /* with what it did not commit */
            l->r = NULL;
        } else if (what < 97) {
            box_close(l->b);
            box_open(l->b);
            l->ticket = 0;
        } else {
            box_durable(l->b, l->ticket);
        }
    }
    box_durable(l->b, l->ticket);
    do
        life_read(l);
    while (l->next < l->added);
    assert_true(l->added > 1000);
    yg_journal_reader_close(l->r);
    free(l);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(gives_back_what_was_added),
        T(refuses_what_is_no_unit),
        T(who_may_wait_finds_room),
        T(who_waits_is_written_at_once),
        T(one_writer_at_a_time),
        T(ids_are_of_the_place),
        T(sources_outlive_the_configuration),
        T(full_holds_back_until_consumed),
        T(torn_tail_is_cut),
        T(damaged_block_is_skipped),
        T(damaged_segment_is_set_aside),
        T(record_cannot_forge_a_block),
        T(numbers_never_come_again),
        T(counts_are_of_what_is_durable),
        T(threads_add_in_their_order),
        T(a_long_life),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
