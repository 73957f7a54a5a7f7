/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digits.h"

#include "base/rng.h"
#include "base/status.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Agrees with the plain loop on everything of up to 17 characters that is nearly a
 * number, whatever stands behind it. */
static void numbers(void **state)
{
    struct yg_rng rng;
    unsigned good = 0;

    (void)state;
    yg_rng_init(&rng, 1);
    for (int i = 0; i < 300000; i++) {
        char text[40];
        size_t n = yg_rng_below(&rng, 18);
        uint64_t got = 0, want = 0;
        for (size_t k = 0; k < sizeof(text); k++)
            text[k] = (char)('0' + yg_rng_below(&rng, 10));
        if (yg_rng_below(&rng, 2))
            text[yg_rng_below(&rng, 20)] = (char)yg_rng_u64(&rng);
        struct yg_str s = { text, n };
        bool ok = yg_str_u64(s, &want) && n <= 16;
        good += ok;
        assert_int_equal(yg_digits_short(s, sizeof(text), &got), ok);
        if (ok)
            assert_true(got == want);
    }
    assert_in_range(good, 100000, 299000);
    uint64_t v = 0;
    assert_false(yg_digits_short(YG_STR("1234567"), 7, &v)); /* may not read eight */
}

/* Agrees with inet_pton on texts that are nearly addresses. */
static void addresses(void **state)
{
    static const char *const part[] = { "0",   "1",   "9",   "10",  "25", "99", "100",
                                        "255", "256", "300", "999", "00", "01", "1000",
                                        "",    "a",   "-1",  "/",   ":",  " 1" };
    struct yg_rng rng;
    unsigned good = 0;

    (void)state;
    yg_rng_init(&rng, 2);
    for (int i = 0; i < 400000; i++) {
        char text[64];
        unsigned char got[4] = { 0 }, want[4] = { 0 };
        int n = 0, parts = yg_rng_below(&rng, 8) ? 4 : (int)yg_rng_below(&rng, 7);
        for (int k = 0; k < parts; k++) {
            size_t p = yg_rng_below(&rng, yg_rng_below(&rng, 3) ? 8 : YG_ARRAY_LEN(part));
            n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", k ? "." : "",
                          part[p]);
        }
        bool ok = inet_pton(AF_INET, text, want) == 1;
        good += ok;
        for (size_t k = (size_t)n; k < sizeof(text); k++)
            text[k] = ".5,\"9"[yg_rng_below(&rng, 5)];
        if (yg_digits_ipv4((struct yg_str){ text, (size_t)n }, got) != ok)
            fail_msg("'%.*s'", n, text);
        if (ok)
            assert_memory_equal(got, want, 4);
    }
    assert_in_range(good, 50000, 390000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(addresses),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
