/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes, its description, and bodies that are read by it. */
#include "api/openapi.h"
#include "api/route.h"
#include "json/pull.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void table_is_sane(void **state)
{
    struct yg_str id;
    unsigned methods;

    (void)state;
    for (const struct yg_route *r = yg_routes; r->path; r++) {
        bool api = strncmp(r->path, "/api/", 5) == 0;
        bool page = (r->flags & YG_ROUTE_PAGE) != 0;
        char path[128];
        if ((api && page) || (!page && r->id[0] == '\0') || strlen(r->help) < 5)
            fail_msg("%s", r->path);
        if ((r->flags & YG_ROUTE_WHOLE) && (r->flags & YG_ROUTE_PUBLIC))
            fail_msg("%s: for all and for nobody", r->path);
        if (r->method != YG_HTTP_GET && !(r->flags & YG_ROUTE_OWN) &&
            !(r->flags & YG_ROUTE_PUBLIC) && r->verb == YG_VERB_READ)
            fail_msg("%s: a write that only reads", r->path);
        /* It is found, and nothing before it takes its place. */
        const char *at = strchr(r->path, '{');
        snprintf(path, sizeof(path), "%.*s%s%s",
                 (int)(at ? at - r->path : (long)strlen(r->path)), r->path,
                 at ? "1234567" : "", at ? strchr(at, '}') + 1 : "");
        assert_ptr_equal(yg_route_find(r->method, yg_str_of(path), &id, &methods), r);
        assert_null(yg_route_find(YG_HTTP_OTHER, yg_str_of(path), &id, &methods));
        assert_true(methods >> r->method & 1);
    }
    assert_ptr_equal(yg_route_find(YG_HTTP_HEAD, YG_STR("/"), &id, &methods), yg_routes);
    assert_null(yg_route_find(YG_HTTP_GET, YG_STR("/nothing"), &id, &methods));
    assert_int_equal(methods, 0);
}

static void description(void **state)
{
    struct yg_json_pull *p = NULL;
    struct yg_buf out;
    char text[160];

    (void)state;
    yg_buf_init(&out, 4 << 20);
    yg_openapi(&out);
    assert_int_equal(yg_buf_status(&out), YG_OK);
    assert_int_equal(yg_json_pull_new(4 << 20, &p), YG_OK);
    struct yg_str s = yg_buf_str(&out);
    assert_true(yg_json_pull_is_object(p, (struct yg_str){ s.p, s.n - 1 }));
    yg_json_pull_free(p);
    for (const struct yg_route *r = yg_routes; r->path; r++) {
        snprintf(text, sizeof(text), "\"%s\":{", r->path);
        bool there = strstr(yg_buf_cstr(&out), text) != NULL;
        if (there != !(r->flags & YG_ROUTE_PAGE))
            fail_msg("%s", r->path);
        snprintf(text, sizeof(text), "\"operationId\":\"%s\"", r->id);
        const char *first = strstr(yg_buf_cstr(&out), text);
        if (there && (!first || strstr(first + 1, text)))
            fail_msg("%s: operationId", r->path);
    }
    yg_buf_fini(&out);
}

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
static const struct {
    const char *name, *type, *body;
    enum yg_status want;
    const char *level, *note, *csrf; /* when it is well */
} bodies[] = {
    { "json", JSON, "{\"level\":\"L3\",\"note\":\"a\\u00e9\\n\"}", YG_OK, "L3",
      "a\xc3\xa9\n", "" },
    { "charset", "Application/JSON; charset=utf-8", "{\"level\":\"FP\"}", YG_OK, "FP", "",
      "" },
    { "form", FORM, "level=L3&note=a+b%26c&csrf=xyz", YG_OK, "L3", "a b&c", "xyz" },
    { "empty member of a form", FORM, "level=L3&note=", YG_OK, "L3", "", "" },
    { "no type", "", "{\"level\":\"L3\"}", YG_EFORMAT, NULL, NULL, NULL },
    { "another type", "text/plain", "level=L3", YG_EFORMAT, NULL, NULL, NULL },
    { "nothing", JSON, "", YG_EINVAL, NULL, NULL, NULL },
    { "no object", JSON, "[]", YG_EINVAL, NULL, NULL, NULL },
    { "two objects", JSON, "{\"level\":\"L3\"}{}", YG_EINVAL, NULL, NULL, NULL },
    { "cut", JSON, "{\"level\":\"L3\"", YG_EINVAL, NULL, NULL, NULL },
    { "missing", JSON, "{\"note\":\"x\"}", YG_EINVAL, NULL, NULL, NULL },
    { "missing in a form", FORM, "note=x", YG_EINVAL, NULL, NULL, NULL },
    { "unknown", JSON, "{\"level\":\"L3\",\"lvl\":\"x\"}", YG_EINVAL, NULL, NULL, NULL },
    { "csrf is a form's", JSON, "{\"level\":\"L3\",\"csrf\":\"x\"}", YG_EINVAL, NULL,
      NULL, NULL },
    { "unknown in a form", FORM, "level=L3&x=y", YG_EINVAL, NULL, NULL, NULL },
    { "twice", JSON, "{\"level\":\"L3\",\"level\":\"FP\"}", YG_EINVAL, NULL, NULL, NULL },
    { "twice in a form", FORM, "level=L3&level=FP", YG_EINVAL, NULL, NULL, NULL },
    { "too long", JSON, "{\"level\":\"L33\"}", YG_EINVAL, NULL, NULL, NULL },
    { "too short", JSON, "{\"level\":\"L\"}", YG_EINVAL, NULL, NULL, NULL },
    { "a number", JSON, "{\"level\":13}", YG_EINVAL, NULL, NULL, NULL },
    { "null", JSON, "{\"level\":\"L3\",\"note\":null}", YG_EINVAL, NULL, NULL, NULL },
    { "nested", JSON, "{\"level\":{\"level\":\"L3\"}}", YG_EINVAL, NULL, NULL, NULL },
    { "NUL", JSON, "{\"level\":\"L3\",\"note\":\"a\\u0000b\"}", YG_EINVAL, NULL, NULL,
      NULL },
    { "NUL in a form", FORM, "level=L3&note=a%00b", YG_EINVAL, NULL, NULL, NULL },
    { "broken escape", FORM, "level=L3&note=%4", YG_EINVAL, NULL, NULL, NULL },
};

static void bodies_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(bodies); i++) {
        struct yg_arena arena;
        struct yg_body b;
        struct yg_err err = { 0 };
        yg_arena_init(&arena, 1 << 20);
        enum yg_status st = yg_body_read(YG_BODY_VERDICT, yg_str_of(bodies[i].type),
                                         yg_str_of(bodies[i].body), &arena, &b, &err);
        if (st != bodies[i].want || (st != YG_OK && !err.msg[0]))
            fail_msg("%s: %s", bodies[i].name, yg_status_name(st));
        if (st == YG_OK &&
            (!yg_str_eq(b.text[YG_M_VERDICT_LEVEL], yg_str_of(bodies[i].level)) ||
             !yg_str_eq(b.text[YG_M_VERDICT_NOTE], yg_str_of(bodies[i].note)) ||
             !yg_str_eq(b.csrf, yg_str_of(bodies[i].csrf))))
            fail_msg("%s: another text", bodies[i].name);
        yg_arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sane),
        cmocka_unit_test(description),
        cmocka_unit_test(bodies_are_read_strictly),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
