/* SPDX-License-Identifier: Apache-2.0 */
#include "store/block.h"

#include "base/rng.h"

/* After the project's headers, in cmocka's order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#define SEED 99

struct both {
    struct yg_block_writer *w;
    struct yg_block_reader *r;
    struct yg_block_open open;
    struct yg_rng rng;
};

static int setup(void **state)
{
    struct both *b = calloc(1, sizeof(*b));

    b->w = yg_block_writer_new();
    b->r = yg_block_reader_new();
    yg_block_open_init(&b->open);
    yg_rng_init(&b->rng, SEED);
    *state = b;
    return b->w && b->r ? 0 : -1;
}

static int teardown(void **state)
{
    struct both *b = *state;

    yg_block_writer_free(b->w);
    yg_block_reader_free(b->r);
    yg_block_open_fini(&b->open);
    free(b);
    return 0;
}

static char text[3000];

static struct yg_store_record random_record(struct yg_rng *r, size_t most)
{
    struct yg_store_record rec = {
        .time_ns = (int64_t)yg_rng_u64(r),
        .received_ns = (int64_t)yg_rng_u64(r),
        .source = (uint32_t)yg_rng_u64(r),
        .kind = (uint8_t)yg_rng_below(r, 4),
        .verdict = (uint8_t)yg_rng_u64(r),
        .decision = (uint8_t)yg_rng_below(r, 3),
        .predicted = (uint8_t)yg_rng_u64(r),
        .risk = (uint32_t)yg_rng_u64(r),
        .gates = (uint32_t)yg_rng_u64(r),
        .raw = { text, (size_t)yg_rng_below(r, most + 1) },
    };

    for (size_t k = 0; k < YG_BLOCK_KEYS; k++)
        rec.key[k] = yg_rng_below(r, 3) ? yg_rng_below(r, 50) : yg_rng_u64(r);
    for (size_t i = 0; i < YG_ID_SIZE; i++)
        rec.id[i] = (unsigned char)yg_rng_u64(r);
    if (yg_rng_below(r, 8) == 0)
        rec.packets = (struct yg_str){ text, (size_t)yg_rng_below(r, most + 1) };
    if (yg_rng_below(r, 64) == 0)
        rec.rule = (uint16_t)yg_rng_u64(r);
    return rec;
}

/* Fill with up to `n` records, keep what was put in `want`. */
static size_t fill(struct both *b, struct yg_store_record *want, size_t n, size_t most)
{
    size_t count = 0;

    yg_block_open_clear(&b->open);
    for (; count < n; count++) {
        want[count] = random_record(&b->rng, most);
        if (!yg_block_open_fits(&b->open, &want[count]))
            break;
        assert_int_equal(yg_block_open_add(&b->open, &want[count]), YG_OK);
    }
    return count;
}

static void assert_same(const struct yg_store_record *a, const struct yg_store_record *b,
                        bool raw)
{
    assert_memory_equal(a->id, b->id, YG_ID_SIZE);
    assert_memory_equal(a->key, b->key, sizeof(a->key));
    assert_true(a->time_ns == b->time_ns && a->received_ns == b->received_ns);
    assert_true(a->source == b->source && a->kind == b->kind && a->risk == b->risk);
    assert_true(a->verdict == b->verdict && a->decision == b->decision);
    assert_true(a->predicted == b->predicted && a->gates == b->gates);
    assert_int_equal(a->rule, b->rule);
    if (raw)
        assert_true(yg_str_eq(a->raw, b->raw) && yg_str_eq(a->packets, b->packets));
    else
        assert_true(a->raw.n == 0 && a->packets.n == 0);
}

static void any_records_come_back(void **state)
{
    static const struct {
        const char *name;
        size_t records, raw;
    } table[] = { { "one", 1, 100 },
                  { "one empty", 1, 0 },
                  { "some", 300, 900 },
                  { "full of bytes", 4096, 2999 },
                  { "full of records", 5000, 10 } };
    struct both *b = *state;
    struct yg_store_record *want = malloc(5000 * sizeof(*want)), *rec;
    struct yg_block block;
    size_t count;

    print_message("# seed %d\n", SEED);
    assert_non_null(want);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)yg_rng_u64(&b->rng);
    for (size_t i = 0; i < YG_ARRAY_LEN(table); i++) {
        size_t n = fill(b, want, table[i].records, table[i].raw);
        assert_int_equal(yg_block_encode(b->w, &b->open, 7, i, &block), YG_OK);
        assert_int_equal(yg_block_verify(&block), YG_OK);
        for (int raw = 0; raw < 2; raw++) {
            assert_int_equal(yg_block_decode(b->r, &block, raw, &rec, &count), YG_OK);
            if (count != n)
                fail_msg("%s: %d records, not %d", table[i].name, (int)count, (int)n);
            for (size_t k = 0; k < n; k++)
                assert_same(&rec[k], &want[k], raw);
        }
    }
    free(want);
}

static void the_zone_map_holds_all_records(void **state)
{
    struct both *b = *state;
    struct yg_store_record want[100];
    size_t n = fill(b, want, 100, 500), alerts = 0, contexts = 0, undecodable = 0,
           closed = 0, raw = 0;
    const struct yg_block_head *h = &b->open.head;
    bool low = false, high = false;

    for (size_t i = 0; i < n; i++) {
        assert_true(want[i].time_ns >= h->time_min && want[i].time_ns <= h->time_max);
        assert_true(want[i].received_ns >= h->received_min &&
                    want[i].received_ns <= h->received_max);
        low |= want[i].time_ns == h->time_min;
        high |= want[i].time_ns == h->time_max;
        alerts += want[i].kind == YG_KIND_ALERT;
        contexts += want[i].kind == YG_KIND_CONTEXT;
        undecodable += want[i].kind == YG_KIND_UNDECODABLE;
        closed += want[i].decision == YG_DECISION_CLOSED;
        raw += want[i].raw.n + want[i].packets.n;
    }
    assert_true(low && high);
    assert_int_equal(h->count, n);
    assert_int_equal(h->alerts, alerts);
    assert_int_equal(h->contexts, contexts);
    assert_int_equal(h->undecodable, undecodable);
    assert_int_equal(h->closed, closed);
    assert_int_equal(h->raw_bytes, raw);
}

/* Never "no" for a key that is there; "yes" for others at most once in 50 (about 1 % is
 * expected of 20,000; 2 % is 14 standard deviations away). */
static void the_filter_is_never_wrong_about_what_is_there(void **state)
{
    struct both *b = *state;
    struct yg_store_record want[300];
    struct yg_block block;
    size_t n = fill(b, want, 300, 500), wrong = 0;

    assert_int_equal(yg_block_encode(b->w, &b->open, 1, 1, &block), YG_OK);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < YG_BLOCK_KEYS; k++)
            assert_true(yg_block_may_hold(block.filter, want[i].key[k]));
    for (size_t i = 0; i < 20000; i++)
        wrong += yg_block_may_hold(block.filter, yg_rng_u64(&b->rng) | 1);
    print_message("# seed %d, %d of 20000 wrong\n", SEED, (int)wrong);
    assert_true(wrong < 400);
    assert_true(yg_block_may_hold(block.filter, 0));
    assert_true(yg_block_may_hold(YG_STR("odd"), 5));
    assert_false(yg_block_may_hold(YG_STR_NONE, 5));
}

/* Any single damaged byte is noticed by the digest, and decoding it all the same does no
 * harm. */
static void damage_is_noticed(void **state)
{
    struct both *b = *state;
    struct yg_store_record want[40], *rec;
    struct yg_block block, bad;
    size_t count;

    fill(b, want, 40, 300);
    assert_int_equal(yg_block_encode(b->w, &b->open, 1, 1, &block), YG_OK);
    struct yg_str *piece[] = { &bad.filter, &bad.ids, &bad.meta, &bad.raw };
    for (size_t p = 0; p < YG_ARRAY_LEN(piece); p++) {
        bad = block;
        struct yg_str good = *piece[p];
        char *copy = malloc(good.n);
        assert_non_null(copy);
        memcpy(copy, good.p, good.n);
        for (size_t i = 0; i < good.n; i++) {
            bad = block;
            *piece[p] = (struct yg_str){ copy, good.n };
            copy[i] ^= 0x21;
            assert_int_equal(yg_block_verify(&bad), YG_ECORRUPT);
            (void)!yg_block_decode(b->r, &bad, true, &rec, &count);
            piece[p]->n = i;
            assert_int_equal(yg_block_verify(&bad), YG_ECORRUPT);
            (void)!yg_block_decode(b->r, &bad, true, &rec, &count);
            copy[i] ^= 0x21;
        }
        free(copy);
    }
    bad = block;
    bad.number = 2; /* a block in another's place */
    assert_int_equal(yg_block_verify(&bad), YG_ECORRUPT);
    bad = block;
    bad.tenant = 2;
    assert_int_equal(yg_block_verify(&bad), YG_ECORRUPT);
    bad = block;
    bad.head.count++;
    assert_int_equal(yg_block_decode(b->r, &bad, true, &rec, &count), YG_ECORRUPT);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(any_records_come_back),
        CASE(the_zone_map_holds_all_records),
        CASE(the_filter_is_never_wrong_about_what_is_there),
        CASE(damage_is_noticed),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
