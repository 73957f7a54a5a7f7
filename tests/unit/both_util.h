/* SPDX-License-Identifier: Apache-2.0 */
/*
 * both_util - cases that run on both databases: SQLite, and a real PostgreSQL server when
 * one can be started. A case's setup finds its target in *state.
 */
#ifndef YG_TESTS_BOTH_UTIL_H
#define YG_TESTS_BOTH_UTIL_H

#include "db/db.h"

/* After the project's headers, in cmocka's order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "postgres_util.h"

struct target {
    enum yg_db_kind kind;
    struct server *server;
};

/* Cases of both, then those about files only. */
struct cases {
    const char *name;
    const struct CMUnitTest *both, *file;
    size_t boths, files;
};

static inline size_t aim(struct CMUnitTest *to, const struct CMUnitTest *from, size_t n,
                         struct target *target)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i];
        to[i].initial_state = target;
        if (target->kind != YG_DB_POSTGRES)
            continue;
        size_t size = strlen(from[i].name) + 12;
        char *name = malloc(size);
        snprintf(name, size, "postgres: %s", from[i].name);
        to[i].name = name;
    }
    return n;
}

static inline int run_on_both(const struct cases *c)
{
    static struct server server;
    static struct target lite = { YG_DB_SQLITE, NULL };
    static struct target post = { YG_DB_POSTGRES, &server };
    struct CMUnitTest *tests = calloc(2 * c->boths + c->files, sizeof(*tests));
    const char *why = "this build is without PostgreSQL";
    size_t n = aim(tests, c->both, c->boths, &lite), lites;

    lites = n += aim(tests + n, c->file, c->files, &lite);
    if (yg_db_built(YG_DB_POSTGRES) && server_ready(&server, &why))
        n += aim(tests + n, c->both, c->boths, &post);
    else
        printf("# PostgreSQL is skipped: %s\n", why);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = _cmocka_run_group_tests(c->name, tests, n, NULL, NULL);
    for (size_t i = lites; i < n; i++)
        free((void *)(uintptr_t)tests[i].name);
    free(tests);
    server_end(&server);
    return failed;
}

#endif
