/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - records of any device, each looked at for itself.
 *
 *      raw ─ envelope (syslog RFC 5424, RFC 3164, what vendors make of them, none)
 *          ─ dialect (rows of yg_dialects: the one most sure of the rest) ─ fields
 *
 * The decoder "log" takes a stream in which many devices speak. A dialect is a const row
 * in a file of its own: how to recognise its records and a pure function from text to
 * fields. Its name is a format, too (`--format fortigate`): then only that dialect is
 * asked, and a record it cannot read counts as unread. What no dialect knows stays a
 * context record with its envelope's fields, reason YG_R_UNKNOWN_TYPE, and is counted.
 * docs/add-a-decoder.md has a worked example that the tests compile.
 *
 * Pure: bytes in, fields out; every byte through bounded views; no allocation a record
 * (the paths of a JSON dialect are compiled when the first record of it comes).
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
    struct yg_str
        columns; /* lines of its file that say what its columns are; empty: none */
    enum yg_envelope envelope;
    int facility, severity; /* of PRI; -1: none */
    bool json;              /* body begins with an object */
    bool timed;
    int64_t time_ns; /* of the envelope */
    int offset_min;
};

#define YG_LOG_CERTAIN 100 /* nobody else need be asked */

struct yg_dialect {
    const char *name, *doc;
    const char *product; /* observer.product, unless read sets it; NULL: none */
    uint8_t device;      /* enum yg_device, unless read says otherwise */
    bool on_host; /* its records are about the machine that writes them: host.name and
                   * process.name are the envelope's, unless read sets them */
    /* Its own file has no host: between the time and the text there is none. */
    bool no_host;
    /* Names of programs, lower case, blanks between: "sshd sshd-session". The envelope's
     * must be one of them (any case; "postfix/smtpd" is also postfix, a path its last
     * part). NULL: any. */
    const char *apps;
    /* Texts of four bytes or more, "|" between, one of which is in each of its records
     * (the envelope counts): match is asked only where there is one. NULL: everywhere,
     * which every record pays for. */
    const char *marks;
    /* How sure, 0 no .. 100 certain, that it is one of mine? Cheap: a look at the first
     * bytes. Without it a program's name is as good as 80. */
    int (*match)(const struct yg_logline *l);
    /* JSON dialects are recognised by paths that must be there, with blanks between, "|"
     * between alternatives, and "path=text" for a text (any case, "*" at its end: a
     * prefix): "eventSource awsRegion | detail.eventSource source=aws.*". A path must
     * lead to a scalar or an array. */
    const char *signs;
    /* What to pick from the object; read finds the hits with yg_log_hits(d). NULL: not a
     * JSON dialect. A key with dots is found by the same path as nested keys. */
    const struct yg_pick *pick;
    size_t pick_count;
    /* Set fields; t->e->kind is CONTEXT: an alert says so (yg_log_alert). False: not mine
     * after all, the next surest is asked; with a reason set (yg_put_reason): mine, but
     * broken. What the envelope says is filled in afterwards where nothing was set. */
    bool (*read)(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l);
};

extern const struct yg_dialect *const yg_dialects[]; /* NULL-terminated, dialects.c */

const struct yg_dialect *yg_dialect_by_name(struct yg_str name); /* NULL: none */

/* It has no marks, or the record holds one of them. */
bool yg_dialect_marked(const struct yg_dialect *dialect, struct yg_str raw);
/* How sure, for one line alone (JSON dialects: by the names of keys in the text); 0
 * without one of its marks. */
int yg_dialect_match(const struct yg_dialect *dialect, const struct yg_logline *l);

/* Split off the envelope. `reference_ns`: when it was received (0: not known); a time
 * without a year is of the year that brings it nearest to that. `offset_min`: zone of
 * times that have none. Source: RFC 5424, 3164, 6587; docs/formats.md for the rest. */
void yg_logline_of(struct yg_str raw, int64_t reference_ns, int offset_min,
                   struct yg_logline *out);

const struct yg_json_hits *yg_log_hits(const struct yg_decode *d);

/* For a dialect that only carries what others wrote (a container's output, a shipper's
 * "message"): `text`, in the batch, is looked at for itself when `read` is done. If a
 * dialect knows it, that is the record; host and time are the carrier's if it has none.
 */
void yg_log_inner(struct yg_decode *d, struct yg_str text);

/* ---- what dialects are made of ------------------------------------------------------
 */

/* How a device writes its pairs. */
struct yg_kv_style {
    char assign; /* between key and value: '=' or ':' */
    char sep;    /* between pairs, besides blanks; 0: none */
    bool spaced; /* a bare value may hold blanks: it goes on to `sep`, without one to the
                  * next key */
};

/* The next key=value of `rest`, moved on behind it: values bare, in "" or '' with
 * backslashes, keys of letters, digits and _-.; words that are no pair are passed over.
 * False: no more. */
struct yg_kv {
    struct yg_str key, value;
    bool escaped; /* value holds backslashes to be taken out */
};
bool yg_kv_next(struct yg_str *rest, struct yg_kv_style style, struct yg_kv *out);

/* Does it begin with a pair? What a device writes does; what people make it write, a name
 * or a URL, stands further in. */
bool yg_kv_first(struct yg_str s);

/* The value of `key`, backslashes and all; {NULL, 0}: not there. For a few keys: it
 * begins at the front each time. */
struct yg_str yg_kv_find(struct yg_str text, struct yg_kv_style style, const char *key);

/* Keys of a device and what becomes of them; order does not matter, of several keys for
 * one field the first in the record counts. "-", "N/A" and the like are absent. */
struct yg_kv_pick {
    const char *key;
    uint8_t how;   /* enum yg_how */
    uint8_t field; /* enum yg_field */
};
void yg_kv_put(struct yg_target *t, const struct yg_kv_pick *pick, size_t n,
               const struct yg_kv *kv);

/* Values to look at when all pairs are read: `at` is the offset of a struct yg_str in
 * `record`, the first value that is there is kept. True: the key is one of these. */
struct yg_kv_slot {
    const char *key;
    size_t at;
};
bool yg_kv_keep(void *record, const struct yg_kv_slot *slot, size_t n,
                const struct yg_kv *kv);

/* Cursor over words of a text: each moves on behind what it took. */
bool yg_word(struct yg_str *rest, struct yg_str *out); /* up to a blank */
bool yg_until(struct yg_str *rest, const char *stop,
              struct yg_str *out); /* up to a text, which is taken, too */
bool yg_after(struct yg_str *rest, const char *text); /* skip to behind this text */
bool yg_absent(struct yg_str s); /* empty, "-", "N/A", "none", "(null)" and the like */

/* Behind the first `n` bytes, which are there; behind the blanks at the front. */
static inline struct yg_str yg_skip(struct yg_str s, size_t n)
{
    return n ? (struct yg_str){ s.p + n, s.n - n } : s;
}

static inline struct yg_str yg_skip_blanks(struct yg_str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = yg_skip(s, 1);
    return s;
}

/* Inline, so that the length of a literal costs nothing. It begins with this: take it. */
static inline bool yg_eat(struct yg_str *rest, const char *text)
{
    size_t n = strlen(text);

    if (rest->n < n || (n > 0 && memcmp(rest->p, text, n) != 0))
        return false;
    rest->p += n;
    rest->n -= n;
    return true;
}

/* Somewhere in it. */
static inline bool yg_has(struct yg_str s, const char *text)
{
    size_t n = strlen(text);

    return s.n > 0 && s.n >= n && memmem(s.p, s.n, text, n) != NULL;
}

/* Equal, any case. */
static inline bool yg_is(struct yg_str s, const char *text)
{
    size_t n = strlen(text);

    return s.n == n && yg_str_eq_nocase(s, (struct yg_str){ text, n });
}

/* A text out of a pattern's places: literal text, "%s" for a word without blanks,
 * "%*" for anything up to the literal text that follows (or the end), "%+" up to where
 * that stands last: for names that strangers choose. Blanks in the pattern stand for one
 * or more blanks. All must fit, what is behind the pattern need not. Returns how many
 * places were filled if it fits, else -1. */
#define YG_SCAN_MAX 12
int yg_scan(struct yg_str s, const char *pattern, struct yg_str out[YG_SCAN_MAX]);

/* "Jan  2 15:04:05[.123]", "2026 Jan  2 15:04:05", "2/Jan/2026:15:04:05 +0900",
 * ISO 8601 and other spellings of time; moved on behind it. A missing year: as in
 * yg_logline_of; *ns is 0 if there is no reference to find it by. */
bool yg_log_time(struct yg_str *rest, int64_t reference_ns, int offset_min, int64_t *ns,
                 int *zone_min);

/* The event's time from such a text; no time: false, nothing set. */
bool yg_log_put_time(struct yg_target *t, struct yg_str s);

/* The same of a date and a time that stand apart; `zone` may be empty. */
bool yg_log_put_date(struct yg_target *t, struct yg_str date, struct yg_str time,
                     struct yg_str zone);

/* "192.0.2.1", "192.0.2.1:443", "192.0.2.1/443", "192.0.2.1(443)", "[2001:db8::1]:443",
 * "outside:192.0.2.1/443". What is no address is left out. False: no address. */
bool yg_log_endpoint(struct yg_target *t, struct yg_str s, enum yg_field ip,
                     enum yg_field port);

/* An address if it is one, quietly nothing if not (names stand where addresses may). */
void yg_log_ip(struct yg_target *t, enum yg_field f, struct yg_str s);

/* "6", "TCP" -> tcp; any number that has a name (IANA), else the text in lower case. */
void yg_log_protocol(struct yg_target *t, struct yg_str s);

/* It is an alert of this signature. Empty texts are left out; `severity` 0 to 100. */
void yg_log_alert(struct yg_target *t, struct yg_str id, struct yg_str name,
                  unsigned severity);

/* Words of severity as devices write them ("critical", "High", "warning", "7") on ours,
 * 0 to 100; `otherwise` for what is not one. Numbers 0 to 10 count upwards. */
unsigned yg_log_severity(struct yg_str word, unsigned otherwise);
/* The eight of syslog, 0 the worst. */
unsigned yg_log_severity_syslog(int level);

#define YG_PUT(t, how, field, s) yg_put_text(t, YG_AS_##how, YG_F_##field, s)

#endif
