/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch - the unit that moves through the stages: up to 256 records and their events.
 *
 * One flat, position-independent block, so that it can lie in shared memory: the core
 * and the sandboxed workers map it at different addresses and never exchange pointers.
 * A worker may be compromised by the bytes it reads, so the core calls yg_batch_check
 * before it follows any offset that a worker wrote.
 *
 *      header | record[256] | event[256] | text: raw records, then decoded strings
 *
 * Decoded text never exceeds the raw bytes (unescaping and base64 shrink) plus a fixed
 * share a record, so a batch framed within YG_BATCH_RAW always has room to decode.
 */
#ifndef YG_EVENT_BATCH_H
#define YG_EVENT_BATCH_H

#include "base/status.h"
#include "event/event.h"

#define YG_BATCH_MAX  256             /* records */
#define YG_RECORD_MAX (1024U * 1024U) /* bytes of one record; longer ones are cut */
#define YG_BATCH_RAW  (256U * 1024U)  /* framing stops here (one record may exceed it) */
#define YG_BATCH_TEXT (3U * 1024U * 1024U)

struct yg_record {
    struct yg_span raw;
    uint64_t offset;     /* where it began in the (decompressed) input */
    uint64_t full_size;  /* its true length; > raw.len when cut at YG_RECORD_MAX, less
                          * when lines of its file were put before it */
    uint64_t line;       /* 1-based line number in the input */
    int64_t received_ns; /* when it came; 0: not known (a file) */
    int64_t time_ns;     /* of a stored one: its time as it was settled; 0: not known */
    uint16_t reason;     /* framing problem, enum yg_reason */
    uint8_t pad[6];
};

struct yg_batch {
    uint64_t seq;    /* position in its source: 0, 1, 2 ... */
    uint32_t source; /* index into the run's sources */
    uint32_t count;  /* records, and after decoding events */
    uint32_t text_used;
    uint32_t last;  /* 1: the source ends with this batch */
    uint32_t named; /* 1: its maker knows the records' ids: decoding makes none */
    struct yg_record record[YG_BATCH_MAX];
    struct yg_event event[YG_BATCH_MAX];
    char text[YG_BATCH_TEXT];
};

/* Empty it; text is not touched. */
void yg_batch_clear(struct yg_batch *b, uint64_t seq, uint32_t source);

/* The bytes of a span, borrowed until the batch is cleared. */
static inline struct yg_str yg_batch_str(const struct yg_batch *b, struct yg_span s)
{
    return (struct yg_str){ b->text + s.off, s.len };
}

/* Field `f` of an event as text; {NULL, 0} when absent or not of a text type. */
static inline struct yg_str yg_event_str(const struct yg_batch *b,
                                         const struct yg_event *e, enum yg_field f)
{
    return yg_event_has(e, f) ? yg_batch_str(b, e->value[f].s) : YG_STR_NONE;
}

/* A number field, or `none` when absent. */
static inline uint64_t yg_event_u64(const struct yg_event *e, enum yg_field f,
                                    uint64_t none)
{
    return yg_event_has(e, f) ? e->value[f].u : none;
}

/* Copy `s` into the text area. False: no room (the caller marks the event NO_ROOM). */
bool yg_batch_add(struct yg_batch *b, struct yg_str s, struct yg_span *out);

/* Set a field; text is copied into the batch. False: no room. The IP setter reads
 * dotted or RFC 4291 text and also returns false when it is not an address. */
bool yg_event_set_str(struct yg_batch *b, struct yg_event *e, enum yg_field f,
                      struct yg_str s);
bool yg_event_set_ip(struct yg_batch *b, struct yg_event *e, enum yg_field f,
                     struct yg_str text);
void yg_event_set_u64(struct yg_event *e, enum yg_field f, uint64_t v);
void yg_event_set_time(struct yg_event *e, enum yg_field f, int64_t ns);

/* All offsets, counts and enums are in range: YG_OK, else YG_ECORRUPT. */
enum yg_status yg_batch_check(const struct yg_batch *b) YG_MUST_USE;

#endif
