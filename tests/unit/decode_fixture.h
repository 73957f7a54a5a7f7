/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoder tests share: records of a text, decoded as one batch. */
#ifndef YG_TESTS_DECODE_FIXTURE_H
#define YG_TESTS_DECODE_FIXTURE_H

#include "decode/decode.h"
#include "event/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct yg_source source;
    struct yg_decode *d;
    struct yg_batch *b;
};

/* Begin with `format`; change f->source before the first fixture_decode if need be. */
static inline void fixture_begin(struct fixture *f, const char *format)
{
    *f = (struct fixture){
        .source = { .tenant = YG_STR("acme"),
                    .name = YG_STR("sensor"),
                    .format = yg_str_of(format) },
        .b = malloc(sizeof(struct yg_batch)),
    };
    assert_non_null(f->b);
}

static inline void fixture_end(struct fixture *f)
{
    yg_decode_free(f->d);
    free(f->b);
}

static inline void fixture_add(struct fixture *f, struct yg_str record)
{
    struct yg_record *r = &f->b->record[f->b->count++];

    *r = (struct yg_record){ .full_size = record.n };
    assert_true(yg_batch_add(f->b, record, &r->raw));
}

/* Decode what was added and check that the batch holds together. */
static inline void fixture_run(struct fixture *f)
{
    struct yg_err err = { .status = YG_OK };

    if (!f->d)
        assert_int_equal(yg_decode_new(&f->source, YG_STR_NONE, &f->d, &err), YG_OK);
    yg_decode_batch(f->d, f->b);
    assert_int_equal(yg_batch_check(f->b), YG_OK);
}

/* Decode one record; the event lives until the next call. */
static inline const struct yg_event *fixture_decode(struct fixture *f,
                                                    struct yg_str record)
{
    yg_batch_clear(f->b, 1, 0);
    fixture_add(f, record);
    fixture_run(f);
    return &f->b->event[0];
}

/* A field as text: numbers in decimal, times in ns, addresses as RFC 5952 has them, "-"
 * for absent. Lives until the next call with the same buffer. */
static inline const char *fixture_text(const struct fixture *f, const struct yg_event *e,
                                       enum yg_field field, char out[1024])
{
    struct yg_str s = yg_event_str(f->b, e, field);

    if (!yg_event_has(e, field))
        return "-";
    switch (yg_field_info[field].type) {
    case YG_T_U64:
        snprintf(out, 1024, "%llu", (unsigned long long)e->value[field].u);
        break;
    case YG_T_TIME:
        snprintf(out, 1024, "%lld", (long long)e->value[field].t);
        break;
    case YG_T_IP:
        return yg_ip_text((const unsigned char *)s.p, out);
    case YG_T_STR:
    case YG_T_BYTES:
        snprintf(out, 1024, "%.*s", YG_STR_ARG(s));
        break;
    }
    return out;
}

struct expected {
    enum yg_field field;
    const char *text;
};

/* Every row holds; a row with NULL ends the table. */
static inline void fixture_expect(const struct fixture *f, const struct yg_event *e,
                                  const struct expected *row)
{
    char out[1024];

    for (; row->text; row++) {
        const char *got = fixture_text(f, e, row->field, out);
        if (strcmp(got, row->text) != 0)
            print_message("# %s: '%s' is not '%s'\n", yg_field_info[row->field].name, got,
                          row->text);
        assert_string_equal(got, row->text);
    }
}

#endif
