/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of log dialects share: rows of a record and what is to become of it.
 * `want` is "field=text" separated by '|', names as in event/fields.def; "-" for a field
 * that must not be set. Records are read as one stream of any devices.
 */
#ifndef YG_TESTS_LOG_ROWS_H
#define YG_TESTS_LOG_ROWS_H

#include "decode_fixture.h"

#include "decode/log.h"

#define LOG_RECEIVED INT64_C(1767571200000000000) /* 2026-01-05T00:00:00Z */

struct log_row {
    const char *name, *line;
    enum yg_event_kind kind;
    enum yg_device device;
    const char *product; /* observer.product */
    int64_t time_s;      /* 0: not looked at */
    const char *want;
};

static inline void log_row_field(const struct fixture *f, const struct yg_event *e,
                                 const char *row, struct yg_str pair)
{
    struct yg_str name = yg_str_cut(&pair, '=');
    int field = yg_field_by_name(name);
    char got[1024], want[1024];

    if (field < 0)
        print_message("# %s: no field %.*s\n", row, YG_STR_ARG(name));
    assert_true(field >= 0);
    snprintf(want, sizeof(want), "%.*s", YG_STR_ARG(pair));
    const char *text = fixture_text(f, e, (enum yg_field)field, got);
    if (strcmp(text, want) != 0)
        print_message("# %s, %.*s: '%s' is not '%s'\n", row, YG_STR_ARG(name), text,
                      want);
    assert_string_equal(text, want);
}

static inline void log_row_check(struct fixture *f, const struct log_row *row)
{
    const struct yg_event *e = fixture_decode(f, yg_str_of(row->line));
    struct yg_str rest = yg_str_of(row->want);
    char product[1024];
    unsigned reason = e->reason == YG_R_NO_TIME && !row->time_s ? YG_R_NONE : e->reason;

    if (e->kind != row->kind || e->device != row->device || reason != YG_R_NONE)
        print_message("# %s: kind %d, device %s, reason %s\n", row->name, e->kind,
                      yg_device_name(e->device), yg_reason_name(e->reason));
    assert_int_equal(e->kind, row->kind);
    assert_int_equal(e->device, row->device);
    assert_int_equal(reason, YG_R_NONE);
    fixture_text(f, e, YG_F_OBSERVER_PRODUCT, product);
    assert_string_equal(fixture_text(f, e, YG_F_OBSERVER_PRODUCT, product),
                        row->product ? row->product : "-");
    if (row->time_s && e->time_ns / INT64_C(1000000000) != row->time_s)
        print_message("# %s: time %lld\n", row->name,
                      (long long)(e->time_ns / INT64_C(1000000000)));
    if (row->time_s)
        assert_int_equal(e->time_ns / INT64_C(1000000000), row->time_s);
    while (rest.p && rest.n > 0)
        log_row_field(f, e, row->name, yg_str_cut(&rest, '|'));
}

/* All rows of a table; the record of each is also given cut short at every length, which
 * must do no harm. */
static inline void log_rows_check(const struct log_row *row, size_t n)
{
    struct fixture f;

    fixture_begin(&f, "log");
    f.source.reference_ns = LOG_RECEIVED;
    for (size_t i = 0; i < n; i++) {
        struct yg_str line = yg_str_of(row[i].line);
        log_row_check(&f, &row[i]);
        for (; line.n > 0; line.n--)
            (void)fixture_decode(&f, line);
    }
    fixture_end(&f);
}

#endif
