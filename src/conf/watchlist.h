/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchlist - lists of addresses, domains, file hashes and hosts, as files.
 *
 * One entry a line: a value, then perhaps `expires=2026-12-31`, then perhaps `# note`. A
 * value is an IP address or CIDR network, a domain (its subdomains count), an MD5, SHA-1
 * or SHA-256 in hex, or `host:NAME`. Intelligence says "this is bad", a critical list
 * "this must not be missed": both keep an alert open (policy/gates.def). An entry past
 * its date is not matched and counted; a line that is no entry is an error with file and
 * line, because a list half read would be trusted whole.
 *
 * A hit is never a feature: a column whose value follows the operator's lists would mean
 * another thing the day a list changes, and the certificate would speak of a model that
 * is not there any more.
 *
 * Built at start, immutable afterwards: any number of threads or forked workers may look
 * things up. About 50 ns a look-up (an address: one for each length of prefix that is
 * listed); about 80 bytes an entry; at most 4 million entries.
 */
#ifndef YG_CONF_WATCHLIST_H
#define YG_CONF_WATCHLIST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"
#include "event/batch.h"

#define YG_WATCH_ENTRIES_MAX (4U << 20)
#define YG_WATCH_TEXT_MAX    ((size_t)512 << 20) /* bytes of one file */

/* What is listed, as a byte: four bits a kind of list, each a type of entry. */
enum yg_watch { YG_WATCH_INTEL = 0x0f, YG_WATCH_CRITICAL = 0xf0 };
#define YG_WATCH_TYPES(X)                                                                \
    X(ADDRESS, "address")                                                                \
    X(DOMAIN, "domain")                                                                  \
    X(HASH, "hash")                                                                      \
    X(HOST, "host")
enum yg_watch_type {
#define X(id, name) YG_WATCH_##id,
    YG_WATCH_TYPES(X)
#undef X
        YG_WATCH_TYPE_COUNT
};
const char *yg_watch_name(enum yg_watch what); /* "intelligence", "critical assets" */
/* "address, host": the types that `listed` names of one kind of list. */
void yg_watch_types(unsigned listed, enum yg_watch what, struct yg_buf *out);

struct yg_watchlist;

enum yg_status yg_watchlist_new(struct yg_watchlist **out,
                                struct yg_err *err) YG_MUST_USE;
void yg_watchlist_free(struct yg_watchlist *w);

/* Take in the text of one file; `path` is for messages and copied. Nothing of it stays
 * after YG_EFORMAT (with line and remedy) or YG_ELIMIT; after YG_ENOMEM the list can only
 * be freed. */
enum yg_status yg_watchlist_add(struct yg_watchlist *w, enum yg_watch what,
                                const char *path, struct yg_str text,
                                struct yg_err *err) YG_MUST_USE;

struct yg_watchlist_stats {
    uint64_t files;
    uint64_t entries;  /* different values */
    uint64_t networks; /* of these, more than one address */
    uint64_t expired;  /* of the entries, at `now_ns` */
};
struct yg_watchlist_stats yg_watchlist_stats(const struct yg_watchlist *w,
                                             enum yg_watch what, int64_t now_ns);

/* BLAKE2b of the files' texts in the order they were taken in. Shown by doctor; no part
 * of a certificate, since lists only ever hold alerts open. */
void yg_watchlist_digest(const struct yg_watchlist *w, unsigned char out[YG_DIGEST_SIZE]);

/* Something that is listed. */
struct yg_watch_hit {
    enum yg_watch what;
    const char *where;   /* name of the field it stood in */
    struct yg_str value; /* of the event, as text; borrowed until the call returns */
    const char *path;    /* of the file that lists it, living with the list */
    uint32_t line;       /* in that file */
    int64_t expires_ns;  /* INT64_MAX: never */
};
typedef void yg_watch_hit_f(void *arg, const struct yg_watch_hit *hit);

/* What (enum yg_watch) this event's addresses, names and hashes hit, at its time;
 * `each` (may be NULL) is given every hit. `w` NULL: 0. */
unsigned yg_watchlist_match(const struct yg_watchlist *w, const struct yg_batch *b,
                            const struct yg_event *e, yg_watch_hit_f *each, void *arg);

/* The same for what stands outside the record, such as in its packets. */
struct yg_watch_ask {
    const struct yg_watchlist *list;
    int64_t time_ns;
    const char *where;
    yg_watch_hit_f *each; /* may be NULL */
    void *arg;
};
unsigned yg_watchlist_ip(const struct yg_watch_ask *ask, const unsigned char ip[16]);
/* A domain or address as text, with or without a port: Host, SNI, a name asked for. */
unsigned yg_watchlist_name(const struct yg_watch_ask *ask, struct yg_str name);
/* Every word of a text that is one, such as "A 192.0.2.1, CNAME a.example": the first
 * YG_WATCH_WORDS are looked at. */
#define YG_WATCH_WORDS 64
unsigned yg_watchlist_names(const struct yg_watch_ask *ask, struct yg_str text);

#endif
