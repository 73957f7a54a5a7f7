/* SPDX-License-Identifier: Apache-2.0 */
/* The journal where things go wrong: writers killed at any moment, a disk that is full.
 */
#include "intake/journal.h"

#include "intake/page.h"
#include "journal_util.h"

#include "base/rng.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS 25
#define STRIDE UINT64_C(1000000) /* numbers of a round begin at a multiple */
#define RING   65536

struct told {
    _Atomic uint64_t acked; /* numbers below this one (of the round) are durable */
    uint64_t last[RING];    /* behind a unit's last number, by ticket */
};

static void on_durable(void *arg, uint64_t ticket)
{
    struct told *t = arg;

    atomic_store(&t->acked, t->last[ticket % RING]);
}

/* Adds until it is killed. */
static _Noreturn void write_forever(struct journal_box *b, struct told *t, int round)
{
    struct yg_rng rng;
    uint64_t number = 0, ticket = 0;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
    yg_rng_init(&rng, (uint64_t)round);
    box_open(b);
    yg_journal_on_durable(b->j, on_durable, t);
    while (number < STRIDE - 8) {
        size_t n = 1 + (size_t)yg_rng_below(&rng, 8);
        size_t size = (size_t)yg_rng_below(&rng, round % 3 ? 300 : 20000);
        t->last[(ticket + 1) % RING] = number + n;
        enum yg_status st =
            box_add(b, (uint64_t)round * STRIDE + number, n, size, &ticket);
        if (st == YG_OK)
            number += n;
        else
            usleep(500);
        if (ticket % 64 == 0)
            usleep((useconds_t)yg_rng_below(&rng, 2000));
    }
    _exit(3);
}

struct check {
    struct yg_journal_reader *r;
    struct yg_journal_place after;
    uint64_t next;          /* number that comes next within the round */
    uint64_t acked[ROUNDS]; /* of rounds that ended */
    uint64_t seen;
};

/* All there is now: in order, nothing twice, and of rounds that ended all that was told.
 */
static void read_all(struct journal_box *b, struct check *c)
{
    struct yg_journal_record rec;

    while (yg_journal_next(c->r, &rec, &c->after, &b->err) == YG_OK) {
        uint64_t n = number_of(&rec);
        if (n != c->next) { /* another round has begun */
            uint64_t round = c->next / STRIDE;
            if (n % STRIDE != 0 || n < c->next || c->next % STRIDE < c->acked[round])
                fail_msg("after %llu comes %llu; durable was %llu",
                         (unsigned long long)c->next, (unsigned long long)n,
                         (unsigned long long)c->acked[round]);
        }
        c->next = n + 1;
        c->seen++;
    }
}

static uint64_t received(const struct journal_box *b)
{
    struct yg_intake_state *s = NULL;
    struct yg_err err;
    uint64_t n = 0;

    assert_int_equal(yg_intake_state_open(b->dir, false, &s, &err), YG_OK);
    for (uint32_t i = 0; i < yg_intake_state_rows(s); i++)
        n += yg_intake_state_get(s, i, YG_IN_RECEIVED);
    yg_intake_state_close(s);
    return n;
}

/* A writer that dies after it counted and before it told counts nothing twice. */
static void counted_once_wherever_it_died(void **state)
{
    struct journal_box b;
    struct yg_intake_state *s = NULL;
    uint64_t ticket = 0;

    (void)state;
    box_init(&b);
    box_open(&b);
    assert_int_equal(box_add(&b, 0, 3, 100, &ticket), YG_OK);
    box_durable(&b, ticket);
    box_close(&b);
    assert_int_equal(received(&b), 3);
    assert_int_equal(yg_intake_state_open(b.dir, true, &s, &b.err), YG_OK);
    struct yg_journal_place at = yg_page_durable(s),
                            ahead = { at.segment, at.offset + 9 };
    int row = yg_intake_state_row(s, YG_STR("acme"), YG_STR("edge"));
    assert_true(row >= 0);
    yg_intake_state_add(s, (uint32_t)row, YG_IN_REFUSED, 4);
    yg_page_count(s, (uint32_t)row, ahead, 5, 500);
    yg_intake_state_add(s, (uint32_t)row, YG_IN_REFUSED, 1); /* by another thread */
    assert_int_equal(received(&b), 3 + 5 + 5);
    box_open(&b); /* none of the five is in the journal */
    assert_int_equal(received(&b), 3 + 5);
    assert_int_equal(yg_intake_state_get(s, (uint32_t)row, YG_IN_BYTES), 200);
    box_close(&b);
    yg_page_count(s, (uint32_t)row, yg_page_durable(s), 7, 700); /* told in time */
    box_open(&b);
    assert_int_equal(received(&b), 3 + 5 + 7);
    yg_intake_state_close(s);
    box_fini(&b);
}

static void killed_writers_lose_nothing_told(void **state)
{
    struct journal_box b;
    struct yg_rng rng;
    struct check c = { .next = 0 };
    struct told *t =
        mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(t != MAP_FAILED);
    box_init(&b);
    yg_rng_init(&rng, 7);
    for (int round = 0; round < ROUNDS; round++) {
        atomic_store(&t->acked, 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_forever(&b, t, round);
        if (!c.r)
            assert_int_equal(yg_journal_reader_open(b.dir, c.after, &c.r, &b.err), YG_OK);
        uint64_t naps = yg_rng_below(&rng, 40);
        for (uint64_t i = 0; i < naps; i++) {
            usleep((useconds_t)yg_rng_below(&rng, 4000));
            read_all(&b, &c);
        }
        kill(child, SIGKILL);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        c.acked[round] = atomic_load(&t->acked);
        read_all(&b, &c); /* without a writer */
        yg_journal_consumed(c.r, c.after);
    }
    box_open(&b); /* what the last one left untold is readable now */
    read_all(&b, &c);
    assert_true(c.next % STRIDE >= c.acked[c.next / STRIDE]);
    assert_true(c.seen > 1000);
    assert_int_equal(received(&b), c.seen);
    yg_journal_reader_close(c.r);
    box_fini(&b);
    munmap(t, sizeof(*t));
}

/* The file may not grow: adds are refused, and go on when there is room again. */
static void full_disk_is_waited_out(void **state)
{
    struct journal_box b;
    struct yg_journal_reader *r = NULL;
    struct yg_journal_place after = { 0, 0 };
    struct rlimit limit, old;
    uint64_t n = 0, next = 0, ticket = 0;

    (void)state;
    box_init(&b);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 300000;
    box_open(&b);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    enum yg_status st = YG_OK;
    while (st == YG_OK && n < 1000) {
        st = box_add(&b, n, 1, 20000, &ticket);
        n += st == YG_OK;
        usleep(2000);
    }
    assert_int_equal(st, YG_EIO);
    assert_non_null(strstr(b.err.msg, "File too large"));
    assert_true(yg_journal_full(b.j));
    assert_int_equal(yg_journal_wait(b.j, ticket, 1000000), YG_EBUSY);
    assert_int_equal(yg_journal_reader_open(b.dir, after, &r, &b.err), YG_OK);
    assert_int_equal(box_read(r, &next, UINT64_MAX, &after), YG_EEND);
    assert_true(next < n);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    box_durable(&b, ticket);
    assert_int_equal(box_add(&b, n++, 1, 100, &ticket), YG_OK);
    box_durable(&b, ticket);
    assert_int_equal(box_read(r, &next, UINT64_MAX, &after), YG_EEND);
    assert_int_equal(next, n);
    yg_journal_reader_close(r);
    box_fini(&b);
}

/* Closed while the disk refuses: it ends, and what was told is there. */
static void full_disk_does_not_hang_the_end(void **state)
{
    struct journal_box b;
    struct yg_journal_reader *r = NULL;
    struct yg_journal_place after = { 0, 0 };
    struct rlimit limit, old;
    uint64_t next = 0, ticket = 0, told;

    (void)state;
    box_init(&b);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 250000; /* above the size of the state, which is made anew */
    box_open(&b);
    assert_int_equal(box_add(&b, 0, 1, 100, &told), YG_OK);
    box_durable(&b, told);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (uint64_t i = 1; i < 40; i++)
        (void)box_add(&b, i, 1, 20000, &ticket);
    box_close(&b);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    box_open(&b);
    assert_int_equal(yg_journal_reader_open(b.dir, after, &r, &b.err), YG_OK);
    assert_int_equal(box_read(r, &next, UINT64_MAX, &after), YG_EEND);
    assert_true(next >= 1);
    yg_journal_reader_close(r);
    box_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_writers_lose_nothing_told),
        cmocka_unit_test(counted_once_wherever_it_died),
        cmocka_unit_test(full_disk_is_waited_out),
        cmocka_unit_test(full_disk_does_not_hang_the_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("journal-crash", tests, NULL, NULL);
}
