/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query - what an analyst types to find alerts, over ECS names.
 *
 *      source.ip:10.0.0.0/8 and not rule.name:"ET SCAN" and risk:>=0.5
 *      user.name:(alice or bob*) and time:[2026-11-01 to now-1h]
 *      "mimikatz"                          a text anywhere in the record
 *      203.0.113.7                         an address in any field, or in the text
 *
 *      or    := and ("or" and)*            words stand for themselves in quotes
 *      and   := not ("and"? not)*          two terms side by side: both
 *      not   := ("not" | "-")* unit
 *      unit  := "(" or ")" | field ":" value | text
 *      value := "*"                        there is one
 *             | text | address | address/bits | "internal" | "external"
 *             | (">" | ">=" | "<" | "<=") text
 *             | "[" text "to" text "]"     both ends included; "*": no end
 *             | "(" value ("or"? value)* ")"
 *
 * Text is a word, or stands in double quotes; * is any text and ? any character in it, \
 * takes the meaning from the next one. ASCII letters compare in any case. A text is the
 * whole value of its field, of a field for prose (query/names.def) any part of it.
 * Times are ISO 8601 or "now", "now-90m" (s m h d w); a day or minute is all of it.
 *
 * Caps: YG_QUERY_*. Matching is pure and takes a time bounded by the record's size times
 * the query's; nothing backtracks. A query is constant once read: any number of threads.
 */
#ifndef YG_QUERY_QUERY_H
#define YG_QUERY_QUERY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/batch.h"
#include "event/ip.h"

#define YG_QUERY_BYTES 4096
#define YG_QUERY_NODES 256 /* terms, and what joins them */
#define YG_QUERY_DEPTH 16  /* of brackets and "not" */
#define YG_QUERY_TEXT  256 /* bytes of one text */

struct yg_query;

/* What of an alert is not in its decoded record. */
struct yg_query_alert {
    struct yg_str tenant, source;
    unsigned char id[YG_ID_SIZE];
    int64_t time_ns, received_ns;
    uint32_t risk;     /* base/risk.h */
    uint8_t verdict;   /* enum yg_level or NONE */
    uint8_t predicted; /* the same */
    uint8_t decision;  /* store.h's YG_DECISION_*; 0: none */
    uint8_t kind;      /* enum yg_event_kind */
    bool packets;
    bool blind; /* it waits to be judged without the score: decision, predicted and risk
                 * are as if there were none, in every comparison */
    struct yg_str raw;
};

/* `now_ns` is what "now" means; times without a zone are `offset_min` minutes east of
 * UTC. Empty text: everything matches. Lives with `arena`. YG_EINVAL with the column and
 * what to write; YG_ELIMIT; YG_ENOMEM. */
struct yg_query_clock {
    int64_t now_ns;
    int offset_min;
};
enum yg_status yg_query_parse(struct yg_arena *arena, struct yg_str text,
                              struct yg_query_clock clock, const struct yg_query **out,
                              struct yg_err *err) YG_MUST_USE;

/* What the answer hangs on, as bits: what need not be looked up. */
enum yg_query_need {
    YG_QUERY_RECORD = 1,  /* the decoded record */
    YG_QUERY_VERDICT = 2, /* yg_query_alert.verdict */
    YG_QUERY_SCORE = 4    /* decision, predicted, risk: and so `blind` */
};
unsigned yg_query_needs(const struct yg_query *q);

/* `e`, an event of `b`: the decoded record; both NULL where it is not needed. */
bool yg_query_matches(const struct yg_query *q, const struct yg_query_alert *a,
                      const struct yg_batch *b, const struct yg_event *e);

/* As it was understood, with every bracket; reads back as the same query. Times are
 * absolute in it. */
void yg_query_print(const struct yg_query *q, struct yg_buf *out);

/* What every match has for certain, so that history can be passed over. */
#define YG_QUERY_ENDS 8
struct yg_query_end {
    enum yg_field field; /* SOURCE_IP or DESTINATION_IP */
    unsigned char ip[YG_IP_SIZE];
};
struct yg_query_bounds {
    int64_t from_ns, until_ns;              /* its time; until is exclusive */
    struct yg_query_end end[YG_QUERY_ENDS]; /* one of these; `ends` 0: nothing known */
    size_t ends;
};
void yg_query_bounds(const struct yg_query *q, struct yg_query_bounds *out);

/* What kind: and decision: call an enum yg_event_kind and a YG_DECISION_*. */
const char *yg_query_kind_name(unsigned kind);
const char *yg_query_decision_name(unsigned decision);

/* The names a query may use, for help and completion; `of`: NULL, or what the name is
 * short for (it has no doc of its own then). */
void yg_query_each_name(void (*each)(void *arg, const char *name, const char *doc,
                                     const char *of),
                        void *arg);

#endif
