/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode - from a raw record to an event with canonical fields.
 *
 * A decoder is a const table row: a name, how to recognise its records, and a pure
 * function from bytes to event. It reads only through bounded views, never fails and
 * never drops: what it cannot read becomes YG_KIND_UNDECODABLE with a reason (alert
 * sources) or stays YG_KIND_CONTEXT with the reason set (log sources). Adding one is one
 * file and one row in decoders.c.
 */
#ifndef YG_DECODE_DECODE_H
#define YG_DECODE_DECODE_H

#include "base/err.h"
#include "event/batch.h"
#include "event/source.h"
#include "input/input.h"

struct yg_decode; /* a worker's state for one source: parser buffers, column index */

struct yg_decoder {
    const char *name; /* what --format takes: "eve", "wazuh", "delimited", "jsonl" */
    const char *doc;
    enum yg_framing framing;
    bool needs_mapping;
    /* Do these first bytes of a file look like mine? 0 no .. 100 certainly. */
    int (*probe)(struct yg_str head);
    /* Fill `e` (zeroed; raw, source, device OTHER, verdict NONE are set) from record
     * `i`. */
    void (*event)(struct yg_decode *d, struct yg_batch *b, uint32_t i,
                  struct yg_event *e);
};

extern const struct yg_decoder *const yg_decoders[]; /* NULL-terminated, decoders.c */

const struct yg_decoder *yg_decoder_by_name(struct yg_str name);  /* NULL: none */
const struct yg_decoder *yg_decoder_by_probe(struct yg_str head); /* NULL: unknown */

/* State for decoding `source` (borrowed for its life). `header` is the first record of
 * a delimited file with a header line, else ignored. YG_ENOMEM; YG_EINVAL with a
 * message when a mapped column is not in the header. */
enum yg_status yg_decode_new(const struct yg_source *source, struct yg_str header,
                             struct yg_decode **out, struct yg_err *err) YG_MUST_USE;
void yg_decode_free(struct yg_decode *d);

/* Decode every record of the batch into b->event[0 .. count). Blank lines and the header
 * line (record 0 of batch 0) become YG_KIND_SKIP. Each event's id is set to
 * yg_hash_id(tenant 0x1f name, raw), or to zero when b->named; events without a readable
 * time take that of their receipt, else the previous event's time of this batch, else 0,
 * with reason NO_TIME (the core mends it). */
void yg_decode_batch(struct yg_decode *d, struct yg_batch *b);

/* The id that yg_decode_batch gives to a record of the source. */
void yg_decode_id(const struct yg_source *source, struct yg_str raw,
                  unsigned char id[YG_ID_SIZE]);

#endif
