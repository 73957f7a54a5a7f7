/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask - the places of questions and answers in a conversation, and its lines.
 *
 * What the decoders of line protocols (FTP, SMTP) share with the binary ones: where a
 * question stands, when it came, what answered it. Pure. Any thread.
 */
#ifndef YG_PACKET_ASK_H
#define YG_PACKET_ASK_H

#include "base/cursor.h"
#include "packet/app.h"

/* A piece of one side's bytes; `end` is behind it. */
struct yg_span {
    size_t at, end;
};

/* One more exchange: a question at `span` of side `side`. NULL: no room. */
struct yg_exchange *yg_ask(struct yg_talk *talk, struct yg_arena *arena, unsigned side,
                           struct yg_span span);
/* The question goes on to `end`. */
void yg_ask_until(struct yg_exchange *x, size_t end);
/* It was answered at `span` of the other side; answer_head is set. */
void yg_answered(const struct yg_talk *talk, struct yg_exchange *x, struct yg_span span);

static inline struct yg_str yg_side_part(const struct yg_side *s, struct yg_span span)
{
    struct yg_cursor c = yg_cursor_of(s->bytes.p, s->bytes.n);

    (void)yg_cursor_take(&c, span.at);
    return span.end > span.at ? yg_cursor_take(&c, span.end - span.at) : YG_STR_NONE;
}

/* Bytes of this side are missing, so that what looks broken may be the capture's fault.
 */
static inline bool yg_side_lossy(const struct yg_side *s)
{
    return s->gap_bytes > 0 || s->cut;
}

/* Is this direction not in the capture at all? TCP carries payload only over what the
 * other end has accepted, so that this end must have sent something. */
static inline bool yg_side_unseen(const struct yg_talk *talk, unsigned side)
{
    return talk->proto == YG_IP_TCP && !talk->accepted && talk->side[!side].payload > 0 &&
           talk->side[side].packets == 0;
}

/* No answer was read: may it be the capture that lacks it? */
bool yg_answer_lost(const struct yg_talk *talk, const struct yg_exchange *x);

struct yg_line {
    struct yg_str text; /* without its end */
    struct yg_span span;
    bool whole; /* it has an end */
};

/* The line at *at, which moves behind it. False: no more bytes. */
bool yg_line_next(struct yg_str bytes, size_t *at, struct yg_line *out);

/* A reply of FTP or SMTP: three digits, one line or several (RFC 959 4.2, RFC 5321 4.2).
 */
struct yg_reply {
    int code;
    struct yg_str text; /* of its first line, behind the code */
    struct yg_span span;
    uint32_t lines;
    bool whole;
};

/* False: no more, or no reply stands there (*at stays). */
bool yg_reply_next(struct yg_str bytes, size_t *at, struct yg_reply *out);

/* The next reply that is not older than `ask_ns` (replies to questions that were lost
 * are passed over). False: none, nothing is passed over. */
bool yg_reply_since(const struct yg_side *s, size_t *at, int64_t ask_ns,
                    struct yg_reply *out);

/* First word of a line (letters only); empty: none. `*rest`: what follows,
 * trimmed. */
struct yg_str yg_verb_of(struct yg_str line, struct yg_str *rest);

#endif
