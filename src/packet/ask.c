/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/ask.h"

#define REPLY_LINES_MAX 512

struct yg_exchange *yg_ask(struct yg_talk *talk, struct yg_arena *arena, unsigned side,
                           struct yg_span span)
{
    struct yg_exchange *x = yg_app_exchange(talk, arena);

    if (!x)
        return NULL;
    x->asker = (uint8_t)side;
    x->ask_at = (uint32_t)span.at;
    x->ask_len = (uint32_t)(span.end - span.at);
    x->ask_ns = yg_side_time(&talk->side[side], x->ask_at);
    x->head = yg_side_part(&talk->side[side], span);
    return x;
}

void yg_ask_until(struct yg_exchange *x, size_t end)
{
    x->ask_len = (uint32_t)end - x->ask_at;
}

void yg_answered(const struct yg_talk *talk, struct yg_exchange *x, struct yg_span span)
{
    const struct yg_side *s = &talk->side[!x->asker];

    x->answer_at = (uint32_t)span.at;
    x->answer_len = (uint32_t)(span.end - span.at);
    x->answer_ns = yg_side_time(s, x->answer_at);
    x->answer_head = yg_side_part(s, span);
}

bool yg_answer_lost(const struct yg_talk *talk, const struct yg_exchange *x)
{
    const struct yg_side *ask = &talk->side[x->asker], *back = &talk->side[!x->asker];

    if (x->answer != YG_ANSWER_NONE)
        return false;
    /* of questions with holes it is not certain which an answer is to */
    bool unpaired = yg_side_lossy(ask) && back->payload > 0 && back->last_ns > x->ask_ns;
    return yg_side_lossy(back) || unpaired || yg_side_unseen(talk, !x->asker);
}

bool yg_line_next(struct yg_str bytes, size_t *at, struct yg_line *out)
{
    if (*at >= bytes.n)
        return false;
    const char *from = bytes.p + *at;
    const char *end = memchr(from, '\n', bytes.n - *at);
    size_t n = end ? (size_t)(end - from) : bytes.n - *at;
    size_t next = *at + n + (end ? 1 : 0);

    *out = (struct yg_line){ .text = { from, n },
                             .span = { *at, next },
                             .whole = end != NULL };
    while (out->text.n > 0 && out->text.p[out->text.n - 1] == '\r')
        out->text.n--;
    *at = next;
    return true;
}

/* -1: the line does not begin with a code. `*more`: a line of several, not the last. */
static int code_of(struct yg_str line, bool *more)
{
    int code = 0;

    if (line.n < 3)
        return -1;
    for (size_t i = 0; i < 3; i++) {
        if (line.p[i] < '0' || line.p[i] > '9')
            return -1;
        code = code * 10 + (line.p[i] - '0');
    }
    *more = line.n > 3 && line.p[3] == '-';
    if (code < 100 || code > 699 || (line.n > 3 && line.p[3] != ' ' && !*more))
        return -1;
    return code;
}

bool yg_reply_next(struct yg_str bytes, size_t *at, struct yg_reply *out)
{
    struct yg_line line;
    size_t to = *at;
    bool more = false;

    if (!yg_line_next(bytes, &to, &line))
        return false;
    int code = code_of(line.text, &more);
    if (code < 0)
        return false;
    *out = (struct yg_reply){ .code = code, .span = line.span, .lines = 1 };
    if (line.text.n > 4)
        out->text = (struct yg_str){ line.text.p + 4, line.text.n - 4 };
    while (more && out->lines < REPLY_LINES_MAX && yg_line_next(bytes, &to, &line)) {
        bool again = false;
        if (code_of(line.text, &again) == code)
            more = again;
        out->lines++;
    }
    out->span.end = to;
    out->whole = !more && line.whole;
    *at = to;
    return true;
}

bool yg_reply_since(const struct yg_side *s, size_t *at, int64_t ask_ns,
                    struct yg_reply *out)
{
    size_t to = *at;

    while (yg_reply_next(s->bytes, &to, out)) {
        int64_t when = yg_side_time(s, (uint32_t)out->span.at);
        if (ask_ns != 0 && when != 0 && when < ask_ns)
            continue;
        *at = to;
        return true;
    }
    return false;
}

struct yg_str yg_verb_of(struct yg_str line, struct yg_str *rest)
{
    size_t n = 0;

    while (n < line.n && ((line.p[n] | 0x20) >= 'a' && (line.p[n] | 0x20) <= 'z'))
        n++;
    *rest = YG_STR_NONE;
    if (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
        return YG_STR_NONE;
    *rest = yg_str_trim((struct yg_str){ line.p + n, line.n - n });
    return (struct yg_str){ line.p, n };
}
