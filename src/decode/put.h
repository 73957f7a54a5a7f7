/* SPDX-License-Identifier: Apache-2.0 */
/*
 * put - sets event fields from values as records spell them. Private to decode.
 *
 * What lies in the batch already (a string without escapes in the raw record) is not
 * copied: the field's span points into the record. A value that is there but cannot be
 * read leaves its field absent and the event marked BAD_VALUE; an empty text is absent.
 * One thread per target.
 */
#ifndef YG_DECODE_PUT_H
#define YG_DECODE_PUT_H

#include "event/batch.h"
#include "json/json.h"

#define YG_PAYLOAD_MAX (16U * 1024U) /* decoded bytes kept of a payload or packet */
#define YG_MORE_MAX    4096U         /* bytes of a field made of several values */

struct yg_target {
    struct yg_batch *b;
    struct yg_event *e;
    const struct yg_json *json; /* of the record; NULL: not JSON */
    int offset_min;             /* zone of times without one */
    bool timed;                 /* e->time_ns is set */
    int64_t reference_ns;       /* when the record came; 0: not known */
};

/* How a value becomes a field. */
enum yg_how {
    YG_AS_NOTHING, /* kept for the decoder to look at */
    YG_AS_TEXT,
    YG_AS_LOWER, /* text in lower case (ASCII) */
    YG_AS_LIST,  /* an array, its texts joined with commas */
    YG_AS_MORE,  /* likewise, behind what earlier values of this field were */
    YG_AS_U64,   /* number, or text that is one; true and false are 1 and 0 */
    YG_AS_PORT,  /* at most 65535 */
    YG_AS_IP,
    YG_AS_BASE64,  /* binary, cut at YG_PAYLOAD_MAX */
    YG_AS_ISO,     /* ISO 8601 time into a TIME field */
    YG_AS_TIME,    /* ISO 8601 time of the event itself */
    YG_AS_EPOCH,   /* time of the event itself: seconds since 1970 with or without
                    * fraction, or by its number of digits ms, us or ns */
    YG_AS_SECONDS, /* a duration, kept in ns */
    YG_AS_MILLIS,
};

/* One wanted path and what becomes of it. */
struct yg_pick {
    const char *path;
    uint8_t how;
    uint8_t field; /* enum yg_field */
};

/* Note a problem with the record; the first one counts. */
void yg_put_reason(struct yg_target *t, enum yg_reason reason);

/* The text of a JSON value without escapes (an array: its first scalar), borrowed from
 * the batch. {NULL, 0}: no scalar, or no room. */
struct yg_str yg_put_plain(struct yg_target *t, const struct yg_json_value *v);

/* Set `field` from a text, which may lie anywhere. How: all but NOTHING and LIST. A
 * field that is set already stays, unless it is to hold MORE. */
void yg_put_text(struct yg_target *t, enum yg_how how, enum yg_field field,
                 struct yg_str s);

/* The same from a JSON value. */
void yg_put_value(struct yg_target *t, const struct yg_pick *pick,
                  const struct yg_json_value *v);

/* Put every hit of a record whose paths are those of `pick`, slot by slot. */
void yg_put_hits(struct yg_target *t, const struct yg_pick *pick,
                 const struct yg_json_hits *h);

/* A text without its backslashes ("\\n" and "\\t" become blanks), in the batch. {NULL,
 * 0}: no room. */
struct yg_str yg_put_unslashed(struct yg_target *t, struct yg_str s);

/* Set the event's time. */
void yg_put_time(struct yg_target *t, int64_t ns, int offset_min);

/* A text made of two parts and what stands between, as in "1:2010935". */
void yg_put_joined(struct yg_target *t, enum yg_field field, struct yg_str a, char sep,
                   struct yg_str b);

/* A file's hash in hex: MD5, SHA-1 or SHA-256 by its length, in lower case. Anything else
 * sets nothing. */
void yg_put_hash(struct yg_target *t, struct yg_str hex);

/* A number as devices spell it: digits, or a decimal that is not negative. */
bool yg_put_number(struct yg_str s, uint64_t *out);

#endif
