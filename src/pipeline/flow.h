/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow - sources in, events out in one defined order, rows scored on the way.
 *
 *      input ─ FRAME ─ DECODE ─ packets ─ LOOK ─┐
 *      input ─ FRAME ─ DECODE ─ packets ─ LOOK ─┼─ merge by time ─ sink.event ─ SCORE ─
 *      store ─ (feed with packets) ─ DECODE ────┤    (core)         (core)   (worker)  \
 *      store ─ (feed with facts) ───────────────┘                             sink.done
 *
 * Framing, decoding, looking at packets and scoring run in sandboxed workers; what has
 * state (context, identity, store) runs in the sink, in the core. The order: each source
 * in its own order, sources merged by event time, ties by source index. It depends on the
 * input alone, so results do not depend on the number of workers.
 *
 * A live flow has one order, that of arrival: who feeds it hands over batches, each of
 * one source, and they are consumed in that order however many are decoded at once.
 */
#ifndef YG_PIPELINE_FLOW_H
#define YG_PIPELINE_FLOW_H

#include "conf/watchlist.h"
#include "event/source.h"
#include "pipeline/slot.h"
#include "thin/rules.h"

#define YG_FLOW_INPUTS_MAX 512

struct yg_flow_input {
    struct yg_source source; /* empty format: found from the first bytes */
    int fd;                  /* to read from, or -1 to use `feed` */
    int64_t start;           /* private: where fd stood; -1: it cannot go back there */
    /* Called in the core: fill an empty batch with raw records (text and record[]) and
     * the packets kept with them, set `last` with the final one. With events and facts
     * in place of them, and `has_facts` set, it is not decoded. YG_EEND: nothing is left.
     */
    enum yg_status (*feed)(void *arg, struct yg_slot *slot, struct yg_err *err);
    void *feed_arg;
    struct yg_str header; /* of a fed delimited source */
};

struct yg_flow_sink {
    void *arg;
    /* A source's format is known (once, before its first event). */
    enum yg_status (*begin)(void *arg, uint32_t source, const struct yg_source *src,
                            struct yg_err *err);
    /* Find packets for the decoded alerts of a slot (yg_slot_keep_packets); they are
     * looked at before any event of it is given. In no defined order of sources: what is
     * found may depend on the alert alone. May be NULL. */
    enum yg_status (*packets)(void *arg, struct yg_slot *slot, struct yg_err *err);
    /* The next event in order. To have it scored, fill the next row of the slot:
     * slot->row_of[i] = slot->rows++. */
    enum yg_status (*event)(void *arg, struct yg_slot *slot, uint32_t i,
                            struct yg_err *err);
    /* All events of the slot were given; scores are there if rows > 0. Slots come in the
     * order in which their last event came. May be NULL. */
    enum yg_status (*done)(void *arg, struct yg_slot *slot, struct yg_err *err);
    /* A source ended early or lost a batch; the others go on. */
    void (*problem)(void *arg, uint32_t source, const struct yg_err *err);
};

struct yg_flow_options {
    uint32_t workers; /* processes, 1..64 */
    /* Score slot->row[0 .. rows) in a worker; NULL: no scoring. */
    void (*score)(const void *model, struct yg_slot *slot);
    const void *model;
    const struct yg_watchlist
        *watch; /* what facts are marked as listed by; may be NULL */
    /* Rules that ask to close alerts, for facts.rule[0] and [1]; each may be NULL. */
    const struct yg_thin_rules *close[2];
};

/* Run until every input has ended or the sink fails (its status is returned). `bytes`:
 * sum over inputs after decompression (may be NULL). */
enum yg_status yg_flow_run(struct yg_flow_input *input, uint32_t count,
                           const struct yg_flow_sink *sink,
                           const struct yg_flow_options *opt, uint64_t *bytes,
                           struct yg_err *err) YG_MUST_USE;

/* Who feeds a live flow. */
struct yg_flow_live {
    void *arg;
    /* Called in the core: fill an empty batch with raw records (text, record[] with their
     * times of receipt, slot->id) of one source and say which: slot->batch.source.
     * YG_EBUSY: nothing now. YG_EEND: never any more. */
    enum yg_status (*feed)(void *arg, struct yg_slot *slot, struct yg_err *err);
    /* There is nothing now and nothing is on its way: commit, or wait for more. feed is
     * asked again when it returns. */
    enum yg_status (*idle)(void *arg, struct yg_err *err);
};

/* Run until feed says YG_EEND and all is consumed, or the sink or `live` fail. Of `input`
 * only the sources are used. What a source's decoder cannot read, also because there is
 * none, is kept as undecodable. */
enum yg_status yg_flow_run_live(struct yg_flow_input *input, uint32_t count,
                                const struct yg_flow_live *live,
                                const struct yg_flow_sink *sink,
                                const struct yg_flow_options *opt,
                                struct yg_err *err) YG_MUST_USE;

#endif
