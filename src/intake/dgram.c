/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/dgram.h"

#include "base/clock.h"
#include "event/batch.h"
#include "intake/loop.h"
#include "intake/sock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH    64
#define BUFFER   (16 << 20)
#define RETRY_NS ((int64_t)20 * 1000 * 1000)
#define TURNS    16 /* batches read in a turn of the loop */

struct yg_dgram {
    struct yg_intake *in;
    struct yg_loop *loop;
    uint32_t source;
    int fd;
    struct yg_watch *watch;
    struct yg_timer *retry;
    uint32_t lost; /* what the kernel last said that it has dropped */
    size_t largest;
    size_t n; /* records that the journal has not taken yet */
    char *buffer;
    struct yg_journal_record rec[BATCH];
    char peer[BATCH][YG_SOCK_PEER_MAX];
    struct sockaddr_storage from[BATCH];
    struct mmsghdr msg[BATCH];
    struct iovec iov[BATCH];
    char control[BATCH][CMSG_SPACE(sizeof(uint32_t))];
};

static void count_lost(struct yg_dgram *d, struct msghdr *h)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
        uint32_t now;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
            continue;
        memcpy(&now, CMSG_DATA(c), sizeof(now));
        if (now != d->lost)
            yg_intake_count(d->in, d->source, YG_IN_KERNEL_LOST, now - d->lost);
        d->lost = now;
    }
}

/* Line ends and NULs at the end are no part of a record. */
static struct yg_str trimmed(struct yg_str s)
{
    while (s.n > 0 &&
           (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\0'))
        s.n--;
    return s;
}

static void take_one(struct yg_dgram *d, size_t i)
{
    struct msghdr *h = &d->msg[i].msg_hdr;
    size_t true_size = d->msg[i].msg_len;
    struct yg_str raw = { d->iov[i].iov_base,
                          true_size < d->largest ? true_size : d->largest };

    count_lost(d, h);
    struct yg_journal_record *rec = &d->rec[d->n];
    *rec = (struct yg_journal_record){ .raw = trimmed(raw) };
    if (h->msg_flags & MSG_TRUNC) {
        rec->reason = YG_R_OVERSIZE;
        rec->full_size = true_size;
        rec->raw = raw;
    }
    rec->peer = yg_sock_peer(&d->from[i], d->peer[d->n]);
    d->n += rec->raw.n > 0;
}

static void prepare(struct yg_dgram *d)
{
    for (size_t i = 0; i < BATCH; i++) {
        d->from[i].ss_family = AF_UNSPEC;
        d->iov[i] = (struct iovec){ d->buffer + i * d->largest, d->largest };
        d->msg[i].msg_hdr = (struct msghdr){ .msg_name = &d->from[i],
                                             .msg_namelen = sizeof(d->from[i]),
                                             .msg_iov = &d->iov[i],
                                             .msg_iovlen = 1,
                                             .msg_control = d->control[i],
                                             .msg_controllen = sizeof(d->control[i]) };
    }
}

/* False: the journal is full; the records stay. */
static bool give(struct yg_dgram *d)
{
    enum yg_status st = YG_OK;
    size_t n = d->n;

    if (n > 0)
        st = yg_intake_take(d->in, d->source, d->rec, n, NULL);
    if (st == YG_ELIMIT) { /* large ones: one by one */
        for (size_t i = 0; i < n; i++)
            if (yg_intake_take(d->in, d->source, &d->rec[i], 1, NULL) != YG_OK)
                yg_intake_count(d->in, d->source, YG_IN_REFUSED, 1);
    }
    if (st == YG_EBUSY)
        return false;
    d->n = 0;
    return true;
}

static void on_readable(void *arg, uint32_t events)
{
    struct yg_dgram *d = arg;

    (void)events;
    for (int turn = 0; turn < TURNS; turn++) {
        prepare(d);
        int n = recvmmsg(d->fd, d->msg, BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
        if (n <= 0) /* nothing more, or an error that the next datagram does away with */
            return;
        for (int i = 0; i < n; i++)
            take_one(d, (size_t)i);
        if (!give(d)) {
            if (d->watch)
                yg_loop_rewatch(d->watch, 0);
            return;
        }
    }
}

static void on_retry(void *arg)
{
    struct yg_dgram *d = arg;

    if (d->n > 0 && give(d))
        yg_loop_rewatch(d->watch, EPOLLIN);
}

static void ask_kernel(int fd)
{
    int size = BUFFER, on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    (void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
}

enum yg_status yg_dgram_start(struct yg_intake *in, uint32_t source, int fd,
                              size_t largest, struct yg_dgram **out, struct yg_err *err)
{
    struct yg_dgram *d = calloc(1, sizeof(*d));

    if (d) {
        d->in = in;
        d->loop = yg_intake_loop(in);
        d->source = source;
        d->fd = fd;
        d->largest = largest;
        d->buffer = malloc(BATCH * largest);
    } else {
        close(fd);
    }
    ask_kernel(fd);
    if (!d || !d->buffer ||
        yg_loop_watch(d->loop, fd, EPOLLIN, on_readable, d, &d->watch) != YG_OK ||
        yg_loop_every(d->loop, RETRY_NS, on_retry, d, &d->retry) != YG_OK) {
        if (d)
            yg_loop_unwatch(d->watch);
        yg_dgram_free(d);
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    }
    *out = d;
    return YG_OK;
}

void yg_dgram_stop(struct yg_dgram *d)
{
    yg_loop_unwatch(d->watch);
    d->watch = NULL;
    yg_loop_untime(d->retry);
    d->retry = NULL;
    if (give(d))
        on_readable(d, 0);
}

void yg_dgram_free(struct yg_dgram *d)
{
    if (!d)
        return;
    close(d->fd);
    free(d->buffer);
    free(d);
}
