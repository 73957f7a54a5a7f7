/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome - did it succeed? Judged from what came back and what happened afterwards.
 *
 * Deterministic rules, each with the bytes that show it, because this is what a person
 * would have to point at in court. Levels are in the order in which they outweigh each
 * other. It never says "harmless": the model weighs it with everything else.
 */
#ifndef YG_PACKET_OUTCOME_H
#define YG_PACKET_OUTCOME_H

#include "packet/intent.h"

#define YG_OUTCOMES(X)                                                                   \
    X(UNSEEN, "not seen")                                                                \
    X(NO_ANSWER, "no answer")                                                            \
    X(REFUSED, "refused")                                                                \
    X(ANSWERED, "answered normally")                                                     \
    X(GRANTED, "answered with what was asked for")                                       \
    X(ACTED, "victim acted afterwards")
enum yg_outcome_class {
#define X(id, name) YG_OUT_##id,
    YG_OUTCOMES(X)
#undef X
        YG_OUT_COUNT
};
const char *yg_outcome_name(unsigned c);

enum yg_success { YG_FAILED, YG_UNDECIDED, YG_SUCCEEDED };
const char *yg_success_name(unsigned s);

/* YG_MARK(id, name, class, sentence) in marks.def: the kinds of evidence. */
enum yg_mark_kind {
#define YG_MARK(id, name, class, sentence) YG_M_##id,
#include "packet/marks.def"
#undef YG_MARK
    YG_MARK_COUNT
};
extern const struct yg_mark_info {
    const char *name, *sentence; /* %s-free: what a person reads beside the bytes */
    uint8_t class;               /* enum yg_outcome_class it supports */
} yg_mark_info[YG_MARK_COUNT];

/* Is this of the alert's own question, or of another one of its session: of the same
 * conversation, actor and host? */
enum yg_mark_when { YG_WHEN_OWN, YG_WHEN_EARLIER, YG_WHEN_LATER };
const char *yg_mark_when_name(unsigned when); /* "": its own */

struct yg_mark {
    uint8_t kind;     /* enum yg_mark_kind */
    uint8_t side;     /* whose bytes */
    uint8_t when;     /* enum yg_mark_when */
    uint16_t talk;    /* index in the analysis */
    uint32_t at, len; /* in that side's bytes; len 0: not in the stream as it is */
    int64_t time_ns;
    struct yg_str shows; /* the bytes, decoded, at most 160; lives with the arena */
};

#define YG_MARKS_MAX 24

struct yg_outcome {
    uint8_t class;                           /* enum yg_outcome_class */
    uint8_t success;                         /* enum yg_success */
    uint8_t intents;                         /* used of intent[] */
    uint8_t marks;                           /* used of mark[] */
    struct yg_intent intent[YG_INTENTS_MAX]; /* of the alert's conversation */
    struct yg_mark mark[YG_MARKS_MAX];
};

struct yg_outcome_ask {
    struct yg_talk *const *talk; /* parsed */
    uint32_t talks;
    int main;         /* the alert's own in talk[]; negative: it is not there */
    int64_t alert_ns; /* when the alert fired; 0: not known */
    const struct yg_intent_rules *rules; /* NULL: made for this call */
};

/* Judge talk[main], with the other conversations as what happened around it. */
void yg_outcome_of(const struct yg_outcome_ask *ask, struct yg_arena *arena,
                   struct yg_outcome *out);

#endif
