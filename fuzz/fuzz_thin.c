/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of any bytes are read or refused; what is read prints and reads back, and leaves
 * out a few records or keeps them; saved state of any bytes is read or refused. */
#include "thin/thin.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void some_records(struct yg_thin *t, struct yg_batch *b)
{
    const struct yg_source src = { .tenant = YG_STR("acme"), .name = YG_STR("edge-1") };
    struct yg_thin_record r;
    struct yg_err err;

    if (yg_thin_source(t, 0, &src, &err) != YG_OK)
        return;
    yg_batch_clear(b, 0, 0);
    for (uint32_t i = 0; i < 8; i++) {
        struct yg_event *e = &b->event[i];
        memset(e, 0, sizeof(*e));
        e->kind = YG_KIND_CONTEXT;
        e->time_ns = (int64_t)i << 34;
        if (!yg_event_set_str(b, e, YG_F_USER_NAME, YG_STR("alice")) ||
            !yg_event_set_ip(b, e, YG_F_SOURCE_IP, YG_STR("10.1.2.3")))
            abort();
        yg_event_set_u64(e, YG_F_SOURCE_PORT, 53);
        bool out = yg_thin_event(t, 0, b, i, e->time_ns, i == 3);
        if (out && i != 3 && yg_thin_counts(t)->rows < 2)
            abort();
    }
    yg_thin_pass(t, INT64_MAX);
    while (yg_thin_next(t, &r))
        if (r.text.n == 0)
            abort();
}

static void saved_state(struct yg_thin *t, struct yg_str bytes)
{
    struct yg_thin_tally tally;
    struct yg_thin_record r;

    if (yg_thin_load(t, 0, bytes, NULL) == YG_OK)
        yg_thin_pass(t, INT64_MAX);
    while (yg_thin_next(t, &r))
        ;
    if (yg_thin_tally_init(&tally) == YG_OK &&
        yg_thin_tally_read(&tally, bytes, NULL) == YG_OK && tally.rows == 0)
        abort();
    yg_thin_tally_fini(&tally);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str text = { (const char *)data, size };
    struct yg_batch *b = malloc(sizeof(*b));
    struct yg_thin_rules one = { 0 }, two;
    struct yg_thin *t = NULL;
    struct yg_arena arena;
    struct yg_buf print, again;
    struct yg_err err;

    yg_arena_init(&arena, (size_t)64 << 20);
    yg_buf_init(&print, (size_t)8 << 20);
    yg_buf_init(&again, (size_t)8 << 20);
    if (yg_thin_parse(&arena, "c", text, 0, &one, NULL) == YG_OK) {
        yg_thin_print(&one, &print);
        if (yg_thin_parse(&arena, "c", yg_buf_str(&print), 0, &two, NULL) != YG_OK)
            abort();
        yg_thin_print(&two, &again);
        if (!yg_str_eq(yg_buf_str(&print), yg_buf_str(&again)))
            abort();
    }
    if (b && yg_thin_new(&one, &t, &err) == YG_OK) {
        some_records(t, b);
        saved_state(t, text);
    }
    yg_thin_free(t);
    yg_buf_fini(&print);
    yg_buf_fini(&again);
    yg_arena_fini(&arena);
    free(b);
    return 0;
}
