/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - templates to text, and the small formats every writer needs.
 *
 * In a template `$x` stands for a value of the item (address, user, ...) or for a random
 * one, `$[a|b|c]` for one of several texts (which may hold `$x`), `$(a|b|c)` for the one
 * of the item's variant, `$$` for itself; the list is in text.c. One template and one
 * seed give one text. About 10 ns a value.
 */
#ifndef YG_SAMPLE_TEXT_H
#define YG_SAMPLE_TEXT_H

#include "base/buf.h"
#include "base/rng.h"
#include "sample/item.h"
#include "sample/world.h"

struct yg_sample_pen {
    struct yg_buf *out; /* borrowed */
    const struct yg_sample_world *world;
    const struct yg_sample_item *item;
    struct yg_rng rng;
};

/* A pen for part `part` of the item: parts draw independently of each other. */
struct yg_sample_pen yg_sample_pen_of(struct yg_buf *out, const struct yg_sample_world *w,
                                      const struct yg_sample_item *it, unsigned part);

void yg_sample_expand(struct yg_sample_pen *pen, const char *tpl);

/* Expand into `scratch` (cleared) and add the result to `out` as inside a JSON string. */
void yg_sample_expand_json(struct yg_sample_pen *pen, struct yg_buf *scratch,
                           const char *tpl);

#define YG_SAMPLE_LIT(b, s) yg_buf_add((b), "" s, sizeof(s) - 1)

void yg_sample_put_u64(struct yg_buf *b, uint64_t v);
void yg_sample_put_ip(struct yg_buf *b, uint32_t ip);
void yg_sample_put_hex(struct yg_buf *b, uint64_t v, unsigned digits);
void yg_sample_put_json(struct yg_buf *b, struct yg_str ascii); /* escaped, no quotes */
void yg_sample_put_base64(struct yg_buf *b, struct yg_str bytes);

enum yg_sample_clock {
    YG_TEXT_EVE,    /* 2026-01-05T08:00:00.123456+0000 */
    YG_TEXT_WAZUH,  /* 2026-01-05T08:00:00.123+0000 */
    YG_TEXT_ZULU,   /* 2026-01-05T08:00:00.123Z */
    YG_TEXT_SYSLOG, /* Jan  5 08:00:00 */
};
void yg_sample_put_time(struct yg_buf *b, int64_t ns, enum yg_sample_clock form);

#endif
