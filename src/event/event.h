/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event - one decoded record: a small typed struct with canonical fields.
 *
 * Position-independent: text is kept as offsets into the text area of the batch the
 * event lives in (event/batch.h), so that a batch may lie in memory shared by processes
 * that map it at different addresses. The raw record stays verbatim beside it. An event
 * lives, and dies, with its batch.
 */
#ifndef YG_EVENT_EVENT_H
#define YG_EVENT_EVENT_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum yg_field {
#define YG_FIELD(id, name, type, doc) YG_F_##id,
#include "event/fields.def"
#undef YG_FIELD
    YG_FIELD_COUNT
};
#define YG_PRESENT_WORDS 2
_Static_assert(YG_FIELD_COUNT < 64 * YG_PRESENT_WORDS, "one bit a field");

enum yg_field_type { YG_T_STR, YG_T_U64, YG_T_IP, YG_T_BYTES, YG_T_TIME };

extern const struct yg_field_info {
    const char *name, *doc;
    enum yg_field_type type;
} yg_field_info[YG_FIELD_COUNT];

/* The field of this ECS name, or -1. */
int yg_field_by_name(struct yg_str name);

/* A verdict level. FP < L1 < L2 < L3 < L4 (GUARANTEE.md, section 1). */
enum yg_level {
    YG_LEVEL_FP,
    YG_LEVEL_L1,
    YG_LEVEL_L2,
    YG_LEVEL_L3,
    YG_LEVEL_L4,
    YG_LEVEL_COUNT,
    YG_LEVEL_NONE = 255, /* not judged */
};

const char *yg_level_name(unsigned level);                /* "FP", "L1", ..., "-" */
bool yg_level_of(struct yg_str name, enum yg_level *out); /* those names, any case */

/* What kind of device spoke. */
#define YG_DEVICES(X)                                                                    \
    X(OTHER, "other")                                                                    \
    X(IDS, "ids")                                                                        \
    X(HOST, "host")                                                                      \
    X(ANOMALY, "anomaly")                                                                \
    X(FIREWALL, "firewall")                                                              \
    X(WAF, "waf")                                                                        \
    X(WEB, "web")                                                                        \
    X(PROXY, "proxy")                                                                    \
    X(DNS, "dns")                                                                        \
    X(MAIL, "mail")                                                                      \
    X(ANTIVIRUS, "antivirus")                                                            \
    X(SANDBOX, "sandbox")                                                                \
    X(AUTH, "auth")
enum yg_device {
#define X(id, name) YG_DEV_##id,
    YG_DEVICES(X)
#undef X
        YG_DEV_COUNT
};
const char *yg_device_name(unsigned device);
bool yg_device_of(struct yg_str name, enum yg_device *out);

enum yg_event_kind {
    YG_KIND_ALERT,
    YG_KIND_CONTEXT,     /* a log record: evidence for alerts, never judged itself */
    YG_KIND_UNDECODABLE, /* an alert record that could not be read: an alert of its own */
    YG_KIND_SKIP,        /* nothing to keep: blank line, header row */
};

/* Why a record could not be read; the name is grouped by and shown. */
#define YG_REASONS(X)                                                                    \
    X(NONE, "none")                                                                      \
    X(NOT_JSON, "not-json")                                                              \
    X(NOT_OBJECT, "not-a-json-object")                                                   \
    X(NOT_UTF8, "not-utf-8")                                                             \
    X(TOO_DEEP, "nested-too-deep")                                                       \
    X(OVERSIZE, "record-too-long")                                                       \
    X(NO_TIME, "no-readable-time")                                                       \
    X(NO_SIGNATURE, "no-signature")                                                      \
    X(BAD_COLUMNS, "wrong-number-of-columns")                                            \
    X(BAD_QUOTES, "unbalanced-quotes")                                                   \
    X(BAD_VALUE, "unreadable-value")                                                     \
    X(UNKNOWN_TYPE, "unknown-record-type")                                               \
    X(NO_ROOM, "batch-text-full")                                                        \
    X(TRUNCATED, "input-ends-inside-record")
enum yg_reason {
#define X(id, name) YG_R_##id,
    YG_REASONS(X)
#undef X
        YG_REASON_COUNT
};
const char *yg_reason_name(unsigned reason);

/* Bytes of the batch's text area. */
struct yg_span {
    uint32_t off, len;
};

union yg_value {
    struct yg_span s; /* STR, IP (len 16), BYTES */
    uint64_t u;
    int64_t t;
};

struct yg_event {
    unsigned char id[YG_ID_SIZE]; /* identity; see pipeline/identity.h */
    int64_t time_ns;    /* when it happened, UTC; NO_TIME: when the source last spoke */
    struct yg_span raw; /* the record as it came */
    uint32_t source;    /* index into the run's sources */
    uint16_t reason;    /* enum yg_reason */
    int16_t offset_min; /* time zone it was written in, minutes east of UTC */
    uint8_t kind;       /* enum yg_event_kind */
    uint8_t device;     /* enum yg_device */
    uint8_t verdict;    /* enum yg_level that the record carries, or NONE */
    uint8_t pad[5];
    uint64_t present[YG_PRESENT_WORDS]; /* bit f % 64 of word f / 64: value[f] is set */
    union yg_value value[YG_FIELD_COUNT];
};

static inline bool yg_event_has(const struct yg_event *e, enum yg_field f)
{
    return (e->present[f / 64] >> f % 64 & 1) != 0;
}

/* Say that value[f] is set. */
static inline void yg_event_mark(struct yg_event *e, enum yg_field f)
{
    e->present[f / 64] |= UINT64_C(1) << f % 64;
}

/* Alerts and undecodable records of alert sources are judged; context is not. */
static inline bool yg_event_is_alert(const struct yg_event *e)
{
    return e->kind == YG_KIND_ALERT || e->kind == YG_KIND_UNDECODABLE;
}

#endif
