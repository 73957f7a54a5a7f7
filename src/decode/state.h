/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - what a worker keeps while it decodes one source. Private to decode.
 */
#ifndef YG_DECODE_STATE_H
#define YG_DECODE_STATE_H

#include "conf/mapping.h"
#include "decode/decode.h"
#include "decode/put.h"
#include "json/json.h"

#define YG_NO_COLUMN UINT32_MAX

#define YG_DOMAIN_MAX 64

struct yg_decode {
    const struct yg_source *source; /* borrowed */
    const struct yg_decoder *decoder;
    char *header_bytes;
    struct yg_str header; /* of a delimited file, lives with this state; empty: none */
    unsigned char domain[YG_DOMAIN_MAX];
    size_t domain_n; /* of record ids: tenant, source */
    bool timed;      /* the event being decoded has a time of its own */

    /* JSON decoders */
    struct yg_json *json;
    struct yg_json_paths *paths;

    struct yg_log *log; /* the decoder of logs; log.c */

    /* mapped decoders: where each rule of the mapping finds its text */
    uint32_t where[YG_MAP_RULES_MAX]; /* slot of paths, or column */
    bool wants_signature;             /* the mapping says where the signature is */

    /* delimited */
    struct yg_str *cell; /* of the record in hand; columns of them */
    uint32_t columns;    /* a record must have */
    bool extra_ok;       /* more are fine: devices append columns */
};

static inline bool yg_probe_has(struct yg_str head, const char *what)
{
    return head.n && memmem(head.p, head.n, what, strlen(what));
}

/* Suricata's severity (1 highest) on our scale; see eve.c. */
uint64_t yg_eve_severity(uint64_t suricata);

/* Rows of a pick for what EVE says of DNS answers and of a file: all addresses and names
 * that it groups by type, and what the first eight answers hold. */
#define YG_EVE_ANSWER(at, n)                                                             \
    {                                                                                    \
        at "answers." n ".rdata", YG_AS_MORE, YG_F_DNS_ANSWER                            \
    }
#define YG_EVE_GROUPED(at, type)                                                         \
    {                                                                                    \
        at "grouped." type, YG_AS_MORE, YG_F_DNS_ANSWER                                  \
    }
#define YG_EVE_ANSWERS(at)                                                               \
    YG_EVE_ANSWER(at, "0"), YG_EVE_ANSWER(at, "1"), YG_EVE_ANSWER(at, "2"),              \
        YG_EVE_ANSWER(at, "3"), YG_EVE_ANSWER(at, "4"), YG_EVE_ANSWER(at, "5"),          \
        YG_EVE_ANSWER(at, "6"), YG_EVE_ANSWER(at, "7"), YG_EVE_GROUPED(at, "A"),         \
        YG_EVE_GROUPED(at, "AAAA"), YG_EVE_GROUPED(at, "CNAME")
#define YG_EVE_HASHES(at)                                                                \
    { at "sha256", YG_AS_MORE, YG_F_FILE_SHA256 },                                       \
        { at "sha1", YG_AS_MORE, YG_F_FILE_SHA1 },                                       \
    {                                                                                    \
        at "md5", YG_AS_MORE, YG_F_FILE_MD5                                              \
    }
/* Of a list of files the first that says so counts, and the hashes of the first three. */
#define YG_EVE_FILE(at)                                                                  \
    { at "filename", YG_AS_TEXT, YG_F_FILE_PATH },                                       \
        { at "magic", YG_AS_TEXT, YG_F_FILE_MAGIC },                                     \
        { at "size", YG_AS_U64, YG_F_FILE_SIZE }, YG_EVE_HASHES(at)
#define YG_EVE_FILES(at) YG_EVE_FILE(at), YG_EVE_FILE(at "1."), YG_EVE_FILE(at "2.")

/* Start on record `i`: its bytes without a byte order mark, the target to fill. */
struct yg_str yg_decode_start(struct yg_decode *d, struct yg_batch *b, uint32_t i,
                              struct yg_event *e, struct yg_target *t);
void yg_decode_finish(struct yg_decode *d, const struct yg_target *t);

/* The record cannot be read: an alert of its own, or context of a log source. */
void yg_decode_unread(const struct yg_decode *d, struct yg_event *e,
                      enum yg_reason reason);

/* Compile the paths of `pick` (slot = index), `root` being a wrapper to look into as
 * well ("" for none), and make the parser. */
enum yg_status yg_decode_json_init(struct yg_decode *d, const struct yg_pick *pick,
                                   size_t n, const char *root);

/* Walk the record; NULL: it cannot be read, and the event says why. */
const struct yg_json_hits *yg_decode_walk(struct yg_decode *d, struct yg_target *t,
                                          struct yg_str raw);

/* Set-up of the decoders that need any, called by yg_decode_new. */
enum yg_status yg_eve_init(struct yg_decode *d);
enum yg_status yg_wazuh_init(struct yg_decode *d);
enum yg_status yg_jsonl_init(struct yg_decode *d);
enum yg_status yg_log_init(struct yg_decode *d);
void yg_log_free(struct yg_log *log);

/* How sure, 0 to 100, that a file is of logs of devices; log_probe.c. */
int yg_log_probe(struct yg_str head);
int yg_log_json_probe(struct yg_str head);

enum yg_status yg_delimited_init(struct yg_decode *d, struct yg_err *err);

/* Shared by the mapped decoders (mapped.c): `found` is the text at rule `r`, {NULL, 0}
 * if there is none. */
void yg_mapped_begin(struct yg_decode *d, struct yg_target *t);
void yg_mapped_rule(struct yg_target *t, const struct yg_map_rule *r,
                    struct yg_str found);
void yg_mapped_end(struct yg_decode *d, struct yg_target *t);

#endif
