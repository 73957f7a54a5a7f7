/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alert - everything that an analyst needs of one alert, gathered for one answer.
 *
 * In parts, of which a request may name those it wants: the usual ones are there in some
 * tens of milliseconds; those that a process beside works out (beside.h) may be asked for
 * again. What waits to be judged without the score has no part that tells of it, and what
 * is gathered here holds nothing of it either; how that is written is say_alert.h.
 *
 * Everything lives with the request's arena. In the thread of the store.
 */
#ifndef YG_API_ALERT_H
#define YG_API_ALERT_H

#include "api/view.h"
#include "desk/about.h"
#include "pipeline/nearby.h"

/* YG_PART(id, name, usual, sentence) */
#define YG_ALERT_PARTS(X)                                                                \
    X(FIELDS, "fields", true, "the decoded record, by ECS names")                        \
    X(RAW, "raw", true, "the record as it came")                                         \
    X(RUN, "run", true, "the run that it belongs to")                                    \
    X(DECISION, "decision", true, "what closes it or keeps it open")                     \
    X(VERDICTS, "verdicts", true, "what people said of it")                              \
    X(ALIKE, "alike", true, "past runs of its signature, and how they were judged")      \
    X(CONTEXT, "context", true, "what else happened around it")                          \
    X(DESK, "desk", true, "what people know: notes, assets, watch lists, questions")     \
    X(PACKETS, "packets", false, "what crossed the wire, and did it succeed")            \
    X(REASONS, "reasons", false, "what moved its risk: its tenant's history, replayed")

enum yg_alert_part {
#define X(id, name, usual, help) YG_PART_##id,
    YG_ALERT_PARTS(X)
#undef X
        YG_PART_COUNT
};
extern const struct yg_part_info {
    const char *name, *help;
    bool usual;
} yg_part_info[YG_PART_COUNT];

/* Bits of parts from "fields,raw"; empty: the usual ones. */
enum yg_status yg_alert_parts(struct yg_str names, unsigned *bits,
                              struct yg_err *err) YG_MUST_USE;

#define YG_ALERT_CONTEXT_S    0.04 /* that looking around may take */
#define YG_ALERT_CONTEXT_BACK (6 * INT64_C(3600) * YG_NS_PER_S)
#define YG_ALERT_CONTEXT_ON   (INT64_C(3600) * YG_NS_PER_S)

#define YG_ALERT_ALIKE      5   /* past runs told */
#define YG_ALERT_ALIKE_MOST 200 /* looked at */

/* What a process beside says: a JSON object, checked. */
struct yg_beside_said {
    bool later;         /* it is not there yet */
    struct yg_str json; /* empty: there is nothing to say */
};

struct yg_view_detail {
    int64_t now_ns;
    unsigned parts;                /* that are asked for and may be seen */
    bool raw;                      /* who asks sees bytes of records */
    struct yg_store_record record; /* raw: at most YG_VIEW_RAW_MAX bytes of it */
    size_t raw_bytes, packet_bytes;
    struct yg_str tenant, source;
    uint8_t device, kind;
    uint16_t reason;                     /* why it could not be decoded, enum yg_reason */
    bool decoded;                        /* false: its source is gone */
    bool blind;                          /* it waits to be judged without the score */
    struct yg_str field[YG_FIELD_COUNT]; /* as text; absent: empty */
    bool has[YG_FIELD_COUNT];
    bool in_run;
    struct yg_queue_run run;
    struct yg_verdict *verdict; /* every one ever given, oldest first */
    size_t verdicts;
    const struct yg_queue_run *past[YG_ALERT_ALIKE]; /* most alike first */
    size_t cases;
    uint64_t judged_as[YG_LEVEL_COUNT];
    bool judged_more; /* than were looked at */
    bool looked;      /* around */
    int64_t from_ns, until_ns;
    struct yg_nearby nearby;
    struct yg_beside_said packets, reasons;
    struct yg_desk_about *desk; /* NULL: nothing is known */
    /* Not of one that is blind. */
    struct yg_str rule; /* that asked to close it; empty: none */
    bool policed;       /* there is a policy that decides now: */
    struct yg_policy policy;
    bool grounded; /* by this certificate */
    unsigned char certificate[YG_DIGEST_SIZE];
};

enum yg_status yg_view_detail(const struct yg_view_source *v, struct yg_str hex_id,
                              unsigned parts, struct yg_arena *arena,
                              struct yg_view_detail *out, struct yg_err *err) YG_MUST_USE;

#endif
