/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpd - an HTTP/1.1 listener: whole requests in, answers when durable. For senders,
 * and under api/http.h for people.
 *
 *      headers ── check ──► refused at once, body unread
 *         └─► body: collected, undone (gzip, zstd), at most `max_body` ── handle
 *                 ──► answered at once, or `ticket`: suspended until it is durable
 *
 * The only place that knows the HTTP library (libmicrohttpd; its parsers of forms,
 * queries and escapes are not used). A body that ends early, is damaged or too
 * large is refused whole: handle sees whole bodies only. A connection waits without a
 * thread: one thread waits for the journal and wakes what became durable. What takes long
 * in another way is parked, and woken by whoever did it.
 *
 * When all connections are taken, those that were never answered well in YG_SOCK_GRACE_NS
 * make room, the oldest first: who holds connections and sends nothing whole, or has not
 * the token, keeps nobody out.
 *
 * Memory: all bodies together up to `held`; a sender beyond that is
 * told to come again. An answer may be a stream: it is asked for more every second, in
 * the listener's thread; a client that does not read loses its connection after the idle
 * timeout. Threads: check, handle and stream run in the listener's one thread, `durable`
 * in a second.
 */
#ifndef YG_INTAKE_HTTPD_H
#define YG_INTAKE_HTTPD_H

#include "base/buf.h"
#include "base/err.h"
#include "intake/tls.h"

#define YG_HTTPD_TARGET_MAX 4096 /* bytes of path and query; longer: 414 */
#define YG_HTTPD_HELD       2

struct yg_httpd_request {
    struct yg_str method;
    struct yg_str path;                          /* undecoded, without the query */
    struct yg_str query;                         /* undecoded; empty if none */
    struct yg_str type, authorization, encoding; /* headers; p NULL: not there */
    struct yg_str channel;                       /* X-Splunk-Request-Channel */
    struct yg_str peer;                          /* "192.0.2.1:5140", "[2001:db8::1]:5" */
    struct yg_str peer_host;                     /* "192.0.2.1" */
    struct yg_str body;                          /* decompressed; empty in check */
    const struct yg_httpd_exchange *from;        /* private; NULL: no other headers */
};
/* Any header; p NULL: not there. */
struct yg_str yg_httpd_header(const struct yg_httpd_request *in, const char *name);

struct yg_httpd_reply {
    unsigned status;          /* 200 unless set */
    const char *type;         /* Content-Type, a constant */
    const char *authenticate; /* WWW-Authenticate, a constant, or NULL */
    struct yg_buf body;       /* made and freed by the listener */
    struct yg_buf headers;    /* likewise: yg_httpd_reply_header */
    size_t max_body; /* check: of this request, at most the listener's; 0: that */
    void *stream;    /* what options.stream goes on with behind the body */
    bool again;      /* Retry-After: 1 */
    bool wait;       /* send when `ticket` is durable */
    bool parked;     /* send when yg_httpd_wake(ticket) was called, which may be once
                      * `parked` was; then `woken` writes the answer. Its ticket is
                      * nobody else's */
    uint64_t ticket;
};

/* One more header; neither has line ends. */
void yg_httpd_reply_header(struct yg_httpd_reply *out, const char *name,
                           struct yg_str value);

struct yg_httpd_options {
    int fd; /* a listening socket; the listener's from now on, also when start fails */
    size_t max_body;
    size_t held; /* bytes of all bodies; 0: YG_HTTPD_HELD x max_body */
    unsigned connections, idle_s;
    unsigned per_address;       /* connections of one; 0: no limit of its own */
    unsigned header_s;          /* for handshake and headers; 0: 30 */
    struct yg_tls_server *tls;  /* NULL: none; owned likewise */
    const char *const *headers; /* name, value, ..., NULL: in every answer */
    void *arg;                  /* of the following */
    /* Is the body wanted? False: `out` is the answer. */
    bool (*check)(void *arg, const struct yg_httpd_request *in,
                  struct yg_httpd_reply *out);
    void (*handle)(void *arg, const struct yg_httpd_request *in,
                   struct yg_httpd_reply *out);
    /* The body was not taken for the status (400, 413, 415, 429) and reason: what does
     * this API's answer look like? */
    void (*refuse)(void *arg, const struct yg_httpd_request *in, unsigned status,
                   const char *why, struct yg_httpd_reply *out);
    /* YG_OK: durable; anything else: not within the time. */
    enum yg_status (*durable)(void *arg, uint64_t ticket, int64_t timeout_ns);
    /* A request is parked now; its turn has come: its answer (`in` is without a body). */
    void (*parked)(void *arg, uint64_t ticket);
    void (*woken)(void *arg, const struct yg_httpd_request *in,
                  struct yg_httpd_reply *out);
    /* What a stream says now is added to `out`, often nothing. False: it is over. */
    bool (*stream)(void *arg, void *stream, struct yg_buf *out);
    void (*stream_end)(void *arg, void *stream); /* once, whoever ended it */
    void (*connected)(void *arg);                /* may be NULL */
    /* A connection was closed to make room for others. Any thread. */
    void (*turned_away)(void *arg);
};

struct yg_httpd;
/* Whose request it is. */
struct yg_httpd *yg_httpd_of(const struct yg_httpd_request *in);

enum yg_status yg_httpd_start(const struct yg_httpd_options *opt, struct yg_httpd **out,
                              struct yg_err *err) YG_MUST_USE;
/* The answer to what was parked under this ticket is there; nothing if nobody waits for
 * it any more. Any thread, until stop. */
void yg_httpd_wake(struct yg_httpd *h, uint64_t ticket);
/* Accept no more connections and answer 503 to new requests. */
void yg_httpd_drain(struct yg_httpd *h);
/* Send the answers that are due (what is not durable by now is told 503), close all. */
void yg_httpd_stop(struct yg_httpd *h);

#endif
