/* SPDX-License-Identifier: Apache-2.0 */
/* Work beside the server's thread: begun once, answered later, kept for a while; what
 * does not end takes nobody else's turn. */
#include "api/beside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Work that ends when it is told to. */
struct fake {
    enum yg_status says; /* of every wait */
    int begun, waits, ended, waited_ms;
};

static enum yg_status begin(void *arg, void **job, struct yg_err *err)
{
    struct fake *f = arg;

    f->begun++;
    *job = f;
    return f->says == YG_EIO ? yg_err_set(err, YG_EIO, "cannot") : YG_OK;
}

static enum yg_status wait_for(void *job, int ms, struct yg_buf *out, struct yg_err *err)
{
    struct fake *f = job;

    f->waits++;
    f->waited_ms += ms;
    if (f->says != YG_OK)
        return yg_err_set(err, f->says, "not now");
    yg_buf_str_add(out, YG_STR("said"));
    return YG_OK;
}

static void end(void *job)
{
    struct fake *f = job;

    f->ended++;
}

static const struct yg_beside_kind kind = { "fake", YG_BESIDE_MAX, begin, wait_for, end };
static const struct yg_beside_kind other = { "fake2", 2, begin, wait_for, end };

static enum yg_status ask(struct yg_beside *b, const struct yg_beside_kind *k,
                          const char *about, struct fake *f, const char *want)
{
    struct yg_err err = { 0 };
    struct yg_buf out;

    yg_buf_init(&out, 100);
    enum yg_status st = yg_beside_ask(b, k, yg_str_of(about), f, &out, &err);
    assert_string_equal(yg_buf_cstr(&out), want);
    yg_buf_fini(&out);
    return st;
}

static void later(void **state)
{
    struct yg_beside *b = yg_beside_new();
    struct fake f = { .says = YG_EBUSY }, g = { .says = YG_OK };

    (void)state;
    assert_int_equal(ask(b, &kind, "a", &f, ""), YG_EBUSY);
    assert_int_equal(ask(b, &kind, "a", &f, ""), YG_EBUSY);
    assert_int_equal(f.begun, 1);
    assert_true(f.waited_ms <= 2 * YG_BESIDE_MS);
    /* of something else, or another kind of work on the same */
    assert_int_equal(ask(b, &kind, "b", &g, "said"), YG_OK);
    assert_int_equal(ask(b, &other, "a", &g, "said"), YG_OK);
    assert_int_equal(g.begun, 2);
    f.says = YG_OK;
    assert_int_equal(ask(b, &kind, "a", &f, "said"), YG_OK);
    assert_int_equal(ask(b, &kind, "a", &f, "said"), YG_OK); /* kept */
    assert_int_equal(f.begun, 1);
    assert_int_equal(f.ended, 0);
    yg_beside_free(b);
    assert_int_equal(f.ended, 1);
    assert_int_equal(g.ended, 2);
}

static void failures_are_not_kept(void **state)
{
    struct yg_beside *b = yg_beside_new();
    struct fake f = { .says = YG_EIO };

    (void)state;
    assert_int_equal(ask(b, &kind, "a", &f, ""), YG_EIO);
    assert_int_equal(f.ended, 0); /* it was never begun */
    f.says = YG_ECHILD;
    assert_int_equal(ask(b, &kind, "a", &f, ""), YG_ECHILD);
    assert_int_equal(f.ended, 1);
    f.says = YG_OK;
    assert_int_equal(ask(b, &kind, "a", &f, "said"), YG_OK);
    assert_int_equal(f.begun, 3);
    yg_beside_free(b);
}

/* What is under way is not thrown out for more; what has ended, is, by itself or not. */
static void full(void **state)
{
    struct yg_beside *b = yg_beside_new();
    struct fake f[YG_BESIDE_MAX] = { { .says = YG_OK } }, more = { .says = YG_OK };
    char about[2] = "a";

    (void)state;
    for (size_t i = 0; i < YG_BESIDE_MAX; i++, about[0]++) {
        f[i].says = YG_EBUSY;
        assert_int_equal(ask(b, &kind, about, &f[i], ""), YG_EBUSY);
    }
    assert_int_equal(ask(b, &kind, "more", &more, ""), YG_EBUSY);
    assert_int_equal(more.begun, 0);
    f[3].says = YG_ECHILD; /* nobody asked for it again */
    assert_int_equal(ask(b, &kind, "more", &more, "said"), YG_OK);
    assert_int_equal(f[3].ended, 1);
    yg_beside_free(b);
}

/* No kind of work takes all places. */
static void few_of_a_kind(void **state)
{
    struct yg_beside *b = yg_beside_new();
    struct fake f[3] = { { .says = YG_EBUSY }, { .says = YG_EBUSY }, { .says = YG_OK } };

    (void)state;
    assert_int_equal(ask(b, &other, "a", &f[0], ""), YG_EBUSY);
    assert_int_equal(ask(b, &other, "b", &f[1], ""), YG_EBUSY);
    assert_int_equal(ask(b, &other, "c", &f[2], ""), YG_EBUSY);
    assert_int_equal(f[2].begun, 0);
    assert_int_equal(ask(b, &kind, "c", &f[2], "said"), YG_OK);
    f[0].says = YG_OK;
    assert_int_equal(ask(b, &other, "c", &f[2], "said"), YG_OK);
    yg_beside_free(b);
}

static void with_nobody_else(void **state)
{
    struct fake f = { .says = YG_OK };

    (void)state;
    assert_int_equal(ask(NULL, &kind, "a", &f, "said"), YG_OK);
    assert_int_equal(f.ended, 1);
    assert_true(f.waited_ms > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(later),
                                        cmocka_unit_test(failures_are_not_kept),
                                        cmocka_unit_test(full),
                                        cmocka_unit_test(few_of_a_kind),
                                        cmocka_unit_test(with_nobody_else) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
