/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts - what the features need of one event, free of text and of state.
 *
 * A small fixed-size record made from an event alone (in the sandboxed worker), so that
 * the ordered part of the work (context/) and training never touch hostile bytes and
 * ten million alerts fit in memory while a model is trained. Position-independent.
 * About 1 us an alert plus 1 ns a payload byte (bench/features). Pure.
 */
#ifndef YG_FEATURE_FACTS_H
#define YG_FEATURE_FACTS_H

#include "event/batch.h"
#include "feature/features.h"

/* Facts are kept with the records they were made of (feature/factcol.h). Raise it when
 * anything of them comes out otherwise than before and YG_FEATURE_CODE does not say so:
 * keys, port, device, reason, input. tests/unit/test_factcol.c watches a few. */
#define YG_FACTS_VERSION 1

/* Keys are yg_hash_str of the named thing under a salt of its kind; 0: absent. An
 * address has the same key whichever side it is on, so a host is recognised as source,
 * destination and host. */
enum yg_key {
    YG_KEY_SIGNATURE, /* ruleset + rule id (name where there is no id) */
    YG_KEY_SOURCE,    /* source address */
    YG_KEY_DESTINATION,
    YG_KEY_HOST, /* the machine it is about: host address or name, else the internal side
                  */
    YG_KEY_ENTITY,       /* what a run is keyed by: source address, else host */
    YG_KEY_CLIENT_HELLO, /* JA3 of the TLS client */
    YG_KEY_USER,
    YG_KEY_FLOW, /* community id, else the sensor's flow id */
    YG_KEY_CATEGORY,
    YG_KEY_INCIDENT, /* what people joined it to; never a feature */
    YG_KEY_COUNT
};

struct yg_analysis; /* packet/analysis.h */

/* What there was to look at: bits of yg_facts.input. */
enum yg_input_bit {
    YG_INPUT_ENDS = 1,    /* it names a conversation: both addresses */
    YG_INPUT_PACKETS = 2, /* its packets are kept with it */
    YG_INPUT_BYTES = 4,   /* packets, or bytes that the record itself carries */
};
#define YG_INPUT_ALL 7

struct yg_facts {
    int64_t time_ns;
    uint64_t key[YG_KEY_COUNT];
    uint8_t device;   /* enum yg_device */
    uint8_t kind;     /* enum yg_event_kind */
    uint8_t verdict;  /* level the record carried; never a feature */
    uint8_t reason;   /* enum yg_reason */
    uint16_t port;    /* of the receiver, 0: none; never a value, only counted */
    uint8_t listed;   /* enum yg_watch, set by who has the lists; no feature */
    uint8_t input;    /* bits of enum yg_input_bit */
    uint16_t rule[2]; /* 1 + the place of the operator's rule that asks to close it
                       * (thin/close.h), 0: none; set by who has the rules; [1]: of other
                       * rules that a replay compares with; no feature */
    float fixed[YG_FACTS_STATIC]; /* FIXED, FLOW and PACKET of features.def */
};

/* The key that stands for this address wherever an address is a key. */
uint64_t yg_facts_address_key(const unsigned char ip[16]);

/* Every byte of `*out` is set; `listed` and `rule` to 0. An undecodable record has the
 * key of its reason as its signature, so that equal failures group. `seen`: its packets,
 * understood; NULL: none.
 */
void yg_facts_of(const struct yg_batch *b, const struct yg_event *e,
                 const struct yg_analysis *seen, struct yg_facts *out);

/* Bytes from elsewhere: are the small numbers in their range? */
static inline bool yg_facts_in_range(const struct yg_facts *f)
{
    return f->device < YG_DEV_COUNT && f->reason < YG_REASON_COUNT &&
           (f->input & ~YG_INPUT_ALL) == 0;
}

/* An undecodable record that names nobody belongs to its source: equal failures of one
 * source are one run. Sets the key of its entity. */
void yg_facts_source(struct yg_facts *f, struct yg_str source);

#endif
