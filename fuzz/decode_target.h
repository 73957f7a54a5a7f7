/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_target - what the decoders' fuzz targets share: any bytes, cut into lines, are
 * decoded as an alert source and as a log source, and the batch must hold together.
 *
 * The batch and the decoders are made once and kept: a fuzzer runs millions of inputs.
 */
#ifndef YG_FUZZ_DECODE_TARGET_H
#define YG_FUZZ_DECODE_TARGET_H

#include "conf/mapping.h"
#include "decode/decode.h"

#include <stdlib.h>

struct decode_target {
    struct yg_arena arena;
    struct yg_source source;
    struct yg_batch *batch;
    struct yg_decode *decode;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* `map` is the text of a mapping file, or NULL. */
static inline void target_make(struct decode_target *t, const char *format,
                               const char *map, struct yg_str header)
{
    t->source = (struct yg_source){ .tenant = YG_STR("fuzz"),
                                    .name = YG_STR("fuzz"),
                                    .format = yg_str_of(format),
                                    .header = header };
    yg_arena_init(&t->arena, 1 << 20);
    t->batch = malloc(sizeof(*t->batch));
    if (!t->batch ||
        (map && yg_mapping_parse(&t->arena, "map", yg_str_of(map), &t->source.mapping,
                                 NULL) != YG_OK) ||
        yg_decode_new(&t->source, YG_STR_NONE, &t->decode, NULL) != YG_OK)
        abort();
}

static inline void target_run(struct decode_target *t, struct yg_str bytes)
{
    struct yg_batch *b = t->batch;
    struct yg_str rest = bytes;

    yg_batch_clear(b, 0, 0);
    while (rest.p && b->count < YG_BATCH_MAX) {
        struct yg_str line = yg_str_cut(&rest, '\n');
        struct yg_record *r = &b->record[b->count];
        if (line.n > YG_RECORD_MAX || b->text_used > YG_BATCH_RAW)
            break;
        *r = (struct yg_record){ .full_size = line.n };
        if (!yg_batch_add(b, line, &r->raw))
            abort();
        b->count++;
    }
    yg_decode_batch(t->decode, b);
    if (yg_batch_check(b) != YG_OK)
        abort();
    for (uint32_t i = 0; i < b->count; i++)
        if (b->event[i].kind == YG_KIND_UNDECODABLE && b->event[i].reason == YG_R_NONE)
            abort();
}

#endif
