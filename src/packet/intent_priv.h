/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intent_priv - what intent.c, intent_web.c and intent_flow.c share.
 *
 * A piece is one value of a request (path, parameter, header, body) with its encodings
 * taken off; rules look at pieces, never at raw requests, so that one value's end is not
 * taken for another's beginning. Not for others.
 */
#ifndef YG_PACKET_INTENT_PRIV_H
#define YG_PACKET_INTENT_PRIV_H

#include "packet/intent.h"
#include "packet/lookup.h"
#include "packet/match.h"

enum yg_where {
    YG_IN_PATH = 1,
    YG_IN_PARAM = 2,  /* of the query or of a form */
    YG_IN_HEADER = 4, /* value of a header */
    YG_IN_BODY = 8,   /* a body that is no form */
    YG_IN_STREAM = 16 /* bytes of a protocol that was not recognised */
};

/* What a rule's match tells besides the kind (yg_match_rule.extra; 0: nothing). */
enum yg_intent_extra {
    YG_TAKE_HIT = 1, /* the object is what matched */
    YG_TAKE_REST,    /* the object is the value from the match on */
    YG_TAKE_VALUE,   /* the object is the whole value */
    YG_TAKE_URL,     /* a URL follows: it is the object, and names the host */
};

struct yg_piece {
    struct yg_str text; /* peeled */
    struct yg_str name; /* of the parameter or header; may be empty */
    struct yg_str host; /* whom the request was sent to, as it says */
    uint32_t exchange, layers;
    uint16_t where;
};

struct yg_intent_rules {
    struct yg_matcher file, command, sql, script, other;
    struct yg_match_gate gate;
};

/* Who looks at a piece, in the marks of its bytes. */
enum yg_intent_mark {
    YG_MARK_FILE = 1,
    YG_MARK_COMMAND = 2,
    YG_MARK_SQL = 4,
    YG_MARK_SCRIPT = 8,
    YG_MARK_OTHER = 16,
    YG_MARK_SHELL = 32, /* a command of a shell may follow */
    YG_MARK_TEMPLATE = 64,
    YG_MARK_LOOKUP = 128,
};

struct yg_intent_work {
    const struct yg_talk *talk;
    struct yg_arena *arena;
    struct yg_intent *out; /* YG_INTENTS_MAX of them */
    uint32_t count;
    const struct yg_intent_rules *rules; /* NULL: made in `own` when a piece needs them */
    struct yg_intent_rules *own;
    uint8_t *marks; /* of the piece in hand, of `room` bytes; NULL: no memory */
    size_t room;
};

/* Note an intent; one of the same kind, exchange and host is kept once, with the first
 * object that is known. Returns it, or NULL at the cap. */
struct yg_intent *yg_intent_note(struct yg_intent_work *w, unsigned kind,
                                 const struct yg_piece *p, struct yg_str text,
                                 struct yg_str object);

/* Name in `i` the host that a URL points to. */
void yg_intent_point(struct yg_intent *i, struct yg_str url, bool loose);

void yg_intent_web_init(struct yg_intent_rules *r);
void yg_intent_web(struct yg_intent_work *w, const struct yg_piece *p); /* one piece */
void yg_intent_lookups(struct yg_intent_work *w, const struct yg_piece *p);
void yg_intent_flow(struct yg_intent_work *w); /* the rest */

/* Does a command begin at `at`? Quotes, backslashes and carets inside its word are taken
 * off as a shell would, a path in front is passed over. `weak_too`: words of everyday
 * that are commands count, too. */
bool yg_command_at(struct yg_str s, size_t at, bool weak_too, struct yg_str *command);

/* The value of a small sum in `s` at or after `from` ("7*7", "3 + 4"), written to `out`.
 * False: none. `*end`: where it ends. */
bool yg_intent_sum(struct yg_str s, size_t from, size_t *end, char out[24]);

#endif
