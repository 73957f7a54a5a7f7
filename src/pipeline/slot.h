/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slot - one batch on its way through the stages, in memory shared by all processes.
 *
 * Who may touch it is told by its place in the flow, not by a lock: a slot is either
 * with the core or with exactly one worker, handed over by a message on a socket (which
 * orders the memory). Everything inside is position-independent.
 */
#ifndef YG_PIPELINE_SLOT_H
#define YG_PIPELINE_SLOT_H

#include "base/err.h"
#include "event/batch.h"
#include "feature/facts.h"
#include "model/model.h"
#include "policy/run.h"

#define YG_SLOT_HEADER_MAX 16384

/* Packets kept with one alert, and room for those of a whole batch. */
#define YG_SLOT_PACKETS_EACH (96U * 1024U)
#define YG_SLOT_PACKETS      (YG_BATCH_MAX * YG_SLOT_PACKETS_EACH)

struct yg_slot {
    struct yg_batch batch;
    struct yg_facts facts[YG_BATCH_MAX]; /* after decoding */
    /* Rows to score and their results, in the order the core put them. */
    uint32_t rows;
    uint32_t row_of[YG_BATCH_MAX]; /* event -> row, UINT32_MAX: not scored */
    float row[YG_BATCH_MAX * YG_FEATURES_MAX];
    struct yg_score score[YG_BATCH_MAX];
    float distance[YG_BATCH_MAX]; /* leaf distance to training, 0..1 */
    /* The core's own, never read from a worker: runs of alerts, and ids of records that
     * were given one before they were read. */
    struct yg_run run[YG_BATCH_MAX];
    unsigned char id[YG_BATCH_MAX][YG_ID_SIZE];
    uint8_t mark[YG_BATCH_MAX]; /* the sink's, of each event; 0 at first */
    struct yg_err err;          /* of the job that failed */
    /* The core's own, of a whole batch: it was fed with its facts and is not decoded (its
     * events have no fields); what was made of it is not what decoding it makes. */
    bool has_facts, doubtful;
    uint64_t input_bytes; /* of the source so far, after framing */
    char format[16];      /* decoder's name, found by the framing worker */
    /* Header line of a delimited source: set by the core before decoding. */
    uint32_t header_len;
    char header[YG_SLOT_HEADER_MAX];
    /* A pcap for some of the alerts, put there by the core; len 0: none. */
    uint32_t packets_used;
    struct yg_span packets[YG_BATCH_MAX];
    char packet_bytes[YG_SLOT_PACKETS];
};

/* No packets are kept with any record. */
void yg_slot_no_packets(struct yg_slot *s);
/* Keep a copy of this pcap with record `i`. False: there is no room left. */
bool yg_slot_keep_packets(struct yg_slot *s, uint32_t i, struct yg_str pcap);
/* The packets of record `i`, borrowed; {NULL, 0}: none. */
struct yg_str yg_slot_pcap(const struct yg_slot *s, uint32_t i);
/* Give `to` what `from` keeps. */
void yg_slot_copy_packets(struct yg_slot *to, const struct yg_slot *from);

/* A worker may have been taken over by the bytes it read, and all workers can write to
 * all shared slots at any time, also between a check and its use. So the core copies a
 * batch out, checks the copy and follows only that: about 0.1 ms a batch. */

/* After framing: counts and the spans of the raw records are in range. */
bool yg_slot_records_ok(const struct yg_batch *b);
/* Copy `count` records and this much text; `events`: with events and facts. Records that
 * `out` holds already, with their text, are the core's own: they stay, and its events are
 * of them. False: what was copied is out of range, and nothing in it may be followed. */
bool yg_slot_take(struct yg_slot *out, const struct yg_slot *shared, uint32_t count,
                  uint32_t text_used, bool events);
/* Copy the facts anew, made with packets. False: they are not of these events. */
bool yg_slot_take_facts(struct yg_slot *out, const struct yg_slot *shared);
/* Copy the scores of out->rows rows. False: one is out of range. */
bool yg_slot_take_scores(struct yg_slot *out, const struct yg_slot *shared);

/* Make of every framed record an undecodable alert (of a log source: a context record),
 * for a batch whose decoder died. */
struct yg_source;
void yg_slot_undecoded(struct yg_slot *s, const struct yg_source *source);

#endif
