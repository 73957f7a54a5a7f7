/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/stream.h"

#include "base/clock.h"
#include "event/batch.h"
#include "intake/loop.h"
#include "intake/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define UNIT       128                         /* records added at once */
#define UNIT_BYTES ((size_t)1 << 20)           /* a unit is closed past this */
#define READINGS   8                           /* of one connection in a turn */
#define RETRY_NS   ((int64_t)20 * 1000 * 1000) /* while held back */
#define TICK_NS    YG_NS_PER_S
#define LONG_LEAST                                                                       \
    (2 * YG_UNFRAME_ROOM)            /* a record in progress of more is a long one       \
                                      */
#define LONG_MOST ((size_t)64 << 20) /* bytes of all these together */
#define STOP_NS   (3 * YG_NS_PER_S)  /* to take what was sent before the end */

struct conn {
    struct yg_stream *server;
    int fd;
    struct yg_watch *watch;
    struct yg_tls *tls;
    bool shaken;    /* hands, or no need to */
    bool ended;     /* nothing more will come: close when all is taken */
    bool served;    /* has brought a whole record */
    int64_t since;  /* when it came, and ... */
    int64_t active; /* ... when something last came, of the loop's clock */
    struct yg_unframe frame;
    size_t big; /* its part of the server's */
    char peer[YG_SOCK_PEER_MAX];
    struct yg_str peer_text;
    struct conn *next, *prev;
};

struct yg_stream {
    struct yg_intake *in;
    struct yg_loop *loop;
    uint32_t source;
    struct yg_stream_options opt;
    struct yg_watch *watch;
    struct yg_timer *tick, *retry;
    struct conn *conn; /* the youngest first */
    uint64_t count;
    size_t big;   /* bytes of long records in progress */
    bool starved; /* no descriptor was left: nobody is accepted until the next tick */
    /* The unit that is being made. Its bytes lie in the buffer of `from`, which is not
     * read from until the journal has taken it. */
    struct conn *from;
    bool held;
    size_t n, bytes;
    struct yg_journal_record rec[UNIT];
};

/* ---- connections ------------------------------------------------------------------ */

static void close_conn(struct conn *c)
{
    struct yg_stream *s = c->server;

    s->big -= c->big;
    yg_loop_unwatch(c->watch);
    yg_tls_free(c->tls);
    close(c->fd);
    yg_unframe_fini(&c->frame);
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conn = c->next;
    if (c->next)
        c->next->prev = c->prev;
    s->count--;
    free(c);
}

static uint32_t wanted_events(const struct conn *c)
{
    if (c->server->held)
        return EPOLLET; /* errors are told in any case: once is enough */
    return c->tls && !c->shaken ? yg_tls_events(c->tls) : EPOLLIN | EPOLLRDHUP;
}

/* Read from nobody, or from all again. */
static void hold(struct yg_stream *s, bool held)
{
    if (s->held == held)
        return;
    s->held = held;
    if (s->watch)
        yg_loop_rewatch(s->watch, held ? 0 : EPOLLIN);
    for (struct conn *c = s->conn; c; c = c->next) {
        /* TLS may have what the kernel knows nothing of: called once in any case. */
        uint32_t more = !held && c->tls && c->shaken ? EPOLLOUT : 0;
        c->active = yg_loop_now(s->loop);
        yg_loop_rewatch(c->watch, wanted_events(c) | more);
    }
}

/* ---- records ---------------------------------------------------------------------- */

/* Give the unit to the journal. False: it is full, and everybody is held back. */
static bool give_unit(struct yg_stream *s)
{
    enum yg_status st = YG_OK;

    if (s->n > 0)
        st = yg_intake_take(s->in, s->source, s->rec, s->n, NULL);
    hold(s, st == YG_EBUSY);
    if (st == YG_EBUSY)
        return false;
    if (st != YG_OK) /* cannot be: they were made to fit */
        yg_intake_count(s->in, s->source, YG_IN_REFUSED, s->n);
    s->n = s->bytes = 0;
    return true;
}

/* Take all whole records out of the connection's buffer. False: held back. */
static bool take_records(struct conn *c, bool ended)
{
    struct yg_stream *s = c->server;
    struct yg_unframed rec;

    s->from = c;
    while (yg_unframe_next(&c->frame, ended, &rec)) {
        s->rec[s->n++] = (struct yg_journal_record){ .reason = rec.reason,
                                                     .full_size = rec.full_size,
                                                     .peer = c->peer_text,
                                                     .raw = rec.raw };
        s->bytes += rec.raw.n;
        c->served |= !ended;
        if ((s->n == UNIT || s->bytes >= UNIT_BYTES) && !give_unit(s))
            return false;
    }
    if (!give_unit(s))
        return false;
    s->from = NULL;
    return true;
}

/* What was begun is a record; then close. Held back: it is done later. */
static void end_conn(struct conn *c)
{
    c->ended = true;
    if (take_records(c, true))
        close_conn(c);
}

static ssize_t receive(struct conn *c, char *p, size_t n)
{
    ssize_t got;

    if (c->tls)
        return yg_tls_recv(c->tls, p, n);
    do
        got = recv(c->fd, p, n, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Long records of all connections together have an end: the longest is cut off and its
 * connection closed. True: it was this one, and it is gone. */
static bool too_much(struct conn *c)
{
    struct yg_stream *s = c->server;
    struct conn *longest = c;
    size_t now = yg_unframe_memory(&c->frame);

    now = now > LONG_LEAST ? now : 0;
    s->big += now - c->big;
    c->big = now;
    if (s->big <= LONG_MOST)
        return false;
    for (struct conn *o = s->conn; o; o = o->next)
        if (o->big > longest->big)
            longest = o;
    yg_intake_count(s->in, s->source, YG_IN_REJECTED, 1);
    end_conn(longest);
    return longest == c && !s->held;
}

/* True: there may be more. False: it is dry, or gone. */
static bool read_conn(struct conn *c)
{
    struct yg_stream *s = c->server;

    for (int i = 0; i < READINGS; i++) {
        size_t room = YG_UNFRAME_ROOM;
        char *p = yg_unframe_room(&c->frame, &room);
        ssize_t n = p ? receive(c, p, room) : 0;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return false;
        if (n <= 0) {
            end_conn(c);
            return false;
        }
        yg_unframe_filled(&c->frame, (size_t)n);
        c->active = yg_loop_now(s->loop);
        if (!take_records(c, false))
            return true;
        if (too_much(c))
            return false;
        if (s->held)
            return true;
    }
    /* TLS may have kept more than the kernel knows of: it is asked again at once. */
    if (c->tls)
        yg_loop_rewatch(c->watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    return true;
}

static void on_conn(void *arg, uint32_t events)
{
    struct conn *c = arg;

    if (c->server->held)
        return;
    if (!c->shaken) {
        enum yg_status st = yg_tls_handshake(c->tls);
        c->shaken = st == YG_OK;
        if (st == YG_EFORMAT) {
            yg_intake_count(c->server->in, c->server->source, YG_IN_REJECTED, 1);
            close_conn(c);
            return;
        }
        yg_loop_rewatch(c->watch, wanted_events(c));
        if (st != YG_OK)
            return;
    } else if (events & EPOLLOUT) {
        yg_loop_rewatch(c->watch, wanted_events(c));
    }
    read_conn(c);
}

/* ---- the server ------------------------------------------------------------------- */

static void set_keepalive(int fd)
{
    int on = 1, idle = 60, every = 15, tries = 4;

    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) != 0)
        return; /* not TCP */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof(tries));
}

static struct conn *make_conn(struct yg_stream *s, int fd,
                              const struct sockaddr_storage *from)
{
    struct conn *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    *c = (struct conn){ .server = s,
                        .fd = fd,
                        .shaken = s->opt.tls == NULL,
                        .since = yg_loop_now(s->loop),
                        .active = yg_loop_now(s->loop) };
    c->peer_text = yg_sock_peer(from, c->peer);
    yg_unframe_init(&c->frame, s->opt.how);
    if (s->opt.tls && !(c->tls = yg_tls_new(s->opt.tls, fd))) {
        free(c);
        return NULL;
    }
    if (yg_loop_watch(s->loop, fd, wanted_events(c), on_conn, c, &c->watch) != YG_OK) {
        yg_tls_free(c->tls);
        free(c);
        return NULL;
    }
    return c;
}

/* Too many: the oldest that never brought a whole record goes, if it had time to. */
static void make_room(struct yg_stream *s)
{
    int64_t now = yg_loop_now(s->loop);
    struct conn *oldest = NULL;

    for (struct conn *c = s->conn; c; c = c->next)
        if (!c->served && now - c->since >= YG_SOCK_GRACE_NS)
            oldest = c;
    if (!oldest)
        return;
    yg_intake_count(s->in, s->source, YG_IN_REJECTED, 1);
    end_conn(oldest);
}

/* Is there one more for this address? */
static bool has_place(const struct yg_stream *s, const struct sockaddr_storage *from)
{
    char text[YG_SOCK_PEER_MAX];
    struct yg_str host = yg_sock_host(yg_sock_peer(from, text));
    uint64_t same = 0;

    for (const struct conn *c = s->conn; c && s->opt.per_address > 0; c = c->next)
        same += yg_str_eq(host, yg_sock_host(c->peer_text));
    return s->opt.per_address == 0 || same < s->opt.per_address;
}

static void accept_one(struct yg_stream *s, int fd, const struct sockaddr_storage *from)
{
    struct conn *c = NULL;
    bool place = has_place(s, from), room = yg_sock_room(fd);

    if (place && (!room || s->count >= s->opt.max_connections))
        make_room(s);
    if (place && room && s->count < s->opt.max_connections)
        c = make_conn(s, fd, from);
    if (!c) {
        yg_intake_count(s->in, s->source, YG_IN_REJECTED, 1);
        close(fd);
        return;
    }
    set_keepalive(fd);
    yg_intake_count(s->in, s->source, YG_IN_CONNECTIONS, 1);
    c->next = s->conn;
    if (s->conn)
        s->conn->prev = c;
    s->conn = c;
    s->count++;
}

static void on_accept(void *arg, uint32_t events)
{
    struct yg_stream *s = arg;

    (void)events;
    for (int i = 0; i < 64 && !s->held; i++) {
        struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
        socklen_t len = sizeof(from);
        int fd = accept4(s->opt.fd, (struct sockaddr *)&from, &len,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            /* Asked again at once the loop would do nothing else. */
            s->starved = errno == EMFILE || errno == ENFILE;
            if (s->starved)
                yg_loop_rewatch(s->watch, 0);
            return;
        }
        accept_one(s, fd, &from);
    }
}

static void on_tick(void *arg)
{
    struct yg_stream *s = arg;
    int64_t now = yg_loop_now(s->loop);

    if (s->opt.tls)
        yg_tls_server_renew(s->opt.tls);
    if (s->starved && !s->held)
        yg_loop_rewatch(s->watch, EPOLLIN);
    s->starved = false;
    for (struct conn *c = s->conn, *next; c && !s->held; c = next) {
        int64_t limit = (int64_t)(c->shaken ? s->opt.idle_s : s->opt.handshake_s);
        next = c->next;
        if (now - c->active <= limit * YG_NS_PER_S)
            continue;
        if (!c->shaken)
            yg_intake_count(s->in, s->source, YG_IN_REJECTED, 1);
        end_conn(c);
    }
}

/* The journal may have room again. */
static void on_retry(void *arg)
{
    struct yg_stream *s = arg;
    struct conn *c = s->from;

    if (!s->held || !give_unit(s) || !c)
        return;
    if (take_records(c, c->ended) && c->ended)
        close_conn(c);
}

enum yg_status yg_stream_start(struct yg_intake *in, uint32_t source,
                               const struct yg_stream_options *opt,
                               struct yg_stream **out, struct yg_err *err)
{
    struct yg_stream *s = calloc(1, sizeof(*s));

    if (!s) {
        close(opt->fd);
        yg_tls_server_free(opt->tls);
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    }
    s->in = in;
    s->loop = yg_intake_loop(in);
    s->source = source;
    s->opt = *opt;
    if (yg_loop_watch(s->loop, opt->fd, EPOLLIN, on_accept, s, &s->watch) != YG_OK ||
        yg_loop_every(s->loop, TICK_NS, on_tick, s, &s->tick) != YG_OK ||
        yg_loop_every(s->loop, RETRY_NS, on_retry, s, &s->retry) != YG_OK) {
        yg_stream_stop(s);
        yg_stream_free(s);
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    }
    *out = s;
    return YG_OK;
}

/* Until the journal takes again what is held back, or the time is over. */
static bool wait_for_journal(struct yg_stream *s, int64_t until)
{
    const struct timespec step = { .tv_nsec = RETRY_NS };

    for (on_retry(s); s->held && yg_loop_monotonic() < until; on_retry(s))
        nanosleep(&step, NULL);
    return !s->held;
}

/* What reached this machine before the end is taken, if it can be in time: its sender
 * believes that it has arrived. */
void yg_stream_stop(struct yg_stream *s)
{
    int64_t until = yg_loop_monotonic() + STOP_NS;

    yg_loop_unwatch(s->watch);
    s->watch = NULL;
    yg_loop_untime(s->tick);
    yg_loop_untime(s->retry);
    s->tick = s->retry = NULL;
    bool taken = wait_for_journal(s, until);
    while (s->conn) {
        struct conn *c = s->conn;
        bool more = taken && c->shaken;
        while (more && s->conn == c && yg_loop_monotonic() < until) {
            more = read_conn(c);
            taken = wait_for_journal(s, until); /* may close it */
            more = more && taken;
        }
        if (s->conn == c)
            close_conn(c);
    }
}

void yg_stream_free(struct yg_stream *s)
{
    if (!s)
        return;
    close(s->opt.fd);
    yg_tls_server_free(s->opt.tls);
    free(s);
}
