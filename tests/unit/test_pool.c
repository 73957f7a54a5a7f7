/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "pipeline/pool.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 300
#define MAGIC 666 /* batch number that kills */

static int token; /* a state that is not NULL */

static void *start(void *arg)
{
    (void)arg;
    return &token;
}

/* The answer to batch n is 3n + 1; the magic batch is the end of its worker. */
static enum yg_status work(void *state, enum yg_job job, struct yg_slot *slot)
{
    (void)state;
    (void)job;
    if (slot->batch.seq == MAGIC) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
        _exit(9); /* where a signal cannot be raised */
    }
    slot->input_bytes = 3 * slot->batch.seq + 1;
    return slot->batch.seq % 7 == 5 ? YG_EFORMAT : YG_OK;
}

static struct yg_pool *pool(uint32_t workers, uint32_t slots,
                            enum yg_status (*run)(void *, enum yg_job, struct yg_slot *))
{
    struct yg_pool_work w = { .start = start, .run = run };
    struct yg_err err = { 0 };
    struct yg_pool *p;

    if (yg_pool_new(workers, slots, &w, &p, &err) != YG_OK)
        fail_msg("%s", err.msg);
    return p;
}

static void send_all(struct yg_pool *p, uint32_t to)
{
    struct yg_err err = { 0 };

    for (uint32_t i = 0; i < SLOTS; i++) {
        yg_batch_clear(&yg_pool_slot(p, i)->batch, i, 0);
        assert_int_equal(yg_pool_send(p, YG_JOB_DECODE, i, to, &err), YG_OK);
    }
}

/* Every job comes back once, with its own answer: more jobs than a socket takes, sent to
 * all workers or to a single one. */
static void all_answered(void **state)
{
    static const struct {
        uint32_t workers, to;
    } cases[] = { { 1, YG_ANY_WORKER }, { 2, YG_ANY_WORKER }, { 4, 2 }, { 64, 7 } };

    (void)state;
    for (size_t c = 0; c < YG_ARRAY_LEN(cases); c++) {
        struct yg_pool *p = pool(cases[c].workers, SLOTS, work);
        bool seen[SLOTS] = { false };
        struct yg_pool_done d;
        struct yg_err err = { 0 };
        send_all(p, cases[c].to);
        for (uint32_t i = 0; i < SLOTS; i++) {
            assert_int_equal(yg_pool_wait(p, &d, &err), YG_OK);
            assert_false(seen[d.slot]);
            seen[d.slot] = true;
            assert_int_equal(d.job, YG_JOB_DECODE);
            assert_int_equal(d.status, d.slot % 7 == 5 ? YG_EFORMAT : YG_OK);
            assert_int_equal(yg_pool_slot(p, d.slot)->input_bytes, 3 * d.slot + 1);
        }
        assert_int_equal(yg_pool_wait(p, &d, &err), YG_EEND);
        yg_pool_free(p);
    }
}

/* A worker that dies takes one batch with it; all others are answered. */
static void one_batch_lost(void **state)
{
    static const uint32_t magic[] = { 0, 17, 150, SLOTS - 1 };

    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers++) {
        struct yg_pool *p = pool(workers, SLOTS, work);
        struct yg_pool_done d;
        struct yg_err err = { 0 };
        uint32_t lost = 0, answered = 0;
        for (uint32_t i = 0; i < SLOTS; i++) {
            yg_batch_clear(&yg_pool_slot(p, i)->batch, i, 0);
            for (size_t k = 0; k < YG_ARRAY_LEN(magic); k++)
                if (magic[k] == i)
                    yg_pool_slot(p, i)->batch.seq = MAGIC;
            assert_int_equal(yg_pool_send(p, YG_JOB_DECODE, i, YG_ANY_WORKER, &err),
                             YG_OK);
        }
        while (yg_pool_wait(p, &d, &err) == YG_OK) {
            bool deadly = yg_pool_slot(p, d.slot)->batch.seq == MAGIC;
            assert_true((d.status == YG_ECHILD) == deadly);
            lost += deadly;
            answered += !deadly;
            if (!deadly)
                assert_int_equal(yg_pool_slot(p, d.slot)->input_bytes, 3 * d.slot + 1);
        }
        assert_int_equal(lost, YG_ARRAY_LEN(magic));
        assert_int_equal(answered, SLOTS - lost);
        yg_pool_free(p);
    }
}

static enum yg_status always_dies(void *state, enum yg_job job, struct yg_slot *slot)
{
    (void)state;
    (void)job;
    (void)slot;
    _exit(3);
}

/* Even when every batch kills, the core lives and each is reported. */
static void all_batches_lost(void **state)
{
    struct yg_pool *p = pool(2, 20, always_dies);
    struct yg_pool_done d;
    struct yg_err err = { 0 };
    uint32_t lost = 0;

    (void)state;
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(yg_pool_send(p, YG_JOB_FRAME, i, i, &err), YG_OK);
    while (yg_pool_wait(p, &d, &err) == YG_OK)
        lost += d.status == YG_ECHILD;
    assert_int_equal(lost, 20);
    yg_pool_free(p);
}

/* A worker that was taken over writes answers of its own to its socket. */
static enum yg_status liar(void *state, enum yg_job job, struct yg_slot *slot)
{
    uint32_t forged[8] = { YG_JOB_SCORE, 7000000, YG_OK, 0 };
    (void)state;
    (void)job;
    switch (slot->batch.seq) {
    case 0: /* another slot, far outside */
        break;
    case 1: /* its own slot, another job */
        forged[1] = 0;
        break;
    case 2: /* a status that there is not */
        forged[0] = YG_JOB_DECODE;
        forged[1] = 0;
        forged[2] = 4000000000U;
        break;
    default: /* the right answer, and once more unasked */
        forged[0] = YG_JOB_DECODE;
        forged[1] = 0;
        break;
    }
    for (int fd = 3; fd < 64; fd++)
        if (write(fd, forged, 16) == 16)
            break;
    return YG_OK;
}

static void lies_refused(void **state)
{
    (void)state;
    for (uint64_t seq = 0; seq < 4; seq++) {
        struct yg_pool *p = pool(1, 4, liar);
        struct yg_pool_done d;
        struct yg_err err = { 0 };
        yg_batch_clear(&yg_pool_slot(p, 0)->batch, seq, 0);
        assert_int_equal(yg_pool_send(p, YG_JOB_DECODE, 0, 0, &err), YG_OK);
        enum yg_status st = yg_pool_wait(p, &d, &err);
        if (seq == 3) { /* the second answer finds nothing asked */
            assert_int_equal(st, YG_OK);
            assert_int_equal(yg_pool_send(p, YG_JOB_FRAME, 1, 0, &err), YG_OK);
            st = yg_pool_wait(p, &d, &err);
        }
        assert_int_equal(st, YG_ECHILD);
        assert_non_null(strstr(err.msg, "out of turn"));
        yg_pool_free(p);
    }
}

/* Can the worker read the descriptor whose number stands in the batch? */
static enum yg_status can_read(void *state, enum yg_job job, struct yg_slot *slot)
{
    char c;

    if (slot->batch.seq == MAGIC)
        return work(state, job, slot);
    return read((int)slot->batch.seq, &c, 1) == 1 ? YG_OK : YG_EIO;
}

static struct yg_pool *pool_keeping(int fd, enum yg_status (*run)(void *, enum yg_job,
                                                                  struct yg_slot *))
{
    int keep[] = { fd }; /* gone when this returns */
    struct yg_pool_work w = {
        .start = start, .run = run, .keep_fd = keep, .keep_count = 1
    };
    struct yg_err err = { 0 };
    struct yg_pool *p;

    assert_int_equal(yg_pool_new(1, 2, &w, &p, &err), YG_OK);
    return p;
}

/* A worker, and its successor, have the descriptors named and no others. */
static void descriptors(void **state)
{
    int kept[2], other[2];
    struct yg_pool_done d;
    struct yg_err err = { 0 };

    (void)state;
    assert_int_equal(pipe(kept), 0);
    assert_int_equal(pipe(other), 0);
    assert_int_equal(write(kept[1], "abcd", 4), 4);
    assert_int_equal(write(other[1], "abcd", 4), 4);
    struct yg_pool *p = pool_keeping(kept[0], can_read);
    for (int life = 0; life < 3; life++) {
        static const enum yg_status want[] = { YG_OK, YG_EIO, YG_ECHILD };
        const uint64_t seq[] = { (uint64_t)kept[0], (uint64_t)other[0], MAGIC };
        for (int i = 0; i < 3; i++) {
            yg_batch_clear(&yg_pool_slot(p, 0)->batch, seq[i], 0);
            assert_int_equal(yg_pool_send(p, YG_JOB_FRAME, 0, 0, &err), YG_OK);
            assert_int_equal(yg_pool_wait(p, &d, &err), YG_OK);
            assert_int_equal(d.status, want[i]);
        }
    }
    yg_pool_free(p);
    for (int i = 0; i < 2; i++) {
        close(kept[i]);
        close(other[i]);
    }
}

/* Never ends: reads where nobody writes, as the batch says; hangs up before, if it is to
 * look. */
static enum yg_status stays(void *state, enum yg_job job, struct yg_slot *slot)
{
    int fd = (int)slot->batch.seq;
    char c;

    (void)state;
    for (int i = STDERR_FILENO + 1; job == YG_JOB_LOOK && i < 256; i++)
        if (i != fd)
            close(i);
    while (read(fd, &c, 1) >= 0)
        ;
    return YG_OK;
}

/* Workers that do not end are killed: at the pool's end, and when they hang up. */
static void stuck_are_killed(void **state)
{
    struct yg_pool_done d;
    struct yg_err err = { 0 };
    int silent[2];

    (void)state;
    assert_int_equal(pipe(silent), 0);
    struct yg_pool *p = pool_keeping(silent[0], stays);
    for (uint32_t i = 0; i < 2; i++) {
        yg_batch_clear(&yg_pool_slot(p, i)->batch, (uint64_t)silent[0], 0);
        assert_int_equal(yg_pool_send(p, i ? YG_JOB_DECODE : YG_JOB_LOOK, i, 0, &err),
                         YG_OK);
    }
    assert_int_equal(yg_pool_wait(p, &d, &err), YG_OK);
    assert_int_equal(d.slot, 0);
    assert_int_equal(d.status, YG_ECHILD);
    yg_pool_free(p); /* its successor is at the other job */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    close(silent[0]);
    close(silent[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_answered),     cmocka_unit_test(one_batch_lost),
        cmocka_unit_test(all_batches_lost), cmocka_unit_test(lies_refused),
        cmocka_unit_test(descriptors),      cmocka_unit_test(stuck_are_killed),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
