/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpd_priv - a listener, its exchanges, and those that wait for the journal. Private
 * to httpd.
 *
 * Tickets are given out in one thread and grow, so the list is in their order. An
 * exchange in it is suspended and belongs to the waiter; resumed, to the listener.
 */
#ifndef YG_INTAKE_HTTPD_PRIV_H
#define YG_INTAKE_HTTPD_PRIV_H

#include "base/clock.h"
#include "intake/httpd.h"
#include "intake/sock.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define YG_HTTPD_REPLY_MAX   ((size_t)256 << 20)
#define YG_HTTPD_CONNECTIONS 1024U       /* unless it is said */
#define YG_HTTPD_LOOK_NS     YG_NS_PER_S /* between two looks at who makes room */

/* Buffers of each kind that are kept for the next request, and what they held at most. */
#define YG_HTTPD_SPARE     4
#define YG_HTTPD_SPARE_MAX ((size_t)2 << 20)

enum yg_httpd_stage { YG_HTTPD_NEW, YG_HTTPD_BODY, YG_HTTPD_WAIT, YG_HTTPD_DONE };

struct yg_httpd_exchange {
    struct MHD_Connection *c;
    struct yg_httpd *owner;
    char *target;
    bool too_long;
    bool durable; /* set before it is resumed: there is an answer */
    enum yg_httpd_stage stage;
    unsigned bad;   /* status the body was given up for; 0: it is good so far */
    size_t charged; /* bytes of the body counted in `held` */
    size_t dropped; /* bytes of the body not kept */
    char peer[YG_SOCK_PEER_MAX];
    size_t peer_host; /* bytes of `peer` before the port */
    struct yg_buf body;
    struct yg_httpd_reply reply;
    size_t sent;                    /* bytes of a stream's reply.body */
    struct yg_httpd_exchange *next; /* guarded by the listener's lock */
};

/* What a connection is doing, for how long it may. */
enum yg_httpd_phase {
    YG_HTTPD_FIRST,   /* handshake, first request line */
    YG_HTTPD_HEADERS, /* the line has come */
    YG_HTTPD_UPLOAD,  /* the headers have come */
    YG_HTTPD_ANSWER,
    YG_HTTPD_BETWEEN /* two requests */
};

/* Memory of requests that are over: to get it from the kernel for each anew is a fifth of
 * what a request costs (bench/inputs). */
struct yg_httpd_spares {
    struct yg_buf buf[YG_HTTPD_SPARE];
    unsigned count;
};

/* A connection. Guarded by the listener's peers_lock. */
struct yg_httpd_peer {
    int fd; /* open as long as this is in the list */
    int64_t since_ns;
    bool served; /* a body of it was taken: who asks for /ready holds nothing */
    bool shut;
    enum yg_httpd_phase phase;
    int64_t phase_ns; /* when it began */
    size_t bytes;     /* of the body so far */
    char host[YG_SOCK_PEER_MAX];
    struct yg_tls_loan *loan; /* NULL: no TLS */
    struct yg_httpd_peer *next, *prev;
};

struct yg_httpd {
    struct yg_httpd_options opt;
    struct MHD_Daemon *daemon;
    /* the listener's thread only */
    size_t held; /* bytes of all bodies */
    struct yg_httpd_spares bodies, replies;
    /* any thread, or at the beginning and end */
    int64_t renewed_ns; /* when the certificate was last looked at; likewise */
    int quiet_fd;
    atomic_bool draining;
    atomic_uint open; /* requests begun and not completed */
    pthread_t waiter;
    pthread_mutex_t lock; /* of the following */
    pthread_cond_t more;
    struct yg_httpd_exchange *first, *last;
    struct yg_httpd_exchange *parked;
    struct yg_httpd_exchange *resting; /* streams that have nothing to say now */
    int64_t woken_ns;                  /* when they were asked last */
    bool stop;
    pthread_mutex_t peers_lock; /* of the following; nothing is locked under it */
    struct yg_httpd_peer *oldest, *newest;
    unsigned peers;
    int64_t looked_ns;  /* the waiter's: at who makes room */
    int64_t hurried_ns; /* at who takes too long */
};

/* In the listener's thread: a connection has come, is gone, was answered well.
 * `*context`: the library's place for what is ours of a connection. */
void yg_httpd_peer_come(struct yg_httpd *h, struct MHD_Connection *c, void **context);
void yg_httpd_peer_gone(struct yg_httpd *h, void **context);
void yg_httpd_peer_served(struct yg_httpd *h, struct MHD_Connection *c);
/* May one connect from there; what a connection does now; bytes of a body have come. */
enum MHD_Result yg_httpd_admit(void *cls, const struct sockaddr *a, socklen_t n);
void yg_httpd_phase(struct yg_httpd *h, struct MHD_Connection *c,
                    enum yg_httpd_phase phase);
void yg_httpd_progress(struct yg_httpd *h, struct MHD_Connection *c, size_t bytes);
/* In the waiter's thread, as often as it likes: when all connections are taken, the
 * oldest of those that were never served are closed. */
void yg_httpd_make_room(struct yg_httpd *h);
/* Likewise: what takes too long is closed. */
void yg_httpd_hurry(struct yg_httpd *h);

/* In the listener's thread: the answer as a stream. NULL: no memory. */
struct MHD_Response *yg_httpd_stream_response(struct yg_httpd_exchange *x);
/* In any thread: let those that rest be asked again. */
void yg_httpd_stream_wake(struct yg_httpd *h);
/* In the waiter's thread, as often as it likes: the same every YG_HTTPD_LOOK_NS. */
void yg_httpd_stream_tick(struct yg_httpd *h);

/* In the listener's thread: suspend the exchange until its ticket is durable, or it is
 * woken. False: the waiter has ended. */
bool yg_httpd_suspend(struct yg_httpd *h, struct yg_httpd_exchange *x);
void *yg_httpd_waiter(void *arg);
/* Wake all that wait, at the latest after YG_HTTPD_LAST_NS, and all that are parked, and
 * join the waiter. */
void yg_httpd_end_waiter(struct yg_httpd *h);
/* Let answers go out: until no request is open, at most YG_HTTPD_LAST_NS. */
void yg_httpd_rest(struct yg_httpd *h);
void yg_httpd_forget(struct yg_httpd *h);

#endif
