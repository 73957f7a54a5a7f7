/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_util - what the tests of people/ share: a database for a case, a clock that is
 * turned by hand, secrets that can be foreseen, a hash that costs nothing.
 */
#ifndef YG_TESTS_PEOPLE_UTIL_H
#define YG_TESTS_PEOPLE_UTIL_H

#include "base/rng.h"
#include "db/db.h"
#include "people/people.h"
#include "people/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define T0       (INT64_C(1700006400) * YG_NS_PER_S)
#define SECOND   YG_NS_PER_S
#define MINUTE   (60 * SECOND)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
#define GOOD     "seven green lamps by the river"
#define GOOD_TOO "a kettle sings in the north room"
#define HOME     "192.0.2.10"

struct world {
    char dir[64], path[160];
    struct yg_clock clock;
    struct yg_rng rng;
    struct yg_people_options opt;
    struct yg_people *p;
    struct yg_arena arena;
    struct yg_err err;
};

#define assert_ok(w, call)                                                               \
    do {                                                                                 \
        enum yg_status st_ = (call);                                                     \
        if (st_ != YG_OK)                                                                \
            fail_msg("%s: %s: %s", #call, yg_status_name(st_), (w)->err.msg);            \
    } while (0)
#define assert_status(want, call)                                                        \
    assert_string_equal(yg_status_name(call), yg_status_name(want))

static inline void from_rng(void *arg, void *out, size_t n)
{
    unsigned char *p = out;

    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)yg_rng_u64(arg);
}

static inline void open_people(struct world *w)
{
    yg_people_close(w->p);
    w->p = NULL;
    assert_ok(w, yg_people_open(&w->opt, &w->p, &w->err));
}

static inline int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    snprintf(w->dir, sizeof(w->dir), "/tmp/yg_people_XXXXXX");
    if (!mkdtemp(w->dir))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/service.db", w->dir);
    w->clock = yg_clock_manual(T0);
    yg_rng_init(&w->rng, 1);
    w->opt = (struct yg_people_options){ .where = w->path,
                                         .clock = &w->clock,
                                         .entropy = { from_rng, &w->rng },
                                         .hash_ops = 1,
                                         .hash_memory = 8192,
                                         .create = true };
    yg_arena_init(&w->arena, (size_t)64 << 20);
    open_people(w);
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    static const char *const name[] = { "service.db", "service.db-wal",
                                        "service.db-shm" };
    struct world *w = *state;
    char path[160];

    yg_people_close(w->p);
    yg_arena_fini(&w->arena);
    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++) {
        snprintf(path, sizeof(path), "%s/%s", w->dir, name[i]);
        unlink(path);
    }
    rmdir(w->dir);
    free(w);
    return 0;
}

/* What somebody who holds the file could write. */
static inline void sql(struct world *w, const char *text)
{
    sqlite3 *h = NULL;
    char *msg = NULL;

    assert_int_equal(sqlite3_open(w->path, &h), SQLITE_OK);
    sqlite3_busy_timeout(h, 5000);
    if (sqlite3_exec(h, text, NULL, NULL, &msg) != SQLITE_OK)
        fail_msg("%s: %s", text, msg);
    sqlite3_close(h);
}

static inline int64_t sql_number(struct world *w, const char *text)
{
    sqlite3 *h = NULL;
    sqlite3_stmt *s = NULL;

    assert_int_equal(sqlite3_open(w->path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(h, text, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(h);
    return v;
}

/* A user with the password GOOD, who need not change it. */
static inline void add_user(struct world *w, const char *name, enum yg_role role,
                            const char *tenant)
{
    struct yg_str t = yg_str_of(tenant);
    const struct yg_user u = {
        .name = yg_str_of(name),
        .role = role,
        .scope = tenant ? (struct yg_scope){ .tenant = &t, .tenants = 1 } : YG_SCOPE_ALL
    };
    char made[YG_PASSWORD_MADE], text[200];

    assert_ok(
        w, yg_people_add(w->p, &yg_principal_machine, &u, YG_STR(GOOD), made, &w->err));
    assert_int_equal(made[0], 0);
    snprintf(text, sizeof(text), "UPDATE account SET must_change = 0 WHERE name = '%s'",
             name);
    sql(w, text);
}

static inline enum yg_status try_login(struct world *w, const char *name,
                                       const char *password, const char *code,
                                       const char *address, struct yg_login_answer *out)
{
    const struct yg_login in = { .name = yg_str_of(name),
                                 .password = yg_str_of(password),
                                 .code = yg_str_of(code),
                                 .address = yg_str_of(address) };

    return yg_people_login(w->p, &in, out, &w->err);
}

static inline enum yg_login_why login_why(struct world *w, const char *name,
                                          const char *password, const char *address)
{
    struct yg_login_answer a;
    enum yg_status st = try_login(w, name, password, "", address, &a);

    assert_status(a.why == YG_LOGIN_IN ? YG_OK : YG_EPERM, st);
    return a.why;
}

/* In, and who he is. */
static inline struct yg_principal enter(struct world *w, const char *name,
                                        char secret[YG_SECRET_TEXT])
{
    struct yg_login_answer a;
    struct yg_principal who;

    assert_ok(w, try_login(w, name, GOOD, "", HOME, &a));
    memcpy(secret, a.secret, YG_SECRET_TEXT);
    assert_ok(w, yg_people_session(w->p, yg_str_of(secret), &w->arena, &who, &w->err));
    return who;
}

static inline enum yg_status session(struct world *w, const char *secret)
{
    struct yg_principal who;

    return yg_people_session(w->p, yg_str_of(secret), &w->arena, &who, &w->err);
}

/* The code of a secret in base32 at a time. */
static inline const char *code_at(const char *base32, int64_t ns, char out[8])
{
    unsigned char secret[YG_TOTP_SIZE] = { 0 };

    for (size_t i = 0; base32[i]; i++) {
        const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        unsigned v = (unsigned)(strchr(letters, base32[i]) - letters);
        for (size_t b = 0; b < 5; b++) {
            size_t at = 5 * i + b;
            secret[at / 8] |= (unsigned char)((v >> (4 - b) & 1) << (7 - at % 8));
        }
    }
    snprintf(out, 8, "%06u", yg_totp_code(secret, (uint64_t)(ns / SECOND / 30)));
    return out;
}

#endif
