/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two directions of bytes as HTTP; the first byte says how the conversation was met.
 * What is told must lie inside the streams, and bodies keep their cap.
 */
#include "packet/app.h"

#include "../tests/unit/talk_util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch(struct yg_str s)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < s.n; i++)
        sum += (unsigned char)s.p[i];
    if (sum > UINT64_MAX / 2) /* cannot be: the bytes are read */
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk_util u;

    if (size < 1)
        return 0;
    struct yg_talk *t = talk_fuzz(&u, YG_IP_TCP, 80, data + 1, size - 1);
    t->from_start = !(data[0] & 1);
    t->side[YG_TO_SERVER].gap_bytes = data[0] & 2;
    t->side[YG_TO_CLIENT].gap_bytes = data[0] & 4;
    t->app = YG_APP_HTTP;
    if (yg_http_probe(t))
        yg_http_parse(t, &u.arena);
    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        if ((size_t)x->ask_at + x->ask_len > t->side[x->asker].bytes.n ||
            (size_t)x->answer_at + x->answer_len > t->side[!x->asker].bytes.n ||
            x->body.n > YG_BODY_MAX || x->answer_body.n > YG_BODY_MAX)
            abort();
        touch(x->verb);
        touch(x->target);
        touch(x->host);
        touch(x->agent);
        touch(x->head);
        touch(x->body);
        touch(x->answer_head);
        touch(x->answer_body);
        touch(x->answer_type);
        touch(x->answer_agent);
    }
    talk_fini(&u);
    return 0;
}
