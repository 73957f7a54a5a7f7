/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_util - what the tests of desk/ share: a desk for a case, on SQLite and then on a
 * PostgreSQL server, a clock that is turned by hand, people of two tenants, alerts made
 * by hand.
 */
#ifndef YG_TESTS_DESK_UTIL_H
#define YG_TESTS_DESK_UTIL_H

#include "desk/about.h"
#include "event/ip.h"
#include "postgres_util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define T0     (INT64_C(1700006400) * YG_NS_PER_S)
#define SECOND YG_NS_PER_S
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

struct target { /* where a case runs */
    enum yg_db_kind kind;
    struct server *server;
};

struct world {
    char dir[64], path[160], part[32];
    struct yg_clock clock;
    struct yg_desk_options opt;
    struct yg_desk *d;
    struct yg_arena arena;
    struct yg_err err;
    struct yg_scope acme, both, none;
    struct yg_str acme_names[1], both_names[2];
    struct yg_desk_by kim, lee, all, nobody,
        other; /* kim and lee of acme, other of zeta */
    struct yg_scope zeta;
    struct yg_str zeta_names[1];
    struct yg_batch *batch;
};

#define assert_ok(w, call)                                                               \
    do {                                                                                 \
        enum yg_status st_ = (call);                                                     \
        if (st_ != YG_OK)                                                                \
            fail_msg("%s: %s: %s", #call, yg_status_name(st_), (w)->err.msg);            \
    } while (0)
#define assert_status(want, call)                                                        \
    assert_string_equal(yg_status_name(call), yg_status_name(want))
#define assert_text(s, want)                                                             \
    do {                                                                                 \
        struct yg_str text_ = (s);                                                       \
        if (!yg_str_eq(text_, yg_str_of(want)))                                          \
            fail_msg("\"%.*s\" is not \"%s\"", YG_STR_ARG(text_), want);                 \
    } while (0)

#define ACME YG_STR("acme")
#define ZETA YG_STR("zeta")

static const struct yg_scope everything = { .all = true };
static const unsigned char run_a[YG_ID_SIZE] = { 0xaa, 1 }, run_b[YG_ID_SIZE] = { 0xbb };
static const unsigned char alert_a[YG_ID_SIZE] = { 0xa1 }, alert_b[YG_ID_SIZE] = { 0xb1 };

static inline void open_desk(struct world *w)
{
    yg_desk_close(w->d);
    w->d = NULL;
    assert_ok(w, yg_desk_open(&w->opt, &w->d, &w->err));
}

static inline void people(struct world *w)
{
    w->acme_names[0] = w->both_names[0] = ACME;
    w->both_names[1] = w->zeta_names[0] = ZETA;
    w->acme = (struct yg_scope){ .tenant = w->acme_names, .tenants = 1 };
    w->both = (struct yg_scope){ .tenant = w->both_names, .tenants = 2 };
    w->zeta = (struct yg_scope){ .tenant = w->zeta_names, .tenants = 1 };
    w->kim = (struct yg_desk_by){ YG_STR("kim"), &w->acme };
    w->lee = (struct yg_desk_by){ YG_STR("lee"), &w->acme };
    w->other = (struct yg_desk_by){ YG_STR("zoe"), &w->zeta };
    w->all = (struct yg_desk_by){ YG_STR("ada"), &everything };
    w->nobody = (struct yg_desk_by){ YG_STR("nil"), &w->none };
}

static inline int world_setup(void **state)
{
    const struct target *target = *state;
    struct world *w = calloc(1, sizeof(*w));

    snprintf(w->dir, sizeof(w->dir), "/tmp/yg_desk_XXXXXX");
    if (!mkdtemp(w->dir))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/desk.db", w->dir);
    if (target->kind == YG_DB_POSTGRES) {
        server_where(target->server, w->path, sizeof(w->path));
        snprintf(w->part, sizeof(w->part), "case_%u", target->server->cases++);
    }
    w->clock = yg_clock_manual(T0);
    w->opt = (struct yg_desk_options){
        .where = w->path, .part = w->part, .clock = &w->clock, .create = true
    };
    w->batch = calloc(1, sizeof(*w->batch));
    yg_arena_init(&w->arena, (size_t)256 << 20);
    people(w);
    open_desk(w);
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    static const char *const name[] = { "desk.db", "desk.db-wal", "desk.db-shm" };
    struct world *w = *state;
    char path[160];

    yg_desk_close(w->d);
    yg_arena_fini(&w->arena);
    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++) {
        snprintf(path, sizeof(path), "%s/%s", w->dir, name[i]);
        unlink(path);
    }
    rmdir(w->dir);
    free(w->batch);
    free(w);
    return 0;
}

/* An alert of acme: fields by their text, ended by NULL. */
struct field_text {
    enum yg_field field;
    const char *text;
};
static inline struct yg_desk_alert alert_of(struct world *w, const struct field_text *f,
                                            size_t n)
{
    struct yg_event *e = &w->batch->event[0];

    yg_batch_clear(w->batch, 0, 0);
    *e = (struct yg_event){ .time_ns = w->clock.manual_ns };
    for (size_t i = 0; i < n; i++)
        assert_true(
            yg_field_info[f[i].field].type == YG_T_IP
                ? yg_event_set_ip(w->batch, e, f[i].field, yg_str_of(f[i].text))
                : yg_event_set_str(w->batch, e, f[i].field, yg_str_of(f[i].text)));
    return (struct yg_desk_alert){
        .tenant = ACME, .id = alert_a, .batch = w->batch, .event = e
    };
}
#define ALERT(w, ...)                                                                    \
    alert_of(w, (const struct field_text[]){ __VA_ARGS__ },                              \
             sizeof((const struct field_text[]){ __VA_ARGS__ }) /                        \
                 sizeof(struct field_text))

/* Texts that are never kept. */
static inline struct yg_str hostile(size_t i)
{
    static char huge[1 << 20];

    memset(huge, 'a', sizeof(huge));
    switch (i) {
    case 0:
        return YG_STR("a\x1b[31m");
    case 1:
        return YG_STR("a\xe2\x80\xae"
                      "b");
    case 2:
        return (struct yg_str){ "a\0b", 3 };
    case 3:
        return YG_STR("\xff\xfe");
    case 4:
        return (struct yg_str){ huge, sizeof(huge) };
    default:
        return YG_STR_NONE;
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
#define CASES_MAX  64

/* All cases on SQLite, then on a server. */
static inline int run_cases(const char *group, const struct CMUnitTest *cases,
                            size_t count)
{
    static struct server server;
    static char name[CASES_MAX][120];
    struct target lite = { YG_DB_SQLITE, NULL }, post = { YG_DB_POSTGRES, &server };
    struct CMUnitTest tests[2 * CASES_MAX];
    const char *why = "this build is without PostgreSQL";
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        tests[n] = cases[i];
        tests[n++].initial_state = &lite;
    }
    if (yg_db_built(YG_DB_POSTGRES) && server_ready(&server, &why)) {
        for (size_t i = 0; i < count; i++) {
            tests[n] = cases[i];
            snprintf(name[i], sizeof(name[i]), "postgres: %s", cases[i].name);
            tests[n].name = name[i];
            tests[n++].initial_state = &post;
        }
    } else {
        printf("# PostgreSQL is skipped: %s\n", why);
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
    server_end(&server);
    return failed;
}

#endif
