/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams or a stream as DNS; the first byte says which. Names come out as visible
 * text, answers within their cap, and places lie inside the streams.
 */
#include "packet/app.h"
#include "packet/dnsmsg.h"

#include "../tests/unit/talk_util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_visible(struct yg_str s, bool lines)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 || c >= 0x7f) && !(lines && c == '\n'))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk_util u;

    if (size < 1)
        return 0;
    struct yg_talk *t =
        talk_fuzz(&u, data[0] & 1 ? YG_IP_TCP : YG_IP_UDP, 53, data + 1, size - 1);
    (void)yg_dns_probe(t);
    yg_dns_parse(t, &u.arena);
    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        if ((size_t)x->ask_at + x->ask_len > t->side[x->asker].bytes.n ||
            (size_t)x->answer_at + x->answer_len > t->side[!x->asker].bytes.n ||
            x->answer_body.n > YG_DNS_TEXT_MAX)
            abort();
        must_be_visible(x->verb, false);
        must_be_visible(x->target, false);
        must_be_visible(x->answer_body, true);
    }
    talk_fini(&u);
    return 0;
}
