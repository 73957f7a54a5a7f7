/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opinion - what other tools' exports say about alerts: which one, judged how, by whom.
 *
 * A customer who comes to us has years of decisions in EveBox, TheHive, DFIR-IRIS,
 * Kibana or a table. Each tool's words become verdicts by one table (yg_opinion_words);
 * a word without a certain meaning stays a word: guessed labels are worse than none.
 *
 * Two steps: yg_opinions_read takes the export apart (hostile bytes, so it is run behind
 * the sandbox) and writes records of strings and numbers; yg_opinion_next reads these
 * back, checked, and yg_opinion_judge applies the words. Both together: 230 MB/s of JSON
 * events of 5 kB, 60 MB/s of a table (1.3 us a row). Pure functions.
 */
#ifndef YG_DECODE_OPINION_H
#define YG_DECODE_OPINION_H

#include "base/buf.h"
#include "base/cursor.h"
#include "event/event.h"

#define YG_OPINION_TEXT 4096U              /* bytes kept of each text */
#define YG_OPINION_FILE ((size_t)64 << 20) /* bytes of one export */

#define YG_OPINION_FORMATS(X)                                                            \
    X(EVEBOX, "evebox", "events with their tags and history")                            \
    X(THEHIVE, "thehive", "alerts or cases of TheHive 4 and 5")                          \
    X(IRIS, "iris", "alerts of DFIR-IRIS")                                               \
    X(KIBANA, "kibana", "Elastic Security alerts")                                       \
    X(CSV, "csv", "a table with a header line")
enum yg_opinion_format {
#define X(id, name, doc) YG_OPINION_##id,
    YG_OPINION_FORMATS(X)
#undef X
        YG_OPINION_FORMAT_COUNT
};
const char *yg_opinion_format_name(unsigned format);
bool yg_opinion_format_of(struct yg_str name, enum yg_opinion_format *out);

enum yg_opinion_kind {
    YG_OPINION_VERDICT,
    YG_OPINION_OPEN,      /* nobody has judged it */
    YG_OPINION_UNCERTAIN, /* the word does not say what it was */
    YG_OPINION_AUTOMATIC, /* closed by a rule or a program: never learned from */
    YG_OPINION_UNREADABLE,
    YG_OPINION_KIND_COUNT
};

/* One row of an export. Absent: empty, 0. */
struct yg_opinion {
    uint64_t line;          /* where it begins, from 1 */
    int64_t time_ns, at_ns; /* of the alert; of the verdict. 0: not said */
    uint16_t source_port, destination_port;
    uint8_t kind, level; /* enum yg_opinion_kind, enum yg_level; by _judge */
    struct yg_str word;  /* the tool's own */
    struct yg_str id;    /* perhaps ours */
    struct yg_str signature, signature_id, source, destination;
    struct yg_str who, closed_by, note, incident;
    struct yg_str reason; /* as the file says, else by the table */
};

/* Take `text` apart into records appended to `out` (whose cap bounds it). JSON: one
 * object after the other, an array of them, or an answer of the tool's API around it.
 * YG_EFORMAT: nothing of this format in it; YG_ENOMEM, YG_ELIMIT. */
enum yg_status yg_opinions_read(enum yg_opinion_format format, struct yg_str text,
                                struct yg_buf *out) YG_MUST_USE;

/* The next record of those bytes, borrowed from them. YG_EEND; YG_EFORMAT: not ours. */
enum yg_status yg_opinion_next(struct yg_cursor *in, struct yg_opinion *out) YG_MUST_USE;

/* What a word means. Words are compared without case, blanks and signs. */
struct yg_opinion_word {
    uint8_t format; /* YG_OPINION_FORMAT_COUNT: any */
    uint8_t kind;   /* enum yg_opinion_kind */
    uint8_t level;
    const char *word, *reason;
};
extern const struct yg_opinion_word yg_opinion_words[];
extern const size_t yg_opinion_word_count;

/* A meaning the user gives to a word instead. */
struct yg_opinion_map {
    struct yg_str word;
    enum yg_level level;
};
/* Set kind, level and reason. A word of automation cannot be mapped away. */
void yg_opinion_judge(enum yg_opinion_format format, const struct yg_opinion_map *map,
                      size_t maps, struct yg_opinion *o);

#endif
