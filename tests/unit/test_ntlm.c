/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/ntlm.h"

#include "rpc_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void names(void **state)
{
    static const struct {
        const char *name, *domain, *user, *machine;
        size_t response;
        const char *account;
        bool v1, anonymous;
    } row[] = {
        { "NTLMv2", "CORP", "alice", "WS1", 180, "CORP\\alice", false, false },
        { "NTLMv1", "CORP", "alice", "WS1", 24, "CORP\\alice", true, false },
        { "without a domain", "", "bob", "", 180, "bob", false, false },
        { "anonymous", "", "", "WS1", 0, "", false, true },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_arena a;
        struct yg_buf b;
        struct yg_ntlm n;
        yg_arena_init(&a, 1 << 20);
        yg_buf_init(&b, 4096);
        yg_buf_add(&b, "\x60\x30", 2);
        put_ntlm3(&b, row[i].domain, row[i].user, row[i].machine, row[i].response);
        if (!yg_ntlm_find(yg_buf_str(&b), &a, &n) || n.type != YG_NTLM_AUTHENTICATE ||
            n.v1 != row[i].v1 || n.anonymous != row[i].anonymous ||
            !yg_str_eq(n.account, yg_str_of(row[i].account)) ||
            !yg_str_eq(n.workstation, yg_str_of(row[i].machine)))
            fail_msg("%s: %.*s", row[i].name, YG_STR_ARG(n.account));
        /* Cut anywhere: no name that is not whole. */
        for (size_t k = 0; k < b.n; k++)
            if (yg_ntlm_find((struct yg_str){ b.p, k }, &a, &n) && n.account.n > 0 &&
                !yg_str_eq(n.account, yg_str_of(row[i].account)) &&
                !yg_str_eq(n.account, yg_str_of(row[i].user)))
                fail_msg("%s: %.*s", row[i].name, YG_STR_ARG(n.account));
        yg_buf_fini(&b);
        yg_arena_fini(&a);
    }
}

static void challenge(void **state)
{
    struct yg_arena a;
    struct yg_buf b;
    struct yg_ntlm n;

    (void)state;
    yg_arena_init(&a, 1 << 20);
    yg_buf_init(&b, 4096);
    put_ntlm2(&b, "CORP", "dc1.corp.example");
    assert_true(yg_ntlm_find(yg_buf_str(&b), &a, &n));
    assert_int_equal(n.type, YG_NTLM_CHALLENGE);
    assert_true(yg_str_eq(n.workstation, YG_STR("dc1.corp.example")));
    assert_false(yg_ntlm_find(YG_STR("NTLMSSP\0\4\0\0\0"), &a, &n));
    assert_false(yg_ntlm_find(YG_STR("NTLMSSP\0\3\0"), &a, &n));
    assert_false(yg_ntlm_find(YG_STR("no message"), &a, &n));
    yg_buf_fini(&b);
    yg_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(challenge),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
