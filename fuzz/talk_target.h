/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk_target - what every decoder of a conversation owes: places inside the streams,
 * bodies under their cap, strings that can be read to their last byte.
 */
#ifndef YG_FUZZ_TALK_TARGET_H
#define YG_FUZZ_TALK_TARGET_H

#include "packet/app.h"

#include "../tests/unit/talk_util.h"

static inline void talk_target_touch(struct yg_str s)
{
    volatile unsigned sum = 0;

    for (size_t i = 0; i < s.n; i++)
        sum += (unsigned char)s.p[i];
    (void)sum;
}

static inline void talk_target_check(const struct yg_talk *t)
{
    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        const struct yg_str *all[] = { &x->verb,        &x->target,      &x->host,
                                       &x->agent,       &x->head,        &x->body,
                                       &x->answer_head, &x->answer_body, &x->answer_type,
                                       &x->answer_agent };
        if ((size_t)x->ask_at + x->ask_len > t->side[x->asker].bytes.n ||
            (size_t)x->answer_at + x->answer_len > t->side[!x->asker].bytes.n ||
            x->body.n > YG_BODY_MAX || x->answer_body.n > YG_BODY_MAX)
            abort();
        for (size_t k = 0; k < YG_ARRAY_LEN(all); k++)
            talk_target_touch(*all[k]);
    }
}

/* Two directions of bytes for a decoder; the bits of the first byte say how the
 * conversation was met: 1 midway, 2 and 4 with holes to the server and to the client, 16
 * with packets cut, by as many bytes as the three bits above say. */
static inline int talk_target(const struct yg_app_decoder *d, uint8_t proto,
                              const uint8_t *data, size_t size)
{
    struct talk_util u;

    if (size < 1)
        return 0;
    struct yg_talk *t = talk_fuzz(&u, proto, d->port[0], data + 1, size - 1);
    t->from_start = !(data[0] & 1);
    t->side[YG_TO_SERVER].gap_bytes = data[0] & 2;
    t->side[YG_TO_CLIENT].gap_bytes = data[0] & 4;
    for (int side = 0; side < YG_SIDES && (data[0] & 16); side++)
        for (uint32_t i = 0; i < t->side[side].segments; i++)
            u.segment[side][i].wire += data[0] >> 5;
    t->app = d->app;
    if (d->probe(t))
        d->parse(t, &u.arena);
    talk_target_check(t);
    talk_fini(&u);
    return 0;
}

#endif
