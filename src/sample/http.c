/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/render.h"
#include "sample/shape.h"
#include "sample/text.h"

#define LINE_MAX (256U * 1024U)

void yg_sample_scratch_init(struct yg_sample_scratch *s)
{
    yg_buf_init(&s->text, LINE_MAX);
    yg_buf_init(&s->ask, LINE_MAX);
    yg_buf_init(&s->answer, LINE_MAX);
    yg_buf_init(&s->payload, LINE_MAX);
    yg_buf_init(&s->frame, LINE_MAX);
}

void yg_sample_scratch_fini(struct yg_sample_scratch *s)
{
    yg_buf_fini(&s->text);
    yg_buf_fini(&s->ask);
    yg_buf_fini(&s->answer);
    yg_buf_fini(&s->payload);
    yg_buf_fini(&s->frame);
}

static struct yg_str made(struct yg_buf *b, size_t from)
{
    struct yg_str s = yg_buf_str(b);

    return from < s.n ? (struct yg_str){ s.p + from, s.n - from } : YG_STR("");
}

void yg_sample_http_of(struct yg_sample_http *h, struct yg_sample_scratch *s,
                       const struct yg_sample_world *w, const struct yg_sample_item *it)
{
    /* What passes by outside any signature is an ordinary page. */
    static const struct yg_sample_ids page = {
        .ask = "GET /$[|index.html|news|products|$w|img/$w.png|css/$w.css]",
        .with = "$A",
        .answer = "$[200|200|200|200|304|404]|text/html|$w $w $w $w $w $w $w $w",
    };
    const struct yg_sample_ids *ids =
        it->shape < YG_S_IDS_END ? yg_sample_ids_of(it->shape) : &page;
    bool ok = it->outcome == YG_OUT_OK, asked = it->outcome != YG_OUT_FAIL;
    struct yg_sample_pen pen;
    size_t ask_end;

    yg_buf_clear(&s->ask);
    yg_buf_clear(&s->answer);
    pen = yg_sample_pen_of(&s->ask, w, it, 1);
    yg_sample_expand(&pen, asked && ids->ask_ok ? ids->ask_ok : ids->ask);
    ask_end = s->ask.n;
    pen = yg_sample_pen_of(&s->ask, w, it, 2);
    yg_sample_expand(&pen, asked && ids->with_ok ? ids->with_ok : ids->with);
    pen = yg_sample_pen_of(&s->answer, w, it, 3);
    yg_sample_expand(&pen, ok && ids->answer_ok ? ids->answer_ok : ids->answer);

    h->uri = (struct yg_str){ yg_buf_str(&s->ask).p, ask_end };
    h->agent = made(&s->ask, ask_end);
    h->method = yg_str_cut(&h->uri, ' ');
    h->body = made(&s->answer, 0);
    h->status = yg_str_cut(&h->body, '|');
    h->type = yg_str_cut(&h->body, '|');
    /* Bodies are shown in part only; the length is the whole's. */
    h->length = h->body.n + (it->seed >> 20 & 1023);
    if (ok)
        h->length += it->seed >> 24 & 0x7fff;
}
