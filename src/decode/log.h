/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - records of any device, each looked at for itself.
 *
 *      raw ─ envelope (syslog RFC 5424, RFC 3164, what vendors make of them, none)
 *          ─ dialect (rows of yg_dialects: the one most sure of the rest) ─ fields
 *
 * The decoder "log" takes a stream in which many devices speak. A dialect is a const row
 * in a file of its own: how to recognise its records and a pure function from text to
 * fields. Its name is a format, too (`--format cef`): then only that dialect is asked,
 * and a record it cannot read counts as unread. What no dialect knows stays a context
 * record with its envelope's fields, reason YG_R_UNKNOWN_TYPE, and is counted.
 * docs/add-a-decoder.md has a worked example that the tests compile.
 *
 * Pure: bytes in, fields out; every byte through bounded views; no allocation a record.
 */
#ifndef YG_DECODE_LOG_H
#define YG_DECODE_LOG_H

#include "decode/decode.h"
#include "decode/put.h"

enum yg_envelope { YG_ENVELOPE_NONE, YG_ENVELOPE_3164, YG_ENVELOPE_5424 };

struct yg_logline {
    struct yg_str raw;  /* the record without byte order mark and line end */
    struct yg_str body; /* behind the envelope; all of raw if there is none */
    struct yg_str host, app, pid, msgid, sd; /* of the envelope; empty: not there */
    enum yg_envelope envelope;
    int facility, severity; /* of PRI; -1: none */
    bool json;              /* body begins with an object */
    bool timed;
    int64_t time_ns; /* of the envelope */
    int offset_min;
};

struct yg_dialect {
    const char *name, *doc;
    uint8_t device; /* enum yg_device, unless read says otherwise */
    /* How sure, 0 no .. 100 certain, that it is one of mine? Cheap: a look at the first
     * bytes or at the program's name. */
    int (*match)(const struct yg_logline *l);
    /* Set fields; t->e->kind is CONTEXT: an alert says so. False: not mine after all or
     * broken; a reason may be set (yg_put_reason). */
    bool (*read)(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l);
    /* JSON dialects: what to pick from the object; read then finds the hits with
     * yg_log_hits(d). NULL: not JSON. */
    const struct yg_pick *pick;
    size_t pick_count;
};

extern const struct yg_dialect *const yg_dialects[]; /* NULL-terminated, dialects.c */

/* Split off the envelope. `reference_ns`: when it was received (0: not known); a time
 * without a year is of the year that brings it nearest to that. `offset_min`: zone of
 * times that have none. Source: RFC 5424, 3164, 6587; docs/formats.md for the rest. */
void yg_logline_of(struct yg_str raw, int64_t reference_ns, int offset_min,
                   struct yg_logline *out);

const struct yg_json_hits *yg_log_hits(const struct yg_decode *d);

/* ---- what dialects are made of ------------------------------------------------------
 */

/* The next key=value of `rest`, moved on behind it: values bare, in "" or '' with
 * backslashes, keys of letters, digits and _-.; `sep` stands between pairs besides blanks
 * (0: none). False: no more. */
struct yg_kv {
    struct yg_str key, value;
    bool quoted, escaped; /* escaped: value holds backslashes to be taken out */
};
bool yg_kv_next(struct yg_str *rest, char sep, struct yg_kv *out);

/* Keys of a device and what becomes of them; sorted by key not needed. */
struct yg_kv_pick {
    const char *key;
    uint8_t how;   /* enum yg_how */
    uint8_t field; /* enum yg_field */
};
void yg_kv_put(struct yg_target *t, const struct yg_kv_pick *pick, size_t n,
               const struct yg_kv *kv);

/* Cursor over words of a text: each moves on behind what it took. */
bool yg_word(struct yg_str *rest, struct yg_str *out); /* up to a blank */
bool yg_until(struct yg_str *rest, const char *stop, struct yg_str *out); /* up to a text,
                                                       which is taken, too */
bool yg_after(struct yg_str *rest, const char *text); /* skip to behind this text */
bool yg_eat(struct yg_str *rest, const char *text);   /* it begins with this: take it */

/* "Jan  2 15:04:05[.123]", "2026 Jan  2 15:04:05", "2/Jan/2026:15:04:05 +0900" and other
 * spellings of time; moved on behind it. A missing year: as in yg_logline_of. */
bool yg_log_time(struct yg_str *rest, int64_t reference_ns, int offset_min, int64_t *ns,
                 int *zone_min);

#endif
